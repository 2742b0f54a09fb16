"""The claims T1 and T2: what the loss learns (Eqs 10–16, SI Note 1)."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import by_id
from reproduction.path_entropy.criteria import CRITERION

CLAIMS = by_id(
    Claim(
        "T1",
        "a Markov process: minimising the loss learns its path entropy",
        "Eqs 10–16",
        CRITERION,
        "The entropy rate is known in closed form, and no model can lose less. The same test "
        "must refuse what knows the populations only: order 0, and shuffled labels.",
        short="path entropy of a Markov process",
    ),
    Claim(
        "T2",
        "minimising the loss learns the path entropy without the Markov assumption",
        "SI Note 1",
        f"for each of a second-order chain, a hidden Markov and a semi-Markov process: {CRITERION}",
        "The loss of a first-order chain is 6 to 24 % above these entropy rates, by exact "
        "calculation. No control may pass for any of the three processes.",
        short="path entropy of other processes",
    ),
)
