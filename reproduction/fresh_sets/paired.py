"""The paired comparison: networks of fresh data sets, and independent simulations.

The rules are those of the page *How a claim is judged*, and were fixed before the records were
made. Each network has an independent simulation of its own. The difference of a pair is the log
ratio of their counts, for every rate that can be tested. The logarithm of a count is on average
below the logarithm of its mean, more so for a network, which also inherits the error of its data.
This known difference is subtracted.

*Does not hold*: the sign-flip test rejects, and a rate that deviates significantly by itself, after
the correction for the number of rates, is outside the margin on average. *Holds*: otherwise, if the
90 % interval of every rate that can be tested is inside the margin. *Undecided*: neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.judging.calibrated import LEVEL
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    MARGIN,
    UNDECIDED,
    Decision,
    is_testable,
)
from lstm_md.judging.null_sample import HALF, NullSample
from lstm_md.judging.paired import sign_flip_p_values
from reproduction.calibration.case import N_DRAWS, drawn_sums
from reproduction.common.sets import half_width

N_REPETITIONS = 1000  # for a false-alarm rate
_SEED = 1

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Paired:
    """Networks of fresh data sets, compared with the process.

    Attributes
    ----------
    names : tuple of str
        Of the rates that can be tested.
    ratio, low, high : ndarray, shape (rates,)
        Network over process: the geometric mean over the data sets, and the ends of its 90 %
        interval, by Student's t.
    p_values : ndarray, shape (rates,)
        Of each rate by sign flips, corrected for the number of rates.
    spread : float
        Standard deviation of ln(rate) between the networks, beyond what chance does: the root of
        the mean square over the rates.
    decision : Decision
    """

    names: tuple[str, ...]
    ratio: Floats
    low: Floats
    high: Floats
    p_values: Floats
    spread: float
    decision: Decision


@dataclass(frozen=True, eq=False)
class Design:
    """Fresh data sets of a process, each with a network and an independent simulation of its own.

    Attributes
    ----------
    blocks : ndarray, shape (blocks, points)
        Counts in blocks of the process. Each data set has the same number of them for itself.
    rates : ndarray of bool, shape (points,)
        The points that the margin is about.
    n_sets : int
    learned, generated : int
        The length of a data set, and of what its network generated, in blocks.
    """

    blocks: NDArray
    rates: NDArray[np.bool_]
    n_sets: int
    learned: int
    generated: int

    @property
    def n_own(self) -> int:
        """The length of each independent simulation, in blocks."""
        return len(self.blocks) // self.n_sets

    @property
    def mean(self) -> Floats:
        """The mean counts in data of the process."""
        return self.learned * self.blocks.mean(axis=0)

    @cached_property
    def data(self) -> NullSample:
        """Data by chance. A model of the same length takes no part."""
        random = np.random.default_rng(_SEED)
        data = drawn_sums(random, self.blocks, N_DRAWS, self.learned)
        return NullSample(data, data)

    @cached_property
    def chance(self) -> tuple[Floats, Floats]:
        """The mean and the variance of the differences of networks like the process."""
        random = np.random.default_rng(_SEED + 1)
        models, own = (self._logs(random, n) for n in (self.generated, self.n_own))
        # A network has the error of its data and that of its own finite length.
        inherited = self.data.log_data
        mean = inherited.mean(axis=0) + models.mean(axis=0) - np.log(self.mean + HALF)
        variance = sum(part.var(axis=0, ddof=1) for part in (inherited, models, own))
        return mean - own.mean(axis=0), np.asarray(variance)

    @property
    def testable(self) -> NDArray[np.bool_]:
        """The rates that can be tested."""
        return self.rates & is_testable(self.data.variance)

    def _logs(self, random: np.random.Generator, n_blocks: int) -> Floats:
        counts = drawn_sums(random, self.blocks, N_DRAWS, n_blocks)
        return np.log(self.learned / n_blocks * counts + HALF)

    def differences(self, network: NDArray, own: NDArray) -> Floats:
        """Log ratios of networks and simulations from their counts, each (data sets, points)."""
        of_network = np.log(self.learned / self.generated * network + HALF)
        return of_network - np.log(self.learned / self.n_own * own + HALF) - self.chance[0]

    def compare(self, network: NDArray, names: tuple[str, ...]) -> Paired:
        """Compare what the networks generated, shape (data sets, points), with the process."""
        pairs = self.blocks[: self.n_own * self.n_sets].reshape(self.n_sets, self.n_own, -1)
        testable = self.testable
        rare = tuple(name for name, yes in zip(names, self.rates & ~testable) if yes)
        asked = testable if testable.any() else self.rates
        chosen = tuple(name for name, yes in zip(names, asked) if yes)
        differences = self.differences(network, pairs.sum(axis=1))[:, asked]
        p_values = sign_flip_p_values(differences)
        middle, half = differences.mean(axis=0), half_width(differences)
        decision = _decide(chosen, middle, half, p_values, rare, bool(testable.any()))
        low, ratio, high = np.exp(middle + half * np.array([[-1], [0], [1]]))
        excess = np.mean(differences.var(axis=0, ddof=1) - self.chance[1][asked])
        spread = float(np.sqrt(max(excess, 0.0)))
        return Paired(chosen, ratio, low, high, p_values, spread, decision)

    @cached_property
    def _drawn(self) -> tuple[list[Floats], Mapping[str, Any]]:
        """Counts of many data sets, networks and simulations, and the generator's state then."""
        random = np.random.default_rng(_SEED)
        drawn = [
            drawn_sums(random, self.blocks, N_DRAWS, length)
            for length in (self.learned, self.generated, self.n_own)
        ]
        return drawn, random.bit_generator.state

    def rejections(
        self, groups: NDArray[np.intp], spread: float, factor: float = 1.0, n: int = N_REPETITIONS
    ) -> float:
        """Repeat the design with networks that have learned their data: the share that rejects.

        Parameters
        ----------
        groups : ndarray of int, shape (points,)
            The points that share a pair of labels have the same number. A network multiplies them
            by one factor.
        spread : float
            Standard deviation of ln(rate) between trainings.
        factor : float
            By which all rates of the networks are off.
        n : int
            Repetitions.
        """
        drawn, state = self._drawn
        random = np.random.default_rng()
        random.bit_generator.state = state
        testable, mean, found = self.testable, self.mean, 0
        for _ in range(n):
            data, network, own = (
                counts[random.integers(N_DRAWS, size=self.n_sets)] for counts in drawn
            )
            normal = random.standard_normal((self.n_sets, groups.max() + 1))[:, groups]
            learned = factor * (data + HALF) / (mean + HALF) * np.exp(spread * normal)
            differences = self.differences(network * learned, own)[:, testable]
            found += bool(sign_flip_p_values(differences).min() <= LEVEL)
        return float(found / n)


def _decide(
    names: tuple[str, ...],
    middle: Floats,
    half: Floats,
    p_values: Floats,
    rare: tuple[str, ...],
    testable: bool,
) -> Decision:
    margin, size = np.log(MARGIN), np.abs(middle)
    refuted = (p_values <= LEVEL) & (size > margin)
    inside = size + half < margin
    more = 1.0
    if refuted.any():
        outcome, asked = DOES_NOT_HOLD, refuted
    elif testable and inside.all():
        outcome, asked = HOLDS, inside
    else:
        outcome, asked = UNDECIDED, ~inside if testable else np.ones_like(inside)
        # Until the interval is inside the margin, or excludes an equal rate.
        until = np.where(size < margin, half / np.abs(margin - size), half / size)
        more = float(np.max(until[asked] ** 2))
    at = int(np.argmax(np.where(asked, size + half, -1.0)))
    low, ratio, high = np.exp(middle[at] + half[at] * np.array([-1, 0, 1]))
    marks = () if testable else (CANNOT_BE_TESTED,)
    shown = (float(ratio), float(low), float(high))
    return Decision(outcome, float(p_values.min()), names[at], shown, more, rare, marks)
