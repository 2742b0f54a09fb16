"""Markov models and a network on a part of the riboswitch's record, in seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reproduction.common.estimates import MODEL
from reproduction.common.higher_order import fit_higher_order_chain
from reproduction.riboswitch.run import RiboswitchStudy
from reproduction.riboswitch.states import (
    MEAN_FRAMES,
    N_LABELS,
    N_TENTHS,
    extension,
    labels_of,
    training_set,
)
from reproduction.riboswitch.statistics import LAGS, counts_per_part, repeat_labels
from reproduction.rivals.counts import (
    counts_summed_over_shifts,
    generated_statistics,
    steps_at_lag,
    window_at_lag,
)
from reproduction.rivals.models import Rival, fit
from reproduction.rivals.numbers import agreement
from reproduction.rivals.run import RivalStudy
from reproduction.rivals.verdicts import HALF, RivalEstimates
from reproduction.runs import recording
from reproduction.runs.records import Record, load
from tests.reproduction.runs.in_this_process import in_this_process

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


def test_labels_repeated_for_a_lag_have_stays_that_are_a_lag_times_as_long():
    labels = np.repeat([P3, U, P3, U], [3, 1, 2, 4]).astype(np.uint8)
    repeated = repeat_labels(labels, 5, 50)
    counts = counts_per_part(repeated, 50, [1, 5, 6, 10, 15, 16])[0, :, 1, 0]
    assert counts.tolist() == [2, 2, 1, 1, 1, 0]
    assert counts_per_part(labels, 10, [1, 2, 3])[0, :, 1, 0].tolist() == [2, 1, 1]


def test_both_ways_to_count_agree_where_the_mean_is_of_single_steps():
    labels = labels_of(extension()[:8_000:20])
    found = generated_statistics(labels, 20, 4_000, 2, [20, 40, 100])
    assert found["own_single"].shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(found["own_single"], found["single"])
    np.testing.assert_array_equal(found["own_mean"], found["own_single"])
    assert found["own_single"][:, 0].sum() > 100
    own = [LAGS.index(lag) for lag in LAGS if lag % 20 == 0]
    np.testing.assert_allclose(
        found["own_autocorrelation"][:2], found["autocorrelation"][own[:2]], atol=0.02
    )


def test_labels_are_read_at_a_lag_from_each_of_the_first_frames():
    flips = np.tile([P3, U], 40).astype(np.uint8)
    pairs = np.tile([P3, P3, U, U], 20).astype(np.uint8)
    assert counts_summed_over_shifts(flips, 40, [1], 1)[0][:, 0, 1, 0].tolist() == [20, 20]
    assert (
        counts_summed_over_shifts(flips, 40, [2], 2)[0].sum() == 0
    )  # one label alone, from either
    # Two trajectories of twenty labels that alternate.
    assert counts_summed_over_shifts(pairs, 40, [2], 2)[0].sum(axis=(2, 3)).tolist() == [[38], [38]]


def test_at_a_lag_of_one_frame_every_frame_is_counted():
    labels = labels_of(extension()[:20_000])
    found = counts_summed_over_shifts(labels, 10_000, TIMES, 1)
    for counts, window in zip(found, (1, MEAN_FRAMES)):
        np.testing.assert_array_equal(counts, counts_per_part(labels, 10_000, TIMES, window))


@pytest.mark.parametrize(
    "rival",
    [
        Rival("msm"), Rival("msm", 10), Rival("hmm", 5, 2, accuracy=10.0),
        Rival("higher_order", size=1), Rival("semi_markov"), Rival("mean", size=8),
    ],
)  # fmt: skip
def test_a_model_generates_the_populations_of_its_training_data(rival):
    learned = labels_of(extension()).reshape(N_TENTHS, -1)
    model = fit(rival, learned)
    generated = model.simulate(40_000, seed=1)
    assert generated.shape == (40_000,)
    shares = [
        np.bincount(one.ravel(), minlength=N_LABELS) / one.size for one in (generated, learned)
    ]
    np.testing.assert_allclose(*shares, atol=0.02)
    np.testing.assert_array_equal(generated, fit(rival, learned).simulate(40_000, seed=1))
    if rival.lag_frames == 1:
        assert 2 < model.loss(learned[:1]) < 3


def test_every_model_of_a_run_has_a_name_of_its_own():
    rivals = replace(RUN, stride_1=((3, 30),)).rivals()
    assert len({rival.name for rival in rivals}) == len({r.title for r in rivals}) == len(rivals)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    network, recipe = NETWORK.recipe("network", "tiny"), RUN.recipe("rivals", "tiny")
    with in_this_process():
        recording.record(network, folder)
        return recipe, folder, recording.record(recipe, folder)


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
        # At the longest lag a tenth of the record has too few labels for halves to agree.
        for name in (MODEL, "shuffled labels", "untrained network", *([HALF] * (claim != "M2*"))):
            assert not tests[name]["passed"]
    assert {"networks", "halves of the record"} < set(summary["verdicts"]["M3"]["tests"])
    assert " of 3 models" in summary["verdicts"]["M3"]["tests"]["MSMs and HMMs"]["measured"]


def as_row(outcome):
    """Return the numbers that a table shows of an outcome."""
    shown = {name: outcome.numbers[name] for name in ("share", "drift", "points")}
    return {"passed": outcome.passed, **shown}


def test_a_row_of_the_table_has_the_numbers_of_the_criterion(recorded):
    _, folder, summary = recorded
    estimates = RivalEstimates(load("rivals", folder))
    for name, row in summary["numbers"]["rivals"].items():
        for claim, outcome in zip(("R2", "R3"), estimates.agree(name)):
            assert row["held"][claim] == pytest.approx(as_row(outcome))
        outcomes = estimates.below_and_beyond(estimates.counts_of_rival(name))
        for side, outcome in zip(("below", "beyond"), outcomes):
            assert row[side] == pytest.approx(as_row(outcome))
    assert agreement(*2 * [estimates.counts_of_record()[0]])["share"] == 1


def test_losses_are_of_what_each_training_set_held_back_in_rows_of_a_hundred(recorded):
    estimates = RivalEstimates(load("rivals", recorded[1]))
    labels, n_frames = labels_of(extension())[:FRAMES], FRAMES // N_TENTHS
    for number, found in enumerate(estimates.files["order-2"]["loss"]):
        tenths = training_set(labels, number, 2)
        starts = np.arange(0, n_frames - 100, 100)
        rows = np.concatenate([[one[s : s + 101] for s in starts] for one in tenths[5:]])
        chain = fit_higher_order_chain(tenths[:5], 2, n_labels=N_LABELS)
        assert found == pytest.approx(chain.loss(list(rows)), rel=1e-12)
    losses = estimates.losses()
    assert "semi-Markov chain" not in losses
    assert "Markov state model, lag 0.5 ms" not in losses
    last = [one["validation_loss"][-1] for one in estimates.lstm.histories]
    np.testing.assert_array_equal(losses[MODEL], last)


def test_other_networks_need_no_new_fits(recorded):
    recipe, folder, _ = recorded
    other = replace(RUN, lstm="another", networks=("network",)).recipe("rivals", "tiny")
    assert other.jobs == recipe.jobs
    assert other.needs == ("another", "network")


def test_networks_of_another_run_are_refused(recorded):
    record = load("rivals", recorded[1])
    settings = {**record.settings, "trainings": 5}
    with pytest.raises(ValueError, match="networks: .* 'network' has other frames"):
        _ = RivalEstimates(Record("rivals", record.folder, settings, {})).networks


def with_trajectories(folder, name, trajectories):
    """Load the record as if one of its models had generated these labels of single frames."""
    estimates = RivalEstimates(load("rivals", folder))
    lag, n_frames = estimates.rivals[name].lag_frames, FRAMES // N_TENTHS
    single = [generated_statistics(one, 1, n_frames, N_TENTHS, TIMES) for one in trajectories]
    at_lag = [
        generated_statistics(one[::lag], lag, n_frames, N_TENTHS, TIMES) for one in trajectories
    ]
    estimates.files[name] = {
        **{kind: np.array([one[kind] for one in single]) for kind in ("single", "mean")},
        **{kind: np.array([one[kind] for one in at_lag]) for kind in ("own_single", "own_mean")},
    }
    return estimates


@pytest.mark.parametrize("lag", [1, 5, 30])
def test_labels_of_single_frames_are_read_as_the_record_is(recorded, lag):
    estimates = RivalEstimates(load("rivals", recorded[1]))
    data = labels_of(extension())[:FRAMES]
    for found, record in zip(
        estimates.counts_of_labels([data, data], lag), estimates.counts_of_record(lag)
    ):
        np.testing.assert_allclose(found.value, record.value)
        np.testing.assert_array_equal(found.error, 0)


def test_the_second_half_of_the_record_is_compared_with_the_first(recorded):
    estimates = RivalEstimates(load("rivals", recorded[1]))
    halves = [estimates.counts_of_record(tenths=slice(first, first + 5)) for first in (5, 0)]
    words = [outcome.measured for outcome in estimates.below_and_beyond(*halves)]
    assert all(word in estimates.verdict("M1").controls[HALF].measured for word in words)
    assert "mean +0.00" not in words[0]


SHIFTS = (12_345, 34_567, 67_890)


def shuffled_within(labels, frames):
    return np.random.default_rng(1).permuted(labels.reshape(-1, frames), axis=1).ravel()


def test_labels_without_order_within_half_a_millisecond_are_wrong_below_only(recorded):
    data = labels_of(extension())[:FRAMES]
    trajectories = [shuffled_within(np.roll(data, shift), 5) for shift in SHIFTS]
    verdict = with_trajectories(recorded[1], "msm-005", trajectories).verdict("M1")
    assert verdict.line() == "M1: reproduced"
    assert verdict.tested == "MSM"


@pytest.mark.parametrize(("claim", "name"), [("M1", "msm-005"), ("M2", "hmm-03-030")])
def test_what_agrees_everywhere_or_nowhere_does_not_show_the_pattern(recorded, claim, name):
    data = labels_of(extension())[:FRAMES]
    same = [np.roll(data, shift) for shift in SHIFTS]
    nowhere = [shuffled_within(one, one.size) for one in same]
    for trajectories in (same, nowhere):
        estimates = with_trajectories(recorded[1], name, trajectories)
        for which in (claim, f"{claim}*"):
            assert estimates.verdict(which).outcome == "not reproduced"
    # Right labels agree with the record, whichever way they are read.
    estimates = with_trajectories(recorded[1], name, same)
    assert all(
        outcome.passed
        for at_lag in (False, True)
        for outcome in estimates.agree(name, at_lag=at_lag)
    )
