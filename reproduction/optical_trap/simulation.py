"""A simulated optical trap: a riboswitch under force whose conformations are known.

An RNA hops between three conformations in continuous time. Each jump moves the mean position of a
bead, which follows with overdamped dynamics, held by the handles and the trap. A detector averages
over each frame and adds noise. With :data:`ADD_RIBOSWITCH` the extension has the density, the
spectrum and the autocorrelation of the measured record. It remains *a simulation and not a
measurement*: equal statistics do not mean equal physics.

Units: nm, s, pN, hence pN/nm for a stiffness and pN·s/nm for a friction.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import finite_array, real_number, whole_number
from lstm_md._support.compiled import compiled

Array = NDArray[np.float64]

# Relaxation times of the bead that are simulated first and discarded.
_EQUILIBRATION = 20.0


@dataclass(frozen=True)
class TrapModel:
    """The parameters of the molecule, of the bead that shows it, and of the detector.

    Attributes
    ----------
    extension_nm : (float, float, float)
        Mean extensions in U, P3 and P2P3. A jump changes the rest length of the construct by
        (1 + trap stiffness/handle stiffness) times the difference.
    fold_p3_per_s, unfold_p3_per_s : float
        Rates of U → P3 and P3 → U: the helix P3 forms and breaks.
    fold_p2_per_s, unfold_p2_per_s : float
        Rates of P3 → P2P3 and P2P3 → P3. The scheme is linear: U and P2P3 are not neighbours,
        but a stay in P3 between them may be too short to be seen.
    handle_stiffness_pn_per_nm, trap_stiffness_pn_per_nm : float
        The two springs at the bead; their sum is K. A trap stiffness of 0 means a constant force,
        as in a passive force clamp (Greenleaf et al., Phys. Rev. Lett. 95, 208102, 2005).
    friction_pn_s_per_nm : float
        The friction γ. By Stokes' law it is 5e-6 pN·s/nm for a sphere of 600 nm in water.
    breathing_nm, breathing_relaxation_s : float
        Standard deviation and relaxation time of the motion inside a conformation, the same in
        all three. It is an independent Ornstein–Uhlenbeck process: a Kelvin–Voigt element in
        series with the handles, such as a helix that frays. 0 nm switches it off.
    detector_noise_nm : float
        Standard deviation of the white noise in a frame.
    drift_nm_per_sqrt_s : float
        The zero of the instrument makes a random walk with this standard deviation after 1 s.
    time_per_frame_s : float
        Each frame is the mean over this whole time. For the effect on the variance see Wong and
        Halvorsen, Opt. Express 14, 12517, 2006.
    thermal_energy_pn_nm : float
        kT, 4.11 pN·nm at 298 K. With 0 the bead does not fluctuate.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a finite number, or is out of range.
    """

    extension_nm: tuple[float, float, float]
    fold_p3_per_s: float
    unfold_p3_per_s: float
    fold_p2_per_s: float
    unfold_p2_per_s: float
    handle_stiffness_pn_per_nm: float
    friction_pn_s_per_nm: float
    detector_noise_nm: float
    breathing_nm: float = 0.0
    breathing_relaxation_s: float = 5e-4
    trap_stiffness_pn_per_nm: float = 0.0
    drift_nm_per_sqrt_s: float = 0.0
    time_per_frame_s: float = 1e-4
    thermal_energy_pn_nm: float = 4.11

    def __post_init__(self) -> None:
        if finite_array(self.extension_nm, "extension_nm").shape != (3,):
            raise ValueError(
                f"extension_nm: expected three numbers, found {self.extension_nm!r}; "
                f"give the mean extensions in U, P3 and P2P3"
            )
        may_be_zero = ("trap_", "drift_", "detector_", "breathing_nm", "thermal_")
        for name in (field.name for field in fields(self) if field.name != "extension_nm"):
            zero = name.startswith(may_be_zero)
            bound: dict[str, float] = {"minimum": 0.0} if zero else {"above": 0.0}
            real_number(getattr(self, name), name, **bound)

    @property
    def rates_per_s(self) -> Array:
        """The rate matrix, shape (3, 3), from row to column; each row sums to zero."""
        up, down = self.fold_p3_per_s, self.unfold_p3_per_s
        on, off = self.fold_p2_per_s, self.unfold_p2_per_s
        return np.array([[-up, up, 0.0], [down, -down - on, on], [0.0, off, -off]])

    @property
    def populations(self) -> Array:
        """The stationary populations of U, P3 and P2P3, shape (3,)."""
        weights = np.array(
            [
                self.unfold_p3_per_s / self.fold_p3_per_s,
                1.0,
                self.fold_p2_per_s / self.unfold_p2_per_s,
            ]
        )
        return weights / weights.sum()

    @property
    def relaxation_times_s(self) -> Array:
        """The two relaxation times of the molecule, the slower one first."""
        return 1 / np.sort(-np.linalg.eigvals(self.rates_per_s).real)[1:]

    @property
    def bead_relaxation_s(self) -> float:
        """The relaxation time γ/K of the bead."""
        return self.friction_pn_s_per_nm / self._stiffness

    @property
    def bead_variance_nm2(self) -> float:
        """The variance kT/K of the bead in one conformation, before a frame is averaged."""
        return self.thermal_energy_pn_nm / self._stiffness

    @property
    def _stiffness(self) -> float:
        return self.handle_stiffness_pn_per_nm + self.trap_stiffness_pn_per_nm


@dataclass(frozen=True)
class TrapTrajectory:
    """A simulated record, with the conformation in each frame.

    Attributes
    ----------
    extension_nm : ndarray of float32, shape (frames,)
    conformation : ndarray of uint8, shape (frames,)
        0 U, 1 P3, 2 P2P3 in the middle of each frame.
    time_per_frame_s : float
    seed : int
    """

    extension_nm: NDArray[np.float32]
    conformation: NDArray[np.uint8]
    time_per_frame_s: float
    seed: int


def simulate(model: TrapModel, n_frames: int, *, seed: int = 0) -> TrapTrajectory:
    """Simulate a record that is stationary from its first frame on, except for the drift.

    No time step is involved. The jumps happen at the times of a Markov process (Gillespie). Between
    jumps and ends of frames, the bead and its mean are drawn from their exact distribution.

    Parameters
    ----------
    model : TrapModel
    n_frames : int
    seed : int
        The same seed gives the same record on the same machine. Jumps, bead, detector and drift
        have separate random streams, so a change of the noise does not change the conformations.

    Returns
    -------
    TrapTrajectory

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.
    """
    if not isinstance(model, TrapModel):
        raise TypeError(
            f"model: expected a TrapModel, found {type(model).__name__}; "
            f"give ADD_RIBOSWITCH or another TrapModel"
        )
    n_frames = whole_number(n_frames, "n_frames")
    seed = whole_number(seed, "seed", minimum=0)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)]
    start = int(streams[0].choice(3, p=model.populations))

    skipped = int(np.ceil(_EQUILIBRATION * model.bead_relaxation_s / model.time_per_frame_s))
    mean = np.empty(skipped + n_frames)
    conformation = np.empty(skipped + n_frames, np.uint8)
    molecule = (np.array(model.extension_nm, np.float64), model.rates_per_s, start)
    bead = (model.bead_relaxation_s, model.bead_variance_nm2)
    breathing = (model.breathing_relaxation_s, model.breathing_nm**2)
    _follow(*streams[:2], model.time_per_frame_s, molecule, bead, breathing, mean, conformation)
    extension = mean[skipped:]
    extension += model.detector_noise_nm * streams[2].standard_normal(n_frames)
    if model.drift_nm_per_sqrt_s > 0:
        step = model.drift_nm_per_sqrt_s * np.sqrt(model.time_per_frame_s)
        extension += np.cumsum(step * streams[3].standard_normal(n_frames))
    return TrapTrajectory(
        extension.astype(np.float32), conformation[skipped:].copy(), model.time_per_frame_s, seed
    )


@compiled(nogil=True)
def _interval(duration, process):  # type: ignore[no-untyped-def]
    """Compute decay and noise of an Ornstein–Uhlenbeck process z and of its integral.

    With u = duration/τ and the variance v, z' = z e^(−u) + noise of variance v (1 − e^(−2u)).
    Given both ends, ∫z dt = τ tanh(u/2) (z + z') + noise of variance v τ² (2u − 4 tanh(u/2)).
    """
    time, variance = process
    u = duration / time
    half = np.tanh(u / 2)
    noise = np.sqrt(-variance * np.expm1(-2 * u))
    # Below u = 1e-5 the difference is only a rounding error, which may be negative.
    return np.exp(-u), noise, time * half, time * np.sqrt(variance * max(0.0, 2 * u - 4 * half))


@compiled(nogil=True)
def _follow(  # type: ignore[no-untyped-def]
    jumps, noise, frame_time, molecule, bead, breathing, mean, conformation
):
    """Compute the mean extension and the conformation of each frame, in place."""
    extensions, rates, state = molecule
    frame_of_bead, frame_of_breath = _interval(frame_time, bead), _interval(frame_time, breathing)
    x = extensions[state] + np.sqrt(bead[1]) * noise.standard_normal()
    breath = np.sqrt(breathing[1]) * noise.standard_normal()
    until_jump = jumps.standard_exponential() / -rates[state, state]
    for frame in range(mean.size):
        left, integral = frame_time, 0.0
        conformation[frame] = state
        while True:
            jumps_now = until_jump < left
            duration = min(until_jump, left)
            law = frame_of_bead if duration == frame_time else _interval(duration, bead)
            before = x - extensions[state]
            after = law[0] * before + law[1] * noise.standard_normal()
            integral += extensions[state] * duration + law[2] * (before + after)
            integral += law[3] * noise.standard_normal()
            x = extensions[state] + after
            left -= duration
            if not jumps_now:
                until_jump -= duration
                break
            if state != 1:
                state = 1
            elif jumps.random() * -rates[1, 1] < rates[1, 0]:
                state = 0
            else:
                state = 2
            until_jump = jumps.standard_exponential() / -rates[state, state]
            if left >= frame_time / 2:
                conformation[frame] = state
        law, before = frame_of_breath, breath
        breath = law[0] * before + law[1] * noise.standard_normal()
        integral += law[2] * (before + breath) + law[3] * noise.standard_normal()
        mean[frame] = integral / frame_time


ADD_RIBOSWITCH = TrapModel(
    extension_nm=(716.84, 709.95, 702.66),
    fold_p3_per_s=146.0,
    unfold_p3_per_s=6.57,
    fold_p2_per_s=5.95,
    unfold_p2_per_s=25.4,
    handle_stiffness_pn_per_nm=0.5425,
    friction_pn_s_per_nm=7.14e-5,
    detector_noise_nm=2.263,
    breathing_nm=2.082,
    breathing_relaxation_s=8.39e-4,
)
"""A trap whose record resembles the measured one.

The numbers were found by least squares on the densities of frames and of 2 ms means and on the
autocovariance of the record. A record cannot determine how the stiffness is divided between handle
and trap, or which part of the noise comes from the detector, the bead, or motion inside the
molecule.

:meta hide-value:
"""
