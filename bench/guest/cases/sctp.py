# SPDX-License-Identifier: GPL-2.0-only
"""Packets of an established SCTP association by NAT, to the service's port and to another one, which changes the CRC32c."""

import injected
import injector
import results
from flows import CLIENT_PORT, FIRST_CLIENT
from measure import settle
from namespace import CLIENT_DEVICE, MAC, SERVER_DEVICE, VIP, Namespace, server

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
            injected.forwarded(namespace, connection, chunk, 1)
        settle()
        name = results.key(case, backend, 1)
        instructions = injected.established(namespace, request, injector.DATA, PACKETS, name)
        results.row(name, instructions=instructions, floor=injected.floor(namespace, request, injector.DATA, PACKETS),
                    counted="packet of an established SCTP association, with 1440 bytes of data")
    finally:
        namespace.close()
        settle()
