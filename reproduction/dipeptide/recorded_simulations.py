"""The recorded simulations of alanine dipeptide: two long ones, and shorter ones that vary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.populations import populations
from reproduction.common.numbers import round_for_json
from reproduction.dipeptide.molecular_dynamics import simulate
from reproduction.dipeptide.openmm_system import GAS_CONSTANT
from reproduction.dipeptide.states import N_LABELS, PS_PER_FRAME, labels_of
from reproduction.dipeptide.structure import degrees_of_freedom
from reproduction.dipeptide.waiting_times import waits
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe

LONG, VARIED = "dipeptide", "dipeptide_settings"  #: The names of the two records
DATA_FILE, REFERENCE_FILE = "trajectory-0.npz", "trajectory-1.npz"
REFERENCE_SEED = 1000  # added to the seed of the data, as for the potentials
TEMPERATURE = 450.0  # K, in all simulations
_RADIANS = 1000  # units per radian, so that an angle fits into 16 bits
_OFFSET = 3142  # the unit of angle 0
# What is changed in each shorter simulation; nothing in the first.
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
    """Independent simulations of alanine dipeptide.

    Parameters
    ----------
    varied : bool
        Whether to make one simulation of each of :data:`VARIATIONS`, instead of two with the
        settings of the paper.
    frames : int
        Frames per simulation, 0.1 ps apart.
    equilibration_ps : float
        Simulated first and discarded.
    seed : int
        Of the first simulation. The seeds of the others follow from it.
    """

    varied: bool = False
    frames: int = 2_000_000
    equilibration_ps: float = 100.0
    seed: int = 1

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe, with one job per simulation."""
        common = {"frames": self.frames, "equilibration_ps": self.equilibration_ps}
        files: dict[str, dict[str, Any]] = {
            DATA_FILE: {"seed": self.seed},
            REFERENCE_FILE: {"seed": self.seed + REFERENCE_SEED},
        }
        if self.varied:
            files = {
                f"{variation}.npz": {"seed": 100 * self.seed + k, **changed}
                for k, (variation, changed) in enumerate(VARIATIONS.items())
            }
        jobs = tuple(Job(file, run_simulation, {**common, **own}) for file, own in files.items())
        return Recipe(name, description, asdict(self), jobs, summarise, hidden)


def run_simulation(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate: ``phi`` and ``psi`` in milliradians, and energies for the tests."""
    options = dict(vars(settings))
    n_frames = options.pop("frames")
    found = simulate(n_frames, **options, checkpoint=work / "simulated.npz", progress=False)
    return {
        "phi": pack_angles(found.phi),
        "psi": pack_angles(found.psi),
        # One value per ps shows the distribution, and one per 100 ps shows the drift.
        "kinetic_energy": found.kinetic_energy[::10],
        "conserved_energy": found.conserved_energy[::1000],
    }


def load(
    which: int | str = 0, folder: Path | str | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Load φ and ψ of a recorded simulation, in radians, 0.1 ps apart.

    Parameters
    ----------
    which : {0, 1} or str
        0 for the training data and 1 for the independent simulation, both of 2,000,000 frames;
        or one of :data:`VARIATIONS`.
    folder : path, optional
        The folder of all records; that of the book if left out.

    Returns
    -------
    two ndarrays of float32, shape (frames,)

    Raises
    ------
    ValueError
        If ``which`` is none of these.
    FileNotFoundError, DamagedError
        If the record is missing, or one of its files was changed.
    """
    files: dict[int | str, tuple[str, str]] = {0: (LONG, DATA_FILE), 1: (LONG, REFERENCE_FILE)}
    files |= {variation: (VARIED, f"{variation}.npz") for variation in VARIATIONS}
    if which not in files:
        raise ValueError(
            f"which: found {which!r}; give 0, 1 or one of {', '.join(map(repr, VARIATIONS))}"
        )
    name, file = files[which]
    content = load_file(records.load(name, folder).folder / file)
    return unpack_angles(content["phi"]), unpack_angles(content["psi"])


def pack_angles(angles: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Round angles in radians, from −π to π, to whole milliradians in 16 bits."""
    return (np.rint(_RADIANS * np.asarray(angles, np.float64)) + _OFFSET).astype(np.uint16)


def unpack_angles(packed: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return packed angles in radians, to within 0.0005."""
    return ((packed.astype(np.float64) - _OFFSET) / _RADIANS).astype(np.float32)


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Compute the numbers of each simulation, as the record's summary holds them."""
    return {"numbers": {file.stem: _numbers(file) for file in sorted(folder.glob("*.npz"))}}


def _numbers(file: Path) -> dict[str, Any]:
    """Compute temperature, drift, populations and waiting times of a simulation."""
    content = load_file(file)
    labels = {angle: labels_of(unpack_angles(content[angle])) for angle in ("phi", "psi")}
    n_degrees = degrees_of_freedom(content["settings"].get("constrained", True))
    kinetic_energy = content["kinetic_energy"].mean(dtype=float)
    drift = np.diff(content["conserved_energy"][[0, -1]].astype(np.float64))[0]
    nanoseconds = len(labels["phi"]) * PS_PER_FRAME / 1000
    return {
        "temperature": round_for_json(2 * kinetic_energy / n_degrees / GAS_CONSTANT),
        "drift_kT_per_ns": round_for_json(drift / nanoseconds / GAS_CONSTANT / TEMPERATURE),
        "populations": {
            angle: round_for_json(populations(each, n_labels=N_LABELS))
            for angle, each in labels.items()
        },
        "waits_ps": {
            angle: [
                {"mean": round_for_json(one.mean()), "n": one.size}
                for one in waits(each, angle)
                if one.size
            ]
            for angle, each in labels.items()
        },
    }
