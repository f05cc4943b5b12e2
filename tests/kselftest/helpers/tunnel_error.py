#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Send ICMP errors about a packet in a tunnel to where the tunnel begins, right or wrong in one way.

    tunnel_error.py TUNNEL KIND BEGIN END CLIENT:PORT VIP:PORT

TUNNEL is one of lib/tunnel.sh. BEGIN and END are the addresses of its packet, the others those of the datagram in it. KIND is
    right      "host unreachable" with all of the packet
    checksum   with a wrong checksum
    fragment   about a later fragment of the tunnel's packet
    truncated  with nothing of it, with one byte more each time, and not yet with its ports
    malformed  about headers that lie
Prints how many were sent.
"""

import socket
import sys

import packet

# Protocol of the tunnel's packet, and what stands before the datagram (RFC 2784; RFC 768 and the draft of GUE). Nobody looks
# at checksums there.
GRE = {"gre": bytes.fromhex("00000800"), "gre_checksum": bytes.fromhex("80000800 00000000")}
GUE = bytes.fromhex("00040000")
GUE_PORTS = (50000, 6080)

HOST_UNREACHABLE = (3, 1)


def around(tunnel, begin, end, inner):
    """Protocol and payload of the tunnel's packet."""
    if tunnel == "ipip":
        return 4, inner
    if tunnel in GRE:
        return 47, GRE[tunnel] + inner
    return packet.UDP, packet.udp(begin, end, GUE_PORTS, GUE + inner)


def errors(of_tunnel, kind, begin, end, client, vip):
    """The ICMP messages."""
    datagram = packet.udp(client[0], vip[0], (int(client[1]), int(vip[1])), b"in a tunnel")
    inner = packet.ipv4(client[0], vip[0], packet.UDP, datagram)

    def error(about):
        return packet.icmp_error(*HOST_UNREACHABLE, about)

    def tunnel(inner=inner, **field):
        return packet.ipv4(begin, end, *around(of_tunnel, begin, end, inner), **field)

    headers = len(tunnel()) - len(inner)
    right = error(tunnel())
    if kind == "right":
        yield right
    elif kind == "checksum":
        yield right[:2] + bytes([right[2] ^ 1]) + right[3:]
    elif kind == "fragment":
        yield error(tunnel(fragment=1))
        yield error(tunnel(packet.ipv4(client[0], vip[0], packet.UDP, datagram, fragment=1)))
    elif kind == "truncated":
        # Up to the ports. Every error has 4 bytes more (RFC 792), but IPVS can do without.
        for length in range(headers + 20 + 4):
            yield error(tunnel()[:length])
    elif kind == "malformed":
        for words in range(5):
            yield error(tunnel(ihl=words))
            yield error(tunnel(packet.ipv4(client[0], vip[0], packet.UDP, datagram, ihl=words)))
        # A header that is longer than all there is.
        yield error(tunnel(packet.ipv4(client[0], vip[0], packet.UDP, b"", ihl=15)))
        yield error(tunnel(inner[:20], ihl=15))


def main():
    tunnel, kind, begin, end, client, vip = sys.argv[1:]
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, packet.ICMP)
    sent = 0
    for message in errors(tunnel, kind, begin, end, client.split(":"), vip.split(":")):
        sock.sendto(message, (begin, 0))
        sent += 1
    print(sent)


main()
