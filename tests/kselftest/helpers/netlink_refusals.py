#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Requests that must be refused: with this errno, with an explanation, and without any change.

Errnos are those of docs/netlink.md. What the kernel's own validation refuses (lib/nlattr.c: validate_nla()) it
explains, too.
"""

import errno
import ipaddress
import struct
import sys

from expectations import expect_equal, expect_errno, fail, finish
from genl import NLA_F_NESTED, attribute, nest, string, u16, u32
from rvs_family import *

VIP, OTHER_VIP = "198.51.100.1", "198.51.100.2"
KEY = service_key(VIP, 80)
NEW_KEY = service_key(OTHER_VIP, 80)
KEY6 = u32(PROTOCOL, 6) + addr6("2001:db8::1") + port(80)
# A service that names no forward method.
BARE_KEY = service_key(VIP, 81)
DEST = dest_key(KEY, "10.0.0.11", 8080)
NEW_DEST = dest_key(KEY, "10.0.0.12", 8080)
# With thresholds of 6 and 4.
LIMITED_DEST = dest_key(KEY, "10.0.0.13", 8080)

SERVICE_COMMANDS = {"add": SERVICE_ADD, "set": SERVICE_SET, "del": SERVICE_DEL, "get": SERVICE_GET}
DEST_COMMANDS = {"add": DEST_ADD, "set": DEST_SET, "del": DEST_DEL, "get": DEST_GET}


def wrong_lengths(number, length):
    """The attribute one byte too short, one too long, and empty."""
    for size in length - 1, length + 1, 0:
        yield f"of {size} bytes", attribute(number, bytes([1] * size))


def wrong_addresses():
    for address in "0.0.0.0", "224.0.0.1", "239.255.255.255", "255.255.255.255":
        yield address, errno.EINVAL, addr4(address), ADDR4
    yield "IPv4 and IPv6", errno.EINVAL, addr4(VIP) + addr6("2001:db8::1"), ADDR6
    for address in "::", "ff02::1":
        yield address, errno.EINVAL, addr6(address), ADDR6
    for size in 0, 15, 17:
        yield f"IPv6 of {size} bytes", errno.ERANGE, attribute(ADDR6, bytes(size)), ADDR6
    for what, wrong in wrong_lengths(ADDR4, 4):
        yield f"IPv4 {what}", errno.EINVAL, wrong, ADDR4


def wrong_ports():
    yield "port 0", errno.EINVAL, port(0), PORT
    for what, wrong in wrong_lengths(PORT, 2):
        yield f"port {what}", errno.EINVAL, wrong, PORT


def wrong_keys():
    """(what, errno, attributes, attribute blamed, attribute missed) of keys of a service."""
    protocol, address, number = u32(PROTOCOL, 6), addr4(OTHER_VIP), port(80)
    yield "without protocol", errno.EINVAL, address + number, None, PROTOCOL
    yield "without address", errno.EINVAL, protocol + number, None, ADDR4
    yield "without port", errno.EINVAL, protocol + address, None, PORT
    # DCCP; none; one that is TCP in its lowest 8 bits; all bits.
    for other in 33, 0, 0x106, 0xFFFFFFFF:
        yield f"protocol {other}", errno.EPROTONOSUPPORT, u32(PROTOCOL, other) + address + number, PROTOCOL, None
    for what, wrong in wrong_lengths(PROTOCOL, 4):
        yield f"protocol {what}", errno.EINVAL, wrong + address + number, PROTOCOL, None
    for what, code, wrong, blamed in wrong_addresses():
        yield what, code, protocol + wrong + number, blamed, None
    for what, code, wrong, blamed in wrong_ports():
        yield what, code, protocol + address + wrong, blamed, None
    yield "protocol as nest", errno.EINVAL, nest(PROTOCOL) + address + number, PROTOCOL, None
    yield "unknown attribute", errno.EINVAL, protocol + address + number + u32(42, 0), 42, None
    yield from wrong_port_ranges(protocol + address)
    yield from wrong_marks()
    yield "attribute 0", errno.EINVAL, protocol + address + number + u32(0, 0), 0, None


def wrong_port_ranges(address):
    """The same of services of an address that have more than one port."""
    for first, last in (80, 80), (80, 79), (80, 0), (65535, 1):
        yield f"ports {first} to {last}", errno.EINVAL, address + port(first) + last_port(last), LAST_PORT, None
    yield "ports 0 to 80", errno.EINVAL, address + port(0) + last_port(80), PORT, None
    yield "last port alone", errno.EINVAL, address + last_port(80), None, PORT
    for what, wrong in wrong_lengths(LAST_PORT, 2):
        yield f"last port {what}", errno.EINVAL, address + port(80) + wrong, LAST_PORT, None
    yield "all ports and one", errno.EINVAL, address + port(80) + u32(ALL_PORTS, 1), PORT, None
    yield "all ports and a last one", errno.EINVAL, address + last_port(80) + u32(ALL_PORTS, 1), LAST_PORT, None
    yield "not all ports", errno.EINVAL, address + u32(ALL_PORTS, 0), None, PORT
    yield "all ports twice over", errno.ERANGE, address + u32(ALL_PORTS, 2), ALL_PORTS, None
    yield "an address and a family", errno.EINVAL, address + port(80) + u32(FAMILY, 2), FAMILY, None


def wrong_marks():
    """The same of services of a mark."""
    yield "mark 0", errno.EINVAL, mark_key(0), MARK, None
    yield "mark without family", errno.EINVAL, u32(MARK, 7), None, FAMILY
    yield "family without mark", errno.EINVAL, u32(FAMILY, 2), FAMILY, None
    # None; those that are IPv4 or IPv6 in their lowest 8 bits.
    for family in 0, 0x102, 0x10A:
        yield f"mark of family {family}", errno.EAFNOSUPPORT, mark_key(7, family), FAMILY, None
    for what, wrong in wrong_lengths(MARK, 4):
        yield f"mark {what}", errno.EINVAL, u32(FAMILY, 2) + wrong, MARK, None
    for what, other, blamed in (
        ("protocol", u32(PROTOCOL, 6), PROTOCOL),
        ("address", addr4(OTHER_VIP), ADDR4),
        ("port", port(80), PORT),
        ("all ports", u32(ALL_PORTS, 1), ALL_PORTS),
    ):
        yield f"mark with {what}", errno.EINVAL, mark_key(7) + other, blamed, None


def wrong_services():
    for verb, command in SERVICE_COMMANDS.items():
        for what, code, attributes, blamed, missing in wrong_keys():
            yield f"service {verb}: {what}", command, code, attributes, blamed, missing
        yield f"service {verb}: number of servers", command, errno.EINVAL, KEY + u32(DESTS, 1), DESTS, None
        yield f"service {verb}: counters", command, errno.EINVAL, KEY + nest(SERVICE_STATS), SERVICE_STATS, None
        yield f"service {verb}: rest of 3 bytes", command, errno.EINVAL, KEY + bytes(3), None, None
        if verb not in ("add", "set"):
            yield f"service {verb}: scheduler", command, errno.EINVAL, KEY + string(SCHEDULER, "rr"), SCHEDULER, None
            continue
        key = NEW_KEY if verb == "add" else KEY
        for what, code, wrong, blamed in (
            ("unknown scheduler", errno.ENOENT, string(SCHEDULER, "best"), SCHEDULER),
            ("empty scheduler", errno.ENOENT, string(SCHEDULER, ""), SCHEDULER),
            ("scheduler rr and more", errno.ENOENT, string(SCHEDULER, "rrr"), SCHEDULER),
            ("scheduler without end", errno.EINVAL, attribute(SCHEDULER, b"rr"), SCHEDULER),
            ("scheduler of 0 bytes", errno.EINVAL, attribute(SCHEDULER, b""), SCHEDULER),
            ("scheduler of 16 letters", errno.EINVAL, string(SCHEDULER, "r" * 16), SCHEDULER),
            ("unknown forward method", errno.EINVAL, u32(FORWARD, 3), FORWARD),
            ("forward method beyond all", errno.ERANGE, u32(FORWARD, 7), FORWARD),
            ("forward method of all bits", errno.ERANGE, u32(FORWARD, 0xFFFFFFFF), FORWARD),
            ("forward method of 3 bytes", errno.EINVAL, attribute(FORWARD, bytes(3)), FORWARD),
            ("forward method of 5 bytes", errno.EINVAL, attribute(FORWARD, bytes(5)), FORWARD),
            ("unknown flag", errno.EINVAL, string(SCHEDULER, "sh") + u32(SCHEDULER_FLAGS, 4), SCHEDULER_FLAGS),
            ("fast path of 2", errno.ERANGE, u32(FAST_PATH, 2), FAST_PATH),
            ("fast path of all bits", errno.ERANGE, u32(FAST_PATH, 0xFFFFFFFF), FAST_PATH),
            ("fast path of 1 byte", errno.EINVAL, attribute(FAST_PATH, bytes(1)), FAST_PATH),
            ("one packet of TCP", errno.EINVAL, u32(ONE_PACKET, 1), ONE_PACKET),
            ("one packet of 2", errno.ERANGE, u32(ONE_PACKET, 2), ONE_PACKET),
            ("removal of 4", errno.ERANGE, u32(REMOVAL, 4), REMOVAL),
            ("TOA of 3", errno.ERANGE, u32(TOA, 3), TOA),
            ("flags of rr", errno.EINVAL, string(SCHEDULER, "rr") + u32(SCHEDULER_FLAGS, 1), SCHEDULER_FLAGS),
        ):
            yield f"service {verb}: {what}", command, code, key + wrong, blamed, None


def wrong_dests():
    address, number = addr4("10.0.0.12"), port(8080)
    for verb, command in DEST_COMMANDS.items():
        here = f"server {verb}"
        for what, code, attributes, blamed, missing in wrong_keys():
            yield f"{here}: service {what}", command, code, nest(SERVICE, attributes) + address + number, blamed, missing
        for what, code, wrong, blamed in wrong_addresses():
            yield f"{here}: {what}", command, code, nest(SERVICE, KEY) + wrong + number, blamed, None
        for what, code, wrong, blamed in wrong_ports():
            yield f"{here}: {what}", command, code, nest(SERVICE, KEY) + address + wrong, blamed, None
        yield f"{here}: without service", command, errno.EINVAL, address + number, None, SERVICE
        yield f"{here}: without address", command, errno.EINVAL, nest(SERVICE, KEY) + number, None, ADDR4
        yield f"{here}: without port", command, errno.EINVAL, nest(SERVICE, KEY) + address, None, PORT
        yield f"{here}: service not marked as nest", command, errno.EINVAL, (
            attribute(SERVICE, KEY) + address + number
        ), SERVICE, None
        yield f"{here}: service as number", command, errno.EINVAL, u32(SERVICE, 1) + address + number, SERVICE, None
        yield f"{here}: empty service", command, errno.EINVAL, nest(SERVICE) + address + number, None, PROTOCOL
        # Less than the header of an attribute is a wrong length.
        for size, code in (1, errno.ERANGE), (3, errno.ERANGE), (5, errno.EINVAL), (8, errno.EINVAL):
            garbage = attribute(SERVICE | NLA_F_NESTED, bytes([0xAA] * size))
            yield f"{here}: service of {size} bytes of garbage", command, code, garbage + address + number, None, None
        too_long = attribute(SERVICE | NLA_F_NESTED, struct.pack("=HH", 400, PROTOCOL) + bytes(4))
        yield f"{here}: attribute longer than its nest", command, errno.EINVAL, too_long + address + number, None, None
        yield f"{here}: scheduler within service", command, errno.EINVAL, (
            nest(SERVICE, KEY + string(SCHEDULER, "rr")) + address + number
        ), SCHEDULER, None
        yield f"{here}: active connections", command, errno.EINVAL, DEST + u32(ACTIVE, 1), ACTIVE, None
        if verb not in ("add", "set"):
            yield f"{here}: weight", command, errno.EINVAL, DEST + u32(WEIGHT, 1), WEIGHT, None
            continue
        key = NEW_DEST if verb == "add" else DEST
        for what, code, wrong, blamed in (
            ("weight of 2^31", errno.ERANGE, u32(WEIGHT, 1 << 31), WEIGHT),
            ("weight of all bits", errno.ERANGE, u32(WEIGHT, 0xFFFFFFFF), WEIGHT),
            ("weight of 2 bytes", errno.EINVAL, u16(WEIGHT, 1), WEIGHT),
            ("weight of 8 bytes", errno.EINVAL, attribute(WEIGHT, bytes(8)), WEIGHT),
            ("unknown forward method", errno.EINVAL, u32(FORWARD, 3), FORWARD),
            ("forward method beyond all", errno.ERANGE, u32(FORWARD, 7), FORWARD),
            ("lower threshold alone", errno.EINVAL, u32(LOWER_THRESHOLD, 1), LOWER_THRESHOLD),
            ("lower threshold above upper", errno.EINVAL, (
                u32(UPPER_THRESHOLD, 4) + u32(LOWER_THRESHOLD, 5)
            ), LOWER_THRESHOLD),
            ("upper threshold of 2^31", errno.ERANGE, u32(UPPER_THRESHOLD, 1 << 31), UPPER_THRESHOLD),
            ("lower threshold of 2^31", errno.ERANGE, u32(LOWER_THRESHOLD, 1 << 31), LOWER_THRESHOLD),
            ("upper threshold of 2 bytes", errno.EINVAL, u16(UPPER_THRESHOLD, 1), UPPER_THRESHOLD),
            ("overloaded", errno.EINVAL, u32(OVERLOADED, 1), OVERLOADED),
            ("another port by DR", errno.EINVAL, u32(FORWARD, DR), None),
        ):
            yield f"{here}: {what}", command, code, key + wrong, blamed, None
    for what, code, keep in (
        ("a port that NAT keeps", errno.EINVAL, u32(FORWARD, NAT) + u32(KEEP_PORT, 1)),
        ("a port that the service's method keeps, NAT", errno.EINVAL, u32(KEEP_PORT, 1)),
        ("a port that is kept twice over", errno.ERANGE, u32(FORWARD, DR) + u32(KEEP_PORT, 2)),
    ):
        yield f"server add: {what}", DEST_ADD, code, NEW_DEST + keep, KEEP_PORT, None
    yield "server set: a port that is kept", DEST_SET, errno.EINVAL, DEST + u32(KEEP_PORT, 1), KEEP_PORT, None
    yield "server add: another port by DR that is not kept", DEST_ADD, errno.EINVAL, (
        NEW_DEST + u32(FORWARD, DR) + u32(KEEP_PORT, 0)
    ), None, None
    yield "server add: broadcast address of the link", DEST_ADD, errno.EINVAL, (
        dest_key(KEY, "10.0.0.255", 8080)
    ), ADDR4, None
    yield "server add: no forward method anywhere", DEST_ADD, errno.EINVAL, (
        dest_key(BARE_KEY, "10.0.0.11", 81)
    ), None, None


def wrong_families():
    """IPv6: addresses of no server, masks, and what does not go together."""
    of_v6, of_mark = nest(SERVICE, KEY6), nest(SERVICE, mark_key(7, 10))
    for address in "fe80::1", "::ffff:10.0.0.11":
        yield f"server add: {address}", DEST_ADD, errno.EINVAL, of_v6 + addr6(address) + port(80), ADDR6, None
    mixed = {
        "IPv4 server of a service of IPv6": of_v6 + addr4("10.0.0.11") + port(80),
        "IPv4 server of a mark of IPv6": of_mark + addr4("10.0.0.11"),
        "IPv6 server of a service of IPv4": nest(SERVICE, KEY) + addr6("2001:db8:10::11") + port(80),
    }
    for what, server in mixed.items():
        for forward in NAT, DR:
            yield f"server add: {what}, method {forward}", DEST_ADD, errno.EINVAL, server + u32(FORWARD, forward), None, None
        for command in DEST_SET, DEST_DEL, DEST_GET:
            yield f"server {command}: {what}", command, errno.ENOENT, server, None, None
    for prefix, code in (0, errno.EINVAL), (129, errno.ERANGE), (0xFFFFFFFF, errno.ERANGE):
        masked = nest(SERVICE_PERSISTENCE, u32(PERSISTENCE_TIMEOUT, 60) + u32(PERSISTENCE_PREFIX6, prefix))
        for key in KEY6, mark_key(7, 10):
            yield f"service set: a prefix of {prefix} bits", SERVICE_SET, code, key + masked, None, None
    masks = {
        "of IPv4": KEY6 + nest(SERVICE_PERSISTENCE, u32(PERSISTENCE_TIMEOUT, 60) + attribute(PERSISTENCE_MASK4, bytes([255] * 4))),
        "of IPv6": KEY + nest(SERVICE_PERSISTENCE, u32(PERSISTENCE_TIMEOUT, 60) + u32(PERSISTENCE_PREFIX6, 64)),
    }
    for what, request in masks.items():
        yield f"service set: the mask {what}", SERVICE_SET, errno.EINVAL, request, None, None
    yield "service add again", SERVICE_ADD, errno.EEXIST, KEY6, None, None
    yield "mark add again", SERVICE_ADD, errno.EEXIST, mark_key(7, 10), None, None
    yield "service del of the mark of IPv4", SERVICE_DEL, errno.ESRCH, mark_key(7), None, None


def wrong_states():
    """What is well formed, and does not fit to what there is."""
    yield "server set: upper threshold below lower", DEST_SET, errno.EINVAL, (
        LIMITED_DEST + u32(UPPER_THRESHOLD, 3)
    ), UPPER_THRESHOLD, None
    yield "server set: lower threshold above upper", DEST_SET, errno.EINVAL, (
        LIMITED_DEST + u32(LOWER_THRESHOLD, 7)
    ), LOWER_THRESHOLD, None
    yield "server set: a tunnel of one without", DEST_SET, errno.EINVAL, LIMITED_DEST + u32(TUNNEL, GRE), TUNNEL, None
    tunnelled = dest_key(KEY, "10.0.0.99", 80) + u32(FORWARD, TUN)
    yield "server add: gue without port", DEST_ADD, errno.EINVAL, tunnelled + u32(TUNNEL, GUE), TUNNEL, None
    yield "server add: gre with a port", DEST_ADD, errno.EINVAL, (
        tunnelled + u32(TUNNEL, GRE) + tunnel_port(6080)
    ), TUNNEL_PORT, None
    yield "server add: ipip with a checksum", DEST_ADD, errno.EINVAL, (
        tunnelled + u32(TUNNEL_CHECKSUM, FULL_CHECKSUM)
    ), TUNNEL_CHECKSUM, None
    unknown = dest_key(NEW_KEY, "10.0.0.11", 8080)
    yield "service add again", SERVICE_ADD, errno.EEXIST, KEY, None, None
    yield "service set of none", SERVICE_SET, errno.ESRCH, NEW_KEY, None, None
    yield "service del of none", SERVICE_DEL, errno.ESRCH, NEW_KEY, None, None
    yield "service get of none", SERVICE_GET, errno.ESRCH, NEW_KEY, None, None
    yield "service get of the other protocol", SERVICE_GET, errno.ESRCH, service_key(VIP, 80, 17), None, None
    yield "zero of no service", ZERO, errno.ESRCH, NEW_KEY, None, None
    yield "timeout of no time", TIMEOUTS_SET, errno.EINVAL, u32(TIMEOUT_UDP, 0), TIMEOUT_UDP, None
    yield "timeout without end", TIMEOUTS_SET, errno.EINVAL, u32(TIMEOUT_TCP, 0x7FFFFFFF), TIMEOUT_TCP, None
    yield "timeout of the other protocol", SERVICE_SET, errno.EINVAL, (
        KEY + nest(SERVICE_TIMEOUTS, u32(TIMEOUT_UDP, 1))
    ), None, None
    yield "server add again", DEST_ADD, errno.EEXIST, DEST, None, None
    for verb, command in DEST_COMMANDS.items():
        yield f"server {verb} of no service", command, errno.ESRCH, unknown, None, None
        if verb != "add":
            yield f"server {verb} of none", command, errno.ENOENT, NEW_DEST, None, None
            other_port = dest_key(KEY, "10.0.0.11", 8081)
            yield f"server {verb} of another port", command, errno.ENOENT, other_port, None, None


def wrong_without_attributes():
    """Commands that take none."""
    yield "info with an attribute", INFO_GET, errno.EINVAL, u32(1, 0), 1, None
    yield "stats with an attribute", STATS_GET, errno.EINVAL, u32(1, 0), 1, None
    yield "timeouts with an attribute", TIMEOUTS_GET, errno.EINVAL, u32(1, 0), 1, None
    yield "flush with an attribute", FLUSH, errno.EINVAL, u32(1, 0), 1, None
    yield "flush of one service", FLUSH, errno.EINVAL, KEY, None, None


def wrong_connections():
    """Of the dump of connections. What is wrong in a nest is told in words alone."""
    for what, code, attributes, _, _ in wrong_keys():
        yield f"connections: service {what}", CONNECTION_GET, code, nest(SERVICE, attributes), None, None
    for what, attributes, blamed in (
        ("service not marked as nest", attribute(SERVICE, KEY), SERVICE),
        ("service as number", u32(SERVICE, 1), SERVICE),
        ("a client", attribute(CLIENT_ADDR4, bytes(4)), CLIENT_ADDR4),
        ("a state", u32(STATE, 1), STATE),
        ("unknown attribute", u32(42, 0), 42),
    ):
        yield f"connections: {what}", CONNECTION_GET, errno.EINVAL, attributes, blamed, None


def wrong_pools():
    """Of pools of local addresses: that of the name "pool" has 192.0.2.10 and 192.0.2.11."""
    name, of_pool = string(POOL_NAME, "pool"), string(POOL, "pool")
    for verb, command in ("add", POOL_ADD), ("set", POOL_SET), ("del", POOL_DEL), ("get", POOL_GET):
        yield f"pool {verb} without name", command, errno.EINVAL, b"", None, POOL_NAME
        for wrong in "", "-a", "a b", "a/b", "\x7f", "n\u00e4he":
            yield f"pool {verb}: name {wrong!r}", command, errno.EINVAL, string(POOL_NAME, wrong), POOL_NAME, None
        yield f"pool {verb}: long name", command, errno.EINVAL, string(POOL_NAME, "a" * 32), POOL_NAME, None
        yield f"pool {verb}: unknown attribute", command, errno.EINVAL, name + u32(42, 0), 42, None
        if verb != "add":
            yield f"pool {verb} of none", command, errno.ENOENT, string(POOL_NAME, "none"), POOL_NAME, None
    yield "pool add again", POOL_ADD, errno.EEXIST, name, POOL_NAME, None
    for verb, command, key in ("add", POOL_ADD, string(POOL_NAME, "new")), ("set", POOL_SET, name):
        yield f"pool {verb}: first port 0", command, errno.EINVAL, key + port_of(POOL_FIRST_PORT, 0), POOL_FIRST_PORT, None
        yield f"pool {verb}: last port 0", command, errno.EINVAL, key + port_of(POOL_LAST_PORT, 0), POOL_LAST_PORT, None
        yield f"pool {verb}: last port below 1024", command, errno.EINVAL, key + port_of(POOL_LAST_PORT, 1023), POOL_LAST_PORT, None
        yield f"pool {verb}: ports 81 to 80", command, errno.EINVAL, (
            key + port_of(POOL_FIRST_PORT, 81) + port_of(POOL_LAST_PORT, 80)
        ), POOL_LAST_PORT, None
        for what, wrong in wrong_lengths(POOL_FIRST_PORT, 2):
            yield f"pool {verb}: port {what}", command, errno.EINVAL, key + wrong, POOL_FIRST_PORT, None
    yield "service add with a pool that is none", SERVICE_ADD, errno.ENOENT, NEW_KEY + string(SERVICE_POOL, "none"), SERVICE_POOL, None
    yield "service set to a pool that is none", SERVICE_SET, errno.ENOENT, KEY + string(SERVICE_POOL, "none"), SERVICE_POOL, None
    yield "service set to a pool of no name", SERVICE_SET, errno.EINVAL, KEY + string(SERVICE_POOL, "a/b"), SERVICE_POOL, None
    yield "pool del in use", POOL_DEL, errno.EBUSY, string(POOL_NAME, "used"), POOL_NAME, None
    for verb, command in ("add", POOL_ADDRESS_ADD), ("del", POOL_ADDRESS_DEL):
        good = addr4("192.0.2.12")
        yield f"pool address {verb} without pool", command, errno.EINVAL, good, None, POOL
        yield f"pool address {verb} without address", command, errno.EINVAL, of_pool, None, ADDR4
        yield f"pool address {verb} of none", command, errno.ENOENT, string(POOL, "none") + good, POOL, None
        for what, code, wrong, blamed in wrong_addresses():
            yield f"pool address {verb}: {what}", command, code, of_pool + wrong, blamed, None
        for wrong in "127.0.0.1", "169.254.0.1":
            yield f"pool address {verb}: {wrong}", command, errno.EINVAL, of_pool + addr4(wrong), ADDR4, None
        for wrong in "::1", "fe80::1", "::ffff:192.0.2.12":
            yield f"pool address {verb}: {wrong}", command, errno.EINVAL, of_pool + addr6(wrong), ADDR6, None
        for first, last, code in (
            ("192.0.2.13", "192.0.2.12", errno.EINVAL),
            ("192.0.2.13", "192.0.6.13", errno.E2BIG),
            ("126.255.255.254", "127.0.0.1", errno.EINVAL),
            ("223.255.255.255", "224.0.0.1", errno.EINVAL),
        ):
            yield f"pool address {verb}: {first} to {last}", command, code, (
                of_pool + addr4(first) + attribute(LAST_ADDR4, ipaddress.ip_address(last).packed)
            ), LAST_ADDR4, None
        yield f"pool address {verb}: ends of two families", command, errno.EINVAL, (
            of_pool + good + attribute(LAST_ADDR6, ipaddress.ip_address("2001:db8::1").packed)
        ), LAST_ADDR6, None
        last = attribute(LAST_ADDR4, ipaddress.ip_address("192.0.2.12").packed)
        yield f"pool address {verb}: last address alone", command, errno.EINVAL, of_pool + last, None, ADDR4
    for first, last in ("192.0.2.10", "192.0.2.10"), ("192.0.2.1", "192.0.2.10"), ("192.0.2.11", "192.0.2.12"):
        yield f"pool address add again: {first} to {last}", POOL_ADDRESS_ADD, errno.EEXIST, (
            of_pool + addr4(first) + attribute(LAST_ADDR4, ipaddress.ip_address(last).packed)
        ), LAST_ADDR4, None
    yield "pool address add: of another pool", POOL_ADDRESS_ADD, errno.EADDRINUSE, (
        string(POOL, "used") + addr4("192.0.2.11")
    ), ADDR4, None
    yield "pool address add: too many in all", POOL_ADDRESS_ADD, errno.E2BIG, (
        of_pool + addr4("10.0.0.0") + attribute(LAST_ADDR4, ipaddress.ip_address("10.0.3.254").packed)
    ), LAST_ADDR4, None
    yield "pool address del: not all there", POOL_ADDRESS_DEL, errno.ENOENT, (
        of_pool + addr4("192.0.2.10") + attribute(LAST_ADDR4, ipaddress.ip_address("192.0.2.12").packed)
    ), LAST_ADDR4, None
    yield "pool set: ports that another pool gives", POOL_SET, errno.EADDRINUSE, (
        string(POOL_NAME, "apart") + port_of(POOL_LAST_PORT, 1024)
    ), POOL_LAST_PORT, None
    yield "pool addresses of none", POOL_ADDRESS_GET, errno.ENOENT, string(POOL, "none"), None, None
    yield "pool addresses without pool", POOL_ADDRESS_GET, errno.EINVAL, b"", None, None


def port_of(number, value):
    return attribute(number, struct.pack("!H", value))


def add_pools(rvs):
    rvs.must(POOL_ADD, string(POOL_NAME, "pool"))
    rvs.must(POOL_ADDRESS_ADD, string(POOL, "pool") + addr4("192.0.2.10"))
    rvs.must(POOL_ADDRESS_ADD, string(POOL, "pool") + addr4("192.0.2.11"))
    rvs.must(POOL_ADD, string(POOL_NAME, "used"))
    rvs.must(SERVICE_SET, KEY + string(SERVICE_POOL, "used"))
    # The same address, other ports.
    rvs.must(POOL_ADD, string(POOL_NAME, "apart") + port_of(POOL_FIRST_PORT, 80) + port_of(POOL_LAST_PORT, 1023))
    rvs.must(POOL_ADDRESS_ADD, string(POOL, "apart") + addr4("192.0.2.10"))


def pools(rvs):
    """All pools with their addresses."""
    found = [attributes for _, attributes, _ in rvs.dump(POOL_GET).messages]
    return [
        (pool, [attributes for _, attributes, _ in rvs.dump(POOL_ADDRESS_GET, attribute(POOL, pool[POOL_NAME])).messages])
        for pool in found
    ]


GROUPS = {
    "pools": wrong_pools,
    "services": wrong_services,
    "servers": wrong_dests,
    "states": wrong_states,
    "families": wrong_families,
    "commands-without-attributes": wrong_without_attributes,
    "connections": wrong_connections,
}


def main():
    rvs = Rvs()
    rvs.add_service(KEY)
    rvs.must(DEST_ADD, DEST)
    rvs.must(DEST_ADD, LIMITED_DEST + u32(UPPER_THRESHOLD, 6) + u32(LOWER_THRESHOLD, 4))
    rvs.must(SERVICE_ADD, BARE_KEY)
    rvs.add_service(KEY6)
    rvs.must(DEST_ADD, nest(SERVICE, KEY6) + addr6("2001:db8:10::11") + port(80))
    rvs.add_service(mark_key(7, 10))
    if sys.argv[1] == "pools":
        add_pools(rvs)
    before = rvs.configuration(), pools(rvs)
    for what, command, code, attributes, blamed, missing in GROUPS[sys.argv[1]]():
        is_dump = command in (CONNECTION_GET, POOL_ADDRESS_GET)
        answer = rvs.dump(command, attributes) if is_dump else rvs.ask(command, attributes)
        expect_errno(what, code, answer.errno)
        if answer.errno and not answer.text:
            fail(f"{what}: no explanation")
        if blamed is not None:
            expect_equal(f"{what}: attribute blamed", blamed, answer.blamed)
        if missing is not None:
            expect_equal(f"{what}: attribute missed", missing, answer.missing)
        after = rvs.configuration(), pools(rvs)
        if after != before:
            fail(f"{what}: the configuration has changed")
            before = after
    rvs.must(FLUSH)
    for pool, _ in pools(rvs):
        rvs.must(POOL_DEL, attribute(POOL_NAME, pool[POOL_NAME]))
    finish()


main()
