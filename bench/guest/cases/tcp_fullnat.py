# SPDX-License-Identifier: GPL-2.0-only
"""Segments of TCP connections by full NAT, without the option that tells the server of the client and with it, and by ENAT, which
has it in each: those of connections that exist, towards the server, and those that open one.

What C ip_vs is made to do instead, of all three, is NAT with its conntrack, and the firewall gives packets another source.
"""

import ipaddress

import injected
import injector
import region
import results
from cases.fullnat import shape
from flows import CLIENT_PORT, FIRST_CLIENT
from measure import PACKETS, settle
from namespace import CLIENT_DEVICE, MAC, SERVER_DEVICE, VIP, Namespace, server

_PORT = 80
_FIRST_LOCAL = ipaddress.IPv4Address("172.16.0.1")
_FIRST_LOCAL_PORT = 5000
# Of an address.
_MANY_PORTS = 50_000
# No more of the connections send segments to measure: those in the middle of the order in which they were made, as they cost what all
# do on average where chains are long (flows_established.py).
_SAMPLE = 25_000
METHODS = ("fullnat", "fullnat-toa", "enat")
_COUNTED = {
    "fullnat": "by full NAT",
    "fullnat-toa": "by full NAT, of whose client an option tells the server",
    "enat": "by ENAT",
}


def run(clients, backend, method: str, flows: int) -> None:
    """By full NAT the server says nothing, so that each segment gets the option; by ENAT the director never sees what it says."""
    namespace = Namespace(f"tcp-{method}-{backend.name}-{flows}", clients)
    sample = min(flows, _SAMPLE)
    connections = _requests(sample, (flows - sample) // 2)
    try:
        _configure(namespace, backend, method, shape(flows), flows, flows if flows > 1 else None)
        injected.forwarded(namespace, _requests(flows), injector.SYN, flows)
        if not backend.chooses_local_port:
            # Connection tracking has no data of a connection that the server has not accepted.
            injected.forwarded(namespace, _answers(backend.local(_FIRST_LOCAL, flows), flows), injector.SYN | injector.ACK, flows)
        # Each passes the hooks before it is fast.
        injected.forwarded(namespace, connections, injector.ACK, sample)
        settle()
        # Whole rounds: every connection has the same share of the result.
        count = max(PACKETS // sample, 1) * sample
        name = results.key(f"tcp-{method}", backend, flows)
        instructions = injected.established(namespace, connections, injector.ACK, count, name)
        results.row(name, instructions=instructions, floor=injected.floor(namespace, connections, injector.ACK, count),
                    counted=f"segment of an established TCP connection {_COUNTED[method]}")
    finally:
        namespace.close()
        settle()


def new(clients, backend, method: str) -> None:
    """The SYNs of connections. By full NAT these have no option."""
    namespace = Namespace(f"new-tcp-{method}-{backend.name}", clients)
    connections = _requests(PACKETS)
    try:
        _configure(namespace, backend, method, (4, _MANY_PORTS), PACKETS, None)
        settle()
        name = results.key(f"new-tcp-{method}", backend, PACKETS)
        with region.region(name, PACKETS):
            created = injected.forwarded(namespace, connections, injector.SYN, PACKETS)
        settle()
        results.row(name, instructions=created, floor=injected.floor(namespace, connections, injector.SYN, PACKETS),
                    counted=f"SYN of a TCP connection {_COUNTED[method]}")
    finally:
        namespace.close()
        settle()


def _configure(namespace: Namespace, backend, method: str, pool: tuple[int, int], flows: int, known: int | None) -> None:
    """One server. `known`: of how many clients, if that matters, it has to be known whom the server answers."""
    if method == "enat":
        # Servers of one address, at so many ports that each has a port of the pool for its share of the connections.
        servers = -(-flows // _MANY_PORTS)
        backend.add_enat(namespace, VIP, _PORT, (server(0), servers), _FIRST_LOCAL, (_FIRST_LOCAL_PORT, _MANY_PORTS), known)
        return
    addresses, ports = pool
    backend.add_full_nat(namespace, VIP, _PORT, server(0), (_FIRST_LOCAL, addresses), (_FIRST_LOCAL_PORT, ports), known, "tcp",
                         ("--toa", "on" if method == "fullnat-toa" else "off"))


def _requests(clients: int, skip: int = 0) -> injector.Connection:
    """Of so many clients, leaving out the first ones."""
    return injector.Connection(CLIENT_DEVICE, MAC[CLIENT_DEVICE], FIRST_CLIENT + skip, CLIENT_PORT, VIP, _PORT, clients=clients)


def _answers(local: ipaddress.IPv4Address, clients: int) -> injector.Connection:
    return injector.Connection(SERVER_DEVICE, MAC[SERVER_DEVICE], server(0), _PORT, local, CLIENT_PORT, servers=clients)
