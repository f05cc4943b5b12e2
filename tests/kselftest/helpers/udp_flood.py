#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Datagrams of many flows, without an end, whatever becomes of network and load balancer.

    udp_flood.py ADDRESS PORT FLOWS FLOWS-PER-SECOND

In each of ten rounds a second the oldest flow ends and a new one begins. Prints a line for each
round in which answers came.
"""

import select
import socket
import sys

from family import family_of

ROUNDS_PER_SECOND = 10


def drain(sock):
    """Number of datagrams that wait to be read."""
    count = 0
    while True:
        try:
            sock.recv(2048)
        except BlockingIOError:
            return count
        except OSError:
            continue
        count += 1


def main():
    address, port, flows, rate = sys.argv[1], *map(int, sys.argv[2:])
    answers = select.poll()

    def new_flow():
        # Not connected: the address the way back needs is chosen anew for each datagram, for routes come and go.
        sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
        sock.setblocking(False)
        answers.register(sock, select.POLLIN)
        return sock

    sockets = [new_flow() for _ in range(flows)]
    next_flow = oldest = 0
    while True:
        for _ in range(max(1, rate // ROUNDS_PER_SECOND)):
            try:
                sockets[next_flow % flows].sendto(b"flood", (address, port))
            except OSError:
                pass
            next_flow += 1
        # The pace of the rounds; what comes meanwhile is read in the next one.
        select.select([], [], [], 1 / ROUNDS_PER_SECOND)
        by_descriptor = {sock.fileno(): sock for sock in sockets}
        answered = sum(drain(by_descriptor[fd]) for fd, _ in answers.poll(0))
        if answered:
            print(answered, flush=True)
        answers.unregister(sockets[oldest])
        sockets[oldest].close()
        sockets[oldest] = new_flow()
        oldest = (oldest + 1) % flows


main()
