# SPDX-License-Identifier: GPL-2.0-only
"""Packets of an established SCTP association by NAT, to the service's port and to another one, which changes the CRC32c."""

import dataclasses

import injector
import region
import results
from flows import CLIENT_PORT, FIRST_CLIENT
from measure import RUNS_OF_MANY, Lost, repeated, settle
from namespace import CLIENT_DEVICE, FOREIGN_MAC, MAC, SERVER_DEVICE, VIP, Namespace, server

_PORT = 3868
# As many as segments of TCP.
PACKETS = 4800 * injector.MERGED


def run(clients, backend, other_port: bool) -> None:
    case = f"sctp-nat{'-port' if other_port else ''}"
    namespace = Namespace(f"{case}-{backend.name}", clients)
    port = _PORT + 1 if other_port else _PORT
    request = injector.Connection(CLIENT_DEVICE, MAC[CLIENT_DEVICE], FIRST_CLIENT, CLIENT_PORT, VIP, _PORT)
    reply = injector.Connection(SERVER_DEVICE, MAC[SERVER_DEVICE], server(0), port, FIRST_CLIENT, CLIENT_PORT)
    try:
        backend.add_service(namespace, VIP, _PORT, "rr", protocol="sctp")
        backend.add_server(namespace, VIP, _PORT, server(0), "nat", protocol="sctp", server_port=port)
        for connection, chunk in ((request, injector.INIT), (reply, injector.INIT_ACK),
                                  (request, injector.COOKIE_ECHO), (reply, injector.COOKIE_ACK)):
            _forwarded(namespace, connection, chunk, 1)
        settle()
        name = results.key(case, backend, 1)
        instructions = repeated(lambda: _forwarded(namespace, request, injector.DATA, PACKETS), RUNS_OF_MANY)
        if region.wanted:
            with region.region(name, PACKETS):
                _forwarded(namespace, request, injector.DATA, PACKETS)
        results.row(name, instructions=instructions, floor=_floor(namespace, request),
                    counted="packet of an established SCTP association, with 1440 bytes of data")
    finally:
        namespace.close()
        settle()


def _forwarded(namespace: Namespace, connection: injector.Connection, chunk: int, packets: int) -> float:
    out = SERVER_DEVICE if connection.device == CLIENT_DEVICE else CLIENT_DEVICE
    before = namespace.sent(out)
    with namespace.entered():
        instructions = injector.run(connection, chunk, packets, gro=False)
    sent = namespace.sent(out) - before
    if sent != packets:
        raise Lost(f"{packets} packets of chunk {chunk & 0xFF} in at {connection.device}, {sent} out at {out}")
    return instructions


def _floor(namespace: Namespace, connection: injector.Connection) -> float:
    """The same packets for another machine: dropped on entry to the IPv4 layer."""
    foreign = dataclasses.replace(connection, destination_mac=FOREIGN_MAC)
    with namespace.entered():
        return repeated(lambda: injector.run(foreign, injector.DATA, PACKETS, False), RUNS_OF_MANY)
