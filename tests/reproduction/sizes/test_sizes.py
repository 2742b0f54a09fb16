"""The rule for sizes, and its run at a tiny size."""

import numpy as np
import pytest

from lstm_md.judging.decision import UNDECIDED
from reproduction.recipes import RATES, RECIPES
from reproduction.runs.recipe import run_job
from reproduction.sizes.criteria import DIFFERENT, SAME, compare_sizes
from reproduction.sizes.run import Size, SizeStudy, committed


def drawn(ratio, spread, n_trainings, seed):
    random = np.random.default_rng(seed)
    return 2000 * ratio * np.exp(spread * random.standard_normal((n_trainings, 6)))


def test_equal_rates_with_a_small_spread_are_the_same():
    found = compare_sizes(drawn(1, 0.02, 5, 1), drawn(1, 0.02, 5, 2))
    assert found.outcome == SAME
    assert ((found.low < 1.05) & (found.high > 0.95)).all()


def test_one_rate_that_is_off_by_half_is_different_and_is_named():
    ratio = np.array([1, 1, 1, 1, 0.5, 1])
    found = compare_sizes(drawn(ratio, 0.05, 5, 1), drawn(1, 0.05, 5, 2))
    assert (found.outcome, found.worst) == (DIFFERENT, 4)
    assert found.low[4] < 0.5 < found.high[4] < 1 / 1.25


def test_a_large_spread_leaves_it_undecided():
    assert compare_sizes(drawn(1, 0.5, 5, 1), drawn(1, 0.5, 5, 2)).outcome == UNDECIDED


@pytest.mark.parametrize("ratio, outcome", [(1.25, SAME), (1 / 1.25, DIFFERENT)])
def test_the_rule_errs_at_the_margin_in_at_most_one_of_twenty(ratio, outcome):
    off = np.array([ratio, 1, 1, 1, 1, 1])
    found = [
        compare_sizes(drawn(off, 0.05, 5, k), drawn(1, 0.05, 5, 1000 + k)).outcome
        for k in range(400)
    ]
    assert np.mean(np.array(found) == outcome) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_no_transition_at_all_is_a_number():
    found = compare_sizes(np.zeros((3, 2)), np.full((3, 2), 100))
    assert found.outcome == DIFFERENT and np.isfinite(found.ratio).all()


def test_too_few_trainings_are_refused():
    with pytest.raises(ValueError, match="at least 3 trainings of the same pairs"):
        compare_sizes(np.ones((2, 6)), np.ones((5, 6)))


def test_the_committed_counts_are_those_of_all_pairs_at_ten_frames():
    counts = np.arange(2 * 3 * 9).reshape(2, 3, 3, 3)
    assert committed(counts, [1, 9, 40])[0].tolist() == [10, 11, 12, 14, 15, 16]


def test_the_grid_has_nine_sizes_and_one_more_at_a_lower_rate():
    sizes = SizeStudy(learning_rate=RATES["triangular", "ours"]).sizes
    assert len(sizes) == 10 and len({size.file for size in sizes}) == 10
    assert {size.learning_rate for size in sizes[:9]} == {0.04}
    assert sizes[9] == Size(8, 256, 0.0063)
    assert RECIPES["sizes"].settings["sizes"][4] == Size(8, 64, 0.04)._asdict()


def test_a_tiny_run_compares_every_size(tmp_path):
    study = SizeStudy((2,), (4, 8), base=(2, 4), frames=20_000, epochs=2, chains=1, trainings=3)
    recipe = study.recipe("sizes", "tiny")
    (tmp_path / ".working").mkdir()
    for job in recipe.jobs:
        run_job(job, tmp_path)
    numbers = recipe.summarise(tmp_path, recipe.settings)["numbers"]["sizes"]
    assert [(size["embedding"], size["units"]) for size in numbers] == [(2, 4), (2, 8)]
    assert numbers[0]["ratio"] == [1.0] * 6, "the base is compared with itself"
    assert all(len(size["validation_loss"]) == 3 for size in numbers)
