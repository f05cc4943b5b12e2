#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The policy as the kernel tells it (CTRL_CMD_GETPOLICY) is that of docs/netlink.md."""

import struct

from expectations import expect_equal, expect_errno, finish
from genl import GENL_ID_CTRL, CTRL_ATTR_FAMILY_ID, as_dict, u16
from rvs_family import *

# include/uapi/linux/genetlink.h
CTRL_CMD_GETPOLICY = 10
CTRL_ATTR_POLICY = 8
CTRL_ATTR_OP_POLICY = 9
CTRL_ATTR_POLICY_DO = 1
CTRL_ATTR_POLICY_DUMP = 2

# include/uapi/linux/netlink.h: enum netlink_policy_type_attr and enum netlink_attribute_type
TYPE, MAX_VALUE_U, MIN_LENGTH, MAX_LENGTH, POLICY_IDX, MASK = 1, 5, 6, 7, 8, 12
NL_ATTR_TYPE = {2: "u8", 3: "u16", 4: "u32", 10: "binary", 12: "string", 13: "nest", 17: "uint"}

ADDRESS_POLICY = {ADDR4: "u32", ADDR6: "binary of 16", PORT: "u16"}
KEY_POLICY = ADDRESS_POLICY | {
    PROTOCOL: "u32",
    LAST_PORT: "u16",
    ALL_PORTS: "u32 up to 1",
    FAMILY: "u32",
    MARK: "u32",
}
TIMEOUTS_POLICY = {TIMEOUT_TCP: "u32", TIMEOUT_TCP_FIN: "u32", TIMEOUT_UDP: "u32"}
PERSISTENCE_POLICY = {PERSISTENCE_TIMEOUT: "u32", PERSISTENCE_MASK4: "u32", PERSISTENCE_PREFIX6: "u32 up to 128", PERSISTENCE_ENGINE: "u32 up to 1"}
SERVICE_POLICY = KEY_POLICY | {
    SCHEDULER: "string up to 15",
    FORWARD: "u32 up to 6",
    SCHEDULER_FLAGS: "u32 of bits 0x3",
    FAST_PATH: "u32 up to 1",
    SERVICE_TIMEOUTS: TIMEOUTS_POLICY,
    ONE_PACKET: "u32 up to 1",
    SERVICE_PERSISTENCE: PERSISTENCE_POLICY,
    REMOVAL: "u32 up to 3",
    SERVICE_POOL: "string up to 31",
    TOA: "u32 up to 2",
}
POOL_POLICY = {POOL_NAME: "string up to 31", POOL_FIRST_PORT: "u16", POOL_LAST_PORT: "u16"}
POOL_RANGE_POLICY = {
    POOL: "string up to 31",
    ADDR4: "u32",
    ADDR6: "binary of 16",
    LAST_ADDR4: "u32",
    LAST_ADDR6: "binary of 16",
}
DEST_KEY_POLICY = ADDRESS_POLICY | {SERVICE: KEY_POLICY}
DEST_POLICY = DEST_KEY_POLICY | {
    WEIGHT: "u32 up to 2147483647",
    FORWARD: "u32 up to 6",
    UPPER_THRESHOLD: "u32 up to 2147483647",
    LOWER_THRESHOLD: "u32 up to 2147483647",
    TUNNEL: "u32 up to 2",
    TUNNEL_PORT: "u16",
    TUNNEL_CHECKSUM: "u32 up to 2",
}

EXPECTED = {
    (INFO_GET, "do"): {},
    (SERVICE_ADD, "do"): SERVICE_POLICY,
    (SERVICE_SET, "do"): SERVICE_POLICY,
    (SERVICE_DEL, "do"): KEY_POLICY,
    (SERVICE_GET, "do"): KEY_POLICY,
    (SERVICE_GET, "dump"): {},
    (DEST_ADD, "do"): DEST_POLICY | {KEEP_PORT: "u32 up to 1"},
    (DEST_SET, "do"): DEST_POLICY,
    (DEST_DEL, "do"): DEST_KEY_POLICY,
    (DEST_GET, "do"): DEST_KEY_POLICY,
    (DEST_GET, "dump"): {SERVICE: KEY_POLICY},
    (FLUSH, "do"): {},
    (STATS_GET, "do"): {},
    (CONNECTION_GET, "dump"): {SERVICE: KEY_POLICY},
    (TIMEOUTS_GET, "do"): {},
    (TIMEOUTS_SET, "do"): TIMEOUTS_POLICY,
    (ZERO, "do"): KEY_POLICY,
    (TEMPLATE_GET, "dump"): {SERVICE: KEY_POLICY},
    (POOL_ADD, "do"): POOL_POLICY,
    (POOL_SET, "do"): POOL_POLICY,
    (POOL_DEL, "do"): {POOL_NAME: "string up to 31"},
    (POOL_GET, "do"): {POOL_NAME: "string up to 31"},
    (POOL_GET, "dump"): {},
    (POOL_ADDRESS_ADD, "do"): POOL_RANGE_POLICY,
    (POOL_ADDRESS_DEL, "do"): POOL_RANGE_POLICY,
    (POOL_ADDRESS_GET, "dump"): {POOL: "string up to 31"},
}


def number(payload):
    return int.from_bytes(payload, "little")


def in_words(kind, facts):
    """One attribute of a policy, as EXPECTED has it."""
    if kind == "string":
        return f"string up to {number(facts[MAX_LENGTH])}"
    if kind == "binary":
        shortest, longest = number(facts.get(MIN_LENGTH, b"")), number(facts.get(MAX_LENGTH, b""))
        return f"binary of {shortest}" if shortest == longest else f"binary of {shortest} to {longest}"
    if MASK in facts:
        return f"{kind} of bits {number(facts[MASK]):#x}"
    highest = number(facts.get(MAX_VALUE_U, b""))
    # Without a limit the kernel tells that of the type.
    if MAX_VALUE_U in facts and highest not in (0xFFFF, 0xFFFFFFFF):
        return f"{kind} up to {highest}"
    return kind


def main():
    rvs = Rvs()
    family, rvs.family = rvs.family, GENL_ID_CTRL
    answer = rvs.dump(CTRL_CMD_GETPOLICY, u16(CTRL_ATTR_FAMILY_ID, family))
    expect_errno("dump of the policy", 0, answer.errno)

    operations, policies = {}, {}
    for _, attributes, _ in answer.messages:
        for command, nest in as_dict(attributes.get(CTRL_ATTR_OP_POLICY, b"")).items():
            for kind, index in as_dict(nest).items():
                name = {CTRL_ATTR_POLICY_DO: "do", CTRL_ATTR_POLICY_DUMP: "dump"}[kind]
                operations[command, name] = struct.unpack("=I", index)[0]
        for index, nest in as_dict(attributes.get(CTRL_ATTR_POLICY, b"")).items():
            for attribute, facts in as_dict(nest).items():
                policies.setdefault(index, {})[attribute] = as_dict(facts)

    def policy(index):
        words = {}
        for attribute, facts in policies.get(index, {}).items():
            kind = NL_ATTR_TYPE.get(number(facts[TYPE]), f"type {number(facts[TYPE])}")
            if kind == "nest":
                words[attribute] = policy(number(facts[POLICY_IDX]))
            elif number(facts[TYPE]) != 0:
                # 0 is NL_ATTR_TYPE_INVALID: refused.
                words[attribute] = in_words(kind, facts)
        return words

    for operation, expected in EXPECTED.items():
        # An operation that takes no attributes may be told without a policy.
        seen = policy(operations[operation]) if operation in operations else {}
        expect_equal(f"policy of command {operation[0]}, {operation[1]}", expected, seen)
    expect_equal("operations with attributes that are not documented", [], [o for o in operations if o not in EXPECTED])
    finish()


main()
