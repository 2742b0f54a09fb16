import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate, by_segments
from lstm_md.systems import potentials
from reproduction.potentials import controls
from reproduction.potentials import criteria as geometry
from reproduction.recipes import RECIPES

# Four states round a ring, A - C - D - B - A; B - C and A - D lie across it.
RING = np.array(
    [
        [0.0, 1.0, 6.0, 0.1],
        [1.0, 0.0, 0.1, 6.0],
        [6.0, 0.1, 0.0, 1.0],
        [0.1, 6.0, 1.0, 0.0],
    ]
)


@pytest.mark.parametrize(
    ("ac", "rare", "alike"), [(10, True, False), (100, False, True), (32, False, False)]
)
def test_a_pair_is_rare_or_all_are_alike_or_neither(ac, rare, alike):
    value = np.array([[0, 100, ac], [100, 0, 100], [ac, 100, 0]], float)
    counts = Estimate(value, 0.03 * value, 20)
    assert geometry.pair_is_rare(counts, (0, 2)).passed is rare
    assert geometry.pair_is_rare(counts, (2, 0)).passed is rare
    assert geometry.pairs_alike(counts).passed is alike


@pytest.mark.parametrize("criterion", ["rare", "alike"])
def test_a_ratio_is_caught_nine_times_out_of_ten_where_the_power_says_so(criterion):
    random = np.random.default_rng(1)
    error = np.array([[0, 4, 2], [4, 0, 4], [2, 4, 0]], float)

    def judged(ac):
        value = np.array([[0, 100, ac], [100, 0, 100], [ac, 100, 0]], float)
        # Both directions of a pair move together, as their errors are added.
        noise = np.triu(random.normal(size=(3, 3)), 1) * error
        counts = Estimate(np.maximum(value + noise + noise.T, 0), error, 20)
        if criterion == "rare":
            return geometry.pair_is_rare(counts, (0, 2))
        return geometry.pairs_alike(counts)

    told = float(judged(30 if criterion == "rare" else 50).power.split()[-1])
    limit = 100 * told if criterion == "rare" else 100 / told
    refused = np.mean([not judged(limit).passed for _ in range(400)])
    assert 0.8 <= refused <= 0.99


def test_pairs_that_never_exchange_are_not_alike():
    empty = Estimate(np.zeros((3, 3)), np.zeros((3, 3)), 20)
    assert not geometry.pairs_alike(empty).passed
    assert not geometry.pair_is_rare(empty, (0, 2)).passed
    four = Estimate(np.zeros((4, 4)), np.zeros((4, 4)), 20)
    assert not geometry.equally_distal(four, (1, 2), (0, 3), four).passed
    assert not geometry.asymmetry_is_noise(four, four, four).passed


def ring(bc=0.1, ad=0.1, times=100.0, relative=0.02):
    value = times * RING
    value[1, 2] = value[2, 1] = times * bc
    value[0, 3] = value[3, 0] = times * ad
    return Estimate(value, relative * value, 10)


@pytest.mark.parametrize(
    ("bc", "ad", "relative", "passed"),
    [
        (0.1, 0.1, 0.02, True),
        (0.1, 0.25, 0.02, True),
        (0.05, 0.25, 0.02, False),  # a factor of 5, well known
        (0.03, 0.15, 0.2, True),  # a factor of 5, hardly known
        (0.5, 0.5, 0.02, False),  # alike, and not rare
        (6.0, 0.1, 0.02, False),  # neighbours along x
    ],
)
def test_two_pairs_are_as_distal_as_each_other_or_not(bc, ad, relative, passed):
    counts = ring(bc, ad, relative=relative)
    assert geometry.equally_distal(counts, (1, 2), (0, 3), counts).passed is passed


def test_what_the_training_data_do_not_know_is_forgiven():
    model, data = ring(0.05, 0.25), ring(0.05, 0.25, relative=0.3)
    assert not geometry.equally_distal(model, (1, 2), (0, 3), model).passed
    assert geometry.equally_distal(model, (1, 2), (0, 3), data).passed


def chain(driven=1.0):
    """Hops round the ring, the way round more likely than the way back."""
    matrix = 0.002 * RING
    for i, j in ((0, 2), (2, 3), (3, 1), (1, 0)):
        matrix[i, j] *= np.sqrt(driven)
        matrix[j, i] /= np.sqrt(driven)
    return matrix + np.diag(1 - matrix.sum(axis=1))


def counted(matrix, frames, seed):
    labels = simulate_markov_chain(matrix, frames, seed=seed)
    curve = by_segments(lambda part: transition_counts(part, [10], n_labels=4), labels, 10)
    return Estimate(curve.value[0], curve.error[0], curve.n)


def asymmetric(driven, seeds):
    return np.mean(
        [
            not geometry.asymmetry_is_noise(
                counted(chain(driven), 20_000, s),
                counted(chain(driven), 20_000, s),
                counted(chain(driven), 200_000, 1000 + s),
            ).passed
            for s in seeds
        ]
    )


def test_asymmetries_of_an_equilibrium_are_noise_and_those_of_a_driven_ring_are_not():
    assert asymmetric(1.0, range(40)) <= 0.05
    assert asymmetric(2.0, range(10)) == 1.0


def test_a_model_with_an_asymmetry_that_its_data_do_not_have_fails():
    data, truth = counted(chain(), 20_000, 1), counted(chain(), 200_000, 2)
    assert geometry.asymmetry_is_noise(data, data, truth).passed
    own = data.value.copy()
    own[0, 2], own[2, 0] = 2 * own[0, 2], own[2, 0] / 2
    assert not geometry.asymmetry_is_noise(Estimate(own, data.error, 10), data, truth).passed


def test_the_diffusion_along_x_has_the_populations_and_hops_between_neighbours_only():
    settings = {**RECIPES["four_state"].settings, "frames": 200_000}
    texts = controls.diffusion_along_x({**settings, "running_mean": 1, "shortest_stay": 1})
    shares = np.mean([populations(text, n_labels=4) for text in texts], axis=0)
    exact = potentials.four_state.probability([-np.inf, -1.25, 0.0, 1.25, np.inf])[::-1]
    np.testing.assert_allclose(shares, exact, atol=0.03)
    raw = transition_counts(np.array(texts), [1], n_labels=4)[0]
    assert raw[1, 2] > raw[0, 1] > 0 and raw[0, 2] + raw[0, 3] < 0.01 * raw[0, 1]
    for labels in controls.diffusion_along_x(settings)[:2]:
        prepared = by_segments(lambda part: transition_counts(part, [100], n_labels=4), labels, 10)
        counts = Estimate(prepared.value[0], prepared.error[0], 10)
        assert not geometry.equally_distal(counts, (1, 2), (0, 3), counts).passed


def test_a_driven_cycle_has_a_current_and_what_it_was_made_of_has_not():
    data = simulate_markov_chain(chain(), 100_000, seed=3)
    driven = controls.driven_cycle(data, 4, 100_000, cycle=(0, 2, 3, 1), seed=1)
    counts = transition_counts(driven, [1], n_labels=4)[0]
    assert counts[0, 1] < counts[1, 0] and counts[2, 3] > counts[3, 2]
    assert (counts[2, 3] - counts[3, 2]) ** 2 > 9 * (counts[2, 3] + counts[3, 2])
