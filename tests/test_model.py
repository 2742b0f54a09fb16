"""The network: its size, its equations, its weights, its files."""

import numpy as np
import pytest

from lstm_md import equations, model
from lstm_md.model import NetworkSize, language_model


def test_parameter_count_is_that_of_the_paper():
    assert NetworkSize(n_labels=20, embedding_dim=128, units=1024).n_parameters == 4_745_748


def test_keras_counts_the_same_parameters():
    net = language_model(5, embedding_dim=7, units=11)
    assert net.count_params() == NetworkSize(5, 7, 11).n_parameters
    assert f"{net.count_params():,}" in model.summary(net)


@pytest.mark.parametrize("sizes", [(3, 8, 64), (34, 5, 7)])
def test_logits_equal_the_equations_line_by_line(sizes):
    net = language_model(*sizes, seed=3)
    # Biases and embeddings start near zero: move them, so that a wrong gate shows.
    rng = np.random.default_rng(1)
    net.set_weights([w + rng.normal(0, 0.1, w.shape) for w in net.get_weights()])
    labels = rng.integers(0, sizes[0], 100)
    ours = equations.logits(model.named_weights(net), labels)
    theirs = np.asarray(net(labels[None]))[0]
    assert np.abs(ours - theirs).max() < 1e-5
    assert ours.std() > 0.01


def test_same_seed_gives_the_same_weights_and_another_seed_does_not():
    first, second, third = (language_model(3, seed=s) for s in (1, 1, 2))
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(first.get_weights()[0], third.get_weights()[0])


def test_a_saved_model_comes_back_with_equal_logits(tmp_path):
    net = language_model(4, 3, 5, seed=1)
    model.save(net, tmp_path / "net.keras")
    back = model.load(tmp_path / "net.keras", expected=NetworkSize(4, 3, 5))
    labels = np.arange(4)[None]
    assert np.array_equal(np.asarray(net(labels)), np.asarray(back(labels)))
    assert model.size_of(back) == NetworkSize(4, 3, 5)
    assert [p.name for p in tmp_path.iterdir()] == ["net.keras"]


def test_softmax_and_sigmoid_have_their_closed_forms():
    assert equations.softmax(np.log([1.0, 2.0, 5.0])) == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert equations.sigmoid(np.array([0.0, np.log(3.0)])) == pytest.approx([0.5, 0.75])


def test_initial_weights_are_distributed_as_those_of_keras():
    import keras

    ours = language_model(300, embedding_dim=60, units=50, seed=1).get_weights()
    layers = [
        keras.layers.Input((None,)),
        keras.layers.Embedding(300, 60),
        keras.layers.LSTM(50, return_sequences=True),
        keras.layers.Dense(300),
    ]
    keras.utils.set_random_seed(1)
    theirs = keras.Sequential(layers).get_weights()
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert abs(a.mean() - b.mean()) < 0.003
        assert a.std() == pytest.approx(b.std(), rel=0.05)
        assert abs(a).max() == pytest.approx(abs(b).max(), rel=0.3)  # one of many
    assert np.abs(ours[2] @ ours[2].T - np.eye(50)).max() < 1e-5  # orthogonal
    assert np.array_equal(ours[3], theirs[3])  # 1 for the forget gate, else 0
