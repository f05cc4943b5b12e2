# SPDX-License-Identifier: GPL-2.0-only
"""How far two runs differ in the rows of established flows.

usage: compare.py FIRST.JSON SECOND.JSON

Prints the rows whose instructions above the floor differ by more than 2, and those that failed in a run or that it does not
have; then how many there are in both, and the greatest difference. Exit status 1 when it printed a row, or when there is
none to compare.
"""

import json
import re
import sys

from merge import key

TOLERANCE = 2.0

_ESTABLISHED = re.compile("(packet|segment) of an established")


def established(path: str) -> dict[tuple, float | None]:
    """Instructions above the floor of each established-flow row; none of a row, of whatever flows, that failed."""
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    return {key(row): None if row.get("failed") else row["instructions"] - row["floor"] for row in rows
            if row.get("failed") or row["backend"] and _ESTABLISHED.match(row.get("counted") or "")}


def name(row: tuple) -> str:
    return " ".join(str(field) for field in row if field not in (None, False))


def main(first_path: str, second_path: str) -> int:
    first, second = established(first_path), established(second_path)
    status = 0
    greatest = 0.0
    compared = 0
    for row in sorted(first.keys() | second.keys(), key=name):
        one, other = first.get(row), second.get(row)
        if one is None or other is None:
            print(f"{name(row)}: not in both runs")
            status = 1
            continue
        compared += 1
        greatest = max(greatest, abs(one - other))
        if abs(one - other) > TOLERANCE:
            print(f"{name(row)}: {one:.1f} and {other:.1f}")
            status = 1
    print(f"{compared} rows of established flows in both, which differ by {greatest:.1f} instructions at most")
    return status if compared else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
