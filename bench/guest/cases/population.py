# SPDX-License-Identifier: GPL-2.0-only
"""What a table full of connections costs besides their packets: to make them, to list them, to end them."""

import time

import region
import results
from measure import busy
from namespace import Namespace

MANY = 1_000_000

# Seconds. A UDP connection ends 300 s after its last packet (both load balancers); RVS looks for that every 2 s.
_EXPIRY = 310


def filled(
    backend, method: str, flows: int, created: float, drop: float, size: dict[str, float], case: str = "fill"
) -> None:
    """Instructions and bytes of a new connection, on average over all of them."""
    results.row(results.key(f"{case}-{method}", backend, flows), instructions=created, floor=drop, size=size,
                counted="first packet of a UDP flow while the table fills; bytes of all memory a connection")


def dumped(namespace: Namespace, backend, flows: int) -> None:
    """List all connections, and understand nothing of it."""
    def read() -> None:
        with namespace.entered():
            backend.read_connections()

    results.row(results.key("conn-dump", backend, flows), instructions=busy(read) / flows,
                counted=f"connection listed by reading {backend.connection_list}")


def expired(namespace: Namespace, backend, flows: int) -> None:
    """Let the timeout of all of them pass without traffic."""
    name = results.key("expiry", backend, flows)
    if region.wanted:
        with region.region(name, flows):
            time.sleep(_EXPIRY)
        return
    before = backend.connections(namespace)
    instructions = busy(seconds=_EXPIRY)
    left = backend.connections(namespace)
    if before < flows or left:
        raise AssertionError(f"of {flows} connections {before} were there and {left} are, {_EXPIRY} s later")
    # Just as long once more: what the guest does with no connections is not expiry. The clocks are compared over minutes,
    # and agree to about a hundred instructions a connection, so that the floor alone would say nothing.
    results.row(name, instructions=(instructions - busy(seconds=_EXPIRY)) / flows,
                counted=f"connection ended by its timeout: what the guest did in {_EXPIRY} s, less the same without any")
