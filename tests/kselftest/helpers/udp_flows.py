#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Many UDP flows, each of its own source port, to servers that say who they are (talk_server.py).

    udp_flows.py ADDRESS PORT FIRST-SOURCE-PORT COUNT

For each line on standard input one datagram is sent on every flow. Answers
    answered=COUNT moved=COUNT NAME=COUNT...
where moved are those that another server answered than the first time.
"""

import resource
import select
import socket
import sys
import time

from family import family_of

# Few enough for the receive buffers on the way.
WINDOW = 100
SECONDS_WITHOUT_ANSWER = 5


class Flows:
    def __init__(self, address, port, first, count):
        self.sockets = {}
        self.servers = {}
        self.poll = select.epoll()
        for number in range(count):
            sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
            sock.bind(("", first + number))
            sock.connect((address, port))
            sock.setblocking(False)
            self.sockets[sock.fileno()] = sock
            self.poll.register(sock, select.EPOLLIN)

    def round(self, question):
        waiting, answered, moved, by_server = set(), 0, 0, {}
        last = time.monotonic()
        to_send = iter(self.sockets.items())
        more = True
        while more or waiting:
            while more and len(waiting) < WINDOW:
                descriptor, sock = next(to_send, (None, None))
                more = sock is not None
                if more:
                    sock.send(question)
                    waiting.add(descriptor)
            for descriptor, _ in self.poll.poll(1, WINDOW):
                server, _, echoed = self.sockets[descriptor].recv(2048).partition(b" ")
                last = time.monotonic()
                if echoed != question or descriptor not in waiting:
                    continue
                waiting.discard(descriptor)
                answered += 1
                moved += self.servers.setdefault(descriptor, server) != server
                by_server[server.decode()] = by_server.get(server.decode(), 0) + 1
            if time.monotonic() - last > SECONDS_WITHOUT_ANSWER:
                break
        servers = [f"{name}={count}" for name, count in sorted(by_server.items())]
        return " ".join([f"answered={answered}", f"moved={moved}", *servers])


def main():
    address, (port, first, count) = sys.argv[1], map(int, sys.argv[2:])
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 50, count + 50))
    flows = Flows(address, port, first, count)
    print("ready", flush=True)
    for number, _ in enumerate(sys.stdin):
        print(flows.round(b"round %d" % number), flush=True)


main()
