# SPDX-License-Identifier: GPL-2.0-only
"""Misses a packet in the modelled caches, and the functions that miss the last level, from the plugin `cache_model`.

usage: cache_model.py RESULTS MISSES
RESULTS: directory with what the guest left (regions, kallsyms); MISSES: file of the plugin.
"""

import collections
import pathlib
import sys

import symbols

# Fewer misses of the last level a packet are not shown.
SHOWN = 0.05


def regions(path: pathlib.Path):
    """Totals (accesses, misses of L1, L2, LLC) and misses of the LLC by address, for each region."""
    found = []
    for line in path.read_text(encoding="ascii").splitlines():
        kind, *fields = line.split()
        if kind == "region":
            found.append(([], collections.Counter()))
        elif kind == "total":
            found[-1][0].extend(int(field) for field in fields)
        else:
            found[-1][1][int(fields[0], 16)] += int(fields[1])
    return found


def main(results: str, misses: str) -> None:
    directory = pathlib.Path(results)
    kallsyms = symbols.Kallsyms(directory / "kallsyms")
    labels = (directory / "regions").read_text(encoding="ascii").splitlines()
    for line, (totals, by_address) in zip(labels, regions(pathlib.Path(misses)), strict=True):
        packets, label = line.split(" ", 1)
        accesses, l1, l2, llc = (total / int(packets) for total in totals)
        print(f"\n=== {label}: a packet: {accesses:.0f} accesses, misses L1 {l1:.1f}, L2 {l2:.1f}, LLC {llc:.2f}")
        by_function = collections.Counter()
        for address, count in by_address.items():
            by_function[kallsyms.find(address)] += count / int(packets)
        shown = [(function, count) for function, count in by_function.most_common() if count >= SHOWN]
        names = symbols.demangled([name for (name, _), _ in shown])
        for name, ((_, owner), count) in zip(names, shown):
            print(f"  {count:7.2f}  {name}{'' if owner == 'kernel' else f' [{owner}]'}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
