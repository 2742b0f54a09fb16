"""The hidden states, logits and loss of a network that reads labels."""

import numpy as np
import pytest

from lstm_md import equations
from lstm_md.model import language_model, named_weights
from lstm_md.reading import hidden_states, logits, reading_loss


def network(n_labels, embedding_dim, units):
    """Make a network in which no weight is zero; a new one has zero biases."""
    model = language_model(n_labels, embedding_dim, units, seed=1)
    random = np.random.default_rng(1)
    weights = model.get_weights()
    model.set_weights([w + 0.1 * random.standard_normal(w.shape) for w in weights])
    return model


@pytest.mark.parametrize("units", [5, 70], ids=["compiled loop", "loop over BLAS"])
def test_hidden_states_and_logits_are_those_of_the_equations(units):
    model = network(4, 3, units)
    labels = np.random.default_rng(1).integers(0, 4, (2, 30))
    h = hidden_states(model.get_weights(), labels, every=10)
    assert h.shape == (2, 3, units)
    all_logits = logits(model.get_weights(), labels)
    weights = named_weights(model)
    for chain in range(2):
        expected = equations.logits(weights, labels[chain])
        np.testing.assert_allclose(all_logits[chain], expected, atol=2e-6)
        np.testing.assert_allclose(
            h[chain] @ weights["D_d"].T + weights["b_d"], expected[9::10], atol=2e-6
        )


def test_the_reading_loss_is_that_of_the_equations():
    model = network(4, 3, 5)
    labels = np.random.default_rng(1).integers(0, 4, (2, 60))
    expected = []
    for chain in labels:
        p = equations.softmax(equations.logits(named_weights(model), chain[:-1]))
        expected.append(-np.log(p[np.arange(59), chain[1:]])[20:])
    assert reading_loss(model.get_weights(), labels) == pytest.approx(np.mean(expected), abs=1e-6)
    with pytest.raises(ValueError, match="labels"):
        reading_loss(model.get_weights(), labels[:, :21])


def test_a_label_that_the_network_does_not_have_is_an_error():
    with pytest.raises(ValueError, match="labels"):
        hidden_states(language_model(2, 2, 2).get_weights(), [0, 1, 2])
