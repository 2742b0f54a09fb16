"""The answers to X3a–X3j: what the ledger says of the numbers of the records."""

from __future__ import annotations

import copy

import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.less_data.answers import ANSWERS, NOISE_CLAIMS, RECORD_OF, answer
from reproduction.less_data.claims import CLAIMS
from reproduction.less_data.noise import MODELS
from reproduction.runs.files import load_summary
from reproduction.runs.records import default_folder

NUMBERS = load_summary(default_folder() / "less_data")["numbers"]
WELL = {
    model: {
        "rate": [0.5, 0.4, 0.6],
        "difference": [0.05, 0.04, 0.06],
        "follows": "wrong",
        "makes_none": DOES_NOT_HOLD,
    }
    for model in MODELS
}
MADE_UP = {**{claim: {"outcome": HOLDS} for claim in NOISE_CLAIMS}, "wells": [WELL, WELL]}


def changed(claim, outcome):
    numbers = copy.deepcopy({**NUMBERS, **MADE_UP})
    numbers[claim]["outcome"] = outcome
    return answer(claim, numbers)


def test_every_claim_has_one_answer_by_our_settings():
    assert list(ANSWERS) == [(claim, "ours") for claim in CLAIMS]
    assert {claim: asked.records for (claim, _), asked in ANSWERS.items()} == {
        claim: (record,) for claim, record in RECORD_OF.items()
    }
    found = [ANSWERS[claim, "ours"].make() for claim in CLAIMS if RECORD_OF[claim] == "less_data"]
    assert found == [answer(one.claim, NUMBERS) for one in found] and len(found) == 7


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("outcome", [HOLDS, DOES_NOT_HOLD, UNDECIDED])
def test_the_outcome_is_that_of_the_record(claim, outcome):
    found = changed(claim, outcome)
    assert (found.claim, found.outcome) == (claim, outcome)
    assert found.number and "nan" not in found.number
    assert found.more_data >= 1 and (outcome == UNDECIDED or found.more_data == 1)


def test_a_control_that_must_hold_and_does_not_is_named():
    assert "which must hold" in changed("X3b", UNDECIDED).number
    numbers = copy.deepcopy(NUMBERS)
    for row in numbers["controls"].values():
        row["all_data"]["outcome"] = HOLDS
    assert "which must hold" not in answer("X3b", numbers).number


def test_controls_that_must_not_hold_are_given():
    assert set(changed("X3a", HOLDS).controls.values()) == {DOES_NOT_HOLD}
    numbers = copy.deepcopy(NUMBERS)
    for row in numbers["controls"].values():
        row["chain"]["outcome"] = HOLDS
    assert HOLDS in answer("X3a", numbers).controls.values()
    assert changed("X3h", HOLDS).controls == {"LSTM that samples": DOES_NOT_HOLD}
