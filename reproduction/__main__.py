"""Long runs: list, record, verify, summarise, repeat. ``python -m reproduction --help``."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from lstm_md._support.archives import DamagedError
from reproduction.recipes import RECIPES
from reproduction.recipes import recipe as recipe_of
from reproduction.runs import records
from reproduction.runs.files import load_summary
from reproduction.runs.recipe import WORKING, EnsembleError, Recipe
from reproduction.runs.recording import outcomes, record, repeat, summarise, tell, verify
from reproduction.runs.records import Record, load

__all__ = ["Record", "load", "main", "record", "repeat"]

FINE, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 128  # plus the number of the signal, as shells count

EPILOG = f"""exit status: {FINE} fine; {FAILED} a part failed, a check failed or a verdict differs;
{USAGE} wrong usage; {INTERRUPTED + 2} after Ctrl-C and {INTERRUPTED + 15} after SIGTERM, with
everything saved: the same command goes on from there, as it does after any other end."""


class _Terminated(KeyboardInterrupt):
    """SIGTERM, so that it saves what Ctrl-C saves."""


def _list(folder: Path, names: bool, everything: bool) -> None:
    for recipe in RECIPES.values():
        if recipe.hidden and not everything:
            continue
        print(recipe.name if names else f"{recipe.name:16}{recipe.description}")
        if not names:
            print(f"{'':16}{_state(folder / recipe.name)}")


def _state(path: Path) -> str:
    try:
        summary = load_summary(path)
    except FileNotFoundError:
        return "begun, not finished" if (path / WORKING).is_dir() else "not recorded"
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
        description="Long runs whose results the chapters read: list, record, verify, repeat.",
        epilog=EPILOG,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="say which runs there are, and which are recorded")
    listing.add_argument("--names", action="store_true", help="names alone, a line each")
    listing.add_argument("--all", action="store_true", help="with those made for tests")
    recording = commands.add_parser(
        "record", help="do a run, or go on where it ended; what is finished is not done again"
    )
    verifying = commands.add_parser(
        "verify", help="check a record: checksums, then every number and verdict from the labels"
    )
    summing = commands.add_parser(
        "summarise",
        help="compute numbers and verdicts of a record anew, after a change of criteria",
    )
    repeating = commands.add_parser(
        "repeat", help="do a recorded run again elsewhere, and compare the verdicts"
    )
    for command in (recording, verifying, summing, repeating):
        command.add_argument("name", metavar="NAME", help="as `list --names` prints it")
        command.epilog = EPILOG
    for command in (listing, recording, verifying, summing, repeating):
        command.add_argument(
            "--folder", type=Path, default=records.default_folder(),
            help="what holds the records (default: %(default)s)",
        )  # fmt: skip
    for command in (recording, repeating):
        where = command.add_mutually_exclusive_group()
        where.add_argument(
            "--workers", type=_positive, metavar="N",
            help="processes on this machine, one thread each (default: the usable cores)",
        )  # fmt: skip
        where.add_argument(
            "--scheduler", metavar="ADDRESS",
            help="a Dask cluster, such as tcp://10.0.0.1:8786, whose workers see the folder",
        )  # fmt: skip
    repeating.add_argument(
        "--into", type=Path, default=Path("_build/repeated"),
        help="where the new record goes (default: %(default)s); one that was begun there goes on",
    )  # fmt: skip
    repeating.add_argument(
        "--seed", type=_positive, metavar="N",
        help="another than that of the record: new simulations, trainings and texts",
    )  # fmt: skip
    repeating.add_argument("--fresh", action="store_true", help="remove what is there first")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "list":
        _list(options.folder, options.names, options.all)
        return FINE
    if options.name not in RECIPES:
        parser.error(f"NAME: no run {options.name!r}; there are {', '.join(RECIPES)}")
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _do(recipe_of(options.name, getattr(options, "seed", None)), options)
    except KeyboardInterrupt as stop:
        number = signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT
        _complain("stopped; the same command goes on from here")
        return INTERRUPTED + number
    except (EnsembleError, OSError, ValueError) as error:
        _complain(str(error))
        return FAILED
    finally:
        signal.signal(signal.SIGTERM, before)


def _do(recipe: Recipe, options: argparse.Namespace) -> int:
    if options.command == "verify":
        wrong = verify(recipe, options.folder)
        for line in wrong:
            _complain(line)
        found = f"{len(wrong)} thing(s) wrong" if wrong else "every checksum and number holds"
        tell(f"{recipe.name}: {found}")
        return FAILED if wrong else FINE
    if options.command == "summarise":
        summarise(recipe, options.folder)
        return FINE
    where = {"workers": options.workers, "scheduler": options.scheduler}
    if options.command == "record":
        summary = record(recipe, options.folder, **where)
        for claim, outcome in outcomes(summary).items():
            tell(f"{claim}: {outcome}")
        return FINE
    if options.fresh:
        shutil.rmtree(options.into / recipe.name, ignore_errors=True)
    same = repeat(recipe, options.folder, options.into, **where)
    tell(f"the new record is in {options.into / recipe.name}; --fresh makes it anew")
    return FINE if same else FAILED


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
