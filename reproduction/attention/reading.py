"""How a transformer reads and generates, with a cache of the keys and values of what it has read.

When its context is full, it forgets the older half and reads the newer half again, at the first
places. So each prediction knows between half a context and a whole one. The cache is exact: all
that it holds belongs to labels that are still in the context, at the same places.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax

from lstm_md._support.checks import chains_of, label_dtype, whole_number
from reproduction.attention.transformer import HEADS, sizes

if TYPE_CHECKING:
    import keras

WINDOWS_PER_CALL = 128  # that are read side by side for a loss; limits the memory
NEAR_ZERO = 1e-3  # Keras adds it to a variance before it divides by it

Labels = NDArray[np.unsignedinteger]
Array = NDArray[np.float32]


class Reader:
    """Reads labels with NumPy and keeps the keys and values of those that it has read.

    Parameters
    ----------
    model : keras.Model
        From :func:`reproduction.attention.transformer.transformer`.
    n_chains : int
        Chains that are read side by side.
    """

    def __init__(self, model: keras.Model, n_chains: int) -> None:
        weights = model.get_weights()
        if not all(np.isfinite(w).all() for w in weights):
            raise ValueError(
                "model: found NaN or inf among its weights; train a new one at a lower "
                "learning_rate"
            )
        self.of_label, self.of_place = weights[:2]
        self.blocks = [weights[k : k + 16] for k in range(2, len(weights) - 4, 16)]
        self.last = weights[-4:]
        context, width = self.of_place.shape
        shape = (len(self.blocks), n_chains, HEADS, context, width // HEADS)
        self.keys, self.values = np.empty((2, *shape), np.float32)
        self.n_read = 0

    def read(self, labels: Labels) -> Array:
        """Read labels, shape (chains, frames), and return the logits after each of them."""
        begin, end = self.n_read, self.n_read + labels.shape[1]
        x = self.of_label[labels] + self.of_place[begin:end]
        future = np.arange(end) > np.arange(begin, end)[:, None]
        for block, keys, values in zip(self.blocks, self.keys, self.values, strict=True):
            scale, shift, q, q0, k, k0, v, v0, o, o0, *of_dense = block
            y = _norm(x, scale, shift)
            query = _heads(y, q, q0) / np.float32(math.sqrt(q.shape[-1]))
            keys[:, :, begin:end] = _heads(y, k, k0)
            values[:, :, begin:end] = _heads(y, v, v0)
            scores = query @ keys[:, :, :end].swapaxes(-1, -2)
            scores = np.where(future, -np.inf, scores)
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
            mixed = (scores @ values[:, :, :end]).swapaxes(1, 2).reshape(x.shape)
            x = x + mixed @ o.reshape(x.shape[-1], -1) + o0
            scale, shift, first, first0, second, second0 = of_dense
            x = x + np.maximum(_norm(x, scale, shift) @ first + first0, 0) @ second + second0
        self.n_read = end
        scale, shift, dense, dense0 = self.last
        return np.asarray(_norm(x, scale, shift) @ dense + dense0)

    def forget(self) -> None:
        """Forget all labels."""
        self.n_read = 0


def _norm(x: Array, scale: Array, shift: Array) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    deviation: Array = np.sqrt(variance + np.float32(NEAR_ZERO))
    return centred / deviation * scale + shift


def _heads(y: Array, kernel: Array, bias: Array) -> Array:
    """Map (chains, frames, width) to (chains, heads, frames, width of a head)."""
    flat = y @ kernel.reshape(y.shape[-1], -1) + bias.ravel()
    return flat.reshape(*y.shape[:2], *bias.shape).swapaxes(1, 2)


def generate(
    model: keras.Model, prompt: ArrayLike, n_frames: int, *, n_chains: int = 1, seed: int = 0
) -> Labels:
    """Generate labels after a prompt, of which the model reads the last half a context.

    Parameters
    ----------
    model : keras.Model
        From :func:`reproduction.attention.transformer.transformer`.
    prompt : array_like of int, shape (frames,), or a list of such, one for each chain
        At least half a context each.
    n_frames, n_chains : int
    seed : int
        The same seed, machine and number of chains give the same labels.

    Returns
    -------
    ndarray of uint8 or uint16, shape (n_chains, n_frames)

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, a prompt is too short, there is another number of them,
        or a weight is not finite.
    """
    n_labels, context = sizes(model)
    half = context // 2
    n_frames, n_chains = whole_number(n_frames, "n_frames"), whole_number(n_chains, "n_chains")
    random = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    prompts = chains_of(prompt, "prompt", n_labels=n_labels, min_frames=half)
    if len(prompts) not in (1, n_chains):
        raise ValueError(
            f"prompt: expected 1 or {n_chains}, one for each chain, found {len(prompts)}; give "
            f"another n_chains, or one prompt for all chains"
        )
    labels = np.empty((n_chains, half + n_frames), label_dtype(n_labels))
    labels[:, :half] = [one[-half:] for one in prompts]
    reader, unread = Reader(model, n_chains), slice(0, half)
    for frame in range(half, half + n_frames):
        logits = reader.read(labels[:, unread])[:, -1]
        labels[:, frame] = draw(logits, random.random(n_chains))
        unread = slice(frame, frame + 1)
        if reader.n_read == context:
            reader.forget()
            unread = slice(frame + 1 - half, frame + 1)
    return labels[:, half:]


def draw(logits: Array, uniform: NDArray[np.float64]) -> NDArray[np.intp]:
    """Draw a label from the softmax of each row of logits, with a number from 0 to 1."""
    chances = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)).cumsum(axis=-1)
    return (chances <= uniform[:, None] * chances[:, -1:]).sum(axis=-1)


def loss(model: keras.Model, labels: ArrayLike) -> float:
    """Compute the mean loss (Eq 9) of a transformer that reads labels as it does in generation.

    Parameters
    ----------
    model : keras.Model
        From :func:`reproduction.attention.transformer.transformer`.
    labels : array_like of int, shape (frames,) or (chains, frames)
        More than a context of frames in each chain.

    Returns
    -------
    float
        In nats per label. The frames before the first half a context are not predicted.

    Raises
    ------
    TypeError, ValueError
        If these are no labels that the model knows, or a chain is too short.
    """
    log_p, following = predictions(model, labels)
    return float(-log_p[np.arange(len(following)), following].mean())


def predictions(
    model: keras.Model, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Predict each next label as in generation: from half a context to a whole one.

    Parameters and errors are those of :func:`loss`. Labels at the end that do not fill a context
    are left out.

    Returns
    -------
    log_p : ndarray, shape (predictions, N)
        The logarithms of the probabilities.
    following : ndarray of int, shape (predictions,)
        The labels that followed.
    """
    n_labels, context = sizes(model)
    chains = chains_of(labels, n_labels=n_labels, min_frames=context + 1)
    first = context // 2 - 1
    step = context - first
    rows = [sliding_window_view(chain, context + 1)[::step] for chain in chains]
    windows = np.concatenate(rows)
    logits = [
        Reader(model, len(part)).read(part[:, :-1])[:, first:]
        for part in np.array_split(windows, -(-len(windows) // WINDOWS_PER_CALL))
    ]
    found = np.concatenate(logits).reshape(-1, n_labels).astype(np.float64)
    return log_softmax(found, axis=-1), windows[:, first + 1 :].ravel().astype(np.intp)
