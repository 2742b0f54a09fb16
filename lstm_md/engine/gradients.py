"""Loss and gradients of a batch, in parts that threads work on without waiting for each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lstm_md.engine.lstm import (
    COMPILED_UNITS,
    Array,
    Weights,
    add_by_label,
    backward,
    backward_compiled,
    forward,
    forward_compiled,
)

ROWS_PER_SLICE = 16  # sequences: what a part works on stays in the first caches


class BatchSlice:
    """The memory for some sequences of a batch, used again at every step."""

    def __init__(self, frames: int, rows: int, units: int) -> None:
        self.frames, self.units = frames, units
        self._gates = np.empty(frames * rows * 4 * units, np.float32)
        self._h = np.zeros((frames + 1) * rows * units, np.float32)
        self._c = np.zeros((frames + 1) * rows * units, np.float32)
        self._above = np.empty(frames * rows * units, np.float32)
        self._later = np.empty((2, rows * units), np.float32)

    def forward(self, weights: Weights, table: Array, batch: NDArray) -> tuple[float, Array]:
        """Sum of the losses (Eq 9) over all frames of ``batch``, and softmax minus target.

        ``batch`` has shape (rows, frames + 1); the second result (frames × rows, N).
        """
        rows = len(batch)
        self.labels = np.ascontiguousarray(batch.T, dtype=np.intp)
        self.gates = self._view(self._gates, self.frames, rows, 4)
        self.h = self._view(self._h, self.frames + 1, rows)
        self.c = self._view(self._c, self.frames + 1, rows)
        self.h[0] = self.c[0] = 0
        loop = forward_compiled if self.units <= COMPILED_UNITS else forward
        loop(table, weights.recurrent, self.labels[:-1], self.gates, self.h, self.c)
        # The softmax of Eq 8 and the cross-entropy of Eq 9.
        logits = self.h[1:].reshape(-1, self.units) @ weights.dense
        logits += weights.dense_bias
        logits -= logits.max(axis=1, keepdims=True)
        target = (np.arange(len(logits)), self.labels[1:].reshape(-1))
        likely = logits[target].sum(dtype=np.float64)
        np.exp(logits, out=logits)
        norms = logits.sum(axis=1, keepdims=True)
        logits /= norms
        logits[target] -= 1
        return float(np.log(norms).sum(dtype=np.float64) - likely), logits

    def backward(self, weights: Weights, u_turned: Array, logit_gradient: Array) -> list[Array]:
        """Gradients by table, recurrent, dense and dense_bias; ``missed`` is that of the logits."""
        rows = self.labels.shape[1]
        h = self.h[1:].reshape(-1, self.units)
        above = self._view(self._above, self.frames, rows)
        np.dot(logit_gradient, weights.dense.T, out=above.reshape(-1, self.units))
        later = self._later[:, : rows * self.units].reshape(2, rows, self.units)
        loop = backward_compiled if self.units <= COMPILED_UNITS else backward
        loop(u_turned, self.gates, self.c, above, later[0], later[1])
        by_gates = self.gates.reshape(-1, 4 * self.units)
        by_table = np.zeros((len(weights.embedding), 4 * self.units), np.float32)
        add_by_label(self.labels[:-1].reshape(-1), by_gates, by_table)
        by_u = self.h[:-1].reshape(-1, self.units).T @ by_gates
        return [by_table, by_u, h.T @ logit_gradient, logit_gradient.sum(axis=0)]

    def _view(self, memory: Array, frames: int, rows: int, gates: int = 1) -> Array:
        width = gates * self.units
        return memory[: frames * rows * width].reshape(frames, rows, width)


class Batches:
    """Loss and gradients of batches of at most ``rows`` sequences of ``frames`` + 1 labels."""

    def __init__(self, frames: int, rows: int, units: int, spread: Callable[..., list]) -> None:
        size = ROWS_PER_SLICE if units <= COMPILED_UNITS else rows
        self.size, self.spread = size, spread
        self.parts = [
            BatchSlice(frames, min(size, rows - first), units) for first in range(0, rows, size)
        ]

    def loss(self, weights: Weights, batch: NDArray) -> float:
        """The mean of Eq 9 a label, in nats."""
        table = weights.table
        total = self.spread(
            lambda job: job[0].forward(weights, table, job[1])[0], self._jobs(batch)
        )
        return sum(total) / batch[:, 1:].size

    def gradients(self, weights: Weights, batch: NDArray) -> tuple[float, Weights]:
        """The mean of Eq 9 a label, and its gradient by every weight."""
        table = weights.table
        u_turned = np.ascontiguousarray(weights.recurrent.T)
        scale = np.float32(1 / batch[:, 1:].size)

        def work(job: tuple[BatchSlice, NDArray]) -> tuple[float, list[Array]]:
            part, rows = job
            loss, logit_gradient = part.forward(weights, table, rows)
            logit_gradient *= scale
            return loss, part.backward(weights, u_turned, logit_gradient)

        results = self.spread(work, self._jobs(batch))
        # In the order of the parts, so that the number of threads changes no bit.
        loss = sum(loss for loss, _ in results) / batch[:, 1:].size
        by_table, by_u, by_dense, by_dense_bias = results[0][1]
        for _, more in results[1:]:
            for total, part in zip((by_table, by_u, by_dense, by_dense_bias), more):
                total += part
        return loss, Weights(
            by_table @ weights.kernel.T,
            weights.embedding.T @ by_table,
            by_u,
            by_table.sum(axis=0),
            by_dense,
            by_dense_bias,
        )

    def _jobs(self, batch: NDArray) -> list[tuple[BatchSlice, NDArray]]:
        cuts = range(0, len(batch), self.size)
        return [(part, batch[a : a + self.size]) for part, a in zip(self.parts, cuts)]
