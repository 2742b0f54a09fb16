"""The questions about Markov models of the riboswitch and of the trap: what is counted, and how.

A question is about one reading of a trajectory, at every frame or once per lag, and about one
side: commit times below 10 ms, in single frames, or from 10 ms on, in a mean over 2 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import stays_of
from lstm_md.judging.null_sample import NullSample
from reproduction.calibration.case import null_of_blocks, off_diagonal
from reproduction.calibration.trap import at_lag, below_and_beyond
from reproduction.methods.run import lag_file
from reproduction.methods.several import Part, compare
from reproduction.riboswitch.states import MS, N_TENTHS, STATES, states_of_mean
from reproduction.rivals.counts import counts_summed_over_shifts, steps_at_lag
from reproduction.rivals.criteria import BEYOND_MS
from reproduction.runs import records
from reproduction.runs.files import load_file

NULLS = "null_samples_at_lags"  #: The record of the null samples
RIBOSWITCH, TRAP = "riboswitch", "trap"

Labels = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """One reading of a trajectory, and the commit times on one side of 10 ms.

    Attributes
    ----------
    lag_frames : int
        The trajectory is read once per so many frames.
    beyond : bool
        From 10 ms on, in a mean over 2 ms; if not, below, in single frames.
    system : {"riboswitch", "trap"}
    """

    lag_frames: int = 1
    beyond: bool = False
    system: str = RIBOSWITCH

    @property
    def kind(self) -> str:
        """What the files call the counts: of single frames, or of the mean."""
        return "mean" if self.beyond else "single"

    @property
    def steps(self) -> list[int]:
        """The commit times, in steps of the reading; none if the lag is too long."""
        return below_and_beyond(self.lag_frames)[self.beyond]

    @property
    def names(self) -> tuple[str, ...]:
        """The points in words, in the order of :meth:`points`."""
        times = [f"{n * self.lag_frames * MS:g} ms" for n in self.steps]
        pairs = [(a, b) for a in STATES for b in STATES if a != b]
        return tuple(f"{a}→{b} at {time}" for time in times for a, b in pairs)

    @property
    def calibration(self) -> str:
        """The name of the case that shows how often the test errs."""
        return at_lag(self.lag_frames, self.beyond, 0.0 if self.system == TRAP else 1.0).name

    def points(self, counts: NDArray[Any], steps: Sequence[int]) -> Floats:
        """Select counts, shape (…, commit times, 3, 3), at the commit times of this side.

        ``steps`` are the commit times of the counts. The result has shape (…, points).
        """
        at = [list(steps).index(n) for n in self.steps]
        chosen = np.asarray(counts, np.float64)[..., at, :, :]
        flat = chosen.reshape(-1, len(self.steps), len(STATES), len(STATES))
        return np.array([off_diagonal(one) for one in flat]).reshape(*chosen.shape[:-3], -1)

    def count(self, trajectories: Sequence[Labels], n_frames: int, times: Sequence[int]) -> Floats:
        """Count in trajectories, shape (trajectories, points), scaled to ten parts of the record.

        Parameters
        ----------
        trajectories : sequence of ndarray of int, each (frames,)
        n_frames : int
            Of a part of the record, a tenth.
        times : sequence of int
            Commit times of the record, in frames.
        """
        steps = steps_at_lag(times, self.lag_frames)
        found = []
        for labels in trajectories:
            pair = counts_summed_over_shifts(labels, n_frames, times, self.lag_frames)
            mean = pair[self.beyond].mean(axis=0) / self.lag_frames
            found.append(N_TENTHS * self.points(mean, steps))
        return np.array(found)

    def tested(self, model: Floats, data: Floats, **more: Any) -> Part:
        """Test the counts of several models against those of the data, shape (points,).

        The margin is asked of every point. ``more`` is given to
        :func:`reproduction.methods.several.compare`.
        """
        return compare(model, data, self.null(), self.names, [True] * len(self.names), **more)

    def null(self, model_blocks: int = N_TENTHS, data_blocks: int = 0) -> NullSample:
        """Draw data and models from the recorded blocks of the process.

        Parameters
        ----------
        model_blocks, data_blocks : int
            Tenths of the record in a model and in the data; those of the process if 0.
        """
        return _null(self, model_blocks, data_blocks)


@cache
def _null(side: Side, model_blocks: int, data_blocks: int) -> NullSample:
    file = lag_file(side.system, side.lag_frames, side.beyond)
    content = load_file(records.default_folder() / NULLS / file)
    n = data_blocks or (10 * N_TENTHS if side.system == TRAP else N_TENTHS)
    return null_of_blocks(content["data"], content["model"], n, model_blocks)


def longest_stays_ms(labels: Labels, window: int = 1) -> dict[str, float]:
    """Measure the longest stay in each state, in ms: of single frames, or of a mean over some.

    This is why Figure 8 has no counts of single frames beyond 10 ms here: a transition needs two
    states with stays as long as the commit time.
    """
    stays = stays_of(states_of_mean(labels, window))
    return {
        name: float(stays.length[stays.label == k].max(initial=0)) * MS
        for k, name in enumerate(STATES)
    }


def why_no_single_frames(labels: Labels) -> str:
    """Say why the counts beyond 10 ms are those of a mean, if they must be."""
    longest = longest_stays_ms(labels)
    words = ", ".join(f"{name} {ms:.1f} ms" for name, ms in longest.items())
    reaching = [name for name, ms in longest.items() if ms >= BEYOND_MS]
    if len(reaching) > 1:
        return f"the longest stays of single frames: {words}"
    only = f"only {reaching[0]} has" if reaching else "no state has"
    return (
        f"in single frames {only} stays of {BEYOND_MS:g} ms (the longest: {words}), and a "
        f"transition needs two states, so the counts are those of a mean over 2 ms"
    )
