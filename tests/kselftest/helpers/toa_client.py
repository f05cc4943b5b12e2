#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A client whose connections stay. Reads lines, and answers each by one:

    open NAME ADDRESS PORT SOURCE-PORT [mptcp]    ok, or the error
    ask NAME                                      what the server says to a line, or the error
    close NAME                                    ok
"""

import errno
import socket
import sys

IPPROTO_MPTCP = 262
SECONDS = 5


def open_connection(address, port, source_port, kind=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP if kind == "mptcp" else 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.settimeout(SECONDS)
    sock.bind(("", int(source_port)))
    sock.connect((address, int(port)))
    return sock


def main():
    connections = {}
    for line in sys.stdin:
        command, name, *rest = line.split()
        try:
            if command == "open":
                connections[name] = open_connection(*rest)
                answer = "ok"
            elif command == "ask":
                connections[name].sendall(b"who\n")
                answer = connections[name].recv(4096).decode().strip() or "end of the connection"
            else:
                connections.pop(name).close()
                answer = "ok"
        except TimeoutError:
            answer = "timeout"
        except OSError as error:
            answer = errno.errorcode.get(error.errno, str(error))
        print(answer, flush=True)


main()
