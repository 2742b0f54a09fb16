"""The transformer: its size, causality, gradients, cache, training and errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from lstm_md.model import NetworkSize
from reproduction.attention import reading
from reproduction.attention import transformer as tf

N, CONTEXT = 3, 8


@pytest.fixture(scope="module")
def model():
    """A small transformer whose weights are so large that every part matters."""
    network = tf.transformer(N, context=CONTEXT, width=8, hidden=6, seed=3)
    random = np.random.default_rng(4)
    network.set_weights(
        [w + 0.5 * random.standard_normal(w.shape).astype(w.dtype) for w in network.get_weights()]
    )
    return network


def labels_of(shape, seed=1):
    return np.random.default_rng(seed).integers(N, size=shape).astype(np.uint8)


def logits_of(model, labels):
    return np.asarray(model(np.asarray(labels, np.int32)))


@pytest.mark.parametrize("n_labels", [2, 3, 20, 34])
def test_it_has_as_many_parameters_as_the_lstm(n_labels):
    ours, lstm = tf.transformer(n_labels).count_params(), NetworkSize(n_labels).n_parameters
    print(f"{n_labels} labels: transformer {ours:,}, LSTM {lstm:,}")
    assert abs(ours / lstm - 1) < 0.04


def test_a_prediction_knows_no_later_label(model):
    labels = labels_of((1, CONTEXT))
    before = logits_of(model, labels)[0]
    for frame in range(CONTEXT):
        changed = labels.copy()
        changed[0, frame] = (changed[0, frame] + 1) % N
        differs = np.abs(logits_of(model, changed)[0] - before).max(axis=1)
        assert differs[:frame].max(initial=0) < 1e-6
        assert differs[frame:].min() > 1e-4


def test_a_place_matters(model):
    same = logits_of(model, np.zeros((1, CONTEXT)))[0]
    assert np.abs(np.diff(same, axis=0)).max(axis=1).min() > 1e-4


def test_gradients_are_finite_differences(model):
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("the gradient is taken with TensorFlow")
    import tensorflow

    labels = labels_of((4, CONTEXT + 1), seed=5).astype(np.int32)

    def mean_loss():
        # NumPy's form of the model is faster than Keras's; another test compares the two.
        logits = reading.Reader(model, 4).read(labels[:, :-1])
        log_p = log_softmax(logits.astype(np.float64), axis=-1)
        return -np.take_along_axis(log_p, labels[:, 1:, None].astype(int), axis=-1).mean()

    criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tensorflow.GradientTape() as tape:
        found = criterion(labels[:, 1:], model(labels[:, :-1]))
    assert float(found) == pytest.approx(mean_loss(), rel=1e-5)
    gradients = tape.gradient(found, [w.value for w in model.trainable_weights])
    random, given = np.random.default_rng(6), model.get_weights()
    assert len(gradients) == len(given)
    direction = [random.standard_normal(w.shape) for w in given]
    direction = [d / np.linalg.norm(d) for d in direction]
    for k, gradient in enumerate(map(tensorflow.convert_to_tensor, gradients)):
        sides = []
        for step in (1e-2, -1e-2):
            moved = [w + step * d if j == k else w
                     for j, (w, d) in enumerate(zip(given, direction, strict=True))]  # fmt: skip
            model.set_weights(moved)
            sides.append(mean_loss())
        slope = float((np.asarray(gradient) * direction[k]).sum())
        assert (sides[0] - sides[1]) / 2e-2 == pytest.approx(slope, rel=0.02, abs=3e-4)
    model.set_weights(given)


def test_the_cache_gives_the_logits_of_the_model(model):
    labels = labels_of((5, CONTEXT))
    reader = reading.Reader(model, 5)
    parts = [reader.read(labels[:, :3]), *(reader.read(labels[:, k : k + 1]) for k in range(3, 8))]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), logits_of(model, labels), atol=2e-5)


def generate_plainly(model, prompt, n_frames, n_chains, seed):
    """Read the whole window again before each label; a full one loses its older half."""
    random, half = np.random.default_rng(seed), CONTEXT // 2
    window = np.tile(prompt[-half:], (n_chains, 1))
    generated = []
    for _ in range(n_frames):
        drawn = reading.draw(logits_of(model, window)[:, -1], random.random(n_chains))
        generated.append(drawn)
        window = np.concatenate([window, drawn[:, None].astype(window.dtype)], axis=1)
        if window.shape[1] > CONTEXT:
            window = window[:, -half:]
    return np.stack(generated, axis=1)


def test_the_cache_generates_what_plain_generation_does(model):
    prompt = labels_of(20)
    # A context of eight is full for the first time after five labels, and then every five.
    found = reading.generate(model, prompt, 17, n_chains=20, seed=2)
    np.testing.assert_array_equal(found, generate_plainly(model, prompt, 17, 20, 2))
    assert found.dtype == np.uint8 and len(np.unique(found)) == N
    assert not np.array_equal(found, reading.generate(model, prompt, 17, n_chains=20, seed=3))


def test_drawing_follows_the_softmax():
    logits = np.log([[0.2, 0.5, 0.3]] * 4).astype(np.float32)
    assert reading.draw(logits, np.array([0.0, 0.19, 0.69, 0.999])).tolist() == [0, 0, 1, 2]


def test_the_loss_reads_as_generation_does(model):
    labels, half = labels_of(22), CONTEXT // 2
    # Half a context is read; each label is predicted, and a full window loses its older half.
    begin, expected = 0, []
    for end in range(half, half + 15):  # The last three labels do not fill a context.
        logits = logits_of(model, labels[None, begin:end])[0, -1].astype(np.float64)
        expected.append(log_softmax(logits))
        if end + 1 - begin > CONTEXT:
            begin = end + 1 - half
    log_p, following = reading.predictions(model, labels)
    np.testing.assert_array_equal(following, labels[half : half + 15])
    np.testing.assert_allclose(log_p, expected, atol=1e-5)
    mean = -np.mean([one[label] for one, label in zip(expected, following, strict=True)])
    assert reading.loss(model, labels) == pytest.approx(mean, rel=1e-5)


def test_it_learns_a_rule_over_several_labels():
    rule = [0, 0, 1, 2, 1]
    labels = np.tile(rule, 80).astype(np.uint8)
    network = tf.transformer(N, context=CONTEXT, width=16, hidden=16, blocks=1, seed=1)
    course = tf.train(network, labels, epochs=100, learning_rate=0.03, seed=1)
    assert len(course) == 100 and course[-1] < 0.2 < course[0]
    assert reading.loss(network, labels) < 0.05  # The first labels of a sequence are not known.
    found = reading.generate(network, labels[:10], 600, seed=1)[0]
    # One improbable label shifts all that follow, so windows are compared: 0.98 with seeds 1 to 6.
    allowed = {tuple(np.roll(rule, k)) for k in range(5)}
    assert np.mean([tuple(found[k : k + 5]) in allowed for k in range(596)]) > 0.95


def test_the_same_seed_gives_the_same_weights():
    one, same, other = (tf.transformer(N, context=4, width=4, seed=k) for k in (1, 1, 2))
    for a, b in zip(one.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    kinds: dict[str, set[float]] = {w.name: set() for w in one.weights}
    for weight in one.weights:
        kinds[weight.name] |= set(np.unique(np.asarray(weight)).tolist())
    assert kinds["bias"] == kinds["beta"] == {0.0} and kinds["gamma"] == {1.0}
    assert len(kinds["kernel"]) > 100 and len(kinds["embeddings"]) == 16
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_labels": 1}, "n_labels"),
        ({"context": 7}, "context: expected an even number, found 7; give 8"),
        ({"width": 5}, "width: expected an even number"),
        ({"hidden": 0}, "hidden"),
        ({"blocks": 0}, "blocks"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_size_that_is_wrong_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        tf.transformer(**{"n_labels": N, **change})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: tf.train(m, labels_of(5), epochs=1, learning_rate=0.01), "labels"),
        (lambda m: tf.train(m, [0, 5] * 40, epochs=1, learning_rate=0.01), "labels"),
        (lambda m: tf.train(m, labels_of(50), epochs=0, learning_rate=0.01), "epochs"),
        (lambda m: tf.train(m, labels_of(50), epochs=1, learning_rate=0.0), "learning_rate"),
        (lambda m: reading.generate(m, labels_of(3), 5), "prompt: expected at least 4"),
        (
            lambda m: reading.generate(m, [labels_of(9)] * 2, 5, n_chains=3),
            "prompt: expected 1 or 3",
        ),
        (lambda m: reading.generate(m, labels_of(9), 0), "n_frames"),
        (lambda m: reading.generate(m, labels_of(9), 5, seed=-1), "seed"),
        (lambda m: reading.loss(m, labels_of(CONTEXT)), "labels: expected at least 9"),
    ],
)
def test_bad_input_is_named(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)


def test_weights_that_are_not_finite_are_refused(model):
    given = model.get_weights()
    model.set_weights([np.full_like(given[0], np.nan), *given[1:]])
    with pytest.raises(ValueError, match="NaN or inf"):
        reading.generate(model, labels_of(9), 5)
    model.set_weights(given)
