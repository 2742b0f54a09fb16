"""The paper's model potentials (Eqs 23 and 24), with exact averages by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from lstm_md._support.checks import describe_type, finite_array, real_number

Array = NDArray[np.float64]

# exp(−36) is below the rounding of a sum of order one.
_NEGLIGIBLE = 36.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class ModelPotential:
    r"""A flat plane with Gaussian wells and hills, held together by a weak confinement.

    .. math:: U(x, y) = W (x^p + y^p) + \sum_i a_i\, G(x - x_i)\, G(y - y_i), \quad
              G(d) = e^{-d^2 / 2 \sigma^2}

    which is Eq 23 (p = 6) and Eq 24 (p = 4); without wells and with p = 2 it is a
    harmonic oscillator of stiffness 2 W. Lengths, energies and times are reduced units.

    Attributes
    ----------
    name : str
    states : tuple of str
        Names of the metastable states, one a well, in the paper's order.
    wells : tuple of (float, float, float)
        (x_i, y_i, a_i); a negative amplitude a_i is a well, a positive one a hill.
    confinement : float
        W, its strength.
    power : int
        p: 2, 4 or 6.
    beta : float
        Inverse temperature 1/(k_B T) of the paper's simulation.
    width : float
        σ, of wells and hills.

    Raises
    ------
    ValueError
        If a parameter is out of range, or there is not one state a well.
    """

    name: str
    states: tuple[str, ...]
    wells: tuple[tuple[float, float, float], ...]
    confinement: float
    power: int
    beta: float
    width: float = 0.8

    def __post_init__(self) -> None:
        if self.power not in (2, 4, 6):
            raise ValueError(f"power: expected 2, 4 or 6, found {self.power!r}; give one of them")
        for name in ("confinement", "beta", "width"):
            real_number(getattr(self, name), name, above=0.0)
        for i, well in enumerate(self.wells):
            if len(finite_array(well, f"wells[{i}]")) != 3:
                raise ValueError(
                    f"wells[{i}]: expected (x, y, amplitude), found {well}; give three numbers"
                )
        if len(self.states) != len(self._starts):
            raise ValueError(
                f"states: expected one name for each of the {len(self._starts)} minima, "
                f"found {self.states}; name each well"
            )

    def energy(self, x: ArrayLike, y: ArrayLike) -> Array:
        """U(x, y), Eqs 23 and 24.

        Parameters
        ----------
        x, y : array_like
            Positions, of shapes that broadcast.

        Returns
        -------
        ndarray of float64, of the broadcast shape

        Raises
        ------
        TypeError, ValueError
            If a position is not finite and real.
        """
        x, y = _positions(x, "x"), _positions(y, "y")
        total = self.confinement * (x**self.power + y**self.power)
        for x0, y0, amplitude in self.wells:
            total = total + amplitude * self._gaussian(x - x0) * self._gaussian(y - y0)
        return total

    def force(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """−∇U at positions of shapes that broadcast.

        Returns
        -------
        fx, fy : ndarray of float64, each of the broadcast shape

        Raises
        ------
        TypeError, ValueError
            If a position is not finite and real.
        """
        x, y = np.broadcast_arrays(_positions(x, "x"), _positions(y, "y"))
        fx = -self.power * self.confinement * x ** (self.power - 1)
        fy = -self.power * self.confinement * y ** (self.power - 1)
        for x0, y0, amplitude in self.wells:
            well = amplitude / self.width**2 * self._gaussian(x - x0) * self._gaussian(y - y0)
            fx = fx + well * (x - x0)
            fy = fy + well * (y - y0)
        return fx, fy

    @cached_property
    def minima(self) -> Array:
        """The bottoms of the wells, shape (states, 2), in the order of ``states``.

        Each is found by minimising U from the centre of its well. Without wells it is
        the origin.
        """
        found = [
            minimize(
                lambda point: float(self.energy(*point)),
                start,
                jac=lambda point: -np.array(self.force(*point)),
                method="BFGS",
                options={"gtol": 1e-10},
            ).x
            for start in self._starts
        ]
        points = np.array(found)
        points.flags.writeable = False  # it is shared by every caller
        return points

    def density(self, x: ArrayLike, y: ArrayLike) -> Array:
        """The Boltzmann density exp(−βU)/Z at points whose shapes broadcast.

        Its integral over the plane is one; Z comes from quadrature.
        """
        return np.exp(-self.beta * (self.energy(x, y) - self._lowest)) / self._partition

    def probability(self, x_edges: ArrayLike) -> Array:
        """Exact probabilities of the intervals between x edges, integrated over all y.

        Parameters
        ----------
        x_edges : array_like, shape (intervals + 1,)
            Rising edges; the first may be −inf and the last inf.

        Returns
        -------
        ndarray, shape (intervals,)
            ∫∫ exp(−βU) dy dx / Z, good to about 1e-10.

        Raises
        ------
        TypeError, ValueError
            If there are fewer than two edges, one is no number, or they do not rise.
        """
        edges = np.asarray(x_edges)
        if edges.dtype.kind not in "fiu":
            raise TypeError(
                f"x_edges: expected real numbers, found {describe_type(x_edges, edges)}; "
                f"convert them to floats first"
            )
        if edges.ndim != 1 or len(edges) < 2:
            raise ValueError(
                f"x_edges: expected at least two edges, found shape {edges.shape}; "
                f"give both ends of each interval"
            )
        if not (np.diff(edges) > 0).all():
            raise ValueError(
                f"x_edges: expected strictly rising edges, found {edges.tolist()}; "
                f"sort them, give each one once, and leave out NaN"
            )
        reach = self._reach
        inside = np.clip(edges, -reach, reach)
        return np.array([self._integral(*pair) for pair in zip(inside[:-1], inside[1:])]) / (
            self._partition
        )

    @property
    def _starts(self) -> list[tuple[float, float]]:
        return [(x, y) for x, y, amplitude in self.wells if amplitude < 0] or [(0.0, 0.0)]

    def _gaussian(self, distance: Array) -> Array:
        return np.exp(-(distance**2) / (2 * self.width**2))

    @cached_property
    def _lowest(self) -> float:
        """The lowest energy, taken off before exp() so that a deep well cannot overflow."""
        return float(self.energy(*self.minima.T).min())

    @cached_property
    def _reach(self) -> float:
        """Beyond ±reach exp(−βU) is negligible; far out, since 1e-4 x^6 is a weak wall."""
        deepest = sum(-amplitude for _, _, amplitude in self.wells if amplitude < 0)
        beyond_wells = max((max(abs(x), abs(y)) for x, y, _ in self.wells), default=0.0)
        excess = _NEGLIGIBLE / self.beta + max(deepest + self._lowest, 0.0)
        return max((excess / self.confinement) ** (1 / self.power), beyond_wells + 9 * self.width)

    @cached_property
    def _partition(self) -> float:
        return self._integral(-self._reach, self._reach)

    def _integral(self, start: float, stop: float) -> float:
        """∫ dx ∫ dy exp(−β(U − lowest)) for x in [start, stop].

        Gauss–Legendre in panels along x; along y the trapezoidal rule, which converges
        faster than any power for a smooth integrand that vanishes at both ends.
        """
        scale = self._scale
        edges = np.linspace(start, stop, 1 + max(1, int(np.ceil((stop - start) / (2 * scale)))))
        half = np.diff(edges)[:, None] / 2
        x = (edges[:-1, None] + half * (1 + _NODES)).ravel()
        y = np.linspace(-self._reach, self._reach, 1 + int(np.ceil(8 * self._reach / scale)))
        weights = (half * _WEIGHTS).ravel()
        boltzmann = np.exp(-self.beta * (self.energy(x[:, None], y) - self._lowest))
        return float(weights @ boltzmann.sum(axis=1)) * float(y[1] - y[0])

    @cached_property
    def _scale(self) -> float:
        """The smallest length over which exp(−βU) varies: the thermal width of a well."""
        stiffest = max((abs(a) for _, _, a in self.wells), default=0.0) / self.width**2
        thermal = 1 / np.sqrt(self.beta * stiffest) if stiffest else np.inf
        return float(min(thermal, self._reach / 8))


def _positions(values: ArrayLike, name: str) -> Array:
    """Finite positions of any shape as float64."""
    array = np.asarray(values)
    finite_array(np.atleast_1d(array), name, dimensions=range(1, 65), min_frames=0)
    return array.astype(np.float64)


linear_three_state = ModelPotential(
    name="linear three-state",
    states=("A", "B", "C"),
    wells=((1.5, 1.5, -1.0), (0.0, 0.0, -1.0), (-1.5, -1.5, -1.0)),
    confinement=1e-4,
    power=6,
    beta=9.5,
)
"""A, B and C in a row (Eq 23, Fig 2 a).

:meta hide-value:
"""

triangular_three_state = ModelPotential(
    name="triangular three-state",
    states=("A", "B", "C"),
    wells=((1.5, 1.8, -1.0), (0.0, -1.0, -1.0), (-1.5, 1.5, -1.0)),
    confinement=1e-4,
    power=6,
    beta=9.0,
)
"""A, B and C at the corners of a triangle (Eq 23, Fig 2 b).

:meta hide-value:
"""

four_state = ModelPotential(
    name="four-state",
    states=("A", "B", "C", "D"),
    wells=(
        (2.0, -1.0, -1.0),
        (0.5, 2.0, -1.0),
        (-0.5, -2.0, -1.0),
        (-2.0, 1.0, -1.0),
        (0.0, 0.0, 1.0),
    ),
    confinement=1e-4,
    power=4,
    beta=9.5,
)
"""A, B, C and D round a hill (Eq 24, Fig 2 c).

:meta hide-value:
"""
