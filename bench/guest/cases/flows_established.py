# SPDX-License-Identifier: GPL-2.0-only
"""Packets of connections that exist, for each forward method and direction."""

import memory
import results
from flows import replies, requests
from measure import PACKETS, established, floor, forwarded, reply_stream, request_stream, settle
from namespace import VIP, Namespace, server

_PORT = 80
# From so many connections on, what the system does meanwhile is less than a byte a connection.
_FILL = 1_000_000
# No more packets than this are sent to measure.
_SAMPLE = 100_000
METHODS = ("dr", "nat", "tun")


def run(clients, backend, method: str, flows: int, conntrack: bool = False) -> None:
    """One server, so that every flow's replies come from it."""
    namespace = Namespace(f"{method}-{backend.name}-{flows}{'-ct' if conntrack else ''}", clients)
    try:
        backend.add_service(namespace, VIP, _PORT, "rr")
        backend.add_server(namespace, VIP, _PORT, server(0), method)
        if conntrack:
            namespace.track_connections()
        everyone = request_stream(requests(VIP, _PORT, flows))
        drop = floor(namespace, everyone)
        settle()
        before = memory.used()
        created = forwarded(namespace, everyone, flows)
        settle()
        if flows >= _FILL and not conntrack:
            size = memory.growth(before, flows)
            results.row(f"fill-{method}", backend, instructions=created, floor=drop, flows=flows, size=size,
                        counted="first packet of a UDP flow while the table fills; bytes of all memory a connection")
        # A chain's newest entry is found first and its oldest last: flows of the middle cost what all do on average.
        sample = min(flows, _SAMPLE)
        skip = (flows - sample) // 2
        inward = request_stream(requests(VIP, _PORT, sample, skip))
        _row(namespace, backend, "nat-in" if method == "nat" else method, inward, flows, conntrack)
        if method == "nat":
            outward = reply_stream(replies(server(0), _PORT, sample, skip))
            _row(namespace, backend, "nat-reply", outward, flows, conntrack)
    finally:
        namespace.close()
        settle()


def _row(namespace, backend, case, stream, flows, conntrack) -> None:
    # Whole rounds: every flow has the same share of the result.
    count = max(PACKETS // stream.flows.clients, 1) * stream.flows.clients
    instructions = established(namespace, stream, count, label=f"{case} {backend.name} {backend.path} {flows}")
    results.row(case, backend, instructions=instructions, floor=floor(namespace, stream), flows=flows, conntrack=conntrack,
                counted="packet of an established UDP flow")
