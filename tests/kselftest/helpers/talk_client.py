#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A client that is told, line by line, what to do with its connections.

    open NAME PROTOCOL ADDRESS PORT [SOURCE-PORT [SOURCE-ADDRESS]]
                      tcp, sctp, udp or udp-without-checksum: "ok SOURCE-PORT", or the name of the errno
    ask NAME [SECONDS [SIZE]]
                      sends a line (or datagram) of SIZE bytes that was never sent before, and
                      answers who echoed it: "server1"; "timeout", "closed", "corrupt", or an errno
    set NAME tos|ttl|df VALUE
                      of the packets it sends from then on; df is off, or on, whatever is known of
                      the path (RFC 1191): "ok"
    close NAME        "ok"
    reset NAME        closes a TCP connection by RST, one of SCTP by ABORT: "ok"
    finish NAME       closes the sending side and waits for the other, of SCTP by SHUTDOWN: "ok"
"""

import errno
import os
import socket
import struct
import sys

ANSWER_SECONDS = 5.0

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
        kind = socket.SOCK_STREAM if protocol in ("tcp", "sctp") else socket.SOCK_DGRAM
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, kind, socket.IPPROTO_SCTP if protocol == "sctp" else 0)
        sock.settimeout(ANSWER_SECONDS)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if protocol == "udp-without-checksum":
            sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        try:
            sock.bind((source, int(source_port)))
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


def main():
    client = Client()
    commands = {
        "open": client.open,
        "ask": client.ask,
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
        except TimeoutError:
            answer = "timeout"
        except OSError as error:
            answer = errno.errorcode.get(error.errno, str(error))
        print(answer, flush=True)


main()
