# SPDX-License-Identifier: GPL-2.0-only
"""rvs/logic/uapi.rs: numbers and policies of the family, as data."""

from .spec import SpecError

# Widths of rustfmt, so that its check passes on the result: `array_width`.
ARRAY_WIDTH = 60

PREAMBLE = '''\
// SPDX-License-Identifier: GPL-2.0-only
// Made by docs/netlink/generate from docs/netlink/rvs.yaml. Do not edit.

//! Numbers and attribute policies of the generic netlink family `{name}`.
//!
//! The same numbers are in `include/uapi/linux/rvs.h`. The policies are data:
//! the module makes its `struct nla_policy` tables of them. An attribute that
//! a policy does not list is refused by the strict validation of the kernel.
//!
//! C header: `include/net/netlink.h` (`struct nla_policy`)

/// Name of the family, as `CTRL_CMD_GETFAMILY` resolves it.
pub const FAMILY_NAME: &str = "{name}";

/// Version of the family, in `struct genlmsghdr`.
pub const FAMILY_VERSION: u8 = {version};

/// What the payload of an attribute must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {{
    /// 8 bits.
    U8,
    /// 16 bits; a port is big-endian.
    U16,
    /// 32 bits in host byte order, except an IPv4 address, which is big-endian.
    U32,
    /// 32 bits in host byte order, at most this value.
    U32Max(u32),
    /// 32 bits in host byte order, none set but these.
    U32Mask(u32),
    /// 32 or 64 bits in host byte order.
    Uint,
    /// Exactly this many bytes.
    Exact(u16),
    /// At most this many bytes.
    AtMost(u16),
    /// At least this many bytes.
    AtLeast(u16),
    /// A string with its NUL, of at most this many bytes without it.
    Str(u16),
    /// Attributes by a policy of their own.
    Nested(&'static [Rule]),
    /// Attributes that the operation validates.
    Nest,
}}

/// One attribute that a request may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {{
    /// Number of the attribute in its set.
    pub attribute: u16,
    /// What its payload must be.
    pub kind: Kind,
}}

impl Rule {{
    pub(super) const fn new(attribute: u16, kind: Kind) -> Self {{
        Self {{ attribute, kind }}
    }}
}}
'''


def constant(name):
    return name.replace("-", "_").upper()


def module(name):
    return name.replace("-", "_")


def _doc(text, indent):
    pad = " " * indent
    return [f"{pad}/// {line}".rstrip() for line in text.splitlines()]


def _module(name, doc, items):
    """A `pub mod` of (doc, declaration) items."""
    lines = ["", *_doc(doc, 0), f"pub mod {module(name)} {{"]
    for position, (item_doc, declaration) in enumerate(items):
        if position:
            lines.append("")
        lines += _doc(item_doc, 4)
        lines.append(f"    {declaration}")
    return lines + ["}"]


def _commands(family):
    return _module(
        "command",
        "Commands, in `struct genlmsghdr`.",
        [(op.doc, f"pub const {constant(op.name)}: u8 = {op.value};") for op in family.operations],
    )


def _groups(family):
    return _module(
        "group",
        "Multicast groups, by their order.",
        [
            (f"The group `{name}`.", f"pub const {constant(name)}: usize = {number};")
            for number, name in enumerate(family.groups)
        ]
        + [
            (
                "Their names.",
                "pub const NAMES: &[&str] = &["
                + ", ".join(f'"{name}"' for name in family.groups)
                + "];",
            )
        ],
    )


def _enum(enum):
    return _module(
        enum.name,
        enum.doc,
        [(doc, f"pub const {constant(name)}: u32 = {value};") for name, value, doc in enum.entries],
    )


def _set(attribute_set):
    items = [
        (
            attribute.doc or "Alignment of 64 bit values; never sent.",
            f"pub const {constant(attribute.name)}: u16 = {attribute.value};",
        )
        for attribute in attribute_set.attributes.values()
    ]
    items.append(
        ("The highest number of the set.", f"pub const MAX: u16 = {attribute_set.maximum()};")
    )
    return _module(attribute_set.name, attribute_set.doc, items)


def _kind(family, attribute):
    """The Kind of an attribute in a request."""
    limit = attribute.checks.get("max")
    enum = family.enums.get(attribute.enum)
    if enum and enum.flags:
        return f"Kind::U32Mask({enum.mask()})"
    if enum:
        limit = enum.maximum()
    unknown = set(attribute.checks) - {"max", "exact-len", "max-len"}
    if unknown:
        raise SpecError(f"{attribute.name}: check {unknown}")
    if attribute.type == "u32":
        return "Kind::U32" if limit is None else f"Kind::U32Max({limit})"
    if attribute.type == "u16" and limit is None:
        return "Kind::U16"
    if attribute.type == "uint" and limit is None:
        return "Kind::Uint"
    if attribute.type == "binary":
        return f"Kind::Exact({attribute.checks['exact-len']})"
    if attribute.type == "string":
        return f"Kind::Str({attribute.checks['max-len']})"
    if attribute.type == "nest":
        return f"Kind::Nested({constant(attribute.nested)})"
    raise SpecError(f"{attribute.name}: no policy for {attribute.type} in a request")


def _policy(family, name, doc, attribute_set, listed):
    numbers = module(attribute_set.subset_of or attribute_set.name)
    attributes = [attribute_set.attributes[n] for n in listed]
    rules = [
        f"Rule::new({numbers}::{constant(a.name)}, {_kind(family, a)})" for a in attributes
    ]
    start = f"    pub const {constant(name)}: &[Rule] = &["
    lines = _doc(doc, 4)
    if len(", ".join(rules)) + 2 <= ARRAY_WIDTH:
        line = f"{start}{', '.join(rules)}];"
        if len(line) <= 100:
            return lines + [line]
        head, tail = line.split(" = ", 1)
        return lines + [head + " =", "        " + tail]
    return lines + [start, *(f"        {rule}," for rule in rules), "    ];"]


def _policies(family):
    blocks = []
    for attribute_set in family.nested_sets():
        doc = attribute_set.doc + f"\n\nWhat a nest of `{attribute_set.name}` may hold."
        blocks.append(
            _policy(family, attribute_set.name, doc, attribute_set, list(attribute_set.attributes))
        )
    for operation in family.operations:
        attribute_set = family.sets[operation.attribute_set]
        modes = operation.request
        distinct = len({tuple(listed) for listed in modes.values()}) > 1
        for mode, listed in modes.items():
            # What both may hold alike is said once.
            if not distinct and mode != next(iter(modes)):
                continue
            name = f"{operation.name}-{mode}" if distinct else operation.name
            what = f"a `{operation.name}` {mode} request" if distinct else f"`{operation.name}`"
            verb = "may hold" if listed else "may hold: none"
            doc = f"Attributes that {what} {verb}."
            blocks.append(_policy(family, name, doc, attribute_set, listed))

    used = sorted(
        {family.sets[op.attribute_set].name for op in family.operations if any(op.request.values())}
        | {nested.subset_of or nested.name for nested in family.nested_sets()}
    )
    lines = ["", "/// What each request may hold.", "pub mod policy {"]
    lines += [f"    use super::{module(name)};" for name in used]
    lines += ["    use super::Kind;", "    use super::Rule;"]
    for block in blocks:
        lines += ["", *block]
    return lines + ["}"]


def render(family):
    lines = []
    lines += _commands(family)
    lines += _groups(family)
    for enum in family.enums.values():
        lines += _enum(enum)
    for attribute_set in family.root_sets():
        lines += _set(attribute_set)
    lines += _policies(family)
    return PREAMBLE.format(name=family.name, version=family.version) + "\n".join(lines) + "\n"
