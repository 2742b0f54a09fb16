"""GPU: whether each use of a GPU works, and what it measures. It runs only if it is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks import machine
from benchmarks.gpu_uses import USES
from benchmarks.harness import ROOT
from benchmarks.results import Benchmark, Cell, Table

COLUMNS = ["use", "backend", "status", "measured", "unit"]
WORKS, FAILS, FEW = "works", "fails", "needs more GPUs"
SECONDS = 600  # the longest that one trial may take


def run(quick: bool) -> Benchmark:
    """Try each use of a GPU in a process of its own.

    Raises
    ------
    RuntimeError
        If there is no GPU, since then nothing can be said.
    """
    if not machine.gpu_model():
        raise RuntimeError("no GPU was found, so nothing was tried (nvidia-smi lists none)")
    rows = [tried(name) for name in USES]
    return Benchmark("gpu", [Table("what depends on a GPU", COLUMNS, rows)])


def tried(name: str) -> list[Cell]:
    """Run a trial; return its row."""
    use = USES[name]
    environment = {
        **os.environ, "KERAS_BACKEND": use.backend, "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.gpu_uses", name]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
        lines, failed = done.stdout.splitlines(), done.returncode != 0
        message = (done.stderr.strip().splitlines() or ["no output"])[-1]
    except subprocess.TimeoutExpired:
        lines, failed, message = [], True, f"it took more than {SECONDS} s"
    if failed:
        return [use.title, use.backend, f"{FAILS}: {message}", None, use.unit]
    found = json.loads(lines[-1])
    if found["number"] is None:
        return [use.title, use.backend, f"{FEW}: {found['cards']} of {use.devices}", None, use.unit]
    return [use.title, use.backend, WORKS, found["number"], use.unit]
