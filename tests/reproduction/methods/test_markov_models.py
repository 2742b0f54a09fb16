"""Markov models: which counts are compared, and how the plain questions are answered."""

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED, Decision
from reproduction.calibration.cases import CASES
from reproduction.calibration.trap import RIBOSWITCH_TIMES, at_lag, below_and_beyond
from reproduction.common.families import PAPER_CLAIMS
from reproduction.methods import markov_models
from reproduction.methods.markov_models import ANSWERS
from reproduction.methods.markov_questions import Side, longest_stays_ms, why_no_single_frames
from reproduction.methods.run import LagNullStudy, lag_file
from reproduction.methods.several import Part
from reproduction.optical_trap import claims as of_trap
from reproduction.recipes import RECIPES
from reproduction.riboswitch.states import MS, N_LABELS
from reproduction.rivals.claims import PLAIN
from reproduction.rivals.counts import steps_at_lag

U, P3, P2P3 = 33, 17, 0  # labels of long, middle and short extensions


@pytest.mark.parametrize("lag", [1, 5, 30, 100])
def test_the_sides_divide_the_commit_times_at_ten_ms(lag):
    below, beyond = below_and_beyond(lag)
    assert below + beyond == steps_at_lag(RIBOSWITCH_TIMES, lag)
    assert all(n * lag * MS < 10 for n in below) and all(n * lag * MS >= 10 for n in beyond)
    assert bool(below) == (lag < 100)
    for side, steps in ((Side(lag), below), (Side(lag, True), beyond)):
        assert len(side.names) == 6 * len(steps) == len(at_lag(lag, side.beyond).names)


def test_points_are_taken_at_the_commit_times_of_a_side():
    side = Side(5)
    steps = [1, 2, 3, 5, 8, 13, 33]
    counts = np.arange(4 * len(steps) * 9).reshape(4, len(steps), 3, 3)
    found = side.points(counts, steps)
    assert found.shape == (4, len(side.names))
    last = counts[2, steps.index(side.steps[-1])]
    assert found[2, -6:].tolist() == last[~np.eye(3, dtype=bool)].tolist()
    assert side.names[0] == "U→P3 at 0.5 ms"


def test_labels_are_counted_as_the_record_is():
    times = list(RIBOSWITCH_TIMES)
    labels = np.repeat(np.array([U, P3, P2P3, P3] * 50, np.uint8), 20)  # stays of 2 ms
    every, read = Side().count([labels], 1000, times), Side(5).count([labels], 1000, times)
    at = {name: k for k, name in enumerate(Side().names)}
    # Nine or ten changes of this kind in each part of 1,000 frames, and ten parts in a record
    assert every[0, at["U→P3 at 0.4 ms"]] == pytest.approx(10 * 12.5, abs=5)
    assert every[0, at["U→P3 at 2.7 ms"]] == 0
    assert read[0, list(Side(5).names).index("U→P3 at 0.5 ms")] == pytest.approx(125, abs=5)


def test_the_case_of_a_lag_counts_data_at_all_shifts_and_models_at_one():
    case = at_lag(30, False)
    data, model = case.simulate(0), case.simulate_model(0)
    assert data.shape[:2] == (10, 30) and model.shape == (10, 1, data.shape[2])
    assert case.count(data[0]).shape == (len(case.names),)
    assert all(at_lag(lag, beyond).name in CASES for lag in (1, 5, 30) for beyond in (False, True))
    assert {Side(1, beyond, "trap").calibration for beyond in (False, True)} <= set(CASES)


def test_the_null_samples_have_a_file_for_each_side_with_commit_times():
    files = {job.file for job in LagNullStudy().recipe("x", "").jobs}
    assert {lag_file("riboswitch", 100, True), lag_file("trap", 1, False)} <= files
    assert lag_file("riboswitch", 100, False) not in files


def test_the_longest_stay_tells_why_a_mean_is_taken():
    labels = np.repeat(np.array([U, P3, P2P3], np.uint8), [30, 45, 20])
    assert longest_stays_ms(labels) == pytest.approx({"U": 3.0, "P3": 4.5, "P2P3": 2.0})
    assert "no state has stays of 10 ms (the longest: U 3.0 ms" in why_no_single_frames(labels)
    long = np.append(labels, np.repeat(labels[-1:], 100))
    assert "only P2P3 has stays of 10 ms" in why_no_single_frames(long)
    both = np.append(long, np.repeat(labels[:1], 120))
    assert why_no_single_frames(both).startswith("the longest stays of single frames: U 12.0 ms")
    assert labels.max() < N_LABELS


def part(outcome, p):
    decided = Decision(outcome, p, "U→P3 at 0.5 ms", (1.0, 0.9, 1.1))
    return Part(decided, decided if outcome != DOES_NOT_HOLD else Decision(
        UNDECIDED, 1.0, "", (1.0, 0.9, 1.1)))  # fmt: skip


class Made:
    """Rivals whose tests have known outcomes."""

    held = True
    learned = SimpleNamespace(data=np.repeat(np.array([U, P3], np.uint8), 40))

    def __init__(self, outcome, p):
        self.found = part(outcome, p)

    def side(self, rival, beyond):
        return Side(1, beyond)

    def tested(self, rival, beyond):
        return self.found

    def halves(self, side):
        return part(HOLDS, 0.5)

    def controls(self, side):
        return {"shuffled labels": part(DOES_NOT_HOLD, 0.001)}

    def others(self, beyond):
        return {f"model {k}": None for k in range(20)}


@pytest.mark.parametrize("outcome, p, answered", [
    (DOES_NOT_HOLD, 0.001, HOLDS), (HOLDS, 0.5, DOES_NOT_HOLD), (UNDECIDED, 0.5, UNDECIDED),
])  # fmt: skip
def test_a_model_that_agrees_below_ten_ms_is_better_than_the_paper_says(
    monkeypatch, outcome, p, answered
):
    monkeypatch.setattr(markov_models, "_rivals", lambda method: Made(outcome, p))
    for claim, make in (("M1a", markov_models.answer_below), ("M3a", None)):
        if make:
            found = make(claim, "authors", "M1")
        else:
            found = markov_models.answer_others_below(claim, "authors")
        assert found.outcome == answered
        assert found.number.startswith(markov_models.BETTER) == (answered == DOES_NOT_HOLD)
        assert found.controls == {markov_models.HALVES: DOES_NOT_HOLD} and not found.marks


def test_beyond_ten_ms_the_reason_for_the_mean_is_said(monkeypatch):
    monkeypatch.setattr(markov_models, "_rivals", lambda method: Made(HOLDS, 0.5))
    found = markov_models.answer_beyond("M2b", "authors", "M2")
    assert found.outcome == HOLDS and "in single frames no state has" in found.number
    most = markov_models.answer_others_beyond("M3b", "ours")
    assert most.number == "20 of 20 models agree, none deviates"


def test_the_plain_questions_are_in_the_family_of_the_paper_and_have_records():
    asked = {claim for claim, _ in ANSWERS}
    assert asked == set(PLAIN) | set(of_trap.PLAIN)
    assert set(PLAIN) <= set(PAPER_CLAIMS) and not {"M1", "M2", "M3"} & set(PAPER_CLAIMS)
    assert {name for one in ANSWERS.values() for name in one.records} <= set(RECIPES)
    assert max(len(claim.short) for claim in {**PLAIN, **of_trap.PLAIN}.values()) <= 34
