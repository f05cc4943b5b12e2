#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Has a client's SYN held up by modules/rvs_hold.c, and by another CPU closes and begins the same connection meanwhile.

    half_made.py PARAMETERS SOURCE SOURCE-PORT ADDRESS PORT

PARAMETERS is the directory of the module's parameters. Prints "ok", or what did not come about.
"""

import os
import socket
import sys
import time

import packet

RST = 0x04

# As helpers/tcp_segment.py has it.
SEQUENCE = 0x7ABCDEF0

# The CPU that is held up, and the other one.
HELD, OTHER = 0, 1

# How long it is held up at most, in milliseconds, and how long one of the two steps may take.
LONGEST = 4000
STEP = 1.9


class Missed(Exception):
    """The packets did not meet as they were to."""


class Module:
    def __init__(self, directory):
        # The CPU that is held up is not to be needed for anything later.
        self.commands = os.open(f"{directory}/hold", os.O_WRONLY)
        self.states = os.open(f"{directory}/state", os.O_RDONLY)

    def hold(self, milliseconds):
        os.pwrite(self.commands, str(milliseconds).encode(), 0)

    def state(self):
        word, passed = os.pread(self.states, 64, 0).split()
        return word.decode(), int(passed)

    def wait_for(self, what, is_so):
        deadline = time.monotonic() + STEP
        while not is_so(*self.state()):
            if time.monotonic() > deadline:
                raise Missed(f"{what}: {self.state()}")


class Sender:
    def __init__(self, source, source_port, address, port):
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.ends = source, address
        self.ports = int(source_port), int(port)

    def send(self, flags):
        source, address = self.ends
        segment = packet.tcp(source, address, self.ports, flags=flags, sequence=SEQUENCE)
        self.raw.sendto(packet.ipv4(source, address, packet.TCP, segment), (address, 0))


def meanwhile(module, sender):
    module.wait_for("the SYN is not held up", lambda word, passed: word == "held")
    sender.send(RST)
    sender.send(packet.SYN)
    # It gets as far as the first one only when that was taken out.
    module.wait_for("the second SYN makes no connection", lambda word, passed: passed > 0)
    module.hold(0)


def main():
    module = Module(sys.argv[1])
    sender = Sender(*sys.argv[2:])
    os.sched_setaffinity(0, {OTHER})
    module.hold(LONGEST)
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {HELD})
        sender.send(packet.SYN)
        os._exit(0)
    try:
        meanwhile(module, sender)
        print("ok")
    except (Missed, OSError) as missed:
        print(missed)
    os.waitpid(child, 0)


main()
