#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends an ICMP error about a packet of a service that nobody has sent.

    stray_error.py CLIENT CLIENT-PORT ADDRESS PORT tcp|udp

It comes from the client, and says "port unreachable" of what ADDRESS and PORT are said to have sent it.
"""

import socket
import sys

import packet


def main():
    client, client_port, address, port, protocol = sys.argv[1:]
    ports = (int(port), int(client_port))
    if protocol == "tcp":
        number, payload = packet.TCP, packet.tcp(address, client, ports, flags=packet.ACK)
    else:
        number, payload = packet.UDP, packet.udp(address, client, ports)
    about = packet.ipv4(address, client, number, payload)
    error = packet.icmp_error(3, 3, about)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(packet.ipv4(client, address, packet.ICMP, error), (address, 0))


main()
