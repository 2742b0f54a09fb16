"""The cases of the calibration: a process, what is counted in it, and what a model may get wrong.

Every case is made of independent blocks of one process. Data and models are sums over blocks that
are drawn at random, so thousands of repetitions cost one long simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.judging.null_sample import NullSample, reference_null
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.common.families import COMMIT_FRAMES, WAIT_FRAMES
from reproduction.dipeptide.recorded_simulations import (
    DATA_FILE,
    LONG,
    REFERENCE_FILE,
    unpack_angles,
)
from reproduction.dipeptide.states import CORES, PS_PER_FRAME
from reproduction.dipeptide.states import N_LABELS as DIPEPTIDE_LABELS
from reproduction.dipeptide.states import labels_of as dipeptide_labels
from reproduction.dipeptide.waiting_times import mean_waits
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.potentials.states import labels_along
from reproduction.riboswitch.states import (
    MEAN_FRAMES,
    MS,
    N_LABELS,
    N_TENTHS,
    STATES,
    labels_of,
)
from reproduction.riboswitch.statistics import count_transitions
from reproduction.rivals.counts import steps_at_lag, window_at_lag
from reproduction.rivals.criteria import BEYOND_MS
from reproduction.rivals.semi_markov import SemiMarkovChain, fit_semi_markov_chain
from reproduction.runs import records
from reproduction.runs.files import load_file

BLOCK_FRAMES = 20_000  # of the three-state potentials: far longer than their slowest relaxation
RIBOSWITCH_TIMES = logarithmic_commit_times(1000)[::3]
FOUR_STATE_FRAMES = 1_600_000  # about as many training labels as the authors used
GENERATED_FRAMES = 120_000  # labels that the authors' four-state network generated
RECORD_FRAMES = 400_000  # of the riboswitch's record
# With this standard deviation between tenths, the labels of the simulated trap scatter from tenth
# to tenth as those of the record do. The zero of the instrument drifts.
ZERO_NM = 0.55
PAPER_LAGS = (1, 5, 30)  # frames: of every frame, and of the paper's two Markov models
DIPEPTIDE_BLOCK = 50_000  # frames, 5 ns: twice the mean wait in C7eq, and 100 times that in C7ax
SINES = {"phi": "sin φ", "psi": "sin ψ"}  #: What the networks of alanine dipeptide learn
FIRST_SEED = 7000  # far from the seeds of all records

N_DRAWS = 2000  # of data and of models, in a null sample
_NULL_SEED = 1

Labels = NDArray[Any]  # or whatever else a block holds
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A process, cut into independent blocks, and what is counted in each block.

    Attributes
    ----------
    name, words : str
        ``words`` says what is compared, and what is assumed about the process.
    simulate : callable
        Takes a number, and returns some blocks of labels, shape (blocks, frames). Simulations of
        different numbers are independent.
    n_simulations : int
    count : callable
        Takes the labels of a block, and returns the counts, shape (points,).
    stricter : callable, optional
        As ``count``, with the stricter definition of the commit time; None where it has no part.
    names : tuple of str
        Of the points.
    groups : tuple of int
        The points that share a pair of labels have the same number.
    rates : tuple of bool
        The points that the margin is about.
    data_blocks, model_blocks : int
        Blocks in the data, and in what one training generates.
    spread : float
        Standard deviation of ln(rate) between trainings that is tried, about as large as in the
        records of the first edition.
    n_labels : int
        For the lag-1 Markov chain; 0 for none.
    simulate_model : callable, optional
        Simulates the blocks of a model, where they are not as long as those of the data.
    scale : float
        Length of the data over the length that a training generates.
    shares : bool
        Whether the points share all frames: where a training has more, it has less elsewhere.
    reference : bool
        Whether the data are a long simulation of the process, and not what a model learns.
    """

    name: str
    words: str
    simulate: Callable[[int], Labels]
    n_simulations: int
    count: Callable[[Labels], Floats]
    names: tuple[str, ...]
    groups: tuple[int, ...]
    rates: tuple[bool, ...]
    data_blocks: int
    model_blocks: int
    spread: float
    n_labels: int = 0
    simulate_model: Callable[[int], Labels] | None = None
    scale: float = 1.0
    shares: bool = False
    reference: bool = False
    stricter: Callable[[Labels], Floats] | None = None

    def blocks(self, of_model: bool = False) -> Floats:
        """Count in all blocks, shape (blocks, points)."""
        simulate = self.simulate_model if of_model and self.simulate_model else self.simulate
        return np.array(
            [self.count(block) for k in range(self.n_simulations) for block in simulate(k)], float
        )

    def markov_blocks(self) -> Floats:
        """Count in blocks of the lag-1 Markov chain that is fitted to a simulation."""
        blocks = self.simulate(0)
        chain = fit_markov_chain(blocks, n_labels=self.n_labels)
        n = max(len(blocks), 40)
        drawn = chain.simulate(n * blocks.shape[1], seed=FIRST_SEED).reshape(n, -1)
        return np.array([self.count(block) for block in drawn], float)


def drawn_sums(
    random: np.random.Generator, blocks: NDArray[Any], n_draws: int, n_blocks: int
) -> Floats:
    """Add the counts of some blocks that are drawn at random, shape (n_draws, points)."""
    total = np.zeros((n_draws, blocks.shape[1]))
    for _ in range(n_blocks):
        total += blocks[random.integers(len(blocks), size=n_draws)]
    return total


def null_of_blocks(
    data: NDArray[Any],
    model: NDArray[Any],
    data_blocks: int,
    model_blocks: int,
    reference_blocks: int = 0,
) -> NullSample:
    """Draw data and models of given lengths from the blocks of a process.

    Parameters
    ----------
    data, model : ndarray, shape (blocks, points)
        Counts in blocks of the data, and of what a model generates.
    data_blocks, model_blocks : int
        How many blocks make the data, and what a training generates.
    reference_blocks : int
        Of a long simulation, whose draws then take the place of the data, with the error that the
        models inherit from their data. The data are compared with if it is 0.
    """
    random = np.random.default_rng(_NULL_SEED)
    observed = drawn_sums(random, data, N_DRAWS, data_blocks)
    models = drawn_sums(random, model, N_DRAWS, model_blocks)
    if reference_blocks:
        long = drawn_sums(random, data, N_DRAWS, reference_blocks)
        scaled = long * (data_blocks / reference_blocks)
        observed = reference_null(scaled, observed, seed=_NULL_SEED)
    return NullSample(observed, models, data_blocks / model_blocks)


def curve_points(
    times: tuple[int, ...], committed: tuple[int, ...], states: str | tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bool, ...]]:
    """Name the points of count curves, group them by pair, and mark the rates.

    The rates are the counts at the commit times that are nearest to those in ``committed``.
    """
    n = len(states)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    nearest = {min(times, key=lambda time: abs(time - wanted)) for wanted in committed}
    both = sorted({tuple(sorted(pair)) for pair in pairs})
    names = tuple(f"{states[i]}→{states[j]}, {time}" for time in times for i, j in pairs)
    groups = tuple(both.index(tuple(sorted(pair))) for _ in times for pair in pairs)
    return names, groups, tuple(time in nearest for time in times for _ in pairs)


def off_diagonal(counts: NDArray) -> Floats:
    """Flatten counts, shape (times, N, N), without the diagonals."""
    n = counts.shape[-1]
    return counts[:, ~np.eye(n, dtype=bool)].ravel().astype(np.float64)


def _transitions(
    times: Sequence[int], n_labels: int, adjacent: bool = False
) -> Callable[[Labels], Floats]:
    return lambda labels: off_diagonal(
        transition_counts(labels, times, n_labels=n_labels, adjacent=adjacent)
    )


def _frames(n_labels: int) -> Callable[[Labels], Floats]:
    return lambda labels: labels.size * populations(labels, n_labels=n_labels)


def _of_labels(
    case: Case, name: str, count: Callable[[Labels], Floats], labels: Sequence[str]
) -> Case:
    """The same process, of which the frames of each label are counted."""
    return replace(
        case,
        name=name,
        count=count,
        stricter=None,
        names=tuple(labels),
        groups=tuple(range(len(labels))),
        rates=(True,) * len(labels),
    )


def _three_states(potential: str, spread: float) -> tuple[Case, Case]:
    times = logarithmic_commit_times(200)[::3]
    names, groups, rates = curve_points(times, COMMIT_FRAMES["three states"], "ABC")

    def simulated(k: int) -> Labels:
        labels = labels_along(potential, 100 * BLOCK_FRAMES, FIRST_SEED + k)
        return labels.reshape(-1, BLOCK_FRAMES)

    name = potential.split("_")[0]
    counts = Case(
        f"{name}, counts",
        f"{name} potential, 200,000 frames; ten times as many from each training; blocks of a "
        f"long simulation",
        simulated,
        20,
        _transitions(times, 3),
        names,
        groups,
        rates,
        data_blocks=200_000 // BLOCK_FRAMES,
        model_blocks=2_000_000 // BLOCK_FRAMES,
        scale=0.1,
        spread=spread,
        n_labels=3,
        stricter=_transitions(times, 3, adjacent=True),
    )
    occupied = _of_labels(counts, f"{name}, populations", _frames(3), "ABC")
    return counts, occupied


def four_state_process() -> SemiMarkovChain:
    """The semi-Markov chain of the four-state potential: the stays of ten million frames."""
    return fit_semi_markov_chain(records.load("four_state").reference, n_labels=4)


def _four_states() -> tuple[Case, ...]:
    times = logarithmic_commit_times(1000)[::3]
    names, groups, rates = curve_points(times, COMMIT_FRAMES["four states"], "ABCD")

    process = cache(four_state_process)

    def simulated(k: int) -> Labels:
        return process().simulate(FOUR_STATE_FRAMES, seed=FIRST_SEED + k, n_chains=20)

    def short(k: int) -> Labels:
        return process().simulate(GENERATED_FRAMES, seed=2 * FIRST_SEED + k, n_chains=20)

    counts = Case(
        "four states, counts",
        "four-state potential, 1,600,000 frames without stays below 100 frames; as many from each "
        "training; a semi-Markov chain of the stays of a simulation of 10,000,000 frames",
        simulated,
        100,
        _transitions(times, 4),
        names,
        groups,
        rates,
        data_blocks=1,
        model_blocks=1,
        spread=0.15,
        n_labels=4,
        stricter=_transitions(times, 4, adjacent=True),
    )
    occupied = _of_labels(counts, "four states, populations", _frames(4), "ABCD")
    few = replace(
        counts,
        name="four states, counts, short model",
        words=counts.words.replace("as many from", "120,000 from"),
        simulate_model=short,
        scale=FOUR_STATE_FRAMES / GENERATED_FRAMES,
    )
    return counts, few, occupied


def _simulated_trap(k: int, zero_nm: float) -> Labels:
    """Labels of 40 s of the trap, whose zero differs from tenth to tenth, shape (10, 40,000)."""
    seed = FIRST_SEED + k
    extension = simulate(ADD_RIBOSWITCH, RECORD_FRAMES, seed=seed).extension_nm
    tenths = extension.reshape(N_TENTHS, -1)
    zero = zero_nm * np.random.default_rng(seed).standard_normal((N_TENTHS, 1))
    return labels_of(tenths + zero)


def _trap(zero_nm: float) -> tuple[Case, ...]:
    times = RIBOSWITCH_TIMES
    names, groups, rates = curve_points(times, COMMIT_FRAMES["riboswitch"], STATES)

    def simulated(k: int) -> Labels:
        return _simulated_trap(k, zero_nm)

    def counted(window: int = 1, adjacent: bool = False) -> Callable[[Labels], Floats]:
        return lambda labels: off_diagonal(
            count_transitions(labels, times, window, adjacent=adjacent)
        )

    name = "riboswitch" if zero_nm else "optical trap"
    drift = f", whose zero differs by {zero_nm} nm from tenth to tenth" if zero_nm else ""
    counts = Case(
        f"{name}, counts",
        f"U, P3 and P2P3 in single frames, 40 s; as long from each training; the simulated "
        f"trap{drift}",
        simulated,
        200,
        counted(),
        names,
        groups,
        rates,
        data_blocks=N_TENTHS,
        model_blocks=N_TENTHS,
        spread=0.1,
        n_labels=N_LABELS,
        stricter=counted(adjacent=True),
    )
    words = counts.words.replace("U, P3 and P2P3 in single frames", "34 labels")
    labels = [f"label {k}" for k in range(N_LABELS)]
    occupied = _of_labels(counts, f"{name}, populations", _frames(N_LABELS), labels)
    means = replace(
        counts,
        name=f"{name}, counts of the 2 ms mean",
        words=counts.words.replace("in single frames", "in a mean over 2 ms"),
        count=counted(MEAN_FRAMES),
        stricter=counted(MEAN_FRAMES, adjacent=True),
    )
    return counts, replace(occupied, words=words), means


def below_and_beyond(lag_frames: int) -> tuple[list[int], list[int]]:
    """Return commit times in steps of a lag: those below 10 ms, and those from 10 ms on."""
    steps = steps_at_lag(RIBOSWITCH_TIMES, lag_frames)
    below = [n for n in steps if n * lag_frames * MS < BEYOND_MS]
    return below, [n for n in steps if n not in below]


def at_lag(lag_frames: int, beyond: bool, zero_nm: float = ZERO_NM) -> Case:
    """Counts of the trap, read once per lag: below 10 ms in single frames, beyond in a 2 ms mean.

    The counts of the data are the mean over all frames at which the reading can begin. A model at
    a lag has one trajectory of such readings. With ``zero_nm`` of 0, the process is the simulated
    trap, and the data are ten times as long as what a model generates.
    """
    times = below_and_beyond(lag_frames)[beyond]
    window = window_at_lag(lag_frames) if beyond else 1
    names, groups, _ = curve_points(tuple(times), tuple(times), STATES)

    def shifted(k: int, n_shifts: int) -> Labels:
        """Labels read once per lag, shape (tenths, shifts, steps)."""
        labels = _simulated_trap(k, zero_nm)
        n_steps = labels.shape[1] // lag_frames
        read = labels[:, : n_steps * lag_frames].reshape(N_TENTHS, n_steps, lag_frames)
        return read.transpose(0, 2, 1)[:, :n_shifts]

    def count(read: Labels) -> Floats:
        each = [off_diagonal(count_transitions(labels, times, window)) for labels in read]
        return np.mean(each, axis=0)

    system, data_blocks = ("riboswitch", N_TENTHS) if zero_nm else ("trap", 10 * N_TENTHS)
    reading = f" every {lag_frames * MS:g} ms" if lag_frames > 1 else ""
    side = f"beyond {BEYOND_MS:g} ms" if beyond else f"below {BEYOND_MS:g} ms"
    what = "a mean over 2 ms" if window > 1 else "single frames"
    return Case(
        f"{system}{reading}, {side}",
        f"U, P3 and P2P3 in {what}{reading}, at commit times {side}; the simulated trap",
        lambda k: shifted(k, lag_frames),
        200,
        count,
        names,
        groups,
        (True,) * len(names),
        data_blocks=data_blocks,
        model_blocks=N_TENTHS,
        spread=0.1,
        simulate_model=(lambda k: shifted(200 + k, 1)) if lag_frames > 1 else None,
        scale=data_blocks / N_TENTHS,
        reference=data_blocks > N_TENTHS,
    )


def dipeptide_waits(commit_frames: int, angle: str = "phi") -> Case:
    """The mean waiting times of Table 1 at a commit time, along an angle: "phi" or "psi"."""
    commit_ps = commit_frames * PS_PER_FRAME

    @cache
    def mean_ps() -> Floats:
        content = load_file(records.default_folder() / LONG / DATA_FILE)
        labels = dipeptide_labels(unpack_angles(content[angle]))
        return np.array([one.value for one in mean_waits([labels], angle, commit_frames)])

    def simulated(length_ps: float, seed: int) -> Floats:
        """The mean waits of 20 trajectories; a wait is exponential beyond the commit time."""
        random = np.random.default_rng(seed)
        n = 5 * int(length_ps / mean_ps().sum()) + 50
        waits = commit_ps + random.exponential(mean_ps() - commit_ps, (20, n, 2))
        complete = np.cumsum(waits.sum(axis=2), axis=1) < length_ps
        return (waits * complete[..., None]).sum(axis=1) / complete.sum(axis=1)[:, None]

    return Case(
        f"dipeptide, waiting times at {commit_ps:g} ps",
        f"mean waits in C7eq and C7ax along {SINES[angle]}, 100 ns; 200 ns from each training; "
        f"waits are exponential beyond the commit time of {commit_ps:g} ps, with the means of the "
        f"recorded simulation",
        lambda k: simulated(100_000.0, FIRST_SEED + k),
        100,
        lambda means: means / PS_PER_FRAME,
        ("C7eq", "C7ax"),
        (0, 1),
        (True, True),
        data_blocks=1,
        model_blocks=1,
        spread=0.15,
        simulate_model=lambda k: simulated(200_000.0, 2 * FIRST_SEED + k),
    )


def dipeptide_free_energies(angle: str = "phi") -> Case:
    """The free energies of Fig 5, along an angle: "phi" or "psi".

    Each training has another weight of C7eq, of C7ax, and of what lies between their cores.
    """
    regions = np.zeros(DIPEPTIDE_LABELS, int)
    for number, (low, high) in enumerate(CORES[angle]):
        regions[low:high] = 1 + number

    def simulated(k: int) -> Labels:
        content = load_file(records.default_folder() / LONG / (DATA_FILE, REFERENCE_FILE)[k])
        return dipeptide_labels(unpack_angles(content[angle])).reshape(-1, DIPEPTIDE_BLOCK)

    return Case(
        "dipeptide, free energies" + (", psi" if angle == "psi" else ""),
        f"{DIPEPTIDE_LABELS} labels of {SINES[angle]}, 100 ns; 200 ns from each training; blocks "
        f"of 5 ns of two simulations of 200 ns, the same for the null hypothesis and for the "
        f"repetitions",
        simulated,
        2,
        _frames(DIPEPTIDE_LABELS),
        tuple(f"label {k}" for k in range(DIPEPTIDE_LABELS)),
        tuple(regions.tolist()),
        (True,) * DIPEPTIDE_LABELS,
        data_blocks=20,
        model_blocks=40,
        scale=0.5,
        spread=0.1,
        n_labels=DIPEPTIDE_LABELS,
        shares=True,
    )


CASES = {
    case.name: case
    for case in (
        *_three_states("linear_three_state", 0.03),
        *_three_states("triangular_three_state", 0.15),
        *_four_states(),
        *_trap(0.0),
        *_trap(ZERO_NM),
        *(dipeptide_waits(frames) for frames in WAIT_FRAMES),
        *(dipeptide_free_energies(angle) for angle in SINES),
        *(at_lag(lag, beyond) for lag in PAPER_LAGS for beyond in (False, True)),
        *(at_lag(1, beyond, zero_nm=0.0) for beyond in (False, True)),
    )
}
