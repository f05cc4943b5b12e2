# SPDX-License-Identifier: GPL-2.0-only
"""Packets at regular times, and the longest time without (see ../injector/rvs_probe.c)."""

import subprocess

from injector import Connection

MODULE = "/rvs/rvs_probe.ko"
_CONTROL = "/sys/module/rvs_probe/parameters/run"


def load() -> None:
    subprocess.run(["insmod", MODULE], check=True)


def _write(line: str) -> None:
    with open(_CONTROL, "w", encoding="ascii") as file:
        file.write(line + "\n")


def start(connection: Connection, microseconds: int) -> None:
    """On a device of the caller's network namespace."""
    _write(" ".join(map(str, (connection.device, connection.destination_mac, f"{int(connection.client):x}",
                              f"{int(connection.server):x}", connection.client_port, connection.server_port, microseconds))))


def stop() -> dict:
    """What was seen; `gap` is in nanoseconds."""
    _write("")
    with open(_CONTROL, encoding="ascii") as file:
        words, _, during = file.read().rstrip("\n").partition(" during=")
    return {name: int(value) for name, value in (word.split("=") for word in words.split())} | {"during": during}
