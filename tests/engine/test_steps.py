"""The compiled engine computes what the paper's three Keras layers compute."""

import keras
import numpy as np
import pytest

from lstm_md import equations
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.engine import lstm
from lstm_md.engine.gradients import Batches
from lstm_md.engine.lstm import Weights, parallel_map
from lstm_md.engine.sampling import ChainStates, fold_weights, generate_block, read_prompt
from lstm_md.engine.steps import CompiledEngine, KerasEngine, choose_engine
from lstm_md.engine.windows import Batch
from lstm_md.model import language_model, named_weights
from lstm_md.training import evaluate, train
from tools import notebooks

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
# Labels, embedding, units, sequences, frames: both loops, one slice and several, one not full.
SIZES = [(3, 8, 64, 64, 100), (34, 5, 24, 37, 20), (4, 3, 7, 5, 1), (5, 6, 300, 19, 11)]


def network(n, m, units, scale=0.4):
    model = language_model(n, m, units, seed=1)
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(0, scale / np.sqrt(w.shape[0]), w.shape) for w in model.weights])
    return model


def sequences(n, rows, frames):
    return np.random.default_rng(3).integers(0, n, (rows, frames + 1)).astype(np.uint8)


def fresh(labels):
    """Make a batch whose rows start with h = c = 0."""
    rows = len(labels)
    return Batch(labels, np.full(rows, True), labels[:, :0], np.zeros(rows, np.int64))


def keras_gradients(model, batch):
    """Differentiate the mean cross-entropy of Keras's own layers by TensorFlow."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        logits = model(batch[:, :-1].astype(np.int32), training=True)
        losses = keras.ops.sparse_categorical_crossentropy(
            batch[:, 1:].astype(np.int32), logits, from_logits=True
        )
        loss = keras.ops.mean(losses)
    variables = [variable.value for variable in model.trainable_variables]
    return float(loss), [tf.convert_to_tensor(g).numpy() for g in tape.gradient(loss, variables)]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="uses TensorFlow's tape")
@pytest.mark.parametrize("n, m, units, rows, frames", SIZES)
def test_loss_and_all_gradients_are_those_of_the_keras_layers(n, m, units, rows, frames):
    model = network(n, m, units)
    batch = sequences(n, rows, frames)
    loss, expected = keras_gradients(model, batch)
    with parallel_map(units) as parallel:
        batches = Batches(frames, rows + 3, units, parallel)
        found, gradients = batches.gradients(
            Weights(*model.get_weights()), fresh(batch), batches.zero_state()
        )
    assert found == pytest.approx(loss, abs=1e-5)
    for name, ours, theirs in zip(Weights._fields, gradients, expected, strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < 1e-5, name
        # Small gradients have to be right as well, not only small.
        assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max() + 1e-8, name


@pytest.mark.parametrize("n, m, units, rows, frames", SIZES)
def test_loss_is_that_of_the_equations(n, m, units, rows, frames):
    model = network(n, m, units)
    batch = sequences(n, rows, frames)
    losses = []
    for row in batch:
        probability = equations.softmax(equations.logits(named_weights(model), row[:-1]))
        losses.append(-np.log(probability[np.arange(frames), row[1:]]))
    with parallel_map(units) as parallel:
        batches = Batches(frames, rows, units, parallel)
        found = batches.loss(Weights(*model.get_weights()), fresh(batch), batches.zero_state())
    assert found == pytest.approx(np.mean(losses), abs=1e-5)


@pytest.mark.parametrize("units", [16, 300])
def test_states_after_a_prompt_are_those_of_the_equations(units):
    # The probabilities of the next label depend on the whole state.
    model = network(5, 4, units, scale=1.0)
    prompt = sequences(5, 3, 12)
    weights = fold_weights(Weights(*model.get_weights()), 1.0, 3)
    states = read_prompt(weights, prompt, 3)
    for row in range(3):
        expected = equations.logits(named_weights(model), prompt[row])[-1]
        state = states[row : row + 1]
        uniform = (np.arange(2_000, dtype=np.float32) + 0.5) / 2_000
        drawn = [next_label(weights, state, u) for u in uniform]
        found = np.bincount(drawn, minlength=5) / 2_000
        assert np.abs(found - equations.softmax(expected)).max() < 1e-3


def next_label(weights, state, uniform):
    copy = ChainStates(state.labels.copy(), state.h.copy(), state.c.copy())
    out = np.empty((1, 1), np.uint8)
    generate_block(weights, False, copy, np.array([[uniform]], np.float32), out)
    return int(out[0, 0])


@pytest.mark.on_jax
def test_a_step_of_either_engine_leads_to_the_same_weights():
    labels = simulate_markov_chain(CHAIN, 14_000, seed=1)

    def after(engine):
        model = network(3, 4, 8)
        history = train(model, labels, epochs=3, learning_rate=1e-2, engine=engine, progress=False)
        return model.get_weights(), history

    ours, theirs = after("compiled"), after("keras")
    for a, b in zip(ours[0], theirs[0], strict=True):
        assert np.abs(a - b).max() < 2e-4
    assert ours[1].loss == pytest.approx(theirs[1].loss, abs=1e-5)
    assert ours[1].validation_loss == pytest.approx(theirs[1].validation_loss, abs=1e-5)


def test_number_of_threads_changes_no_bit(monkeypatch):
    labels = simulate_markov_chain(CHAIN, 14_000, seed=1)

    def after(threads):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        model = network(3, 4, 8)
        train(model, labels, epochs=2, progress=False)
        return model.get_weights()

    assert all(np.array_equal(a, b) for a, b in zip(after("1"), after("3"), strict=True))


@pytest.mark.on_jax
def test_evaluation_is_the_same_for_either_engine():
    labels = simulate_markov_chain(CHAIN, 7_777, seed=1)
    model = network(3, 4, 8)
    assert evaluate(model, labels, engine="compiled") == pytest.approx(
        evaluate(model, labels, engine="keras"), abs=1e-6
    )


@pytest.mark.parametrize(
    "engine", [CompiledEngine, pytest.param(KerasEngine, marks=pytest.mark.on_jax)]
)
def test_a_state_brings_an_engine_back_bit_by_bit(engine):
    batch = fresh(sequences(3, 8, 10))
    with parallel_map(8) as parallel:
        arguments = (Batches(10, 8, 8, parallel) if engine is CompiledEngine else 8,)
        computing = engine(network(3, 4, 8), *arguments)
        computing.step(batch, 1e-2)
        state = {name: np.array(value) for name, value in computing.state().items()}
        first = [computing.step(batch, 1e-2) for _ in range(3)]
        again = engine(network(3, 4, 8), *arguments)
        again.restore(state)
        assert [again.step(batch, 1e-2) for _ in range(3)] == first


@pytest.mark.parametrize("weight", range(6))
@pytest.mark.parametrize("units", [8, 300])
def test_nan_in_any_weight_reaches_the_loss(weight, units):
    # A bound on the argument of tanh must not turn NaN into a number.
    model = network(3, 4, units)
    weights = model.get_weights()
    weights[weight].reshape(-1)[0] = np.nan
    with parallel_map(units) as parallel:
        batches = Batches(9, 6, units, parallel)
        batch = fresh(sequences(3, 6, 9))
        loss = batches.loss(Weights(*weights), batch, batches.zero_state())
    assert np.isnan(loss)


def test_large_arguments_saturate():
    x = np.linspace(-20, 20, 4_001, dtype=np.float32)
    found = np.array([lstm.tanh(v) for v in x])
    assert np.abs(found - np.tanh(x.astype(float))).max() < 3e-7
    found = np.array([lstm.sigmoid(v) for v in x])
    assert np.abs(found - equations.sigmoid(x.astype(float))).max() < 3e-7


def test_automatic_choice_is_compiled_without_a_gpu(monkeypatch):
    monkeypatch.setattr("lstm_md.engine.steps.has_gpu", lambda: False)
    assert choose_engine("auto") == "compiled"
    monkeypatch.setattr("lstm_md.engine.steps.has_gpu", lambda: True)
    assert choose_engine("auto") == "keras"


@pytest.mark.parametrize(
    "engine, gpu, title",
    [
        ("auto", False, "training on the CPU (compiled engine, no GPU found)"),
        ("auto", True, "training on the GPU (Keras)"),
        ("compiled", True, "training on the CPU (compiled engine)"),
        ("keras", False, "training on the CPU (Keras)"),
    ],
)
def test_the_bar_says_where_it_runs_and_leaves_nothing_in_a_chapter(
    engine, gpu, title, monkeypatch, capsys
):
    monkeypatch.setattr("lstm_md.engine.steps.has_gpu", lambda: gpu)
    labels = simulate_markov_chain(CHAIN, 3_000, seed=1)
    train(network(3, 4, 8), labels, epochs=1, engine=engine)
    out, err = capsys.readouterr()
    assert err.startswith(f"\r{title}:   0%|") and out == ""
    # So the outputs of a chapter are the same with a GPU and without.
    bar = {"output_type": "stream", "name": "stderr", "text": err}
    cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": [bar]}
    assert notebooks.normalise({"cells": [cell]})["cells"][0]["outputs"] == []


def test_no_bar_is_shown_if_none_is_asked_for(capsys):
    labels = simulate_markov_chain(CHAIN, 3_000, seed=1)
    train(network(3, 4, 8), labels, epochs=1, engine="compiled", progress=False)
    assert capsys.readouterr().err == ""


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="engine: expected one of auto, compiled, keras"):
        choose_engine("fast")
