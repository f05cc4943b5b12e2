#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Dumps: complete, in order, of one service, and while the configuration changes."""

import errno
import sys

from expectations import expect_equal, expect_errno, fail, finish
from genl import NLM_F_DUMP, GENLMSGHDR, Answer, attributes_in, nest, string, u32
from rvs_family import *

COUNT = 300
DESTS_EACH = 3
NEWEST_FIRST = range(DESTS_EACH - 1, -1, -1)
# The kernel is one part ahead of the reader: the dump must have more than two.
SMALL_BUFFER = 4096


def key(number):
    return service_key(f"203.0.113.{1 + number // 50}", 1000 + number % 50)


def dest(number, position):
    return dest_key(key(number), f"10.0.0.{20 + position}", 2000 + number)


def as_attributes(request):
    return dict(attributes_in(request))


def fill(rvs):
    for position in range(COUNT):
        # In another order than that of the keys.
        number = position * 7 % COUNT
        rvs.add_service(key(number))
        for position in range(DESTS_EACH):
            rvs.must(DEST_ADD, dest(number, position) + u32(WEIGHT, 100 * position + number))


def service_keys(messages):
    return [tuple(found[number] for number in (PROTOCOL, ADDR4, PORT)) for _, found, _ in messages]


def expected_key(number):
    attributes = as_attributes(key(number))
    return tuple(attributes[number] for number in (PROTOCOL, ADDR4, PORT))


def complete(rvs):
    expected = [expected_key(number) for number in range(COUNT)]
    services = rvs.dump(SERVICE_GET)
    expect_errno("dump of services", 0, services.errno)
    seen = service_keys(services.messages)
    expect_equal("number of services", COUNT, len(seen))
    # By protocol, address and port.
    expect_equal("services", expected, seen)
    expect_equal("interrupted", False, services.interrupted)

    # The destinations come by service, in the order of the services; in each, the newest comes first, as with IPVS.
    number_of = {expected_key(number): number for number in range(COUNT)}
    expected = []
    for number in map(number_of.get, seen):
        for position in NEWEST_FIRST:
            expected.append(as_attributes(dest(number, position) + u32(WEIGHT, 100 * position + number)))
    dests = rvs.dump(DEST_GET)
    expect_errno("dump of destinations", 0, dests.errno)
    seen = []
    for _, found, _ in dests.messages:
        seen.append({number: found.get(number) for number in (SERVICE, ADDR4, PORT, WEIGHT)})
    expect_equal("number of destinations", len(expected), len(seen))
    for position, (one, other) in enumerate(zip(expected, seen)):
        if one != other:
            fail(f"destination {position}: expected {one}, saw {other}")
            break
    expect_equal("repeated", rvs.configuration(), rvs.configuration())


def of_one_service(rvs):
    for number in 0, 7, COUNT - 1:
        answer = rvs.dump(DEST_GET, nest(SERVICE, key(number)))
        expect_errno(f"dump of service {number}", 0, answer.errno)
        seen = [(found[SERVICE], found[ADDR4]) for _, found, _ in answer.messages]
        expected = []
        for position in NEWEST_FIRST:
            wanted = as_attributes(dest(number, position))
            expected.append((wanted[SERVICE], wanted[ADDR4]))
        expect_equal(f"destinations of service {number}", expected, seen)
    answer = rvs.dump(DEST_GET, nest(SERVICE, service_key("203.0.113.200", 1)))
    expect_errno("dump of a service that is not there", errno.ESRCH, answer.errno)
    if not answer.text:
        fail("dump of a service that is not there: no explanation")


def interrupted_by(change, command):
    """Dumps, with a change after the first part; returns whether the reader was told."""
    reader = Rvs(buffer_size=SMALL_BUFFER)
    answer = Answer()
    request = reader.send(GENLMSGHDR.pack(command, 1, 0), NLM_F_DUMP)
    over = reader.receive_part(answer, request)
    expect_equal("over with its first part", False, over)
    change()
    while not over:
        over = reader.receive_part(answer, request)
    expect_errno("dump", 0, answer.errno)
    return answer.interrupted


def changed_in_the_middle(rvs):
    """What a reader gets is the picture of one moment, or it is told that it is not."""
    weights = iter(range(70, 80))
    schedulers = iter(["wrr", "lc"])
    changes = {
        "no change": lambda: None,
        "the same scheduler": lambda: rvs.must(SERVICE_SET, key(8) + string(SCHEDULER, "rr") + u32(FORWARD, NAT)),
        "a service less": lambda: rvs.must(SERVICE_DEL, key(0)),
        "a service more": lambda: rvs.add_service(key(0)),
        "a scheduler": lambda: rvs.must(SERVICE_SET, key(9) + string(SCHEDULER, next(schedulers))),
        "a weight": lambda: rvs.must(DEST_SET, dest(5, 0) + u32(WEIGHT, next(weights))),
        "a destination less": lambda: rvs.must(DEST_DEL, dest(5, 0)),
        "a destination more": lambda: rvs.must(DEST_ADD, dest(5, 0)),
    }
    changes_nothing = ("no change", "the same scheduler")
    # Each change, and the one that undoes it: so that it can be done once for each kind of dump.
    undo = {
        "a service less": changes["a service more"],
        "a service more": changes["a service less"],
        "a destination less": changes["a destination more"],
        "a destination more": changes["a destination less"],
    }
    for what, change in changes.items():
        for command in SERVICE_GET, DEST_GET:
            told = interrupted_by(change, command)
            expect_equal(f"{what}: told that dump {command} was interrupted", what not in changes_nothing, told)
            if command == SERVICE_GET and what in undo:
                undo[what]()
    for command in SERVICE_GET, DEST_GET:
        told = interrupted_by(lambda: rvs.must(FLUSH), command)
        expect_equal(f"flush: told that dump {command} was interrupted", True, told)
        fill(rvs)


def main():
    rvs = Rvs()
    fill(rvs)
    {"complete": complete, "of-one-service": of_one_service, "changed": changed_in_the_middle}[sys.argv[1]](rvs)
    rvs.must(FLUSH)
    expect_equal("after flush", ([], []), rvs.configuration())
    finish()


main()
