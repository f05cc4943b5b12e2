#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A datagram from a socket that is bound and not connected, and who answers it.

    own_socket.py SOURCE-ADDRESS SOURCE-PORT ADDRESS PORT [BOUND-ADDRESS]

BOUND-ADDRESS is 0.0.0.0 for one that takes packets to any address, and sends from SOURCE-ADDRESS
all the same. Prints the first word of the answer, or "timeout".
"""

import socket
import struct
import sys

SECONDS = 3.0

# include/uapi/linux/in.h
IP_PKTINFO = 8


def main():
    source, source_port, address, port, *bound = sys.argv[1:]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(SECONDS)
    sock.bind((bound[0] if bound else source, int(source_port)))
    info = struct.pack("=i4s4s", 0, socket.inet_aton(source), bytes(4))
    sock.sendmsg([b"question"], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, (address, int(port)))
    try:
        print(sock.recv(1 << 16).partition(b" ")[0].decode())
    except TimeoutError:
        print("timeout")


main()
