# SPDX-License-Identifier: GPL-2.0-only
"""Marks for the TCG plugins on the host: what is between begin() and end() is looked at (see plugin/region.h)."""

import contextlib
import ctypes
import json
import mmap
import os
import shutil
import struct

_BEGIN = 0x52565301
_END = 0x52565302
_WARM = 0x52565303


def _mark(number: int):
    """A function made of the instructions nopl number(%rax); ret."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\x0f\x1f\x80" + struct.pack("<I", number) + b"\xc3")
    function = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    # The page lives as long as the function.
    function.page = page
    return function


_begin = _mark(_BEGIN)
_end = _mark(_END)
_warm = _mark(_WARM)
_OUT = "/rvs/out"

# Whether a plugin is there to look.
wanted = False
# How often modules have been unloaded: addresses are the same until then.
_generation = 0


@contextlib.contextmanager
def region(name: dict, packets: int, warm_up=None):
    """Look at the body of the with block, after warm_up() has filled the caches.

    The n-th line of the file regions says what the n-th region is: a row's name (results.key), the number of packets, and
    which of the files kallsyms.0, kallsyms.1, … has the names of the addresses.
    """
    with open(f"{_OUT}/regions", "a", encoding="utf-8") as file:
        file.write(json.dumps(name | {"packets": packets, "generation": _generation}) + "\n")
    if warm_up:
        _warm()
        warm_up()
    _begin()
    try:
        yield
    finally:
        _end()


def save_symbols() -> None:
    """What the host needs to name the addresses it saw: to be called before a module is unloaded, and at the end."""
    global _generation
    if not wanted:
        return
    shutil.copy("/proc/kallsyms", f"{_OUT}/kallsyms.{_generation}")
    text = "/sys/module/rvs/sections/.text"
    if os.path.exists(text):
        shutil.copy(text, f"{_OUT}/rvs.text.{_generation}")
    _generation += 1
