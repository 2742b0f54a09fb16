import numpy as np
import pytest

from lstm_md.analysis import markov
from lstm_md.analysis.markov_models import HiddenMarkovModel, fit_msm
from reproduction.rivals.validation import chapman_kolmogorov, implied_timescales

TWO = np.array([[0.95, 0.05], [0.1, 0.9]])  # eigenvalues 1 and 0.85
CHAIN = np.array([[0.97, 0.02, 0.01], [0.04, 0.94, 0.02], [0.02, 0.02, 0.96]])
# 1 and 2 show themselves as one label: the time in it is a mixture, and no Markov chain.
LUMPED = HiddenMarkovModel(
    [[0.9, 0.1, 0.0], [0.09, 0.9, 0.01], [0.0, 0.01, 0.99]],
    [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]],
)
NOISY = HiddenMarkovModel(
    [[0.98, 0.02], [0.05, 0.95]],
    [[0.5, 0.3, 0.15, 0.05, 0.0], [0.0, 0.1, 0.2, 0.3, 0.4]],
)


def worst(test):
    """Return the largest difference at each time, in its standard errors."""
    return np.abs(test.difference.deviation_from(0.0)).max(axis=(1, 2))


def test_implied_timescales_of_a_chain_are_those_of_its_matrix_at_every_lag():
    labels = markov.simulate_markov_chain(TWO, 400_000, seed=1)
    found = implied_timescales(labels, [1, 2, 5, 10])
    assert found.shape == (4, 1)
    np.testing.assert_allclose(found[:, 0], -1 / np.log(0.85), rtol=0.03)


def test_implied_timescales_are_exactly_those_of_the_fits():
    labels = markov.simulate_markov_chain(CHAIN, 5_000, seed=2)
    found = implied_timescales(labels, [3, 7], n_labels=4, reversible=False)  # label 3 is absent
    assert found.shape == (2, 3)
    for row, lag in zip(found, (3, 7)):
        expected = fit_msm(labels, lag, n_labels=4, reversible=False).timescales
        np.testing.assert_array_equal(row, [*expected, np.nan])


def test_implied_timescales_of_hidden_states_are_right_where_those_of_the_labels_are_not():
    labels = NOISY.simulate(100_000, seed=1)
    found = implied_timescales(labels, [1, 4], n_hidden_states=2)
    assert found.shape == (2, 1)
    np.testing.assert_allclose(found[:, 0], -1 / np.log(0.93), rtol=0.1)
    of_labels = implied_timescales(labels, [1, 4])[:, 0]
    assert (of_labels < 0.6 * found[:, 0]).all() and of_labels[1] > 1.5 * of_labels[0]


def test_chapman_kolmogorov_passes_for_a_markov_chain():
    labels = markov.simulate_markov_chain(CHAIN, 40_000, seed=3)
    test = chapman_kolmogorov(labels, 2, [1, 2, 5], [0, 1, 2], block_frames=1000, seed=1)
    np.testing.assert_array_equal(test.lags, [2, 4, 10])
    assert test.predicted.value.shape == (3, 3, 3)
    assert (worst(test) < 3.5).all()
    exact = [np.linalg.matrix_power(CHAIN, n) for n in (2, 4, 10)]
    for found in (test.predicted, test.estimated):
        assert np.abs(found.deviation_from(exact)).max() < 4


def test_chapman_kolmogorov_fails_for_a_lumped_chain():
    labels = LUMPED.simulate(40_000, seed=1)
    settings = {"state_of_label": [0, 1], "block_frames": 2000, "seed": 1, "n_replicas": 20}
    visible = chapman_kolmogorov(labels, 1, [1, 5, 10], **settings)
    assert worst(visible)[0] < 3  # what it was fitted to
    assert (worst(visible)[1:] > 4).all()


def test_chapman_kolmogorov_passes_for_hidden_states_where_the_labels_fail():
    labels = NOISY.simulate(20_000, seed=2)
    settings = {
        "state_of_label": [0, 0, -1, 1, 1],
        "block_frames": 1000,
        "seed": 1,
        "n_replicas": 20,
    }
    visible = chapman_kolmogorov(labels, 2, [2, 5], **settings)
    hidden = chapman_kolmogorov(labels, 2, [2, 5], n_hidden_states=2, **settings)
    assert (worst(visible) > 8).all() and (worst(hidden) < 3.5).all()
    np.testing.assert_allclose(hidden.estimated.value, visible.estimated.value, rtol=1e-12)
    # Σ_kl π_k B_ki T⁴_kl B_lj over i, j of the states, and over all j, exactly.
    seen = NOISY.output_probabilities[:, [0, 1, 3, 4]].reshape(2, 2, 2).sum(axis=2)
    joint = seen.T @ np.diag(NOISY.stationary) @ np.linalg.matrix_power(NOISY.transition_matrix, 4)
    exact = joint @ seen / joint.sum(axis=1)[:, None]
    np.testing.assert_allclose(hidden.predicted.value[0], exact, atol=0.02)


def test_chapman_kolmogorov_gives_the_same_errors_for_the_same_seed_only():
    labels = markov.simulate_markov_chain(TWO, 2_000, seed=1)
    one, same, other = (
        chapman_kolmogorov(labels, 1, 2, [0, 1], block_frames=100, seed=seed, n_replicas=5)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.difference.error, same.difference.error)
    np.testing.assert_array_equal(one.difference.value, other.difference.value)
    assert (one.difference.error != other.difference.error).all()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: implied_timescales([0, 1, 0], [1.0]), TypeError, "lags: expected whole num"),
        (lambda: implied_timescales([0, 1, 0], [0, 1]), ValueError, "lags: .* from 1, found"),
        (lambda: implied_timescales([0, 1, 0], [3]), ValueError, "at least 4 frame"),
        (
            lambda: implied_timescales([0, 1] * 9, [1], n_hidden_states=1),
            ValueError,
            "n_hidden_states: expected at least 2, found 1",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, says):
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"multiples": [0]}, ValueError, "multiples: .* from 1, found"),
        ({"multiples": 0.5}, TypeError, "multiples: expected whole numbers"),
        ({"state_of_label": [0]}, ValueError, r"state_of_label: expected shape \(2,\), found"),
        ({"state_of_label": [0.0, 1.0]}, TypeError, "state_of_label: expected whole numbers"),
        ({"state_of_label": [0, 2]}, ValueError, r"without a gap, found \[0, 2\]; renumber"),
        ({"state_of_label": [-2, 0]}, ValueError, r"without a gap, found \[-2, 0\]"),
        ({"state_of_label": [-1, -1]}, ValueError, "−1 for labels that belong to none"),
        ({"block_frames": 4}, ValueError, "block_frames: found 4, not above .* of 4 frames"),
    ],
)
def test_a_chapman_kolmogorov_test_of_bad_input_is_refused(changed, error, says):
    given = {"multiples": [1, 2], "state_of_label": [0, 1], "block_frames": 6, "seed": 1}
    with pytest.raises(error, match=says):
        chapman_kolmogorov([0, 1, 1, 0] * 5, 2, **{"n_labels": 2, **given, **changed})
