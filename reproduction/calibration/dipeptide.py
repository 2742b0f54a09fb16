"""The cases of alanine dipeptide: waiting times and free energies."""

from __future__ import annotations

from functools import cache

import numpy as np

from reproduction.calibration.case import FIRST_SEED, Case, Floats, Labels, frames_with
from reproduction.dipeptide.recorded_simulations import (
    DATA_FILE,
    LONG,
    REFERENCE_FILE,
    unpack_angles,
)
from reproduction.dipeptide.states import CORES, N_LABELS, PS_PER_FRAME, labels_of
from reproduction.dipeptide.waiting_times import mean_waits
from reproduction.runs import records
from reproduction.runs.files import load_file

BLOCK_FRAMES = 50_000  # 5 ns: twice the mean wait in C7eq, and 100 times that in C7ax
SINES = {"phi": "sin φ", "psi": "sin ψ"}  #: What the networks of alanine dipeptide learn


def waits_case(commit_frames: int, angle: str = "phi") -> Case:
    """The mean waiting times of Table 1 at a commit time, along an angle: "phi" or "psi"."""
    commit_ps = commit_frames * PS_PER_FRAME

    @cache
    def mean_ps() -> Floats:
        content = load_file(records.default_folder() / LONG / DATA_FILE)
        labels = labels_of(unpack_angles(content[angle]))
        return np.array([one.value for one in mean_waits([labels], angle, commit_frames)])

    def simulated(length_ps: float, seed: int) -> Floats:
        """The mean waits of 20 trajectories; a wait is exponential beyond the commit time."""
        random = np.random.default_rng(seed)
        n = 5 * int(length_ps / mean_ps().sum()) + 50
        waits = commit_ps + random.exponential(mean_ps() - commit_ps, (20, n, 2))
        complete = np.cumsum(waits.sum(axis=2), axis=1) < length_ps
        return (waits * complete[..., None]).sum(axis=1) / complete.sum(axis=1)[:, None]

    return Case(
        f"dipeptide, waiting times at {commit_ps:g} ps",
        f"mean waits in C7eq and C7ax along {SINES[angle]}, 100 ns; 200 ns from each training; "
        f"waits are exponential beyond the commit time of {commit_ps:g} ps, with the means of the "
        f"recorded simulation",
        lambda k: simulated(100_000.0, FIRST_SEED + k),
        100,
        lambda means: means / PS_PER_FRAME,
        ("C7eq", "C7ax"),
        (0, 1),
        (True, True),
        data_blocks=1,
        model_blocks=1,
        spread=0.15,
        simulate_model=lambda k: simulated(200_000.0, 2 * FIRST_SEED + k),
    )


def free_energies_case(angle: str = "phi") -> Case:
    """The free energies of Fig 5, along an angle: "phi" or "psi".

    Each training has another weight of C7eq, of C7ax, and of what lies between their cores.
    """
    regions = np.zeros(N_LABELS, int)
    for number, (low, high) in enumerate(CORES[angle]):
        regions[low:high] = 1 + number

    def simulated(k: int) -> Labels:
        content = load_file(records.default_folder() / LONG / (DATA_FILE, REFERENCE_FILE)[k])
        return labels_of(unpack_angles(content[angle])).reshape(-1, BLOCK_FRAMES)

    return Case(
        "dipeptide, free energies" + (", psi" if angle == "psi" else ""),
        f"{N_LABELS} labels of {SINES[angle]}, 100 ns; 200 ns from each training; blocks "
        f"of 5 ns of two simulations of 200 ns, the same for the null hypothesis and for the "
        f"repetitions",
        simulated,
        2,
        frames_with(N_LABELS),
        tuple(f"label {k}" for k in range(N_LABELS)),
        tuple(regions.tolist()),
        (True,) * N_LABELS,
        data_blocks=20,
        model_blocks=40,
        scale=0.5,
        spread=0.1,
        n_labels=N_LABELS,
        shares=True,
    )
