#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends a message of SIP (RFC 3261) and tells who answers.

    sip_client.py ADDRESS PORT SOURCE-PORT [FIELD...]

FIELDs are lines of its header, such as "Call-ID: one". Prints the first word of the answer, or "timeout".
"""

import socket
import sys

SECONDS = 1.0


def main():
    address, port, source_port, *fields = sys.argv[1:]
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", int(source_port)))
    sock.settimeout(SECONDS)
    sock.connect((address, int(port)))
    header = ["OPTIONS sip:example.com SIP/2.0", "Via: SIP/2.0/UDP example.com;branch=z9hG4bK1", *fields, "CSeq: 1 OPTIONS"]
    sock.send("\r\n".join([*header, "", ""]).encode())
    try:
        print(sock.recv(1 << 16).split()[0].decode())
    except TimeoutError:
        print("timeout")
    except OSError as error:
        print(error.strerror)


main()
