"""The criterion of N1 on texts of known origin: what must pass, what must fail."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.copies import SuffixAutomaton
from lstm_md.analysis.markov import simulate_markov_chain
from reproduction.copies.criteria import LONGER, Matches, longest_allowed, no_copies
from reproduction.ledger import LEDGER

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
SLOWER = np.array([[0.99, 0.01, 0.0], [0.005, 0.99, 0.005], [0.0, 0.01, 0.99]])
FASTER = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.1, 0.9]])
FRAMES, TEXTS, OTHERS = 20_000, 4, 6


class Case:
    """Training data, six simulations that nobody learned from, and four independent texts."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.data, *others = self.written(CHAIN, OTHERS + 1)
        self.sources = [SuffixAutomaton(source) for source in (self.data, *others)]
        self.independent = self.matches(self.written(CHAIN, TEXTS))

    def written(self, matrix, texts):
        seed = int(self.random.integers(2**31))
        return list(simulate_markov_chain(matrix, FRAMES, seed=seed, n_chains=texts))

    def matches(self, texts):
        return Matches.of([[a.match_lengths(t) for t in texts] for a in self.sources])

    def outcome(self, texts):
        return no_copies(self.matches(texts), self.independent)

    def pasted(self, piece, share=1.0):
        """Independent texts in which that share of all pieces is copied from the data."""
        texts = np.array(self.written(CHAIN, TEXTS)).reshape(-1, piece)
        copied = self.random.random(len(texts)) < share
        begins = self.random.integers(0, FRAMES - piece, copied.sum())
        texts[copied] = self.data[begins[:, None] + np.arange(piece)]
        return texts.reshape(TEXTS, FRAMES)


CASES = [Case(seed) for seed in range(20)]


@pytest.mark.parametrize("matrix", [CHAIN, SLOWER, FASTER], ids=["same", "slower", "faster"])
def test_what_copies_nothing_passes_whether_its_physics_is_right_or_wrong(matrix):
    assert sum(case.outcome(case.written(matrix, 20)).passed for case in CASES) >= 19


@pytest.mark.parametrize("piece", [2_000, 500, 200])
def test_pieces_of_the_training_data_in_another_order_fail(piece):
    assert not any(case.outcome(case.pasted(piece)).passed for case in CASES)


def test_the_training_data_shifted_fail():
    for case in CASES:
        shifted = [np.roll(case.data, shift) for shift in (1, 1_000, FRAMES // 2)]
        assert not case.outcome(shifted).passed


def test_one_copied_piece_longer_than_what_is_allowed_fails():
    for case in CASES[:5]:
        texts = case.written(CHAIN, TEXTS)
        piece = int(longest_allowed(case.matches(texts), case.independent)) + 1
        assert f"one copied piece of {piece:,} frames" in case.outcome(texts).power
        texts[3][5_000 : 5_000 + piece] = case.data[7_000 : 7_000 + piece]
        assert not case.outcome(texts).passed


def test_pieces_that_are_too_short_to_tell_pass():
    # They are as long as what any two texts share: no test could tell.
    assert sum(case.outcome(case.pasted(10)).passed for case in CASES) >= 19


def test_what_the_power_promises_is_caught():
    random, caught = np.random.default_rng(5), []
    for _ in range(300):
        logs = 0.05 * random.normal(size=(2, OTHERS + 1, 1))
        independent, texts = (matches(50 * np.exp(each), 100) for each in logs)
        power = no_copies(texts, independent).power
        texts.mean[0] *= 1 + float(power.split("longer by ")[1].split("%")[0]) / 100
        caught.append(not no_copies(texts, independent).passed)
    assert 0.85 <= np.mean(caught) <= 0.95


def matches(mean, longest):
    mean = np.asarray(mean, dtype=float)
    return Matches(mean, np.broadcast_to(longest, mean.shape))


def test_chance_alone_is_seldom_beyond_what_is_allowed():
    # The factor's reason: of 20 texts, the longest of all against that of the others.
    beyond = []
    for case in CASES:
        texts = case.matches(case.written(CHAIN, 20))
        beyond.append(texts.longest[0].max() / longest_allowed(texts, case.independent) * LONGER)
    assert max(beyond) < LONGER
    assert np.median(beyond) < 1.1


def test_the_training_data_must_not_stand_out_and_shorter_matches_are_no_copies():
    spread = np.array([[50.0], [51.0], [49.0], [50.0]])
    independent = matches(np.full((4, 1), 50.0), 100)
    for factor, longest, passed in (
        (0.5, 100, True),
        (1.0, 100, True),
        (1.5, 100, False),
        (1.0, 150, True),
        (1.0, 151, False),
    ):
        texts = matches(spread * np.array([[factor], [1], [1], [1]]), [[longest], [90], [90], [90]])
        assert no_copies(texts, independent).passed == passed


def test_sources_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="texts, independent: expected the same sources"):
        no_copies(matches(np.ones((4, 1)), 1), matches(np.ones((3, 1)), 1))
    with pytest.raises(ValueError, match="2 or more others, found 2 and 2"):
        no_copies(matches(np.ones((2, 1)), 1), matches(np.ones((2, 1)), 1))


def test_the_ledger_says_what_is_judged():
    claim = LEDGER["N1"]
    assert claim.where == "beyond the paper"
    assert "more than 3 standard errors" in claim.criterion and "1.5 times" in claim.criterion
