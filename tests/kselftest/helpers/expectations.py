# SPDX-License-Identifier: GPL-2.0-only
"""Expectations of a helper that does a whole case: what does not hold is printed, and the exit status tells."""

import errno
import sys

failures = 0


def fail(text):
    global failures
    failures += 1
    print(text)


def expect_equal(what, expected, seen):
    if expected != seen:
        fail(f"{what}: expected {expected!r}, saw {seen!r}")


def expect_errno(what, expected, seen):
    if expected != seen:
        fail(f"{what}: expected {name(expected)}, saw {name(seen)}")


def name(number):
    return errno.errorcode.get(number, str(number)) if number else "success"


def finish():
    sys.exit(1 if failures else 0)
