"""Verdicts follow from tests, and are shown as text, as HTML and as data."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Claim, VerdictTable, judge

CLAIM = Claim(
    "X1",
    "populations of <A> and B",
    where="Fig 2a",
    criterion="z < 3",
    rationale="There are few populations.",
    paper="0.5",
)
DATA = "application/vnd.lstm-md.verdict+json"


def bundle(*verdicts):
    return VerdictTable(verdicts)._repr_mimebundle_()


@pytest.mark.parametrize(
    ("model", "control", "expected"),
    [
        (True, False, "reproduced"),
        (True, True, "reproduced in part"),
        (False, False, "not reproduced"),
        (False, True, "not reproduced"),
    ],
)
def test_a_verdict_follows_from_the_model_and_its_controls(model, control, expected):
    verdict = judge(
        CLAIM, Outcome(model, "m"), {"good": Outcome(False, "x"), "weak": Outcome(control, "y")}
    )
    assert verdict.line() == f"X1: {expected}"
    assert ("weak" in verdict.reason) is (expected == "reproduced in part")
    assert (verdict.reason == "") is (expected == "reproduced")


def test_best_and_truth_are_shown_and_decide_nothing():
    failed = Outcome(False, "9 SE")
    verdict = judge(CLAIM, Outcome(True, ""), {"c": failed}, best=failed, truth=failed)
    assert verdict.outcome == "reproduced"
    assert list(verdict.tests) == ["LSTM", "c", "independent simulation", "LSTM, against the truth"]


@pytest.mark.parametrize("claim", ["X1", None, ("X1", "text")])
def test_a_claim_must_be_a_claim(claim):
    with pytest.raises(TypeError, match="claim: expected a Claim, found .*; make one with Claim"):
        judge(claim, Outcome(True, ""), {"c": Outcome(False, "")})


def test_a_verdict_needs_a_control_and_outcomes():
    with pytest.raises(ValueError, match="controls: found none; give at least one"):
        judge(CLAIM, Outcome(True, ""), {})
    with pytest.raises(TypeError, match="model: expected an Outcome, found bool"):
        judge(CLAIM, True, {"c": Outcome(False, "")})
    with pytest.raises(TypeError, match=r"controls\['c'\]: expected an Outcome, found bool"):
        judge(CLAIM, Outcome(True, ""), {"c": False})


def test_a_table_is_text_html_and_data():
    verdict = judge(
        CLAIM,
        Outcome(
            True, "0.5 SE", "a population off by 0.1", {"z": np.float64(0.5), "n": np.int64(2)}
        ),
        {"shuffled <labels>": Outcome(np.False_, "9 SE")},
        best=Outcome(True, "0.2 SE"),
        truth=Outcome(False, "4 SE"),
        source="20 trainings",
    )
    shown = bundle(verdict)
    assert shown["text/plain"].splitlines() == [
        "X1 (Fig 2a) populations of <A> and B: reproduced",
        "   criterion: z < 3",
        "   LSTM                              passes  0.5 SE"
        " [would have caught: a population off by 0.1]",
        "   shuffled <labels>                 fails   9 SE",
        "   independent simulation            passes  0.2 SE",
        "   LSTM, against the truth           fails   4 SE",
    ]
    assert "populations of &lt;A&gt; and B" in shown["text/html"]
    assert "<p>Criterion: z &lt; 3. There are few populations.</p>" in shown["text/html"]
    assert "shuffled &lt;labels&gt;</td><td>fails" in shown["text/html"]
    assert "nine times in ten: a population off by 0.1." in shown["text/html"]
    assert shown[DATA] == [
        {
            "id": "X1",
            "text": "populations of <A> and B",
            "where": "Fig 2a",
            "outcome": "reproduced",
            "tested": "LSTM",
            "best_is": "independent simulation",
            "measured": "0.5 SE",
            "numbers": {"z": 0.5, "n": 2},
            "paper": "0.5",
            "criterion": "z < 3",
            "power": "a population off by 0.1",
            "reason": "",
            "controls": {"shuffled <labels>": {"passed": False, "measured": "9 SE"}},
            "best": {"passed": True, "measured": "0.2 SE"},
            "truth": {"passed": False, "measured": "4 SE"},
            "source": "20 trainings",
        }
    ]
    assert json.loads(json.dumps(shown[DATA], allow_nan=False)) == shown[DATA]


def test_numbers_that_json_cannot_hold_are_none():
    numbers = {"nan": np.nan, "inf": np.inf, "z": np.float32(0.5)}
    verdict = judge(CLAIM, Outcome(True, "", numbers=numbers), {"c": Outcome(False, "")})
    assert bundle(verdict)[DATA][0]["numbers"] == {"nan": None, "inf": None, "z": 0.5}
    assert verdict.numbers is verdict.model.numbers


def test_a_claim_of_a_reader_needs_only_an_id_and_a_text():
    verdict = judge(Claim("mine", "it agrees"), Outcome(True, "1 SE"), {"c": Outcome(False, "9")})
    shown = bundle(verdict)
    assert shown["text/plain"].startswith("mine it agrees: reproduced\n   LSTM")
    assert "riterion" not in shown["text/plain"] + shown["text/html"]
    assert "()" not in shown["text/plain"] + shown["text/html"]


def test_two_verdicts_on_one_claim_have_their_own_rows():
    first, second = (
        judge(CLAIM, Outcome(True, f"{z} SE"), {"c": Outcome(False, "9 SE")}, tested=name)
        for z, name in ((1, "LSTM"), (2, "HMM"))
    )
    shown = bundle(first, second)
    for kind in ("text/plain", "text/html"):
        assert shown[kind].count("1 SE") == shown[kind].count("2 SE") == 1


def test_verdicts_load_no_study_of_the_reproduction():
    code = (
        "import sys, lstm_md.judging.verdict, lstm_md.judging.compare, lstm_md.judging.controls; "
        "print([name for name in sys.modules if name.split('.')[0] in ('reproduction', 'keras')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
