#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Keep packets that a firewall hands to queue 0, and let them go when told so.

    keep_packets.py

Reads commands from standard input, and answers each with one line:
    begin        bind to the queue: ok
    keep NUMBER  wait for so many packets: how many are kept
    release      accept them all: how many went on

C header: include/uapi/linux/netfilter/nfnetlink_queue.h
"""

import select
import socket
import struct
import sys

from genl import NLM_F_ACK, NLM_F_REQUEST, NLMSGHDR, align, as_dict, attribute

NETLINK_NETFILTER = 12
SUBSYSTEM_QUEUE = 3 << 8
MSG_PACKET, MSG_VERDICT, MSG_CONFIG = (SUBSYSTEM_QUEUE | number for number in range(3))
PACKET_HDR, VERDICT_HDR = 1, 2
CFG_CMD, CFG_PARAMS = 1, 2
CMD_BIND, COPY_META = 1, 1
NF_ACCEPT = 1

# struct nfgenmsg
NFGENMSG = struct.Struct("!BBH")

SECONDS = 20


def send(queue, kind, attributes, flags=NLM_F_REQUEST):
    """Sends a message."""
    body = NFGENMSG.pack(socket.AF_UNSPEC, 0, 0) + attributes
    queue.send(NLMSGHDR.pack(NLMSGHDR.size + len(body), kind, flags, 0, 0) + body)


def configure(queue, attributes):
    """Sends what the kernel is to acknowledge."""
    send(queue, MSG_CONFIG, attributes, NLM_F_REQUEST | NLM_F_ACK)
    (error,) = struct.unpack_from("=i", queue.recv(4096), NLMSGHDR.size)
    if error:
        raise OSError(-error, "the queue refuses its configuration")


def packet_ids(data):
    """The packets that messages of the kernel tell of."""
    while data:
        length, kind, *_ = NLMSGHDR.unpack_from(data)
        if kind == MSG_PACKET:
            header = as_dict(data[NLMSGHDR.size + NFGENMSG.size : length])[PACKET_HDR]
            yield struct.unpack_from("!I", header)[0]
        data = data[align(length) :]


def main():
    """Obeys."""
    queue = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    kept = []
    for line in sys.stdin:
        command, *words = line.split()
        if command == "begin":
            configure(queue, attribute(CFG_CMD, struct.pack("!BBH", CMD_BIND, 0, socket.AF_INET)))
            configure(queue, attribute(CFG_PARAMS, struct.pack("!IB", 0, COPY_META)))
            print("ok", flush=True)
        elif command == "keep":
            while len(kept) < int(words[0]) and select.select([queue], [], [], SECONDS)[0]:
                kept += packet_ids(queue.recv(65536))
            print(len(kept), flush=True)
        elif command == "release":
            for number in kept:
                send(queue, MSG_VERDICT, attribute(VERDICT_HDR, struct.pack("!II", NF_ACCEPT, number)))
            print(len(kept), flush=True)
            kept = []


if __name__ == "__main__":
    main()
