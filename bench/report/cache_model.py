# SPDX-License-Identifier: GPL-2.0-only
"""Misses a packet in the modelled caches, and the functions that miss the last level, from the plugin `cache_model`.

usage: cache_model.py RESULTS MISSES [ROWS]
RESULTS: directory with what the guest left; MISSES: file of the plugin; ROWS: where to write a JSON object a line and
region, with the row's name and the misses of each level.
"""

import collections
import json
import pathlib
import sys

import symbols
from regions import Regions, label

# Fewer misses of the last level a packet are not shown.
SHOWN = 0.05
_LEVELS = ("misses_l1", "misses_l2", "misses_llc")


def counted(path: pathlib.Path):
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


def show(name: dict, kallsyms: symbols.Kallsyms, totals: list[float], by_address: collections.Counter) -> None:
    packets = name["packets"]
    accesses, l1, l2, llc = totals
    print(f"\n=== {label(name)}: a packet: {accesses:.0f} accesses, misses L1 {l1:.1f}, L2 {l2:.1f}, LLC {llc:.2f}")
    by_function = collections.Counter()
    for address, count in by_address.items():
        by_function[kallsyms.find(address)] += count / packets
    shown = [(function, count) for function, count in by_function.most_common() if count >= SHOWN]
    names = symbols.demangled([function for (function, _), _ in shown])
    for function, ((_, owner), count) in zip(names, shown):
        print(f"  {count:7.2f}  {function}{'' if owner == 'kernel' else f' [{owner}]'}")


def main(results: str, misses: str, rows: str | None = None) -> None:
    regions = Regions(pathlib.Path(results))
    lines = []
    for name, (totals, by_address) in zip(regions.names, counted(pathlib.Path(misses)), strict=True):
        each = [total / name["packets"] for total in totals]
        show(name, regions.kallsyms(name), each, by_address)
        lines.append(json.dumps(name | {level: round(value, 2) for level, value in zip(_LEVELS, each[1:])}))
    if rows:
        pathlib.Path(rows).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
