# SPDX-License-Identifier: GPL-2.0-only
"""Generic netlink, spoken byte by byte, so that a test can also speak it wrongly.

Numbers: include/uapi/linux/netlink.h, genetlink.h.
"""

import socket
import struct

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_EXT_ACK = 11

NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_REQUEST = 0x1
NLM_F_MULTI = 0x2
NLM_F_ACK = 0x4
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300
# In an answer that is NLMSG_ERROR.
NLM_F_CAPPED = 0x100
NLM_F_ACK_TLVS = 0x200
NLMSGERR_ATTR_MSG = 1
NLMSGERR_ATTR_OFFS = 2
NLMSGERR_ATTR_MISS_TYPE = 5

NLA_F_NESTED = 0x8000
NLA_TYPE_MASK = 0x3FFF

GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2

NLMSGHDR = struct.Struct("=IHHII")
GENLMSGHDR = struct.Struct("=BBH")
NLATTR = struct.Struct("=HH")


def align(length):
    return (length + 3) & ~3


def attribute(number, payload):
    header = NLATTR.pack(NLATTR.size + len(payload), number)
    return header + payload + bytes(align(len(payload)) - len(payload))


def nest(number, *attributes):
    return attribute(number | NLA_F_NESTED, b"".join(attributes))


def u16(number, value):
    return attribute(number, struct.pack("=H", value))


def u32(number, value):
    return attribute(number, struct.pack("=I", value))


def string(number, value):
    return attribute(number, value.encode() + b"\0")


def attributes_in(data):
    """Yields (number, payload) of each; raises ValueError where they are not well formed."""
    while data:
        if len(data) < NLATTR.size:
            raise ValueError("attribute without header")
        length, number = NLATTR.unpack_from(data)
        if not NLATTR.size <= length <= len(data):
            raise ValueError(f"attribute {number} of length {length} in {len(data)} bytes")
        yield number & NLA_TYPE_MASK, data[NLATTR.size : length]
        data = data[align(length) :]


def as_dict(data):
    return dict(attributes_in(data))


class Answer:
    """What came back: an errno (0: success), its explanation, and messages as (command, attributes, flags)."""

    def __init__(self):
        self.errno = 0
        self.text = ""
        # Number of the attribute that the kernel points at, and of the one it misses.
        self.blamed = None
        self.missing = None
        self.messages = []

    @property
    def interrupted(self):
        return any(flags & NLM_F_DUMP_INTR for _, _, flags in self.messages)

    def take_error(self, flags, data, request):
        (number,) = struct.unpack_from("=i", data)
        self.errno = -number
        if not flags & NLM_F_ACK_TLVS:
            return
        (request_length,) = struct.unpack_from("=I", data, 4)
        capped = self.errno == 0 or flags & NLM_F_CAPPED
        reasons = as_dict(data[4 + (NLMSGHDR.size if capped else align(request_length)) :])
        self.text = reasons.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode()
        if NLMSGERR_ATTR_OFFS in reasons:
            (offset,) = struct.unpack("=I", reasons[NLMSGERR_ATTR_OFFS])
            self.blamed = NLATTR.unpack_from(request, offset)[1] & NLA_TYPE_MASK
        if NLMSGERR_ATTR_MISS_TYPE in reasons:
            (self.missing,) = struct.unpack("=I", reasons[NLMSGERR_ATTR_MISS_TYPE])

    def take_done(self, data):
        (number,) = struct.unpack_from("=i", data)
        self.errno = -number
        self.text = as_dict(data[4:]).get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode()


class Socket:
    """A socket that talks to one family. The kernel makes the parts of a dump as large as the reader's buffer."""

    def __init__(self, family, buffer_size=1 << 16):
        self.buffer_size = buffer_size
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.settimeout(20)
        self.sequence = 0
        self.family = GENL_ID_CTRL
        found = self.ask(CTRL_CMD_GETFAMILY, string(CTRL_ATTR_FAMILY_NAME, family))
        if found.errno:
            raise OSError(found.errno, f"no family {family}")
        (self.family,) = struct.unpack("=H", found.messages[0][1][CTRL_ATTR_FAMILY_ID])

    def ask(self, command, attributes=b"", flags=NLM_F_ACK):
        return self.ask_bytes(GENLMSGHDR.pack(command, 1, 0) + attributes, flags)

    def ask_bytes(self, payload, flags=NLM_F_ACK):
        request = self.send(payload, flags)
        answer = Answer()
        while not self.receive_part(answer, request):
            pass
        return answer

    def dump(self, command, attributes=b""):
        return self.ask(command, attributes, NLM_F_DUMP)

    def send(self, payload, flags):
        self.sequence += 1
        request = NLMSGHDR.pack(
            NLMSGHDR.size + len(payload), self.family, NLM_F_REQUEST | flags, self.sequence, 0
        )
        self.socket.send(request + payload)
        return request + payload

    def receive_part(self, answer, request):
        """Takes one datagram of the answer; returns whether it was the last."""
        data = self.socket.recv(self.buffer_size)
        over = False
        while data:
            length, kind, flags, sequence, _ = NLMSGHDR.unpack_from(data)
            body, data = data[NLMSGHDR.size : length], data[align(length) :]
            if sequence != self.sequence:
                raise ValueError(f"answer {sequence} to request {self.sequence}")
            if kind == NLMSG_ERROR:
                answer.take_error(flags, body, request)
                over = True
            elif kind == NLMSG_DONE:
                answer.take_done(body)
                if flags & NLM_F_DUMP_INTR:
                    answer.messages.append((None, {}, flags))
                over = True
            else:
                command, _, _ = GENLMSGHDR.unpack_from(body)
                answer.messages.append((command, as_dict(body[GENLMSGHDR.size :]), flags))
        return over
