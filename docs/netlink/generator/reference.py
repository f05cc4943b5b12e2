# SPDX-License-Identifier: GPL-2.0-only
"""docs/netlink.md: the family for readers."""

INTRODUCTION = """\
<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Made by docs/netlink/generate from docs/netlink/rvs.yaml. Do not edit. -->

# The generic netlink family `{name}`

{doc}

Version {version}. The specification is [netlink/rvs.yaml](netlink/rvs.yaml), in the
kernel's YNL format: `tools/net/ynl/pyynl/cli.py --spec docs/netlink/rvs.yaml` speaks
the family without any further code. C programs include `linux/rvs.h`.

Resolve the family's id by its name (`CTRL_CMD_GETFAMILY` of `nlctrl`). A request is a
`struct nlmsghdr`, a `struct genlmsghdr` with the command, and the attributes below.
Numbers are in host byte order except where *big-endian* is said; `uint` is 4 or 8 bytes
long, as the value needs.

## Errors

A refusal is an `NLMSG_ERROR` with a negative errno. Set `NETLINK_EXT_ACK` on the socket
to get the reason as text (`NLMSGERR_ATTR_MSG`), and the attribute at fault
(`NLMSGERR_ATTR_OFFS`) or missing (`NLMSGERR_ATTR_MISS_TYPE`).

| errno | meaning |
|---|---|
| `EPERM` | The operation needs `CAP_NET_ADMIN` in the user namespace that owns the network namespace. |
| `EINVAL` | An attribute is unknown to the operation, malformed, missing, or contradicts another. |
| `ERANGE` | A number is out of the range of its attribute, or a length is. |
| `EEXIST` | What is to be added is there. |
| `ESRCH` | There is no such service. |
| `ENOENT` | There is no such destination, scheduler or pool, or no such address in a pool. When the family itself is not found, the module is not loaded. |
| `EADDRINUSE` | Another pool gives some of these ports of an address. |
| `EBUSY` | A service names the pool. |
| `E2BIG` | A pool would have too many addresses. |
| `EAFNOSUPPORT` | The address family is neither IPv4 nor IPv6, or the kernel does without IPv6. |
| `EPROTONOSUPPORT` | The protocol is none of TCP, UDP and SCTP. |
| `EOPNOTSUPP` | The command is unknown, or has no dump, or nothing else. |
| `ENOMEM` | Out of memory. |

`EPERM` and `EOPNOTSUPP` are answers of the kernel's generic netlink itself, which gives
no text with them; all others have one.

Dumps list services by protocol, address and port, and the destinations of a service
newest first, which is the order the schedulers see them in.

A dump of services or destinations in the course of which the configuration changed
carries `NLM_F_DUMP_INTR`: repeat it to get a consistent picture. That of connections is
never one of a single moment; see [connection-get](#connection-get).
"""


def _paragraph(text):
    return " ".join(text.split())


def _cell(text):
    return _paragraph(text).replace("|", "\\|")


def _type(family, attribute):
    if attribute.nested:
        nested = family.sets[attribute.nested]
        return f"nest of [{nested.name}](#{nested.name})"
    words = [attribute.type]
    if attribute.enum:
        words.append(f"([{attribute.enum}](#{attribute.enum}))")
    if attribute.big_endian:
        words.append("big-endian")
    for name, limit in attribute.checks.items():
        words.append({"max": "≤ {}", "exact-len": "{} bytes", "max-len": "≤ {} bytes + NUL"}[name]
                     .format(limit))
    return ", ".join(words).replace(", (", " (")


def _names(listed):
    return ", ".join(f"`{name}`" for name in listed) or "none"


def _operation(family, operation):
    lines = ["", f"### {operation.name}", "", _paragraph(operation.doc), ""]
    if operation.group:
        lines.append(
            f"Command {operation.value}, attributes of [{operation.attribute_set}]"
            f"(#{operation.attribute_set}), told to the members of the multicast group "
            f"`{operation.group}`, which anybody may join."
        )
        return lines + ["", f"* event: {_names(operation.event)}"]
    rights = "needs `CAP_NET_ADMIN`" if operation.admin else "needs no privilege"
    lines.append(
        f"Command {operation.value}, attributes of [{operation.attribute_set}]"
        f"(#{operation.attribute_set}), {rights}."
    )
    lines.append("")
    for mode, listed in operation.request.items():
        lines.append(f"* {mode} request: {_names(listed)}")
        reply = operation.reply[mode]
        lines.append(f"* {mode} reply: {_names(reply) if reply else 'acknowledgement only'}")
    return lines


def _set(family, attribute_set):
    lines = ["", f"### {attribute_set.name}", "", _paragraph(attribute_set.doc), ""]
    if attribute_set.subset_of:
        names = _names(attribute_set.attributes)
        return lines + [f"{names} of [{attribute_set.subset_of}](#{attribute_set.subset_of})."]
    lines += ["| number | attribute | type | meaning |", "|---:|---|---|---|"]
    for attribute in attribute_set.attributes.values():
        lines.append(
            f"| {attribute.value} | `{attribute.name}` | {_type(family, attribute)} "
            f"| {_cell(attribute.doc) or 'Alignment of 64 bit values; never sent.'} |"
        )
    return lines


def _enum(enum):
    lines = ["", f"### {enum.name}", "", _paragraph(enum.doc), ""]
    lines += ["| value | name | meaning |", "|---:|---|---|"]
    lines += [f"| {value} | `{name}` | {_cell(doc)} |" for name, value, doc in enum.entries]
    return lines


def render(family):
    lines = ["", "## Operations"]
    for operation in family.operations:
        lines += _operation(family, operation)
    lines += ["", "## Attribute sets"]
    for attribute_set in family.sets.values():
        lines += _set(family, attribute_set)
    lines += ["", "## Enumerations"]
    for enum in family.enums.values():
        lines += _enum(enum)
    introduction = INTRODUCTION.format(
        name=family.name, version=family.version, doc=family.doc
    )
    return introduction + "\n".join(lines) + "\n"
