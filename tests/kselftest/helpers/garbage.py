#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Put packets on the wire that no kernel sends.

    garbage.py INTERFACE MAC SOURCE DESTINATION:PORT KIND

The packets seem to come from SOURCE, of which each uses another port, and are handed to the neighbour
MAC. Prints how many were sent. KIND is one of the functions below; each yields IPv4 packets.
"""

import itertools
import random
import socket
import sys

import packet
from packet import TCP, UDP

ETH_P_IP = 0x0800
FIRST_PORT = 10000
MORE_FRAGMENTS = 0x2000
PAYLOAD = bytes(range(64))


class Flow:
    """Makes packets of ever new flows from the source to the destination."""

    def __init__(self, source, destination, port):
        self.source, self.destination, self.port = source, destination, port
        self.ports = itertools.cycle(range(FIRST_PORT, 30000))

    def segment(self, protocol, payload=PAYLOAD, **field):
        build = packet.tcp if protocol == TCP else packet.udp
        return build(self.source, self.destination, (next(self.ports), self.port), payload, **field)

    def ip(self, protocol, payload, **field):
        return packet.ipv4(self.source, self.destination, protocol, payload, **field)

    def whole(self, protocol, ip_field=None, **field):
        return self.ip(protocol, self.segment(protocol, **field), **(ip_field or {}))

    def reverse(self, protocol):
        """A packet of the other direction, as an ICMP error from the source would quote it."""
        build = packet.tcp if protocol == TCP else packet.udp
        ports = (self.port, next(self.ports))
        segment = build(self.destination, self.source, ports, PAYLOAD, **({"flags": packet.ACK} if protocol == TCP else {}))
        return packet.ipv4(self.destination, self.source, protocol, segment)


def truncated(flow):
    """Frames that end anywhere in the headers; and packets that end there by their own word."""
    for protocol, header in ((TCP, 20), (UDP, 8)):
        for length in range(20 + header):
            yield flow.whole(protocol)[:length]
        for length in range(header):
            yield flow.ip(protocol, flow.segment(protocol)[:length])


def ip_lengths(flow):
    """Lengths in the IP header that are too small, or larger than the packet."""
    for protocol in (TCP, UDP):
        for ihl in (0, 1, 2, 3, 4):
            yield flow.whole(protocol, {"ihl": ihl})
        yield flow.ip(protocol, b"", ihl=15)
        yield flow.ip(protocol, flow.segment(protocol)[:30], ihl=15)
        for tot_len in (0, 1, 19, 20, 21, 27, 1500, 65535):
            yield flow.whole(protocol, {"tot_len": tot_len})


def transport_lengths(flow):
    """Lengths in the transport header that are too small, or larger than the packet."""
    for doff in (0, 1, 2, 3, 4):
        yield flow.whole(TCP, doff=doff)
    for doff in range(6, 16):
        yield flow.whole(TCP, doff=doff, payload=b"")
    for length in (0, 1, 7, 9, 100, 1500, 65535):
        yield flow.whole(UDP, length=length)


def checksums(flow):
    """Wrong checksums, and values at the edges."""
    for check in (0, 1, 0xFFFE, 0xFFFF):
        for protocol in (TCP, UDP):
            yield flow.whole(protocol, check=check)
            yield flow.whole(protocol, {"check": check})


def fragments(flow):
    """Fragments that never make a whole packet, or more than one."""
    numbers = itertools.count(100)
    for protocol in (TCP, UDP):
        segment = flow.segment(protocol, payload=bytes(200))
        # The first alone; so small that the ports fit but nothing else, and smaller.
        for length in (0, 3, 8, 16, 64):
            yield flow.ip(protocol, segment[:length], identification=next(numbers), fragment=MORE_FRAGMENTS)
        # Later ones alone, the last and one in the middle, at the end of the space too.
        for offset in (1, 2, 8, 0x1FFF):
            for more in (0, MORE_FRAGMENTS):
                yield flow.ip(protocol, segment[:64], identification=next(numbers), fragment=more | offset)
        # Overlapping, and twice the same.
        number = next(numbers)
        yield flow.ip(protocol, segment[:64], identification=number, fragment=MORE_FRAGMENTS)
        yield flow.ip(protocol, segment[:64], identification=number, fragment=MORE_FRAGMENTS)
        yield flow.ip(protocol, segment[32:96], identification=number, fragment=MORE_FRAGMENTS | 4)
        yield flow.ip(protocol, segment[64:], identification=number, fragment=8)
        # With a hole that is never filled.
        number = next(numbers)
        yield flow.ip(protocol, segment[:64], identification=number, fragment=MORE_FRAGMENTS)
        yield flow.ip(protocol, segment[128:], identification=number, fragment=16)


def icmp(flow):
    """ICMP errors about packets that end anywhere, lie about their lengths, or are errors themselves."""
    for protocol in (TCP, UDP):
        about = flow.reverse(protocol)
        for length in range(len(about)):
            yield flow.ip(packet.ICMP, packet.icmp_error(3, 1, about[:length]))
        for position in (0, 2, 3, 6, 7, 9):
            for value in (0x00, 0x0F, 0x40, 0x41, 0x44, 0x4F, 0xFF):
                lying = bytearray(about)
                lying[position] = value
                yield flow.ip(packet.ICMP, packet.icmp_error(3, 1, bytes(lying)))
        for mtu in (0, 1, 67, 68, 65535, 0xFFFFFFFF):
            yield flow.ip(packet.ICMP, packet.icmp_error(3, 4, about, rest=mtu))
        for kind in range(256):
            yield flow.ip(packet.ICMP, packet.icmp_error(kind, 0, about))
        error = packet.icmp_error(3, 3, about)
        yield flow.ip(packet.ICMP, packet.icmp_error(3, 1, flow.ip(packet.ICMP, error)))
        for length in range(8):
            yield flow.ip(packet.ICMP, error[:length])


def options(flow):
    """IP options: harmless, nonsensical, and source routes."""
    for option in (
        b"\x01\x01\x01\x01",
        b"\x00\x00\x00\x00",
        b"\x07\x00\x00\x00",
        b"\x07\xff\x04\x00",
        b"\x44\x03\x05\x00",
        b"\x83\x03\x04\x00",
        b"\x83\x07\x04" + socket.inet_aton(flow.destination) + b"\x00",
        b"\x89\x07\x04" + socket.inet_aton(flow.source) + b"\x00",
        b"\x94\x04\x00\x00",
        b"\xff" * 40,
    ):
        for protocol in (TCP, UDP):
            yield flow.whole(protocol, {"options": option})


def mutations(flow):
    """Right packets in which some bytes have changed; always the same ones."""
    chance = random.Random(2)
    for number in range(4000):
        protocol = chance.choice((TCP, UDP))
        if number % 4 == 0:
            right = flow.ip(packet.ICMP, packet.icmp_error(chance.choice((3, 11, 12)), chance.randrange(5), flow.reverse(protocol)))
        else:
            right = flow.whole(protocol)
        mutated = bytearray(right)
        for _ in range(chance.randint(1, 4)):
            # What names the ends stays, so that they get it; so do the checks that would end it at once.
            position = chance.choice((*range(2, 10), *range(20, len(right))))
            mutated[position] = chance.randrange(256)
        mutated[10:12] = b"\0\0"
        mutated[10:12] = packet.checksum(bytes(mutated[: (mutated[0] & 15) * 4])).to_bytes(2, "big")
        yield bytes(mutated[: chance.choice((len(mutated), len(mutated), chance.randint(20, len(mutated))))])


KINDS = (truncated, ip_lengths, transport_lengths, checksums, fragments, icmp, options, mutations)


def main():
    interface, mac, source, target, kind = sys.argv[1:]
    destination, port = target.split(":")
    make = {function.__name__: function for function in KINDS}[kind]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    neighbour = (interface, ETH_P_IP, 0, 0, bytes.fromhex(mac.replace(":", "")))
    sent = 0
    for data in make(Flow(source, destination, int(port))):
        wire.sendto(data, neighbour)
        sent += 1
    print(sent)


main()
