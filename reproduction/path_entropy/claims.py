"""The claims T1 and T2: what the loss learns (Eqs 10–16, SI Note 1)."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
from reproduction.path_entropy.criteria import CRITERION

CLAIMS = by_id(
    Claim(
        "T1",
        "Markov process: a network that minimises the loss learns the path entropy",
        "Eqs 10–16",
        CRITERION,
        "The entropy rate is known in closed form, and no model has a lower loss on average. The "
        "same test must reject a model that has learned only the populations: a chain of order 0, "
        "and a network that learned shuffled labels.",
        short="path entropy of a Markov process",
    ),
    Claim(
        "T2",
        "processes with memory: a network that minimises the loss learns the path entropy",
        "SI Note 1",
        f"each for a second-order chain, a hidden Markov process and a semi-Markov process: "
        f"{CRITERION}",
        "By exact calculation, the loss of the best first-order chain is 6 to 24 % above these "
        "entropy rates. No control may pass for any of the three processes.",
        short="path entropy of other processes",
    ),
)
