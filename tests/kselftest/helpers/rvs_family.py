# SPDX-License-Identifier: GPL-2.0-only
"""The family rvs: its numbers (docs/netlink.md), written out once more, for they must never change."""

import ipaddress
import socket
import struct

from genl import Socket, attribute, nest, string, u32

INFO_GET, SERVICE_ADD, SERVICE_SET, SERVICE_DEL, SERVICE_GET = range(1, 6)
DEST_ADD, DEST_SET, DEST_DEL, DEST_GET, FLUSH, STATS_GET, CONNECTION_GET = range(6, 13)
TIMEOUTS_GET, TIMEOUTS_SET, ZERO, TEMPLATE_GET = range(13, 17)
POOL_ADD, POOL_SET, POOL_DEL, POOL_GET, POOL_ADDRESS_ADD, POOL_ADDRESS_DEL, POOL_ADDRESS_GET, POOL_LEVEL = range(17, 25)

# Attribute set "service".
PROTOCOL, ADDR4, ADDR6, PORT, SCHEDULER, FORWARD, DESTS, SERVICE_STATS, SCHEDULER_FLAGS, FAST_PATH = range(1, 11)
SERVICE_TIMEOUTS, LAST_PORT, ALL_PORTS, FAMILY, MARK, ONE_PACKET, SERVICE_PERSISTENCE, REMOVAL, SERVICE_POOL, ENAT_NO_ROOM, TOA = range(11, 22)
# Attribute set "persistence".
PERSISTENCE_TIMEOUT, PERSISTENCE_MASK4, PERSISTENCE_PREFIX6, PERSISTENCE_ENGINE = range(1, 5)
# Attribute set "timeouts".
TIMEOUT_TCP, TIMEOUT_TCP_FIN, TIMEOUT_UDP = range(1, 4)
# Attribute set "dest"; address, port and forward have the numbers they have above.
SERVICE, WEIGHT, ACTIVE, INACTIVE, DEST_STATS, UPPER_THRESHOLD, LOWER_THRESHOLD, OVERLOADED = 1, 5, 7, 8, 9, 10, 11, 12
TUNNEL, TUNNEL_PORT, TUNNEL_CHECKSUM = range(14, 17)
KEEP_PORT = 18
# Attribute set "connection"; the service has the number it has above.
CLIENT_ADDR4, CLIENT_ADDR6, CLIENT_PORT, DEST_ADDR4, DEST_ADDR6, DEST_PORT, CONNECTION_FORWARD, STATE, EXPIRES = range(2, 11)
CONNECTION_PROTOCOL, VIRTUAL_ADDR4, VIRTUAL_ADDR6, VIRTUAL_PORT = range(11, 15)
# Attribute set "pool".
POOL_NAME, POOL_FIRST_PORT, POOL_LAST_PORT, POOL_ADDRESSES, POOL_SERVICES = range(1, 6)
# Attribute set "pool-address"; addresses have the numbers they have above.
POOL, LAST_ADDR4, LAST_ADDR6 = 1, 4, 5
# Attribute set "info".
VERSION, SERVICES, CONNECTIONS, BUCKETS = range(1, 5)

NAT, DR, TUN = range(3)
FULLNAT, ENAT = 5, 6
IPIP, GRE, GUE = range(3)
NO_CHECKSUM, FULL_CHECKSUM, REMOTE_CHECKSUM = range(3)


def addr4(text):
    return attribute(ADDR4, ipaddress.IPv4Address(text).packed)


def addr6(text):
    return attribute(ADDR6, ipaddress.IPv6Address(text).packed)


def addr(text):
    """An address of either family, that of IPv6 in brackets."""
    return addr6(text[1:-1]) if text.startswith("[") else addr4(text)


def tunnel_port(number):
    return attribute(TUNNEL_PORT, number.to_bytes(2, "big"))


def port(number):
    return attribute(PORT, struct.pack("!H", number))


def last_port(number):
    return attribute(LAST_PORT, struct.pack("!H", number))


def mark_key(mark, family=socket.AF_INET):
    return u32(FAMILY, family) + u32(MARK, mark)


def service_key(address, number, protocol=socket.IPPROTO_TCP):
    return u32(PROTOCOL, protocol) + addr(address) + port(number)


def dest_key(service, address, number):
    return nest(SERVICE, service) + addr(address) + port(number)


class Rvs(Socket):
    """The family in the namespace of this process."""

    def __init__(self, **options):
        super().__init__("rvs", **options)

    def must(self, command, attributes=b""):
        answer = self.ask(command, attributes)
        if answer.errno:
            raise OSError(answer.errno, f"command {command}: {answer.text}")
        return answer

    def add_service(self, key, scheduler="rr"):
        self.must(SERVICE_ADD, key + string(SCHEDULER, scheduler) + u32(FORWARD, NAT))

    def configuration(self):
        """All services and destinations, in the order of the kernel, without counters."""
        services, dests = self.dump(SERVICE_GET), self.dump(DEST_GET)
        for answer in services, dests:
            if answer.errno or answer.interrupted:
                raise OSError(answer.errno, "a dump without changes failed or was interrupted")
        return (
            [without(found, SERVICE_STATS) for _, found, _ in services.messages],
            [without(found, ACTIVE, INACTIVE, DEST_STATS, OVERLOADED) for _, found, _ in dests.messages],
        )


def without(attributes, *numbers):
    return {number: value for number, value in attributes.items() if number not in numbers}
