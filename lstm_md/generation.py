"""Generation: a trained network makes new trajectories, label by label."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from lstm_md._support.archives import digest
from lstm_md._support.checkpoints import Checkpoint, Stop, signals_wait
from lstm_md._support.checks import label_array, label_dtype, real_number, whole_number
from lstm_md.engine.lstm import Weights, parallel_map
from lstm_md.engine.sampling import (
    BlockGenerator,
    ChainStates,
    compiled_generator,
    fold_weights,
    keras_generator,
    read_prompt,
)
from lstm_md.engine.steps import choose_engine, progress_title
from lstm_md.model import size_of

if TYPE_CHECKING:
    import keras

FRAMES_PER_BLOCK = 10_000  # limits the memory of the random numbers
FLOPS_PER_BLOCK = 1e11  # about a second


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
    frames.

    Parameters
    ----------
    model : keras.Model
        A trained network from :func:`lstm_md.model.language_model`.
    prompt : array_like of int, shape (frames,) or (chains, frames)
        Real labels: one row for all chains, or one row per chain.
    n_frames : int
        Number of labels to generate in each chain.
    n_chains : int
        Number of independent chains, each with its own random stream.
    temperature : float
        Divides the logits: 1 samples what was learned, 0 always takes the likeliest label.
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
        if there is a GPU.

    Returns
    -------
    ndarray of uint8 or uint16, shape (n_frames,), or (n_chains, n_frames) for several chains

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, the prompt has labels that the model does not have, the
        weights are not finite, or ``checkpoint`` belongs to another call.
    OSError
        If the checkpoint cannot be written; the last one is kept.
    """
    size = size_of(model)
    n_frames = whole_number(n_frames, "n_frames")
    n_chains = whole_number(n_chains, "n_chains")
    temperature = real_number(temperature, "temperature", minimum=0)
    prompt = np.atleast_2d(label_array(prompt, "prompt", n_labels=size.n_labels))
    if len(prompt) > 1 and n_chains not in (1, len(prompt)):
        raise ValueError(
            f"n_chains: expected {len(prompt)}, one per row of prompt, found {n_chains}; "
            f"leave n_chains out, or give one prompt for all chains"
        )
    n_chains = max(n_chains, len(prompt))
    weights = Weights(*model.get_weights())
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
            "prompt": digest({"prompt": prompt}),
            "weights": digest(weights._asdict()),
        }
        lines = [f"{name}={value}" for name, value in settings.items()]
        purpose = "\n".join(["generation", *lines])
    kept = Checkpoint(checkpoint, purpose, checkpoint_minutes)
    labels = np.empty((n_chains, n_frames), label_dtype(size.n_labels))
    folded = fold_weights(weights, temperature, n_chains)
    if not resume:
        kept.forget()
    generation = _Generation(labels, seed, kept)
    if generation.states is None:
        generation.states = read_prompt(folded, prompt, n_chains)
    title = progress_title("generating", requested, engine) if progress else None
    # About a second of work, so that a stop does not have to wait long.
    frames = int(np.clip(FLOPS_PER_BLOCK // (8 * n_chains * size.units**2), 10, FRAMES_PER_BLOCK))
    make_generator = keras_generator if engine == "keras" else compiled_generator
    with signals_wait(kept.advice()) as stop, parallel_map(size.units) as parallel:
        generation.run(make_generator(folded, temperature == 0, parallel), frames, stop, title)
    return labels[0] if n_chains == 1 else labels


class _Generation:
    """A generation: its labels so far, the states of its chains, and their random streams."""

    def __init__(self, labels: NDArray, seed: int, checkpoint: Checkpoint) -> None:
        self.labels, self.checkpoint, self.done = labels, checkpoint, 0
        self.states: ChainStates | None = None
        children = np.random.SeedSequence(seed).spawn(len(labels))
        self.streams = [np.random.default_rng(child) for child in children]
        if state := checkpoint.load():
            self.done = state["labels"].shape[1]
            labels[:, : self.done] = state["labels"]
            self.states = ChainStates(state["last"], state["h"], state["c"])
            for stream, kept in zip(self.streams, json.loads(str(state["streams"]))):
                stream.bit_generator.state = kept

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
            }
        )

    def run(
        self, generate_block: BlockGenerator, frames: int, stop: Stop, title: str | None
    ) -> None:
        """Generate all remaining labels, in blocks of so many frames."""
        assert self.states is not None
        n_frames = self.labels.shape[1]
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
