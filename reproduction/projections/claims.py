"""Whether the answer depends on the coordinate that the model is given."""

from __future__ import annotations

from lstm_md.judging.criteria import MAX_POPULATION_Z
from lstm_md.judging.verdict import Claim
from reproduction.common.claims import COUNTS, by_id

CLAIMS = by_id(
    Claim(
        "O1",
        "the answer does not depend on the projection that the model is given",
        "text",
        f"each potential seen along x, along y and along 30° between them, the labels being "
        f"the states that the axis tells apart: {COUNTS}; and every committed count within "
        f"{MAX_POPULATION_Z:g} combined standard errors of the same simulation in the plane",
        "What agrees with the plane along each axis agrees along all. The curves alone cannot "
        "fail where an axis shows something else than the plane does; the committed counts "
        "alone hardly fail where few transitions are seen.",
        "“agnostic to proximity from the true reaction coordinate”",
        short="the projection does not matter",
    ),
)
