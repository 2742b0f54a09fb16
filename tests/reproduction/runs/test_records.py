import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_md._support.archives import DamagedError, save_arrays
from lstm_md._support.revision import revision
from lstm_md.analysis.kinetics import stays_of, transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings, segments
from lstm_md.judging import criteria
from lstm_md.systems import langevin, potentials
from reproduction.potentials import criteria as geometry
from reproduction.potentials import run as potential_runs
from reproduction.potentials.verdicts import PotentialEstimates, summarise
from reproduction.recipes import RECIPES
from reproduction.runs import records
from reproduction.runs.files import load_file, own_checksum, save_file
from reproduction.runs.provenance import provenance
from reproduction.runs.recipe import JobSettings

FROZEN = Path(__file__).parents[1] / "frozen"
RECORDED = Path(__file__).parents[3] / "book" / "recorded"


@pytest.fixture
def record(tmp_path):
    """A copy of the frozen record, to be damaged."""
    return Path(shutil.copytree(FROZEN / "smoke", tmp_path / "smoke"))


def edited(record, change):
    """Edit the summary, and correct its own checksum as a forger would."""
    summary = json.loads((record / "summary.json").read_text())
    change(summary)
    summary["sha256"] = own_checksum(summary)
    (record / "summary.json").write_text(json.dumps(summary))


def test_a_record_of_format_1_stays_readable():
    summary = json.loads((FROZEN / "smoke" / "summary.json").read_text())
    assert summary["format"] == 1, "a new format gets a frozen record of its own"
    record = records.load("smoke", FROZEN)
    assert record.data.shape == (20_000,) and record.data.dtype == np.uint8
    assert record.data[:8].tolist() == [1, 1, 1, 2, 1, 1, 1, 1]
    assert record.reference.shape == (200_000,)
    assert [labels.shape for labels in record.generated] == [(2, 20_000), (2, 20_000)]
    assert record.controls["untrained"].shape == (5, 20_000)
    first, second = record.trainings
    assert (first.settings["seed"], second.settings["seed"]) == (100, 101)
    assert first.loss.shape == first.validation_loss.shape == first.seconds.shape == (5,)
    assert first.embedding.shape == (3, 8)
    assert first.loss[-1] < first.loss[0] < np.log(3)
    assert first.provenance["backend"] in ("tensorflow", "jax")
    assert record.recorded().startswith("recorded on 25 November 2026, 2 trainings, revision ")


def test_verify_finds_nothing_wrong_with_a_complete_record(record):
    assert records.verify(record, summarise) == []


def test_a_model_of_a_record_has_its_weights():
    training = records.load("smoke", FROZEN).trainings[1]
    model = training.model()
    assert all((a == b).all() for a, b in zip(model.get_weights(), training.weights, strict=True))


def test_reading_a_record_loads_no_network_library():
    script = (
        "import sys; from pathlib import Path; from reproduction.runs import records;"
        f"records.load('smoke', Path({str(FROZEN)!r})).generated;"
        "print(sorted({'tensorflow', 'keras', 'jax'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


@pytest.mark.parametrize("name", ["data.npz", "training-01.npz", "summary.json"])
def test_a_flipped_byte_is_found_wherever_it_is(record, name):
    content = (record / name).read_bytes()
    for at in np.linspace(0, len(content) - 1, 5).astype(int):
        damaged = bytearray(content)
        damaged[at] ^= 1
        (record / name).write_bytes(damaged)
        assert any(name in line for line in records.verify(record, summarise)), at


def test_a_file_changed_together_with_its_own_checksum_is_found(record):
    content = load_file(record / "training-00.npz")
    generated = content.pop("generated").copy()
    generated[0, 100] = (generated[0, 100] + 1) % 3
    head = [content.pop(name) for name in ("format", "settings", "provenance")][1:]
    save_file(record / "training-00.npz", {**content, "generated": generated}, *head)
    wrong = records.verify(record, summarise)
    assert wrong[0].startswith("training-00.npz: its checksum is not the one recorded")
    assert any(line.startswith("numbers.populations.LSTM") for line in wrong)


def test_a_record_can_be_checked_when_it_is_opened(record, tmp_path):
    assert records.load("smoke", tmp_path, check=True).data.shape == (20_000,)
    content = load_file(record / "reference.npz")
    head = [content.pop(name) for name in ("format", "settings", "provenance")][1:]
    save_file(record / "reference.npz", {"labels": content["labels"][::-1]}, *head)
    assert records.load("smoke", tmp_path).data.shape == (20_000,), "no file is checked"
    with pytest.raises(DamagedError, match="reference.npz was changed after it was recorded"):
        records.load("smoke", tmp_path, check=True)
    (record / "reference.npz").unlink()
    with pytest.raises(DamagedError, match="reference.npz was changed"):
        records.load("smoke", tmp_path, check=True)


def test_records_that_are_not_finished_are_left_out():
    names = {"ours": "smoke", "theirs": "not_made"}
    assert records.those_finished(names, FROZEN) == {"ours": "smoke"}


def test_a_missing_file_is_found(record):
    (record / "reference.npz").unlink()
    assert "reference.npz: the file is missing" in records.verify(record, summarise)


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("numbers.populations.LSTM.value[1]", 1.001),
        ("numbers.counts.training data.error[0][0][1]", 1.001),
        ("numbers.loss[1][0]", 0.999),
    ],
)
def test_an_edited_number_is_found_even_if_the_checksum_was_corrected(record, where, change):
    def edit(summary):
        keys = where.replace("]", "").replace("[", ".").split(".")
        keys = [int(key) if key.isdigit() else key for key in keys]
        tree = summary
        for key in keys[:-1]:
            tree = tree[key]
        tree[keys[-1]] *= change

    edited(record, edit)
    (line,) = records.verify(record, summarise)
    assert line.startswith(f"{where}: recorded ")


def test_an_edited_verdict_is_found_and_rounding_is_not(record):
    edited(record, lambda s: s["verdicts"]["B1"].update(outcome="reproduced in spite of all"))
    (line,) = records.verify(record, summarise)
    assert line.startswith("verdicts.B1.outcome: recorded reproduced in spite of all, computed")
    assert records.differences("x", [1.0, None], [1.0 + 1e-9, None]) == []
    assert records.differences("x", {"a": 1}, {"b": 1}) == [
        "x.a: recorded 1, computed None", "x.b: recorded None, computed 1",
    ]  # fmt: skip


def test_an_edited_summary_is_found_by_its_own_checksum(record):
    summary = json.loads((record / "summary.json").read_text())
    summary["settings"]["epochs"] = 20
    (record / "summary.json").write_text(json.dumps(summary))
    assert records.verify(record, summarise) == [
        "summary.json: its checksum is not the one recorded; the file was changed"
    ]


def test_errors_say_what_to_do(record, tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m reproduction record linear"):
        records.load("linear", tmp_path)
    (record / "training-00.npz").write_bytes(b"PK")
    with pytest.raises(DamagedError, match="training-00.npz is damaged"):
        _ = records.load("smoke", tmp_path).generated
    save_arrays(record / "training-00.npz", {"format": np.array("2")})
    with pytest.raises(DamagedError, match="training-00.npz has format 2.*update lstm_md"):
        _ = records.load("smoke", tmp_path).generated
    edited(record, lambda summary: summary.update(format=2))
    with pytest.raises(DamagedError, match="summary.json has format 2"):
        records.load("smoke", tmp_path)


def test_labels_and_anything_else_come_back_as_they_were(tmp_path):
    random = np.random.default_rng(1)
    content = {
        "small": random.integers(0, 3, (2, 5000)).astype(np.uint8),
        "wide": random.integers(0, 1000, 70).astype(np.uint16),
        "numbers": random.random((3, 4)),
        "dotted.name": np.arange(3),
    }
    save_file(tmp_path / "a.npz", content, {"a": 1}, {"date": "now"})
    back = load_file(tmp_path / "a.npz")
    for name, array in content.items():
        assert back[name].dtype == array.dtype and (back[name] == array).all()
    assert (back["settings"], back["provenance"]) == ({"a": 1}, {"date": "now"})
    assert (tmp_path / "a.npz").stat().st_size < 7000, "labels of two bits take about two bits"
    save_file(tmp_path / "a.json", {"seconds": [1.5]}, {"a": 1}, {})
    assert load_file(tmp_path / "a.json")["seconds"] == [1.5]


def test_provenance_names_what_can_be_known(tmp_path):
    found = provenance()
    assert {"python", "numpy", "keras"} <= set(found["versions"])
    assert found["device"]["cpu"] and found["device"]["cores"] >= 1
    assert revision.__wrapped__(tmp_path) == "unknown"


def test_a_record_gives_the_controls_of_the_chapters():
    estimates = PotentialEstimates(records.load("smoke", FROZEN))
    verdict = estimates.verdict("K1")
    assert set(verdict.controls) == {
        "untrained network", "shuffled labels", "first-order Markov chain",
    }  # fmt: skip
    assert verdict.best is not None
    assert verdict.truth is not None
    assert set(estimates.verdict("K3").controls) == {
        *verdict.controls, "simulation of the triangular three-state potential",
    }  # fmt: skip
    # Independent simulations, as long and ten times as long, in segments like those of the data.
    assert estimates.counts["independent simulation"].n == 4
    assert estimates.counts["reference"].n == 40
    with pytest.raises(KeyError):
        estimates.verdict("R1")


def test_a_comparison_with_the_truth_adds_the_error_of_the_training_data():
    estimates = PotentialEstimates(records.load("smoke", FROZEN))
    learned, data = estimates.counts["LSTM"], estimates.counts["training data"]
    error = np.hypot(learned.error, data.error)
    assert estimates.curves_agree("LSTM", "reference") == criteria.curves_agree(
        Estimate(learned.value, error, learned.n), estimates.counts["reference"]
    )
    assert estimates.curves_agree("training data", "reference") == criteria.curves_agree(
        data, estimates.counts["reference"]
    )
    assert estimates.verdict("K1").truth == estimates.curves_agree("LSTM", "reference")


def test_the_numbers_of_a_record_are_computed_as_the_chapters_do():
    record = records.load("smoke", FROZEN)
    data, times = record.data, [1, 2, 5]

    def counts(labels):
        return by_segments(lambda segment: transition_counts(segment, times, n_labels=3), labels, 4)

    def shares(labels):
        return by_segments(lambda segment: populations(segment, n_labels=3), labels, 4)

    def scatter(trajectories):
        shares = [
            [populations(segment, n_labels=3) for segment in segments(labels, 4)]
            for labels in trajectories
        ]
        return np.sqrt(np.mean([np.var(each, axis=0, ddof=1) for each in shares]))

    generated = record.generated
    curves = over_trainings([counts(labels).value for labels in generated])
    k1 = criteria.curves_agree(curves, counts(data))
    means = over_trainings([shares(labels).value for labels in generated])
    b1 = criteria.populations_agree(means, shares(data), scatter(generated) / scatter([data]))
    estimates = PotentialEstimates(record)
    assert (estimates.verdict("B1").model, estimates.verdict("K1").model) == (b1, k1)
    rare = geometry.pair_is_rare(Estimate(curves.value[2], curves.error[2]), (0, 2))
    assert estimates.verdict("K3").model == rare, "5 frames are the nearest to ten here"
    np.testing.assert_array_equal(
        estimates.counts["reference"].value,
        transition_counts(segments(record.reference, 40), times, n_labels=3) / 40,
    )


def test_the_recipes_ask_for_the_papers_settings():
    linear, four = RECIPES["linear"].settings, RECIPES["four_state"].settings
    assert (linear["frames"], linear["trainings"], linear["epochs"]) == (200_000, 20, 20)
    assert (four["frames"], four["trainings"], four["labels"]) == (1_000_000, 10, 4)
    assert len(RECIPES["triangular"].jobs) == 24
    assert four["claims"] == ("B3", "K5", "K6", "K7", "E3")
    seeds = [job.arguments["seed"] for job in RECIPES["linear"].jobs]
    assert seeds == [1, *range(100, 120), 1001, 1, 1], "data, trainings, reference, controls"


def test_the_labels_of_the_four_state_potential_are_prepared_as_in_the_paper():
    arguments = {**RECIPES["four_state"].jobs[0].arguments, "frames": 30_000}
    labels = potential_runs.simulated(Path(), Path(), JobSettings(**arguments))["labels"]
    x = langevin.simulate(potentials.four_state, 30_049, seed=1).x
    smooth = np.convolve(x.astype(float), np.ones(50) / 50, mode="valid")
    nearest = np.abs(smooth[:, None] - [2, 0.5, -0.5, -2]).argmin(axis=1)
    assert labels.shape == (30_000,)
    assert stays_of(labels).length[:-1].min() >= 100
    assert np.mean(labels == nearest) > 0.95, "only short excursions differ"
    assert set(labels) == {0, 1, 2, 3}
