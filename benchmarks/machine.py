"""A description of the machine, and a benchmark of its matrix product."""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md._support.processes import usable_cores

PACKAGES = ("lstm-md", "numpy", "numba", "keras", "tensorflow", "torch")
SIDE = 4096


def about(quick: bool) -> dict[str, Any]:
    """Describe the machine, the versions and the date."""
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "gpu": gpu_model(),
        # Other work slows threads that wait for each other, so a busy machine gives no result.
        "load": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "versions": {name: _version(name) for name in PACKAGES},
        "quick": quick,
    }


def cpu_model() -> str:
    """Return the name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def gpu_model() -> str:
    """Return the name of the first GPU, or an empty string."""
    if shutil.which("nvidia-smi") is None:
        return ""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    listed = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    return listed[0].strip() if listed else ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


def sgemm() -> Callable[[int], None]:
    """Make a contender that multiplies large square matrices of float32 with NumPy."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((SIDE, SIDE), dtype=np.float32) for _ in range(2))
    out = np.empty_like(a)

    def work(count: int) -> None:
        for _ in range(count):
            np.matmul(a, b, out=out)

    return work


SGEMM_FLOPS = 2 * SIDE**3
