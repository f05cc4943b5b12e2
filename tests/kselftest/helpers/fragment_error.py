#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Send an ICMP error about a later fragment, which holds no ports.

    fragment_error.py CLIENT SERVER

"Fragmentation needed" to CLIENT about a fragment of a datagram of its to SERVER.
"""

import socket
import sys

import packet

FRAGMENTATION_NEEDED = (3, 4)


def main():
    client, server = sys.argv[1:]
    # 1480 bytes on.
    about = packet.ipv4(client, server, packet.UDP, bytes(64), fragment=185)
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, packet.ICMP)
    sock.sendto(packet.icmp_error(*FRAGMENTATION_NEEDED, about, rest=1000), (client, 0))


main()
