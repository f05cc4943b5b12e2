# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's packet generator, feeding packets to a device as if they had been received on it.

Interface: Documentation/networking/pktgen.rst of the kernel. A generator belongs to the network namespace that its files
are opened in, so these functions must run inside the namespace (see namespace.Namespace.entered).
"""

import dataclasses
import re

from flows import Flows, FlowsByPort

DIRECTORY = "/proc/net/pktgen"


class GeneratorError(Exception):
    """The generator did not send what it was asked to."""


@dataclasses.dataclass(frozen=True)
class Stream:
    """UDP packets, received on `device`: over IPv4 60 bytes without a checksum, over IPv6 80 bytes with one."""

    device: str
    # Another address than the device's makes ip_rcv() drop the packet: this is how the floor is measured.
    destination_mac: str
    flows: Flows | FlowsByPort


def _write(name: str, line: str) -> None:
    with open(f"{DIRECTORY}/{name}", "w", encoding="ascii") as file:
        file.write(line)


def _configure(stream: Stream, count: int) -> None:
    _write("kpktgend_0", "rem_device_all")
    _write("kpktgend_0", f"add_device {stream.device}")
    for line in (
        # One buffer used for many packets would be cloned, and a writer would copy it: nothing a device does.
        "clone_skb 0",
        "flag !SHARED",
        "xmit_mode netif_receive",
        f"count {count}",
        "delay 0",
        f"dst_mac {stream.destination_mac}",
        *stream.flows.lines,
    ):
        _write(stream.device, line)


# Packets dropped count as errors to the generator, which is no concern of this: see measure.forwarded().
_RESULT = re.compile(r"Result: OK: (\d+)\(c\d+\+d\d+\) usec, (\d+) \(\d+byte,")


def run(stream: Stream, count: int) -> float:
    """Send `count` packets, each of the next flow; return the instructions a packet.

    Where a nanosecond of guest time is one instruction, the generator's microseconds are thousands of instructions.
    """
    _configure(stream, count)
    _write("pgctrl", "start")
    with open(f"{DIRECTORY}/{stream.device}", encoding="ascii") as file:
        text = file.read()
    found = _RESULT.search(text)
    if not found or int(found[2]) != count:
        raise GeneratorError(f"{stream.device}: {count} packets were asked for:\n{text}")
    return int(found[1]) * 1000 / count
