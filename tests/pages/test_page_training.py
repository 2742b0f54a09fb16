"""The training in the page computes what the package computes: gradients, steps, labels, counts.

Its page is tested in test_laboratory.py.
"""

from __future__ import annotations

import json
import re
from functools import partial

import numpy as np
import pytest

from lstm_md import labels, model
from lstm_md._support.checks import chains_of
from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import by_segments
from lstm_md.engine.gradients import Batches
from lstm_md.engine.lstm import Weights
from lstm_md.engine.steps import CompiledEngine
from lstm_md.engine.training_loop import TrainingPlan
from lstm_md.engine.windows import Windows
from lstm_md.settings import OURS
from lstm_md.training import default_learning_rate
from reproduction.runs import records
from tools import browser, page_model, wasm
from tools.notebooks import BOOK
from tools.page_kernels import UNITS
from tools.page_model import FOLDER

LENGTH = OURS.sequence_length
in_a_browser_or_node = pytest.mark.skipif(
    browser.browser() is None and browser.node() is None,
    reason=f"there is none of {', '.join(browser.BROWSERS)}, and no node",
)


@pytest.fixture(scope="module")
def in_script(request):
    """What evaluates a script in a page of its own."""
    if browser.browser() is None:
        return browser.evaluate
    return request.getfixturevalue("started_chromium").evaluate


@pytest.fixture
def evaluate(in_script):
    """What a function returns that knows the training, the data and the counts."""
    names = ("network", "engine", "kernels", "training", "data")
    sources = [FOLDER / f"{name}.mjs" for name in names]
    return lambda script: in_script(script, sources, seconds=120)


def some_labels(n, frames, seed=0):
    """Labels with stays of random length; each label is there."""
    random = np.random.default_rng(seed)
    stays = random.geometric(0.2, size=frames)
    found = np.repeat(random.integers(n, size=frames), stays)[:frames].astype(np.uint8)
    found[:n] = np.arange(n)
    return found


def some_weights(n, seed=0):
    """Weights that are not those of a start: every gate and every bias matters."""
    random = np.random.default_rng(seed)
    start = model.language_model(n, seed=seed).get_weights()
    return [w + random.normal(0, 0.1, w.shape).astype(np.float32) for w in start]


def as_script(weights):
    """The weights of Keras, as the page names them."""
    names = ("embedding", "kernel", "recurrent", "bias", "dense", "denseBias")
    arrays = (f"{name}: new Float32Array({w.ravel().tolist()})" for name, w in zip(names, weights))
    return "{" + ", ".join(arrays) + "}"


def close(found, expected):
    """Each array is equal to 1e-4 of its largest number."""
    for array, right in zip(found, expected, strict=True):
        right = np.asarray(right)
        array = np.reshape(array, right.shape)
        assert np.abs(array - right).max() <= 1e-4 * np.abs(right).max()


# The arithmetic


@in_a_browser_or_node
@pytest.mark.parametrize(
    "n, warm_up, rows", [(3, 0, 64), (3, 100, 64), (34, 100, 20), (4, 100, 13), (2, 0, 1)]
)
def test_loss_and_gradients_are_those_of_the_package(n, warm_up, rows, evaluate):
    data, weights = some_labels(n, 8_000), some_weights(n)
    windows = Windows(chains_of(data, n_labels=n), LENGTH, True, warm_up)
    which = np.random.default_rng(1).permutation(len(windows))[:rows]
    which[0] = 0  # nothing stands before the first sequence
    batches = Batches(LENGTH, rows, UNITS, lambda task, slices: list(map(task, slices)))
    loss, gradients = batches.gradients(
        Weights.checked(weights, "weights"),
        windows.batch(which, np.full(rows, True)),
        batches.zero_state(),
    )
    told = evaluate(
        f"""const {{ Engine }} = lstmMd.engine();
        const kernels = Uint8Array.from(atob(lstmMd.kernels), (one) => one.charCodeAt(0));
        const engine = new Engine(kernels, new Uint8Array({data.tolist()}), {n}, {LENGTH});
        const weights = {as_script(weights)};
        engine.setWeights(lstmMd.folded(weights));
        const starts = new Int32Array({(LENGTH * which).tolist()});
        const scale = {1 / (rows * LENGTH)};
        const first = engine.sum(starts, {warm_up});
        const {{ loss, gradients }} = engine.sum(starts, {warm_up}, scale);
        const found = lstmMd.unfolded(gradients, weights);
        const all = Object.keys(weights).map((name) => [...found[name]]);
        return [first.loss * scale, loss * scale, all];"""
    )
    assert told[:2] == pytest.approx([loss, loss], rel=1e-5)
    close(told[2], gradients)


@in_a_browser_or_node
@pytest.mark.parametrize("initial_state", ["zero", "warmed"])
def test_steps_of_adam_are_those_of_the_package(initial_state, evaluate):
    n, rows, n_steps = 3, 32, 5
    data = some_labels(n, 20_000)
    network = model.language_model(n, seed=3)
    start = network.get_weights()
    warm_up = LENGTH if initial_state == "warmed" else 0
    windows = Windows(chains_of(data), LENGTH, True, warm_up)
    order = np.random.default_rng(1).permutation(len(windows))[: rows * n_steps].reshape(-1, rows)
    batches = Batches(LENGTH, rows, UNITS, lambda task, slices: list(map(task, slices)))
    engine = CompiledEngine(network, batches)
    rates = [0.02, 0.018, 0.012, 0.006, 0.001]
    losses = [
        engine.step(windows.batch(which, np.full(rows, True)), rate)
        for which, rate in zip(order, rates, strict=True)
    ]
    told = evaluate(
        f"""const {{ Engine }} = lstmMd.engine();
        const kernels = Uint8Array.from(atob(lstmMd.kernels), (one) => one.charCodeAt(0));
        const engine = new Engine(kernels, new Uint8Array({data.tolist()}), {n}, {LENGTH});
        const weights = {as_script(start)};
        const adam = new lstmMd.Adam(weights);
        const losses = {(LENGTH * order).tolist()}.map((starts, k) => {{
          engine.setWeights(lstmMd.folded(weights));
          const scale = 1 / (starts.length * {LENGTH});
          const {{ loss, gradients }} = engine.sum(new Int32Array(starts), {warm_up}, scale);
          adam.step(lstmMd.unfolded(gradients, weights), {rates}[k]);
          return loss * scale;
        }});
        return [losses, Object.keys(weights).map((name) => [...weights[name]])];"""
    )
    assert told[0] == pytest.approx(losses, rel=1e-4)
    assert losses[-1] < losses[0]
    for found, expected in zip(told[1], engine.weights, strict=True):
        # A step divides by the square root of the gradient's square: where the gradient is nearly
        # nothing, rounding decides on the step.
        off = np.abs(np.reshape(found, expected.shape) - expected)
        assert np.mean(off > 1e-4) < 0.01 and off.max() < 0.01


@in_a_browser_or_node
@pytest.mark.parametrize("frames", [1_500, 9_000, 19_900, 200_000])
def test_the_plan_is_that_of_the_package(frames, evaluate):
    windows = Windows(chains_of(np.zeros(frames, np.uint8)), LENGTH)
    n_training = len(windows) - int(round(OURS.validation_fraction * len(windows)))
    rate = default_learning_rate(UNITS)
    steps = max(n_training // OURS.batch_size, 1)
    plan = TrainingPlan(
        20, steps, OURS.batch_size, n_training, rate, OURS.decay, OURS.epsilon,
        OURS.reading_order, OURS.initial_state, 0,
    )  # fmt: skip
    told = evaluate(
        f"""const plan = new lstmMd.Plan({frames});
        let seed = 7;
        const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        return [plan.sequences, plan.learned, plan.rows, plan.steps, plan.warmUp,
          [[0, 0], [3, 0], [19, plan.steps - 1]].map(([epoch, step]) => plan.rate(epoch, step)),
          plan.order(next).map((starts) => [...starts]), [...plan.heldBack()]];"""
    )
    assert told[:5] == [len(windows), n_training, plan.rows, steps, LENGTH]
    places = [(0, 0), (3, 0), (19, steps - 1)]
    assert told[5] == pytest.approx([plan.rate(*place) for place in places])
    order = np.array(told[6])
    assert order.shape == (steps, plan.rows)
    assert len(np.unique(order)) == order.size and order.max() <= LENGTH * (n_training - 1)
    assert told[7] == [LENGTH * k for k in range(n_training, len(windows))]
    assert not np.array_equal(np.sort(order, axis=None), order.ravel())  # they are shuffled


@in_a_browser_or_node
def test_a_network_begins_as_the_package_does(evaluate):
    told = evaluate(
        """const { random } = lstmMd.engine();
        const draw = (seed) => Object.values(lstmMd.initialWeights(3, seed)).map((one) => [...one]);
        const numbers = random(5);
        return [draw(1), draw(1), draw(2), Array.from({ length: 2000 }, () => numbers())];"""
    )
    first, again, other, numbers = told
    assert first == again and first != other
    start = model.language_model(3).get_weights()
    arrays = [np.reshape(array, w.shape) for array, w in zip(first, start, strict=True)]
    for array, like in zip(arrays, start, strict=True):
        assert np.abs(array).max() == pytest.approx(np.abs(like).max(), rel=0.3, abs=1e-9)
        assert array.std() == pytest.approx(like.std(), rel=0.2, abs=1e-9)
    recurrent = arrays[2]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(UNITS), atol=1e-5)
    np.testing.assert_array_equal(arrays[3], start[3])  # the bias of the gate f is 1
    assert 0 <= min(numbers) and max(numbers) < 1
    assert np.mean(numbers) == pytest.approx(0.5, abs=0.03)
    assert np.std(numbers) == pytest.approx(12**-0.5, abs=0.02)


@in_a_browser_or_node
def test_what_was_trained_generates_with_the_probabilities_of_keras(evaluate):
    n = 4
    weights = some_weights(n)
    network = model.language_model(n)
    network.set_weights(weights)
    told = evaluate(
        f"""const {{ Engine, sizeOf }} = lstmMd.engine();
        const kernels = Uint8Array.from(atob(lstmMd.kernels), (one) => one.charCodeAt(0));
        const engine = new Engine(kernels, new Uint8Array(101), {n}, {LENGTH});
        const weights = {as_script(weights)};
        engine.setWeights(lstmMd.folded(weights));
        const prompt = new Uint8Array([0, 1, 1, 3, 2, 2, 0]);
        engine.prompt(prompt, 6, 11);
        const labels = [...engine.generate(200), ...engine.generate(100)];
        const page = {{ states: "ABCD", units: 64, weights: lstmMd.forThePage(weights) }};
        const read = [...prompt, ...labels.slice(0, 9)];
        const writer = new lstmMd.Writer(new lstmMd.Network(page), read);
        return [labels, [...writer.logits]];"""
    )
    chains = np.array(told[0])
    chains = np.hstack([chains[:1200].reshape(6, 200), chains[1200:].reshape(6, 100)])
    assert len({tuple(chain) for chain in chains.tolist()}) == 6  # each has its own random numbers
    prompt = np.tile([0, 1, 1, 3, 2, 2, 0], (6, 1))
    read = np.hstack([prompt, chains])
    logits = network.predict(read, verbose=0).astype(float)
    np.testing.assert_allclose(told[1], logits[0, 15], atol=1e-4)
    # Of each label as many as the network expects: the sum of its probabilities, and its scatter.
    shares = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    expected = shares[:, 6:-1].reshape(-1, n)
    found = np.bincount(chains.ravel(), minlength=n)
    scatter = np.sqrt((expected * (1 - expected)).sum(axis=0))
    assert (np.abs(found - expected.sum(axis=0)) < 4 * scatter).all()


# The assembler


@pytest.mark.parametrize("number", [0, 1, -1, 63, 64, -64, -65, 127, 128, 624_485, -123_456])
def test_numbers_are_encoded_in_parts_of_seven_bits(number):
    def decoded(encoded, sign):
        value = sum((byte & 0x7F) << (7 * k) for k, byte in enumerate(encoded))
        assert [byte >> 7 for byte in encoded] == [1] * (len(encoded) - 1) + [0]
        negative = sign and encoded[-1] & 0x40
        return value - (1 << (7 * len(encoded))) if negative else value

    assert decoded(wasm.signed(number), True) == number
    if number >= 0:
        assert decoded(wasm.unsigned(number), False) == number


def test_values_of_different_kinds_are_not_added():
    number, vector = wasm.whole(1), wasm.constant(1)
    for wrong in (lambda: number + vector, lambda: vector.below(vector), lambda: number / number):
        with pytest.raises(TypeError, match="expected two values of one kind"):
            wrong()
    function = wasm.Function("f", ["a"])
    with pytest.raises(TypeError, match="a value of the variable's kind"):
        function.set(function.arguments[0], vector)


@in_a_browser_or_node
def test_a_small_function_does_what_it_says(in_script):
    f = wasm.Function("double", ["at", "times", "really"])
    at, times, really = f.arguments
    with f.when(really), f.repeat(times):
        f.store(at, wasm.load(at) * 2 + wasm.load_one(at, 4))
        f.store(at, wasm.load(at, 16).clipped(1), 16)
        f.set(at, at + 32)
    code = list(wasm.module([f]))
    told = in_script(
        f"""const memory = new WebAssembly.Memory({{ initial: 1 }});
        const module = new WebAssembly.Module(new Uint8Array({code}));
        const {{ double }} = new WebAssembly.Instance(module, {{ env: {{ memory }} }}).exports;
        const numbers = new Float32Array(memory.buffer, 0, 16);
        numbers.set([1, 2, 3, 4, -5, 0.5, 5, NaN, 1, 1, 1, 1]);
        double(0, 1, 0);
        const before = [...numbers];
        double(0, 1, 1);
        return [before[0], [...numbers].map(String)];""",
        [],
    )
    assert told[0] == 1
    assert told[1] == [*"4 6 8 10 -1 0.5 1 NaN".split(), *"11110000"]


# From numbers to letters


@in_a_browser_or_node
def test_labels_are_those_of_the_package(evaluate):
    random = np.random.default_rng(2)
    values = np.concatenate(
        [random.normal(0, 1.5, 3_000).clip(-3, 3), np.linspace(-3, 3, 601), [0.75, -0.75, 0.1]]
    )
    centres = [1.5, 0.0, -1.5, 0.2]
    told = evaluate(
        f"""const values = new Float64Array({values.tolist()});
        return [[...lstmMd.nearestState(values, {centres})],
          ...[7, 10, 26].map((n) => [...lstmMd.equalWidth(values, -3, 3, n)])];"""
    )
    assert told[0] == labels.nearest_state(values, centres=centres).tolist()
    for found, n in zip(told[1:], (7, 10, 26), strict=True):
        assert found == labels.equal_width(values, -3, 3, n_labels=n).tolist()


@in_a_browser_or_node
def test_what_is_measured_of_letters_is_what_the_package_measures(evaluate):
    n = 3
    data = some_labels(n, 9_000, seed=4)
    told = evaluate(
        f"""const labels = new Uint8Array({data.tolist()});
        let seed = 7;
        const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        const found = lstmMd.measured(labels, {n}, next);
        const chain = lstmMd.markovChain(labels.subarray(0, 6000), {n});
        return [found, chain.matrix.map((row) => [...row]), chain.loss(labels.subarray(6000))];"""
    )
    found, matrix, loss = told
    times = found["commitTimes"]
    assert times[:9] == [1, 2, 3, 4, 5, 6, 8, 10, 13] and times[-1] == 20
    shares = by_segments(partial(populations, n_labels=n), data, 20)
    counts = by_segments(lambda part: transition_counts(part, times, n_labels=n), data, 20)
    assert found["segment"] == 450 and found["frames"] == 9_000
    for kind in ("value", "error"):
        np.testing.assert_allclose(found["populations"][kind], getattr(shares, kind), atol=1e-9)
        np.testing.assert_allclose(found["counts"][kind], getattr(counts, kind), atol=1e-9)
    chain = fit_markov_chain(data[:6000])
    np.testing.assert_allclose(matrix, chain.transition_matrix, atol=1e-12)
    assert loss == pytest.approx(chain.loss(data[6000:]), rel=1e-9)
    # The Markov chain of the page has the counts of single frames of the data, but for its scatter.
    np.testing.assert_allclose(found["markov"]["counts"][0], counts.value[0], rtol=0.15, atol=0.5)


@in_a_browser_or_node
def test_states_are_suggested_where_the_density_has_maxima(evaluate):
    random = np.random.default_rng(1)
    three = random.choice([-1.5, 0.1, 1.4], size=5_000) + random.normal(0, 0.2, 5_000)
    one = random.normal(700, 4, 5_000)
    told = evaluate(
        f"""return [{three.tolist()}, {one.tolist()}].map((numbers) =>
          lstmMd.suggestedStates(new Float64Array(numbers)));"""
    )
    assert told[0] == pytest.approx([-1.5, 0.1, 1.4], abs=0.12)
    assert len(told[1]) == 1


GOOD = {
    "a column": (["0.5", "-1e-3", "+2", ".25"], [[0.5, -0.001, 2, 0.25]]),
    "columns": (["0.0 1", "0.1\t2", "0.2  3"], [[0, 0.1, 0.2], [1, 2, 3]]),
    "commas": (["1, 2", "3, 4"], [[1, 3], [2, 4]]),
    "a separator at the end": (["1.0,2.0,", "3.0,4.0,"], [[1, 3], [2, 4]]),
    "decimal commas": (["0,5;1", "1,5;2"], [[0.5, 1.5], [1, 2]]),
    "names and comments": (
        ["# made by hand", "time x", "0 1 # first", "", "1 2"],
        [[0, 1], [1, 2]],
    ),
    "xvg": (["@ title", "0 1", "1 2", "&"], [[0, 1], [1, 2]]),
}


@in_a_browser_or_node
def test_files_of_many_kinds_are_read(evaluate):
    texts = []
    for lines, columns in GOOD.values():
        texts.append("\r\n".join(line for line in lines if line))
        assert columns
    told = evaluate(
        f"""return {json.dumps(texts)}.map((text) => {{
          // The same lines again and again: a file needs a thousand of them.
          const lines = text.split("\\r\\n");
          const first = lines.findIndex((line) => /^[-+.\\d]/.test(line));
          const body = lines.slice(first).filter((line) => line !== "&");
          const all = lines.slice(0, first);
          for (let k = 0; k < 1000; k++) all.push(body[k % body.length]);
          const {{ names, columns }} = lstmMd.columnsOf("\\uFEFF" + all.join("\\r\\n") + "\\r\\n");
          const first3 = columns.map((column) => [...column.slice(0, body.length)]);
          return [names, first3, columns[0].length];
        }});"""
    )
    for (name, (_, columns)), (names, found, length) in zip(GOOD.items(), told, strict=True):
        assert found == columns and length == 1000, name
        expected = ["time", "x"] if name == "names and comments" else ["column 1", "column 2"]
        assert names == expected[: len(columns)], name


BAD = {
    "Line 3: expected a number, found “abc”.": ["1", "2", "abc"] + ["3"] * 1000,
    "Line 1002: expected a number, found “nan”.": ["x"] + ["1"] * 1000 + ["nan"],
    "Line 2 has 1 column, but the first line of numbers has 2.": ["1 2", "3"] + ["4 5"] * 999,
    "Line 1: the comma in “0,5” can be a decimal mark, or stand between two columns. Write 0.5 for "
    "a half, and put spaces between columns.": ["0,5"] * 1000,
    "The file has 3 lines of numbers. Give 1,000 to 2,000,000 of them.": ["1", "2", "3"],
    "The file holds no numbers. Give one number in each line.": ["# nothing"],
    "This is not a text file. Save the numbers as text, one number in each line.": ["\0\1"],
}


@in_a_browser_or_node
def test_a_file_that_cannot_be_read_is_refused_with_the_line(evaluate):
    texts = ["\n".join(lines) for lines in BAD.values()]
    told = evaluate(
        f"""return {json.dumps(texts)}.map((text) => {{
          try {{ lstmMd.columnsOf(text); }} catch (error) {{ return error.message; }}
        }});"""
    )
    assert told == list(BAD)


@in_a_browser_or_node
@pytest.mark.parametrize("call, message", {
    'listOf("1; x", "States")': "States: expected numbers, found “x”.",
    "nearestState([1], [2])": "States: expected 2 to 26 numbers, found 1.",
    "nearestState([1], [2, 2])": "States: found the same number twice. Give each state once.",
    "equalWidth([1, 5], 0, 2, 3)": "Bins: 1 of 2 numbers lie outside 0 to 2. Give a wider range.",
    "equalWidth([1], 2, 2, 3)": "Bins: expected the end above the start, found 2 to 2.",
    "equalWidth([1], 0, 2, 1.5)": "Bins: expected a whole number from 2 to 26, found 1.5.",
    "asLabels([0, 1.5])": (
        "Labels: expected whole numbers from 0 to 25, found 1.5 at place 2."
    ),
    "checked([1, 1, 1])": "All numbers have the same letter. Choose other states or bins.",
}.items())  # fmt: skip
def test_what_a_reader_typed_is_refused_with_advice(call, message, evaluate):
    told = evaluate(f"try {{ lstmMd.{call}; }} catch (error) {{ return error.message; }}")
    assert told == message


def test_the_letters_that_are_shipped_are_those_of_the_records():
    for name in page_model.TITLES:
        record = records.load(name, BOOK / "recorded")
        text = (FOLDER / f"{name}_letters.mjs").read_text("utf-8").split('"')[1]
        states = page_model.read(FOLDER / f"{name}.mjs")["states"]
        stays = re.findall(r"([A-Z])(\d*)", text)
        found = np.repeat(
            [states.index(state) for state, _ in stays], [int(n or 1) for _, n in stays]
        )
        np.testing.assert_array_equal(found, record.data)
