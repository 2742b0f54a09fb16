"""The claims about the riboswitch: populations and transition counts (Fig 6)."""

from __future__ import annotations

from lstm_md.judging.criteria import MAX_POPULATION_Z, MAX_SCATTER_RATIO
from lstm_md.judging.verdict import Claim
from reproduction.common.claims import BOLTZMANN_WHY, COUNTS, COUNTS_WHY, by_id

_RECORD_POPULATIONS = (
    f"populations of U, P3 and P2P3 each within {MAX_POPULATION_Z:g} combined standard errors of "
    f"the record, and segments that scatter alike (within a factor of {MAX_SCATTER_RATIO:g})"
)

CLAIMS = by_id(
    Claim(
        "R1",
        "riboswitch: probability over the 34 labels, mean of five training sets",
        "Fig 6a",
        _RECORD_POPULATIONS,
        BOLTZMANN_WHY,
        short="riboswitch: populations",
    ),
    Claim(
        "R1*",
        "riboswitch: populations of U, P3 and P2P3, a small network",
        "Fig 6a",
        _RECORD_POPULATIONS,
        BOLTZMANN_WHY,
        short="riboswitch, small: populations",
    ),
    Claim(
        "R2",
        "riboswitch: transition counts of U, P3, P2P3",
        "Fig 6b, c",
        COUNTS,
        COUNTS_WHY,
        short="riboswitch: transition counts",
    ),
    Claim(
        "R2*",
        "riboswitch: transition counts of U, P3, P2P3, a small network",
        "Fig 6b, c",
        COUNTS,
        COUNTS_WHY,
        short="riboswitch, small: counts",
    ),
    Claim(
        "R3",
        "riboswitch: transition counts of the states of a mean over 2 ms, to 100 ms",
        "beyond Fig 6",
        COUNTS,
        "A single frame is mostly noise: no stay of U or P3 lasts 5 ms, and few of P2P3 do. The "
        "molecule's own stays, and commit times up to 100 ms, show in a mean of 20 frames.",
        short="… of a 2 ms mean, to 100 ms",
    ),
)
