"""Kinetics: strings by hand, chains with closed forms, slow and obvious implementations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm_md.analysis import kinetics
from lstm_md.analysis.kinetics import (
    dwell_times,
    mean_first_passage_time,
    stays_of,
    transition_counts,
    transition_rates,
    waiting_times,
)
from lstm_md.analysis.markov import simulate_markov_chain, stationary
from lstm_md.labels import remove_short_excursions

LABELS = st.lists(st.integers(0, 2), min_size=1, max_size=80)
CHAINS = st.lists(
    arrays(np.uint8, st.integers(1, 30), elements=st.integers(0, 2), fill=st.nothing()),
    min_size=1,
    max_size=4,
).filter(lambda chains: len(chains) == 1 or max(map(len, chains)) > 1)
TWO_STATES = np.array([[0.9, 0.1], [0.05, 0.95]])
THREE_STATES = np.array([[0.80, 0.15, 0.05], [0.10, 0.85, 0.05], [0.02, 0.08, 0.90]])


def letters(word):
    return np.array(["ABCD".index(letter) for letter in word], dtype=np.uint8)


def pairs(counts):
    """Return the counts other than 0, as {"AB": 2}."""
    return {"ABCD"[i] + "ABCD"[j]: int(counts[i, j]) for i, j in np.argwhere(counts)}


def slow_counts(labels, commit_time, n_labels):
    counts = np.zeros((n_labels, n_labels), dtype=int)
    state = None
    for label, stay in itertools.groupby(labels):
        if len(list(stay)) >= commit_time:
            if state is not None and label != state:
                counts[state, label] += 1
            state = label
    return counts


def slow_waits(labels, start, end):
    waits, seen_end, entered = [], False, None
    for frame, label in enumerate(labels):
        if label == end:
            if entered is not None:
                waits.append(frame - entered)
            seen_end, entered = True, None
        elif label == start and seen_end and entered is None:
            entered = frame
    return waits


def slow_passages(labels, start, end):
    passages = []
    for frame, label in enumerate(labels):
        if label == start and end in labels[frame:]:
            passages.append(labels[frame:].index(end))
    return passages


def passage_times(matrix, end):
    """Solve h = 1 + Q h, where Q lacks the row and the column of ``end``."""
    others = [i for i in range(len(matrix)) if i != end]
    rest = np.asarray(matrix)[np.ix_(others, others)]
    hitting = np.linalg.solve(np.eye(len(others)) - rest, np.ones(len(others)))
    return dict(zip(others, hitting, strict=True))


# --- transition counts by hand ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "commit_time", "expected"),
    [
        ("AAABBBCCC", 1, {"AB": 1, "BC": 1}),
        ("AAABBBCCC", 3, {"AB": 1, "BC": 1}),
        ("AAABBBCCC", 4, {}),
        ("AAABAAA", 1, {"AB": 1, "BA": 1}),
        ("AAABAAA", 2, {}),  # A, a short B, A is no transition
        ("AAABCCC", 2, {"AC": 1}),  # the short stay between them is ignored
        ("AABABBB", 3, {}),  # stays are not merged: AA and A are not one stay of three frames
        ("AABAABBB", 2, {"AB": 1}),
        ("ABBBA", 2, {}),  # stays that the ends cut off count with the frames observed
        ("AABBBAA", 2, {"AB": 1, "BA": 1}),
        ("AABBCBBAACC", 2, {"AB": 1, "BA": 1, "AC": 1}),
        ("AAAAA", 1, {}),
        ("A", 1, {}),
    ],
)
def test_transitions_by_hand(word, commit_time, expected):
    assert pairs(transition_counts(letters(word), [commit_time], n_labels=4)[0]) == expected


@pytest.mark.parametrize(
    "word, skipped, strict",
    [
        ("AABBB", {"AB": 1}, {"AB": 1}),
        ("AABAABBB", {"AB": 1}, {"AB": 1}),  # the last AA and BBB are adjacent
        ("AACBBB", {"AB": 1}, {}),  # the short C lies between them
        ("AACAABCC", {"AC": 1}, {}),
        ("AABBCAA", {"AB": 1, "BA": 1}, {"AB": 1}),
    ],
)
def test_strict_transitions_by_hand(word, skipped, strict):
    assert pairs(transition_counts(letters(word), 2, n_labels=3)[0]) == skipped
    assert pairs(transition_counts(letters(word), 2, n_labels=3, adjacent=True)[0]) == strict


@settings(deadline=None)
@given(CHAINS, st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_strict_counts_need_two_adjacent_long_stays(chains, commit_times):
    label, length, chain = stays_of(chains)
    expected = np.zeros((len(commit_times), 3, 3), int)
    for k, time in enumerate(commit_times):
        for i in range(label.size - 1):
            if chain[i] == chain[i + 1] and min(length[i : i + 2]) >= time:
                expected[k, label[i], label[i + 1]] += 1
    found = transition_counts(chains, commit_times, n_labels=3, adjacent=True)
    assert np.array_equal(found, expected)


def test_rates_are_counts_over_the_frames_in_the_state_that_is_left():
    labels = letters("AAABAABBBBBB")
    counts = transition_counts(labels, [1, 2])
    expected = counts / np.array([5, 7])[:, None]
    np.testing.assert_allclose(transition_rates(labels, [1, 2]), expected)
    strict = transition_rates(letters("AABAABBB"), 2, adjacent=True)
    np.testing.assert_allclose(strict[0, 0], [0, 1 / 4])


def test_a_label_that_is_never_visited_has_no_rate():
    found = transition_rates(letters("AAB"), 1, n_labels=3)[0]
    assert np.isnan(found[2]).all() and np.isfinite(found[:2]).all()


def test_rows_are_from_and_columns_are_to():
    counts = transition_counts(letters("AAB"), [1])
    assert counts.tolist() == [[[0, 1], [0, 0]]]
    assert counts.dtype == np.int64


def test_commit_times_keep_the_order_of_the_caller():
    labels = letters("AABCCCABBBBC")
    counts = transition_counts(labels, [4, 1, 2, 1])
    for found, commit_time in zip(counts, [4, 1, 2, 1], strict=True):
        assert np.array_equal(found, slow_counts(labels.tolist(), commit_time, 3))
    assert counts.sum(axis=(1, 2)).tolist() == [0, 5, 2, 5]


def test_one_commit_time_may_be_a_number():
    assert transition_counts(letters("AAB"), 1).shape == (1, 2, 2)


@settings(deadline=None)
@given(LABELS, st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_counts_equal_the_slow_version(labels, commit_times):
    expected = [slow_counts(labels, commit_time, 3) for commit_time in commit_times]
    assert np.array_equal(transition_counts(labels, commit_times, n_labels=3), expected)


@settings(deadline=None)
@given(CHAINS, st.integers(1, 5))
def test_counts_of_chains_are_the_sum_over_the_chains(chains, commit_time):
    expected = sum(slow_counts(chain.tolist(), commit_time, 3) for chain in chains)
    assert np.array_equal(transition_counts(chains, [commit_time], n_labels=3)[0], expected)


def test_two_chains_are_never_joined():
    chains = np.stack([letters("AAAA"), letters("BBBB")])
    assert transition_counts(chains, [1, 2]).sum() == 0
    assert stays_of(np.stack([letters("AAB"), letters("BBA")])).length.tolist() == [2, 1, 2, 1]
    assert waiting_times(np.stack([letters("BBAA"), letters("BBBB")]), 0, 1).size == 0
    assert waiting_times(np.stack([letters("AAAB"), letters("BAAB")]), 0, 1).tolist() == [2]
    assert math.isnan(mean_first_passage_time(chains, 0, 1))
    assert dwell_times(np.stack([letters("BA"), letters("AB")]), 0).size == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int64])
def test_any_integer_type_and_memory_layout_gives_the_same(dtype):
    chains = np.asfortranarray(np.random.default_rng(0).integers(0, 3, (5, 200)).astype(dtype))
    expected = transition_counts(chains.astype(np.uint8).copy(), [1, 2])
    assert np.array_equal(transition_counts(chains, [1, 2]), expected)
    frozen = chains.copy()
    frozen.flags.writeable = False
    assert np.array_equal(transition_counts(frozen, [1, 2]), expected)


def test_many_labels_are_counted():
    labels = np.array([299, 299, 3, 299], dtype=np.uint16)
    counts = transition_counts(labels, [1])[0]
    assert counts.shape == (300, 300)
    assert counts[299, 3] == counts[3, 299] == 1
    assert counts.sum() == 2


# --- transition counts in closed form -----------------------------------------------------------


@pytest.mark.parametrize("commit_time", [1, 5, 20, 40])
def test_counts_of_a_two_state_chain_follow_the_closed_form(commit_time):
    # Lengths of stays are geometric. A stay in A is committed with a = (1 − p)^(c − 1), one in B
    # with b. The stays alternate, so B is the next committed one after A with b/(a + b − ab).
    chains, frames = 200, 20_000
    labels = simulate_markov_chain(TWO_STATES, frames, seed=11, n_chains=chains)
    p, q = TWO_STATES[0, 1], TWO_STATES[1, 0]
    a, b = (1 - p) ** (commit_time - 1), (1 - q) ** (commit_time - 1)
    stays = frames * stationary(TWO_STATES)[0] * p
    expected = stays * a * b / (a + b - a * b)
    counts = np.array([transition_counts(chain, [commit_time], n_labels=2)[0] for chain in labels])
    error = counts.std(axis=0, ddof=1) / np.sqrt(chains)
    for i, j in ((0, 1), (1, 0)):
        assert abs(counts[:, i, j].mean() - expected) < 3.5 * error[i, j] + 1e-3 * expected


def test_raw_transitions_are_frames_times_flux():
    chains, frames = 100, 20_000
    labels = simulate_markov_chain(THREE_STATES, frames, seed=12, n_chains=chains)
    counts = np.array([transition_counts(chain, [1], n_labels=3)[0] for chain in labels])
    flux = stationary(THREE_STATES)[:, None] * THREE_STATES
    np.fill_diagonal(flux, 0)
    error = counts.std(axis=0, ddof=1) / np.sqrt(chains) + np.eye(3)
    assert np.abs((counts.mean(axis=0) - (frames - 1) * flux) / error).max() < 3.5


# --- stays --------------------------------------------------------------------------------------


def test_stays_by_hand():
    stays = stays_of(np.stack([letters("AAB"), letters("BAA")]))
    assert stays.label.tolist() == [0, 1, 1, 0]
    assert stays.length.tolist() == [2, 1, 1, 2]
    assert stays.chain.tolist() == [0, 0, 1, 1]


@given(CHAINS)
def test_stays_repeat_the_labels(chains):
    stays = stays_of(chains)
    assert np.array_equal(np.repeat(stays.label, stays.length), np.concatenate(chains))
    assert np.bincount(stays.chain, stays.length).tolist() == [len(chain) for chain in chains]
    neighbours = stays.chain[1:] == stays.chain[:-1]
    assert (stays.label[1:] != stays.label[:-1])[neighbours].all()


@settings(deadline=None)
@given(LABELS, st.integers(1, 6))
def test_changes_of_labels_without_short_stays_are_the_transitions(labels, commit_time):
    if max(stays_of(labels).length) < commit_time:
        return
    without = remove_short_excursions(labels, commit_time)
    assert np.array_equal(
        transition_counts(without, [1], n_labels=3),
        transition_counts(labels, [commit_time], n_labels=3),
    )


# --- times --------------------------------------------------------------------------------------


def test_dwell_times_leave_out_the_stays_that_the_ends_cut_off():
    assert dwell_times(letters("AAABBAABAAAAA"), 0).tolist() == [2]
    assert dwell_times(letters("AAABBAABAAAAA"), 1).tolist() == [2, 1]
    assert dwell_times(letters("AAAA"), 0).size == 0


def test_mean_dwell_time_is_one_over_the_rate_of_leaving():
    labels = simulate_markov_chain(TWO_STATES, 1_000_000, seed=13)
    for label, leaving in ((0, 0.1), (1, 0.05)):
        stays = dwell_times(labels, label)
        error = stays.std(ddof=1) / np.sqrt(stays.size)
        assert abs(stays.mean() - 1 / leaving) < 3.5 * error


@pytest.mark.parametrize(
    ("word", "waits"),
    [
        ("BAAB", [2]),
        ("AAB", []),  # the waiting time began before the chain
        ("BAA", []),  # the waiting time has not ended
        ("BCAACAB", [4]),  # it starts at the first frame in A, whatever lies between
        ("BABAABAA", [1, 2]),
        ("BCCB", []),
    ],
)
def test_waiting_times_by_hand(word, waits):
    assert waiting_times(letters(word), start=0, end=1).tolist() == waits


@settings(deadline=None)
@given(CHAINS, st.permutations([0, 1, 2]))
def test_waiting_and_passage_times_equal_the_slow_versions(chains, order):
    start, end, _ = order
    waits = [w for chain in chains for w in slow_waits(chain.tolist(), start, end)]
    assert waiting_times(chains, start, end).tolist() == waits
    passages = [p for chain in chains for p in slow_passages(chain.tolist(), start, end)]
    found = mean_first_passage_time(chains, start, end)
    assert found == pytest.approx(np.mean(passages)) if passages else math.isnan(found)


@pytest.mark.parametrize(("start", "end"), [(0, 2), (2, 0), (1, 2), (0, 1)])
def test_waiting_and_passage_times_of_a_chain_follow_the_closed_form(start, end):
    expected = passage_times(THREE_STATES, end)[start]
    chains = simulate_markov_chain(THREE_STATES, 20_000, seed=14, n_chains=100)
    waits = waiting_times(chains, start, end)
    assert abs(waits.mean() - expected) < 3.5 * waits.std(ddof=1) / np.sqrt(waits.size)
    passages = [mean_first_passage_time(chain, start, end) for chain in chains]
    assert abs(np.mean(passages) - expected) < 3.5 * np.std(passages, ddof=1) / 10


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: transition_counts([0.5, 1.0], [1]), ValueError, "labels: .*0.5 at index 0"),
        (lambda: transition_counts(np.zeros((0, 5), int), [1]), ValueError, "labels"),
        (lambda: transition_counts(np.zeros(0, int), [1]), ValueError, "labels"),
        (lambda: transition_counts([0, 5], [1], n_labels=3), ValueError, "labels: .*0 to 2"),
        (lambda: transition_counts([0, 1], [1], n_labels=2.0), TypeError, "n_labels"),
        (lambda: transition_counts([0, 1], [0, 1]), ValueError, "commit_times"),
        (lambda: transition_counts([0, 1], [1], adjacent=1), TypeError, "adjacent"),
        (lambda: transition_counts([0, 1], [1.5]), TypeError, "commit_times"),
        (lambda: transition_counts([0, 1], []), TypeError, "commit_times"),
        (lambda: transition_counts([0, 1], [[1]]), TypeError, "commit_times"),
        (lambda: stays_of([[[0]]]), ValueError, "labels"),
        (lambda: dwell_times([0, 1], -1), ValueError, "label"),
        (lambda: waiting_times([0, 1], 1, 1), ValueError, "end: .*1 for both"),
        (lambda: mean_first_passage_time([0, 1], 0, 1.0), TypeError, "end"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@settings(deadline=None)
@given(CHAINS, st.integers(1, 9))
def test_counting_in_several_calls_changes_nothing(chains, per_call):
    expected = transition_counts(chains, [1, 2, 3], n_labels=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinetics, "FRAMES_PER_CALL", per_call)
        assert np.array_equal(transition_counts(chains, [1, 2, 3], n_labels=3), expected)
