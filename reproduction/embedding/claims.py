"""Distances between states in the embedding (Fig 7)."""

from __future__ import annotations

from lstm_md.judging.criteria import MAX_SIMILAR_RATIO, MIN_AGREEING_SHARE
from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id

_EMBEDDING = (
    f"of every two pairs of states whose true times (Eq 22, from a reference ten times as long) "
    f"differ by more than a factor of {MAX_SIMILAR_RATIO:g}, the embedding's times (Eq 21) are in "
    f"that order; every other two have times within that factor of each other; in at least "
    f"{MIN_AGREEING_SHARE:.0%} of the trainings"
)

_EMBEDDING_WHY = (
    "In the paper's figure, scaled to lie between 0 and 1, even times that hardly differ are drawn "
    "far apart. So ratios of the unscaled times are judged. The same test must refuse untrained "
    "networks, shuffled labels, and the right times at exchanged states."
)

CLAIMS = by_id(
    Claim(
        "E1",
        "linear potential: distances in the embedding follow the kinetic distances",
        "Fig 7a",
        _EMBEDDING,
        _EMBEDDING_WHY,
        short="linear: embedded distances",
    ),
    Claim(
        "E2",
        "triangular potential: distances in the embedding follow the kinetic distances",
        "Fig 7b",
        _EMBEDDING,
        _EMBEDDING_WHY,
        short="triangular: embedded distances",
    ),
    Claim(
        "E3",
        "four-state potential: distances in the embedding follow the kinetic distances",
        "Fig 7c",
        _EMBEDDING,
        _EMBEDDING_WHY,
        short="four states: embedded distances",
    ),
)
