"""Generation: a trained network writes new trajectories, one label after the other."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from lstm_md._support.archives import digest
from lstm_md._support.checkpoints import Checkpoint, Stop, signals_wait
from lstm_md._support.checks import label_array, label_dtype, real_number, whole_number
from lstm_md.engine.lstm import COMPILED_UNITS, Weights, workers
from lstm_md.engine.sampling import CHAINS_A_PART, Folded, States, fold, read, write
from lstm_md.engine.steps import choose, described
from lstm_md.model import size_of

if TYPE_CHECKING:
    import keras

FRAMES_A_CALL = 10_000  # bounds the memory of the random numbers; long enough to hide a call
FLOPS_A_BLOCK = 1e11


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
    """Write new labels after a prompt, each drawn from the softmax of Eq 8.

    The network reads the prompt first, which fills its memory; the prompt is not part of
    the result. All frames run in one compiled loop, with the embedding folded into the input
    weights of the LSTM (a table with a row a label). Ctrl-C and SIGTERM end it after the
    frames that are under way.

    Parameters
    ----------
    model : keras.Model
        From :func:`lstm_md.model.language_model`, trained.
    prompt : array_like of int, shape (frames,) or (chains, frames)
        Real labels; one row for every chain, or one for all.
    n_frames : int
        Labels to generate in each chain.
    n_chains : int
        Independent chains, each with a random stream of its own.
    temperature : float
        Divides the logits: 1 samples what was learned, 0 takes the likeliest label always.
    seed : int
        Same seed, engine, machine and number of chains: same labels.
    progress : bool
        Show a bar, once it takes longer than two seconds; it says where the writing runs.
    checkpoint : path, optional
        An ``.npz`` that keeps what was written and the state of the chains, every
        ``checkpoint_minutes``, at the end, and when a signal ends it.
    resume : bool
        Go on from ``checkpoint`` where there is one: the labels are those that the call would
        have written without a stop. False begins anew and overwrites it.
    checkpoint_minutes : float
        Minutes.
    engine : {"auto", "compiled", "keras"}
        What computes: NumPy and numba on the CPU, or a loop of Keras's, which "auto" takes
        where there is a GPU.

    Returns
    -------
    ndarray of uint8 or uint16, shape (n_frames,), or (n_chains, n_frames) for several chains

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, the prompt holds labels that the model does not
        know, the model's weights are not finite, or ``checkpoint`` belongs to another call.
    OSError
        If the checkpoint cannot be written; what was saved before is kept.
    """
    size = size_of(model)
    n_frames = whole_number(n_frames, "n_frames")
    n_chains = whole_number(n_chains, "n_chains")
    temperature = real_number(temperature, "temperature", minimum=0)
    prompt = np.atleast_2d(label_array(prompt, "prompt", n_labels=size.n_labels))
    if len(prompt) > 1 and n_chains not in (1, len(prompt)):
        raise ValueError(
            f"n_chains: expected {len(prompt)}, one for each row of prompt, found {n_chains}; "
            f"leave it out, or give one prompt for all"
        )
    n_chains = max(n_chains, len(prompt))
    weights = Weights(*model.get_weights())
    if not all(np.isfinite(array).all() for array in weights):
        raise ValueError(
            "model: found NaN or inf among its weights; train a new one at a lower learning_rate"
        )
    seed = whole_number(seed, "seed", minimum=0)
    asked, engine = engine, choose(engine)
    purpose = ""
    if checkpoint is not None:
        purpose = "\n".join(
            ["generation", f"n_frames={n_frames}", f"n_chains={n_chains}", f"temperature={temperature}",
             f"seed={seed}", f"engine={engine}", f"prompt={digest({'prompt': prompt})}",
             f"weights={digest(weights._asdict())}"]
        )  # fmt: skip
    keeper = Checkpoint(checkpoint, purpose, checkpoint_minutes)
    text = _Text(np.empty((n_chains, n_frames), label_dtype(size.n_labels)), seed)
    folded = fold(weights, temperature, n_chains)
    if not resume:
        keeper.forget()
    elif state := keeper.load():
        text.restore(state)
    if text.states is None:
        text.states = read(folded, prompt, n_chains)
    title = described("writing", asked, engine) if progress else None
    with signals_wait(keeper.advice()) as stop, workers(size.units) as spread:
        writer: Any = _keras_writer if engine == "keras" else _compiled_writer
        text.write(writer(folded, temperature == 0, spread),
                   _frames_a_block(n_chains, size.units), keeper, stop, title)  # fmt: skip
    return text.labels[0] if n_chains == 1 else text.labels


class _Text:
    """Labels being written: what is there, and where the chains and their random streams are."""

    def __init__(self, labels: NDArray, seed: int) -> None:
        self.labels, self.done = labels, 0
        self.states: States | None = None
        children = np.random.SeedSequence(seed).spawn(len(labels))
        self.streams = [np.random.default_rng(child) for child in children]

    def restore(self, state: dict[str, NDArray]) -> None:
        """Go on where a checkpoint was written."""
        self.done = state["labels"].shape[1]
        self.labels[:, : self.done] = state["labels"]
        self.states = States(state["last"], state["h"], state["c"])
        for stream, kept in zip(self.streams, json.loads(str(state["streams"]))):
            stream.bit_generator.state = kept

    def save(self, keeper: Checkpoint) -> None:
        """Write all that :meth:`restore` needs."""
        if keeper.path is None or self.states is None:
            return
        streams = json.dumps([stream.bit_generator.state for stream in self.streams])
        keeper.save(
            {
                "labels": self.labels[:, : self.done],
                "last": self.states.labels,
                "h": self.states.h,
                "c": self.states.c,
                "streams": np.array(streams),
            }
        )

    def write(
        self, writer: Any, frames: int, keeper: Checkpoint, stop: Stop, title: str | None
    ) -> None:
        """All labels that are missing, ``frames`` at a time."""
        length = self.labels.shape[1]
        with tqdm(total=length, initial=self.done, desc=title, unit="frame", delay=2,
                  disable=title is None) as bar:  # fmt: skip
            while self.done < length and not stop:
                block = slice(self.done, min(self.done + frames, length))
                uniform = np.stack(
                    [s.random(block.stop - block.start, np.float32) for s in self.streams]
                )
                writer(self.states, uniform, self.labels[:, block])
                self.done = block.stop
                bar.update(block.stop - block.start)
                if stop or keeper.due() or self.done == length:
                    self.save(keeper)


def _frames_a_block(chains: int, units: int) -> int:
    """About a second's work, so that a signal does not wait long, within bounds."""
    return int(np.clip(FLOPS_A_BLOCK // (8 * chains * units**2), 10, FRAMES_A_CALL))


def _compiled_writer(weights: Folded, greedy: bool, spread: Callable) -> Callable:
    size = CHAINS_A_PART if weights.dense.shape[0] <= COMPILED_UNITS else None

    def writer(states: States, uniform: NDArray, out: NDArray) -> None:
        starts = range(0, len(out), size or len(out))
        parts = [slice(start, start + (size or len(out))) for start in starts]
        spread(lambda p: write(weights, greedy, states[p], uniform[p], out[p]), parts)

    return writer


def _keras_writer(weights: Folded, greedy: bool, spread: Callable) -> Callable:
    units, n_labels = weights.dense.shape
    sampler = _sampler(n_labels, units, greedy)
    sampler.set_weights(list(weights))
    frames = 0

    def writer(states: States, uniform: NDArray, out: NDArray) -> None:
        nonlocal frames
        frames = max(frames, out.shape[1])
        # Another number of frames would be compiled anew; what follows the last block is lost.
        padded = np.zeros((len(out), frames, 1), np.float32)
        padded[:, : out.shape[1], 0] = uniform
        label = states.labels[:, None].astype(np.float32)
        written, label, h, c = sampler.predict_on_batch([padded, label, states.h, states.c])
        out[:] = written[:, : out.shape[1], 0]
        states.labels[:], states.h[:], states.c[:] = label[:, 0].astype(np.intp), h, c

    return writer


@lru_cache(maxsize=8)
def _sampler(n_labels: int, units: int, greedy: bool) -> keras.Model:
    """A model that maps (uniform random numbers, label, h, c) to (labels, label, h, c).

    It is kept, since compiling it takes longer than 100,000 labels of a small network.
    """
    import keras

    uniform = keras.Input((None, 1))
    states = [
        keras.Input((1,)),  # Keras wants all states of one type: the label travels as a float
        keras.Input((units,)),
        keras.Input((units,)),
    ]
    layer = keras.layers.RNN(
        _sampling_cell(n_labels, units, greedy), return_sequences=True, return_state=True
    )
    sampler = keras.Model([uniform, *states], layer(uniform, initial_state=states))
    sampler.compile(jit_compile=True)
    return sampler


def _sampling_cell(n: int, units: int, greedy: bool) -> Any:
    """One frame as a Keras cell; its state is (label, h, c), its input one random number."""
    import keras
    from keras import ops

    class SamplingCell(keras.layers.Layer):
        state_size = [1, units, units]
        output_size = 1

        def build(self, input_shape: Any) -> None:
            self.table = self.add_weight(shape=(n, 4 * units))
            self.recurrent = self.add_weight(shape=(units, 4 * units))
            self.dense = self.add_weight(shape=(units, n))
            self.dense_bias = self.add_weight(shape=(n,))

        def call(self, uniform: Any, states: Any) -> tuple[Any, list[Any]]:
            label, h, c = states
            read = ops.cast(label[:, 0], "int32")
            z = ops.take(self.table, read, axis=0) + ops.matmul(h, self.recurrent)
            i, f, candidate, o = ops.split(z, 4, axis=-1)
            c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(candidate)
            h = ops.sigmoid(o) * ops.tanh(c)
            logits = ops.matmul(h, self.dense) + self.dense_bias
            if greedy:
                label = ops.argmax(logits, axis=-1)[:, None]  # Keras 3.3 knows no keepdims there
            else:
                # Inverse of the cumulative distribution: one random number a label.
                cumulative = ops.cumsum(ops.softmax(logits), axis=-1)
                below = cumulative[:, :-1] <= uniform
                label = ops.sum(ops.cast(below, "int32"), axis=-1, keepdims=True)
            label = ops.cast(label, "float32")
            return label, [label, h, c]

    return SamplingCell()
