"""Print what this machine and environment are, and what would make the book slow or fail.

``python -m tools.doctor``. Lines that begin with ``!`` say what is wrong and what to do. The exit
status is 1 if the book cannot be built here.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from lstm_md._support.processes import free_memory, usable_cores
from tools import browser
from tools.notebooks import ROOT

DISK = 4e9  # bytes that an installation and a rendered book take
MEMORY = 4e9  # bytes that two chapters take, which are executed side by side
VECTORS = ("avx512f", "avx2", "asimd")  # of a processor, the widest first
OLD_KERNELS = {  # of OpenBLAS, and the vectors that each does not use
    "avx512f": ("Haswell", "Zen", "Sandybridge", "Nehalem", "Prescott"),
    "avx2": ("Sandybridge", "Nehalem", "Prescott"),
}
OPTIONAL = {  # a command, and what it is for
    "make": "the two commands of the README",
    "bwrap": "grading in a sandbox (Debian's package bubblewrap)",
    "node": "some tests of the model in the page (Debian's package nodejs)",
    "gmx": "the tests of GROMACS input (Debian's package gromacs)",
}


def packages() -> Iterator[str]:
    """List the packages that lstm-md needs, and complain about those that do not fit."""
    for line in requires("lstm-md") or []:
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            yield f"! {wanted.name} is not installed; it is needed: make book installs it"
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            yield f"! {wanted.name} {found} is not {wanted.specifier}: remove .venv, then make book"
        else:
            yield f"{wanted.name} {found}"


def processor(flags: frozenset[str], blas: list[Mapping[str, Any]]) -> Iterator[str]:
    """Say which linear algebra is used, and whether it uses the processor.

    Parameters
    ----------
    flags : frozenset of str
        What the processor can do, as Linux names it; empty if unknown.
    blas : list of dict
        As ``threadpoolctl.threadpool_info()`` returns them.
    """
    vectors = next((name for name in VECTORS if name in flags), "unknown vectors")
    yield f"{usable_cores()} usable cores, {vectors}"
    for library in blas:
        if library.get("user_api") != "blas":
            continue
        kernel = str(library.get("architecture", "unknown kernel"))
        yield f"{library['internal_api']} {library.get('version')}, {kernel}"
        if kernel in OLD_KERNELS.get(vectors, ()):
            chosen = os.environ.get("OPENBLAS_CORETYPE")
            cure = "unset OPENBLAS_CORETYPE" if chosen else "install a current NumPy and SciPy"
            yield f"! the kernel {kernel} does not use {vectors}, so it is slow: {cure}"


def machine() -> Iterator[str]:
    """Say how much memory and disk are free, and which graphics cards and commands there are."""
    memory, disk = free_memory(), shutil.disk_usage(ROOT).free
    yield f"{memory / 1e9:.0f} GB of memory free, {disk / 1e9:.0f} GB of disk"
    if memory < MEMORY:
        yield f"! expected {MEMORY / 1e9:.0f} GB of free memory: end other programs"
    if disk < DISK:
        yield f"! expected {DISK / 1e9:.0f} GB of free disk: make room for .venv and _build"
    yield f"graphics cards: {', '.join(cards()) or 'none; no chapter needs one'}"
    found = browser.browser()
    needed = "make pdf, make epub and the tests of the pages need Chromium"
    yield f"browser: {found or f'none; {needed}'}"
    for name, purpose in OPTIONAL.items():
        yield f"{name}: {shutil.which(name) or f'not found; it is for {purpose}'}"


def cards() -> list[str]:
    """Return the names of the graphics cards that the backend of Keras sees."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return [card.device_kind for card in jax.devices() if card.platform != "cpu"]
    import tensorflow

    return [card.name for card in tensorflow.config.list_physical_devices("GPU")]


def flags_of_processor() -> frozenset[str]:
    """Read the flags of the processor; none where the system does not list them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    found = (line.split(":", 1)[1] for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(found, "").split())


def main() -> int:
    """Print all of it, and return the exit status."""
    print(f"Python {platform.python_version()}, {platform.platform()}")
    lines = list(packages())
    failed = any(line.startswith("!") for line in lines)
    print("\n".join(lines), flush=True)
    if failed:
        return 1
    import numpy  # noqa: F401  (loads its linear algebra)
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    for line in (*processor(flags_of_processor(), threadpool_info()), *machine()):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
