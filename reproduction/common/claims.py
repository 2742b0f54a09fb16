"""What the claims of several studies share: criteria and reasons in words."""

from __future__ import annotations

from lstm_md.judging.criteria import MAX_MEAN_Z, MAX_POINT_Z, MIN_AGREEING_SHARE, MIN_EVENTS
from lstm_md.judging.verdict import Claim

BOLTZMANN_WHY = (
    "Shuffled labels have exactly the populations of the data, so a test of populations alone "
    "cannot reject them. The scatter from segment to segment depends on how long the stays last. "
    "Only a model with the right memory reproduces it."
)

COUNTS = (
    f"at least {MIN_AGREEING_SHARE:.0%} of the points of all count curves within "
    f"{MAX_POINT_Z:g} combined standard errors of the training data, and a mean signed deviation "
    f"of at most {MAX_MEAN_Z:g}; points with fewer than {MIN_EVENTS} transitions in the training "
    f"data are left out"
)

COUNTS_WHY = (
    "At a commit time of one frame, a first-order Markov chain already has the right counts. At "
    "longer commit times, a model needs a memory."
)


def by_id(*claims: Claim) -> dict[str, Claim]:
    """Make a dictionary of claims, with their ids as keys."""
    return {claim.id: claim for claim in claims}
