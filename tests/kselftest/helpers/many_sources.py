#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Flows of UDP over IPv4, each from an address and port of its own, more than there could be sockets: to servers that say who they
are (talk_server.py).

    many_sources.py DEVICE ADDRESS PORT FIRST-SOURCE COUNT

The sources are no addresses of this host; what is for them comes in by DEVICE. Each flow sends one datagram. Answers
    answered=COUNT refused=COUNT silent=COUNT NAME=COUNT...
where those are refused that got "port unreachable", and those silent that got nothing.
"""

import collections
import ipaddress
import socket
import struct
import sys
import time

import packet

# Of one source address.
FIRST_PORT, PORTS = 10000, 50000

# Few enough for the receive buffers on the way.
WINDOW = 100
SECONDS_WITHOUT_ANSWER = 5

ETH_P_IP = 0x0800
UNREACHABLE, NO_PORT = 3, 3


class Flows:
    def __init__(self, device, address, port, first, count):
        self.address, self.port, self.first, self.count = address, port, int(ipaddress.IPv4Address(first)), count
        self.outcome = {}
        self.frames = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.frames.bind((device, ETH_P_IP))
        self.frames.settimeout(SECONDS_WITHOUT_ANSWER)
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, number):
        source = str(ipaddress.IPv4Address(self.first + number // PORTS))
        # Without a checksum, as UDP may be (RFC 768).
        datagram = struct.pack("!HHHH", FIRST_PORT + number % PORTS, self.port, 8 + 4, 0) + b"who?"
        self.raw.sendto(packet.ipv4(source, self.address, packet.UDP, datagram), (self.address, 0))

    def number(self, address, port):
        return (int.from_bytes(address, "big") - self.first) * PORTS + port - FIRST_PORT

    def note(self, frame):
        """Notes what became of the flow that a packet is for, if it is the first."""
        transport = frame[(frame[0] & 15) * 4 :]
        if frame[9] == packet.UDP:
            number = self.number(frame[16:20], int.from_bytes(transport[2:4], "big"))
            outcome = transport[8:].split(b" ")[0].decode()
        elif frame[9] == packet.ICMP and transport[:2] == bytes([UNREACHABLE, NO_PORT]):
            about = transport[8:]
            number = self.number(about[12:16], int.from_bytes(about[20:22], "big"))
            outcome = "refused"
        else:
            return
        if 0 <= number < self.count:
            self.outcome.setdefault(number, outcome)

    def run(self):
        sent, last = 0, time.monotonic()
        while len(self.outcome) < self.count:
            while sent < self.count and sent - len(self.outcome) < WINDOW:
                self.send(sent)
                sent += 1
            before = len(self.outcome)
            try:
                frame, (_, _, kind, *_) = self.frames.recvfrom(2048)
            except TimeoutError:
                return
            if kind != socket.PACKET_OUTGOING:
                self.note(frame)
            if len(self.outcome) > before:
                last = time.monotonic()
            elif time.monotonic() - last > SECONDS_WITHOUT_ANSWER:
                return


def main():
    device, address, port, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
    flows = Flows(device, address, port, first, count)
    flows.run()
    outcomes = collections.Counter(flows.outcome.values())
    refused = outcomes.pop("refused", 0)
    print(
        f"answered={sum(outcomes.values())} refused={refused} silent={count - len(flows.outcome)}",
        *(f"{name}={times}" for name, times in sorted(outcomes.items())),
    )


main()
