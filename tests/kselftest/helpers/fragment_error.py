#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Send an ICMP error about a later fragment, which holds no ports.

    fragment_error.py CLIENT SERVER

"Fragmentation needed", or "packet too big", to CLIENT about a fragment of a datagram of its to SERVER.
"""

import socket
import sys

import packet
from extension_headers import fragment

FRAGMENTATION_NEEDED = (3, 4)
PACKET_TOO_BIG = (2, 0)


def message4(client, server):
    about = packet.ipv4(client, server, packet.UDP, bytes(64), fragment=185)
    return packet.icmp_error(*FRAGMENTATION_NEEDED, about, rest=1000)


def message6(client, server):
    about = packet.ipv6(client, server, packet.UDP, bytes(64), headers=[fragment(185 << 3, 0, 1)])
    # The kernel makes the checksum.
    return packet.icmp_error(*PACKET_TOO_BIG, about, rest=1300)


def main():
    client, server = sys.argv[1:]
    # 1480 bytes on.
    if ":" in client:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        sock.sendto(message6(client, server), (client, 0))
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, packet.ICMP)
        sock.sendto(message4(client, server), (client, 0))


main()
