"""What a chapter's kernel holds at most, beside what the teacher's guide says of it.

The guide's table is the only place where the numbers stand. Where the tests execute a chapter,
``conftest.py`` asks its kernel and compares.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.notebooks import BOOK

GUIDE = BOOK / "teachers_guide.md"
GB = 2**30  # bytes, as a container's limit counts them
LIMIT = 4.0  # GB, for the two chapters that run beside each other on two cores
COLUMN = "peak memory, GB"
# Other versions of the libraries and other processors hold more or less.
MOST, LEAST, ALWAYS = 1.25, 0.6, 0.2  # times what is stated, and GB


def stated(guide: Path = GUIDE) -> dict[str, float]:
    """The peak memory of each chapter in the guide's table, GB, by the chapter's name.

    Raises
    ------
    ValueError
        If there is no such column, or a row has no number in it.
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
    """The most memory that a running process ever held, GB; None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / GB if found else None


def complaint(name: str, held: float | None, guide: Path = GUIDE) -> str | None:
    """What is wrong with the guide's number for a chapter that held so many GB; None if nothing is.

    Nothing is, too, where the system did not tell what it held.
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
