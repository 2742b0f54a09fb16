"""The paper's network (Fig 1): embedding (Eq 1), LSTM (Eqs 2–7), dense layer (Eq 8)."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import whole_number
from lstm_md._support.files import whole_or_nothing

if TYPE_CHECKING:
    import keras

GATES = ("i", "f", "c", "o")  # the order in which Keras stacks the four in one kernel


@dataclass(frozen=True)
class NetworkSize:
    """The three sizes that fix the network.

    Parameters
    ----------
    n_labels : int
        N, the number of labels.
    embedding_dim : int
        M, the dimension of the embedding.
    units : int
        L, the number of LSTM units.
    """

    n_labels: int
    embedding_dim: int = 8
    units: int = 64

    def __post_init__(self) -> None:
        whole_number(self.n_labels, "n_labels", minimum=2)
        whole_number(self.embedding_dim, "embedding_dim")
        whole_number(self.units, "units")

    @property
    def parameters(self) -> int:
        """The number of trainable parameters: Λ, four gates, the dense layer.

        >>> NetworkSize(n_labels=20, embedding_dim=128, units=1024).parameters
        4745748
        """
        n, m, units = self.n_labels, self.embedding_dim, self.units
        return n * m + 4 * units * (m + units + 1) + n * (units + 1)


def language_model(
    n_labels: int, embedding_dim: int = 8, units: int = 64, *, seed: int = 0
) -> keras.Model:
    """An untrained network that reads labels and predicts the next one at every frame.

    Parameters
    ----------
    n_labels : int
        N, the number of labels.
    embedding_dim : int
        M, the dimension of the embedding (paper: 8 for the potentials, else 128).
    units : int
        L, the number of LSTM units (paper: 64 for the potentials, else 1024).
    seed : int
        Of the initial weights; the same seed gives the same weights, on every backend.

    Returns
    -------
    keras.Model
        Maps labels (sequences, frames) to logits (sequences, frames, N): what Eq 8 holds
        inside its softmax.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least one (two for ``n_labels``).
    """
    size = NetworkSize(n_labels, embedding_dim, units)
    weights = _initial_weights(size, whole_number(seed, "seed", minimum=0))

    import keras
    from keras import layers

    model = keras.Sequential(
        [
            layers.Input((None,), dtype="int32"),
            layers.Embedding(size.n_labels, size.embedding_dim, name="embedding"),
            layers.LSTM(size.units, return_sequences=True, name="lstm"),
            layers.Dense(size.n_labels, name="dense"),
        ],
        name="language_model",
    )
    model.set_weights(weights)
    return model


def _initial_weights(size: NetworkSize, seed: int) -> list[NDArray[np.float32]]:
    """As Keras draws them, but drawn here, so that they are the same on every backend.

    Embedding uniform below 0.05; kernels Glorot's uniform; the recurrent kernel orthogonal;
    biases 0, but 1 for the gate that forgets.
    """
    n, m, units = size.n_labels, size.embedding_dim, size.units
    rng = np.random.default_rng(seed)

    def glorot(rows: int, columns: int) -> NDArray:
        return rng.uniform(-1, 1, (rows, columns)) * np.sqrt(6 / (rows + columns))

    embedding = rng.uniform(-0.05, 0.05, (n, m))
    kernel = glorot(m, 4 * units)
    q, r = np.linalg.qr(rng.normal(size=(4 * units, units)))
    recurrent = (q * np.sign(np.diag(r))).T  # the sign makes all orthogonal matrices alike
    bias = np.zeros(4 * units)
    bias[GATES.index("f") * units :][:units] = 1
    weights = [embedding, kernel, recurrent, bias, glorot(units, n), np.zeros(n)]
    return [weight.astype(np.float32) for weight in weights]


def size_of(model: keras.Model) -> NetworkSize:
    """The sizes of a network that :func:`language_model` made or :func:`load` read.

    Raises
    ------
    TypeError
        If the model has other layers than the paper's three.
    """
    kinds = [type(layer).__name__ for layer in getattr(model, "layers", [])]
    if kinds != ["Embedding", "LSTM", "Dense"]:
        raise TypeError(
            f"model: expected the layers Embedding, LSTM, Dense, found "
            f"{', '.join(kinds) or type(model).__name__}; make it with language_model()"
        )
    embedding, lstm, _ = model.layers
    return NetworkSize(int(embedding.input_dim), int(embedding.output_dim), int(lstm.units))


def summary(model: keras.Model) -> str:
    """One line a layer, with its equations, its shape and its parameter count."""
    size = size_of(model)
    n, m, units = size.n_labels, size.embedding_dim, size.units
    rows = [
        ("embedding (Eq 1)", f"{n} labels -> {m}", n * m),
        ("LSTM (Eqs 2-7)", f"{m} -> {units} units", 4 * units * (m + units + 1)),
        ("dense (Eq 8)", f"{units} -> {n} logits", n * (units + 1)),
        ("all", "", size.parameters),
    ]
    return "\n".join(f"{name:<18}{shape:<22}{count:>12,}" for name, shape, count in rows)


def named_weights(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """The weights under the names of Eqs 1–8.

    Returns
    -------
    dict of str to ndarray
        ``Lambda`` (M, N); for each gate g in f, i, o, c ``W_g`` (L, M), ``U_g`` (L, L) and
        ``b_g`` (L,); ``D_d`` (N, L) and ``b_d`` (N,). All act from the left on columns, as
        the paper writes them.
    """
    size_of(model)
    table, kernel, recurrent, bias, dense, dense_bias = model.get_weights()
    named = {"Lambda": table.T, "D_d": dense.T, "b_d": dense_bias}
    for k, gate in enumerate(GATES):
        part = slice(k * recurrent.shape[0], (k + 1) * recurrent.shape[0])
        named[f"W_{gate}"] = kernel[:, part].T
        named[f"U_{gate}"] = recurrent[:, part].T
        named[f"b_{gate}"] = bias[part]
    return named


def save(model: keras.Model, path: str | os.PathLike[str]) -> None:
    """Save a network as a ``.keras`` file, whole or not at all.

    Raises
    ------
    ValueError
        If the path does not end in ``.keras``.
    OSError
        If the file cannot be written; whatever stood there before is kept.
    """
    size_of(model)
    if Path(path).suffix != ".keras":
        raise ValueError(f"path: expected a name that ends in .keras, found {path}; change it")
    with whole_or_nothing(path) as temporary:
        model.save(temporary)


def load(path: str | os.PathLike[str], expected: NetworkSize | None = None) -> keras.Model:
    """Read a network that :func:`save` wrote. Nothing is unpickled, no code of the file runs.

    Parameters
    ----------
    path : path
    expected : Settings, optional
        The sizes that the network must have.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no saved network, is damaged, or has other sizes than ``expected``.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"path: there is no file {path}; save a model there first")
    if Path(path).suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(
            f"path: {path} is not a saved network (.keras) or is damaged; save the model again"
        )
    import keras

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        found = size_of(model)
    except Exception as error:
        raise ValueError(
            f"path: {path} is damaged or holds another kind of network "
            f"({type(error).__name__}: {error}); save the model again"
        ) from error
    if expected is not None and found != expected:
        raise ValueError(
            f"path: {path} holds {found}, but {expected} is expected; "
            f"give the file of that network, or ask for these settings"
        )
    return model
