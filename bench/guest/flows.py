# SPDX-License-Identifier: GPL-2.0-only
"""Which packets: a number of UDP flows, one after the other and exactly that many.

Over IPv4 they differ in the client's address, over IPv6 in its port: pktgen counts no addresses there.
"""

import dataclasses
import ipaddress

# RFC 2544 leaves 198.18.0.0/15 to measurements; clients need more room than that, and get it from RFC 1918's 10/8.
FIRST_CLIENT = ipaddress.IPv4Address("10.64.0.1")
CLIENTS = ipaddress.IPv4Network("10.64.0.0/10")


@dataclasses.dataclass(frozen=True)
class Flows:
    """Packets from (or, for replies, to) `clients` consecutive addresses; ports are fixed."""

    source: ipaddress.IPv4Address
    destination: ipaddress.IPv4Address
    source_port: int
    destination_port: int
    clients: int
    clients_receive: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """For pktgen."""
        last = self.clients - 1
        return (
            "pkt_size 60",
            f"src_min {self.source}",
            f"src_max {self.source + (0 if self.clients_receive else last)}",
            f"dst_min {self.destination}",
            f"dst_max {self.destination + (last if self.clients_receive else 0)}",
            f"udp_src_min {self.source_port}",
            f"udp_src_max {self.source_port}",
            f"udp_dst_min {self.destination_port}",
            f"udp_dst_max {self.destination_port}",
        )


@dataclasses.dataclass(frozen=True)
class FlowsByPort:
    """Packets over IPv6 from (or, for replies, to) `clients` consecutive ports of one address."""

    source: ipaddress.IPv6Address
    destination: ipaddress.IPv6Address
    source_port: int
    destination_port: int
    clients: int
    clients_receive: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """For pktgen, to which the last port is the first that is not used, unless it is the only one."""
        more = self.clients if self.clients > 1 else 0
        return (
            "flag UDPCSUM",
            "pkt_size 80",
            f"src6 {self.source}",
            f"dst6 {self.destination}",
            f"udp_src_min {self.source_port}",
            f"udp_src_max {self.source_port + (0 if self.clients_receive else more)}",
            f"udp_dst_min {self.destination_port}",
            f"udp_dst_max {self.destination_port + (more if self.clients_receive else 0)}",
        )


CLIENT_PORT = 40000


def requests(address: ipaddress.IPv4Address, port: int, clients: int, skip: int = 0) -> Flows:
    """Packets of `clients` clients to one address, leaving out the first `skip` clients."""
    return Flows(FIRST_CLIENT + skip, address, CLIENT_PORT, port, clients)


def outbound(address: ipaddress.IPv4Address, strangers: int) -> Flows:
    """Packets of one server from a port that nobody else uses to so many strangers."""
    return Flows(address, FIRST_CLIENT, 50000, 443, strangers, clients_receive=True)


def replies(address: ipaddress.IPv4Address, port: int, clients: int, skip: int = 0) -> Flows:
    """Packets of one server to the clients of requests()."""
    return Flows(address, FIRST_CLIENT + skip, port, CLIENT_PORT, clients, clients_receive=True)


# RFC 5180 leaves 2001:2::/48 to measurements.
CLIENTS6 = ipaddress.IPv6Network("2001:2:0:c::/64")
FIRST_PORT = 1024
# Flows that one address may have.
MOST_PORTS = 62_500


def requests6(address: ipaddress.IPv6Address, port: int, clients: int, host: int = 1) -> FlowsByPort:
    """Packets to one address from so many ports of a client."""
    return FlowsByPort(CLIENTS6[host], address, FIRST_PORT, port, clients)


def replies6(address: ipaddress.IPv6Address, port: int, clients: int) -> FlowsByPort:
    """Packets of one server to the ports of requests6()."""
    return FlowsByPort(address, CLIENTS6[1], port, FIRST_PORT, clients, clients_receive=True)
