# SPDX-License-Identifier: GPL-2.0-only
"""Memory the system has less of, whoever allocated it and how."""

import pathlib

# Fields of /proc/meminfo that the kernel's own allocations are counted in.
PARTS = {"slab": "Slab", "vmalloc": "VmallocUsed", "percpu": "Percpu"}


def used() -> dict[str, int]:
    """Bytes: `all` is what is neither free nor the contents of files; the others say what it consists of."""
    for file, value in (("drop_caches", "3"), ("compact_memory", "1")):
        control = pathlib.Path("/proc/sys/vm", file)
        # A kernel without CONFIG_COMPACTION has no pages that wait to be compacted.
        if control.exists():
            control.write_text(value, encoding="ascii")
    with open("/proc/meminfo", encoding="ascii") as file:
        fields = {name: int(rest.split()[0]) * 1024 for name, rest in (line.split(":") for line in file)}
    everything = fields["MemTotal"] - fields["MemFree"] - fields["Cached"] - fields["Buffers"]
    return {"all": everything} | {part: fields[name] for part, name in PARTS.items()}


def growth(before: dict[str, int], each: int) -> dict[str, float]:
    """Bytes more than `before`, divided by `each`."""
    return {part: (size - before[part]) / each for part, size in used().items()}
