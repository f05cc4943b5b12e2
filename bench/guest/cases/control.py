# SPDX-License-Identifier: GPL-2.0-only
"""Configuration: many services loaded, listed, one of them changed, all deleted.

Each load balancer gets the same from one client, one request at a time, by its own family, and RVS once more by the family
IPVS. What that client and netlink cost themselves is measured by requests that do nothing, and is the rows' floor.
"""

import ipaddress
import socket
import subprocess
import time

import held
import region
import results
from configuration import requests
from measure import settle
from namespace import VIP, Namespace, server
from netlink import NOTHING

SERVERS = 10
_CHANGES = 1000
# Of configurations of which it is measured how long anybody else has to wait.
_MANY_SERVERS = ipaddress.IPv4Address("10.100.0.0")
# Nanoseconds, or instructions, for which RVS may hold the mutex of the configuration.
_LONGEST = 10_000_000


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

    def key(what):
        return results.key(f"{case}-{what}-{size}", backend)

    def row(what, instructions, floor, counted):
        results.row(key(what), instructions=instructions, floor=floor, counted=counted)

    def acknowledged(what, messages, count):
        with region.region(key(what), count):
            return family.acknowledged(messages) / count

    nothing = family.acknowledged([NOTHING] * _CHANGES) / _CHANGES
    row("load", acknowledged("load", load, entries), nothing, f"service or server added, of {entries}, one request each")
    settle()
    row("change", acknowledged("change", changes, _CHANGES), nothing, "weight of one server changed, one request each")
    dumps = to.dump(services)
    with region.region(key("dump"), entries):
        instructions, received = family.dumped(dumps)
    row("dump", instructions / entries, 0, f"service or server listed, of {entries} ({received} bytes), the client included")
    row("flush", acknowledged("flush", [to.flush()], entries), nothing / entries,
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


class HeldTooLong(Exception):
    """Others had to wait."""


def held_mutex(clients, backend, services: int, servers: int) -> None:
    """How long the mutex of the configuration is held at a time, as each step of a configuration's life is done."""
    namespace = Namespace(f"held-{backend.name}-{services}x{servers}", clients)
    try:
        with requests(namespace, backend, socket.IPPROTO_TCP) as to, held.looked_at(backend.name):
            keys = [(VIP, 1024 + number) for number in range(services)]
            changes = [to.set_weight(*keys[i % services], _MANY_SERVERS + i % servers, 2 + i) for i in range(_CHANGES)]
            load = [message for key in keys for message in
                    (to.add_service(*key), *(to.add_server(*key, _MANY_SERVERS + i) for i in range(servers)))]
            worst = held.Held()
            for what, act in (
                ("load", lambda: to.family.acknowledged(load)),
                ("change", lambda: to.family.acknowledged(changes)),
                ("zero", lambda: to.family.acknowledged([to.zero()])),
                ("dump", lambda: to.family.dumped(to.dump(keys))),
                ("flush", lambda: to.family.acknowledged([to.flush()])),
            ):
                with held.longest() as seen:
                    act()
                    settle()
                results.row(results.key(f"config-held-{what}-{services}x{servers}", backend), instructions=seen.longest,
                            counted=f"the longest of {seen.times} times that mutexes were held, by {seen.by}")
                worst = max(worst, seen, key=lambda one: one.longest)
    finally:
        namespace.close()
        settle()
    if backend.name == "rvs" and worst.longest > _LONGEST:
        raise HeldTooLong(f"a mutex was held for {worst.longest} ns, by {worst.by}")
