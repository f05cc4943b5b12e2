# SPDX-License-Identifier: GPL-2.0-only
"""Segments of TCP connections, or packets of one SCTP association, received on a device (see ../injector/rvs_injector.c)."""

import dataclasses
import ipaddress
import subprocess

MODULE = "/rvs/rvs_injector.ko"
_PARAMETERS = "/sys/module/rvs_injector/parameters"
SYN, ACK = 0x02, 0x10
# Chunks of SCTP, in the place of flags.
DATA, INIT, INIT_ACK, COOKIE_ECHO, COOKIE_ACK = 0x100, 0x101, 0x102, 0x10A, 0x10B
# Segments that GRO makes one packet of.
MERGED = 16


@dataclasses.dataclass(frozen=True)
class Connection:
    """From the side that sends: the first one, of so many consecutive clients or servers."""

    device: str
    destination_mac: str
    client: ipaddress.IPv4Address
    client_port: int
    server: ipaddress.IPv4Address
    server_port: int
    clients: int = 1
    servers: int = 1


def load() -> None:
    subprocess.run(["insmod", MODULE], check=True)


def is_apart(address: ipaddress.IPv4Address) -> bool:
    """Whether no address of the caller's network namespace is in the hash chain in which routing looks for `address`."""
    return _answers("apart", f"{int(address):x}")


def is_foremost(device: str, address: ipaddress.IPv4Address) -> bool:
    """Whether the neighbour is found first in its hash chain."""
    return _answers("foremost", f"{device} {int(address):x}")


def _answers(parameter: str, question: str) -> bool:
    try:
        with open(f"{_PARAMETERS}/{parameter}", "w", encoding="ascii") as file:
            file.write(question)
    except FileExistsError:
        return False
    return True


def run(connection: Connection, flags: int, segments: int, gro: bool) -> float:
    """Inject segments into a device of the caller's network namespace; return the instructions a segment."""
    words = [connection.device, connection.destination_mac, f"{int(connection.client):x}", f"{int(connection.server):x}",
             connection.client_port, connection.server_port, f"{flags:x}", segments, int(gro), connection.clients,
             connection.servers]
    with open(f"{_PARAMETERS}/send", "w", encoding="ascii") as file:
        file.write(" ".join(map(str, words)))
    with open(f"{_PARAMETERS}/nanoseconds", encoding="ascii") as file:
        return int(file.read()) / segments
