"""Generation: microseconds a label with 1, 100 and 1,000 chains, and memory against length."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.harness import Contender, Timing, race, ratio
from benchmarks.results import Cell, Goal, Part, Table

COLUMNS = ["contender", "µs a label", "least–most", "over ours", "first round, s"]
WAYS = {"ours": "ours", "PyTorch LSTMCell": "pytorch", "eager Keras loop": "keras_loop"}


@dataclass(frozen=True)
class Case:
    """A size, a number of chains, the frames a round of each way, and the goal in µs a label."""

    labels: int
    embedding: int
    units: int
    chains: int
    frames: tuple[int, int, int]
    goal: float | None = None


CASES = (
    Case(3, 8, 64, 1, (200_000, 5_000, 40), 3.0),
    Case(3, 8, 64, 100, (10_000, 2_000, 40), 0.7),
    Case(3, 8, 64, 1000, (1_000, 200, 20)),
    Case(20, 128, 1024, 1, (4_000, 300, 30), 166.0),
    Case(20, 128, 1024, 100, (150, 100, 30), 50.0),
    Case(20, 128, 1024, 1000, (30, 15, 10)),
)
PAPER_LABELS, PAPER_CHAINS = 2_000_000, 100
SHORT, LONG = 20_000, 200_000  # frames of each of 100 chains


def run(quick: bool) -> Part:
    """All cases, a long run at the paper's size, and the memory of a long run."""
    part = Part("generation", [])
    for case in CASES:
        _measure(part, case, quick)
    _long_run(part, quick)
    _memory(part, quick)
    return part


def _measure(part: Part, case: Case, quick: bool) -> None:
    settings = dict(
        labels=case.labels, embedding=case.embedding, units=case.units, chains=case.chains
    )
    contenders = [
        Contender(name, f"benchmarks.generate_with:{factory}", settings, _fewer(frames, quick))
        for (name, factory), frames in zip(WAYS.items(), case.frames)
    ]
    timings = race(contenders, rounds=2 if quick else 5)
    title = f"M {case.embedding} L {case.units} N {case.labels}, {case.chains} chain(s)"
    part.tables.append(
        Table(title, COLUMNS, [_row(*item, timings, case) for item in timings.items()])
    )
    if case.goal is not None:
        spent = 1e6 * timings["ours"].median / case.chains
        part.goals.append(Goal(f"generation, {title}", "<=", case.goal, spent, "µs a label"))


def _fewer(frames: int, quick: bool) -> int:
    return max(frames // 10, 5) if quick else frames


def _row(name: str, timing: Timing, timings: dict[str, Timing], case: Case) -> list[Cell]:
    labels = [1e6 * seconds / case.chains for seconds in timing.seconds]
    over = str(ratio(timing.seconds, timings["ours"].seconds))
    middle = 1e6 * timing.median / case.chains
    return [name, middle, f"{min(labels):.3g}–{max(labels):.3g}", over, timing.first]


def _long_run(part: Part, quick: bool) -> None:
    """The number of labels of the paper's alanine dipeptide, once and whole; scaled if quick."""
    settings = dict(labels=20, embedding=128, units=1024, chains=PAPER_CHAINS)
    scale = 100 if quick else 1
    contenders = [
        Contender(name, "benchmarks.generate_with:ours", settings, frames)
        for name, frames in (("short", 1), ("long", PAPER_LABELS // PAPER_CHAINS // scale))
    ]
    # The short run takes the place of a round that is not counted.
    long = race(contenders, rounds=1, warm_up=False)["long"]
    seconds = long.median * contenders[-1].count * scale
    what = f"generation, {PAPER_LABELS:g} labels, L 1024, {PAPER_CHAINS} chains"
    part.goals.append(Goal(what + (", scaled up" if quick else ""), "<=", 120.0, seconds, "s"))


def _memory(part: Part, quick: bool) -> None:
    settings = dict(labels=3, embedding=8, units=64, chains=100)
    short, long = SHORT, LONG // (5 if quick else 1)
    contenders = [
        Contender(name, "benchmarks.generate_with:ours", settings, frames)
        for name, frames in (("warm-up", short), ("short", short), ("long", long))
    ]
    timings = race(contenders, rounds=1, warm_up=False)
    before, after = timings["short"].peak_memory, timings["long"].peak_memory
    grown, labels = after - before, 100 * (long - short)  # a byte each
    rows: list[list[Cell]] = [[labels / 1e6, grown / 1e6, grown / labels]]
    part.tables.append(
        Table(
            "memory against length, L 64, 100 chains",
            ["more labels, MB", "more peak memory, MB", "bytes a label"],
            rows,
            f"From {short * 100:g} to {long * 100:g} labels; a label is one byte.",
        )
    )
    # What does not grow with the length still varies by some MB between two runs.
    goal = Goal("generation, memory beyond the labels", "<=", 8.0, (grown - labels) / 1e6, "MB")
    part.goals.append(goal)
