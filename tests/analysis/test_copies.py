import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_md.analysis.copies import SuffixAutomaton, longest_common_substring, match_lengths

TEXTS = st.integers(1, 4).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, n - 1), min_size=1, max_size=40)] * 2)
)


def by_brute_force(labels, source):
    every = {tuple(source[i:j]) for i in range(len(source)) for j in range(i, len(source) + 1)}
    return [
        max(k for k in range(end + 1) if tuple(labels[end - k : end]) in every)
        for end in range(1, len(labels) + 1)
    ]


@settings(deadline=None)  # the first call compiles
@given(TEXTS)
def test_match_lengths_are_those_of_a_search_for_every_substring(texts):
    labels, source = texts
    expected = by_brute_force(labels, source)
    assert match_lengths(labels, source).tolist() == expected
    longest = longest_common_substring(labels, source)
    assert len(longest) == max(expected)
    end = expected.index(max(expected)) + 1
    assert longest.tolist() == labels[end - max(expected) : end]


def test_a_word_that_everyone_knows():
    banana, bandana = ([" abdn".index(letter) for letter in word] for word in ("banana", "bandana"))
    assert match_lengths(bandana, banana).tolist() == [1, 2, 3, 0, 1, 2, 3]
    assert longest_common_substring(bandana, banana).tolist() == banana[:3]


def test_a_text_is_a_copy_of_itself_and_a_part_of_it_of_the_whole():
    text = np.random.default_rng(1).integers(0, 3, 500)
    assert (match_lengths(text, text) == np.arange(1, 501)).all()
    assert (match_lengths(text[200:300], text) == np.arange(1, 101)).all()
    pasted = np.concatenate([text[300:400], text[:100]])
    assert match_lengths(pasted, text)[99] == 100
    assert 100 <= len(longest_common_substring(pasted, text)) < 115


def test_runs_match_as_far_as_the_longest_run_of_the_source():
    assert match_lengths([0] * 6, [0, 0, 0, 0, 1]).tolist() == [1, 2, 3, 4, 4, 4]


def test_chains_are_not_joined():
    source = np.array([0, 0, 1, 1, 2, 2])
    chains = source.reshape(2, 3)
    assert match_lengths(chains, source).tolist() == [[1, 2, 3], [1, 2, 3]]
    assert len(longest_common_substring(chains, source)) == 3


def test_an_automaton_reads_many_texts():
    automaton = SuffixAutomaton([0, 1, 2])
    assert automaton.match_lengths([1, 2]).tolist() == [1, 2]
    assert automaton.match_lengths(np.array([[2, 0], [5, 1]])[:, ::-1]).tolist() == [[1, 1], [1, 0]]


def test_nothing_in_common():
    assert match_lengths([3, 0, 3], [1, 1]).tolist() == [0, 0, 0]
    assert longest_common_substring([3, 0, 3], [1, 1]).shape == (0,)


def test_tosses_of_a_coin_match_for_as_long_as_theory_says():
    # Of 2^17 places, one agrees on about 17 labels; the longest of all agrees on twice as many.
    n = 17
    text, source = np.random.default_rng(2).integers(0, 2, (2, 2**n), dtype=np.uint8)
    lengths = match_lengths(text, source)
    assert lengths.mean() == pytest.approx(n + 0.33, abs=0.1)  # n + γ/ln 2 − 1/2
    assert 2 * n - 5 < lengths.max() < 2 * n + 10


def test_time_grows_in_proportion_to_the_labels():
    # A search that grew with the product of the two sizes would take hours.
    random = np.random.default_rng(3)
    source = random.integers(0, 4, 200_000, dtype=np.uint8)
    texts = random.integers(0, 4, (10, 100_000), dtype=np.uint8)
    begin = time.perf_counter()
    match_lengths(texts, source)
    assert time.perf_counter() - begin < 60  # half a second on a quiet machine


def test_a_source_of_two_chains_is_refused():
    with pytest.raises(ValueError, match=r"source: expected shape \(frames,\), found \(2, 3\)"):
        match_lengths([0], [[0, 1, 2], [0, 1, 2]])
