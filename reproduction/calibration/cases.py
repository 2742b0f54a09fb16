"""The cases of the calibration: counts, populations and waiting times of every system."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from reproduction.calibration.case import (
    FIRST_SEED,
    Case,
    Floats,
    Labels,
    curve_points,
    frames_of,
    of_labels,
    off_diagonal,
)
from reproduction.calibration.potentials import four_states, three_states
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.common.families import COMMIT_FRAMES, WAIT_FRAMES
from reproduction.dipeptide.recorded_simulations import (
    DATA_FILE,
    LONG,
    REFERENCE_FILE,
    unpack_angles,
)
from reproduction.dipeptide.states import PS_PER_FRAME
from reproduction.dipeptide.states import labels_of as dipeptide_labels
from reproduction.dipeptide.waiting_times import mean_waits
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.riboswitch.states import N_LABELS, N_TENTHS, STATES, labels_of
from reproduction.riboswitch.statistics import count_transitions
from reproduction.runs import records
from reproduction.runs.files import load_file

RIBOSWITCH_TIMES = logarithmic_commit_times(1000)[::3]
RECORD_FRAMES = 400_000  # of the riboswitch's record
# With this standard deviation between tenths, the labels of the simulated trap scatter from tenth
# to tenth as those of the record do. The zero of the instrument drifts.
ZERO_NM = 0.55


def _trap(zero_nm: float) -> tuple[Case, Case]:
    times = RIBOSWITCH_TIMES
    names, groups, rates = curve_points(times, COMMIT_FRAMES["riboswitch"], STATES)

    def simulated(k: int) -> Labels:
        seed = FIRST_SEED + k
        extension = simulate(ADD_RIBOSWITCH, RECORD_FRAMES, seed=seed).extension_nm
        tenths = extension.reshape(N_TENTHS, -1)
        zero = zero_nm * np.random.default_rng(seed).standard_normal((N_TENTHS, 1))
        return labels_of(tenths + zero)

    name = "riboswitch" if zero_nm else "optical trap"
    drift = f", whose zero differs by {zero_nm} nm from tenth to tenth" if zero_nm else ""
    counts = Case(
        f"{name}, counts",
        f"U, P3 and P2P3 in single frames, 40 s; as long from each training; the simulated "
        f"trap{drift}",
        simulated,
        200,
        lambda labels: off_diagonal(count_transitions(labels, times)),
        names,
        groups,
        rates,
        data_blocks=N_TENTHS,
        model_blocks=N_TENTHS,
        spread=0.1,
        n_labels=N_LABELS,
    )
    words = counts.words.replace("U, P3 and P2P3 in single frames", "34 labels")
    labels = [f"label {k}" for k in range(N_LABELS)]
    occupied = of_labels(counts, f"{name}, populations", frames_of(N_LABELS), labels)
    return counts, replace(occupied, words=words)


def _dipeptide_waits(commit_frames: int, spread: float) -> Case:
    commit_ps = commit_frames * PS_PER_FRAME

    @cache
    def mean_ps() -> Floats:
        content = load_file(records.default_folder() / LONG / DATA_FILE)
        labels = dipeptide_labels(unpack_angles(content["phi"]))
        return np.array([one.value for one in mean_waits([labels], "phi", commit_frames)])

    def simulated(length_ps: float, seed: int) -> Floats:
        """The mean waits of 20 trajectories; a wait is exponential beyond the commit time."""
        random = np.random.default_rng(seed)
        n = 5 * int(length_ps / mean_ps().sum()) + 50
        waits = commit_ps + random.exponential(mean_ps() - commit_ps, (20, n, 2))
        complete = np.cumsum(waits.sum(axis=2), axis=1) < length_ps
        return (waits * complete[..., None]).sum(axis=1) / complete.sum(axis=1)[:, None]

    return Case(
        f"dipeptide, waiting times at {commit_ps:g} ps",
        f"mean waits in C7eq and C7ax along sin φ, 100 ns; 200 ns from each training; waits "
        f"are exponential beyond the commit time of {commit_ps:g} ps, with the means of the "
        f"recorded simulation",
        lambda k: simulated(100_000.0, FIRST_SEED + k),
        100,
        lambda means: means / PS_PER_FRAME,
        ("C7eq", "C7ax"),
        (0, 1),
        (True, True),
        data_blocks=1,
        model_blocks=1,
        spread=spread,
        simulate_model=lambda k: simulated(200_000.0, 2 * FIRST_SEED + k),
    )


def _dipeptide_free_energy() -> Case:
    def simulated(k: int) -> Labels:
        content = load_file(records.default_folder() / LONG / (DATA_FILE, REFERENCE_FILE)[k])
        return dipeptide_labels(unpack_angles(content["phi"])).reshape(40, -1)

    return Case(
        "dipeptide, free energies",
        "20 labels of sin φ, 100 ns; 200 ns from each training; blocks of 5 ns of two "
        "simulations of 200 ns, the same for the null hypothesis and for the repetitions",
        simulated,
        2,
        frames_of(20),
        tuple(f"label {k}" for k in range(20)),
        tuple(range(20)),
        (True,) * 20,
        data_blocks=20,
        model_blocks=40,
        scale=0.5,
        spread=0.1,
    )


CASES = {
    case.name: case
    for case in (
        *three_states("linear_three_state", 0.03),
        *three_states("triangular_three_state", 0.15),
        *four_states(),
        *_trap(0.0),
        *_trap(ZERO_NM),
        *(_dipeptide_waits(frames, 0.15) for frames in WAIT_FRAMES),
        _dipeptide_free_energy(),
    )
}
