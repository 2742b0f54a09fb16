"""Match lengths, against a brute-force search and against theory."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reproduction.copies.matches import SuffixAutomaton, longest_common_substring, match_lengths

PAIRS = st.integers(1, 4).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, n - 1), min_size=1, max_size=40)] * 2)
)


def by_brute_force(labels, source):
    every = {tuple(source[i:j]) for i in range(len(source)) for j in range(i, len(source) + 1)}
    return [
        max(k for k in range(end + 1) if tuple(labels[end - k : end]) in every)
        for end in range(1, len(labels) + 1)
    ]


@settings(deadline=None)  # the first call compiles
@given(PAIRS)
def test_match_lengths_are_those_of_a_search_for_every_substring(pair):
    labels, source = pair
    expected = by_brute_force(labels, source)
    assert match_lengths(labels, source).tolist() == expected
    longest = longest_common_substring(labels, source)
    assert len(longest) == max(expected)
    end = expected.index(max(expected)) + 1
    assert longest.tolist() == labels[end - max(expected) : end]


def test_the_match_lengths_of_bandana_with_banana():
    banana, bandana = ([" abdn".index(letter) for letter in word] for word in ("banana", "bandana"))
    assert match_lengths(bandana, banana).tolist() == [1, 2, 3, 0, 1, 2, 3]
    assert longest_common_substring(bandana, banana).tolist() == banana[:3]


def test_a_trajectory_is_a_copy_of_itself_and_its_segments_are_copies_of_it():
    labels = np.random.default_rng(1).integers(0, 3, 500)
    assert (match_lengths(labels, labels) == np.arange(1, 501)).all()
    assert (match_lengths(labels[200:300], labels) == np.arange(1, 101)).all()
    pasted = np.concatenate([labels[300:400], labels[:100]])
    assert match_lengths(pasted, labels)[99] == 100
    assert 100 <= len(longest_common_substring(pasted, labels)) < 115


def test_stays_match_as_far_as_the_longest_stay_of_the_source():
    assert match_lengths([0] * 6, [0, 0, 0, 0, 1]).tolist() == [1, 2, 3, 4, 4, 4]


def test_chains_are_not_joined():
    source = np.array([0, 0, 1, 1, 2, 2])
    chains = source.reshape(2, 3)
    assert match_lengths(chains, source).tolist() == [[1, 2, 3], [1, 2, 3]]
    assert len(longest_common_substring(chains, source)) == 3


def test_an_automaton_is_compared_with_many_trajectories():
    automaton = SuffixAutomaton([0, 1, 2])
    assert automaton.match_lengths([1, 2]).tolist() == [1, 2]
    assert automaton.match_lengths(np.array([[2, 0], [5, 1]])[:, ::-1]).tolist() == [[1, 1], [1, 0]]


def test_labels_that_the_source_lacks_have_no_match():
    assert match_lengths([3, 0, 3], [1, 1]).tolist() == [0, 0, 0]
    assert longest_common_substring([3, 0, 3], [1, 1]).shape == (0,)


def test_coin_tosses_have_the_match_lengths_that_theory_predicts():
    # One of 2^17 positions agrees on about 17 labels. The longest match of all has twice as many.
    n = 17
    labels, source = np.random.default_rng(2).integers(0, 2, (2, 2**n), dtype=np.uint8)
    lengths = match_lengths(labels, source)
    assert lengths.mean() == pytest.approx(n + 0.33, abs=0.1)  # n + γ/ln 2 − 1/2
    assert 2 * n - 5 < lengths.max() < 2 * n + 10


def test_the_time_is_proportional_to_the_number_of_labels():
    # A time that is proportional to the product of the two sizes would be hours.
    random = np.random.default_rng(3)
    source = random.integers(0, 4, 200_000, dtype=np.uint8)
    trajectories = random.integers(0, 4, (10, 100_000), dtype=np.uint8)
    begin = time.perf_counter()
    match_lengths(trajectories, source)
    assert time.perf_counter() - begin < 60  # half a second on a quiet machine


def test_a_source_with_two_chains_is_refused():
    with pytest.raises(ValueError, match=r"source: expected shape \(frames,\), found \(2, 3\)"):
        match_lengths([0], [[0, 1, 2], [0, 1, 2]])
