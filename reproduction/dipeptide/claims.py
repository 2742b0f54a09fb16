"""Alanine dipeptide: free energies and waiting times (Fig 5, Table 1)."""

from __future__ import annotations

from lstm_md.judging.criteria import MAX_POINT_Z, MAX_POPULATION_Z
from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
from reproduction.dipeptide.criteria import (
    EPOCHS_WORDS,
    FREE_ENERGY_WORDS,
    PROJECTIONS_WORDS,
    WAITS_WORDS,
)

_FREE_ENERGY_WHY = (
    "A tenth of kT is the width of a line in the figure. Shuffled labels have exactly the free "
    "energies of the data. So the scatter from segment to segment is tested as well, because only "
    "a model with the right memory reproduces it."
)

_WAITS_WHY = (
    "A wait in C7eq lasts about 20,000 frames, and a training sequence has 100. A model that sees "
    "only the last label must fail. The paper does not name its force field, so the LSTM is "
    "compared with the simulation that it learned from."
)

_FREE_ENERGY = "alanine dipeptide: free energy along sin {}"

_WAITS = "alanine dipeptide: waiting times of C7eq and C7ax along sin {}"

_SMALLER = ", a smaller network"

_TABLE_1 = {
    "φ": "actual 5,689 ± 962 and 108 ± 11 ps, LSTM 5,752 ± 710 and 104 ± 14 ps",
    "ψ": "actual 5,001 ± 644 and 106 ± 14 ps, LSTM 4,325 ± 526 and 82 ± 10 ps",
}

CLAIMS = by_id(
    Claim(
        "A1",
        _FREE_ENERGY.format("φ"),
        "Fig 5b",
        FREE_ENERGY_WORDS,
        _FREE_ENERGY_WHY,
        short="dipeptide: free energy, sin φ",
    ),
    Claim(
        "A1*",
        _FREE_ENERGY.format("φ") + _SMALLER,
        "Fig 5b",
        FREE_ENERGY_WORDS,
        _FREE_ENERGY_WHY,
        short="… a smaller network",
    ),
    Claim(
        "A2",
        _FREE_ENERGY.format("ψ"),
        "Fig 5c",
        FREE_ENERGY_WORDS,
        _FREE_ENERGY_WHY,
        short="dipeptide: free energy, sin ψ",
    ),
    Claim(
        "A2*",
        _FREE_ENERGY.format("ψ") + _SMALLER,
        "Fig 5c",
        FREE_ENERGY_WORDS,
        _FREE_ENERGY_WHY,
        short="… a smaller network",
    ),
    Claim(
        "A3",
        _WAITS.format("φ"),
        "Table 1",
        WAITS_WORDS,
        _WAITS_WHY,
        _TABLE_1["φ"],
        short="dipeptide: waiting times, sin φ",
    ),
    Claim(
        "A3*",
        _WAITS.format("φ") + _SMALLER,
        "Table 1",
        WAITS_WORDS,
        _WAITS_WHY,
        _TABLE_1["φ"],
        short="… a smaller network",
    ),
    Claim(
        "A4",
        _WAITS.format("ψ"),
        "Table 1",
        WAITS_WORDS,
        _WAITS_WHY,
        _TABLE_1["ψ"],
        short="dipeptide: waiting times, sin ψ",
    ),
    Claim(
        "A4*",
        _WAITS.format("ψ") + _SMALLER,
        "Table 1",
        WAITS_WORDS,
        _WAITS_WHY,
        _TABLE_1["ψ"],
        short="… a smaller network",
    ),
    Claim(
        "A5",
        "alanine dipeptide: the waiting times after other numbers of epochs",
        "SI Table 1",
        EPOCHS_WORDS,
        f"There are six comparisons. So the limit is {MAX_POPULATION_Z:g} standard errors and not "
        f"{MAX_POINT_Z:g}, and a correct model is rejected in one case of 60.",
        short="dipeptide: other epochs",
    ),
    Claim(
        "O1*",
        "alanine dipeptide: the same waiting times along sin φ and along sin ψ",
        "text, Table 1",
        PROJECTIONS_WORDS,
        "A network with large errors could agree with its data along each angle and still give two "
        "answers. A network that is wrong in the same way along both angles agrees with itself.",
        "“irrespective of the choice of one-dimensional projection”: sin φ 5,752 ± 710 and "
        "104 ± 14 ps, sin ψ 4,325 ± 526 and 82 ± 10 ps",
        short="dipeptide: nor does the angle",
    ),
)
