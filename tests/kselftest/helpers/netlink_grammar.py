# SPDX-License-Identifier: GPL-2.0-only
"""What messages of the families rvs and IPVS are made of, and random ones by these rules, or nearly by them.

Family rvs: the rules are those that the kernel tells (CTRL_CMD_GETPOLICY), so that attributes that are new take part at
once. Family IPVS tells nothing of what is nested; its rules are those of include/uapi/linux/ip_vs.h.
"""

import ipaddress
import struct

import rvs_family
from genl import CTRL_ATTR_FAMILY_ID, GENL_ID_CTRL, NLA_F_NESTED, NLATTR, align, as_dict, attributes_in, u16

NLA_F_NET_BYTEORDER = 0x4000

# include/uapi/linux/genetlink.h, netlink.h
CTRL_CMD_GETPOLICY = 10
CTRL_ATTR_POLICY, CTRL_ATTR_OP_POLICY = 8, 9
CTRL_ATTR_POLICY_DO, CTRL_ATTR_POLICY_DUMP = 1, 2
POLICY_TYPE, POLICY_MIN_U, POLICY_MAX_U, POLICY_MAX_LENGTH, POLICY_IDX = 1, 4, 5, 7, 8
POLICY_KINDS = {1: "flag", 2: "u8", 3: "u16", 4: "u32", 5: "u64", 10: "binary", 11: "string", 12: "string", 13: "nest", 17: "u32"}

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}

VIRTUAL = ("198.51.100.1", "198.51.100.1", "198.51.100.2", "192.0.2.99", "203.0.113.7")
REAL = ("10.0.0.11", "10.0.0.12", "10.0.0.13")
VIRTUAL6 = ("2001:db8:6::1", "2001:db8:6::1", "2001:db8:6::2", "fe80::1", "::ffff:198.51.100.1")
REAL6 = ("fd00::11", "fd00::12", "fe80::11", "::1")
LOCAL = ("192.0.2.10", "192.0.2.11", "192.0.2.19", "192.0.4.10", "192.0.6.10")
LOCAL6 = ("2001:db8::10", "2001:db8::11", "2001:db8::19", "2001:db8::300", "2001:db8::500", "fe80::1")
PORTS = (80, 80, 7000, 0, 443, 65535)
SCHEDULERS = "rr wrr lc wlc sh mh dh sed nq lblc lblcr fo ovf twos".split()
NOT_SCHEDULERS = ("", "none", "a" * 15, "rr\0rr", "%s%n", "r r")


class Rule:
    """An attribute: its kind, what it may be to mean something, how often it is there, and limits to be tried.
    values6: what it may be in a message about IPv6, if that is something else."""

    def __init__(self, kind, values=(), share=None, limits=(), inner=None, values6=None):
        self.kind, self.limits, self.inner = kind, limits, inner
        self.values = (values, values if values6 is None else values6)
        self.share = [share if share is not None else 0.95 if found else 0.1 for found in self.values]
        if values6 is not None and bool(values) != bool(values6):
            # Of one version: there is seldom one of the other.
            self.share = [share if found else 0.02 for share, found in zip(self.share, self.values)]


class Node:
    """An attribute of a message that is being made: bytes, or others in it."""

    def __init__(self, number, content):
        self.number, self.content, self.length = number, content, None

    def packed(self):
        payload = self.content
        if isinstance(payload, list):
            payload = b"".join(node.packed() for node in payload)
        length = len(payload) + NLATTR.size if self.length is None else self.length
        header = NLATTR.pack(length & 0xFFFF, self.number & 0xFFFF)
        return header + payload + bytes(align(len(payload)) - len(payload))


def addresses(texts):
    return tuple(ipaddress.ip_address(text).packed for text in texts)


def big_endian(numbers):
    return tuple(struct.pack("!H", number) for number in numbers)


def numbers(kind, *values):
    return tuple(value.to_bytes(SIZES[kind], "little") for value in values)


def strings(*texts):
    return tuple(text.encode() + b"\0" for text in texts)


# --- family rvs: what makes sense, by the set of attributes

RVS_VALUES = {
    "service": {
        rvs_family.PROTOCOL: {"values": numbers("u32", 6, 6, 17, 17, 132)},
        rvs_family.ADDR4: {"values": addresses(VIRTUAL), "values6": ()},
        rvs_family.ADDR6: {"values6": addresses(VIRTUAL6)},
        rvs_family.PORT: {"values": big_endian(PORTS)},
        rvs_family.SCHEDULER: {"values": strings(*SCHEDULERS)},
        rvs_family.FORWARD: {"values": numbers("u32", 0, 0, 1, 2, 5)},
        rvs_family.SCHEDULER_FLAGS: {},
        rvs_family.FAST_PATH: {"values": numbers("u32", 0, 1)},
        rvs_family.MARK: {"values": numbers("u32", 1, 2, 7), "share": 0.03},
        rvs_family.FAMILY: {"values": numbers("u32", 2), "values6": numbers("u32", 10), "share": 0.05},
        rvs_family.SERVICE_POOL: {"values": strings("a", "b", ""), "share": 0.3},
    },
    "pool": {
        rvs_family.POOL_NAME: {"values": strings("a", "a", "b", "c")},
        rvs_family.POOL_FIRST_PORT: {"values": big_endian((1024, 20000, 0)), "share": 0.3},
        rvs_family.POOL_LAST_PORT: {"values": big_endian((1024, 65535, 0)), "share": 0.3},
    },
    "pool-address": {
        rvs_family.POOL: {"values": strings("a", "a", "b", "c")},
        rvs_family.ADDR4: {"values": addresses(LOCAL), "values6": ()},
        rvs_family.ADDR6: {"values6": addresses(LOCAL6)},
        rvs_family.LAST_ADDR4: {"values": addresses(LOCAL), "values6": (), "share": 0.3},
        rvs_family.LAST_ADDR6: {"values6": addresses(LOCAL6), "share": 0.3},
    },
    "dest": {
        rvs_family.ADDR4: {"values": addresses(REAL), "values6": ()},
        rvs_family.ADDR6: {"values6": addresses(REAL6)},
        rvs_family.PORT: {"values": big_endian(PORTS)},
        rvs_family.WEIGHT: {"values": numbers("u32", 0, 1, 1, 2, 5)},
        rvs_family.FORWARD: {"values": numbers("u32", 0, 0, 1, 2, 2, 5)},
        rvs_family.UPPER_THRESHOLD: {"values": numbers("u32", 0, 0, 100)},
        rvs_family.LOWER_THRESHOLD: {"values": numbers("u32", 0, 0, 50)},
        rvs_family.TUNNEL: {"values": numbers("u32", 0, 1, 2, 2), "share": 0.3},
        rvs_family.TUNNEL_PORT: {"values": big_endian((0, 5555)), "share": 0.3},
        rvs_family.TUNNEL_CHECKSUM: {"values": numbers("u32", 0, 1, 2), "share": 0.2},
        rvs_family.KEEP_PORT: {"values": numbers("u32", 0, 1), "share": 0.3},
    },
    "persistence": {
        rvs_family.PERSISTENCE_TIMEOUT: {"values": numbers("u32", 0, 1, 300)},
        rvs_family.PERSISTENCE_MASK4: {"values": (b"\xff\xff\xff\xff", b"\xff\xff\xff\x00"), "values6": (), "share": 0.5},
        rvs_family.PERSISTENCE_PREFIX6: {"values6": numbers("u32", 0, 1, 64, 128, 129), "share": 0.5},
    },
}
# Nests that are none that name a service, by their set and number.
RVS_NESTS = {
    ("service", rvs_family.SERVICE_TIMEOUTS): "timeouts",
    ("service", rvs_family.SERVICE_PERSISTENCE): "persistence",
}
RVS_SET = (
    {command: "service" for command in (1, 2, 3, 4, 5)}
    | {command: "dest" for command in (6, 7, 8, 9)}
    | {command: "pool" for command in (17, 18, 19, 20)}
    | {command: "pool-address" for command in (21, 22, 23)}
)


def little(payload):
    return int.from_bytes(payload, "little")


class RvsGrammar:
    """The rules as the kernel tells them."""

    flush = rvs_family.FLUSH
    # How often: what is made is to stay for a while, and to be read.
    weights = {rvs_family.FLUSH: 0.002, rvs_family.SERVICE_DEL: 0.3, rvs_family.DEST_DEL: 0.5, rvs_family.DEST_ADD: 3, rvs_family.POOL_DEL: 0.3}
    readers = (rvs_family.SERVICE_GET, rvs_family.DEST_GET, rvs_family.CONNECTION_GET, rvs_family.DEST_GET)

    def __init__(self, socket):
        family, socket.family = socket.family, GENL_ID_CTRL
        answer = socket.dump(CTRL_CMD_GETPOLICY, u16(CTRL_ATTR_FAMILY_ID, family))
        socket.family = family
        self.facts, operations = {}, {}
        for _, attributes, _ in answer.messages:
            for command, nest in attributes_in(attributes.get(CTRL_ATTR_OP_POLICY, b"")):
                operations[command] = {kind: little(index) for kind, index in attributes_in(nest)}
            for index, nest in attributes_in(attributes.get(CTRL_ATTR_POLICY, b"")):
                for number, facts in attributes_in(nest):
                    self.facts.setdefault(index, {})[number] = as_dict(facts)
        self.commands = {}
        for command in range(1, max(operations) + 3):
            found = operations.get(command, {})
            self.commands[command] = {
                "do": self.rules(found.get(CTRL_ATTR_POLICY_DO), RVS_SET.get(command)),
                "dump": self.rules(found.get(CTRL_ATTR_POLICY_DUMP), RVS_SET.get(command)),
            }

    def rules(self, index, name):
        rules = {}
        for number, facts in self.facts.get(index, {}).items():
            kind = POLICY_KINDS.get(little(facts[POLICY_TYPE]))
            sense = RVS_VALUES.get(name, {}).get(number, {})
            if kind == "nest" and POLICY_IDX in facts:
                nest = RVS_NESTS.get((name, number))
                inner = self.rules(little(facts[POLICY_IDX]), nest or "service")
                rules[number] = Rule(kind, share=0.1 if nest else 0.95, inner=inner)
            elif kind:
                limits = [little(facts[fact]) for fact in (POLICY_MIN_U, POLICY_MAX_U, POLICY_MAX_LENGTH) if fact in facts]
                rules[number] = Rule(kind, limits=limits, **sense)
        return rules

    def population(self):
        """Good requests, after which a dump takes several parts."""
        for name in "a", "b":
            yield rvs_family.POOL_ADD, rvs_family.string(rvs_family.POOL_NAME, name)
        yield rvs_family.POOL_ADDRESS_ADD, rvs_family.string(rvs_family.POOL, "a") + rvs_family.addr4("192.0.2.10")
        for number in range(150):
            key = rvs_family.service_key(f"203.0.113.{number}", 80)
            options = rvs_family.string(rvs_family.SCHEDULER, "wlc") + rvs_family.u32(rvs_family.FORWARD, rvs_family.NAT)
            yield rvs_family.SERVICE_ADD, key + options
            yield rvs_family.DEST_ADD, rvs_family.dest_key(key, "10.0.0.11", 8080)

    def left(self, socket):
        """Reads all that is there; yields what each service is deleted by."""
        answer = socket.dump(rvs_family.SERVICE_GET)
        key = self.commands[rvs_family.SERVICE_DEL]["do"]
        for _, attributes, _ in answer.messages:
            yield rvs_family.SERVICE_DEL, b"".join(
                Node(number, value).packed() for number, value in attributes.items() if number in key
            )
        # No service names them any more.
        for _, attributes, _ in socket.dump(rvs_family.POOL_GET).messages:
            yield rvs_family.POOL_DEL, Node(rvs_family.POOL_NAME, attributes[rvs_family.POOL_NAME]).packed()


# --- family IPVS

STATS = {number: Rule("u32") for number in range(1, 6)}

IPVS_SERVICE = {
    1: Rule("u16", numbers("u16", 2), values6=numbers("u16", 10)),
    2: Rule("u16", numbers("u16", 6, 6, 17, 17, 132)),
    3: Rule("binary", addresses(VIRTUAL), values6=addresses(VIRTUAL6), limits=(16,)),
    4: Rule("u16", big_endian(PORTS)),
    5: Rule("u32", numbers("u32", 1, 2, 7), share=0.1),
    6: Rule("string", strings(*SCHEDULERS), limits=(15,)),
    7: Rule("binary", tuple(struct.pack("=II", flags, mask) for flags in (0, 1, 4, 0x18, 0xFFFFFFFF) for mask in (0xFFFFFFFF, 1)), limits=(8,)),
    8: Rule("u32", numbers("u32", 0, 1, 300)),
    9: Rule("u32", (b"\xff\xff\xff\xff", b"\xff\xff\xff\x00"), values6=numbers("u32", 128, 64)),
    10: Rule("nest", share=0.05, inner=STATS),
    11: Rule("string", strings("sip"), share=0.02, limits=(16,)),
    12: Rule("nest", share=0.05, inner=STATS),
}
IPVS_DEST = {
    1: Rule("binary", addresses(REAL), values6=addresses(REAL6), limits=(16,)),
    2: Rule("u16", big_endian(PORTS)),
    3: Rule("u32", numbers("u32", 0, 0, 1, 2, 3, 4)),
    4: Rule("u32", numbers("u32", 0, 1, 1, 2, 5)),
    5: Rule("u32", numbers("u32", 0, 0, 100)),
    6: Rule("u32", numbers("u32", 0, 0, 50)),
    7: Rule("u32"),
    8: Rule("u32"),
    9: Rule("u32"),
    10: Rule("nest", share=0.05, inner=STATS),
    11: Rule("u16", numbers("u16", 2, 2, 2, 10), values6=numbers("u16", 10, 10, 10, 2), share=0.7),
    12: Rule("nest", share=0.05, inner=STATS),
    13: Rule("u8", numbers("u8", 0, 1, 2, 3), share=0.3),
    14: Rule("u16", big_endian((0, 5555)), share=0.3),
    15: Rule("u16", numbers("u16", 0, 1, 2), share=0.3),
}
IPVS_DAEMON = {
    1: Rule("u32", numbers("u32", 1, 2, 3)),
    2: Rule("string", strings("lo", "none0"), limits=(15,)),
    3: Rule("u32", numbers("u32", 0, 1, 255, 256)),
    4: Rule("u16"),
    5: Rule("u32", addresses(("224.0.0.81", "10.0.0.1")), share=0.1),
    6: Rule("binary", addresses(("ff02::81",)), share=0.1, limits=(16,)),
    7: Rule("u16"),
    8: Rule("u8"),
}
IPVS_TOP = {
    1: Rule("nest", share=0.95, inner=IPVS_SERVICE),
    2: Rule("nest", share=0.95, inner=IPVS_DEST),
    3: Rule("nest", share=0.95, inner=IPVS_DAEMON),
    4: Rule("u32", numbers("u32", 0, 60, 900), limits=(0x7FFFFFFF, 2147483)),
    5: Rule("u32", numbers("u32", 0, 60, 120), limits=(0x7FFFFFFF,)),
    6: Rule("u32", numbers("u32", 0, 60, 300), limits=(0x7FFFFFFF,)),
}


class IpvsGrammar:
    """The rules of include/uapi/linux/ip_vs.h."""

    NEW_SERVICE, DEL_SERVICE, GET_SERVICE, NEW_DEST, GET_DEST, NEW_DAEMON, DEL_DAEMON = 1, 3, 4, 5, 8, 9, 10
    flush = 17
    weights = {17: 0.002, 3: 0.3, 7: 0.5, 5: 3, 9: 0.1, 10: 0.1, 14: 0.1, 18: 0.1, 19: 0.1, 16: 0.3}
    readers = (4, 8, 8, 11)

    def __init__(self, _socket):
        parts = {1: (1,), 2: (1,), 3: (1,), 4: (1,), 5: (1, 2), 6: (1, 2), 7: (1, 2), 8: (1,), 9: (3,), 10: (3,), 12: (4, 5, 6), 16: (1,)}
        self.commands = {}
        for command in range(1, 20):
            rules = {number: IPVS_TOP[number] for number in parts.get(command, ())}
            self.commands[command] = {"do": rules, "dump": rules}

    def service(self, number):
        parts = {1: b"\x02\0", 2: b"\x06\0", 3: addresses((f"203.0.113.{number}",))[0], 4: b"\0P", 6: b"wlc\0"}
        parts |= {7: struct.pack("=II", 0, 0xFFFFFFFF), 8: bytes(4), 9: b"\xff\xff\xff\xff"}
        return Node(1, [Node(part, value) for part, value in parts.items()])

    def population(self):
        dest = {1: addresses(REAL)[0], 2: b"\x1f\x90", 3: bytes(4), 4: b"\x01\0\0\0", 5: bytes(4), 6: bytes(4)}
        for number in range(150):
            service = self.service(number).packed()
            yield self.NEW_SERVICE, service
            yield self.NEW_DEST, service + Node(2, [Node(part, value) for part, value in dest.items()]).packed()

    def left(self, socket):
        for _, attributes, _ in socket.dump(self.GET_SERVICE).messages:
            found = as_dict(attributes[1])
            key = {1: found[1]} | ({5: found[5]} if 5 in found else {part: found[part] for part in (2, 3, 4)})
            yield self.DEL_SERVICE, Node(1, [Node(part, value) for part, value in key.items()]).packed()


GRAMMARS = {"rvs": RvsGrammar, "IPVS": IpvsGrammar}


# --- random messages


def odd_value(rng, rule):
    """One that is at a limit of the kind, or of the rule."""
    if rule.kind in SIZES:
        size = SIZES[rule.kind]
        top = 1 << 8 * size
        near = [value + by for value in rule.limits if value < top for by in (-1, 0, 1)]
        value = rng.choice([0, 1, 2, 127, 128, 255, top // 2 - 1, top // 2, top - 2, top - 1, rng.randrange(top), *near])
        return (value % top).to_bytes(size, "little")
    if rule.kind == "flag":
        return b""
    length = rng.choice([0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 18, 255, *rule.limits, *(limit + 1 for limit in rule.limits)])
    if rule.kind == "string":
        return rng.choice([text.encode() for text in NOT_SCHEDULERS] + [b"x" * length, b"x" * length + b"\0", rng.randbytes(length)])
    return rng.choice([bytes(length), b"\xff" * length, rng.randbytes(length)])


def content(rng, rule, version):
    if rule.kind == "nest":
        return attributes(rng, rule.inner or {}, version)
    if rule.values[version] and rng.random() < 0.93:
        return rng.choice(rule.values[version])
    return odd_value(rng, rule)


def attributes(rng, rules, version):
    """Nodes by the rules, of a message about IPv4 (0) or IPv6 (1); those of a nest bear the flag mostly."""
    nodes = []
    for number, rule in rules.items():
        if rng.random() < rule.share[version]:
            nested = NLA_F_NESTED if rule.kind == "nest" and rng.random() < 0.8 else 0
            # Some are of the other version than the message is.
            version_here = version ^ (rng.random() < 0.03)
            nodes.append(Node(number | nested, content(rng, rule, version_here)))
    return nodes


def all_lists(nodes):
    """The list itself, and each that is nested in it."""
    yield nodes
    for node in nodes:
        if isinstance(node.content, list):
            yield from all_lists(node.content)


def wrong_size(rng, nodes, node):
    payload = node.content if isinstance(node.content, bytes) else node.packed()[NLATTR.size :]
    node.content = payload[: rng.randrange(len(payload) + 1)] if rng.random() < 0.5 else payload + rng.randbytes(rng.randrange(1, 20))


def forged_length(rng, nodes, node):
    node.length = rng.choice((0, 1, 3, 4, 5, 8, 0xFF, 0x7FFF, 0xFFFF, rng.randrange(64)))


def other_number(rng, nodes, node):
    node.number = rng.choice((0, 1, 2, 3, rng.randrange(24), 0x3FFF, NLA_F_NESTED | rng.randrange(24)))


def other_flags(rng, nodes, node):
    node.number ^= rng.choice((NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_F_NESTED | NLA_F_NET_BYTEORDER))


def twice(rng, nodes, node):
    again = Node(node.number, node.content if rng.random() < 0.5 else rng.randbytes(rng.randrange(20)))
    nodes.insert(rng.randrange(len(nodes) + 1), again)


def missing(rng, nodes, node):
    nodes.remove(node)


def other_order(rng, nodes, node):
    rng.shuffle(nodes)


def of_elsewhere(rng, nodes, node):
    """What is known, in a place where it is not."""
    nodes.append(Node(rng.randrange(20), [Node(node.number, node.content)] if rng.random() < 0.5 else node.content))


def empty(rng, nodes, node):
    node.content = b"" if rng.random() < 0.5 else []


def deep(rng, nodes, node):
    inner = node.content
    for _ in range(rng.choice((2, 10, 40))):
        inner = [Node(node.number | NLA_F_NESTED, inner)]
    node.content = inner


def huge(rng, nodes, node):
    node.content = rng.choice((bytes(4000), b"x" * 20000))


DAMAGES = (wrong_size, wrong_size, forged_length, other_number, other_flags, twice, twice, missing, missing, other_order, of_elsewhere, empty, deep, huge)


def damage(rng, nodes):
    lists = [found for found in all_lists(nodes) if found]
    if lists:
        chosen = rng.choice(lists)
        rng.choice(DAMAGES)(rng, chosen, rng.choice(chosen))


def request(rng, grammar, kind):
    """A command and its attributes, as bytes; kind: "do" or "dump"."""
    commands = list(grammar.commands)
    command = rng.choices(commands, [grammar.weights.get(command, 1) for command in commands])[0]
    if kind == "dump" and rng.random() < 0.9:
        command = rng.choice(grammar.readers)
    rules = grammar.commands[command][kind if rng.random() < 0.95 else "do"]
    nodes = attributes(rng, rules, int(rng.random() < 0.35))
    if rng.random() < 0.5:
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            damage(rng, nodes)
    payload = b"".join(node.packed() for node in nodes)
    if rng.random() < 0.03:
        payload = payload[: rng.randrange(len(payload) + 1)]
    elif rng.random() < 0.03:
        payload += rng.randbytes(rng.randrange(1, 9))
    return command, payload
