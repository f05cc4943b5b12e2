# SPDX-License-Identifier: GPL-2.0-only
"""The tables of docs/performance.md, made of the results.

usage: document.py [--check] RESULTS.JSON DOCUMENT.MD
Writes what is between the lines that mark it; with --check writes nothing, and exits 1 when it would change.
"""

import json
import pathlib
import sys

from rows import COLUMNS, Line, lines, machines, own, present

BEGIN = "<!-- made by bench/report/document.py of bench/results/latest.json: begin -->\n"
END = "<!-- end -->\n"
_MAIN = ("stock", "off")
_NAMES = {"dr": "DR", "nat-in": "NAT in", "nat-reply": "NAT reply", "tun": "TUN"}
# Of machines besides the main one.
_EVERYWHERE = (*_NAMES, "forward-tax", "new-rr-10-over")


def name(line: Line) -> str:
    parts = [_NAMES.get(line.case, line.case)]
    if line.flows:
        parts.append(f"{line.flows:_} flow{'s' if line.flows > 1 else ''}".replace("_", " "))
    if line.conntrack:
        parts.append("conntrack")
    return ", ".join(parts)


def markdown(heading: list[str], body: list[list[str]]) -> str:
    rule = "|" + "|".join(["---"] + ["---:"] * (len(heading) - 1)) + "|"
    return "\n".join(["| " + " | ".join(heading) + " |", rule, *("| " + " | ".join(row) + " |" for row in body)]) + "\n"


def costs(shown: list[Line]) -> str:
    columns = present(shown)
    heading = ["case"] + [COLUMNS[column] for column in columns] + [f"C / {COLUMNS[column]}" for column in own(columns)]
    body = []
    for line in shown:
        ratios = [line.ratio(column) for column in own(columns)]
        body.append([name(line), *(line.cell(column) for column in columns),
                     *(f"{ratio:.2f}" if ratio else "" for ratio in ratios)])
    return markdown(heading, body)


def numbers(shown: list[Line], field: str) -> str:
    shown = [line for line in shown if any(row.get(field) is not None for row in line.rows.values())]
    columns = present(shown)

    def cell(line: Line, column: tuple) -> str:
        number = line.rows.get(column, {}).get(field)
        return "" if number is None else str(number)

    return markdown(["case"] + [COLUMNS[column] for column in columns],
                    [[name(line), *(cell(line, column) for column in columns)] for line in shown])


def made(rows: list[dict]) -> str:
    parts = []
    main = lines(rows, _MAIN)
    floors = {row["case"]: row for row in rows if (row["kernel"], row["mitigations"]) == _MAIN and not row["backend"]}
    if "floor" in floors:
        parts.append(f"Stock kernel, `mitigations=off`; floor {floors['floor']['instructions']:.0f}:")
    parts.append(costs(main))
    parts.append("Bytes a connection, all memory counted:")
    parts.append(numbers(main, "bytes"))
    for level, field in (("last", "misses_llc"), ("second", "misses_l2")):
        parts.append(f"Misses of the {level} level of cache a packet, in the model:")
        parts.append(numbers(main, field))
    for machine in machines(rows):
        if machine != _MAIN:
            shown = [line for line in lines(rows, machine) if line.case in _EVERYWHERE]
            parts.append(f"{machine[0].capitalize()} kernel, `mitigations={machine[1]}`:")
            parts.append(costs(shown))
    return "\n".join(part if part.endswith("\n") else part + "\n" for part in parts)


def main(arguments: list[str]) -> int:
    check = arguments[:1] == ["--check"]
    results, document = map(pathlib.Path, arguments[check:])
    old = document.read_text(encoding="utf-8")
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = before + BEGIN + "\n" + made(json.loads(results.read_text(encoding="utf-8"))) + "\n" + END + after
    if not check:
        document.write_text(new, encoding="utf-8")
    elif new != old:
        print(f"{document}: its tables are not those of {results}: run 'make bench-document'", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
