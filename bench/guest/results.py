# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the result, one JSON object a line, written as they come: a guest that dies leaves what it had."""

import json

_PATH = "/rvs/out/rows.jsonl"


def key(case: str, backend, flows: int | None = None, conntrack: bool = False) -> dict:
    """What names a row within a boot."""
    return {
        "case": case,
        "backend": backend.name if backend else None,
        "path": backend.path if backend else None,
        "table_bits": getattr(backend, "table_bits", None),
        "flows": flows,
        "conntrack": conntrack,
    }


def row(name: dict, *, instructions: float, floor: float = 0.0, size: dict[str, float] | None = None, counted: str) -> None:
    """One row, named by key().

    `instructions` are those of one of what `counted` names, `floor` the part of them that is not the load balancer's or
    the network stack's above it; `size` bytes (see memory.growth).
    """
    fields = name | {
        "instructions": round(instructions, 1),
        "floor": round(floor, 1),
        "bytes": round(size["all"], 1) if size else None,
        "bytes_of": {part: round(value, 1) for part, value in size.items() if part != "all"} if size else None,
        "counted": counted,
    }
    _write(fields)
    above = fields["instructions"] - fields["floor"]
    sizes = "" if size is None else f"  {fields['bytes']} bytes {fields['bytes_of']}"
    print(f"{_shown(name)}{fields['instructions']:>14} {above:>14.1f}{sizes}", flush=True)


def missing(name: dict, reason: str, failed: bool) -> None:
    """A row that cannot be had, and why: lacked by the load balancer, or failed."""
    _write(name | {"instructions": None, "floor": None, "bytes": None, "reason": reason, "failed": failed})
    print(f"{_shown(name)} {'FAILED' if failed else 'not there'}: {reason}", flush=True)


def _shown(name: dict) -> str:
    backend = f"{name['backend'] or '-'}{'/%d bits' % name['table_bits'] if name['table_bits'] else ''}"
    return (f"{name['case']:22} {backend:14} {name['path'] or '-':5} {name['flows'] or '-':>8} "
            f"{'ct' if name['conntrack'] else '':3}")


def _write(fields: dict) -> None:
    with open(_PATH, "a", encoding="utf-8") as file:
        file.write(json.dumps(fields) + "\n")
