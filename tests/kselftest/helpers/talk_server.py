#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A real server that says who it is.

    talk_server.py NAME PROTOCOL:[ADDRESS:]PORT...    (tcp, sctp, udp, udp-without-checksum,
    of IPv6 tcp-with-options, udp-with-options)

Addresses are those of the family FAMILY of the environment: v4 or v6.

Each line of a connection of TCP or SCTP, and each datagram, is answered by NAME, a blank and
what came. Prints "ready" when it serves.

TALK_DEVICE in the environment: the device, that of a VRF, which its sockets are bound to.
"""

import os
import selectors
import socket
import sys

from device import bind_to_device
from extension_headers import send_options

READ_SIZE = 1 << 16

# Of a message of SCTP, which has to fit into the buffer that it is sent from.
PIECE_SIZE = 1 << 15

# include/uapi/asm-generic/socket.h; the module socket does not name it.
SO_NO_CHECK = 11


class Connection:
    """One connection of TCP or SCTP: echoes complete lines."""

    def __init__(self, sock, name):
        self.socket = sock
        self.name = name
        self.rest = b""

    def serve(self):
        """Returns False when the connection is over."""
        try:
            data = self.socket.recv(READ_SIZE)
            if not data:
                return False
            *lines, self.rest = (self.rest + data).split(b"\n")
            for line in lines:
                answer = self.name + b" " + line + b"\n"
                for at in range(0, len(answer), PIECE_SIZE):
                    self.socket.sendall(answer[at : at + PIECE_SIZE])
        except OSError:
            return False
        return True


def listen(spec):
    protocol, address = spec.split(":", 1)
    address, _, port = address.rpartition(":")
    is_stream = protocol.startswith(("tcp", "sctp"))
    kind = socket.SOCK_STREAM if is_stream else socket.SOCK_DGRAM
    family = socket.AF_INET6 if os.environ.get("FAMILY") == "v6" else socket.AF_INET
    sock = socket.socket(family, kind, socket.IPPROTO_SCTP if protocol == "sctp" else 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bind_to_device(sock)
    if protocol.endswith("-with-options"):
        send_options(sock)
    sock.bind((address, int(port)))
    if is_stream:
        sock.listen(1024)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, protocol == "udp-without-checksum")
    return sock


def main():
    name = sys.argv[1].encode()
    selector = selectors.DefaultSelector()
    for spec in sys.argv[2:]:
        selector.register(listen(spec), selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            sock, connection = key.fileobj, key.data
            if connection is not None:
                if not connection.serve():
                    selector.unregister(sock)
                    sock.close()
            elif sock.type == socket.SOCK_DGRAM:
                try:
                    data, sender = sock.recvfrom(READ_SIZE)
                    sock.sendto(name + b" " + data, sender)
                except OSError:
                    # The way back is gone, or the network told of an earlier answer that it was lost.
                    continue
            else:
                accepted, _ = sock.accept()
                selector.register(accepted, selectors.EVENT_READ, Connection(accepted, name))


main()
