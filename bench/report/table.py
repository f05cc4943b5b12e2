# SPDX-License-Identifier: GPL-2.0-only
"""The results as a table for terminals: a line a case, a column a load balancer.

usage: table.py RESULTS.JSON
"""

import json
import sys

# Columns by backend, path and table_bits of a row.
COLUMNS = {
    ("ip_vs", "slow", None): "ip_vs",
    ("ip_vs", "slow", 20): "ip_vs 2^20",
    ("rvs", "slow", None): "rvs slow",
    ("rvs", "fast", None): "rvs fast",
}
PEER = ("ip_vs", "slow", None)
WIDTH = 12


def value(row: dict | None) -> float | None:
    """Instructions above the floor."""
    if row is None or row.get("instructions") is None:
        return None
    return row["instructions"] - row["floor"]


def cell(row: dict | None) -> str:
    if row is None:
        return ""
    if row.get("failed"):
        return "FAILED"
    number = value(row)
    return "not there" if number is None else f"{number:.0f}"


def ratio(peer: float | None, own: float | None) -> str:
    return f"{peer / own:.2f}x" if peer and own else ""


def table(title: str, rows: list[dict]) -> None:
    cases: dict[tuple, dict] = {}
    for row in rows:
        if row["backend"] is None:
            print(f"{title}: {row['case']}: {row['instructions']:.0f} instructions, {value(row):.0f} above the floor")
            continue
        key = (row["case"], row.get("flows"), row.get("conntrack", False))
        cases.setdefault(key, {})[row["backend"], row["path"], row.get("table_bits")] = row
    present = [column for column in COLUMNS if any(column in columns for columns in cases.values())]
    own = [column for column in present if column[0] == "rvs"]
    heading = [COLUMNS[column] for column in present] + [f"C/{COLUMNS[column]}" for column in own]
    print(f"{title}: instructions under emulation above the floor, smaller is better")
    print(f"{'case':22}{'flows':>9}{'conntrack':>10}" + "".join(f"{name:>{WIDTH}}" for name in heading))
    for (case, flows, conntrack), columns in cases.items():
        cells = [cell(columns.get(column)) for column in present]
        cells += [ratio(value(columns.get(PEER)), value(columns.get(column))) for column in own]
        print(f"{case:22}{flows or '':>9}{'yes' if conntrack else '':>10}" + "".join(f"{text:>{WIDTH}}" for text in cells))
    sized(cases, present)
    print()


def sized(cases: dict, present: list) -> None:
    for (case, flows, _), columns in cases.items():
        sizes = [f"{COLUMNS[column]} {columns[column]['bytes']:.1f}" for column in present
                 if columns.get(column, {}).get("bytes") is not None]
        if sizes:
            print(f"{case}, bytes each of {flows}: {', '.join(sizes)}")


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    for kernel, mitigations in dict.fromkeys((row["kernel"], row["mitigations"]) for row in rows):
        chosen = [row for row in rows if (row["kernel"], row["mitigations"]) == (kernel, mitigations)]
        table(f"{kernel} kernel, mitigations={mitigations}", chosen)


if __name__ == "__main__":
    main(sys.argv[1])
