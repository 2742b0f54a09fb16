"""The claims C1–C4: what a training costs."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import COUNTS, by_id
from reproduction.costs.criteria import (
    CONVERGENCE_MARGIN,
    FEWEST_LABELS,
    MAX_COST_RATIO,
    MAX_EFFORT_RATIO,
    MAX_EXPONENT_DEVIATION,
    MOST_LABELS,
)

CLAIMS = by_id(
    Claim(
        "C1",
        "the effort of training depends on the size of the training set",
        "text",
        f"time of an epoch proportional to frames to the power 1, within "
        f"{MAX_EXPONENT_DEVIATION:g}, over two decades",
        "Over two decades, 0.15 is a factor of 2. The same test must refuse two other times: the "
        "time against the number of labels, which grows less, and the time against the units, "
        "which grows more.",
        short="effort grows with the training set",
    ),
    Claim(
        "C2",
        "the effort depends very weakly on the number of labels N",
        "text",
        f"with {MOST_LABELS} labels a step takes at most {MAX_COST_RATIO:g} times as long as "
        f"with {FEWEST_LABELS}, for the paper's networks, M 8, L 64 and M 128, L 1024",
        "A second coordinate needs about 33 times as many labels, and a factor of 2 is the fifth "
        "root of 33. The same test must refuse the time against the frames and against the units.",
        short="effort hardly depends on N",
    ),
    Claim(
        "C3",
        "training takes a similar amount of effort as fitting a hidden Markov model with PyEMMA",
        "SI Tables 2–3",
        f"time for 20 epochs of the paper's network (M 128, L 1024) within a factor of "
        f"{MAX_EFFORT_RATIO:g} of the time to fit its hidden Markov model (3 hidden states, lag "
        f"3 ms) to convergence, on the same labels, for training sets of every size",
        "The programs are very different, so “similar” allows an order of magnitude. The same test "
        "must refuse the Markov state model, which is known to be much cheaper. The hidden Markov "
        "model that was timed is ours, and not that of PyEMMA.",
        "“LSTM takes similar amount of effort as HMM”",
        short="effort like a hidden Markov model",
    ),
    Claim(
        "C4",
        "a two-dimensional series is learned as easily as a one-dimensional one",
        "text",
        f"x and y as joint labels, on a grid of 3 × 3 and on one of 6 × 6: at most "
        f"{MAX_COST_RATIO:g} times as long as x alone until the held-back loss stays within "
        f"{CONVERGENCE_MARGIN:.0%} of its last value; and of the count curves along x {COUNTS}",
        "The training must be cheap, and the network must also pass the test of K2. There are two "
        "grids, because a Markov chain of the cells of the fine grid passes as well.",
        short="two dimensions are as easy as one",
    ),
)
