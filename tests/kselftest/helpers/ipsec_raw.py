#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An end that sends and gets packets of IPsec, which nobody encrypts, line by line.

    ipsec_raw.py ADDRESS     its own address

    send esp|ah ADDRESS TEXT
                      a packet with TEXT behind SPI and sequence number: "ok"
    hear esp|ah [SECONDS]
                      the next packet of this kind, within 2 seconds: "ADDRESS TEXT"; "nothing"
"""

import select
import socket
import struct
import sys

NUMBERS = {"esp": socket.IPPROTO_ESP, "ah": socket.IPPROTO_AH}

# Before the text: of ESP (RFC 4303 section 2) SPI and sequence number, of AH (RFC 4302 section 2) more before these.
HEADERS = {
    "esp": struct.pack("!II", 0x1000, 1),
    "ah": struct.pack("!BBHIIIII", 59, 4, 0, 0x1000, 1, 0, 0, 0),
}


class End:
    def __init__(self, address):
        self.is_v6 = ":" in address
        family = socket.AF_INET6 if self.is_v6 else socket.AF_INET
        self.sockets = {}
        for kind, number in NUMBERS.items():
            self.sockets[kind] = socket.socket(family, socket.SOCK_RAW, number)
            self.sockets[kind].bind((address, 0))

    def send(self, kind, address, text):
        self.sockets[kind].sendto(HEADERS[kind] + text.encode(), (address, 0))
        return "ok"

    def hear(self, kind, seconds="2"):
        sock = self.sockets[kind]
        if not select.select([sock], [], [], float(seconds))[0]:
            return "nothing"
        data, sender = sock.recvfrom(1 << 16)
        if not self.is_v6:
            data = data[(data[0] & 15) * 4 :]
        text = data[len(HEADERS[kind]) :]
        return f"{sender[0]} {text.decode(errors='replace')}"


def main():
    end = End(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        print({"send": end.send, "hear": end.hear}[command](*arguments), flush=True)


main()
