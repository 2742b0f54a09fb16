"""The record of T1 and T2: read, and judged. This needs no network library."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md._support.archives import DamagedError
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.path_entropy.criteria import NEAR, meet_an_entropy, meet_entropies, meets_entropy
from reproduction.path_entropy.states import TITLES
from reproduction.potentials.verdicts import round_for_json, verdict_to_json
from reproduction.runs.files import SUMMARY, check_files, load_file, load_summary

MARKOV, OTHERS = "markov", ("second_order", "hidden_markov", "semi_markov")
BOUNDS = ("rate", "rate_error", "exact", "whole", "short", "entropies", "untrained")
LEARNED = ("losses", "loss", "validation_loss", "chains", "first_chains")

Process = Mapping[str, Any]


def load_theory(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a record of :class:`reproduction.path_entropy.run.EntropyStudy`, and check its files.

    Parameters
    ----------
    path : path
        The record's folder.

    Returns
    -------
    dict
        ``provenance`` and ``settings``; ``processes``, by name what
        :func:`reproduction.path_entropy.run.bounds` and ``learned`` give, of all trainings
        together, and ``shuffled`` (networks, blocks).

    Raises
    ------
    FileNotFoundError
        If there is no finished record.
    DamagedError
        If a file was changed or is missing, or the record is another one.
    """
    folder = Path(path)
    if not (folder / SUMMARY).is_file():
        raise FileNotFoundError(
            f"path: there is no finished record in {folder}; make it with "
            f"`python -m reproduction record path_entropy`"
        )
    summary = load_summary(folder)
    if "processes" not in summary["settings"]:
        raise DamagedError(f"path: {folder} is no record of known processes; give another folder")
    check_files(folder, summary)
    return {
        "provenance": summary["provenance"],
        "settings": summary["settings"],
        "processes": _measured(folder, summary["settings"]),
    }


def verdicts(record: Mapping[str, Any]) -> list[Verdict]:
    """T1 and T2, each with what its criterion has to refuse.

    Parameters
    ----------
    record : mapping
        From :func:`load_theory`.
    """
    processes, origin = record["processes"], record.get("provenance")
    source = ""
    if origin:
        trainings = f"{record['settings']['trainings']} trainings a process"
        source = f"recorded {origin['date'][:10]}, {trainings}, revision {origin['revision']}"
    found = []
    if MARKOV in processes:
        chain = processes[MARKOV]
        tests = {
            "untrained network": _test(chain, "untrained"),
            "shuffled labels": _test(chain, "shuffled"),
            "populations alone (order 0)": _test(chain, "order 0"),
        }
        found.append(judge("T1", _test(chain, "losses"), tests, best=_itself(chain), source=source))
    if all(name in processes for name in OTHERS):

        def of_all(test: Callable[[Process], Outcome]) -> dict[str, Outcome]:
            return {TITLES[name]: test(processes[name]) for name in OTHERS}

        tests = {
            "untrained network": meet_an_entropy(of_all(lambda p: _test(p, "untrained"))),
            "shuffled labels": meet_an_entropy(of_all(lambda p: _test(p, "shuffled"))),
            "first-order Markov chain": meet_an_entropy(of_all(lambda p: _test(p, "order 1"))),
        }
        model = meet_entropies(of_all(lambda p: _test(p, "losses")))
        best = meet_entropies(of_all(_itself))
        found.append(judge("T2", model, tests, best=best, source=source))
    return found


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers that the chapter shows, and the verdicts, as JSON holds them."""
    processes = _measured(folder, settings)
    return {
        "numbers": {name: _numbers(of) for name, of in processes.items()},
        "verdicts": {
            verdict.claim.id: verdict_to_json(verdict)
            for verdict in verdicts({"processes": processes})
        },
    }


def excess(process: Process, name: str = "losses") -> Any:
    """D(P‖Q), nats a label, of each network or chain: its loss less the exact one."""
    return np.mean(process[name], axis=-1) - np.mean(process["exact"])


def _test(process: Process, name: str) -> Outcome:
    return meets_entropy(process[name], process["exact"], float(process["rate"]))


def _itself(process: Process) -> Outcome:
    """The process on the text that it wrote: how far one text is from the rate."""
    blocks, rate = np.asarray(process["exact"]), float(process["rate"])
    off = float(blocks.mean()) / rate - 1
    error = float(blocks.std(ddof=1)) / np.sqrt(blocks.size) / rate
    return Outcome(abs(off) <= NEAR, f"its own loss {off:+.2%} ± {error:.2%} from the rate")


def _numbers(of: Process) -> dict[str, Any]:
    one = {name: round_for_json(of[name]) for name in ("rate", "rate_error", "whole", "short")}
    return {
        **one,
        "exact": round_for_json(np.mean(of["exact"])),
        "entropies": round_for_json(of["entropies"]),
        "excess": round_for_json(excess(of)),
        "excess_of_chains": round_for_json(np.mean(of["chains"], axis=0) - np.mean(of["exact"])),
        "validation_loss": round_for_json(np.mean(of["validation_loss"], axis=0)),
    }


def _measured(folder: Path, settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    measured = {}
    for process in settings["processes"]:
        bounds = load_file(folder / f"exact-{process}.npz")
        own = {name: bounds[name] for name in BOUNDS}
        own["shuffled"] = load_file(folder / f"shuffled-{process}.npz")["losses"]
        files = folder.glob(f"learned-{process}-*.npz")
        some = [load_file(path) for path in sorted(files, key=lambda p: (len(p.name), p.name))]
        own |= {name: np.concatenate([part[name] for part in some]) for name in LEARNED}
        if len(own["losses"]) != settings["trainings"]:
            raise DamagedError(
                f"path: {folder} holds {len(own['losses'])} trainings on {TITLES[process]}, and "
                f"{settings['trainings']} were asked for; record it again"
            )
        first = own.pop("first_chains")
        own |= {"order 0": first[:, 0], "order 1": first[:, 1]}
        measured[process] = own
    return measured
