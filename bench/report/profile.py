# SPDX-License-Identifier: GPL-2.0-only
"""Instructions a packet, function by function, from what the plugin `profile` counted.

usage: profile.py RESULTS COUNTS MODULE [CASE]
RESULTS: directory with what the guest left (regions, kallsyms, rvs.text); COUNTS: file of the plugin; MODULE: rvs.ko with
debug information. CASE: only regions with this in their label.
"""

import collections
import pathlib
import sys

import symbols

# Below this many instructions a packet a line is not worth reading.
SHOWN = 2.0


def regions(path: pathlib.Path):
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


def report(label: str, packets: int, counts: collections.Counter, kallsyms: symbols.Kallsyms, module, text) -> None:
    per_module, per_function = collections.Counter(), collections.Counter()
    in_module = []
    for address, count in counts.items():
        name, owner = kallsyms.find(address)
        per_module[owner] += count / packets
        per_function[name, owner] += count / packets
        if owner == "rvs":
            in_module.append(address)
    print(f"\n=== {label}: {sum(per_module.values()):.1f} instructions a packet, generator included")
    listing("by module", per_module)
    names = symbols.demangled([name for name, _ in per_function])
    listing("by function", collections.Counter({
        f"{name}{'' if owner == 'kernel' else f' [{owner}]'}": cost
        for name, ((_, owner), cost) in zip(names, per_function.items())
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


def main(results: str, counts: str, module: str, only: str = "") -> None:
    directory = pathlib.Path(results)
    kallsyms = symbols.Kallsyms(directory / "kallsyms")
    text_file = directory / "rvs.text"
    text = int(text_file.read_text(encoding="ascii"), 16) if text_file.exists() else 0
    labels = (directory / "regions").read_text(encoding="ascii").splitlines()
    for line, region in zip(labels, regions(pathlib.Path(counts)), strict=True):
        packets, label = line.split(" ", 1)
        if only in label:
            report(label, int(packets), region, kallsyms, pathlib.Path(module), text)


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
