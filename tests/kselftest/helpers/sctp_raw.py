#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An end of SCTP associations that sends what it is told, line by line, and tells what it gets.

    sctp_raw.py ADDRESS MARK     its own address; the mark of its packets

    send ADDRESS FROM-PORT TO-PORT CHUNK[+CHUNK...] [damaged]
                      chunks by their names below; damaged has another byte than its CRC32c says: "ok"
    hear PORT [SECONDS]
                      the next packet to this port that was not told yet, within 2 seconds:
                      "ADDRESS FROM-PORT CHUNK[+CHUNK...] right", or "wrong" where the CRC32c is; "nothing"

Written after RFC 9260 and nothing else.
"""

import select
import socket
import struct
import sys
import time

CHUNKS = {
    "data": 0,
    "init": 1,
    "init-ack": 2,
    "sack": 3,
    "heartbeat": 4,
    "abort": 6,
    "shutdown": 7,
    "shutdown-ack": 8,
    "error": 9,
    "cookie-echo": 10,
    "cookie-ack": 11,
    "complete": 14,
}

# include/uapi/asm-generic/socket.h; the module socket does not name it.
SO_MARK = 36


def crc32c(data):
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    return struct.pack("<I", register ^ 0xFFFFFFFF)


def chunk(name):
    # Each with something in it, so that a damaged byte is none of a header.
    body = bytes(range(20))
    return struct.pack("!BBH", CHUNKS[name], 3, 4 + len(body)) + body


def packet(from_port, to_port, names):
    chunks = b"".join(chunk(name) for name in names.split("+"))
    header = struct.pack("!HHI", from_port, to_port, 0x12345678)
    return header + crc32c(header + bytes(4) + chunks) + chunks


def read(data):
    """Returns (FROM-PORT, TO-PORT, names of chunks, whether the CRC is right)."""
    from_port, to_port = struct.unpack("!HH", data[:4])
    names, at = [], 12
    while at + 4 <= len(data):
        kind, _, length = struct.unpack("!BBH", data[at : at + 4])
        names += [name for name, number in CHUNKS.items() if number == kind] or [str(kind)]
        at += max(length + 3 & ~3, 4)
    return from_port, to_port, "+".join(names), crc32c(data[:8] + bytes(4) + data[12:]) == data[8:12]


class End:
    def __init__(self, address, mark):
        self.is_v6 = ":" in address
        family = socket.AF_INET6 if self.is_v6 else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_SCTP)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
        self.socket.bind((address, 0))
        self.heard = []

    def send(self, address, from_port, to_port, names, damaged=""):
        data = bytearray(packet(int(from_port), int(to_port), names))
        if damaged:
            data[-1] ^= 0x10
        self.socket.sendto(data, (address, 0))
        return "ok"

    def hear(self, port, seconds="2"):
        deadline = time.monotonic() + float(seconds)
        while True:
            for found in self.heard:
                if found[0] == int(port):
                    self.heard.remove(found)
                    return found[1]
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return "nothing"
            data, sender = self.socket.recvfrom(1 << 16)
            if not self.is_v6:
                data = data[(data[0] & 15) * 4 :]
            from_port, to_port, names, is_right = read(data)
            verdict = "right" if is_right else "wrong"
            self.heard.append((to_port, f"{sender[0]} {from_port} {names} {verdict}"))


def main():
    end = End(sys.argv[1], int(sys.argv[2]))
    print("ready", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        print({"send": end.send, "hear": end.hear}[command](*arguments), flush=True)


main()
