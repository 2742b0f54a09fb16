"""Which commit a source is, where it is part of a checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


@lru_cache(maxsize=4)
def revision(folder: Path = PACKAGE, sources: Sequence[str] = (".",)) -> str:
    """The commit of a package's source, followed by " with changes" if it was edited since.

    Parameters
    ----------
    folder : Path
        Of a package: it holds an ``__init__.py``.
    sources : tuple of str
        What must be unchanged, as paths from the folder.

    Returns
    -------
    str
        "unknown" without git, or if the package is installed outside of a checkout. A checkout
        that only contains the environment does not count.
    """
    try:
        _git(folder, "ls-files", "--error-unmatch", "__init__.py")
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--", *sources)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{commit} with changes" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    # Without optional locks: several workers ask at once, and somebody may be committing.
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return run.stdout.strip()
