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
_NAMES = {"dr": "DR", "nat-in": "NAT in", "nat-reply": "NAT reply", "tun": "TUN", "gre": "TUN by GRE", "gue": "TUN by GUE",
          "fullnat-in": "FULLNAT in", "fullnat-reply": "FULLNAT reply",
          "ipv6-fullnat-in": "IPv6 FULLNAT in", "ipv6-fullnat-reply": "IPv6 FULLNAT reply",
          "ipv6-dr": "IPv6 DR", "ipv6-nat-in": "IPv6 NAT in", "ipv6-nat-reply": "IPv6 NAT reply", "ipv6-tun": "6in6",
          "sctp-nat": "SCTP NAT in", "sctp-nat-port": "SCTP NAT in, another port"}
# Of machines besides the main one.
_EVERYWHERE = (*_NAMES, "forward-tax", "forward-tax-nat", "server-outbound", "new-rr-10-over", "ipv6-new-rr-10-over")


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


def asides(shown: list[Line]) -> list[str]:
    """What else some rows of a machine have: a table each."""
    parts = []
    for field, what in (("bytes", "Bytes a connection, all memory counted"),
                        ("misses_llc", "Misses of the last level of cache a packet, in the model"),
                        ("misses_l2", "Misses of the second level of cache a packet, in the model")):
        if any(row.get(field) is not None for line in shown for row in line.rows.values()):
            parts += [f"{what}:", numbers(shown, field)]
    return parts


def made(rows: list[dict]) -> str:
    parts = []
    floors = {(row["kernel"], row["mitigations"]): row["floor"] for row in rows if row["case"] == "floor"}
    for machine in sorted(machines(rows), key=lambda machine: machine != _MAIN):
        all_lines = lines(rows, machine)
        floor = f"; floor {floors[machine]:.0f}" if machine in floors else ""
        parts.append(f"{machine[0].capitalize()} kernel, `mitigations={machine[1]}`{floor}:")
        parts.append(costs([line for line in all_lines if machine == _MAIN or line.case in _EVERYWHERE]))
        parts += asides(all_lines)
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
