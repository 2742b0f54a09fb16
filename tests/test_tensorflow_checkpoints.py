"""Checkpoints of TensorFlow: their names, layers and settings, and those that are refused."""

import json
import sys

import numpy as np
import pytest

from lstm_md.tensorflow_checkpoints import read_weights

tf = pytest.importorskip("tensorflow", reason="TensorFlow writes the checkpoints")

N, M, L = 4, 3, 5
SHAPES = [(N, M), (M, 4 * L), (L, 4 * L), (4 * L,), (L, N), (N,)]
VALUE, CONFIG = "/.ATTRIBUTES/VARIABLE_VALUE", "/.ATTRIBUTES/OBJECT_CONFIG_JSON"
FIRST = "layer_with_weights"
# The keys of the six weights, in Keras's order, as several versions of TensorFlow write them.
KEYS = {
    "the authors' files": [
        f"{FIRST}-0/embeddings{VALUE}", f"{FIRST}-1/cell/kernel{VALUE}",
        f"{FIRST}-1/cell/recurrent_kernel{VALUE}", f"{FIRST}-1/cell/bias{VALUE}",
        f"{FIRST}-2/kernel{VALUE}", f"{FIRST}-2/bias{VALUE}",
    ],
    "Keras 3": [
        f"net/_functional/_operations/{key}{VALUE}" for key in (
            "1/_embeddings", "2/cell/kernel", "2/cell/recurrent_kernel", "2/cell/bias",
            "3/_kernel", "3/bias",
        )
    ],
    "TensorFlow 1": [
        "embedding/embeddings", "lstm/kernel", "lstm/recurrent_kernel", "lstm/bias",
        "dense/kernel", "dense/bias",
    ],
    "graphs of TensorFlow 2": [
        "embedding/embeddings", "lstm/lstm_cell/kernel", "lstm/lstm_cell/recurrent_kernel",
        "lstm/lstm_cell/bias", "dense/kernel", "dense/bias",
    ],
}  # fmt: skip
THEIRS = KEYS["the authors' files"]
BESIDE = {  # what else TensorFlow writes into such a file
    "the authors' files": {
        f"{FIRST}-1/cell/kernel/.OPTIMIZER_SLOT/optimizer/optimizer/m{VALUE}": np.ones((M, 4 * L)),
        f"optimizer/optimizer/beta1_power{VALUE}": np.float32(0.9),
        f"{FIRST}-1{CONFIG}": {
            "class_name": "LSTM",
            "config": {"activation": "tanh", "recurrent_activation": "sigmoid", "units": L},
        },
    },
    "Keras 3": {
        f"net/_functional/_operations/2/states/0{VALUE}": np.ones((2, L)),
        f"other/kernel_of_something{VALUE}": np.ones(7),
        f"optimizer/_variables/3{VALUE}": np.ones((M, 4 * L)),
        f"save_counter{VALUE}": np.int64(1),
    },
    "TensorFlow 1": {
        "lstm/kernel/Adam": np.ones((M, 4 * L)),
        "training_1/Adam/lstm/kernel/m": np.ones((M, 4 * L)),
        "global_step": np.int64(9),
    },
    "graphs of TensorFlow 2": {"beta1_power": np.float32(0.9)},
}


def some_weights(shapes=SHAPES):
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def write(path, content):
    """Write a checkpoint with these keys; a dict is a configuration."""
    texts = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in content.items()}
    tensors = [tf.constant(value) for value in texts.values()]
    tf.raw_ops.SaveV2(
        prefix=str(path),
        tensor_names=list(texts),
        shape_and_slices=[""] * len(texts),
        tensors=tensors,
    )
    return path


@pytest.fixture
def content():
    """The keys and values of a checkpoint as the authors have it."""
    return dict(zip(THEIRS, some_weights(), strict=True)) | BESIDE["the authors' files"]


@pytest.mark.parametrize("kind", KEYS)
def test_the_weights_are_found_in_keras_s_order_whatever_their_names(kind, tmp_path):
    weights = some_weights()
    write(tmp_path / "ckpt_1", dict(zip(KEYS[kind], weights, strict=True)) | BESIDE[kind])
    for found, expected in zip(read_weights(tmp_path / "ckpt_1"), weights, strict=True):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("ending", [".index", ".data-00000-of-00001"])
def test_the_name_of_a_file_stands_for_its_checkpoint(content, ending, tmp_path):
    write(tmp_path / "ckpt_1.5", content)
    read = read_weights(str(tmp_path / f"ckpt_1.5{ending}"))
    np.testing.assert_array_equal(read[0], content[THEIRS[0]])


def test_weights_of_another_precision_become_float32(content, tmp_path):
    content[THEIRS[0]] = content[THEIRS[0]].astype(np.float64)
    assert read_weights(write(tmp_path / "ckpt", content))[0].dtype == np.float32


def of_card():
    """The three weights of a CuDNNLSTM, which has two biases."""
    return some_weights([(M, 4 * L), (L, 4 * L), (8 * L,)])


def read_from_card(tmp_path):
    """Read a network with a CuDNNLSTM, whose weights have no cell above them."""
    keys = [key.replace("/cell", "") for key in THEIRS]
    weights = some_weights()
    weights[1:4] = of_card()
    return read_weights(write(tmp_path / "ckpt", dict(zip(keys, weights, strict=True))))[1:4]


def test_a_layer_for_graphics_cards_is_converted_as_keras_does_it(tmp_path):
    hdf5_format = pytest.importorskip("tensorflow.python.keras.saving.hdf5_format")
    LSTM = type("LSTM", (), {"units": L})
    expected = hdf5_format.preprocess_weights_for_loading(LSTM(), of_card())
    for found, one in zip(read_from_card(tmp_path), expected, strict=True):
        np.testing.assert_array_equal(found, one)


def test_a_layer_for_graphics_cards_holds_a_matrix_per_gate_and_two_biases(tmp_path):
    kernel, recurrent, bias = read_from_card(tmp_path)
    on_card = of_card()
    for k in range(4):  # i, f, c, o
        gate = slice(k * L, (k + 1) * L)
        acts_from_the_left = np.ascontiguousarray(on_card[0][:, gate]).reshape(L, M)
        np.testing.assert_array_equal(kernel[:, gate].T, acts_from_the_left)
        np.testing.assert_array_equal(recurrent[:, gate].T, on_card[1][:, gate])
    np.testing.assert_array_equal(bias, on_card[2][: 4 * L] + on_card[2][4 * L :])


def lacking(key):
    return lambda content: content.pop(key)


def adding(key, value):
    return lambda content: content.update({key: value})


def config(kind, **settings):
    return {"class_name": kind, "config": settings}


@pytest.mark.parametrize("change, message", [
    (lacking(THEIRS[3]), "1 Embedding, 0 LSTM, 1 Dense"),
    (lacking(THEIRS[0]), "0 Embedding, 1 LSTM, 1 Dense"),
    (lacking(THEIRS[5]), "1 Embedding, 1 LSTM, 0 Dense"),
    (lambda content: content.update({
        f"{FIRST}-3/kernel{VALUE}": np.ones((N, N)), f"{FIRST}-3/bias{VALUE}": np.ones(N),
    }), "1 Embedding, 1 LSTM, 2 Dense"),
    (adding(f"{FIRST}-3/gamma{VALUE}", np.ones(N)), r"found layer_with_weights-3/gamma.* \[4\]"),
    (adding(THEIRS[1], np.ones((M, 3 * L))), r"\(3, 20\), .* found \[\(4, 3\), \(3, 15\)"),
    (adding(THEIRS[3], np.ones((2, 2 * L))), r"found .*\(2, 10\)"),
    (adding(THEIRS[4], np.ones((L, N + 1))), r"found .*\(5, 5\), \(4,\)\]"),
    (adding(THEIRS[4], np.ones((2, 2, 2))), r"found .*\(2, 2, 2\), \(4,\)\]"),
    (adding(f"{FIRST}-1{CONFIG}", config("LSTM", recurrent_activation="hard_sigmoid")),
     "recurrent_activation = sigmoid in the layer LSTM, found hard_sigmoid"),
    (adding(f"{FIRST}-1{CONFIG}", config("LSTM", activation="relu")), "activation = tanh"),
    (adding(f"{FIRST}-1{CONFIG}", config("CuDNNLSTM", go_backwards=True)), "go_backwards = False"),
    (adding(f"{FIRST}-0{CONFIG}", config("Embedding", mask_zero=True)), "mask_zero = False"),
    (adding(f"{FIRST}-2{CONFIG}", config("Dense", activation="softmax")), "activation = linear"),
], ids=lambda value: value[:40] if isinstance(value, str) else "")  # fmt: skip
def test_a_network_that_computes_something_else_is_refused(change, message, content, tmp_path):
    change(content)
    write(tmp_path / "ckpt", content)
    with pytest.raises(ValueError, match=rf"^path: .*{message}.*; give a checkpoint of"):
        read_weights(tmp_path / "ckpt")


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def change_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [
    ("data-00000-of-00001", lambda path: path.unlink()),
    ("data-00000-of-00001", change_a_byte), ("data-00000-of-00001", cut),
    ("index", change_a_byte), ("index", cut), ("index", lambda path: path.write_text("text")),
])  # fmt: skip
def test_a_damaged_checkpoint_is_refused(damage, tmp_path):
    write(tmp_path / "ckpt", dict(zip(THEIRS, some_weights(), strict=True)))
    ending, how = damage
    how(tmp_path / f"ckpt.{ending}")
    with pytest.raises(ValueError, match="^path: .*ckpt is damaged or incomplete .*; copy both"):
        read_weights(tmp_path / "ckpt")


def test_a_missing_checkpoint_and_a_folder_are_refused(content, tmp_path):
    write(tmp_path / "ckpt", content)
    for path in (tmp_path, tmp_path / "ckpt_2"):
        with pytest.raises(FileNotFoundError, match=rf"^path: .* no file {path}\.index; give the"):
            read_weights(path)


def test_without_tensorflow_the_message_says_so(content, tmp_path, monkeypatch):
    write(tmp_path / "ckpt", content)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModuleNotFoundError, match="^path: only TensorFlow .*`pip install"):
        read_weights(tmp_path / "ckpt")
