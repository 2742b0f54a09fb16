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
    f"the committed counts of B–C and of A–D are both below {MAX_RARE_RATIO:.2g} times those of "
    f"the rarest of the other four pairs, by {MAX_POINT_Z:g} standard errors; and they are within "
    f"a factor of {MAX_SIMILAR_RATIO:g} of each other, or beyond it by at most {MAX_POINT_Z:g} "
    f"combined standard errors (those of the training data included)"
)

_DISTAL_WHY = (
    "Along x, B and C are neighbours. So a model that has the same free energy but only hops "
    "between neighbours along x must fail. There are few transitions, so their ratio is uncertain "
    "in the training data already."
)

_AS_THEY_COME = (
    "The paper removes stays of less than 100 frames. The labels then have hardly any memory, and "
    "a Markov chain passes the test. Here the short stays are left in, so that the test can "
    "distinguish a network from a Markov chain."
)

_NOT_SMOOTHED = (
    "The labels are neither smoothed nor filtered. So they flicker, like those of the three-state "
    "potentials, and a Markov chain fails the test."
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
        f"the committed counts of A–C are below {MAX_RARE_RATIO:.2g} times those of the rarer of "
        f"the other two pairs, by two standard errors",
        "The triangular potential must fail the same test, and so must every model without memory.",
        short="linear: A–C is the rarest pair",
    ),
    Claim(
        "K4",
        "triangular potential: all pairs are alike, although B lies between A and C along x",
        "Fig 3",
        f"the committed counts of the most frequent pair are at most {MAX_SIMILAR_RATIO:g} times "
        f"those of the rarest pair",
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
        short="four states: B–C as distant as A–D",
    ),
    Claim(
        "K7",
        "four-state potential: forward and backward counts differ because transitions are few",
        "Fig 4",
        f"r is the relative difference between the forward and the backward count of a pair, and n "
        f"the number of its transitions; the sum of n r² over the pairs is below the "
        f"{1 - CHANCE:.0%} point of χ², both for r of the LSTM with n of its training data, and "
        f"for r and n of an independent simulation that is ten times as long",
        "An asymmetry that is more than counting noise would remain in a longer simulation. So a "
        "cycle of states that is driven in one direction must fail. The LSTM may repeat the "
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
        "four-state potential, short stays left in: B and C are as distant as A and D",
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
        "four-state potential, labels as they come: B and C are as distant as A and D",
        "beyond Fig 4",
        _DISTAL,
        _NOT_SMOOTHED,
        short="… labels as they come",
    ),
)
