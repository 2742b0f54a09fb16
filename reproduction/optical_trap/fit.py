"""Which optical trap would have made this record? Least squares on what a record shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from lstm_md._support.checks import finite_array
from lstm_md.analysis import spectra
from lstm_md.labels import running_mean
from reproduction.optical_trap.exact import autocovariance, frame_populations
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, TrapModel
from reproduction.riboswitch.states import EDGES

Array = NDArray[np.float64]

WINDOW_FRAMES = 20  # of the running mean: 2 ms
LAGS_FRAMES = np.unique(np.r_[0, np.geomspace(1, 1000, 30).round().astype(int)])  # to 100 ms
MEAN_EDGES_NM = np.linspace(690, 725, 71)
# Residuals are in these units, so that the three kinds have about equal weight.
POPULATION_TOLERANCE = 0.002
COVARIANCE_TOLERANCE = 0.005  # of the variance
_LOGARITHMIC = (
    "fold_p3_per_s",
    "unfold_p3_per_s",
    "fold_p2_per_s",
    "unfold_p2_per_s",
    "handle_stiffness_pn_per_nm",
    "friction_pn_s_per_nm",
    "detector_noise_nm",
    "breathing_nm",
    "breathing_relaxation_s",
)
_USUAL_DRIFT_NM2 = 0.3


@dataclass(frozen=True)
class Summary:
    """What the fit looks at.

    Attributes
    ----------
    label_populations : ndarray, shape (34,)
        Shares of the frames between EDGES.
    mean_populations : ndarray, shape (70,)
        Shares of the running mean over WINDOW_FRAMES between MEAN_EDGES_NM.
    autocovariance_nm2 : ndarray, shape (lags,)
        At LAGS_FRAMES.
    """

    label_populations: Array
    mean_populations: Array
    autocovariance_nm2: Array

    def residuals(self, record: Summary) -> Array:
        """Differences from a record, in units of the tolerances; shape (34 + 70 + lags,)."""
        covariance = COVARIANCE_TOLERANCE * record.autocovariance_nm2[0]
        return np.concatenate(
            [
                (self.label_populations - record.label_populations) / POPULATION_TOLERANCE,
                (self.mean_populations - record.mean_populations) / POPULATION_TOLERANCE,
                (self.autocovariance_nm2 - record.autocovariance_nm2) / covariance,
            ]
        )


def fit(extension_nm: ArrayLike, start: TrapModel | None = None) -> TrapModel:
    """Least squares on the densities of frames and of 2 ms means, and on the autocovariance.

    Minimises the sum of the squares of :meth:`Summary.residuals`. Fitted are the three
    extensions, the four rates, the stiffness and friction of the bead, size and time of the
    breathing, the noise of the detector, and the variance of a drift slower than 100 ms. How
    often a boundary is crossed and how long a state is held is not looked at, and so can be
    compared afterwards.

    Not determined by a record, and taken from ``start``: how the stiffness is divided between
    handle and trap (their sum counts), kT, and that the detector averages over the whole frame.
    Hardly determined: what is the detector's noise and what is motion faster than a frame;
    whether the breathing is the molecule's, the handles' or the instrument's; whether it is
    alike in all conformations; whether there are only three.

    Parameters
    ----------
    extension_nm : array_like, shape (frames,)
        1,001 frames or more, 0.1 ms apart. What is outside of EDGES is not counted.
    start : TrapModel, optional
        Where the search begins; ADD_RIBOSWITCH if left out.

    Returns
    -------
    TrapModel
        Its drift is the random walk that has the fitted variance, on average, in a record of
        this length: variance = drift² × duration/6.

    Raises
    ------
    TypeError, ValueError
        If the record is no such array or ``start`` no TrapModel.
    """
    start = ADD_RIBOSWITCH if start is None else start
    if not isinstance(start, TrapModel):
        raise TypeError(
            f"start: expected a TrapModel, found {type(start).__name__}; leave it out or make one"
        )
    record = summary(extension_nm)
    best = least_squares(
        lambda place: expected(*_at(place, start)).residuals(record),
        np.zeros(len(_LOGARITHMIC) + 4),
        x_scale="jac",
    )
    model, variance = _at(best.x, start)
    duration = np.size(extension_nm) * model.time_per_frame_s
    return replace(model, drift_nm_per_sqrt_s=float(np.sqrt(6 * variance / duration)))


def summary(extension_nm: ArrayLike) -> Summary:
    """Summarise a record, measured or simulated, of frames 0.1 ms apart."""
    extension = finite_array(extension_nm, "extension_nm", min_frames=int(LAGS_FRAMES[-1]) + 1)
    means = running_mean(extension, WINDOW_FRAMES)
    return Summary(
        np.histogram(extension, EDGES)[0] / extension.size,
        np.histogram(means, MEAN_EDGES_NM)[0] / means.size,
        spectra.autocovariance(extension, LAGS_FRAMES),
    )


def expected(model: TrapModel, drift_variance_nm2: float = 0.0) -> Summary:
    """What an endless record of a model shows, exact but for steps in time.

    Parameters
    ----------
    model : TrapModel
        Its own drift is left out.
    drift_variance_nm2 : float
        Of a zero that wanders, slowly beside 100 ms.
    """
    # One frame as long as the window has the law of the mean over the window.
    window = replace(
        model,
        time_per_frame_s=WINDOW_FRAMES * model.time_per_frame_s,
        detector_noise_nm=model.detector_noise_nm / np.sqrt(WINDOW_FRAMES),
    )
    return Summary(
        frame_populations(model, EDGES, drift_variance_nm2),
        frame_populations(window, MEAN_EDGES_NM, drift_variance_nm2),
        autocovariance(model, LAGS_FRAMES) + drift_variance_nm2,
    )


def _at(place: Array, start: TrapModel) -> tuple[TrapModel, float]:
    """The model and the variance of the drift at a place in the search, whose origin is start."""
    factors = np.exp(place[3:])
    values = {name: float(getattr(start, name) * f) for name, f in zip(_LOGARITHMIC, factors)}
    u, p3, p2p3 = (float(x) for x in start.extension_nm + place[:3])
    model = replace(start, extension_nm=(u, p3, p2p3), drift_nm_per_sqrt_s=0.0, **values)
    return model, float(_USUAL_DRIFT_NM2 * factors[-1])
