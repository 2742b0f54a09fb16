"""The table of the long runs that can be recorded, verified and repeated."""

from __future__ import annotations

import numpy as np

from lstm_md.report.potential_runs import PotentialRun
from lstm_md.report.sweep import CostSweep


def _up_to(frames: int) -> tuple[int, ...]:
    times = np.unique(np.geomspace(1, frames, 24).round().astype(int))
    return tuple(int(time) for time in times)


_LINEAR = PotentialRun(
    "linear_three_state", "triangular_three_state", ("B1", "K1", "K3"), commit_times=_up_to(200)
)
_TRIANGULAR = PotentialRun(
    "triangular_three_state", "linear_three_state", ("B2", "K2", "K4"), commit_times=_up_to(200)
)
_FOUR_STATE = PotentialRun(
    "four_state",
    "",
    ("B3", "K5"),
    frames=1_000_000,
    segments=10,  # of the paper's Fig 4
    commit_times=_up_to(1000),  # stays below 100 frames are removed: the curves fall beyond
    labels=4,
    centres=(2.0, 0.5, -0.5, -2.0),
    running_mean=50,
    shortest_stay=100,
    trainings=10,
)
_SMOKE = PotentialRun(
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

_COSTS_SMOKE = CostSweep(
    # Two decades less than the criteria speak of, but their pairs that are 33-fold apart.
    frames=(6_400, 204_800),
    labels=(3, 100),
    units=(2, 64),
    networks={"L 64": (2, 4), "L 1024": (2, 8)},
    rounds=2,
    trace_frames=(10_000, 20_000),
    plane={"frames": 20_000, "trainings": 2, "epochs": 1, "seed": 1},
)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        _LINEAR.recipe("linear", "linear potential, 20 trainings at the paper's size"),
        _TRIANGULAR.recipe("triangular", "triangular potential, 20 trainings at the paper's size"),
        _FOUR_STATE.recipe("four_state", "four-state potential, 10 trainings on 1,000,000 frames"),
        CostSweep().recipe(
            "costs", "what training costs, beside Markov models; needs the machine for itself"
        ),
        _SMOKE.recipe("smoke", "seconds long and far too small, for tests", hidden=True),
        _COSTS_SMOKE.recipe(
            "costs_smoke", "costs of nothing worth knowing, for tests", hidden=True
        ),
    )
}
