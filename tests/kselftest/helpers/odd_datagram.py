#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A datagram as few hosts send it, and who answers.

    odd_datagram.py KIND SOURCE SOURCE-PORT ADDRESS PORT [SERVER SERVER-PORT]

Of either family:
    plain              as any other, from whatever source
    sum-of-zero        that has the checksum 0, sent as 65535, when it has come to SERVER
Of IPv6:
    no-sum             without checksum
    routed             with a routing header that has no address left
    to-be-routed       that is to go on to another host
    options-fragments  in two fragments, with destination options before
    routed-fragments   in two fragments, with such a routing header before
    small-fragments    in two fragments that are less together than each link takes
    authenticated      within an authentication header
With unanswered- before it there is no look at the answer.

Prints the first word of the answer, "timeout", or an errno; "sent" where nobody is to answer, or no socket can have the source.
"""

import errno
import os
import socket
import struct
import sys

import extension_headers as headers
import packet
from family import family_of

SECONDS = 1.0
# Bytes of the first of two fragments.
PART = {"options-fragments": 1000, "routed-fragments": 1000, "small-fragments": 104}
NOBODYS = ("::", "fe80:", "ff")
ELSEWHERE = "2001:db8:ffff::1"


def datagram(kind, source, destination, ports, server):
    """The datagram, without its IP header."""
    if kind == "no-sum":
        return packet.udp(source, destination, ports, b"question", check=0)
    if kind == "sum-of-zero":
        address, port = server
        at_server = packet.udp(source, address, (ports[0], int(port)), bytes(2), check=0)
        data = struct.pack("!H", packet.transport_checksum(source, address, packet.UDP, at_server))
        return packet.udp(source, destination, ports, data)
    size = 2 * PART.get(kind, 4)
    if kind == "to-be-routed":
        # The checksum is that of the last destination.
        return packet.udp(source, ELSEWHERE, ports, bytes(size))
    return packet.udp(source, destination, ports, b"x" * size)


def packets(kind, source, destination, data):
    """Those that carry it."""
    before = {
        "routed": [headers.routing(0, ELSEWHERE)],
        "to-be-routed": [headers.routing(1, ELSEWHERE)],
        "options-fragments": [(headers.DESTINATION, headers.OPTIONS)],
        "routed-fragments": [headers.routing(0, ELSEWHERE)],
        "authenticated": [headers.authentication()],
    }.get(kind, [])
    if kind in PART:
        number, half = os.getpid(), PART[kind]
        return [
            packet.ipv6(source, destination, packet.UDP, part, headers=[*before, headers.fragment(at, more, number)])
            for part, at, more in ((data[:half], 0, 1), (data[half:], half, 0))
        ]
    if before:
        return [packet.ipv6(source, destination, packet.UDP, data, headers=before)]
    return [packet.ip(source, destination, packet.UDP, data)]


def main():
    kind, source, source_port, address, port, *server = sys.argv[1:]
    is_answered = not kind.startswith("unanswered-")
    kind = kind.removeprefix("unanswered-")
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sock.settimeout(SECONDS)
    is_ours = is_answered and not source.startswith(NOBODYS)
    if is_ours:
        sock.bind((source, int(source_port)))
        sock.connect((address, int(port)))
    raw = packet.raw_socket(address)
    data = datagram(kind, source, address, (int(source_port), int(port)), server)
    for sent in packets(kind, source, address, data):
        raw.sendto(sent, (address, 0))
    if not is_ours:
        print("sent")
        return
    try:
        print(sock.recv(1 << 16).partition(b" ")[0].decode())
    except TimeoutError:
        print("timeout")
    except OSError as error:
        print(errno.errorcode[error.errno])


main()
