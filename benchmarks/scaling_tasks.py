"""What :mod:`benchmarks.bench_scaling` has done in processes of their own."""

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

from benchmarks.train_with import BATCH, FRAMES, text
from lstm_md import model, training
from lstm_md._support.archives import load_arrays

CHUNK = 10_000_000


def steps(sizes: list[list[int]]) -> Callable[[int], list[float]]:
    """Networks of several sizes; returns seconds a step of each.

    Each size is (N, M, L, steps a round).
    """
    networks = [model.language_model(n, m, units) for n, m, units, _ in sizes]
    texts = [text(n, count) for n, _, _, count in sizes]

    def work(_: int) -> list[float]:
        spent = []
        for network, labels, size in zip(networks, texts, sizes):
            begin = time.perf_counter()
            training.train(network, labels, epochs=1, validation_fraction=0, progress=False)
            spent.append((time.perf_counter() - begin) / size[-1])
        return spent

    return work


def epoch(units: int) -> Callable[[int], dict[str, Any]]:
    """An epoch over so many memory-mapped labels, the whole call; returns the steps it had.

    The time of writing the labels is not in the seconds it returns.
    """
    network = model.language_model(3, 8, units)

    def work(frames: int) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "labels"
            some = text(3, min(CHUNK, frames) // (FRAMES * BATCH) + 1)
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
    """Training on a sparse file, memory-mapped, that Ctrl-C ends some seconds after it has begun.

    Returns the steps that were taken, as the checkpoint has them, the seconds until the end, and
    the memory of the process that is not of the file.
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
    """Ctrl-C, some seconds after the first checkpoint: by then steps have been taken."""
    while not saved.is_file():
        time.sleep(0.1)
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGINT)


def _anonymous() -> int:
    """Bytes in memory that are no pages of a file; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("RssAnon"):
                return 1024 * int(line.split()[1])
    return 0
