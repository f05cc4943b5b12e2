#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How connections by full NAT are spread over local addresses and ports: reads `rvsadm --json connection list`.

    local_spread.py FIRST-PORT LAST-PORT

Prints for the addresses, and for sixteenths of the ports, how many there are and by how much the farthest one is from the mean, in
thousandths of it, and how many connections share server and local endpoint with another one:
    addresses=3 off=12 ports=16 off=31 shared=0
"""

import collections
import json
import sys

PARTS = 16


def farthest(counts):
    mean = sum(counts.values()) / len(counts)
    return round(1000 * max(abs(count - mean) / mean for count in counts.values()))


def main():
    first, last = int(sys.argv[1]), int(sys.argv[2])
    connections = json.load(sys.stdin)["connections"]
    addresses = collections.Counter(one["local_address"] for one in connections)
    ports = collections.Counter((one["local_port"] - first) * PARTS // (last - first + 1) for one in connections)
    ends = {(one["server_address"], one["server_port"], one["local_address"], one["local_port"]) for one in connections}
    print(
        f"addresses={len(addresses)} off={farthest(addresses)} ports={len(ports)} off={farthest(ports)}"
        f" shared={len(connections) - len(ends)}"
    )


main()
