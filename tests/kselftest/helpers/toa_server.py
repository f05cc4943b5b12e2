#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A server that has never heard of TOA, and says who its clients are.

    toa_server.py KIND:ADDRESS:PORT...    (KIND: tcp, mptcp, deferred)

Answers each line by "accept ADDRESS PORT getpeername ADDRESS PORT", of when the connection was accepted and of now. Prints
"ready" when it serves.
"""

import selectors
import socket
import sys

# include/uapi/linux/in.h; not all versions of the module socket name it.
IPPROTO_MPTCP = 262


def listen(spec):
    kind, _, rest = spec.partition(":")
    address, _, port = rest.rpartition(":")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP if kind == "mptcp" else 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == "deferred":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    sock.bind((address, int(port)))
    sock.listen(64)
    return sock


def main():
    selector = selectors.DefaultSelector()
    for spec in sys.argv[1:]:
        selector.register(listen(spec), selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            sock, accepted = key.fileobj, key.data
            if accepted is None:
                connection, name = sock.accept()
                selector.register(connection, selectors.EVENT_READ, name)
                continue
            try:
                data = sock.recv(4096)
                if data:
                    now = sock.getpeername()
                    sock.sendall(f"accept {accepted[0]} {accepted[1]} getpeername {now[0]} {now[1]}\n".encode())
            except OSError:
                data = b""
            if not data:
                selector.unregister(sock)
                sock.close()


main()
