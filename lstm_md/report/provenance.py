"""Where a result comes from: versions, backend, device, source revision, date."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lstm_md._processes import usable_cores

PACKAGE = Path(__file__).resolve().parents[1]
NAMED = ("lstm-md", "numpy", "scipy", "numba", "keras", "tensorflow", "jax", "deeptime")


def provenance() -> dict[str, Any]:
    """What a reader needs to know of the process that made a result.

    Returns
    -------
    dict
        ``date`` (UTC, ISO 8601), ``revision``, ``versions``, ``backend`` and ``device``. The
        backend and the graphics cards are named only if they were loaded: a simulation uses
        neither.
    """
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "revision": revision(),
        "versions": {"python": platform.python_version(), **_versions()},
        "backend": _backend(),
        "device": _device(),
    }


@lru_cache(maxsize=1)
def revision(package: Path = PACKAGE) -> str:
    """The commit of the package's source, " with changes" where it was edited since.

    "unknown" without git, or where the package is installed and no part of a checkout: a
    checkout that merely holds the environment says nothing of it.
    """
    try:
        _git(package, "ls-files", "--error-unmatch", "__init__.py")
        commit = _git(package, "rev-parse", "--short=12", "HEAD")
        changed = _git(package, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{commit} with changes" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    # No optional locks: several workers ask at once, beside whoever is committing.
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return run.stdout.strip()


def _versions() -> dict[str, str]:
    found = {}
    for name in NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _backend() -> str:
    keras = sys.modules.get("keras")
    return keras.backend.backend() if keras is not None else "none"


def _device() -> dict[str, Any]:
    cores = usable_cores()
    device: dict[str, Any] = {"cpu": _cpu(), "cores": cores, "system": platform.platform()}
    device["threads"] = int(os.environ.get("OMP_NUM_THREADS", cores))
    backend = _backend()
    if backend == "tensorflow" and "tensorflow" in sys.modules:
        cards = sys.modules["tensorflow"].config.list_physical_devices("GPU")
        device["gpus"] = [card.name for card in cards]
    elif backend == "jax" and "jax" in sys.modules:
        cards = [card for card in sys.modules["jax"].devices() if card.platform != "cpu"]
        device["gpus"] = [card.device_kind for card in cards]
    return device


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model n"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine() or "unknown"
