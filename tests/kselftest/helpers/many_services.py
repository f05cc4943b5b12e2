#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Services by the thousand, each with a server that has a connection.

    many_services.py COUNT    adds them, sends each a datagram, and flushes them; prints how many
                              connections there are then, and how many nanoseconds the flush took

To be run in the director, whose own packets are balanced, too.
"""

import ipaddress
import socket
import struct
import sys
import time

from genl import string, u32
from rvs_family import *

# Two addresses of services for more than there are ports.
FIRST_VIP = ipaddress.IPv4Address("198.51.100.1")
PORTS = 10000
FIRST_PORT = 10000
SERVER = "10.0.0.11"


def main():
    count, rvs = int(sys.argv[1]), Rvs()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(count):
        address, port = str(FIRST_VIP + number // PORTS), FIRST_PORT + number % PORTS
        key = service_key(address, port, socket.IPPROTO_UDP)
        rvs.must(SERVICE_ADD, key + string(SCHEDULER, "rr") + u32(FORWARD, DR))
        rvs.must(DEST_ADD, dest_key(key, SERVER, port))
        sock.sendto(b"hello", (address, port))
    info = rvs.must(INFO_GET).messages[0][1]
    began = time.monotonic_ns()
    rvs.must(FLUSH)
    ended = time.monotonic_ns()
    print(struct.unpack("=I", info[CONNECTIONS])[0], ended - began)


main()
