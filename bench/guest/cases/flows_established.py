# SPDX-License-Identifier: GPL-2.0-only
"""Packets of connections that exist, for each forward method and direction."""

import statistics

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
# So many samples where chains are long. In the 4096 chains of ip_vs's own table a million connections have 244 entries each,
# and 488 by NAT, which enters them twice. A packet to a service passes all of one chain in search of a connection that it
# would be a reply of (ip_vs_conn_out_get), then half of another; a reply passes half of one; each entry takes 6 instructions.
# How many they are depends on the random hash key: means over one sample, six flows to a chain, have standard deviations of
# 0.7, 1.0 (NAT) and 0.6 instructions (a reply), those over so many 0.3.
_SAMPLES_OF_LONG_CHAINS = {"dr": 6, "tun": 6, "nat-in": 12, "nat-reply": 4}
METHODS = ("dr", "nat", "tun")
# Other tunnels, which differ from the first in what is done to a packet alone.
TUNNELS = ("gre", "gue")


def run(clients, backend, method: str, flows: int, conntrack: bool = False) -> None:
    """One server, so that every flow's replies come from it."""
    case = "nat-in" if method == "nat" else method
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
        inward = [request_stream(requests(VIP, _PORT, *part)) for part in _parts(backend, case, flows)]
        _row(namespace, backend, case, inward, flows, conntrack)
        if method == "nat":
            outward = [reply_stream(replies(server(0), _PORT, *part)) for part in _parts(backend, "nat-reply", flows)]
            _row(namespace, backend, "nat-reply", outward, flows, conntrack)
        if populous and method == "dr":
            if not region.wanted:
                population.dumped(namespace, backend, flows)
            population.expired(namespace, backend, flows)
    finally:
        namespace.close()
        settle()


def _parts(backend, case: str, flows: int) -> list[tuple[int, int]]:
    """Which flows send packets to be measured: in each part how many, and how many to leave out before them.

    A chain's newest entry is found first and its oldest last: flows of the middle cost what all do on average.
    """
    if flows <= _SAMPLE:
        return [(flows, 0)]
    many = backend.has_long_chains(flows) and not region.wanted
    parts = _SAMPLES_OF_LONG_CHAINS[case] if many else 1
    first = (flows - parts * _SAMPLE_OF_MORE) // 2
    return [(_SAMPLE_OF_MORE, first + part * _SAMPLE_OF_MORE) for part in range(parts)]


def _row(namespace, backend, case, streams, flows, conntrack) -> None:
    # Whole rounds: every flow has the same share of the result.
    clients = streams[0].flows.clients
    count = max(PACKETS // clients, 1) * clients
    name = results.key(case, backend, flows, conntrack)
    instructions = statistics.fmean(established(namespace, stream, count, name=name) for stream in streams)
    results.row(name, instructions=instructions, floor=floor(namespace, streams[0]), counted="packet of an established UDP flow")
