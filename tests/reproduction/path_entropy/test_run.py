"""The run of T1 and T2: its trajectories, its jobs, and a small record of it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from lstm_md._support.archives import DamagedError
from lstm_md.training import sequences
from reproduction import __main__ as command
from reproduction.common.higher_order import fit_higher_order_chain
from reproduction.path_entropy.entropy import conditional_entropies
from reproduction.path_entropy.run import FIRST_TRAINING, trajectory, validation_bounds
from reproduction.path_entropy.states import TITLES, closed_form_rate, known_process
from reproduction.path_entropy.verdicts import EntropyEstimates
from reproduction.recipes import RECIPES, recipe
from reproduction.runs import records
from reproduction.runs.files import load_summary
from tests.reproduction.runs.in_this_process import in_this_process

NAME = "path_entropy_smoke"
SMOKE = RECIPES[NAME].settings


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The folder with the smallest record."""
    folder = tmp_path_factory.mktemp("recorded")
    with in_this_process():
        assert command.main(["record", NAME, "--with-changes", "--folder", str(folder)]) == 0
    return folder


def test_a_record_verifies_and_has_everything_that_the_chapter_shows(recorded, capsys):
    assert command.main(["verify", NAME, "--folder", str(recorded)]) == 0
    assert "every checksum and number holds" in capsys.readouterr().out
    estimates = EntropyEstimates(records.load(NAME, recorded))
    assert list(estimates.processes) == list(TITLES)
    for of in estimates.processes.values():
        assert of.exact.shape == (4,) and of.entropies.shape == (4,)
        assert of.losses.shape == of.untrained.shape == of.order_1.shape == (2, 4)
        assert of.shuffled.shape == (1, 4) and of.chains.shape == (2, 4)
        assert of.loss.shape == of.validation_loss.shape == (2, 2)
        assert np.allclose(of.order_1.mean(axis=1), of.chains[:, 1])
        assert of.rate == pytest.approx(of.whole, rel=0.2)
    verdicts = [estimates.verdict(claim) for claim in ("T1", "T2")]
    assert all(verdict.source.startswith("recorded on ") for verdict in verdicts)
    assert list(load_summary(recorded / NAME)["verdicts"]) == ["T1", "T2"]


def test_the_recorded_losses_are_those_of_the_trajectories(recorded):
    for name, of in EntropyEstimates(records.load(NAME, recorded)).processes.items():
        process = known_process(name)
        labels = trajectory(name, SMOKE["text_frames"], SMOKE["seed"], 0)
        assert of.whole == pytest.approx(process.losses(labels).mean())
        block = sequences(labels[:2_000], SMOKE["context_frames"])
        assert of.exact[0] == pytest.approx(process.losses(block)[:, 1:].mean())
        data = trajectory(name, SMOKE["frames"], SMOKE["seed"], FIRST_TRAINING + 1)
        chain = fit_higher_order_chain(data, 1, n_labels=3)
        assert of.order_1[1, 0] == pytest.approx(chain.losses(block)[:, 1:].mean())


def test_the_bound_of_the_validation_loss_is_that_of_the_validation_data(recorded):
    estimates = EntropyEstimates(records.load(NAME, recorded))
    bounds = validation_bounds("hidden_markov", estimates.settings)
    # 79 sequences, of which 8 are held back.
    data = trajectory("hidden_markov", SMOKE["frames"], SMOKE["seed"], FIRST_TRAINING)
    losses = known_process("hidden_markov").losses(sequences(data[7_100:]))
    assert bounds[0] == pytest.approx(losses[:, 1:].mean()) and len(bounds) == 2
    # Networks are better only by chance; these have learned next to nothing.
    last = estimates.processes["hidden_markov"].validation_loss[:, -1]
    assert (last > np.array(bounds)).all()


def test_all_trajectories_are_different_and_come_from_the_seed():
    found = {
        (name, seed, number): trajectory(name, 500, seed, number).tobytes()
        for name in TITLES
        for seed in (1, 2)
        for number in range(5)
    }
    assert len(set(found.values())) == len(found)
    assert found["markov", 2, 3] == trajectory("markov", 500, 2, 3).tobytes()


def test_another_seed_is_another_run():
    pairs = zip(recipe("path_entropy").jobs, recipe("path_entropy", seed=2).jobs, strict=True)
    for first, second in pairs:
        assert dict(first.arguments) | {"seed": 2} == dict(second.arguments)


def test_there_are_twenty_trainings_per_process_and_each_has_its_own_data():
    numbers = {}
    for job in recipe("path_entropy").jobs:
        if job.file.startswith("learned"):
            numbers.setdefault(job.arguments["process"], []).extend(job.arguments["numbers"])
    assert numbers == {name: list(range(20)) for name in TITLES}


def test_a_first_order_chain_is_6_to_24_percent_above_all_rates_but_its_own():
    excess = {}
    for name in TITLES:
        entropies = conditional_entropies(known_process(name), 8)
        excess[name] = entropies[1] / (closed_form_rate(name) or entropies[-1]) - 1
    assert abs(excess.pop("markov")) < 1e-9
    assert min(excess.values()) == pytest.approx(0.06, abs=0.005)
    assert max(excess.values()) == pytest.approx(0.24, abs=0.005)


def test_changed_and_missing_files_are_refused(recorded, tmp_path):
    with pytest.raises(FileNotFoundError, match="record path_entropy_smoke"):
        records.load(NAME, tmp_path)
    folder = shutil.copytree(recorded / NAME, tmp_path / NAME)
    path = folder / "learned-markov-0.npz"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DamagedError, match="learned-markov-0.npz"):
        records.load(NAME, tmp_path, check=True)
    path.unlink()
    with pytest.raises(DamagedError, match="learned-markov-0.npz"):
        records.load(NAME, tmp_path, check=True)


def test_a_record_with_too_few_trainings_is_refused(recorded):
    estimates = EntropyEstimates(records.load(NAME, recorded))
    estimates.settings["trainings"] = 3
    with pytest.raises(DamagedError, match="holds 2 trainings on the Markov chain"):
        _ = estimates.processes
