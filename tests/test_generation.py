"""Generation: the frequencies of the labels, the chains, their seeds and prompts."""

import numpy as np
import pytest
from scipy import stats

from lstm_md import equations
from lstm_md.analysis.markov import MarkovModel, fit_markov_chain
from lstm_md.generation import generate
from lstm_md.model import language_model, named_weights
from lstm_md.training import train

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
PROMPT = np.array([0, 1, 1, 2, 0, 0, 1])


@pytest.fixture(scope="module")
def net():
    """Make an untrained network with weights so large that the labels are not equally likely."""
    made = language_model(4, embedding_dim=3, units=8, seed=1)
    rng = np.random.default_rng(1)
    made.set_weights([rng.normal(0, 0.8, w.shape) for w in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def learned():
    labels = MarkovModel(CHAIN).simulate(60_000, seed=1)
    made = language_model(3, units=16, seed=1)
    train(made, labels, epochs=24, progress=False)
    return made


def p_value(drawn, probabilities):
    observed = np.bincount(drawn, minlength=len(probabilities))
    return stats.chisquare(observed, len(drawn) * probabilities).pvalue


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_next_label_has_the_frequencies_of_the_softmax(net, temperature):
    logits = equations.logits(named_weights(net), PROMPT)[-1]
    drawn = generate(net, PROMPT, 1, n_chains=4_000, temperature=temperature, seed=1)[:, 0]
    expected = equations.softmax(logits / temperature)
    assert p_value(drawn, expected) > 1e-3
    # The test can detect a temperature that is higher by half.
    assert p_value(drawn, equations.softmax(logits / (1.5 * temperature))) < 1e-3


def test_later_labels_follow_from_all_labels_before(net):
    drawn = generate(net, PROMPT, 3, n_chains=4_000, seed=2)
    history = [*PROMPT, *drawn[0, :2]]
    same = drawn[(drawn[:, :2] == drawn[0, :2]).all(axis=1), 2]
    assert len(same) > 50
    logits = equations.logits(named_weights(net), history)[-1]
    assert p_value(same, equations.softmax(logits)) > 1e-3


def test_temperature_zero_takes_the_likeliest_label(net):
    drawn = generate(net, PROMPT, 5, temperature=0, seed=1)
    history = list(PROMPT)
    for label in drawn:
        assert label == equations.logits(named_weights(net), history)[-1].argmax()
        history.append(label)


def test_temperature_close_to_zero_comes_to_the_same(net):
    cold = generate(net, PROMPT, 20, temperature=1e-4, seed=1)
    assert np.array_equal(cold, generate(net, PROMPT, 20, temperature=0, seed=9))


def test_a_chain_does_not_depend_on_the_chains_beside_it(net):
    few = generate(net, PROMPT, 50, n_chains=2, seed=1)
    many = generate(net, PROMPT, 50, n_chains=7, seed=1)
    assert np.array_equal(few, many[:2])


def test_chains_are_independent(net):
    drawn = generate(net, PROMPT, 2_000, n_chains=2, seed=1)[:, 100:]
    # Successive frames are correlated, which the chi-square test does not allow for: thin them.
    table = stats.contingency.crosstab(drawn[0, ::20], drawn[1, ::20]).count
    assert stats.chi2_contingency(table).pvalue > 1e-3
    assert not np.array_equal(drawn[0], drawn[1])


def test_the_length_of_a_block_changes_no_label(net, monkeypatch):
    whole = generate(net, PROMPT, 60, n_chains=2, seed=1)
    monkeypatch.setattr("lstm_md.generation.FRAMES_PER_BLOCK", 25)
    assert np.array_equal(generate(net, PROMPT, 60, n_chains=2, seed=1), whole)


def test_same_seed_repeats_and_another_does_not(net):
    assert np.array_equal(generate(net, PROMPT, 50, seed=1), generate(net, PROMPT, 50, seed=1))
    assert not np.array_equal(generate(net, PROMPT, 50, seed=1), generate(net, PROMPT, 50, seed=2))


def test_each_chain_follows_its_own_prompt(net):
    prompts = np.stack([PROMPT, PROMPT[::-1]])
    drawn = generate(net, prompts, 3, temperature=0)
    for prompt, labels in zip(prompts, drawn, strict=True):
        assert np.array_equal(labels, generate(net, prompt, 3, temperature=0))


def test_a_model_trained_on_a_known_chain_generates_it_back(learned):
    start = MarkovModel(CHAIN).simulate(100, seed=3)
    drawn = generate(learned, start, 5_000, n_chains=40, seed=1)
    assert drawn.shape == (40, 5_000)
    assert drawn.dtype == np.uint8
    assert np.abs(fit_markov_chain(drawn, n_labels=3).transition_matrix - CHAIN).max() < 0.02


def test_after_training_a_model_the_sampler_uses_the_new_weights(net):
    other = language_model(4, embedding_dim=3, units=8, seed=2)
    other.set_weights([-w for w in net.get_weights()])
    first = generate(net, PROMPT, 50, seed=1)
    assert not np.array_equal(first, generate(other, PROMPT, 50, seed=1))
    assert np.array_equal(first, generate(net, PROMPT, 50, seed=1))


def test_prompts_of_a_list_are_read_each_by_its_own_chain(net):
    prompts = [PROMPT, PROMPT[::-1], PROMPT[:2], PROMPT[4:]]
    drawn = generate(net, prompts, 30, temperature=0)
    assert drawn.shape == (4, 30)
    for prompt, labels in zip(prompts, drawn, strict=True):
        assert np.array_equal(labels, generate(net, prompt, 30, temperature=0))
    with pytest.raises(ValueError, match="n_chains: expected 4, one per row of prompt, found 3"):
        generate(net, prompts, 5, n_chains=3)


def test_a_list_of_equal_prompts_is_read_as_the_array_is(net, tmp_path):
    array = np.stack([PROMPT, PROMPT[::-1], PROMPT])
    path = {"checkpoint": tmp_path / "kept.npz"}
    expected = generate(net, array, 60, seed=3, **path)
    assert np.array_equal(generate(net, list(array), 60, seed=3), expected)
    assert np.array_equal(generate(net, list(array), 60, seed=3, **path), expected)
    with pytest.raises(ValueError, match="belongs to other work: it has prompt="):
        generate(net, [*array[:2], PROMPT[1:]], 60, seed=3, **path)


def test_a_long_prompt_is_read_as_if_in_one_call(net, monkeypatch):
    prompt = np.random.default_rng(1).integers(0, 4, (3, 2_005))
    whole = generate(net, prompt, 50, seed=1)
    monkeypatch.setattr("lstm_md.engine.sampling.FRAMES_PER_READ", 10**9)
    assert np.array_equal(generate(net, prompt, 50, seed=1), whole)


@pytest.mark.parametrize("engine", ["compiled", pytest.param("keras", marks=pytest.mark.on_jax)])
@pytest.mark.parametrize("temperature", [5e-324, 1e-310, 1e-45, 1e-38, 1e-30, 1e-6])
def test_the_lowest_temperatures_take_the_likeliest_label(net, temperature, engine):
    cold = generate(net, PROMPT, 40, n_chains=2, temperature=temperature, seed=1, engine=engine)
    limit = generate(net, PROMPT, 40, n_chains=2, temperature=0, engine=engine)
    assert np.array_equal(cold, limit)
    assert len(np.unique(limit)) > 1


@pytest.mark.parametrize("temperature", [1e10, 1e30, 1e38, 1e45, 1e300])
def test_the_highest_temperatures_make_all_labels_equally_likely(net, temperature):
    drawn = generate(net, PROMPT, 4_000, temperature=temperature, seed=1)
    assert p_value(drawn, np.full(4, 1 / 4)) > 1e-3


@pytest.mark.parametrize("temperature", [np.inf, np.nan, -1e-30])
def test_a_temperature_that_is_none_is_refused(net, temperature):
    with pytest.raises((TypeError, ValueError), match="temperature: expected"):
        generate(net, PROMPT, 5, temperature=temperature)
