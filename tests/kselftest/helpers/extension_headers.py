# SPDX-License-Identifier: GPL-2.0-only
"""Extension headers of IPv6 (RFC 8200, section 4), each without its first byte, which is the number of the next."""

import socket
import struct

HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60

# Eight bytes, of which six are padding (PadN).
OPTIONS = bytes([0, 1, 4, 0, 0, 0, 0])


def fragment(offset, more, number):
    return FRAGMENT, struct.pack("!xHI", offset | more, number)


def routing(left, address):
    """Of type 0, with one address."""
    return ROUTING, bytes([2, 0, left, 0, 0, 0, 0]) + socket.inet_pton(socket.AF_INET6, address)


def authentication():
    """As if it were right: an index, a number, and a check value of 12 bytes (RFC 4302)."""
    return AUTHENTICATION, struct.pack("!BHII12s", 4, 0, 0x1234, 1, bytes(12))


def send_options(sock):
    """Has a socket send hop-by-hop options and destination options with each packet."""
    header = bytes(1) + OPTIONS
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, header)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, header)
