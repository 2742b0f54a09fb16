"""The arithmetic of the benchmarks, and contenders that take turns. None of it needs PyTorch."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import bench_counts, bench_training
from benchmarks.__main__ import BENCHMARKS
from benchmarks.harness import Contender, Timing, fit_exponent, race, ratio
from benchmarks.results import Benchmark, Goal, Table, markdown, merge, number

ABOUT = {
    "date": "2026-01-01", "cpu": "a processor", "cores": 2, "memory_gb": 8, "gpu": "", "load": 0.0,
    "system": "Linux", "versions": {"numpy": "2.0"}, "quick": False,
}  # fmt: skip


def benchmark(measured: float = 2.0) -> Benchmark:
    table = Table("one step", ["contender", "ms"], [["ours", 1.2345], ["theirs", None]], "A note.")
    return Benchmark("training", [table], [Goal("beside PyTorch", ">=", 1.0, measured, "x")])


def test_a_ratio_compares_rounds_in_pairs():
    # The second round was slow for both: that is no difference between them.
    both = ratio([2.0, 20.0, 3.0], [1.0, 10.0, 1.0])
    assert (both.median, both.low, both.high) == (2.0, 2.0, 3.0)


def test_a_power_law_is_fitted_exactly():
    sizes = np.array([32, 64, 128, 256])
    found = fit_exponent(sizes, 3e-6 * sizes**1.7)
    assert found.value == pytest.approx(1.7, abs=1e-9)
    assert found.error == pytest.approx(0.0, abs=1e-9)


def test_the_error_of_an_exponent_is_that_of_least_squares():
    from scipy import stats

    sizes, times = [3, 10, 30, 100], [1.0, 1.3, 1.2, 1.9]
    found = fit_exponent(sizes, times)
    expected = stats.linregress(np.log(sizes), np.log(times))
    assert found.value == pytest.approx(expected.slope)
    assert found.error == pytest.approx(expected.stderr)


def test_two_points_have_no_error():
    with pytest.raises(ValueError, match="sizes: .*2.*more"):
        fit_exponent([1, 2], [1, 2])


@pytest.mark.parametrize(
    "sense, measured, met",
    [("<=", 3.0, True), ("<=", 3.1, False), (">=", 3.0, True), (">=", 2.9, False)],
)
def test_a_goal_is_met_at_its_bound(sense, measured, met):
    assert Goal("it", sense, 3.0, measured).met is met


def test_benchmarks_measured_before_are_kept(tmp_path):
    path = tmp_path / "results.json"
    merge(path, [benchmark()], ABOUT)
    merge(path, [Benchmark("start-up", [])], {**ABOUT, "cpu": "another"})
    results = json.loads(path.read_text(encoding="utf-8"))
    assert [results[name]["about"]["cpu"] for name in results] == ["a processor", "another"]
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert text == markdown(results)
    assert "| beside PyTorch | >= 1 x | 2 x | yes |" in text
    assert "| ours | 1.23 |" in text and "| theirs |  |" in text


def test_a_missed_goal_is_said_to_be_missed(tmp_path):
    results = merge(tmp_path / "results.json", [benchmark(measured=0.9)], ABOUT)
    assert "| 0.9 x | **no** |" in markdown(results)


def test_numbers_have_three_digits():
    assert [number(cell) for cell in ("3–4", 0.012345, 1234.5, 2e9, None)] == [
        "3–4", "0.0123", "1230", "2e+09", "",
    ]  # fmt: skip


def test_contenders_take_turns_and_share_a_process_of_the_same_settings():
    task = "benchmarks.bench_counts:plain_numpy"
    settings = {"stay": 5.0, "frames": 1000}
    one = Contender("one", task, settings, threads=1)
    timings = race([one, Contender("two at once", task, settings, threads=1, processes=2)], 2)
    assert list(timings) == ["one", "two at once"]
    assert all(len(timing.seconds) == 2 for timing in timings.values())
    assert timings["one"].values == timings["two at once"].values


def test_a_contender_that_fails_says_why():
    with pytest.raises(RuntimeError, match="(?s)broken ended.*division by zero"):
        race([Contender("broken", "benchmarks.bench_counts:ours", {"stay": 0, "frames": 9})], 1)


def test_the_alternatives_count_the_same_transitions():
    ways = (bench_counts.ours, bench_counts.plain_numba, bench_counts.plain_numpy)
    counts = [way(4.0, 3000)(1) for way in ways]
    assert counts[0] == counts[1] == counts[2]
    assert len(bench_counts.FIFTY_TIMES) == 50


def test_an_ensemble_that_does_not_fill_its_last_wave_takes_longer(monkeypatch):
    timings = {
        name: Timing(seconds=[1.0])
        for name in ("ours, one process per core", "ours, one after the other", "ours")
    }
    monkeypatch.setattr(bench_training, "usable_cores", lambda: 2)
    two = bench_training.group(timings, "ensemble")
    monkeypatch.setattr(bench_training, "usable_cores", lambda: 8)
    eight = bench_training.group(timings, "ensemble")
    assert list(two) == ["ours, one process per core", "ours, one after the other"]
    # Of 20 trainings, 2 at once are 10 waves; 8 at once are 3, the last one half empty.
    assert two["ours, one process per core"].median == pytest.approx(10 / 20)
    assert eight["ours, one process per core"].median == pytest.approx(3 / 20)


def test_every_benchmark_can_be_run():
    import importlib

    for name in BENCHMARKS:
        assert callable(importlib.import_module(f"benchmarks.bench_{name}").run)
