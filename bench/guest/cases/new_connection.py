# SPDX-License-Identifier: GPL-2.0-only
"""Packets that each open a connection, over the same packets once the connections exist."""

import socket

import region
import results
from configuration import requests as configuration
from flows import requests
from measure import PACKETS, established, floor, forwarded, request_stream, settle
from namespace import VIP, Namespace, server

_PORT = 80
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sh", "mh")


def run(clients, backend, scheduler: str, servers: int) -> None:
    """Creation happens once, so it is not repeated: the second pass over the flows is, and shows the guest to be quiet."""
    namespace = Namespace(f"new-{backend.name}-{scheduler}-{servers}", clients)
    try:
        backend.add_service(namespace, VIP, _PORT, scheduler)
        with configuration(namespace, backend, socket.IPPROTO_UDP) as to:
            # 250 processes of a tool would take longer than all else.
            to.family.acknowledged([to.add_server(VIP, _PORT, server(number)) for number in range(servers)])
        stream = request_stream(requests(VIP, _PORT, PACKETS))
        settle()
        name = results.key(f"new-{scheduler}-{servers}", backend, PACKETS)
        with region.region(name, PACKETS):
            created = forwarded(namespace, stream, PACKETS)
        settle()
        known = established(namespace, stream)
        drop = floor(namespace, stream)
        counted = "first packet of a UDP flow, by DR"
        results.row(name, instructions=created, floor=drop, counted=counted)
        results.row(results.key(f"{name['case']}-over", backend, PACKETS), instructions=created, floor=known,
                    counted=f"{counted}, over a packet of the same flows established")
    finally:
        namespace.close()
        settle()
