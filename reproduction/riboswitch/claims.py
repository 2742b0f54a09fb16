"""Alanine dipeptide and the riboswitch (Figs 5 and 6)."""

from __future__ import annotations

from lstm_md.judging.criteria import POPULATION_WITHIN, SPREAD, WITHIN
from reproduction.common.wording import BOLTZMANN_WHY, COUNTS, COUNTS_WHY, Claim
from reproduction.dipeptide.criteria import EPOCHS_WORDS, FREE_ENERGY_WORDS, WAITS_WORDS

_RECORD_POPULATIONS = (
    f"populations of U, P3 and P2P3 each within {POPULATION_WITHIN:g} combined standard errors of "
    f"the record, and segments that scatter alike (within a factor of {SPREAD:g})"
)

_FREE_ENERGY_WHY = (
    "A tenth of kT is the width of a line in the figure. Free energies alone cannot fail for "
    "shuffled labels, which have them by construction; the scatter needs the right memory."
)

_WAITS_WHY = (
    "A wait in C7eq lasts 20,000 frames and more, a training window 100: what knows only the last "
    "label must fail. The force field that the paper used is not known: the LSTM is held to the "
    "simulation that it learned from."
)

_FREE_ENERGY = "alanine dipeptide: free energy along sin {}"
_WAITS = "alanine dipeptide: waiting times of C7eq and C7ax along sin {}"
_SMALLER = ", a smaller network"
_TABLE_1 = {
    "φ": "actual 5,689 ± 962 and 108 ± 11 ps, LSTM 5,752 ± 710 and 104 ± 14 ps",
    "ψ": "actual 5,001 ± 644 and 106 ± 14 ps, LSTM 4,325 ± 526 and 82 ± 10 ps",
}

CLAIMS = (
    Claim("A1", _FREE_ENERGY.format("φ"), "Fig 5b", FREE_ENERGY_WORDS, _FREE_ENERGY_WHY),
    Claim(
        "A1*", _FREE_ENERGY.format("φ") + _SMALLER, "Fig 5b", FREE_ENERGY_WORDS, _FREE_ENERGY_WHY
    ),
    Claim("A2", _FREE_ENERGY.format("ψ"), "Fig 5c", FREE_ENERGY_WORDS, _FREE_ENERGY_WHY),
    Claim(
        "A2*", _FREE_ENERGY.format("ψ") + _SMALLER, "Fig 5c", FREE_ENERGY_WORDS, _FREE_ENERGY_WHY
    ),
    Claim("A3", _WAITS.format("φ"), "Table 1", WAITS_WORDS, _WAITS_WHY, _TABLE_1["φ"]),
    Claim("A3*", _WAITS.format("φ") + _SMALLER, "Table 1", WAITS_WORDS, _WAITS_WHY, _TABLE_1["φ"]),
    Claim("A4", _WAITS.format("ψ"), "Table 1", WAITS_WORDS, _WAITS_WHY, _TABLE_1["ψ"]),
    Claim("A4*", _WAITS.format("ψ") + _SMALLER, "Table 1", WAITS_WORDS, _WAITS_WHY, _TABLE_1["ψ"]),
    Claim(
        "A5",
        "alanine dipeptide: the waiting times after other numbers of epochs",
        "SI Table 1",
        EPOCHS_WORDS,
        f"Six comparisons, so that {POPULATION_WITHIN:g} and not {WITHIN:g} standard errors: "
        f"a right model is then refused in one case of 60.",
    ),
    Claim(
        "R1",
        "riboswitch: probability over the 34 labels, mean of five training sets",
        "Fig 6a",
        _RECORD_POPULATIONS,
        BOLTZMANN_WHY,
    ),
    Claim(
        "R1*",
        "riboswitch: probability over the 34 labels, a small network",
        "Fig 6a",
        _RECORD_POPULATIONS,
        BOLTZMANN_WHY,
    ),
    Claim("R2", "riboswitch: transition counts of U, P3, P2P3", "Fig 6b, c", COUNTS, COUNTS_WHY),
    Claim(
        "R2*",
        "riboswitch: transition counts of U, P3, P2P3, a small network",
        "Fig 6b, c",
        COUNTS,
        COUNTS_WHY,
    ),
    Claim(
        "R3",
        "riboswitch: transition counts of the states of a mean over 2 ms, to 100 ms",
        "beyond Fig 6",
        COUNTS,
        "A single frame is mostly noise, and no stay of its states lasts 5 ms. The molecule's "
        "own stays, and commit times up to 100 ms, show in a mean of 20 frames.",
    ),
)
