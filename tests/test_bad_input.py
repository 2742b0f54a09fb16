"""Bad input in one table: each kind gives one clear error, which names the argument, what was
found, and what to do. A second table has unusual input that is allowed, and its result."""

from __future__ import annotations

import errno
import os
import pickle
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_md import equations, labels, model, reading, training
from lstm_md.analysis import kinetics, markov, populations, uncertainty
from lstm_md.generation import generate
from lstm_md.labels import bin_centres, equal_width, nearest_state, running_mean, with_edges
from lstm_md.model import NetworkSize, language_model
from lstm_md.systems import langevin, potentials
from lstm_md.systems.recordings import load, load_molecular

NAN, INF = float("nan"), float("inf")
WELLS = potentials.linear_three_state
LABELS = np.tile(np.array([0, 0, 1, 2, 1], np.uint8), 40)
CHAIN = [[0.9, 0.1], [0.3, 0.7]]


@lru_cache
def net() -> Any:
    """Make a network of three labels, which no test changes."""
    return language_model(3, 2, 4)


def broken_net() -> Any:
    made = language_model(3, 2, 4)
    made.set_weights([weights * NAN for weights in made.get_weights()])
    return made


def train(given: Any, **options: Any) -> training.History:
    options = {"epochs": 1, "sequence_length": 10, "progress": False, **options}
    return training.train(language_model(3, 2, 4), given, **options)


def mean(values: np.ndarray) -> float:
    return float(values.mean())


@dataclass(frozen=True)
class Bad:
    """One call that must fail: its error, the argument it names, what it found, its advice."""

    what: str
    call: Callable[[Path], object]
    error: type[Exception]
    argument: str
    found: str
    advice: str


# Every function that takes numbers or labels is called with every bad value.
TAKES_NUMBERS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "equal_width": ("values", lambda v: equal_width(v, -1, 1, n_labels=4)),
    "with_edges": ("values", lambda v: with_edges(v, [-1, 0, 1])),
    "with_edges, its edges": ("edges", lambda v: with_edges([0.5], v)),
    "bin_centres": ("edges", bin_centres),
    "nearest_state": ("values", lambda v: nearest_state(v, [-1.0, 1.0])),
    "nearest_state, its centres": ("centres", lambda v: nearest_state([0.5], v)),
    "running_mean": ("values", lambda v: running_mean(v, 2)),
    "to_values, its centres": ("centres", lambda v: labels.to_values([0, 0], v)),
    "free_energies": ("populations", populations.free_energies),
    "stationary": ("matrix", lambda v: markov.stationary([v])),
    "simulate_markov_chain": ("matrix", lambda v: markov.simulate_markov_chain([v], 9, seed=1)),
    "simulate": ("start", lambda v: langevin.simulate(WELLS, 2, seed=1, start=v)),
    "energy": ("x", lambda v: WELLS.energy(v, 0.0)),
    "force": ("y", lambda v: WELLS.force(0.0, v)),
    "density": ("y", lambda v: WELLS.density(0.0, v)),
}
TAKES_LABELS: dict[str, Callable[[Any], object]] = {
    "remove_short_excursions": lambda v: labels.remove_short_excursions(v, 1),
    "divide_short_stays": lambda v: labels.divide_short_stays(v, 1),
    "to_values": lambda v: labels.to_values(v, [0.0, 1.0, 2.0]),
    "populations": populations.populations,
    "stays_of": kinetics.stays_of,
    "transition_counts": lambda v: kinetics.transition_counts(v, [1, 2]),
    "dwell_times": lambda v: kinetics.dwell_times(v, 0),
    "waiting_times": lambda v: kinetics.waiting_times(v, 0, 1),
    "mean_first_passage_time": lambda v: kinetics.mean_first_passage_time(v, 0, 1),
    "fit_markov_chain": markov.fit_markov_chain,
    "MarkovModel.loss": markov.MarkovModel(np.full((3, 3), 1 / 3)).loss,
    "segments": lambda v: uncertainty.segments(v, 2),
    "by_segments": lambda v: uncertainty.by_segments(mean, v, 2),
    "block_bootstrap": lambda v: uncertainty.block_bootstrap(mean, v, 2, seed=1),
    "sequences": lambda v: training.sequences(v, 1),
    "train": train,
    "evaluate": lambda v: training.evaluate(net(), v, sequence_length=1),
    "logits": lambda v: equations.logits(model.named_weights(net()), v),
    "hidden_states": lambda v: reading.hidden_states(net().get_weights(), v),
    "reading_loss": lambda v: reading.reading_loss(net().get_weights(), v, skip=0),
    "generate": lambda v: generate(net(), v, 5),
}


def on(value: object, call: Callable[[Any], object]) -> Callable[[Path], object]:
    return lambda folder: call(value)


def numbers() -> Iterator[Bad]:
    """Rows with NaN, infinity, text, or no numbers at all."""
    for name, (argument, call) in TAKES_NUMBERS.items():
        for value in (NAN, INF, -INF):
            found, advice = rf"found {value} at index \(?(0, )?1", "remove or interpolate"
            yield Bad(
                f"{name}: {value}", on([0.5, value], call), ValueError, argument, found, advice
            )
        found = r"found (list|ndarray) of dtype <U1"
        yield Bad(f"{name}: text", on(["a"], call), TypeError, argument, found, "convert it")
    for name, (argument, call) in TAKES_NUMBERS.items():
        if name in (
            "energy",
            "force",
            "density",
        ):  # allowed: no positions, no values
            continue
        found = r"found (0|\(1, 0\))"
        yield Bad(f"{name}: empty", on([], call), ValueError, argument, found, "give|each row")


def bad_labels() -> Iterator[Bad]:
    """Rows with NaN, infinity, floats, no labels, negative or large labels, other shapes."""
    for name, call in TAKES_LABELS.items():
        argument = "prompt" if name == "generate" else "labels"
        for value, advice in ((NAN, "cut_at_gaps"), (INF, "make labels"), (0.5, "make labels")):
            found = f"found {value} at index 1"
            yield Bad(f"{name}: {value}", on([0, value], call), ValueError, argument, found, advice)
        found = r"found list of dtype <U1 and shape \(1,\)"
        yield Bad(f"{name}: text", on(["a"], call), TypeError, argument, found, "make labels")
        masked = np.ma.array([0, 1, 1], mask=[0, 1, 0])
        found = "found a masked element at index 1"
        yield Bad(f"{name}: masked", on(masked, call), ValueError, argument, found, "cut_at_gaps")
        found = r"found shape \(9, 1\), which means 9 chains of 1 frame"
        one_column = LABELS[:9, None]
        yield Bad(f"{name}: column", on(one_column, call), ValueError, argument, found, "column")
        found = r"found shape \(9, 2\), which means 9 chains of 2 frame"
        table = LABELS[:18].reshape(9, 2)
        yield Bad(f"{name}: table", on(table, call), ValueError, argument, found, "give one column")
        empty = np.zeros(0, np.uint8)
        for what, value in (("empty list", []), ("empty", empty), ("no chain", empty[None][:0])):
            yield Bad(f"{name}: {what}", on(value, call), ValueError, argument, "found 0", "longer")
        found = "found -1 at index 1, which often means that a frame belongs to no state"
        yield Bad(f"{name}: -1", on([1, -1], call), ValueError, argument, found, "cut_at_gaps")
        found = "found -2 at index 1"
        yield Bad(f"{name}: negative", on([1, -2], call), ValueError, argument, found, "check the")
        found = "found 70000 at index 1"
        yield Bad(f"{name}: too large", on([0, 70_000], call), ValueError, argument, found, "check")
        found, value = r"found \(1, 2, 3\)", np.zeros((1, 2, 3), np.uint8)
        yield Bad(f"{name}: three axes", on(value, call), ValueError, argument, found, "reshape it")


def plain(what, call, error, argument, found, advice) -> Bad:
    """Make a row whose call needs no folder."""
    return Bad(what, lambda folder: call(), error, argument, found, advice)


LENGTHS = [
    plain("fit_markov_chain: one frame", lambda: markov.fit_markov_chain([0]), ValueError, "labels",
          "at least 2 .* found 1", "longer trajectory"),
    plain("fit_markov_chain: shorter than the lag",
          lambda: markov.fit_markov_chain([0, 1, 0], lag_frames=3), ValueError, "labels",
          "at least 4 .* found 3", "longer trajectory"),
    plain("running_mean: shorter than the window", lambda: running_mean([1.0], 2), ValueError,
          "window", r"at most the 1 frame\(s\) .* found 2", "shorter window"),
    plain("train: one frame", lambda: train([0]), ValueError, "labels",
          "at least 11 frames .* found 1 in chain 0;", "longer trajectory or a smaller"),
    plain("train: shorter than a sequence", lambda: train(LABELS[:10]), ValueError, "labels",
          "at least 11 frames .* found 10 in chain 0;", "longer trajectory or a smaller"),
    plain("train: many chains, each shorter than a sequence",
          lambda: train(list(LABELS.reshape(20, 10))), ValueError, "labels",
          "at least 11 frames per chain .* found 10 in chain 0;", "smaller sequence_length"),
    plain("evaluate: shorter than a sequence",
          lambda: training.evaluate(net(), LABELS[:100]), ValueError, "labels",
          "at least 101 frames .* found 100 in chain 0;", "longer trajectory"),
    plain("train: nothing left to learn from",
          lambda: train(LABELS[:11], validation_fraction=0.9), ValueError, "validation_fraction",
          r"0\.9 of 1 sequence\(s\)", "more labels or a smaller fraction"),
    plain("segments: more than frames", lambda: uncertainty.segments([0, 1], 3), ValueError,
          "n_segments", r"found 3 for 2 frame\(s\)", "fewer segments"),
    plain("by_segments: one segment", lambda: uncertainty.by_segments(mean, [0, 1], 1),
          ValueError, "n_segments", "found 1", "no spread"),
    plain("block_bootstrap: one block",
          lambda: uncertainty.block_bootstrap(mean, [0, 1, 1], 2, seed=1), ValueError,
          "block_frames", r"found 2 for 1 chain\(s\) of 3 or more frames", "shorter blocks"),
    plain("over_trainings: one", lambda: uncertainty.over_trainings([0.5]), ValueError, "values",
          "found 1", "give more"),
    plain("over_trainings: none", lambda: uncertainty.over_trainings([]), ValueError, "values",
          "found 0", "give more"),
    plain("remove_short_excursions: no stay long enough",
          lambda: labels.remove_short_excursions([0, 1, 0], 2), ValueError, "min_frames",
          r"no stay of 2 frame\(s\), the longest lasts 1", "lower threshold"),
    plain("remove_short_excursions: one chain has no long stay",
          lambda: labels.remove_short_excursions([[0, 0], [0, 1]], 2), ValueError, "min_frames",
          "chain 1 has no stay", "lower threshold or a longer trajectory"),
]  # fmt: skip

CONSTANT = [
    plain("equal_width: a range of one point",
          lambda: equal_width([1.0, 1.0], 1.0, 1.0, n_labels=3), ValueError, "stop",
          r"more than start = 1\.0, found 1\.0", "swap the two"),
    plain("waiting_times: from a label to itself", lambda: kinetics.waiting_times([0, 0], 0, 0),
          ValueError, "end", "found 0 for both", "give two labels"),
    plain("mean_first_passage_time: from a label to itself",
          lambda: kinetics.mean_first_passage_time([0, 0], 0, 0), ValueError, "end",
          "found 0 for both", "give two labels"),
    plain("free_energies: all zero", lambda: populations.free_energies([0.0, 0.0]), ValueError,
          "populations", "found only zeros", "must be visited"),
    plain("stationary: no transition between the labels", lambda: markov.stationary(np.eye(2)),
          ValueError, "matrix", r"\[0\] and \[1\] are never left", "give a chain that leads"),
    plain("simulate_markov_chain: no transition between the labels",
          lambda: markov.simulate_markov_chain(np.eye(2), 9, seed=1), ValueError, "matrix",
          r"\[0\] and \[1\] are never left", "give a chain that leads"),
    plain("fit_markov_chain: a label only in the last frame",
          lambda: markov.fit_markov_chain([0, 0, 1]), ValueError, "labels",
          "label 1 occurs only in the last 1 frame", "longer trajectory"),
    plain("NetworkSize: one label", lambda: NetworkSize(1), ValueError, "n_labels",
          "at least 2, found 1", "give more"),
]  # fmt: skip

EDGES = [
    plain("with_edges: unsorted", lambda: with_edges([0.5], [0, 2, 1]), ValueError, "edges",
          r"found 1\.0 after 2\.0 at index 2", "sort them"),
    plain("with_edges: duplicate", lambda: with_edges([0.5], [0, 1, 1]), ValueError, "edges",
          r"found 1\.0 after 1\.0 at index 2", "give each one once"),
    plain("with_edges: one edge", lambda: with_edges([0.5], [0]), ValueError, "edges",
          "at least 2, the edges of one bin, found 1", "give more"),
    plain("bin_centres: unsorted", lambda: bin_centres([1, 0]), ValueError, "edges",
          r"found 0\.0 after 1\.0 at index 1", "sort them"),
    plain("bin_centres: duplicate", lambda: bin_centres([0, 0]), ValueError, "edges",
          r"found 0\.0 after 0\.0 at index 1", "give each one once"),
    plain("equal_width: exchanged", lambda: equal_width([0.5], 1, 0, n_labels=3), ValueError,
          "stop", r"found 0\.0", "swap the two"),
    plain("equal_width: NaN for an end", lambda: equal_width([0.5], NAN, 1, n_labels=3), TypeError,
          "start", "found nan", "give a float"),
    plain("nearest_state: duplicate centres", lambda: nearest_state([0.5], [0, 1, 0]), ValueError,
          "centres", r"found a centre twice in \[0, 1, 0\]", "give each one once"),
    plain("nearest_state: centres of other dimensions",
          lambda: nearest_state([0.5], [[0, 1], [1, 0]]), ValueError, "centres",
          r"found shape \(2, 2\) for values of shape \(1,\)", "give centres"),
    plain("probability: unsorted", lambda: WELLS.probability([1, 0]), ValueError, "x_edges",
          r"found \[1, 0\]", "sort them"),
    plain("probability: duplicate", lambda: WELLS.probability([0, 0]), ValueError, "x_edges",
          r"found \[0, 0\]", "each one once"),
    plain("probability: NaN", lambda: WELLS.probability([0, NAN]), ValueError, "x_edges",
          r"found \[0\.0, nan\]", "leave out NaN"),
    plain("probability: empty", lambda: WELLS.probability([]), ValueError, "x_edges",
          r"at least two edges, .* found \[\]", "give each one once"),
    plain("probability: text", lambda: WELLS.probability(["a", "b"]), TypeError, "x_edges",
          "found list of dtype <U1", "convert it"),
    plain("equal_width: values outside",
          lambda: equal_width([0.5, 7.0], 0, 1, n_labels=3), ValueError, "values",
          r"1 of 2 lie outside 0\.0 … 1\.0, the first at index 1 with 7\.0", "widen"),
]  # fmt: skip

UNKNOWN_LABELS = [
    plain("generate: a prompt with more labels than the model", lambda: generate(net(), [0, 3], 5),
          ValueError, "prompt", "from 0 to 2, found 3 at index 1", "number of labels"),
    plain("train: more labels than the model", lambda: train(LABELS + 1), ValueError, "labels",
          "from 0 to 2, found 3 at index 3", "number of labels"),
    plain("evaluate: more labels than the model", lambda: training.evaluate(net(), LABELS + 1),
          ValueError, "labels", "from 0 to 2, found 3 at index 3", "number of labels"),
    plain("logits: more labels than the weights",
          lambda: equations.logits(model.named_weights(net()), [0, 3]), ValueError, "labels",
          "from 0 to 2, found 3 at index 1", "number of labels"),
    plain("logits: two chains",
          lambda: equations.logits(model.named_weights(net()), [[0, 1], [1, 0]]), ValueError,
          "labels", r"found \(2, 2\)", "give one chain"),
    plain("to_values: a label without a centre", lambda: labels.to_values([0, 2], [0.5, 1.5]),
          ValueError, "labels", "from 0 to 1, found 2 at index 1", "number of labels"),
    plain("populations: more than n_labels", lambda: populations.populations([0, 2], n_labels=2),
          ValueError, "labels", "from 0 to 1, found 2 at index 1", "number of labels"),
    plain("transition_counts: more than n_labels",
          lambda: kinetics.transition_counts([0, 2], [1], n_labels=2), ValueError, "labels",
          "from 0 to 1, found 2 at index 1", "number of labels"),
    plain("fit_markov_chain: more than n_labels",
          lambda: markov.fit_markov_chain([0, 2, 0], n_labels=2), ValueError, "labels",
          "from 0 to 1, found 2 at index 1", "number of labels"),
    plain("dwell_times: a negative label", lambda: kinetics.dwell_times([0, 1], -1), ValueError,
          "label", "found -1", "give more"),
    plain("waiting_times: a float label", lambda: kinetics.waiting_times([0, 1], 0.0, 1),
          TypeError, "start", r"found 0\.0", "give an int"),
    plain("equal_width: more labels than 16 bits hold",
          lambda: equal_width([0.5], 0, 1, n_labels=70_000), ValueError, "n_labels",
          "found 70000", "wider bins"),
    plain("generate: a model of NaN", lambda: generate(broken_net(), [0, 1], 5), ValueError,
          "model", "found NaN or inf among its weights", "lower learning_rate"),
    plain("generate: no model", lambda: generate("net.keras", [0, 1], 5), TypeError, "model",
          "found str", r"language_model\(\)"),
]  # fmt: skip

SETTINGS = [
    plain("simulate: no frames", lambda: langevin.simulate(WELLS, 0, seed=1), ValueError,
          "n_frames", "found 0", "give more"),
    plain("simulate: frames as a float", lambda: langevin.simulate(WELLS, 1e3, seed=1), TypeError,
          "n_frames", r"found 1000\.0", "give an int"),
    plain("simulate: no potential", lambda: langevin.simulate("linear", 9, seed=1), TypeError,
          "potential", "found str", "take one from"),
    plain("simulate: a time step of NaN",
          lambda: langevin.simulate(WELLS, 9, seed=1, time_step=NAN), TypeError, "time_step",
          "found nan", "give a float"),
    plain("simulate: a time step that is too long",
          lambda: langevin.simulate(WELLS, 99, seed=1, time_step=50.0), FloatingPointError,
          "time_step", r"diverged at 50\.0 \(frame \d+\)", "smaller time_step"),
    plain("simulate: negative friction",
          lambda: langevin.simulate(WELLS, 9, seed=1, friction=-1.0), ValueError, "friction",
          r"found -1\.0", "give more"),
    plain("simulate: a start for another number of walkers",
          lambda: langevin.simulate(WELLS, 9, seed=1, n_walkers=3, start=[[0, 0], [1, 1]]),
          ValueError, "start", r"\(3, 2\), found \(2, 2\)", "for each walker"),
    plain("ModelPotential: a well of NaN",
          lambda: potentials.ModelPotential("flat", ("A",), ((0, NAN, -1),), 1.0, 2, 1.0),
          ValueError, "wells", "found nan at index 1", "remove"),
    plain("ModelPotential: an infinite β",
          lambda: potentials.ModelPotential("flat", ("A",), (), 1.0, 2, INF), TypeError, "beta",
          "found inf", "give a float"),
    plain("free_energies: negative", lambda: populations.free_energies([0.5, -0.1]), ValueError,
          "populations", r"found -0\.1 at index 1", "none of them negative"),
    plain("transition_counts: no commit time", lambda: kinetics.transition_counts([0, 1], []),
          TypeError, "commit_times", r"shape \(0,\)", "give a list of ints"),
    plain("transition_counts: a commit time of NaN",
          lambda: kinetics.transition_counts([0, 1], [1, NAN]), TypeError, "commit_times",
          "dtype float64", "give a list of ints"),
    plain("transition_counts: a commit time of 0",
          lambda: kinetics.transition_counts([0, 1], [0, 1]), ValueError, "commit_times",
          "found 0", "give more"),
    plain("stationary: a row that is no distribution",
          lambda: markov.stationary([[0.5, 0.4], [0.5, 0.5]]), ValueError, "matrix",
          r"row 0 is \[0\.5, 0\.4\]", "with the sum 1"),
    plain("stationary: not square", lambda: markov.stationary([[0.5, 0.5]]), ValueError, "matrix",
          r"found \(1, 2\)", "give a square"),
    plain("Estimate: a negative error", lambda: uncertainty.Estimate([1.0, 2.0], [NAN, -0.1]),
          ValueError, "error", r"found -0\.1", "give its magnitude"),
    plain("over_trainings: ragged", lambda: uncertainty.over_trainings([[1.0, 2.0], [1.0]]),
          ValueError, "values", "of one shape", "give n_labels"),
    plain("language_model: a size as a float", lambda: language_model(3, 8, 64.0), TypeError,
          "units", r"found 64\.0", "give an int"),
    plain("train: a learning rate of NaN", lambda: train(LABELS, learning_rate=NAN), TypeError,
          "learning_rate", "found nan", "give a float"),
    plain("train: no model", lambda: training.train(None, LABELS), TypeError, "model",
          "found NoneType", r"language_model\(\)"),
    plain("generate: a temperature of NaN",
          lambda: generate(net(), [0, 1], 5, temperature=NAN), TypeError, "temperature",
          "found nan", "give a float"),
    plain("generate: a negative temperature",
          lambda: generate(net(), [0, 1], 5, temperature=-1.0), ValueError, "temperature",
          r"found -1\.0", "give more"),
    plain("generate: no frames", lambda: generate(net(), [0, 1], 0), ValueError, "n_frames",
          "found 0", "give more"),
    plain("generate: prompts for another number of chains",
          lambda: generate(net(), [[0, 1], [1, 0]], 5, n_chains=3), ValueError, "n_chains",
          "expected 2, .* found 3", "leave n_chains out"),
]  # fmt: skip


class Marker:
    """An object that leaves a trace in the environment when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("import os; os.environ['LSTM_MD_UNPICKLED'] = '1'",)


def unpickled() -> bool:
    return os.environ.pop("LSTM_MD_UNPICKLED", None) is not None


def file(name: str, content: bytes | str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def numpy_file(name: str, *, keep: int | None = None, **arrays: Any) -> Callable[[Path], Path]:
    """Write an .npy or .npz file, or only its first bytes."""

    def write(folder: Path) -> Path:
        path = folder / name
        if path.suffix == ".npz":
            np.savez(path, **arrays)
        else:
            np.save(path, *arrays.values(), allow_pickle=True)
        path.write_bytes(path.read_bytes()[:keep])
        return path

    return write


def reads(
    what: str,
    write: Callable[[Path], Path],
    argument: str,
    found: str,
    advice: str,
    error: type[Exception] = ValueError,
    **options: Any,
) -> Bad:
    """Make a row that loads a file."""
    return Bad(f"load: {what}", lambda d: load(write(d), **options), error, argument, found, advice)


OBJECTS = np.array([Marker(), None], dtype=object)
BINARY = b"1.0 2.0\n" + bytes(range(256))
COLVAR = "#! FIELDS time phi psi\n 0.0 1.0 2.0\n 1.0 1.1 2.1\n"
FILES = [
    reads("missing", lambda d: d / "no.npy", "path", "found nothing there", "check the path",
          FileNotFoundError),
    reads("a folder", lambda d: d, "path", "found a folder", "check the path", FileNotFoundError),
    reads("truncated .npy", numpy_file("a.npy", keep=400, a=np.ones(99)), "path",
          "a.npy is truncated or damaged", "copy or save it again"),
    reads("truncated .npy, not mapped", numpy_file("a.npy", keep=400, a=np.ones(99)), "path",
          "a.npy is truncated or damaged", "copy or save it again", mmap=False),
    reads(".npy truncated in its header", numpy_file("a.npy", keep=40, a=np.ones(99)), "path",
          "a.npy is truncated or damaged", "copy or save it again"),
    reads(".npy truncated to 3 bytes", numpy_file("a.npy", keep=3, a=np.ones(99)), "path",
          "a.npy is not a NumPy file", "numpy.save"),
    reads("truncated .npz", numpy_file("a.npz", keep=400, a=np.ones(99)), "path",
          "a.npz is truncated or damaged", "copy or save it again"),
    reads("binary text", file("a.csv", BINARY), "path", r"is not text \(byte .* at 8\)", "unpack"),
    reads("binary COLVAR", file("COLVAR", COLVAR.encode() + BINARY), "path", "is not text",
          "unpack"),
    reads("binary .npy", file("a.npy", BINARY), "path", "is not a NumPy file", "numpy.save"),
    reads("pickled", file("a.pkl", pickle.dumps([1.0, 2.0])), "path", "may be pickled",
          "numpy.save"),
    reads("pickled, named .npy", file("a.npy", pickle.dumps([1.0, 2.0])), "path",
          "may be pickled", "numpy.save"),
    reads("pickled, named .csv", file("a.csv", pickle.dumps([1.0, 2.0])), "path",
          "may be pickled", "numpy.save"),
    reads("pickled, protocol 0", file("a.txt", pickle.dumps([1.0, 2.0], protocol=0)), "path",
          "expected a number, found '[^']*'", "correct or remove"),
    reads(".npy with objects", numpy_file("a.npy", a=OBJECTS), "path",
          "holds pickled Python objects", "save plain numbers"),
    reads(".npy with objects, not mapped", numpy_file("a.npy", a=OBJECTS), "path",
          "holds pickled Python objects", "save plain numbers", mmap=False),
    reads(".npz with objects", numpy_file("a.npz", a=OBJECTS), "path",
          "holds pickled Python objects", "save plain numbers"),
    reads("empty .npy", numpy_file("a.npy", a=np.zeros(0)), "path", "found 0", "longer"),
    reads("empty file", file("a.csv", ""), "path", "is empty", "give at least one frame"),
    reads("a header alone", file("a.csv", "time,x\n"), "path", "no line of numbers",
          "give at least one frame"),
    reads("NaN in .npy", numpy_file("a.npy", a=np.array([0.0, 1.0, NAN])), "path",
          "found nan at index 2", "remove or interpolate"),
    reads("inf in .npz", numpy_file("a.npz", a=np.array([0.0, -INF])), "path",
          "found -inf at index 1", "remove or interpolate"),
    reads("NaN in text", file("a.csv", "0,1\n2,nan\n"), "path", r"found nan at index \(1, 1\)",
          "remove or interpolate"),
    reads("ragged rows", file("a.csv", "0,1\n2,3\n4\n"), "path",
          r"line 3: found 1 column\(s\), but line 1 has 2", "correct or remove this line"),
    reads("ragged rows between spaces", file("a.txt", "0 1\n2 3 4\n"), "path",
          r"line 2: found 3 column\(s\), but line 1 has 2", "correct or remove this line"),
    reads("a COLVAR cut within a row", file("COLVAR", COLVAR + " 2.0 1."), "path",
          r"line 4: found 2 column\(s\), but line 2 has 3", "correct or remove this line"),
    reads("a word among numbers", file("a.csv", "0,1\n2,x\n"), "path",
          "line 2, column 2: expected a number, found 'x'", "correct or remove this line"),
    reads("a missing COLVAR field", file("COLVAR", COLVAR), "fields",
          "one column 'omega' in .*, found 0", "its names are: 'time', 'phi', 'psi'",
          fields="omega"),
    reads("a column number too large", file("a.csv", "0,1\n2,3\n"), "fields",
          "from 0 to 1, found 2", "counted from 0", fields=2),
    reads("a missing array of .npz", numpy_file("a.npz", a=np.ones(2)), "fields",
          "found no array 'b'", "its names are: 'a'", fields="b"),
    reads("three axes", numpy_file("a.npy", a=np.ones((2, 2, 2))), "path",
          r"found shape \(2, 2, 2\)", "select a column or reshape"),
    reads("complex numbers", numpy_file("a.npy", a=np.ones(2, complex)), "path",
          "dtype complex128", "convert it", TypeError),
]  # fmt: skip


@lru_cache
def saved_bytes() -> bytes:
    """Save a network of three labels and return the file's content."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.keras"
        model.save(net(), path)
        return path.read_bytes()


def saved(*, start: int = 0, stop: int | None = None, flipped: int = 0) -> Callable[[Path], Path]:
    """Write a saved network, a slice of its file, or a file with flipped bytes."""

    def write(folder: Path) -> Path:
        content = bytearray(saved_bytes())
        middle = len(content) // 2
        for place in range(middle, middle + flipped):
            content[place] ^= 0xFF
        return file("net.keras", bytes(content[start:stop]))(folder)

    return write


def other_network(folder: Path) -> Path:
    import keras

    path = folder / "net.keras"
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)]).save(path)
    return path


def loads(
    what: str,
    write: Callable[[Path], Path],
    found: str,
    advice: str,
    error: type[Exception] = ValueError,
    expected: NetworkSize | None = None,
) -> Bad:
    """Make a row that loads a network."""
    return Bad(
        f"model.load: {what}",
        lambda folder: model.load(write(folder), expected),
        error,
        "path",
        found,
        advice,
    )


NETWORKS = [
    loads("missing", lambda d: d / "no.keras", "no file .*no.keras", "save a model there first",
          FileNotFoundError),
    loads("a folder", lambda d: d, "no file", "save a model there first", FileNotFoundError),
    loads("empty", file("net.keras", b""), "is damaged", "save the model again"),
    loads("truncated to 10 bytes", saved(stop=10), "is damaged", "save the model again"),
    loads("truncated by one byte", saved(stop=-1), "is damaged", "save the model again"),
    loads("without its beginning", saved(start=1000), "is damaged", "save the model again"),
    loads("damaged in its middle", saved(flipped=200), r"is damaged .*\(\w+: ", "save the model"),
    loads("binary", file("net.keras", BINARY), "not a saved network", "save the model again"),
    loads("pickled", file("net.keras", pickle.dumps(Marker())), "not a saved network",
          "save the model again"),
    loads("an archive of pickled objects", numpy_file("net.npz", a=OBJECTS),
          "not a saved network", "save the model again"),
    loads("another kind of network", other_network, "found .*Dense", "save the model again"),
    loads("another size", saved(),
          r"expected NetworkSize\(n_labels=5, .*found NetworkSize\(n_labels=3, embedding_dim=2,",
          "give the path of the right file, or change expected",
          expected=NetworkSize(5, 2, 4)),
    Bad("model.save: another suffix", lambda d: model.save(net(), d / "net.h5"), ValueError,
        "path", r"found .*net\.h5", "change it"),
    Bad("model.save: a missing folder", lambda d: model.save(net(), d / "no" / "net.keras"),
        FileNotFoundError, "path", "folder of .* does not exist", "make it first"),
    Bad("model.save: no model", lambda d: model.save("net", d / "net.keras"), TypeError,
        "model", "found str", r"language_model\(\)"),
]  # fmt: skip

ROWS = [
    *numbers(), *bad_labels(), *LENGTHS, *CONSTANT, *EDGES, *UNKNOWN_LABELS, *SETTINGS, *FILES,
    *NETWORKS,
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_bad_input_gives_one_clear_error(row, tmp_path):
    with pytest.raises(row.error) as caught:
        row.call(tmp_path)
    message = str(caught.value)
    assert type(caught.value) is row.error
    assert re.match(rf"{row.argument}(\[\d+\])?: ", message), "the argument's name comes first"
    assert re.search(row.found, message), f"{message!r} does not say what was found"
    assert "; " in message, "the advice follows a semicolon"
    assert re.search(row.advice, message.partition(": ")[2]), f"{message!r} lacks the advice"
    assert len(message) < 1000


def test_no_two_rows_are_the_same():
    names = [row.what for row in ROWS]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.csv", "a.pkl", "a.keras"])
def test_nothing_is_ever_unpickled(tmp_path, name):
    pickle.loads(pickle.dumps(Marker()))
    assert unpickled(), "without this the rest would show nothing"
    if name.endswith((".npy", ".npz")):
        path = numpy_file(name, a=OBJECTS)(tmp_path)
    else:
        path = file(name, pickle.dumps(Marker()))(tmp_path)
    with pytest.raises(ValueError, match="path: "):
        (model.load if name == "a.keras" else load)(path)
    assert not unpickled()


@pytest.mark.parametrize("bad", ["trajectory", "topology"])
def test_a_molecular_file_that_is_missing_or_no_such_file_is_named(tmp_path, bad):
    pytest.importorskip("mdtraj")
    atoms = "ATOM      1  CA  ALA A   1       0.000   0.000   0.000  1.00  0.00           C\nEND\n"
    paths = {
        "trajectory": file("run.xtc", BINARY)(tmp_path),
        "topology": file("top.pdb", atoms if bad == "trajectory" else BINARY)(tmp_path),
    }
    argument = "path" if bad == "trajectory" else "topology"

    def read():
        load_molecular(paths["trajectory"], paths["topology"], distances=[(0, 0)])

    with pytest.raises(ValueError, match=f"{argument}: MDTraj cannot read"):
        read()
    paths[bad].unlink()
    with pytest.raises(FileNotFoundError, match=f"{argument}: .*found nothing there; check"):
        read()


# Unusual input that is allowed.

ALLOWED: list[tuple[str, Callable[[], Any], Any]] = [
    ("one frame: equal_width", lambda: equal_width([0.5], 0, 1, n_labels=4), [2]),
    ("one frame: nearest_state", lambda: nearest_state([0.5], [0.0]), [0]),
    ("one frame: running_mean", lambda: running_mean([0.5], 1), [0.5]),
    ("one frame: populations", lambda: populations.populations([1]), [0.0, 1.0]),
    ("one frame: stays_of", lambda: kinetics.stays_of([1]).length, [1]),
    ("one frame: no transition", lambda: kinetics.transition_counts([1], [1]), np.zeros((1, 2, 2))),
    ("one frame: excursions", lambda: labels.remove_short_excursions([1], 1), [1]),
    ("one frame: divided stays", lambda: labels.divide_short_stays([1], 1), [1]),
    ("one frame: no complete stay", lambda: kinetics.dwell_times([1], 1), []),
    ("one frame: no wait", lambda: kinetics.waiting_times([1], 1, 0), []),
    ("one frame: no passage", lambda: kinetics.mean_first_passage_time([1], 1, 0), NAN),
    ("one frame: simulate", lambda: langevin.simulate(WELLS, 1, seed=1).x.shape, (1,)),
    ("one frame: simulate_markov_chain",
     lambda: markov.simulate_markov_chain(CHAIN, 1, seed=1).shape, (1,)),
    ("one frame: logits", lambda: equations.logits(model.named_weights(net()), [1]).shape, (1, 3)),
    ("one frame: generate", lambda: generate(net(), [1], 5).shape, (5,)),
    ("constant: equal_width", lambda: equal_width([0.5, 0.5], 0, 1, n_labels=4), [2, 2]),
    ("constant: running_mean", lambda: running_mean([0.1] * 4, 3), [0.1, 0.1]),
    ("constant: populations", lambda: populations.populations([1, 1]), [0.0, 1.0]),
    ("constant: free energies", lambda: populations.free_energies([0.0, 1.0]), [INF, 0.0]),
    ("constant: excursions", lambda: labels.remove_short_excursions([1, 1], 2), [1, 1]),
    ("constant: divided stays", lambda: labels.divide_short_stays([1, 1], 2), [1, 1]),
    ("constant: no transition",
     lambda: kinetics.transition_counts([1, 1], [1, 2]), np.zeros((2, 2, 2))),
    ("constant: no complete stay", lambda: kinetics.dwell_times([1, 1, 1], 1), []),
    ("constant: no wait", lambda: kinetics.waiting_times([1, 1, 1], 1, 0), []),
    ("constant: no passage", lambda: kinetics.mean_first_passage_time([1, 1], 1, 0), NAN),
    ("constant: fit_markov_chain", lambda: markov.fit_markov_chain([0, 0, 0]).transition_matrix,
     [[1.0]]),
    ("constant: a label that never occurs has a uniform row",
     lambda: markov.fit_markov_chain([0, 0, 0], n_labels=2).transition_matrix,
     [[1.0, 0.0], [0.5, 0.5]]),
    ("constant: simulate",
     lambda: markov.fit_markov_chain([0, 0], n_labels=2).simulate(3, seed=1), [0, 0, 0]),
    ("constant: no spread", lambda: uncertainty.by_segments(mean, [1] * 6, 3).error, 0.0),
    ("constant: block_bootstrap",
     lambda: uncertainty.block_bootstrap(mean, [1] * 6, 2, seed=1).error, 0.0),
    ("NaN: over_trainings", lambda: uncertainty.over_trainings([1.0, NAN]).value, NAN),
    ("unsorted and repeated commit times",
     lambda: kinetics.transition_counts([0, 0, 1], [2, 1, 2])[:, 0, 1], [0, 1, 0]),
    ("probability of the whole plane",
     lambda: WELLS.probability([-INF, INF]).round(9), [1.0]),
    ("no position", lambda: WELLS.energy([], 0.0), []),
    ("clipped values", lambda: equal_width([-9.0, 9.0], 0, 1, n_labels=4, outside="clip"), [0, 3]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "expected"), [row[1:] for row in ALLOWED], ids=[row[0] for row in ALLOWED]
)
def test_what_is_allowed_gives_what_is_documented(call, expected):
    np.testing.assert_allclose(np.asarray(call(), float), expected)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_constant_labels_are_learned_and_generated_again():
    constant = np.ones(1000, np.uint8)
    trained = language_model(3, 2, 4)
    history = training.train(
        trained, constant, epochs=20, sequence_length=10, batch_size=8, learning_rate=0.05,
        progress=False,
    )  # fmt: skip
    assert history.loss[-1] < 0.05
    assert (generate(trained, constant[:5], 50, temperature=0) == 1).all()


# A full disk.

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("existing", [True, False], ids=["over a file", "a new file"])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fills_at_the_end_keeps_what_was_there(tmp_path, monkeypatch, step, existing):
    path = tmp_path / "net.keras"
    if existing:
        path.write_bytes(saved_bytes())

    def full(*given: object) -> None:
        raise FULL

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="path: No space left.*nothing was written.*free some") as e:
        model.save(net(), path)
    assert e.value.errno == errno.ENOSPC
    assert [p.name for p in tmp_path.iterdir()] == ["net.keras"] * existing
    assert not existing or path.read_bytes() == saved_bytes()


@pytest.mark.parametrize("limit", [0, 1_000, 50_000])
def test_a_file_that_cannot_grow_keeps_what_was_there(tmp_path, limit):
    resource = pytest.importorskip("resource", reason="the limit is that of a POSIX system")
    path = tmp_path / "net.keras"
    path.write_bytes(saved_bytes())
    larger, usual = language_model(3, 8, 64), resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, usual[1]))
        with pytest.raises(OSError, match="path: .*nothing was written to .*net.keras: free some"):
            model.save(larger, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, old)
    assert path.read_bytes() == saved_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["net.keras"]
