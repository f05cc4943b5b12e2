#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reads /proc/net/ip_vs_conn in many ways, or files as exporters of metrics do.

    proc_readers.py pieces                  once at a time, and in pieces of several sizes, from several places: "same"
    proc_readers.py slowly                  is told: "read COUNT" reads so many bytes more, "end FIRST LAST" the rest:
                                            rows=COUNT twice=COUNT wanted=COUNT, those whose client has such a port
    proc_readers.py exporter                as prometheus' procfs: one line for each server of /proc/net/ip_vs, and one of
                                            /proc/net/ip_vs_stats
"""

import collections
import os
import socket
import struct
import sys

CONNECTIONS = "/proc/net/ip_vs_conn"


def read(size):
    descriptor = os.open(CONNECTIONS, os.O_RDONLY)
    pieces = iter(lambda: os.read(descriptor, size), b"")
    text = b"".join(pieces)
    os.close(descriptor)
    return text


def without_seconds(text):
    return [line.split()[:-1] for line in text.splitlines()]


def pieces():
    whole = read(1 << 20)
    for size in (1, 7, 79, 4095, 4096, 4097, 65536):
        text = read(size)
        if without_seconds(text) != without_seconds(whole):
            return f"differs when {size} bytes are read at a time"
    descriptor = os.open(CONNECTIONS, os.O_RDONLY)
    for offset in (len(whole) - 10, 0, 1, len(whole) // 2, 80, len(whole)):
        # Seconds take as many columns whatever they are, and may differ.
        part = os.pread(descriptor, 30, offset)
        if len(part) != min(30, len(whole) - offset):
            return f"{len(part)} bytes from {offset} on"
    for _ in range(2):
        os.lseek(descriptor, 0, os.SEEK_SET)
        if os.read(descriptor, 40) != whole[:40]:
            return "does not begin again"
    return "same"


def slowly():
    descriptor = os.open(CONNECTIONS, os.O_RDONLY)
    text = b""
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "read":
            text += os.read(descriptor, int(numbers[0]))
            print("ok", flush=True)
            continue
        while piece := os.read(descriptor, 4096):
            text += piece
        first, last = map(int, numbers)
        rows = collections.Counter(tuple(line.split()[:5]) for line in text.decode().splitlines()[1:])
        ports = [int(row[2], 16) for row in rows]
        twice = sum(count > 1 for count in rows.values())
        wanted = sum(first <= port <= last for port in ports)
        print(f"rows={rows.total()} twice={twice} wanted={wanted}", flush=True)


def endpoint(text):
    address, port = text.rsplit(":", 1)
    if address.startswith("["):
        return f"{address}:{int(port, 16)}"
    if len(text) != 13:
        raise ValueError(text)
    return f"{socket.inet_ntoa(struct.pack('!I', int(address, 16)))}:{int(port, 16)}"


def exporter():
    with open("/proc/net/ip_vs", encoding="ascii") as file:
        lines = file.read().splitlines()
    if not lines[0].startswith("IP Virtual Server version"):
        raise ValueError(lines[0])
    service = None
    for line in lines[3:]:
        words = line.split()
        if words[0] in ("TCP", "UDP"):
            service = f"{words[0].lower()}/{endpoint(words[1])}"
        elif words[0] == "FWM":
            service = f"mark/{int(words[1], 16)}"
        elif words[0] == "->":
            _, server, forward, *numbers = words
            if len(numbers) != 3:
                raise ValueError(line)
            print("server", service, endpoint(server), forward, *map(int, numbers))
        else:
            raise ValueError(line)
    with open("/proc/net/ip_vs_stats", encoding="ascii") as file:
        lines = file.read().splitlines()
    if len(lines) < 4:
        raise ValueError("ip_vs_stats is too short")
    words = lines[2].split()
    if len(words) != 5:
        raise ValueError(lines[2])
    print("stats", *(int(word, 16) for word in words))


def main():
    result = {"pieces": pieces, "slowly": slowly, "exporter": exporter}[sys.argv[1]]()
    if result:
        print(result)


main()
