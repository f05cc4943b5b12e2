# SPDX-License-Identifier: GPL-2.0-only
"""Generic netlink as one client speaks it to both load balancers: messages are made beforehand, only sending is measured.

Layouts: include/uapi/linux/netlink.h and genetlink.h of the kernel.
"""

import os
import socket
import struct
import time

_NETLINK_GENERIC = 16
_NLMSG_NOOP, _NLMSG_ERROR, _NLMSG_DONE = 1, 2, 3
_REQUEST, _ACK, _DUMP = 0x01, 0x04, 0x300
_NESTED = 0x8000
_GENL_ID_CTRL, _CTRL_CMD_GETFAMILY, _CTRL_ATTR_FAMILY_ID, _CTRL_ATTR_FAMILY_NAME = 16, 3, 1, 2
_HEADER = struct.Struct("=IHHII")
# An error of 0 is an acknowledgement; it follows the header.
_ERROR = struct.Struct("=i")
_BUFFER = 1 << 16


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def nest(kind: int, *attributes: bytes) -> bytes:
    """An attribute that consists of attributes."""
    return attribute(kind | _NESTED, b"".join(attributes))


def u16(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=H", value))


def u32(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def port(kind: int, value: int) -> bytes:
    """In network byte order."""
    return attribute(kind, struct.pack("!H", value))


def string(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def _message(kind: int, flags: int, payload: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(payload), kind, flags, 0, 0) + payload


# Acknowledged and not looked at by any family: what a request costs that does nothing.
NOTHING = _message(_NLMSG_NOOP, _REQUEST | _ACK, b"")


class Family:
    """A socket in the network namespace of the caller, and a family's number."""

    def __init__(self, name: str, version: int = 1):
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC)
        self._socket.bind((0, 0))
        self._version = version
        self._socket.send(_message(_GENL_ID_CTRL, _REQUEST, self._header(_CTRL_CMD_GETFAMILY)
                                   + string(_CTRL_ATTR_FAMILY_NAME, name)))
        reply = self._socket.recv(_BUFFER)
        self._check(reply)
        self._id = self._find_id(reply[_HEADER.size + 4:])

    def close(self) -> None:
        self._socket.close()

    def _header(self, command: int) -> bytes:
        return struct.pack("=BBH", command, self._version, 0)

    @staticmethod
    def _find_id(attributes: bytes) -> int:
        while attributes:
            length, kind = struct.unpack_from("=HH", attributes)
            if kind == _CTRL_ATTR_FAMILY_ID:
                return struct.unpack_from("=H", attributes, 4)[0]
            attributes = attributes[length + -length % 4:]
        raise LookupError("the reply names no family")

    def change(self, command: int, *attributes: bytes) -> bytes:
        """A request that is answered by an acknowledgement."""
        return _message(self._id, _REQUEST | _ACK, self._header(command) + b"".join(attributes))

    def dump(self, command: int, *attributes: bytes) -> bytes:
        """A request that is answered by many messages."""
        return _message(self._id, _REQUEST | _DUMP, self._header(command) + b"".join(attributes))

    @staticmethod
    def _check(reply: bytes) -> None:
        _, kind, *_ = _HEADER.unpack_from(reply)
        if kind == _NLMSG_ERROR:
            error = -_ERROR.unpack_from(reply, _HEADER.size)[0]
            if error:
                raise OSError(error, os.strerror(error))

    def acknowledged(self, messages: list[bytes]) -> int:
        """Send them one after the other, each after the last one's acknowledgement; return the instructions."""
        send, receive, check = self._socket.send, self._socket.recv, self._check
        begin = time.monotonic_ns()
        for message in messages:
            send(message)
            check(receive(_BUFFER))
        return time.monotonic_ns() - begin

    def dumped(self, requests: list[bytes]) -> tuple[int, int]:
        """Send them and receive all answers; return instructions and bytes received."""
        send, receive, check, done = self._socket.send, self._socket.recv, self._check, self._done
        size = 0
        begin = time.monotonic_ns()
        for request in requests:
            send(request)
            while True:
                reply = receive(_BUFFER)
                check(reply)
                size += len(reply)
                if done(reply):
                    break
        return time.monotonic_ns() - begin, size

    @staticmethod
    def _done(reply: bytes) -> bool:
        """The end of a dump is a message of its own, the last one of its datagram: a header and an error number."""
        length, kind, *_ = _HEADER.unpack_from(reply, len(reply) - _HEADER.size - _ERROR.size)
        return kind == _NLMSG_DONE and length == _HEADER.size + _ERROR.size
