"""The ledger: what the paper claims, and by which criterion each claim is judged."""

from __future__ import annotations

from lstm_md.report.ledger import _embedding, _molecules, _potentials, _rivals, _theory
from lstm_md.report.ledger._claim import Claim

__all__ = ["LEDGER", "Claim"]

_PARTS = (_potentials, _embedding, _theory, _molecules, _rivals)
LEDGER = {claim.id: claim for part in _PARTS for claim in part.CLAIMS}
