"""What the tests skipped, and how to have it: the last lines of ``make test``.

``REQUIRED_TOOLS`` in the environment names tools, separated by spaces. A run in which a test was
skipped because one of them is missing fails. ``conftest.py`` calls the functions below.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Any

# A word of the reason that a skipped test gives, and how to have what it lacks; the first fits.
REMEDIES = {
    "chromium": "install Debian's package chromium",
    "firefox": "install Debian's package firefox-esr",
    "bubblewrap": "install Debian's package bubblewrap",
    "node": "install Debian's package nodejs",
    "GROMACS": "install Debian's package gromacs",
    "make": "install Debian's package make",
    "bash": "install Debian's package bash",
    "PyEMMA": "make pyemma builds it and runs these tests",
    "benchmark": "make bench runs it",
    "hdf5_format": "make lowest runs it, with an older TensorFlow",
    "tape|gradient|TensorFlow itself": "the run with TensorFlow has these tests",
    "this Keras": "install a newer Keras",
    "nbgrader|tomllib": "use Python 3.11 or newer",
    "root": "run the tests as root",
    "Linux reports": "nothing is missing",
    "empty parameter set": "nothing is missing",
    "Linux|POSIX|fork": "run the tests on Linux",
}
# The reasons of the tests that need a Python package.
PACKAGE = (
    r"could not import|is not installed|is installed|there is no |the extra| (?:writes|reads|has) "
)
INSTALLED = "`make test` installs it: remove .venv if an installation was not finished"


def remedy(reason: str) -> str:
    """Say how to have what a skipped test lacks; an empty text if nobody has said it.

    >>> remedy("there is none of firefox-esr, firefox")
    "install Debian's package firefox-esr"
    """
    for words, cure in REMEDIES.items():
        if re.search(rf"\b(?:{words})\b", reason, re.IGNORECASE):
            return cure
    return INSTALLED if re.search(PACKAGE, reason) else ""


def reasons(reporter: Any) -> Counter[str]:
    """Count the skipped tests of pytest's reporter by their reason."""
    reports = reporter.stats.get("skipped", []) if reporter else []
    found = (r.longrepr[2] if isinstance(r.longrepr, tuple) else "" for r in reports)
    return Counter(reason.removeprefix("Skipped: ") for reason in found)


def in_words(skipped: Counter[str]) -> str:
    """Say what was skipped, and how to have it."""
    cures = ((n, reason, remedy(reason)) for reason, n in skipped.items())
    said = (f"{n} because {why}" + (f" ({cure})" if cure else "") for n, why, cure in cures)
    return f"skipped: {'; '.join(said)}"


def missing(skipped: Counter[str]) -> list[str]:
    """List the required tools for whose lack a test was skipped."""
    asked = os.environ.get("REQUIRED_TOOLS", "").split()
    return [tool for tool in asked if any(tool in reason.lower() for reason in skipped)]
