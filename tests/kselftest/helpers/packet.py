# SPDX-License-Identifier: GPL-2.0-only
"""Packets of IPv4, IPv6, TCP, UDP, ICMP and ICMPv6 as bytes, right or deliberately wrong.

Written after RFC 791, 792, 768, 8200 and 9293 and nothing else, so that it can judge what a kernel makes.
All numbers are in host order here and in network order in the packets.
"""

import socket
import struct

from family import family_of

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58

SYN, ACK = 0x02, 0x10


def checksum(data):
    """The Internet checksum (RFC 1071): 0 when data contains its own, right one."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, destination, protocol, length):
    if ":" in source:
        addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
        return addresses + struct.pack("!II", length, protocol)
    return socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!BBH", 0, protocol, length)


def transport_checksum(source, destination, protocol, segment):
    return checksum(pseudo_header(source, destination, protocol, len(segment)) + segment)


def ipv4(source, destination, protocol, payload, **field):
    """An IPv4 packet. Fields: ihl (words), tot_len, identification, fragment (flags and offset), ttl, options, check."""
    options = field.get("options", b"")
    ihl = field.get("ihl", 5 + len(options) // 4)
    tot_len = field.get("tot_len", 20 + len(options) + len(payload))

    def header(check):
        fixed = struct.pack(
            "!BBHHHBBH4s4s",
            0x40 | ihl,
            0,
            tot_len,
            field.get("identification", 1),
            field.get("fragment", 0),
            field.get("ttl", 64),
            protocol,
            check,
            socket.inet_aton(source),
            socket.inet_aton(destination),
        )
        return fixed + options

    return header(field.get("check", checksum(header(0)))) + payload


def ipv6(source, destination, protocol, payload, **field):
    """An IPv6 packet. Fields: version, hop_limit, payload_length, headers: those between, of which each is (protocol, bytes
    behind the first one, which is that of the next)."""
    headers = field.get("headers", ())
    kinds = [kind for kind, _ in headers] + [protocol]
    between = b"".join(bytes([kinds[number + 1]]) + rest for number, (_, rest) in enumerate(headers))
    length = field.get("payload_length", len(between) + len(payload))
    fixed = struct.pack("!IHBB", field.get("version", 6) << 28, length, kinds[0], field.get("hop_limit", 64))
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    return fixed + addresses + between + payload


def ip(source, destination, protocol, payload):
    """A packet of the family of its addresses."""
    return (ipv6 if ":" in source else ipv4)(source, destination, protocol, payload)


def raw_socket(address):
    """A socket that sends packets with their IP header to this address."""
    return socket.socket(family_of(address), socket.SOCK_RAW, socket.IPPROTO_RAW)


def udp(source, destination, ports, payload=b"", **field):
    """A UDP datagram without its IP header. Fields: length, check."""
    length = field.get("length", 8 + len(payload))

    def datagram(check):
        return struct.pack("!HHHH", ports[0], ports[1], length, check) + payload

    right = transport_checksum(source, destination, UDP, datagram(0)) or 0xFFFF
    return datagram(field.get("check", right))


def tcp(source, destination, ports, payload=b"", **field):
    """A TCP segment without its IP header. Fields: sequence, acknowledgment, doff (words), flags, options, check."""
    options = field.get("options", b"")
    doff = field.get("doff", 5 + len(options) // 4)

    def segment(check):
        return (
            struct.pack(
                "!HHIIBBHHH",
                ports[0],
                ports[1],
                field.get("sequence", 1),
                field.get("acknowledgment", 0),
                doff << 4,
                field.get("flags", SYN),
                65535,
                check,
                0,
            )
            + options
            + payload
        )

    right = transport_checksum(source, destination, TCP, segment(0))
    return segment(field.get("check", right))


def icmp_error(kind, code, about, rest=0):
    """An ICMP error without its IP header, about the packet `about`; rest is the second word (RFC 1191: the MTU)."""

    def message(check):
        return struct.pack("!BBHI", kind, code, check, rest) + about

    return message(checksum(message(0)))


def icmpv6_error(source, destination, kind, code, about, rest=0):
    """An ICMPv6 error without its IP header, about the packet `about`; rest is the second word (RFC 4443: the MTU)."""

    def message(check):
        return struct.pack("!BBHI", kind, code, check, rest) + about

    return message(transport_checksum(source, destination, ICMPV6, message(0)))


class Malformed(Exception):
    """The packet is not what it says."""


def parse_ipv4(packet):
    """Returns (source, destination, protocol, payload) of a packet whose header is right."""
    if len(packet) < 20 or packet[0] >> 4 != 4:
        raise Malformed("no IPv4 header")
    length = (packet[0] & 15) * 4
    if length < 20 or len(packet) < length:
        raise Malformed("header length")
    if checksum(packet[:length]):
        raise Malformed("header checksum")
    source, destination = (socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16))
    return source, destination, packet[9], packet[length : struct.unpack("!H", packet[2:4])[0]]


def parse_ipv6(packet):
    """Returns (source, destination, next header, payload) of a packet without extension headers."""
    if len(packet) < 40 or packet[0] >> 4 != 6:
        raise Malformed("no IPv6 header")
    source, destination = (socket.inet_ntop(socket.AF_INET6, packet[at : at + 16]) for at in (8, 24))
    return source, destination, packet[6], packet[40 : 40 + struct.unpack("!H", packet[4:6])[0]]
