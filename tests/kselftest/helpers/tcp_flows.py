#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Many TCP connections at once.

    tcp_flows.py ADDRESS PORT

Is told, line by line
    open COUNT    opens as many more: "ok", or what went wrong
    reset         ends all of them by RST: "ok"
"""

import resource
import socket
import struct
import sys

MOST = 8192


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST, MOST))
    connections = []
    for line in sys.stdin:
        command, *arguments = line.split()
        answer = "ok"
        if command == "open":
            try:
                for _ in range(int(arguments[0])):
                    connections.append(socket.create_connection((address, port), timeout=20))
            except OSError as error:
                answer = f"{error} after {len(connections)}"
        else:
            for connection in connections:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            connections.clear()
        print(answer, flush=True)


main()
