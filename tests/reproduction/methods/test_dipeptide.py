"""Alanine dipeptide: what is measured, and that one training decides nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from lstm_md.judging.null_sample import NullSample
from reproduction.methods import dipeptide
from reproduction.methods.dipeptide import ANSWERS, ONE_TRAINING, Angle
from reproduction.methods.dipeptide_questions import FREE_ENERGIES, STRICTER, WAITS, Question
from reproduction.recipes import RECIPES

EQ, AX = 5, 18  # labels in the cores along sin φ


def stays(*lengths):
    """Stays in C7eq and C7ax by turns, as labels of sin φ."""
    return np.concatenate([np.full(n, (EQ, AX)[k % 2], np.uint8) for k, n in enumerate(lengths)])


def test_waits_are_means_in_frames_and_at_most_the_trajectory():
    short, long = (question.measure for question in WAITS["phi"])
    labels = stays(1000, 500, 2000, 100, 1000)
    assert short(labels) == pytest.approx([2000, 300])
    assert long(labels)[1] == pytest.approx(500), "a stay of 100 frames is too short"
    never = stays(4000)
    assert short(never).tolist() == long(never).tolist() == [4000, 4000]


def test_stricter_transitions_have_two_long_stays_and_nothing_between():
    _, long = (question.measure for question in STRICTER["phi"])
    assert long(stays(1000, 500, 2000)).tolist() == [1, 1]
    assert long(stays(1000, 100, 500, 500)).tolist() == [1, 0]


def test_populations_are_counted_in_frames():
    (question,) = FREE_ENERGIES["psi"]
    counts = question.measure(stays(300, 100))
    assert counts[EQ] == pytest.approx(300) and counts[AX] == pytest.approx(100)
    assert len(question.names) == counts.size


@pytest.fixture
def question(monkeypatch):
    random = np.random.default_rng(1)
    null = NullSample(random.poisson(400, (500, 2)), 2 * random.poisson(400, (500, 2)), 0.5)
    monkeypatch.setattr(dipeptide, "null_sample", lambda question: null)
    case = SimpleNamespace(rates=(True, True), name="made")
    return Question(case, ("A", "B"), lambda labels: np.bincount(labels, minlength=2) * 1.0, True)


def record(rate, n_trainings):
    random = np.random.default_rng(2)
    generated = [
        np.repeat([0, 1], random.poisson([rate * 800, 1600 - rate * 800]))
        for _ in range(n_trainings)
    ]
    data = np.repeat([0, 1], [400, 400])
    settings = {"angle": "phi", "epochs": 40, "other_epochs": [5, 10]}
    return SimpleNamespace(name="made", data=data, generated=generated, settings=settings)


@pytest.mark.parametrize("rate, outcome", [(1.0, HOLDS), (1.6, DOES_NOT_HOLD)])
def test_three_trainings_decide(question, monkeypatch, rate, outcome):
    monkeypatch.setattr(dipeptide, "record_controls", lambda record, n: {})
    found = Angle(record(rate, 3)).answer("A1", "ours", [question])
    assert found.outcome == outcome and ONE_TRAINING not in found.number


def test_one_training_shows_a_number_and_decides_nothing(question, monkeypatch):
    controls = {"made": [np.repeat([0, 1], [40, 40])] * 3}
    monkeypatch.setattr(dipeptide, "record_controls", lambda record, n: controls)
    angle = Angle(record(1.6, 1))
    assert angle.epochs == [10, 40]
    found = angle.answer("A1", "authors", [question], [question])
    assert (found.outcome, found.stricter, found.p_value) == (UNDECIDED, UNDECIDED, None)
    assert found.number.startswith(f"{ONE_TRAINING}; ") and "times the data" in found.number
    assert found.controls == {"made": HOLDS}


def test_every_record_that_is_asked_has_a_recipe():
    assert {name for asked in ANSWERS.values() for name in asked.records} <= set(RECIPES)
    assert {claim for claim, _ in ANSWERS} == {
        *("A1", "A2", "A3", "A4", "A5"),
        *("A1*", "A2*", "A3*", "A4*"),
    }
