import importlib.util
import os
import subprocess
import sys
import zlib
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis import markov, markov_models
from lstm_md.analysis._probabilities import CHANCE
from lstm_md.analysis.kinetics import transition_counts, transition_rates
from lstm_md.analysis.markov import MarkovModel
from lstm_md.analysis.markov_models import HiddenMarkovModel, fit_hmm, fit_msm
from lstm_md.training import sequences
from tests.analysis.frozen import pyemma_reference as frozen

CHAIN = np.array([[0.97, 0.02, 0.01], [0.04, 0.94, 0.02], [0.02, 0.02, 0.96]])  # reversible
HIDDEN = np.array([[0.98, 0.02], [0.05, 0.95]])
OUTPUT = np.array([[0.5, 0.3, 0.15, 0.05, 0.0], [0.0, 0.1, 0.2, 0.3, 0.4]])
LIBRARIES = [
    "deeptime",
    pytest.param(
        "pyemma",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("pyemma") is None, reason="PyEMMA is not installed"
        ),
    ),
]
KNOWN = HiddenMarkovModel(HIDDEN, OUTPUT)


def test_msm_recovers_an_exact_chain_at_any_lag():
    labels = markov.simulate_markov_chain(CHAIN, 300_000, seed=1)
    exact = markov.stationary(CHAIN)
    eigenvalues = np.sort(np.linalg.eigvals(CHAIN).real)[::-1]
    for lag in (1, 5):
        model = fit_msm(labels, lag, n_labels=3)
        np.testing.assert_allclose(
            model.transition_matrix, np.linalg.matrix_power(CHAIN, lag), atol=0.02
        )
        np.testing.assert_allclose(model.stationary, exact, atol=0.02)
        np.testing.assert_allclose(model.timescales, -1 / np.log(eigenvalues[1:]), rtol=0.05)
        assert model.lag_frames == lag


def test_msm_without_detailed_balance_is_the_plain_count_ratio():
    labels = markov.simulate_markov_chain(CHAIN, 20_000, seed=2)
    model = fit_msm(labels, 3, n_labels=3, reversible=False)
    np.testing.assert_allclose(
        model.transition_matrix,
        markov.fit_markov_chain(labels, lag_frames=3).transition_matrix,
        atol=1e-12,
    )


def test_msm_of_two_chains_counts_no_transition_between_them():
    model = fit_msm([[0, 1, 0, 1, 0, 0], [2, 3, 2, 3, 2, 3]], 1, n_labels=4)
    assert set(np.flatnonzero(model.stationary)) in ({0, 1}, {2, 3})


def test_msm_with_labels_that_never_occur_can_be_simulated():
    labels = 2 * markov.simulate_markov_chain(CHAIN, 50_000, seed=3)  # 0, 2, 4
    model = fit_msm(labels, 1, n_labels=6)
    np.testing.assert_array_equal(model.stationary[[1, 3, 5]], 0)
    np.testing.assert_allclose(model.transition_matrix.sum(axis=1), 1)
    assert set(model.simulate(1000, seed=1)) <= {0, 2, 4}


@pytest.mark.parametrize("reversible", [True, False])
@pytest.mark.filterwarnings("ignore:Using eigenvalues with non-zero imaginary part")
def test_msm_has_the_timescales_that_deeptime_computes(reversible):
    deeptime = markov_models.libraries.deeptime()
    chain = np.random.default_rng(9).dirichlet(np.full(20, 0.3), size=20)
    labels = markov.simulate_markov_chain(chain, 20_000, seed=9)
    for lag in (1, 4):
        counts = deeptime.markov.TransitionCountEstimator(lag, "sliding").fit_fetch(labels)
        estimator = deeptime.markov.msm.MaximumLikelihoodMSM(reversible=reversible)
        expected = estimator.fit_fetch(counts.submodel_largest()).timescales()
        found = fit_msm(labels, lag, reversible=reversible).timescales
        np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_msm_of_labels_without_memory_has_times_of_zero_where_deeptime_has_rounding():
    deeptime = markov_models.libraries.deeptime()
    labels = np.array([0, 0, 1, 1, 2, 2, 0, 2, 1, 0])  # each pair of labels once
    model = fit_msm(labels, 1, reversible=False)
    np.testing.assert_allclose(model.transition_matrix, 1 / 3)
    assert model.timescales.tolist() == [0.0, 0.0]
    theirs = deeptime.markov.msm.MarkovStateModel(model.transition_matrix).timescales()
    assert (theirs < 0.04).all()  # −1 / ln 1e-16 is 0.03


def test_msm_of_one_label_stays_there():
    model = fit_msm(np.ones(100, np.uint8), 1, n_labels=3)
    np.testing.assert_array_equal(model.stationary, [0, 1, 0])
    assert model.timescales.size == 0


def test_hmm_recovers_a_hidden_chain_that_an_msm_gets_wrong():
    labels = KNOWN.simulate(100_000, seed=1)
    model = fit_hmm(labels, 2, 1, n_labels=5)
    np.testing.assert_allclose(model.transition_matrix, HIDDEN, atol=0.01)
    np.testing.assert_allclose(model.output_probabilities, OUTPUT, atol=0.02)
    np.testing.assert_allclose(model.stationary, [5 / 7, 2 / 7], atol=0.03)
    np.testing.assert_allclose(model.timescales, KNOWN.timescales, rtol=0.1)
    np.testing.assert_allclose(model.populations, np.bincount(labels) / labels.size, atol=0.01)
    assert model.iterations > 1 and np.isfinite(model.log_likelihood)
    assert fit_msm(labels, 1, n_labels=5).timescales[0] < 0.5 * KNOWN.timescales[0]


def test_hmm_at_a_lag_gives_the_same_timescale_in_frames():
    labels = KNOWN.simulate(200_000, seed=2)
    model = fit_hmm(labels.reshape(2, -1), 2, 5, n_labels=5)
    np.testing.assert_allclose(model.timescales, KNOWN.timescales, rtol=0.25)
    np.testing.assert_allclose(
        model.transition_matrix, np.linalg.matrix_power(HIDDEN, 5), atol=0.04
    )


def test_hidden_states_are_numbered_by_their_mean_label():
    labels = KNOWN.simulate(20_000, seed=5)
    model, mirrored = fit_hmm(labels, 2, 1, n_labels=5), fit_hmm(4 - labels, 2, 1, n_labels=5)
    for found in (model, mirrored):
        assert (np.diff(found.output_probabilities @ np.arange(5)) > 0).all()
    # The same states the other way round, so every part of the model has to turn with them.
    kept = {"rtol": 1e-3, "atol": 1e-4}
    turned = mirrored.transition_matrix[::-1, ::-1]
    np.testing.assert_allclose(turned, model.transition_matrix, **kept)
    np.testing.assert_allclose(mirrored.stationary[::-1], model.stationary, **kept)
    turned = mirrored.output_probabilities[::-1, ::-1]
    np.testing.assert_allclose(turned, model.output_probabilities, **kept)


def test_hmm_takes_a_frame_from_each_shifted_copy_only():
    labels = KNOWN.simulate(20_000, seed=6)
    every_other = fit_hmm(labels, 2, 4, n_labels=5, stride=2)
    labels[1::2] = 0  # what lies between the frames that are seen
    np.testing.assert_array_equal(
        fit_hmm(labels, 2, 4, n_labels=5, stride=2).transition_matrix, every_other.transition_matrix
    )


def test_hmm_of_a_finer_accuracy_is_nearer_to_the_maximum():
    labels = KNOWN.simulate(5_000, seed=7)
    coarse, fine = (fit_hmm(labels, 2, 1, n_labels=5, accuracy=a) for a in (1.0, 1e-6))
    assert coarse.iterations < fine.iterations
    assert coarse.log_likelihood < fine.log_likelihood


def test_hmm_that_skips_a_label_gives_it_no_probability():
    labels = 2 * KNOWN.simulate(2_000, seed=8)  # 0, 2, 4, 6, 8
    labels[labels == 8] = 6
    labels[17] = 9
    model = fit_hmm(labels, 2, 10, n_labels=10, stride=10)
    assert not model.output_probabilities[:, [1, 3, 5, 7, 8, 9]].any()
    np.testing.assert_allclose(model.output_probabilities.sum(axis=1), 1)


def test_hmm_of_labels_with_gaps_gives_the_absent_ones_no_probability():
    labels = 2 * KNOWN.simulate(20_000, seed=3)
    model = fit_hmm(labels, 2, 1, n_labels=10)
    np.testing.assert_array_equal(model.output_probabilities[:, 1::2], 0)
    np.testing.assert_allclose(model.output_probabilities.sum(axis=1), 1)


def test_simulated_hmm_has_the_populations_and_the_memory_of_the_model():
    labels = KNOWN.simulate(50_000, seed=4, n_chains=4)
    assert labels.shape == (4, 50_000) and labels.dtype == np.uint8
    populations = np.bincount(labels.ravel(), minlength=5) / labels.size
    np.testing.assert_allclose(populations, KNOWN.populations, atol=0.01)
    # P(l(t), l(t + n)) = Σ π_i B_i T^n_ij B_j, exactly.
    for n in (1, 20):
        joint = OUTPUT.T @ np.diag(KNOWN.stationary) @ np.linalg.matrix_power(HIDDEN, n) @ OUTPUT
        pairs = np.zeros((5, 5))
        np.add.at(pairs, (labels[:, :-n], labels[:, n:]), 1)
        np.testing.assert_allclose(pairs / pairs.sum(), joint, atol=0.005)


def test_simulated_hmm_is_the_same_for_the_same_seed_only():
    one, same, other = (KNOWN.simulate(200, seed=s) for s in (1, 1, 2))
    assert one.shape == (200,)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


# Losses

HMM = HiddenMarkovModel(
    [[0.9, 0.08, 0.02], [0.1, 0.7, 0.2], [0.0, 0.3, 0.7]],
    [[0.6, 0.3, 0.1, 0.0], [0.1, 0.4, 0.4, 0.1], [0.0, 0.1, 0.2, 0.7]],
)
TURNS = HiddenMarkovModel([[0.0, 1.0], [1.0, 0.0]], np.eye(2))
ROW = [0, 0, 1, 3, 2, 2, 0, 1]


def probability(model, labels, chance=CHANCE):
    """Of a row of labels: the sum over all hidden paths, with labels also drawn by chance."""
    output = (1 - chance) * model.output_probabilities + chance / model.n_labels
    total = 0.0
    for path in product(range(len(output)), repeat=len(labels)):
        one = model.stationary[path[0]] * output[path[0], labels[0]]
        for before, state, label in zip(path, path[1:], labels[1:]):
            one *= model.transition_matrix[before, state] * output[state, label]
        total += one
    return total


def test_the_losses_are_the_sum_over_all_hidden_paths():
    rows = [ROW, [1, 2, 1, 0, 0, 1, 3, 3]]
    losses = HMM.losses(rows)
    assert losses.shape == (2, 8)
    for row, found in zip(rows, losses):
        for frames in (1, 3, 8):
            by_hand = -np.log(probability(HMM, row[:frames], chance=0.0))
            assert found[:frames].sum() == pytest.approx(by_hand, rel=1e-12)


def test_the_loss_is_the_sum_over_all_hidden_paths_given_the_first_label():
    expected = np.log(probability(HMM, ROW[:1])) - np.log(probability(HMM, ROW))
    assert HMM.loss(ROW) == pytest.approx(expected / 7, rel=1e-12)
    assert HMM.loss(ROW[::-1]) != pytest.approx(expected / 7, rel=1e-3)


def test_each_chain_starts_from_the_stationary_distribution():
    rows = [ROW, ROW[::-1], [3] * 8]
    assert HMM.loss(rows) == pytest.approx(np.mean([HMM.loss(row) for row in rows]))
    assert HMM.loss(np.concatenate(rows)) != pytest.approx(HMM.loss(rows), rel=1e-3)


def test_no_other_model_has_a_lower_loss_on_labels_that_a_model_generated():
    labels = HMM.simulate(100_000, seed=1)
    own = HMM.loss(labels)
    hidden, output = HMM.transition_matrix, HMM.output_probabilities
    slower = HiddenMarkovModel(0.8 * hidden + 0.2 * np.eye(3), output)
    blurred = HiddenMarkovModel(hidden, 0.9 * output + 0.1 / 4)
    memoryless = HiddenMarkovModel(np.tile(HMM.stationary, (3, 1)), output)
    assert own < slower.loss(labels) - 1e-3
    assert own < blurred.loss(labels) - 1e-3
    # Without a memory only the populations are left.
    independent = -np.log(HMM.populations[labels[1:]]).mean()
    assert memoryless.loss(labels) == pytest.approx(independent, abs=1e-5)
    assert own < independent - 0.1


def test_the_order_of_the_hidden_states_does_not_matter():
    order = [2, 0, 1]
    other = HiddenMarkovModel(
        HMM.transition_matrix[np.ix_(order, order)], HMM.output_probabilities[order]
    )
    assert other.loss(ROW) == pytest.approx(HMM.loss(ROW), rel=1e-12)


def test_hidden_states_that_show_themselves_make_a_markov_chain():
    labels = markov.simulate_markov_chain(CHAIN, 5_000, seed=2)
    shown = HiddenMarkovModel(CHAIN, np.eye(3))
    assert shown.loss(labels) == pytest.approx(MarkovModel(CHAIN).loss(labels), abs=1e-4)
    assert shown.timescales == pytest.approx(MarkovModel(CHAIN).timescales)


def test_a_longer_past_lowers_the_loss():
    slow = HiddenMarkovModel([[0.99, 0.01], [0.01, 0.99]], HMM.output_probabilities[[0, 2]])
    labels = slow.simulate(100_001, seed=3)
    losses = [slow.loss(list(sequences(labels, length))) for length in (2, 10, 100, 100_000)]
    assert (np.diff(losses) < -1e-3).all()
    assert losses[-1] == pytest.approx(slow.loss(labels))


def test_a_label_that_no_hidden_state_shows_has_a_finite_loss_and_says_nothing():
    outputs = np.column_stack([HMM.output_probabilities, np.zeros(3)])
    model = HiddenMarkovModel(HMM.transition_matrix, outputs)  # label 4 is never shown
    limit = np.log(5 / CHANCE)
    assert model.loss([0, 4]) == pytest.approx(limit, abs=1e-9)
    assert model.loss(ROW) == pytest.approx(HMM.loss(ROW), abs=1e-5)
    # After it, the next label is predicted from the label two frames before.
    now = HMM.stationary * outputs[:, 0]
    later = now / now.sum() @ np.linalg.matrix_power(HMM.transition_matrix, 2) @ outputs[:, 3]
    expected = (limit - np.log(later)) / 2
    assert model.loss([0, 4, 3]) == pytest.approx(expected, abs=1e-4)


def test_a_path_that_the_hidden_chain_rules_out_has_a_finite_loss():
    assert TURNS.loss([0, 1, 0, 1]) == pytest.approx(0, abs=2 * CHANCE)
    assert 13 < TURNS.loss([0, 0]) < np.log(2 / CHANCE)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: fit_msm([0.5, 1.5], 1, n_labels=2), ValueError, "labels: expected whole numbers"),
        (
            lambda: fit_msm([0, 1, 5], 1, n_labels=2),
            ValueError,
            "labels: expected labels from 0 to 1",
        ),
        (lambda: fit_msm([0, 1, 0], 3, n_labels=2), ValueError, "at least 4 frame"),
        (lambda: fit_msm([0, 1, 0], 0, n_labels=2), ValueError, "lag_frames: expected at least 1"),
        (
            lambda: fit_hmm([0, 1, 0], 1, 1, n_labels=2),
            ValueError,
            "n_hidden_states: expected at least 2",
        ),
        (
            lambda: fit_hmm([0, 1] * 9, 3, 1, n_labels=4),
            ValueError,
            "n_hidden_states: found 3, but only 2",
        ),
        (
            lambda: fit_hmm([0, 1] * 9, 2, 1, n_labels=2, stride=0),
            ValueError,
            "stride: expected at least",
        ),
        (
            lambda: fit_hmm([0, 1] * 9, 2, 1, n_labels=2, stride="all"),
            TypeError,
            "stride: expected a whole",
        ),
        (
            lambda: fit_hmm([0, 1] * 9, 2, 1, n_labels=2, accuracy=0),
            ValueError,
            "accuracy: expected more",
        ),
        (
            lambda: fit_msm([0, 1, 0], 1, n_labels=2, library="emma"),
            ValueError,
            "library: .* 'pyemma'",
        ),
        (
            lambda: fit_hmm([0, 1] * 9, 2, 1, n_labels=2, library="emma"),
            ValueError,
            "found 'emma'; choose",
        ),
        (lambda: KNOWN.simulate(0, seed=1), ValueError, "expected at least 1"),
        (lambda: HiddenMarkovModel(HIDDEN, OUTPUT * 2), ValueError, "output_probabilities: row 0"),
        (lambda: HiddenMarkovModel(2 * HIDDEN, OUTPUT), ValueError, "transition_matrix: row 0"),
        (
            lambda: HiddenMarkovModel(HIDDEN, OUTPUT[:1]),
            ValueError,
            r"transition_matrix: expected shape \(1, 1\) for 1 rows of output_probabilities",
        ),
        (lambda: HMM.loss([0, 4]), ValueError, "labels: expected labels from 0 to 3"),
        (lambda: HMM.loss([0]), ValueError, "labels: .*at least 2 frame"),
        (lambda: HMM.loss([0.5, 1.0]), ValueError, "labels: expected whole"),
        (lambda: replace(HMM, lag_frames=3).loss(ROW), ValueError, "model: .*3.* lag_frames=1"),
        (
            lambda: HiddenMarkovModel(np.eye(3), HMM.output_probabilities).loss(ROW),
            ValueError,
            "never left",
        ),
        (
            lambda: TURNS.losses([[0, 1], [1, 1]]),
            ValueError,
            "labels: chain 1 has label 1 at frame 1, where",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_without_deeptime_the_message_says_how_to_get_it(monkeypatch):
    for name in list(sys.modules):
        if name.split(".")[0] == "deeptime":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "deeptime", None)
    with pytest.raises(ModuleNotFoundError, match="pip install deeptime"):
        markov_models.fit_msm([0, 1, 0, 1], 1, n_labels=2)


def test_without_pyemma_the_message_says_how_to_get_it_and_deeptime_goes_on(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.delitem(sys.modules, "pyemma", raising=False)
    monkeypatch.setattr(
        markov_models.libraries, "find_spec", lambda name: None if name == "pyemma" else find(name)
    )
    labels = KNOWN.simulate(500, seed=1)
    for fit in (
        lambda **by: fit_msm(labels, 1, n_labels=5, **by),
        lambda **by: fit_hmm(labels, 2, 1, n_labels=5, **by),
    ):
        with pytest.raises(ModuleNotFoundError, match="pip install pyemma.* library=.deeptime"):
            fit(library="pyemma")
        assert fit(library="deeptime").transition_matrix.size


# A pool of processes would start this script again and again; PyEMMA's question for its newest
# version would keep it from ending while no server answers.
UNGUARDED = """
import os
from lstm_md.analysis.markov_models import fit_hmm, fit_msm
labels = [0, 1, 1, 0, 0, 0, 1, 0, 1, 1] * 50
fit_msm(labels, 1, library="pyemma")
fit_hmm(labels, 2, 1, library="pyemma")
import pyemma
from pyemma._base.parallel import get_n_jobs
assert get_n_jobs() == 1
assert not pyemma.config.check_version
assert "PYEMMA_CFG_DIR" not in os.environ
print("ended")
"""


def test_pyemma_ends_in_a_script_whose_main_module_is_not_guarded(tmp_path):
    pytest.importorskip("pyemma")
    script = tmp_path / "unguarded.py"
    script.write_text(UNGUARDED)
    root = Path(__file__).parents[2]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYEMMA", "SLURM"))}
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**kept, "PYTHONPATH": str(root)},
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["ended"]


@pytest.fixture(scope="module")
def reference():
    with np.load(Path(frozen.__file__).with_name("pyemma_2_5_6.npz")) as archive:
        found = dict(archive)
    labels = frozen.labels()
    for name, array in labels.items():
        assert zlib.crc32(array.tobytes()) == found[f"crc_{name}"], "not the labels PyEMMA saw"
    return labels, found


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", frozen.MSM)
@pytest.mark.filterwarnings("ignore:Using eigenvalues with non-zero imaginary part")
def test_msm_is_that_of_pyemma_2_5_6(name, library, reference, record_property):
    labels, found = reference
    which, lag, reversible = frozen.MSM[name]
    model = fit_msm(labels[which], lag, n_labels=34, reversible=reversible, library=library)
    states = found[f"msm_{name}_labels"]
    inner, matrix = model.transition_matrix[np.ix_(states, states)], found[f"msm_{name}_matrix"]
    np.testing.assert_allclose(inner, matrix, rtol=0, atol=frozen.MSM_TOLERANCE)
    record_property(f"MSM, {library}", float(np.abs(inner - matrix).max()))
    # PyEMMA takes the populations from its iteration, accurate to 1e-9, and with these makes the
    # matrix symmetric for the eigenvalues. Here both follow from the matrix alone.
    np.testing.assert_allclose(model.stationary @ model.transition_matrix, model.stationary)
    np.testing.assert_allclose(
        model.stationary[states], found[f"msm_{name}_stationary"], rtol=0, atol=1e-8
    )
    np.testing.assert_allclose(model.timescales, found[f"msm_{name}_timescales"], rtol=1e-7)
    deeptime = markov_models.libraries.deeptime()
    theirs = deeptime.markov.msm.MarkovStateModel(inner, lagtime=lag).timescales()
    np.testing.assert_allclose(model.timescales, theirs, rtol=1e-8)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", frozen.HMM)
def test_hmm_is_that_of_pyemma_2_5_6(name, library, reference, record_property):
    labels, found = reference
    which, hidden_states, lag, stride = frozen.HMM[name]
    model = fit_hmm(
        labels[which],
        hidden_states,
        lag,
        n_labels=34,
        stride=stride,
        accuracy=frozen.ACCURACY,
        library=library,
    )
    states = found[f"hmm_{name}_labels"]
    order = np.argsort(found[f"hmm_{name}_outputs"] @ states)
    close = {"rtol": 0, "atol": frozen.HMM_TOLERANCE}
    matrix = found[f"hmm_{name}_matrix"][np.ix_(order, order)]
    np.testing.assert_allclose(model.transition_matrix, matrix, **close)
    record_property(f"HMM, {library}", float(np.abs(model.transition_matrix - matrix).max()))
    np.testing.assert_allclose(model.stationary, found[f"hmm_{name}_stationary"][order], **close)
    outputs = np.zeros((hidden_states, 34))
    outputs[:, states] = found[f"hmm_{name}_outputs"][order]
    np.testing.assert_allclose(model.output_probabilities, outputs, **close)
    np.testing.assert_allclose(model.timescales, found[f"hmm_{name}_timescales"], rtol=1e-6)
    np.testing.assert_allclose(model.log_likelihood, found[f"hmm_{name}_likelihood"], rtol=1e-12)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([np.tile([0, 1], 50), np.tile([2, 3, 3], 50)], r"labels: .*\[0, 1\] and \[2, 3\]; fit"),
        ([np.zeros(50, int), np.full(60, 2)], r"labels: .*no transition between \[0\] and \[2\]"),
        (np.repeat([0, 1, 2], 100), "n_hidden_states: found 2, but only 1 .* and back"),
    ],
)
def test_labels_that_never_lead_to_each_other_are_named(labels, message):
    with pytest.raises(ValueError, match=message):
        fit_hmm(labels, 2, 1)


def test_chains_that_share_a_label_are_connected():
    rng = np.random.default_rng(8)
    model = fit_hmm([rng.integers(0, 2, 200), rng.integers(1, 3, 300)], 2, 1)
    assert model.populations == pytest.approx([0.2, 0.5, 0.3], abs=0.1)


@pytest.mark.parametrize(
    "call",
    [
        lambda labels, n: fit_msm(labels, 1, n_labels=n),
        lambda labels, n: markov.fit_markov_chain(labels, n_labels=n),
        lambda labels, n: transition_counts(labels, 1, n_labels=n),
        lambda labels, n: transition_rates(labels, 1, n_labels=n),
    ],
    ids=["fit_msm", "fit_markov_chain", "transition_counts", "transition_rates"],
)
def test_a_matrix_that_does_not_fit_is_refused_before_it_is_made(call, monkeypatch):
    monkeypatch.setattr("lstm_md._support.processes.free_memory", lambda: 2**30)
    labels = [0, 1, 0, 1, 1, 0]
    call(labels, 100)
    with pytest.raises(MemoryError, match="n_labels: this needs .* give fewer labels"):
        call(labels, 30_000)
