"""The claims as the pages show them: their order, a short text, and an anchor."""

from __future__ import annotations

from reproduction import paper
from reproduction.ledger import LEDGER

ORDER = "BKETCONARMSX"  # the order of the paper; what is beyond it comes last

#: The system of each claim, by the first letters of its id; the longest match counts
SYSTEMS = {
    **dict.fromkeys(("B1", "K1", "K3", "E1", "N1"), "linear potential"),
    **dict.fromkeys(("B2", "K2", "K4", "E2", "N2"), "triangular potential"),
    **dict.fromkeys(("B3", "K5", "K6", "K7", "E3", "N3"), "four-state potential"),
    **dict.fromkeys(("A", "O1*"), "alanine dipeptide"),
    **dict.fromkeys(("R", "M"), "riboswitch"),
    "S": "simulated optical trap",
    "T": "processes with a known entropy",
    "O": "all three potentials",
    "X2": "triangular potential",
    **dict.fromkeys(("X2a", "X2e"), "Markov chain"),
    **dict.fromkeys(("X1a", "X1b", "X1c", "X1d"), "triangular potential"),
    "X1f": "semi-Markov chain",
    **dict.fromkeys(("X3a", "X3b", "X3c", "X3d", "X3f", "X3g"), "four states and dipeptide"),
    "X3e": "four-state potential",
    **dict.fromkeys(("X3h", "X3i", "X3j"), "noisy double well"),
}
#: The chapters of claims that the paper does not make, by the first letters of their ids
CHAPTERS = {
    **dict.fromkeys(("N1", "N2", "N3"), "does_it_copy"),
    "X1": "attention_or_memory",
    "X2": "what_we_know",
    "X3": "a_quarter_of_the_data",
}
#: Claims that have become three questions each
IN_THREE = ("M1", "M2", "M3", "S2")
NO_SYSTEM = "several systems"
BEYOND = "beyond the paper"


def key(claim: str) -> tuple[int, str, int]:
    """Return the key that sorts claims in the order of the paper, K5* after K5."""
    plain = claim.rstrip("*")
    return ORDER.index(plain[0]), plain, len(claim)


def short(claim: str) -> str:
    """Return a claim in a few words, or its whole text if it has no short form."""
    return LEDGER[claim].short or LEDGER[claim].text


def title(claim: str) -> str:
    """Return a claim in a few words that can stand alone; an extension names its claim first."""
    words, base = short(claim), claim.rstrip("*")
    if not words.startswith("…"):
        return words
    return f"{short(base)} {words}" if base != claim else LEDGER[claim].text


def anchor(claim: str) -> str:
    """Return the anchor of a claim's section in the ledger."""
    return claim.lower().replace("*", "-beyond")


def entry_of(claim: str) -> str:
    """Return the claim under whose entry of the ledger an answer stands: M1 for M1a."""
    return claim[:-1] if claim[:-1] in IN_THREE and claim[-1] in "abc" else claim


def parts_of(claim: str) -> tuple[str, ...]:
    """Return the claims whose answers stand in one entry of the ledger: M1a, M1b, M1c for M1."""
    return tuple(f"{claim}{letter}" for letter in "abc") if claim in IN_THREE else (claim,)


def system_of(claim: str) -> str:
    """Return the system that a claim is about."""
    matching = [start for start in SYSTEMS if claim.startswith(start)]
    return SYSTEMS[max(matching, key=len)] if matching else NO_SYSTEM


def figure_of(claim: str) -> str:
    """Return the figure of the paper that a claim belongs to, as the paper names it."""
    own = parts_of(claim.rstrip("*"))[0]
    if own in paper.FIGURE_OF:
        return paper.FIGURE_OF[own].where
    where = LEDGER[claim].where if claim in LEDGER else ""
    named = [each.where for each in paper.FIGURES if each.where.lower() in where.lower()]
    return named[0] if named else BEYOND
