#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Datagrams in fragments that must not be fragmented any further (DF).

    fragments.py ask SOURCE SOURCE-PORT ADDRESS PORT SIZE FRAGMENT
    fragments.py serve SOURCE PORT FRAGMENT

"ask" sends a datagram with SIZE bytes of data in fragments of at most FRAGMENT bytes, headers included, and
prints what comes back: "ok" when it is the same data, in whatever packets; else "corrupt", "timeout", the errno of
sending, or the first ICMP error:

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

SECONDS = 3.0
DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000


class Sender:
    def __init__(self):
        # A header of one's own (IP_HDRINCL): the kernel leaves its fragment field alone.
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.number = os.getpid() & 0x7FFF

    def send(self, source, destination, data, size):
        """Sends a datagram between these addresses with ports."""
        datagram = packet.udp(source[0], destination[0], (source[1], destination[1]), data)
        step = (size - 20) // 8 * 8
        self.number += 1
        for offset in range(0, len(datagram), step):
            more = MORE_FRAGMENTS if offset + step < len(datagram) else 0
            fragment = packet.ipv4(
                source[0],
                destination[0],
                packet.UDP,
                datagram[offset : offset + step],
                identification=self.number,
                fragment=DONT_FRAGMENT | more | offset // 8,
            )
            self.socket.sendto(fragment, (destination[0], 0))


def icmp_error(raw):
    """Tells of an ICMP error; nothing of another message."""
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
        if errors in ready and (error := icmp_error(errors.recv(1 << 16))):
            return error
    return "timeout"


def ask(source, source_port, address, port, size, fragment):
    errors = socket.socket(socket.AF_INET, socket.SOCK_RAW, packet.ICMP)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((source, int(source_port)))
    data = os.urandom(int(size))
    try:
        Sender().send((source, int(source_port)), (address, int(port)), data, int(fragment))
    except OSError as error:
        # The kernel has learnt of a smaller MTU before.
        print(errno.errorcode[error.errno])
        return
    print(answer(sock, errors, data))


def serve(source, port, fragment):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((source, int(port)))
    sender = Sender()
    print("ready", flush=True)
    while True:
        data, client = sock.recvfrom(1 << 16)
        sender.send((source, int(port)), client, data, int(fragment))


def main():
    command, *arguments = sys.argv[1:]
    {"ask": ask, "serve": serve}[command](*arguments)


main()
