# SPDX-License-Identifier: GPL-2.0-only
"""The part of the YNL `genetlink` schema that rvs.yaml uses.

Source: Documentation/userspace-api/netlink/specs.rst of the kernel. What is
not understood here is an error, so a new feature of the specification cannot
be dropped silently.
"""

import dataclasses
import typing

import yaml

LIMITS = {
    f"{sign}{bits}-max": 2 ** (bits - (sign == "s")) - 1
    for sign in "us"
    for bits in (8, 16, 32, 64)
}
TYPES = ("pad", "u16", "u32", "uint", "string", "binary", "nest")


class SpecError(Exception):
    """The specification holds something that cannot be expressed."""


@dataclasses.dataclass
class Attribute:
    name: str
    value: int
    type: str
    doc: str
    big_endian: bool
    enum: typing.Optional[str]
    nested: typing.Optional[str]
    checks: dict


@dataclasses.dataclass
class AttributeSet:
    name: str
    doc: str
    subset_of: typing.Optional[str]
    attributes: dict

    def maximum(self):
        return max(attribute.value for attribute in self.attributes.values())


@dataclasses.dataclass
class Enum:
    name: str
    doc: str
    flags: bool  # each entry is one bit
    entries: list  # (name, value, doc)

    def maximum(self):
        return max(value for _, value, _ in self.entries)

    def mask(self):
        return sum(value for _, value, _ in self.entries)


@dataclasses.dataclass
class Operation:
    name: str
    value: int
    doc: str
    attribute_set: str
    admin: bool
    # Attribute names a request and a reply list, by "do" and "dump".
    request: dict
    reply: dict
    # What the kernel tells by itself, to the members of a multicast group.
    group: typing.Optional[str]
    event: list


class Family:
    """A validated specification with every number assigned."""

    def __init__(self, tree):
        self.name = tree["name"]
        self.version = tree.get("version", 1)
        self.doc = tree["doc"].strip()
        self.enums = {e.name: e for e in map(_enum, tree["definitions"])}
        self.sets = {}
        for node in tree["attribute-sets"]:
            self.sets[node["name"]] = self._attribute_set(node)
        self.operations = []
        value = 0
        for node in tree["operations"]["list"]:
            value = node.get("value", value + 1)
            self.operations.append(_operation(node, value))
        groups = tree.get("mcast-groups", {}).get("list", [])
        self.groups = [node["name"] for node in groups]
        self._check_references()

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as stream:
            tree = yaml.safe_load(stream)
        try:
            return cls(tree)
        except KeyError as error:
            raise SpecError(f"{path.name}: no {error}") from error

    def root_sets(self):
        """Sets with numbers of their own, as opposed to subsets of another."""
        return [s for s in self.sets.values() if not s.subset_of]

    def nested_sets(self):
        """Subsets and sets that a request of some operation nests, in file order."""
        names = set()
        for operation in self.operations:
            attributes = self.sets[operation.attribute_set].attributes
            for listed in operation.request.values():
                names |= {attributes[n].nested for n in listed if attributes[n].nested}
        return [s for s in self.sets.values() if s.name in names]

    def _attribute_set(self, node):
        parent = node.get("subset-of")
        attributes = {}
        value = 0
        for entry in node["attributes"]:
            name = entry["name"]
            if parent:
                attributes[name] = self.sets[parent].attributes[name]
                continue
            value = entry.get("value", value + 1)
            attributes[name] = _attribute(entry, value)
        return AttributeSet(node["name"], _text(node), parent, attributes)

    def _check_references(self):
        for attribute_set in self.sets.values():
            for attribute in attribute_set.attributes.values():
                if attribute.enum and attribute.enum not in self.enums:
                    raise SpecError(f"{attribute.name}: no enum {attribute.enum}")
                if attribute.nested and attribute.nested not in self.sets:
                    raise SpecError(f"{attribute.name}: no set {attribute.nested}")
        for operation in self.operations:
            known = self.sets[operation.attribute_set].attributes
            if operation.group and operation.group not in self.groups:
                raise SpecError(f"{operation.name}: no multicast group {operation.group}")
            for direction in (operation.request, operation.reply, {"event": operation.event}):
                for listed in direction.values():
                    for name in listed:
                        if name not in known:
                            raise SpecError(f"{operation.name}: no attribute {name}")


def _text(node):
    return node.get("doc", "").strip()


def _enum(node):
    flags = node["type"] == "flags"
    if not flags and node["type"] != "enum":
        raise SpecError(f"{node['name']}: definition of type {node['type']}")
    entries = []
    value = -1
    for entry in node["entries"]:
        value = entry.get("value", value + 1)
        entries.append((entry["name"], 1 << value if flags else value, _text(entry)))
    return Enum(node["name"], _text(node), flags, entries)


def _attribute(node, value):
    if node["type"] not in TYPES:
        raise SpecError(f"{node['name']}: attribute of type {node['type']}")
    checks = {
        name: LIMITS.get(limit, limit) for name, limit in node.get("checks", {}).items()
    }
    return Attribute(
        name=node["name"],
        value=value,
        type=node["type"],
        doc=_text(node),
        big_endian=node.get("byte-order") == "big-endian",
        enum=node.get("enum"),
        nested=node.get("nested-attributes"),
        checks=checks,
    )


def _operation(node, value):
    modes = {mode: node[mode] for mode in ("do", "dump") if mode in node}

    def listed(part):
        return {
            mode: (body.get(part) or {}).get("attributes", [])
            for mode, body in modes.items()
        }

    return Operation(
        name=node["name"],
        value=value,
        doc=_text(node),
        attribute_set=node["attribute-set"],
        admin="admin-perm" in node.get("flags", []),
        request=listed("request"),
        reply=listed("reply"),
        group=node.get("mcgrp"),
        event=node.get("event", {}).get("attributes", []),
    )
