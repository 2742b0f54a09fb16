"""Simulations of alanine dipeptide: two long ones, and shorter ones with other settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.populations import populations
from reproduction.dipeptide import peptide
from reproduction.dipeptide.openmm_system import GAS_CONSTANT
from reproduction.dipeptide.states import LABELS, PS, labels_of, waits
from reproduction.potentials.verdicts import round_for_json
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, Recipe

NAME, VARIED = "dipeptide", "dipeptide_settings"  # the records: two long ones, the shorter ones
DATA, REFERENCE = "trajectory-0.npz", "trajectory-1.npz"
REFERENCE_SEED = 1000  # is added to the seed of the data, as for the potentials
TEMPERATURE = 450.0  # K, of all of them
_RADIANS = 1000  # units a radian, so that an angle fits into 16 bits
_OFFSET = 3142  # of −π
# What is changed in each of the shorter ones; nothing in the first.
VARIATIONS: dict[str, dict[str, Any]] = {
    "amber03": {},
    "amber99sb-ildn": {"force_field": "amber99sb-ildn"},
    "ff14SB": {"force_field": "ff14SB"},
    "charmm36": {"force_field": "charmm36"},
    "rescaling-1ps": {"relaxation_time_ps": 1.0},
    "langevin-0.1": {"thermostat": "langevin", "relaxation_time_ps": 10.0},
    "langevin-1": {"thermostat": "langevin", "relaxation_time_ps": 1.0},
    "langevin-10": {"thermostat": "langevin", "relaxation_time_ps": 0.1},
    "unconstrained": {"constrained": False, "time_step_fs": 1.0, "stride": 100},
}


@dataclass(frozen=True)
class DipeptideSimulations:
    """Simulations of alanine dipeptide, each independent of the others.

    Parameters
    ----------
    varied : bool
        One of each of :data:`VARIATIONS`, instead of two at the paper's settings.
    frames : int
        Of each, 0.1 ps apart.
    equilibration_ps : float
        Run first and thrown away.
    seed : int
        Of the first; those of the others are made from it.
    """

    varied: bool = False
    frames: int = 2_000_000
    equilibration_ps: float = 100.0
    seed: int = 1

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The recipe with a part for each simulation."""
        common = {"frames": self.frames, "equilibration_ps": self.equilibration_ps}
        files: dict[str, dict[str, Any]] = {
            DATA: {"seed": self.seed},
            REFERENCE: {"seed": self.seed + REFERENCE_SEED},
        }
        if self.varied:
            files = {
                f"{variation}.npz": {"seed": 100 * self.seed + k, **changed}
                for k, (variation, changed) in enumerate(VARIATIONS.items())
            }
        parts = tuple(Job(file, simulated, {**common, **own}) for file, own in files.items())
        return Recipe(name, description, asdict(self), parts, summarise, hidden)


def simulated(folder: Path, work: Path, **settings: Any) -> dict[str, Any]:
    """The part that simulates: ``phi`` and ``psi`` in milliradians, and what the tests ask."""
    found = peptide.simulate(**settings, checkpoint=work / "simulated.npz", progress=False)
    return {
        "phi": packed(found.phi),
        "psi": packed(found.psi),
        # One in a picosecond: enough for their distribution and the drift.
        "kinetic_energy": found.kinetic_energy[::10],
        "conserved_energy": found.conserved_energy[::1000],
    }


def load(
    which: int | str = 0, folder: Path | str | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """φ and ψ of a recorded simulation, in radians, 0.1 ps apart.

    Parameters
    ----------
    which : {0, 1} or str
        What is learned, or the independent one, both of 2,000,000 frames; or one of
        :data:`VARIATIONS`.
    folder : path, optional
        Of all records; those of the book if left out.

    Returns
    -------
    two ndarrays of float32, shape (frames,)

    Raises
    ------
    ValueError
        If it is none of them.
    FileNotFoundError, DamagedError
        If the record is missing, or a file of it was changed.
    """
    files: dict[int | str, tuple[str, str]] = {0: (NAME, DATA), 1: (NAME, REFERENCE)}
    files |= {variation: (VARIED, f"{variation}.npz") for variation in VARIATIONS}
    if which not in files:
        raise ValueError(
            f"which: found {which!r}; give 0, 1 or one of {', '.join(map(repr, VARIATIONS))}"
        )
    name, file = files[which]
    part = load_file(records.load(name, folder).folder / file)
    return unpacked(part["phi"]), unpacked(part["psi"])


def packed(angles: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Angles in radians from −π to π as whole milliradians."""
    return (np.rint(_RADIANS * np.asarray(angles, np.float64)) + _OFFSET).astype(np.uint16)


def unpacked(angles: NDArray[np.uint16]) -> NDArray[np.float32]:
    """The angles in radians, 0.0005 of which are lost."""
    return ((angles.astype(np.float64) - _OFFSET) / _RADIANS).astype(np.float32)


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Temperature, drift, populations and waits of each simulation, as JSON holds them."""
    found = {}
    for file in sorted(folder.glob("*.npz")):
        part = load_file(file)
        angles = {angle: labels_of(unpacked(part[angle])) for angle in ("phi", "psi")}
        dof = peptide.degrees_of_freedom(part["settings"].get("constrained", True))
        waited = {angle: waits(labels, angle) for angle, labels in angles.items()}
        drift = np.diff(part["conserved_energy"][[0, -1]].astype(np.float64))[0]
        found[file.stem] = {
            "temperature": round_for_json(
                2 * part["kinetic_energy"].mean(dtype=float) / dof / GAS_CONSTANT
            ),
            "drift_kT_per_ns": round_for_json(
                drift / len(angles["phi"]) / PS * 1000 / GAS_CONSTANT / TEMPERATURE
            ),
            "populations": {
                angle: round_for_json(populations(labels, n_labels=LABELS))
                for angle, labels in angles.items()
            },
            "waits_ps": {
                angle: [
                    {"mean": round_for_json(way.mean()), "n": way.size} for way in both if way.size
                ]
                for angle, both in waited.items()
            },
        }
    return {"numbers": found}
