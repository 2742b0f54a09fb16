"""Generation: microseconds per label with 1, 100 and 1,000 chains, and memory against length."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.harness import Contender, Timing, race, ratio
from benchmarks.results import Benchmark, Cell, Goal, Table

COLUMNS = ["contender", "µs per label", "least–most", "over ours", "first round, s"]
WAYS = {"ours": "ours", "PyTorch LSTMCell": "pytorch", "eager Keras loop": "keras_loop"}


@dataclass(frozen=True)
class Case:
    """A network, a number of chains, the frames per round of each contender, and the goal in µs."""

    n_labels: int
    embedding_dim: int
    units: int
    n_chains: int
    frames: tuple[int, ...]
    goal: float | None = None

    @property
    def settings(self) -> dict[str, int]:
        """What a factory of a contender takes."""
        return dict(
            n_labels=self.n_labels,
            embedding_dim=self.embedding_dim,
            units=self.units,
            n_chains=self.n_chains,
        )

    @property
    def title(self) -> str:
        """The heading of the table."""
        return f"M {self.embedding_dim} L {self.units} N {self.n_labels}, {self.n_chains} chain(s)"


CASES = (
    Case(3, 8, 64, 1, (200_000, 5_000, 40), 3.0),
    Case(3, 8, 64, 100, (10_000, 2_000, 40), 0.7),
    Case(3, 8, 64, 1000, (1_000, 200, 20)),
    Case(20, 128, 1024, 1, (4_000, 300, 30), 166.0),
    Case(20, 128, 1024, 100, (150, 100, 30), 50.0),
    Case(20, 128, 1024, 1000, (30, 15, 10)),
)
ENGINES = ("compiled", "keras")
ENGINE_CASES = (
    Case(3, 8, 64, 1, (20_000,) * len(ENGINES)),
    Case(3, 8, 64, 100, (2_000,) * len(ENGINES)),
    Case(20, 128, 1024, 1, (500,) * len(ENGINES)),
)
PAPER_LABELS, PAPER_CHAINS = 2_000_000, 100
SHORT, LONG = 20_000, 200_000  # frames of each of 100 chains


def run(quick: bool) -> Benchmark:
    """Measure all cases, our two engines, a long run at the paper's size, and its memory."""
    benchmark = Benchmark("generation", [])
    for case in CASES:
        _measure(benchmark, case, quick)
    for case in ENGINE_CASES:
        _compare_engines(benchmark, case, quick)
    _long_run(benchmark, quick)
    _memory(benchmark, quick)
    return benchmark


def _measure(benchmark: Benchmark, case: Case, quick: bool) -> None:
    contenders = [
        Contender(name, f"benchmarks.generate_with:{factory}", case.settings, _fewer(frames, quick))
        for (name, factory), frames in zip(WAYS.items(), case.frames)
    ]
    timings = _race(benchmark, case, case.title, contenders, quick)
    if case.goal is not None:
        spent = 1e6 * timings["ours"].median / case.n_chains
        goal = Goal(f"generation, {case.title}", "<=", case.goal, spent, "µs per label")
        benchmark.goals.append(goal)


def _compare_engines(benchmark: Benchmark, case: Case, quick: bool) -> None:
    """Race our two engines, between which ``engine="auto"`` chooses."""
    contenders = [
        Contender(
            f'engine="{engine}"', "benchmarks.generate_with:ours",
            {**case.settings, "engine": engine}, _fewer(frames, quick),
        )
        for engine, frames in zip(ENGINES, case.frames)
    ]  # fmt: skip
    _race(benchmark, case, f"{case.title}: our two engines", contenders, quick)


def _race(
    benchmark: Benchmark, case: Case, title: str, contenders: list[Contender], quick: bool
) -> dict[str, Timing]:
    """Race the contenders, the first of which is ours, and add their table."""
    timings = race(contenders, rounds=2 if quick else 5)
    ours = timings[contenders[0].name]
    rows = [_row(name, timing, ours, case) for name, timing in timings.items()]
    benchmark.tables.append(Table(title, COLUMNS, rows))
    return timings


def _fewer(frames: int, quick: bool) -> int:
    return max(frames // 10, 5) if quick else frames


def _row(name: str, timing: Timing, ours: Timing, case: Case) -> list[Cell]:
    per_label = [1e6 * seconds / case.n_chains for seconds in timing.seconds]
    over = str(ratio(timing.seconds, ours.seconds))
    middle = 1e6 * timing.median / case.n_chains
    return [name, middle, f"{min(per_label):.3g}–{max(per_label):.3g}", over, timing.first]


def _long_run(benchmark: Benchmark, quick: bool) -> None:
    """Generate as many labels as for the paper's alanine dipeptide; fewer, scaled up, if quick."""
    settings = dict(n_labels=20, embedding_dim=128, units=1024, n_chains=PAPER_CHAINS)
    scale = 100 if quick else 1
    contenders = [
        Contender(name, "benchmarks.generate_with:ours", settings, frames)
        for name, frames in (("short", 1), ("long", PAPER_LABELS // PAPER_CHAINS // scale))
    ]
    # The short run is the warm-up.
    long = race(contenders, rounds=1, warm_up=False)["long"]
    seconds = long.median * contenders[-1].count * scale
    what = f"generation, {PAPER_LABELS:g} labels, L 1024, {PAPER_CHAINS} chains"
    benchmark.goals.append(Goal(what + (", scaled up" if quick else ""), "<=", 120.0, seconds, "s"))


def _memory(benchmark: Benchmark, quick: bool) -> None:
    settings = dict(n_labels=3, embedding_dim=8, units=64, n_chains=100)
    short, long = SHORT, LONG // (5 if quick else 1)
    contenders = [
        Contender(name, "benchmarks.generate_with:ours", settings, frames)
        for name, frames in (("warm-up", short), ("short", short), ("long", long))
    ]
    timings = race(contenders, rounds=1, warm_up=False)
    before, after = timings["short"].peak_memory, timings["long"].peak_memory
    grown, label_bytes = after - before, 100 * (long - short)  # one byte per label
    rows: list[list[Cell]] = [[label_bytes / 1e6, grown / 1e6, grown / label_bytes]]
    benchmark.tables.append(
        Table(
            "memory against length, L 64, 100 chains",
            ["more labels, MB", "more peak memory, MB", "bytes per label"],
            rows,
            f"From {short * 100:g} to {long * 100:g} labels; one byte per label.",
        )
    )
    # Memory that does not grow with the length still varies by some MB between two runs.
    beyond = (grown - label_bytes) / 1e6
    benchmark.goals.append(Goal("generation, memory beyond the labels", "<=", 8.0, beyond, "MB"))
