"""The criteria of A1–A5 and O1* for estimates whose answer is known."""

import numpy as np
import pytest

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import MAX_POINT_Z, MAX_POPULATION_Z
from reproduction.dipeptide import criteria
from reproduction.dipeptide.states import STATES

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


def shares(values=SHARES, relative=0.01):
    """Populations with relative errors."""
    values = np.asarray(values, float)
    return Estimate(values, relative * values, 20)


def off_by(free_energy, label=3):
    """The populations after a change of one label's free energy, in kT."""
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
        (off_by(0.3), 0.3, 1.0, True),  # within the errors
        (off_by(np.inf), 0.01, 1.0, False),  # never generated
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


def test_labels_that_the_reference_lacks_are_left_out():
    reference = np.array([0.5, 0.5, 0.0, 0.0])
    model = np.array([0.5, 0.498, 0.002, 0.0])
    outcome = criteria.free_energies_agree(shares(model), shares(reference), 1.0)
    assert outcome.passed and "0 of 2 labels" in outcome.measured


def test_a_label_that_is_never_generated_fails_although_its_error_is_0():
    # Its count is 0 in each segment, without any spread.
    model = Estimate(off_by(np.inf), np.array([0.01, 0.01, 0.01, 0.0]), 20)
    outcome = criteria.free_energies_agree(model, shares(), 1.0)
    assert not outcome.passed and outcome.numbers["largest_kT"] == np.inf


def test_free_energies_off_by_the_detectable_amount_are_refused_nine_times_in_ten():
    # Errors of 5 %, so that standard errors decide and not the width of a line.
    random, relative = np.random.default_rng(1), 0.05
    outcome = criteria.free_energies_agree(
        shares(relative=relative), shares(relative=relative), 1.0
    )
    detectable = outcome.numbers["detectable_in_all_kT"]
    assert outcome.numbers["detectable_in_half_kT"] == pytest.approx(detectable)
    assert f"by {detectable:.2g} kT in every one" in outcome.power

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

    assert 0.85 <= refused(detectable, 0) <= 0.95


def pair(from_eq=5000.0, from_ax=100.0, relative=0.05, n=40):
    """Mean waiting times with relative errors."""
    return tuple(Estimate(mean, relative * mean, n) for mean in (from_eq, from_ax))


def pair_off_by(z, state):
    """The two mean waits, one of them off by z combined standard errors of 5 % each."""
    factor = np.exp(z * np.hypot(0.05, 0.05))
    return pair(**{state: factor * {"from_eq": 5000.0, "from_ax": 100.0}[state]})


@pytest.mark.parametrize("state", ["from_eq", "from_ax"])
@pytest.mark.parametrize("sign", [1, -1])
def test_one_state_with_a_wrong_wait_is_enough_to_fail(state, sign):
    assert criteria.waits_agree(pair(), pair()).passed
    assert criteria.waits_agree(pair_off_by(1.9 * sign, state), pair()).passed
    assert not criteria.waits_agree(pair_off_by(3.1 * sign, state), pair()).passed


def test_a_wider_limit_passes_what_a_narrower_one_refuses():
    model = pair_off_by(2.5, "from_ax")
    assert not criteria.waits_agree(model, pair()).passed
    assert criteria.waits_agree(model, pair(), max_z=MAX_POPULATION_Z).passed
    assert not criteria.waits_agree(
        pair_off_by(3.1, "from_ax"), pair(), max_z=MAX_POPULATION_Z
    ).passed


def test_a_deviation_just_above_the_limit_is_written_with_two_decimals():
    outcome = criteria.waits_agree(pair_off_by(2.02, "from_eq"), pair())
    assert not outcome.passed and "(+2.02 and +0.0 SE)" in outcome.measured
    assert outcome.numbers["C7eq_z"] == pytest.approx(2.02)
    for z, written in ((1.98, "+2.0"), (2.2, "+2.2")):
        outcome = criteria.waits_agree(pair_off_by(z, "from_eq"), pair())
        assert f"({written} and +0.0" in outcome.measured


@pytest.mark.parametrize("state", [0, 1])
def test_a_model_without_waits_fails(state):
    model = list(pair())
    model[state] = Estimate(np.nan, np.nan, 0)
    outcome = criteria.waits_agree(tuple(model), pair())
    assert not outcome.passed and outcome.measured == "fewer than two waits"
    # Nothing agrees with data that have no waits either.
    assert not criteria.waits_agree(pair(), tuple(model)).passed


@pytest.mark.parametrize("state", [0, 1])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("max_z", [MAX_POINT_Z, MAX_POPULATION_Z])
def test_a_wait_off_by_the_detectable_factor_is_refused_nine_times_in_ten(state, sign, max_z):
    random, relative = np.random.default_rng(2), 0.05
    numbers = criteria.waits_agree(pair(), pair(), max_z).numbers
    factor = numbers[f"{STATES[state]}_detectable"] ** sign

    def judged():
        # The logarithms of the means have normal errors, for the model and for the data.
        model, data = pair()[state], pair()[state]
        value = model.value * factor * np.exp(relative * random.normal())
        other = data.value * np.exp(relative * random.normal())
        ours, theirs = list(pair()), list(pair())
        ours[state] = Estimate(value, relative * value, 40)
        theirs[state] = Estimate(other, relative * other, 40)
        return criteria.waits_agree(tuple(ours), tuple(theirs), max_z)

    refused = np.mean([not judged().passed for _ in range(2000)])
    assert 0.85 <= refused <= 0.95


def test_a_right_model_passes_with_the_expected_rate():
    random = np.random.default_rng(3)

    def drawn():
        values = np.array([5000.0, 100.0]) * np.exp(0.05 * random.normal(size=2))
        return tuple(Estimate(value, 0.05 * value, 40) for value in values)

    # Two comparisons within two standard errors have a probability of 0.954 squared.
    passed = np.mean([criteria.waits_agree(drawn(), drawn()).passed for _ in range(2000)])
    assert 0.88 <= passed <= 0.94


def test_one_failed_comparison_of_several_fails_all():
    good = criteria.waits_agree(pair(), pair())
    bad = criteria.waits_agree(pair_off_by(9, "from_ax"), pair())
    assert criteria.all_agree({10: good, 20: good, 40: good}).passed
    for failing in (10, 20, 40):
        outcome = criteria.all_agree({10: good, 20: good, 40: good, failing: bad})
        assert not outcome.passed
        both = f"{', '.join(str(k) for k in (10, 20, 40) if k != failing)}: {good.measured}"
        assert set(outcome.measured.split("; ")) == {both, f"{failing}: {bad.measured}"}


def test_equal_outcomes_are_written_once_and_an_unknown_power_is_left_out():
    unknown = criteria.waits_agree((Estimate(np.nan, np.nan, 0),) * 2, pair())
    outcome = criteria.all_agree({10: unknown, 20: unknown})
    assert (outcome.measured, outcome.power) == ("10, 20: fewer than two waits", "")


def test_the_numbers_of_several_comparisons_have_their_names():
    outcome = criteria.waits_agree(pair(), pair())
    other = criteria.waits_agree(pair_off_by(1, "from_eq"), pair())
    numbers = criteria.all_agree({10: outcome, 20: outcome, 40: other}).numbers
    assert numbers["10, 20, C7eq_z"] == 0
    assert numbers["40, C7eq_z"] == pytest.approx(1)
