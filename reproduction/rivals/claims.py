"""The claims about Markov models of the riboswitch, M1–M4 (Fig 8)."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
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

CLAIMS = by_id(
    Claim(
        "M1",
        "riboswitch: a Markov state model (lag 0.5 ms) agrees beyond 10 ms only",
        "Fig 8",
        f"with each label held for a lag: {PATTERN_WORDS}",
        _PATTERN_WHY,
        short="Markov model: beyond 10 ms only",
    ),
    Claim(
        "M1*",
        "riboswitch: the same, the record read at the model's own lag",
        "Fig 8",
        f"with every fifth frame of the record: {PATTERN_WORDS}",
        _AT_ITS_LAG_WHY,
        short="… the record read at its lag",
    ),
    Claim(
        "M2",
        "riboswitch: a hidden Markov model (3 states, lag 3 ms) agrees beyond 10 ms only",
        "Fig 8",
        f"with each label held for a lag: {PATTERN_WORDS}",
        _PATTERN_WHY,
        short="hidden Markov: beyond 10 ms only",
    ),
    Claim(
        "M2*",
        "riboswitch: the same, the record read at the model's own lag",
        "Fig 8",
        f"with every thirtieth frame of the record, which is its own mean: {PATTERN_WORDS}",
        _AT_ITS_LAG_WHY,
        short="… the record read at its lag",
    ),
    Claim(
        "M3",
        "riboswitch: so it is for other lags and numbers of hidden states",
        "SI Figs 1–13",
        SCAN_WORDS,
        "A trend may have an exception. Networks of other sizes and learning rates must fail "
        "the same test.",
        short="… other lags, numbers of states",
    ),
    Claim(
        "M4",
        "riboswitch: no Markov model of the same labels does what the LSTM does",
        "beyond Fig 8",
        UNMATCHED_WORDS,
        "The paper's rivals look at a tenth of the frames. These see every one: hidden Markov "
        "models at a lag of 0.1 ms, chains with a memory, stays drawn from the record. The "
        "same test must refuse each of them in the place of the LSTM.",
        short="no Markov model like the LSTM",
    ),
)
