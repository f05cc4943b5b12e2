# SPDX-License-Identifier: GPL-2.0-only
"""Packets that each open a connection, over the same packets once the connections exist."""

import socket

import region
import results
from backend import Persistence
from configuration import requests as configuration
from flows import requests
from measure import PACKETS, established, floor, forwarded, request_stream, settle
from namespace import VIP, Namespace, server

_PORT = 80
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sh", "mh", "sed", "nq", "dh", "lblc", "lblcr", "fo", "ovf", "twos")
_MARK = 7
_PERSISTENT_SECONDS = 360


def run(clients, backend, scheduler: str, servers: int) -> None:
    """Creation happens once, so it is not repeated: the second pass over the flows is, and shows the guest to be quiet."""
    namespace = Namespace(f"new-{backend.name}-{scheduler}-{servers}", clients)
    try:
        backend.add_service(namespace, VIP, _PORT, scheduler)
        with configuration(namespace, backend, socket.IPPROTO_UDP) as to:
            # 250 processes of a tool would take longer than all else.
            to.family.acknowledged([to.add_server(VIP, _PORT, server(number)) for number in range(servers)])
        _measure(namespace, backend, f"new-{scheduler}-{servers}", "first packet of a UDP flow, by DR")
    finally:
        namespace.close()
        settle()


def with_template(clients, backend, servers: int, shared: bool) -> None:
    """Of a persistent service: each client is new and makes a template, or they share one that is there."""
    what = "persistent" if shared else "template"
    namespace = Namespace(f"new-{backend.name}-{what}-{servers}", clients)
    try:
        persistence = Persistence(_PERSISTENT_SECONDS, clients.prefixlen if shared else clients.max_prefixlen)
        backend.add_service(namespace, VIP, _PORT, "rr", persistent=persistence)
        with configuration(namespace, backend, socket.IPPROTO_UDP) as to:
            to.family.acknowledged([to.add_server(VIP, _PORT, server(number)) for number in range(servers)])
        _measure(namespace, backend, f"new-{what}-{servers}", "first packet of a UDP flow, by DR, to a persistent service by rr, "
                 + ("the template of which is there" if shared else "which makes a template"))
    finally:
        namespace.close()
        settle()


def by_mark(clients, backend, servers: int) -> None:
    """The firewall's rule is part of what a packet costs, of either load balancer and of packets established, too."""
    namespace = Namespace(f"new-{backend.name}-mark-{servers}", clients)
    try:
        namespace.mark(_PORT, _MARK)
        backend.add_mark(namespace, _MARK, "rr", _PORT, [server(number) for number in range(servers)])
        _measure(namespace, backend, f"new-mark-{servers}", "first packet of a UDP flow, by DR, to the service of a mark by rr")
    finally:
        namespace.close()
        settle()


def _measure(namespace: Namespace, backend, case: str, counted: str) -> None:
    stream = request_stream(requests(VIP, _PORT, PACKETS))
    settle()
    name = results.key(case, backend, PACKETS)
    with region.region(name, PACKETS):
        created = forwarded(namespace, stream, PACKETS)
    settle()
    known = established(namespace, stream)
    drop = floor(namespace, stream)
    results.row(name, instructions=created, floor=drop, counted=counted)
    results.row(results.key(f"{case}-over", backend, PACKETS), instructions=created, floor=known,
                counted=f"{counted}, over a packet of the same flows established")
