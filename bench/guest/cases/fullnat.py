# SPDX-License-Identifier: GPL-2.0-only
"""Packets by full NAT: of connections that exist, each way, and those that open one.

Every local address has one port, and there are as many as flows, so that replies to all of them are those of all flows.
"""

import ipaddress

import memory
import region
import results
from flows import Flows, requests
from measure import PACKETS, established, floor, forwarded, reply_stream, request_stream, settle
from namespace import VIP, Namespace, server

_PORT = 80
_LOCAL_PORT = 5000
_FIRST_LOCAL = ipaddress.IPv4Address("172.16.0.1")
# Of a pool.
MOST_FLOWS = 1000


def run(clients, backend, flows: int) -> None:
    """One server, so that every flow's replies come from it."""
    namespace = Namespace(f"fullnat-{backend.name}-{flows}", clients)
    try:
        backend.add_full_nat(namespace, VIP, _PORT, server(0), f"{_FIRST_LOCAL}-{_FIRST_LOCAL + flows - 1}",
                             f"{_LOCAL_PORT}-{_LOCAL_PORT}")
        inward = request_stream(requests(VIP, _PORT, flows))
        forwarded(namespace, inward, flows)
        outward = reply_stream(Flows(server(0), _FIRST_LOCAL, _PORT, _LOCAL_PORT, flows, clients_receive=True))
        for case, stream in (("fullnat-in", inward), ("fullnat-reply", outward)):
            name = results.key(case, backend, flows)
            count = max(PACKETS // flows, 1) * flows
            # Each flow passes the hooks before it is fast.
            forwarded(namespace, stream, flows)
            instructions = established(namespace, stream, count, name=name)
            results.row(name, instructions=instructions, floor=floor(namespace, stream),
                        counted="packet of an established UDP flow by full NAT")
    finally:
        namespace.close()
        settle()


def new(clients, backend, share: int) -> None:
    """The first packets of flows that take the last of a hundred parts of a pool, of which `share` are taken before."""
    namespace = Namespace(f"new-fullnat-{backend.name}-{share}", clients)
    ports = PACKETS * 100 // max(100 - share, 1) if share else PACKETS * 100
    addresses = ports // 50_000 + 1
    ports //= addresses
    try:
        backend.add_full_nat(namespace, VIP, _PORT, server(0), f"{_FIRST_LOCAL}-{_FIRST_LOCAL + addresses - 1}",
                             f"10000-{10000 + ports - 1}")
        before = addresses * ports * share // 100
        if before:
            forwarded(namespace, request_stream(requests(VIP, _PORT, before)), before)
        stream = request_stream(requests(VIP, _PORT, min(PACKETS, addresses * ports - before), before))
        settle()
        name = results.key(f"new-fullnat-{share}", backend, PACKETS)
        used = memory.used()
        with region.region(name, PACKETS):
            created = forwarded(namespace, stream, stream.flows.clients)
        settle()
        each = memory.growth(used, stream.flows.clients)["all"]
        results.row(name, instructions=created, floor=floor(namespace, stream),
                    counted=f"first packet of a UDP flow by full NAT, of a pool of which {share} % are taken: {each:.0f} bytes of memory")
    finally:
        namespace.close()
        settle()
