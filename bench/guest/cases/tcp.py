# SPDX-License-Identifier: GPL-2.0-only
"""Segments of an established TCP connection, each by itself and merged by GRO."""

import injected
import injector
import results
from flows import CLIENT_PORT, FIRST_CLIENT
from measure import settle
from namespace import CLIENT_DEVICE, MAC, VIP, Namespace, server

_PORT = 80
# So many take over 100 ms of guest time. Runs of ip_vs as short as 30 ms differ by an instruction a segment; its estimation
# wakes every 40 ms.
SEGMENTS = 4800 * injector.MERGED


def run(clients, backend, method: str, gro: bool) -> None:
    namespace = Namespace(f"tcp-{backend.name}-{method}-{'gro' if gro else 'segment'}", clients)
    connection = injector.Connection(CLIENT_DEVICE, MAC[CLIENT_DEVICE], FIRST_CLIENT, CLIENT_PORT, VIP, _PORT)
    try:
        backend.add_service(namespace, VIP, _PORT, "rr", protocol="tcp")
        backend.add_server(namespace, VIP, _PORT, server(0), method, protocol="tcp")
        injected.forwarded(namespace, connection, injector.SYN, 1)
        settle()
        name = results.key(f"tcp-{'gro-' if gro else ''}{method}", backend, 1)
        instructions = injected.established(namespace, connection, injector.ACK, SEGMENTS, name, gro)
        results.row(name, instructions=instructions, floor=injected.floor(namespace, connection, injector.ACK, SEGMENTS, gro),
                    counted=f"segment of an established TCP connection{', GRO included' if gro else ''}")
    finally:
        namespace.close()
        settle()
