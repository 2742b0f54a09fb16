import re

import numpy as np
import pytest

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import MAX_POINT_Z, MAX_POPULATION_Z
from reproduction.dipeptide import criteria

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


def shares(values=SHARES, relative=0.01):
    values = np.asarray(values, float)
    return Estimate(values, relative * values, 20)


def off_by(free_energy, label=3):
    """The populations with one label's free energy changed, in kT."""
    values = SHARES.copy()
    values[label] *= np.exp(-free_energy)
    return values


@pytest.mark.parametrize(
    ("values", "relative", "ratio", "passed"),
    [
        (SHARES, 0.01, 1.0, True),
        (off_by(0.09), 0.001, 1.0, True),  # the width of a line
        (off_by(0.3), 0.01, 1.0, False),
        (off_by(-0.3), 0.01, 1.0, False),
        (off_by(0.3), 0.3, 1.0, True),  # nobody knows it better
        (off_by(np.inf), 0.01, 1.0, False),  # never written
        (off_by(np.inf), 0.5, 1.0, False),
        (SHARES, 0.01, 3.0, False),
        (SHARES, 0.01, 1 / 3, False),
        (SHARES, 0.01, 1.9, True),
        (SHARES, 0.01, np.nan, False),
    ],
)
def test_free_energies_agree_or_not(values, relative, ratio, passed):
    outcome = criteria.free_energies_agree(
        shares(values, relative), shares(SHARES, relative), ratio
    )
    assert outcome.passed is passed


def test_one_label_out_of_twenty_is_enough_to_fail():
    reference = np.full(20, 0.05)
    model = reference.copy()
    model[7] *= np.exp(0.3)
    outcome = criteria.free_energies_agree(shares(model), shares(reference), 1.0)
    assert not outcome.passed
    assert outcome.measured.startswith("1 of 20 labels beyond; median 0.00 kT, largest 0.30 kT")


def test_labels_that_the_reference_has_not_seen_are_left_out():
    reference = np.array([0.5, 0.5, 0.0, 0.0])
    model = np.array([0.5, 0.498, 0.002, 0.0])
    outcome = criteria.free_energies_agree(shares(model), shares(reference), 1.0)
    assert outcome.passed and "0 of 2 labels" in outcome.measured


def test_a_label_that_is_never_written_is_no_smaller_a_fault_where_its_error_is_0():
    # A label that is never written has the same count in each segment: none.
    model = Estimate(off_by(np.inf), np.array([0.01, 0.01, 0.01, 0.0]), 20)
    outcome = criteria.free_energies_agree(model, shares(), 1.0)
    assert not outcome.passed and "largest inf kT" in outcome.measured


def test_free_energies_off_by_what_the_power_tells_are_refused_nine_times_in_ten():
    # Errors of 5 %, so that standard errors and not the width of a line decide.
    random, relative = np.random.default_rng(1), 0.05
    told = criteria.free_energies_agree(shares(relative=relative), shares(relative=relative), 1.0)
    half, every = (float(x) for x in re.findall(r"by ([\d.]+) kT", told.power))
    assert half == every

    def refused(off, label):
        drawn = [
            shares(off_by(off, label) * np.exp(relative * random.normal(size=4)), relative)
            for _ in range(2000)
        ]
        reference = [
            shares(SHARES * np.exp(relative * random.normal(size=4)), relative) for _ in drawn
        ]
        return np.mean(
            [not criteria.free_energies_agree(a, b, 1.0).passed for a, b in zip(drawn, reference)]
        )

    assert 0.85 <= refused(every, 0) <= 0.95


def pair(there=5000.0, back=100.0, relative=0.05, n=40):
    return tuple(Estimate(mean, relative * mean, n) for mean in (there, back))


def times(errors, way):
    """The two waits, one of them off by so many combined standard errors of 5 % each."""
    factor = np.exp(errors * np.hypot(0.05, 0.05))
    return pair(**{way: factor * {"there": 5000.0, "back": 100.0}[way]})


@pytest.mark.parametrize("way", ["there", "back"])
@pytest.mark.parametrize("sign", [1, -1])
def test_one_direction_that_is_off_is_enough_to_fail(way, sign):
    assert criteria.waits_agree(pair(), pair()).passed
    assert criteria.waits_agree(times(1.9 * sign, way), pair()).passed
    assert not criteria.waits_agree(times(3.1 * sign, way), pair()).passed


def test_a_wider_limit_passes_what_a_narrower_refuses():
    model = times(2.5, "back")
    assert not criteria.waits_agree(model, pair()).passed
    assert criteria.waits_agree(model, pair(), within=MAX_POPULATION_Z).passed
    assert not criteria.waits_agree(times(3.1, "back"), pair(), within=MAX_POPULATION_Z).passed


def test_a_wait_that_misses_narrowly_does_not_look_as_if_it_were_allowed():
    narrowly = criteria.waits_agree(times(2.02, "there"), pair())
    assert not narrowly.passed and "(+2.02 and +0.0 SE)" in narrowly.measured
    for errors, shown in ((1.98, "+2.0"), (2.2, "+2.2")):
        assert f"({shown} and +0.0" in criteria.waits_agree(times(errors, "there"), pair()).measured


@pytest.mark.parametrize("way", [0, 1])
def test_a_model_without_waits_fails(way):
    model = list(pair())
    model[way] = Estimate(np.nan, np.nan, 0)
    outcome = criteria.waits_agree(tuple(model), pair())
    assert not outcome.passed and outcome.measured == "fewer than two waits"
    # Nor does anything agree with data that have no waits.
    assert not criteria.waits_agree(pair(), tuple(model)).passed


@pytest.mark.parametrize("way", [0, 1])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("within", [MAX_POINT_Z, MAX_POPULATION_Z])
def test_a_wait_off_by_the_factor_that_is_told_is_refused_nine_times_in_ten(way, sign, within):
    random, relative = np.random.default_rng(2), 0.05
    told = criteria.waits_agree(pair(), pair(), within).power
    factor = float(re.findall(r"[\d.]+(?= \(C7)", told)[way]) ** sign

    def judged():
        # The means are drawn as logarithms with normal errors, both of model and data.
        model, data = pair()[way], pair()[way]
        value = model.value * factor * np.exp(relative * random.normal())
        other = data.value * np.exp(relative * random.normal())
        ours, theirs = list(pair()), list(pair())
        ours[way] = Estimate(value, relative * value, 40)
        theirs[way] = Estimate(other, relative * other, 40)
        return criteria.waits_agree(tuple(ours), tuple(theirs), within)

    refused = np.mean([not judged().passed for _ in range(2000)])
    assert 0.85 <= refused <= 0.95


def test_a_right_model_is_mostly_passed():
    random = np.random.default_rng(3)

    def drawn():
        values = np.array([5000.0, 100.0]) * np.exp(0.05 * random.normal(size=2))
        return tuple(Estimate(value, 0.05 * value, 40) for value in values)

    # Two comparisons within two standard errors: 0.954 squared.
    passed = np.mean([criteria.waits_agree(drawn(), drawn()).passed for _ in range(2000)])
    assert 0.88 <= passed <= 0.94


def test_one_of_several_comparisons_that_fails_fails_all():
    good, bad = criteria.waits_agree(pair(), pair()), criteria.waits_agree(times(9, "back"), pair())
    assert criteria.all_agree({10: good, 20: good, 40: good}).passed
    for failing in (10, 20, 40):
        outcome = criteria.all_agree({10: good, 20: good, 40: good, failing: bad})
        assert not outcome.passed
        both = f"{', '.join(str(k) for k in (10, 20, 40) if k != failing)}: {good.measured}"
        assert set(outcome.measured.split("; ")) == {both, f"{failing}: {bad.measured}"}


def test_what_is_alike_is_told_once_and_what_has_no_power_not_at_all():
    none = criteria.waits_agree((Estimate(np.nan, np.nan, 0),) * 2, pair())
    outcome = criteria.all_agree({10: none, 20: none})
    assert (outcome.measured, outcome.power) == ("10, 20: fewer than two waits", "")


def test_exponential_waits_are_taken_for_exponential_whatever_their_mean():
    random = np.random.default_rng(4)
    p = [criteria.exponential(random.exponential(500.0, size=30), seed=s) for s in range(200)]
    # A uniform p is below 0.05 in 10 of 200, and the mean of 200 is within 0.08 of a half.
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.11
    assert abs(np.mean(p) - 0.5) < 0.08 and min(p) > 0 and max(p) <= 1


def test_waits_that_are_too_regular_or_too_irregular_are_not_exponential():
    random = np.random.default_rng(5)
    assert criteria.exponential(random.gamma(4.0, size=60)) < 0.01
    assert criteria.exponential(random.gamma(0.3, size=60)) < 0.01


def test_the_scale_of_the_waits_has_no_part_in_it():
    sample = np.random.default_rng(6).exponential(size=20)
    assert criteria.exponential(sample) == criteria.exponential(1024 * sample)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_three_waits_say_nothing_of_their_distribution(n):
    assert np.isnan(criteria.exponential(np.ones(n)))
    assert np.isfinite(criteria.exponential(np.arange(1.0, 4.0)))


def test_samples_of_one_distribution_are_told_from_those_of_two():
    random = np.random.default_rng(7)
    one, other = random.exponential(size=(2, 100))
    assert criteria.same_distribution(one, other) > 0.01
    assert criteria.same_distribution(one, 3 * other) < 0.001
    assert np.isnan(criteria.same_distribution(one, np.empty(0)))
    assert np.isnan(criteria.same_distribution(np.empty(0), one))
