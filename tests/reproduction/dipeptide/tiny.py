"""The smallest study of alanine dipeptide: two made-up simulations and tiny networks."""

import numpy as np

from lstm_md.analysis.markov import simulate_markov_chain
from reproduction.dipeptide.recorded_simulations import DATA_FILE, REFERENCE_FILE, pack_angles
from reproduction.dipeptide.run import DipeptideStudy
from reproduction.dipeptide.verdicts import DipeptideEstimates
from reproduction.runs.files import save_file, save_summary
from reproduction.runs.records import Record

TINY = {
    "frames": 20_000,
    "length": 20_000,
    "embedding": 4,
    "units": 4,
    "epochs": 2,
    "trainings": 2,
    "other_epochs": (1,),
    "prompt_frames": 100,
}
CENTRES = {"phi": (-1.4, 1.2), "psi": (1.2, -1.4)}  # of C7eq and C7ax, in radians


def angles(n_frames, seed, speed=1.0):
    """φ and ψ that jump between C7eq and C7ax, with noise in each state."""
    leave_eq, leave_ax = speed / 1000, speed / 300
    chain = simulate_markov_chain(
        [[1 - leave_eq, leave_eq], [leave_ax, 1 - leave_ax]], n_frames, seed=seed
    )
    random = np.random.default_rng(seed)
    return {
        angle: np.array(centres)[chain] + 0.2 * random.normal(size=n_frames)
        for angle, centres in CENTRES.items()
    }


def save_simulations(folder, n_frames=30_000):
    """Write a record of made-up simulations, which does not need OpenMM."""
    (folder / "dipeptide").mkdir()
    for seed, file in enumerate((DATA_FILE, REFERENCE_FILE), 1):
        packed = {angle: pack_angles(values) for angle, values in angles(n_frames, seed).items()}
        save_file(folder / "dipeptide" / file, packed, {}, {})
    save_summary(folder / "dipeptide", {"name": "dipeptide"}, (DATA_FILE, REFERENCE_FILE))


def estimates_of(folder, angle="phi", **changed):
    """The estimates of the record ``tiny`` in a folder."""
    study = DipeptideStudy(angle, (), **{**TINY, **changed})
    return DipeptideEstimates(Record("tiny", folder / "tiny", dict(vars(study)), {}))
