"""The answers to X1a–X1f: what the ledger says of the numbers of a record."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.attention import criteria, numbers
from reproduction.attention.answers import ANSWERS, CONTROL, answer
from reproduction.attention.claims import CLAIMS
from reproduction.attention.numbers import LSTM_WINDOWS, PARTITIONS, RESOLUTIONS
from reproduction.attention.numbers import TRANSFORMER_WINDOWS as TRANSFORMERS
from reproduction.attention.processes import SYSTEMS

SETS = 8


@pytest.fixture(scope="module")
def found():
    """Numbers of all claims, from networks that follow their data up to noise."""
    random = np.random.default_rng(3)

    def rates(factor=1.0):
        return 0.01 * factor * np.exp(0.05 * random.standard_normal(SETS))

    def losses(value=0.1):
        return value + 0.001 * random.standard_normal(SETS)

    def pair():
        both = {f"{k}_rate": rates() for k in numbers.NETWORKS}
        both |= {f"{k}_loss": losses() for k in numbers.NETWORKS}
        stays = {f"{k}_stays": np.ones((SETS, 401), int) for k in ("data", *numbers.NETWORKS)}
        return {"data_rate": rates(), "chain_loss": losses(0.2), **both, **stays}

    pairs = {system: pair() for system in SYSTEMS}
    ways = (*RESOLUTIONS, *PARTITIONS, "removed", "fast")
    seen = {f"{way}_{what}": rates() for way in ways for what in ("rate", "data_rate")}
    seen |= {"raw_msm_rate": rates(9), "removed_msm_rate": rates(), "fast_slow_loss": losses()}
    arms = (*LSTM_WINDOWS, *TRANSFORMERS)
    windows = {f"{arm}_rate": rates(0.05 if arm == "zero" else 1) for arm in arms}
    windows |= {f"{arm}_loss": losses() for arm in arms}
    windows |= {f"{arm}_stays": np.ones((SETS, 401), int) for arm in arms}
    raw = pairs["triangular"]
    base = numbers.bias(raw["lstm_rate"], raw["data_rate"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(criteria, "N_DRAWS", 20)
        return {
            "X1a": numbers.deciding_answer(base, seen, RESOLUTIONS),
            "X1b": numbers.deciding_answer(base, seen, PARTITIONS),
            "X1c": numbers.recrossing_answer(base, raw, seen),
            "X1d": numbers.fast_answer(base, raw, seen),
            "X1e": numbers.comparing_answer(pairs),
            "X1f": numbers.window_answer(pairs["semi_markov"], windows),
        }


def test_every_claim_has_one_answer_by_our_settings():
    assert list(ANSWERS) == [(claim, "ours") for claim in CLAIMS]
    assert all(asked.records == ("attention",) for asked in ANSWERS.values())


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("outcome", [HOLDS, DOES_NOT_HOLD, UNDECIDED])
def test_the_outcome_is_that_of_the_record(found, claim, outcome):
    made = answer(claim, {claim: {**found[claim], "outcome": outcome}})
    assert (made.claim, made.outcome) == (claim, outcome)
    assert made.number and "nan" not in made.number
    assert made.more_data >= 1 and (outcome == UNDECIDED or made.more_data == 1)


def test_arms_that_decide_are_named_and_others_are_not(found):
    assert found["X1f"]["outcome"] == HOLDS
    words = answer("X1f", found).number
    assert words.startswith("LSTM from a zero state: rate × 0.05") and "50 frames" not in words
    assert answer("X1a", found).number.startswith("largest difference – every ")


def test_the_markov_model_is_the_control_of_recrossings(found):
    assert answer("X1c", found).controls == {CONTROL: HOLDS}


@pytest.mark.parametrize(
    "mean, low, high, times", [(0.05, -0.07, 0.17, 0.12 / 0.05), (0.3, 0.05, 0.55, 0.25 / 0.2)]
)
def test_more_data_sets_place_an_interval_beside_its_margin(found, mean, low, high, times):
    one = {"mean": mean, "low": low, "high": high, "p_values": 0.2}
    undecided = {**found["X1f"], "outcome": UNDECIDED, "differences": {"loss zero": one}}
    made = answer("X1f", {"X1f": undecided})
    assert made.more_data == pytest.approx(times**2)
    of_x1e = {**found["X1e"], "outcome": UNDECIDED, "differences": {"loss linear": one}}
    distance = mean + criteria.GAIN_MARGIN  # A transformer that is worse refutes nothing.
    more = max(1, ((high - low) / 2 / distance) ** 2)
    assert answer("X1e", {"X1e": of_x1e}).more_data == pytest.approx(more)
