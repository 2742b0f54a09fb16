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


@pytest.mark.parametrize("units", [5, 70])
def test_chains_of_a_list_are_read_one_by_one(units):
    weights = network(4, 3, units).get_weights()
    random = np.random.default_rng(1)
    chains = [random.integers(0, 4, n) for n in (60, 23, 41)]
    states = hidden_states(weights, chains)
    values = logits(weights, chains)
    assert [h.shape for h in states] == [(6, units), (2, units), (4, units)]
    losses = []
    for k, chain in enumerate(chains):
        np.testing.assert_array_equal(states[k], hidden_states(weights, chain)[0])
        np.testing.assert_array_equal(values[k], logits(weights, chain)[0])
        losses.append((len(chain) - 21) * reading_loss(weights, chain))
    assert reading_loss(weights, chains) == pytest.approx(sum(losses) / (39 + 2 + 20), rel=1e-12)
    with pytest.raises(ValueError, match="labels: expected at least 22 frame.* found 21 in chain"):
        reading_loss(weights, [*chains, chains[0][:21]])


@pytest.mark.parametrize("units", [5, 70])
def test_a_list_of_equal_chains_is_read_as_the_array_is(units):
    weights = network(4, 3, units).get_weights()
    array = np.random.default_rng(1).integers(0, 4, (3, 60))
    np.testing.assert_array_equal(
        hidden_states(weights, list(array)), hidden_states(weights, array)
    )
    np.testing.assert_array_equal(logits(weights, list(array)), logits(weights, array))
    assert reading_loss(weights, list(array)) == reading_loss(weights, array)


@pytest.mark.parametrize("units", [5, 70])
def test_the_length_of_a_compiled_call_changes_no_state(units, monkeypatch):
    weights = network(4, 3, units).get_weights()
    labels = np.random.default_rng(1).integers(0, 4, (2, 100))
    whole = hidden_states(weights, labels, every=50)
    monkeypatch.setattr("lstm_md.reading.CELLS_PER_CALL", 17 * 2 * units)
    np.testing.assert_array_equal(hidden_states(weights, labels, every=50), whole)


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda w: w[:5], ValueError, "weights: expected 6 arrays .*, found 5"),
        (lambda w: [w[0][:3], *w[1:]], ValueError, r"expected dense of shape \(5, 3\), found"),
        (
            lambda w: [*w[:4], w[4][:, :2], w[5]],
            ValueError,
            r"dense of shape \(5, 4\)",
        ),
        (
            lambda w: [w[0], w[1].T, *w[2:]],
            ValueError,
            r"kernel of shape \(3, 20\)",
        ),
        (lambda w: [*w[:2], w[2][:4], *w[3:]], ValueError, "kernel of shape|recurrent of shape"),
        (lambda w: [w[0][0], *w[1:]], ValueError, r"embedding of shape \(1, 3\), found \(3,\)"),
        (lambda w: [*w[:5], w[5].astype(complex)], TypeError, "floats, found dense_bias of dtype"),
        (lambda w: [w[0].astype(int), *w[1:]], TypeError, "floats, found embedding of dtype int"),
    ],
)
def test_weights_that_do_not_fit_together_are_refused(change, error, message):
    weights = change(network(4, 3, 5).get_weights())
    for read in (hidden_states, logits, reading_loss):
        with pytest.raises(error, match=message):
            read(weights, [0, 1, 2, 1] * 9)
