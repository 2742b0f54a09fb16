"""Records by several methods are asked the same question."""

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import MarkovModel
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS
from reproduction.calibration.cases import CASES, off_diagonal
from reproduction.methods import judge as judging
from reproduction.methods.questions import QUESTIONS, Question

FRAMES = 2_000
SLOW = np.array([[0.98, 0.02], [0.01, 0.99]])


def simulate(rate, n_frames, seed):
    matrix = np.eye(2) + rate * (SLOW - np.eye(2))
    return MarkovModel(matrix).simulate(n_frames, seed=seed)


@pytest.fixture
def question(monkeypatch):
    case = SimpleNamespace(
        count=lambda labels: off_diagonal(transition_counts(labels, [1, 5], n_labels=2)),
        names=("A→B, 1", "B→A, 1", "A→B, 5", "B→A, 5"),
        groups=(0, 0, 0, 0),
        rates=(False, False, True, True),
    )
    asked = Question("X", case, FRAMES)
    monkeypatch.setitem(QUESTIONS, "X", asked)
    blocks = [case.count(simulate(1.0, FRAMES, 100 + k)) for k in range(300)]
    monkeypatch.setattr(judging, "load_file", lambda path: {"blocks": np.array(blocks)})
    return asked


def record(rate, n_trainings=5):
    generated = [simulate(rate, 40_000, 20 + k).reshape(2, -1) for k in range(n_trainings)]
    return SimpleNamespace(name="made", data=simulate(1.0, 40_000, 1), generated=generated)


def test_a_model_like_its_data_holds_and_a_fast_one_does_not(question):
    assert judging.judge("X", record(1.0)).outcome == HOLDS
    fast = judging.judge("X", record(1.6))
    assert fast.outcome == DOES_NOT_HOLD and fast.ratio[0] == pytest.approx(1.6, rel=0.15)


def test_the_table_has_a_row_for_each_record(question, monkeypatch):
    rates = {"first": 1.0, "second": 1.6}
    monkeypatch.setattr(judging.records, "load", lambda name: record(rates[name]))
    table = judging.by_method("X", {"ours": "first", "theirs": "second"})
    assert [row[:2] for row in table.rows] == [["ours", HOLDS], ["theirs", DOES_NOT_HOLD]]


def test_deviations_before_the_committed_time_do_not_decide(question):
    assert question.curve.tolist() == [False, False, True, True]
    assert QUESTIONS["K1"].curve.sum() < len(QUESTIONS["K1"].case.names)
    assert QUESTIONS["R2"].curve.all() and QUESTIONS["B1"].curve.all()
    made = record(1.0)
    made.generated = [with_flicker(labels) for labels in made.generated]
    assert judging.judge("X", made).outcome == HOLDS


def with_flicker(labels):
    """Add stays of one frame, which commit times of five frames skip."""
    labels = labels.copy()
    labels[:, 50::100] = 1 - labels[:, 50::100]
    return labels


def test_too_few_trainings_or_labels_are_refused(question):
    with pytest.raises(ValueError, match="record: made has 2 training"):
        judging.judge("X", record(1.0, 2))
    few = record(1.0)
    few.data = few.data[:100]
    with pytest.raises(ValueError, match="record: made has 100 labels, expected at least 2000"):
        judging.judge("X", few)


def test_counts_are_added_over_chains_and_blocks(question):
    labels = simulate(1.0, 3 * FRAMES + 17, 5)
    parts = labels[: 3 * FRAMES].reshape(3, -1)
    assert np.array_equal(question.counts(labels), sum(question.case.count(part) for part in parts))
    assert question.n_blocks(np.stack([labels, labels])) == 6


@pytest.mark.parametrize("claim", QUESTIONS)
def test_each_question_counts_as_many_points_as_it_names(claim):
    asked = QUESTIONS[claim]
    labels = np.zeros(asked.frames, np.uint8)
    assert asked.counts(labels).shape == (len(asked.case.names),)


def test_the_means_of_the_riboswitch_are_counted_at_the_commit_times_of_single_frames():
    assert QUESTIONS["R3"].case.names == CASES["riboswitch, counts"].names


@pytest.mark.parametrize("name", ["linear", "riboswitch_64"])  # with weights, and without
def test_the_generated_trajectories_of_a_record_are_found(name):
    record = judging.records.load(name)
    assert len(record.generated) == record.settings["trainings"]
