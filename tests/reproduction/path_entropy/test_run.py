"""The run of T1 and T2: its texts, a small record of it, and verdicts on made-up losses."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from lstm_md._support.archives import DamagedError
from lstm_md.training import sequences
from reproduction import __main__ as runs
from reproduction.path_entropy import entropy as path_entropy
from reproduction.path_entropy import run as entropy_runs
from reproduction.path_entropy import verdicts as theory_verdicts
from reproduction.path_entropy.states import TITLES, closed_rate, known
from reproduction.recipes import RECIPES, recipe
from reproduction.runs import pool as ensembles
from reproduction.runs.files import load_summary
from reproduction.runs.recipe import do

SMOKE = RECIPES["path_entropy_smoke"].settings


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The folder with the smallest record, its parts done one after the other in this process."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensembles, "run", lambda parts, path, **_: [do(p, path) for p in parts])
        assert runs.main(["record", "path_entropy_smoke", "--folder", str(folder)]) == 0
    return folder


def test_a_record_is_whole_and_reads_as_the_chapter_wants_it(recorded, capsys):
    assert runs.main(["verify", "path_entropy_smoke", "--folder", str(recorded)]) == 0
    assert "every checksum and number holds" in capsys.readouterr().out
    record = theory_verdicts.load_theory(recorded / "path_entropy_smoke")
    assert list(record["processes"]) == list(TITLES)
    for of in record["processes"].values():
        assert of["exact"].shape == (4,) and of["entropies"].shape == (4,)
        assert of["losses"].shape == of["untrained"].shape == of["order 1"].shape == (2, 4)
        assert of["shuffled"].shape == (1, 4) and of["chains"].shape == (2, 4)
        assert of["loss"].shape == of["validation_loss"].shape == (2, 2)
        assert np.allclose(of["order 1"].mean(axis=1), of["chains"][:, 1])
        assert of["rate"] == pytest.approx(of["whole"], rel=0.2)
    verdicts = theory_verdicts.verdicts(record)
    assert [verdict.claim.id for verdict in verdicts] == ["T1", "T2"]
    assert all(verdict.source.startswith("recorded 2") for verdict in verdicts)
    assert list(load_summary(recorded / "path_entropy_smoke")["verdicts"]) == ["T1", "T2"]


def test_what_was_recorded_is_what_the_texts_give(recorded):
    record = theory_verdicts.load_theory(recorded / "path_entropy_smoke")
    for name, of in record["processes"].items():
        whole = entropy_runs.text(name, SMOKE["text_frames"], SMOKE["seed"], 0)
        losses = path_entropy.path_losses(known(name), whole)
        assert of["whole"] == pytest.approx(losses.mean())
        block = sequences(whole[:2_000], SMOKE["context_frames"])
        exact = path_entropy.path_losses(known(name), block)[:, 1:].mean()
        assert of["exact"][0] == pytest.approx(exact)
        own = entropy_runs.text(name, SMOKE["frames"], SMOKE["seed"], 2 + 1)
        chain = path_entropy.context_chain(own, 1, 3).losses(block, 1)[:, 1:].mean()
        assert of["order 1"][1, 0] == pytest.approx(chain)


def test_the_bound_of_what_was_held_back_is_that_of_its_text(recorded):
    record = theory_verdicts.load_theory(recorded / "path_entropy_smoke")
    bounds = entropy_runs.held_back_bounds("hidden_markov", record["settings"])
    # 79 sequences, of which 8 are held back.
    own = entropy_runs.text("hidden_markov", SMOKE["frames"], SMOKE["seed"], 2)
    held = path_entropy.path_losses(known("hidden_markov"), sequences(own[7_100:]))
    assert bounds[0] == pytest.approx(held[:, 1:].mean()) and len(bounds) == 2
    # No network of a record can be better than by chance; these have learned next to nothing.
    losses = record["processes"]["hidden_markov"]["validation_loss"][:, -1]
    assert (losses > np.array(bounds)).all()


def test_all_texts_are_different_and_come_from_the_seed():
    texts = {
        (name, seed, number): entropy_runs.text(name, 500, seed, number).tobytes()
        for name in TITLES
        for seed in (1, 2)
        for number in range(5)
    }
    assert len(set(texts.values())) == len(texts)
    assert texts["markov", 2, 3] == entropy_runs.text("markov", 500, 2, 3).tobytes()


def test_another_seed_is_another_run():
    pairs = zip(recipe("path_entropy").jobs, recipe("path_entropy", seed=2).jobs, strict=True)
    for first, second in pairs:
        assert dict(first.arguments) | {"seed": 2} == dict(second.arguments)


def test_twenty_trainings_a_process_and_no_text_is_learned_twice():
    numbers = {}
    for part in recipe("path_entropy").jobs:
        if part.file.startswith("learned"):
            numbers.setdefault(part.arguments["process"], []).extend(part.arguments["numbers"])
    assert numbers == {name: list(range(20)) for name in TITLES}


def test_a_first_order_chain_is_6_to_24_percent_above_all_rates_but_its_own():
    off = {}
    for name in TITLES:
        entropies = path_entropy.conditional_entropies(known(name), 8)
        off[name] = entropies[1] / (closed_rate(name) or entropies[-1]) - 1
    assert abs(off.pop("markov")) < 1e-9
    assert min(off.values()) == pytest.approx(0.06, abs=0.005)
    assert max(off.values()) == pytest.approx(0.24, abs=0.005)


def made_up(excess):
    """Processes whose networks lose that share more than the exact loss."""
    rng = np.random.default_rng(0)
    processes = {}
    for name in TITLES:
        exact = 0.4 + 0.002 * rng.normal(size=10)
        far = np.broadcast_to(1.2 * exact, (20, 10))
        processes[name] = {
            "rate": 0.4,
            "exact": exact,
            "losses": (1 + excess.get(name, 0.002)) * np.broadcast_to(exact, (20, 10)),
            **dict.fromkeys(("untrained", "shuffled", "order 0", "order 1"), far),
        }
    return {"processes": processes}


def outcomes(record):
    return [verdict.line() for verdict in theory_verdicts.verdicts(record)]


def test_networks_at_the_bound_reproduce_both_claims():
    assert outcomes(made_up({})) == ["T1: reproduced", "T2: reproduced"]


def test_one_process_that_is_not_learned_is_enough_to_fail():
    assert outcomes(made_up({"markov": 0.02})) == ["T1: not reproduced", "T2: reproduced"]
    for name in theory_verdicts.OTHERS:
        assert outcomes(made_up({name: 0.02})) == ["T1: reproduced", "T2: not reproduced"]


@pytest.mark.parametrize("control", ["untrained", "shuffled", "order 1"])
def test_a_control_that_passes_for_one_process_makes_the_test_too_weak(control):
    record = made_up({})
    of = record["processes"]["semi_markov"]
    of[control] = of["losses"]
    assert outcomes(record) == ["T1: reproduced", "T2: reproduced in part"]


def test_a_text_that_is_far_from_the_rate_is_shown():
    record = made_up({})
    of = record["processes"]["markov"]
    for name in ("exact", "losses"):
        of[name] = of[name] + 0.01
    best = theory_verdicts.verdicts(record)[0].best
    assert not best.passed and "its own loss +2." in best.measured


def test_changed_missing_and_other_records_are_refused(recorded, tmp_path):
    with pytest.raises(FileNotFoundError, match="record path_entropy"):
        theory_verdicts.load_theory(tmp_path)
    folder = shutil.copytree(recorded / "path_entropy_smoke", tmp_path / "changed")
    path = folder / "learned-markov-0.npz"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DamagedError, match="learned-markov-0.npz was changed"):
        theory_verdicts.load_theory(folder)
    path.unlink()
    with pytest.raises(DamagedError, match="learned-markov-0.npz was changed"):
        theory_verdicts.load_theory(folder)
    with pytest.raises(DamagedError, match="no record of known processes"):
        theory_verdicts.load_theory("book/recorded/costs")
