"""The ledger: what the paper claims, and by which criterion each claim is judged."""

from __future__ import annotations

from reproduction.common.wording import Claim
from reproduction.embedding import claims as _embedding
from reproduction.path_entropy import claims as _theory
from reproduction.potentials import claims as _potentials
from reproduction.riboswitch import claims as _molecules
from reproduction.rivals import claims as _rivals

__all__ = ["LEDGER", "Claim"]

_PARTS = (_potentials, _embedding, _theory, _molecules, _rivals)
LEDGER = {claim.id: claim for part in _PARTS for claim in part.CLAIMS}
