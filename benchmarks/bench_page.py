"""The network in the page: how fast it generates, and how fast it is trained, in a browser."""

from __future__ import annotations

import statistics

from benchmarks.results import Benchmark, Cell, Goal, Table
from tools import browser
from tools.page_model import FOLDER, TITLES

WANTED = 20_000  # labels per second, on the machine that builds the book
FRAMES, EPOCHS = 200_000, 20  # of a training
LONGEST = 120  # seconds for it on one thread, so a minute on two
SCRIPT = """
const page = lstmMd.networks.{name};
const prompt = lstmMd.labelsOf(page.prompt, page.states);
const writer = new lstmMd.Writer(new lstmMd.Network(page), prompt);
const newCounts = () => new lstmMd.Counts(page.states.length, page.commitTimes, page.segment);
const text = new lstmMd.Text(writer, newCounts);
text.write({labels} / 10); // the browser compiles the loops
return Array.from({{ length: {rounds} }}, () => {{
  const begin = performance.now();
  text.write({labels});
  return {labels} / ((performance.now() - begin) / 1000);
}});
"""
# One step of a training takes 64 sequences, and reads the 100 labels before each of them first.
TRAINING = """
const {{ Engine, sizeOf }} = lstmMd.engine();
const kernels = Uint8Array.from(atob(lstmMd.kernels), (character) => character.charCodeAt(0));
const labels = Uint8Array.from({{ length: 10_000 }}, (_, k) => Math.floor(k / 37) % 3);
const engine = new Engine(kernels, labels, 3, 100);
engine.setWeights(new Float32Array(sizeOf(3)).fill(0.01));
const starts = Int32Array.from({{ length: 64 }}, (_, k) => 100 + 100 * k);
engine.sum(starts, 100, 1);
return Array.from({{ length: {rounds} }}, () => {{
  const begin = performance.now();
  for (let k = 0; k < {steps}; k++) engine.sum(starts, 100, 1);
  return (performance.now() - begin) / 1000 / {steps};
}});
"""


def run(quick: bool) -> Benchmark:
    """Run each network in its own page, with the loops of the page but without drawing."""
    rows: list[list[Cell]] = []
    goals = []
    where = "Chromium" if browser.browser() else "Node"
    for name in TITLES:
        script = SCRIPT.format(name=name, labels=10_000 if quick else 100_000, rounds=5)
        files = [FOLDER / "network.mjs", FOLDER / f"{name}.mjs"]
        rates = browser.evaluate(script, files, seconds=300)
        middle = statistics.median(rates)
        rows.append([name, middle, f"{min(rates):,.0f}–{max(rates):,.0f}"])
        goals.append(Goal(f"the page's network, {name}, {where}", ">=", WANTED, middle, "labels/s"))
    title, columns = f"in {where}, one thread", ["network", "labels per second", "least–most"]
    script = TRAINING.format(rounds=5, steps=3 if quick else 30)
    files = [FOLDER / "engine.mjs", FOLDER / "kernels.mjs"]
    steps = FRAMES // 6_400 * EPOCHS  # 64 sequences of 100 labels in each
    seconds = [steps * each for each in browser.evaluate(script, files, seconds=300)]
    middle = statistics.median(seconds)
    goals.append(Goal(f"training in the page, {where}", "<=", LONGEST, middle, "s"))
    trained = Table(
        f"training in {where}, one thread",
        ["labels", "epochs", "s", "least–most"],
        [[FRAMES, EPOCHS, middle, f"{min(seconds):.3g}–{max(seconds):.3g}"]],
    )
    return Benchmark("page", [Table(title, columns, rows), trained], goals)
