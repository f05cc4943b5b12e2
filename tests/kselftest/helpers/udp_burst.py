#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Send a burst of datagrams at once, and count those that are answered.

    udp_burst.py ADDRESS PORT COUNT SIZE

They leave the socket as one (UDP_SEGMENT). Prints how many were answered, each with itself at its end.
"""

import os
import socket
import sys
import time

from family import family_of

# include/uapi/linux/udp.h; the module socket does not name it.
UDP_SEGMENT = 103

SECONDS = 5.0


def main():
    address, port, count, size = sys.argv[1], *map(int, sys.argv[2:])
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    sock.connect((address, port))
    datagrams = {os.urandom(size) for _ in range(count)}
    sock.send(b"".join(datagrams))
    answered = set()
    deadline = time.monotonic() + SECONDS
    while len(answered) < count and (left := deadline - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            answered.add(sock.recv(1 << 16)[-size:])
        except TimeoutError:
            break
    print(len(answered & datagrams))


main()
