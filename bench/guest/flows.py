# SPDX-License-Identifier: GPL-2.0-only
"""Which packets: a number of UDP flows, one after the other and exactly that many."""

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
    def last_source(self) -> ipaddress.IPv4Address:
        return self.source if self.clients_receive else self.source + (self.clients - 1)

    @property
    def last_destination(self) -> ipaddress.IPv4Address:
        return self.destination + (self.clients - 1) if self.clients_receive else self.destination


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
