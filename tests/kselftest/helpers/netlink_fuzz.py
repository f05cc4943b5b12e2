#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random messages to generic netlink families, right, nearly right and wrong: each is answered by what a reader can make
sense of, whatever else is going on.

    netlink_fuzz.py families                  those of netlink_grammar.py that are there, without having any loaded
    netlink_fuzz.py fuzz COUNT SEED FAMILY...
    netlink_fuzz.py left FAMILY...            all that is there can be read, named and deleted
"""

import errno
import random
import socket
import struct
import sys

from expectations import expect_equal, expect_errno, fail, finish
from genl import *
from netlink_grammar import GRAMMARS, request

CTRL_CMD_GETFAMILIES = CTRL_CMD_GETFAMILY

# What a request may be answered by: docs/netlink.md; include/uapi/linux/ip_vs.h and what ipvsadm has words for. Those of
# the core of netlink come with each (EBUSY: a dump of this socket goes on).
OF_NETLINK = {0, errno.EINVAL, errno.ERANGE, errno.EOPNOTSUPP, errno.EBUSY}
KNOWN = {
    "rvs": OF_NETLINK
    | {errno.EEXIST, errno.ESRCH, errno.ENOENT, errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT}
    # Of pools.
    | {errno.EADDRINUSE, errno.E2BIG},
    "IPVS": OF_NETLINK
    | {errno.EEXIST, errno.ESRCH, errno.ENOENT, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EMSGSIZE}
    # Of the device and the sockets of a daemon.
    | {errno.ENODEV, errno.ENETDOWN, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EADDRINUSE},
}
# The core says these without a word of explanation.
WORDLESS = {0, errno.EOPNOTSUPP, errno.EBUSY}

POPULATION_EVERY = 5000


class Reader:
    """A socket of a family, read without waiting: the kernel answers while it is asked."""

    def __init__(self, name):
        self.name = name
        self.socket = Socket(name)
        self.raw = self.socket.socket
        self.raw.setblocking(False)
        self.buffer = 1 << 17
        # Whether answers that nobody read have filled the socket.
        self.overrun = False

    def send(self, parts, lie=0):
        """parts: (command, flags, version, payload); all in one datagram. lie: added to the last length."""
        data = b""
        self.sent = []
        for number, (command, flags, version, payload) in enumerate(parts):
            self.socket.sequence += 1
            self.sent.append(self.socket.sequence)
            body = GENLMSGHDR.pack(command, version, 0) + payload
            length = NLMSGHDR.size + len(body) + (lie if number == len(parts) - 1 else 0)
            header = NLMSGHDR.pack(max(length, 0), self.socket.family, flags, self.socket.sequence, 0)
            data += header + body + bytes(align(len(body)) - len(body))
        try:
            self.raw.send(data)
        except OSError as error:
            # More than the sending buffer takes is refused before it is looked at.
            if error.errno != errno.EMSGSIZE:
                raise
            self.sent = []

    def read(self, parts=None):
        """Yields (sequence, kind, errno, text) of the answers, up to so many datagrams; raises ValueError if they make no sense."""
        while parts is None or parts > 0:
            try:
                data, _, flags, _ = self.raw.recvmsg(self.buffer)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.overrun = True
                continue
            parts = None if parts is None else parts - 1
            if flags & socket.MSG_TRUNC:
                # The reader's buffer was too small for it.
                continue
            while data:
                length, kind, flags, sequence, _ = NLMSGHDR.unpack_from(data)
                if not NLMSGHDR.size <= length <= len(data):
                    raise ValueError(f"answer of length {length} in {len(data)} bytes")
                yield sequence, kind, *self.sense(kind, flags, data[NLMSGHDR.size : length])
                data = data[align(length) :]

    def sense(self, kind, flags, body):
        answer = Answer()
        if kind == NLMSG_ERROR:
            (number,) = struct.unpack_from("=i", body)
            (asked,) = struct.unpack_from("=I", body, 4)
            reasons = b""
            if flags & NLM_F_ACK_TLVS:
                capped = number == 0 or flags & NLM_F_CAPPED
                reasons = body[4 + (NLMSGHDR.size if capped else align(asked)) :]
            return -number, as_dict(reasons).get(NLMSGERR_ATTR_MSG, b"").decode()
        if kind == NLMSG_DONE:
            answer.take_done(body)
            return answer.errno, answer.text
        # Not one byte that is in no attribute.
        list(attributes_in(body[GENLMSGHDR.size :]))
        return 0, ""


class Fuzzer:
    def __init__(self, name, rng):
        self.name, self.rng = name, rng
        self.main = Reader(name)
        self.grammar = GRAMMARS[name](self.main.socket)
        self.dumps = []
        self.seen = {}
        self.where = ""

    def judge(self, reader, answers, must=(), explained=True):
        """Each of the sequences that must have an answer has one, and all are among those that are known."""
        over = set()
        for sequence, kind, number, text in answers:
            if kind not in (NLMSG_ERROR, NLMSG_DONE):
                continue
            over.add(sequence)
            self.seen[number] = self.seen.get(number, 0) + 1
            if number not in KNOWN[self.name]:
                fail(f"{self.where}: errno {number}: {text}")
            elif explained and self.name == "rvs" and number not in WORDLESS and not text:
                fail(f"{self.where}: errno {number} without explanation")
        if must and not reader.overrun and not over.issuperset(must):
            fail(f"{self.where}: no answer")
        reader.overrun = False

    def part(self, kind):
        command, payload = request(self.rng, self.grammar, kind)
        if self.rng.random() < 0.02:
            command = self.rng.randrange(256)
        flags = NLM_F_REQUEST | (NLM_F_DUMP if kind == "dump" else NLM_F_ACK)
        if self.rng.random() < 0.05:
            # ECHO, ROOT, MATCH, ATOMIC, APPEND
            flags |= self.rng.choice((0x8, 0x100, 0x200, 0x400, 0x800, 0xF00))
        version = 1 if self.rng.random() < 0.97 else self.rng.randrange(256)
        return command, flags, version, payload

    def tell(self, number, parts):
        self.where = f"{number}, {self.name}: " + ", ".join(
            f"command {command}, flags {flags:#x}, {payload[:200].hex()}" for command, flags, _, payload in parts
        )

    def one(self, number):
        part = self.part("do")
        self.tell(number, [part])
        self.main.send([part])
        self.judge(self.main, self.main.read(), self.main.sent)
        return 1

    def several(self, number):
        parts = [self.part("do") for _ in range(self.rng.randrange(2, 20))]
        self.tell(number, parts)
        self.main.send(parts)
        self.judge(self.main, self.main.read(), self.main.sent)
        return len(parts)

    def lying(self, number):
        part = self.part(self.rng.choice(("do", "dump")))
        self.tell(number, [part])
        self.main.send([part], self.rng.choice((-1000, -20, -4, -1, 1, 4, 16, 100000)))
        # Who sends no whole header is told EINVAL, by the core.
        self.judge(self.main, self.main.read(), explained=False)
        return 1

    def dump_all(self, number):
        part = self.part("dump")
        self.tell(number, [part])
        self.main.send([part])
        self.judge(self.main, self.main.read(), self.main.sent)
        return 1

    def dump_a_little(self, number):
        """Of a dump only the beginning is read; the rest later, or never."""
        if len(self.dumps) > 3:
            self.end_a_dump()
        part = self.part("dump")
        self.tell(number, [part])
        reader = Reader(self.name)
        reader.buffer = self.rng.choice((1, 4096, 8192, 1 << 17))
        self.dumps.append(reader)
        reader.send([part])
        self.judge(reader, reader.read(self.rng.randrange(3)))
        return 1

    def another_while_it_dumps(self, number):
        """A request by a socket whose dump has not ended."""
        if not self.dumps:
            return 0
        reader = self.rng.choice(self.dumps)
        reader.buffer = 1 << 17
        part = self.part(self.rng.choice(("do", "dump")))
        self.tell(number, [part])
        reader.send([part])
        self.judge(reader, reader.read(1))
        return 1

    def end_a_dump(self):
        if not self.dumps:
            return 0
        reader = self.dumps.pop(self.rng.randrange(len(self.dumps)))
        if self.rng.random() < 0.7:
            self.judge(reader, reader.read())
        reader.raw.close()
        return 0

    def populate(self, number):
        """From the beginning: services so many that a dump takes parts."""
        requests = [(self.grammar.flush, b""), *self.grammar.population()]
        for command, payload in requests:
            part = (command, NLM_F_REQUEST | NLM_F_ACK, 1, payload)
            self.tell(number, [part])
            self.main.send([part])
            self.judge(self.main, self.main.read(), self.main.sent)
        return len(requests)


WAYS = {
    Fuzzer.one: 60,
    Fuzzer.several: 3,
    Fuzzer.lying: 3,
    Fuzzer.dump_all: 1,
    Fuzzer.dump_a_little: 2,
    Fuzzer.another_while_it_dumps: 4,
    Fuzzer.end_a_dump: 1,
}


def fuzz(count, seed, names):
    rng = random.Random(seed)
    fuzzers = [Fuzzer(name, rng) for name in names]
    ways, weights = list(WAYS), list(WAYS.values())
    number = populated = 0
    while number < count:
        if number >= populated:
            number += sum(fuzzer.populate(number) for fuzzer in fuzzers)
            populated = number + POPULATION_EVERY
        way = rng.choices(ways, weights)[0]
        fuzzer = rng.choice(fuzzers)
        try:
            if way is Fuzzer.end_a_dump:
                fuzzer.end_a_dump()
            else:
                number += way(fuzzer, number)
        except (ValueError, struct.error, OSError) as error:
            fail(f"{fuzzer.where}: {error!r}")
    for fuzzer in fuzzers:
        names_of = {errno.errorcode.get(code, "success"): times for code, times in sorted(fuzzer.seen.items())}
        print(f"# seed {seed}, {number} messages, answers of {fuzzer.name}: {names_of}")
        # What is always or never refused has tested nothing.
        for code in 0, errno.EINVAL, errno.ESRCH, errno.EOPNOTSUPP:
            if not fuzzer.seen.get(code):
                fail(f"no request ended in {errno.errorcode.get(code, 'success')}")


def left(names):
    for name in names:
        found = Socket(name)
        grammar = GRAMMARS[name](found)
        for command, payload in grammar.left(found):
            expect_errno(f"{name}: delete of what was dumped, {payload.hex()}", 0, found.ask(command, payload).errno)
        expect_equal(f"{name}: services after all were deleted", [], list(grammar.left(found)))


def families():
    control = Socket("nlctrl")
    control.family = GENL_ID_CTRL
    for _, attributes, _ in control.dump(CTRL_CMD_GETFAMILIES).messages:
        name = attributes[CTRL_ATTR_FAMILY_NAME].rstrip(b"\0").decode()
        if name in GRAMMARS:
            print(name)


def main():
    what, *arguments = sys.argv[1:]
    if what == "families":
        families()
    elif what == "fuzz":
        fuzz(int(arguments[0]), int(arguments[1]), arguments[2:])
    else:
        left(arguments)
    finish()


main()
