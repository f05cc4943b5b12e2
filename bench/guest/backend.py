# SPDX-License-Identifier: GPL-2.0-only
"""The two load balancers under one interface: RVS by rvsadm, C ip_vs by ipvsadm."""

import ipaddress
import subprocess

from namespace import Namespace


class Unsupported(Exception):
    """The load balancer does not have what a case needs."""


def _tool(namespace: Namespace, command: list[str]) -> None:
    with namespace.entered():
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unsupported(f"{' '.join(command)}: {(done.stderr or done.stdout).strip().splitlines()[0]}")


class Rvs:
    name = "rvs"

    def __init__(self, path: str = "slow"):
        self.path = path

    def load(self) -> None:
        subprocess.run(["insmod", "/rvs/rvs.ko"], check=True)

    def unload(self) -> None:
        subprocess.run(["rmmod", "rvs"], check=True)

    def add_service(self, namespace: Namespace, address: ipaddress.IPv4Address, port: int, scheduler: str) -> None:
        _tool(namespace, ["rvsadm", "service", "add", f"udp/{address}:{port}", "--scheduler", scheduler])

    def add_server(
        self, namespace: Namespace, address: ipaddress.IPv4Address, port: int, server: ipaddress.IPv4Address, method: str
    ) -> None:
        _tool(namespace, ["rvsadm", "server", "add", f"udp/{address}:{port}", str(server), f"--{method}"])


class IpVs:
    name = "ip_vs"
    path = "slow"
    _METHODS = {"nat": "--masquerading", "dr": "--gatewaying", "tun": "--ipip"}

    def __init__(self, table_bits: int | None = None):
        self.table_bits = table_bits

    def load(self) -> None:
        options = [f"conn_tab_bits={self.table_bits}"] if self.table_bits else []
        subprocess.run(["modprobe", "ip_vs", *options], check=True)

    def unload(self) -> None:
        # Schedulers hold the module; modprobe removes what nothing uses along with it.
        with open("/proc/modules", encoding="ascii") as file:
            schedulers = [line.split()[0] for line in file if line.startswith("ip_vs_")]
        subprocess.run(["rmmod", *schedulers, "ip_vs"], check=True)

    def add_service(self, namespace: Namespace, address: ipaddress.IPv4Address, port: int, scheduler: str) -> None:
        _tool(namespace, ["ipvsadm", "--add-service", "--udp-service", f"{address}:{port}", "--scheduler", scheduler])

    def add_server(
        self, namespace: Namespace, address: ipaddress.IPv4Address, port: int, server: ipaddress.IPv4Address, method: str
    ) -> None:
        service = ["--udp-service", f"{address}:{port}"]
        _tool(namespace, ["ipvsadm", "--add-server", *service, "--real-server", f"{server}:{port}", self._METHODS[method]])
