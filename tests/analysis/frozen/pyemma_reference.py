"""Make ``pyemma_2_5_6.npz``: the results of the paper's version of PyEMMA on fixed labels.

PyEMMA 2.5.6 has estimators of its own (msmtools, bhmm). It can be installed on old versions of
Python only, so there are two steps. The first uses the project's environment, from its root::

    python -m tests.analysis.frozen.pyemma_reference labels labels.npz

The second uses Python 3.7, with which the stored results were made. It compiles for about five
minutes::

    pip install "setuptools<60" wheel "numpy<1.22" "scipy<1.8" "cython<3" "mdtraj<1.9.10" \\
        "matplotlib<3.6"
    pip install --no-build-isolation pyemma==2.5.6 bhmm msmtools thermotools pybind11
    python tests/analysis/frozen/pyemma_reference.py fit labels.npz pyemma_2_5_6.npz

The second step does not import the project, and its settings are written out.
"""

import os
import sys
import zlib

os.environ["PYEMMA_NJOBS"] = "1"  # before the import, or an unguarded script starts itself again
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

# name: labels, lag, reversible
MSM = {
    "record": ("record", 5, True),
    "chain": ("hidden", 1, True),
    "chain_not_reversible": ("hidden", 3, False),
}
# name: labels, hidden states, lag, stride; all with ACCURACY
HMM = {
    "record": ("record", 3, 30, "effective"),
    "hidden": ("hidden", 2, 1, 1),
    "hidden_lag": ("hidden", 2, 4, 1),
    "hidden_stride": ("hidden", 3, 6, 2),
}
ACCURACY = 1e-9
SAMPLES = 2000
# How far the transition matrices of this project may be from these; the book says both numbers.
MSM_TOLERANCE, HMM_TOLERANCE = 1e-12, 1e-7


def labels():
    """The labels: the riboswitch's record, and a hidden chain with a gap among its labels."""
    from lstm_md.analysis.markov import simulate_markov_chain
    from lstm_md.labels import equal_width
    from lstm_md.systems import recordings

    path = "book/data/add_riboswitch_mol2_6_ext9.npz"
    extension = recordings.load(path, fields="extension_nm")
    transitions = np.array([[0.96, 0.03, 0.01], [0.02, 0.95, 0.03], [0.01, 0.05, 0.94]])
    outputs = np.array(
        [
            [0.6, 0.3, 0.08, 0.02, 0.0, 0.0],
            [0.05, 0.25, 0.4, 0.25, 0.05, 0.0],
            [0.0, 0.0, 0.1, 0.2, 0.4, 0.3],
        ]
    )
    # The two random streams are written out, since these are the labels that PyEMMA saw.
    chain_seed, output_seed = np.random.SeedSequence(1).generate_state(2)
    hidden = simulate_markov_chain(transitions, 20_000, seed=int(chain_seed))
    draws = np.random.default_rng(int(output_seed)).random(20_000)
    shown = (draws[:, None] >= outputs.cumsum(axis=1)[hidden]).sum(axis=1)
    return {
        "record": equal_width(extension, 685, 736, n_labels=34, outside="clip"),
        "hidden": np.where(shown < 3, shown, shown + 1).astype(np.uint8),
    }


def fit(chains):
    """Fit all models; return arrays by name."""
    import bhmm
    import msmtools
    import pyemma
    import scipy

    pyemma.config.show_progress_bars = False
    versions = {m.__name__: m.__version__ for m in (pyemma, bhmm, msmtools, np, scipy)}
    versions["python"] = sys.version.split()[0]
    found = {"versions": np.array([f"{name} {number}" for name, number in versions.items()])}
    for name, array in chains.items():
        found[f"crc_{name}"] = np.array(zlib.crc32(array.tobytes()))
    for name, (which, lag, reversible) in MSM.items():
        model = pyemma.msm.estimate_markov_model(
            [chains[which].astype(np.int32)], lag, reversible=reversible
        )
        found[f"msm_{name}_labels"] = model.active_set
        found[f"msm_{name}_matrix"] = model.P
        found[f"msm_{name}_stationary"] = model.pi
        found[f"msm_{name}_timescales"] = model.timescales()
    for name, (which, hidden_states, lag, stride) in HMM.items():
        model = pyemma.msm.estimate_hidden_markov_model(
            [chains[which].astype(np.int32)],
            hidden_states,
            lag,
            stride=stride,
            accuracy=ACCURACY,
            maxit=1000,
            mincount_connectivity=0,
        )
        found[f"hmm_{name}_labels"] = model.observable_set
        found[f"hmm_{name}_matrix"] = model.P
        found[f"hmm_{name}_stationary"] = model.pi
        found[f"hmm_{name}_outputs"] = model.observation_probabilities
        found[f"hmm_{name}_timescales"] = model.timescales()
        found[f"hmm_{name}_likelihood"] = np.array(model.likelihood)
    posterior = pyemma.msm.bayesian_markov_model(
        [chains["hidden"].astype(np.int32)], 3, nsamples=SAMPLES, count_mode="effective"
    )
    found["posterior_mean"] = posterior.sample_mean("timescales")
    found["posterior_deviation"] = posterior.sample_std("timescales")
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["labels"]:
        np.savez_compressed(sys.argv[2], **labels())
    else:
        np.savez_compressed(sys.argv[3], **fit(dict(np.load(sys.argv[2]))))
