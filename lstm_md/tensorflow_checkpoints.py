"""Weights from a checkpoint that TensorFlow wrote, such as those of the paper's authors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import file_path

_VALUE, _CONFIG = "/.ATTRIBUTES/VARIABLE_VALUE", "/.ATTRIBUTES/OBJECT_CONFIG_JSON"
# The layers, each with the names of its weights in Keras's order.
_LAYERS = {
    "Embedding": ("embeddings",),
    "LSTM": ("kernel", "recurrent_kernel", "bias"),
    "Dense": ("kernel", "bias"),
}
# What else decides what a layer computes. TensorFlow 1 stored it beside the weights.
_LSTM = {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False}
_SETTINGS: dict[str, dict[str, Any]] = {
    "Embedding": {"mask_zero": False},
    "LSTM": _LSTM,
    "LSTMCell": _LSTM,
    "CuDNNLSTM": _LSTM,
    "Dense": {"activation": "linear"},
}
_OPTIMISER = re.compile(r"(^|/)(\.OPTIMIZER_SLOT|optimizer|training)(_\d+)?/")
_ADVICE = "give a checkpoint of a network with one Embedding, one LSTM and one Dense layer"


def read_weights(path: str | os.PathLike[str]) -> list[NDArray[np.float32]]:
    """Read the weights of the paper's network from a checkpoint of TensorFlow.

    Both kinds of checkpoints are read: those that name a weight by its place in the model
    (``layer_with_weights-0/embeddings/…``) and those that name it as TensorFlow 1 did
    (``embedding/embeddings``). What belongs to the optimiser is left out.

    Parameters
    ----------
    path : path
        The name without ending, such as ``training_checkpoints/ckpt_20``. The names of the files
        themselves, which end in ``.index`` and ``.data-00000-of-00001``, are taken as well.

    Returns
    -------
    list of ndarray of float32
        In the order of ``model.get_weights()``: embedding (N, M), kernel (M, 4L), recurrent
        kernel (L, 4L), bias (4L,), dense kernel (L, N), dense bias (N,). The weights of a
        CuDNNLSTM, the layer for graphics cards of TensorFlow 1, are brought into the form of an
        LSTM.

    Raises
    ------
    FileNotFoundError
        If there is no such checkpoint.
    ValueError
        If the checkpoint is damaged, or its network has other layers, shapes or settings.
    ModuleNotFoundError
        If TensorFlow is not installed.

    Notes
    -----
    Most checkpoints do not hold the activation functions. If they are missing, those of Eqs 2–8 are
    assumed: sigmoid and tanh in the LSTM, none in the dense layer. In TensorFlow 1, the default of
    the LSTM was another function, ``hard_sigmoid``. If the network was trained with it, the loaded
    network is wrong. So read the script that wrote the checkpoint.
    """
    stem = Path(re.sub(r"\.(index|data-\d+-of-\d+)$", "", str(file_path(path))))
    if not Path(f"{stem}.index").is_file():
        raise FileNotFoundError(
            f"path: there is no file {stem}.index; give the name of a checkpoint without ending, "
            f"such as training_checkpoints/ckpt_20"
        )
    try:
        import tensorflow
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "path: only TensorFlow can read its checkpoints, and it is not installed; install it "
            "with `pip install tensorflow`"
        ) from error
    with _damage_named(path):
        reader = tensorflow.train.load_checkpoint(str(stem))
        shapes = reader.get_variable_to_shape_map()
    keys = _find(shapes, path)
    with _damage_named(path):
        configs = [json.loads(reader.get_tensor(key)) for key in shapes if key.endswith(_CONFIG)]
        weights = [np.asarray(reader.get_tensor(key), np.float32) for key in keys]
    _check_settings(configs, path)
    return _checked(weights, path)


@contextmanager
def _damage_named(path: Any) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # TensorFlow has its own kinds, and also raises IndexError.
        raise ValueError(
            f"path: {path} is damaged or incomplete ({error}); copy both its files again"
        ) from error


def _find(shapes: Mapping[str, Sequence[int]], path: Any) -> list[str]:
    """List the keys of the six weights, in Keras's order.

    Raises
    ------
    ValueError
        If there is not one layer of each kind, or there is a layer of another kind.
    """
    keys = [key for key in sorted(shapes) if len(shapes[key]) and not _OPTIMISER.search(key)]
    scopes: dict[str, dict[str, str]] = {}
    for key in keys:
        scope, _, name = key.removesuffix(_VALUE).rpartition("/")
        scopes.setdefault(scope, {})[name.lstrip("_")] = key
    recurrent = {scope for scope, names in scopes.items() if "recurrent_kernel" in names}
    found = {
        layer: [
            scope
            for scope, names in scopes.items()
            if set(weights) <= set(names) and (scope in recurrent) == (layer == "LSTM")
        ]
        for layer, weights in _LAYERS.items()
    }
    if any(len(places) != 1 for places in found.values()):
        counts = ", ".join(f"{len(places)} {layer}" for layer, places in found.items())
        raise ValueError(f"path: found the layers {counts} in {path}; {_ADVICE}")
    # A stateful LSTM keeps its state below the layer, and an optimiser of TensorFlow 1 its arrays
    # below the weights.
    ours = [re.sub(r"/[^/]*cell[^/]*$", "", scope) + "/" for (scope,) in found.values()]
    container = os.path.commonprefix(ours).rpartition("/")[0]
    for key in keys:
        if key.startswith(container) and not key.startswith(tuple(ours)):
            raise ValueError(f"path: found {key} of shape {shapes[key]} in {path}; {_ADVICE}")
    return [scopes[found[layer][0]][name] for layer, names in _LAYERS.items() for name in names]


def _check_settings(configs: Sequence[Mapping[str, Any]], path: Any) -> None:
    """Compare the settings of the layers that the checkpoint holds.

    Raises
    ------
    ValueError
        If a layer computes something else than Eqs 1–8.
    """
    for config in configs:
        kind = config.get("class_name", "")
        for name, expected in _SETTINGS.get(kind, {}).items():
            found = config["config"].get(name, expected)
            if found != expected:
                raise ValueError(
                    f"path: expected {name} = {expected} in the layer {kind}, found {found} in "
                    f"{path}; give a checkpoint of the network of Eqs 1–8"
                )


def _checked(weights: list[NDArray[np.float32]], path: Any) -> list[NDArray[np.float32]]:
    """Return weights whose shapes fit together, in the form of an LSTM."""
    embedding, kernel, recurrent, bias, dense, dense_bias = weights
    (n, m), units = np.atleast_2d(embedding).shape[:2], len(np.atleast_1d(recurrent))
    of_card = bias.shape == (8 * units,)
    shapes = [(n, m), (m, 4 * units), (units, 4 * units), ((8 if of_card else 4) * units,)]
    found, expected = [one.shape for one in weights], [*shapes, (units, n), (n,)]
    if found != expected:
        raise ValueError(
            f"path: expected the shapes {expected}, found {found} in {path}; {_ADVICE}"
        )
    if of_card:
        kernel, recurrent = _from_card(kernel), _from_card(recurrent)
        bias = bias.reshape(2, 4 * units).sum(axis=0)
    return [embedding, kernel, recurrent, bias, dense, dense_bias]


def _from_card(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring the kernel of a CuDNNLSTM, shape (inputs, 4L), into the form of an LSTM.

    The graphics card reads the numbers of each gate as a matrix of shape (L, inputs), which acts
    from the left. The order of the gates is the same.
    """
    gates = np.hsplit(kernel, 4)
    return np.hstack([gate.reshape(gate.shape[::-1]).T for gate in gates])
