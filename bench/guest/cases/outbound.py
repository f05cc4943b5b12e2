# SPDX-License-Identifier: GPL-2.0-only
"""What a real server asks of others (updates, databases), through the director that is its gateway: no connection of ours."""

import results
from flows import outbound
from measure import PACKETS, established, floor, reply_stream
from namespace import VIP, Namespace, server

# Instructions a packet with no service configured anywhere, by the number of flows, once measured.
_untaxed: dict[int, float] = {}

_COUNTED = "packet of a real server to a stranger, forwarded by IPv4 routing"


def _measured(namespace, flows: int, name: dict) -> float:
    return established(namespace, _stream(flows), max(PACKETS // flows, 1) * flows, name=name)


def _stream(flows: int):
    return reply_stream(outbound(server(0), flows))


def without_service(clients, _backend, flows: int) -> None:
    """All load balancers loaded, none configured in any namespace: hooks are not registered."""
    namespace = Namespace(f"plain-outbound-{flows}", clients)
    try:
        name = results.key("server-forward", None, flows)
        drop = floor(namespace, _stream(flows))
        _untaxed[flows] = _measured(namespace, flows, name)
        results.row(name, instructions=_untaxed[flows], floor=drop, counted=_COUNTED)
    finally:
        namespace.close()


def with_service(clients, backend, flows: int) -> None:
    """The server is one of a service by NAT. The row is what that costs over plain forwarding."""
    namespace = Namespace(f"outbound-{backend.name}-{flows}", clients)
    try:
        backend.add_service(namespace, VIP, 80, "rr")
        backend.add_server(namespace, VIP, 80, server(0), "nat")
        name = results.key("server-outbound", backend, flows)
        instructions = _measured(namespace, flows, name)
        if flows in _untaxed:
            results.row(name, instructions=instructions, floor=_untaxed[flows],
                        counted=f"{_COUNTED}, over the same packet with no service configured")
    finally:
        namespace.close()
