# SPDX-License-Identifier: GPL-2.0-only
"""Instructions a packet, measured until two runs agree."""

import time

import pktgen
import region
from namespace import CLIENT_DEVICE, FOREIGN_MAC, MAC, SERVER_DEVICE, Namespace

PACKETS = 20_000
# Two runs that differ by more have something in them that is not the packets' own work.
TOLERANCE = 2.0
# A short run is soon done, and the more there are, the surer one of them had nothing in between.
RUNS = 8
RUNS_OF_MANY = 4
ATTEMPTS = 12


class Unstable(Exception):
    """Runs of the same packets do not agree."""


class Lost(Exception):
    """Packets did not come out where they should."""


# Seconds; what is deferred by more (estimation, expiry) is part of what a load balancer costs.
SETTLE_LIMIT = 120
IDLE = 0.98


class Busy(Exception):
    """The guest does not come to rest."""


def _idle_seconds() -> float:
    with open("/proc/uptime", encoding="ascii") as file:
        return float(file.read().split()[1])


def settle() -> None:
    """Wait until the guest is idle: tables resized, namespaces dismantled, memory given back by RCU.

    An idle guest's time passes at once.
    """
    quiet = 0
    for _ in range(SETTLE_LIMIT):
        before = time.monotonic(), _idle_seconds()
        time.sleep(1)
        share = (_idle_seconds() - before[1]) / (time.monotonic() - before[0])
        # A delayed work may be about to begin in the first quiet second.
        quiet = quiet + 1 if share >= IDLE else 0
        if quiet == 2:
            return
    raise Busy(f"no two idle seconds in {SETTLE_LIMIT}")


def busy(action=None, *, seconds: float = 0) -> float:
    """Instructions of the guest, whoever executed them, during `action` and then `seconds` of sleep.

    /proc/uptime counts idle time in hundredths of a second, which is 10 million instructions.
    """
    before = time.monotonic(), _idle_seconds()
    if action:
        action()
    time.sleep(seconds)
    return (time.monotonic() - before[0] - (_idle_seconds() - before[1])) * 1e9


def other(device: str) -> str:
    return SERVER_DEVICE if device == CLIENT_DEVICE else CLIENT_DEVICE


def forwarded(namespace: Namespace, stream: pktgen.Stream, count: int) -> float:
    """Instructions a packet of packets received on one device, all of which must leave by the other."""
    out = other(stream.device)
    before = namespace.sent(out)
    with namespace.entered():
        instructions = pktgen.run(stream, count)
    sent = namespace.sent(out) - before
    if sent != count:
        raise Lost(f"{count} packets in at {stream.device}, {sent} out at {out}")
    return instructions


def repeated(run, runs: int = RUNS) -> float:
    """The smallest of `runs` or more results, once another agrees with it: what comes between (estimation, expiry) only adds.

    Two alone may agree in what was added to both. Where a plugin looks, which is slow, what it sees is the result.
    """
    if region.wanted:
        return run()
    results = sorted(run() for _ in range(runs))
    while results[1] - results[0] > TOLERANCE and len(results) < ATTEMPTS:
        results = sorted([*results, run()])
    if results[1] - results[0] <= TOLERANCE:
        return results[0]
    raise Unstable(", ".join(f"{result:.1f}" for result in results))


def established(namespace: Namespace, stream: pktgen.Stream, count: int = PACKETS, name: dict | None = None) -> float:
    """Of packets that change nothing; `name` (results.key) is for the plugin that looks at one more run."""
    result = repeated(lambda: forwarded(namespace, stream, count), RUNS if count <= PACKETS else RUNS_OF_MANY)
    if name and region.wanted:
        with region.region(name, count, warm_up=lambda: forwarded(namespace, stream, count)):
            forwarded(namespace, stream, count)
    return result


def request_stream(flows) -> pktgen.Stream:
    return pktgen.Stream(CLIENT_DEVICE, MAC[CLIENT_DEVICE], flows)


def reply_stream(flows) -> pktgen.Stream:
    return pktgen.Stream(SERVER_DEVICE, MAC[SERVER_DEVICE], flows)


def floor(namespace: Namespace, stream: pktgen.Stream, count: int = PACKETS) -> float:
    """Cost of the same generator when the packet is for another machine: dropped on entry to the IP layer."""
    foreign = pktgen.Stream(stream.device, FOREIGN_MAC, stream.flows)

    def run() -> float:
        with namespace.entered():
            return pktgen.run(foreign, count)

    return repeated(run)
