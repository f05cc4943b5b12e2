#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A client that is told, line by line, what to do with its connections.

    open NAME PROTOCOL ADDRESS PORT [SOURCE-PORT [SOURCE-ADDRESS]]
                      tcp, sctp, udp, udp-without-checksum, or of IPv6 tcp-with-options and udp-with-options:
                      "ok SOURCE-PORT", or the name of the errno
    ask NAME [SECONDS [SIZE]]
                      sends a line (or datagram) of SIZE bytes that was never sent before, and
                      answers who echoed it: "server1"; "timeout", "closed", "corrupt", or an errno
    many NAME COUNT PROTOCOL ADDRESS PORT
                      opens NAME.1 to NAME.COUNT, each when the one before was answered: how many
                      each server answered, and how many got an errno, as "ECONNREFUSED=1 server1=2"
    set NAME tos|ttl|df VALUE
                      of the packets it sends from then on; df is off, or on, whatever is known of
                      the path (RFC 1191): "ok"
    close NAME        "ok"
    reset NAME        closes a TCP connection by RST, one of SCTP by ABORT: "ok"
    finish NAME       closes the sending side and waits for the other, of SCTP by SHUTDOWN: "ok"

TALK_DEVICE in the environment: the device, that of a VRF, which its sockets are bound to.
"""

import collections
import errno
import os
import socket
import struct
import sys

from device import bind_to_device
from extension_headers import send_options

ANSWER_SECONDS = 5.0 * int(os.environ.get("RVS_TEST_PATIENCE", "1"))

# Of a message of SCTP, which has to fit into the buffer that it is sent from.
PIECE_SIZE = 1 << 15

# include/uapi/asm-generic/socket.h; the module socket does not name it.
SO_NO_CHECK = 11

# include/uapi/linux/in.h: never set it; set it, and do not care for the path MTU.
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE = 10, 0, 3

# The same of include/uapi/linux/in6.h.
IPV6_MTU_DISCOVER = 23

OPTIONS = {
    socket.AF_INET: (socket.SOL_IP, {"tos": socket.IP_TOS, "ttl": socket.IP_TTL, "df": IP_MTU_DISCOVER}),
    socket.AF_INET6: (
        socket.IPPROTO_IPV6,
        {"tos": socket.IPV6_TCLASS, "ttl": socket.IPV6_UNICAST_HOPS, "df": IPV6_MTU_DISCOVER},
    ),
}


class Client:
    def __init__(self):
        self.sockets = {}
        self.unread = {}
        self.asked = 0

    def open(self, name, protocol, address, port, source_port="0", source=""):
        kind = socket.SOCK_STREAM if protocol.startswith(("tcp", "sctp")) else socket.SOCK_DGRAM
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, kind, socket.IPPROTO_SCTP if protocol == "sctp" else 0)
        sock.settimeout(ANSWER_SECONDS)
        if source_port != "0":
            # Of two that may share a port both may be given the same one.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bind_to_device(sock)
        if protocol == "udp-without-checksum":
            sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        if protocol.endswith("-with-options"):
            send_options(sock)
        try:
            sock.bind(bound_to(source, int(source_port)))
            sock.connect((address, int(port)))
        except OSError:
            sock.close()
            raise
        self.sockets[name] = sock
        self.unread[name] = b""
        return f"ok {sock.getsockname()[1]}"

    def ask(self, name, seconds=ANSWER_SECONDS, size="16"):
        sock = self.sockets[name]
        sock.settimeout(float(seconds))
        self.asked += 1
        is_stream = sock.type == socket.SOCK_STREAM
        # Hexadecimal digits: no line ends within.
        line = (f"{self.asked:08x}" + os.urandom(int(size) // 2).hex())[: int(size)].encode()
        sent = line + b"\n" if is_stream else line
        if sock.proto == socket.IPPROTO_SCTP:
            for at in range(0, len(sent), PIECE_SIZE):
                sock.sendall(sent[at : at + PIECE_SIZE])
        else:
            sock.sendall(sent)
        while True:
            answer = self.read_line(name) if is_stream else sock.recv(1 << 16)
            if not answer:
                return "closed"
            server, _, echoed = answer.partition(b" ")
            if echoed == line:
                return server.decode()
            # A late answer to an earlier question, which has timed out then.
            if echoed[:8] >= line[:8]:
                return "corrupt"

    def many(self, name, count, protocol, address, port):
        answers = collections.Counter()
        for number in range(1, int(count) + 1):
            try:
                self.open(f"{name}.{number}", protocol, address, port)
                answers[self.ask(f"{name}.{number}")] += 1
            except OSError as error:
                answers[answer_of(error)] += 1
        return " ".join(f"{answer}={number}" for answer, number in sorted(answers.items()))

    def read_line(self, name):
        while b"\n" not in self.unread[name]:
            data = self.sockets[name].recv(1 << 16)
            if not data:
                return b""
            self.unread[name] += data
        line, _, self.unread[name] = self.unread[name].partition(b"\n")
        return line

    def set(self, name, option, value):
        sock = self.sockets[name]
        level, names = OPTIONS[sock.family]
        number = names[option]
        if option == "df":
            value = IP_PMTUDISC_PROBE if value == "on" else IP_PMTUDISC_DONT
        sock.setsockopt(level, number, int(value))
        return "ok"

    def close(self, name):
        self.sockets.pop(name).close()
        return "ok"

    def reset(self, name):
        sock = self.sockets[name]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return self.close(name)

    def finish(self, name):
        sock = self.sockets[name]
        sock.settimeout(ANSWER_SECONDS)
        if sock.proto == socket.IPPROTO_SCTP:
            # There are no associations that are open in one direction.
            return self.close(name)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1 << 16):
            pass
        return self.close(name)


def bound_to(address, port):
    """The address of a socket; a link-local one may have its device behind a percent sign."""
    address, _, device = address.partition("%")
    return (address, port, 0, socket.if_nametoindex(device)) if device else (address, port)


def answer_of(error):
    if isinstance(error, TimeoutError):
        return "timeout"
    return errno.errorcode.get(error.errno, str(error))


def main():
    client = Client()
    commands = {
        "open": client.open,
        "ask": client.ask,
        "many": client.many,
        "set": client.set,
        "close": client.close,
        "reset": client.reset,
        "finish": client.finish,
    }
    for line in sys.stdin:
        command, *arguments = line.split()
        try:
            answer = commands[command](*arguments)
        except KeyError as error:
            answer = f"no {error}"
        except OSError as error:
            answer = answer_of(error)
        print(answer, flush=True)


main()
