# SPDX-License-Identifier: GPL-2.0-only
"""Segments of an established TCP connection, each by itself and merged by GRO."""

import dataclasses
import ipaddress

import injector
import region
import results
from flows import CLIENT_PORT, FIRST_CLIENT
from measure import RUNS_OF_MANY, Lost, repeated, settle
from namespace import CLIENT_DEVICE, FOREIGN_MAC, MAC, SERVER_DEVICE, VIP, Namespace, server

_PORT = 80
FULL_NAT = ("fullnat", "fullnat-toa")
_LOCAL, _LOCAL_PORT = ipaddress.IPv4Address("172.16.0.1"), 5000
# So many take over 100 ms of guest time. Runs of ip_vs as short as 30 ms differ by an instruction a segment; its estimation
# wakes every 40 ms.
SEGMENTS = 4800 * injector.MERGED


def run(clients, backend, method: str, gro: bool) -> None:
    namespace = Namespace(f"tcp-{backend.name}-{method}-{'gro' if gro else 'segment'}", clients)
    connection = injector.Connection(CLIENT_DEVICE, MAC[CLIENT_DEVICE], FIRST_CLIENT, CLIENT_PORT, VIP, _PORT)
    try:
        _configure(namespace, backend, method)
        _forwarded(namespace, connection, injector.SYN, 1, gro=False)
        settle()
        name = results.key(f"tcp-{'gro-' if gro else ''}{method}", backend, 1)
        instructions = repeated(lambda: _forwarded(namespace, connection, injector.ACK, SEGMENTS, gro), RUNS_OF_MANY)
        if region.wanted:
            with region.region(name, SEGMENTS):
                _forwarded(namespace, connection, injector.ACK, SEGMENTS, gro)
        results.row(name, instructions=instructions, floor=_floor(namespace, connection, gro),
                    counted=f"segment of an established TCP connection{', GRO included' if gro else ''}")
    finally:
        namespace.close()
        settle()


def _configure(namespace: Namespace, backend, method: str) -> None:
    """The server answers nothing, so that by `fullnat-toa` each segment gets the option that tells it of the client."""
    if method in FULL_NAT:
        toa = "on" if method == "fullnat-toa" else "off"
        backend.add_full_nat(namespace, VIP, _PORT, server(0), (_LOCAL, 1), (_LOCAL_PORT, 1), None, "tcp", ("--toa", toa))
        return
    backend.add_service(namespace, VIP, _PORT, "rr", protocol="tcp")
    backend.add_server(namespace, VIP, _PORT, server(0), method, protocol="tcp")


def _forwarded(namespace: Namespace, connection: injector.Connection, flags: int, segments: int, gro: bool) -> float:
    before = namespace.sent(SERVER_DEVICE)
    with namespace.entered():
        instructions = injector.run(connection, flags, segments, gro)
    sent = namespace.sent(SERVER_DEVICE) - before
    expected = segments // injector.MERGED if gro else segments
    if sent != expected:
        raise Lost(f"{segments} segments in at {CLIENT_DEVICE}, {sent} packets instead of {expected} out at {SERVER_DEVICE}")
    return instructions


def _floor(namespace: Namespace, connection: injector.Connection, gro: bool) -> float:
    """The same segments for another machine: dropped on entry to the IPv4 layer, after GRO."""
    foreign = dataclasses.replace(connection, destination_mac=FOREIGN_MAC)
    with namespace.entered():
        return repeated(lambda: injector.run(foreign, injector.ACK, SEGMENTS, gro), RUNS_OF_MANY)
