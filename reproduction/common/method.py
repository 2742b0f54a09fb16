"""The method of a study: the settings of its networks and trainings, apart from their size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from lstm_md.settings import AUTHORS, OURS, Settings
from reproduction.common.answers import RECORDS_OF_POTENTIALS
from reproduction.runs import records
from reproduction.runs.recipe import JobSettings

# The method of the answers whose sequences begin in each state.
_METHOD_OF_STATE = {
    "carried": "authors", "zero": "first edition", "warmed": "ours", "continued": "continued",
}  # fmt: skip

# Each row of a batch reads its own stretch of the data from end to end.
CONTINUED = replace(OURS, name="continued", reading_order="contiguous", initial_state="carried")
# What the first edition did, and each difference of the authors' method from it, one at a time.
FIRST = replace(OURS, name="first edition", initial_state="zero")
_AS_THE_AUTHORS: dict[str, dict[str, Any]] = {
    "carried": {"initial_state": AUTHORS.initial_state},
    "constant": {"learning_rate": AUTHORS.learning_rate, "decay": AUTHORS.decay},
    "epsilon": {"epsilon": AUTHORS.epsilon},
    "glorot": {"recurrent_initializer": AUTHORS.recurrent_initializer},
    "chunks": {"shared_label": AUTHORS.shared_label},
}
DIFFERENCES = {
    name: replace(FIRST, name=name, **changes) for name, changes in _AS_THE_AUTHORS.items()
}
METHODS = {method.name: method for method in (AUTHORS, OURS, CONTINUED)}


def settings_of(study: Any) -> dict[str, Any]:
    """Return the settings of a study as JSON holds them; a study of the first edition has none."""
    every = asdict(study)
    if every["method"] is None:
        del every["method"]
    return every


def those_of(settings: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return some settings. Those that a study of the first edition does not have are left out."""
    return {name: settings[name] for name in names if name in settings}


def under(study: Any, method: Settings, **changes: Any) -> Any:
    """Return a study under another method. Where that has no learning rate, the study's stays."""
    rate = study.learning_rate if method.learning_rate is None else method.learning_rate
    return replace(
        study, **{"method": method, "learning_rate": rate, "decay": method.decay, **changes}
    )


def of_network(settings: JobSettings) -> dict[str, Any]:
    """Return the arguments of a method for :func:`lstm_md.model.language_model`."""
    return Settings(**settings.method).network if hasattr(settings, "method") else {}


def of_training(settings: JobSettings) -> dict[str, Any]:
    """Return the arguments for :func:`lstm_md.training.train`: of a study and of its method."""
    own = settings.only("epochs", "learning_rate", "decay")
    if not hasattr(settings, "method"):
        return own
    return {**Settings(**settings.method).training, **own}


def recorded_methods(name: str) -> dict[str, str]:
    """Return the finished records of a system, by the initial state of their sequences.

    Parameters
    ----------
    name : str
        The record of the first edition, whose sequences begin at zero.

    Returns
    -------
    dict of str to str
        Names of records by "carried" (the authors' method), "zero", "warmed" (ours) and
        "continued", as far as they are finished.
    """
    named = {s: RECORDS_OF_POTENTIALS[m].format(name) for s, m in _METHOD_OF_STATE.items()}
    return records.those_finished(named)
