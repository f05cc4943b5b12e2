# SPDX-License-Identifier: GPL-2.0-only
"""Requests of the two netlink families that configure services, each made of the same numbers.

Servers are reached by direct routing, at the port of the service.
"""

import contextlib
import ipaddress
import socket
import struct

from netlink import Family, attribute, nest, port, string, u16, u32

Address = ipaddress.IPv4Address


class RvsRequests:
    """docs/netlink.md; include/uapi/linux/rvs.h."""

    def __init__(self, protocol: int):
        self.family = Family("rvs")
        self._protocol = protocol

    def _key(self, address: Address, number: int) -> list[bytes]:
        return [u32(1, self._protocol), attribute(2, address.packed), port(4, number)]

    def add_service(self, address: Address, number: int) -> bytes:
        return self.family.change(2, *self._key(address, number), string(5, "wlc"))

    def _server(self, command: int, address: Address, number: int, server: Address, weight: int) -> bytes:
        return self.family.change(command, nest(1, *self._key(address, number)), attribute(2, server.packed), port(4, number),
                                  u32(5, weight), u32(6, 1))

    def add_server(self, address: Address, number: int, server: Address) -> bytes:
        return self._server(6, address, number, server, 1)

    def set_weight(self, address: Address, number: int, server: Address, weight: int) -> bytes:
        return self._server(7, address, number, server, weight)

    def dump(self, _services: list[tuple[Address, int]]) -> list[bytes]:
        """All services, then all servers."""
        return [self.family.dump(5), self.family.dump(9)]

    def zero(self) -> bytes:
        return self.family.change(15)

    def flush(self) -> bytes:
        return self.family.change(10)


class IpVsRequests:
    """include/uapi/linux/ip_vs.h; as ipvsadm fills them."""

    def __init__(self, protocol: int):
        self.family = Family("IPVS")
        self._protocol = protocol

    def _key(self, address: Address, number: int) -> list[bytes]:
        return [u16(1, socket.AF_INET), u16(2, self._protocol), attribute(3, address.packed + bytes(12)), port(4, number)]

    def add_service(self, address: Address, number: int) -> bytes:
        flags_and_mask = attribute(7, struct.pack("=II", 0, 0xffffffff))
        return self.family.change(1, nest(1, *self._key(address, number), string(6, "wlc"), flags_and_mask, u32(8, 0),
                                          u32(9, 0xffffffff)))

    def _server(self, command: int, address: Address, number: int, server: Address, weight: int) -> bytes:
        direct_routing = u32(3, 3)
        dest = [attribute(1, server.packed + bytes(12)), port(2, number), direct_routing, u32(4, weight), u32(5, 0), u32(6, 0),
                u16(11, socket.AF_INET)]
        return self.family.change(command, nest(1, *self._key(address, number)), nest(2, *dest))

    def add_server(self, address: Address, number: int, server: Address) -> bytes:
        return self._server(5, address, number, server, 1)

    def set_weight(self, address: Address, number: int, server: Address, weight: int) -> bytes:
        return self._server(6, address, number, server, weight)

    def dump(self, services: list[tuple[Address, int]]) -> list[bytes]:
        """All services, then the servers of each: the family has no dump of all servers."""
        return [self.family.dump(4)] + [self.family.dump(8, nest(1, *self._key(*service))) for service in services]

    def zero(self) -> bytes:
        return self.family.change(16)

    def flush(self) -> bytes:
        return self.family.change(17)


_REQUESTS = {"rvs": RvsRequests, "IPVS": IpVsRequests}


@contextlib.contextmanager
def requests(namespace, backend, protocol: int):
    """Requests to the family of the load balancer, for the length of a with block."""
    with namespace.entered():
        found = _REQUESTS[backend.family](protocol)
    try:
        yield found
    finally:
        found.family.close()
