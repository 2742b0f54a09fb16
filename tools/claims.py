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


def key(claim: str) -> tuple[int, str, int]:
    """Sorts claims by the order of the paper, what goes beyond it after what it goes beyond."""
    plain = claim.rstrip("*")
    return ORDER.index(plain[0]), plain, len(claim)


def short(claim: str) -> str:
    """A claim in a few words; its whole text where there are none."""
    return LEDGER[claim].short or LEDGER[claim].text
