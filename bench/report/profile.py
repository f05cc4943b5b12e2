# SPDX-License-Identifier: GPL-2.0-only
"""Instructions a packet, function by function, from what the plugin `profile` counted.

usage: profile.py RESULTS COUNTS MODULE [BACKEND]
RESULTS: directory with what the guest left; COUNTS: file of the plugin; MODULE: rvs.ko with
debug information. BACKEND: rvs or ip_vs alone.
"""

import collections
import pathlib
import sys

import symbols
from regions import Regions, label

# Below this many instructions a packet a line is not worth reading.
SHOWN = 2.0


def counted(path: pathlib.Path):
    """One dictionary a region: how often the instruction at an address ran."""
    counts = None
    with open(path, encoding="ascii") as file:
        for line in file:
            if line == "region\n":
                if counts is not None:
                    yield counts
                counts = collections.Counter()
            else:
                count, addresses = line.split()
                for address in addresses.split(","):
                    counts[int(address, 16)] += int(count)
    if counts is not None:
        yield counts


def listing(title: str, costs: collections.Counter) -> None:
    print(f"\n  {title}")
    for name, cost in costs.most_common():
        if cost < SHOWN:
            break
        print(f"  {cost:9.1f}  {name}")


def own_code(frames: list[symbols.Frame]) -> symbols.Frame:
    """The innermost frame in the module's own source: core's and the kernel crate's inlined functions count for it."""
    for frame in frames:
        if "/rvs/" in frame[1] and "/rustlib/" not in frame[1]:
            return frame
    return frames[-1]


def report(name: dict, counts: collections.Counter, kallsyms: symbols.Kallsyms, module, text) -> None:
    packets = name["packets"]
    per_module, per_function = collections.Counter(), collections.Counter()
    in_module = []
    for address, count in counts.items():
        function, owner = kallsyms.find(address)
        per_module[owner] += count / packets
        per_function[function, owner] += count / packets
        if owner == "rvs":
            in_module.append(address)
    print(f"\n=== {label(name)}: {sum(per_module.values()):.1f} instructions a packet, generator included")
    listing("by module", per_module)
    functions = symbols.demangled([function for function, _ in per_function])
    listing("by function", collections.Counter({
        f"{function}{'' if owner == 'kernel' else f' [{owner}]'}": cost
        for function, ((_, owner), cost) in zip(functions, per_function.items())
    }))
    if not in_module:
        return
    found = symbols.frames(module, text, in_module)
    by_function, by_line = collections.Counter(), collections.Counter()
    for address in in_module:
        function, line = own_code(found[address])
        by_function[function] += counts[address] / packets
        by_line[f"{line.rpartition('/rvs/')[2]:36} {function}"] += counts[address] / packets
    listing("rvs, by source function (inlined ones by themselves)", by_function)
    listing("rvs, by source line", by_line)


def main(results: str, counts: str, module: str, backend: str = "") -> None:
    directory = pathlib.Path(results)
    regions = Regions(directory)
    for name, region in zip(regions.names, counted(pathlib.Path(counts)), strict=True):
        if not backend or name["backend"] == backend:
            report(name, region, regions.kallsyms(name), pathlib.Path(module), regions.module_text(name))


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
