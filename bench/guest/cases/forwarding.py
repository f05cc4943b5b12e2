# SPDX-License-Identifier: GPL-2.0-only
"""Packets that concern no service, forwarded by the routing table: what does a load balancer cost those?"""

import results
from flows import requests
from measure import established, floor, request_stream
from namespace import VIP, Namespace, server

# Instructions a packet with no service configured anywhere, once measured.
_untaxed: float | None = None

_COUNTED = "packet forwarded by IPv4 routing that matches no service"


def _stream():
    return request_stream(requests(server(0), 9, clients=1))


def without_service(clients, _backend) -> None:
    """All load balancers loaded, none configured in any namespace: hooks are not registered."""
    global _untaxed
    namespace = Namespace("plain", clients)
    stream = _stream()
    drop = floor(namespace, stream)
    _untaxed = established(namespace, stream, name=results.key("forward", None, 1))
    results.row(results.key("floor", None, 1), instructions=drop, floor=drop, counted="packet generated and dropped in ip_rcv")
    results.row(results.key("forward", None, 1), instructions=_untaxed, floor=drop, counted=_COUNTED)
    namespace.close()


def with_service(clients, backend, method: str) -> None:
    """Replies of services by NAT pass where packets are forwarded, so that those may cost more."""
    namespace = Namespace(f"forward-{method}-{backend.name}", clients)
    try:
        backend.add_service(namespace, VIP, 80, "rr")
        backend.add_server(namespace, VIP, 80, server(0), method)
        stream = _stream()
        drop = floor(namespace, stream)
        suffix = "" if method == "dr" else f"-{method}"
        name = results.key(f"forward+service{suffix}", backend, 1)
        instructions = established(namespace, stream, name=name)
        results.row(name, instructions=instructions, floor=drop, counted=_COUNTED)
        if _untaxed is not None:
            results.row(results.key(f"forward-tax{suffix}", backend, 1), instructions=instructions, floor=_untaxed,
                        counted=f"{_COUNTED}, over the same packet with no service configured")
    finally:
        namespace.close()
