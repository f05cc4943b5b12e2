#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A datagram from a socket that is bound and not connected, and who answers it.

    own_socket.py SOURCE-ADDRESS SOURCE-PORT ADDRESS PORT [BOUND-ADDRESS]

BOUND-ADDRESS is 0.0.0.0 or :: for one that takes packets to any address, and sends from SOURCE-ADDRESS
all the same. Prints the first word of the answer, or "timeout".
"""

import socket
import struct
import sys

from family import family_of

SECONDS = 3.0

# include/uapi/linux/in.h
IP_PKTINFO = 8


def sent_from(source):
    """What says so: struct in_pktinfo or in6_pktinfo."""
    if family_of(source) == socket.AF_INET6:
        info = struct.pack("=16si", socket.inet_pton(socket.AF_INET6, source), 0)
        return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info
    return socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=i4s4s", 0, socket.inet_aton(source), bytes(4))


def main():
    source, source_port, address, port, *bound = sys.argv[1:]
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sock.settimeout(SECONDS)
    sock.bind((bound[0] if bound else source, int(source_port)))
    sock.sendmsg([b"question"], [sent_from(source)], 0, (address, int(port)))
    try:
        print(sock.recv(1 << 16).partition(b" ")[0].decode())
    except TimeoutError:
        print("timeout")


main()
