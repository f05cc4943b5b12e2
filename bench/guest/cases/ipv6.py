# SPDX-License-Identifier: GPL-2.0-only
"""The same over IPv6: packets of connections that exist, those that begin one, and the memory of a million."""

import memory
import region
import results
from cases import population
from flows import MOST_PORTS, replies6, requests6
from measure import PACKETS, established, floor, forwarded, reply_stream, request_stream, settle
from namespace import VIP6, Namespace, server6

_PORT = 80
METHODS = ("nat", "dr", "tun")


def run(clients, backend, method: str, flows: int) -> None:
    """All flows send one packet, then packets of theirs are measured."""
    namespace = _namespace(f"ipv6-{backend.name}-{method}-{flows}", clients)
    try:
        _add_service(namespace, backend, method, 1)
        inward = request_stream(requests6(VIP6, _PORT, flows))
        forwarded(namespace, inward, flows)
        settle()
        _row(namespace, backend, "ipv6-nat-in" if method == "nat" else f"ipv6-{method}", inward, flows)
        if method == "nat":
            _row(namespace, backend, "ipv6-nat-reply", reply_stream(replies6(server6(0), _PORT, flows)), flows)
    finally:
        namespace.close()
        settle()


def new(clients, backend, servers: int) -> None:
    """As new_connection.run."""
    namespace = _namespace(f"ipv6-new-{backend.name}-{servers}", clients)
    try:
        _add_service(namespace, backend, "dr", servers)
        stream = request_stream(requests6(VIP6, _PORT, PACKETS))
        settle()
        case, counted = f"ipv6-new-rr-{servers}", "first packet of a UDP flow over IPv6, by DR"
        name = results.key(case, backend, PACKETS)
        with region.region(name, PACKETS):
            created = forwarded(namespace, stream, PACKETS)
        settle()
        known = established(namespace, stream)
        results.row(name, instructions=created, floor=floor(namespace, stream), counted=counted)
        results.row(results.key(f"{case}-over", backend, PACKETS), instructions=created, floor=known,
                    counted=f"{counted}, over a packet of the same flows established")
    finally:
        namespace.close()
        settle()


def fill(clients, backend, method: str) -> None:
    """A million connections, of so many clients as have ports for them."""
    hosts = population.MANY // MOST_PORTS
    namespace = _namespace(f"ipv6-fill-{backend.name}-{method}", clients)
    try:
        _add_service(namespace, backend, method, 1)
        drop = floor(namespace, request_stream(requests6(VIP6, _PORT, MOST_PORTS)))
        settle()
        before = memory.used()
        created = sum(forwarded(namespace, request_stream(requests6(VIP6, _PORT, MOST_PORTS, 1 + host)), MOST_PORTS)
                      for host in range(hosts)) / hosts
        settle()
        size = memory.growth(before, population.MANY)
        population.filled(backend, method, population.MANY, created, drop, size, "ipv6-fill")
    finally:
        namespace.close()
        settle()


def _namespace(name: str, clients) -> Namespace:
    namespace = Namespace(name, clients)
    namespace.add_ipv6()
    return namespace


def _add_service(namespace: Namespace, backend, method: str, servers: int) -> None:
    backend.add_service(namespace, VIP6, _PORT, "rr")
    for number in range(servers):
        backend.add_server(namespace, VIP6, _PORT, server6(number), method)


def _row(namespace, backend, case, stream, flows) -> None:
    # Whole rounds: every flow has the same share of the result.
    count = max(PACKETS // flows, 1) * flows
    name = results.key(case, backend, flows)
    instructions = established(namespace, stream, count, name=name)
    results.row(name, instructions=instructions, floor=floor(namespace, stream),
                counted="packet of an established UDP flow over IPv6")
