"""The ledger: every claim that is judged, and the folder of its study.

The id of a claim leads to its code: ``STUDY_OF["K1"]`` is "potentials", and
``reproduction/potentials/`` holds the modules ``claims``, ``criteria``, ``run`` and ``verdicts``.
A study that the first edition did not have has ``answers`` instead of ``verdicts``.
"""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.attention.claims import CLAIMS as _ATTENTION
from reproduction.copies.claims import CLAIMS as _COPIES
from reproduction.costs.claims import CLAIMS as _COSTS
from reproduction.dipeptide.claims import CLAIMS as _DIPEPTIDE
from reproduction.embedding.claims import CLAIMS as _EMBEDDING
from reproduction.known_mean.claims import CLAIMS as _KNOWN_MEAN
from reproduction.less_data.claims import CLAIMS as _LESS_DATA
from reproduction.optical_trap.claims import CLAIMS as _OPTICAL_TRAP
from reproduction.path_entropy.claims import CLAIMS as _PATH_ENTROPY
from reproduction.potentials.claims import CLAIMS as _POTENTIALS
from reproduction.projections.claims import CLAIMS as _PROJECTIONS
from reproduction.riboswitch.claims import CLAIMS as _RIBOSWITCH
from reproduction.rivals.claims import CLAIMS as _RIVALS

CLAIMS_OF: dict[str, dict[str, Claim]] = {
    "potentials": _POTENTIALS,
    "embedding": _EMBEDDING,
    "copies": _COPIES,
    "projections": _PROJECTIONS,
    "path_entropy": _PATH_ENTROPY,
    "costs": _COSTS,
    "dipeptide": _DIPEPTIDE,
    "riboswitch": _RIBOSWITCH,
    "rivals": _RIVALS,
    "optical_trap": _OPTICAL_TRAP,
    "attention": _ATTENTION,
    "known_mean": _KNOWN_MEAN,
    "less_data": _LESS_DATA,
}  #: The claims of each study, by the name of its folder, in the order of the paper

LEDGER: dict[str, Claim] = {
    id_: claim for claims in CLAIMS_OF.values() for id_, claim in claims.items()
}  #: Every claim, by its id
STUDY_OF = {
    id_: study for study, claims in CLAIMS_OF.items() for id_ in claims
}  #: The folder of each claim's study, by the id of the claim
