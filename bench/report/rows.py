# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the results, grouped to lines: a line a case, a column a load balancer."""

import dataclasses

# Columns by backend, path and table_bits of a row.
COLUMNS = {
    ("ip_vs", "slow", None): "ip_vs",
    ("ip_vs", "slow", 20): "ip_vs 2^20",
    ("rvs", "slow", None): "rvs slow",
    ("rvs", "fast", None): "rvs fast",
}
PEER = ("ip_vs", "slow", None)


@dataclasses.dataclass
class Line:
    """One case, and its row for each column that has one."""

    case: str
    flows: int | None
    conntrack: bool
    rows: dict[tuple, dict]

    def value(self, column: tuple) -> float | None:
        """Instructions above the floor."""
        row = self.rows.get(column)
        if row is None or row.get("instructions") is None:
            return None
        return row["instructions"] - row["floor"]

    def ratio(self, column: tuple) -> float | None:
        """How many times as much as this column the peer needs. There is none of what costs nothing."""
        peer, own = self.value(PEER), self.value(column)
        return peer / own if peer and own and own >= 1 else None

    def cell(self, column: tuple) -> str:
        row = self.rows.get(column)
        if row is None:
            return ""
        if row.get("failed"):
            return "FAILED"
        number = self.value(column)
        return "not there" if number is None else f"{number:z.0f}"


def machines(rows: list[dict]) -> list[tuple[str, str]]:
    """Kernels and settings of mitigations that were measured."""
    return list(dict.fromkeys((row["kernel"], row["mitigations"]) for row in rows))


def lines(rows: list[dict], machine: tuple[str, str]) -> list[Line]:
    """The load balancers' rows of one machine."""
    found: dict[tuple, Line] = {}
    for row in rows:
        if (row["kernel"], row["mitigations"]) == machine and row["backend"]:
            key = row["case"], row["flows"], row["conntrack"]
            line = found.setdefault(key, Line(*key, {}))
            line.rows[row["backend"], row["path"], row["table_bits"]] = row
    return list(found.values())


def present(shown: list[Line]) -> list[tuple]:
    """The columns that any line has."""
    return [column for column in COLUMNS if any(column in line.rows for line in shown)]


def own(columns: list[tuple]) -> list[tuple]:
    """The columns of RVS."""
    return [column for column in columns if column[0] == "rvs"]
