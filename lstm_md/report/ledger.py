"""The ledger: what the paper claims, and by which criterion each claim is judged."""

from __future__ import annotations

from dataclasses import dataclass

from lstm_md.report.copy_criteria import WORDS as NO_COPIES
from lstm_md.report.criteria import (
    ALIKE,
    DRIFT,
    EVENTS,
    FEW,
    LINEAR,
    MANY,
    POPULATION_WITHIN,
    RARE,
    SAME_EFFORT,
    SHARE,
    SOON,
    SPREAD,
    WEAK,
    WITHIN,
)
from lstm_md.report.dipeptide_criteria import (
    EPOCHS_WORDS,
    FREE_ENERGY_WORDS,
    PROJECTIONS_WORDS,
    WAITS_WORDS,
)
from lstm_md.report.geometry_criteria import CHANCE
from lstm_md.report.rival_criteria import PATTERN_WORDS, SCAN_WORDS, UNMATCHED_WORDS
from lstm_md.report.theory_criteria import WORDS


@dataclass(frozen=True)
class Claim:
    """One statement of the paper and how it is judged.

    Parameters
    ----------
    id : str
        Of the ledger, such as "K1".
    text : str
        What the paper says, in our words.
    where : str
        The figure, table or section.
    criterion : str
        What must hold, fixed before the run.
    rationale : str
        Why this and not less.
    paper : str
        What the paper gives as a number, or says instead of one.
    """

    id: str
    text: str
    where: str
    criterion: str
    rationale: str
    paper: str = ""


_BOLTZMANN = (
    f"every population within {POPULATION_WITHIN:g} combined standard errors of the training "
    f"data, and the populations of equal segments scatter alike (within a factor of {SPREAD:g})"
)
_BOLTZMANN_WHY = (
    "Populations alone cannot fail for shuffled labels, which have them by construction; their "
    "scatter from segment to segment, the error bar itself, needs the right memory."
)
_COUNTS = (
    f"at least {SHARE:.0%} of the points of all count curves within {WITHIN:g} combined standard "
    f"errors of the training data, and a mean signed deviation of at most {DRIFT:g}; points with "
    f"fewer than {EVENTS} transitions in the training data are left out"
)
_RECORD_POPULATIONS = (
    f"populations of U, P3 and P2P3 each within {POPULATION_WITHIN:g} combined standard errors of "
    f"the record, and segments that scatter alike (within a factor of {SPREAD:g})"
)
_PATTERN_WHY = (
    "Single frames have no stay of 10 ms, so that what the paper says of longer ones is asked of a "
    "mean over 2 ms. What agrees everywhere, as the other half of the record, must fail, and what "
    "agrees nowhere."
)
_AT_ITS_LAG_WHY = (
    "A model at a lag says nothing of what happens within it. Compared where it speaks, it has "
    "every chance; the same controls must fail."
)
_COUNTS_WHY = "Raw counts are matched by a Markov chain at lag 1; committed ones need memory."
_DISTAL = (
    f"committed counts of B–C and of A–D both below {RARE:.2g} of the rarest of the other four "
    f"pairs, by {WITHIN:g} standard errors, and within a factor of {ALIKE:g} of each other, or no "
    f"further beyond it than {WITHIN:g} combined standard errors, those of the training data "
    f"included"
)
_DISTAL_WHY = (
    "Along x, B and C are neighbours: hops between neighbours on the same free energy must fail. "
    "The ratio of a few transitions is uncertain in the training data already."
)
_FREE_ENERGY_WHY = (
    "A tenth of kT is the width of a line in the figure. Free energies alone cannot fail for "
    "shuffled labels, which have them by construction; the scatter needs the right memory."
)
_WAITS_WHY = (
    "A wait in C7eq lasts 20,000 frames and more, a training window 100: what knows only the last "
    "label must fail. The force field that the paper used is not known: the LSTM is held to the "
    "simulation that it learned from."
)
_AS_THEY_COME = (
    "The paper removes stays of less than 100 frames, which takes the memory out of the labels: a "
    "Markov chain of them passes. Here they are left in, so that the test can tell."
)

_EMBEDDING = (
    f"of every two pairs of states whose true times (Eq 22, from a reference ten times as long) "
    f"differ by more than a factor of {ALIKE:g}, the embedding's times (Eq 21) are in that order; "
    f"every other two have times within that factor of each other; in at least {SHARE:.0%} of "
    f"the trainings"
)
_EMBEDDING_WHY = (
    "Scaled to lie between 0 and 1, as in the paper, even times that hardly differ are drawn apart "
    "by the whole height of the figure; so ratios are judged, before they are scaled. The same "
    "test must refuse untrained networks, shuffled labels and the right times at exchanged states."
)
_NO_COPIES_WHY = (
    "Texts of one process share long stays anyway: match lengths say nothing but beside those of "
    "independent simulations. The same test must refuse pieces of the training data in another "
    "order, and the training data shifted."
)
_NOT_SMOOTHED = (
    "Neither smoothed nor rid of short stays: the labels flicker as those of the three-state "
    "potentials do, and a Markov chain of them fails."
)


LEDGER = {
    claim.id: claim
    for claim in (
        Claim(
            "B1",
            "linear potential: populations of A, B, C along x",
            "Fig 2a, d",
            _BOLTZMANN,
            _BOLTZMANN_WHY,
        ),
        Claim(
            "B2",
            "triangular potential: populations of A, B, C along x",
            "Fig 2b, e",
            _BOLTZMANN,
            _BOLTZMANN_WHY,
        ),
        Claim(
            "B3",
            "four-state potential: populations of A, B, C, D along x",
            "Fig 2c, f",
            _BOLTZMANN,
            _BOLTZMANN_WHY,
        ),
        Claim(
            "K1",
            "linear potential: transition counts against commit time, all pairs, both ways",
            "Fig 3a–c",
            _COUNTS,
            _COUNTS_WHY,
        ),
        Claim(
            "K2",
            "triangular potential: transition counts against commit time, all pairs, both ways",
            "Fig 3d–f",
            _COUNTS,
            _COUNTS_WHY,
        ),
        Claim(
            "K3",
            "linear potential: A–C much rarer than A–B and B–C",
            "Fig 3",
            f"committed A–C counts below {RARE:.2g} of the rarer of the other two, by two "
            f"standard errors",
            "The same test must refuse the triangular potential, and whatever has no memory.",
        ),
        Claim(
            "K4",
            "triangular potential: all pairs alike, although x puts B between A and C",
            "Fig 3",
            f"committed counts of the commonest and the rarest pair within a factor of "
            f"{ALIKE:g} of each other",
            "The same test must refuse the linear potential, and whatever has no memory.",
        ),
        Claim(
            "K5",
            "four-state potential: transition counts against commit time, all 12 directions",
            "Fig 4",
            _COUNTS,
            _COUNTS_WHY,
        ),
        Claim(
            "K6",
            "four-state potential: B and C, neighbours along x, are as distal as A and D",
            "Fig 4",
            _DISTAL,
            _DISTAL_WHY,
            "1 or 2 direct transitions each",
        ),
        Claim(
            "K7",
            "four-state potential: forward and backward counts differ for want of transitions",
            "Fig 4",
            f"relative asymmetries r of the pairs' committed counts with Σ n r² below the "
            f"{1 - CHANCE:.0%} point of χ²: those of the LSTM, n the transitions in its training "
            f"data, and those of an independent simulation ten times as long, n its own",
            "An asymmetry that is no counting noise would stay in a longer simulation: a cycle of "
            "states that is driven one way round must fail. The LSTM may repeat the asymmetry of "
            "its data, and must not have more of its own.",
        ),
        Claim(
            "B3*",
            "four-state potential, short stays left in: populations of A, B, C, D along x",
            "beyond Fig 2",
            _BOLTZMANN,
            _AS_THEY_COME,
        ),
        Claim(
            "K5*",
            "four-state potential, short stays left in: transition counts, all 12 directions",
            "beyond Fig 4",
            _COUNTS,
            _AS_THEY_COME,
        ),
        Claim(
            "K6*",
            "four-state potential, short stays left in: B and C are as distal as A and D",
            "beyond Fig 4",
            _DISTAL,
            _AS_THEY_COME,
        ),
        Claim(
            "E1",
            "linear potential: the distances of the embedding follow the kinetic ones",
            "Fig 7a",
            _EMBEDDING,
            _EMBEDDING_WHY,
        ),
        Claim(
            "E2",
            "triangular potential: the distances of the embedding follow the kinetic ones",
            "Fig 7b",
            _EMBEDDING,
            _EMBEDDING_WHY,
        ),
        Claim(
            "E3",
            "four-state potential: the distances of the embedding follow the kinetic ones",
            "Fig 7c",
            _EMBEDDING,
            _EMBEDDING_WHY,
        ),
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
            "N1",
            "linear potential: what a network writes is not a copy of its training data",
            "beyond the paper",
            NO_COPIES,
            _NO_COPIES_WHY,
        ),
        Claim(
            "N2",
            "triangular potential: what a network writes is not a copy of its training data",
            "beyond the paper",
            NO_COPIES,
            _NO_COPIES_WHY,
        ),
        Claim(
            "N3",
            "four-state potential: what a network writes is not a copy of its training data",
            "beyond the paper",
            NO_COPIES,
            _NO_COPIES_WHY,
        ),
        Claim(
            "B3**",
            "four-state potential, labels as they come: populations of A, B, C, D along x",
            "beyond Fig 2",
            _BOLTZMANN,
            _NOT_SMOOTHED,
        ),
        Claim(
            "K5**",
            "four-state potential, labels as they come: transition counts, all 12 directions",
            "beyond Fig 4",
            _COUNTS,
            _NOT_SMOOTHED,
        ),
        Claim(
            "K6**",
            "four-state potential, labels as they come: B and C are as distal as A and D",
            "beyond Fig 4",
            _DISTAL,
            _NOT_SMOOTHED,
        ),
        Claim(
            "A1",
            "alanine dipeptide: free energy along sin φ",
            "Fig 5b",
            FREE_ENERGY_WORDS,
            _FREE_ENERGY_WHY,
        ),
        Claim(
            "A2",
            "alanine dipeptide: free energy along sin ψ",
            "Fig 5c",
            FREE_ENERGY_WORDS,
            _FREE_ENERGY_WHY,
        ),
        Claim(
            "A3",
            "alanine dipeptide: waiting times of C7eq and C7ax along sin φ",
            "Table 1",
            WAITS_WORDS,
            _WAITS_WHY,
            "actual 5,689 ± 962 and 108 ± 11 ps, LSTM 5,752 ± 710 and 104 ± 14 ps",
        ),
        Claim(
            "A4",
            "alanine dipeptide: waiting times of C7eq and C7ax along sin ψ",
            "Table 1",
            WAITS_WORDS,
            _WAITS_WHY,
            "actual 5,001 ± 644 and 106 ± 14 ps, LSTM 4,325 ± 526 and 82 ± 10 ps",
        ),
        Claim(
            "A5",
            "alanine dipeptide: the waiting times after other numbers of epochs",
            "SI Table 1",
            EPOCHS_WORDS,
            f"Six comparisons, so that {POPULATION_WITHIN:g} and not {WITHIN:g} standard errors: "
            f"a right model is then refused in one case of 60.",
        ),
        Claim(
            "R1",
            "riboswitch: probability over the 34 labels, mean of five training sets",
            "Fig 6a",
            _RECORD_POPULATIONS,
            _BOLTZMANN_WHY,
        ),
        Claim(
            "R1*",
            "riboswitch: probability over the 34 labels, a small network",
            "Fig 6a",
            _RECORD_POPULATIONS,
            _BOLTZMANN_WHY,
        ),
        Claim(
            "R2", "riboswitch: transition counts of U, P3, P2P3", "Fig 6b, c", _COUNTS, _COUNTS_WHY
        ),
        Claim(
            "R2*",
            "riboswitch: transition counts of U, P3, P2P3, a small network",
            "Fig 6b, c",
            _COUNTS,
            _COUNTS_WHY,
        ),
        Claim(
            "R3",
            "riboswitch: transition counts of the states of a mean over 2 ms, to 100 ms",
            "beyond Fig 6",
            _COUNTS,
            "A single frame is mostly noise, and no stay of its states lasts 5 ms. The molecule's "
            "own stays, and commit times up to 100 ms, show in a mean of 20 frames.",
        ),
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
            f"{_COUNTS}, the truth being a simulation ten times as long",
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
            f"last value; and of the count curves along x {_COUNTS}",
            "Cheap is not enough: what was learned must be right by the test of K2. Both grids, "
            "because the cells of the fine one tell so much that a Markov chain of them passes.",
        ),
        Claim(
            "O1",
            "the answer does not depend on the projection that the model is given",
            "text",
            f"each potential seen along x, along y and along 30° between them, the labels being "
            f"the states that the axis tells apart: {_COUNTS}; and every committed count within "
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
}
