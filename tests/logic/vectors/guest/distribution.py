# SPDX-License-Identifier: GPL-2.0-only
"""How many of 100 000 connections each of 1, 3, 10 and 250 servers gets. The kernel's packet generator sends them, each
from another client, one after the other to addresses in turn; a mark names the service that all these are of.
"""

import ipaddress
import itertools
import subprocess
import time

import ipvs

HEADER = """\
# SPDX-License-Identifier: GPL-2.0-only
# Of how many connections each server got how many. Recorded, not written: tests/logic/vectors/record distribution
# {system}
#
# shares SCHEDULER COUNT...      of the servers, the first that was added first. Their weights are 1, 2, 3, 4, 0, 1 and
#                                so on. Datagram number K, from 1, is of port 9 of {client} + K, and to
#                                {address} + K modulo {addresses}.
"""

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sed", "nq", "sh", "mh", "dh", "lblc", "lblcr", "fo", "ovf", "twos")
SERVERS = (1, 3, 10, 250)
CONNECTIONS = 100_000
ADDRESSES = 500
MARK = 4711
# One before the first of each that the generator makes.
CLIENT = ipaddress.ip_address("198.18.0.0")
ADDRESS = ipaddress.ip_address("172.31.0.0")
# Seconds in which no connection comes when there are no more packets.
SETTLED = 2


def pktgen(file, line):
    with open(f"/proc/net/pktgen/{file}", "w", encoding="ascii") as control:
        control.write(line)


def prepare():
    ipvs.run("modprobe", "pktgen")
    ipvs.run("ip", "link", "add", "generator", "type", "veth", "peer", "name", "arrival")
    for device in ("generator", "arrival"):
        ipvs.run("ip", "link", "set", device, "up")
    ipvs.run("ip", "addr", "add", "198.51.100.1/24", "dev", "arrival")
    for knob in ("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.arrival.rp_filter=0",
                 f"net.core.netdev_max_backlog={2 * CONNECTIONS}"):
        ipvs.run("sysctl", "-qw", knob)
    ipvs.run("nft", f"add table ip marking; add chain ip marking arriving {{ type filter hook prerouting priority -150; }};"
             f" add rule ip marking arriving iifname arrival meta mark set {MARK}")
    with open("/sys/class/net/arrival/address", encoding="ascii") as file:
        address = file.read().strip()
    pktgen("kpktgend_0", "rem_device_all")
    pktgen("kpktgend_0", "add_device generator")
    for line in (f"count {CONNECTIONS}", "delay 0", "pkt_size 60", "clone_skb 0", f"dst_mac {address}",
                 f"src_min {CLIENT}", f"src_max {CLIENT + CONNECTIONS}",
                 f"dst_min {ADDRESS}", f"dst_max {ADDRESS + ADDRESSES - 1}",
                 "udp_src_min 9", "udp_src_max 9", f"udp_dst_min {ipvs.PORT}", f"udp_dst_max {ipvs.PORT}"):
        pktgen("generator", line)


def load():
    """C ip_vs as it is before the first connection."""
    # The schedulers that are loaded hold it.
    with open("/proc/modules", encoding="ascii") as modules:
        names = [line.split()[0] for line in modules]
    ipvs.run("ipvsadm", "-C")
    subprocess.run(["modprobe", "-r", *(name for name in names if name.startswith("ip_vs_")), "ip_vs"], check=True)
    ipvs.run("modprobe", "ip_vs")
    ipvs.run("ipvsadm", "--set", "7200", "7200", "7200")


def counts():
    """Connections of each server by address."""
    found = {}
    with open("/proc/net/ip_vs", encoding="ascii") as table:
        for line in table:
            words = line.split()
            if words[0] == "->" and words[1] != "RemoteAddress:Port":
                found[ipvs.parse_address(words[1].split(":")[0])] = int(words[4]) + int(words[5])
    return found


def dropped():
    """Packets that found no room in the queue of a CPU: the second number of each."""
    with open("/proc/net/softnet_stat", encoding="ascii") as table:
        return sum(int(line.split()[1], 16) for line in table)


def shares(scheduler, servers):
    load()
    ipvs.run("ipvsadm", "-A", "-f", str(MARK), "-s", scheduler)
    addresses = [f"10.99.0.{number}" for number in range(1, servers + 1)]
    changes = "".join(
        f"-a -f {MARK} -r {address}:{ipvs.PORT} -g -w {number % 5}\n" for number, address in enumerate(addresses, 1)
    )
    subprocess.run(["ipvsadm", "-R"], input=changes, text=True, check=True)
    pktgen("pgctrl", "start")
    found = {}
    # All are on their way. Some schedulers have no server for some clients.
    while sum(found.values()) < CONNECTIONS and found != (now := counts()):
        found = now
        time.sleep(SETTLED)
    if dropped():
        raise RuntimeError("packets were dropped")
    return [found[address] for address in addresses]


def check_order():
    """Clients and addresses are those that the file says."""
    expected = {
        (str(CLIENT + number), str(ADDRESS + number % ADDRESSES))
        for number in (1, 2, ADDRESSES - 1, ADDRESSES, ADDRESSES + 1, CONNECTIONS)
    }
    with open("/proc/net/ip_vs_conn", encoding="ascii") as table:
        seen = {
            (ipvs.parse_address(words[1]), ipvs.parse_address(words[3]))
            for words in map(str.split, itertools.islice(table, 1, None))
        }
    missing = expected - seen
    if missing:
        raise RuntimeError(f"no connection of {missing}")


def record(directory, system):
    prepare()
    with open(f"{directory}/distribution.txt", "w", encoding="ascii") as out:
        out.write(HEADER.format(system=system, client=CLIENT, address=ADDRESS, addresses=ADDRESSES))
        for scheduler, servers in itertools.product(SCHEDULERS, SERVERS):
            begun = time.monotonic()
            line = " ".join(map(str, shares(scheduler, servers)))
            out.write(f"shares {scheduler} {line}\n")
            out.flush()
            if (scheduler, servers) == ("rr", 3):
                check_order()
            print(f"distribution: {scheduler} {servers}: {time.monotonic() - begun:.1f} s", flush=True)
    ipvs.run("ipvsadm", "-C")
