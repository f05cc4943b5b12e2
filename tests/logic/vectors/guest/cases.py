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
    "mh": list(hash_schedulers([(100, 200, 300), (3, 5, 7), (65535, 1, 300), (2147483647, 2, 1000000), (640, 63, 64)])),
}
