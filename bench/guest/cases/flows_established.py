# SPDX-License-Identifier: GPL-2.0-only
"""Packets of connections that exist, for each forward method and direction."""

import memory
import results
from flows import replies, requests
from measure import PACKETS, established, floor, forwarded, reply_stream, request_stream, settle
from namespace import VIP, Namespace, server

_PORT = 80
# From so many connections on, memory a connection is exact to the byte.
_FILL = 100_000
METHODS = ("dr", "nat", "tun")


def run(clients, backend, method: str, flows: int, conntrack: bool = False) -> None:
    """One server, so that every flow's replies come from it."""
    namespace = Namespace(f"{method}-{backend.name}-{flows}{'-ct' if conntrack else ''}", clients)
    try:
        backend.add_service(namespace, VIP, _PORT, "rr")
        backend.add_server(namespace, VIP, _PORT, server(0), method)
        if conntrack:
            namespace.track_connections()
        # Whole rounds: every flow has the same share of the result.
        count = max(PACKETS // flows, 1) * flows
        inward = request_stream(requests(VIP, _PORT, flows))
        settle()
        before = memory.used()
        created = forwarded(namespace, inward, flows)
        settle()
        if flows >= _FILL and not conntrack:
            size = memory.growth(before, flows)
            results.row(f"fill-{method}", backend, instructions=created, floor=floor(namespace, inward), flows=flows, size=size,
                        counted="first packet of a UDP flow while the table fills; bytes of all memory a connection")
        _row(namespace, backend, "nat-in" if method == "nat" else method, inward, count, flows, conntrack)
        if method == "nat":
            outward = reply_stream(replies(server(0), _PORT, flows))
            _row(namespace, backend, "nat-reply", outward, count, flows, conntrack)
    finally:
        namespace.close()
        settle()


def _row(namespace, backend, case, stream, count, flows, conntrack) -> None:
    instructions = established(namespace, stream, count, label=f"{case} {backend.name} {backend.path} {flows}")
    results.row(case, backend, instructions=instructions, floor=floor(namespace, stream), flows=flows, conntrack=conntrack,
                counted="packet of an established UDP flow")
