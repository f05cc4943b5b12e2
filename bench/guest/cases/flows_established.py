# SPDX-License-Identifier: GPL-2.0-only
"""Packets of connections that exist, for each forward method and direction."""

import memory
import region
import results
from cases import population
from flows import replies, requests
from measure import PACKETS, established, floor, forwarded, reply_stream, request_stream, settle
from namespace import VIP, Namespace, server

_PORT = 80
# So many flows send a packet each to measure, and fewer of more, which takes the emulator less time.
_SAMPLE = 100_000
_SAMPLE_OF_MORE = 25_000
# The hash key, which is random, decides how many newer entries an entry has before it. In ip_vs's own table of 4096 chains a
# million NAT connections have 244 on average, with a standard deviation of 16, and each takes 18 instructions to pass: 25 000
# flows, six to a chain, are off by 1.8 instructions on average (one standard deviation), 300 000 by 0.4.
_SAMPLE_OF_LONG_CHAINS = 300_000
METHODS = ("dr", "nat", "tun")


def run(clients, backend, method: str, flows: int, conntrack: bool = False) -> None:
    """One server, so that every flow's replies come from it."""
    namespace = Namespace(f"{method}-{backend.name}-{flows}{'-ct' if conntrack else ''}", clients)
    # From so many connections on, what the system does meanwhile is less than a byte a connection.
    populous = flows >= population.MANY and not conntrack
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
        if populous and not region.wanted:
            population.filled(backend, method, flows, created, drop, memory.growth(before, flows))
        # A chain's newest entry is found first and its oldest last: flows of the middle cost what all do on average.
        sample = _sample(backend, flows)
        skip = (flows - sample) // 2
        inward = request_stream(requests(VIP, _PORT, sample, skip))
        _row(namespace, backend, "nat-in" if method == "nat" else method, inward, flows, conntrack)
        if method == "nat":
            outward = reply_stream(replies(server(0), _PORT, sample, skip))
            _row(namespace, backend, "nat-reply", outward, flows, conntrack)
        if populous and method == "dr":
            if not region.wanted:
                population.dumped(namespace, backend, flows)
            population.expired(namespace, backend, flows)
    finally:
        namespace.close()
        settle()


def _sample(backend, flows: int) -> int:
    """How many of the flows send packets to be measured."""
    if flows <= _SAMPLE:
        return flows
    return _SAMPLE_OF_LONG_CHAINS if backend.has_long_chains(flows) else _SAMPLE_OF_MORE


def _row(namespace, backend, case, stream, flows, conntrack) -> None:
    # Whole rounds: every flow has the same share of the result.
    count = max(PACKETS // stream.flows.clients, 1) * stream.flows.clients
    name = results.key(case, backend, flows, conntrack)
    instructions = established(namespace, stream, count, name=name)
    results.row(name, instructions=instructions, floor=floor(namespace, stream), counted="packet of an established UDP flow")
