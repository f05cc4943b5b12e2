#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The family IPVS as its clients speak it, well and badly. The same holds for C ip_vs.

    ipvs_clients.py answers|clients|liberal|refusals|dumps|users
"""

import errno
import os
import socket
import struct
import sys

from expectations import expect_equal, expect_errno, finish
from genl import NLATTR, NLM_F_DUMP, NLM_F_DUMP_INTR, Answer, attribute, attributes_in, nest, string, u16, u32
from ipvs_family import *

KEY = service_id("198.51.100.1", 80)
OTHER = service_id("198.51.100.2", 80)
ABSENT = service_id("198.51.100.1", 81)
SERVER = dest_id("10.0.0.11", 8080)
NOBODY = 65534


def u8(number, value):
    return attribute(number, struct.pack("=B", value))


def configure(ipvs):
    ipvs.must(NEW_SERVICE, service(KEY, service_rest("wlc")))
    ipvs.must(NEW_DEST, service(KEY) + dest(SERVER, dest_rest(MASQUERADE, 3, 10, 5)))


def layout(data):
    """Types and lengths of attributes, in their order; the flag of nests would be part of the type."""
    found = []
    while data:
        length, kind = NLATTR.unpack_from(data)
        found.append((kind, length - NLATTR.size))
        data = data[(length + 3) & ~3 :]
    return found


NARROW = [(1, 4), (2, 4), (3, 4), (4, 8), (5, 8)] + [(number, 4) for number in range(6, 11)]
WIDE = [(number, 8) for number in range(1, 11)]


def answers():
    """What answers hold, and in which order."""
    ipvs = Ipvs()
    (command, message, _), = ipvs.must(GET_INFO).messages
    expect_equal("command of the info", SET_INFO, command)
    expect_equal("info", [VERSION, CONN_TAB_SIZE], list(message))
    expect_equal("version", 0x010201, struct.unpack("=I", message[VERSION])[0])
    (command, message, _), = ipvs.must(GET_CONFIG).messages
    expect_equal("command of the timeouts", SET_CONFIG, command)
    expect_equal("timeouts", [4, 5, 6], list(message))
    expect_equal("seconds", [900, 120, 300], [struct.unpack("=I", value)[0] for value in message.values()])

    configure(ipvs)
    one, = ipvs.must(GET_SERVICE, service(KEY)).messages
    many, = ipvs.dump(GET_SERVICE).messages
    expect_equal("command of a service", NEW_SERVICE, one[0])
    expect_equal("dumped service", one[:2], many[:2])
    expect_equal("top level", [SERVICE], list(one[1]))
    data = one[1][SERVICE]
    expect_equal(
        "service",
        [(AF, 2), (PROTOCOL, 2), (ADDR, 16), (PORT, 2), (SCHED_NAME, 4), (FLAGS, 8), (TIMEOUT, 4), (NETMASK, 4)]
        + [(STATS, 88), (STATS64, 120)],
        layout(data),
    )
    found = dict(attributes_in(data))
    expect_equal("address family", u16(0, 2)[4:6], found[AF])
    expect_equal("address", address("198.51.100.1"), found[ADDR])
    expect_equal("scheduler", b"wlc\0", found[SCHED_NAME])
    expect_equal("flags", (HASHED, ALL), struct.unpack("=II", found[FLAGS]))
    expect_equal("counters", NARROW, layout(found[STATS]))
    expect_equal("wide counters", WIDE, layout(found[STATS64]))

    (command, message, _), = ipvs.dump(GET_DEST, service(KEY)).messages
    expect_equal("command of a destination", NEW_DEST, command)
    expect_equal("top level of a destination", [DEST], list(message))
    data = message[DEST]
    expect_equal(
        "destination",
        [(DEST_ADDR, 16), (DEST_PORT, 2), (FWD_METHOD, 4), (WEIGHT, 4), (TUN_TYPE, 1), (TUN_PORT, 2), (TUN_FLAGS, 2)]
        + [(U_THRESH, 4), (L_THRESH, 4), (ACTIVE, 4), (INACTIVE, 4), (PERSISTENT, 4), (ADDR_FAMILY, 2)]
        + [(DEST_STATS, 88), (DEST_STATS64, 120)],
        layout(data),
    )
    found = dict(attributes_in(data))
    expect_equal("its address", address("10.0.0.11"), found[DEST_ADDR])
    numbers = [struct.unpack("=I", found[number])[0] for number in (FWD_METHOD, WEIGHT, U_THRESH, L_THRESH)]
    expect_equal("method, weight, thresholds", [MASQUERADE, 3, 10, 5], numbers)
    expect_equal("daemons", [], ipvs.dump(GET_DAEMON).messages)


def clients():
    """moby and what is made of it: 4 bytes of address, no family of destinations, an empty service in dumps of
    services. libnl clients: whatever behind 4 bytes. ipvsadm: all that a service is to delete it. kube-proxy: the probe."""
    ipvs = Ipvs()
    four = service_id("", 80, addr=socket.inet_aton("198.51.100.1"))
    ipvs.must(NEW_SERVICE, service(four, service_rest("rr")))
    expect_errno("the same, in 16 bytes", errno.EEXIST, ipvs.ask(NEW_SERVICE, service(KEY, service_rest())).errno)
    expect_equal("dump with an empty service", 1, len(ipvs.dump(GET_SERVICE, service()).messages))
    expect_equal("dump with a service", 1, len(ipvs.dump(GET_SERVICE, service(ABSENT)).messages))
    garbage = socket.inet_aton("10.0.0.11") + b"\xa5" * 12
    ipvs.must(NEW_DEST, service(four) + dest(dest_id("", 8080, addr=socket.inet_aton("10.0.0.11")), dest_rest()))
    duplicate = service(KEY) + dest(dest_id("", 8080, addr=garbage), dest_rest())
    expect_errno("the same, and garbage", errno.EEXIST, ipvs.ask(NEW_DEST, duplicate).errno)
    ipvs.must(SET_DEST, service(KEY) + dest(SERVER, dest_rest(weight=9), u16(ADDR_FAMILY, socket.AF_INET)))
    ipvs.must(SET_DEST, service(KEY) + dest(SERVER, dest_rest(weight=9), u16(ADDR_FAMILY, 0)))
    expect_equal("destinations", [("10.0.0.11", 8080)], ipvs.dests(four))
    ipvs.must(DEL_DEST, service(KEY, service_rest("")) + dest(dest_id("", 8080, addr=garbage), dest_rest()))
    ipvs.must(DEL_SERVICE, service(KEY, service_rest("", timeout=360, netmask=0)))
    expect_equal("services", [], ipvs.services())

    # kube-proxy asks whether the scheduler is there, and looks for the flag.
    probe = service_id("", 20000, addr=socket.inet_aton("198.51.100.0"))
    ipvs.must(NEW_SERVICE, service(probe, service_rest("rr")))
    (_, message, _), = ipvs.must(GET_SERVICE, service(probe)).messages
    flags, _ = struct.unpack("=II", dict(attributes_in(message[SERVICE]))[FLAGS])
    expect_equal("hashed", HASHED, flags & HASHED)
    ipvs.must(DEL_SERVICE, service(probe))

    # Direct routing and tunnels ignore the port, but it tells destinations apart.
    ipvs.must(NEW_SERVICE, service(KEY, service_rest()))
    for method in DIRECT, TUNNEL:
        for number in 80, 81:
            ipvs.must(NEW_DEST, service(KEY) + dest(dest_id(f"10.0.0.1{method}", number), dest_rest(method)))
    expect_equal("destinations, newest first", [("10.0.0.12", 81), ("10.0.0.12", 80), ("10.0.0.13", 81), ("10.0.0.13", 80)],
                 ipvs.dests(KEY))


def liberal():
    """What newer families would refuse."""
    ipvs = Ipvs()
    unknown = attribute(60, b"anything")
    ipvs.must(NEW_SERVICE, nest(SERVICE, KEY + service_rest("rr") + unknown) + unknown)
    expect_errno("attributes longer than their type", errno.EEXIST,
                 ipvs.ask(NEW_SERVICE, service(attribute(AF, struct.pack("=HH", 2, 9)), without(KEY, AF), service_rest())).errno)
    expect_errno("bytes after the last attribute", errno.EEXIST,
                 ipvs.ask(NEW_SERVICE, attribute(SERVICE, KEY + service_rest() + b"\x01\x00")).errno)
    # The last of several counts.
    expect_errno("a port twice", errno.EEXIST,
                 ipvs.ask(NEW_SERVICE, service(attribute(PORT, struct.pack("!H", 81)), KEY, service_rest())).errno)
    # Flags that the mask does not name stay.
    ipvs.must(SET_SERVICE, service(KEY, service_rest("sh", flags=0x18)))
    ipvs.must(SET_SERVICE, service(KEY, service_rest("sh", flags=0x20, mask=0x28)))
    (_, message, _), = ipvs.must(GET_SERVICE, service(KEY)).messages
    flags, _ = struct.unpack("=II", dict(attributes_in(message[SERVICE]))[FLAGS])
    expect_equal("flags", HASHED | 0x30, flags)
    # Of flags and address any length up to that of their structure.
    short = without(service_rest(), FLAGS) + attribute(FLAGS, b"")
    ipvs.must(SET_SERVICE, service(KEY, short))
    # Timeout and netmask are told again, also where nothing is persistent; neither has a bound.
    for flags, timeout, netmask in (0, 77, 0xFFFF), (KEPT, 78, 0xFF), (KEPT, 0, 0), (KEPT, 10_000_000, ALL), (0, 79, 0):
        ipvs.must(SET_SERVICE, service(KEY, service_rest("rr", flags, timeout=timeout, netmask=netmask)))
        expect_equal("flags, timeout and netmask", (HASHED | flags, timeout, netmask), persistence_of(ipvs))
    # Whether it is persistent is a flag that the mask may leave out, the others are not.
    ipvs.must(SET_SERVICE, service(KEY, service_rest("rr", KEPT, timeout=80)))
    ipvs.must(SET_SERVICE, service(KEY, service_rest("rr", flags=0, mask=ALL & ~KEPT, timeout=81)))
    expect_equal("persistence without a word of it", (HASHED | KEPT, 81, ALL), persistence_of(ipvs))


def persistence_of(ipvs):
    (_, message, _), = ipvs.must(GET_SERVICE, service(KEY)).messages
    found = dict(attributes_in(message[SERVICE]))
    flags, _ = struct.unpack("=II", found[FLAGS])
    return (flags, *struct.unpack("=II", found[TIMEOUT] + found[NETMASK]))


def refusals():
    ipvs = Ipvs()
    configure(ipvs)
    everything = service(KEY) + dest(SERVER, dest_rest())

    def expect(what, number, command, attributes=b"", flags=None):
        answer = ipvs.ask(command, attributes) if flags is None else ipvs.ask(command, attributes, flags)
        expect_errno(what, number, answer.errno)

    for command in NEW_SERVICE, SET_SERVICE, DEL_SERVICE, GET_SERVICE, NEW_DEST, SET_DEST, DEL_DEST:
        expect(f"{command} without a service", errno.EINVAL, command)
        expect(f"{command} with an empty service", errno.EINVAL, command, service())
        expect(f"{command} without a family", errno.EINVAL, command, service(without(KEY, AF), service_rest()))
        for missing in PROTOCOL, ADDR, PORT:
            expect(f"{command} without {missing}", errno.EINVAL, command, service(without(KEY, missing), service_rest()))
        for family in 0, 1, 0xFFFF:
            strange = service(u16(AF, family), without(KEY, AF), service_rest())
            expect(f"{command} of family {family}", errno.EAFNOSUPPORT, command, strange)
        expect(f"{command} with an address of 17 bytes", errno.EINVAL, command,
               service(without(KEY, ADDR), attribute(ADDR, bytes(17)), service_rest()))
        expect(f"{command} with a port of one byte", errno.EINVAL, command,
               service(without(KEY, PORT), attribute(PORT, b"\x50"), service_rest()))
    for command in SET_SERVICE, DEL_SERVICE, GET_SERVICE, NEW_DEST, SET_DEST, DEL_DEST, ZERO:
        for what, key in ("absent", ABSENT), ("of another protocol", service_id("198.51.100.1", 80, 17)):
            expect(f"{command} of a service that is {what}", errno.ESRCH, command, service(key, service_rest()))
        expect(f"{command} of an unknown protocol", errno.ESRCH, command,
               service(service_id("198.51.100.1", 80, 99), service_rest()))
        expect(f"{command} of a mark", errno.ESRCH, command, service(u16(AF, 2), u32(FWMARK, 4711), service_rest()))
        # A mark of 0 is none, and its service has no address.
        expect(f"{command} of mark 0", errno.ESRCH, command, service(u16(AF, 2), u32(FWMARK, 0), service_rest()))
    for missing in SCHED_NAME, FLAGS, TIMEOUT, NETMASK:
        for command in NEW_SERVICE, SET_SERVICE:
            expect(f"{command} without {missing}", errno.EINVAL, command, service(KEY, without(service_rest(), missing)))
    expect("new service that is there, scheduler unknown", errno.EEXIST, NEW_SERVICE, service(KEY, service_rest("nonsense")))
    expect("unknown scheduler", errno.ENOENT, NEW_SERVICE, service(OTHER, service_rest("nonsense")))
    expect("change to an unknown scheduler", errno.ENOENT, SET_SERVICE, service(KEY, service_rest("nonsense")))
    expect("unknown engine", errno.ENOENT, NEW_SERVICE, service(OTHER, service_rest(), string(PE_NAME, "nonsense")))
    expect("scheduler without NUL", errno.EINVAL, NEW_SERVICE,
           service(OTHER, without(service_rest(), SCHED_NAME), attribute(SCHED_NAME, b"rr")))
    expect("scheduler of 16 bytes", errno.EINVAL, NEW_SERVICE, service(OTHER, service_rest("x" * 16)))

    for command in NEW_DEST, SET_DEST, DEL_DEST:
        expect(f"{command} without a destination", errno.EINVAL, command, service(KEY))
        for missing in DEST_ADDR, DEST_PORT:
            expect(f"{command} without {missing}", errno.EINVAL, command,
                   service(KEY) + dest(without(SERVER, missing), dest_rest()))
        expect(f"{command} of family 1", errno.EAFNOSUPPORT, command,
               service(KEY) + dest(SERVER, dest_rest(), u16(ADDR_FAMILY, 1)))
    for command in NEW_DEST, SET_DEST:
        for missing in FWD_METHOD, WEIGHT, U_THRESH, L_THRESH:
            expect(f"{command} without {missing}", errno.EINVAL, command,
                   service(KEY) + dest(SERVER, without(dest_rest(), missing)))
        for what, rest, number in (
            ("weight -1", dest_rest(weight=ALL), errno.ERANGE),
            ("thresholds 3 and 4", dest_rest(upper=3, lower=4), errno.ERANGE),
            ("upper threshold 0, lower one 1", dest_rest(lower=1), errno.ERANGE),
            ("upper threshold 2^31", dest_rest(upper=1 << 31), errno.EINVAL),
            ("a tunnel by UDP without port", dest_rest(TUNNEL) + u8(TUN_TYPE, 1), errno.EINVAL),
        ):
            expect(f"{command} with {what}", number, command, service(KEY) + dest(SERVER, rest))
    expect("new destination that is there", errno.EEXIST, NEW_DEST, everything)
    expect("change of an absent destination", errno.ENOENT, SET_DEST,
           service(KEY) + dest(dest_id("10.0.0.11", 8081), dest_rest()))
    expect("removal of an absent destination", errno.ENOENT, DEL_DEST, service(KEY) + dest(dest_id("10.0.0.12", 8080)))
    for ip in "255.255.255.255", "224.0.0.1", "10.0.0.255", "0.0.0.0":
        expect(f"new destination {ip}", errno.EINVAL, NEW_DEST, service(KEY) + dest(dest_id(ip, 8080), dest_rest()))

    for number in TIMEOUT_TCP, TIMEOUT_TCP_FIN, TIMEOUT_UDP:
        for seconds in 1 << 31, 0x7FFFFFFF, ALL:
            expect(f"timeout {number} of {seconds} seconds", errno.EINVAL, SET_CONFIG, u32(number, seconds))
    expect("timeouts that stay", 0, SET_CONFIG, u32(TIMEOUT_TCP, 0))
    expect("no timeouts", 0, SET_CONFIG)

    lo = string(MCAST_IFN, "lo")
    for what, parts in (
        ("no daemon", b""),
        ("an empty daemon", plain_nest(DAEMON)),
        ("no state", plain_nest(DAEMON, lo, u32(SYNC_ID, 1))),
        ("no interface", plain_nest(DAEMON, u32(STATE, 1), u32(SYNC_ID, 1))),
        ("no number", plain_nest(DAEMON, u32(STATE, 1), lo)),
        ("a group of one host", plain_nest(DAEMON, u32(STATE, 1), lo, u32(SYNC_ID, 1),
                                           attribute(MCAST_GROUP, socket.inet_aton("10.0.0.1")))),
        ("state 3", plain_nest(DAEMON, u32(STATE, 3), lo, u32(SYNC_ID, 1))),
    ):
        expect(f"daemon: {what}", errno.EINVAL, NEW_DAEMON, parts)
    for state, number in (1, errno.ESRCH), (2, errno.ESRCH), (0, errno.EINVAL), (3, errno.EINVAL):
        expect(f"stop of daemon {state}", number, DEL_DAEMON, plain_nest(DAEMON, u32(STATE, state)))
    expect("stop of no daemon", errno.EINVAL, DEL_DAEMON)

    for command in SET_INFO, 18, 255:
        expect(f"command {command}", errno.EOPNOTSUPP, command)
    for command in GET_DEST, GET_DAEMON:
        expect(f"get by {command}", errno.EOPNOTSUPP, command, service(KEY))
    for command in NEW_SERVICE, GET_INFO, GET_CONFIG, FLUSH:
        expect(f"dump by {command}", errno.EOPNOTSUPP, command, b"", NLM_F_DUMP)
    # What names no service has no destinations.
    for what, parts in (
        ("no service", b""),
        ("an empty one", service()),
        ("an absent one", service(ABSENT)),
        ("one of another family", service(u16(AF, 10), without(KEY, AF))),
        ("a malformed one", service(without(KEY, PORT), attribute(PORT, b"\x50"))),
    ):
        answer = ipvs.dump(GET_DEST, parts)
        expect_errno(f"destinations of {what}", 0, answer.errno)
        expect_equal(f"destinations of {what}", [], answer.messages)
    expect_equal("services", [("198.51.100.1", 80)], ipvs.services())
    expect_equal("destinations", [("10.0.0.11", 8080)], ipvs.dests(KEY))


def dumps():
    """Two dumps of many parts at once, and changes in between: each ends, is never marked as interrupted, and tells
    all that was there from the first part to the last one before the place where something has gone."""
    ipvs, other = Ipvs(buffer_size=4096), Ipvs(buffer_size=4096)
    changer = Ipvs()
    keys = [service_id(f"198.51.{number >> 8}.{number & 255}", 80) for number in range(1, 301)]
    for key in keys:
        changer.must(NEW_SERVICE, service(key, service_rest()))
    wanted = {f"198.51.{number >> 8}.{number & 255}" for number in range(1, 301)}
    for number in range(1, 201):
        changer.must(NEW_DEST, service(keys[0]) + dest(dest_id(f"10.0.0.{number}", 80), dest_rest()))

    header = struct.pack("=BBH", GET_SERVICE, 1, 0)
    questions = [ipvs.send(header, NLM_F_DUMP), other.send(header, NLM_F_DUMP)]
    seen = [Answer(), Answer()]
    is_over = [False, False]
    steps = 0
    while not all(is_over):
        for index, asking in enumerate((ipvs, other)):
            if not is_over[index]:
                is_over[index] = asking.receive_part(seen[index], questions[index])
        steps += 1
        # A new destination changes no place in the list of services.
        changer.must(NEW_DEST, service(keys[-1]) + dest(dest_id("10.0.0.9", steps), dest_rest()))
    for index in range(2):
        addresses = [key_of(message[SERVICE], ADDR, PORT)[0] for _, message, _ in seen[index].messages]
        expect_errno("dump", 0, seen[index].errno)
        expect_equal("each once", len(wanted), len(addresses))
        expect_equal("all", wanted, set(addresses))
    if steps < 5:
        expect_equal("parts of a dump", "at least 5", steps)

    # All but the first part goes away under it.
    question = ipvs.send(header, NLM_F_DUMP)
    first = Answer()
    ipvs.receive_part(first, question)
    changer.must(FLUSH)
    while not ipvs.receive_part(first, question):
        pass
    expect_errno("dump of what has gone", 0, first.errno)
    expect_equal("marks of an interruption", 0, sum(bool(flags & NLM_F_DUMP_INTR) for _, _, flags in first.messages))
    expect_equal("services", [], ipvs.services())

    # The same of destinations: those of the service that came in place of the first.
    changer.must(NEW_SERVICE, service(KEY, service_rest()))
    for number in range(1, 201):
        changer.must(NEW_DEST, service(KEY) + dest(dest_id(f"10.0.0.{number}", 80), dest_rest()))
    expect_equal("destinations, newest first", [(f"10.0.0.{number}", 80) for number in range(200, 0, -1)], ipvs.dests(KEY))
    question = ipvs.send(struct.pack("=BBH", GET_DEST, 1, 0) + service(KEY), NLM_F_DUMP)
    first = Answer()
    ipvs.receive_part(first, question)
    changer.must(DEL_SERVICE, service(KEY))
    while not ipvs.receive_part(first, question):
        pass
    expect_errno("dump of destinations that have gone", 0, first.errno)


def users():
    """Nobody but who has CAP_NET_ADMIN in the first user namespace may do anything, or read anything."""
    root = Ipvs()
    configure(root)
    os.setgroups([])
    os.setresuid(NOBODY, NOBODY, NOBODY)
    requests = {
        NEW_SERVICE: service(OTHER, service_rest()),
        SET_SERVICE: service(KEY, service_rest()),
        DEL_SERVICE: service(KEY),
        GET_SERVICE: service(KEY),
        NEW_DEST: service(KEY) + dest(dest_id("10.0.0.12", 80), dest_rest()),
        SET_DEST: service(KEY) + dest(SERVER, dest_rest()),
        DEL_DEST: service(KEY) + dest(SERVER),
        NEW_DAEMON: b"",
        DEL_DAEMON: b"",
        SET_CONFIG: u32(TIMEOUT_TCP, 5),
        GET_CONFIG: b"",
        GET_INFO: b"",
        ZERO: b"",
        FLUSH: b"",
    }

    def expect_nothing(who, ipvs):
        for command, attributes in requests.items():
            expect_errno(f"{who}: command {command}", errno.EPERM, ipvs.ask(command, attributes).errno)
        for command in GET_SERVICE, GET_DEST, GET_DAEMON:
            answer = ipvs.dump(command, service(KEY))
            expect_errno(f"{who}: dump by {command}", errno.EPERM, answer.errno)
            expect_equal(f"{who}: dump by {command}", [], answer.messages)

    expect_nothing("nobody", Ipvs())
    expect_nothing("nobody, on a socket opened by root", root)
    os.unshare(os.CLONE_NEWUSER)
    expect_nothing("capable elsewhere", Ipvs())
    os.unshare(os.CLONE_NEWNET)
    expect_nothing("owner of a namespace", Ipvs())


{"answers": answers, "clients": clients, "liberal": liberal, "refusals": refusals, "dumps": dumps, "users": users}[sys.argv[1]]()
finish()
