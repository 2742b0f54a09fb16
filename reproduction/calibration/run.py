"""Repeat the calibrated test on simulated data and models, and record how often it decides what."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.judging.calibrated import LEVEL, ratio_test
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, MARGIN, decide, is_testable
from lstm_md.judging.null_sample import HALF, NullSample, reference_null
from lstm_md.judging.paired import sign_flip_p_value
from reproduction.calibration.case import Case, drawn_sums
from reproduction.calibration.limits import AGAIN, LIMITS

TRAININGS = (3, 5, 10, 20)
MANY = 10  # trainings, wherever only one number of them is tried
PAIRED_SETS = 10  # fresh data sets of the paired design
POOL = 2000  # draws of the null sample
NULL_REPETITIONS = 199  # in each test; a verdict takes more
RATE_FACTORS = (1.1, 1.25, 1.5)
PAIR_FACTOR = 2.0
NO_SPREAD = "10, no spread"

Floats = NDArray[np.float64]
Model = Callable[[Floats, Floats], Floats]  # of the counts of trainings and of their data


class Repetitions:
    """Data and models of a case, and the share of the tests that decide something.

    Parameters
    ----------
    case : Case
    repetitions : int
        For a false-alarm rate; a fifth of them for a power.
    cache : path
        The folder that keeps the counts of the blocks.
    seed : int
        Of the data and models that are drawn.
    """

    def __init__(self, case: Case, repetitions: int, cache: Path, seed: int = 1) -> None:
        self.case, self.repetitions = case, repetitions
        data = kept(cache / f"{case.name}.npy", case.blocks)
        model = data
        if case.simulate_model:
            model = kept(cache / f"{case.name}, model.npy", lambda: case.blocks(of_model=True))
        # The null sample and the repetitions share no block, if there are many.
        halves = [slice(None)] * 2 if len(data) < 200 else [slice(0, None, 2), slice(1, None, 2)]
        self.pools = [(data[half], model[half]) for half in halves]
        self.random = np.random.default_rng(seed)
        first = self.pools[0]
        self.null = NullSample(self._data(first[0], POOL), self._models(first[1], POOL), case.scale)
        self.mean = self.null.data.mean(axis=0)
        self.testable = is_testable(self.null.variance)

    def _data(self, pool: Floats, n: int) -> Floats:
        return drawn_sums(self.random, pool, n, self.case.data_blocks)

    def _models(self, pool: Floats, n: int) -> Floats:
        return drawn_sums(self.random, pool, n, self.case.model_blocks)

    def _multiplied(self, counts: Floats, factors: Floats) -> Floats:
        """Multiply the counts of trainings by their factors."""
        changed = counts * factors
        if self.case.shares:
            changed *= counts.sum(axis=-1, keepdims=True) / changed.sum(axis=-1, keepdims=True)
        return changed

    def outcomes(
        self,
        n: int,
        n_trainings: int = MANY,
        spread: float | None = None,
        model: Model = lambda counts, data: counts,
        pool: Floats | None = None,
        of_process: bool = False,
    ) -> dict[str, float]:
        """Repeat data, trainings and test; return the shares that reject, hold and do not hold.

        Parameters
        ----------
        n : int
        n_trainings : int
        spread : float, optional
            Standard deviation of ln(rate) between trainings; that of the case if left out. Every
            training draws a factor for each pair of labels.
        model : callable
            Changes the counts of the trainings.
        pool : ndarray, optional
            Other blocks for the trainings.
        of_process : bool
            Compare with the process instead of the data.
        """
        case, null = self.case, self.null
        spread = case.spread if spread is None else spread
        if of_process:
            long = self.mean[None]
            null = NullSample(reference_null(long, null.data), null.model, null.scale)
        groups, rates = np.array(case.groups), np.array(case.rates)
        found = []
        for k in range(n):
            data = self._data(self.pools[1][0], 1)[0]
            counts = self._models(self.pools[1][1] if pool is None else pool, n_trainings)
            normal = self.random.standard_normal((n_trainings, groups.max() + 1))[:, groups]
            counts = model(self._multiplied(counts, np.exp(spread * normal - spread**2 / 2)), data)
            compared = self.mean if of_process else data
            test = ratio_test(counts, compared, null, n_repetitions=NULL_REPETITIONS, seed=k)
            decision = decide(test, case.names, rates, of_process=of_process)
            outcome = decision.outcome
            found.append([test.rejects, outcome == HOLDS, outcome == DOES_NOT_HOLD])
        shares = np.mean(found, axis=0)
        return dict(zip(("rejects", "holds", "does not hold"), shares.round(4).tolist()))

    def sign_flips(self, n: int, factor: float = 1.0) -> float:
        """Repeat the paired design: the share of sign-flip tests that reject.

        Each of ten data sets has one network, which has learned its data. The differences are
        the log ratios of network and process, of all rates that can be tested. The mean logarithm
        of a count is below the logarithm of its mean, so they are taken from the mean logarithm
        of simulated networks. The process is known exactly here: it is all the blocks that the
        data are drawn from.
        """
        case = self.case
        self.random = np.random.default_rng(2)
        data, models = self._data(self.pools[1][0], POOL), self._models(self.pools[1][1], POOL)
        logs = np.log(data + HALF) + np.log(case.scale * models + HALF)
        centre = logs.mean(axis=0) - np.log(self.mean + HALF)
        asked = np.array(case.rates) & self.testable
        groups, learned = np.array(case.groups), self.learned(factor)
        found = []
        for _ in range(n):
            data = self._data(self.pools[1][0], PAIRED_SETS)
            counts = case.scale * self._models(self.pools[1][1], PAIRED_SETS)
            normal = self.random.standard_normal((PAIRED_SETS, groups.max() + 1))[:, groups]
            counts = learned(self._multiplied(counts, np.exp(case.spread * normal)), data)
            differences = np.log(counts + HALF) - centre
            found.append(sign_flip_p_value(differences[:, asked]) <= LEVEL)
        return round(float(np.mean(found)), 4)

    def learned(self, factor: float = 1.0) -> Model:
        """A model that has learned the rates of its data, times a factor."""
        return lambda counts, data: counts * (factor * (data + HALF) / (self.mean + HALF))

    def pair(self, rarest: bool) -> Model:
        """A model with one pair of labels off: the commonest, or the rarest that occurs."""
        groups, rates = np.array(self.case.groups), np.array(self.case.rates)
        here = np.where(rates & (self.mean > 1), self.mean, np.nan)
        at = np.nanargmin(here) if rarest else np.nanargmax(here)
        return times(np.where(groups == groups[at], PAIR_FACTOR, 1.0))


def times(factor: Floats | float) -> Model:
    """A model whose rates are off by a factor."""
    return lambda counts, data: counts * factor


def calibrate(case: Case, repetitions: int, cache: Path) -> dict[str, Any]:
    """Calibrate one case; return shares of repetitions, as JSON holds them."""
    runs = Repetitions(case, repetitions, cache)
    few = repetitions // 5
    alarms = {str(m): runs.outcomes(repetitions, m)["rejects"] for m in TRAININGS}
    alarms[NO_SPREAD] = runs.outcomes(repetitions, spread=0.0)["rejects"]
    power = {
        f"all off by {factor - 1:.0%}": runs.outcomes(few, model=times(factor))
        for factor in RATE_FACTORS
    }
    power["commonest pair off by 2"] = runs.outcomes(few, model=runs.pair(rarest=False))
    power["rarest pair off by 2"] = runs.outcomes(few, model=runs.pair(rarest=True))
    if case.n_labels:
        chain = kept(cache / f"{case.name}, chain.npy", case.markov_blocks)
        power["lag-1 Markov chain"] = runs.outcomes(few, pool=chain)
    perfect = {
        "knows its data": runs.outcomes(few, model=runs.learned()),
        "independent of its data": runs.outcomes(few),
        f"{MARGIN:g} times the rates of its data": runs.outcomes(few, model=runs.learned(MARGIN)),
        "knows its data, compared with the process": runs.outcomes(
            repetitions, model=runs.learned(), of_process=True
        ),
    }
    flips = {}
    if (runs.testable & np.array(case.rates)).any() and not case.reference:
        flips = {"false alarms": runs.sign_flips(repetitions)}
        for factor in RATE_FACTORS:
            flips[f"all off by {factor - 1:.0%}"] = runs.sign_flips(few, factor)
    rates = np.flatnonzero(case.rates)
    error = np.sqrt(runs.null.variance)
    return {
        "words": case.words,
        "points": len(case.names),
        "repetitions": repetitions,
        "spread": case.spread,
        "false_alarms": alarms,
        "again": again(case, alarms, repetitions, cache),
        "power": power,
        "perfect": perfect,
        "sign_flips": flips,
        "error_of_data": {case.names[k]: round(float(error[k]), 3) for k in rates},
    }


def again(
    case: Case, alarms: Mapping[str, float], repetitions: int, cache: Path
) -> dict[str, dict[str, float]]:
    """Measure the false-alarm rates outside ``LIMITS`` again, with more repetitions.

    Of many rates, a few lie outside by chance. The draws are others than those that showed it, so
    that a rate that was high by chance is not so again.
    """
    found = {}
    for trainings, share in alarms.items():
        if not LIMITS[0] <= share <= LIMITS[1]:
            runs = Repetitions(case, repetitions, cache, seed=3)
            spread = 0.0 if trainings == NO_SPREAD else None
            n = MANY if trainings == NO_SPREAD else int(trainings)
            rejects = runs.outcomes(AGAIN * repetitions, n, spread)["rejects"]
            found[trainings] = {"rejects": rejects, "repetitions": AGAIN * repetitions}
    return found


def kept(path: Path, make: Callable[[], Floats]) -> Floats:
    """Load an array, or make and keep it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, make())
    return np.load(path)


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON that is easy to compare."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
