"""A claim of the ledger, and the criteria that claims on several systems share."""

from __future__ import annotations

from dataclasses import dataclass

from lstm_md.judging.criteria import DRIFT, EVENTS, SHARE, WITHIN


@dataclass(frozen=True)
class Claim:
    """One statement of the paper and how it is judged.

    Parameters
    ----------
    id : str
        Of the ledger, such as "K1".
    text : str
        What the paper says, in our words.
    where : str
        The figure, table or section.
    criterion : str
        What must hold, fixed before the run.
    rationale : str
        Why this and not less.
    paper : str
        What the paper gives as a number, or says instead of one.
    """

    id: str
    text: str
    where: str
    criterion: str
    rationale: str
    paper: str = ""


BOLTZMANN_WHY = (
    "Populations alone cannot fail for shuffled labels, which have them by construction; their "
    "scatter from segment to segment, the error bar itself, needs the right memory."
)

COUNTS = (
    f"at least {SHARE:.0%} of the points of all count curves within {WITHIN:g} combined standard "
    f"errors of the training data, and a mean signed deviation of at most {DRIFT:g}; points with "
    f"fewer than {EVENTS} transitions in the training data are left out"
)

COUNTS_WHY = "Raw counts are matched by a Markov chain at lag 1; committed ones need memory."
