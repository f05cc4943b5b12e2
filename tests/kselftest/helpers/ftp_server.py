#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A server of FTP (RFC 959, RFC 2428), as far as clients need one.

    ftp_server.py NAME ADDRESS DIRECTORY [STYLE]

Has the files of DIRECTORY, puts those that it gets there, and has a file "who" with its NAME, and one "slow", of which a byte
comes each second. It says that it listens at ADDRESS. STYLE is how it says so: "long", as most do, or "terse", without a word, or
"address", with one where RFC 2428 has none.
Prints "ready" when it serves.
"""

import os
import re
import socket
import sys
import threading
import time

SECONDS = 30

# Bytes of the slow file.
SLOW = 5

STYLES = {
    "long": "227 Entering Passive Mode ({}).",
    "terse": "227 ={}",
    "address": "227 Entering Passive Mode ({}).",
}


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def number(address):
    """That of the family in RFC 2428."""
    return 2 if ":" in address else 1


class Session(threading.Thread):
    """One control connection."""

    def __init__(self, sock, name, address, directory, style):
        super().__init__(daemon=True)
        self.socket, self.name, self.address, self.directory, self.style = sock, name, address, directory, style
        self.listener = self.place = None

    def say(self, text):
        self.socket.sendall(text.encode() + b"\r\n")

    def run(self):
        try:
            self.say(f"220 {self.name}")
            for line in self.socket.makefile("rb"):
                command, _, argument = line.decode().strip().partition(" ")
                self.obey(command.upper(), argument)
        except OSError:
            pass
        finally:
            self.socket.close()

    def obey(self, command, argument):
        handler = getattr(self, "on_" + command.lower(), None)
        if handler is None:
            self.say("502 no")
        else:
            handler(argument)

    def on_user(self, _):
        self.say("331 and?")

    def on_pass(self, _):
        self.say("230 welcome")

    def on_pwd(self, _):
        self.say('257 "/"')

    def on_type(self, _):
        self.say("200 as you like")

    def on_quit(self, _):
        self.say("221 bye")
        self.socket.shutdown(socket.SHUT_WR)

    def listen(self):
        self.listener = socket.socket(family(self.address))
        self.listener.settimeout(SECONDS)
        self.listener.bind(("", 0))
        self.listener.listen(1)
        return self.listener.getsockname()[1]

    def on_pasv(self, _):
        port = self.listen()
        self.say(STYLES[self.style].format(",".join([*self.address.split("."), str(port >> 8), str(port & 255)])))

    def on_epsv(self, _):
        said = f"{number(self.address)}|{self.address}" if self.style == "address" else "|"
        self.say(f"229 Entering Extended Passive Mode (|{said}|{self.listen()}|)")

    def on_port(self, argument):
        *address, high, low = argument.split(",")
        self.place = ".".join(address), int(high) * 256 + int(low)
        self.say("200 there")

    def on_eprt(self, argument):
        _, address, port = re.fullmatch(r"\|([12])\|([^|]*)\|(\d+)\|", argument).groups()
        self.place = address, int(port)
        self.say("200 there")

    def data(self):
        if self.listener:
            with self.listener:
                sock, _ = self.listener.accept()
            self.listener = None
            return sock
        sock = socket.socket(family(self.address))
        sock.settimeout(SECONDS)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # RFC 959, section 5.2: from the port before that of the control connection.
        sock.bind((self.address, 20))
        sock.connect(self.place)
        return sock

    def transfer(self, transfer):
        self.say("150 now")
        try:
            with self.data() as sock:
                transfer(sock)
        except OSError as error:
            self.say(f"425 {error}")
            return
        self.say("226 done")

    def on_retr(self, name):
        def send(sock):
            if name == "who":
                sock.sendall(self.name.encode() + b"\n")
            elif name == "slow":
                for _ in range(SLOW):
                    sock.sendall(b".")
                    time.sleep(1)
            else:
                with open(os.path.join(self.directory, name), "rb") as file:
                    sock.sendfile(file)

        self.transfer(send)

    def on_stor(self, name):
        def receive(sock):
            with open(os.path.join(self.directory, name), "wb") as file:
                while data := sock.recv(1 << 16):
                    file.write(data)

        self.transfer(receive)


def main():
    name, address, directory, style = *sys.argv[1:4], (sys.argv[4:] or ["long"])[0]
    listener = socket.socket(family(address))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", 21))
    listener.listen(64)
    print("ready", flush=True)
    while True:
        Session(listener.accept()[0], name, address, directory, style).start()


main()
