"""The numbers of a record of alanine dipeptide, as its summary holds them."""

from __future__ import annotations

from typing import Any

from reproduction.common.estimates import DATA, MODEL, SAME, TRUTH, summarise_with
from reproduction.common.numbers import estimate_to_json, round_for_json
from reproduction.dipeptide.verdicts import COMMIT_TIMES, DipeptideEstimates
from reproduction.dipeptide.waiting_times import p_exponential, p_same_distribution


def numbers(estimates: DipeptideEstimates) -> dict[str, Any]:
    """Compute every number of a record that the chapter shows, as JSON holds it."""
    shown = (DATA, MODEL, SAME, TRUTH)
    data = estimates.distribution(DATA)
    return {
        "populations": {name: estimate_to_json(estimates.populations[name]) for name in shown},
        "waits_ps": {
            name: [estimate_to_json(one) for one in pair] for name, pair in estimates.waits.items()
        },
        "exponential_p": {
            name: round_for_json([p_exponential(one) for one in estimates.distribution(name)])
            for name in shown
        },
        "same_distribution_p": {
            name: round_for_json(
                [
                    p_same_distribution(one, other)
                    for one, other in zip(estimates.distribution(name), data)
                ]
            )
            for name in (MODEL, SAME, TRUTH)
        },
        "commit_times": list(COMMIT_TIMES),
        "counts": {name: estimate_to_json(estimates.counts(name)) for name in shown},
        "by_epochs": {
            str(epochs): [estimate_to_json(one) for one in pair]
            for epochs, pair in sorted(estimates.by_epochs.items())
        },
        "loss": [round_for_json(one["loss"]) for one in estimates.histories],
        "validation_loss": [round_for_json(one["validation_loss"]) for one in estimates.histories],
    }


summarise = summarise_with(DipeptideEstimates, numbers)
