"""The tasks of :mod:`benchmarks.bench_scaling`, which run in their own processes."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.train_with import BATCH, FRAMES, labels_for
from lstm_md import model, training
from lstm_md._support.archives import load_arrays

CHUNK = 10_000_000


def steps(sizes: list[list[int]]) -> Callable[[int], list[float]]:
    """Make a task that measures the seconds per step of networks of several sizes.

    Each size is (N, M, L, steps per round).
    """
    networks = [model.language_model(n, m, units) for n, m, units, _ in sizes]
    data = [labels_for(n, count) for n, _, _, count in sizes]

    def work(_: int) -> list[float]:
        spent = []
        for network, labels, size in zip(networks, data, sizes):
            begin = time.perf_counter()
            training.train(network, labels, epochs=1, validation_fraction=0, progress=False)
            spent.append((time.perf_counter() - begin) / size[-1])
        return spent

    return work


def epoch(units: int) -> Callable[[int], dict[str, Any]]:
    """Make a task that trains for one epoch on memory-mapped labels.

    It returns the seconds of the call, without the time to write the labels, and the steps.
    """
    network = model.language_model(3, 8, units)

    def work(frames: int) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "labels"
            some = labels_for(3, min(CHUNK, frames) // (FRAMES * BATCH) + 1)
            with open(path, "wb") as file:
                for start in range(0, frames, CHUNK):
                    file.write(np.resize(some, min(CHUNK, frames - start)).tobytes())
            labels = np.memmap(path, np.uint8, mode="r")
            begin = time.perf_counter()
            training.train(network, labels, epochs=1, validation_fraction=0, progress=False)
            return {
                "seconds": time.perf_counter() - begin,
                "steps": max((frames - 1) // FRAMES // BATCH, 1),
            }

    return work


def interrupted(frames: int, units: int) -> Callable[[int], dict[str, Any]]:
    """Make a task that trains on a memory-mapped sparse file and is interrupted by Ctrl-C.

    It returns the steps in the checkpoint, the seconds until the end, and the memory of the
    process that does not belong to the file.
    """

    def work(seconds: int) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            path, saved = Path(folder) / "labels", Path(folder) / "saved.npz"
            with open(path, "wb") as file:
                file.truncate(frames)
            labels = np.memmap(path, np.uint8, mode="r")
            network = model.language_model(3, 8, units)
            begin = time.perf_counter()
            threading.Thread(target=_interrupt, args=(saved, seconds), daemon=True).start()
            try:
                training.train(
                    network, labels, epochs=1, progress=False,
                    checkpoint=saved, checkpoint_minutes=seconds / 60,
                )  # fmt: skip
            except KeyboardInterrupt:
                pass
            return {
                "steps": int(load_arrays(saved)["position"][1]),
                "seconds": time.perf_counter() - begin,
                "anonymous": _anonymous(),
            }

    return work


def _interrupt(saved: Path, seconds: float) -> None:
    """Send Ctrl-C some seconds after the first checkpoint."""
    while not saved.is_file():
        time.sleep(0.1)
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGINT)


def _anonymous() -> int:
    """Return the bytes in memory that are not pages of a file; 0 if the system does not say."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("RssAnon"):
                return 1024 * int(line.split()[1])
    return 0
