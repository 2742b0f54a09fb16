"""Where a result comes from: date, source revision, versions, backend and device."""

from __future__ import annotations

import os
import platform
import sys
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lstm_md._support.processes import usable_cores
from lstm_md._support.revision import revision

PACKAGE = Path(__file__).resolve().parents[1]
SOURCES = (".", "../lstm_md")  # A record depends on the library as well.
NAMED = ("lstm-md", "numpy", "scipy", "numba", "keras", "tensorflow", "jax", "deeptime")


def provenance() -> dict[str, Any]:
    """Describe the process that makes a result.

    Returns
    -------
    dict
        ``date`` (UTC, ISO 8601), ``revision``, ``versions``, ``backend`` and ``device``. The
        backend and the graphics cards are named only if Keras is loaded already, because a
        simulation uses neither.
    """
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "revision": revision(PACKAGE, SOURCES),
        "versions": {"python": platform.python_version(), **_versions()},
        "backend": _backend(),
        "device": _device(),
    }


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
