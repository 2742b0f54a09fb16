"""The claims as the pages show them: their order, a short text, an anchor, and open claims."""

from __future__ import annotations

from reproduction.ledger import LEDGER

ORDER = "BKETCONARMSX"  # the order of the paper; open claims come last

NOT_YET = {
    "X1": (
        "rare events, time resolution and partition decide; a transformer is no better",
        "beyond",
    ),
    "X2": ("known physics imposed on the trained model by path sampling", "beyond"),
}
"""Claims that have no criterion yet: what the paper says, and where."""


def key(claim: str) -> tuple[int, str, int]:
    """Return the key that sorts claims in the order of the paper, K5* after K5."""
    plain = claim.rstrip("*")
    return ORDER.index(plain[0]), plain, len(claim)


def short(claim: str) -> str:
    """Return a claim in a few words, or its whole text if it has no short form."""
    return LEDGER[claim].short or LEDGER[claim].text


def anchor(claim: str) -> str:
    """Return the anchor of a claim's section in the ledger."""
    return claim.lower().replace("*", "-beyond")
