#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is there a generic netlink family of this name? Exit status 0 if so. Who asks has the kernel look for a module.

    has_family.py NAME
"""

import socket
import struct
import sys

NETLINK_GENERIC = 16
GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_NAME = 2
NLM_F_REQUEST = 1
NLMSG_ERROR = 2


def main():
    name = sys.argv[1].encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(name), CTRL_ATTR_FAMILY_NAME) + name
    attribute += b"\0" * (-len(attribute) % 4)
    payload = struct.pack("=BBxx", CTRL_CMD_GETFAMILY, 1) + attribute
    header = struct.pack("=IHHII", 16 + len(payload), GENL_ID_CTRL, NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC) as sock:
        sock.send(header + payload)
        answer = sock.recv(1 << 16)
    (kind,) = struct.unpack_from("=4xH", answer)
    return 1 if kind == NLMSG_ERROR else 0


sys.exit(main())
