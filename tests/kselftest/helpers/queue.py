#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Takes packets from a queue of netfilter and lets each of them go on.

    queue.py QUEUE

Prints "ready" when it takes them. Line by line it is told what to do:

    count             how many packets it has let go on since it was last asked
    end               ends
"""

import select
import socket
import struct
import sys

# include/uapi/linux/netfilter/nfnetlink.h, nfnetlink_queue.h
NETLINK_NETFILTER = 12
NFNL_SUBSYS_QUEUE = 3
NFQNL_MSG_PACKET, NFQNL_MSG_VERDICT, NFQNL_MSG_CONFIG = 0, 1, 2
NFQA_CFG_CMD, NFQA_CFG_PARAMS = 1, 2
NFQNL_CFG_CMD_BIND = 1
NFQNL_COPY_META = 1
NFQA_PACKET_HDR, NFQA_VERDICT_HDR = 1, 2
NF_ACCEPT = 1
NLM_F_REQUEST, NLM_F_ACK = 1, 4


def attribute(number, data):
    return struct.pack("=HH", 4 + len(data), number) + data + b"\0" * (-len(data) % 4)


def message(kind, queue, flags, attributes):
    body = struct.pack("!BBH", socket.AF_UNSPEC, 0, queue) + attributes
    head = struct.pack("=IHHII", 16 + len(body), NFNL_SUBSYS_QUEUE << 8 | kind, NLM_F_REQUEST | flags, 0, 0)
    return head + body


def attributes(data):
    while len(data) >= 4:
        length, number = struct.unpack_from("=HH", data)
        yield number & 0x7FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def configure(sock, queue, attribute_bytes):
    sock.send(message(NFQNL_MSG_CONFIG, queue, NLM_F_ACK, attribute_bytes))
    answer = sock.recv(1 << 16)
    error = struct.unpack_from("=i", answer, 16)[0]
    if error:
        sys.exit(f"queue {queue}: errno {-error}")


def main():
    queue = int(sys.argv[1])
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    sock.bind((0, 0))
    configure(sock, queue, attribute(NFQA_CFG_CMD, struct.pack("!BBH", NFQNL_CFG_CMD_BIND, 0, socket.AF_INET)))
    configure(sock, queue, attribute(NFQA_CFG_PARAMS, struct.pack("!IB", 0, NFQNL_COPY_META)))
    print("ready", flush=True)
    count = 0
    while True:
        readable, _, _ = select.select([sock, sys.stdin], [], [])
        if sock in readable:
            data = sock.recv(1 << 16)
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                if kind == NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET:
                    packet = dict(attributes(data[20:length]))[NFQA_PACKET_HDR][:4]
                    verdict = attribute(NFQA_VERDICT_HDR, struct.pack("!I", NF_ACCEPT) + packet)
                    sock.send(message(NFQNL_MSG_VERDICT, queue, 0, verdict))
                    count += 1
                data = data[(length + 3) & ~3 :]
            continue
        command = sys.stdin.readline().strip()
        if command != "count":
            return
        print(count, flush=True)
        count = 0


main()
