#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make changes to the configuration of this namespace as they are read, a line each.

    rvs_changes.py nat|dr|tun    (the forward method of servers)

    service_add SERVICE SCHEDULER
    service_del SERVICE
    server_add SERVICE SERVER WEIGHT [METHOD [ipip|gre|gue [none|full|remote [PORT]]]]
    server_weight SERVICE SERVER WEIGHT
    server_del SERVICE SERVER

SERVICE is PROTOCOL/ADDRESS:PORT, SERVER is ADDRESS:PORT, an address of IPv6 in brackets. Ends with an error at the first that is refused.
"""

import socket
import sys

from genl import string, u32
from rvs_family import *

METHODS = {"nat": NAT, "dr": DR, "tun": TUN}
TUNNELS = {"ipip": IPIP, "gre": GRE, "gue": GUE}
CHECKSUMS = {"none": NO_CHECKSUM, "full": FULL_CHECKSUM, "remote": REMOTE_CHECKSUM}
PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP, "sctp": socket.IPPROTO_SCTP}


def service_of(text):
    protocol, _, endpoint = text.partition("/")
    address, _, number = endpoint.rpartition(":")
    return service_key(address, int(number), PROTOCOLS[protocol])


def server_of(service, text):
    address, _, number = text.rpartition(":")
    return dest_key(service_of(service), address, int(number))


def tunnel_of(kind="ipip", checksum="none", number=None):
    """The attributes of a tunnel, without those that say what is so by default."""
    attributes = u32(TUNNEL, TUNNELS[kind]) if kind != "ipip" else b""
    attributes += u32(TUNNEL_CHECKSUM, CHECKSUMS[checksum]) if checksum != "none" else b""
    return attributes + (tunnel_port(int(number)) if number else b"")


def request(method, change, service, *words):
    """The command of a change, and its attributes."""
    if change == "service_add":
        return SERVICE_ADD, service_of(service) + string(SCHEDULER, words[0]) + u32(FORWARD, method)
    if change == "service_del":
        return SERVICE_DEL, service_of(service)
    server = server_of(service, words[0])
    if change == "server_add":
        method = METHODS[words[2]] if len(words) > 2 else method
        return DEST_ADD, server + u32(WEIGHT, int(words[1])) + u32(FORWARD, method) + tunnel_of(*words[3:])
    if change == "server_weight":
        return DEST_SET, server + u32(WEIGHT, int(words[1]))
    if change == "server_del":
        return DEST_DEL, server
    raise ValueError(f"no change: {change}")


def main():
    method, rvs = METHODS[sys.argv[1]], Rvs()
    for line in sys.stdin:
        try:
            rvs.must(*request(method, *line.split()))
        except OSError as refusal:
            sys.exit(f"{line.strip()}: {refusal}")


main()
