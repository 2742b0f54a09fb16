"""N1–N3: whether what the networks of a record generated is a copy of their training data."""

from __future__ import annotations

from lstm_md.judging.verdict import Verdict, judge
from reproduction.common.estimates import MODEL
from reproduction.copies.claims import CLAIMS
from reproduction.copies.comparison import REORDERED, SHIFTED, CopyComparison
from reproduction.runs.records import Record

CLAIM_OF = {"linear_three_state": "N1", "triangular_three_state": "N2", "four_state": "N3"}
# A reference holds ten independent simulations: six are sources, and four are compared with them.
N_OTHER_SOURCES, N_INDEPENDENT = 6, 4


class CopyTest(CopyComparison):
    """The matches of a record's trajectories with its training data and with other simulations.

    Of each network, the first chain counts, cut to the length of the training data.

    Parameters
    ----------
    record : Record
        Of a model potential, with a reference ten times as long as the training data.
    """

    def __init__(self, record: Record) -> None:
        n_frames, n_simulations = record.data.size, N_OTHER_SOURCES + N_INDEPENDENT
        simulations = record.reference[: n_simulations * n_frames].reshape(n_simulations, n_frames)
        super().__init__(
            record.data,
            simulations[:N_OTHER_SOURCES],
            simulations[N_OTHER_SOURCES:],
            [chains[0, :n_frames] for chains in record.generated],
            seed=int(record.settings["seed"]),
        )
        self.record = record

    def verdict(self) -> Verdict:
        """Judge N1, N2 or N3; this takes some seconds."""
        return judge(
            CLAIMS[CLAIM_OF[self.record.settings["potential"]]],
            self.no_copies(MODEL),
            {name: self.no_copies(name) for name in (REORDERED, SHIFTED)},
            best=self.best(),
            source=self.record.recorded(),
        )


def verdict(record: Record) -> Verdict:
    """Judge N1, N2 or N3 by a record."""
    return CopyTest(record).verdict()
