# SPDX-License-Identifier: GPL-2.0-only
"""Many connections at once: the table grows under traffic, all connections are listed, and nobody's packets wait for it.

What the guest of bench/capacity runs. A probe (see ../injector/rvs_probe.c) sends packets of an established connection at
regular times, and tells how long the longest time without was.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import time

import injector
import memory
import pktgen
import probe
from backend import CONNECTION_GET, Rvs
from flows import CLIENT_PORT, CLIENTS, FIRST_CLIENT, requests
from measure import request_stream, settle
from namespace import CLIENT_DEVICE, MAC, SERVER_DEVICE, VIP, Namespace, server
from netlink import Family

_PORT = 80
# Microseconds between packets of the probe.
_INTERVAL = 100
# docs/netlink.md: the lengths of the messages of connection-get, with IPv4 addresses, and of the one that ends a dump.
_ROW, _END = 128, 20
_FILE = "/proc/net/ip_vs_conn"
_RESULTS = "/rvs/out/capacity.json"


class Phase:
    """What happens while the probe runs: afterwards all packets must have come out, and none may have waited too long."""

    def __init__(self, name: str, namespace: Namespace, longest: int):
        self.name = name
        self.namespace = namespace
        self.longest = longest
        self.facts: dict = {"phase": name}
        self.wrong: list[str] = []

    def __enter__(self):
        self.sent = self.namespace.sent(SERVER_DEVICE)
        self.begin = time.monotonic()
        self.others = 0
        with self.namespace.entered():
            probe.start(_connection(), _INTERVAL)
        return self

    def __exit__(self, kind, error, trace):
        seen = probe.stop()
        if kind:
            return
        self.facts |= {"seconds": round(time.monotonic() - self.begin, 1), **seen}
        forwarded = self.namespace.sent(SERVER_DEVICE) - self.sent
        self.expect("packets forwarded", seen["packets"] + self.others, forwarded)
        self.expect("packets refused", 0, seen["failed"])
        if not seen["packets"]:
            self.wrong.append("the probe sent nothing")
        if seen["gap"] > self.longest * 1000:
            self.wrong.append(f"{seen['gap'] // 1000} us without a packet, at {seen['during']}")
        self.facts["wrong"] = self.wrong
        print(f"{self.name}: " + ", ".join(f"{key} {value}" for key, value in self.facts.items() if key not in ("phase", "wrong")),
              flush=True)
        for text in self.wrong:
            print(f"{self.name}: FAILED: {text}", flush=True)

    def expect(self, what: str, expected, seen) -> None:
        self.facts[what] = seen
        if seen != expected:
            self.wrong.append(f"{what}: expected {expected}, saw {seen}")


def _connection() -> injector.Connection:
    return injector.Connection(CLIENT_DEVICE, MAC[CLIENT_DEVICE], FIRST_CLIENT, CLIENT_PORT, VIP, _PORT)


def _info(namespace: Namespace) -> dict:
    with namespace.entered():
        shown = subprocess.run(["rvsadm", "--json", "show"], check=True, capture_output=True, text=True)
    return json.loads(shown.stdout)["info"]


def _idle(phase: Phase) -> None:
    """Nothing but the probe: what the machine itself does."""
    time.sleep(2)


def _grow(phase: Phase, count: int) -> None:
    """Every packet of the generator opens a connection; the table is replaced by a greater one again and again."""
    with phase.namespace.entered():
        phase.facts["instructions each"] = round(pktgen.run(request_stream(requests(VIP, _PORT, count)), count))
    phase.others = count
    # The last replacement may be under way.
    time.sleep(5)
    info = _info(phase.namespace)
    phase.facts["buckets"] = info["buckets"]
    # And that of the probe.
    phase.expect("connections", count + 1, info["connections"])


def _dump(phase: Phase, count: int) -> None:
    """By a reader that does nothing else, so that the kernel is at it all the time."""
    with phase.namespace.entered():
        family = Family("rvs")
        instructions, size = family.dumped([family.dump(CONNECTION_GET)])
        family.close()
    rows, rest = divmod(size - _END, _ROW)
    phase.facts["instructions each"] = round(instructions / max(rows, 1))
    phase.expect("bytes besides rows", 0, rest)
    phase.expect("listed", count + 1, rows)


def _read(phase: Phase, count: int) -> None:
    """The file of IPVS: first by a reader that does nothing else, then with a look at who is in it."""
    with phase.namespace.entered():
        begin = time.monotonic_ns()
        rows = 0
        with open(_FILE, "rb", buffering=0) as file:
            while piece := file.read(1 << 16):
                rows += piece.count(b"\n")
        phase.facts["instructions each"] = round((time.monotonic_ns() - begin) / max(rows, 1))
        # Below the heading.
        phase.expect("read", count + 1, rows - 1)
        with open(_FILE, "rb") as file:
            next(file)
            # Protocol, client and its port.
            phase.expect("different ones", count + 1, len({hash(line[:17]) for line in file}))


def _by_ipvsadm(phase: Phase, count: int) -> None:
    with phase.namespace.entered():
        tool = subprocess.Popen(["ipvsadm", "-L", "-n", "-c"], stdout=subprocess.PIPE)
    done = subprocess.run(["wc", "-l"], stdin=tool.stdout, capture_output=True, text=True, check=True)
    phase.expect("status of ipvsadm", 0, tool.wait())
    # Below two lines of heading.
    phase.expect("listed", count + 1, int(done.stdout) - 2)


class _Listing:
    """A list of all connections under way: what rvsadm prints is only counted."""

    def __init__(self, phase: Phase):
        self.phase = phase
        with phase.namespace.entered():
            self.tool = subprocess.Popen(["rvsadm", "connection", "list"], stdout=subprocess.PIPE)
        self.counter = subprocess.Popen(["wc", "-l"], stdin=self.tool.stdout, stdout=subprocess.PIPE, text=True)
        self.tool.stdout.close()

    def wait(self) -> int:
        """How many were listed."""
        most = 0
        while self.tool.poll() is None:
            most = max(most, _resident(self.tool.pid))
            time.sleep(0.5)
        self.phase.expect("status of rvsadm", 0, self.tool.returncode)
        self.phase.facts["KiB of rvsadm"] = most
        # The first line is the heading.
        return int(self.counter.communicate()[0]) - 1


def _resident(process: int) -> int:
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("VmRSS:")), 0)


def _list(phase: Phase, count: int) -> None:
    phase.expect("listed", count + 1, _Listing(phase).wait())
    phase.expect("connections", count + 1, _info(phase.namespace)["connections"])


def _list_and_grow(phase: Phase, count: int) -> None:
    """The two at once: the list goes on while others come, and the table is replaced once more."""
    before = _info(phase.namespace)["buckets"]
    # It is when there are four entries for each bucket; a connection by NAT has two.
    more = 2 * before - count + before // 20
    listing = _Listing(phase)
    others = dataclasses.replace(requests(VIP, _PORT, more), source_port=CLIENT_PORT + 1)
    with phase.namespace.entered():
        pktgen.run(request_stream(others), more)
    phase.others = more
    phase.facts["list went on"] = listing.tool.poll() is None
    listed = listing.wait()
    phase.facts["listed"] = listed
    if not count + 1 <= listed <= count + 1 + more:
        phase.wrong.append(f"listed {listed} of {count + 1} to {count + 1 + more}")
    time.sleep(5)
    info = _info(phase.namespace)
    phase.facts["buckets"] = info["buckets"]
    if info["buckets"] <= before:
        phase.wrong.append(f"the table has {before} buckets still")
    phase.expect("connections", count + more + 1, info["connections"])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=4_000_000)
    parser.add_argument("--longest", type=int, default=1000, help="microseconds without a packet that are allowed")
    parser.add_argument("--phase", action="append", help="only this one; may be repeated")
    arguments = parser.parse_args()
    subprocess.run(["modprobe", "-a", "pktgen", "dummy"], check=True)
    injector.load()
    probe.load()
    backend = Rvs("fast")
    backend.load()
    count = arguments.connections

    namespace = Namespace("capacity", CLIENTS)
    phases = []

    def phase(name: str, action, *rest) -> None:
        if arguments.phase and name not in arguments.phase:
            return
        with Phase(name, namespace, arguments.longest) as now:
            phases.append(now)
            action(now, *rest)

    try:
        for protocol in ("udp", "tcp"):
            backend.add_service(namespace, VIP, _PORT, "rr", protocol=protocol)
            backend.add_server(namespace, VIP, _PORT, server(0), "nat", protocol=protocol)
        with namespace.entered():
            for flags in (injector.SYN, injector.ACK):
                injector.run(_connection(), flags, 1, False)
        settle()
        before = memory.used()
        phase("idle", _idle)
        phase("grow", _grow, count)
        print(f"bytes a connection: {round(memory.growth(before, count)['all'])}", flush=True)
        phase("dump", _dump, count)
        phase("list", _list, count)
        phase("read", _read, count)
        phase("ipvsadm", _by_ipvsadm, count)
        phase("list and grow", _list_and_grow, count)
    finally:
        with open(_RESULTS, "w", encoding="utf-8") as file:
            json.dump([now.facts for now in phases], file, indent=1)
    wrong = sum(len(now.wrong) for now in phases)
    print(f"capacity: {len(phases)} phases, {wrong} expectations failed", flush=True)
    return 1 if wrong else 0


sys.exit(main())
