"""The training sets of the riboswitch, and a run on a part of its record in seconds."""

from __future__ import annotations

import numpy as np
import pytest

from reproduction.common.estimates import MODEL, RECORD
from reproduction.riboswitch.run import RiboswitchStudy
from reproduction.riboswitch.states import (
    BOUNDARIES,
    EDGES,
    MEAN_FRAMES,
    N_LABELS,
    N_TENTHS,
    extension,
    labels_of,
    states_of,
    states_of_mean,
    training_set,
)
from reproduction.riboswitch.statistics import (
    LAGS,
    autocorrelation_of_parts,
    count_transitions,
    counts_per_part,
    repeat_labels,
)
from reproduction.riboswitch.verdicts import RiboswitchEstimates
from reproduction.runs import recording
from reproduction.runs.files import load_file
from reproduction.runs.records import Record
from tests.reproduction.runs.in_this_process import in_this_process

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


@pytest.mark.parametrize("n_sets", [2, 5, 10])
def test_every_tenth_is_validation_data_of_one_set_and_learned_by_the_others(n_sets):
    tenths = np.arange(N_TENTHS).repeat(7)
    validation = []
    for number in range(n_sets):
        learned = training_set(tenths, number, n_sets)
        assert learned.shape == (N_TENTHS, 7)
        assert sorted(learned[:, 0].tolist()) == list(range(N_TENTHS))
        last = learned[-N_TENTHS // n_sets :, 0].tolist()
        validation += last
        assert len(last) <= 2 or np.ptp(np.diff(last)) == 0  # they span the record
    assert sorted(validation) == list(range(N_TENTHS))


def test_frames_that_do_not_fill_the_last_tenth_are_left_out():
    assert training_set(np.arange(25) % N_LABELS, 0, 5).shape == (N_TENTHS, 2)


@pytest.mark.parametrize(("number", "n_sets"), [(0, 3), (5, 5), (-1, 5)])
def test_training_sets_that_do_not_exist_are_refused(number, n_sets):
    message = rf"number, n_sets: found training set {number} of {n_sets}; give a number"
    with pytest.raises(ValueError, match=message):
        training_set(np.zeros(100, int), number, n_sets)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    recipe = RUN.recipe("tiny", "tiny")
    with in_this_process():
        return recipe, folder, recording.record(recipe, folder)


def test_a_run_ends_in_a_record_whose_verdicts_verify(recorded):
    recipe, folder, summary = recorded
    assert sorted(summary["verdicts"]) == ["R1", "R2"]
    assert recording.verify(recipe, folder) == []
    numbers = summary["numbers"]
    assert np.shape(numbers["density"][MODEL]["value"]) == (N_LABELS,)
    assert np.shape(numbers["counts"][RECORD]["value"]) == (3, 3, 3)
    assert np.sum(numbers["density"][RECORD]["value"]) * 1.5 == pytest.approx(1, abs=1e-6)


def test_each_training_has_its_own_training_set(recorded):
    _, folder, _ = recorded
    first, second = (load_file(folder / "tiny" / f"training-{k:02d}.npz") for k in (0, 1))
    assert (first["settings"]["number"], second["settings"]["number"]) == (0, 1)
    assert first["generated"].shape == (FRAMES,)
    assert not np.array_equal(first["generated"], second["generated"])


def estimates(folder, generated=None):
    record = Record("tiny", folder / "tiny", {**vars(RUN), "labels": N_LABELS}, {})
    found = RiboswitchEstimates(record)
    if generated is not None:
        found.trajectories[MODEL] = generated
    return found


def test_the_record_itself_passes_and_every_control_fails(recorded):
    data = estimates(recorded[1]).record.data
    # Copies that begin elsewhere have other numbers in every tenth, from the same process.
    found = estimates(recorded[1], [np.roll(data, shift) for shift in (1234, 2345, 3456)])
    for claim in ("R1", "R2"):
        verdict = found.verdict(claim)
        assert verdict.line() == f"{claim}: reproduced"
        assert set(verdict.controls) == {
            "untrained network", "shuffled labels", "first-order Markov chain",
        }  # fmt: skip
        assert verdict.best_is == "half of the record"


def test_labels_that_move_twice_as_fast_fail_the_counts(recorded):
    data = estimates(recorded[1]).record.data
    fast = [np.tile(np.roll(data, shift)[::2], 2) for shift in (1234, 2345, 3456)]
    assert estimates(recorded[1], fast).verdict("R2").outcome == "not reproduced"


def test_a_name_and_its_trajectories_have_the_same_estimate(recorded):
    found = estimates(recorded[1])
    for statistic in (found.density, found.counts, found.autocorrelation):
        by_name, by_labels = statistic(RECORD), statistic([found.record.data])
        np.testing.assert_array_equal(by_name.value, by_labels.value)
    assert found.autocorrelation(MODEL).value.shape == (len(LAGS),)


def test_another_claim_is_refused(recorded):
    with pytest.raises(KeyError, match="claim_id: expected one of R1, R2, R3, found 'S1'"):
        estimates(recorded[1]).verdict("S1")


def test_states_of_a_mean_over_one_frame_are_those_of_the_frame():
    labels = np.arange(N_LABELS)
    assert np.array_equal(states_of_mean(labels, 1), states_of(labels))


def test_a_mean_removes_an_excursion_and_keeps_a_stay():
    p3, u = labels_of([710.0, 722.0])
    labels = np.full(200, p3)
    labels[50] = u  # one frame of noise
    labels[100:160] = u
    states = states_of_mean(labels)
    assert states.size == 200 - MEAN_FRAMES + 1
    assert np.count_nonzero(np.diff(states)) == 2
    assert 60 <= np.count_nonzero(states == 0) <= 64  # the mean is late at both ends


def test_a_mean_of_the_record_holds_stays_that_frames_do_not():
    labels = labels_of(extension())
    single, mean = (count_transitions(labels, [100], window).sum() for window in (1, 20))
    assert single == 0
    assert mean > 200


def test_transitions_are_counted_within_parts():
    p3, u = labels_of([710.0, 722.0])
    labels = np.full(35, p3)
    labels[5:10] = u  # ends with its part
    labels[22] = u
    counts = counts_per_part(labels, 10, [1, 3])
    assert counts.shape == (3, 2, 3, 3)  # the last five frames fill no part
    assert counts[0, :, 1, 0].tolist() == [1, 1]
    assert counts[1].sum() == 0
    assert counts[2, :, 1, 0].tolist() == counts[2, :, 0, 1].tolist() == [1, 0]


def test_the_autocorrelation_of_a_part_is_nan_at_lags_that_are_too_long():
    parts = np.tile(labels_of([722.0, 710.0]), (2, 50))
    found = autocorrelation_of_parts(parts, (1, 2, 100))
    np.testing.assert_allclose(found, [[-1.0, 1.0, np.nan]] * 2)


def test_labels_are_repeated_for_the_lag_of_their_model():
    assert repeat_labels(np.array([4, 7]), 3, 5).tolist() == [4, 4, 4, 7, 7]
