"""The claims about Markov models of the riboswitch, M1–M4 (Fig 8)."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
from reproduction.rivals.criteria import PATTERN_WORDS, SCAN_WORDS, UNMATCHED_WORDS

_PATTERN_WHY = (
    "No transition of single frames is left at 10 ms, because it needs stays as long in two "
    "states. So commit times beyond 10 ms are asked of a mean over 2 ms. A model that agrees "
    "everywhere must fail, such as the other half of the record, and so must a model that agrees "
    "nowhere."
)

_AT_ITS_LAG_WHY = (
    "A model with a lag time says nothing about what happens within it. Here it is compared only "
    "where it makes a statement. The same controls must fail."
)

CLAIMS = by_id(
    Claim(
        "M1",
        "riboswitch: a Markov state model (lag 0.5 ms) agrees beyond 10 ms only",
        "Fig 8",
        f"each step of the model lasts one lag time; {PATTERN_WORDS}",
        _PATTERN_WHY,
        short="Markov model: beyond 10 ms only",
    ),
    Claim(
        "M1*",
        "riboswitch: the same, with the record sampled once per lag time of the model",
        "Fig 8",
        f"every fifth frame of the record is read; {PATTERN_WORDS}",
        _AT_ITS_LAG_WHY,
        short="… the record read at its lag",
    ),
    Claim(
        "M2",
        "riboswitch: a hidden Markov model (3 states, lag 3 ms) agrees beyond 10 ms only",
        "Fig 8",
        f"each step of the model lasts one lag time; {PATTERN_WORDS}",
        _PATTERN_WHY,
        short="hidden Markov: beyond 10 ms only",
    ),
    Claim(
        "M2*",
        "riboswitch: the same, with the record sampled once per lag time of the model",
        "Fig 8",
        f"every thirtieth frame of the record is read, and each is its own mean; {PATTERN_WORDS}",
        _AT_ITS_LAG_WHY,
        short="… the record read at its lag",
    ),
    Claim(
        "M3",
        "riboswitch: the same is true for other lag times and numbers of hidden states",
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
        "The paper's Markov models see a fifth or a thirtieth of the frames. These see every one: "
        "hidden Markov models with a lag time of 0.1 ms, chains with a longer memory, and stays "
        "drawn from the record. The same test must refuse each of them in the place of the LSTM.",
        short="no Markov model like the LSTM",
    ),
)

_DEVIATES_WORDS = (
    "the test of the counts of single frames at all commit times below 10 ms rejects, and one of "
    "them deviates significantly by more than the margin"
)
_AGREES_WORDS = (
    "the counts of a mean over 2 ms are inside the margin at all commit times of 10 ms and more"
)
_LSTM_WORDS = (
    "the counts of single frames are those of the record by the criterion of R2, and the counts "
    "of a mean over 2 ms are inside the margin at all commit times of 10 ms and more"
)
_DEVIATES_WHY = "The two halves of the record must not deviate from each other by the same rule."
_AGREES_WHY = (
    "Single frames have no transition between stays of 10 ms. Shuffled labels, a first-order "
    "Markov chain and an untrained network must not agree by the same rule."
)
_OF_MOST = "for at least nine models in ten, {}"
_SAYS = (
    "“both MSM and HMM achieve decent agreement with the true kinetics only if the commit time is "
    "increased approximately beyond 10 ms, while LSTM … achieved perfect agreement for all commit "
    "times”"
)
_PERSISTS = "“we find all of these trends to persist”"
_MODELS = {
    "M1": ("the Markov state model (lag 0.5 ms)", "Markov model", "Fig 8", _SAYS),
    "M2": ("the hidden Markov model (3 states, lag 3 ms)", "hidden Markov", "Fig 8", _SAYS),
    "M3": (
        "Markov models with other lags and numbers of states",
        "other models",
        "SI Figs 1–13",
        _PERSISTS,
    ),
}


def _plain(id_: str) -> list[Claim]:
    """Make the three plain questions of a claim."""
    model, short, where, paper = _MODELS[id_]
    words = "{}" if id_ != "M3" else _OF_MOST
    verb = "deviate" if id_ == "M3" else "deviates"
    agree = "agree" if id_ == "M3" else "agrees"
    return [
        Claim(
            f"{id_}a",
            f"riboswitch: {model} {verb} from the record at commit times below 10 ms",
            where,
            words.format(_DEVIATES_WORDS),
            _DEVIATES_WHY,
            paper,
            f"{short}: wrong below 10 ms",
        ),
        Claim(
            f"{id_}b",
            f"riboswitch: {model} {agree} with the record at commit times beyond 10 ms",
            where,
            words.format(_AGREES_WORDS),
            _AGREES_WHY,
            paper,
            f"{short}: right beyond 10 ms",
        ),
        Claim(
            f"{id_}c",
            "riboswitch: the LSTM agrees with the record at every commit time",
            where,
            _LSTM_WORDS,
            _AGREES_WHY,
            paper,
            "LSTM: right at all commit times",
        ),
    ]


#: The same claims as plain questions, which the second edition answers.
PLAIN = by_id(*(claim for id_ in _MODELS for claim in _plain(id_)))
