"""The criterion of N1 on trajectories of known origin: which ones pass, and which ones fail."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from reproduction.copies.criteria import MAX_LENGTH_RATIO, Matches, longest_allowed, no_copies
from reproduction.copies.matches import SuffixAutomaton
from reproduction.ledger import LEDGER

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
SLOWER = np.array([[0.99, 0.01, 0.0], [0.005, 0.99, 0.005], [0.0, 0.01, 0.99]])
FASTER = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.1, 0.9]])
N_FRAMES, N_TRAJECTORIES, N_OTHERS = 20_000, 4, 6


class Case:
    """Training data, six simulations that were not learned from, and four independent ones."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.data, *others = self.simulated(CHAIN, N_OTHERS + 1)
        self.automata = [SuffixAutomaton(source) for source in (self.data, *others)]
        self.independent = self.matches(self.simulated(CHAIN, N_TRAJECTORIES))

    def simulated(self, matrix, n_trajectories):
        seed = int(self.random.integers(2**31))
        return list(simulate_markov_chain(matrix, N_FRAMES, seed=seed, n_chains=n_trajectories))

    def matches(self, trajectories):
        return Matches.of([[a.match_lengths(t) for t in trajectories] for a in self.automata])

    def outcome(self, trajectories):
        return no_copies(self.matches(trajectories), self.independent)

    def with_copies(self, piece_frames):
        """Trajectories in which every piece is copied from the data."""
        shape = N_TRAJECTORIES, N_FRAMES
        n_pieces = N_TRAJECTORIES * N_FRAMES // piece_frames
        starts = self.random.integers(0, N_FRAMES - piece_frames, n_pieces)
        return self.data[starts[:, None] + np.arange(piece_frames)].reshape(shape)


CASES = [Case(seed) for seed in range(20)]


@pytest.mark.parametrize("matrix", [CHAIN, SLOWER, FASTER], ids=["same", "slower", "faster"])
def test_trajectories_without_copies_pass_with_right_and_with_wrong_kinetics(matrix):
    assert sum(case.outcome(case.simulated(matrix, 20)).passed for case in CASES) >= 19


@pytest.mark.parametrize("piece_frames", [2_000, 500, 200])
def test_pieces_of_the_training_data_in_another_order_fail(piece_frames):
    assert not any(case.outcome(case.with_copies(piece_frames)).passed for case in CASES)


def test_shifted_training_data_fail():
    for case in CASES:
        shifted = [np.roll(case.data, shift) for shift in (1, 1_000, N_FRAMES // 2)]
        assert not case.outcome(shifted).passed


def test_one_copied_piece_that_is_longer_than_allowed_fails():
    for case in CASES[:5]:
        trajectories = case.simulated(CHAIN, N_TRAJECTORIES)
        piece = int(longest_allowed(case.matches(trajectories), case.independent)) + 1
        outcome = case.outcome(trajectories)
        assert outcome.numbers["allowed"] == piece - 1
        assert f"one copied piece of {piece:,} frames" in outcome.power
        trajectories[3][5_000 : 5_000 + piece] = case.data[7_000 : 7_000 + piece]
        assert not case.outcome(trajectories).passed


def test_pieces_that_are_too_short_to_be_detected_pass():
    # They are as long as what any two trajectories share, so that no test could find them.
    assert sum(case.outcome(case.with_copies(10)).passed for case in CASES) >= 19


def test_the_excess_that_the_power_names_is_refused_nine_times_in_ten():
    random, refused = np.random.default_rng(5), []
    for _ in range(300):
        logs = 0.05 * random.normal(size=(2, N_OTHERS + 1, 1))
        independent, generated = (matches(50 * np.exp(each), 100) for each in logs)
        numbers = no_copies(generated, independent).numbers
        generated.mean[0] *= 1 + numbers["detectable_excess"]
        refused.append(not no_copies(generated, independent).passed)
    assert 0.85 <= np.mean(refused) <= 0.95


def matches(mean, longest):
    mean = np.asarray(mean, dtype=float)
    return Matches(mean, np.broadcast_to(longest, mean.shape))


def test_chance_alone_rarely_comes_near_the_longest_allowed_substring():
    # The reason for the factor: of 20 trajectories, the longest match with the data, relative to
    # the longest one with the other sources.
    ratios = []
    for case in CASES:
        found = case.matches(case.simulated(CHAIN, 20))
        allowed = longest_allowed(found, case.independent)
        ratios.append(MAX_LENGTH_RATIO * found.longest[0].max() / allowed)
    assert max(ratios) < MAX_LENGTH_RATIO
    assert np.median(ratios) < 1.1


@pytest.mark.parametrize(
    ("factor", "longest", "passed"),
    [
        (0.5, 100, True),  # shorter matches are no copies
        (1.0, 100, True),
        (1.5, 100, False),
        (1.0, 150, True),
        (1.0, 151, False),
    ],
)
def test_the_training_data_must_not_stand_out(factor, longest, passed):
    mean = np.array([[50.0 * factor], [51.0], [49.0], [50.0]])
    independent = matches(np.full((4, 1), 50.0), 100)
    generated = matches(mean, [[longest], [90], [90], [90]])
    outcome = no_copies(generated, independent)
    assert outcome.passed == passed
    assert outcome.numbers["excess"] == pytest.approx(factor - 1, abs=0.001)
    assert (outcome.numbers["longest"], outcome.numbers["allowed"]) == (longest, 150)


def test_sources_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="generated, independent: expected the same sources"):
        no_copies(matches(np.ones((4, 1)), 1), matches(np.ones((3, 1)), 1))
    with pytest.raises(ValueError, match="2 or more others, found 2 and 2"):
        no_copies(matches(np.ones((2, 1)), 1), matches(np.ones((2, 1)), 1))


def test_the_ledger_names_the_limits():
    claim = LEDGER["N1"]
    assert claim.where == "beyond the paper"
    assert "within 3 standard errors" in claim.criterion and "1.5 times" in claim.criterion
