"""Whether a generated trajectory is a copy of the training data."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
from reproduction.copies.criteria import WORDS as NO_COPIES

_NO_COPIES_WHY = (
    "Texts of one process share long stays anyway: match lengths say nothing but beside those of "
    "independent simulations. The same test must refuse pieces of the training data in another "
    "order, and the training data shifted."
)

CLAIMS = by_id(
    Claim(
        "N1",
        "linear potential: what a network writes is not a copy of its training data",
        "beyond the paper",
        NO_COPIES,
        _NO_COPIES_WHY,
        short="linear: no copy of the data",
    ),
    Claim(
        "N2",
        "triangular potential: what a network writes is not a copy of its training data",
        "beyond the paper",
        NO_COPIES,
        _NO_COPIES_WHY,
        short="triangular: no copy of the data",
    ),
    Claim(
        "N3",
        "four-state potential: what a network writes is not a copy of its training data",
        "beyond the paper",
        NO_COPIES,
        _NO_COPIES_WHY,
        short="four states: no copy of the data",
    ),
)
