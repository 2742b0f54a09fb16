"""The controls of a record, decided by the same rule as its networks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov import fit_markov_chain
from lstm_md.judging.controls import N_COPIES
from lstm_md.judging.decision import Decision
from reproduction.methods.judge import compare
from reproduction.methods.questions import Question, question_of
from reproduction.runs.records import Record

_SEED = 1

Counts = NDArray[np.float64]


def control_counts(question: Question, record: Record) -> dict[str, Counts]:
    """Count in what the controls generate: as many trajectories as the networks, as long as theirs.

    The Markov chain has the one-step probabilities of the data, and generates trajectories of its
    own. Shuffled labels and the untrained network of the record have hardly any memory, so their
    trajectories are put together from blocks of ``N_COPIES`` shorter ones, which are drawn at
    random.

    Returns
    -------
    dict of str to ndarray, each of shape (trainings, points)

    Raises
    ------
    ValueError
        If the untrained network generated fewer labels than a block.
    """
    data, untrained = record.data, record.controls["untrained"]
    n_trainings = len(record.generated)
    n_chains, n_frames = np.atleast_2d(record.generated[0]).shape
    chain = fit_markov_chain(data, n_labels=question.case.n_labels)
    random = np.random.default_rng(_SEED)
    shuffled = np.array([random.permutation(data) for _ in range(N_COPIES)])

    def drawn(labels: NDArray) -> Counts:
        blocks = question.blocks(labels)
        if not len(blocks):
            raise ValueError(
                f"record: each untrained chain of {record.name} has {labels.shape[-1]} labels, "
                f"expected at least {question.frames}; give a record with longer ones"
            )
        size = n_trainings, question.n_blocks(record.generated[0])
        return blocks[random.integers(len(blocks), size=size)].sum(axis=1)

    return {
        "first-order Markov chain": np.array(
            [
                question.counts(chain.simulate(n_frames, seed=_SEED + k, n_chains=n_chains))
                for k in range(n_trainings)
            ]
        ),
        "untrained network": drawn(untrained),
        "shuffled labels": drawn(shuffled),
    }


def judge_controls(claim: str, record: Record) -> dict[str, Decision]:
    """Decide a claim for each control of a record. A control passes if the claim holds for it."""
    question = question_of(claim, record.settings)
    return {
        name: compare(claim, record, counts=counts).decide()
        for name, counts in control_counts(question, record).items()
    }
