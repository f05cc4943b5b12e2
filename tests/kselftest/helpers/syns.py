#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends SYNs that nobody waits for an answer to, each from another address.

    syns.py ADDRESS PORT FIRST-SOURCE COUNT [PER-SECOND]
"""

import ipaddress
import random
import socket
import sys
import time

import packet


def main():
    address, port, first, count = sys.argv[1], int(sys.argv[2]), ipaddress.IPv4Address(sys.argv[3]), int(sys.argv[4])
    pause = 1 / int(sys.argv[5]) if len(sys.argv) > 5 else 0
    due = time.monotonic()
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for number in range(count):
        due += pause
        time.sleep(max(0, due - time.monotonic()) if pause else 0)
        source = str(first + number)
        segment = packet.tcp(source, address, (40000, port), flags=packet.SYN, sequence=random.getrandbits(32))
        raw.sendto(packet.ipv4(source, address, packet.TCP, segment), (address, 0))


main()
