#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One UDP flow that never rests, to a server that echoes (talk_server.py).

    udp_steady.py ADDRESS PORT

Line by line it is told

    run SECONDS       a question at a time, the next one with the answer: "ANSWERED of ASKED"
"""

import socket
import sys
import time


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((sys.argv[1], int(sys.argv[2])))
    sock.settimeout(1)
    for line in sys.stdin:
        end = time.monotonic() + float(line.split()[1])
        asked = answered = 0
        while time.monotonic() < end:
            asked += 1
            question = b"%d" % asked
            try:
                sock.send(question)
                answered += sock.recv(2048).endswith(b" " + question)
            except OSError:
                continue
        print(f"{answered} of {asked}", flush=True)


main()
