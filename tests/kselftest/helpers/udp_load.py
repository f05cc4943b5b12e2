#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A constant load: datagrams of one size at even distances, from another port after so many of them.

    udp_load.py ADDRESS PORT DATAGRAMS-A-SECOND OF-EACH-PORT SIZE

The ports are 10000 and so on, so that none is used twice. It ends when it is told anything, waits for the last
answers and tells how many datagrams it has sent.
"""

import select
import socket
import sys
import time


class Port:
    """A port of the client, and how much was sent from it."""

    def __init__(self, server, number):
        self.sent = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("", number))
        self.sock.connect(server)
        self.sock.settimeout(5)

    def send(self, data):
        self.sock.send(data)
        self.sent += 1

    def close(self):
        # No answer is to find it closed: there would be an ICMP error.
        for _ in range(self.sent):
            self.sock.recv(2048)
        self.sock.close()


def main():
    server = sys.argv[1], int(sys.argv[2])
    rate, of_each_port, size = map(int, sys.argv[3:6])
    begin = time.monotonic()
    sent = 0
    port = Port(server, 10000)
    # How late one was does not shift the others.
    while not select.select([sys.stdin], [], [], max(0, begin + sent / rate - time.monotonic()))[0]:
        if port.sent == of_each_port:
            port.close()
            port = Port(server, 10000 + sent // of_each_port)
        port.send(b"x" * size)
        sent += 1
    port.close()
    print(sent, flush=True)


main()
