"""Put one-line faults into a copy of the project, one at a time; the tests must find each.

``make faults`` runs this. A fault is a line of the packages and its replacement. The checkout is
never changed. All tests must pass in the unchanged copy, and a test must fail in every other one.
With ``--chapters`` the chapters are executed instead of the tests. This is slow, and shows which
faults a reader would notice who only executes the book.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lstm_md._support.processes import ONE_THREAD, usable_cores
from tools.chapter_tests import WITH_NBVAL
from tools.notebooks import ROOT

# The tests of the book do not test the packages; --chapters executes the chapters themselves.
TESTS = ["tests", "lstm_md", "reproduction", "--ignore=tests/book", "--doctest-modules"]
CHAPTERS = ["book", *WITH_NBVAL]


@dataclass(frozen=True)
class Fault:
    """One line of a file, its replacement, and the test file that should find the fault first."""

    name: str
    file: str
    line: str
    replacement: str
    nearest: str

    def apply(self, tree: Path) -> None:
        """Put the fault into a copy of the tree.

        Raises
        ------
        ValueError
            If the file does not have the line exactly once: the list has to follow the code.
        """
        path = tree / self.file
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        found = [number for number, text in enumerate(lines) if text.strip() == self.line]
        if len(found) != 1:
            raise ValueError(
                f"{self.name}: expected the line {self.line!r} once in {self.file}, "
                f"found it {len(found)} times; bring tests/faults/faults.py up to date"
            )
        lines[found[0]] = lines[found[0]].replace(self.line, self.replacement)
        path.write_text("".join(lines), encoding="utf-8")


FAULTS = (
    Fault(
        "published networks: epochs in the order of their names",
        "reproduction/potentials/authors_networks.py",
        "return dict(sorted(found.items()))",
        "return dict(sorted(found.items(), key=str))",
        "tests/reproduction/potentials/test_authors_networks.py",
    ),
    Fault(
        "published networks: the error of the mean for the spread of a chain",
        "reproduction/potentials/authors_networks.py",
        "return (counts - chains.mean(axis=0)) / spread",
        "return (counts - chains.mean(axis=0)) / spread * np.sqrt(len(chains))",
        "tests/reproduction/potentials/test_authors_networks.py",
    ),
    Fault(
        "published networks: the chains that are nearer are counted",
        "reproduction/potentials/authors_networks.py",
        "return int(np.sum(np.array(own) >= limit))",
        "return int(np.sum(np.array(own) <= limit))",
        "tests/reproduction/potentials/test_authors_networks.py",
    ),
    Fault(
        "TensorFlow's checkpoints: kernels of a graphics card as they are",
        "lstm_md/tensorflow_checkpoints.py",
        "return np.hstack([gate.reshape(gate.shape[::-1]).T for gate in gates])",
        "return np.hstack(gates)",
        "tests/test_tensorflow_checkpoints.py",
    ),
    Fault(
        "TensorFlow's checkpoints: the first of two biases alone",
        "lstm_md/tensorflow_checkpoints.py",
        "bias = bias.reshape(2, 4 * units).sum(axis=0)",
        "bias = bias[: 4 * units]",
        "tests/test_tensorflow_checkpoints.py",
    ),
    Fault(
        "TensorFlow's checkpoints: any activation functions",
        "lstm_md/tensorflow_checkpoints.py",
        "_check_settings(configs, path)",
        "assert configs is not None",
        "tests/test_tensorflow_checkpoints.py",
    ),
    Fault(
        "TensorFlow's checkpoints: a layer more",
        "lstm_md/tensorflow_checkpoints.py",
        "if key.startswith(container) and not key.startswith(tuple(ours)):",
        "if not container and not ours:",
        "tests/test_tensorflow_checkpoints.py",
    ),
    Fault(
        "a network of TensorFlow without its weights",
        "lstm_md/model.py",
        "network.set_weights(weights)",
        "assert weights",
        "tests/test_model.py",
    ),
    Fault(
        "states: a cut half way between two centres",
        "lstm_md/states.py",
        "return float(brentq(lambda x: peaks.log(k, x) - peaks.log(k + 1, x), *ends))",
        "return float(np.mean(ends))",
        "tests/test_states.py",
    ),
    Fault(
        "states: peaks that overlap are told apart",
        "lstm_md/states.py",
        "if apart < _LEAST_SEPARATION:",
        "if apart < 1.0:",
        "tests/test_states.py",
    ),
    Fault(
        "states: a flat density has two peaks",
        "lstm_md/states.py",
        "if expected < _SHOULDER and clear < _LEAST_SIGNIFICANCE:",
        "if expected < 0.0:",
        "tests/test_states.py",
    ),
    Fault(
        "states: a shoulder that was entered once",
        "lstm_md/states.py",
        "if found > _SHOULDER:",
        "if found > 2.0:",
        "tests/test_states.py",
    ),
    Fault(
        "states: a spike is fitted in a short record",
        "lstm_md/states.py",
        "left_out = max(0.001, 3 / flat.size)",
        "left_out = 0.0",
        "tests/test_states.py",
    ),
    Fault(
        "states: a state across the end of an angle is entered from one side",
        "lstm_md/states.py",
        "away = (away + period / 2) % period - period / 2",
        "away = away * 1.0",
        "tests/test_states.py",
    ),
    Fault(
        "states: outliers are fitted",
        "lstm_md/states.py",
        "points = points[(points >= low - reach) & (points <= high + reach)]",
        "points = points[np.isfinite(points)]",
        "tests/test_states.py",
    ),
    Fault(
        "states: labels of an angle that is not wrapped",
        "lstm_md/states.py",
        "array = self.start + (array - self.start) % self.period",
        "array = self.start + (array - self.start)",
        "tests/test_states.py",
    ),
    Fault(
        "states: the first state of an angle is not the one across its ends",
        "lstm_md/states.py",
        "first = int(cuts.argmin()) if cuts.size else 0",
        "first = 0",
        "tests/test_states.py",
    ),
    Fault(
        "figures: the centres of the states drawn as their cuts",
        "lstm_md/figures.py",
        "for cut in states.cuts:",
        "for cut in states.centres:",
        "tests/test_figures.py",
    ),
    Fault(
        "controls: labels that are not shuffled",
        "lstm_md/judging/controls.py",
        "shuffled = [random.permutation(data) for _ in range(n_copies)]",
        "shuffled = [data for _ in range(n_copies)]",
        "tests/judging/test_controls.py",
    ),
    Fault(
        "compare: all trajectories of a model have one seed",
        "lstm_md/judging/compare.py",
        "trajectories = [simulate(n_frames, seed=seed + k) for k in range(n_trajectories)]",
        "trajectories = [simulate(n_frames, seed=seed) for k in range(n_trajectories)]",
        "tests/judging/test_compare.py",
    ),
    Fault(
        "reading: the loss of the label that was just read",
        "lstm_md/reading.py",
        "following = rows[:, skip + 1 :, None].astype(np.intp)",
        "following = rows[:, skip:-1, None].astype(np.intp)",
        "tests/test_reading.py",
    ),
    Fault(
        "a molecule that leaves P3 to one side only",
        "reproduction/optical_trap/simulation.py",
        "elif jumps.random() * -rates[1, 1] < rates[1, 0]:",
        "elif jumps.random() * -rates[1, 1] < 2 * rates[1, 0]:",
        "tests/reproduction/optical_trap/test_simulation.py",
    ),
    Fault(
        "validation data that a network learns",
        "reproduction/riboswitch/states.py",
        "return np.concatenate([tenths[~in_validation], tenths[in_validation]])",
        "return np.concatenate([tenths[in_validation], tenths[~in_validation]])",
        "tests/reproduction/riboswitch/test_run.py",
    ),
    Fault(
        "a mean over half the window",
        "reproduction/riboswitch/states.py",
        "mean = running_mean(centres, window) if window > 1 else centres",
        "mean = running_mean(centres, window // 2) if window > 1 else centres",
        "tests/reproduction/riboswitch/test_run.py",
    ),
    Fault(
        "higher-order chain: a label counts itself",
        "reproduction/common/contexts.py",
        "left_out = (count - 1 + alpha * shorter) / (total - 1 + alpha)",
        "left_out = (count + alpha * shorter) / (total + alpha)",
        "tests/reproduction/common/test_higher_order.py",
    ),
    Fault(
        "mean chain: the past does not fade",
        "reproduction/rivals/mean_chain.py",
        "weight = weight * decay + 1.0",
        "weight = weight + 1.0",
        "tests/reproduction/rivals/test_mean_chain.py",
    ),
    Fault(
        "the pattern without its first half",
        "reproduction/rivals/criteria.py",
        "passed=not below.passed and beyond.passed,",
        "passed=beyond.passed,",
        "tests/reproduction/rivals/test_criteria.py",
    ),
    Fault(
        "ten milliseconds are below ten milliseconds",
        "reproduction/rivals/criteria.py",
        "late = np.asarray(commit_ms, np.float64) >= BEYOND_MS",
        "late = np.asarray(commit_ms, np.float64) > BEYOND_MS",
        "tests/reproduction/rivals/test_criteria.py",
    ),
    Fault(
        "riboswitch: labels are held one step too short",
        "reproduction/riboswitch/statistics.py",
        "return np.repeat(labels, lag_frames)[:n_frames]",
        "return np.repeat(labels, max(1, lag_frames - 1))[:n_frames]",
        "tests/reproduction/rivals/test_run.py",
    ),
    Fault(
        "as distal, however unlike",
        "reproduction/potentials/criteria.py",
        "bool(rare and alike),",
        "bool(rare),",
        "tests/reproduction/potentials/test_criteria.py",
    ),
    Fault(
        "asymmetry of any number of transitions",
        "reproduction/potentials/criteria.py",
        "segments = transitions.n or 1",
        "segments = 0",
        "tests/reproduction/potentials/test_criteria.py",
    ),
    Fault(
        "the comparison with the truth leaves out the error of the data",
        "reproduction/potentials/verdicts.py",
        "if actual != TRUTH or name in (DATA, SAME):",
        "if actual != TRUTH or name:",
        "tests/reproduction/runs/test_records.py",
    ),
    Fault(
        "gate order: i and f exchanged in the named weights",
        "lstm_md/model.py",
        'GATES = ("i", "f", "c", "o")  # the order in which Keras stacks the four in one kernel',
        'GATES = ("f", "i", "c", "o")',
        "tests/test_model.py",
    ),
    Fault(
        "gate order: i and f exchanged in the sampler of Keras's engine",
        "lstm_md/engine/sampling.py",
        "i, f, candidate, o = ops.split(z, 4, axis=-1)",
        "f, i, candidate, o = ops.split(z, 4, axis=-1)",
        "tests/test_backends.py",
    ),
    Fault(
        "gate order: i and f exchanged in the compiled cell",
        "lstm_md/engine/lstm.py",
        "value = f[k] * old[k] + i[k] * candidate[k]",
        "value = i[k] * old[k] + f[k] * candidate[k]",
        "tests/engine/test_steps.py",
    ),
    Fault(
        "gradient: what c carries back forgets nothing",
        "lstm_md/engine/lstm.py",
        "carried[k] = d * f[k]",
        "carried[k] = d",
        "tests/engine/test_steps.py",
    ),
    Fault(
        "packed product: rows that two tiles share count twice",
        "lstm_md/engine/products.py",
        "for r in range(top - row, ROWS):",
        "for r in range(ROWS):",
        "tests/engine/test_products.py",
    ),
    Fault(
        "threads: the rows after the last full tile are left out",
        "lstm_md/engine/lstm.py",
        "bounds = [rows // ROWS * part // n_parts * ROWS for part in range(n_parts)] + [rows]",
        "bounds = [rows // ROWS * part // n_parts * ROWS for part in range(n_parts + 1)]",
        "tests/engine/test_products.py",
    ),
    Fault(
        "gradient: the part of a batch that is not full counts twice",
        "lstm_md/engine/gradients.py",
        "for _, more in results[1:]:",
        "for _, more in [*results[1:], *results[2:]]:",
        "tests/engine/test_steps.py",
    ),
    Fault(
        "tanh: NaN becomes a number",
        "lstm_md/engine/lstm.py",
        "x = np.float32(7.90531110763549805) if x > np.float32(7.90531110763549805) else x",
        "x = x if x < np.float32(7.90531110763549805) else np.float32(7.90531110763549805)",
        "tests/engine/test_steps.py",
    ),
    Fault(
        "resume: Adam's second moments begin anew",
        "lstm_md/engine/steps.py",
        "array[...] = state[name]",
        'array[...] = state[name] if "square" not in name else array',
        "tests/test_survival.py",
    ),
    Fault(
        "resume: the order of the sequences is that of the epoch before",
        "lstm_md/engine/training_loop.py",
        "order = plan.order(self.epoch)",
        "order = plan.order(max(self.epoch - (self.step > 0), 0))",
        "tests/test_survival.py",
    ),
    Fault(
        "resume: random streams of the chains begin anew",
        "lstm_md/generation.py",
        "stream.bit_generator.state = kept",
        "pass",
        "tests/test_survival.py",
    ),
    Fault(
        "checkpoint: the one before is not kept",
        "lstm_md/_support/files.py",
        "os.replace(target, keep)",
        "pass",
        "tests/test_survival.py",
    ),
    Fault(
        "checkpoint: a damaged file is believed",
        "lstm_md/_support/archives.py",
        "if found != digest(arrays):",
        "if not found:",
        "tests/support/test_archives.py",
    ),
    Fault(
        "equations: h without the tanh of Eq 7",
        "lstm_md/equations.py",
        "h = o * np.tanh(c)  # Eq 7",
        "h = o * c",
        "tests/test_model.py",
    ),
    Fault(
        "network: the settings of its layers are not compared",
        "lstm_md/model.py",
        "found = getattr(layer, name)",
        "found = expected",
        "tests/test_model.py",
    ),
    Fault(
        "network: the dense layer may have other labels than the embedding",
        "lstm_md/model.py",
        '_must_be(dense.name, "units", dense.units, size.n_labels)',
        "pass",
        "tests/test_model.py",
    ),
    Fault(
        "network: the layers follow the precision that the user has set",
        "lstm_md/model.py",
        'single = {"dtype": "float32"}',
        "single: dict[str, str] = {}",
        "tests/test_model.py",
    ),
    Fault(
        "network: sizes stay integers of NumPy, which overflow",
        "lstm_md/model.py",
        "object.__setattr__(self, name, whole_number(getattr(self, name), name, minimum=minimum))",
        "whole_number(getattr(self, name), name, minimum=minimum)",
        "tests/test_model.py",
    ),
    Fault(
        "resume: a state is used although its weights are not those that were saved",
        "lstm_md/engine/training_loop.py",
        'if _digest(weights) != str(state["weights"]):',
        "if not weights:",
        "tests/test_survival.py",
    ),
    Fault(
        "resume: the last labels of a generation may be any number",
        "lstm_md/generation.py",
        'if not np.array_equal(state["last"], state["labels"][:, -1]):',
        'if not state["last"].size:',
        "tests/test_survival.py",
    ),
    Fault(
        "resume: a damaged checkpoint replaces the good one before it",
        "lstm_md/_support/checkpoints.py",
        "self._last_is_whole = False",
        "pass",
        "tests/test_survival.py",
    ),
    Fault(
        "resume: a work goes on with another number of threads",
        "lstm_md/engine/lstm.py",
        "with BLAS.hold(1 if small else number) as found:",
        "with BLAS.hold(1 if small else None) as found:",
        "tests/test_stress.py",
    ),
    Fault(
        "threads: the first that ends gives BLAS its threads back",
        "lstm_md/_support/threads.py",
        "if self._holders == 0 and self._limits:",
        "if self._limits:",
        "tests/test_stress.py",
    ),
    Fault(
        "threads: only the first that asks sets those of BLAS",
        "lstm_md/_support/threads.py",
        'clear = getattr(controller, "clear_controlling_thread", lambda force: None)',
        "clear = lambda force: None",
        "tests/test_stress.py",
    ),
    Fault(
        "threads: samplers of Keras are shared",
        "lstm_md/engine/sampling.py",
        "sampler = _sampler(n_labels, units, greedy, threading.get_ident())",
        "sampler = _sampler(n_labels, units, greedy, 0)",
        "tests/test_stress.py",
    ),
    Fault(
        "fork: a child that would hang is not noticed",
        "lstm_md/_support/threads.py",
        '_Keras.lost = _Keras.started or bool(getattr(context, "_initialized", False))',
        "_Keras.lost = False",
        "tests/test_stress.py",
    ),
    Fault(
        "lock: two works share a checkpoint",
        "lstm_md/_support/files.py",
        "fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))",
        "pass",
        "tests/support/test_files.py",
    ),
    Fault(
        "files: what a killed process left behind stays",
        "lstm_md/_support/files.py",
        "left = not _is_running(int(process))",
        "left = False",
        "tests/support/test_files.py",
    ),
    Fault(
        "files: what another process is writing is removed",
        "lstm_md/_support/files.py",
        "left = not _is_running(int(process))",
        "left = True",
        "tests/support/test_files.py",
    ),
    Fault(
        "sampling: at the lowest temperatures the logits overflow",
        "lstm_md/engine/sampling.py",
        "return temperature == 0 or not float(columns.max()) / temperature < LARGEST_LOGIT",
        "return temperature == 0 or not columns.size",
        "tests/test_generation.py",
    ),
    Fault(
        "simulation: a long frame begins anew in each call",
        "lstm_md/systems/langevin.py",
        "if i > 0 or begin > 0:",
        "if i > 0:",
        "tests/systems/test_langevin.py",
    ),
    Fault(
        "chains: a sequence begins where the chain before it ended",
        "lstm_md/engine/windows.py",
        "self._flat, self._starts = chains.flat, chains.starts[:-1]",
        "self._flat, self._starts = chains.flat, np.append(0, np.cumsum(counts[:-1] * length))",
        "tests/test_training.py",
    ),
    Fault(
        "initial state: what a row carries is forgotten",
        "lstm_md/engine/gradients.py",
        "self.h[0], self.c[0] = state",
        "self.h[0], self.c[0] = 0 * state",
        "tests/test_initial_states.py",
    ),
    Fault(
        "initial state: the cell state is not carried",
        "lstm_md/engine/gradients.py",
        "state[:] = self.h[frames], self.c[frames]",
        "state[0] = self.h[frames]",
        "tests/test_initial_states.py",
    ),
    Fault(
        "initial state: a state goes on into the next chain",
        "lstm_md/engine/training_loop.py",
        "fresh = (step == 0) | windows.begin_a_chain(which)",
        "fresh = np.full(len(which), step == 0)",
        "tests/test_initial_states.py",
    ),
    Fault(
        "warm-up: it reads frames of the chain before",
        "lstm_md/engine/windows.py",
        "first = np.maximum(0, self.warm_up - (start - begin))",
        "first = np.zeros(len(which), np.int64)",
        "tests/test_initial_states.py",
    ),
    Fault(
        "warm-up: it ends one frame too early",
        "lstm_md/engine/windows.py",
        "frames = start[:, None] + np.arange(-self.warm_up, 0)",
        "frames = start[:, None] + np.arange(-self.warm_up, 0) - 1",
        "tests/test_initial_states.py",
    ),
    Fault(
        "contiguous order: the same sequences are left out in every epoch",
        "lstm_md/engine/training_loop.py",
        "return rng.integers(left_out + 1) + stretches.T",
        "return 0 * left_out + stretches.T",
        "tests/test_initial_states.py",
    ),
    Fault(
        "Keras: the carried state of a training is not kept in the checkpoint",
        "lstm_md/engine/steps.py",
        'self.carried[:] = state["carried"]',
        "pass",
        "tests/test_initial_states.py",
    ),
    Fault(
        "memory: work that is too large begins",
        "lstm_md/_support/processes.py",
        "if n_bytes > free:",
        "if n_bytes > 1e6 * free:",
        "tests/support/test_processes.py",
    ),
    Fault(
        "sampling: the distribution shifted by one label",
        "lstm_md/engine/sampling.py",
        "label, cumulative = 0, scores[0]",
        "label, cumulative = 0, np.float32(0)",
        "tests/test_generation.py",
    ),
    Fault(
        "sampling: a temperature of 0.9 instead of 1",
        "lstm_md/engine/sampling.py",
        "scale = np.float32(1.0 if temperature == 0 else 1.0 / temperature)",
        "scale = np.float32(1.0 if temperature == 0 else 1.0 / (0.9 * temperature))",
        "tests/test_generation.py",
    ),
    Fault(
        "chains: a table of frames is taken for many short chains",
        "lstm_md/_support/checks.py",
        "if array.ndim == 2 and len(array) > array.shape[1] and not _rows_are_chains.get():",
        "if False:",
        "tests/test_chains.py",
    ),
    Fault(
        "chains: a stay goes on in the next trajectory",
        "lstm_md/_support/stays.py",
        "begins[chains.starts[:-1]] = True",
        "begins[0] = True",
        "tests/test_chains.py",
    ),
    Fault(
        "chains: a block of the bootstrap reaches into the next trajectory",
        "lstm_md/analysis/uncertainty.py",
        "circle_starts = chains.starts[:-1] + np.arange(len(chains)) * (block_frames - 1)",
        "circle_starts = chains.starts[:-1]",
        "tests/test_chains.py",
    ),
    Fault(
        "a mask is ignored",
        "lstm_md/_support/checks.py",
        "if np.ma.is_masked(given):",
        "if False:",
        "tests/test_chains.py",
    ),
    Fault(
        "labels: half a label is cut off",
        "lstm_md/_support/checks.py",
        "if not whole.all() or not np.isfinite(array).all():",
        "if not np.isfinite(array).all():",
        "tests/test_chains.py",
    ),
    Fault(
        "labels: -1 becomes 255",
        "lstm_md/_support/checks.py",
        "if low < 0 or high >= limit:",
        "if high >= limit:",
        "tests/test_chains.py",
    ),
    Fault(
        "angles: 179 and -179 degrees are 358 degrees apart",
        "lstm_md/_support/angles.py",
        "return np.where(turns == 0, difference, difference - turns * period)",
        "return difference",
        "tests/test_chains.py",
    ),
    Fault(
        "angles: nobody says that they wrap",
        "lstm_md/_support/angles.py",
        "if (found := likely_period(values)) is not None:",
        "if (found := None) is not None:",
        "tests/test_chains.py",
    ),
    Fault(
        "angles: the π of single precision lies outside",
        "lstm_md/labels.py",
        "low, high = (float(array.dtype.type(end)) for end in (low, high))",
        "pass",
        "tests/test_chains.py",
    ),
    Fault(
        "binning: a value on an edge falls to the left",
        "lstm_md/labels.py",
        'return np.searchsorted(places[1:-1], array, side="right").astype(kind)',
        'return np.searchsorted(places[1:-1], array, side="left").astype(kind)',
        "tests/test_labels.py",
    ),
    Fault(
        "binning: of two nearest centres the last",
        "lstm_md/labels.py",
        "nearest[block] = distances.argmin(axis=1)",
        "nearest[block] = len(places) - 1 - distances[:, ::-1].argmin(axis=1)",
        "tests/test_labels.py",
    ),
    Fault(
        "excursions: one frame more is asked of a stay",
        "lstm_md/filters.py",
        "long = np.flatnonzero(lengths >= min_frames)",
        "long = np.flatnonzero(lengths > min_frames)",
        "tests/test_filters.py",
    ),
    Fault(
        "divided stays: one of exactly the limit stays",
        "lstm_md/filters.py",
        "if n_between <= max_frames:",
        "if n_between < max_frames:",
        "tests/test_filters.py",
    ),
    Fault(
        "divided stays: the label before a gap is the one that was given",
        "lstm_md/filters.py",
        "labels[last + 1 : middle + 1] = labels[last]",
        "labels[last + 1 : middle + 1] = given[last]",
        "tests/test_filters.py",
    ),
    Fault(
        "divided stays: the first half gets the odd frame",
        "lstm_md/filters.py",
        "middle = last + n_between // 2",
        "middle = last + (n_between + 1) // 2",
        "tests/test_filters.py",
    ),
    Fault(
        "divided stays: the chains are one",
        "lstm_md/filters.py",
        "for first, end in pairwise(chains.starts):",
        "for first, end in [(0, divided.size)]:",
        "tests/test_filters.py",
    ),
    Fault(
        "labels of a potential: the filter is always our own",
        "reproduction/potentials/states.py",
        "return SHORT_STAYS[short_stays](nearest_state(smooth, centres), shortest_stay)",
        "return remove_short_excursions(nearest_state(smooth, centres), shortest_stay)",
        "tests/reproduction/potentials/test_states.py",
    ),
    Fault(
        "commit time: a stay of exactly c frames does not commit",
        "lstm_md/analysis/kinetics.py",
        "if length < commit_times[k]:",
        "if length <= commit_times[k]:",
        "tests/analysis/test_kinetics.py",
    ),
    Fault(
        "commit time: chains are joined",
        "lstm_md/analysis/kinetics.py",
        "committed_to[:] = -1",
        "if chain == 0: committed_to[:] = -1",
        "tests/analysis/test_kinetics.py",
    ),
    Fault(
        "commit time: the strict definition skips short stays",
        "lstm_md/analysis/kinetics.py",
        "committed_to[k:] = -1",
        "committed_to[k:] = committed_to[k]",
        "tests/analysis/test_kinetics.py",
    ),
    Fault(
        "calibrated test: the spread between trainings is no error",
        "lstm_md/judging/calibrated.py",
        "variance = null.variance + between",
        "variance = null.variance + 0 * between",
        "tests/judging/test_calibrated.py",
    ),
    Fault(
        "calibrated test: the length of the data does not count",
        "lstm_md/judging/calibrated.py",
        'counts = null.scale * count_array(model, "model", least=MIN_TRAININGS)',
        'counts = count_array(model, "model", least=MIN_TRAININGS)',
        "tests/judging/test_calibrated.py",
    ),
    Fault(
        "decision: a rate outside the margin holds",
        "lstm_md/judging/decision.py",
        "inside = np.abs(estimate) + half < margin",
        "inside = np.abs(estimate) - half < margin",
        "tests/judging/test_decision.py",
    ),
    Fault(
        "decision: a deviation at any commit time counts",
        "lstm_md/judging/decision.py",
        "significant = (np.abs(test.score) > test.critical) & outside & counts_here",
        "significant = (np.abs(test.score) > test.critical) & outside",
        "tests/judging/test_decision.py",
    ),
    Fault(
        "Holm: no p grows",
        "lstm_md/judging/decision.py",
        "largest = max(largest, min(1.0, (len(p_values) - rank) * p))",
        "largest = max(largest, p)",
        "tests/judging/test_decision.py",
    ),
    Fault(
        "sign flips: only the signs as they are",
        "lstm_md/judging/paired.py",
        "mean = flips @ array / n",
        "mean = (0 * flips + 1) @ array / n",
        "tests/judging/test_calibrated.py",
    ),
    Fault(
        "commit time: rows and columns exchanged",
        "lstm_md/analysis/kinetics.py",
        "counts[k, committed_to[k], label] += 1",
        "counts[k, label, committed_to[k]] += 1",
        "tests/analysis/test_kinetics.py",
    ),
    Fault(
        "training: the target is not shifted",
        "lstm_md/engine/gradients.py",
        "target = (np.arange(len(logits)), labels[1:].reshape(-1))",
        "target = (np.arange(len(logits)), labels[:-1].reshape(-1))",
        "tests/test_training.py",
    ),
    Fault(
        "thermostat: noise of half a step where two halves meet",
        "lstm_md/systems/langevin.py",
        "noises = thermal_speed * np.sqrt(-np.expm1(-np.array([decay, 2 * decay])))",
        "noises = thermal_speed * np.sqrt(-np.expm1(-np.array([decay, decay])))",
        "tests/systems/test_langevin.py",
    ),
    Fault(
        "force: x in the place of y",
        "lstm_md/systems/langevin.py",
        "fy += pull * dy",
        "fy += pull * dx",
        "tests/systems/test_langevin.py",
    ),
    Fault(
        "hidden Markov model: outputs of labels that never occur",
        "lstm_md/analysis/markov_models.py",
        "outputs[:, packed.labels] = model.output_probabilities",
        "outputs[:, : packed.labels.size] = model.output_probabilities",
        "tests/analysis/test_markov_models.py",
    ),
    Fault(
        "cost: the epoch in which the optimiser is built",
        "reproduction/costs/timing.py",
        "return history.seconds[-1] / n_steps",
        "return history.seconds[0] / n_steps",
        "tests/reproduction/costs/test_timing.py",
    ),
    Fault(
        "cost: an epoch too early",
        "reproduction/costs/criteria.py",
        "return int(outside[-1]) + 2 if outside.size else 1",
        "return int(outside[-1]) + 1 if outside.size else 1",
        "tests/reproduction/costs/test_criteria.py",
    ),
    Fault(
        "cost: the small network judged in place of the paper's",
        "reproduction/costs/verdicts.py",
        'return efforts_are_similar(seconds["LSTM, L 1024"], seconds["HMM"]), {',
        'return efforts_are_similar(seconds["LSTM, L 64"], seconds["HMM"]), {',
        "tests/reproduction/costs/test_verdicts.py",
    ),
    Fault(
        "cost: two measurements at the same time",
        "reproduction/costs/run.py",
        'Job("memory.json", measure_memory, trace, stage=1),',
        'Job("memory.json", measure_memory, trace, stage=0),',
        "tests/reproduction/costs/test_run.py",
    ),
    Fault(
        "error bars: the standard deviation itself",
        "lstm_md/analysis/uncertainty.py",
        "return Estimate(array.mean(axis=0), array.std(axis=0, ddof=1) / np.sqrt(n), n)",
        "return Estimate(array.mean(axis=0), array.std(axis=0, ddof=1), n)",
        "tests/analysis/test_uncertainty.py",
    ),
    Fault(
        "embedding: columns of the ansatz are normalised, not rows",
        "reproduction/embedding/times.py",
        "return softmax(rows @ rows.T, axis=1)",
        "return softmax(rows @ rows.T, axis=0)",
        "tests/reproduction/embedding/test_times.py",
    ),
    Fault(
        "embedding: true times from the first commit time alone",
        "reproduction/embedding/times.py",
        "mean = every.mean(axis=0)",
        "mean = every[0]",
        "tests/reproduction/embedding/test_times.py",
    ),
    Fault(
        "axis: y turned the wrong way",
        "reproduction/potentials/states.py",
        "return np.asarray(x) * np.cos(angle) + np.asarray(y) * np.sin(angle)",
        "return np.asarray(x) * np.cos(angle) - np.asarray(y) * np.sin(angle)",
        "tests/reproduction/projections/test_verdicts.py",
    ),
    Fault(
        "axis: labels are made along x whatever the axis",
        "reproduction/potentials/states.py",
        "coordinate = coordinate_along(trajectory.x, trajectory.y, direction)",
        "coordinate = coordinate_along(trajectory.x, trajectory.y, 0.0)",
        "tests/reproduction/projections/test_verdicts.py",
    ),
    Fault(
        "O1: the committed counts may be those of another potential",
        "reproduction/projections/criteria.py",
        "curves.passed and same.passed,",
        "curves.passed,",
        "tests/reproduction/projections/test_verdicts.py",
    ),
    Fault(
        "O1: one axis is enough",
        "reproduction/projections/criteria.py",
        'return Outcome(not failed, measured, power, {"passing": passing, "axes": len(outcomes)})',
        'return Outcome(passing > 0, measured, power, {"passing": passing, "axes": len(outcomes)})',
        "tests/reproduction/projections/test_verdicts.py",
    ),
    Fault(
        "probe: judged on what it was fitted to",
        "reproduction/projections/probe.py",
        "predicted = model.predict(x[half:].reshape(-1, x.shape[2])).reshape(tested.shape)",
        "predicted = model.predict(x[:half].reshape(-1, x.shape[2])).reshape(tested.shape)",
        "tests/reproduction/projections/test_probe.py",
    ),
    Fault(
        "probe: the common state counts more",
        "reproduction/projections/probe.py",
        'C=1 / (RIDGE * len(x)), class_weight="balanced", solver="newton-cholesky"',
        'C=1 / (RIDGE * len(x)), solver="newton-cholesky"',
        "tests/reproduction/projections/test_probe.py",
    ),
    Fault(
        "the length of a match is forgotten where it ends",
        "reproduction/copies/matches.py",
        "shared = length[state]",
        "shared = 0",
        "tests/reproduction/copies/test_matches.py",
    ),
    Fault(
        "copies: the longest allowed match includes the copy itself",
        "reproduction/copies/criteria.py",
        "longest = max(independent.longest.max(), generated.longest[1:].max())",
        "longest = max(independent.longest.max(), generated.longest.max())",
        "tests/reproduction/copies/test_criteria.py",
    ),
    Fault(
        "N1: the training data are compared with themselves",
        "reproduction/copies/criteria.py",
        "return Excess(float(logs[0] - logs[1:].mean()), float(error), n_others)",
        "return Excess(float(logs[0] - logs[:1].mean()), float(error), n_others)",
        "tests/reproduction/copies/test_criteria.py",
    ),
    Fault(
        "the power of count curves is that of a single point",
        "lstm_md/judging/criteria.py",
        "DETECTABLE_MEAN_Z = 1.3",
        "DETECTABLE_MEAN_Z = 2.3",
        "tests/judging/test_power.py",
    ),
    Fault(
        "embedding criterion: alike pairs may differ as they like",
        "reproduction/embedding/criteria.py",
        "return bool(np.where(relation == 0, alike, np.sign(ratios) == relation).all())",
        "return bool(np.where(relation == 0, True, np.sign(ratios) == relation).all())",
        "tests/reproduction/embedding/test_criteria.py",
    ),
    Fault(
        "one step: the frames in which the network has read nothing count",
        "reproduction/embedding/one_step.py",
        "probabilities = softmax(logits(weights, read).astype(np.float64), axis=2)[:, skip:]",
        "probabilities = softmax(logits(weights, read).astype(np.float64), axis=2)[:, :-skip]",
        "tests/reproduction/embedding/test_one_step.py",
    ),
    Fault(
        "hidden Markov model: a chain of labels begins where the last one ended",
        "lstm_md/analysis/markov_models.py",
        "now[:] = start",
        "now[:] = start if chain == 0 else now",
        "tests/reproduction/path_entropy/test_entropy.py",
    ),
    Fault(
        "path entropy: a stay's entropy over its own mean length, not the mean of all",
        "reproduction/path_entropy/entropy.py",
        "return float(visits @ entropies / (visits @ mean_lengths))",
        "return float(visits @ (entropies / mean_lengths))",
        "tests/reproduction/path_entropy/test_entropy.py",
    ),
    Fault(
        "semi-Markov process: a stay ends as often as a stay has that length",
        "reproduction/path_entropy/processes.py",
        "reached = stay[:, ::-1].cumsum(axis=1)[:, ::-1]  # the stay lasts at least that long",
        "reached = np.ones_like(stay)",
        "tests/reproduction/path_entropy/test_processes.py",
    ),
    Fault(
        "hidden Markov model: labels are drawn with the numbers that moved the hidden chain",
        "lstm_md/analysis/markov_models.py",
        "draws = np.random.default_rng([seed, 1]).random(hidden.shape)",
        "draws = np.random.default_rng(seed).random(hidden.shape)",
        "tests/reproduction/path_entropy/test_processes.py",
    ),
    Fault(
        "T1, T2: a loss below the bound passes",
        "reproduction/path_entropy/criteria.py",
        "n, n_within = len(means), int((np.abs(means) <= MAX_EXCESS).sum())",
        "n, n_within = len(means), int((means <= MAX_EXCESS).sum())",
        "tests/reproduction/path_entropy/test_criteria.py",
    ),
    Fault(
        "T2: one process of three is enough",
        "reproduction/path_entropy/criteria.py",
        "whole = combine(outcomes)",
        "whole = combine(outcomes, any(outcome.passed for outcome in outcomes.values()))",
        "tests/reproduction/path_entropy/test_criteria.py",
    ),
    Fault(
        "path entropy run: all trainings learn the same labels",
        "reproduction/path_entropy/run.py",
        "place = [seed, list(TITLES).index(process), number]",
        "place = [seed, list(TITLES).index(process), 0]",
        "tests/reproduction/path_entropy/test_run.py",
    ),
    Fault(
        "path entropy run: the bound counts a label that no network has to predict",
        "reproduction/path_entropy/run.py",
        "return float(process.losses(rows, *order)[:, 1:].mean())",
        "return float(process.losses(rows, *order).mean())",
        "tests/reproduction/path_entropy/test_run.py",
    ),
    Fault(
        "dipeptide: one passed comparison of several is enough",
        "reproduction/dipeptide/criteria.py",
        "passed = all(outcome.passed for outcome in outcomes.values())",
        "passed = any(outcome.passed for outcome in outcomes.values())",
        "tests/reproduction/dipeptide/test_criteria.py",
    ),
    Fault(
        "O1*: the two angles are not compared with each other",
        "reproduction/dipeptide/verdicts.py",
        '"sin ψ against sin φ": criteria.waits_agree(psi.waits[name], phi.waits[name]),',
        '"sin ψ against sin φ": criteria.waits_agree(psi.waits[name], psi.waits[name]),',
        "tests/reproduction/dipeptide/test_verdicts.py",
    ),
    Fault(
        "CHARMM: wells of twice the depth",
        "reproduction/dipeptide/charmm.py",
        "sigma, epsilon = (a[at] / b[at]) ** (1 / 6), b[at] ** 2 / (4 * a[at])",
        "sigma, epsilon = (a[at] / b[at]) ** (1 / 6), b[at] ** 2 / (2 * a[at])",
        "tests/reproduction/dipeptide/test_charmm.py",
    ),
    Fault(
        "riboswitch: single frames are counted in place of a mean",
        "reproduction/riboswitch/statistics.py",
        "states = states_of_mean(labels, window, boundaries_nm)",
        "states = states_of_mean(labels, 1, boundaries_nm)",
        "tests/reproduction/riboswitch/test_run.py",
    ),
    Fault(
        "a record starts without the records that it needs",
        "reproduction/runs/recording.py",
        "if not (folder / needed / SUMMARY).is_file():",
        "if not (folder / needed).parent.is_dir():",
        "tests/reproduction/dipeptide/test_run.py",
    ),
    Fault(
        "files: a spreadsheet's error is taken for a comment",
        "lstm_md/systems/_headers.py",
        '_COMMENT = re.compile(rf"(?:^|(?<=\\s))#(?!(?:{_ERRORS})(?:[\\s,;\\"\']|$))")',
        '_COMMENT = re.compile(r"#")',
        "tests/systems/test_recordings_text.py",
    ),
    Fault(
        "files: a damaged first number is taken for a name",
        "lstm_md/systems/_headers.py",
        "return cell.lower() in _MISSING or _WINDOWS.fullmatch(cell) is not None",
        "return cell.lower() in _MISSING",
        "tests/systems/test_recordings_text.py",
    ),
    Fault(
        "files: frames of NetCDF 4 that were never written are left out",
        "lstm_md/systems/_arrays.py",
        "if unwritten > 0 and is_real(values):",
        "if unwritten > len(values) and is_real(values):",
        "tests/systems/test_recordings_arrays.py",
    ),
    Fault(
        "files: packed unsigned numbers are read as signed ones",
        "lstm_md/systems/_packed.py",
        'return str(attribute).strip("b\'") in ("true", "True")',
        'return attribute == "true"',
        "tests/systems/test_recordings_arrays.py",
    ),
    Fault(
        "files: a decimal comma separates columns",
        "lstm_md/systems/_text.py",
        "ambiguous = every_line(_PAIR_OF_INTEGERS) or every_line(_ONE_MARK_OF_THOUSANDS)",
        "ambiguous = False",
        "tests/systems/test_recordings_text.py",
    ),
    Fault(
        "files: the numbers of pandas' columns are a frame",
        "lstm_md/systems/_text.py",
        "if cells[named:] != column_numbers(len(cells) - named) or len(table) == 1:",
        "if cells != [] or len(table) == 1:",
        "tests/systems/test_recordings_text.py",
    ),
    Fault(
        "files: frames that a restart wrote twice are kept",
        "lstm_md/systems/_text.py",
        "back = np.flatnonzero(np.diff(table[:, column]) <= 0)",
        "back = np.flatnonzero(np.diff(table[:, column]) < 0)",
        "tests/systems/test_recordings_text.py",
    ),
    Fault(
        "files: a last number that was cut is kept",
        "lstm_md/systems/_text.py",
        "if len(above) >= enough and length < min(lengths):",
        "if len(above) >= enough and length > max(lengths):",
        "tests/systems/test_recordings_text.py",
    ),
    Fault(
        "molecules: the cut frame of a DCD is left out",
        "lstm_md/systems/_molecules.py",
        "return divmod(size - ends[2], ends[-1] - ends[2])",
        "return (size - ends[2]) // (ends[-1] - ends[2]), 0",
        "tests/systems/test_recordings_molecules.py",
    ),
    Fault(
        "molecules: the first bytes of a frame are ignored",
        "lstm_md/systems/_molecules.py",
        'is_cut = file.suffix.lower() in (".xtc", ".trr") and file.stat().st_size % 4',
        "is_cut = False",
        "tests/systems/test_recordings_molecules.py",
    ),
    Fault(
        "files: the period of an angle is its upper limit",
        "lstm_md/systems/recordings.py",
        "return high - low",
        "return high",
        "tests/systems/test_recordings_text.py",
    ),
    Fault(
        "molecules: distances are folded into the box",
        "lstm_md/systems/_molecules.py",
        "if periodic is not None or frames.unitcell_lengths is None:",
        "if True:",
        "tests/systems/test_recordings_molecules.py",
    ),
)


def copy_of(tree: Path, folder: Path) -> Path:
    """Copy the project without build products."""
    ignored = shutil.ignore_patterns(".*", "_build", "__pycache__", "*.egg-info")
    return Path(shutil.copytree(tree, folder, ignore=ignored))


def first_failure(tree: Path, arguments: list[str]) -> str | None:
    """Run pytest in a copy until a test fails; return its name, or None if all pass.

    Raises
    ------
    RuntimeError
        If pytest could not run.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    # The copy comes before site-packages, so that it is tested and not the checkout.
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(tree)}
    run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if run.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", run.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pytest ended with {run.returncode}:\n{run.stdout}{run.stderr}")
    return found[1]


def finds(fault: Fault, chapters: bool) -> tuple[str | None, float]:
    """Return the first test that fails because of a fault, or None, and the seconds it took."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        tree = copy_of(ROOT, Path(name) / "tree")
        fault.apply(tree)
        if chapters:
            failed = first_failure(tree, CHAPTERS)
        else:
            failed = first_failure(tree, [fault.nearest]) or first_failure(tree, TESTS)
    return failed, time.perf_counter() - begin


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Faults that the tests must find.")
    parser.add_argument(
        "--chapters", action="store_true", help="execute the chapters instead of the tests"
    )
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument(
        "--jobs", type=int, default=usable_cores(), help="faults tested at the same time"
    )
    options = parser.parse_args(arguments)
    faults = [fault for fault in FAULTS if options.only in fault.name]

    with tempfile.TemporaryDirectory() as name:
        tree = copy_of(ROOT, Path(name) / "tree")
        for fault in faults:  # find an outdated list now, and not after minutes
            fault.apply(copy_of(tree, Path(name) / "trial"))
            shutil.rmtree(Path(name) / "trial")
        failed = first_failure(tree, CHAPTERS if options.chapters else TESTS)
    print(f"{'unbroken':56}  {'green' if failed is None else f'RED: {failed}'}", flush=True)
    if failed is not None:
        return 1

    green = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda fault: finds(fault, options.chapters), faults)
        for fault, (found, seconds) in zip(faults, results):
            green += found is None
            print(f"{fault.name:56}  {found or 'GREEN: not found'}  ({seconds:.0f} s)", flush=True)
    print(f"{len(faults) - green} of {len(faults)} faults found")
    return 1 if green else 0


if __name__ == "__main__":
    sys.exit(main())
