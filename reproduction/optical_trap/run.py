"""The recorded run: ten simulated records, each learned by a network and by Markov models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain
from lstm_md.analysis.markov_models import HiddenMarkovModel, fit_hmm, fit_msm
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import segments
from lstm_md.model import language_model
from reproduction.common.train_and_generate import train_and_generate
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.optical_trap.verdicts import realisation_files, summarise
from reproduction.riboswitch.states import (
    MEAN_FRAMES,
    N_LABELS,
    N_TENTHS,
    STATES,
    labels_of,
    training_set,
)
from reproduction.riboswitch.statistics import (
    autocorrelation_of_parts,
    counts_per_part,
    repeat_labels,
)
from reproduction.runs.recipe import Job, JobSettings, Recipe

N_TIMESCALES = 2  # three conformations have two relaxation times

Labels = NDArray[np.unsignedinteger]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TrapStudy:
    """Ten realisations of the simulated trap, each learned by a network and by Markov models.

    Parameters
    ----------
    commit_times : tuple of int
        In frames of 0.1 ms.
    trainings : int
        The number of realisations; at most 99, so that none has the seed of the truth.
    frames : int
        Frames in a realisation. The record of the riboswitch has as many.
    truth_factor : int
        The truth is a simulation this many times as long.
    embedding, units, epochs, learning_rate, decay, sets, prompt_frames : int, float, bool
        As for the riboswitch. The network and the Markov models of realisation k learn the
        training set k mod ``sets``.
    seed : int
        Realisation k has the seed 100 × ``seed`` + k.
    msm_lag, hidden_states, hmm_lag : int
        Of the paper's Markov models (Fig 8). The lags are in frames.
    """

    commit_times: tuple[int, ...]
    trainings: int = 10
    frames: int = 400_000
    truth_factor: int = 10
    embedding: int = 128
    units: int = 64
    epochs: int = 20
    learning_rate: float = 0.02
    decay: bool = True
    sets: int = 5
    prompt_frames: int = 1000
    seed: int = 1
    msm_lag: int = 5
    hidden_states: int = 3
    hmm_lag: int = 30

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: one job for the truth and one for each realisation."""
        settings = {**asdict(self), "labels": N_LABELS}
        of_truth = {k: settings[k] for k in ("frames", "commit_times")}
        of_whole = ("trainings", "truth_factor", "seed")
        arguments = {k: v for k, v in asdict(self).items() if k not in of_whole}
        seed = 100 * self.seed
        jobs = (
            Job("truth.npz", truth, {**of_truth, "factor": self.truth_factor, "seed": seed + 99}),
            *(
                Job(file, realisation, {**arguments, "number": k, "seed": seed + k})
                for k, file in enumerate(realisation_files(settings))
            ),
        )
        return Recipe(name, description, settings, jobs, summarise, hidden)


def truth(folder: Path, work: Path, settings: JobSettings) -> Arrays:
    """Return the statistics of a much longer simulation, and what its conformations do."""
    model, factor, commit_times = ADD_RIBOSWITCH, settings.factor, settings.commit_times
    simulated = simulate(model, factor * settings.frames, seed=settings.seed)
    tenths = segments(simulated.conformation, factor * N_TENTHS)
    counts = [transition_counts(tenth, commit_times, n_labels=len(STATES)) for tenth in tenths]
    return {
        **statistics(labels_of(simulated.extension_nm), commit_times, factor),
        "conformation_counts": np.array(counts, np.int32),
        "conformation_populations": model.populations,
        "relaxation_frames": model.relaxation_times_s / model.time_per_frame_s,
    }


def realisation(folder: Path, work: Path, settings: JobSettings) -> Arrays:
    """Simulate a record, and let the network and the Markov models learn it and generate."""
    simulated = simulate(ADD_RIBOSWITCH, settings.frames, seed=settings.seed)
    labels = labels_of(simulated.extension_nm)
    sets = settings.sets
    learned = training_set(labels, settings.number % sets, sets)
    n_training = N_TENTHS - N_TENTHS // sets  # the other tenths are for the validation loss
    network_seed, shuffling_seed, markov_seed = _seeds(settings.seed, 3)
    generated, history = train_and_generate(
        language_model(N_LABELS, settings.embedding, settings.units, seed=network_seed),
        learned,
        learned[0, : settings.prompt_frames],
        settings.frames,
        work,
        validation_fraction=1 / sets,
        seed=network_seed,
        **settings.only("epochs", "learning_rate", "decay"),
    )
    lags = settings.only("msm_lag", "hidden_states", "hmm_lag")
    of_markov, found = markov_models(learned[:n_training], settings.frames, markov_seed, **lags)
    shuffled = np.random.default_rng(shuffling_seed).permutation(labels)
    trajectories = {"record": labels, "lstm": generated, **of_markov, "shuffled": shuffled}
    for name in ("lstm", "msm"):
        # As many frames as the Markov models see of the simulated record.
        tenths = segments(trajectories[name], N_TENTHS)[:n_training]
        hidden = fit_hmm(tenths, settings.hidden_states, settings.hmm_lag, n_labels=N_LABELS)
        found |= _describe_hidden(f"{name}_hmm", hidden)
    return {
        **{
            f"{name}_{statistic}": array
            for name, trajectory in trajectories.items()
            for statistic, array in statistics(trajectory, settings.commit_times).items()
        },
        **found,
        "conformation_populations": populations(simulated.conformation, n_labels=len(STATES)),
        **{name: np.array(values) for name, values in vars(history).items()},
    }


def markov_models(
    learned: Labels, n_frames: int, seed: int = 0, *, msm_lag: int, hidden_states: int, hmm_lag: int
) -> tuple[dict[str, Labels], Arrays]:
    """Fit the paper's Markov models and a first-order chain, and let each generate.

    Parameters
    ----------
    learned : ndarray, shape (tenths, frames of a tenth)
    n_frames : int
        Frames to generate.
    seed : int
    msm_lag, hidden_states, hmm_lag : int
        The lags are in frames.

    Returns
    -------
    trajectories : dict of str to ndarray of shape (n_frames,)
        With each label repeated for the lag of its model.
    found : dict of str to ndarray
        Relaxation times in frames; of the hidden states also populations and outputs, with the
        state of the longest extension first, as U is.
    """
    msm_seed, hmm_seed, chain_seed = _seeds(seed, 3)
    msm = fit_msm(learned, msm_lag, n_labels=N_LABELS)
    hmm = fit_hmm(learned, hidden_states, hmm_lag, n_labels=N_LABELS)
    chain = fit_markov_chain(learned, n_labels=N_LABELS)
    trajectories = {
        name: repeat_labels(model.simulate(-(-n_frames // lag), seed=own_seed), lag, n_frames)
        for name, model, lag, own_seed in (
            ("msm", msm, msm_lag, msm_seed),
            ("hmm", hmm, hmm_lag, hmm_seed),
            ("chain", chain, 1, chain_seed),
        )
    }
    found = {"msm_timescales": msm.timescales[:N_TIMESCALES], **_describe_hidden("hmm", hmm)}
    return trajectories, found


def statistics(labels: Labels, commit_times: Sequence[int], n_realisations: int = 1) -> Arrays:
    """Compute what a file keeps of a trajectory, which is too large to be kept itself.

    Parameters
    ----------
    labels : ndarray, shape (frames,)
    commit_times : sequence of int
        In frames.
    n_realisations : int
        The length of the trajectory in realisations.

    Returns
    -------
    dict of str to ndarray
        ``counts`` of the states of single frames and ``mean_counts`` of those of a mean over
        2 ms, int32 of shape (10 × n_realisations, commit times, 3, 3). ``populations`` of the
        labels, shape (10 × n_realisations, 34). ``autocorrelation`` of the extension, shape
        (n_realisations, lags).
    """
    tenths = segments(labels, n_realisations * N_TENTHS)

    def counts(window: int) -> NDArray[np.int32]:
        counted = counts_per_part(tenths.ravel(), tenths.shape[1], commit_times, window)
        return counted.astype(np.int32)

    return {
        "counts": counts(1),
        "mean_counts": counts(MEAN_FRAMES),
        "populations": np.array([populations(tenth, n_labels=N_LABELS) for tenth in tenths]),
        "autocorrelation": autocorrelation_of_parts(segments(labels, n_realisations)),
    }


def _describe_hidden(name: str, model: HiddenMarkovModel) -> Arrays:
    # A fit numbers the hidden states from the shortest extension; U, the first, has the longest.
    return {
        f"{name}_timescales": model.timescales,
        f"{name}_stationary": model.stationary[::-1],
        f"{name}_outputs": model.output_probabilities[::-1],
    }


def _seeds(seed: int, n: int) -> list[int]:
    """Derive seeds that differ from the simulation's, so that no random stream is used twice."""
    return [int(state) for state in np.random.SeedSequence(seed).generate_state(n)]
