"""The claims about attention and memory; :mod:`reproduction.attention.criteria` has the rules."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id

_RULE = (
    "eight fresh simulations with one network for each way; for at least one way, ln(rate of the "
    "network / rate of its data) differs by the sign-flip test, and on average by more than 1.25"
)
_ZENG_2021 = "Zeng et al. 2021 (arXiv 2107.06573)"
_DATA = "Each network is compared with the labels that it learned, so the chance of these cancels."

CLAIMS = by_id(
    Claim(
        "X1a",
        "the time between saved frames decides whether an LSTM learns the slowest rate",
        "beyond the paper",
        f"triangular potential, every frame and every 3rd, 10th and 30th: {_RULE}",
        _DATA,
        f"{_ZENG_2021}: a proper time resolution is critical",
        short="time resolution decides",
    ),
    Claim(
        "X1b",
        "the partition into labels decides whether an LSTM learns the slowest rate",
        "beyond the paper",
        "triangular potential; raw, smoothed, the authors' filter, 20 bins, 6 × 6 bins: " + _RULE,
        _DATA,
        f"{_ZENG_2021}: the partition into states is critical",
        short="partition decides",
    ),
    Claim(
        "X1c",
        "an LSTM learns the slowest rate better if recrossings are removed from its labels",
        "beyond the paper",
        "triangular potential, stays below 30 frames removed or not: |ln(rate of the network / "
        "rate of its data)| becomes smaller by the sign-flip test, and on average by ln 1.25",
        "A Markov model with a lag of one frame must be helped by the same rule.",
        f"{_ZENG_2021}: removing recrossings greatly improves the slow dynamics",
        short="removing recrossings helps",
    ),
    Claim(
        "X1d",
        "an independent fast label hides the slow one: the loss stays, the slowest rate does not",
        "beyond the paper",
        "triangular potential with a fast label of eight values: the loss of the slow label "
        "changes by less than 10 % of what memory gains, and the slowest rate by more than 1.25",
        "The loss is dominated by frequent events. It may not show a fault in rare ones.",
        f"{_ZENG_2021}: fast dynamics may obscure rare events",
        short="a fast label hides the slow one",
    ),
    Claim(
        "X1e",
        "a transformer is not better than an LSTM with as many parameters and training steps",
        "beyond the paper",
        "two potentials, dipeptide, simulated trap, semi-Markov chain: on none of them is the loss "
        "lower by 10 % of what memory gains, or the error of the slowest rate smaller by ln 1.25",
        "The three publications differ in this. Both networks get the same labels, steps and rule "
        "for the learning rate.",
        f"{_ZENG_2021}: a transformer is not superior; Zeng et al. 2025 (arXiv 2507.02734) and "
        "Bera and Mondal 2025 (Chem. Sci.): a GPT is better",
        short="a transformer is not better",
    ),
    Claim(
        "X1f",
        "initial state and window decide whether a network learns a memory beyond its window",
        "beyond the paper",
        f"semi-Markov chain, five other LSTMs and two other transformers: {_RULE}; or the loss "
        "differs by the same test, and by more than 10 % of what memory gains",
        "The stays in A last 110 to 150 frames, so a sequence of 100 frames never holds one.",
        short="initial state and window decide",
    ),
)
