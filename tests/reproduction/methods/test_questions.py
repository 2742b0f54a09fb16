"""The questions: what they count, which records they fit, and their simulations."""

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.labels import divide_short_stays, remove_short_excursions
from reproduction.calibration.cases import CASES
from reproduction.methods import questions as asking
from reproduction.methods import run
from reproduction.methods.questions import QUESTIONS, Question, question_of
from reproduction.potentials.states import authors_four_states, labels_along
from reproduction.runs.recipe import JobSettings
from tests.reproduction.methods.made import FRAMES, SETTINGS, count, simulate

FOUR = {"potential": "four_state", "direction": 0.0, "running_mean": 50, "shortest_stay": 100}


def test_counts_are_added_over_chains_and_blocks(question):
    labels = simulate(1.0, 3 * FRAMES + 17, 5)
    parts = labels[: 3 * FRAMES].reshape(3, -1)
    assert np.array_equal(question.counts(labels), sum(question.case.count(part) for part in parts))
    assert question.n_blocks(np.stack([labels, labels])) == 6
    assert question.blocks(labels[:10]).shape == (0, 4)


def test_longer_commit_times_count_as_well(question):
    assert question.curve.tolist() == [False, False, True, True]
    assert QUESTIONS["K1"].curve.sum() < len(QUESTIONS["K1"].case.names)
    assert QUESTIONS["R2"].curve.all() and QUESTIONS["B1"].curve.all()


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_counts_as_many_points_as_it_names(name):
    asked = QUESTIONS[name]
    labels = np.zeros(asked.frames, np.uint8)
    assert asked.counts(labels).shape == (len(asked.case.names),)


def test_transition_counts_are_asked_about_by_both_definitions():
    stricter = {asked.claim for asked in QUESTIONS.values() if asked.adjacent}
    assert stricter == {"K1", "K2", "K5", "R2", "R3"}
    assert {asked.claim for asked in QUESTIONS.values()} == stricter | {"B1", "B2", "B3", "R1"}


@pytest.mark.parametrize("claim", ["K1", "K5", "R2"])
def test_the_stricter_definition_counts_no_more(claim):
    by_skipping, by_adjacency = QUESTIONS[claim], QUESTIONS[f"{claim}-adjacent"]
    random = np.random.default_rng(1)
    stays = random.integers(2, 60, size=20_000)
    states = random.integers(by_skipping.case.n_labels, size=stays.size)
    labels = np.repeat(states, stays).astype(np.uint8)[: 3 * by_skipping.frames]
    skipped, adjacent = by_skipping.counts(labels), by_adjacency.counts(labels)
    assert by_skipping.case.names == by_adjacency.case.names
    assert adjacent.sum() < skipped.sum()
    first = len(skipped) // len({name.split(", ")[1] for name in by_skipping.case.names})
    assert np.array_equal(adjacent[:first], skipped[:first])  # at one frame both are the same


def test_the_means_of_the_riboswitch_are_counted_at_the_commit_times_of_single_frames():
    assert QUESTIONS["R3"].case.names == CASES["riboswitch, counts"].names


def test_a_record_is_asked_about_the_process_of_its_own_data():
    assert question_of("K5", FOUR).name == "K5-removed"  # of the first edition
    assert question_of("B3", {**FOUR, "short_stays": "divided"}).name == "B3"
    assert question_of("K5", FOUR, adjacent=True).name == "K5-removed-adjacent"
    with pytest.raises(ValueError, match="record: its data were not prepared as K5 asks"):
        question_of("K5", {**FOUR, "running_mean": 1})
    with pytest.raises(KeyError):
        question_of("B1", SETTINGS, adjacent=True)


@pytest.mark.parametrize("filtered", ["divided", "removed"])
def test_one_simulation_of_four_states_serves_both_filters(filtered, monkeypatch):
    n_frames = 100_000
    monkeypatch.setattr(asking, "FOUR_STATE_FRAMES", n_frames)
    monkeypatch.setitem(asking.FOUR_STATE_BLOCKS, "divided", 50_000)
    asking._unfiltered_four_states.cache_clear()
    labels = QUESTIONS["K5" if filtered == "divided" else "K5-removed"].case.simulate(1).ravel()
    seed = asking.SEED_OF_FOUR_STATES + 1
    if filtered == "divided":
        assert np.array_equal(labels, authors_four_states(n_frames, seed))
    else:
        expected = labels_along("four_state", n_frames, seed, asking.FOUR_STATES, 50, 100)
        assert np.array_equal(labels, expected)
    raw = asking._unfiltered_four_states(1)
    asking._unfiltered_four_states.cache_clear()
    assert not np.array_equal(divide_short_stays(raw, 100), remove_short_excursions(raw, 100))


@pytest.fixture
def simulated(monkeypatch):
    """Two questions about one process, and the numbers of its simulations."""
    calls = []

    def simulation(k):
        calls.append(k)
        return simulate(1.0, 3 * FRAMES, k).reshape(3, -1)

    case = SimpleNamespace(simulate=simulation, n_simulations=4, count=count)
    strict = SimpleNamespace(**{**vars(case), "count": lambda labels: count(labels, True)})
    asked = {
        "X": Question("X", "X", case, FRAMES, "two states", SETTINGS),
        "X-adjacent": Question("X-adjacent", "X", strict, FRAMES, "two states", SETTINGS, True),
    }
    monkeypatch.setattr(run, "QUESTIONS", asked)
    return calls


def test_a_process_is_simulated_once_for_all_its_questions(simulated, tmp_path):
    found = {
        name: run.null_blocks(tmp_path, tmp_path / name, JobSettings(claim=name))["blocks"]
        for name in ("X-adjacent", "X")
    }
    assert simulated == [0, 1, 2, 3]
    assert found["X"].shape == found["X-adjacent"].shape == (12, 4)
    block = simulate(1.0, 3 * FRAMES, 2).reshape(3, -1)[1]
    assert np.array_equal(found["X"][7], count(block))
    assert np.array_equal(found["X-adjacent"][7], count(block, True))


def test_counts_that_were_kept_for_fewer_questions_are_made_again(simulated, tmp_path):
    run.save_arrays(tmp_path / "two states.npz", {"X": np.zeros((12, 4))})
    again = run.null_blocks(tmp_path, tmp_path / "X", JobSettings(claim="X-adjacent"))
    assert again["blocks"].any() and simulated == [0, 1, 2, 3]
