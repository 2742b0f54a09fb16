"""What of the project depends on a GPU, and a small trial of each use.

:mod:`benchmarks.bench_gpu` runs the trials, each in a process of its own, and the page *What needs
a GPU* lists them. A trial returns what it measured; it raises an error if something is wrong.
``python -m benchmarks.gpu_uses NAME`` runs one trial and prints its number as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
FRAMES = 14_000


@dataclass(frozen=True)
class Use:
    """Something that depends on a GPU.

    Parameters
    ----------
    title : str
        For a reader.
    backend : {"tensorflow", "jax"}
        Of Keras.
    trial : callable
        Returns a number.
    unit : str
        Of the number.
    devices : int
        How many GPUs the trial needs.
    """

    title: str
    backend: str
    trial: Callable[[], float]
    unit: str
    devices: int = 1


def labels() -> np.ndarray:
    """Return the labels of a Markov chain with three states."""
    from lstm_md.analysis.markov import MarkovModel

    return MarkovModel(CHAIN).simulate(FRAMES, seed=1)


def trained(engine: str) -> tuple[Any, Any]:
    """Train a small network; return it and its history."""
    from lstm_md.model import language_model
    from lstm_md.training import train

    net = language_model(3, embedding_dim=4, units=8, seed=1)
    settings: dict[str, Any] = {
        "epochs": 3,
        "learning_rate": 1e-2,
        "engine": engine,
        "progress": False,
    }
    return net, train(net, labels(), **settings)


def chosen() -> float:
    """Count the GPUs that Keras's backend sees, and check that "auto" chooses Keras."""
    from lstm_md.engine.steps import choose_engine

    expect(choose_engine("auto"), "keras", 'the engine that "auto" chooses')
    return float(len(cards()))


def losses() -> float:
    """Train on the GPU and in the compiled loops: the losses differ by rounding alone."""
    apart = np.abs(np.subtract(trained("keras")[1].loss, trained("compiled")[1].loss)).max()
    expect(bool(apart < 2e-3), True, f"whether the losses agree (they differ by {apart:.1e})")
    return float(apart)


def step(units: int = 1024, steps: int = 10) -> float:
    """Measure milliseconds per training step of 64 sequences of 100 labels."""
    from lstm_md.model import language_model
    from lstm_md.training import train

    net = language_model(3, embedding_dim=128, units=units, seed=1)
    data = np.resize(labels(), 64 * 100 * steps + 1)
    settings: dict[str, Any] = {"engine": "keras", "validation_fraction": 0.0, "progress": False}
    train(net, data, epochs=1, **settings)  # the libraries compile
    begin = time.perf_counter()
    history = train(net, data, epochs=1, **settings)
    expect(bool(np.isfinite(history.loss).all()), True, "whether the losses are finite")
    return 1e3 * (time.perf_counter() - begin) / steps


def generation(n_chains: int = 100, n_frames: int = 2000) -> float:
    """Generate on the GPU; the populations are those of the compiled loops. µs per label."""
    from lstm_md.generation import generate

    net, _ = trained("compiled")
    found = {}
    for engine in ("compiled", "keras"):
        begin = time.perf_counter()
        new = generate(
            net, labels()[:50], n_frames, n_chains=n_chains, seed=2, engine=engine, progress=False
        )
        seconds = time.perf_counter() - begin
        found[engine] = np.bincount(new.ravel(), minlength=3) / new.size
    apart = np.abs(found["keras"] - found["compiled"]).max()
    expect(bool(apart < 0.02), True, f"whether populations agree (they differ by {apart:.3f})")
    return 1e6 * seconds / (n_chains * n_frames)


def memory() -> float:
    """Train a small network; GPU memory is taken as needed. GB in use."""
    trained("keras")
    import tensorflow

    found = tensorflow.config.experimental.get_memory_info("GPU:0")["peak"] / 1e9
    expect(bool(found < 2.0), True, f"whether little memory was taken (it was {found:.1f} GB)")
    return found


def shared() -> float:
    """Share the batch between all GPUs; the losses are those of one process on the CPU."""
    import keras

    keras.distribution.set_distribution(keras.distribution.DataParallel())
    return losses()


def cards() -> list[str]:
    """List the GPUs that Keras's backend sees."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return [card.device_kind for card in jax.devices() if card.platform == "gpu"]
    import tensorflow

    return [card.name for card in tensorflow.config.list_physical_devices("GPU")]


def expect(found: object, wanted: object, what: str) -> None:
    """Raise an error if something is not as it must be."""
    if found != wanted:
        raise AssertionError(f"{what}: expected {wanted}, found {found}")


USES = {
    "choice": Use("the choice of the engine", "tensorflow", chosen, "GPUs"),
    "choice-jax": Use("the choice of the engine, on JAX", "jax", chosen, "GPUs"),
    "training": Use("training: the same losses as on the CPU", "tensorflow", losses, "nats apart"),
    "training-jax": Use("the same on JAX", "jax", losses, "nats apart"),
    "step": Use("the speed of training, 1,024 units", "tensorflow", step, "ms per step"),
    "step-jax": Use("the same on JAX", "jax", step, "ms per step"),
    "generation": Use("generation: the same populations", "tensorflow", generation, "µs per label"),
    "generation-jax": Use("the same on JAX", "jax", generation, "µs per label"),
    "memory": Use("GPU memory is taken as needed", "tensorflow", memory, "GB"),
    "devices": Use("several GPUs share each batch", "jax", shared, "nats apart", devices=2),
}


if __name__ == "__main__":
    use = USES[sys.argv[1]]
    there = len(cards())
    few = there < use.devices
    print(json.dumps({"cards": there, "number": None if few else use.trial()}))
