#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Datagrams in fragments that must not be fragmented any further (DF, or IPv6).

    fragments.py ask SOURCE SOURCE-PORT ADDRESS PORT SIZE FRAGMENT
    fragments.py serve SOURCE PORT FRAGMENT

"ask" sends a datagram with SIZE bytes of data in fragments of at most FRAGMENT bytes, headers included, and
prints what comes back: "ok" when it is the same data, in whatever packets; else "corrupt", "timeout", the errno of
sending, or the first ICMP error, of IPv6 2/0 mtu ...:

    3/4 mtu 1000 from 198.51.100.1

"serve" sends each datagram back to whom it came from, in such fragments. It prints "ready" when it serves.
"""

import errno
import os
import select
import socket
import struct
import sys
import time

import packet
from extension_headers import fragment
from family import family_of

SECONDS = 3.0
DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000


# In the word of the offset.
MORE_FRAGMENTS6 = 1


class Sender:
    def __init__(self, address):
        # A header of one's own (IP_HDRINCL): the kernel leaves its fragment field alone.
        self.socket = packet.raw_socket(address)
        self.is_ipv6 = family_of(address) == socket.AF_INET6
        self.number = os.getpid() & 0x7FFF

    def send(self, source, destination, data, size):
        """Sends a datagram between these addresses with ports."""
        datagram = packet.udp(source[0], destination[0], (source[1], destination[1]), data)
        step = (size - (48 if self.is_ipv6 else 20)) // 8 * 8
        self.number += 1
        for offset in range(0, len(datagram), step):
            is_last = offset + step >= len(datagram)
            piece = self.fragment(source[0], destination[0], datagram[offset : offset + step], offset, is_last)
            self.socket.sendto(piece, (destination[0], 0))

    def fragment(self, source, destination, data, offset, is_last):
        if self.is_ipv6:
            more = 0 if is_last else MORE_FRAGMENTS6
            return packet.ipv6(source, destination, packet.UDP, data, headers=[fragment(offset, more, self.number)])
        more = 0 if is_last else MORE_FRAGMENTS
        return packet.ipv4(
            source,
            destination,
            packet.UDP,
            data,
            identification=self.number,
            fragment=DONT_FRAGMENT | more | offset // 8,
        )


def icmpv6_error(message, source):
    """Tells of an ICMPv6 error; nothing of another message."""
    kind, code = message[:2]
    if kind >= 128:
        return None
    mtu = f" mtu {struct.unpack('!I', message[4:8])[0]}" if kind == 2 else ""
    return f"{kind}/{code}{mtu} from {source}"


def icmp_error(raw, sender):
    """Tells of an ICMP error; nothing of another message. Those of IPv6 come without their IP header."""
    if ":" in sender:
        return icmpv6_error(raw, sender)
    source, _, _, message = packet.parse_ipv4(raw)
    kind, code = message[:2]
    if kind not in (3, 11):
        return None
    mtu = f" mtu {struct.unpack('!H', message[6:8])[0]}" if (kind, code) == (3, 4) else ""
    return f"{kind}/{code}{mtu} from {source}"


def answer(sock, errors, data):
    deadline = time.monotonic() + SECONDS
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([sock, errors], [], [], left)
        if sock in ready:
            return "ok" if sock.recv(1 << 16) == data else "corrupt"
        if errors in ready:
            raw, (sender, *_) = errors.recvfrom(1 << 16)
            if error := icmp_error(raw, sender):
                return error
    return "timeout"


def ask(source, source_port, address, port, size, fragment):
    protocol = socket.IPPROTO_ICMPV6 if family_of(address) == socket.AF_INET6 else packet.ICMP
    errors = socket.socket(family_of(address), socket.SOCK_RAW, protocol)
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sock.bind((source, int(source_port)))
    data = os.urandom(int(size))
    try:
        Sender(address).send((source, int(source_port)), (address, int(port)), data, int(fragment))
    except OSError as error:
        # The kernel has learnt of a smaller MTU before.
        print(errno.errorcode[error.errno])
        return
    print(answer(sock, errors, data))


def serve(source, port, fragment):
    sock = socket.socket(family_of(source), socket.SOCK_DGRAM)
    sock.bind((source, int(port)))
    sender = Sender(source)
    print("ready", flush=True)
    while True:
        data, client = sock.recvfrom(1 << 16)
        sender.send((source, int(port)), client[:2], data, int(fragment))


def main():
    command, *arguments = sys.argv[1:]
    {"ask": ask, "serve": serve}[command](*arguments)


main()
