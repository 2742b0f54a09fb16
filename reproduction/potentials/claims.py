"""The model potentials (Figs 2 to 4): populations and kinetics."""

from __future__ import annotations

from lstm_md.judging.criteria import (
    MAX_POINT_Z,
    MAX_POPULATION_Z,
    MAX_RARE_RATIO,
    MAX_SCATTER_RATIO,
    MAX_SIMILAR_RATIO,
)
from lstm_md.judging.verdict import Claim
from reproduction.common.claims import BOLTZMANN_WHY, COUNTS, COUNTS_WHY, by_id
from reproduction.potentials.criteria import CHANCE

_BOLTZMANN = (
    f"every population is within {MAX_POPULATION_Z:g} combined standard errors of the training "
    f"data, and populations scatter from segment to segment as much as in the data (within a "
    f"factor of {MAX_SCATTER_RATIO:g})"
)

_DISTAL = (
    f"committed counts of B–C and of A–D both below {MAX_RARE_RATIO:.2g} of the rarest of the "
    f"other four pairs, by {MAX_POINT_Z:g} standard errors, and within a factor of "
    f"{MAX_SIMILAR_RATIO:g} of each other, or no further beyond it than {MAX_POINT_Z:g} combined "
    f"standard errors, those of the training data included"
)

_DISTAL_WHY = (
    "Along x, B and C are neighbours, so a model that hops between neighbours on the same free "
    "energy must fail. The ratio of a few transitions is already uncertain in the training data."
)

_AS_THEY_COME = (
    "The paper removes stays of less than 100 frames, which takes the memory out of the labels: a "
    "Markov chain of them passes. Here they are left in, so that the test can tell."
)

_NOT_SMOOTHED = (
    "Neither smoothed nor rid of short stays: the labels flicker as those of the three-state "
    "potentials do, and a Markov chain of them fails."
)

CLAIMS = by_id(
    Claim(
        "B1",
        "linear potential: the populations of A, B and C along x are those of the data",
        "Fig 2a, d",
        _BOLTZMANN,
        BOLTZMANN_WHY,
        short="linear: populations",
    ),
    Claim(
        "B2",
        "triangular potential: the populations of A, B and C along x are those of the data",
        "Fig 2b, e",
        _BOLTZMANN,
        BOLTZMANN_WHY,
        short="triangular: populations",
    ),
    Claim(
        "B3",
        "four-state potential: the populations of A, B, C and D along x are those of the data",
        "Fig 2c, f",
        _BOLTZMANN,
        BOLTZMANN_WHY,
        short="four states: populations",
    ),
    Claim(
        "K1",
        "linear potential: transition counts of all pairs, both ways, against commit time",
        "Fig 3a–c",
        COUNTS,
        COUNTS_WHY,
        short="linear: transition counts",
    ),
    Claim(
        "K2",
        "triangular potential: transition counts of all pairs, both ways, against commit time",
        "Fig 3d–f",
        COUNTS,
        COUNTS_WHY,
        short="triangular: transition counts",
    ),
    Claim(
        "K3",
        "linear potential: transitions A–C are much rarer than A–B and B–C",
        "Fig 3",
        f"committed A–C counts below {MAX_RARE_RATIO:.2g} of the rarer of the other two, by two "
        f"standard errors",
        "The triangular potential must fail the same test, and so must every model without memory.",
        short="linear: A–C is the rarest pair",
    ),
    Claim(
        "K4",
        "triangular potential: all pairs are alike, although B lies between A and C along x",
        "Fig 3",
        f"committed counts of the commonest and the rarest pair within a factor of "
        f"{MAX_SIMILAR_RATIO:g} of each other",
        "The linear potential must fail the same test, and so must every model without memory.",
        short="triangular: all pairs are alike",
    ),
    Claim(
        "K5",
        "four-state potential: transition counts of all 12 directions against commit time",
        "Fig 4",
        COUNTS,
        COUNTS_WHY,
        short="four states: transition counts",
    ),
    Claim(
        "K6",
        "four-state potential: B and C, neighbours along x, are as distant as A and D",
        "Fig 4",
        _DISTAL,
        _DISTAL_WHY,
        "1 or 2 direct transitions each",
        short="four states: B–C as distal as A–D",
    ),
    Claim(
        "K7",
        "four-state potential: forward and backward counts differ because transitions are few",
        "Fig 4",
        f"relative asymmetries r of the pairs' committed counts with Σ n r² below the "
        f"{1 - CHANCE:.0%} point of χ²: those of the LSTM, n the transitions in its training "
        f"data, and those of an independent simulation ten times as long, n its own",
        "An asymmetry that is more than counting noise would remain in a longer simulation, so a "
        "cycle of states that is driven one way round must fail. The LSTM may repeat the "
        "asymmetry of its data, but it must not add to it.",
        short="four states: asymmetry is noise",
    ),
    Claim(
        "B3*",
        "four-state potential, short stays left in: populations of A, B, C, D along x",
        "beyond Fig 2",
        _BOLTZMANN,
        _AS_THEY_COME,
        short="… with short stays left in",
    ),
    Claim(
        "K5*",
        "four-state potential, short stays left in: transition counts, all 12 directions",
        "beyond Fig 4",
        COUNTS,
        _AS_THEY_COME,
        short="… with short stays left in",
    ),
    Claim(
        "K6*",
        "four-state potential, short stays left in: B and C are as distal as A and D",
        "beyond Fig 4",
        _DISTAL,
        _AS_THEY_COME,
        short="… with short stays left in",
    ),
    Claim(
        "B3**",
        "four-state potential, labels as they come: populations of A, B, C, D along x",
        "beyond Fig 2",
        _BOLTZMANN,
        _NOT_SMOOTHED,
        short="… labels as they come",
    ),
    Claim(
        "K5**",
        "four-state potential, labels as they come: transition counts, all 12 directions",
        "beyond Fig 4",
        COUNTS,
        _NOT_SMOOTHED,
        short="… labels as they come",
    ),
    Claim(
        "K6**",
        "four-state potential, labels as they come: B and C are as distal as A and D",
        "beyond Fig 4",
        _DISTAL,
        _NOT_SMOOTHED,
        short="… labels as they come",
    ),
)
