# SPDX-License-Identifier: GPL-2.0-only
"""What is recorded. A case is a service and the steps taken with it; each step is a tuple, see `record.py`.

Random cases are drawn from a seed of their own, so that a case stays the same when another one is added.
"""

import dataclasses
import ipaddress
import random
import string


@dataclasses.dataclass
class Case:
    title: str
    steps: list
    flags: tuple = ()
    ipv6: bool = False
    tcp: bool = False
    # Whether a mark names the service, which then has many addresses.
    marked: bool = False
    # Whether the choice depends on the connections that the servers have.
    loads: bool = False


def add(weights, thresholds=(), ports=()):
    """One step for each server, A and so on."""
    for index, weight in enumerate(weights):
        threshold = thresholds[index] if index < len(thresholds) else 0
        port = ports[index] if index < len(ports) else 80
        yield ("add", string.ascii_uppercase[index], port, weight, threshold)


def flows(count, seed="flows", ipv6=False):
    """Clients that differ in every byte."""
    draw = random.Random(f"{seed} {count} {ipv6}")
    for _ in range(count):
        if ipv6:
            address = ipaddress.ip_address(0xFD01 << 112 | draw.getrandbits(112))
        else:
            # 10.128.0.0/9; servers are in the other half.
            address = ipaddress.ip_address(10 << 24 | 1 << 23 | draw.getrandbits(23))
        yield ("flow", str(address), draw.randrange(1024, 65536))


def ports_of_one_client(count):
    return [("flow", "10.128.0.1", 2000 + 7 * number) for number in range(count)]


def edits(seed, rounds, burst, weights=(0, 1, 2, 3, 4, 6, 10, 20)):
    """Rounds of adding, removing and re-weighting, with clients in between."""
    draw = random.Random(f"edits {seed}")
    present = {}
    clients = flows(rounds * burst, seed)
    steps = []
    for _ in range(rounds):
        absent = [name for name in string.ascii_uppercase[:8] if name not in present]
        action = draw.choice(["add", "add", "set", "set", "del"])
        if absent and (action == "add" or len(present) < 2):
            name = draw.choice(absent)
            present[name] = draw.choice(weights)
            steps.append(("add", name, 80, present[name], 0))
        elif action == "del":
            name = draw.choice(sorted(present))
            del present[name]
            steps.append(("del", name))
        else:
            name = draw.choice(sorted(present))
            present[name] = draw.choice(weights)
            steps.append(("set", name, present[name], 0))
        steps += [next(clients) for _ in range(draw.randrange(burst))]
    return steps


def list_schedulers():
    """Cases for those that walk the list: rr and wrr."""
    weight_sets = [(1, 1, 1), (4, 3, 2), (5, 1, 1), (10, 20, 30), (3, 0, 7), (0, 0), (6,), (1, 50), (6, 4, 9, 0, 3)]
    for weights in weight_sets:
        title = "weights " + " ".join(map(str, weights))
        yield Case(title, [*add(weights), *flows(2 * sum(weights) + 3 if sum(weights) < 40 else 70)])
    yield Case("no server", [*flows(2)])
    yield Case("upper thresholds", [*add((3, 1, 2), (4, 0, 3)), *flows(20)], loads=True)
    yield Case("all reach their threshold", [*add((2, 1), (3, 2)), *flows(8)], loads=True)
    for seed in range(6):
        yield Case(f"random edits {seed}", edits(f"list {seed}", 40, 8))


def load_schedulers():
    """Cases for those that compare loads: lc and wlc."""
    weight_sets = [(1, 1, 1), (4, 3, 2), (10, 20, 30), (3, 0, 7), (0, 0), (1, 2147483647, 65535)]
    for weights in weight_sets:
        yield Case("weights " + " ".join(map(str, weights)), [*add(weights), *flows(24)], loads=True)
    yield Case("upper thresholds", [*add((3, 1, 2), (4, 0, 3)), *flows(20)], loads=True)
    for seed in range(4):
        yield Case(f"random edits {seed}", edits(f"load {seed}", 25, 8), loads=True)
    for seed in range(3):
        draw = random.Random(f"tcp {seed}")
        steps = list(add([draw.choice((1, 1, 2, 3, 5)) for _ in range(4)]))
        open_clients = []
        for client in flows(40, f"tcp {seed}"):
            steps.append(client)
            open_clients.append(client[1:])
            while len(open_clients) > 4 and draw.random() < 0.5:
                steps.append(("close", *open_clients.pop(draw.randrange(len(open_clients)))))
        yield Case(f"established and closed TCP {seed}", steps, tcp=True, loads=True)


def opened_and_closed(seed, weights, count, open_at_most, visited=(), thresholds=(), rounds=0):
    """TCP connections, of which no more than so many are open at the same time. With addresses to visit they are to one
    of these each, with rounds servers change their weights, go and return in between. With thresholds they stay: what is
    closed expires at some time, which changes who is full.
    """
    draw = random.Random(f"opened and closed {seed}")
    steps = list(add(weights, thresholds))
    names = string.ascii_uppercase[:len(weights)]
    changes = set(draw.sample(range(count), rounds))
    gone = None
    open_clients = []
    for number, client in enumerate(flows(count, f"opened and closed {seed}")):
        if number in changes:
            if gone:
                steps.append(("add", gone, 80, draw.choice((1, 2, 3)), 0))
                gone = None
            elif draw.random() < 0.4:
                gone = draw.choice(names)
                steps.append(("del", gone))
            else:
                steps.append(("set", draw.choice(names), draw.choice((0, 1, 2, 4, 8)), 0))
        steps.append(("visit", *client[1:], draw.choice(visited)) if visited else client)
        open_clients.append(client[1:])
        while not thresholds and (
            len(open_clients) > open_at_most or (len(open_clients) > 2 and draw.random() < 0.4)
        ):
            steps.append(("close", *open_clients.pop(draw.randrange(len(open_clients)))))
    return steps


def active_schedulers():
    """Cases for those that look at active connections: sed, nq and ovf."""
    yield from load_schedulers()
    for number, weights in enumerate([(1, 1, 1, 1), (1, 2, 4), (5, 3, 1, 0), (2, 2, 7, 3, 1)]):
        title = "TCP, weights " + " ".join(map(str, weights))
        yield Case(title, opened_and_closed(title, weights, 60, 12 + number), tcp=True, loads=True)
    steps = opened_and_closed("full", (3, 2, 6), 24, 0, thresholds=(2, 9, 5))
    yield Case("TCP, upper thresholds", steps, tcp=True, loads=True)


def failover():
    """Cases for fo."""
    for weights in [(1, 1, 1), (4, 3, 2), (2, 9, 5, 9), (3, 0, 7), (0, 0), (1, 2147483647, 65535)]:
        yield Case("weights " + " ".join(map(str, weights)), [*add(weights), *flows(6)], loads=True)
    yield Case("upper thresholds", [*add((3, 1, 2), (4, 0, 3)), *flows(20)], loads=True)
    yield Case("no server", [*flows(2)])
    for seed in range(4):
        yield Case(f"random edits {seed}", edits(f"failover {seed}", 25, 8), loads=True)


def visits(count, seed):
    draw = random.Random(f"visits {seed}")
    return [("visit", *client[1:], draw.randrange(1, 255)) for client in flows(count, f"visits {seed}")]


def destination_hash():
    """Cases for dh."""
    for weights in [(1, 1, 1, 1, 1), (5, 1, 2), (3, 0, 7, 1), (0, 0), (6,)]:
        title = "weights " + " ".join(map(str, weights))
        yield Case(title, [*add(weights), *visits(150, title)], marked=True)
    yield Case("upper threshold", [*add((1, 1, 1), (0, 5, 0)), *visits(60, "full")], marked=True, loads=True)
    for ipv6 in (False, True):
        steps = [("visit", *client[1:], "") for client in flows(20, "one", ipv6)]
        yield Case(f"one address, {'IPv6' if ipv6 else 'IPv4'}", [*add((1, 1, 1, 1, 1)), *steps], ipv6=ipv6)
    for seed in range(4):
        draw = random.Random(f"visits of edits {seed}")
        steps = [
            ("visit", *step[1:], draw.randrange(1, 255)) if step[0] == "flow" else step
            for step in edits(f"destinations {seed}", 20, 12)
        ]
        yield Case(f"random edits {seed}", steps, marked=True)


def localities(sets):
    """Cases for lblc and, with `sets`, lblcr. Without a threshold for lblc, which sends connections beyond it to who had
    those before.
    """
    for number, weights in enumerate([(1, 1, 1), (2, 1, 3, 1), (8, 8, 8), (1, 0, 2), (0, 0), (3, 3, 3, 3, 3, 3)]):
        title = "weights " + " ".join(map(str, weights))
        steps = opened_and_closed(f"locality {title}", weights, 70, 10 + 2 * number, (1, 2, 3))
        yield Case(title, steps, tcp=True, marked=True, loads=True)
    for seed in range(6):
        steps = opened_and_closed(f"locality {seed}", (2, 1, 2, 4), 90, 16, (1, 2), rounds=16)
        yield Case(f"random edits {seed}", steps, tcp=True, marked=True, loads=True)
    yield Case("many addresses", [*add((1, 2, 3)), *visits(120, "many")], marked=True, loads=True)
    if not sets:
        return
    steps = opened_and_closed("full set", (2, 2, 2), 30, 0, (1, 2), thresholds=(3, 12, 5))
    yield Case("upper thresholds", steps, tcp=True, marked=True, loads=True)
    for seed in range(3):
        steps = opened_and_closed(f"expiring {seed}", (2, 1, 3, 1), 60, 14, (1, 2))
        places = [place for place, step in enumerate(steps) if step[0] == "visit"][20::6]
        for place in reversed(places):
            steps.insert(place, ("later",))
        yield Case(f"sets become smaller {seed}", steps, tcp=True, marked=True, loads=True)


FLAGS = [(), ("port",), ("fallback",), ("port", "fallback")]


def hash_schedulers(great):
    """Cases for those that hash the client; `great` are weights that exceed the table."""
    for flags in FLAGS:
        name = ",".join(flags) or "plain"
        yield Case(f"{name}, equal weights", [*add((1, 1, 1, 1, 1)), *flows(150)], flags)
        yield Case(f"{name}, a weight of 0", [*add((1, 3, 2, 5)), ("set", "B", 0, 0), *flows(120)], flags)
        yield Case(f"{name}, added with weight 0", [*add((2, 0, 1)), *flows(60), ("set", "B", 4, 0), *flows(60, "b")], flags)
        yield Case(f"{name}, ports of one client", [*add((2, 1, 3)), *ports_of_one_client(40)], flags)
        yield Case(f"{name}, upper threshold", [*add((1, 1, 1), (0, 5, 0)), *flows(60)], flags, loads=True)
        yield Case(f"{name}, all weights 0", [*add((1, 2)), ("set", "A", 0, 0), ("set", "B", 0, 0), *flows(6)], flags)
        yield Case(f"{name}, random edits", edits(f"hash {name}", 20, 12), flags)
        yield Case(f"{name}, IPv6", [*add((1, 2, 0, 3)), *flows(80, "v6", True)], flags, ipv6=True)
    for weights in great:
        yield Case("weights " + " ".join(map(str, weights)), [*add(weights), *flows(120)])
    yield Case("servers on other ports", [*add((1, 1, 1), ports=(8080, 8081, 80)), *flows(100)])
    yield Case("no server", [*flows(2)])


CASES = {
    "rr": list(list_schedulers()),
    "wrr": list(list_schedulers()),
    "lc": list(load_schedulers()),
    "wlc": list(load_schedulers()),
    "sh": list(hash_schedulers([(100, 100, 100), (300, 1), (200, 40, 40)])),
    "sed": list(active_schedulers()),
    "nq": list(active_schedulers()),
    "dh": list(destination_hash()),
    "lblc": list(localities(False)),
    "lblcr": list(localities(True)),
    "fo": list(failover()),
    "ovf": list(active_schedulers()),
    "mh": list(hash_schedulers([(100, 200, 300), (3, 5, 7), (65535, 1, 300), (2147483647, 2, 1000000), (640, 63, 64)])),
}
