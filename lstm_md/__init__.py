"""Learning molecular dynamics with a character-level language model.

A trajectory (``langevin``, ``recordings``) becomes labels. A network (``language_model``) learns
them (``train``) and generates new labels (``generate``). Both are analysed (``transition_counts``,
``populations``), compared (``compare``) and judged (``judge``). Importing the package loads neither
NumPy nor Keras: each public name is loaded when it is first used.

>>> import lstm_md as lm
>>> x = lm.langevin.simulate(lm.potentials.linear_three_state, n_frames=5_000, seed=1).x
>>> labels = lm.nearest_state(x, centres=[1.5, 0.0, -1.5])
>>> counts = lm.transition_counts(labels, [1, 10, 100])
>>> counts.shape
(3, 3, 3)
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# A GPU is often shared with other notebooks, so its memory is taken as needed and not as a whole.
# The backends read these variables when they start. What a user has set is kept.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lstm_md import diagrams as diagrams
    from lstm_md import equations as equations
    from lstm_md import figures as figures
    from lstm_md import interactive as interactive
    from lstm_md import reading as reading
    from lstm_md.analysis.caliber import caliber_weights as caliber_weights
    from lstm_md.analysis.caliber import effective_sample_size as effective_sample_size
    from lstm_md.analysis.caliber import select_trajectories as select_trajectories
    from lstm_md.analysis.kinetics import dwell_times as dwell_times
    from lstm_md.analysis.kinetics import mean_first_passage_time as mean_first_passage_time
    from lstm_md.analysis.kinetics import stays_of as stays_of
    from lstm_md.analysis.kinetics import transition_counts as transition_counts
    from lstm_md.analysis.kinetics import transition_rates as transition_rates
    from lstm_md.analysis.kinetics import waiting_times as waiting_times
    from lstm_md.analysis.markov import fit_markov_chain as fit_markov_chain
    from lstm_md.analysis.markov_models import fit_hmm as fit_hmm
    from lstm_md.analysis.markov_models import fit_msm as fit_msm
    from lstm_md.analysis.populations import free_energies as free_energies
    from lstm_md.analysis.populations import populations as populations
    from lstm_md.analysis.uncertainty import Estimate as Estimate
    from lstm_md.analysis.uncertainty import block_bootstrap as block_bootstrap
    from lstm_md.analysis.uncertainty import by_segments as by_segments
    from lstm_md.analysis.uncertainty import over_trainings as over_trainings
    from lstm_md.analysis.uncertainty import segments as segments
    from lstm_md.filters import cut_at_gaps as cut_at_gaps
    from lstm_md.filters import divide_short_stays as divide_short_stays
    from lstm_md.filters import remove_short_excursions as remove_short_excursions
    from lstm_md.filters import running_mean as running_mean
    from lstm_md.generation import generate as generate
    from lstm_md.judging.compare import compare as compare
    from lstm_md.judging.controls import standard_controls as standard_controls
    from lstm_md.judging.criteria import Outcome as Outcome
    from lstm_md.judging.criteria import curves_agree as curves_agree
    from lstm_md.judging.criteria import populations_agree as populations_agree
    from lstm_md.judging.verdict import Claim as Claim
    from lstm_md.judging.verdict import VerdictTable as VerdictTable
    from lstm_md.judging.verdict import judge as judge
    from lstm_md.labels import bin_centres as bin_centres
    from lstm_md.labels import equal_width as equal_width
    from lstm_md.labels import nearest_state as nearest_state
    from lstm_md.labels import to_values as to_values
    from lstm_md.labels import with_edges as with_edges
    from lstm_md.model import language_model as language_model
    from lstm_md.settings import AUTHORS as AUTHORS
    from lstm_md.settings import OURS as OURS
    from lstm_md.states import find_states as find_states
    from lstm_md.systems import langevin as langevin
    from lstm_md.systems import potentials as potentials
    from lstm_md.systems import recordings as recordings
    from lstm_md.training import evaluate as evaluate
    from lstm_md.training import train as train

_NAMES = {
    "filters": "cut_at_gaps divide_short_stays remove_short_excursions running_mean",
    "labels": "bin_centres equal_width nearest_state to_values with_edges",
    "settings": "AUTHORS OURS",
    "states": "find_states",
    "model": "language_model",
    "training": "train evaluate",
    "generation": "generate",
    "analysis.caliber": "caliber_weights effective_sample_size select_trajectories",
    "analysis.kinetics": (
        "dwell_times mean_first_passage_time stays_of transition_counts transition_rates "
        "waiting_times"
    ),
    "analysis.markov": "fit_markov_chain",
    "analysis.markov_models": "fit_hmm fit_msm",
    "analysis.populations": "free_energies populations",
    "analysis.uncertainty": "Estimate block_bootstrap by_segments over_trainings segments",
    "judging.compare": "compare",
    "judging.controls": "standard_controls",
    "judging.criteria": "Outcome curves_agree populations_agree",
    "judging.verdict": "Claim VerdictTable judge",
}
_MODULES = {
    "langevin": "systems.langevin",
    "potentials": "systems.potentials",
    "recordings": "systems.recordings",
    "diagrams": "diagrams",
    "equations": "equations",
    "figures": "figures",
    "interactive": "interactive",
    "reading": "reading",
}
_WHERE = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted([*_WHERE, *_MODULES])


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name in _MODULES:
        found = import_module(f"lstm_md.{_MODULES[name]}")
    elif name in _WHERE:
        found = getattr(import_module(f"lstm_md.{_WHERE[name]}"), name)
    else:
        raise AttributeError(f"module 'lstm_md' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
