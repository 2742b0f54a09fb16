"""The peak memory of a chapter's kernel, compared with the table in the teacher's guide.

The numbers stand only in that table. When the tests execute a chapter, ``tools/chapter_tests.py``
measures its kernel and compares.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.notebooks import BOOK

GUIDE = BOOK / "teachers_guide.md"
GB = 2**30  # bytes, as in the limit of a container
LIMIT = 4.0  # GB, for two chapters that run at the same time on two cores
COLUMN = "peak memory, GB"
# The allowed range of a measurement, since libraries and processors differ.
MOST, LEAST, ALWAYS = 1.25, 0.6, 0.2  # two factors of the stated number, and a margin in GB


def stated(guide: Path = GUIDE) -> dict[str, float]:
    """Read the peak memory of each chapter from the guide's table, in GB.

    Raises
    ------
    ValueError
        If the column is missing, or a row has no number in it.
    """
    peaks: dict[str, float] = {}
    column = None
    for line in guide.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if COLUMN in cells:
            column = cells.index(COLUMN)
        elif not line.startswith("|"):
            column = None
        elif column is not None and (row := re.match(r"\[.*\]\((\w+)\.ipynb\)$", cells[0])):
            try:
                peaks[row[1]] = float(cells[column])
            except (IndexError, ValueError):
                raise ValueError(f"{guide}: {row[1]} has no number under {COLUMN!r}") from None
    if not peaks:
        raise ValueError(f"{guide}: expected a table with a column {COLUMN!r}, found none")
    return peaks


def peak(pid: int) -> float | None:
    """Return the peak memory of a running process in GB, or None if the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    return peak_in(status)


def peak_in(status: str) -> float | None:
    """Read the peak memory from what Linux says about a process, in GB."""
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / GB if found else None


def complaint(name: str, held: float | None, guide: Path = GUIDE) -> str | None:
    """Say what is wrong with the guide's number for a chapter that needed so many GB.

    It returns None if the number is right, or if the system does not say how much was needed.
    """
    if held is None:
        return None
    says = stated(guide).get(name)
    if says is None:
        return f"{name} held {held:.1f} GB; add it to the table of book/{GUIDE.name}"
    if LEAST * says - ALWAYS <= held <= MOST * says + ALWAYS:
        return None
    return (
        f"{name} held {held:.1f} GB, and the table of book/{GUIDE.name} says {says:.1f}; find out "
        f"why, or correct the table"
    )
