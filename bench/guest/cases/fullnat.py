# SPDX-License-Identifier: GPL-2.0-only
"""Packets by full NAT: of connections that exist, each way, and those that open one.

What C ip_vs is made to do instead is NAT with its conntrack, and the firewall gives packets another source.

A pool has as many ports as there are flows, so that replies to all of them are those of all flows.
"""

import dataclasses
import ipaddress
import math

import memory
import region
import results
from cases import population
from flows import CLIENT_PORT, FIRST_PORT, Flows, FlowsByPort, requests, requests6
from measure import PACKETS, established, floor, forwarded, reply_stream, request_stream, settle
from namespace import VIP, VIP6, Namespace, server, server6

_PORT = 80
_FIRST_LOCAL = ipaddress.IPv4Address("172.16.0.1")
_FIRST_LOCAL_PORT = 5000
_LOCAL6 = ipaddress.IPv6Address("2001:2:0:f::1")
# Of one address, in the cases of new connections.
_MANY_PORTS = 50_000
# Flows that take ports of a pool of which most are taken: a hundredth of it, or two.
_FEW = 4_000


def run(clients, backend, flows: int) -> None:
    """One server, so that every flow's replies come from it."""
    namespace = Namespace(f"fullnat-{backend.name}-{flows}", clients)
    try:
        addresses, ports = shape(flows)
        backend.add_full_nat(namespace, VIP, _PORT, server(0), (_FIRST_LOCAL, addresses), (_FIRST_LOCAL_PORT, ports),
                             flows if flows > 1 else None)
        inward = request_stream(requests(VIP, _PORT, flows))
        forwarded(namespace, inward, flows)
        if backend.chooses_local_port:
            replies = _RepliesToPorts(server(0), _FIRST_LOCAL, _PORT, _FIRST_LOCAL_PORT, addresses, True, ports)
        else:
            replies = Flows(server(0), backend.local(_FIRST_LOCAL, flows), _PORT, CLIENT_PORT, flows, clients_receive=True)
        outward = reply_stream(replies)
        for case, stream in (("fullnat-in", inward), ("fullnat-reply", outward)):
            _row(namespace, backend, case, stream, flows, "packet of an established UDP flow by full NAT")
    finally:
        namespace.close()
        settle()


def run6(clients, backend, flows: int) -> None:
    """Over IPv6, of so many ports of a client."""
    namespace = Namespace(f"ipv6-fullnat-{backend.name}-{flows}", clients)
    try:
        namespace.add_ipv6()
        backend.add_full_nat(namespace, VIP6, _PORT, server6(0), (_LOCAL6, 1), (_FIRST_LOCAL_PORT, flows), None)
        inward = request_stream(requests6(VIP6, _PORT, flows))
        forwarded(namespace, inward, flows)
        port = _FIRST_LOCAL_PORT if backend.chooses_local_port else FIRST_PORT
        outward = reply_stream(FlowsByPort(server6(0), backend.local(_LOCAL6, 1), _PORT, port, flows, clients_receive=True))
        for case, stream in (("ipv6-fullnat-in", inward), ("ipv6-fullnat-reply", outward)):
            _row(namespace, backend, case, stream, flows, "packet of an established UDP flow over IPv6 by full NAT")
    finally:
        namespace.close()
        settle()


def new(clients, backend, share: int) -> None:
    """The first packets of flows, towards a pool of which `share` percent are taken before, or nothing is."""
    namespace = Namespace(f"new-fullnat-{backend.name}-{share}", clients)
    flows = _FEW if share else PACKETS
    addresses = 4
    try:
        backend.add_full_nat(namespace, VIP, _PORT, server(0), (_FIRST_LOCAL, addresses), (_FIRST_LOCAL_PORT, _MANY_PORTS), None)
        before = addresses * _MANY_PORTS * share // 100
        if before:
            forwarded(namespace, request_stream(requests(VIP, _PORT, before)), before)
        stream = request_stream(requests(VIP, _PORT, flows, before))
        settle()
        name = results.key(f"new-fullnat-{share}", backend, flows)
        with region.region(name, flows):
            created = forwarded(namespace, stream, flows)
        settle()
        results.row(name, instructions=created, floor=floor(namespace, stream),
                    counted=f"first packet of a UDP flow by full NAT, by a pool of which {share} % are taken")
    finally:
        namespace.close()
        settle()


def fill(clients, backend) -> None:
    """A million connections."""
    flows = population.MANY
    namespace = Namespace(f"fullnat-fill-{backend.name}", clients)
    try:
        addresses, ports = shape(flows)
        backend.add_full_nat(namespace, VIP, _PORT, server(0), (_FIRST_LOCAL, addresses), (_FIRST_LOCAL_PORT, ports), flows)
        stream = request_stream(requests(VIP, _PORT, flows))
        drop = floor(namespace, stream)
        settle()
        before = memory.used()
        created = forwarded(namespace, stream, flows)
        settle()
        population.filled(backend, "fullnat", flows, created, drop, memory.growth(before, flows))
    finally:
        namespace.close()
        settle()


def shape(flows: int) -> tuple[int, int]:
    """Addresses and ports of each, of which there are so many: without a common divisor, so that a generator that goes through
    both at once comes by each port of each address."""
    addresses = math.gcd(flows, 1 << 30)
    return addresses, flows // addresses


@dataclasses.dataclass(frozen=True)
class _RepliesToPorts(Flows):
    """Replies to so many addresses, at each of so many ports."""

    ports: int = 1

    @property
    def lines(self) -> tuple[str, ...]:
        """To pktgen the last port is the first that is not used, unless it is the only one."""
        end = self.destination_port + (self.ports if self.ports > 1 else 0)
        return (*super().lines, f"udp_dst_max {end}")


def _row(namespace, backend, case: str, stream, flows: int, counted: str) -> None:
    name = results.key(case, backend, flows)
    count = max(PACKETS // flows, 1) * flows
    # Each flow passes the hooks before it is fast.
    forwarded(namespace, stream, flows)
    settle()
    instructions = established(namespace, stream, count, name=name)
    results.row(name, instructions=instructions, floor=floor(namespace, stream), counted=counted)
