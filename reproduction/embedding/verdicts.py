"""E1–E3 of a record: the times of every embedding, the true ones, and what has to fail."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.embedding import embedding_times, one_step_times, scaled, transition_times
from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.embedding import criteria
from reproduction.runs.records import Record

CLAIMS = {"linear_three_state": "E1", "triangular_three_state": "E2", "four_state": "E3"}

Times = NDArray[np.float64]


class Distances:
    """The times between the states of a record, shapes (N, N), in frames.

    Parameters
    ----------
    record : Record
        Of a model potential.

    Attributes
    ----------
    truth, data : ndarray, shape (N, N)
        τ of the reference, and of the training data (Eq 22).
    embeddings : list of ndarray, each of shape (N, M)
    populations : list of ndarray, each of shape (N,)
        Of what each network wrote.
    each : ndarray, shape (trainings, N, N)
        t of every training (Eq 21).
    markov : ndarray, shape (N, N)
        t of the true probabilities of one step and the true populations: what Eq 21 gives where
        the ansatz would be exact.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.n_labels = int(record.settings["labels"])
        self.states = "ABCD"[: self.n_labels]
        self.truth, self.data = self.counted(record.reference), self.counted(record.data)
        self.embeddings = [training.embedding for training in record.trainings]
        self.populations = [populations(text, n_labels=self.n_labels) for text in record.generated]
        self.each = self.of(self.embeddings)
        self.markov = one_step_times(
            fit_markov_chain(record.data, n_labels=self.n_labels),
            populations(record.data, n_labels=self.n_labels),
        )

    def counted(self, labels: NDArray[np.unsignedinteger], shortest: int = 1) -> Times:
        """τ of labels (Eq 22), over the record's commit times from ``shortest`` on."""
        times = [c for c in self.record.settings["commit_times"] if c >= shortest]
        return transition_times(
            transition_counts(labels, times, n_labels=self.n_labels), labels.size
        )

    def of(self, embeddings: list[NDArray]) -> Times:
        """t of one embedding a training, with the populations of what that training wrote."""
        pairs = zip(embeddings, self.populations, strict=True)
        return np.array([embedding_times(rows, shares) for rows, shares in pairs])

    def untrained(self) -> Times:
        """t of the embeddings as they were before the training, shape (trainings, N, N)."""
        return self.of(list(self.record.embeddings["untrained"]))

    def shuffled(self) -> Times:
        """t of networks that learned shuffled labels, shape (networks, N, N)."""
        shares = populations(self.record.data, n_labels=self.n_labels)
        rows = self.record.embeddings["shuffled"]
        return np.array([embedding_times(each, shares) for each in rows])

    def rows_exchanged(self) -> list[int]:
        """How many trainings follow with the embedding's rows in each order, the true one first.

        The populations stay where they are: what the embedding itself knows of the kinetics is
        what the first number has over the others.
        """
        orders = permutations(range(self.n_labels))
        return [
            sum(
                criteria.follows(times, self.truth)
                for times in self.of([rows[list(order)] for rows in self.embeddings])
            )
            for order in orders
        ]

    def test(self, each: Times) -> Outcome:
        """The criterion of E1–E3."""
        return criteria.embeddings_follow(each, self.truth, self.states)


def verdict(record: Record) -> Verdict:
    """The verdict on E1, E2 or E3, by the record's potential.

    Raises
    ------
    KeyError
        If the ledger asks nothing of the embedding for this potential.
    ValueError
        If a pair of states never exchanges in the reference.
    """
    distances = Distances(record)
    controls = {
        "untrained network": distances.test(distances.untrained()),
        "shuffled labels": distances.test(distances.shuffled()),
    }
    exchanged = criteria.exchanged_follow(distances.each, distances.truth)
    if exchanged is not None:  # no exchange is wrong where all pairs are alike
        controls["states exchanged"] = exchanged
    best = Outcome(criteria.follows(distances.data, distances.truth), "counted, not learned")
    claim = CLAIMS[record.settings["potential"]]
    return judge(
        claim, distances.test(distances.each), controls, best=best, source=record.recorded()
    )


def numbers(record: Record) -> dict[str, Any]:
    """What the chapter and the ledger take from a record's embeddings, as JSON holds it.

    Returns
    -------
    dict
        Times are lists over the pairs l < m, in frames; infinite ones are None.
    """
    distances = Distances(record)
    logs = np.log(criteria.upper(distances.each))
    drawn = criteria.upper([scaled(times) for times in distances.each])
    return {
        "pairs": [
            distances.states[i] + distances.states[j] for i, j in criteria.pairs(distances.n_labels)
        ],
        "true_times": _plain(criteria.upper(distances.truth)),
        "true_times_of_the_data": _plain(criteria.upper(distances.data)),
        "one_step_times": _plain(criteria.upper(distances.markov)),
        "one_step_follows": criteria.follows(distances.markov, distances.truth),
        "times": [_plain(each) for each in criteria.upper(distances.each)],
        "follows": [criteria.follows(times, distances.truth) for times in distances.each],
        "mean_time": _plain(np.exp(logs.mean(axis=0))),
        "spread_factor": _plain(np.exp(logs.std(axis=0))),
        "scaled_true_times": _plain(criteria.upper(scaled(distances.truth))),
        "scaled_times": {"mean": _plain(drawn.mean(axis=0)), "sd": _plain(drawn.std(axis=0))},
        "near_when_scaled": criteria.near_when_scaled(distances.each, distances.truth),
        "follow_with_rows_exchanged": distances.rows_exchanged(),
    }


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    """Ten digits are more than the last ones that differ between machines; JSON has no inf."""
    return [float(f"{value:.10g}") if np.isfinite(value) else None for value in values]
