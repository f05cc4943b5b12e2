# SPDX-License-Identifier: GPL-2.0-only
"""How long a module holds its mutexes (see ../injector/rvs_held.c)."""

import contextlib
import dataclasses
import subprocess

MODULE = "/rvs/rvs_held.ko"
_LONGEST = "/sys/module/rvs_held/parameters/longest"
# The last function of a module is shorter.
_FUNCTION = 1 << 12


@dataclasses.dataclass
class Held:
    """The longest time, in nanoseconds, who took the mutex then, and how many times there were."""

    longest: int = 0
    times: int = 0
    by: str = ""


def _code(module: str) -> tuple[int, int]:
    """Where the functions of a module are."""
    with open("/proc/kallsyms", encoding="ascii") as file:
        found = [int(line.split()[0], 16) for line in file if line.endswith(f"[{module}]\n") and line.split()[1] in "tT"]
    return min(found), max(found) + _FUNCTION


@contextlib.contextmanager
def looked_at(module: str):
    """Look at what a module does, for the length of a with block."""
    begin, end = _code(module)
    subprocess.run(["insmod", MODULE, f"from={begin}", f"to={end}"], check=True)
    try:
        yield
    finally:
        subprocess.run(["rmmod", "rvs_held"], check=True)


@contextlib.contextmanager
def longest():
    """What was seen in the body of the with block, afterwards."""
    seen = Held()
    with open(_LONGEST, "w", encoding="ascii") as control:
        control.write("0")
    yield seen
    with open(_LONGEST, encoding="ascii") as control:
        nanoseconds, times, by = control.read().split(maxsplit=2)
    seen.longest, seen.times, seen.by = int(nanoseconds), int(times), by.strip()
