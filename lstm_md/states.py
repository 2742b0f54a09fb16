"""The states of a trajectory of one coordinate, and the cuts between them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import brentq
from scipy.stats import gaussian_kde, norm

from lstm_md._support.checks import (
    as_array,
    finite_array,
    is_list_of_chains,
    label_dtype,
    more_chains_than_frames,
    whole_number,
)
from lstm_md.filters import running_mean

Array = NDArray[np.float64]

_MOST_ASKED = 20  # Each number of states is tried, so the time grows
_MOST_STATES = 8  # That are tried if their number is not given
_LEAST_FRAMES = 100  # Of a record
_LEAST_SHARE = 0.005  # Of a state; what is rarer may be noise
_LEAST_SEPARATION = 2.8  # Of two centres, in widths; 8 % of two equal peaks then overlap
_LEAST_SIGNIFICANCE = 3.0  # Of a minimum of the density, in standard errors
_FEW_ENTRIES = 10  # Into a state; its share is then not known to better than a third
_SHOULDER = 0.85  # Where a density falls to no less of the lower peak, it has a shoulder
_POINTS = 2000  # A finer sample shows shapes that are not Gaussian, and more states with them.
_FEW_VALUES = 10  # So few different numbers are labels and not positions.


@dataclass(frozen=True, eq=False)
class States:
    """The peaks of a density, and the cuts between them, both in ascending order.

    Attributes
    ----------
    centres, widths, shares : ndarray, shape (N,)
        Mean, standard deviation and weight of the Gaussian of each state.
    cuts : ndarray, shape (N − 1,), or (N,) for an angle with N > 1
        Where the Gaussians of neighbours cross. State i ends below ``cuts[i]``, and state i + 1
        begins at it. For an angle, state 0 begins at the last cut and continues across the end of
        the range.
    valleys : ndarray, of the shape of ``cuts``
        The lowest density between two peaks, divided by the lower peak. Near 1 there is no
        minimum to cut at, and the cut depends on the shape of the peaks.
    entries : ndarray of int, shape (N,)
        How often the trajectory came from the middle of another state to the middle of this one.
        The middle is less than one width from the centre.
    period : float or None
        The period of an angle; None for values on a line.
    start : float
        The lower end of the range of an angle, which is 0 or minus half of the period.
    """

    centres: Array
    widths: Array
    shares: Array
    cuts: Array
    valleys: Array
    entries: NDArray[np.int64]
    period: float | None = None
    start: float = 0.0

    @property
    def n_states(self) -> int:
        """N, the number of states."""
        return len(self.centres)

    def labels(self, values: ArrayLike) -> Any:
        """Label values by their state.

        If the states were found with a ``window``, the cuts belong to the running mean. This
        function does not smooth, so give it the running mean.

        Parameters
        ----------
        values : array_like, shape (frames,) or (chains, frames), or list of such (frames,)

        Returns
        -------
        ndarray of uint8, of the shape of ``values``; a list of them for a list
            Label i stands for cuts[i − 1] ≤ value < cuts[i]. The first state has no lower cut,
            and the last one no upper cut. For an angle, state 0 continues across the end of the
            range.

        Raises
        ------
        TypeError, ValueError
            If the values are not finite real numbers.
        """
        if is_list_of_chains(values):
            return [self.labels(one) for one in values]  # type: ignore[union-attr]
        array = finite_array(values, "values", dimensions=(1, 2)).astype(np.float64)
        if self.period is not None:
            array = self.start + (array - self.start) % self.period
        found = np.searchsorted(self.cuts, array, side="right") % self.n_states
        return found.astype(label_dtype(self.n_states))

    def __str__(self) -> str:
        at = [f"{c:.4g} ({100 * share:.3g} %)" for c, share in zip(self.centres, self.shares)]
        if self.n_states == 1:
            return f"1 state at {at[0]}: no second state can be distinguished"
        lines = [f"{self.n_states} states at {', '.join(at)}"]
        for cut, valley in zip(self.cuts, self.valleys):
            lines.append(f"cut at {cut:.4g}: the density falls to {valley:.0%} of the lower peak")
            if valley > 0.95:
                lines[-1] = (
                    f"cut at {cut:.4g}: the density has no minimum here,\n"
                    f"    so this cut depends on the shape of the peaks"
                )
        lines += [
            f"state {k} was entered {self.entries[k]} times, so its share is uncertain"
            for k in np.flatnonzero(self.entries < _FEW_ENTRIES)
        ]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Density:
    """The density of the values, as equally probable points in ascending order.

    On a circle the points begin where the density is lowest, so that no peak is cut in two.
    """

    points: Array
    n_frames: float  # that do not overlap
    period: float | None

    def between(self, low: float, high: float, smoothing: float) -> Array:
        """Return the smoothed density at 101 places."""
        points = self.points
        if self.period is not None:
            points = np.concatenate([points, points + self.period])
        kernel = gaussian_kde(points, smoothing / points.std(ddof=1))
        return kernel(np.linspace(low, high, 101)) * (points.size / self.points.size)


@dataclass(frozen=True, eq=False)
class _Peaks:
    """A mixture of Gaussians in ascending order, and its Bayesian information criterion.

    On a circle the first peak is repeated after the last one, its neighbour.
    """

    means: Array
    widths: Array
    weights: Array
    bic: float

    def log(self, k: int, x: float) -> float:
        """Return the logarithm of the density of peak k."""
        return float(np.log(self.weights[k]) + norm.logpdf(x, self.means[k], self.widths[k]))


def find_states(
    values: ArrayLike,
    n_states: int | None = None,
    *,
    window: int = 1,
    period: float | None = None,
) -> States:
    r"""Find the states of a trajectory of one coordinate by a mixture of Gaussians.

    Two neighbours with centres μ and widths σ are told apart if all three are true:

    - :math:`|\mu_1 - \mu_2| \ge 2.8 \sqrt{(\sigma_1^2 + \sigma_2^2)/2}`, the separation of
      Ashman, Bird & Zepf (Astron. J. 108, 2348, 1994),
    - each of the two is the larger one at its own centre,
    - the density of the values has a minimum between them if the sum of the two Gaussians has one.
      If neither of the two densities has a minimum, because one peak is a shoulder of the other,
      each of the two states must have been entered at least ten times.

    Each state must have at least 0.5 % of the frames. Several numbers of states may pass. Then the
    one with the lowest Bayesian information criterion is chosen.

    The Gaussians are fitted to 2000 quantiles of the values. The lowest and the highest 0.1 % are
    left out. Values far outside the middle 99 % are left out, too, so that no spike becomes a
    state: those that lie more than half the width of this range beyond its ends. The fit starts
    from peaks of one common width, and draws no random numbers.

    Parameters
    ----------
    values : array_like, shape (frames,) or (chains, frames), or list of such (frames,)
    n_states : int, optional
        N, the number of states, at most 20. If left out: as many as can be distinguished, at most
        8.
    window : int
        Find the states of a :func:`~lstm_md.filters.running_mean` over this number of frames.
        Faster noise is averaged out.
    period : float, optional
        The period of an angle, such as ``2 * numpy.pi``. A state may then lie across the ends. If
        left out, the values are not periodic. ``inf`` is for values on a line that look like
        angles.

    Returns
    -------
    States
        When printed, it says how certain they are.

    Raises
    ------
    TypeError, ValueError
        If the values are not finite real numbers, or are too few, or if ``n_states`` states cannot
        be told apart. The message says why, and how many can.

    Warns
    -----
    UserWarning
        If no period is given and the values look like angles that jump from one end of their range
        to the other.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = np.repeat([0.0, 5.0, 0.0, 5.0], 500) + rng.normal(size=2000)
    >>> find_states(x).cuts.round(1)
    array([2.5])
    """
    if n_states is not None:
        n_states = whole_number(n_states, "n_states")
        if n_states > _MOST_ASKED:
            raise ValueError(
                f"n_states: expected at most {_MOST_ASKED}, found {n_states}; choose the "
                f"cuts yourself"
            )
    chains = _smoothed(values, window, period)
    period = None if period is None or np.isinf(period).all() else float(np.ravel(period)[0])
    if period is not None:
        _check_period(values, period)
    density = _density(np.concatenate(chains), period, window)
    peaks = _told_apart(density, chains, n_states)
    pairs = range(peaks.means.size - 1)
    cuts = np.array([_crossing(peaks, k) for k in pairs])
    valleys = np.array([_valleys(peaks, k, density)[0] for k in pairs])
    n_found = max(len(pairs), 1) if period is not None else peaks.means.size
    centres, first, start = peaks.means[:n_found], 0, 0.0
    if period is not None:
        start = 0.0 if min(chain.min() for chain in chains) >= 0 else -period / 2
        centres, cuts = (start + (each - start) % period for each in (centres, cuts))
        # State 0 lies across the end of the range, so it is the one before the lowest cut.
        first = int(cuts.argmin()) if cuts.size else 0
    return States(
        centres=np.roll(centres, -first),
        widths=np.roll(peaks.widths[:n_found], -first),
        shares=np.roll(peaks.weights[:n_found], -first),
        cuts=np.roll(cuts, -first),
        valleys=np.roll(valleys, -first),
        entries=np.roll(_entries(chains, peaks, n_found, period), -first),
        period=period,
        start=start,
    )


def _smoothed(values: ArrayLike, window: int, period: float | None) -> list[Array]:
    """Return the running mean of each chain, after a look at the shape of the values."""
    if not is_list_of_chains(values):
        shape = as_array(values, "values").shape
        if len(shape) == 2 and shape[0] > shape[1]:
            raise ValueError(more_chains_than_frames(shape, "values"))
    means = running_mean(values, window, axis=-1, period=period)
    chains = means if isinstance(means, list) else list(np.atleast_2d(means))
    for k, chain in enumerate(chains):
        if chain.ndim != 1:
            raise ValueError(
                f"values[{k}]: expected shape (frames,), found {chain.shape}; select a column"
            )
    return chains


def _check_period(values: ArrayLike, period: float) -> None:
    """Refuse a period that is in another unit than the values."""
    given: Any = values if is_list_of_chains(values) else [values]
    flat = np.concatenate([np.ravel(one) for one in given])
    if not 0.02 * period <= np.ptp(flat) <= 1.001 * period:
        raise ValueError(
            f"period: found {period:.6g} for values from {flat.min():.6g} to {flat.max():.6g}; "
            f"give the period in the unit of the values, {2 * np.pi:.5g} for radians and 360 for "
            f"degrees, or leave it out if they do not come near the ends"
        )


def _density(flat: Array, period: float | None, window: int) -> _Density:
    """Take the quantiles of the values.

    Raises
    ------
    ValueError
        If there are too few frames, or too few different values.
    """
    if flat.size < _LEAST_FRAMES:
        raise ValueError(
            f"values: expected at least {_LEAST_FRAMES} frames, or means of a window, found "
            f"{flat.size}; give a longer trajectory or a shorter window"
        )
    if period is not None:
        counts, edges = np.histogram(flat % period, 360, (0.0, period))
        smooth = gaussian_filter1d(counts.astype(np.float64), 10, mode="wrap", truncate=9)
        seam = edges[smooth.argmin()] + period / 720
        flat = seam + (flat - seam) % period
    left_out = max(0.001, 3 / flat.size)
    wanted = np.linspace(left_out, 1 - left_out, min(flat.size, _POINTS))
    points = np.quantile(flat, wanted, method="nearest")
    # A state is too frequent to lie beyond these limits. What lies far beyond is an outlier.
    low, high = np.quantile(points, [_LEAST_SHARE, 1 - _LEAST_SHARE])
    reach = (high - low) / 2
    points = points[(points >= low - reach) & (points <= high + reach)]
    different = np.unique(points)
    if different.size <= _FEW_VALUES:
        raise ValueError(
            f"values: found {different.size} different number(s) in {flat.size} frames without "
            f"their extremes, expected a coordinate; numbers that are labels already need no states"
        )
    return _Density(points, flat.size / window, period)


def _told_apart(density: _Density, chains: list[Array], n_states: int | None) -> _Peaks:
    """Fit each number of peaks, and return the best of those that can be told apart.

    Raises
    ------
    ValueError
        If ``n_states`` are not among them.
    """
    fits = {n: _fit(density, n) for n in range(1, max(_MOST_STATES, n_states or 1) + 1)}

    @cache
    def problem_of(n: int) -> str:
        return _problem(fits[n], n, density, chains)

    best = next(n for n in sorted(fits, key=lambda n: fits[n].bic) if not problem_of(n))
    if n_states is None:
        return fits[best]
    problem = problem_of(n_states)
    if not problem and n_states > best:
        problem = "fewer states describe the values better"
    if problem:
        raise ValueError(
            f"n_states: {n_states} states cannot be distinguished in these values: {problem}; give "
            f"n_states={best}, or a larger window, or choose the cuts yourself and make the labels "
            f"with lstm_md.with_edges"
        )
    return fits[n_states]


def _fit(density: _Density, n: int) -> _Peaks:
    """Fit n Gaussians of one width, and from there n of any width."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    origin, scale = density.points.mean(), density.points.std()
    z = ((density.points - origin) / scale)[:, None]

    def fit(**start: Any) -> Any:
        mixture = GaussianMixture(
            n,
            reg_covar=1e-4,  # no peak is narrower than a hundredth of the whole
            tol=1e-5,
            max_iter=500,
            init_params="random_from_data",  # which the start replaces
            random_state=0,
            **start,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of too many peaks
            return mixture.fit(z)

    shares = np.full(n, 1 / n)
    starts = np.quantile(z, (np.arange(n) + 0.5) / n), np.linspace(z[0, 0], z[-1, 0], n + 2)[1:-1]
    alike = max(
        (
            fit(
                covariance_type="tied",
                weights_init=shares,
                means_init=start[:, None],
                precisions_init=[[float(n) ** 2]],
            )
            for start in starts
        ),
        key=lambda found: found.lower_bound_,
    )
    found = fit(
        covariance_type="diag",  # of one coordinate: one variance for each peak
        weights_init=alike.weights_,
        means_init=alike.means_,
        precisions_init=np.repeat(alike.precisions_, n, axis=0),
    )
    order = found.means_[:, 0].argsort()
    means = origin + scale * found.means_[order, 0]
    if density.period is not None and n > 1:
        order, means = np.append(order, order[0]), np.append(means, means[0] + density.period)
    widths = scale * np.sqrt(found.covariances_[order, 0])
    return _Peaks(means, widths, found.weights_[order], found.bic(z))


def _problem(peaks: _Peaks, n: int, density: _Density, chains: list[Array]) -> str:
    """Say why n peaks cannot be told apart; an empty text if they can."""
    centres = [f"{mean:.4g}" for mean in peaks.means]
    for centre, share in zip(centres, peaks.weights):
        if share < _LEAST_SHARE:
            return (
                f"the peak at {centre} has {share:.2%} of the frames, less than {_LEAST_SHARE:.1%}"
            )
    for k in range(peaks.means.size - 1):
        pair = f"the peaks at {centres[k]} and {centres[k + 1]}"
        width = np.sqrt((peaks.widths[k] ** 2 + peaks.widths[k + 1] ** 2) / 2)
        apart = (peaks.means[k + 1] - peaks.means[k]) / width
        if apart < _LEAST_SEPARATION:
            return f"{pair} are {apart:.1f} widths apart, less than {_LEAST_SEPARATION}"
        for here, there in ((k, k + 1), (k + 1, k)):
            if peaks.log(here, peaks.means[here]) <= peaks.log(there, peaks.means[here]):
                return f"the peak at {centres[here]} is hidden by the peak at {centres[there]}"
        found, expected, clear = _valleys(peaks, k, density)
        if expected < _SHOULDER and clear < _LEAST_SIGNIFICANCE:
            return f"the density has no clear minimum between {pair}"
        if found > _SHOULDER:
            entries = _entries(chains, peaks, n, density.period)
            if min(entries[k], entries[(k + 1) % n]) < _FEW_ENTRIES:
                return f"the density has no minimum between {pair}, which have few transitions"
    return ""


def _crossing(peaks: _Peaks, k: int) -> float:
    """Return where peak k and the next one are equal."""
    ends = peaks.means[k], peaks.means[k + 1]
    return float(brentq(lambda x: peaks.log(k, x) - peaks.log(k + 1, x), *ends))


def _valleys(peaks: _Peaks, k: int, density: _Density) -> tuple[float, float, float]:
    """Return the valley after peak k in the density and in the fit, and how significant it is.

    A valley is the lowest density between the two centres, divided by that at the lower peak. Its
    significance is the difference of the two in standard errors of independent frames.
    """
    ends = peaks.means[k], peaks.means[k + 1]
    smoothing = 0.3 * peaks.widths[k : k + 2].min()
    found = density.between(*ends, smoothing)
    widths = np.hypot(peaks.widths, smoothing)
    expected = norm.pdf(np.linspace(*ends, 101)[:, None], peaks.means, widths) @ peaks.weights
    frames = 2 * np.sqrt(np.pi) * smoothing * density.n_frames  # those in the kernel, per density
    lower, lowest = frames * min(found[0], found[-1]), frames * found.min()
    return (
        float(lowest / lower),
        float(expected.min() / min(expected[0], expected[-1])),
        float((lower - lowest) / np.sqrt(lower + lowest)),
    )


def _entries(chains: list[Array], peaks: _Peaks, n: int, period: float | None) -> NDArray[np.int64]:
    """Count how often each state is entered, from the middle of another to its own middle."""
    entries = np.zeros(n, np.int64)
    for chain in chains:
        visited = np.full(chain.size, -1)
        for k in range(n):
            away = chain - peaks.means[k]
            if period is not None:
                away = (away + period / 2) % period - period / 2
            visited[np.abs(away) < peaks.widths[k]] = k
        visited = visited[visited >= 0]
        entries += np.bincount(visited[1:][np.diff(visited) != 0], minlength=n)
    return entries
