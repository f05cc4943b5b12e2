# SPDX-License-Identifier: GPL-2.0-only
"""The family IPVS: its numbers (include/uapi/linux/ip_vs.h), and what requests are made of."""

import ipaddress
import socket
import struct

from genl import Socket, attribute, attributes_in, string, u16, u32

NEW_SERVICE, SET_SERVICE, DEL_SERVICE, GET_SERVICE, NEW_DEST, SET_DEST, DEL_DEST, GET_DEST = range(1, 9)
NEW_DAEMON, DEL_DAEMON, GET_DAEMON, SET_CONFIG, GET_CONFIG, SET_INFO, GET_INFO, ZERO, FLUSH = range(9, 18)

# Of a message.
SERVICE, DEST, DAEMON, TIMEOUT_TCP, TIMEOUT_TCP_FIN, TIMEOUT_UDP = range(1, 7)
# Of a service.
AF, PROTOCOL, ADDR, PORT, FWMARK, SCHED_NAME, FLAGS, TIMEOUT, NETMASK, STATS, PE_NAME, STATS64 = range(1, 13)
# Of a destination.
DEST_ADDR, DEST_PORT, FWD_METHOD, WEIGHT, U_THRESH, L_THRESH, ACTIVE, INACTIVE, PERSISTENT = range(1, 10)
DEST_STATS, ADDR_FAMILY, DEST_STATS64, TUN_TYPE, TUN_PORT, TUN_FLAGS = range(10, 16)
# Of a daemon.
STATE, MCAST_IFN, SYNC_ID, SYNC_MAXLEN, MCAST_GROUP = range(1, 6)
# Of the answer to GET_INFO.
VERSION, CONN_TAB_SIZE = 1, 2

MASQUERADE, LOCAL, TUNNEL, DIRECT = range(4)
KEPT = 0x1
HASHED = 0x2
ALL = 0xFFFFFFFF


def plain_nest(number, *parts):
    """As IPVS and its clients have it, without the flag."""
    return attribute(number, b"".join(parts))


def address(text):
    """16 bytes, as libnl clients send them."""
    return ipaddress.IPv4Address(text).packed + bytes(12)


def service_id(ip, port, protocol=socket.IPPROTO_TCP, family=socket.AF_INET, addr=None):
    return (
        u16(AF, family)
        + u16(PROTOCOL, protocol)
        + attribute(ADDR, address(ip) if addr is None else addr)
        + attribute(PORT, struct.pack("!H", port))
    )


def service_rest(scheduler="rr", flags=0, mask=ALL, timeout=0, netmask=ALL):
    return (
        string(SCHED_NAME, scheduler)
        + attribute(FLAGS, struct.pack("=II", flags, mask))
        + u32(TIMEOUT, timeout)
        + u32(NETMASK, netmask)
    )


def service(*parts):
    return plain_nest(SERVICE, *parts)


def dest_id(ip, port, addr=None):
    return attribute(DEST_ADDR, address(ip) if addr is None else addr) + attribute(DEST_PORT, struct.pack("!H", port))


def dest_rest(method=MASQUERADE, weight=1, upper=0, lower=0):
    return u32(FWD_METHOD, method) + u32(WEIGHT, weight) + u32(U_THRESH, upper) + u32(L_THRESH, lower)


def dest(*parts):
    return plain_nest(DEST, *parts)


def without(parts, number):
    """Attributes but one."""
    return b"".join(attribute(kind, payload) for kind, payload in attributes_in(parts) if kind != number)


class Ipvs(Socket):
    def __init__(self, **options):
        super().__init__("IPVS", **options)

    def must(self, command, attributes=b""):
        answer = self.ask(command, attributes)
        if answer.errno:
            raise OSError(answer.errno, f"command {command}: {answer.text}")
        return answer

    def services(self):
        """(address, port) of each in a dump, in the order of the kernel."""
        answer = self.dump(GET_SERVICE)
        if answer.errno:
            raise OSError(answer.errno, "dump of services")
        return [key_of(message[SERVICE], ADDR, PORT) for _, message, _ in answer.messages]

    def dests(self, key):
        answer = self.dump(GET_DEST, service(key))
        if answer.errno:
            raise OSError(answer.errno, "dump of destinations")
        return [key_of(message[DEST], DEST_ADDR, DEST_PORT) for _, message, _ in answer.messages]


def key_of(data, addr, port):
    found = dict(attributes_in(data))
    return str(ipaddress.IPv4Address(found[addr][:4])), struct.unpack("!H", found[port])[0]
