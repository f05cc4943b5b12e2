#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Send a datagram that cannot arrive, and tell what comes back.

    udp_error.py ADDRESS PORT [TTL [SIZE]]

SIZE is that of the packet, which must not be fragmented on its way.

Prints the errno that the connected socket reports, and of the ICMP error its type and code, who sent
it and which packet it is about; each checksum that is wrong is named. "Fragmentation needed" has its MTU:

    ECONNREFUSED 3/3 from 198.51.100.1 about self > 198.51.100.1:7002
    EMSGSIZE 3/4 mtu 1480 from 198.51.100.1 about self > 198.51.100.1:7002
"""

import errno
import select
import socket
import struct
import sys

import packet

SECONDS = 5.0

# include/uapi/linux/in.h; the module socket does not name them.
IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, IP_RECVERR = 10, 3, 11

HEADERS_SIZE = 28

FRAGMENTATION_NEEDED = (3, 4)

PAYLOAD = b"a datagram that is small enough to come back whole"


def reported_errno(sock):
    """Waits for the error of the socket."""
    poll = select.poll()
    poll.register(sock, select.POLLERR)
    if not poll.poll(SECONDS * 1000):
        return "no error"
    return errno.errorcode[sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)]


def describe(raw, own):
    """Reads an ICMP error; own is address and port of the socket that has sent."""
    source, _, _, icmp = packet.parse_ipv4(raw)
    kind, code = icmp[:2]
    wrong = "" if packet.checksum(icmp) == 0 else ", wrong ICMP checksum"

    inner = icmp[8:]
    inner_source, inner_destination, _, datagram = packet.parse_ipv4(inner)
    ports = struct.unpack("!HH", datagram[:4])
    # Of a large one only the beginning comes back.
    if len(inner) >= struct.unpack("!H", inner[2:4])[0]:
        if packet.transport_checksum(inner_source, inner_destination, packet.UDP, datagram):
            wrong += ", wrong UDP checksum"
        if not datagram.endswith(PAYLOAD):
            wrong += ", another payload"
    mtu = f" mtu {struct.unpack('!H', icmp[6:8])[0]}" if (kind, code) == FRAGMENTATION_NEEDED else ""
    sender = "self" if (inner_source, ports[0]) == own else f"{inner_source}:{ports[0]}"
    return f"{kind}/{code}{mtu} from {source} about {sender} > {inner_destination}:{ports[1]}{wrong}"


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    sniffer = socket.socket(socket.AF_INET, socket.SOCK_RAW, packet.ICMP)
    sniffer.settimeout(SECONDS)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # Otherwise an error that may be transient, such as a time exceeded, is not reported.
    sock.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
    if len(sys.argv) > 3:
        sock.setsockopt(socket.SOL_IP, socket.IP_TTL, int(sys.argv[3]))
    payload = PAYLOAD
    if len(sys.argv) > 4:
        # Not known here, or it would not be sent.
        sock.setsockopt(socket.SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        payload = PAYLOAD.rjust(int(sys.argv[4]) - HEADERS_SIZE)
    sock.connect((address, port))
    sock.send(payload)
    error = reported_errno(sock)
    try:
        print(error, describe(sniffer.recv(1 << 16), sock.getsockname()))
    except TimeoutError:
        print(error, "no ICMP error")
    except packet.Malformed as problem:
        print(error, "an ICMP error with a wrong", problem)


main()
