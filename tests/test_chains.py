"""Trajectories of unequal length: a list of them goes wherever chains go, and none meets the next.

Also what looks like chains and is none: a table of frames, a masked array, a gap.
"""

from __future__ import annotations

import itertools
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lstm_md as lm
from lstm_md._support.checks import chains_of, rows_are_chains
from lstm_md.analysis import spectra
from lstm_md.analysis.markov_models import HiddenMarkovModel

RNG = np.random.default_rng(7)
LONG = RNG.integers(0, 3, 400).astype(np.uint8)
SHORT = RNG.integers(0, 3, 250).astype(np.uint8)
UNEQUAL = [LONG, SHORT]
TIMES = [1, 2, 3]
VALUES = st.lists(
    arrays(np.float64, st.integers(1, 40), elements=st.floats(-2, 2)), min_size=1, max_size=4
)


# --- the normal case: a list of arrays -----------------------------------------------------------


def test_the_counts_of_two_unequal_lists():
    assert lm.transition_counts([[0, 1], [0, 1, 1]], [1]).tolist() == [[[0, 2], [0, 0]]]


def test_nothing_crosses_from_one_trajectory_into_the_next():
    chains = [np.array([0, 0, 0]), np.array([1, 1]), np.array([2, 2, 2, 2])]
    assert lm.transition_counts(chains, TIMES).sum() == 0
    assert lm.stays_of(chains).length.tolist() == [3, 2, 4]
    assert lm.stays_of(chains).chain.tolist() == [0, 1, 2]
    assert lm.waiting_times(chains, 0, 1).size == 0
    assert np.isnan(lm.mean_first_passage_time(chains, 0, 2))
    assert np.diag(lm.fit_markov_chain(chains).transition_matrix).tolist() == [1, 1, 1]


def test_sums_over_the_chains():
    each = [lm.transition_counts(chain, TIMES, n_labels=3) for chain in UNEQUAL]
    assert np.array_equal(lm.transition_counts(UNEQUAL, TIMES), sum(each))
    frames = np.concatenate(UNEQUAL)
    assert np.array_equal(lm.populations(UNEQUAL), np.bincount(frames) / frames.size)
    for measure in (lm.waiting_times, lambda labels, a, b: lm.dwell_times(labels, a)):
        joined = np.concatenate([measure(chain, 0, 1) for chain in UNEQUAL])
        assert np.array_equal(measure(UNEQUAL, 0, 1), joined)


def test_a_fit_counts_the_pairs_of_each_chain():
    pairs = np.zeros((3, 3))
    for chain in UNEQUAL:
        np.add.at(pairs, (chain[:-5], chain[5:]), 1)
    fitted = lm.fit_markov_chain(UNEQUAL, lag_frames=5).transition_matrix
    assert np.allclose(fitted, pairs / pairs.sum(axis=1, keepdims=True))
    # The maximum of the likelihood without detailed balance is the same ratio of counts.
    assert np.allclose(lm.fit_msm(UNEQUAL, 5, reversible=False).transition_matrix, fitted)


def test_losses_of_each_chain():
    chain = lm.fit_markov_chain(UNEQUAL)
    each = [chain.loss(one) * (one.size - 1) for one in UNEQUAL]
    assert chain.loss(UNEQUAL) == pytest.approx(sum(each) / (400 + 250 - 2))
    hidden = HiddenMarkovModel([[0.9, 0.1], [0.2, 0.8]], [[0.6, 0.2, 0.2], [0.1, 0.1, 0.8]])
    losses = hidden.losses(UNEQUAL)
    assert [one.shape for one in losses] == [(400,), (250,)]
    for found, one in zip(losses, UNEQUAL):
        assert np.array_equal(found, hidden.losses(one))
    expected = np.concatenate([one[1:] for one in losses]).mean()
    mixed = hidden.loss(UNEQUAL)  # mixed with a share of chance of 1e-6
    assert mixed == pytest.approx(expected, abs=1e-5)


def test_an_impossible_label_is_named_by_its_chain_and_frame():
    turns = HiddenMarkovModel([[0.0, 1.0], [1.0, 0.0]], np.eye(2))
    with pytest.raises(ValueError, match="chain 1 has label 1 at frame 2"):
        turns.losses([[0, 1], [1, 0, 1, 0]]) and turns.losses([[0, 1], [0, 1, 1, 0, 1]])


def test_segments_of_unequal_chains_have_one_length_and_stay_within_a_chain():
    pieces = lm.segments(UNEQUAL, 5)
    assert pieces.shape == (400 // 50 + 250 // 50, 50)
    assert np.array_equal(pieces[7], LONG[350:400])
    assert np.array_equal(pieces[8], SHORT[:50])
    found = lm.by_segments(lambda labels: labels.mean(), UNEQUAL, 5)
    assert (found.n, found.value) == (13, pytest.approx(pieces.mean()))


def test_a_bootstrap_draws_each_frame_equally_often_and_joins_no_chains():
    chains = [np.zeros(300, int), np.ones(100, int)]
    seen = []

    def share_of_ones(blocks):
        if isinstance(blocks, list):  # the chains themselves
            return 0.25
        assert lm.transition_counts(blocks, [1], n_labels=2).sum() == 0
        seen.append(np.mean(blocks))
        return np.mean(blocks)

    found = lm.block_bootstrap(share_of_ones, chains, 10, n_replicas=400, seed=3)
    assert found.n == 40
    assert np.mean(seen) == pytest.approx(0.25, abs=0.02)
    assert found.error == pytest.approx(np.sqrt(0.25 * 0.75 / 40), rel=0.2)


def test_many_short_blocks_are_still_chains():
    found = lm.block_bootstrap(
        lambda labels: lm.transition_counts(labels, [1], n_labels=3).sum(), LONG, 4, n_replicas=5
    )
    assert found.value == np.count_nonzero(np.diff(LONG.astype(int)))


def test_a_comparison_and_its_controls_take_unequal_chains():
    model = lm.fit_markov_chain(UNEQUAL)
    found = lm.compare(model, UNEQUAL, lambda labels: labels.mean(), n_segments=5)
    assert found.data.n == 13
    assert abs(found.deviation) < 4
    controls = lm.standard_controls(UNEQUAL, untrained=[UNEQUAL], n_copies=2)
    assert {len(one) for each in controls.values() for one in each} == {650}


@given(VALUES)
def test_labels_of_a_list_are_those_of_each_trajectory(trajectories):
    functions = [
        lambda v: lm.equal_width(v, -2, 2, n_labels=4),
        lambda v: lm.with_edges(v, [-2, 0, 2]),
        lambda v: lm.nearest_state(v, [-1.0, 1.0]),
        lambda v: lm.running_mean(v, 1),
    ]
    for function in functions:
        found = function(trajectories)
        assert isinstance(found, list)
        for one, trajectory in zip(found, trajectories, strict=True):
            assert np.array_equal(one, function(trajectory))


def test_values_and_cleaned_labels_come_back_as_a_list():
    back = lm.to_values(UNEQUAL, [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    assert [one.shape for one in back] == [(400, 2), (250, 2)]
    for filtered in (lm.remove_short_excursions, lm.divide_short_stays):
        for one, chain in zip(filtered(UNEQUAL, 2), UNEQUAL, strict=True):
            assert np.array_equal(one, filtered(chain, 2))


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_of_equal_chains_is_the_array_of_them(kind):
    rows = RNG.integers(0, 3, (4, 60))
    chains = kind(rows)
    assert np.array_equal(lm.transition_counts(chains, TIMES), lm.transition_counts(rows, TIMES))
    assert np.array_equal(lm.segments(chains, 3), lm.segments(rows, 3))
    one, other = (
        lm.block_bootstrap(lambda labels: np.mean(labels), given, 10, seed=1)
        for given in (chains, rows)
    )
    assert (one.value, one.error) == (other.value, other.error)


def test_the_types_of_a_list_may_differ():
    mixed = [np.array([0, 1], np.int64), np.array([300, 2, 1], np.uint16), np.array([0.0, 1.0])]
    chains = chains_of(mixed)
    assert chains.flat.dtype == np.uint16
    assert [one.tolist() for one in chains] == [[0, 1], [300, 2, 1], [0, 1]]
    assert chains[-1].tolist() == [0, 1]


# --- what is no chain ----------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_table_of_frames_is_refused_with_both_ways_out(columns):
    table = RNG.integers(0, 3, (30, columns))
    for labels in (table, table.tolist(), table.astype(float), np.asfortranarray(table)):
        with pytest.raises(ValueError, match=r"labels\[:, 0\].*list\(numpy.asarray\(labels\)\)"):
            lm.transition_counts(labels, [1])
    values = table.astype(float)
    with pytest.raises(ValueError, match=r"values: found shape .*values\[:, 0\]"):
        lm.equal_width(values, 0, 3, n_labels=3)
    with pytest.raises(ValueError, match=r"values: found shape .*values\[:, 0\]"):
        lm.nearest_state(values, [0.0, 1.0])


def test_both_ways_out_of_a_table_work():
    table = RNG.integers(0, 3, (30, 2))
    assert lm.transition_counts(table[:, 0], [1]).sum() == np.count_nonzero(np.diff(table[:, 0]))
    changes = np.count_nonzero(np.diff(table))
    assert lm.transition_counts(list(np.asarray(table)), [1]).sum() == changes


def test_as_many_chains_as_frames_is_the_limit():
    assert lm.transition_counts(np.array([[0, 1], [1, 1]]), [1]).sum() == 1
    with rows_are_chains():
        assert lm.transition_counts(np.array([[0, 1], [1, 1], [1, 1]]), [1]).sum() == 1
    with pytest.raises(ValueError, match="3 chains of 2"):
        lm.transition_counts(np.array([[0, 1], [1, 1], [1, 1]]), [1])


@pytest.mark.parametrize("given", [[[0], [1]], [np.array([0]), np.array([1]), np.array([0])]])
def test_chains_of_one_frame_hold_no_transition(given):
    with pytest.raises(ValueError, match="one frame|1 frame"):
        lm.transition_counts(given, [1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([np.array([0, 1]), np.zeros((2, 2), int)], r"labels\[1\]: expected shape \(frames,\)"),
        ([np.array([0, 1]), np.array([], int)], r"labels\[1\]: expected at least 1 frame"),
        ([np.array([0, 1]), np.array([0, -1, 0])], r"labels\[1\]: .*-1 at index 1.*cut_at_gaps"),
        ([np.array([0, 1]), np.array([0, 0.5, 0])], r"labels\[1\]: .*0.5 at index 1"),
        ([[0, 1], [0, [1]]], "labels: expected one array"),
        ([[0, 1], 3], "labels: expected one array"),
    ],
)
def test_the_chain_of_a_list_that_is_wrong_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        lm.populations(given)


# --- labels that are numbers of another kind ------------------------------------------------------


@pytest.mark.parametrize("dtype", [float, np.float32, np.float16, np.int8, np.uint64, object])
def test_whole_numbers_of_any_type_are_labels(dtype):
    labels = np.array([0, 1, 1, 100], dtype=dtype)
    if dtype is object:
        with pytest.raises(TypeError, match="labels: expected integer labels.*dtype object"):
            lm.populations(labels)
    else:
        assert lm.populations(labels)[[0, 1, 100]].tolist() == [0.25, 0.5, 0.25]


@pytest.mark.parametrize("wrong", [-1, 299, 256, 0.5, 1e300, -np.inf])
@pytest.mark.parametrize("dtype", [float, object])
def test_a_label_out_of_range_is_never_wrapped(wrong, dtype):
    if dtype is object:
        with pytest.raises(TypeError, match="labels"):
            lm.populations(np.array([0, wrong], dtype), n_labels=3)
        return
    with pytest.raises(ValueError, match=re.escape(f"found {wrong:g}")):
        lm.populations(np.array([0, wrong]), n_labels=3)


@pytest.mark.parametrize("labels", [[0, -1, 1], [0.0, -1.0, 1.0]])
def test_the_advice_for_unassigned_frames_works(labels):
    with pytest.raises(ValueError, match="belongs to no state") as caught:
        lm.transition_counts(labels, [1])
    advised = str(caught.value).partition("lstm_md.cut_at_gaps(")[2].partition("), or")[0]
    pieces = lm.cut_at_gaps(eval(advised, {"labels": labels, "numpy": np}))
    assert [piece.tolist() for piece in pieces] == [[0], [1]]


# --- masks and gaps -------------------------------------------------------------------------------

MASKED = np.ma.array([0.5, 99.0, 0.7], mask=[0, 1, 0])


@pytest.mark.parametrize(
    "call",
    [
        lambda v: lm.equal_width(v, 0, 100, n_labels=3),
        lambda v: lm.with_edges(v, [0, 1, 100]),
        lambda v: lm.nearest_state(v, [0.0, 1.0]),
        lambda v: lm.running_mean(v, 2),
        lambda v: lm.free_energies(v),
    ],
)
def test_a_mask_is_never_ignored(call):
    for values in (MASKED, [MASKED, np.array([0.5])], (np.array([0.1, 0.2, 0.3]), MASKED)):
        with pytest.raises(ValueError, match="found a masked element at index 1"):
            call(values)
    assert call(np.ma.array(MASKED.data)) is not None  # nothing is masked


def test_a_gap_cuts_values_labels_and_lists():
    assert [p.tolist() for p in lm.cut_at_gaps(MASKED)] == [[0.5], [0.7]]
    assert [p.tolist() for p in lm.cut_at_gaps([np.nan, 1.0, -1.0, np.nan, 2.0])] == [
        [1.0, -1.0],
        [2.0],
    ]
    assert [p.tolist() for p in lm.cut_at_gaps([[0, -1, 1, 1], [2, 2]])] == [[0], [1, 1], [2, 2]]
    assert [p.tolist() for p in lm.cut_at_gaps([0, 9, 1], unassigned=9)] == [[0], [1]]
    long = lm.cut_at_gaps([0, -1, 1, 1, -1, 2, 2, 2], min_frames=2)
    assert [p.tolist() for p in long] == [[1, 1], [2, 2, 2]]


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=50))
def test_the_pieces_are_the_runs_without_gap(labels):
    runs = [list(run) for gap, run in itertools.groupby(labels, lambda x: x == -1) if not gap]
    if runs:
        assert [piece.tolist() for piece in lm.cut_at_gaps(labels)] == runs
    else:
        with pytest.raises(ValueError, match="min_frames: .*has 0 frame"):
            lm.cut_at_gaps(labels)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lm.cut_at_gaps([[0, 1], [1, 0]]), ValueError, "trajectory: .*one trajectory"),
        (lambda: lm.cut_at_gaps(["a"]), ValueError, "trajectory: expected numbers"),
        (lambda: lm.cut_at_gaps([0, 1], min_frames=3), ValueError, "min_frames: .*has 2 frame"),
        (lambda: lm.cut_at_gaps([0, 1], unassigned=0.5), TypeError, "unassigned"),
    ],
)
def test_bad_gaps_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- angles ---------------------------------------------------------------------------------------

TURN = 2 * np.pi


def test_the_nearest_state_on_a_circle():
    assert lm.nearest_state([3.1], [-3.0, 0.0], period=TURN).tolist() == [0]
    assert lm.nearest_state([350.0, 170.0], [5.0, 180.0], period=360).tolist() == [0, 1]
    points = [[3.1, 9.0], [0.1, 9.0]]
    centres = [[-3.1, 9.0], [0.0, 9.0]]
    assert lm.nearest_state(points, centres, period=[TURN, np.inf]).tolist() == [0, 1]
    assert lm.nearest_state([1e3], [0.0, 900.0], period=np.inf).tolist() == [1]


@given(
    st.lists(st.floats(-np.pi, np.pi), min_size=1, max_size=20),
    st.lists(st.floats(-np.pi, np.pi), min_size=1, max_size=4, unique=True),
)
def test_the_nearest_state_does_not_depend_on_the_turn(values, centres):
    found = lm.nearest_state(values, centres, period=TURN)
    distance = np.abs(np.exp(1j * np.array(values))[:, None] - np.exp(1j * np.array(centres)))
    chosen = distance[np.arange(len(values)), found]
    assert (chosen <= distance.min(axis=1) + 1e-7).all()
    turned = lm.nearest_state(np.array(values) + 3 * TURN, centres, period=TURN)
    assert (np.abs(distance[np.arange(len(values)), turned] - chosen) < 1e-7).all()


def test_the_mean_direction():
    assert abs(lm.running_mean([3.1, -3.1], 2, period=TURN)[0]) == pytest.approx(np.pi)
    assert lm.running_mean([359.0, 3.0], 2, period=360) == pytest.approx(1.0)
    assert lm.running_mean([-179.0, 175.0], 2, period=360) == pytest.approx(178.0)
    walkers = np.array([[350.0, 2.0, 4.0], [90.0, 100.0, 110.0]])
    means = lm.running_mean(walkers, 2, axis=1, period=360)
    assert means == pytest.approx(np.array([[356.0, 3.0], [95.0, 105.0]]))
    with pytest.raises(ValueError, match="values: the 2 values from frame 1 on point in opposite"):
        lm.running_mean([0.0, 0.0, 180.0], 2, period=360)


@given(arrays(np.float64, 30, elements=st.floats(-0.7, 0.7)), st.integers(1, 30))
def test_far_from_the_ends_both_means_agree(values, window):
    # The mean direction differs from the mean in the third order of the spread.
    line = lm.running_mean(values / 50, window)
    assert lm.running_mean(values / 50, window, period=TURN) == pytest.approx(line, abs=1e-5)


def wrapped(period, low, n=500):
    """Make the angles of a diffusion on a circle."""
    path = np.cumsum(np.random.default_rng(3).normal(0, period / 15, n))
    return (path - low) % period + low


@pytest.mark.parametrize(("period", "low"), [(TURN, -np.pi), (TURN, 0), (360, -180), (360, 0)])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_angles_that_wrap_are_noticed(period, low, kind):
    angles = wrapped(period, low).astype(kind)
    advised = r"2\*numpy.pi" if period == TURN else "360"
    with pytest.warns(UserWarning, match=rf"^values: .*period={advised}"):
        lm.running_mean(angles, 5)
    with pytest.warns(
        UserWarning, match=r"values: .*would get another label; .*period=2\*numpy.pi"
    ):
        lm.nearest_state(angles, [low + 0.02 * period, low + 0.4 * period])
    with pytest.warns(UserWarning, match="values: .*sine and their cosine"):
        spectra.autocorrelation(angles, [1])
    with pytest.warns(UserWarning, match="values: .*sine and their cosine"):
        spectra.power_spectrum(angles, 1.0, 100)


@pytest.mark.parametrize("axis", [0, 1])
def test_angles_are_noticed_in_a_table(axis):
    table = np.stack([wrapped(TURN, -np.pi), wrapped(TURN, -np.pi)[::-1]], axis=1 - axis)
    with pytest.warns(UserWarning, match="angles that jump"):
        lm.running_mean(table, 5, axis=axis)


def test_the_smallest_example_is_noticed():
    with pytest.warns(UserWarning, match="another label"):
        assert lm.nearest_state([3.1], [-3.0, 0.0]).tolist() == [1]
    with pytest.warns(UserWarning, match="angles that jump"):
        assert lm.running_mean([3.1, -3.1], 2).tolist() == [0]


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(0, 1, 5000).clip(-3, 3),  # noise
        np.sin(np.linspace(0, 30, 500)) * 3.14,  # reaches ±π, but walks there
        RNG.uniform(0, 360, 5),  # hardly anything
        np.tile([0, 1, 2, 3, 4, 5, 6], 40),  # labels
        RNG.normal(710, 8, 500),  # an extension in nm
        np.cumsum(RNG.normal(0, 0.3, 500)),  # an angle that was unwrapped
    ],
)
def test_ordinary_values_cause_no_warning(values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lm.running_mean(values, 2)
        lm.nearest_state(values, [-1.0, 1.0])
        spectra.autocorrelation(values, [1])


def test_a_period_silences_the_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lm.running_mean([3.1, -3.1], 2, period=np.inf)
        lm.nearest_state([3.1], [-3.0, 0.0], period=np.inf)


@pytest.mark.parametrize(
    ("period", "error"),
    [
        (0, ValueError),
        (-1, ValueError),
        (np.nan, ValueError),
        ("2pi", TypeError),
        ([1, 2], ValueError),
    ],
)
def test_a_bad_period_is_named(period, error):
    with pytest.raises(error, match="^period: "):
        lm.nearest_state([0.5], [0.0, 1.0], period=period)
    with pytest.raises(error, match="^period: "):
        lm.running_mean([0.5], 1, period=period)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_the_ends_of_a_range_have_the_precision_of_the_values(kind):
    angles = np.array([-np.pi, 0, np.pi], dtype=kind)
    assert lm.equal_width(angles, -np.pi, np.pi, n_labels=4).tolist() == [0, 2, 3]
    with pytest.raises(ValueError, match="1 of 3 lie outside"):
        lm.equal_width(angles * kind(1.01), -np.pi, 3.2, n_labels=4)


# --- large numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("huge", [2**62, 2**63, 2**64 - 1])
def test_a_commit_time_beyond_every_trajectory_counts_nothing(huge):
    times = np.array([1, huge], dtype=np.uint64)
    counts = lm.transition_counts([0, 1, 0], times)
    assert counts.sum(axis=(1, 2)).tolist() == [2, 0]


@settings(deadline=None)
@given(st.integers(1, 9), st.sampled_from([np.uint8, np.int16, np.int64, np.uint64]))
def test_numpy_integers_are_integers(number, kind):
    labels = np.tile([0, 1, 1, 0, 0], 9)
    assert lm.segments(labels, kind(number)).shape[0] == number
    made = lm.fit_markov_chain(labels).simulate(kind(number), seed=kind(number))
    assert np.array_equal(made, lm.fit_markov_chain(labels).simulate(number, seed=number))


def test_counts_that_fill_the_memory_are_refused_before_they_are_made():
    with pytest.raises(MemoryError, match="n_labels: .*GiB"):
        lm.transition_counts([0, 1], np.arange(1, 1000), n_labels=60_000)
    with pytest.raises(MemoryError, match="n_labels: .*GiB"):
        lm.fit_markov_chain([0, 1] * 99, n_labels=65_000)
