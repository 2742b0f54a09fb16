"""What the loss learns (Eqs 10–16), what a training takes, and which way one looks."""

from __future__ import annotations

from lstm_md.judging.criteria import FEW, LINEAR, MANY, POPULATION_WITHIN, SAME_EFFORT, SOON, WEAK
from reproduction.common.wording import COUNTS, Claim
from reproduction.dipeptide.criteria import PROJECTIONS_WORDS
from reproduction.path_entropy.criteria import WORDS

CLAIMS = (
    Claim(
        "T1",
        "a Markov process: minimising the loss learns its path entropy",
        "Eqs 10–16",
        WORDS,
        "The entropy rate is known in closed form, and no model can lose less. The same test "
        "must refuse what knows the populations only: order 0, and shuffled labels.",
    ),
    Claim(
        "T2",
        "minimising the loss learns the path entropy without the Markov assumption",
        "SI Note 1",
        f"for each of a second-order chain, a hidden Markov and a semi-Markov process: {WORDS}",
        "The loss of a first-order chain is 6 to 24 % above these entropy rates, by exact "
        "calculation. No control may pass for any of the three processes.",
    ),
    Claim(
        "C1",
        "the effort of training depends on the size of the training set",
        "text",
        f"time of an epoch proportional to frames to the power 1, within {LINEAR:g}, "
        f"over two decades",
        "Over two decades, 0.15 is a factor of 2. The same test must refuse what hardly grows, "
        "the time against the number of labels, and what grows faster, against the units.",
    ),
    Claim(
        "C2",
        "the effort depends very weakly on the number of labels N",
        "text",
        f"with {MANY} labels a step takes at most {WEAK:g} times as long as with {FEW}, for "
        f"the paper's networks, M 8, L 64 and M 128, L 1024",
        "33 times as many labels are what a second coordinate brings; a factor of 2 is their "
        "fifth root. The same test must refuse what matters: the frames, and the units.",
    ),
    Claim(
        "C3",
        "training takes a similar amount of effort as fitting a hidden Markov model",
        "SI Tables 2–3",
        f"time for 20 epochs of the paper's network (M 128, L 1024) within a factor of "
        f"{SAME_EFFORT:g} of the time to fit its hidden Markov model (3 hidden states, lag "
        f"3 ms) to convergence, on the same labels, for training sets of every size",
        "“Similar” can't mean less than an order of magnitude between such different programs. "
        "The same test must refuse the Markov state model, which is known to be much cheaper.",
    ),
    Claim(
        "C4",
        "a two-dimensional series is learned as easily as a one-dimensional one",
        "text",
        f"x and y as joint labels, on a grid of 3 × 3 and on one of 6 × 6: at most {WEAK:g} "
        f"times as long as x alone until the held-back loss stays within {SOON:.0%} of its "
        f"last value; and of the count curves along x {COUNTS}",
        "Cheap is not enough: what was learned must be right by the test of K2. Both grids, "
        "because the cells of the fine one tell so much that a Markov chain of them passes.",
    ),
    Claim(
        "O1",
        "the answer does not depend on the projection that the model is given",
        "text",
        f"each potential seen along x, along y and along 30° between them, the labels being "
        f"the states that the axis tells apart: {COUNTS}; and every committed count within "
        f"{POPULATION_WITHIN:g} combined standard errors of the same simulation in the plane",
        "What agrees with the plane along each axis agrees along all. The curves alone cannot "
        "fail where an axis shows something else than the plane does; the committed counts "
        "alone hardly fail where few transitions are seen.",
        "“agnostic to proximity from the true reaction coordinate”",
    ),
    Claim(
        "O1*",
        "alanine dipeptide: the same waiting times along sin φ and along sin ψ",
        "text, Table 1",
        PROJECTIONS_WORDS,
        "A network with wide errors could agree with its data along each angle and give two "
        "answers; one that is wrong in the same way along both agrees with itself.",
        "“irrespective of the choice of one-dimensional projection”: sin φ 5,752 ± 710 and "
        "104 ± 14 ps, sin ψ 4,325 ± 526 and 82 ± 10 ps",
    ),
)
