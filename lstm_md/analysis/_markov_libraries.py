"""What :mod:`lstm_md.analysis.markov_models` asks deeptime and PyEMMA for, in one form."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

MOST_ITERATIONS = 1000  # of Baum and Welch's algorithm, as in PyEMMA

Chains = Sequence[NDArray[np.int32]]


class Msm(NamedTuple):
    """A Markov state model of the labels ``states``."""

    states: NDArray[np.intp]
    transition_matrix: NDArray[np.float64]
    stationary: NDArray[np.float64]
    timescales: NDArray[np.float64]


class Hmm(NamedTuple):
    """A hidden Markov model; a column of the outputs for each label that the fit was given."""

    transition_matrix: NDArray[np.float64]
    stationary: NDArray[np.float64]
    output_probabilities: NDArray[np.float64]
    timescales: NDArray[np.float64]
    log_likelihood: float
    iterations: int


def deeptime_msm(chains: Chains, lag: int, reversible: bool) -> Msm:
    library = deeptime()
    counts = library.markov.TransitionCountEstimator(lagtime=lag, count_mode="sliding")
    connected = counts.fit_fetch(list(chains)).submodel_largest()
    states = np.asarray(connected.state_symbols)
    if states.size == 1:  # deeptime has no model of one state
        return Msm(states, np.ones((1, 1)), np.ones(1), np.empty(0))
    model = library.markov.msm.MaximumLikelihoodMSM(reversible=reversible).fit_fetch(connected)
    return Msm(states, model.transition_matrix, model.stationary_distribution, model.timescales())


def pyemma_msm(chains: Chains, lag: int, reversible: bool) -> Msm:
    model = pyemma().msm.estimate_markov_model(list(chains), lag, reversible=reversible)
    return Msm(np.asarray(model.active_set), model.P, model.pi, model.timescales())


def posterior_msms(
    chains: Chains, lag: int, samples: int, sweeps: int, seed: int, effective: bool
) -> list[Msm]:
    """What deeptime's BayesianMSM draws, from a seed, which that class does not take."""
    library = deeptime()
    from deeptime.markov.tools.analysis import timescales
    from deeptime.markov.tools.estimation.dense.tmat_sampling.sampler_rev import SamplerRev

    counts = library.markov.TransitionCountEstimator(
        lagtime=lag, count_mode="effective" if effective else "sliding"
    )
    connected = counts.fit_fetch(list(chains)).submodel_largest()
    states = np.asarray(connected.state_symbols)
    if states.size == 1:
        return []
    matrix = connected.count_matrix / (1 if effective else lag)
    start = library.markov.msm.MaximumLikelihoodMSM().fit_fetch(matrix).transition_matrix
    # Half of a state of 32 bits: theirs is a C int.
    state = int(np.random.SeedSequence(seed).generate_state(1)[0] // 2)
    sampler = SamplerRev(matrix, P0=start, seed=state)
    drawn = (sampler.sample(N=sweeps, return_statdist=True) for _ in range(samples))
    return [Msm(states, p, pi, timescales(p, tau=lag)[1:]) for p, pi in drawn]


def deeptime_hmm(
    chains: Chains, hidden_states: int, lag: int, stride: int | str, accuracy: float
) -> Hmm:
    hmm = deeptime().markov.hmm
    start = hmm.init.discrete.metastable_from_data(
        chains, n_hidden_states=hidden_states, lagtime=lag, stride=stride
    )
    estimator = hmm.MaximumLikelihoodHMM(
        start, lagtime=lag, stride=stride, accuracy=accuracy, maxit=MOST_ITERATIONS
    )
    with _one_thread():
        model = estimator.fit_fetch(chains)
    chain, found = model.transition_model, np.asarray(model.output_probabilities)
    return Hmm(
        np.asarray(chain.transition_matrix),
        np.asarray(chain.stationary_distribution),
        _of_all_labels(chains, found, np.arange(found.shape[1])),
        np.asarray(chain.timescales()),
        float(model.likelihood),
        len(model.likelihoods),
    )


def pyemma_hmm(
    chains: Chains, hidden_states: int, lag: int, stride: int | str, accuracy: float
) -> Hmm:
    estimate = pyemma().msm.estimate_hidden_markov_model
    deeptime()  # PyEMMA would load it later, and its threads have to be there to be stopped
    with _one_thread():
        model = estimate(
            list(chains),
            hidden_states,
            lag,
            stride=stride,
            accuracy=accuracy,
            maxit=MOST_ITERATIONS,
            mincount_connectivity=0,  # it would fit the matrix anew, without rare transitions
        )
    return Hmm(
        np.asarray(model.P),
        np.asarray(model.pi),
        _of_all_labels(chains, model.observation_probabilities, model.observable_set),
        np.asarray(model.timescales()),
        float(model.likelihood),
        len(model.likelihoods),
    )


def _one_thread() -> Any:
    """deeptime's threads wait for each other at every label: beside other work ten times slower."""
    return ThreadpoolController().limit(limits=1, user_api="openmp")


def _of_all_labels(chains: Chains, found: NDArray, symbols: NDArray) -> NDArray[np.float64]:
    """With a column of zeros for each label that fell between the frames that the fit saw."""
    outputs = np.zeros((len(found), 1 + max(int(chain.max()) for chain in chains)))
    outputs[:, symbols] = found
    return outputs


def deeptime() -> Any:
    """deeptime, with what is used of it imported."""
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
    """PyEMMA, without its pools of processes and its question to a server.

    What is used of it starts no pool, but what a caller goes on to do with PyEMMA may: a script
    whose main module is not guarded would start itself again and again, unless PYEMMA_NJOBS is 1.
    When it is imported, PyEMMA asks a server for its newest version and sends the machine's
    hardware address along; where nothing answers, the interpreter waits for it before it ends.
    Only a file of settings turns that off.
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
    theirs = os.environ.get("PYEMMA_CFG_DIR")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyemma.cfg").write_text("[pyemma]\ncheck_version = False\n")
        os.environ["PYEMMA_CFG_DIR"] = theirs or folder
        try:
            import pyemma
        finally:
            if theirs is None:
                del os.environ["PYEMMA_CFG_DIR"]
    return pyemma
