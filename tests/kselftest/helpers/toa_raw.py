#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A client of TCP without a socket, whose segments have the options that it is told. Reads lines, and answers each by one:

    open NAME SOURCE PORT ADDRESS PORT [SYN-OPTIONS [ACK-OPTIONS [SYN-DATA]]]
                      the maximum segment size of the SYN-ACK ("none" without), or "timeout"
    ask NAME [OPTIONS [SIZE]]
                      sends a line of SIZE bytes, and acknowledges the answer, which it prints, or "timeout"
    close NAME        resets it: ok

Options are hexadecimal, "-" for none, and padded. Nobody else may answer what comes to its port.
"""

import select
import socket
import struct
import sys
import time

import packet

ETH_P_ALL = 0x0003
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
SECONDS = 5
WINDOW_END = 1 << 32


def options_of(text):
    return b"" if text == "-" else bytes.fromhex(text)


def maximum_segment_size(options):
    while options:
        kind = options[0]
        if kind == 0 or (kind != 1 and len(options) < 2):
            break
        length = 1 if kind == 1 else options[1]
        if length == 0:
            break
        if kind == 2:
            return struct.unpack("!H", options[2:4])[0]
        options = options[length:]
    return None


class Connection:
    def __init__(self, source, source_port, address, port):
        self.ends = source, address
        self.ports = int(source_port), int(port)
        self.sequence, self.acknowledgment = 0x01020304, 0
        self.raw = packet.raw_socket(address)
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.wire.bind(("eth0", ETH_P_ALL))

    def send(self, flags, options=b"", payload=b""):
        padded = options + b"\1" * (-len(options) % 4)
        segment = packet.tcp(
            *self.ends,
            self.ports,
            payload,
            sequence=self.sequence,
            acknowledgment=self.acknowledgment,
            flags=flags,
            options=padded,
        )
        self.raw.sendto(packet.ip(*self.ends, packet.TCP, segment), (self.ends[1], 0))
        self.sequence = (self.sequence + len(payload) + (1 if flags & SYN else 0)) % WINDOW_END

    def receive(self, wanted):
        """The next segment of the other end of which `wanted` tells something: (flags, sequence, options, payload)."""
        end = time.monotonic() + SECONDS
        parse = packet.parse_ipv6 if ":" in self.ends[0] else packet.parse_ipv4
        while select.select([self.wire], [], [], max(0, end - time.monotonic()))[0]:
            data, place = self.wire.recvfrom(65536)
            if place[2] == socket.PACKET_OUTGOING:
                continue
            try:
                source, destination, protocol, segment = parse(data)
            except packet.Malformed:
                continue
            if (destination, source) != self.ends or protocol != packet.TCP:
                continue
            if struct.unpack("!HH", segment[:4]) != self.ports[::-1]:
                continue
            header = (segment[12] >> 4) * 4
            found = segment[13], struct.unpack("!I", segment[4:8])[0], segment[20:header], segment[header:]
            if wanted(*found):
                return found
        return None

    def open(self, syn="-", ack="-", data=""):
        self.send(SYN, options_of(syn), data.encode())
        answer = self.receive(lambda flags, *_: flags & (SYN | ACK) == SYN | ACK)
        if not answer:
            return "timeout"
        _, sequence, options, _ = answer
        self.sequence, self.acknowledgment = 0x01020305, (sequence + 1) % WINDOW_END
        self.send(ACK, options_of(ack))
        return str(maximum_segment_size(options) or "none")

    def ask(self, options="-", size="4"):
        self.send(PSH | ACK, options_of(options), b"who".ljust(int(size) - 1, b".") + b"\n")
        answer = self.receive(lambda flags, sequence, _, payload: payload and sequence == self.acknowledgment)
        if not answer:
            return "timeout"
        self.acknowledgment = (self.acknowledgment + len(answer[3])) % WINDOW_END
        self.send(ACK)
        return answer[3].decode().strip()


def main():
    connections = {}
    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == "open":
            connections[name] = Connection(*rest[:4])
            answer = connections[name].open(*rest[4:])
        elif command == "ask":
            answer = connections[name].ask(*rest)
        else:
            connections.pop(name).send(RST | ACK)
            answer = "ok"
        print(answer, flush=True)


main()
