#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Dumps of many parts while others come and go in between: what is there all the time is told, each once.

    steady_dumps.py rvs|IPVS
"""

import sys

import ipvs_family
import rvs_family
from expectations import expect_errno, expect_equal, finish
from genl import GENLMSGHDR, NLM_F_DUMP, Answer, nest

COUNT = 200
# The kernel is one part ahead of the reader.
SMALL_BUFFER = 4096
VIP = "198.51.100.1"


class ByRvs:
    def __init__(self):
        self.changer = rvs_family.Rvs()
        self.lists_all_servers = True

    @staticmethod
    def reader():
        return rvs_family.Rvs(buffer_size=SMALL_BUFFER)

    def add_service(self, port):
        self.changer.add_service(rvs_family.service_key(VIP, port))

    def delete_service(self, port):
        self.changer.must(rvs_family.SERVICE_DEL, rvs_family.service_key(VIP, port))

    def add_server(self, port, server):
        self.changer.must(rvs_family.DEST_ADD, rvs_family.dest_key(rvs_family.service_key(VIP, port), "10.0.0.11", server))

    def delete_server(self, port, server):
        self.changer.must(rvs_family.DEST_DEL, rvs_family.dest_key(rvs_family.service_key(VIP, port), "10.0.0.11", server))

    services = (rvs_family.SERVICE_GET, b"")
    all_servers = (rvs_family.DEST_GET, b"")

    @staticmethod
    def servers_of(port):
        return rvs_family.DEST_GET, nest(rvs_family.SERVICE, rvs_family.service_key(VIP, port))

    @staticmethod
    def port(message):
        return int.from_bytes(message[rvs_family.PORT], "big")

    def flush(self):
        self.changer.must(rvs_family.FLUSH)


class ByIpvs:
    def __init__(self):
        self.changer = ipvs_family.Ipvs()
        self.lists_all_servers = False

    @staticmethod
    def reader():
        return ipvs_family.Ipvs(buffer_size=SMALL_BUFFER)

    @staticmethod
    def _service(port):
        return ipvs_family.service(ipvs_family.service_id(VIP, port))

    def add_service(self, port):
        self.changer.must(ipvs_family.NEW_SERVICE, ipvs_family.service(ipvs_family.service_id(VIP, port), ipvs_family.service_rest()))

    def delete_service(self, port):
        self.changer.must(ipvs_family.DEL_SERVICE, self._service(port))

    def add_server(self, port, server):
        dest = ipvs_family.dest(ipvs_family.dest_id("10.0.0.11", server), ipvs_family.dest_rest())
        self.changer.must(ipvs_family.NEW_DEST, self._service(port) + dest)

    def delete_server(self, port, server):
        dest = ipvs_family.dest(ipvs_family.dest_id("10.0.0.11", server))
        self.changer.must(ipvs_family.DEL_DEST, self._service(port) + dest)

    services = (ipvs_family.GET_SERVICE, b"")

    def servers_of(self, port):
        return ipvs_family.GET_DEST, self._service(port)

    @staticmethod
    def port(message):
        if ipvs_family.DEST in message:
            return ipvs_family.key_of(message[ipvs_family.DEST], ipvs_family.DEST_ADDR, ipvs_family.DEST_PORT)[1]
        return ipvs_family.key_of(message[ipvs_family.SERVICE], ipvs_family.ADDR, ipvs_family.PORT)[1]

    def flush(self):
        self.changer.must(ipvs_family.FLUSH)


# Those that stay have even ports, those that come and go odd ones between them.
STAYING = range(2, 2 * COUNT + 1, 2)


class Others:
    """Half of the odd ones are there, now one half, now the other."""

    def __init__(self, add, delete):
        self.add, self.delete = add, delete
        self.present, self.absent = range(1, 2 * COUNT, 4), range(3, 2 * COUNT, 4)
        for port in self.present:
            add(port)

    def change(self):
        for port in self.present:
            self.delete(port)
        for port in self.absent:
            self.add(port)
        self.present, self.absent = self.absent, self.present


def told(family, question, change):
    """The ports in a dump, with a change after each part."""
    command, attributes = question
    reader, answer = family.reader(), Answer()
    request = reader.send(GENLMSGHDR.pack(command, 1, 0) + attributes, NLM_F_DUMP)
    parts = 1
    while not reader.receive_part(answer, request):
        change()
        parts += 1
    expect_errno("dump", 0, answer.errno)
    if parts < 5:
        expect_equal("parts", "at least 5", parts)
    return [family.port(message) for _, message, _ in answer.messages if message]


def expect_staying(what, ports):
    expect_equal(what, list(STAYING), sorted(port for port in ports if port % 2 == 0))
    expect_equal(f"{what}: told twice", 0, len(ports) - len(set(ports)))


def main():
    family = {"rvs": ByRvs, "IPVS": ByIpvs}[sys.argv[1]]()
    for port in STAYING:
        family.add_service(port)
    others = Others(family.add_service, family.delete_service)
    expect_staying("services", told(family, family.services, others.change))

    def add_with_server(port):
        family.add_service(port)
        family.add_server(port, port)

    if family.lists_all_servers:
        for port in (*STAYING, *others.present):
            family.add_server(port, port)
        others.add = add_with_server
        expect_staying("servers of all services", told(family, family.all_servers, others.change))

    family.flush()
    family.add_service(1)
    for port in STAYING:
        family.add_server(1, port)
    others = Others(lambda port: family.add_server(1, port), lambda port: family.delete_server(1, port))
    expect_staying("servers of a service", told(family, family.servers_of(1), others.change))
    family.flush()
    finish()


main()
