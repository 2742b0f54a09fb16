"""The constants of the calibrated criteria that belong to the paper: commit times and families."""

from __future__ import annotations

from collections.abc import Mapping

from lstm_md.judging.decision import holm

#: The commit times, in frames, at which the margin is asked of every pair. Recrossings have died
#: out after 10 frames of the three-state potentials and 100 of the four-state potential. The
#: riboswitch's single frames have no transition between stays of 5 ms, so the margin is asked at
#: 0.1 ms and at 1 ms.
COMMIT_FRAMES = {"three states": (10,), "four states": (100,), "riboswitch": (1, 10)}

#: The commit times, in frames of 0.1 ps, of Table 1: 3 ps, after which recrossings have died out,
#: and 45 ps, at which the simulation itself gives the paper's four numbers. A verdict needs both.
WAIT_FRAMES = (30, 450)

#: The paper's own claims: one family, in which Holm's correction is made.
PAPER_CLAIMS = (
    *("B1", "B2", "B3", "K1", "K2", "K3", "K4", "K5", "K6", "K7", "A1", "A2", "A3", "A4", "A5"),
    *("R1", "R2", "E1", "E2", "E3", "T1", "T2", "C1", "C2", "C3", "O1"),
    # Three plain questions each, in place of M1, M2 and M3
    *("M1a", "M1b", "M1c", "M2a", "M2b", "M2c", "M3a", "M3b", "M3c"),
)

#: Claims that ask one question and have one test: the question counts once in the correction. Each
#: of M1, M2 and M3 also says that the LSTM agrees at every commit time.
ONE_QUESTION = {"M2c": "M1c", "M3c": "M1c"}


def corrected(p_values: Mapping[str, float]) -> dict[str, float]:
    """Correct the p-values of claims in their families: the paper's claims, and all extensions.

    Examples
    --------
    >>> corrected({"K1": 0.02, "K5": 0.03, "K5*": 0.04})
    {'K1': 0.04, 'K5': 0.04, 'K5*': 0.04}
    >>> corrected({"K1": 0.02, "M1c": 0.03, "M2c": 0.03, "M3c": 0.03})
    {'K1': 0.04, 'M1c': 0.04, 'M2c': 0.04, 'M3c': 0.04}
    """
    asked = {ONE_QUESTION.get(claim, claim): p for claim, p in p_values.items()}
    own = {claim: p for claim, p in asked.items() if claim in PAPER_CLAIMS}
    beyond = {claim: p for claim, p in asked.items() if claim not in PAPER_CLAIMS}
    found = {**holm(own), **holm(beyond)}
    return {claim: found[ONE_QUESTION.get(claim, claim)] for claim in p_values}
