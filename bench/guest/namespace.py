# SPDX-License-Identifier: GPL-2.0-only
"""The director's network namespace: a device towards clients, a device towards servers, neighbours that are known.

Dummy devices end a packet's way as soon as a driver would have it, so what is counted is the director's own work.
"""

import contextlib
import ipaddress
import os
import subprocess

import injector
from flows import CLIENTS6, FIRST_CLIENT

CLIENT_DEVICE = "client0"
SERVER_DEVICE = "server0"
MAC = {CLIENT_DEVICE: "02:00:00:00:01:01", SERVER_DEVICE: "02:00:00:00:02:01"}
FOREIGN_MAC = "02:00:00:00:0f:0f"
_GATEWAY_MAC = "02:00:00:00:01:02"
_SERVER_MAC = "02:00:00:00:02:02"

_CLIENT_NETWORK = ipaddress.IPv4Network("192.0.2.0/24")
_SERVER_NETWORK = ipaddress.IPv4Network("198.18.0.0/16")
VIP = _CLIENT_NETWORK[100]
# One of them is the way to the clients.
_GATEWAYS = [_CLIENT_NETWORK[number] for number in range(2, 100)]
SERVERS = 250


def server(number: int) -> ipaddress.IPv4Address:
    """Address of real server 0, 1, …"""
    return _SERVER_NETWORK[10 + number]


_CLIENT_NETWORK6 = ipaddress.IPv6Network("2001:2:0:1::/64")
_SERVER_NETWORK6 = ipaddress.IPv6Network("2001:2:0:2::/64")
VIP6 = _CLIENT_NETWORK6[100]
_SERVERS6 = 10


def server6(number: int) -> ipaddress.IPv6Address:
    """IPv6 address of real server 0, 1, …"""
    return _SERVER_NETWORK6[10 + number]


def server_side(version: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The director's own address on the way to the servers."""
    return (_SERVER_NETWORK if version == 4 else _SERVER_NETWORK6)[1]


def _batch(name: str | None, lines: list[str]) -> None:
    command = ["ip"] + (["-n", name] if name else []) + ["-batch", "-"]
    subprocess.run(command, input="\n".join(lines), text=True, check=True)


# More than there are at any time later: the kernel's hash table of neighbours grows with them, and changes no more then.
_MOST_NEIGHBOURS = 1000


def settle_neighbours() -> None:
    """To be called before the first namespace is made. A table that grows turns its chains round."""
    name = "neighbours"
    subprocess.run(["ip", "netns", "add", name], check=True)
    _batch(name, ["link add many0 type dummy", "link set many0 up"] + [
        f"neighbour add {_SERVER_NETWORK[1 + i]} lladdr {_SERVER_MAC} dev many0 nud permanent" for i in range(_MOST_NEIGHBOURS)
    ])
    subprocess.run(["ip", "netns", "delete", name], check=True)


_TRACKING = "table ip bench { chain prerouting { type filter hook prerouting priority filter; ct state invalid drop; }; }"


class Namespace:
    """Created when made, gone after close()."""

    def __init__(self, name: str, clients: ipaddress.IPv4Network):
        self.name = name
        # Each namespace has a hash key of its own for its addresses. Where one shares a chain with the source of packets,
        # they cost 5 instructions more.
        while not self._make(clients):
            self.close()

    def _make(self, clients: ipaddress.IPv4Network) -> bool:
        """Returns whether the sources of packets share no chain with an address of the director."""
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        lines = ["link set lo up"]
        for device, mac, address in (
            (CLIENT_DEVICE, MAC[CLIENT_DEVICE], f"{_CLIENT_NETWORK[1]}/24"),
            (SERVER_DEVICE, MAC[SERVER_DEVICE], f"{_SERVER_NETWORK[1]}/16"),
        ):
            lines += [
                f"link add {device} address {mac} type dummy",
                # IPv6 would send its own packets in the middle of a measurement.
                f"link set {device} addrgenmode none",
                f"address add {address} dev {device}",
                f"link set {device} up",
            ]
        lines += [f"address add {VIP}/32 dev {CLIENT_DEVICE}"]
        # The newest of a chain is found first: what every case sends to comes last.
        lines += [
            f"neighbour add {server(i)} lladdr {_SERVER_MAC} dev {SERVER_DEVICE} nud permanent" for i in reversed(range(SERVERS))
        ]
        _batch(self.name, lines)
        _batch(self.name, [f"route add {clients} via {self._add_gateway()} dev {CLIENT_DEVICE}"])
        with self.entered():
            with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
                file.write("1")
            return all(injector.is_apart(source) for source in (FIRST_CLIENT, server(0)))

    def _add_gateway(self) -> ipaddress.IPv4Address:
        """Add the neighbour on the way to the clients; return its address, one that does not come before server(0) in a chain.

        Packets to the server would pass it, which takes 5 instructions. Whose chain is whose depends on where the devices are
        in memory.
        """
        for gateway in _GATEWAYS:
            neighbour = f"{gateway} dev {CLIENT_DEVICE}"
            _batch(self.name, [f"neighbour add {neighbour} lladdr {_GATEWAY_MAC} nud permanent"])
            with self.entered():
                if all(injector.is_foremost(*next_hop) for next_hop in ((CLIENT_DEVICE, gateway), (SERVER_DEVICE, server(0)))):
                    return gateway
            _batch(self.name, [f"neighbour delete {neighbour}"])
        raise LookupError(f"{self.name}: {server(0)} is first in its hash chain with none of {len(_GATEWAYS)} gateways")

    def add_ipv6(self) -> None:
        """Addresses, neighbours and forwarding of IPv6. Dummy devices have no multicast, so nothing is sent by itself."""
        lines = [
            f"address add {_CLIENT_NETWORK6[1]}/64 dev {CLIENT_DEVICE} nodad",
            f"address add {_SERVER_NETWORK6[1]}/64 dev {SERVER_DEVICE} nodad",
            f"address add {VIP6}/128 dev {CLIENT_DEVICE} nodad",
            f"neighbour add {_CLIENT_NETWORK6[2]} lladdr {_GATEWAY_MAC} dev {CLIENT_DEVICE} nud permanent",
            *(f"neighbour add {server6(i)} lladdr {_SERVER_MAC} dev {SERVER_DEVICE} nud permanent"
              for i in reversed(range(_SERVERS6))),
            f"route add {CLIENTS6} via {_CLIENT_NETWORK6[2]} dev {CLIENT_DEVICE}",
        ]
        _batch(self.name, lines)
        with self.entered():
            with open("/proc/sys/net/ipv6/conf/all/forwarding", "w", encoding="ascii") as file:
                file.write("1")
            for device in (CLIENT_DEVICE, SERVER_DEVICE):
                # Packets come with their checksum, as they do from a network: else pktgen would leave it to the device.
                subprocess.run(["ethtool", "-K", device, "tx-checksum-ip-generic", "off"], check=True, stdout=subprocess.DEVNULL)

    def close(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=True)

    @contextlib.contextmanager
    def entered(self):
        """The calling process is inside for the length of a with block."""
        outside = os.open("/proc/self/ns/net", os.O_RDONLY)
        inside = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            os.setns(inside, os.CLONE_NEWNET)
            yield
        finally:
            os.setns(outside, os.CLONE_NEWNET)
            os.close(inside)
            os.close(outside)

    def sent(self, device: str) -> int:
        """Packets that left by `device` since it exists."""
        with self.entered(), open("/proc/net/dev", encoding="ascii") as file:
            for line in file:
                name, _, counters = line.partition(":")
                if name.strip() == device:
                    # include/uapi/linux/if_link.h order as /proc/net/dev prints it: eight of reception, then sent bytes, packets.
                    return int(counters.split()[9])
        raise LookupError(device)

    def mark(self, port: int, mark: int) -> None:
        """Have the firewall mark datagrams to this port."""
        rule = f"udp dport {port} meta mark set {mark}"
        rules = f"table ip bench {{ chain prerouting {{ type filter hook prerouting priority raw; {rule}; }}; }}"
        with self.entered():
            subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)

    def track_connections(self, rules: str = _TRACKING) -> None:
        """Have nf_conntrack work here, as any firewall rule on a connection's state does."""
        with self.entered():
            subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
        # More than any case has flows: what is measured is conntrack at work, not its refusals.
        with open("/proc/sys/net/netfilter/nf_conntrack_max", "w", encoding="ascii") as file:
            file.write(str(1 << 22))
