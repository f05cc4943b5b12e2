#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Send ICMP errors about a packet in a tunnel to where the tunnel begins, right or wrong in one way.

    tunnel_error.py TUNNEL KIND BEGIN END CLIENT:PORT VIP:PORT

TUNNEL is one of lib/tunnel.sh. BEGIN and END are the addresses of its packet, the others those of the datagram in it; either may
be of IPv4 or IPv6. KIND is
    right      "host unreachable" with all of the packet
    checksum   with a wrong checksum
    fragment   about a later fragment of the tunnel's packet
    truncated  with nothing of it, with one byte more each time, and not yet with its ports
    malformed  about headers that lie
Prints how many were sent.
"""

import socket
import struct
import sys

import packet

FRAGMENT_HEADER = 44


class V4:
    """What is of IPv4."""

    header, number, ethernet_type = 20, 4, 0x0800

    def ip(self, source, destination, protocol, payload):
        return packet.ipv4(source, destination, protocol, payload)

    def later_fragment(self, source, destination, protocol, payload):
        return packet.ipv4(source, destination, protocol, payload, fragment=1)

    def that_lie(self, source, destination, protocol, payload):
        for words in range(5):
            yield packet.ipv4(source, destination, protocol, payload, ihl=words)
        # A header that is longer than all there is.
        yield packet.ipv4(source, destination, protocol, payload, ihl=15)[:20]

    def error(self, _source, _destination, about):
        return packet.icmp_error(3, 1, about)

    def send(self, source, destination, message):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        sock.sendto(packet.ipv4(source, destination, packet.ICMP, message), (destination, 0))


class V6:
    """What is of IPv6."""

    header, number, ethernet_type = 40, 41, 0x86DD

    def ip(self, source, destination, protocol, payload):
        return packet.ipv6(source, destination, protocol, payload)

    def later_fragment(self, source, destination, protocol, payload):
        return packet.ipv6(source, destination, FRAGMENT_HEADER, struct.pack("!BBHI", protocol, 0, 8, 1) + payload)

    def that_lie(self, source, destination, protocol, payload):
        for version in 0, 4, 5, 7:
            yield packet.ipv6(source, destination, protocol, payload, version=version)
        # An extension header that is longer than all there is.
        yield packet.ipv6(source, destination, 60, struct.pack("!BB", protocol, 255) + payload[:6])

    def error(self, source, destination, about):
        return packet.icmpv6_error(source, destination, 1, 3, about)

    def send(self, source, destination, message):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        sock.sendto(packet.ipv6(source, destination, packet.ICMPV6, message), (destination, 0))


def family(address):
    return V6() if ":" in address else V4()


def around(tunnel, begin, end, version, inner):
    """Protocol and payload of the tunnel's packet, with `inner` of this version in it (RFC 2784; RFC 768 and the draft of
    GUE). Nobody looks at checksums there."""
    if tunnel == "ipip":
        return version.number, inner
    if tunnel == "gre":
        return 47, struct.pack("!HH", 0, version.ethernet_type) + inner
    if tunnel == "gre_checksum":
        return 47, struct.pack("!HHI", 0x8000, version.ethernet_type, 0) + inner
    gue = struct.pack("!BBH", 0, version.number, 0)
    return packet.UDP, packet.udp(begin, end, (50000, 6080), gue + inner)


def errors(of_tunnel, kind, ends, datagram_ends, source):
    """The ICMP messages, each from `source`."""
    outside, inside = family(ends[0]), family(datagram_ends[0][0])
    (client, client_port), (vip, port) = datagram_ends
    datagram = packet.udp(client, vip, (int(client_port), int(port)), b"in a tunnel")
    inner = inside.ip(client, vip, packet.UDP, datagram)

    def error(about):
        return outside.error(source, ends[0], about)

    def tunnel(inner=inner):
        return outside.ip(*ends, *around(of_tunnel, *ends, inside, inner))

    headers = len(tunnel()) - len(inner)
    if kind == "right":
        yield error(tunnel())
    elif kind == "checksum":
        right = error(tunnel())
        yield right[:2] + bytes([right[2] ^ 1]) + right[3:]
    elif kind == "fragment":
        yield error(outside.later_fragment(*ends, *around(of_tunnel, *ends, inside, inner)))
        yield error(tunnel(inside.later_fragment(client, vip, packet.UDP, datagram)))
    elif kind == "truncated":
        # Up to the ports. Every error has 4 bytes more (RFC 792), but IPVS can do without.
        for length in range(headers + inside.header + 4):
            yield error(tunnel()[:length])
    elif kind == "malformed":
        for lie in inside.that_lie(client, vip, packet.UDP, datagram):
            yield error(tunnel(lie))
        for lie in outside.that_lie(*ends, *around(of_tunnel, *ends, inside, inner)):
            yield error(lie)


def split(text):
    """ADDRESS and PORT."""
    return text.rsplit(":", 1)


def own_address(destination):
    """The address that packets to there come from."""
    of = socket.AF_INET6 if ":" in destination else socket.AF_INET
    sock = socket.socket(of, socket.SOCK_DGRAM)
    sock.connect((destination, 9))
    return sock.getsockname()[0]


def main():
    tunnel, kind, begin, end, client, vip = sys.argv[1:]
    source = own_address(begin)
    sent = 0
    for message in errors(tunnel, kind, (begin, end), (split(client), split(vip)), source):
        family(begin).send(source, begin, message)
        sent += 1
    print(sent)


main()
