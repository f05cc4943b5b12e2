# SPDX-License-Identifier: GPL-2.0-only
"""Configuration: many services loaded, listed, one of them changed, all deleted.

Each load balancer gets the same from one client, one request at a time, by its own family, and RVS once more by the family
IPVS. What that client and netlink cost themselves is measured by requests that do nothing, and is the rows' floor.
"""

import socket
import subprocess
import time

import results
from configuration import requests
from measure import settle
from namespace import VIP, Namespace, server
from netlink import NOTHING

SERVERS = 10
_CHANGES = 1000


def run(clients, backend, services: int, case: str = "config") -> None:
    namespace = Namespace(f"control-{backend.name}-{services}", clients)
    try:
        with requests(namespace, backend, socket.IPPROTO_TCP) as to:
            _measure(case, backend, to, [(VIP, 1024 + number) for number in range(services)])
    finally:
        namespace.close()
        settle()


def _measure(case, backend, to, services) -> None:
    family = to.family
    size = f"{len(services)}x{SERVERS}"
    load = [message for service in services for message in
            (to.add_service(*service), *(to.add_server(*service, server(i)) for i in range(SERVERS)))]
    changes = [to.set_weight(*services[i % len(services)], server(i % SERVERS), 2 + i) for i in range(_CHANGES)]
    entries = len(load)
    settle()

    def row(what, instructions, floor, counted):
        results.row(results.key(f"{case}-{what}-{size}", backend), instructions=instructions, floor=floor, counted=counted)

    nothing = family.acknowledged([NOTHING] * _CHANGES) / _CHANGES
    row("load", family.acknowledged(load) / entries, nothing, f"service or server added, of {entries}, one request each")
    settle()
    row("change", family.acknowledged(changes) / _CHANGES, nothing, "weight of one server changed, one request each")
    instructions, received = family.dumped(to.dump(services))
    row("dump", instructions / entries, 0, f"service or server listed, of {entries} ({received} bytes), the client included")
    row("flush", family.acknowledged([to.flush()]) / entries, nothing / entries,
        f"service or server deleted, of {entries}, by one request, until it is acknowledged")


def by_tool(clients, backend, services: int) -> None:
    """As an administrator does it: ipvsadm reads a file."""
    name = results.key(f"config-restore-{services}x{SERVERS}", backend)
    namespace = Namespace(f"restore-{backend.name}-{services}", clients)
    try:
        lines = []
        for number in range(services):
            service = f"-t {VIP}:{1024 + number}"
            lines.append(f"-A {service} -s wlc")
            lines += [f"-a {service} -r {server(i)}:{1024 + number} -g -w 1" for i in range(SERVERS)]
        text = "\n".join(lines) + "\n"
        settle()
        with namespace.entered():
            begin = time.monotonic_ns()
            subprocess.run(["ipvsadm", "--restore"], input=text, text=True, check=True)
            instructions = time.monotonic_ns() - begin
        results.row(name, instructions=instructions / len(lines),
                    counted=f"service or server added, of {len(lines)}, by ipvsadm --restore; kernel and tool")
    finally:
        namespace.close()
        settle()
