"""What an endless record of an optical trap shows, without simulating it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

from lstm_md._support.checks import finite_array
from lstm_md.analysis.spectra import lag_array
from reproduction.optical_trap.simulation import TrapModel

Array = NDArray[np.float64]

_STEPS = 400  # of the time that a frame remembers


def autocovariance(model: TrapModel, lags_frames: ArrayLike) -> Array:
    """The exact autocovariance of the frames, without the drift.

    A relaxation of the molecule with amplitude a and time θ, seen through a bead of relaxation
    time τ, is a θ (θ e^(−t/θ) − τ e^(−t/τ))/(θ² − τ²). The bead adds kT/K e^(−t/τ), the breathing
    likewise, the detector its variance at lag 0. Then both ends are averaged over a frame.

    Parameters
    ----------
    model : TrapModel
    lags_frames : array_like of int, shape (lags,)

    Returns
    -------
    ndarray of float64, shape (lags,)
        In nm².

    Raises
    ------
    TypeError, ValueError
        If a lag is no whole number from 0.
    """
    lags = lag_array(lags_frames)

    def averaged(time: float) -> Array:
        u = model.time_per_frame_s / time
        same = 2 * (u + np.expm1(-u)) / u**2
        # e^(−lag u) (2 cosh u − 2)/u², written so that nothing overflows.
        apart = np.exp(-(np.maximum(lags, 1) - 1) * u) * (np.expm1(-u) / u) ** 2
        return np.where(lags == 0, same, apart)

    bead = model.bead_relaxation_s
    total = model.bead_variance_nm2 * averaged(bead)
    total += model.breathing_nm**2 * averaged(model.breathing_relaxation_s)
    for amplitude, time in zip(*_relaxations(model)):
        # The limit of equal times is smooth, and a part in 10⁶ away it is as good as there.
        slow = time if abs(time / bead - 1) > 1e-6 else bead * (1 + 1e-6)
        shape = slow * averaged(slow) - bead * averaged(bead)
        total += amplitude * slow * shape / (slow**2 - bead**2)
    return total + model.detector_noise_nm**2 * (lags == 0)


def frame_populations(
    model: TrapModel, edges_nm: ArrayLike, drift_variance_nm2: float = 0.0
) -> Array:
    """Shares of the frames between edges, from the characteristic function.

    A frame is a mean over the past of the molecule, with weights that bead and detector give, plus
    independent Gaussian noise. For a Markov process with rate matrix Q and extensions L,
    E[exp(ik Σ w_j L_j)] = π Π_j (e^(ik w_j L) e^(Qδ)) 1 over the steps δ of the past, and the
    probabilities follow as a Fourier series in k.

    Parameters
    ----------
    model : TrapModel
    edges_nm : array_like, shape (intervals + 1,)
        Rising.
    drift_variance_nm2 : float
        Added to that of the noise.

    Returns
    -------
    ndarray of float64, shape (intervals,)
    """
    edges = finite_array(edges_nm, "edges_nm", min_frames=2).astype(np.float64)
    still = replace(model, extension_nm=(0.0, 0.0, 0.0))
    variance = float(autocovariance(still, [0])[0]) + drift_variance_nm2
    reach = 9 * np.sqrt(variance)
    low = min(edges[0], min(model.extension_nm) - reach)
    period = max(edges[-1], max(model.extension_nm) + reach) - low
    # Beyond, the Gaussian leaves less than 1e-10.
    n_waves = int(np.ceil(7 / np.sqrt(variance) * period / (2 * np.pi)))
    waves = 2 * np.pi / period * np.arange(1, n_waves + 1)

    weights, step = _memory(model)
    stay = expm(model.rates_per_s * step)
    phases = 1j * waves[:, None] * (np.array(model.extension_nm) - low)
    law = np.broadcast_to(model.populations, phases.shape)
    for weight in weights:
        # The molecule is reversible: its past has the law of its future.
        law = (law * np.exp(weight * phases)) @ stay
    transform = law.sum(axis=1) * np.exp(-variance * waves**2 / 2)
    places = edges - low
    integrals = np.exp(-1j * waves * places[:, None]) / (-1j * waves)
    return np.diff(places + 2 * (integrals @ transform).real) / period


def _memory(model: TrapModel) -> tuple[Array, float]:
    """Weights of the steps of the past in a frame, the last step first; and the step in s."""
    frame, bead = model.time_per_frame_s, model.bead_relaxation_s
    past = np.linspace(0.0, frame + 20 * bead, _STEPS + 1)
    before = np.maximum(past - frame, 0.0)
    # The integral of the bead's response from 0 to t, then the same a frame later.
    since = [t + bead * np.expm1(-t / bead) for t in (past, before)]
    weights = np.diff(since[0] - since[1]) / frame
    return weights / weights.sum(), float(past[1])


def _relaxations(model: TrapModel) -> tuple[Array, Array]:
    """Variances (nm²) and times (s) of the two relaxations of the molecule's extension."""
    root = np.sqrt(model.populations)
    # Detailed balance makes the rates symmetric in these units.
    decays, modes = np.linalg.eigh(root[:, None] * model.rates_per_s / root)
    return (modes.T @ (root * model.extension_nm))[:2] ** 2, -1 / decays[:2]
