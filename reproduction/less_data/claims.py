"""The claims about models with memory on less data, and about models that regress."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id

_QUARTER = (
    "with a quarter of the data, on four states and on alanine dipeptide: the 90 % interval of the "
    "squared ratio of errors of T(t), counts over model, lies above 1.25"
)
_WHY = (
    "The squared ratio says how many times as much data the counts would need for the same error. "
    "Shuffled labels and a Markov chain at one step must not hold, and the counts in all of the "
    "data must."
)
_WHERE = "beyond the paper"


def _saves(code: str, model: str, short: str, source: str) -> Claim:
    text = f"{model} needs less data than counting, for the same error of T(t)"
    return Claim(code, text, source, _QUARTER, _WHY, short=f"{short} saves data")


CLAIMS = by_id(
    _saves("X3a", "the LSTM", "LSTM", _WHERE),
    _saves("X3b", "a hidden Markov model", "HMM", _WHERE),
    _saves("X3c", "the qMSM", "qMSM", "Cao et al., J. Chem. Phys. 153, 014105 (2020)"),
    _saves("X3d", "the IGME", "IGME", "Cao et al., J. Chem. Phys. 159, 134106 (2023)"),
    Claim(
        "X3e",
        "four states: the LSTM with a quarter of the data is as accurate as counting in all",
        _WHERE,
        "the 90 % interval of the squared ratio of errors, counts in all data over the LSTM with a "
        "quarter, lies above 1/1.25",
        "This is the question of the chapter. The counts in a quarter must not hold.",
        short="a quarter is enough",
    ),
    Claim(
        "X3f",
        "a model with memory saves more data than a Markov state model with a long lag",
        _WHERE,
        "for one of the four models, on both systems, with a quarter of the data: the 97.5 % "
        "interval of the squared ratio of errors, Markov state model over model, lies above 1.25",
        "A Markov state model at a lag beyond the memory also predicts long times from short ones. "
        "Only what is saved beyond that is due to memory.",
        short="memory saves more than a lag",
    ),
    Claim(
        "X3g",
        "from a quarter of the data, the LSTM has the slowest time scale",
        _WHERE,
        "on both systems, the 90 % interval of its time scale over that of the reference lies "
        "between 1/1.25 and 1.25",
        "A model can have a small error and still be wrong in one direction. On four states, a "
        "Markov chain at one step must not hold.",
        short="the slowest time scale",
    ),
    Claim(
        "X3h",
        "models that take the mean or the most probable value make no transitions",
        "Lin et al., Nat. Commun. 15, 6584 (2024)",
        "in a double well, for a reservoir, an LSTM that regresses and an LSTM that takes the most "
        "probable label: the 90 % interval of the rate lies below 0.1 of that of the simulation",
        "The transitions are caused by noise. A model without noise cannot have them, whatever its "
        "architecture is. The LSTM that samples must not hold.",
        short="no noise, no transitions",
    ),
    Claim(
        "X3i",
        "with noise of the size of the residual, models that regress make the right transitions",
        "Lin et al., Nat. Commun. 15, 6584 (2024)",
        "frames that are close in time: for the reservoir and the LSTM that regresses, the 90 % "
        "interval of the rate over that of the simulation lies between 1/1.25 and 1.25, and the "
        "histograms differ by less than 0.1",
        "If both are right, the difference that Lin et al. found is one of noise and not of "
        "reservoir and LSTM.",
        short="noise brings transitions back",
    ),
    Claim(
        "X3j",
        "frames that are far apart: only an LSTM that samples from its softmax is right",
        "Lin et al., Nat. Commun. 15, 6584 (2024)",
        "the LSTM that samples labels is right in rate and histogram, and both regressions with "
        "noise are wrong",
        "The next position then has two peaks. A softmax can have two, and a mean with normal "
        "noise has one.",
        short="a softmax has two peaks",
    ),
)
