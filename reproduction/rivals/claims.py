"""Markov models beside the LSTM (Fig 8), and where the truth is known."""

from __future__ import annotations

from reproduction.common.wording import COUNTS, Claim
from reproduction.rivals.criteria import PATTERN_WORDS, SCAN_WORDS, UNMATCHED_WORDS

_PATTERN_WHY = (
    "Single frames have no stay of 10 ms, so that what the paper says of longer ones is asked of a "
    "mean over 2 ms. What agrees everywhere, as the other half of the record, must fail, and what "
    "agrees nowhere."
)

_AT_ITS_LAG_WHY = (
    "A model at a lag says nothing of what happens within it. Compared where it speaks, it has "
    "every chance; the same controls must fail."
)

CLAIMS = (
    Claim(
        "M1",
        "riboswitch: a Markov state model (lag 0.5 ms) agrees beyond 10 ms only",
        "Fig 8",
        f"with each label held for a lag: {PATTERN_WORDS}",
        _PATTERN_WHY,
    ),
    Claim(
        "M1*",
        "riboswitch: the same, the record read at the model's own lag",
        "Fig 8",
        f"with every fifth frame of the record: {PATTERN_WORDS}",
        _AT_ITS_LAG_WHY,
    ),
    Claim(
        "M2",
        "riboswitch: a hidden Markov model (3 states, lag 3 ms) agrees beyond 10 ms only",
        "Fig 8",
        f"with each label held for a lag: {PATTERN_WORDS}",
        _PATTERN_WHY,
    ),
    Claim(
        "M2*",
        "riboswitch: the same, the record read at the model's own lag",
        "Fig 8",
        f"with every thirtieth frame of the record, which is its own mean: {PATTERN_WORDS}",
        _AT_ITS_LAG_WHY,
    ),
    Claim(
        "M3",
        "riboswitch: so it is for other lags and numbers of hidden states",
        "SI Figs 1–13",
        SCAN_WORDS,
        "A trend may have an exception. Networks of other sizes and learning rates must fail "
        "the same test.",
    ),
    Claim(
        "M4",
        "riboswitch: no Markov model of the same labels does what the LSTM does",
        "beyond Fig 8",
        UNMATCHED_WORDS,
        "The paper's rivals look at a tenth of the frames. These see every one: hidden Markov "
        "models at a lag of 0.1 ms, chains with a memory, stays drawn from the record. The "
        "same test must refuse each of them in the place of the LSTM.",
    ),
    Claim(
        "S1",
        "simulated optical trap: the LSTM agrees with the truth at every commit time",
        "beyond Fig 8",
        f"of ten simulated records, the mean counts of single frames and of the 2 ms mean: "
        f"{COUNTS}, the truth being a simulation ten times as long",
        "Ten records average out what a single one happens to hold: this asks for the error of "
        "the method.",
    ),
    Claim(
        "S2",
        "simulated optical trap: the Markov models agree beyond 10 ms only",
        "beyond Fig 8",
        f"the MSM at 0.5 ms and the HMM at 3 ms, each label held for a lag: {PATTERN_WORDS}",
        "The paper's conclusion where it can be checked. The LSTM must fail the same test.",
    ),
)
