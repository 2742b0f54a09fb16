"""The standard controls: what each of them keeps of the data, and what depends on the seed."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.judging.controls import N_COPIES, standard_controls

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
NAMES = ["untrained network", "shuffled labels", "first-order Markov chain"]


@pytest.fixture(scope="module")
def data():
    return simulate_markov_chain(CHAIN, 5_000, seed=1)


@pytest.fixture(scope="module")
def controls(data):
    return standard_controls(data)


def test_there_are_three_controls_in_one_order_each_as_long_as_the_data(data, controls):
    assert list(controls) == NAMES
    for each in controls.values():
        assert len(each) == N_COPIES
        assert all(one.shape == data.shape and one.max() <= 2 for one in each)


def test_the_copies_of_a_control_differ(controls):
    for each in controls.values():
        assert len({one.tobytes() for one in each}) == N_COPIES


def test_shuffled_labels_have_the_populations_and_no_memory(data, controls):
    for one in controls["shuffled labels"]:
        assert np.array_equal(np.bincount(one), np.bincount(data))
        assert transition_counts(one, [1]).sum() > 10 * transition_counts(data, [1]).sum()


def test_the_markov_chain_has_the_transition_probabilities_of_the_data(data, controls):
    fitted = fit_markov_chain(data)
    for k, one in enumerate(controls["first-order Markov chain"]):
        assert np.array_equal(one, fitted.simulate(data.size, seed=k))


def test_an_untrained_network_has_neither(data, controls):
    for one in controls["untrained network"]:
        np.testing.assert_allclose(populations(one, n_labels=3), 1 / 3, atol=0.1)
        assert transition_counts(one, [1]).sum() > 10 * transition_counts(data, [1]).sum()


def test_the_seed_decides_and_the_same_seed_gives_the_same_controls(data, controls):
    again, other = standard_controls(data, seed=0), standard_controls(data, seed=1)
    for name in NAMES:
        assert np.array_equal(controls[name], again[name])
        assert not np.array_equal(controls[name], other[name])
    # The labels of a record's controls depend on these seeds.
    shuffled = np.random.default_rng(1).permutation(data)
    assert np.array_equal(other["shuffled labels"][0], shuffled)
    chain = fit_markov_chain(data).simulate(data.size, seed=103)
    assert np.array_equal(other["first-order Markov chain"][3], chain)


def test_untrained_networks_may_be_given(data):
    given = [np.zeros(40, int), [0, 1, 2, 3]]
    found = standard_controls(data, n_labels=4, n_copies=2, untrained=given)
    assert [one.tolist() for one in found["untrained network"]] == [[0] * 40, [0, 1, 2, 3]]
    assert [len(found[name]) for name in NAMES] == [2, 2, 2]
    assert all(one.dtype == np.uint8 for one in found["untrained network"])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: standard_controls([0.5, 1.0]), ValueError, "labels: .*whole"),
        (lambda: standard_controls([0, 3], n_labels=3), ValueError, "labels: .*0 to 2"),
        (lambda: standard_controls([0, 1], n_labels=2.0), TypeError, "n_labels"),
        (lambda: standard_controls([0, 0, 0]), ValueError, "labels: .*two different"),
        (lambda: standard_controls([0, 1], n_copies=0), ValueError, "n_copies"),
        (lambda: standard_controls([0, 1], seed=-1), ValueError, "seed"),
        (lambda: standard_controls([0, 1], untrained=[]), ValueError, "untrained: .*at least one"),
        (
            lambda: standard_controls([0, 1], untrained=[[0, 2]]),
            ValueError,
            r"untrained\[0\]: .*0 to 1",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
