"""The claims as the tools show them: their order, a short text, and those without a criterion."""

from __future__ import annotations

from reproduction.ledger import LEDGER

ORDER = "BKETCONARMSX"  # the paper's, what is not judged yet last

NOT_YET = {
    "X1": (
        "rare events, time resolution and partition decide; a transformer is no better",
        "beyond",
    ),
    "X2": ("known physics imposed on the trained model by path sampling", "beyond"),
}
"""Claims without a criterion so far: what the paper says, and where."""

SHORT = {
    "B1": "linear: populations",
    "B2": "triangular: populations",
    "B3": "four states: populations",
    "B3*": "… with short stays left in",
    "B3**": "… labels as they come",
    "K1": "linear: transition counts",
    "K2": "triangular: transition counts",
    "K3": "linear: A–C is the rarest pair",
    "K4": "triangular: all pairs are alike",
    "K5": "four states: transition counts",
    "K5*": "… with short stays left in",
    "K5**": "… labels as they come",
    "K6": "four states: B–C as distal as A–D",
    "K6*": "… with short stays left in",
    "K6**": "… labels as they come",
    "K7": "four states: asymmetry is noise",
    "E1": "linear: embedded distances",
    "E2": "triangular: embedded distances",
    "E3": "four states: embedded distances",
    "T1": "path entropy of a Markov process",
    "T2": "path entropy of other processes",
    "C1": "effort grows with the training set",
    "C2": "effort hardly depends on N",
    "C3": "effort like a hidden Markov model",
    "C4": "two dimensions are as easy as one",
    "O1": "the projection does not matter",
    "O1*": "dipeptide: nor does the angle",
    "N1": "linear: no copy of the data",
    "N2": "triangular: no copy of the data",
    "N3": "four states: no copy of the data",
    "A1": "dipeptide: free energy, sin φ",
    "A1*": "… a smaller network",
    "A2": "dipeptide: free energy, sin ψ",
    "A2*": "… a smaller network",
    "A3": "dipeptide: waiting times, sin φ",
    "A3*": "… a smaller network",
    "A4": "dipeptide: waiting times, sin ψ",
    "A4*": "… a smaller network",
    "A5": "dipeptide: other epochs",
    "R1": "riboswitch: populations",
    "R2": "riboswitch: transition counts",
    "R3": "… of a 2 ms mean, to 100 ms",
    "R1*": "riboswitch, small: populations",
    "R2*": "riboswitch, small: counts",
    "M1": "Markov model: beyond 10 ms only",
    "M1*": "… the record read at its lag",
    "M2": "hidden Markov: beyond 10 ms only",
    "M2*": "… the record read at its lag",
    "M3": "… other lags, numbers of states",
    "M4": "no Markov model like the LSTM",
    "S1": "simulated trap: the LSTM agrees",
    "S2": "… MSM and HMM beyond 10 ms only",
}
"""A claim in at most 34 characters, for the picture and the tables."""


def key(claim: str) -> tuple[int, str, int]:
    """Sorts claims by the order of the paper, what goes beyond it after what it goes beyond."""
    plain = claim.rstrip("*")
    return ORDER.index(plain[0]), plain, len(claim)


def short(claim: str) -> str:
    """A claim in a few words; its whole text where there are none."""
    return SHORT.get(claim) or LEDGER[claim].text
