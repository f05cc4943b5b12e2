#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A TCP connection without a socket, whose segments have these options: asks one line, and prints the answer.

    tcp_by_hand.py SOURCE SOURCE-PORT ADDRESS PORT SYN-OPTIONS [OPTIONS]

Options are bytes in hexadecimal, OPTIONS those of all segments but the SYN. Prints "reset" where it is reset, "timeout" where nothing
comes for three seconds. Its host has to keep quiet: what it does not know it would reset. The segments have the mark 7, its own not.
"""

import socket
import struct
import sys
import time

import packet
from family import family_of

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
SECONDS = 3
# include/uapi/asm-generic/socket.h
SO_MARK, MARK = 36, 7


class Connection:
    def __init__(self, source, source_port, address, port):
        self.ends = source, address
        self.ports = source_port, port
        self.out = packet.raw_socket(address)
        self.out.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
        self.into = socket.socket(family_of(address), socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.sequence, self.acknowledgment = 1000, 0

    def send(self, flags, options, payload=b""):
        segment = packet.tcp(
            *self.ends,
            self.ports,
            payload,
            flags=flags,
            options=options,
            sequence=self.sequence,
            acknowledgment=self.acknowledgment,
        )
        self.out.sendto(packet.ip(*self.ends, packet.TCP, segment), (self.ends[1], 0))
        self.sequence += len(payload) + bool(flags & (SYN | FIN))

    def receive(self):
        """Flags and payload of the next segment of the connection that has something to say; ends the program without one."""
        end = time.monotonic() + SECONDS
        while (left := end - time.monotonic()) > 0:
            self.into.settimeout(left)
            try:
                data, peer = self.into.recvfrom(1 << 16)
            except TimeoutError:
                break
            if ":" not in self.ends[0]:
                data = data[(data[0] & 15) * 4 :]
            source_port, port, sequence, _, offset, flags = struct.unpack("!HHIIBB", data[:14])
            if peer[0] != self.ends[1] or (port, source_port) != self.ports:
                continue
            if flags & RST:
                sys.exit(print("reset"))
            payload = data[(offset >> 4) * 4 :]
            if flags & (SYN | FIN) or payload:
                self.acknowledgment = sequence + len(payload) + bool(flags & (SYN | FIN))
                return flags, payload
        sys.exit(print("timeout"))


def main():
    source, source_port, address, port, syn_options, *rest = sys.argv[1:]
    options = bytes.fromhex(rest[0]) if rest else b""
    connection = Connection(source, int(source_port), address, int(port))
    connection.send(SYN, bytes.fromhex(syn_options))
    connection.receive()
    connection.send(ACK, options)
    connection.send(PSH | ACK, options, b"who\n")
    _, answer = connection.receive()
    print(answer.decode().strip())
    connection.send(ACK, options)
    connection.send(RST | ACK, options)


main()
