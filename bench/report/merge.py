# SPDX-License-Identifier: GPL-2.0-only
"""Rows of several boots as one JSON array on standard output.

usage: merge.py DIRECTORY...   each is named KERNEL,MITIGATIONS and has what its guest left
"""

import json
import pathlib
import sys


def rows(directory: pathlib.Path) -> list[dict]:
    kernel, mitigations = directory.name.split(",")
    merged = []
    for line in (directory / "rows.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        merged.append({"kernel": kernel, "mitigations": mitigations, "misses_llc": None, **row})
    return merged


def main(directories: list[str]) -> None:
    print("[")
    lines = [json.dumps(row) for directory in directories for row in rows(pathlib.Path(directory))]
    print(",\n".join(lines))
    print("]")


if __name__ == "__main__":
    main(sys.argv[1:])
