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

# include/uapi/linux/in.h and in6.h; the module socket does not name them.
IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, IP_RECVERR = 10, 3, 11
IPV6_MTU_DISCOVER, IPV6_RECVERR = 23, 25

FRAGMENTATION_NEEDED = (3, 4)
PACKET_TOO_BIG = (2, 0)

# Types from here on tell no error.
ICMPV6_INFORMATIONAL = 128

PAYLOAD = b"a datagram that is small enough to come back whole"


def reported_errno(sock):
    """Waits for the error of the socket."""
    poll = select.poll()
    poll.register(sock, select.POLLERR)
    if not poll.poll(SECONDS * 1000):
        return "no error"
    return errno.errorcode[sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)]


def receive(sniffer):
    """Returns the source of the next ICMP error, the error, and what is wrong with its checksum."""
    while True:
        raw, (source, *_) = sniffer.recvfrom(1 << 16)
        if sniffer.family == socket.AF_INET:
            source, _, _, icmp = packet.parse_ipv4(raw)
            return source, icmp, "" if packet.checksum(icmp) == 0 else ", wrong ICMP checksum"
        # The kernel has looked at the checksum.
        if raw[0] < ICMPV6_INFORMATIONAL:
            return source, raw, ""


def describe(source, icmp, wrong, own):
    """Reads an ICMP error; own is address and port of the socket that has sent."""
    kind, code = icmp[:2]
    inner = icmp[8:]
    if ":" in source:
        inner_source, inner_destination, _, datagram = packet.parse_ipv6(inner)
        whole = 40 + struct.unpack("!H", inner[4:6])[0]
    else:
        inner_source, inner_destination, _, datagram = packet.parse_ipv4(inner)
        whole = struct.unpack("!H", inner[2:4])[0]
    ports = struct.unpack("!HH", datagram[:4])
    # Of a large one only the beginning comes back.
    if len(inner) >= whole:
        if packet.transport_checksum(inner_source, inner_destination, packet.UDP, datagram):
            wrong += ", wrong UDP checksum"
        if not datagram.endswith(PAYLOAD):
            wrong += ", another payload"
    mtu = ""
    if (kind, code) == (PACKET_TOO_BIG if ":" in source else FRAGMENTATION_NEEDED):
        mtu = f" mtu {struct.unpack('!I', icmp[4:8])[0] & 0xFFFF}"
    sender = "self" if (inner_source, ports[0]) == own else f"{inner_source}:{ports[0]}"
    return f"{kind}/{code}{mtu} from {source} about {sender} > {inner_destination}:{ports[1]}{wrong}"


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    if ":" in address:
        family, icmp, level, headers = socket.AF_INET6, socket.IPPROTO_ICMPV6, socket.IPPROTO_IPV6, 48
        recverr, hops, mtu_discover = IPV6_RECVERR, socket.IPV6_UNICAST_HOPS, IPV6_MTU_DISCOVER
    else:
        family, icmp, level, headers = socket.AF_INET, packet.ICMP, socket.SOL_IP, 28
        recverr, hops, mtu_discover = IP_RECVERR, socket.IP_TTL, IP_MTU_DISCOVER
    sniffer = socket.socket(family, socket.SOCK_RAW, icmp)
    sniffer.settimeout(SECONDS)
    sock = socket.socket(family, socket.SOCK_DGRAM)
    # Otherwise an error that may be transient, such as a time exceeded, is not reported.
    sock.setsockopt(level, recverr, 1)
    if len(sys.argv) > 3:
        sock.setsockopt(level, hops, int(sys.argv[3]))
    payload = PAYLOAD
    if len(sys.argv) > 4:
        # Not known here, or it would not be sent.
        sock.setsockopt(level, mtu_discover, IP_PMTUDISC_PROBE)
        payload = PAYLOAD.rjust(int(sys.argv[4]) - headers)
    sock.connect((address, port))
    sock.send(payload)
    error = reported_errno(sock)
    try:
        print(error, describe(*receive(sniffer), sock.getsockname()[:2]))
    except TimeoutError:
        print(error, "no ICMP error")
    except packet.Malformed as problem:
        print(error, "an ICMP error with a wrong", problem)


main()
