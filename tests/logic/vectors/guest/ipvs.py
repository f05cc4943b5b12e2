# SPDX-License-Identifier: GPL-2.0-only
"""C ip_vs in the namespace of the caller: one service at a time, configured by ipvsadm, observed through /proc."""

import contextlib
import ipaddress
import socket
import subprocess

PORT = 80
# What services by mark are visited at.
MARKED_NET = "172.16.0.0/12"
PROC_PROTOCOL = {socket.SOCK_DGRAM: "UDP", socket.SOCK_STREAM: "TCP"}


def run(*command):
    subprocess.run(command, check=True)


def prepare():
    """Make every address of the cases local, so that any of them can be client, service or server."""
    run("modprobe", "ip_vs")
    run("ip", "link", "set", "lo", "up")
    for prefix in ("10.0.0.0/8", "192.0.2.0/24", MARKED_NET):
        run("ip", "route", "add", "local", prefix, "dev", "lo")
    run("ip", "-6", "route", "add", "local", "fd00::/8", "dev", "lo")
    for family in ("ipv4", "ipv6"):
        with open(f"/proc/sys/net/{family}/ip_nonlocal_bind", "w", encoding="ascii") as knob:
            knob.write("1")
    # Nothing may expire while a case runs.
    run("ipvsadm", "--set", "7200", "7200", "7200")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def parse_address(word):
    """An address as /proc/net/ip_vs* writes it."""
    if ":" in word:
        return str(ipaddress.ip_address(word.strip("[]")))
    return str(ipaddress.ip_address(int(word, 16)))


class Service:
    """A service, its servers by name, and clients of it."""

    def __init__(self, number, kind, scheduler, flags, ipv6, marked=False):
        self.kind = kind
        self.mark = number if marked else 0
        if marked:
            # Of each service by mark the addresses differ in the last byte.
            self.address = f"172.{16 + number // 256}.{number % 256}."
            self.name = ["-f", str(number)]
        else:
            self.address = f"fd02::{number:x}" if ipv6 else f"192.0.2.{number}"
            self.name = [
                "-t" if kind == socket.SOCK_STREAM else "-u",
                endpoint(self.address, PORT),
            ]
        self.servers = {}
        self.connections = {}
        command = ["ipvsadm", "-A", *self.name, "-s", scheduler]
        if flags:
            # The first two flags of a service are those of its scheduler: fallback and port.
            names = {"fallback": "flag-1", "port": "flag-2"}
            command += ["-b", ",".join(names[flag] for flag in flags)]
        run(*command)

    def add(self, name, address, weight, threshold):
        self.servers[name] = address
        self._server("-a", name, weight, threshold)

    def set(self, name, weight, threshold, lower=0):
        self._server("-e", name, weight, threshold, lower)

    def remove(self, name):
        run("ipvsadm", "-d", *self.name, "-r", endpoint(*self.servers.pop(name)))

    def _server(self, action, name, weight, threshold, lower=0):
        # Only masquerading reaches another port.
        address, port = self.servers[name]
        forward = "-g" if port == PORT else "-m"
        run(
            "ipvsadm", action, *self.name, "-r", endpoint(address, port), forward,
            "-w", str(weight), "-x", str(threshold), "-y", str(lower),
        )

    def connect(self, address, port, visited=""):
        """A new connection from this client, to the address that ends like this where the service has several. It
        stays open until `close` when it is TCP.
        """
        client = socket.socket(family_of(address), self.kind)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.mark:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, self.mark)
        client.bind((address, port))
        # Without a server the packet is refused: there is no entry for it then.
        with contextlib.suppress(OSError):
            if self.kind == socket.SOCK_STREAM:
                client.connect((f"{self.address}{visited}", PORT))
            else:
                client.sendto(b"x", (f"{self.address}{visited}", PORT))
        if self.kind == socket.SOCK_STREAM:
            self.connections[address, port] = client
        else:
            client.close()

    def close(self, address, port):
        """Ends a TCP connection by a reset, so that it is not active any more when this returns."""
        client = self.connections.pop((address, port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()

    def chosen(self):
        """The name of the server of each client of this service that has a connection."""
        for _ in range(100):
            found = self._listed()
            # The list ends early when the kernel puts a table of another size in place meanwhile
            # (`ip_vs_conn_array()`); the servers' own counts tell.
            if len(found) == sum(map(sum, self.loads().values())):
                return found
        raise RuntimeError("the connections do not add up to those of the servers")

    def _has(self, address):
        return address.startswith(self.address) if self.mark else address == self.address

    def _listed(self):
        names = {server: name for name, server in self.servers.items()}
        found = {}
        with open("/proc/net/ip_vs_conn", encoding="ascii") as table:
            for line in table:
                words = line.split()
                if words[0] != PROC_PROTOCOL[self.kind] or not self._has(parse_address(words[3])):
                    continue
                client = parse_address(words[1]), int(words[2], 16)
                server = parse_address(words[5]), int(words[6], 16)
                if server in names:
                    found[client] = names[server]
        return found

    def loads(self):
        """Active and inactive connections of each server by name."""
        names = {server: name for name, server in self.servers.items()}
        found = {}
        with open("/proc/net/ip_vs", encoding="ascii") as table:
            for line in table:
                words = line.split()
                if words[0] == "->" and words[1] != "RemoteAddress:Port":
                    address, port = words[1].rsplit(":", 1)
                    name = names[parse_address(address), int(port, 16)]
                    found[name] = int(words[4]), int(words[5])
        return found

    def end(self):
        """Leaves no trace but the connections, which no other service shares."""
        for client in list(self.connections):
            self.close(*client)
        run("ipvsadm", "-C")
