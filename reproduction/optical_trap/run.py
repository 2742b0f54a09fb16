"""Ten simulated records of an optical trap, and what the LSTM and its rivals make of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain
from lstm_md.analysis.markov_models import HiddenMarkovModel, fit_hmm, fit_msm, simulate_hmm
from lstm_md.analysis.populations import populations
from lstm_md.analysis.spectra import autocorrelation
from lstm_md.analysis.uncertainty import segments
from lstm_md.model import language_model
from reproduction.common.train_and_generate import train_and_generate
from reproduction.optical_trap import verdicts as surrogate_verdicts
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.riboswitch.states import (
    CENTRES,
    LABELS,
    MEAN_FRAMES,
    PARTS,
    STATES,
    labels_of,
    states_of_mean,
    training_set,
)
from reproduction.riboswitch.verdicts import LAGS
from reproduction.rivals.counts import held
from reproduction.runs.recipe import Job, Recipe

SLOWEST = 2  # relaxation times that three conformations have

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
        At most 99, so that none has the seed of the truth.
    frames : int
        Of a realisation; the riboswitch's record has as many.
    truth_factor : int
        The truth is so many times as long.
    embedding, units, epochs, learning_rate, decay, sets, prompt_frames : int, float, bool
        As for the riboswitch: of the ten parts of realisation k those of the training set
        k mod ``sets`` are learned, by the network and by its rivals.
    seed : int
        Realisation k has the seed 100 × ``seed`` + k.
    msm_lag, hidden_states, hmm_lag : int
        Of the paper's Markov models (Fig 8); the lags in frames.
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
        """The recipe with one part for the truth and one for each realisation."""
        every = {**asdict(self), "labels": LABELS}
        both = {k: every[k] for k in ("frames", "commit_times")}
        of_whole = ("trainings", "truth_factor", "seed")
        learning = {k: v for k, v in asdict(self).items() if k not in of_whole}
        first = 100 * self.seed
        parts = (
            Job("truth.npz", truth, {**both, "factor": self.truth_factor, "seed": first + 99}),
            *(
                Job(file, realisation, {**learning, "number": k, "seed": first + k})
                for k, file in enumerate(surrogate_verdicts.realisation_files(every))
            ),
        )
        return Recipe(name, description, every, parts, surrogate_verdicts.summarise, hidden)


def truth(
    folder: Path, work: Path, *, frames: int, commit_times: Sequence[int], factor: int, seed: int
) -> Arrays:
    """The part with what a much longer simulation shows, and what its conformations do."""
    model = ADD_RIBOSWITCH
    simulated = simulate(model, factor * frames, seed=seed)
    conformations = segments(simulated.conformation, factor * PARTS)
    counts = [transition_counts(part, commit_times, n_labels=len(STATES)) for part in conformations]
    return {
        **statistics_of(labels_of(simulated.extension_nm), commit_times, factor),
        "conformation_counts": np.array(counts, np.int32),
        "conformation_populations": model.populations,
        "relaxation_frames": model.relaxation_times_s / model.time_per_frame_s,
    }


def realisation(
    folder: Path,
    work: Path,
    *,
    frames: int,
    commit_times: Sequence[int],
    embedding: int,
    units: int,
    epochs: int,
    learning_rate: float,
    decay: bool,
    number: int,
    sets: int,
    prompt_frames: int,
    seed: int,
    **lags: int,
) -> Arrays:
    """The part that simulates a record, and lets all models learn it and write."""
    simulated = simulate(ADD_RIBOSWITCH, frames, seed=seed)
    labels = labels_of(simulated.extension_nm)
    text = training_set(labels, number % sets, sets)
    learned = text[: -PARTS // sets]
    of_network, of_shuffling, of_rivals = _seeds(seed, 3)
    written, history = train_and_generate(
        language_model(LABELS, embedding, units, seed=of_network),
        text,
        text[0, :prompt_frames],
        frames,
        work,
        epochs=epochs,
        learning_rate=learning_rate,
        decay=decay,
        validation_fraction=1 / sets,
        seed=of_network,
    )
    theirs, of_models = rivals(learned, frames, seed=of_rivals, **lags)
    shuffled = np.random.default_rng(of_shuffling).permutation(labels)
    texts = {"record": labels, "lstm": written, **theirs, "shuffled": shuffled}
    for name in ("lstm", "msm"):
        # As much of it as was learned of the record.
        part = segments(texts[name], PARTS)[: len(learned)]
        hidden = fit_hmm(part, lags["hidden_states"], lags["hmm_lag"], n_labels=LABELS)
        of_models |= _of_hidden(f"{name}_hmm", hidden)
    return {
        **{
            f"{name}_{statistic}": array
            for name, one in texts.items()
            for statistic, array in statistics_of(one, commit_times).items()
        },
        **of_models,
        "conformation_populations": populations(simulated.conformation, n_labels=len(STATES)),
        **{name: np.array(values) for name, values in vars(history).items()},
    }


def rivals(
    learned: Labels, frames: int, *, msm_lag: int, hidden_states: int, hmm_lag: int, seed: int
) -> tuple[dict[str, Labels], Arrays]:
    """What Markov models write, and what they find.

    Parameters
    ----------
    learned : ndarray, shape (parts, frames of a part)
    frames : int
        To be written.
    msm_lag, hidden_states, hmm_lag : int
    seed : int

    Returns
    -------
    dict of str to ndarray of shape (frames,), dict of str to ndarray
        Each label held for the lag of its model; relaxation times in frames, and of the hidden
        states, the one of the longest extension first, as U is, populations and outputs.
    """
    of_msm, of_hmm, of_chain = _seeds(seed, 3)
    msm = fit_msm(learned, msm_lag, n_labels=LABELS)
    hmm = fit_hmm(learned, hidden_states, hmm_lag, n_labels=LABELS)
    chain = fit_markov_chain(learned, n_labels=LABELS)
    steps = {lag: -(-frames // lag) for lag in (msm_lag, hmm_lag)}
    coarse = {
        "msm": simulate_markov_chain(msm.transition_matrix, steps[msm_lag], seed=of_msm),
        "hmm": simulate_hmm(hmm, steps[hmm_lag], seed=of_hmm),
    }
    return (
        {
            "msm": held(coarse["msm"], msm_lag, frames),
            "hmm": held(coarse["hmm"], hmm_lag, frames),
            "chain": simulate_markov_chain(chain, frames, seed=of_chain),
        },
        {"msm_timescales": msm.timescales[:SLOWEST], **_of_hidden("hmm", hmm)},
    )


def statistics_of(labels: Labels, commit_times: Sequence[int], wholes: int = 1) -> Arrays:
    """What is kept of a text, which itself would be too large.

    Parameters
    ----------
    labels : ndarray, shape (frames,)
    commit_times : sequence of int
        In frames.
    wholes : int
        Pieces as long as a realisation.

    Returns
    -------
    dict of str to ndarray
        ``counts`` of the states of single frames and ``mean_counts`` of those of a 2 ms mean,
        int32 of shape (10 × wholes, commit times, 3, 3); ``populations`` of the labels,
        (10 × wholes, 34); ``autocorrelation`` of the extension in each whole, (wholes, lags).
    """
    tenths = segments(labels, wholes * PARTS)

    def counts(window: int) -> NDArray[np.int32]:
        of_each = (states_of_mean(part, window) for part in tenths)
        found = [
            transition_counts(states, commit_times, n_labels=len(STATES)) for states in of_each
        ]
        return np.array(found, np.int32)

    return {
        "counts": counts(1),
        "mean_counts": counts(MEAN_FRAMES),
        "populations": np.array([populations(part, n_labels=LABELS) for part in tenths]),
        "autocorrelation": np.array(
            [autocorrelation(CENTRES[whole], LAGS) for whole in segments(labels, wholes)]
        ),
    }


def _of_hidden(name: str, model: HiddenMarkovModel) -> Mapping[str, NDArray[np.float64]]:
    """Relaxation times, populations and outputs; a fit numbers from the shortest extension."""
    return {
        f"{name}_timescales": model.timescales,
        f"{name}_stationary": model.stationary[::-1],
        f"{name}_outputs": model.output_probabilities[::-1],
    }


def _seeds(seed: int, n: int) -> list[int]:
    """Other seeds than that of the simulation, whose streams theirs must not repeat."""
    return [int(state) for state in np.random.SeedSequence(seed).generate_state(n)]
