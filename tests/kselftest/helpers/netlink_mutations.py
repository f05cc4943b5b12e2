#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random damage to good requests: each gets an answer, a known errno and an explanation, and what is there then
can be read, named and deleted.

    netlink_mutations.py COUNT SEED
"""

import errno
import random
import socket
import struct
import sys

from expectations import expect_equal, expect_errno, fail, finish
from genl import GENLMSGHDR, NLM_F_ACK, NLM_F_DUMP, attribute, nest, string, u32
from rvs_family import *

# docs/netlink.md, and those of the address family and protocol.
KNOWN = {
    0,
    errno.EINVAL,
    errno.ERANGE,
    errno.EEXIST,
    errno.ESRCH,
    errno.ENOENT,
    errno.EOPNOTSUPP,
    errno.EPROTONOSUPPORT,
    errno.EAFNOSUPPORT,
}


def requests():
    """Good ones, of each command, about a few services."""
    for number in range(3):
        for protocol in socket.IPPROTO_TCP, socket.IPPROTO_UDP:
            key = service_key("198.51.100.1", 80 + number, protocol)
            dest = dest_key(key, f"10.0.0.{11 + number}", 8080)
            options = string(SCHEDULER, ["rr", "wrr", "sh"][number]) + u32(FORWARD, NAT)
            flags = u32(SCHEDULER_FLAGS, 3) if number == 2 else b""
            yield SERVICE_ADD, key + options + flags
            yield SERVICE_SET, key + options + u32(FAST_PATH, number % 2)
            yield SERVICE_SET, key + nest(SERVICE_TIMEOUTS, u32(TIMEOUT_TCP, 60 * number) + u32(TIMEOUT_TCP_FIN, 0))
            yield SERVICE_DEL, key
            yield SERVICE_GET, key
            for command in DEST_ADD, DEST_SET:
                thresholds = u32(UPPER_THRESHOLD, 5 * number) + u32(LOWER_THRESHOLD, number)
                yield command, dest + u32(WEIGHT, number) + u32(FORWARD, NAT) + thresholds
            yield DEST_DEL, dest
            yield DEST_GET, dest
            yield DEST_GET, nest(SERVICE, key)
            yield CONNECTION_GET, nest(SERVICE, key)
    yield CONNECTION_GET, b""
    yield INFO_GET, b""
    yield STATS_GET, b""
    yield TIMEOUTS_GET, b""
    yield TIMEOUTS_SET, u32(TIMEOUT_TCP, 900) + u32(TIMEOUT_UDP, 300)
    yield FLUSH, b""


def damaged(rng, payload):
    data = bytearray(payload)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        way = rng.randrange(6)
        place = rng.randrange(len(data)) if data else 0
        if way == 0 and data:
            data[place] ^= 1 << rng.randrange(8)
        elif way == 1 and data:
            data[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif way == 2:
            del data[place:]
        elif way == 3:
            data[place:place] = rng.randbytes(rng.randrange(1, 9))
        elif way == 4 and len(data) >= 8:
            # An attribute's header is aligned: lie about length or type.
            place = rng.randrange(len(data) // 4) * 4
            struct.pack_into("=H", data, place + 2 * rng.randrange(2), rng.randrange(64))
        elif way == 5 and len(data) >= 8:
            # A piece of it once more.
            start = rng.randrange(len(data) // 4) * 4
            data += data[start : start + 4 * rng.randrange(1, 8)]
    return bytes(data)


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    good = list(requests())
    rvs = Rvs()
    seen = {}
    for number in range(count):
        command, attributes = rng.choice(good)
        if rng.random() < 0.05:
            command = rng.randrange(256)
        # The longest path is behind a service that is there.
        if rng.random() < 0.3:
            rvs.ask(*good[0])
        damage = damaged(rng, attributes)
        flags = NLM_F_DUMP if rng.random() < (0.8 if command == CONNECTION_GET else 0.1) else NLM_F_ACK
        answer = rvs.ask_bytes(GENLMSGHDR.pack(command, 1, 0) + damage, flags)
        seen[answer.errno] = seen.get(answer.errno, 0) + 1
        where = f"seed {seed}, request {number}, command {command}, flags {flags:#x}, {damage.hex()}"
        if answer.errno not in KNOWN:
            fail(f"{where}: errno {answer.errno}")
        # The kernel itself refuses commands it does not know, without a word.
        if answer.errno not in (0, errno.EOPNOTSUPP) and not answer.text:
            fail(f"{where}: errno {answer.errno} without explanation")
    # Damage that is always or never refused has tested nothing.
    for code in 0, errno.EINVAL, errno.ERANGE, errno.EEXIST, errno.ESRCH:
        if not seen.get(code):
            fail(f"no request ended in {errno.errorcode.get(code, 'success')}: {seen}")

    services, _ = rvs.configuration()
    for service in services:
        key = b"".join(attribute(number, service[number]) for number in (PROTOCOL, ADDR4, PORT))
        expect_errno("get of what was dumped", 0, rvs.ask(SERVICE_GET, key).errno)
        expect_errno("delete of what was dumped", 0, rvs.ask(SERVICE_DEL, key).errno)
    expect_equal("configuration after all services were deleted", ([], []), rvs.configuration())
    finish()


main()
