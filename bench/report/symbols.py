# SPDX-License-Identifier: GPL-2.0-only
"""Names of kernel addresses: functions by kallsyms, lines and inlined functions of the module by its debug information."""

import bisect
import pathlib
import re
import subprocess


class Kallsyms:
    """The guest's /proc/kallsyms."""

    def __init__(self, path: pathlib.Path):
        symbols = []
        for line in path.read_text(encoding="ascii").splitlines():
            address, kind, name, *module = line.split()
            # Entry thunks and padding symbols would hide the function that follows.
            if kind in "tTwW" and not name.startswith("__pfx_"):
                symbols.append((int(address, 16), name, module[0].strip("[]") if module else "kernel"))
        symbols.sort(key=lambda symbol: symbol[0])
        self._addresses = [symbol[0] for symbol in symbols]
        self._symbols = symbols

    def find(self, address: int) -> tuple[str, str]:
        """Name of the function, and the module it is in."""
        index = bisect.bisect_right(self._addresses, address) - 1
        return self._symbols[index][1:] if index >= 0 else ("?", "?")


def demangled(names: list[str]) -> list[str]:
    """Rust symbols as they are written in source; others unchanged."""
    done = subprocess.run(["llvm-cxxfilt-19"], input="\n".join(names), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


Frame = tuple[str, str]


def frames(module: pathlib.Path, text: int, addresses: list[int]) -> dict[int, list[Frame]]:
    """For addresses in .text of a module loaded there: (function, file:line), from the innermost inlined one outwards.

    The shims of rvs/helpers are compiled without debug information and count for the line that calls them.
    """
    # addr2line of binutils: others do not take addresses within one section of an object that is not linked.
    command = ["addr2line", "-e", str(module), "-j", ".text", "-a", "-i", "-f", "-C"]
    asked = "".join(f"0x{address - text:x}\n" for address in addresses)
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    found: dict[int, list[Frame]] = {}
    current: list[Frame] = []
    lines = iter(done.stdout.splitlines())
    for line in lines:
        if re.fullmatch(r"0x[0-9a-f]{16}", line):
            current = found.setdefault(int(line, 16) + text, [])
        else:
            current.append((line, re.sub(r" \(discriminator \d+\)", "", next(lines))))
    return found
