"""Generation: a trained network makes new trajectories, label by label."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from lstm_md._support.archives import digest
from lstm_md._support.checkpoints import Checkpoint, Stop, must_be, signals_wait, threads_of
from lstm_md._support.checks import chains_of, label_dtype, real_number, whole_number
from lstm_md._support.processes import check_memory
from lstm_md.engine.lstm import Weights, blas_threads, parallel_map
from lstm_md.engine.sampling import (
    BlockGenerator,
    ChainStates,
    compiled_generator,
    fold_weights,
    keras_generator,
    read_prompts,
    takes_likeliest,
)
from lstm_md.engine.steps import choose_engine, has_gpu, progress_title
from lstm_md.model import NetworkSize, size_of

if TYPE_CHECKING:
    import keras

FRAMES_PER_BLOCK = 10_000  # limits the memory of the random numbers
SECONDS_PER_BLOCK = 0.25  # on a fast core, so that Ctrl-C waits for less than a second on others
GPU_FLOPS_PER_BLOCK = 1e11


def generate(
    model: keras.Model,
    prompt: ArrayLike,
    n_frames: int,
    *,
    n_chains: int = 1,
    temperature: float = 1.0,
    seed: int = 0,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = True,
    checkpoint_minutes: float = 5.0,
    engine: str = "auto",
) -> NDArray[np.unsignedinteger]:
    """Generate new labels after a prompt, each one drawn from the softmax of Eq 8.

    The network reads the prompt first, which sets its hidden state and cell state; the result does
    not include the prompt. Ctrl-C and SIGTERM stop the generation after the current block of
    frames. Ctrl-C then raises KeyboardInterrupt, and SIGTERM ends the process. The labels so far
    are kept only if ``checkpoint`` is given.

    Parameters
    ----------
    model : keras.Model
        A trained network from :func:`lstm_md.model.language_model`.
    prompt : array_like of int, shape (frames,) or (chains, frames), or list of such (frames,)
        Real labels: one prompt for all chains, or one per chain. The prompts of a list may
        differ in length.
    n_frames : int
        Number of labels to generate in each chain.
    n_chains : int
        Number of independent chains, each with its own random stream.
    temperature : float
        Above 0, the logits are divided by it: 1 samples what was learned. At 0, the likeliest label
        is always taken.
    seed : int
        The same seed, engine, machine and number of chains give the same labels.
    progress : bool
        Show a progress bar if the generation takes longer than two seconds.
    checkpoint : path, optional
        An ``.npz`` file for the generated labels and the state of the chains. It is written every
        ``checkpoint_minutes``, at the end, and after a stop.
    resume : bool
        Continue from ``checkpoint`` if it exists. The labels are then the same as without the
        stop. False starts again and overwrites the file.
    checkpoint_minutes : float
        Minutes between two checkpoints.
    engine : {"auto", "compiled", "keras"}
        "compiled" uses NumPy and numba on the CPU, "keras" the Keras backend; "auto" takes Keras
        if there is a GPU, and otherwise the compiled engine.

    Returns
    -------
    ndarray of uint8 (uint16 above 256 labels)
        Shape (n_frames,), or (n_chains, n_frames) for several chains.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, the prompt has labels that the model does not have, the
        weights are not finite, or ``checkpoint`` belongs to another call.
    MemoryError
        If so many labels do not fit into the memory.
    OSError
        If the checkpoint cannot be written, or other work is using it; the last one is kept.
    RuntimeError
        If the process was forked from one that had used Keras.
    """
    size = size_of(model)
    n_frames = whole_number(n_frames, "n_frames")
    n_chains = whole_number(n_chains, "n_chains")
    temperature = real_number(temperature, "temperature", minimum=0)
    prompts = chains_of(prompt, "prompt", n_labels=size.n_labels, one_frame=True)
    if len(prompts) > 1 and n_chains not in (1, len(prompts)):
        raise ValueError(
            f"n_chains: expected {len(prompts)}, one per row of prompt, found {n_chains}; "
            f"leave n_chains out, or give one prompt for all chains"
        )
    n_chains = max(n_chains, len(prompts))
    weights = Weights.checked(model.get_weights(), "model")
    if not all(np.isfinite(array).all() for array in weights):
        raise ValueError(
            "model: found NaN or inf among its weights; train a new one at a lower learning_rate"
        )
    seed = whole_number(seed, "seed", minimum=0)
    requested, engine = engine, choose_engine(engine)
    purpose = ""
    if checkpoint is not None:
        settings = {
            "n_frames": n_frames,
            "n_chains": n_chains,
            "temperature": temperature,
            "seed": seed,
            "engine": engine,
            "prompt": digest(
                {"prompt": prompts.flat, "starts": prompts.starts}
                if prompts.rows is None
                else {"prompt": prompts.rows}
            ),
            "weights": digest(weights._asdict()),
        }
        lines = [f"{name}={value}" for name, value in settings.items()]
        purpose = "\n".join(["generation", *lines])
    kept = Checkpoint(checkpoint, purpose, checkpoint_minutes)
    _check_memory(size, n_chains, n_frames, checkpoint is not None)
    greedy = takes_likeliest(weights, temperature)
    title = progress_title("generating", requested, engine) if progress else None
    make_generator = keras_generator if engine == "keras" else compiled_generator
    frames = _frames_per_block(size, n_chains, on_gpu=engine == "keras" and has_gpu())
    with kept.alone():
        if not resume:
            kept.forget()
        generation = _Generation(size, n_chains, n_frames, seed, kept)
        threads = None if generation.done == n_frames else generation.threads
        with blas_threads(size.units, threads) as generation.threads:
            folded = fold_weights(weights, 0.0 if greedy else temperature, n_chains)
            if generation.states is None:
                generation.states = read_prompts(folded, prompts, n_chains)
            with signals_wait(kept.advice()) as stop, parallel_map(size.units) as parallel:
                generation.run(make_generator(folded, greedy, parallel), frames, stop, title)
    labels = generation.labels
    return labels[0] if n_chains == 1 else labels


def _frames_per_block(size: NetworkSize, n_chains: int, on_gpu: bool) -> int:
    """Choose how many frames are generated in one call, which cannot be interrupted."""
    units, n_labels = size.units, size.n_labels
    if on_gpu:  # Each call costs more, and a frame of many chains hardly more than one of a few.
        return int(np.clip(GPU_FLOPS_PER_BLOCK // (8 * n_chains * units**2), 10, FRAMES_PER_BLOCK))
    weights = 4 * units**2 + units * n_labels
    # Seconds for the multiplications, for reading the weights, and for the elementwise functions.
    seconds = 2 * n_chains * weights / 5e10 + 4 * weights / 1e10
    seconds += n_chains * (4 * units + n_labels) * 2e-9
    return int(np.clip(SECONDS_PER_BLOCK // seconds, 1, FRAMES_PER_BLOCK))


def _check_memory(size: NetworkSize, n_chains: int, n_frames: int, saves: bool) -> None:
    """Refuse more chains or frames than there is memory for."""
    # A random stream takes some 3,000 bytes, and its chain some twelve numbers per unit.
    chain = 3_000 + 48 * size.units + 4 * size.n_labels
    check_memory(n_chains * chain, "n_chains", "generate fewer chains at a time")
    # A checkpoint takes a contiguous copy of the labels.
    label = np.dtype(label_dtype(size.n_labels)).itemsize * (2 if saves else 1)
    check_memory(n_chains * n_frames * label, "n_frames", "generate fewer frames at a time")


class _Generation:
    """A generation: its labels so far, the states of its chains, and their random streams."""

    def __init__(
        self, size: NetworkSize, n_chains: int, n_frames: int, seed: int, checkpoint: Checkpoint
    ) -> None:
        self.size, self.checkpoint, self.done = size, checkpoint, 0
        self.labels = np.empty((n_chains, n_frames), label_dtype(size.n_labels))
        self.states: ChainStates | None = None
        self.threads: int | None = None
        children = np.random.SeedSequence(seed).spawn(n_chains)
        self.streams = [np.random.default_rng(child) for child in children]
        if state := checkpoint.load(self._checked):
            self.done = state["labels"].shape[1]
            self.labels[:, : self.done] = state["labels"]
            self.states = ChainStates(state["last"], state["h"], state["c"])
            self.threads = threads_of(state)
            for stream, kept in zip(self.streams, json.loads(str(state["streams"]))):
                stream.bit_generator.state = kept

    def _checked(self, state: dict[str, NDArray]) -> dict[str, NDArray]:
        """Return a state of this generation, and raise an error if it cannot be one."""
        n_chains, n_frames = self.labels.shape
        shape = (n_chains, self.size.units)
        done = state["labels"].shape[1]
        labels = (n_chains, min(done, n_frames))
        must_be(state, "labels", self.labels.dtype, labels, 0, self.size.n_labels - 1)
        must_be(state, "last", np.dtype(np.intp), (n_chains,))
        must_be(state, "h", np.dtype(np.float32), shape, -1.001, 1.001)  # o tanh(c), rounded
        must_be(state, "c", np.dtype(np.float32), shape)
        if not np.array_equal(state["last"], state["labels"][:, -1]):
            raise ValueError("the last labels are not the last of the labels")
        threads_of(state)
        streams = json.loads(str(state["streams"]))
        for stream, kept in zip(self.streams, streams, strict=True):
            type(stream.bit_generator)().state = kept
        return state

    def save(self) -> None:
        if self.checkpoint.path is None or self.states is None:
            return
        streams = json.dumps([stream.bit_generator.state for stream in self.streams])
        self.checkpoint.save(
            {
                "labels": self.labels[:, : self.done],
                "last": self.states.labels,
                "h": self.states.h,
                "c": self.states.c,
                "streams": np.array(streams),
                "threads": np.array(self.threads, np.int64),
            }
        )

    def run(
        self, generate_block: BlockGenerator, frames: int, stop: Stop, title: str | None
    ) -> None:
        """Generate all remaining labels, in blocks of so many frames."""
        assert self.states is not None
        n_frames = self.labels.shape[1]
        if self.done < n_frames:
            self.checkpoint.must_be_writable()
        with tqdm(total=n_frames, initial=self.done, desc=title, unit="frame", delay=2,
                  disable=title is None) as bar:  # fmt: skip
            while self.done < n_frames and not stop:
                block = slice(self.done, min(self.done + frames, n_frames))
                size = block.stop - block.start
                uniform = np.stack([stream.random(size, np.float32) for stream in self.streams])
                generate_block(self.states, uniform, self.labels[:, block])
                self.done = block.stop
                bar.update(size)
                if stop or self.checkpoint.due() or self.done == n_frames:
                    self.save()
