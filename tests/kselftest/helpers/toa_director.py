#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A director in user space, which knows nothing of RVS: gives packets a local address, and tells of the client in a TCP option.

    toa_director.py CLIENT-NAMESPACE DEVICE SERVER-NAMESPACE DEVICE RULE...

A RULE is VIP,LOCAL,SERVER,KIND,WHEN: packets to VIP go to SERVER as from LOCAL, whose port is that of the client and 10000,
or, where there is none, that less 20000.
Server and client may be of different families. KIND is that of the option; WHEN says in which packets it is: "handshake"
(that without data which ends it), "data" (the client's first ones), "both", or "never". Without room it is not. Devices are made. Prints "ready".
"""

import fcntl
import os
import select
import socket
import struct
import sys

import packet

# include/uapi/linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

CLONE_NEWNET = 0x40000000

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


def device(namespace, name):
    with open(f"/run/netns/{namespace}", "rb") as place:
        os.setns(place.fileno(), CLONE_NEWNET)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def option(kind, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    body = struct.pack("!H", port) + socket.inet_pton(family, address)
    return bytes([kind, 2 + len(body)]) + body


class Segment:
    """A segment that was read from a packet."""

    def __init__(self, data):
        if data[0] >> 4 == 4:
            start, protocol = (data[0] & 15) * 4, data[9]
            ends = data[12:16], data[16:20]
            family = socket.AF_INET
        else:
            start, protocol = 40, data[6]
            ends = data[8:24], data[24:40]
            family = socket.AF_INET6
        self.source, self.destination = (socket.inet_ntop(family, end) for end in ends)
        self.is_tcp = protocol == packet.TCP
        if not self.is_tcp:
            return
        tcp = data[start:]
        self.ports = struct.unpack("!HH", tcp[:4])
        self.sequence, self.acknowledgment = struct.unpack("!II", tcp[4:12])
        header = (tcp[12] >> 4) * 4
        self.flags, self.window = tcp[13], tcp[14:16]
        self.options, self.payload = tcp[20:header], tcp[header:]

    def build(self, source, destination, ports, options):
        """The packet of it between other ends."""
        header = struct.pack("!HHIIBB", *ports, self.sequence, self.acknowledgment, (20 + len(options)) << 2, self.flags)

        def tcp(check):
            return header + self.window + struct.pack("!HH", check, 0) + options + self.payload

        check = packet.transport_checksum(source, destination, packet.TCP, tcp(0))
        return packet.ip(source, destination, packet.TCP, tcp(check))


class Director:
    def __init__(self, rules):
        self.rules = {}
        for rule in rules:
            vip, local, server, kind, when = rule.split(",")
            self.rules[vip] = (local, server, int(kind), when)
        self.flows = {}

    def request(self, segment):
        if segment.destination not in self.rules:
            return None
        local, server, kind, when = self.rules[segment.destination]
        client_port, port = segment.ports
        local_port = client_port + 10000 if client_port + 10000 < 1 << 16 else client_port - 20000
        flow = self.flows.setdefault((local, local_port, server, port), {})
        flow["client"] = segment.source, client_port
        flow["vip"] = segment.destination
        options = segment.options
        ends_handshake = segment.flags & (SYN | RST | ACK) == ACK and segment.acknowledgment == flow.get("first")
        kinds = {"both": True, "handshake": not segment.payload, "data": bool(segment.payload), "never": False}
        told = option(kind, *flow["client"])
        if ends_handshake and kinds[when] and len(options) + len(told) <= 40:
            options = told + options
        return segment.build(local, server, (local_port, port), options)

    def reply(self, segment):
        flow = self.flows.get((segment.destination, segment.ports[1], segment.source, segment.ports[0]))
        if flow is None:
            return None
        if segment.flags & SYN:
            flow["first"] = (segment.sequence + 1) & 0xFFFFFFFF
        client, client_port = flow["client"]
        return segment.build(flow["vip"], client, (segment.ports[0], client_port), segment.options)


def main():
    clients, servers = device(*sys.argv[1:3]), device(*sys.argv[3:5])
    director = Director(sys.argv[5:])
    print("ready", flush=True)
    ways = {clients: (servers, director.request), servers: (clients, director.reply)}
    poll = select.poll()
    for end in ways:
        poll.register(end, select.POLLIN)
    while True:
        for end, _ in poll.poll():
            try:
                segment = Segment(os.read(end, 1 << 16))
                other, translate = ways[end]
                translated = translate(segment) if segment.is_tcp else None
                if translated:
                    os.write(other, translated)
            except OSError:
                # It is not up yet, or its queue is full.
                continue


main()
