"""How far the error of a model is that of its data: semi-Markov chains that learn simulated data.

A semi-Markov chain takes the place of the network, because it learns in milliseconds. Each one
learns its own data, as a network does, and generates trajectories of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.judging.calibrated import ratio_test
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, decide
from lstm_md.judging.null_sample import HALF, NullSample, reference_null
from reproduction.calibration.case import FIRST_SEED, Case
from reproduction.calibration.run import NULL_REPETITIONS, Repetitions
from reproduction.rivals.semi_markov import fit_semi_markov_chain

TRAININGS = 3
LENGTHS = 3  # how much each chain generates, in lengths of its data

Floats = NDArray[np.float64]


def learn(case: Case, n_sets: int) -> tuple[Floats, Floats]:
    """Let chains learn data sets; count in the data and in what the chains generate.

    Returns
    -------
    data : ndarray, shape (sets, points)
    models : ndarray, shape (sets, trainings, points)
        Scaled to the length of the data.
    """
    data, models = [], []
    for k in range(n_sets // 20):
        for i, labels in enumerate(case.simulate(case.n_simulations + k)[:20]):
            chain = fit_semi_markov_chain(labels, n_labels=case.n_labels)
            drawn = chain.simulate(
                LENGTHS * labels.size, seed=FIRST_SEED + 20 * k + i, n_chains=TRAININGS
            )
            data.append(case.count(labels))
            models.append([case.count(one) / LENGTHS for one in drawn])
    return np.array(data), np.array(models)


def compare_with_data_and_process(case: Case, n_sets: int, cache: Path) -> dict[str, Any]:
    """Measure the correlation of the errors, and how often each test decides what.

    Parameters
    ----------
    case : Case
        Its blocks are whole data sets, whose process is a semi-Markov chain.
    n_sets : int
        A multiple of 20.
    cache : path
        As for :class:`~reproduction.calibration.run.Repetitions`.
    """
    runs = Repetitions(case, n_sets, cache)
    data, models = learn(case, n_sets)
    rates = np.array(case.rates)
    process = NullSample(reference_null(runs.mean[None], runs.null.data), runs.null.model)
    found = []
    for k, (counts, learned) in enumerate(zip(data, models)):
        row = []
        for compared, null in ((counts, runs.null), (runs.mean, process)):
            test = ratio_test(learned, compared, null, n_repetitions=NULL_REPETITIONS, seed=k)
            asked = decide(test, case.names, rates, of_process=null is process)
            row += [test.rejects, asked.outcome == HOLDS, asked.outcome == DOES_NOT_HOLD]
        found.append(row)
    shares = np.mean(found, axis=0).round(4).tolist()
    common = rates & runs.testable
    correlations, slopes = _agreement(data[:, common], models.mean(axis=1)[:, common])
    outcome = ("rejects", "holds", "does not hold")
    return {
        "words": f"semi-Markov chains that learned {n_sets} data sets: {case.words}",
        "sets": n_sets,
        "rates": [case.names[k] for k in np.flatnonzero(common)],
        "correlation": correlations,
        "slope": slopes,
        "against the data": dict(zip(outcome, shares[:3])),
        "against the process": dict(zip(outcome, shares[3:])),
    }


def _agreement(data: Floats, model: Floats) -> tuple[list[float], list[float]]:
    """Correlation of the log counts of models and data over the sets, and slope, of each rate."""
    data, model = (log - log.mean(axis=0) for log in (np.log(data + HALF), np.log(model + HALF)))
    shared = (data * model).mean(axis=0)
    correlation = shared / np.sqrt((data**2).mean(axis=0) * (model**2).mean(axis=0))
    slope = shared / (data**2).mean(axis=0)
    return correlation.round(3).tolist(), slope.round(3).tolist()
