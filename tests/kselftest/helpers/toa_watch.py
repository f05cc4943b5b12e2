#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tells which segments have come to a host, by a parser that knows nothing of RVS. Reads lines, and answers each by one:

    forget            ok: what came before is not told
    take PORT [KIND]  those that came to this port since the last time

A segment is told as FLAGS/KINDS/PAYLOAD/CLIENT/CHECKSUM: letters of S, A, F, R, P; the kinds of its options without padding; bytes;
who stands in the option KIND (254), or "-"; "ok", "left" (to the device), or "bad".
"""

import socket
import struct
import sys

import packet

ETH_P_ALL = 0x0003
LETTERS = (("S", 0x02), ("A", 0x10), ("F", 0x01), ("R", 0x04), ("P", 0x08))
NO_BLOCK = socket.MSG_DONTWAIT


def options_of(data):
    """(kind, body) of each, and (-1, rest) of what no receiver understands."""
    found = []
    while data and data[0] != 0:
        if data[0] == 1:
            data = data[1:]
            continue
        if len(data) < 2 or not 2 <= data[1] <= len(data):
            return found + [(-1, data)]
        found.append((data[0], data[2 : data[1]]))
        data = data[data[1] :]
    return found + ([(-1, data)] if any(data) else [])


def client_of(body):
    if len(body) not in (6, 18):
        return f"{len(body)}-bytes"
    family = socket.AF_INET if len(body) == 6 else socket.AF_INET6
    return f"{socket.inet_ntop(family, body[2:])}:{struct.unpack('!H', body[:2])[0]}"


def checksum_of(source, destination, segment):
    if packet.transport_checksum(source, destination, packet.TCP, segment) == 0:
        return "ok"
    pseudo = packet.pseudo_header(source, destination, packet.TCP, len(segment))
    left = ~packet.checksum(pseudo) & 0xFFFF
    return "left" if struct.unpack("!H", segment[16:18])[0] == left else "bad"


def told(source, destination, segment, kind):
    header = (segment[12] >> 4) * 4
    options = options_of(segment[20:header])
    flags = "".join(letter for letter, bit in LETTERS if segment[13] & bit)
    clients = [client_of(body) for number, body in options if number == kind]
    kinds = ",".join(str(number) for number, _ in options)
    checksum = checksum_of(source, destination, segment)
    return f"{flags}/{kinds}/{len(segment) - header}/{'+'.join(clients) or '-'}/{checksum}"


def segments(wire):
    while True:
        try:
            data, place = wire.recvfrom(1 << 17, NO_BLOCK)
        except BlockingIOError:
            return
        if place[2] == socket.PACKET_OUTGOING or len(data) < 20:
            continue
        try:
            source, destination, protocol, segment = (packet.parse_ipv6 if data[0] >> 4 == 6 else packet.parse_ipv4)(data)
        except packet.Malformed:
            continue
        if protocol == packet.TCP and len(segment) >= 20:
            yield source, destination, segment


def main():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    # Without a limit of the administrator, as root (SO_RCVBUFFORCE).
    wire.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)
    wire.bind(("eth0", ETH_P_ALL))
    for line in sys.stdin:
        command, *rest = line.split()
        answer = "ok"
        if command == "forget":
            for _ in segments(wire):
                pass
        else:
            port, kind = int(rest[0]), int(rest[1]) if rest[1:] else 254
            answer = " ".join(
                told(source, destination, segment, kind)
                for source, destination, segment in segments(wire)
                if struct.unpack("!H", segment[2:4])[0] == port
            )
        print(answer or "none", flush=True)


main()
