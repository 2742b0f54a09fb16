"""Print what this machine and environment are, and what would make the book slow or fail.

``python -m tools.doctor``. Lines that begin with ``!`` say what is wrong and what to do. The exit
status is 1 if the book cannot be built here. The first lines need the standard library alone, so
that they also tell why an installation fails.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lstm_md._support.processes import free_memory, usable_cores
from tools import browser, firefox, install
from tools.install_errors import explain, pythons
from tools.notebooks import ROOT

DISK = 4e9  # bytes that an installation and a rendered book take
MEMORY = 4e9  # bytes that two chapters take, which are executed side by side
VENV = ROOT / ".venv"
CORETYPE = "OPENBLAS_CORETYPE"  # chooses a kernel of OpenBLAS
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
    "g++": "make pyemma (Debian's package g++)",
}
KERNEL = """import numpy, threadpoolctl
print(*(each["architecture"] for each in threadpoolctl.threadpool_info() if "architecture" in each))
"""


def system() -> Iterator[str]:
    """Say which Python and which system these are, and whether the packages exist for them."""
    yield f"Python {platform.python_version()}, {platform.platform()}"
    low, high = pythons()
    if not low <= sys.version_info.minor <= high:
        yield (
            f"! Python 3.{low} to 3.{high} is needed: remove .venv, then run for example "
            "make PYTHON=python3.12 book"
        )
    if sys.maxsize < 2**32:
        yield "! this Python is a 32-bit program, and TensorFlow needs 64 bits: install another one"
    if sys.platform == "linux" and platform.libc_ver()[0] != "glibc":
        yield "! TensorFlow needs a Linux with glibc, such as Debian: use one in a container"
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        yield "! TensorFlow has no wheels for Macs with an Intel processor since version 2.17"
    if find_spec("pip") is None and find_spec("ensurepip") is None:
        yield "! this Python cannot install packages: install Debian's package python3-venv"


def installation() -> Iterator[str]:
    """Say where packages are installed, and why the last installation failed, if it did."""
    if install.LOG.is_file():
        yield f"! the last installation failed. {explain(install.LOG.read_text('utf-8'))}"
    if not VENV.is_dir():
        yield f"{VENV.name} is not there yet; make book makes it"
    elif not _starts(VENV / "bin" / "python"):
        yield f"! the Python in {VENV.name} does not start: remove {VENV.name}, then make book"


def needed() -> Iterator[tuple[str, str]]:
    """Yield the packages that `make book` needs, and the lowest version of each."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for block in re.findall(r"^(?:dependencies|book) = \[\n(.*?)^\]", project, re.M | re.S):
        yield from re.findall(r'^  "([\w.-]+)>=([\d.]+)', block, re.M)


def packages() -> Iterator[str]:
    """List the packages that the book needs, and complain about those that do not fit."""
    missing = []
    for name, lowest in needed():
        try:
            found = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        if _numbers(found) < _numbers(lowest):
            yield f"! {name} {found} is older than {lowest}: remove .venv, then make book"
        else:
            yield f"{name} {found}"
    if missing:
        yield f"! not installed, but needed: {', '.join(missing)}; make book installs them"


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
    chosen = os.environ.get(CORETYPE)
    own = own_kernel() if chosen else ""
    for library in blas:
        if library.get("user_api") != "blas":
            continue
        kernel = str(library.get("architecture", "unknown kernel"))
        yield f"{library['internal_api']} {library.get('version')}, {kernel}"
        if own not in ("", kernel):
            yield (
                f"! {CORETYPE}={chosen} makes it use the kernel {kernel}; for this processor it "
                f"takes {own} by itself: unset {CORETYPE}"
            )
        elif kernel in OLD_KERNELS.get(vectors, ()):
            yield (
                f"! the kernel {kernel} does not use {vectors}, so it is slow: install a current "
                "NumPy and SciPy"
            )


def own_kernel() -> str:
    """Ask another process which kernel NumPy's linear algebra takes if nobody chooses one."""
    others = {name: value for name, value in os.environ.items() if name != CORETYPE}
    line = [sys.executable, "-c", KERNEL]
    found = subprocess.run(line, env=others, capture_output=True, text=True).stdout.split()
    return found[0] if found else ""


def machine() -> Iterator[str]:
    """Say how much memory and disk are free, and which browsers and commands there are."""
    memory, disk = free_memory(), shutil.disk_usage(ROOT).free
    yield f"{memory / 1e9:.0f} GB of memory free, {disk / 1e9:.0f} GB of disk"
    if memory < MEMORY:
        yield f"! expected {MEMORY / 1e9:.0f} GB of free memory: end other programs"
    if disk < DISK:
        yield f"! expected {DISK / 1e9:.0f} GB of free disk: make room for .venv and _build"
    purpose = "make pdf, make epub and the tests of the pages need it (Debian's package chromium)"
    yield f"Chromium: {browser.browser() or f'not found; {purpose}'}"
    purpose = "some tests of the pages need it (Debian's package firefox-esr)"
    yield f"Firefox: {firefox.browser() or f'not found; {purpose}'}"
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


def _starts(python: Path) -> bool:
    try:
        return subprocess.run([str(python), "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without its suffix and without zeros at the end."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    numbers = list(map(int, found[0].split("."))) if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def main() -> int:
    """Print all of it, and return the exit status."""
    lines = [*system(), *installation(), *packages()]
    failed = any(line.startswith("!") for line in lines)
    for line in (*lines, *machine()):
        print(line, flush=True)
    if failed:
        return 1
    import numpy  # noqa: F401  (loads its linear algebra)
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    for line in processor(flags_of_processor(), threadpool_info()):
        print(line, flush=True)
    print(f"graphics cards: {', '.join(cards()) or 'none; no chapter needs one'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
