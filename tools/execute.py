"""Execute every chapter from scratch, one process per core, and report the progress.

``python -m tools.execute TARGET`` copies the book to TARGET and executes the copies. The book
itself does not change. At the end it says which of the compared outputs are not those of the book.
``--cache FOLDER`` keeps executed chapters in a folder, and uses one again if nothing that it
depends on has changed. ``--keep`` executes nothing: it copies the executed chapters from TARGET
into the book, so that their outputs can be committed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lstm_md._support.processes import ONE_THREAD, usable_cores
from tools.compared import differences
from tools.execution_cache import ExecutionCache
from tools.notebooks import BOOK, chapters, code_cells, dumps, normalise, read, text, write
from tools.waiting import Status, left

TAKES = re.compile(r"\btakes?\b[^.\n]*?(\d+)\s*(s|seconds?|min|minutes?)\b", re.IGNORECASE)


class ChapterError(Exception):
    """A cell raised an error; the message shows its source and the error."""


@dataclass
class Progress:
    """Counts finished chapters, and estimates how long the others take.

    Parameters
    ----------
    expected : dict of str to float
        The seconds that each chapter is said to take.
    jobs : int
        How many chapters are executed at the same time.
    """

    expected: dict[str, float]
    jobs: int = 1
    begun: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    status: Status = field(default_factory=Status)

    def begins(self, name: str) -> None:
        """Remember that a chapter is executed from now on."""
        self.begun[name] = time.perf_counter()

    def finished(self, name: str, kept: bool = False) -> None:
        """Count a chapter, and print its time and the time left."""
        self.seconds[name] = time.perf_counter() - self.begun[name]
        if kept:
            self.kept.add(name)
        took = "kept from before" if kept else f"{self.seconds[name]:.0f} s"
        left_over = f"; {left(self.seconds_left())}" if self._unfinished() else ""
        self.status.line(f"{len(self.seconds)}/{len(self.expected)} {name} … {took}{left_over}")

    def seconds_left(self) -> float:
        """Estimate the time left from what the chapters are said to take.

        The chapters that have been executed show how fast this machine is.
        """
        executed = self.seconds.keys() - self.kept
        said = sum(self.expected[name] for name in executed)
        pace = sum(self.seconds[name] for name in executed) / said if said else 1.0
        now = time.perf_counter()
        each = [
            max(pace * self.expected[name] - (now - self.begun.get(name, now)), 0.0)
            for name in self._unfinished()
        ]
        return max(sum(each) / self.jobs, *each) if each else 0.0

    async def show(self) -> None:
        """Say every second how far the execution is, until it is cancelled."""
        while True:
            running = [name for name in self._unfinished() if name in self.begun]
            self.status.show(
                f"{len(self.seconds)}/{len(self.expected)} executed; {left(self.seconds_left())}; "
                f"running: {', '.join(running)}"
            )
            await asyncio.sleep(1)

    def _unfinished(self) -> list[str]:
        return [name for name in self.expected if name not in self.seconds]


def expected_seconds(notebook: dict[str, Any]) -> float:
    """Read how long a chapter takes: 'takes about 3 minutes' is 180; 60 if it does not say."""
    found = TAKES.search(text(notebook))
    if found is None:
        return 60.0
    return float(found[1]) * (60 if found[2].lower().startswith("m") else 1)


async def execute(
    notebook: dict[str, Any], folder: Path, *, python: Path | None = None, timeout: int = 1800
) -> dict[str, Any]:
    """Run all cells in a new kernel in ``folder``, and return the notebook with its outputs.

    The kernel uses the interpreter ``python``, or the running one if left out.

    Raises
    ------
    ChapterError
        If a cell raises an error; the message has its number, its source and the error.
    """
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    # The path of the interpreter makes sure that no other kernel of the same name is used.
    manager = AsyncKernelManager(kernel_name="python3")
    assert manager.kernel_spec is not None
    manager.kernel_spec.argv[0] = str(python or sys.executable)
    client = NotebookClient(
        nbformat.reads(dumps(notebook), as_version=4),
        km=manager,
        timeout=timeout,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    # Output of libraries goes to a file, because it would mix with the lines of progress.
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, **ONE_THREAD}
        if python is not None:
            environment.pop("PYTHONPATH", None)  # another interpreter has libraries of its own
        try:
            executed = await client.async_execute(
                cleanup_kc=True, env=environment, stdout=log, stderr=log
            )
        except (CellExecutionError, CellTimeoutError) as error:
            raise ChapterError(str(error)) from None
        except (DeadKernelError, AssertionError) as error:
            # If the kernel dies while nbclient looks after it, nbclient fails in tidying up.
            dead = error if isinstance(error, DeadKernelError) else error.__context__
            if not isinstance(dead, DeadKernelError):
                raise
            log.seek(0)
            last = log.read().decode(errors="replace")[-2000:]
            raise ChapterError(f"{dead}; its last output was:\n{last}") from None
    return normalise(_plain(executed))


async def execute_all(
    paths: list[Path], jobs: int, cache: ExecutionCache | None = None
) -> dict[str, float]:
    """Execute notebooks in place, ``jobs`` at a time, and return the seconds of each.

    The first failure stops the others. A notebook is written only after all of its cells have run.
    Chapters in the cache are not executed again, and executed chapters are added to the cache.
    """
    notebooks = {path: read(path) for path in paths}
    expected = {path.stem: expected_seconds(notebooks[path]) for path in paths}
    order = sorted(paths, key=lambda path: -expected[path.stem])
    turn = asyncio.Semaphore(jobs)
    progress = Progress(expected, jobs)

    async def one(path: Path) -> None:
        async with turn:
            progress.begins(path.stem)
            executed = cache.get(path.stem, notebooks[path]) if cache else None
            kept = executed is not None
            try:
                executed = executed or await execute(notebooks[path], path.parent)
            except ChapterError as error:
                raise ChapterError(f"{path.stem} failed\n\n{error}") from None
            write(executed, path)
            if cache and not kept:
                cache.put(path.stem, notebooks[path], executed)
            progress.finished(path.stem, kept)

    tasks = [asyncio.create_task(one(path)) for path in order]
    shown = asyncio.create_task(progress.show())
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        # nbclient does not expect to be cancelled, and would print errors.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    finally:
        shown.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await shown
        progress.status.clear()
    return progress.seconds


def copy_book(target: Path, book: Path = BOOK) -> list[Path]:
    """Copy the book to ``target`` and return the chapters of the copy."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(book, target, ignore=shutil.ignore_patterns("_build", ".ipynb_checkpoints"))
    return chapters(target)


def changes(paths: list[Path], book: Path = BOOK) -> str:
    """Say which compared outputs of executed chapters are not those that the book has."""
    found = [
        f"{path.stem}, {each}"
        for path in paths
        for each in differences(read(book / path.name), read(path))
    ]
    if not found:
        return "the outputs that are compared are those in book/"
    outputs = "output is not the one" if len(found) == 1 else "outputs are not those"
    return "\n\n".join(
        [f"{len(found)} {outputs} in book/; `make outputs` copies the new into it", *found]
    )


def keep(target: Path, book: Path = BOOK) -> list[str]:
    """Copy the outputs in ``target`` into the book, and list what could not be copied.

    Prose may have changed since the execution, and code may not.
    """
    problems = []
    for path in chapters(book):
        executed = target / path.name
        if not executed.exists():
            problems.append(f"{path.stem}: not executed yet; run `make book`")
            continue
        chapter, ran = read(path), list(code_cells(read(executed)))
        if [cell["source"] for cell in code_cells(chapter)] != [cell["source"] for cell in ran]:
            problems.append(
                f"{path.stem}: its code was edited since it was executed; run `make book` again"
            )
            continue
        for cell, one in zip(code_cells(chapter), ran, strict=True):
            cell.update(one)
        write(chapter, path)
    return problems


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Execute every chapter from scratch.")
    parser.add_argument("target", type=Path, help="the folder of the executed copy")
    parser.add_argument("--only", nargs="*", help="names of chapters (default: all)")
    parser.add_argument(
        "--jobs", type=int, default=usable_cores(), help="chapters executed at the same time"
    )
    parser.add_argument(
        "--cache", type=Path, help="a folder that keeps executed chapters (default: none)"
    )
    parser.add_argument("--keep", action="store_true", help="only copy outputs into the book")
    options = parser.parse_args(arguments)
    if options.keep:
        problems = keep(options.target)
        print("\n".join(problems) or "outputs copied into book/", flush=True)
        return 1 if problems else 0

    paths = copy_book(options.target)
    if options.only is not None:
        unknown = set(options.only) - {path.stem for path in paths}
        if unknown:
            print(f"--only: no such chapter: {', '.join(sorted(unknown))}", file=sys.stderr)
            return 2
        paths = [path for path in paths if path.stem in options.only]
    jobs = max(1, min(options.jobs, len(paths)))
    print(f"executing {len(paths)} chapters, {jobs} at a time", flush=True)
    begin = time.perf_counter()
    try:
        cache = ExecutionCache(options.cache) if options.cache else None
        asyncio.run(execute_all(paths, jobs, cache))
    except ChapterError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"executed in {time.perf_counter() - begin:.0f} s", flush=True)
    print(changes(paths), flush=True)
    return 0


def _plain(node: Any) -> Any:
    """Turn nbformat's nodes into plain dictionaries and lists."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node


if __name__ == "__main__":
    sys.exit(main())
