"""The model potentials (Figs 2 to 4): populations, kinetics, and texts that are no copies."""

from __future__ import annotations

from lstm_md.judging.criteria import ALIKE, POPULATION_WITHIN, RARE, SPREAD, WITHIN
from reproduction.common.wording import BOLTZMANN_WHY, COUNTS, COUNTS_WHY, Claim
from reproduction.copies.criteria import WORDS as NO_COPIES
from reproduction.potentials.criteria import CHANCE

_BOLTZMANN = (
    f"every population within {POPULATION_WITHIN:g} combined standard errors of the training "
    f"data, and the populations of equal segments scatter alike (within a factor of {SPREAD:g})"
)

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

_AS_THEY_COME = (
    "The paper removes stays of less than 100 frames, which takes the memory out of the labels: a "
    "Markov chain of them passes. Here they are left in, so that the test can tell."
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

CLAIMS = (
    Claim(
        "B1",
        "linear potential: populations of A, B, C along x",
        "Fig 2a, d",
        _BOLTZMANN,
        BOLTZMANN_WHY,
    ),
    Claim(
        "B2",
        "triangular potential: populations of A, B, C along x",
        "Fig 2b, e",
        _BOLTZMANN,
        BOLTZMANN_WHY,
    ),
    Claim(
        "B3",
        "four-state potential: populations of A, B, C, D along x",
        "Fig 2c, f",
        _BOLTZMANN,
        BOLTZMANN_WHY,
    ),
    Claim(
        "K1",
        "linear potential: transition counts against commit time, all pairs, both ways",
        "Fig 3a–c",
        COUNTS,
        COUNTS_WHY,
    ),
    Claim(
        "K2",
        "triangular potential: transition counts against commit time, all pairs, both ways",
        "Fig 3d–f",
        COUNTS,
        COUNTS_WHY,
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
        COUNTS,
        COUNTS_WHY,
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
        COUNTS,
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
        COUNTS,
        _NOT_SMOOTHED,
    ),
    Claim(
        "K6**",
        "four-state potential, labels as they come: B and C are as distal as A and D",
        "beyond Fig 4",
        _DISTAL,
        _NOT_SMOOTHED,
    ),
)
