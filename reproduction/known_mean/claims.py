"""The claims about a known mean: what the selection of trajectories can add to a network."""

from __future__ import annotations

from lstm_md.judging.decision import MARGIN
from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
from reproduction.known_mean.criteria import FEW, LEAST_SIZE, MANY, MOST_ERRORS

WHERE = "beyond the paper"

CLAIMS = by_id(
    Claim(
        "X2a",
        "weighted paths of a Markov chain are the exact ensemble with the known mean",
        WHERE,
        f"for a known population and for a known number of label changes, all populations and all "
        f"pair probabilities lie within {MOST_ERRORS:g} standard errors of the exact values",
        "The exact ensemble follows from tilted transfer matrices. The paths without weights and "
        "with the opposite weights must fail.",
        short="known mean: the weights are exact",
    ),
    Claim(
        "X2b",
        "a network that learns selected trajectories has the known mean",
        WHERE,
        "for a population and for the label changes per frame, the target lies in the 90 % "
        "interval of the mean of ten networks, and the mean of the first network lies outside",
        "This is the step that the method is for. The published tables miss two targets by 2.5 "
        "and 6 of their own standard errors.",
        paper="two targets missed by 2.5 and 6 standard errors (Tsai et al. 2022)",
        short="known mean: retraining reaches it",
    ),
    Claim(
        "X2c",
        "a known population brings the other rates nearer to the reference simulation",
        WHERE,
        f"of ten short simulations with a wrong population, the second network is nearer to the "
        f"reference rates than the first in at least {MANY}; in at most {FEW} refutes the claim",
        f"A method without effect reaches {MANY} of ten in 5.5 % of all runs.",
        short="known mean: other rates get better",
    ),
    Claim(
        "X2d",
        "to impose the network's own mean changes nothing",
        WHERE,
        f"the 90 % intervals of all rates and populations, over those of the first network, lie "
        f"between {1 / MARGIN:g} and {MARGIN:g}",
        "With its own mean, all weights are equal. What changes then is harm by the retraining.",
        short="known mean: its own does no harm",
    ),
    Claim(
        "X2e",
        f"errors can be trusted as long as the effective sample size is {LEAST_SIZE:g} or more",
        WHERE,
        f"wherever the mean effective sample size is {LEAST_SIZE:g} or more, the true error is "
        f"between {1 / MARGIN:g} and {MARGIN:g} times the computed one; for the strongest "
        f"constraint it is more than {MARGIN:g} times as large",
        "With few effective paths, the computed error is an estimate from few numbers.",
        short="known mean: a visible limit",
    ),
    Claim(
        "X2f",
        "the second network is nearer to the reference simulation than simpler models that know "
        "the same",
        WHERE,
        f"it is nearer to the reference rates in at least {MANY} of ten data sets than a Markov "
        f"state model in detailed balance, a tilted Markov state model, and weighted segments of "
        f"the data; nearer in at most {10 - MANY} for one of them refutes the claim",
        "The simpler models use the same data and the same known population.",
        short="known mean: better than rivals",
    ),
    Claim(
        "X2g",
        "a false mean does damage, and the effective sample size shows it",
        WHERE,
        f"the rates are further from the reference than with the network's own mean (Welch's "
        f"test, 5 %), and the effective sample size is lower for the false target than for the "
        f"exact one in at least {MANY} of ten data sets",
        "The false target is as far from the mean of the network as the exact one, on the other "
        "side.",
        short="known mean: a false one is seen",
    ),
)
