# SPDX-License-Identifier: GPL-2.0-only
"""What the guest says of the regions that a plugin looked at (guest/region.py)."""

import json
import pathlib

from symbols import Kallsyms


class Regions:
    """Names of the regions in the order of the plugin's output, and the symbols of each."""

    def __init__(self, directory: pathlib.Path):
        self._directory = directory
        self._kallsyms: dict[int, Kallsyms] = {}
        lines = (directory / "regions").read_text(encoding="utf-8").splitlines()
        self.names: list[dict] = [json.loads(line) for line in lines]

    def kallsyms(self, name: dict) -> Kallsyms:
        """Symbols as they were while that region ran."""
        generation = name["generation"]
        if generation not in self._kallsyms:
            self._kallsyms[generation] = Kallsyms(self._directory / f"kallsyms.{generation}")
        return self._kallsyms[generation]

    def module_text(self, name: dict) -> int:
        """Where the code of rvs.ko was then; 0 when it was not loaded."""
        file = self._directory / f"rvs.text.{name['generation']}"
        return int(file.read_text(encoding="ascii"), 16) if file.exists() else 0


def label(name: dict) -> str:
    """For a heading."""
    bits = f" table 2^{name['table_bits']}" if name["table_bits"] else ""
    return (f"{name['case']} {name['backend'] or 'none'}{bits} {name['path'] or ''} path, {name['flows']} flows"
            f"{', conntrack' if name['conntrack'] else ''}")
