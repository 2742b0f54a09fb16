"""N1–N3: a generated trajectory is not a copy of the training data."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
from reproduction.copies.criteria import NO_COPIES_WORDS

_NO_COPIES_WHY = (
    "All trajectories of one process have some long stays in common. So the generated trajectory "
    "is also compared with independent simulations. The same test must reject pieces of the "
    "training data in another order, and the training data shifted in time."
)

_SYSTEMS = {
    "N1": ("linear potential", "linear"),
    "N2": ("triangular potential", "triangular"),
    "N3": ("four-state potential", "four states"),
}

CLAIMS = by_id(
    *(
        Claim(
            id_,
            f"{system}: a generated trajectory is not a copy of the training data",
            "beyond the paper",
            NO_COPIES_WORDS,
            _NO_COPIES_WHY,
            short=f"{short}: no copy of the data",
        )
        for id_, (system, short) in _SYSTEMS.items()
    )
)
