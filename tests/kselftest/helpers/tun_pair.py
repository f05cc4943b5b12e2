#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Joins two network namespaces by a tun device in each, as a VPN in user space does.

    tun_pair.py NAME NAMESPACE DEVICE NAMESPACE DEVICE

Prints "ready" when there are both.
"""

import fcntl
import os
import select
import struct
import sys

# include/uapi/linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

CLONE_NEWNET = 0x40000000


def device(namespace, name):
    with open(f"/run/netns/{namespace}", "rb") as place:
        os.setns(place.fileno(), CLONE_NEWNET)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def main():
    one, other = device(*sys.argv[2:4]), device(*sys.argv[4:6])
    print("ready", flush=True)
    ends = {one: other, other: one}
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    while True:
        for end, _ in poll.poll():
            try:
                os.write(ends[end], os.read(end, 1 << 16))
            except (BlockingIOError, OSError):
                # It is not up yet, or its queue is full.
                continue


main()
