# SPDX-License-Identifier: GPL-2.0-only
"""What the packets of the injector cost that leave by the other device, and what those that are dropped cost."""

import dataclasses

import injector
import region
from measure import PACKETS, RUNS, RUNS_OF_MANY, Lost, other, repeated
from namespace import FOREIGN_MAC, Namespace


def forwarded(namespace: Namespace, connection: injector.Connection, flags: int, count: int, gro: bool = False) -> float:
    """Instructions a packet of packets received on one device, all of which must leave by the other, merged by GRO or not."""
    out = other(connection.device)
    before = namespace.sent(out)
    with namespace.entered():
        instructions = injector.run(connection, flags, count, gro)
    sent = namespace.sent(out) - before
    expected = count // injector.MERGED if gro else count
    if sent != expected:
        raise Lost(f"{count} packets with {flags:#x} in at {connection.device}, {sent} instead of {expected} out at {out}")
    return instructions


def established(
    namespace: Namespace, connection: injector.Connection, flags: int, count: int, name: dict, gro: bool = False
) -> float:
    """Of packets that change nothing; `name` (results.key) is for the plugin that looks at one more run."""
    result = repeated(lambda: forwarded(namespace, connection, flags, count, gro), _runs(count))
    if region.wanted:
        with region.region(name, count):
            forwarded(namespace, connection, flags, count, gro)
    return result


def floor(namespace: Namespace, connection: injector.Connection, flags: int, count: int, gro: bool = False) -> float:
    """The same packets for another machine: dropped on entry to the IPv4 layer, after GRO."""
    foreign = dataclasses.replace(connection, destination_mac=FOREIGN_MAC)
    with namespace.entered():
        return repeated(lambda: injector.run(foreign, flags, count, gro), _runs(count))


def _runs(count: int) -> int:
    return RUNS if count <= PACKETS else RUNS_OF_MANY
