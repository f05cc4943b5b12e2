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

NETLINK_NETFILTER = 12
NLM_F_REQUEST, NLM_F_ACK = 1, 4
SUBSYSTEM_QUEUE = 3 << 8
MSG_PACKET, MSG_VERDICT, MSG_CONFIG = (SUBSYSTEM_QUEUE | number for number in range(3))
PACKET_HDR, VERDICT_HDR = 1, 2
CFG_CMD, CFG_PARAMS = 1, 2
CMD_BIND, COPY_META = 1, 1
NF_ACCEPT = 1

NETLINK_HEADER = struct.Struct("=IHHII")
QUEUE_HEADER = struct.Struct("!BBH")
ATTRIBUTE = struct.Struct("=HH")

SECONDS = 20


def send(queue, kind, attribute, payload, flags=NLM_F_REQUEST):
    """Sends a message with one attribute, whose length is a multiple of four once it is padded."""
    length = ATTRIBUTE.size + len(payload)
    body = QUEUE_HEADER.pack(socket.AF_UNSPEC, 0, 0) + ATTRIBUTE.pack(length, attribute) + payload
    body += bytes(-length % 4)
    queue.send(NETLINK_HEADER.pack(NETLINK_HEADER.size + len(body), kind, flags, 0, 0) + body)


def configure(queue, attribute, payload):
    """Sends what the kernel is to acknowledge."""
    send(queue, MSG_CONFIG, attribute, payload, NLM_F_REQUEST | NLM_F_ACK)
    (error,) = struct.unpack_from("=i", queue.recv(4096), NETLINK_HEADER.size)
    if error:
        raise OSError(-error, "the queue refuses its configuration")


def packet_ids(data):
    """The packets that messages of the kernel tell of."""
    while len(data) >= NETLINK_HEADER.size:
        length, kind, *_ = NETLINK_HEADER.unpack_from(data)
        attributes = data[NETLINK_HEADER.size + QUEUE_HEADER.size : length]
        while kind == MSG_PACKET and len(attributes) >= ATTRIBUTE.size:
            size, attribute = ATTRIBUTE.unpack_from(attributes)
            if attribute == PACKET_HDR:
                yield struct.unpack_from("!I", attributes, ATTRIBUTE.size)[0]
            attributes = attributes[size + -size % 4 :]
        data = data[length + -length % 4 :]


def main():
    """Obeys."""
    queue = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    kept = []
    for line in sys.stdin:
        command, *words = line.split()
        if command == "begin":
            configure(queue, CFG_CMD, struct.pack("!BBH", CMD_BIND, 0, socket.AF_INET))
            configure(queue, CFG_PARAMS, struct.pack("!IB", 0, COPY_META))
            print("ok", flush=True)
        elif command == "keep":
            while len(kept) < int(words[0]) and select.select([queue], [], [], SECONDS)[0]:
                kept += packet_ids(queue.recv(65536))
            print(len(kept), flush=True)
        elif command == "release":
            for number in kept:
                send(queue, MSG_VERDICT, VERDICT_HDR, struct.pack("!II", NF_ACCEPT, number))
            print(len(kept), flush=True)
            kept = []


if __name__ == "__main__":
    main()
