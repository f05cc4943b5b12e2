# SPDX-License-Identifier: GPL-2.0-only
"""The two load balancers under one interface: RVS by rvsadm, C ip_vs by ipvsadm.

`family` is the netlink family by which cases configure them: that of RVS, or IPVS, which has one owner at a time.
"""

import dataclasses
import ipaddress
import json
import os
import subprocess

from flows import FIRST_CLIENT
from namespace import SERVER_DEVICE, Namespace, server_side
from netlink import Family


@dataclasses.dataclass(frozen=True)
class Persistence:
    """Clients keep their server for so long; those are one whose addresses begin with the same bits, of this number."""

    seconds: int
    network: int


class Unsupported(Exception):
    """The load balancer does not have what a case needs."""


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _endpoint(address: Address, port: int) -> str:
    return f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}"


def _tool(namespace: Namespace, command: list[str]) -> str:
    with namespace.entered():
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unsupported(f"{' '.join(command)}: {(done.stderr or done.stdout).strip().splitlines()[0]}")
    return done.stdout


# Bytes a read(2).
_READ = 1 << 16

# 1: packets of established flows take the fast path (the default), 0: all packets take the hooks that IPVS has.
_FAST_PATH = "/proc/sys/net/rvs/fast_path"

# Runs have more connections than what the memory of the guest would give a director by default.
_MAX_CONNECTIONS = "/proc/sys/net/rvs/max_connections"
_MOST_CONNECTIONS = 1 << 24

# The command of the family (docs/netlink.md).
CONNECTION_GET = 12


class Rvs:
    name = "rvs"
    _METHODS = {
        "nat": ["--nat"],
        "dr": ["--dr"],
        "tun": ["--tun"],
        "gre": ["--tun", "--tun-type", "gre"],
        "gue": ["--tun", "--tun-type", "gue", "--tun-port", "6080"],
    }
    connection_list = "the dump of connection-get"

    def __init__(self, path: str = "slow", family: str = "rvs"):
        self.path = path
        self.family = family

    def load(self) -> None:
        subprocess.run(["insmod", "/rvs/rvs.ko"], check=True)

    def unload(self) -> None:
        subprocess.run(["rmmod", "rvs"], check=True)

    @staticmethod
    def has_fast_path() -> bool:
        """Once the module is loaded."""
        return os.path.exists(_FAST_PATH)

    def prepare(self, namespace: Namespace) -> None:
        """Has to come before the first service."""
        if self.has_fast_path():
            with namespace.entered(), open(_FAST_PATH, "w", encoding="ascii") as control:
                control.write("1" if self.path == "fast" else "0")
        if os.path.exists(_MAX_CONNECTIONS):
            with namespace.entered(), open(_MAX_CONNECTIONS, "w", encoding="ascii") as control:
                control.write(str(_MOST_CONNECTIONS))

    def add_service(
        self, namespace: Namespace, address: Address, port: int, scheduler: str, protocol: str = "udp",
        persistent: Persistence | None = None,
    ) -> None:
        self.prepare(namespace)
        persistence = ["--persistent", f"{persistent.seconds}/{persistent.network}"] if persistent else []
        service = f"{protocol}/{_endpoint(address, port)}"
        _tool(namespace, ["rvsadm", "service", "add", service, "--scheduler", scheduler, *persistence])

    def add_server(
        self, namespace: Namespace, address: Address, port: int, server: Address, method: str,
        protocol: str = "udp", server_port: int | None = None,
    ) -> None:
        service, at = f"{protocol}/{_endpoint(address, port)}", _endpoint(server, server_port or port)
        _tool(namespace, ["rvsadm", "server", "add", service, at, *self._METHODS[method]])

    chooses_local_port = True

    def add_full_nat(
        self, namespace: Namespace, address: Address, port: int, server: Address,
        addresses: tuple[Address, int], ports: tuple[int, int], _clients: int | None,
        protocol: str = "udp", options: tuple[str, ...] = (),
    ) -> None:
        """A service of one server by full NAT, with a pool of so many local addresses from this one on, each of which has so
        many ports from this one on."""
        self.prepare(namespace)
        service, at = f"{protocol}/{_endpoint(address, port)}", _endpoint(server, port)
        (first, count), (first_port, port_count) = addresses, ports
        # Not `ip route add local`: with such a route the kernel looks up the source of each packet that it routes.
        prefix = f"{first}/24" if first.version == 4 else f"{first}/128"
        _tool(namespace, ["ip", "address", "add", prefix, "dev", "lo"])
        _tool(namespace, ["rvsadm", "pool", "add", "local", f"{first}-{first + count - 1}" if count > 1 else f"{first}",
                          "--ports", f"{first_port}-{first_port + port_count - 1}"])
        _tool(namespace, ["rvsadm", "service", "add", service, "--scheduler", "rr", "--pool", "local", *options])
        _tool(namespace, ["rvsadm", "server", "add", service, at, "--fullnat"])

    def add_enat(
        self, namespace: Namespace, address: Address, port: int, servers: tuple[Address, int], _local: Address,
        ports: tuple[int, int], _clients: int | None,
    ) -> None:
        """A service of TCP by ENAT, of one server at so many ports from that of the service on, with a pool of so many ports of
        the service's address from this one on. To each port of the server it gives all of its own."""
        self.prepare(namespace)
        service, (server, count), (first_port, port_count) = f"tcp/{_endpoint(address, port)}", servers, ports
        _tool(namespace, ["rvsadm", "pool", "add", "front", f"{address}", "--ports", f"{first_port}-{first_port + port_count - 1}"])
        _tool(namespace, ["rvsadm", "service", "add", service, "--scheduler", "rr", "--pool", "front", "--enat"])
        for server_port in range(port, port + count):
            _tool(namespace, ["rvsadm", "server", "add", service, _endpoint(server, server_port)])

    @staticmethod
    def local(first: Address, _flows: int) -> Address:
        """Whom the server answers first."""
        return first

    def add_mark(
        self, namespace: Namespace, mark: int, scheduler: str, port: int, servers: list[ipaddress.IPv4Address]
    ) -> None:
        """A service of a mark, with its servers by direct routing."""
        self.prepare(namespace)
        _tool(namespace, ["rvsadm", "service", "add", f"mark/{mark}", "--scheduler", scheduler])
        for server in servers:
            _tool(namespace, ["rvsadm", "server", "add", f"mark/{mark}", f"{server}", "--dr"])

    @staticmethod
    def read_connections() -> None:
        """Of the caller's network namespace."""
        family = Family("rvs")
        family.dumped([family.dump(CONNECTION_GET)])
        family.close()

    @staticmethod
    def has_long_chains(flows: int) -> bool:
        """Never: the table grows with its connections."""
        return False

    def connections(self, namespace: Namespace) -> int:
        """How many there are."""
        return json.loads(_tool(namespace, ["rvsadm", "--json", "show"]))["info"]["connections"]


class IpVs:
    name = "ip_vs"
    path = "slow"
    family = "IPVS"
    connection_list = "/proc/net/ip_vs_conn"
    # CONFIG_IP_VS_TAB_BITS: the largest table that ip_vs makes by itself.
    _DEFAULT_TABLE_BITS = 12
    # Entries.
    _LONG_CHAIN = 100
    _METHODS = {
        "nat": ["--masquerading"],
        "dr": ["--gatewaying"],
        "tun": ["--ipip"],
        "gre": ["--ipip", "--tun-type", "gre"],
        "gue": ["--ipip", "--tun-type", "gue", "--tun-port", "6080"],
    }

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

    def prepare(self, namespace: Namespace) -> None:
        """Nothing to choose."""

    def add_service(
        self, namespace: Namespace, address: Address, port: int, scheduler: str, protocol: str = "udp",
        persistent: Persistence | None = None,
    ) -> None:
        service = [f"--{protocol}-service", _endpoint(address, port)]
        if persistent:
            mask = ipaddress.IPv4Network((0, persistent.network)).netmask
            service += ["--persistent", str(persistent.seconds), "--netmask", str(mask)]
        _tool(namespace, ["ipvsadm", "--add-service", *service, "--scheduler", scheduler])

    def add_server(
        self, namespace: Namespace, address: Address, port: int, server: Address, method: str,
        protocol: str = "udp", server_port: int | None = None,
    ) -> None:
        service = [f"--{protocol}-service", _endpoint(address, port)]
        at = _endpoint(server, server_port or port)
        _tool(namespace, ["ipvsadm", "--add-server", *service, "--real-server", at, *self._METHODS[method]])

    # The firewall keeps that of the client, as long as nobody has it.
    chooses_local_port = False

    def add_full_nat(
        self, namespace: Namespace, address: Address, port: int, server: Address,
        addresses: tuple[Address, int], _ports: tuple[int, int], clients: int | None,
        protocol: str = "udp", _options: tuple[str, ...] = (),
    ) -> None:
        """What is done for want of it: NAT, with connection tracking, and nftables masquerades what goes to the servers. Where
        the number of clients is given it gives each an address of its own instead, from the first one on, so that it is known
        whom servers answer; the firewall decides so about first packets only."""
        ip, first = ("ip6" if address.version == 6 else "ip"), addresses[0]
        source = "masquerade"
        if clients:
            length = first.max_prefixlen - (clients + 1).bit_length()
            of, to = (ipaddress.ip_network(f"{one}/{length}", strict=False) for one in (FIRST_CLIENT, first))
            source = f"snat {ip} prefix to {ip} saddr map {{ {of} : {to} }}"
        rule = f"oif {SERVER_DEVICE} {ip} daddr {server} {source}"
        namespace.track_connections(f"table {ip} bench {{ chain out {{ type nat hook postrouting priority srcnat; {rule}; }}; }}")
        with namespace.entered(), open("/proc/sys/net/ipv4/vs/conntrack", "w", encoding="ascii") as control:
            control.write("1")
        self.add_service(namespace, address, port, "rr", protocol)
        self.add_server(namespace, address, port, server, "nat", protocol)

    def add_enat(
        self, namespace: Namespace, address: Address, port: int, servers: tuple[Address, int], local: Address,
        ports: tuple[int, int], clients: int | None,
    ) -> None:
        """What is done for want of full NAT; of local addresses this is the first one. One port of the server is enough."""
        self.add_full_nat(namespace, address, port, servers[0], (local, clients or 1), ports, clients, "tcp")

    @staticmethod
    def local(first: Address, flows: int) -> Address:
        """Whom the server answers first."""
        return first if flows > 1 else server_side(first.version)

    def add_mark(
        self, namespace: Namespace, mark: int, scheduler: str, port: int, servers: list[ipaddress.IPv4Address]
    ) -> None:
        """A service of a mark, with its servers by direct routing."""
        service = ["--fwmark-service", str(mark)]
        _tool(namespace, ["ipvsadm", "--add-service", *service, "--scheduler", scheduler])
        for server in servers:
            _tool(namespace, ["ipvsadm", "--add-server", *service, "--real-server", f"{server}:{port}", *self._METHODS["dr"]])

    @classmethod
    def read_connections(cls) -> None:
        """Of the caller's network namespace."""
        with open(cls.connection_list, "rb", buffering=0) as file:
            while file.read(_READ):
                pass

    def has_long_chains(self, flows: int) -> bool:
        """Whether the table has that many connections more than it has buckets for."""
        return flows > self._LONG_CHAIN << (self.table_bits or self._DEFAULT_TABLE_BITS)

    def connections(self, namespace: Namespace) -> int:
        """How many there are."""
        lines = _tool(namespace, ["ipvsadm", "--list", "--numeric"]).splitlines()
        return sum(sum(map(int, line.split()[-2:])) for line in lines if line.startswith("  -> ") and line[5].isdigit())
