"""Markov models beside a network on a part of the riboswitch's record, in seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from reproduction.potentials.verdicts import MODEL
from reproduction.riboswitch.run import RiboswitchStudy
from reproduction.riboswitch.states import (
    LABELS,
    MEAN_FRAMES,
    PARTS,
    extension,
    labels_of,
    states_of_mean,
    training_set,
)
from reproduction.riboswitch.verdicts import LAGS
from reproduction.rivals.counts import (
    held,
    per_part,
    statistics,
    steps_at_lag,
    summed_over_shifts,
    window_at_lag,
)
from reproduction.rivals.higher_order import fit_higher_order_chain, mean_loss
from reproduction.rivals.models import Rival, fit
from reproduction.rivals.numbers import agreement
from reproduction.rivals.run import RivalStudy
from reproduction.rivals.verdicts import HALF, RivalEstimates
from reproduction.runs import recording
from reproduction.runs.recipe import WORKING, do
from reproduction.runs.records import Record, load

FRAMES = 100_000
TIMES = (1, 2, 3, 10, 30, 100, 150)
U, P3 = (int(label) for label in labels_of([720.0, 710.0]))
NETWORK = RiboswitchStudy(
    (), TIMES, frames=FRAMES, embedding=4, units=4, epochs=1, trainings=2, prompt_frames=100
)
RUN = RivalStudy(
    ("M1", "M1*", "M2", "M2*", "M3", "M4"),
    TIMES,
    lstm="network",
    networks=("network",),
    frames=FRAMES,
    trainings=2,
    msm_lags=(1, 5),
    hidden_states=(3,),
    hidden_lags=(30,),
    every_frame=((2, 10.0),),
    stride_1=(),
    orders=(2,),
    windows=(8,),
)


def test_commit_times_in_steps_are_next_to_those_in_frames():
    times = [1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 37, 50, 67, 90, 122, 1000]
    assert steps_at_lag(times, 1) == times
    assert steps_at_lag(times, 30) == [1, 2, 3, 4, 33]  # 33 · 30 is 990
    assert steps_at_lag(times, 300) == [3]
    assert [window_at_lag(lag) for lag in (1, 3, 5, 10, 20, 30, 100)] == [20, 7, 4, 2, 1, 1, 1]


def test_a_held_text_has_the_stays_of_its_labels_a_lag_times_as_long():
    labels = np.repeat([P3, U, P3, U], [3, 1, 2, 4]).astype(np.uint8)
    counts = per_part(held(labels, 5, 50), 50, [1, 5, 6, 10, 15, 16], 1)[0, :, 1, 0]
    assert counts.tolist() == [2, 2, 1, 1, 1, 0]
    assert per_part(labels, 10, [1, 2, 3], 1)[0, :, 1, 0].tolist() == [2, 1, 1]


def test_both_ways_to_count_agree_where_the_mean_is_of_single_steps():
    text = labels_of(extension()[:8_000:20])
    found = statistics(text, 20, 4_000, 2, [20, 40, 100])
    assert found["own_single"].shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(found["own_single"], found["single"])
    np.testing.assert_array_equal(found["own_mean"], found["own_single"])
    assert found["own_single"][:, 0].sum() > 100
    own = [LAGS.index(lag) for lag in LAGS if lag % 20 == 0]
    np.testing.assert_allclose(
        found["own_autocorrelation"][:2], found["autocorrelation"][own[:2]], atol=0.02
    )


def test_a_text_is_read_at_a_lag_from_each_of_its_first_frames():
    flips = np.tile([P3, U], 40).astype(np.uint8)
    pairs = np.tile([P3, P3, U, U], 20).astype(np.uint8)
    assert summed_over_shifts(flips, 40, [1], 1)[0][:, 0, 1, 0].tolist() == [20, 20]
    assert summed_over_shifts(flips, 40, [2], 2)[0].sum() == 0  # one label alone, from either
    # Two texts of twenty labels that alternate.
    assert summed_over_shifts(pairs, 40, [2], 2)[0].sum(axis=(2, 3)).tolist() == [[38], [38]]


def test_at_a_lag_of_one_frame_a_text_is_counted_as_it_is():
    text = labels_of(extension()[:20_000])
    for counts, window in zip(summed_over_shifts(text, 10_000, TIMES, 1), (1, MEAN_FRAMES)):
        direct = [
            transition_counts(states_of_mean(half, window), TIMES, n_labels=3)
            for half in text.reshape(2, -1)
        ]
        np.testing.assert_array_equal(counts, direct)


@pytest.mark.parametrize(
    "rival",
    [
        Rival("msm"), Rival("msm", 10), Rival("hmm", 5, 2, accuracy=10.0),
        Rival("higher_order", size=1), Rival("semi_markov"), Rival("mean", size=8),
    ],
)  # fmt: skip
def test_what_a_model_writes_has_the_populations_of_what_it_learned(rival):
    learned = labels_of(extension()).reshape(PARTS, -1)
    text = fit(rival, learned).write(40_000, 1)
    assert text.shape == (40_000,)
    shares = [np.bincount(one.ravel(), minlength=LABELS) / one.size for one in (text, learned)]
    np.testing.assert_allclose(*shares, atol=0.02)
    np.testing.assert_array_equal(text, fit(rival, learned).write(40_000, 1))


def test_every_model_of_a_run_has_a_name_of_its_own():
    rivals = replace(RUN, stride_1=((3, 30),)).rivals()
    assert len({rival.name for rival in rivals}) == len({r.title for r in rivals}) == len(rivals)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    network, recipe = NETWORK.recipe("network", "tiny"), RUN.recipe("rivals", "tiny")
    # In this process: workers would take most of the time to start. One does one part.
    for one in (network, recipe):
        (folder / one.name / WORKING).mkdir(parents=True)
        for part in one.jobs[one is recipe :]:
            do(part, folder / one.name)
    recording.record(network, folder, workers=1)
    return recipe, folder, recording.record(recipe, folder, workers=1)


def test_a_run_ends_in_a_record_with_verdicts_that_can_be_made_again(recorded):
    recipe, folder, summary = recorded
    assert list(summary["verdicts"]) == ["M1", "M1*", "M2", "M2*", "M3", "M4"]
    assert recording.verify(recipe, folder) == []
    assert not summary["verdicts"]["M4"]["tests"][MODEL]["passed"]  # four units, one epoch
    for claim in ("M1", "M1*", "M2", "M2*"):
        assert list(summary["verdicts"][claim]["tests"])[1:] == [
            MODEL, "shuffled labels", "untrained network", HALF,
        ]  # fmt: skip
        tests = summary["verdicts"][claim]["tests"]
        # At the longest lag a part of the record has too few labels for halves to agree.
        for name in (MODEL, "shuffled labels", "untrained network", *([HALF] * (claim != "M2*"))):
            assert not tests[name]["passed"]
    assert {"networks", "halves of the record"} < set(summary["verdicts"]["M3"]["tests"])
    assert " of 3 models" in summary["verdicts"]["M3"]["tests"]["MSMs and HMMs"]["measured"]


def test_a_row_of_the_table_says_what_the_criterion_said(recorded):
    _, folder, summary = recorded
    measured = RivalEstimates(load("rivals", folder))
    for name, row in summary["numbers"]["rivals"].items():
        for claim, outcome in zip(("R2", "R3"), measured.agree(name)):
            found = row["held"][claim]
            assert found["passed"] == outcome.passed
            words = f"{found['share']:.0%} of {found['points']} points within 2 SE; mean "
            assert outcome.measured == words + f"{found['drift']:+.2f} SE"
        for side, outcome in zip(
            ("below", "beyond"), measured.sides(measured.of_rival(name)), strict=True
        ):
            assert row[side]["passed"] == outcome.passed
            assert outcome.measured.startswith(f"{row[side]['share']:.0%} of {row[side]['points']}")
    assert agreement(*2 * [measured.of_record()[0]])["share"] == 1


def test_losses_are_of_what_each_training_set_held_back_in_rows_of_a_hundred(recorded):
    measured = RivalEstimates(load("rivals", recorded[1]))
    labels, part = labels_of(extension())[:FRAMES], FRAMES // PARTS
    for number, found in enumerate(measured.parts["order-2"]["loss"]):
        text = training_set(labels, number, 2)
        starts = np.arange(0, part - 100, 100)
        rows = np.concatenate([[one[s : s + 101] for s in starts] for one in text[5:]])
        chain = fit_higher_order_chain(text[:5], 2, LABELS)
        assert found == pytest.approx(mean_loss(chain, rows), rel=1e-12)
    losses = measured.losses()
    assert "semi-Markov chain" not in losses
    assert "Markov state model, lag 0.5 ms" not in losses
    last = [one["validation_loss"][-1] for one in measured.lstm.histories]
    np.testing.assert_array_equal(losses[MODEL], last)


def test_other_networks_need_no_new_fits(recorded):
    recipe, folder, _ = recorded
    other = replace(RUN, lstm="another", networks=("network",)).recipe("rivals", "tiny")
    assert other.jobs == recipe.jobs
    assert other.needs == ("another", "network")


def test_networks_of_another_run_are_refused(recorded):
    record = load("rivals", recorded[1])
    settings = {**record.settings, "trainings": 5}
    with pytest.raises(ValueError, match="networks: the record 'network' has frames"):
        _ = RivalEstimates(Record("rivals", record.folder, settings, {})).networks


def with_texts(folder, name, texts):
    """The record, as if one of its models had written other texts of single frames."""
    measured = RivalEstimates(load("rivals", folder))
    lag, part = measured.rivals[name].lag_frames, FRAMES // PARTS
    found = [statistics(text, 1, part, PARTS, TIMES) for text in texts]
    at_lag = [statistics(text[::lag], lag, part, PARTS, TIMES) for text in texts]
    own = ("own_single", "own_mean")
    measured.parts[name] = {
        **{kind: np.array([one[kind] for one in found]) for kind in ("single", "mean")},
        **{kind: np.array([one[kind] for one in at_lag]) for kind in own},
    }
    return measured


@pytest.mark.parametrize("lag", [1, 5, 30])
def test_texts_of_single_frames_are_read_as_the_record_is(recorded, lag):
    measured = RivalEstimates(load("rivals", recorded[1]))
    data = labels_of(extension())[:FRAMES]
    for text, record in zip(measured.of_texts([data, data], lag), measured.of_record(lag)):
        np.testing.assert_allclose(text.value, record.value)
        np.testing.assert_array_equal(text.error, 0)


def test_the_second_half_of_the_record_is_held_against_the_first(recorded):
    measured = RivalEstimates(load("rivals", recorded[1]))
    halves = [measured.of_record(parts=slice(first, first + 5)) for first in (5, 0)]
    words = [outcome.measured for outcome in measured.sides(*halves)]
    assert all(word in measured.verdict("M1").controls[HALF].measured for word in words)
    assert "mean +0.00" not in words[0]


SHIFTS = (12_345, 34_567, 67_890)


def shuffled_within(text, frames):
    random = np.random.default_rng(1)
    return random.permuted(text.reshape(-1, frames), axis=1).ravel()


def test_a_text_without_order_within_half_a_millisecond_is_wrong_below_alone(recorded):
    data = labels_of(extension())[:FRAMES]
    texts = [shuffled_within(np.roll(data, shift), 5) for shift in SHIFTS]
    verdict = with_texts(recorded[1], "msm-005", texts).verdict("M1")
    assert verdict.line() == "M1: reproduced"
    assert verdict.tested == "MSM"


@pytest.mark.parametrize(("claim", "name"), [("M1", "msm-005"), ("M2", "hmm-03-030")])
def test_what_agrees_everywhere_or_nowhere_does_not_show_the_pattern(recorded, claim, name):
    data = labels_of(extension())[:FRAMES]
    same = [np.roll(data, shift) for shift in SHIFTS]
    nowhere = [shuffled_within(text, text.size) for text in same]
    for texts in (same, nowhere):
        measured = with_texts(recorded[1], name, texts)
        for which in (claim, f"{claim}*"):
            assert measured.verdict(which).outcome == "not reproduced"
    # Both ways to read a text of the right kind agree with the record.
    measured = with_texts(recorded[1], name, same)
    assert all(outcome.passed for own in (False, True) for outcome in measured.agree(name, own=own))
