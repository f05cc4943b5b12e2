# SPDX-License-Identifier: GPL-2.0-only
"""Put rows of boots into a JSON array, in place of those of the same name.

usage: merge.py JSON REVISION DIRECTORY...
JSON: the array, made when it is not there. REVISION: of the sources measured, for each new row. DIRECTORY: named
KERNEL,MITIGATIONS, with what its guest left (rows.jsonl), or with the misses of the cache model (misses.jsonl), which are
added to the rows they belong to.
"""

import json
import pathlib
import sys

_KEY = ("kernel", "mitigations", "case", "backend", "path", "table_bits", "flows", "conntrack")
_MISSES = ("misses_l1", "misses_l2", "misses_llc")


def key(row: dict) -> tuple:
    return tuple(row[field] for field in _KEY)


def lines(path: pathlib.Path) -> list[dict]:
    kernel, mitigations = path.parent.name.split(",")
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [{"kernel": kernel, "mitigations": mitigations} | json.loads(line) for line in text.splitlines()]


def merge(rows: dict[tuple, dict], directory: pathlib.Path, revision: str) -> None:
    for row in lines(directory / "rows.jsonl"):
        rows[key(row)] = row | dict.fromkeys(_MISSES) | {"revision": revision}
    for misses in lines(directory / "misses.jsonl"):
        if key(misses) in rows:
            rows[key(misses)].update({field: misses[field] for field in _MISSES})


def main(file: str, revision: str, *directories: str) -> None:
    path = pathlib.Path(file)
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() and path.stat().st_size else []
    # That a case failed says nothing once it is measured anew.
    rows = {key(row): row for row in old if not row.get("failed")}
    for directory in directories:
        merge(rows, pathlib.Path(directory), revision)
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows.values()) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
