"""Generation: a trained network writes new trajectories, one label after the other."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._checks import label_array, label_dtype, real_number, whole_number
from lstm_md.model import Settings, settings_of

if TYPE_CHECKING:
    import keras

FRAMES_A_CALL = 10_000  # bounds the memory of the random numbers; long enough to hide a call


def generate(
    model: keras.Model,
    prompt: ArrayLike,
    length: int,
    *,
    chains: int = 1,
    temperature: float = 1.0,
    seed: int = 0,
) -> NDArray[np.unsignedinteger]:
    """Write new labels after a prompt, each drawn from the softmax of Eq 8.

    The network reads the prompt first, which fills its memory; the prompt is not part of
    the result. All frames run in one compiled loop, with the embedding folded into the input
    weights of the LSTM (a table with a row a label).

    Parameters
    ----------
    model : keras.Model
        From :func:`lstm_md.model.language_model`, trained.
    prompt : array_like of int, shape (frames,) or (chains, frames)
        Real labels; one row for every chain, or one for all.
    length : int
        Labels to write in each chain.
    chains : int
        Independent chains, each with a random stream of its own: a chain does not change
        when others run beside it.
    temperature : float
        Divides the logits: 1 samples what was learned, 0 takes the likeliest label always.
    seed : int

    Returns
    -------
    ndarray of uint8 or uint16, shape (length,) if one chain, else (chains, length)

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, the prompt holds labels that the model does not
        know, or the model's weights are not finite.
    """
    settings = settings_of(model)
    length = whole_number(length, "length")
    chains = whole_number(chains, "chains")
    temperature = real_number(temperature, "temperature", minimum=0)
    prompt = np.atleast_2d(label_array(prompt, "prompt", n_labels=settings.labels))
    if len(prompt) > 1 and chains not in (1, len(prompt)):
        raise ValueError(
            f"chains: expected {len(prompt)}, one a row of prompt, found {chains}; "
            f"leave it out, or give one prompt for all"
        )
    chains = max(chains, len(prompt))
    states = _read(model, np.broadcast_to(prompt, (chains, prompt.shape[1])))
    root = np.random.SeedSequence(whole_number(seed, "seed", minimum=0))
    streams = [np.random.default_rng(child) for child in root.spawn(chains)]

    frames = min(length, FRAMES_A_CALL)
    sampler = _sampler(settings, greedy=temperature == 0)
    sampler.set_weights(_sampling_weights(model, temperature))
    out = np.empty((chains, length), dtype=label_dtype(settings.labels))
    for start in range(0, length, frames):
        uniform = np.stack([rng.random(frames, dtype=np.float32) for rng in streams])
        written, *states = sampler.predict_on_batch([uniform[:, :, None], *states])
        stop = min(start + frames, length)
        out[:, start:stop] = written[:, : stop - start, 0]
    return out[0] if chains == 1 else out


def _read(model: keras.Model, prompt: NDArray) -> list[NDArray]:
    """The state after a prompt: its last label, h and c, the last label not yet read."""
    import keras

    embedding, lstm, _ = model.layers
    h = c = np.zeros((len(prompt), lstm.units), np.float32)
    if prompt.shape[1] > 1:
        reader = keras.layers.LSTM(lstm.units, return_state=True)
        x = embedding(np.ascontiguousarray(prompt[:, :-1]).astype(np.int32))
        reader.build(x.shape)
        reader.set_weights(lstm.get_weights())
        _, h, c = (keras.ops.convert_to_numpy(state) for state in reader(x))
    return [prompt[:, -1:].astype(np.float32), h, c]


def _sampling_weights(model: keras.Model, temperature: float) -> list[NDArray]:
    """Those of the sampler: the embedding folded into the input weights, logits divided."""
    weights = model.get_weights()
    if not all(np.isfinite(array).all() for array in weights):
        raise ValueError(
            "model: found NaN or inf among its weights; train a new one at a lower learning_rate"
        )
    table, kernel, recurrent, bias, dense, dense_bias = weights
    scale = np.float32(1.0 if temperature == 0 else 1.0 / temperature)
    return [table @ kernel + bias, recurrent, dense * scale, dense_bias * scale]


@lru_cache(maxsize=8)
def _sampler(settings: Settings, greedy: bool) -> keras.Model:
    """A model that maps (uniform random numbers, label, h, c) to (labels, label, h, c).

    It is kept, since compiling it takes longer than 100,000 labels of a small network.
    """
    import keras

    uniform = keras.Input((None, 1))
    states = [
        keras.Input((1,)),  # Keras wants all states of one type: the label travels as a float
        keras.Input((settings.units,)),
        keras.Input((settings.units,)),
    ]
    layer = keras.layers.RNN(
        _sampling_cell(settings, greedy), return_sequences=True, return_state=True
    )
    sampler = keras.Model([uniform, *states], layer(uniform, initial_state=states))
    sampler.compile(jit_compile=True)
    return sampler


def _sampling_cell(settings: Settings, greedy: bool) -> Any:
    """One frame as a Keras cell; its state is (label, h, c), its input one random number."""
    import keras
    from keras import ops

    n, units = settings.labels, settings.units

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
                label = ops.argmax(logits, axis=-1, keepdims=True)
            else:
                # Inverse of the cumulative distribution: one random number a label.
                cumulative = ops.cumsum(ops.softmax(logits), axis=-1)
                below = cumulative[:, :-1] <= uniform
                label = ops.sum(ops.cast(below, "int32"), axis=-1, keepdims=True)
            label = ops.cast(label, "float32")
            return label, [label, h, c]

    return SamplingCell()
