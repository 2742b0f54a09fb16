"""Run every chapter with several seeds; a verdict that changes shows a claim or a test too weak.

``python -m tools.seeds`` executes copies, keeps the verdicts of each chapter and seed under
_build/seeds, and resumes after a stop. If a chapter or a package has changed, it is run again.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import sys
import time
from pathlib import Path

from lstm_md._support.files import whole_or_nothing
from lstm_md._support.processes import usable_cores
from tools.execute import ChapterError, copy_book, execute, expected_seconds
from tools.notebooks import BOOK, ROOT, Notebook, chapters, code_cells, read, tags
from tools.results import verdicts_of

SEEDS = (1, 2, 3, 4, 5)


def with_seed(notebook: Notebook, seed: int) -> Notebook:
    """Change the seed in the parameters cell of a notebook.

    Raises
    ------
    ValueError
        If there is no line with a seed.
    """
    cells, changed = [], 0
    for cell in notebook["cells"]:
        if "parameters" in tags(cell):
            source, n = re.subn(r"^seed = \d+", f"seed = {seed}", cell["source"], flags=re.M)
            cell, changed = dict(cell, source=source), changed + n
        cells.append(cell)
    if changed != 1:
        raise ValueError(f"expected one line `seed = N` in a parameters cell, found {changed}")
    return dict(notebook, cells=cells)


def verdicts(notebook: Notebook) -> dict[str, str]:
    """Return the outcome of each claim that an executed notebook judges.

    Raises
    ------
    ValueError
        If it has two different outcomes for one claim.
    """
    outcomes: dict[str, str] = {}
    for each in verdicts_of(notebook):
        if outcomes.setdefault(each["id"], each["outcome"]) != each["outcome"]:
            raise ValueError(f"two verdicts on {each['id']} in one chapter")
    return outcomes


def fingerprint(path: Path) -> str:
    """Return a hash of a chapter's code and of the packages; outputs and prose do not count."""
    digest = hashlib.sha256()
    for cell in code_cells(read(path)):
        digest.update(cell["source"].encode())
    for package in ("lstm_md", "reproduction"):
        for module in sorted((ROOT / package).rglob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()


def table(results: dict[str, dict[int, str]], seeds: tuple[int, ...]) -> tuple[str, list[str]]:
    """Write the table of claims and seeds, and list the claims whose verdict changes."""
    width = max((len(o) for row in results.values() for o in row.values()), default=6)
    head = "claim".ljust(8) + "".join(f"seed {s}".ljust(width + 2) for s in seeds)
    lines, flips = [head.rstrip()], []
    for claim, row in sorted(results.items()):
        cells = [row.get(seed, "missing") for seed in seeds]
        mark = ""
        if len(set(cells)) > 1:
            flips.append(claim)
            mark = "<- flips"
        lines.append((claim.ljust(8) + "".join(c.ljust(width + 2) for c in cells) + mark).rstrip())
    return "\n".join(lines), flips


async def run_all(seeds: tuple[int, ...], kept: Path, names: list[str], jobs: int) -> None:
    """Execute what has no result yet, the longest first, ``jobs`` at a time."""
    copy_book(kept / "book")
    turn = asyncio.Semaphore(jobs)
    paths = [path for path in chapters() if path.stem in names]
    todo = [(path, seed) for path in paths for seed in seeds]
    todo = [each for each in todo if _kept(kept, *each) is None]
    todo.sort(key=lambda each: -expected_seconds(read(each[0])))
    done = 0

    async def one(path: Path, seed: int) -> None:
        nonlocal done
        async with turn:
            begin = time.perf_counter()
            mark = fingerprint(path)
            try:
                executed = await execute(with_seed(read(path), seed), kept / "book")
            except ChapterError as error:
                raise ChapterError(f"{path.stem} failed with seed {seed}\n\n{error}") from None
            result = {"fingerprint": mark, "verdicts": verdicts(executed)}
            with whole_or_nothing(_file(kept, path, seed)) as temporary:
                temporary.write_text(json.dumps(result, indent=1))
            done += 1
            seconds = time.perf_counter() - begin
            print(f"{done}/{len(todo)} {path.stem}, seed {seed} … {seconds:.0f} s", flush=True)

    await asyncio.gather(*(one(*each) for each in todo))


def _file(kept: Path, path: Path, seed: int) -> Path:
    return kept / f"{path.stem}-{seed}.json"


def _kept(kept: Path, path: Path, seed: int) -> dict[str, str] | None:
    file = _file(kept, path, seed)
    if not file.exists():
        return None
    result = json.loads(file.read_text())
    return result["verdicts"] if result["fingerprint"] == fingerprint(path) else None


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Run every chapter with several seeds.")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--only", nargs="+", default=[path.stem for path in chapters()])
    parser.add_argument(
        "--jobs", type=int, default=usable_cores(), help="chapters executed at the same time"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.only) - {path.stem for path in chapters(BOOK)}
    if unknown:
        parser.error(f"--only: no such chapter: {', '.join(sorted(unknown))}")
    kept = ROOT / "_build" / "seeds"
    kept.mkdir(parents=True, exist_ok=True)
    seeds = tuple(options.seeds)
    try:
        asyncio.run(run_all(seeds, kept, options.only, options.jobs))
    except ChapterError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1

    results: dict[str, dict[int, str]] = {}
    for path in (path for path in chapters() if path.stem in options.only):
        for seed in seeds:
            for claim, outcome in (_kept(kept, path, seed) or {}).items():
                results.setdefault(f"{claim}", {})[seed] = outcome
    text, flips = table(results, seeds)
    print(text)
    if flips:
        print(f"flips: {', '.join(flips)}")
    if not results:
        print("no chapter gave a verdict")
    return 1 if flips or not results else 0


if __name__ == "__main__":
    sys.exit(main())
