"""deeptime and PyEMMA behind one interface, for :mod:`lstm_md.analysis.markov_models`."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from threadpoolctl import ThreadpoolController

from lstm_md._support.checks import chains_of, whole_number
from lstm_md.analysis.markov import MarkovModel

MAX_ITERATIONS = 1000  # of the Baum–Welch algorithm, as in PyEMMA


class PackedLabels(NamedTuple):
    """Labels renumbered without gaps: the libraries know only labels that occur."""

    chains: list[NDArray[np.int32]]  #: The new numbers, one array per chain
    labels: NDArray[np.intp]  #: The label that each new number stands for
    lag_frames: int
    n_labels: int  #: N, with the labels that do not occur


class Msm(NamedTuple):
    """A Markov state model of the packed labels ``states``."""

    states: NDArray[np.intp]
    transition_matrix: NDArray[np.float64]


class Hmm(NamedTuple):
    """A hidden Markov model, with a column of outputs for each packed label."""

    transition_matrix: NDArray[np.float64]
    output_probabilities: NDArray[np.float64]
    log_likelihood: float
    iterations: int


def pack(labels: ArrayLike, lag_frames: int, n_labels: int | None) -> PackedLabels:
    """Check the labels and renumber those that occur without gaps."""
    lag_frames = whole_number(lag_frames, "lag_frames")
    if n_labels is not None:
        n_labels = whole_number(n_labels, "n_labels", minimum=2)
    chains = chains_of(labels, n_labels=n_labels, min_frames=lag_frames + 1)
    occurring = np.flatnonzero(np.bincount(chains.flat, minlength=chains.n_labels))
    number = np.zeros(chains.n_labels, dtype=np.int32)
    number[occurring] = np.arange(occurring.size)
    return PackedLabels([number[one] for one in chains], occurring, lag_frames, chains.n_labels)


def check_connected(packed: PackedLabels, n_hidden_states: int) -> None:
    """Refuse labels from which no single hidden Markov model can be fitted.

    Raises
    ------
    ValueError
        If the labels fall into sets between which no transition was seen, or fewer labels lead to
        each other than there are hidden states.
    """
    size, lag = packed.labels.size, packed.lag_frames
    before = np.concatenate([chain[:-lag] for chain in packed.chains])
    after = np.concatenate([chain[lag:] for chain in packed.chains])
    seen = coo_array((np.ones(before.size), (before, after)), shape=(size, size)).tocsr()
    n_sets, part = connected_components(seen, connection="weak")
    if n_sets > 1:
        first, second = (packed.labels[part == k][:10].tolist() for k in (0, 1))
        raise ValueError(
            f"labels: expected labels that lead to each other within {lag} frame(s), found no "
            f"transition between {first} and {second}; fit a model for each of these sets, or give "
            f"more data"
        )
    _, part = connected_components(seen, connection="strong")
    largest = int(np.bincount(part).max())
    if largest < n_hidden_states:
        raise ValueError(
            f"n_hidden_states: found {n_hidden_states}, but only {largest} label(s) lead to each "
            f"other and back within {lag} frame(s); ask for fewer, or give more data"
        )


def unpack(model: Msm, packed: PackedLabels) -> MarkovModel:
    """Make the model of all N labels; those that are not connected get uniform rows."""
    connected = packed.labels[model.states]
    matrix = np.full((packed.n_labels, packed.n_labels), 1 / packed.n_labels)
    matrix[connected] = 0.0
    matrix[np.ix_(connected, connected)] = model.transition_matrix
    return MarkovModel(matrix, packed.lag_frames, connected)


def deeptime_msm(packed: PackedLabels, reversible: bool) -> Msm:
    connected = _connected_counts(packed, "sliding")
    states = np.asarray(connected.state_symbols)
    if states.size == 1:  # deeptime has no model of one state
        return Msm(states, np.ones((1, 1)))
    estimator = deeptime().markov.msm.MaximumLikelihoodMSM(reversible=reversible)
    return Msm(states, estimator.fit_fetch(connected).transition_matrix)


def pyemma_msm(packed: PackedLabels, reversible: bool) -> Msm:
    estimate = pyemma().msm.estimate_markov_model
    model = estimate(packed.chains, packed.lag_frames, reversible=reversible)
    return Msm(np.asarray(model.active_set), model.P)


def posterior_msms(
    packed: PackedLabels, n_samples: int, n_sweeps: int, seed: int, *, effective: bool
) -> list[Msm]:
    """Sample as deeptime's BayesianMSM does, but from a seed, which that class does not take."""
    connected = _connected_counts(packed, "effective" if effective else "sliding")
    from deeptime.markov.tools.estimation.dense.tmat_sampling.sampler_rev import SamplerRev

    states = np.asarray(connected.state_symbols)
    if states.size == 1:
        return []
    matrix = connected.count_matrix / (1 if effective else packed.lag_frames)
    start = deeptime().markov.msm.MaximumLikelihoodMSM().fit_fetch(matrix).transition_matrix
    # Their seed is a C int, so it takes half of the range of 32 bits.
    c_seed = int(np.random.SeedSequence(seed).generate_state(1)[0] // 2)
    sampler = SamplerRev(matrix, P0=start, seed=c_seed)
    return [Msm(states, sampler.sample(N=n_sweeps)) for _ in range(n_samples)]


def deeptime_hmm(
    packed: PackedLabels, n_hidden_states: int, stride: int | str, accuracy: float
) -> Hmm:
    hmm = deeptime().markov.hmm
    sampling = {"lagtime": packed.lag_frames, "stride": stride}
    start = hmm.init.discrete.metastable_from_data(
        packed.chains, n_hidden_states=n_hidden_states, **sampling
    )
    estimator = hmm.MaximumLikelihoodHMM(start, accuracy=accuracy, maxit=MAX_ITERATIONS, **sampling)
    with _one_thread():
        model = estimator.fit_fetch(packed.chains)
    outputs = np.asarray(model.output_probabilities)
    return Hmm(
        np.asarray(model.transition_model.transition_matrix),
        _of_all_labels(packed, outputs, np.arange(outputs.shape[1])),
        float(model.likelihood),
        len(model.likelihoods),
    )


def pyemma_hmm(
    packed: PackedLabels, n_hidden_states: int, stride: int | str, accuracy: float
) -> Hmm:
    estimate = pyemma().msm.estimate_hidden_markov_model
    deeptime()  # PyEMMA would load it later, and its threads can only be limited once it is loaded
    with _one_thread():
        model = estimate(
            packed.chains,
            n_hidden_states,
            packed.lag_frames,
            stride=stride,
            accuracy=accuracy,
            maxit=MAX_ITERATIONS,
            mincount_connectivity=0,  # else PyEMMA fits the matrix again, without rare transitions
        )
    return Hmm(
        np.asarray(model.P),
        _of_all_labels(packed, model.observation_probabilities, model.observable_set),
        float(model.likelihood),
        len(model.likelihoods),
    )


def _connected_counts(packed: PackedLabels, count_mode: str) -> Any:
    estimator = deeptime().markov.TransitionCountEstimator(
        lagtime=packed.lag_frames, count_mode=count_mode
    )
    return estimator.fit_fetch(packed.chains).submodel_largest()


def _one_thread() -> Any:
    """Limit deeptime to one thread. Beside other work, several take ten times as long."""
    return ThreadpoolController().limit(limits=1, user_api="openmp")


def _of_all_labels(packed: PackedLabels, outputs: NDArray, symbols: NDArray) -> NDArray:
    """Add a column of zeros for each label that fell between the frames that the fit saw."""
    every = np.zeros((len(outputs), packed.labels.size))
    every[:, symbols] = outputs
    return every


def deeptime() -> Any:
    """Import deeptime with the modules that are used here."""
    try:
        import deeptime.markov.hmm
        import deeptime.markov.msm
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("deeptime"):
            raise
        raise ModuleNotFoundError(
            "deeptime is needed for Markov state models and hidden Markov models; "
            "install it with `pip install deeptime`",
            name="deeptime",
        ) from error
    return deeptime


def pyemma() -> Any:
    """Import PyEMMA without its process pools and without its request to a server.

    The functions used here start no pool, but others may. A pool would start an unguarded script
    again and again, unless PYEMMA_NJOBS is 1.

    On import PyEMMA asks a server for its newest version, and sends the machine's hardware
    address along. If the server does not answer, the interpreter waits for it before it ends.
    Only a settings file turns that off.
    """
    if "pyemma" in sys.modules and sys.modules["pyemma"] is not None:
        return sys.modules["pyemma"]
    if find_spec("pyemma") is None:
        raise ModuleNotFoundError(
            'library: "pyemma" is not installed; install it with `pip install pyemma` (on Python '
            '3.10 or 3.11, with a C++ compiler, in some minutes), or take library="deeptime"',
            name="pyemma",
        )
    os.environ.setdefault("PYEMMA_NJOBS", "1")
    users_folder = os.environ.get("PYEMMA_CFG_DIR")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyemma.cfg").write_text("[pyemma]\ncheck_version = False\n")
        os.environ["PYEMMA_CFG_DIR"] = users_folder or folder
        try:
            import pyemma
        finally:
            if users_folder is None:
                del os.environ["PYEMMA_CFG_DIR"]
    return pyemma
