"""The model potentials of the paper (Eqs 23 and 24), with exact averages by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from lstm_md._support.checks import (
    finite_array,
    listed,
    number_array,
    real_number,
)

Array = NDArray[np.float64]

# exp(−36) is smaller than the rounding error of a sum of order one.
_NEGLIGIBLE = 36.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class ModelPotential:
    r"""A flat plane with Gaussian wells and hills, and a weak confinement at its border.

    .. math:: V(x, y) = W (x^p + y^p) + \sum_i a_i\, G(x - x_i)\, G(y - y_i), \quad
              G(d) = e^{-d^2 / 2 \sigma^2}

    This is Eq 23 for p = 6 and Eq 24 for p = 4. Without wells and with p = 2 it is a harmonic
    oscillator of stiffness 2 W. Lengths, energies and times are in reduced units.

    Attributes
    ----------
    name : str
    states : tuple of str
        Names of the metastable states, one per well, in the order of the paper.
    wells : tuple of (float, float, float)
        (x_i, y_i, a_i). A negative amplitude a_i is a well, a positive one a hill.
    confinement : float
        W, the strength of the confinement.
    power : int
        p: 2, 4 or 6.
    beta : float
        Inverse temperature 1/(k_B T) of the paper's simulation.
    width : float
        σ, the width of wells and hills.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of range, or the number of states is not the number of wells.
    """

    name: str
    states: tuple[str, ...]
    wells: tuple[tuple[float, float, float], ...]
    confinement: float
    power: int
    beta: float
    width: float = 0.8

    def __post_init__(self) -> None:
        if not isinstance(self.power, Integral) or self.power not in (2, 4, 6):
            raise ValueError(f"power: expected 2, 4 or 6, found {self.power!r}; give one of them")
        for name in ("confinement", "beta", "width"):
            real_number(getattr(self, name), name, above=0.0)
        wells = listed(self.wells, "wells", "give (x, y, amplitude) for each well")
        states = listed(self.states, "states", "give the names of the states")
        object.__setattr__(self, "wells", tuple(wells))
        object.__setattr__(self, "states", tuple(states))
        for i, well in enumerate(wells):
            if len(finite_array(well, f"wells[{i}]")) != 3:
                raise ValueError(
                    f"wells[{i}]: expected (x, y, amplitude), found {well}; give three numbers"
                )
        if len(self.states) != len(self._well_centres):
            raise ValueError(
                f"states: expected one name for each of the {len(self._well_centres)} minima, "
                f"found {self.states}; name each well"
            )

    def energy(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Return V(x, y) of Eqs 23 and 24.

        Parameters
        ----------
        x, y : array_like
            Positions, of shapes that broadcast.

        Raises
        ------
        TypeError, ValueError
            If a position is not a finite real number.
        """
        x, y = _positions(x, y)
        total = self.confinement * (x**self.power + y**self.power)
        for x0, y0, amplitude in self.wells:
            total = total + amplitude * self._gaussian(x - x0) * self._gaussian(y - y0)
        return total

    def force(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Return −∂V/∂x and −∂V/∂y; parameters and errors are those of :meth:`energy`."""
        x, y = np.broadcast_arrays(*_positions(x, y))
        fx = -self.power * self.confinement * x ** (self.power - 1)
        fy = -self.power * self.confinement * y ** (self.power - 1)
        for x0, y0, amplitude in self.wells:
            well = amplitude / self.width**2 * self._gaussian(x - x0) * self._gaussian(y - y0)
            fx = fx + well * (x - x0)
            fy = fy + well * (y - y0)
        return fx, fy

    @cached_property
    def minima(self) -> Array:
        """The minimum of V in each well, shape (states, 2), in the order of ``states``.

        Each one is found by minimising V from the centre of its well. Without wells it is the
        origin.
        """

        def downhill(centre: tuple[float, float]) -> Array:
            return minimize(
                lambda point: float(self.energy(*point)),
                centre,
                jac=lambda point: -np.array(self.force(*point)),
                options={"gtol": 1e-10},
            ).x

        points = np.array([downhill(centre) for centre in self._well_centres])
        points.flags.writeable = False  # every caller gets the same array
        return points

    def density(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Return the Boltzmann density exp(−βV)/Z, whose integral over the plane is one.

        Z comes from quadrature; parameters and errors are those of :meth:`energy`.
        """
        return np.exp(-self.beta * (self.energy(x, y) - self._lowest)) / self._partition

    def probability(self, x_edges: ArrayLike) -> Array:
        """Compute the exact probabilities of intervals of x, integrated over all y.

        Parameters
        ----------
        x_edges : array_like, shape (intervals + 1,)
            Rising edges. The first may be −inf and the last inf.

        Returns
        -------
        ndarray, shape (intervals,)
            ∫∫ exp(−βV) dy dx / Z, with an error of about 1e-10.

        Raises
        ------
        TypeError, ValueError
            If there are fewer than two edges, one is not a number, or they do not rise.
        """
        edges = number_array(x_edges, "x_edges")
        if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
            raise ValueError(
                f"x_edges: expected at least two edges, strictly rising, found {edges.tolist()}; "
                f"sort them, give each one once, and leave out NaN"
            )
        inside = np.clip(edges, -self._reach, self._reach)
        integrals = [self._integral(*ends) for ends in zip(inside[:-1], inside[1:])]
        return np.array(integrals) / self._partition

    @property
    def _well_centres(self) -> list[tuple[float, float]]:
        return [(x, y) for x, y, amplitude in self.wells if amplitude < 0] or [(0.0, 0.0)]

    def _gaussian(self, distance: Array) -> Array:
        return np.exp(-(distance**2) / (2 * self.width**2))

    @cached_property
    def _lowest(self) -> float:
        """The lowest energy, which is subtracted before exp() to prevent an overflow."""
        return float(self.energy(*self.minima.T).min())

    @cached_property
    def _reach(self) -> float:
        """The distance along an axis beyond which exp(−βV) is negligible."""
        deepest = sum(-amplitude for _, _, amplitude in self.wells if amplitude < 0)
        beyond_wells = max((max(abs(x), abs(y)) for x, y, _ in self.wells), default=0.0)
        excess = _NEGLIGIBLE / self.beta + max(deepest + self._lowest, 0.0)
        return max((excess / self.confinement) ** (1 / self.power), beyond_wells + 9 * self.width)

    @cached_property
    def _partition(self) -> float:
        return self._integral(-self._reach, self._reach)

    def _integral(self, start: float, stop: float) -> float:
        """Integrate exp(−β(V − lowest)) over x from ``start`` to ``stop`` and over all y.

        Gauss–Legendre quadrature in panels along x. Along y the trapezoidal rule is enough: it
        converges faster than any power for a smooth integrand that vanishes at both ends.
        """
        scale = self._scale
        n_panels = max(1, int(np.ceil((stop - start) / (2 * scale))))
        edges = np.linspace(start, stop, n_panels + 1)
        half = np.diff(edges)[:, None] / 2
        x = (edges[:-1, None] + half * (1 + _NODES)).ravel()
        y = np.linspace(-self._reach, self._reach, 1 + int(np.ceil(8 * self._reach / scale)))
        boltzmann = np.exp(-self.beta * (self.energy(x[:, None], y) - self._lowest))
        return float((half * _WEIGHTS).ravel() @ boltzmann.sum(axis=1)) * float(y[1] - y[0])

    @cached_property
    def _scale(self) -> float:
        """The smallest length over which exp(−βV) varies: the thermal width of a well."""
        stiffest = max((abs(a) for _, _, a in self.wells), default=0.0) / self.width**2
        thermal = 1 / np.sqrt(self.beta * stiffest) if stiffest else np.inf
        return float(min(thermal, self._reach / 8))


def _positions(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Check positions whose shapes broadcast, and return them as float64."""
    for values, name in ((x, "x"), (y, "y")):
        values = np.atleast_1d(number_array(values, name))
        finite_array(values, name, dimensions=range(1, 65), min_frames=0)
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        raise ValueError(
            f"y: expected a shape that broadcasts with that of x, {x.shape}, found {y.shape}; give "
            f"one y for each x"
        ) from None
    return x, y


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

_HILL = (0.0, 0.0, 1.0)
four_state = ModelPotential(
    name="four-state",
    states=("A", "B", "C", "D"),
    wells=((2.0, -1.0, -1.0), (0.5, 2.0, -1.0), (-0.5, -2.0, -1.0), (-2.0, 1.0, -1.0), _HILL),
    confinement=1e-4,
    power=4,
    beta=9.5,
)
"""A, B, C and D around a hill (Eq 24, Fig 2 c).

:meta hide-value:
"""
