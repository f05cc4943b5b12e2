#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Begins TCP connections and forgets each before it is answered: one SYN, nothing else.

    half_open.py ADDRESS PORT FIRST-SOURCE-PORT COUNT
"""

import errno
import socket
import sys


def main():
    address, port, first, count = sys.argv[1], *map(int, sys.argv[2:])
    for source in range(first, first + count):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("", source))
            sock.setblocking(False)
            begun = sock.connect_ex((address, port))
            if begun != errno.EINPROGRESS:
                sys.exit(f"port {source}: {errno.errorcode.get(begun, begun)}")


main()
