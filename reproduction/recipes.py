"""The table of the long runs that can be recorded, verified and repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from reproduction.costs.run import CostStudy
from reproduction.dipeptide.run import DipeptideStudy
from reproduction.dipeptide.simulations import DipeptideSimulations
from reproduction.optical_trap.run import TrapStudy
from reproduction.path_entropy.run import EntropyStudy
from reproduction.potentials.run import PotentialStudy
from reproduction.projections.run import along_direction
from reproduction.projections.verdicts import ROTATED
from reproduction.riboswitch.run import RiboswitchStudy
from reproduction.rivals.run import RivalStudy
from reproduction.runs.recipe import Recipe


class Run(Protocol):
    """What a recipe is made of: a frozen dataclass of settings."""

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe: ...


def _up_to(frames: int) -> tuple[int, ...]:
    times = np.unique(np.geomspace(1, frames, 24).round().astype(int))
    return tuple(int(time) for time in times)


_LINEAR = PotentialStudy(
    "linear_three_state",
    "triangular_three_state",
    ("B1", "K1", "K3", "E1"),
    commit_times=_up_to(200),
)
_TRIANGULAR = PotentialStudy(
    "triangular_three_state",
    "linear_three_state",
    ("B2", "K2", "K4", "E2"),
    commit_times=_up_to(200),
)
_FOUR_STATE = PotentialStudy(
    "four_state",
    "",
    ("B3", "K5", "K6", "K7", "E3"),
    frames=1_000_000,
    segments=10,  # of the paper's Fig 4
    commit_times=_up_to(1000),  # stays below 100 frames are removed: the curves fall beyond
    labels=4,
    centres=(2.0, 0.5, -0.5, -2.0),
    running_mean=50,
    shortest_stay=100,
    trainings=10,
)
# Beyond the paper: text in which short stays were left, so that it has a memory to be learned.
_BEYOND: dict[str, Any] = {"claims": ("B3*", "K5*", "K6*"), "chains": 2, "blank_frames": 200_000}
# Too few transitions. Never fewer steps of training than for the three-state potentials.
_FEW: dict[str, Any] = {"claims": ()}
_SMOKE = PotentialStudy(
    "linear_three_state",
    "triangular_three_state",
    ("B1", "K1"),
    frames=20_000,  # three steps an epoch, so that their order matters
    segments=4,
    commit_times=(1, 2, 5),
    units=8,
    epochs=5,
    trainings=2,
    chains=2,
    prompt_frames=100,
)

_COSTS_SMOKE = CostStudy(
    # Two decades less than the criteria speak of, but their pairs that are 33-fold apart.
    frames=(6_400, 204_800),
    labels=(3, 100),
    units=(2, 64),
    networks={"L 64": (2, 4), "L 1024": (2, 8)},
    rounds=2,
    trace_frames=(10_000, 20_000),
    plane={"frames": 20_000, "trainings": 2, "epochs": 1, "seed": 1},
)

_ENTROPY_SMOKE = EntropyStudy(
    frames=8_000,
    text_frames=8_000,
    rate_frames=20_000,
    blocks=4,
    orders=3,
    shuffled=1,
    units=4,
    epochs=2,
    trainings=2,
)

# At a quarter of the paper's units, so that several trainings can be compared.
_SMALL: dict[str, Any] = {"units": 256, "trainings": 4, "other_epochs": (5, 10, 20)}

_RIBOSWITCH = RiboswitchStudy((), commit_times=_up_to(1000))

# Each is made for one seed, from which all its randomness comes; another seed is a fresh run.
_RUNS: dict[str, tuple[Run, str]] = {
    "linear": (_LINEAR, "linear potential, 20 trainings at the paper's size"),
    "triangular": (_TRIANGULAR, "triangular potential, 20 trainings at the paper's size"),
    "four_state": (_FOUR_STATE, "four-state potential, 10 trainings on 1,000,000 frames"),
    "four_state_smoothed": (
        replace(_FOUR_STATE, shortest_stay=1, **_BEYOND),
        "the same, smoothed, but no short stay removed",
    ),
    "four_state_raw": (
        replace(
            _FOUR_STATE,
            running_mean=1,
            shortest_stay=1,
            **{**_BEYOND, "claims": ("B3**", "K5**", "K6**")},
        ),
        "the same, the labels as they come",
    ),
    "four_state_tenth": (
        replace(_FOUR_STATE, frames=100_000, epochs=40, segments=5, **_FEW),
        "the same, prepared as in the paper, a tenth of the frames",
    ),
    "four_state_hundredth": (
        replace(_FOUR_STATE, frames=10_000, epochs=560, segments=2, **_FEW),
        "the same, a hundredth of the frames",
    ),
    "triangular_y": (
        along_direction(_TRIANGULAR, 90.0),
        "triangular potential seen along y: A and C merge",
    ),
    "triangular_30": (along_direction(_TRIANGULAR, ROTATED), "the same along 30°: B and C merge"),
    "linear_y": (along_direction(_LINEAR, 90.0), "linear potential seen along y"),
    "linear_30": (along_direction(_LINEAR, ROTATED), "the same along 30°"),
    "four_state_y": (
        along_direction(_FOUR_STATE, 90.0, trainings=5),
        "four-state potential along y",
    ),
    "four_state_30": (
        along_direction(_FOUR_STATE, ROTATED, trainings=5),
        "the same along 30°: A and B merge, C and D too",
    ),
    "costs": (
        CostStudy(),
        "what training costs, beside Markov models; needs the machine for itself",
    ),
    "path_entropy": (
        EntropyStudy(),
        "four processes of known path entropy, 20 trainings on each",
    ),
    "dipeptide": (
        DipeptideSimulations(),
        "two simulations of alanine dipeptide, 200 ns each; needs OpenMM",
    ),
    "dipeptide_settings": (
        DipeptideSimulations(varied=True, frames=400_000),
        "the same molecule with other force fields and thermostats, 40 ns each",
    ),
    "dipeptide_phi": (
        # After some 10 epochs the held-back loss of a network this large is lowest.
        DipeptideStudy("phi", ("A1", "A3"), other_epochs=(10,)),
        "alanine dipeptide along sin φ, at the paper's size",
    ),
    "dipeptide_psi": (
        DipeptideStudy("psi", ("A2", "A4"), other_epochs=(10,)),
        "the same along sin ψ",
    ),
    "dipeptide_phi_256": (
        DipeptideStudy("phi", ("A1*", "A3*", "A5"), **_SMALL),
        "alanine dipeptide along sin φ, 4 trainings with 256 units",
    ),
    "dipeptide_psi_256": (DipeptideStudy("psi", ("A2*", "A4*"), **_SMALL), "the same along sin ψ"),
    "riboswitch": (
        replace(_RIBOSWITCH, claims=("R1", "R2", "R3")),
        "the riboswitch's record, five training sets, at the paper's size",
    ),
    "riboswitch_256": (replace(_RIBOSWITCH, units=256), "the same with 256 units"),
    "riboswitch_64": (
        replace(_RIBOSWITCH, units=64, learning_rate=0.02),
        "the same with 64 units",
    ),
    # Size or learning rate? Each size at another rate, beside the three above.
    "riboswitch_64_low": (replace(_RIBOSWITCH, units=64), "64 units, at the rate of 256"),
    "riboswitch_256_high": (
        replace(_RIBOSWITCH, units=256, learning_rate=0.02),
        "256 units, at the rate of 64",
    ),
    "riboswitch_low": (
        replace(_RIBOSWITCH, learning_rate=0.0005),
        "1,024 units, at a quarter of their rate",
    ),
    "riboswitch_256_constant": (
        replace(_RIBOSWITCH, units=256, learning_rate=0.001, decay=False),
        "256 units, the learning rate that Keras takes by itself, to the end",
    ),
    "riboswitch_64_constant": (
        replace(_RIBOSWITCH, units=64, learning_rate=0.001, decay=False),
        "64 units, the same learning rate",
    ),
    "riboswitch_rivals": (
        RivalStudy(
            ("M1", "M1*", "M2", "M2*", "M3", "M4"),
            commit_times=_up_to(1000),
            lstm="riboswitch",
            networks=(
                "riboswitch",
                "riboswitch_256",
                "riboswitch_64",
                "riboswitch_256_constant",
                "riboswitch_64_constant",
            ),
        ),
        "Markov models on the same record and training sets, beside the networks",
    ),
    "surrogate": (
        TrapStudy(commit_times=_up_to(1000)),
        "ten simulated records of an optical trap: LSTM and Markov models beside the truth",
    ),
    "smoke": (_SMOKE, "seconds long and far too small, for tests"),
    "view_smoke": (
        # As long as it takes for some committed transitions.
        along_direction(replace(_SMOKE, frames=60_000), 90.0, trainings=2, epochs=2),
        "an axis, in seconds, for tests",
    ),
    "costs_smoke": (_COSTS_SMOKE, "costs of nothing worth knowing, for tests"),
    "path_entropy_smoke": (_ENTROPY_SMOKE, "texts that are far too short, for tests"),
}
_HIDDEN = ("smoke", "view_smoke", "costs_smoke", "path_entropy_smoke")


def recipe(name: str, seed: int | None = None, trainings: int | None = None) -> Recipe:
    """The recipe of a run.

    Parameters
    ----------
    name : str
        As ``list --names`` prints it.
    seed : int, optional
        Another than that of the record: new simulations, trainings and texts.
    trainings : int, optional
        Another number than that of the record; 2 or more, for an error.

    Raises
    ------
    KeyError
        If there is no such run.
    ValueError
        If the run has no seed or no trainings: it measures times. If there are too few trainings.
    """
    run, description = _RUNS[name]
    if trainings is not None and trainings < 2:
        raise ValueError(f"trainings: found {trainings}; give 2 or more, their spread is the error")
    for setting, value in (("seed", seed), ("trainings", trainings)):
        if value is not None:
            if not hasattr(run, setting):
                raise ValueError(f"{setting}: the run {name!r} has none; leave it out")
            run = replace(run, **{setting: value})  # type: ignore[arg-type, type-var]
    return run.recipe(name, description, hidden=name in _HIDDEN)


RECIPES = {name: recipe(name) for name in _RUNS}
