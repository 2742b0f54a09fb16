"""Whether the answer depends on the coordinate that the model is given."""

from __future__ import annotations

from lstm_md.judging.criteria import MAX_POPULATION_Z
from lstm_md.judging.verdict import Claim
from reproduction.common.claims import COUNTS, by_id

CLAIMS = by_id(
    Claim(
        "O1",
        "the answer does not depend on the projection that the model reads",
        "text",
        f"for each potential along x, along y and along 30° between them, with the states that the "
        f"axis separates as labels: {COUNTS}; and every committed count within "
        f"{MAX_POPULATION_Z:g} combined standard errors of the same simulation in the plane",
        "If each axis agrees with the plane, all axes agree with each other. The curves alone "
        "do not fail if an axis shows something else than the plane. The committed counts alone "
        "rarely fail if there are few transitions.",
        "“agnostic to proximity from the true reaction coordinate”",
        short="the projection does not matter",
    ),
)
