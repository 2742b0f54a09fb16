"""Loss and gradients of a batch, in slices that threads compute independently."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lstm_md.engine.lstm import (
    COMPILED_UNITS,
    Array,
    Map,
    Weights,
    add_by_label,
    backward_compiled,
    backward_packed,
    forward_compiled,
    forward_packed,
)
from lstm_md.engine.windows import Batch

ROWS_PER_SLICE = 16  # sequences; the arrays of one slice then fit into the first caches


class BatchSlice:
    """The arrays for some sequences of a batch, which every step uses again."""

    def __init__(self, frames: int, rows: int, units: int) -> None:
        self.frames, self.units = frames, units
        self._gates = np.empty(frames * rows * 4 * units, np.float32)
        self._h = np.zeros((frames + 1) * rows * units, np.float32)
        self._c = np.zeros((frames + 1) * rows * units, np.float32)
        self._dh_output = np.empty(frames * rows * units, np.float32)
        self._next = np.empty((2, rows * units), np.float32)

    def forward(
        self, weights: Weights, table: Array, batch: Batch, state: Array
    ) -> tuple[float, Array]:
        """Compute the sum of the losses (Eq 9) over all frames, and softmax minus target.

        ``state`` holds h and c of each row, shape (2, rows, L). The final ones replace them. The
        second result has shape (frames × rows, N).
        """
        for before, fresh in batch.stages():
            state[:, fresh] = 0
            for first in range(0, before.shape[1], self.frames):
                self._read(weights, table, before[:, first : first + self.frames], state)
        labels = np.ascontiguousarray(batch.labels.T, dtype=np.intp)
        self._read(weights, table, batch.labels[:, :-1], state)
        # The softmax of Eq 8 and the cross-entropy of Eq 9, in place.
        logits = self.h[1:].reshape(-1, self.units) @ weights.dense
        logits += weights.dense_bias
        logits -= logits.max(axis=1, keepdims=True)
        target = (np.arange(len(logits)), labels[1:].reshape(-1))
        target_logits = logits[target].sum(dtype=np.float64)
        np.exp(logits, out=logits)
        norms = logits.sum(axis=1, keepdims=True)
        logits /= norms
        logits[target] -= 1
        return float(np.log(norms).sum(dtype=np.float64) - target_logits), logits

    def _read(self, weights: Weights, table: Array, labels: NDArray, state: Array) -> None:
        """Compute all states while the rows read labels of shape (rows, at most frames)."""
        rows, frames = labels.shape
        self.labels = np.ascontiguousarray(labels.T, dtype=np.intp)
        self.gates = self._view(self._gates, frames, rows, 4)
        self.h = self._view(self._h, frames + 1, rows)
        self.c = self._view(self._c, frames + 1, rows)
        self.h[0], self.c[0] = state
        loop = forward_compiled if self.units <= COMPILED_UNITS else forward_packed
        loop(table, weights.recurrent, self.labels, self.gates, self.h, self.c)
        state[:] = self.h[frames], self.c[frames]

    def backward(self, weights: Weights, u_transposed: Array, logit_gradient: Array) -> list[Array]:
        """Compute the gradients of table, recurrent weights, dense weights and dense bias."""
        rows = self.labels.shape[1]
        h = self.h[1:].reshape(-1, self.units)
        dh_output = self._view(self._dh_output, self.frames, rows)
        np.dot(logit_gradient, weights.dense.T, out=dh_output.reshape(-1, self.units))
        dh_next, dc = self._next[:, : rows * self.units].reshape(2, rows, self.units)
        loop = backward_compiled if self.units <= COMPILED_UNITS else backward_packed
        loop(u_transposed, self.gates, self.c, dh_output, dh_next, dc)
        d_gates = self.gates.reshape(-1, 4 * self.units)
        d_table = np.zeros((len(weights.embedding), 4 * self.units), np.float32)
        add_by_label(self.labels.reshape(-1), d_gates, d_table)
        d_recurrent = self.h[:-1].reshape(-1, self.units).T @ d_gates
        return [d_table, d_recurrent, h.T @ logit_gradient, logit_gradient.sum(axis=0)]

    def _view(self, memory: Array, frames: int, rows: int, n_gates: int = 1) -> Array:
        width = n_gates * self.units
        return memory[: frames * rows * width].reshape(frames, rows, width)


Job = tuple[BatchSlice, Batch, Array]  # the rows of one slice, and a view of their state


class Batches:
    """Loss and gradients of batches of at most ``rows`` sequences of ``frames`` + 1 labels."""

    def __init__(self, frames: int, rows: int, units: int, parallel: Map) -> None:
        size = ROWS_PER_SLICE if units <= COMPILED_UNITS else rows
        self.size, self.rows, self.units, self.parallel = size, rows, units, parallel
        self.slices = [
            BatchSlice(frames, min(size, rows - first), units) for first in range(0, rows, size)
        ]

    def zero_state(self) -> Array:
        """Return h and c of all rows at the start, shape (2, rows, L)."""
        return np.zeros((2, self.rows, self.units), np.float32)

    def loss(self, weights: Weights, batch: Batch, state: Array) -> float:
        """Compute the mean loss per label (Eq 9), in nats, and the state after the batch."""
        table = weights.table

        def work(job: Job) -> float:
            batch_slice, part, start = job
            return batch_slice.forward(weights, table, part, start)[0]

        return sum(self.parallel(work, self._jobs(batch, state))) / batch.labels[:, 1:].size

    def gradients(self, weights: Weights, batch: Batch, state: Array) -> tuple[float, Weights]:
        """Compute the mean loss per label, its gradient for every weight, and the new state."""
        table = weights.table
        u_transposed = np.ascontiguousarray(weights.recurrent.T)
        n_targets = batch.labels[:, 1:].size
        scale = np.float32(1 / n_targets)

        def work(job: Job) -> tuple[float, list[Array]]:
            batch_slice, part, start = job
            loss, logit_gradient = batch_slice.forward(weights, table, part, start)
            logit_gradient *= scale
            return loss, batch_slice.backward(weights, u_transposed, logit_gradient)

        results = self.parallel(work, self._jobs(batch, state))
        # The sums run in the order of the slices: the number of threads changes no bit.
        loss = sum(loss for loss, _ in results) / n_targets
        d_table, d_recurrent, d_dense, d_dense_bias = totals = results[0][1]
        for _, more in results[1:]:
            for total, gradient in zip(totals, more):
                total += gradient
        return loss, Weights(
            d_table @ weights.kernel.T,
            weights.embedding.T @ d_table,
            d_recurrent,
            d_table.sum(axis=0),
            d_dense,
            d_dense_bias,
        )

    def _jobs(self, batch: Batch, state: Array) -> list[Job]:
        rows = [slice(k, k + self.size) for k in range(0, len(batch.labels), self.size)]
        return [
            # The rows of the last batch of an evaluation can be fewer.
            (s, batch.part(part), state[:, part.start : min(part.stop, len(batch.labels))])
            for s, part in zip(self.slices, rows)
        ]
