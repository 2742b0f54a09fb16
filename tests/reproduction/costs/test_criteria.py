"""The criteria of C1–C4 on synthetic times: what must pass them, and what must not."""

import numpy as np
import pytest

from lstm_md.judging.criteria import Outcome
from reproduction.costs import criteria

FRAMES = 6_400 * 2 ** np.arange(8)
LABELS = np.array([3, 10, 30, 100, 300, 1000])


def timed(cost, rounds=5, noise=0.15, seed=0):
    """Times of a shared machine: a round as a whole is slow or fast, and each time has noise."""
    rng = np.random.default_rng(seed)
    pace = np.exp(noise * rng.normal(size=(rounds, 1)))
    return cost * pace * np.exp(noise * rng.normal(size=(rounds, len(cost))))


@pytest.mark.parametrize("seed", range(20))
def test_a_root_and_a_square_are_not_proportional_on_a_noisy_machine(seed):
    assert criteria.grows_linearly(FRAMES, timed(FRAMES + 300.0, seed=seed)).passed
    for exponent in (0.0, 0.5, 1.5, 2.0):
        made = timed(FRAMES**exponent, seed=seed)
        assert not criteria.grows_linearly(FRAMES, made).passed


def test_the_exponent_is_that_of_the_law():
    outcome = criteria.grows_linearly(FRAMES, timed(FRAMES**1.0, noise=1e-4))
    assert outcome.measured == "exponent 1.00 ± 0.00 from 6,400 to 819,200"
    assert outcome.numbers["exponent"] == pytest.approx(1, abs=1e-3)
    assert outcome.power == "an exponent of 0.85 or 1.15"


@pytest.mark.parametrize("seed", range(20))
def test_a_few_per_mille_per_label_are_weak_and_a_root_is_not(seed):
    weak = {"L 64": timed(1 + LABELS / 256, seed=seed), "L 1024": timed(1 + LABELS / 4096)}
    assert criteria.grows_weakly(LABELS, weak).passed
    for cost in (LABELS**0.5, LABELS * 1.0, 1 + LABELS / 20):
        strong = {**weak, "other": timed(cost, seed=seed)}
        assert not criteria.grows_weakly(LABELS, strong).passed


def test_weakness_is_measured_over_33_fold_whatever_is_varied():
    units = np.array([32, 128, 512, 1024])
    outcome = criteria.grows_weakly(units, {"units": timed(units**1.5, noise=0)})
    assert outcome.measured == "from 32 to 1,024: 181.02-fold (units)"
    assert outcome.numbers == {"units": pytest.approx(32**1.5)}
    with pytest.raises(ValueError, match="sizes: no pair is 33-fold apart"):
        criteria.grows_weakly([3, 10], {"few": np.ones((3, 2))})


def test_efforts_are_alike_within_ten_fold_both_ways_at_every_size():
    others = np.array([1.0, 2.0, 4.0])
    assert criteria.efforts_are_similar([5.0, 10.0, 30.0], others).passed
    assert criteria.efforts_are_similar([0.2, 0.4, 1.0], others).passed
    assert not criteria.efforts_are_similar([5.0, 10.0, 41.0], others).passed
    outcome = criteria.efforts_are_similar([0.05, 0.1, 0.2], others)
    assert not outcome.passed
    assert outcome.measured == "0.05 to 0.05 times the time"
    assert outcome.numbers == {"smallest_ratio": 0.05, "largest_ratio": 0.05}
    assert (
        criteria.efforts_are_similar([5_000.0], [1.0]).measured == "5,000 to 5,000 times the time"
    )


@pytest.mark.parametrize(
    ("ratio", "right", "passes"), [(1.2, True, True), (2.5, True, False), (0.01, False, False)]
)
def test_learned_as_easily_means_in_little_time_and_right(ratio, right, passes):
    counts = Outcome(right, "curves", "power", {"drift": 0.5})
    outcome = criteria.is_learned_as_easily(ratio, counts)
    assert outcome.passed is passes
    assert outcome.measured == f"{ratio:.2f} times the time, curves"
    assert outcome.power == "power"
    assert outcome.numbers == {"time_ratio": ratio, "drift": 0.5}


def test_a_loss_has_converged_when_it_stays_near_its_last_value():
    assert criteria.epochs_to_converge([3.0, 2.0, 1.04, 1.01, 1.0]) == 3
    assert criteria.epochs_to_converge([3.0, 1.04, 1.2, 1.01, 1.0]) == 4
    assert criteria.epochs_to_converge([1.0, 1.0]) == 1
    assert criteria.epochs_to_converge([2.0, 1.0]) == 2


@pytest.mark.parametrize("seconds", [[1.0, 2.0], [[1.0, 2.0]], [[1.0], [2.0]]])
def test_times_that_are_not_rounds_of_all_sizes_are_refused(seconds):
    with pytest.raises(ValueError, match="seconds: expected shape"):
        criteria.grows_linearly([1, 2], seconds)
