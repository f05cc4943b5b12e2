#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A dump of all connections that is read as slowly as one likes. Is told, line by line

    begin                   asks for a dump and reads its first part: "ok", or "over" when that was all
    read COUNT              reads so many parts more: as above
    end FIRST LAST          reads the rest: "rows=COUNT twice=COUNT wanted=COUNT"

where twice are those that came more than once, and wanted those whose client has a UDP port of FIRST to LAST.
"""

import collections
import struct
import sys

from genl import GENLMSGHDR, NLM_F_DUMP, Answer, as_dict
from rvs_family import *

# The kernel makes small parts for a reader with a small buffer, and is one part ahead.
SMALL_BUFFER = 4096


class Dump:
    def begin(self):
        self.rvs = Rvs(buffer_size=SMALL_BUFFER)
        self.answer = Answer()
        self.request = self.rvs.send(GENLMSGHDR.pack(CONNECTION_GET, 1, 0), NLM_F_DUMP)
        self.over = False
        return self.read("1")

    def read(self, count):
        for _ in range(int(count)):
            self.over = self.over or self.rvs.receive_part(self.answer, self.request)
        return "over" if self.over else "ok"

    def end(self, first, last):
        while not self.over:
            self.read("1")
        if self.answer.errno or self.answer.interrupted:
            return f"errno {self.answer.errno} {self.answer.text} interrupted {self.answer.interrupted}"
        rows = collections.Counter(map(self.identity, self.answer.messages))
        twice = sum(count > 1 for count in rows.values())
        wanted = sum(key[PROTOCOL] == socket.IPPROTO_UDP and int(first) <= port <= int(last) for key, port in map(self.known, rows))
        return f"rows={rows.total()} twice={twice} wanted={wanted}"

    @staticmethod
    def identity(message):
        _, found, _ = message
        return found[SERVICE], found.get(CLIENT_ADDR4, found.get(CLIENT_ADDR6)), found[CLIENT_PORT]

    @staticmethod
    def known(identity):
        service, _, port = identity
        (protocol,) = struct.unpack("=I", as_dict(service)[PROTOCOL])
        return {PROTOCOL: protocol}, struct.unpack("!H", port)[0]


def main():
    dump = Dump()
    for line in sys.stdin:
        command, *arguments = line.split()
        print(getattr(dump, command)(*arguments), flush=True)


main()
