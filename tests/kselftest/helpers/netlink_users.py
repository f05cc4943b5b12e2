#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Who may do what, and what a namespace sees of another.

    netlink_users.py unprivileged             without any capability: reading is allowed, but of clients; changing is not
    netlink_users.py user-namespaces          with all capabilities, in a user namespace of one's own
    netlink_users.py namespaces OTHER         in this namespace and in the one of this path
"""

import errno
import os
import struct
import sys

from expectations import expect_equal, expect_errno, finish
from genl import NLM_F_DUMP, nest, string, u32
from rvs_family import *

NOBODY = 65534
KEY = service_key("198.51.100.1", 80)
OTHER_KEY = service_key("198.51.100.2", 80)
DEST = dest_key(KEY, "10.0.0.11", 8080)
CHANGES = {
    SERVICE_ADD: OTHER_KEY,
    SERVICE_SET: KEY + string(SCHEDULER, "wrr"),
    SERVICE_DEL: KEY,
    DEST_ADD: dest_key(KEY, "10.0.0.12", 8080),
    DEST_SET: DEST + u32(WEIGHT, 5),
    DEST_DEL: DEST,
    ZERO: b"",
    TIMEOUTS_SET: u32(TIMEOUT_UDP, 5),
    FLUSH: b"",
}


def expect_no_connections(who, rvs):
    """Connections tell addresses of clients."""
    for what, attributes in ("all", b""), ("one service", nest(SERVICE, KEY)):
        answer = rvs.dump(CONNECTION_GET, attributes)
        expect_errno(f"{who}: connections of {what}", errno.EPERM, answer.errno)
        expect_equal(f"{who}: connections of {what}: messages", [], answer.messages)


def unprivileged():
    rvs = Rvs()
    rvs.add_service(KEY)
    rvs.must(DEST_ADD, DEST)
    before = rvs.configuration()
    os.setgroups([])
    os.setresuid(NOBODY, NOBODY, NOBODY)
    nobody = Rvs()
    for command, attributes in CHANGES.items():
        expect_errno(f"command {command}", errno.EPERM, nobody.ask(command, attributes).errno)
    expect_errno("info", 0, nobody.ask(INFO_GET).errno)
    expect_errno("get of a service", 0, nobody.ask(SERVICE_GET, KEY).errno)
    expect_errno("get of a destination", 0, nobody.ask(DEST_GET, DEST).errno)
    expect_errno("counters of the ways", 0, nobody.ask(STATS_GET).errno)
    expect_no_connections("nobody", nobody)
    expect_equal("configuration", before, nobody.configuration())
    # Who has opened the socket counts for nothing when another asks on it.
    expect_errno("flush on a socket opened by root", errno.EPERM, rvs.ask(FLUSH).errno)
    expect_no_connections("nobody, on a socket opened by root", rvs)
    # Not a change, and unknown: without regard to the user.
    expect_errno("unknown command", errno.EOPNOTSUPP, nobody.ask(200).errno)
    expect_errno("get of what can only be dumped", errno.EOPNOTSUPP, nobody.ask(CONNECTION_GET).errno)
    expect_errno("dump of what cannot be dumped", errno.EOPNOTSUPP, nobody.ask(SERVICE_ADD, b"", NLM_F_DUMP).errno)


def user_namespaces():
    """Capabilities count where they hold for the network namespace, for lists as for changes."""
    expect_errno("root: connections", 0, Rvs().dump(CONNECTION_GET).errno)
    os.setgroups([])
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.unshare(os.CLONE_NEWUSER)
    stranger = Rvs()
    expect_errno("capable elsewhere: flush", errno.EPERM, stranger.ask(FLUSH).errno)
    expect_no_connections("capable elsewhere", stranger)
    os.unshare(os.CLONE_NEWNET)
    owner = Rvs()
    expect_errno("owner of a namespace: new service", 0, owner.ask(SERVICE_ADD, KEY).errno)
    expect_errno("owner of a namespace: connections", 0, owner.dump(CONNECTION_GET).errno)
    expect_errno("owner of a namespace: flush", 0, owner.ask(FLUSH).errno)


def namespaces(other):
    here = Rvs()
    here.add_service(KEY)
    here.must(DEST_ADD, DEST)
    before = here.configuration()
    with open(other, "rb") as namespace:
        os.setns(namespace.fileno(), os.CLONE_NEWNET)
    there = Rvs()
    expect_equal("configuration there", ([], []), there.configuration())
    info = there.must(INFO_GET).messages[0][1]
    expect_equal("number of services there", 0, struct.unpack("=I", info[SERVICES])[0])
    expect_errno("get there", errno.ESRCH, there.ask(SERVICE_GET, KEY).errno)
    expect_errno("delete there", errno.ESRCH, there.ask(SERVICE_DEL, KEY).errno)
    expect_errno("the same service there", 0, there.ask(SERVICE_ADD, KEY).errno)
    there.must(FLUSH)
    # A socket stays in the namespace it was opened in.
    expect_equal("configuration here", before, here.configuration())
    here.must(FLUSH)


if sys.argv[1] == "unprivileged":
    unprivileged()
elif sys.argv[1] == "user-namespaces":
    user_namespaces()
else:
    namespaces(sys.argv[2])
finish()
