# SPDX-License-Identifier: GPL-2.0-only
"""include/uapi/linux/rvs.h, by the kernel's tools/net/ynl/pyynl/ynl_gen_c.py."""

import os
import pathlib
import subprocess
import sys
import tempfile

TOOL = "tools/net/ynl/pyynl/ynl_gen_c.py"
# Depth of a kernel source below the cache: kernel/NAME/linux-source-VERSION.
DEPTH = 4


class NoKernelSource(Exception):
    """No kernel source tree, or one whose generator does not run."""


def kernel_source():
    """The tree named by RVS_KSRC, else the newest one in the cache."""
    named = os.environ.get("RVS_KSRC")
    if named:
        tree = pathlib.Path(named).resolve()
        if not (tree / TOOL).is_file():
            raise NoKernelSource(f"RVS_KSRC={named}: no {TOOL} in it")
        return tree
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    found = []
    for depth in range(DEPTH):
        found += (cache / "rvs").glob("*/" * depth + TOOL)
    if not found:
        raise NoKernelSource(
            "include/uapi/linux/rvs.h: needs a kernel source; run make kdir, or set RVS_KSRC=DIR"
        )
    tool = max(found, key=lambda path: path.stat().st_mtime)
    return tool.parents[TOOL.count("/")]


def render(spec, root):
    tree = kernel_source()
    with tempfile.TemporaryDirectory() as scratch:
        # The tool looks upwards for MAINTAINERS to name the specification in
        # its banner, and for the schema one directory above it.
        top = pathlib.Path(scratch)
        (top / "MAINTAINERS").touch()
        copy = top / spec.relative_to(root)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(spec.read_bytes())
        schema = copy.parent.parent / "genetlink.yaml"
        schema.write_bytes((tree / "Documentation/netlink/genetlink.yaml").read_bytes())
        result = subprocess.run(
            [sys.executable, "-B", tree / TOOL, "--mode", "uapi", "--header", "--spec", copy],
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        reason = result.stderr.strip().splitlines()[-1:] or ["no output"]
        raise NoKernelSource(f"{TOOL} failed: {reason[0]}")
    # The kernel's own hint names a script that does not know this family.
    return result.stdout.replace("tools/net/ynl/ynl-regen.sh", "docs/netlink/generate")
