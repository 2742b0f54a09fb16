"""The answers to X2a–X2g: what the ledger says of the numbers of a record."""

from __future__ import annotations

import copy

import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.known_mean.answers import ANSWERS, RIVALS, answer
from reproduction.known_mean.claims import CLAIMS
from reproduction.known_mean.criteria import BETTER, NO_DIFFERENCE, WORSE
from reproduction.runs.files import load_summary
from reproduction.runs.records import default_folder

NUMBERS = load_summary(default_folder() / "known_mean")["numbers"]


def changed(claim, **more):
    numbers = copy.deepcopy(NUMBERS)
    numbers[claim].update(more)
    return answer(claim, numbers)


def test_every_claim_has_one_answer_by_our_settings():
    assert list(ANSWERS) == [(claim, "ours") for claim in CLAIMS]
    assert [asked.make() for asked in ANSWERS.values()] == [answer(c, NUMBERS) for c in CLAIMS]


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c != "X2f"])
@pytest.mark.parametrize("outcome", [HOLDS, DOES_NOT_HOLD, UNDECIDED])
def test_the_outcome_is_that_of_the_record(claim, outcome):
    found = changed(claim, outcome=outcome)
    assert (found.claim, found.outcome) == (claim, outcome)
    assert found.number and "nan" not in found.number


@pytest.mark.parametrize(
    "outcomes, expected",
    [
        ((BETTER, BETTER, BETTER), HOLDS),
        ((BETTER, NO_DIFFERENCE, BETTER), UNDECIDED),
        ((BETTER, BETTER, WORSE), DOES_NOT_HOLD),
        ((NO_DIFFERENCE, WORSE, NO_DIFFERENCE), DOES_NOT_HOLD),
    ],
)
def test_a_network_must_be_better_than_every_rival(outcomes, expected):
    rivals = {name: {"outcome": o, "nearer": 5} for name, o in zip(RIVALS, outcomes, strict=True)}
    assert changed("X2f", **rivals).outcome == expected


def test_wrong_weights_are_controls():
    found = changed("X2a", without_weights=2.0, opposite_weights=9.0)
    assert set(found.controls.values()) == {HOLDS, DOES_NOT_HOLD}


@pytest.mark.parametrize("high, times", [(1.21, 1.0), (1.5625, 4.0)])
def test_more_networks_narrow_the_interval_around_the_mean(high, times):
    found = changed("X2d", outcome=UNDECIDED, ratio=[1.0], low=[1 / high], high=[high])
    assert found.more_data == pytest.approx(times, rel=0.3)
    beyond = changed("X2d", outcome=UNDECIDED, ratio=[1.3], low=[1.1], high=[1.6])
    assert beyond.more_data == float("inf")
    assert changed("X2d", outcome=HOLDS).more_data == 1.0
