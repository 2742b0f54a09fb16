"""The riboswitch's training sets, and a run on a part of its record in seconds."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from reproduction.riboswitch.run import RiboswitchStudy
from reproduction.riboswitch.states import (
    BOUNDARIES,
    EDGES,
    LABELS,
    MEAN_FRAMES,
    PARTS,
    extension,
    labels_of,
    states_of,
    states_of_mean,
    training_set,
)
from reproduction.riboswitch.verdicts import MODEL, RECORD, RiboswitchEstimates
from reproduction.runs import recording
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

FRAMES = 40_000
RUN = RiboswitchStudy(
    ("R1", "R2"),
    commit_times=(1, 3, 10),
    frames=FRAMES,
    embedding=4,
    units=4,
    epochs=1,
    trainings=2,
    prompt_frames=100,
)


def test_states_are_the_sides_of_the_boundaries():
    values = np.array([600.0, 690.0, 705.9, 706.1, 710.0, 714.9, 715.1, 730.0, 800.0])
    assert states_of(labels_of(values)).tolist() == [2, 2, 2, 1, 1, 1, 0, 0, 0]
    assert set(BOUNDARIES) <= set(EDGES)


def test_the_record_has_the_populations_that_the_chapter_shows():
    states = states_of(labels_of(extension()))
    assert states.size == 400_000
    share = np.bincount(states, minlength=3) / states.size
    np.testing.assert_allclose(share, [0.0956, 0.6309, 0.2735], atol=0.001)


@pytest.mark.parametrize("sets", [2, 5, 10])
def test_every_part_is_held_back_by_one_set_and_learned_by_the_others(sets):
    parts = np.arange(PARTS).repeat(7)
    held = []
    for number in range(sets):
        text = training_set(parts, number, sets)
        assert text.shape == (PARTS, 7)
        assert sorted(text[:, 0].tolist()) == list(range(PARTS))
        back = text[-PARTS // sets :, 0].tolist()
        held += back
        assert np.ptp(np.diff(back)) == 0 if len(back) > 2 else True  # they span the record
    assert sorted(held) == list(range(PARTS))


def test_what_does_not_fill_the_last_part_is_left_out():
    assert training_set(np.arange(25) % LABELS, 0, 5).shape == (PARTS, 2)


@pytest.mark.parametrize(("number", "sets"), [(0, 3), (5, 5), (-1, 5)])
def test_sets_that_do_not_exist_are_refused(number, sets):
    with pytest.raises(
        ValueError, match=rf"number, sets: found {number} of {sets}; give sets that"
    ):
        training_set(np.zeros(100, int), number, sets)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    recipe = RUN.recipe("tiny", "tiny")
    return recipe, folder, recording.record(recipe, folder, workers=1)


def test_a_run_ends_in_a_record_with_verdicts_that_can_be_made_again(recorded):
    recipe, folder, summary = recorded
    assert sorted(summary["verdicts"]) == ["R1", "R2"]
    assert recording.verify(recipe, folder) == []
    numbers = summary["numbers"]
    assert np.shape(numbers["density"][MODEL]["value"]) == (LABELS,)
    assert np.shape(numbers["counts"][RECORD]["value"]) == (3, 3, 3)
    assert np.sum(numbers["density"][RECORD]["value"]) * 1.5 == pytest.approx(1, abs=1e-6)


def test_each_training_learns_a_set_of_its_own(recorded):
    _, folder, _ = recorded
    first, second = (load_file(folder / "tiny" / f"training-{k:02d}.npz") for k in (0, 1))
    assert (first["settings"]["number"], second["settings"]["number"]) == (0, 1)
    assert first["generated"].shape == (FRAMES,)
    assert not np.array_equal(first["generated"], second["generated"])


def measured(folder, texts=None):
    record = Record("tiny", folder / "tiny", {**vars(RUN), "labels": LABELS}, {})
    found = RiboswitchEstimates(record)
    if texts is not None:
        found.texts[MODEL] = texts
    return found


def test_the_record_itself_passes_and_every_control_fails(recorded):
    data = measured(recorded[1]).texts[RECORD][0]
    # Copies that begin elsewhere: other numbers in every part, the same process.
    found = measured(recorded[1], [np.roll(data, shift) for shift in (1234, 2345, 3456)])
    for claim in ("R1", "R2"):
        verdict = found.verdict(claim)
        assert verdict.line() == f"{claim}: reproduced"
        assert set(verdict.controls) == {
            "untrained network", "shuffled labels", "first-order Markov chain",
        }  # fmt: skip


def test_labels_that_move_twice_as_fast_fail_the_counts(recorded):
    data = measured(recorded[1]).texts[RECORD][0]
    fast = [np.tile(np.roll(data, shift)[::2], 2) for shift in (1234, 2345, 3456)]
    assert measured(recorded[1], fast).verdict("R2").outcome == "not reproduced"


def test_states_of_a_mean_over_one_frame_are_those_of_the_frame():
    labels = np.arange(LABELS)
    assert np.array_equal(states_of_mean(labels, 1), states_of(labels))


def test_a_mean_takes_out_an_excursion_and_keeps_a_stay():
    p3, u = labels_of([710.0, 722.0])
    text = np.full(200, p3)
    text[50] = u  # a frame of noise
    text[100:160] = u
    states = states_of_mean(text)
    assert states.size == 200 - MEAN_FRAMES + 1
    assert np.count_nonzero(np.diff(states)) == 2
    assert 60 <= np.count_nonzero(states == 0) <= 64  # what is crossed at either end


def test_a_mean_of_the_record_holds_stays_that_frames_do_not():
    labels = labels_of(extension())
    single, mean = (
        transition_counts(states_of_mean(labels, w), [100], n_labels=3).sum() for w in (1, 20)
    )
    assert single == 0
    assert mean > 200
