#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends SYNs that nobody waits for an answer to, each from another address.

    syns.py ADDRESS PORT FIRST-SOURCE COUNT
"""

import ipaddress
import socket
import sys

import packet


def main():
    address, port, first, count = sys.argv[1], int(sys.argv[2]), ipaddress.IPv4Address(sys.argv[3]), int(sys.argv[4])
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for number in range(count):
        source = str(first + number)
        segment = packet.tcp(source, address, (40000, port), flags=packet.SYN)
        raw.sendto(packet.ipv4(source, address, packet.TCP, segment), (address, 0))


main()
