# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the result, one JSON object a line, written as they come: a guest that dies leaves what it had."""

import json

_PATH = "/rvs/out/rows.jsonl"


def row(case: str, backend, *, instructions: float, floor: float = 0.0, flows: int | None = None, conntrack: bool = False,
        size: dict[str, float] | None = None, counted: str) -> None:
    """One row.

    `instructions` are those of one of what `counted` names, `floor` the part of them that is not the load balancer's or
    the network stack's above it; `size` bytes (see memory.growth).
    """
    fields = {
        "case": case,
        "backend": backend.name if backend else None,
        "path": backend.path if backend else None,
        "table_bits": getattr(backend, "table_bits", None),
        "flows": flows,
        "conntrack": conntrack,
        "instructions": round(instructions, 1),
        "floor": round(floor, 1),
        "bytes": round(size["all"], 1) if size else None,
        "bytes_of": {part: round(value, 1) for part, value in size.items() if part != "all"} if size else None,
        "counted": counted,
    }
    _write(fields)
    name = f"{fields['backend'] or '-'}{'/%d bits' % fields['table_bits'] if fields['table_bits'] else ''}"
    print(f"{case:22} {name:14} {fields['path'] or '-':5} {flows or '-':>8} {'ct' if conntrack else '':3}"
          f"{fields['instructions']:>10} {fields['instructions'] - fields['floor']:>10.1f}"
          f"{'' if size is None else f"  {fields['bytes']} bytes {fields['bytes_of']}"}", flush=True)


def missing(case: str, backend, reason: str, failed: bool) -> None:
    """A row that cannot be had, and why: lacked by the load balancer, or failed."""
    _write({"case": case, "backend": backend.name if backend else None, "path": backend.path if backend else None,
            "reason": reason, "failed": failed})
    print(f"{case:22} {backend.name if backend else '-':14} {'FAILED' if failed else 'not there'}: {reason}", flush=True)


def _write(fields: dict) -> None:
    with open(_PATH, "a", encoding="utf-8") as file:
        file.write(json.dumps(fields) + "\n")
