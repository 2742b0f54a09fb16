"""The former name of :mod:`reproduction.dipeptide.recorded_simulations`."""

from reproduction.dipeptide.recorded_simulations import DipeptideSimulations

__all__ = ["DipeptideSimulations"]
