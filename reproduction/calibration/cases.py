"""All cases of the calibration, by name."""

from __future__ import annotations

from reproduction.calibration.dipeptide import SINES, free_energies_case, waits_case
from reproduction.calibration.potentials import four_states, three_states
from reproduction.calibration.trap import PAPER_LAGS, ZERO_NM, at_lag, trap
from reproduction.common.families import WAIT_FRAMES

CASES = {
    case.name: case
    for case in (
        *three_states("linear_three_state", 0.03),
        *three_states("triangular_three_state", 0.15),
        *four_states(),
        *trap(0.0),
        *trap(ZERO_NM),
        *(waits_case(frames) for frames in WAIT_FRAMES),
        *(free_energies_case(angle) for angle in SINES),
        *(at_lag(lag, beyond) for lag in PAPER_LAGS for beyond in (False, True)),
        *(at_lag(1, beyond, zero_nm=0.0) for beyond in (False, True)),
    )
}
