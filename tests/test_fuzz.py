"""Fuzzing: every public function of the library, with arguments of every wrong kind.

The list of functions is read from the library, so a new function is included. A parameter that is
not in ``GOOD`` fails the first test: give it a value that works there.

A call may return, or raise an error that names one of the arguments. Anything else is a defect: an
error from inside, a crash, or a call that never returns.
"""

from __future__ import annotations

import datetime
import importlib
import inspect
import pkgutil
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lstm_md
import lstm_md as lm
from lstm_md.analysis.markov_models import HiddenMarkovModel
from lstm_md.judging.calibrated import ratio_test
from lstm_md.judging.criteria import CurveComparison
from lstm_md.judging.null_sample import NullSample

# What is behind the public functions, and what only holds results.
NOT_CALLED = ("lstm_md.engine.", "lstm_md.__main__")
RESULTS = {"Stays", "PowerSpectrum", "CurveComparison", "Comparison", "Simulator", "Trajectory",
           "States", "Verdict", "History", "Settings", "RatioTest", "Decision"}  # fmt: skip
FORMATS = {"percent", "deviation"}  # write one number for a table

LABELS = np.tile(np.array([0, 0, 1, 2, 1], np.uint8), 60)
VALUES = np.sin(np.arange(300.0) / 7)
SQUARE = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]])
ESTIMATE = lm.Estimate([20.0, 30.0, 50.0], [1.0, 1.0, 1.0], 10)
CLAIM = lm.Claim("X", "a claim")
PASSED = lm.Outcome(True, "0.5 SE")
DRAWS = np.random.default_rng(0).poisson(20.0, (100, 3)).astype(float)
NULL = NullSample(DRAWS, DRAWS)
TEST = ratio_test(DRAWS[:3], DRAWS[0], NULL, n_repetitions=99)


def mean(labels: Any) -> float:
    return float(np.mean([np.mean(one) for one in np.atleast_2d(labels)]))


@cache
def network() -> Any:
    return lm.language_model(3, 2, 4)


@cache
def weights() -> Any:
    return network().get_weights()


# A value for each parameter that has no default, and small ones for those that cost time.
GOOD: dict[str, Any] = {
    "labels": LABELS, "values": VALUES, "trajectory": VALUES, "data": LABELS,
    "trajectories": [LABELS, LABELS], "commit_times": [1, 2], "lags_frames": [0, 1],
    "label": 1, "start": 0, "end": 1, "stop": 1.5, "n_labels": 3, "edges": [-1, 0, 1],
    "centres": [-0.5, 0.5], "window": 3, "min_frames": 1, "max_frames": 2, "n_segments": 3,
    "block_frames": 20, "segment_frames": 20, "n_frames": 20, "n_hidden_states": 2, "lag_frames": 1,
    "matrix": SQUARE, "transition_matrix": SQUARE, "output_probabilities": SQUARE,
    "populations": [0.2, 0.8], "time_per_frame": 0.1, "value": [1.0, 2.0], "error": [0.1, 0.2],
    "other": ESTIMATE, "statistic": mean, "n_replicas": 3, "n_trajectories": 2, "n_copies": 2,
    "untrained": [LABELS], "prompt": LABELS[:9], "model": network, "weights": weights,
    "epochs": 1, "sequence_length": 10, "batch_size": 8, "progress": False, "units": 4,
    "embedding_dim": 2, "potential": lm.potentials.linear_three_state, "stride": 2,
    "equilibration_frames": 1, "x": [0.1, 0.2], "y": [0.1, 0.2], "x_edges": [-1, 0, 1],
    "reference": ESTIMATE, "scatter_ratio": 1.0, "outcomes": {"a": PASSED}, "passed": True,
    "share": 0.5, "z": 1.0, "limit": 2.0, "measured": "0.5 SE", "claim": CLAIM,
    "controls": {"shuffled": PASSED}, "id": "X", "text": "a claim", "v": VALUES,
    "columns": ["a", "b"], "rows": [[1, 2]], "verdicts": [], "name": "flat", "states": ("A",),
    "wells": ((0.0, 0.0, -1.0),), "confinement": 1.0, "power": 4, "beta": 1.0,
    "null": NULL, "differences": DRAWS[:8], "test": TEST, "rates": [True] * 3,
    "names": ["a", "b", "c"], "p_values": {"K1": 0.1}, "data_variance": [0.1, 0.2],
    "n_repetitions": 99, "path": "missing.npy", "field": "phi", "topology": "missing.pdb",
    "accuracy": 0.1, "every": 10, "times": 12.3, "generated": LABELS,
    "drawing": "<b>1</b>", "description": "one",
    "centre": 20, "panels": {"one": {"data": lm.Estimate(np.ones((2, 3, 3)), np.ones((2, 3, 3)))}},
    "target": 0.2, "n_selected": 5, "quantities": VALUES,
}  # fmt: skip
# Where one name means different things.
GOOD_IN: dict[str, dict[str, Any]] = {
    "compare": {"model": LABELS},
    "NullSample": {"model": DRAWS, "data": DRAWS},
    "ratio_test": {"model": DRAWS[:3], "data": DRAWS[0]},
    "decide": {"controls": {}},
    "reference_null": {"reference": DRAWS, "data": DRAWS},
    "populations_agree": {"model": ESTIMATE},
    "compare_curves": {"model": ESTIMATE},
    "curves_agree": {"model": ESTIMATE},
    "judge": {"model": PASSED},
    "pipeline": {"data": DRAWS[0], "model": DRAWS[:3]},
    "agreement_map": {
        "models": ["MSM", "HMM"],
        "columns": [1.0, 2.0],
        "ways": {"own": {"counts": [CurveComparison(0.9, 0.1, 10, 0.2)] * 2}},
    },
    "simulate": {"start": None},
    "equal_width": {"start": -1.5},
    "Outcome": {"power": "x"},
    "save": {"path": "net.h5"},
    "model.load": {"path": "missing.keras"},
    "recordings.load": {"path": "COLVAR"},
    "period_of": {"path": "COLVAR"},
    "effective_sample_size": {"weights": VALUES**2},
    "select_trajectories": {"weights": VALUES**2},
    "reweighted_mean": {"weights": VALUES**2},
    "equations.logits": {"weights": lambda: lm.model.named_weights(network())},
}
# Code of the user, whose errors are his own; plain texts and switches that are only shown or asked.
NOT_FUZZED = {
    "statistic", "progress", "decay", "resume", "reversible", "larger_error", "mmap", "id", "text",
    "where", "criterion", "rationale", "paper", "short", "source", "tested", "best_is", "measured",
    "passed", "separator", "name", "engine_threads", "checkpoint", "v", "numbers", "power_text",
    "best", "truth",
}  # fmt: skip
SLOW = {
    "train",
    "generate",
    "evaluate",
    "language_model",
    "standard_controls",
    "compare",
    "fit_hmm",
    "find_states",
}


def public_calls() -> dict[str, Any]:
    """Return every public function, class and method, by a name that tells where it is."""
    found: dict[str, Any] = {}
    for each in pkgutil.walk_packages(lstm_md.__path__, "lstm_md."):
        if each.ispkg or "._" in each.name or each.name.startswith(NOT_CALLED):
            continue
        if each.name == "lstm_md.figures":
            continue  # they take the axes of Matplotlib; tests/test_figures.py has them
        module = importlib.import_module(each.name)
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", "") != each.name:
                continue
            if name not in RESULTS | FORMATS and (
                inspect.isfunction(thing) or inspect.isclass(thing)
            ):
                found[f"{each.name.removeprefix('lstm_md.')}.{name}"] = thing
    chain, hidden = lm.fit_markov_chain(LABELS), HiddenMarkovModel(SQUARE, SQUARE)
    for instance in (chain, hidden, ESTIMATE, lm.potentials.linear_three_state):
        for name, method in inspect.getmembers(instance, inspect.ismethod):
            if not name.startswith("_"):
                found[f"{type(instance).__name__}.{name}"] = method
    return found


CALLS = public_calls()


def good(name: str, parameter: inspect.Parameter) -> Any:
    """Return a value that works, or the parameter's default."""
    short = name.rpartition(".")[2]
    for key in (name, name.removeprefix("systems."), short):
        if parameter.name in GOOD_IN.get(key, {}):
            value = GOOD_IN[key][parameter.name]
            break
    else:
        if parameter.name in GOOD and (
            parameter.default is parameter.empty or parameter.name in COSTLY
        ):
            value = GOOD[parameter.name]
        elif parameter.default is not parameter.empty:
            return parameter.default
        else:
            raise KeyError(f"{name}: give {parameter.name} a value in GOOD")
    return (
        value()
        if value is network or value is weights or short == "logits" and callable(value)
        else value
    )


COSTLY = {"epochs", "sequence_length", "batch_size", "progress", "units", "embedding_dim",
          "n_replicas", "n_trajectories", "n_copies", "untrained", "stride", "accuracy",
          "equilibration_frames", "segment_frames", "n_repetitions"}  # fmt: skip

# Numbers of these cost time and no memory, so that a huge one is not refused.
TIME_ONLY = {"stride", "epochs", "equilibration_frames"}
HUGE = [2**40, 2**63, 2**64, 10**400]
ODD: list[Any] = [
    None, "text", "", b"bytes", True, 0, -1, 1, 2, 7, 1.5, -0.5, 0.0, np.nan, np.inf, -np.inf,
    1e-38, 1e300, 1 + 2j, Fraction(1, 3), Decimal("1.5"), *HUGE, object(), {}, {"a": 1}, set(), [],
    (), [[]], [[], []], [[1, 2], [3]], [[0, 1], [1, [2]]], [None], ["a", "b"], [object()],
    [1, None], [Fraction(1, 3), Fraction(2, 3)], [Decimal("0.5")], [1 + 1j], [True, False],
    range(5), iter([0, 1]), np.int64(3), np.uint8(2), np.float32(0.5), np.float16(2), np.str_("a"),
    np.array(2), np.array(None), np.zeros((0,)), np.zeros((0, 3)), np.zeros((3, 0)),
    np.zeros((2, 2, 2)), np.zeros((30, 1)), np.zeros((30, 2), int), np.array([object()]),
    np.array(["a"]), np.array([b"a"]), np.array([1 + 1j]), np.array([np.nan, 1.0]),
    np.array(["2020-01-01"], "datetime64[D]"), np.array([(1, 2.0)], "i4,f8"),
    np.ma.array([0, 1, 1], mask=[0, 1, 0]), np.ma.masked_all(3), np.ma.masked,
    np.array([2**63], np.uint64), np.array([-1, 0, 1]), np.array([300, 0]), np.array([1e300, 1.0]),
    np.array([0, 1], ">i2"), np.zeros(40, np.float16), np.asfortranarray(np.ones((3, 30), int)),
    [np.array([0, 1]), np.array([0, 1, 1])], [np.array([0.5]), np.zeros((2, 2))],
    [np.array([0, 1]), None], datetime.date(2020, 1, 1), lambda x: x, int, np, ESTIMATE, CLAIM,
]  # fmt: skip
ODD_VALUES = st.one_of(
    st.sampled_from(range(len(ODD))).map(lambda k: ODD[k]),
    hnp.arrays(
        st.sampled_from([np.uint8, np.int64, np.float64, np.float32, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    ),
    st.lists(st.lists(st.integers(-2, 5), max_size=4), max_size=4),
    st.integers(-9, 60),
    st.floats(),
)
ALLOWED = (TypeError, ValueError, MemoryError, OSError, FloatingPointError, ModuleNotFoundError)


def shows_nothing(name: str, parameter: str, value: Any) -> bool:
    """Test whether a call is right: one with the default, or one that would only run for years."""
    if value is inspect.signature(CALLS[name]).parameters[parameter].default:
        return True  # test_every_function_works_with_good_values has it
    number = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return parameter in TIME_ONLY and number and value > 100


def call_with(name: str, changed: dict[str, Any]) -> None:
    """Call a function with some arguments changed; only a named error may come out."""
    function = CALLS[name]
    parameters = inspect.signature(function).parameters
    arguments = {
        each.name: changed[each.name] if each.name in changed else good(name, each)
        for each in parameters.values()
        if each.kind is not each.VAR_KEYWORD
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = function(**arguments)
        if name != "tables.Table":
            str(result)
    except ALLOWED as error:
        message = str(error)
        names = "|".join(parameters)
        assert re.match(rf"({names})\b[^:;]*: ", message), (
            f"{name}({', '.join(f'{k}={v!r}' for k, v in changed.items())}) raised "
            f"{type(error).__name__}: {message}"
        )
    finally:
        plt.close("all")


@pytest.fixture(autouse=True)
def in_a_folder_with_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("COLVAR").write_text("#! FIELDS time phi\n0 1.5\n1 2.5\n2 0.5\n")


@pytest.mark.parametrize("name", CALLS)
def test_every_function_works_with_good_values(name):
    call_with(name, {})


def fuzzed(name: str) -> list[str]:
    parameters = inspect.signature(CALLS[name]).parameters.values()
    return [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in NOT_FUZZED]


@pytest.mark.parametrize("name", [name for name in CALLS if fuzzed(name)])
def test_a_wrong_argument_is_named(name):
    slow = name.rpartition(".")[2] in SLOW

    # Each odd value once for each parameter, then random ones.
    for parameter in fuzzed(name):
        for value in ODD[:: 4 if slow else 1]:
            if not shows_nothing(name, parameter, value):
                call_with(name, {parameter: value})

    @settings(
        max_examples=10 if slow else 40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(st.sampled_from(fuzzed(name)), ODD_VALUES)
    def try_one(parameter, value):
        assume(not shows_nothing(name, parameter, value))
        call_with(name, {parameter: value})

    try_one()


def test_the_test_can_fail(monkeypatch):
    def bad(labels, n_labels=3):
        return np.zeros(n_labels)[labels.index(1)]

    monkeypatch.setitem(CALLS, "bad", bad)
    with pytest.raises(AttributeError):
        call_with("bad", {"labels": np.array([1])})
    with pytest.raises(AssertionError, match="bad.*raised"):
        call_with("bad", {"labels": [0, 1], "n_labels": "text"})
    assert CurveComparison.__name__ in RESULTS
