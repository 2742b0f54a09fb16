"""The commit of a source that is part of a checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CHANGED = " with changes"  # ends a revision


@lru_cache(maxsize=4)
def revision(folder: Path = PACKAGE, sources: Sequence[str] = (".",)) -> str:
    """Return the commit of a package's source, with " with changes" if it was edited since.

    Parameters
    ----------
    folder : Path
        The folder of a package, which holds an ``__init__.py``.
    sources : tuple of str
        The paths, relative to the folder, that must be unchanged.

    Returns
    -------
    str
        It is "unknown" without git, or if the package is installed outside a checkout. A checkout
        that contains the package only as part of an environment does not count.
    """
    try:
        _git(folder, "ls-files", "--error-unmatch", "__init__.py")
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--", *sources)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return commit + CHANGED if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    # Without optional locks, because several workers ask at once while somebody may be committing.
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return run.stdout.strip()
