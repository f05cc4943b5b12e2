# SPDX-License-Identifier: GPL-2.0-only
"""The results as tables for terminals.

usage: table.py RESULTS.JSON
"""

import json
import sys

from rows import COLUMNS, Line, lines, machines, own, present

WIDTH = 12


def common(rows: list[dict], machine: tuple[str, str]) -> None:
    """Rows of no load balancer."""
    for row in rows:
        if (row["kernel"], row["mitigations"]) == machine and not row["backend"] and row["instructions"]:
            above = row["instructions"] - row["floor"]
            print(f"{row['case']}: {row['instructions']:.0f} instructions, {above:.0f} above the floor")


def table(shown: list[Line]) -> None:
    columns = present(shown)
    heading = [COLUMNS[column] for column in columns] + [f"C/{COLUMNS[column]}" for column in own(columns)]
    print(f"{'case':24}{'flows':>9}{'conntrack':>10}" + "".join(f"{name:>{WIDTH}}" for name in heading))
    for line in shown:
        cells = [line.cell(column) for column in columns]
        ratios = [line.ratio(column) for column in own(columns)]
        cells += [f"{ratio:.2f}x" if ratio else "" for ratio in ratios]
        print(f"{line.case:24}{line.flows or '':>9}{'yes' if line.conntrack else '':>10}"
              + "".join(f"{text:>{WIDTH}}" for text in cells))


def aside(shown: list[Line], field: str, what: str) -> None:
    """Another number that some rows have."""
    for line in shown:
        numbers = [f"{COLUMNS[column]} {line.rows[column][field]}" for column in COLUMNS
                   if column in line.rows and line.rows[column].get(field) is not None]
        if numbers:
            print(f"{what}, {line.case} with {line.flows} flows: {', '.join(numbers)}")


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    for machine in machines(rows):
        kernel, mitigations = machine
        print(f"\n{kernel} kernel, mitigations={mitigations}: instructions under emulation above the floor, smaller is better")
        shown = lines(rows, machine)
        common(rows, machine)
        table(shown)
        aside(shown, "bytes", "bytes each")
        aside(shown, "misses_llc", "LLC misses a packet in the model")


if __name__ == "__main__":
    main(sys.argv[1])
