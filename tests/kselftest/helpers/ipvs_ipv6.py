#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The family IPVS about services and destinations of IPv6, byte by byte. The same holds for C ip_vs.

    ipvs_ipv6.py answers|refusals
"""

import errno
import ipaddress
import socket
import struct
import sys

from expectations import expect_equal, expect_errno, finish
from genl import attribute, attributes_in, u16, u32
from ipvs_family import *

VIP, SERVER_ADDRESS = "2001:db8:51::1", "2001:db8:10::11"


def packed(text):
    return ipaddress.IPv6Address(text).packed


def key6(text=VIP, port=80, addr=None):
    return service_id("", port, family=socket.AF_INET6, addr=packed(text) if addr is None else addr)


def mark6(number):
    return u16(AF, socket.AF_INET6) + u32(FWMARK, number)


def server6(text=SERVER_ADDRESS, port=80, family=socket.AF_INET6):
    told = b"" if family is None else u16(ADDR_FAMILY, family)
    return dest_id("", port, addr=packed(text)) + told


def rest6(prefix=128, **options):
    return service_rest(netmask=prefix, **options)


KEY = key6()


def answers():
    """What answers say of the family, the address and the netmask."""
    ipvs = Ipvs()
    ipvs.must(NEW_SERVICE, service(KEY, rest6(scheduler="wlc")))
    ipvs.must(NEW_DEST, service(KEY) + dest(server6(), dest_rest()))
    # Old clients tell no family of a destination: it is that of the service.
    ipvs.must(NEW_DEST, service(KEY) + dest(server6("2001:db8:10::12", family=None), dest_rest()))
    (_, message, _), = ipvs.must(GET_SERVICE, service(KEY)).messages
    found = dict(attributes_in(message[SERVICE]))
    expect_equal("family", struct.pack("=H", socket.AF_INET6), found[AF])
    expect_equal("address", packed(VIP), found[ADDR])
    expect_equal("netmask", struct.pack("=I", 128), found[NETMASK])
    servers = []
    for _, message, _ in ipvs.dump(GET_DEST, service(KEY)).messages:
        found = dict(attributes_in(message[DEST]))
        servers.append((found[DEST_ADDR], found[ADDR_FAMILY]))
    family = struct.pack("=H", socket.AF_INET6)
    expect_equal("servers", [(packed("2001:db8:10::12"), family), (packed(SERVER_ADDRESS), family)], servers)

    # What is missing of an address is 0; four bytes are no IPv4.
    ipvs.must(NEW_SERVICE, service(key6(addr=packed("2001:db8::")[:4]), rest6()))
    expect_errno("the same in full", errno.EEXIST, ipvs.ask(NEW_SERVICE, service(key6("2001:db8::"), rest6())).errno)
    # A mark is one thing for each family.
    ipvs.must(NEW_SERVICE, service(mark6(7), rest6(64, flags=KEPT, timeout=60)))
    expect_errno("the mark of IPv4", errno.ESRCH, ipvs.ask(DEL_SERVICE, service(u16(AF, 2) + u32(FWMARK, 7))).errno)
    (_, message, _), = ipvs.must(GET_SERVICE, service(mark6(7))).messages
    found = dict(attributes_in(message[SERVICE]))
    expect_equal("of the mark", [struct.pack("=H", socket.AF_INET6), struct.pack("=I", 7), struct.pack("=I", 64)],
                 [found[AF], found[FWMARK], found[NETMASK]])
    expect_equal("services", 3, len(ipvs.dump(GET_SERVICE).messages))


def refusals():
    """Which error, and of two that there are the one that comes first."""
    ipvs = Ipvs()

    def expect(what, code, command, attributes):
        expect_errno(what, code, ipvs.ask(command, attributes).errno)

    # Whether it is persistent or not, of a new service and of one that is changed.
    for prefix in 0, 129, 0xFFFFFFFF:
        expect(f"a prefix of {prefix}", errno.EINVAL, NEW_SERVICE, service(KEY, rest6(prefix)))
        expect(f"a prefix of {prefix}, no scheduler", errno.ENOENT, NEW_SERVICE, service(KEY, rest6(prefix, scheduler="x")))
    ipvs.must(NEW_SERVICE, service(KEY, rest6()))
    expect("again, a prefix of 0", errno.EEXIST, NEW_SERVICE, service(KEY, rest6(0)))
    expect("changed to a prefix of 0", errno.EINVAL, SET_SERVICE, service(KEY, rest6(0)))
    expect("changed to a prefix of 64", 0, SET_SERVICE, service(KEY, rest6(64)))
    ipvs.must(NEW_DEST, service(KEY) + dest(server6(), dest_rest()))
    expect("the same server", errno.EEXIST, NEW_DEST, service(KEY) + dest(server6(), dest_rest()))
    # Of a link nothing tells which; loopback is this host.
    for text in "fe80::1", "ff02::1", "::", "::ffff:10.0.0.11":
        expect(f"server {text}", errno.EINVAL, NEW_DEST, service(KEY) + dest(server6(text), dest_rest()))
    expect("server ::1", 0, NEW_DEST, service(KEY) + dest(server6("::1"), dest_rest()))
    for family in 1, 0x10A:
        for command in NEW_DEST, SET_DEST, DEL_DEST:
            expect(f"{command} of family {family}", errno.EAFNOSUPPORT, command,
                   service(KEY) + dest(server6(family=family), dest_rest()))
    # Only a tunnel leads to the other family; that is looked at before the weight.
    for method in MASQUERADE, LOCAL, DIRECT:
        for command in NEW_DEST, SET_DEST:
            expect(f"{command} of an IPv4 server, method {method}", errno.EINVAL, command,
                   service(KEY) + dest(server6(family=2), dest_rest(method, weight=ALL)))
    expect("an IPv4 server that is not there", errno.ENOENT, DEL_DEST, service(KEY) + dest(server6(family=2)))


{"answers": answers, "refusals": refusals}[sys.argv[1]]()
finish()
