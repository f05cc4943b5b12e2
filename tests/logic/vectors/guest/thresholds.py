# SPDX-License-Identifier: GPL-2.0-only
"""Connection thresholds of one server: after which steps C ip_vs gives it new connections, and after which not.

The overload of a server shows in nothing but that. The steps are drawn from a seed, and from what was seen.
"""

import random
import socket
import time

import ipvs

HEADER = """\
# SPDX-License-Identifier: GPL-2.0-only
# What C ip_vs made of connection thresholds. Recorded, not written: tests/logic/vectors/record thresholds
# {system}
#
# server TITLE            a new server, without connections and thresholds
# set UPPER LOWER         it gets these thresholds
# begin taken|refused     a new client comes: the server, which is the only one, takes it or not
# end COUNT               so many of its connections end
"""

CASES = 4
STEPS = 90
MOST = 12
SERVER = "A"
CLIENT = "10.128.0.1"
# Seconds of UDP: for good, and at once.
LASTING, SHORT = "7200", "1"


class Server:
    """One server of a service of its own."""

    def __init__(self, number):
        self.service = ipvs.Service(number, socket.SOCK_DGRAM, "rr", (), False)
        self.service.add(SERVER, ("10.99.0.1", ipvs.PORT), 1, 0)
        self.next_port = 2000
        self.open = []

    def count(self):
        return sum(self.service.loads()[SERVER])

    def begin(self):
        port = self.next_port
        self.next_port += 1
        self.service.connect(CLIENT, port)
        taken = self.count() > len(self.open)
        if taken:
            self.open.append(port)
        return taken

    def end(self, count):
        """A packet sets the timeout anew: those that get one now are the first to go."""
        ending, self.open = self.open[:count], self.open[count:]
        ipvs.run("ipvsadm", "--set", "0", "0", SHORT)
        for port in ending:
            self.service.connect(CLIENT, port)
        ipvs.run("ipvsadm", "--set", "0", "0", LASTING)
        deadline = time.monotonic() + 20
        while self.count() > len(self.open):
            if time.monotonic() > deadline:
                raise RuntimeError("connections do not end")


def steps(server, draw):
    """Does a step after the other and tells it. Thresholds are drawn near to what there is."""
    for _ in range(STEPS):
        count = len(server.open)
        action = draw.choice(("begin", "begin", "begin", "begin", "set", "end"))
        if action == "set":
            upper = max(0, draw.choice((0, count - 1, count, count + 1, count + 2, count + 4)))
            lower = draw.choice((0, draw.randint(0, upper), upper, min(count, upper)))
            server.service.set(SERVER, 1, upper, lower)
            yield f"set {upper} {lower}"
        elif action == "end" and count:
            ending = draw.randint(1, min(3, count))
            server.end(ending)
            yield f"end {ending}"
            yield f"begin {'taken' if server.begin() else 'refused'}"
        elif count < MOST:
            yield f"begin {'taken' if server.begin() else 'refused'}"


def record(directory, system, numbers):
    with open(f"{directory}/thresholds.txt", "w", encoding="ascii") as out:
        out.write(HEADER.format(system=system))
        for case in range(CASES):
            server = Server(next(numbers))
            lines = steps(server, random.Random(f"thresholds {case}"))
            out.write(f"\nserver random steps {case}\n" + "\n".join(lines) + "\n")
            server.service.end()
            print(f"thresholds: random steps {case}", flush=True)
