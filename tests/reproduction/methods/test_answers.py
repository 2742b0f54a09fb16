"""The answers about populations and transition counts: what they hold, and from which records."""

from types import SimpleNamespace

import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, NOT_DIAGNOSTIC
from reproduction.calibration.cases import CASES
from reproduction.common.answers import METHODS
from reproduction.ledger import LEDGER
from reproduction.methods import answers
from reproduction.methods.judge import NULLS
from reproduction.methods.questions import question_of
from reproduction.recipes import RECIPES
from reproduction.runs import records
from reproduction.runs.files import SUMMARY
from tests.reproduction.methods.made import record


@pytest.fixture
def made(question, monkeypatch, tmp_path):
    """Records of two models, and a second look at the first."""
    rates = {"slow": 1.0, "fast": 1.6, "second": 1.6}
    for name in rates:
        (tmp_path / name).mkdir()
        (tmp_path / name / SUMMARY).touch()
    monkeypatch.setattr(answers, "OTHERS", {"slow": ("second", "never recorded")})
    monkeypatch.setitem(answers.CALIBRATIONS, "X", "no such case")
    monkeypatch.setattr(
        answers,
        "records",
        SimpleNamespace(
            load=lambda name: record(rates[name]),
            default_folder=lambda: tmp_path,
            those_finished=lambda names: records.those_finished(names, tmp_path),
        ),
    )


def test_an_answer_has_its_controls_and_both_definitions(made):
    found = answers.answer("X", "ours", "slow")
    assert (found.outcome, found.stricter, found.records) == (HOLDS, HOLDS, ("slow", NULLS))
    assert found.controls["first-order Markov chain"] == HOLDS
    assert found.marks == (NOT_DIAGNOSTIC,)
    assert found.others == {"second": DOES_NOT_HOLD}
    assert found.calibration == found.process == ""


def test_a_rejection_can_be_taken_back_by_the_correction(made):
    found = answers.answer("X", "ours", "fast")
    assert found.outcome == DOES_NOT_HOLD and found.p_value < 0.01
    assert found.corrected(0.2).outcome == found.if_not_rejected != DOES_NOT_HOLD


def test_every_claim_has_a_record_under_every_method():
    claims = {claim for claim, _ in answers.ANSWERS}
    assert claims == {"B1", "B2", "B3", "K1", "K2", "K5", "R1", "R2", "R3"} <= set(LEDGER)
    assert set(answers.ANSWERS) == {(claim, method) for claim in claims for method in METHODS}
    assert set(answers.CALIBRATIONS) == claims
    assert set(answers.CALIBRATIONS.values()) <= set(CASES)


@pytest.mark.parametrize("claim, method", answers.RECORDS)
def test_the_record_of_an_answer_fits_its_question(claim, method):
    name = answers.RECORDS[claim, method]
    others = answers.OTHERS.get(name, ())
    for one in (name, *others):
        assert question_of(claim, RECIPES[one].settings).claim == claim
    assert answers.ANSWERS[claim, method].records == (name, NULLS)
    assert set(answers.ANSWERS[claim, method].records) <= set(RECIPES)


def test_the_records_of_a_method_are_made_by_it():
    for (_, method), name in answers.RECORDS.items():
        used = RECIPES[name].settings.get("method")
        assert (used["name"] if used else "first edition") == method


def test_only_a_recorded_calibration_is_named():
    assert answers._calibrated("linear, counts") == "linear, counts"
    assert answers._calibrated("four states, counts, short model") == ""
