# SPDX-License-Identifier: GPL-2.0-only
"""Takes the steps of the cases with C ip_vs and writes what each scheduler chose to DIR/SCHEDULER.txt, what became of
thresholds to DIR/thresholds.txt, and the shares of many connections to DIR/distribution.txt.
"""

import itertools
import platform
import re
import resource
import socket
import subprocess
import sys
import threading
import time

import distribution
import ipvs
import thresholds
from cases import CASES

HEADER = """\
# SPDX-License-Identifier: GPL-2.0-only
# What the scheduler {scheduler} of C ip_vs chose. Recorded, not written: tests/logic/vectors/record {scheduler}
# {system}
#
# service TITLE | FLAGS              a new service with these flags of its scheduler
# add NAME ADDRESS:PORT WEIGHT       a server is added: to the head of the list
# set NAME WEIGHT                    a server gets another weight
# del NAME                           a server is removed
# flow CLIENT NAME [LOADS]           a new connection of CLIENT and the server it got, - for none
# visit CLIENT ADDRESS NAME [LOADS]  the same, to this address of the service
# later                              the next visit is after more than the time of lblcr_expiration
#
# A weight may be followed by x and the upper connection threshold. LOADS, where they matter, are the active and
# inactive connections of each server just before: NAME=ACTIVE+INACTIVE.
"""


def answer(kind, serve):
    """Calls `serve` with a socket on the service's port, over and over."""
    sink = socket.socket(socket.AF_INET, kind)
    sink.bind(("", ipvs.PORT))
    if kind == socket.SOCK_STREAM:
        sink.listen(1024)

    def loop():
        while True:
            serve(sink)

    threading.Thread(target=loop, daemon=True).start()


# Seconds.
DAY = 86400


def set_expiration(seconds):
    with open("/proc/sys/net/ipv4/vs/lblcr_expiration", "w", encoding="ascii") as knob:
        knob.write(str(seconds))


def weight_words(weight, threshold):
    return f"{weight} x{threshold}" if threshold else str(weight)


class Recording:
    """One case: its lines, with the choices filled in as soon as they can be read."""

    def __init__(self, service, case):
        self.service = service
        self.case = case
        self.lines = []
        self.expiring = False
        self.pending = []  # (place in lines, client, first words, loads)

    def step(self, step):
        getattr(self, f"_{step[0]}")(*step[1:])

    def resolve(self):
        """Reads the choices of the pending flows: before servers change their names."""
        chosen = self.service.chosen()
        for place, client, first, loads in self.pending:
            words = [*first, chosen.get(client, "-"), *loads]
            self.lines[place] = " ".join(words)
        self.pending = []

    def _add(self, name, port, weight, threshold):
        number = ord(name) - ord("A") + 1
        address = f"fd99::{number}" if self.case.ipv6 else f"10.99.0.{number}"
        self.service.add(name, (address, port), weight, threshold)
        self.lines.append(f"add {name} {ipvs.endpoint(address, port)} {weight_words(weight, threshold)}")

    def _set(self, name, weight, threshold):
        self.service.set(name, weight, threshold)
        self.lines.append(f"set {name} {weight_words(weight, threshold)}")

    def _del(self, name):
        self.resolve()
        self.service.remove(name)
        self.lines.append(f"del {name}")

    def _flow(self, address, port):
        self._connect(address, port, ["flow", ipvs.endpoint(address, port)])

    def _visit(self, address, port, visited):
        first = ["visit", ipvs.endpoint(address, port), f"{self.service.address}{visited}"]
        self._connect(address, port, first, visited)
        if self.expiring:
            self.expiring = False
            set_expiration(DAY)

    def _connect(self, address, port, first, visited=""):
        loads = self.service.loads() if self.case.loads else {}
        words = [f"{name}={active}+{inactive}" for name, (active, inactive) in sorted(loads.items())]
        self.pending.append((len(self.lines), (address, port), first, words))
        self.lines.append("")
        self.service.connect(address, port, visited)

    def _later(self):
        set_expiration(1)
        time.sleep(2.1)
        self.expiring = True
        self.lines.append("later")

    def _close(self, address, port):
        # One that is closed is not listed for long.
        self.resolve()
        self.service.close(address, port)


# A virtual address of its own for each case: no connection of another can be met.
NUMBERS = itertools.count(1)


def system():
    """What the recording was made with."""
    version = subprocess.run(["ipvsadm", "--version"], check=True, capture_output=True, text=True).stdout
    ipvsadm = re.search(r"v[0-9.]+", version).group()
    return f"Kernel {platform.release()}, {platform.machine()}; ipvsadm {ipvsadm}."


def record(scheduler, directory):
    header = HEADER.format(scheduler=scheduler, system=system())
    with open(f"{directory}/{scheduler}.txt", "w", encoding="ascii") as out:
        out.write(header)
        for case in CASES[scheduler]:
            kind = socket.SOCK_STREAM if case.tcp else socket.SOCK_DGRAM
            service = ipvs.Service(next(NUMBERS), kind, scheduler, case.flags, case.ipv6, case.marked)
            recording = Recording(service, case)
            for step in case.steps:
                recording.step(step)
            recording.resolve()
            service.end()
            flags = f" {','.join(case.flags)}" if case.flags else ""
            out.write(f"\nservice {case.title} |{flags}\n" + "\n".join(recording.lines) + "\n")
            print(f"{scheduler}: {case.title}", flush=True)


def main():
    directory, *what = sys.argv[1:]
    ipvs.prepare()
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
    # Connections stay open on this side: only the clients end them.
    held = []
    answer(socket.SOCK_STREAM, lambda sink: held.append(sink.accept()))
    answer(socket.SOCK_DGRAM, lambda sink: sink.recv(1))
    for name in what or [*CASES, "thresholds", "distribution"]:
        if name == "thresholds":
            thresholds.record(directory, system(), NUMBERS)
        elif name == "distribution":
            distribution.record(directory, system())
        else:
            record(name, directory)


main()
