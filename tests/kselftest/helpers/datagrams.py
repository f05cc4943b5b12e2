#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends datagrams of many flows and waits for no answer.

    datagrams.py ADDRESS PORT FIRST-SOURCE-PORT FLOWS DATAGRAMS

DATAGRAMS of each flow, one round after the other.
"""

import socket
import sys

from family import family_of


def main():
    address, port, first, flows, datagrams = sys.argv[1], *map(int, sys.argv[2:])
    sockets = []
    for source in range(first, first + flows):
        sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
        sock.bind(("", source))
        sockets.append(sock)
    for _ in range(datagrams):
        for sock in sockets:
            sock.sendto(b"hello", (address, port))


main()
