"""The paper's network (Fig 1): embedding (Eq 1), LSTM (Eqs 2–7), dense layer (Eq 8)."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import file_path, label_dtype, one_of, whole_number
from lstm_md._support.files import whole_or_nothing
from lstm_md._support.processes import check_memory
from lstm_md._support.threads import use_keras
from lstm_md.tensorflow_checkpoints import read_weights

if TYPE_CHECKING:
    import keras

RECURRENT_INITIALIZERS = ("orthogonal", "glorot_uniform")
GATES = ("i", "f", "c", "o")  # the order in which Keras stacks the four in one kernel


@dataclass(frozen=True)
class NetworkSize:
    """The three sizes of a network.

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
        for name, minimum in (("n_labels", 2), ("embedding_dim", 1), ("units", 1)):
            # Integers of NumPy would overflow, and cannot be saved.
            object.__setattr__(self, name, whole_number(getattr(self, name), name, minimum=minimum))

    @property
    def n_parameters(self) -> int:
        """Count the trainable parameters: embedding, LSTM, dense layer.

        >>> NetworkSize(n_labels=20, embedding_dim=128, units=1024).n_parameters
        4745748
        """
        n, m, units = self.n_labels, self.embedding_dim, self.units
        return n * m + 4 * units * (m + units + 1) + n * (units + 1)


def language_model(
    n_labels: int,
    embedding_dim: int = 8,
    units: int = 64,
    *,
    recurrent_initializer: str = "orthogonal",
    seed: int = 0,
) -> keras.Model:
    """Make an untrained network that predicts the next label at every frame (Eqs 1–8).

    Parameters
    ----------
    n_labels : int
        N, the number of labels.
    embedding_dim : int
        M, the dimension of the embedding (paper: 8 for the potentials, 128 otherwise).
    units : int
        L, the number of LSTM units (paper: 64 for the potentials, 1024 otherwise).
    recurrent_initializer : {"orthogonal", "glorot_uniform"}
        Distribution of the initial recurrent weights, as Keras names it (the authors' code:
        "glorot_uniform").
    seed : int
        Seed of the initial weights, which are the same on every backend.

    Returns
    -------
    keras.Model
        Maps labels (sequences, frames) to logits (sequences, frames, N), the argument of the
        softmax in Eq 8.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least 1 (2 for ``n_labels``), or there is no such
        distribution.
    MemoryError
        If the weights do not fit into the memory.
    RuntimeError
        If the process was forked from one that had used Keras.
    """
    size = NetworkSize(n_labels, embedding_dim, units)
    use_keras()
    label_dtype(size.n_labels)
    # The orthogonal matrix needs six arrays of float64 of its size for a moment.
    n_bytes = 8 * size.n_parameters + 6 * 8 * 4 * size.units**2
    check_memory(n_bytes, "units", "make a smaller network")
    orthogonal = (
        one_of(recurrent_initializer, "recurrent_initializer", RECURRENT_INITIALIZERS)
        == "orthogonal"
    )
    weights = _initial_weights(size, whole_number(seed, "seed", minimum=0), orthogonal)

    import keras
    from keras import layers

    # Whatever floatx and policy the user has set: the engines compute in float32.
    single = {"dtype": "float32"}
    model = keras.Sequential(
        [
            layers.Input((None,), dtype="int32"),
            layers.Embedding(size.n_labels, size.embedding_dim, name="embedding", **single),
            layers.LSTM(size.units, return_sequences=True, name="lstm", **single),
            layers.Dense(size.n_labels, name="dense", **single),
        ],
        name="language_model",
    )
    model.set_weights(weights)
    return model


def _initial_weights(size: NetworkSize, seed: int, orthogonal: bool) -> list[NDArray[np.float32]]:
    """Draw the initial weights from Keras's distributions, with NumPy's random numbers.

    They are then the same on every backend. Embedding: uniform within ±0.05. Input and dense
    kernels: Glorot's uniform. Recurrent kernel: orthogonal, or Glorot's uniform. Biases: 1 for
    the forget gate, 0 elsewhere.
    """
    n, m, units = size.n_labels, size.embedding_dim, size.units
    rng = np.random.default_rng(seed)

    def glorot(rows: int, columns: int) -> NDArray:
        return rng.uniform(-1, 1, (rows, columns)) * np.sqrt(6 / (rows + columns))

    embedding = rng.uniform(-0.05, 0.05, (n, m))
    kernel = glorot(m, 4 * units)
    if orthogonal:
        q, r = np.linalg.qr(rng.normal(size=(4 * units, units)))
        # With these signs, it is uniform over all orthogonal matrices.
        recurrent = (q * np.sign(np.diag(r))).T
    else:
        recurrent = glorot(units, 4 * units)
    bias = np.zeros(4 * units)
    bias[GATES.index("f") * units :][:units] = 1
    weights = [embedding, kernel, recurrent, bias, glorot(units, n), np.zeros(n)]
    return [weight.astype(np.float32) for weight in weights]


# What the engines compute.
SETTINGS: dict[str, dict[str, Any]] = {
    "Embedding": {"mask_zero": False},
    "LSTM": {
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
        "return_sequences": True,
        "return_state": False,
        "go_backwards": False,
        "stateful": False,
        "dropout": 0,
        "recurrent_dropout": 0,
    },
    "Dense": {"activation": "linear", "use_bias": True},
}
PARTS = ("embeddings", "kernel", "recurrent", "bias")  # Each can have its own penalty and limits.


def size_of(model: keras.Model) -> NetworkSize:
    """Read the three sizes from a network, and check that it is the one of Eqs 1–8.

    Raises
    ------
    TypeError
        If it is not a Sequential model with the layers Embedding, LSTM and Dense.
    ValueError
        If a layer has other settings than those of :func:`language_model`, or other widths than
        the layers beside it.
    RuntimeError
        If the process was forked from one that had used Keras.
    """
    use_keras()
    kinds = [type(layer).__name__ for layer in getattr(model, "layers", [])]
    if kinds != list(SETTINGS):
        raise TypeError(
            f"model: expected the layers Embedding, LSTM, Dense, found "
            f"{', '.join(kinds) or type(model).__name__}; make one with language_model()"
        )
    import keras

    kept = [keras.Sequential, *(getattr(keras.layers, kind) for kind in SETTINGS)]
    for part, kind in zip([model, *model.layers], kept):
        if type(part) is not kind:
            raise TypeError(
                f"model: expected keras.{kind.__name__}, found {type(part).__module__}."
                f"{type(part).__name__}, which may compute something else; make one with "
                f"language_model()"
            )
    for layer in model.layers:
        _check_settings(layer)
    embedding, lstm, dense = model.layers
    size = NetworkSize(int(embedding.input_dim), int(embedding.output_dim), int(lstm.units))
    _must_be(dense.name, "units", dense.units, size.n_labels)
    n, m, units = size.n_labels, size.embedding_dim, size.units
    shapes = [(n, m), (m, 4 * units), (units, 4 * units), (4 * units,), (units, n), (n,)]
    found = [tuple(weight.shape) for weight in model.weights]
    _must_be(model.name, "the shapes of its weights", found, shapes)
    return size


def _check_settings(layer: keras.Layer) -> None:
    """Compare everything in which one layer can compute something else than another."""
    import keras

    _must_be(layer.name, "dtype", layer.dtype_policy.name, "float32")
    for name, expected in SETTINGS[type(layer).__name__].items():
        found = getattr(layer, name)
        if name.endswith("activation") and found is not keras.activations.get(expected):
            found = getattr(found, "__name__", found)
            _must_be(layer.name, name, f"another function ({found})", expected)
        elif not name.endswith("activation"):
            _must_be(layer.name, name, found, expected)
    _must_be(layer.name, "activity_regularizer", layer.activity_regularizer, None)
    for part in PARTS:
        for name in (f"{part}_regularizer", f"{part}_constraint"):
            _must_be(layer.name, name, getattr(layer, name, None), None)


def _must_be(layer: str, name: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise ValueError(
            f"model: expected {name} = {expected} in {layer!r}, found {found}; make a model with "
            f"language_model()"
        )


def summary(model: keras.Model) -> str:
    """Describe the layers, one line each: equations, shape, number of parameters."""
    size = size_of(model)
    n, m, units = size.n_labels, size.embedding_dim, size.units
    rows = [
        ("embedding (Eq 1)", f"{n} labels -> {m}", n * m),
        ("LSTM (Eqs 2-7)", f"{m} -> {units} units", 4 * units * (m + units + 1)),
        ("dense (Eq 8)", f"{units} -> {n} logits", n * (units + 1)),
        ("all", "", size.n_parameters),
    ]
    return "\n".join(f"{name:<18}{shape:<22}{count:>12,}" for name, shape, count in rows)


def named_weights(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Name the weights as in Eqs 1–8.

    Returns
    -------
    dict of str to ndarray
        ``Lambda`` (M, N). For each gate g (f, i, o or c): ``W_g`` (L, M), ``U_g`` (L, L) and
        ``b_g`` (L,). ``D_d`` (N, L) and ``b_d`` (N,). As in the paper, all matrices act from the
        left on column vectors.
    """
    size_of(model)
    table, kernel, recurrent, bias, dense, dense_bias = model.get_weights()
    named = {"Lambda": table.T, "D_d": dense.T, "b_d": dense_bias}
    for k, gate in enumerate(GATES):
        columns = slice(k * recurrent.shape[0], (k + 1) * recurrent.shape[0])
        named[f"W_{gate}"] = kernel[:, columns].T
        named[f"U_{gate}"] = recurrent[:, columns].T
        named[f"b_{gate}"] = bias[columns]
    return named


def save(model: keras.Model, path: str | os.PathLike[str]) -> None:
    """Save a network as a ``.keras`` file; a failed attempt leaves the old file as it is.

    Parameters
    ----------
    model : keras.Model
        From :func:`language_model`.
    path : path
        A file that ends in ``.keras``.

    Raises
    ------
    ValueError
        If the path does not end in ``.keras``.
    OSError
        If the file cannot be written.
    """
    size_of(model)
    if file_path(path).suffix != ".keras":
        raise ValueError(f"path: expected a name that ends in .keras, found {path}; change it")
    with whole_or_nothing(path) as temporary:
        model.save(temporary)


def load(path: str | os.PathLike[str], expected: NetworkSize | None = None) -> keras.Model:
    """Load a network that :func:`save` has written.

    Nothing is unpickled, and no code from the file runs.

    Parameters
    ----------
    path : path
        A file that ends in ``.keras``.
    expected : NetworkSize, optional
        The sizes that the network must have.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a saved network, is damaged, or has other sizes than ``expected``.
    """
    if not file_path(path).is_file():
        raise FileNotFoundError(f"path: there is no file {path}; save a model there first")
    if Path(path).suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(
            f"path: {path} is not a saved network (.keras) or is damaged; save the model again"
        )
    use_keras()
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
            f"path: expected {expected}, found {found} in {path}; "
            f"give the path of the right file, or change expected"
        )
    return model


def load_tensorflow(path: str | os.PathLike[str]) -> keras.Model:
    """Load a network from a checkpoint of TensorFlow, such as those of the paper's authors.

    :func:`lstm_md.tensorflow_checkpoints.read_weights` says which checkpoints it reads, and what
    it assumes of the activation functions. The new network starts each chain with h = c = 0, even
    if the one in the checkpoint was stateful.

    Parameters
    ----------
    path : path
        The name without ending, such as ``training_checkpoints/ckpt_20``.

    Returns
    -------
    keras.Model
        As from :func:`language_model`.

    Raises
    ------
    FileNotFoundError
        If there is no such checkpoint.
    ValueError
        If the checkpoint is damaged, or its network has other layers, shapes or settings.
    ModuleNotFoundError
        If TensorFlow is not installed. The model itself uses the backend of Keras that you chose.
    """
    weights = read_weights(path)
    (n_labels, embedding_dim), units = weights[0].shape, len(weights[2])
    network = language_model(n_labels, embedding_dim, units)
    network.set_weights(weights)
    return network
