#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A constant load: datagrams of one size at even distances, from another port after so many of them.

    udp_load.py ADDRESS PORT SECONDS DATAGRAMS-A-SECOND OF-EACH-PORT SIZE

The ports are 10000 and so on, so that none is used twice. Prints how many were sent.
"""

import socket
import sys
import time


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    seconds, rate, of_each_port, size = map(int, sys.argv[3:7])
    begin = time.monotonic()
    for number in range(seconds * rate):
        if number % of_each_port == 0:
            # The former one is closed when its last answer has been waited for: no ICMP errors.
            if number:
                sock.settimeout(1)
                for _ in range(of_each_port):
                    sock.recv(2048)
                sock.close()
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("", 10000 + number // of_each_port))
            sock.connect((address, port))
        # How late one was does not shift the others.
        time.sleep(max(0, begin + number / rate - time.monotonic()))
        sock.send(b"x" * size)
    print(seconds * rate)


main()
