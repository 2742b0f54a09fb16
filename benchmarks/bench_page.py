"""The network in the page: labels generated and counted per second in a browser."""

from __future__ import annotations

import statistics

from benchmarks.results import Benchmark, Cell, Goal, Table
from tools import browser
from tools.page_model import COMMIT_TIMES, FOLDER

WANTED = 20_000  # labels per second, on the machine that builds the book
SCRIPT = """
const page = lstmMd.networks.{name};
const prompt = lstmMd.labelsOf(page.prompt, page.states);
const writer = new lstmMd.Writer(new lstmMd.Network(page), prompt);
const counts = new lstmMd.Counts(page.states.length, page.commitTimes, page.segment);
const text = new lstmMd.Text(writer, counts);
text.write({labels} / 10); // the browser compiles the loops
return Array.from({{ length: {rounds} }}, () => {{
  const begin = performance.now();
  text.write({labels});
  return {labels} / ((performance.now() - begin) / 1000);
}});
"""


def run(quick: bool) -> Benchmark:
    """Run each network in its own page, with the loop of the page but without drawing."""
    rows: list[list[Cell]] = []
    goals = []
    where = "Chromium" if browser.browser() else "Node"
    for name in COMMIT_TIMES:
        script = SCRIPT.format(name=name, labels=10_000 if quick else 100_000, rounds=5)
        files = [FOLDER / "network.mjs", FOLDER / f"{name}.mjs"]
        rates = browser.evaluate(script, files, seconds=300)
        middle = statistics.median(rates)
        rows.append([name, middle, f"{min(rates):,.0f}–{max(rates):,.0f}"])
        goals.append(Goal(f"the page's network, {name}, {where}", ">=", WANTED, middle, "labels/s"))
    title, columns = f"in {where}, one thread", ["network", "labels per second", "least–most"]
    return Benchmark("page", [Table(title, columns, rows)], goals)
