"""``python -m reproduction``: list, record, verify, summarise and repeat long runs.

Three more commands compare the networks that the paper's authors published, answer the claims of
the paper, and calibrate the tests.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from lstm_md._support.archives import DamagedError
from lstm_md._support.files import whole_or_nothing
from lstm_md._support.revision import CHANGED, revision
from reproduction import answers
from reproduction.calibration.cases import CASES
from reproduction.calibration.record import LEARNED, calibrate_all, repeat_outside
from reproduction.fresh_sets import answers as fresh_sets
from reproduction.methods import differences
from reproduction.potentials import authors_networks
from reproduction.recipes import RECIPES
from reproduction.recipes import recipe as recipe_of
from reproduction.runs import records
from reproduction.runs.files import load_summary
from reproduction.runs.provenance import PACKAGE, SOURCES
from reproduction.runs.recipe import WORKING, EnsembleError, Recipe
from reproduction.runs.recording import outcomes, record, repeat, summarise, tell, verify

FINE, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 128  # Shells add the number of the signal.

EPILOG = f"""exit status: {FINE} if all is well; {FAILED} if a job failed, a check failed or a
verdict differs; {USAGE} for wrong usage; {INTERRUPTED + 2} after Ctrl-C and {INTERRUPTED + 15}
after SIGTERM. Whatever ended a command, its state is saved, and the same command continues from
there."""


class _Terminated(KeyboardInterrupt):
    """The end that SIGTERM asks for. It saves what Ctrl-C saves."""


def _list(folder: Path, names_only: bool, with_hidden: bool) -> None:
    recipes = [recipe for recipe in RECIPES.values() if with_hidden or not recipe.hidden]
    width = max(len(recipe.name) for recipe in recipes) + 2
    for recipe in recipes:
        if names_only:
            print(recipe.name)
            continue
        print(f"{recipe.name:{width}}{recipe.description}")
        print(f"{'':{width}}{_state(recipe, folder / recipe.name)}")


def _state(recipe: Recipe, path: Path) -> str:
    try:
        summary = load_summary(path)
    except FileNotFoundError:
        done = sum((path / job.file).is_file() for job in recipe.jobs)
        begun = f"begun, {done} of {len(recipe.jobs)} files done; `record` continues"
        return begun if done or (path / WORKING).is_dir() else "not recorded"
    except DamagedError as error:
        return str(error)
    origin = summary["provenance"]
    return (
        f"recorded {origin['date'][:10]}, {origin['seconds'] / 3600:.1f} core hours, "
        f"revision {origin['revision']}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reproduction",
        description="List, record, verify and repeat the long runs whose results the book shows.",
        epilog=EPILOG,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list all runs, and tell which are recorded")
    listing.add_argument("--names", action="store_true", help="print names only, one per line")
    listing.add_argument("--all", action="store_true", help="include the runs that tests use")
    recording = commands.add_parser(
        "record", help="make a record, or continue one; finished jobs are not done again"
    )
    verifying = commands.add_parser(
        "verify",
        help="check the checksums of a record, then compute all numbers and verdicts again",
    )
    summing = commands.add_parser(
        "summarise",
        help="compute and store the numbers and verdicts again, after a change of a criterion",
    )
    repeating = commands.add_parser(
        "repeat", help="make a record again in another folder, and compare the verdicts"
    )
    authors = commands.add_parser(
        "authors",
        help="compare the networks that the paper's authors published, epoch by epoch, with the "
        "trajectory that they published; this takes a minute",
    )
    answering = commands.add_parser(
        "answer", help="answer every claim of the paper from the records, under each method"
    )
    calibrating = commands.add_parser(
        "calibrate", help="repeat the calibrated test on simulated data, and record its errors"
    )
    calibrating.add_argument(
        "cases", nargs="*", metavar="CASE",
        help=f"all if left out: {'; '.join(CASES)}; or {LEARNED}",
    )  # fmt: skip
    calibrating.add_argument(
        "--repetitions", type=_positive, default=1000, metavar="N",
        help="repetitions for a false-alarm rate (default: %(default)s)",
    )  # fmt: skip
    calibrating.add_argument(
        "--cache", type=Path, default=Path("_build/calibration"),
        help="the folder that keeps the counts of simulations (default: %(default)s)",
    )  # fmt: skip
    calibrating.add_argument(
        "--outside", action="store_true",
        help="only measure the recorded false-alarm rates outside the limits again",
    )  # fmt: skip
    for command in (recording, verifying, summing, repeating):
        command.add_argument("name", metavar="NAME", help="a name that `list` prints")
        command.epilog = EPILOG
    for command in (
        listing,
        recording,
        verifying,
        summing,
        repeating,
        authors,
        answering,
        calibrating,
    ):
        command.add_argument(
            "--folder", type=Path, default=records.default_folder(),
            help="the folder that holds the records (default: %(default)s)",
        )  # fmt: skip
    for command in (recording, repeating):
        where = command.add_mutually_exclusive_group()
        where.add_argument(
            "--workers", type=_positive, metavar="N",
            help="processes on this machine, which share the usable cores (default: one for each)",
        )  # fmt: skip
        where.add_argument(
            "--scheduler", metavar="ADDRESS",
            help="a Dask cluster whose workers see the folder, such as tcp://10.0.0.1:8786",
        )  # fmt: skip
    recording.add_argument(
        "--with-changes", action="store_true",
        help="record although the source has changes that are not committed; the record says so",
    )  # fmt: skip
    repeating.add_argument(
        "--into", type=Path, default=Path("_build/repeated"),
        help="the folder for the new record (default: %(default)s), which is continued if it was "
        "begun there",
    )  # fmt: skip
    repeating.add_argument(
        "--seed", type=_positive, metavar="N",
        help="another seed than that of the record, for new simulations and trainings",
    )  # fmt: skip
    repeating.add_argument(
        "--fresh", action="store_true", help="remove what is in the new record's folder first"
    )
    authors.add_argument("checkpoints", type=Path, help="their folder training_checkpoints")
    authors.add_argument("prediction", type=Path, help="the file with their generated labels")
    authors.add_argument("--commit", default="", help="the commit of their files, to be recorded")
    authors.add_argument(
        "--output", type=Path, metavar="FILE", help="record the numbers in this JSON file"
    )
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "list":
        _list(options.folder, options.names, options.all)
        return FINE
    if options.command == "authors":
        return _compare_authors(options)
    if options.command == "answer":
        found = answers.answer_all(options.folder)
        answers.write(found, options.folder)
        differences.write(differences.judge_all(options.folder), options.folder)
        fresh_sets.write(options.folder)
        for answer in found:
            tell(f"{answer.claim}, {answer.method}: {answer.outcome}")
        return FINE
    if options.command == "calibrate":
        unknown = {*options.cases} - {*CASES, LEARNED}
        if unknown:
            parser.error(f"CASE: no case {min(unknown)!r}; there are {'; '.join(CASES)}")
        chosen = options.cases or [*CASES, LEARNED]
        if options.outside:
            repeat_outside(chosen, options.folder, options.cache)
        else:
            calibrate_all(chosen, options.repetitions, options.folder, options.cache)
        return FINE
    if options.name not in RECIPES:
        parser.error(f"NAME: no run {options.name!r}; there are {', '.join(RECIPES)}")
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(recipe_of(options.name, getattr(options, "seed", None)), options)
    except KeyboardInterrupt as stop:
        number = signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT
        _complain("stopped; the same command continues from here")
        return INTERRUPTED + number
    except (EnsembleError, OSError, ValueError) as error:
        _complain(str(error))
        return FAILED
    finally:
        signal.signal(signal.SIGTERM, before)


def _compare_authors(options: argparse.Namespace) -> int:
    """Run the command ``authors``."""
    try:
        record = records.load("four_state", options.folder)
        numbers = authors_networks.compare(
            options.checkpoints, options.prediction, record, commit=options.commit
        )
        if options.output:
            with whole_or_nothing(options.output) as temporary:
                temporary.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        _complain(str(error))
        return FAILED
    for table in authors_networks.tables(numbers):
        tell(f"{table}\n")
    return FINE


def _run(recipe: Recipe, options: argparse.Namespace) -> int:
    """Run the command ``verify``, ``summarise``, ``record`` or ``repeat``."""
    if options.command == "verify":
        wrong = verify(recipe, options.folder)
        for line in wrong:
            _complain(line)
        found = f"{len(wrong)} error(s) found" if wrong else "every checksum and number holds"
        tell(f"{recipe.name}: {found}")
        return FAILED if wrong else FINE
    if options.command == "summarise":
        summarise(recipe, options.folder)
        return FINE
    where = {"workers": options.workers, "scheduler": options.scheduler}
    if options.command == "record":
        commit = revision(PACKAGE, SOURCES)
        if commit.endswith(CHANGED) and not options.with_changes:
            raise ValueError(
                f"revision: {commit}, so nobody could make this record again; commit the changes, "
                f"or give --with-changes"
            )
        summary = record(recipe, options.folder, **where)
        for claim, outcome in outcomes(summary).items():
            tell(f"{claim}: {outcome}")
        return FINE
    if options.fresh:
        shutil.rmtree(options.into / recipe.name, ignore_errors=True)
    same = repeat(recipe, options.folder, options.into, **where)
    tell(f"the new record is in {options.into / recipe.name}; use --fresh to make it again")
    return FINE if same else FAILED


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
