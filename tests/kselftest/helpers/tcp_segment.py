#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends a TCP segment that no socket has made, of which only the ports need be right.

    tcp_segment.py FLAGS SOURCE SOURCE-PORT ADDRESS PORT [COUNT [SECONDS]]

FLAGS are letters: S, A, F, R. It is sent COUNT times, every so many SECONDS.
"""

import sys
import time

import packet

LETTERS = {"F": 0x01, "S": 0x02, "R": 0x04, "A": 0x10}


def main():
    letters, source, source_port, address, port, *rest = sys.argv[1:]
    count = int(rest[0]) if rest else 1
    interval = float(rest[1]) if len(rest) > 1 else 0
    flags = sum(LETTERS[letter] for letter in letters)
    # Far from what any end expects.
    segment = packet.tcp(
        source, address, (int(source_port), int(port)), flags=flags, sequence=0x7ABCDEF0, acknowledgment=0x12345678
    )
    raw = packet.raw_socket(address)
    for number in range(count):
        if number:
            time.sleep(interval)
        raw.sendto(packet.ip(source, address, packet.TCP, segment), (address, 0))


main()
