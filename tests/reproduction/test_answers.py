"""The answers to the claims of the paper: what an answer holds, and how they are collected."""

from pathlib import Path

import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction import answers
from reproduction.common.answers import METHODS, Answer, Asked


def answer(claim: str, p: float | None = None, method: str = "ours") -> Answer:
    outcome = HOLDS if p is None else DOES_NOT_HOLD
    return Answer(claim, method, outcome, "1.00", ("a",), p, UNDECIDED)


def asked(*given: Answer) -> dict[tuple[str, str], Asked]:
    return {(a.claim, a.method): Asked(a.records, lambda a=a: a) for a in given}


def test_only_claims_with_records_are_answered(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(answers, "ANSWERS", asked(answer("K1")))
    assert answers.answer_all(tmp_path) == []
    (tmp_path / "a").mkdir()
    assert answers.answer_all(tmp_path) == []  # begun, not finished
    (tmp_path / "a" / "summary.json").touch()
    assert [a.claim for a in answers.answer_all(tmp_path)] == ["K1"]


def test_p_values_are_corrected_within_a_method_and_a_family(tmp_path: Path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "summary.json").touch()
    given = [answer("K1", 0.03), answer("K2", 0.04), answer("K1", 0.03, "authors"), answer("B1")]
    monkeypatch.setattr(answers, "ANSWERS", asked(*given))
    found = {(a.claim, a.method): a for a in answers.answer_all(tmp_path)}
    assert found["K1", "ours"].p_value == pytest.approx(0.06)
    assert found["K1", "ours"].outcome == found["K2", "ours"].outcome == UNDECIDED
    assert found["K1", "authors"].p_value == pytest.approx(0.03)
    assert found["K1", "authors"].outcome == DOES_NOT_HOLD
    assert found["B1", "ours"].outcome == HOLDS
    assert [method for _, method in found] == sorted((m for _, m in found), key=METHODS.index)


def test_what_is_written_is_read_again(tmp_path: Path):
    given = [
        answer("K1", 0.03),
        Answer("K2", "ours", UNDECIDED, "1", ("a",), more_data=float("inf")),
    ]
    answers.write(given, tmp_path)
    first, second = answers.load(tmp_path)
    assert first == {**given[0].to_json(), "records": ["a"], "marks": []}
    assert second["more_data"] is None
    assert (first["claim"], first["p_value"]) == ("K1", 0.03)
