"""The verdicts on E1–E3: the times of every embedding beside those that were counted."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import by_segments
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.common.numbers import round_for_json
from reproduction.embedding import criteria
from reproduction.embedding.claims import CLAIMS
from reproduction.embedding.times import embedding_times, one_step_times, scaled, transition_times
from reproduction.runs.records import Record

CLAIM_OF = {"linear_three_state": "E1", "triangular_three_state": "E2", "four_state": "E3"}

Times = NDArray[np.float64]


class EmbeddingEstimates:
    """The times between the states of a record, in arrays of shape (N, N), in frames.

    Parameters
    ----------
    record : Record
        Of a model potential.

    Attributes
    ----------
    reference_times, data_times : ndarray, shape (N, N)
        τ of the reference and of the training data (Eq 22).
    embeddings : list of ndarray, each of shape (N, M)
    populations : list of ndarray, each of shape (N,)
        Of the labels that each network generated.
    each : ndarray, shape (trainings, N, N)
        t of every training (Eq 21).
    one_step : ndarray, shape (N, N)
        t of the one-step probabilities and populations of the training data: what Eq 21 would
        give if Eq 20 were exact.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.n_labels = int(record.settings["labels"])
        self.states = "ABCD"[: self.n_labels]
        self.reference_times = self.counted(record.reference)
        self.data_times = self.counted(record.data)
        self.embeddings = [training.embedding for training in record.trainings]
        self.populations = [self._populations(labels) for labels in record.generated]
        self.each = self.times(self.embeddings)
        chain = fit_markov_chain(record.data, n_labels=self.n_labels)
        self.one_step = one_step_times(chain.transition_matrix, self._populations(record.data))

    def _populations(self, labels: NDArray[np.unsignedinteger]) -> NDArray[np.float64]:
        return populations(labels, n_labels=self.n_labels)

    def counted(self, labels: NDArray[np.unsignedinteger], shortest: int = 1) -> Times:
        """Compute τ of labels (Eq 22), over the record's commit times from ``shortest`` on."""
        commit_times = [c for c in self.record.settings["commit_times"] if c >= shortest]
        counts = transition_counts(labels, commit_times, n_labels=self.n_labels)
        return transition_times(counts, labels.size)

    def reference_error(self) -> Times:
        """Estimate the standard errors of ``reference_times``, from segments of the reference."""
        settings = self.record.settings

        def counts(part: NDArray[np.unsignedinteger]) -> Times:
            found = transition_counts(part, settings["commit_times"], n_labels=self.n_labels)
            mean = found.mean(axis=0)
            return (mean + mean.T) / 2

        factor = len(self.record.reference) // len(self.record.data)
        seen = by_segments(counts, self.record.reference, factor * settings["segments"])
        with np.errstate(invalid="ignore"):
            return self.reference_times * seen.error / seen.value

    def times(self, embeddings: list[NDArray]) -> Times:
        """Compute t of one embedding per training, with the populations it generated."""
        both = zip(embeddings, self.populations, strict=True)
        return np.array([embedding_times(rows, shares) for rows, shares in both])

    def untrained(self) -> Times:
        """Compute t of the embeddings before the training, shape (trainings, N, N)."""
        return self.times(list(self.record.embeddings["untrained"]))

    def shuffled(self) -> Times:
        """Compute t of networks that learned shuffled labels, shape (networks, N, N)."""
        shares = self._populations(self.record.data)
        rows = self.record.embeddings["shuffled"]
        return np.array([embedding_times(each, shares) for each in rows])

    def rows_exchanged(self) -> list[int]:
        """Count the trainings that follow with the embedding's rows in each order.

        The true order comes first. The populations stay where they are, so what the embedding
        itself knows of the kinetics is the difference between the first number and the others.
        """
        orders = permutations(range(self.n_labels))
        return [
            sum(
                criteria.follows(times, self.reference_times)
                for times in self.times([rows[list(order)] for rows in self.embeddings])
            )
            for order in orders
        ]

    def test(self, each: Times) -> Outcome:
        """Apply the criterion of E1–E3."""
        return criteria.embeddings_follow(each, self.reference_times, self.states)


def verdict(record: Record) -> Verdict:
    """Judge E1, E2 or E3, by the record's potential.

    Raises
    ------
    KeyError
        If the ledger asks nothing of the embedding for this potential.
    ValueError
        If a pair of states never exchanges in the reference.
    """
    estimates = EmbeddingEstimates(record)
    controls = {
        "untrained network": estimates.test(estimates.untrained()),
        "shuffled labels": estimates.test(estimates.shuffled()),
    }
    exchanged = criteria.exchanged_follow(estimates.each, estimates.reference_times)
    if exchanged is not None:  # no exchange is wrong where all pairs are alike
        controls["states exchanged"] = exchanged
    data_follow = criteria.follows(estimates.data_times, estimates.reference_times)
    return judge(
        CLAIMS[CLAIM_OF[record.settings["potential"]]],
        estimates.test(estimates.each),
        controls,
        best=Outcome(data_follow, "counted, not learned"),
        source=record.recorded(),
    )


def numbers(record: Record) -> dict[str, Any]:
    """What the chapter and the ledger take from a record's embeddings, as JSON holds it.

    Returns
    -------
    dict
        Times are lists over the pairs l < m, in frames; infinite ones are None.
    """
    estimates = EmbeddingEstimates(record)
    reference = estimates.reference_times
    logs = np.log(criteria.upper(estimates.each))
    drawn = criteria.upper([scaled(times) for times in estimates.each])
    return {
        "pairs": [
            estimates.states[i] + estimates.states[j] for i, j in criteria.pairs(estimates.n_labels)
        ],
        "true_times": round_for_json(criteria.upper(reference)),
        "true_times_of_the_data": round_for_json(criteria.upper(estimates.data_times)),
        "one_step_times": round_for_json(criteria.upper(estimates.one_step)),
        "one_step_follows": criteria.follows(estimates.one_step, reference),
        "times": [round_for_json(each) for each in criteria.upper(estimates.each)],
        "follows": [criteria.follows(times, reference) for times in estimates.each],
        "mean_time": round_for_json(np.exp(logs.mean(axis=0))),
        "spread_factor": round_for_json(np.exp(logs.std(axis=0))),
        "scaled_true_times": round_for_json(criteria.upper(scaled(reference))),
        "scaled_times": {
            "mean": round_for_json(drawn.mean(axis=0)),
            "sd": round_for_json(drawn.std(axis=0)),
        },
        "near_when_scaled": criteria.near_when_scaled(estimates.each, reference),
        "follow_with_rows_exchanged": estimates.rows_exchanged(),
    }
