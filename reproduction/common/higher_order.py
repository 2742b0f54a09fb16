"""Higher-order Markov chains: the next label depends on the last K labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, whole_number
from reproduction.common.contexts import (
    ContextTree,
    fill_labels,
    fill_losses,
    smoothed_contexts,
    with_prompt,
)


@dataclass(frozen=True, eq=False)
class HigherOrderChain:
    """A smoothed Markov chain of order K, with the chains of all lower orders.

    Attributes
    ----------
    n_labels : int
        N.
    concentrations : ndarray of float64, shape (K + 1,)
        α_k for each length k of the context: the weight, in frames, of the next shorter context.
        If a context of length k occurred far less often than α_k, it adds nothing.
    contexts : ContextTree
        The counts of each context.
    """

    n_labels: int
    concentrations: NDArray[np.float64]
    contexts: ContextTree

    @property
    def order(self) -> int:
        """The order K."""
        return self.concentrations.size - 1

    def losses(self, labels: ArrayLike, order: int | None = None) -> NDArray[np.float64]:
        """Compute −ln p(x_t | x_{t−k} … x_{t−1}) of each label, in nats.

        Parameters
        ----------
        labels : array_like of int, shape (frames,) or (chains, frames)
            The first k labels of a chain have fewer than k labels before them, and are predicted
            from those. The very first one is predicted from the populations.
        order : int, optional
            k, from 0 to K; K if left out. The chain of order k is the one that a fit of this
            order would give.

        Returns
        -------
        ndarray of float64, of the shape of ``labels``

        Raises
        ------
        TypeError, ValueError
            If ``labels`` are not labels below N, or the order is above K.
        """
        order = self.order if order is None else whole_number(order, "order", minimum=0)
        if order > self.order:
            raise ValueError(
                f"order: found {order}, but the chain was fitted up to order {self.order}; fit "
                f"it with a larger order"
            )
        array = label_array(labels, n_labels=self.n_labels)
        chains = np.ascontiguousarray(np.atleast_2d(array))
        losses = np.empty(chains.shape)
        concentrations = self.concentrations[: order + 1]
        fill_losses(chains, self.n_labels, concentrations, self.contexts, losses)
        return losses.reshape(array.shape)

    def loss(self, labels: ArrayLike) -> float:
        """Cross-entropy on labels, in nats per label, to compare with the loss of Eq 9.

        Parameters
        ----------
        labels : array_like of int, shape (frames,) or (chains, frames)
            All labels but the first of each chain are predicted.

        Raises
        ------
        TypeError, ValueError
            If ``labels`` are not labels below N, or a chain has one frame only.
        """
        array = np.atleast_2d(label_array(labels, n_labels=self.n_labels, min_frames=2))
        return float(self.losses(list(array))[:, 1:].mean())

    def simulate(
        self,
        n_frames: int,
        *,
        seed: int = 0,
        n_chains: int = 1,
        prompt: ArrayLike | None = None,
    ) -> NDArray[np.unsignedinteger]:
        """Generate labels.

        Parameters
        ----------
        n_frames : int
            Labels per chain.
        seed : int
            The same seed gives the same labels.
        n_chains : int
            Number of independent chains.
        prompt : array_like of int, shape (frames,) or (chains, frames), optional
            The labels before the first one, not part of the result; one row for every chain, or
            one for all. Without it the first label is drawn from the populations.

        Returns
        -------
        ndarray of uint8 or uint16, shape (n_frames,), or (n_chains, n_frames) for several chains

        Raises
        ------
        TypeError, ValueError
            If a number is not whole or too small, or the prompt does not fit.
        """
        generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
        labels, kept = with_prompt(prompt, n_frames, n_chains, self.n_labels, longest=self.order)
        fill_labels(labels, kept, self.n_labels, self.concentrations, self.contexts, generator)
        return labels[0, kept:] if len(labels) == 1 else labels[:, kept:]


def fit_higher_order_chain(
    labels: ArrayLike, order: int, *, n_labels: int | None = None
) -> HigherOrderChain:
    r"""Fit a Markov chain of order K: count what follows each context, and smooth the counts.

    The smoothing is the hierarchical Dirichlet language model (MacKay & Peto, Nat. Lang. Eng. 1,
    289, 1995). With n(c j) the number of times that label j followed the context c, k the length
    of c, and c′ the context c without its oldest label,

    .. math:: p(j \mid c) = \frac{n(c\,j) + \alpha_k\, p(j \mid c')}{n(c) + \alpha_k}.

    The recursion starts from 1/N below the empty context. Where c never occurred, p(j | c) is
    p(j | c′). Each α_k maximises the probability of every frame given all other frames, for
    k = 0, 1, … in turn. So a chain of order 2 is the chain of order 3 without its last step.

    The schemes of Witten and Bell and of Kneser and Ney weight a context by the number of
    different labels that followed it. They are made for natural language. On noisy labels they
    mistake noise for a rule, and their loss rises from order 3 on. Here an order that is too
    large costs nothing.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        At least K + 1 frames per chain; no context crosses from one chain to another.
    order : int
        K, the number of labels that the next one may depend on, from 0.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.

    Returns
    -------
    HigherOrderChain

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels or too few, or a number is not whole or too small.

    Examples
    --------
    >>> model = fit_higher_order_chain([0, 0, 1, 1] * 100, order=2)
    >>> print(model.losses([0, 1, 1]).round(2))  # ln 2, ln 2, and nothing
    [0.69 0.69 0.  ]
    """
    order = whole_number(order, "order", minimum=0)
    if n_labels is not None:
        n_labels = whole_number(n_labels, "n_labels")
    chains = np.atleast_2d(label_array(labels, n_labels=n_labels, min_frames=order + 1))
    size = int(chains.max()) + 1 if n_labels is None else n_labels
    tree, concentrations = smoothed_contexts(chains, order, size)
    return HigherOrderChain(size, concentrations, tree)
