"""The probabilities of one step of a network: those of Keras, and those of a known network."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.equations import softmax
from lstm_md.model import language_model
from reproduction.embedding.one_step import one_step_probabilities

CHAIN = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]])
TEXT = simulate_markov_chain(CHAIN, 1001, seed=1)


def network(units, seed=3):
    model = language_model(3, 4, units, seed=seed)
    model.set_weights([3 * w for w in model.get_weights()])  # far from even odds
    return model


@pytest.mark.parametrize("units", [8, 72])
def test_they_are_the_means_of_what_keras_predicts(units):
    model = network(units)
    read = TEXT[:1000].reshape(10, 100)
    predicted = softmax(np.asarray(model(read), dtype=np.float64))[:, 20:]
    expected = [predicted[read[:, 20:] == label].mean(axis=0) for label in range(3)]
    found = one_step_probabilities(model.get_weights(), TEXT)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_network_that_only_has_a_bias_gives_it():
    weights = [np.zeros_like(w) for w in network(8).get_weights()]
    weights[5][:] = np.log([0.5, 0.3, 0.2])
    np.testing.assert_allclose(
        one_step_probabilities(weights, TEXT), [[0.5, 0.3, 0.2]] * 3, rtol=1e-6
    )


def test_more_sequences_than_are_read_at_once_all_count():
    weights = network(8).get_weights()
    long = simulate_markov_chain(CHAIN, 20_001, seed=2)
    parts = [one_step_probabilities(weights, long[k * 5000 : k * 5000 + 5001]) for k in range(4)]
    together = one_step_probabilities(weights, long)
    np.testing.assert_allclose(together, np.mean(parts, axis=0), atol=0.003)


def test_a_label_that_is_never_read_has_no_row():
    found = one_step_probabilities(network(8).get_weights(), np.zeros(201, int))
    assert np.isfinite(found[0]).all() and np.isnan(found[1:]).all()


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (TEXT, {"skip": 100}, "skip: .*100"),
        (TEXT + 1, {}, "labels: found 3"),
        (TEXT[:50], {}, "labels"),
    ],
)
def test_bad_input_is_named(text, options, message):
    with pytest.raises(ValueError, match=message):
        one_step_probabilities(network(8).get_weights(), text, **options)
