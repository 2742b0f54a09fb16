"""Filters: known answers, comparison with slow and simple versions, bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm_md.filters import divide_short_stays, remove_short_excursions, running_mean

NUMBERS = st.floats(-100, 100, width=32)
TRAJECTORIES = st.lists(NUMBERS, min_size=1, max_size=60)
LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=60)
STAYS = st.lists(st.tuples(st.integers(0, 3), st.integers(2, 8)), min_size=1, max_size=20)


def slow_removal(labels, min_frames):
    stays = [(label, len(list(run))) for label, run in itertools.groupby(labels)]
    current = next(label for label, length in stays if length >= min_frames)
    result = []
    for label, length in stays:
        if length >= min_frames:
            current = label
        result += [current] * length
    return result


def slow_division(labels, max_frames):
    """Divide short stays by what was given alone, without changing the labels in place."""
    before, after = [labels[0], *labels[:-1]], [*labels[1:], labels[-1]]
    marks = []
    for frame in range(len(labels)):
        if before[frame] != after[frame] and not (marks and frame - marks[-1] == 1):
            marks.append(frame)
    result, behind_a_short_one = list(labels), False
    for mark, following in itertools.pairwise(marks):
        gap = following - mark
        if gap <= max_frames:
            first = after[mark] if behind_a_short_one else labels[mark]
            halves = [first] * (gap // 2) + [after[following]] * (gap - gap // 2)
            result[mark + 1 : following + 1] = halves
        behind_a_short_one = gap <= max_frames
    return result


def division_of_stays(stays, max_frames):
    """Divide short stays, given as labels and lengths, of which none has one frame."""
    short = [0 < k < len(stays) - 1 and stays[k][1] <= max_frames for k in range(len(stays))]
    result = []
    for k, (label, length) in enumerate(stays):
        if short[k]:
            first = label if short[k - 1] else stays[k - 1][0]
            result += [first] * (length // 2) + [stays[k + 1][0]] * (length - length // 2)
        else:
            result += [label] * length
    return result


# --- running mean -------------------------------------------------------------------------------


@given(TRAJECTORIES, st.data())
def test_running_mean_is_the_mean_of_each_full_window(values, data):
    window = data.draw(st.integers(1, len(values)))
    means = running_mean(values, window)
    expected = [math.fsum(values[i : i + window]) / window for i in range(len(values) - window + 1)]
    np.testing.assert_allclose(means, expected, rtol=0, atol=1e-13 * 100)
    assert means.shape == (len(values) - window + 1,)


def test_a_huge_value_leaves_no_rounding_error_in_later_windows():
    values = np.concatenate([[1e17, -3e16], np.random.default_rng(1).standard_normal(100)])
    for window in (2, 7, 40):
        expected = [values[k : k + window].mean() for k in range(2, 103 - window)]
        np.testing.assert_allclose(running_mean(values, window)[2:], expected, rtol=1e-12)


def test_running_mean_does_not_drift_over_a_long_trajectory_with_an_offset():
    values = 700 + np.random.default_rng(3).normal(size=1_000_003)
    means = running_mean(values, 50)
    last = np.array(
        [math.fsum(values[i : i + 50]) / 50 for i in range(values.size - 99, means.size)]
    )
    assert np.abs(means[-last.size :] - last).max() < 700 * 5e-16 * 4


def test_running_mean_asks_which_of_two_axes_is_time():
    values = np.arange(12.0).reshape(3, 4)
    with pytest.raises(ValueError, match="axis"):
        running_mean(values, 2)
    assert np.array_equal(running_mean(values, 2, axis=1)[1], running_mean(values[1], 2))
    assert np.array_equal(running_mean(values, 2, axis=0)[:, 1], running_mean(values[:, 1], 2))


# --- excursions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "min_frames", "expected"),
    [
        ("00011000", 3, "00000000"),  # an excursion
        ("0001210222", 3, "0000000222"),  # several short stays take the last long label
        ("1200022200", 3, "0000022222"),  # both ends: the first long label; the last one is short
        ("0001000", 2, "0000000"),
        ("0010011", 2, "0000011"),  # stays around an excursion do not merge into longer ones
        ("0100111", 3, "1111111"),  # 0, 1 and 00 are all short, although 0 occurs three times
        ("012", 1, "012"),
    ],
)
def test_excursions_by_hand(labels, min_frames, expected):
    labels = np.array(list(labels), dtype=np.uint8)
    assert "".join(map(str, remove_short_excursions(labels, min_frames))) == expected


@given(LABELS, st.integers(1, 6))
def test_removal_of_excursions_equals_the_slow_version(labels, min_frames):
    longest = max(len(list(run)) for _, run in itertools.groupby(labels))
    if longest < min_frames:
        with pytest.raises(ValueError, match=f"min_frames: .*longest lasts {longest}"):
            remove_short_excursions(labels, min_frames)
    else:
        assert remove_short_excursions(labels, min_frames).tolist() == slow_removal(
            labels, min_frames
        )


@settings(deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 4), st.integers(4, 30)),
        elements=st.integers(0, 2),
        fill=st.nothing(),
    )
)
def test_chains_are_cleaned_one_by_one(chains):
    longest = [max(len(list(run)) for _, run in itertools.groupby(chain)) for chain in chains]
    for min_frames in (2, 3):
        if min(longest) >= min_frames:
            cleaned = remove_short_excursions(chains, min_frames)
            for row, chain in zip(cleaned, chains, strict=True):
                assert row.tolist() == slow_removal(chain.tolist(), min_frames)
        else:
            first = next(i for i, length in enumerate(longest) if length < min_frames)
            which = f"chain {first}" if len(chains) > 1 else "the trajectory"
            with pytest.raises(ValueError, match=f"{which} has"):
                remove_short_excursions(chains, min_frames)


# --- divided stays ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("000011110000", "000011110000"),  # one frame longer than the limit
        ("00001112222", "00000222222"),  # of exactly the limit: the odd frame is the second half's
        ("00001100000", "00000000000"),  # an excursion: both halves take the same label
        ("0111122", "0111122"),  # the first and the last stay are never short
        ("0001", "0001"),
        ("000011223333", "000002233333"),  # of two short stays the second survives
        ("00001122113333", "00000221133333"),  # of three the second and the third
        ("00001100110000", "00000001100000"),  # an excursion that flickers
        ("000010000", "000000000"),  # one frame
        ("0000012222000", "0000002200000"),  # and the next stay counts as one frame shorter
        ("0000112222000", "0000022222000"),
        ("00010", "00000"),  # where the authors' code fails: there is no frame after the last
        ("0101", "0011"),
    ],
)
def test_division_by_hand(labels, expected):
    labels = np.array(list(labels), dtype=np.uint8)
    given_labels = labels.copy()
    assert "".join(map(str, divide_short_stays(labels, 3))) == expected
    assert np.array_equal(labels, given_labels)


@settings(deadline=None)
@given(LABELS, st.integers(1, 6))
def test_division_equals_the_slow_version(labels, max_frames):
    assert divide_short_stays(labels, max_frames).tolist() == slow_division(labels, max_frames)


@settings(deadline=None)
@given(STAYS, st.integers(1, 8))
def test_division_of_longer_stays_equals_the_division_stay_by_stay(stays, max_frames):
    labels = [label for label, length in stays for _ in range(length)]
    merged = [(label, len(list(run))) for label, run in itertools.groupby(labels)]
    expected = division_of_stays(merged, max_frames)
    assert divide_short_stays(labels, max_frames).tolist() == expected


def test_long_records_of_random_stays_are_divided_as_by_the_slow_version():
    random = np.random.default_rng(4)
    for mean_stay, max_frames in ((2, 3), (8, 10), (50, 100)):
        stays = random.geometric(1 / mean_stay, 20_000 // mean_stay)
        labels = np.repeat(random.integers(0, 4, stays.size), stays)
        expected = slow_division(labels.tolist(), max_frames)
        assert divide_short_stays(labels, max_frames).tolist() == expected


@given(LABELS)
def test_a_limit_of_one_frame_divides_nothing(labels):
    assert divide_short_stays(labels, 1).tolist() == labels


@settings(deadline=None)
@given(st.lists(LABELS, min_size=1, max_size=4), st.integers(1, 6))
def test_chains_are_divided_one_by_one(chains, max_frames):
    chains = [np.array([*chain, 0, 1], np.uint8) for chain in chains]
    divided = divide_short_stays(chains, max_frames)
    assert [one.tolist() for one in divided] == [
        slow_division(chain.tolist(), max_frames) for chain in chains
    ]


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: running_mean([0, -np.inf], 1), ValueError, "values: .* index 1"),
        (lambda: running_mean([1.0, 2.0], 3), ValueError, "window: .*2 frame"),
        (lambda: running_mean([1.0, 2.0], 0), ValueError, "window"),
        (lambda: running_mean([1.0, 2.0], 1, axis=1), ValueError, "axis"),
        (lambda: remove_short_excursions([0.5, 1.0], 1), ValueError, "labels"),
        (lambda: remove_short_excursions([0, -1], 1), ValueError, "labels"),
        (lambda: remove_short_excursions([0, 1], 0), ValueError, "min_frames"),
        (lambda: divide_short_stays([0.5, 1.0], 1), ValueError, "labels"),
        (lambda: divide_short_stays([0, -1], 1), ValueError, "labels"),
        (lambda: divide_short_stays([0, 1], 0), ValueError, "max_frames"),
        (lambda: divide_short_stays([0, 1], 2.0), TypeError, "max_frames"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
