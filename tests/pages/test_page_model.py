"""The network in the page is the recorded one, and every reader can use the page.

The training in the page has tests of its own, in test_laboratory.py.
"""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import by_segments
from lstm_md.equations import softmax
from reproduction.runs import records
from tests.tags import Tags
from tools import browser, devtools, page_model
from tools.notebooks import BOOK, read, text
from tools.page_model import FOLDER, STILL, from_characters, in_characters

NAMES = tuple(page_model.TITLES)
SCRIPTS = sorted(FOLDER.glob("*.mjs"))
PAGES = ("kinetics_of_three_states.ipynb", "laboratory.md")
RANDOM = "let seed = 7; const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;"

in_a_browser = pytest.mark.skipif(
    browser.browser() is None, reason=f"there is none of {', '.join(browser.BROWSERS)}"
)
in_a_browser_or_node = pytest.mark.skipif(
    browser.browser() is None and browser.node() is None,
    reason=f"there is none of {', '.join(browser.BROWSERS)}, and no node",
)


@pytest.fixture(scope="module")
def exported():
    """The content that the command would write now."""
    made = {name: page_model.exported(name) for name in NAMES}
    return json.loads(json.dumps(made))


@pytest.fixture(scope="module")
def pages():
    """The content of the book's files."""
    return {name: page_model.read(FOLDER / f"{name}.mjs") for name in NAMES}


def source(page):
    """The source of a page."""
    return text(read(BOOK / page)) if page.endswith(".ipynb") else (BOOK / page).read_text("utf-8")


# The files


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_those_of_the_records(name, pages, exported):
    advice = "run `python -m tools.page_model`"
    assert records.differences(name, pages[name], exported[name]) == [], advice
    path = FOLDER / f"{name}.mjs"
    assert path.read_text("utf-8") == page_model.script(pages[name]), advice
    assert (FOLDER / f"{name}_letters.mjs").read_text("utf-8") == page_model.letters(name), advice


def test_the_loops_are_those_of_the_assembler():
    advice = "run `python -m tools.page_model`"
    assert (FOLDER / "kernels.mjs").read_text("utf-8") == page_model.loops(), advice


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_those_of_the_first_training_but_for_rounding(name, pages):
    record = records.load(name, BOOK / "recorded")
    table, recurrent, dense, bias = page_model.folded(record.trainings[0].weights)
    _, kept_table, kept_recurrent, _, kept_dense, kept_bias = page_model.keras_model(
        pages[name]
    ).get_weights()
    for kept, whole in zip(
        (kept_table, kept_recurrent, kept_dense, kept_bias), (table, recurrent, dense, bias)
    ):
        level = np.abs(whole).max() / page_model.LEVELS
        assert np.abs(kept - whole).max() <= 0.501 * level


@pytest.mark.parametrize("name", NAMES)
def test_what_rounding_does_to_the_logits_is_small(name, pages):
    record = records.load(name, BOOK / "recorded")
    labels = record.data[None, :1000]
    whole = record.trainings[0].model().predict(labels, verbose=0)
    kept = page_model.keras_model(pages[name]).predict(labels, verbose=0)
    # A probability is off by less than 1 % of itself.
    np.testing.assert_allclose(kept, whole, rtol=0, atol=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_the_simulation_has_the_numbers_of_its_record(name, pages):
    page, record = pages[name], records.load(name, BOOK / "recorded")
    n, n_segments = len(page["states"]), record.settings["segments"]
    shares = by_segments(lambda part: populations(part, n_labels=n), record.data, n_segments)
    counts = by_segments(
        lambda part: transition_counts(part, page["commitTimes"], n_labels=n),
        record.data,
        n_segments,
    )
    assert len(page["commitTimes"]) > 20
    for shown, estimate in ((page["populations"], shares), (page["counts"], counts)):
        np.testing.assert_allclose(shown["value"], estimate.value, rtol=5e-5, atol=6e-5)
        np.testing.assert_allclose(shown["error"], estimate.error, rtol=5e-5, atol=6e-5)


def test_the_page_begins_where_a_markov_chain_fails_worst(pages):
    def far(name):
        t = pages[name]["first"][0]
        markov = np.array(pages[name]["markov"]["counts"][t])
        simulated = np.array(pages[name]["counts"]["value"][t])
        return (markov[simulated > 1] / simulated[simulated > 1]).max()

    assert NAMES[0] == "triangular"
    assert far("triangular") > 10 > 2 * max(far("linear"), far("four_state"))
    page = pages["triangular"]
    t, (first, last) = page["first"]
    i, j = page["states"].index(first), page["states"].index(last)
    words = (BOOK / "laboratory.md").read_text("utf-8")
    simulated, markov = page["counts"]["value"][t][i][j], page["markov"]["counts"][t][i][j]
    assert f"At a commit time of {page['commitTimes'][t]} letters the simulation" in words
    counts = f"has {simulated:.2f} of them in 10,000 letters, and the Markov chain has {markov:.2f}"
    assert counts in words


def test_numbers_come_back_as_they_were_written():
    array = np.random.default_rng(1).normal(size=(5, 7))
    scale, characters = in_characters(array)
    assert np.abs(from_characters((scale, characters), 5, 7) - array).max() <= 0.501 * scale
    assert set(characters) <= set(page_model.DIGITS) and not {'"', "\\"} & set(page_model.DIGITS)
    assert from_characters(in_characters(np.zeros(3)), 3).tolist() == [0, 0, 0]
    extremes = from_characters(in_characters(np.array([-2.0, 2.0])), 2)
    np.testing.assert_allclose(extremes, [-2, 2], rtol=1e-8)


def test_nothing_is_written_unless_everything_can_be(tmp_path, monkeypatch, exported):
    def full(*_):
        raise OSError("no picture")

    monkeypatch.setattr(page_model, "exported", lambda name, _: exported[name])
    monkeypatch.setattr("tools.page_model_picture.still", full)
    (tmp_path / "linear.mjs").write_text("as it was")
    with pytest.raises(OSError, match="no picture"):
        page_model.main(["--output", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["linear.mjs"]
    assert (tmp_path / "linear.mjs").read_text() == "as it was"
    monkeypatch.setattr("tools.page_model_picture.still", lambda *_: b"a picture")
    assert page_model.main(["--output", str(tmp_path)]) == 0
    assert page_model.read(tmp_path / "linear.mjs") == exported["linear"]
    scripts = {f"{name}{ending}.mjs" for name in NAMES for ending in ("", "_letters")}
    assert {path.name for path in tmp_path.iterdir()} == {STILL, "kernels.mjs", *scripts}


def test_the_command_says_what_it_does(capsys):
    with pytest.raises(SystemExit, match="0"):
        page_model.main(["--help"])
    assert "the first and not the best" in capsys.readouterr().out


# The network, in a browser or in Node


def sources(*names):
    return [FOLDER / f"{name}.mjs" for name in ("network", *names)]


@pytest.fixture(scope="module")
def chromium():
    """A page that each test renews, or None; Chromium is started once for all of them."""
    if browser.browser() is None:
        yield None
        return
    with pytest.MonkeyPatch.context() as patch:
        # A page that is opened as a file may load no other file as data.
        options = [one for one in devtools.OPTIONS if one != "--allow-file-access-from-files"]
        patch.setattr(devtools, "OPTIONS", options)
        page = devtools.Page(seconds=120)
    with page:
        yield page


@pytest.fixture
def evaluate(chromium):
    """What a function returns that knows the network and the scripts of the given names."""
    one = chromium or browser
    return lambda script, *names: one.evaluate(script, sources(*names), seconds=120)


@in_a_browser_or_node
@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_logits_of_keras_for_a_thousand_steps(name, pages, evaluate):
    # Everything that it reads: 200 labels of the prompt, then 1,000 labels that it generates.
    told = evaluate(
        f"""{RANDOM}
        const page = lstmMd.networks.{name};
        const network = new lstmMd.Network(page);
        const [read, logits] = [network.read.bind(network), []];
        const keep = (label) => {{
          const given = read(label);
          logits.push([label, ...given]);
          return given;
        }};
        network.read = keep;
        const prompt = lstmMd.labelsOf(page.prompt, page.states).slice(-200);
        const writer = new lstmMd.Writer(network, prompt, 1, random);
        for (let k = 0; k < 1000; k++) writer.write();
        return {{ prompt: [...prompt], logits }};""",
        name,
    )
    rows = np.array(told["logits"])
    labels, logits = rows[:, 0].astype(int), rows[:, 1:]
    assert len(labels) == 1200
    frames = records.load(name, BOOK / "recorded").settings["prompt_frames"]
    assert told["prompt"] == labels[:200].tolist()
    assert (
        told["prompt"] == records.load(name, BOOK / "recorded").data[frames - 200 : frames].tolist()
    )
    keras = page_model.keras_model(pages[name]).predict(labels[None], verbose=0)[0]
    assert np.abs(keras).max() > 1
    np.testing.assert_allclose(logits, keras, rtol=0, atol=1e-4)


@in_a_browser_or_node
@pytest.mark.parametrize("temperature", [0, 0.5, 1, 2])
def test_a_label_is_drawn_where_the_cumulative_probability_passes_the_random_number(
    temperature, evaluate
):
    told = evaluate(
        f"""{RANDOM}
        return Array.from({{ length: 500 }}, () => {{
          const logits = Float64Array.from({{ length: 4 }}, () => 6 * random() - 3);
          const uniform = random();
          return [...logits, uniform, lstmMd.draw(logits, {temperature}, uniform)];
        }});"""
    )
    rows = np.array(told)
    logits, uniform, drawn = rows[:, :4], rows[:, 4:5], rows[:, 5].astype(int)
    if temperature == 0:
        assert (drawn == logits.argmax(axis=1)).all()
    else:
        cumulative = np.cumsum(softmax(logits / temperature), axis=1)
        assert (drawn == (cumulative[:, :-1] <= uniform).sum(axis=1)).all()
        assert len(set(drawn.tolist())) == 4


@in_a_browser_or_node
def test_it_counts_as_the_chapters_do(evaluate):
    random = np.random.default_rng(3)
    runs = [(int(random.integers(3)), int(random.geometric(0.2))) for _ in range(900)]
    labels = np.repeat(*np.array(runs).T)[:4000]
    told = evaluate(
        f"""const counts = new lstmMd.Counts(3, [1, 5, 20], 500);
        const all = [0, 1, 2];
        const check = () => [
          all.map((label) => counts.population(label)),
          all.map((t) => all.map((i) => all.map((j) => counts.transitions(t, i, j)))),
        ];
        const labels = {labels.tolist()};
        labels.forEach((label) => counts.add(label));
        const whole = check();
        labels.slice(0, 100).forEach((label) => counts.add(label));
        return [whole, counts.frames, counts.population(0)];"""
    )
    (shares, transitions), frames, with_a_part = told
    expected = by_segments(lambda part: populations(part, n_labels=3), labels, 8)
    assert [each["value"] for each in shares] == pytest.approx(expected.value)
    assert [each["error"] for each in shares] == pytest.approx(expected.error)
    counts = by_segments(lambda part: transition_counts(part, [1, 5, 20], n_labels=3), labels, 8)
    assert counts.value[2].sum() > 0
    for kind in ("value", "error"):
        found = [[[each[kind] for each in row] for row in table] for table in transitions]
        np.testing.assert_allclose(found, getattr(counts, kind), atol=1e-9)
    assert frames == 4100
    seen = np.concatenate([labels, labels[:100]])
    assert with_a_part["value"] == pytest.approx(np.mean(seen == 0))


@in_a_browser_or_node
def test_the_counts_of_several_chains_are_added(evaluate):
    random = np.random.default_rng(5)
    chains = [np.repeat(random.integers(3, size=300), 7)[:1800] for _ in range(4)]
    told = evaluate(
        f"""const chains = {[chain.tolist() for chain in chains]};
        const each = chains.map((labels) => {{
          const counts = new lstmMd.Counts(3, [1, 5, 20], 900);
          labels.forEach((label) => counts.add(label));
          return counts;
        }});
        const all = new lstmMd.Counts(3, [1, 5, 20], 900);
        each.forEach((counts) => all.join(counts));
        const each3 = (make) => [0, 1, 2].map(make);
        const table = each3((t) => each3((i) => each3((j) => all.transitions(t, i, j))));
        return [table, all.segments, all.frames];"""
    )
    table, segments, frames = told
    expected = by_segments(lambda part: transition_counts(part, [1, 5, 20], n_labels=3), chains, 2)
    assert (segments, frames) == (8, 7200)
    for kind in ("value", "error"):
        found = [[[each[kind] for each in row] for row in rows] for rows in table]
        np.testing.assert_allclose(found, getattr(expected, kind), atol=1e-9)


@in_a_browser_or_node
def test_it_remembers_the_last_labels(evaluate):
    told = evaluate(
        """const labels = [0, 1, 1, 2, 0, 0, 2, 1, 1, 1];
        const writer = { write: () => labels[text.frames], temperature: 1, put: () => {} };
        const text = new lstmMd.Text(writer, () => new lstmMd.Counts(3, [1], 100), 8);
        text.write(10);
        return [text.recent(0, 3), text.recent(3, 4), text.recent(8, 5), text.last(4),
          text.last(99), text.counts.frames];"""
    )
    assert told == [[0, 3, 0], [2, 0, 2], [0, 0, 0], [2, 1, 1, 1], [1, 2, 0, 0, 2, 1, 1, 1], 10]


@in_a_browser_or_node
def test_a_temperature_has_counts_of_its_own_and_a_jump_of_the_reader_is_not_counted(evaluate):
    told = evaluate(
        """const labels = [0, 0, 1, 1, 2, 2, 0];
        let k = 0;
        const writer = { write: () => labels[k++], temperature: 1, put: (label) => (put = label) };
        let put = null;
        const text = new lstmMd.Text(writer, () => new lstmMd.Counts(3, [1], 1000));
        const seen = () => [text.counts.frames, text.counts.now.slice(3).reduce((a, b) => a + b)];
        text.write(2);
        text.put(2); // from 0 to 2
        const told = [seen(), put, text.frames];
        text.write(2); // and 1, 1
        told.push(seen());
        text.setTemperature(0.5);
        told.push(seen(), writer.temperature);
        text.write(2); // 2, 2, after 1 at the other temperature
        told.push(seen());
        text.setTemperature(1);
        text.write(1); // 0, after 2 at the other temperature
        told.push(seen(), text.last(9));
        return told;"""
    )
    assert told[:3] == [[2, 0], 2, 3]
    assert told[3:] == [[4, 0], [0, 0], 0.5, [2, 0], [5, 0], [0, 0, 2, 1, 1, 2, 2, 0]]


@in_a_browser_or_node
def test_the_surprise_of_letters_is_the_loss_of_the_network_on_them(pages, evaluate):
    told = evaluate(
        """const page = lstmMd.networks.triangular;
        const labels = lstmMd.labelsOf(page.prompt, page.states).slice(0, 300);
        const writer = new lstmMd.Writer(new lstmMd.Network(page), labels);
        return [[...labels], writer.surprise / 299, writer.probabilities()];""",
        "triangular",
    )
    labels, loss, probabilities = told
    logits = page_model.keras_model(pages["triangular"]).predict(np.array([labels]), verbose=0)[0]
    shares = softmax(logits.astype(float))
    expected = -np.log(shares[np.arange(299), labels[1:]]).mean()
    assert loss == pytest.approx(expected, abs=1e-4)
    np.testing.assert_allclose(probabilities, shares[-1], atol=1e-5)


# The page


def test_all_of_it_is_small_and_comes_from_here():
    size = {path.stem: path.stat().st_size for path in SCRIPTS}
    assert sum(size.values()) < 300_000
    lazy = {"linear", "four_state", "train", "engine", "kernels", "team", "training"}
    lazy |= {"data", "source"}
    lazy |= {f"{name}_letters" for name in NAMES}
    assert sum(size[name] for name in size if name not in lazy) < 110_000  # without a laboratory
    for path in SCRIPTS:
        code = path.read_text("utf-8")
        if path.stem in NAMES:
            code = code[: code.index('"weights"')]
        code = code.replace('"http://www.w3.org/2000/svg"', "")  # the name of a language
        assert not re.search(r"https?:|//\w+\.|\b(fetch|import|XMLHttpRequest|eval)\b\s*\(", code)
        assert not re.search(r"WebSocket|sendBeacon|EventSource", code)
    # Jupyter Book would load a .js file below _static in every page.
    assert not list((BOOK / "_static").rglob("*.js"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_one_script_and_has_a_picture_where_none_runs(page):
    found = re.search(
        r'^<div class="page-model".*?</div>\n.*?^<script.*?$', source(page), re.S | re.M
    )
    tags = Tags(found[0]).found
    scripts = [attributes for tag, attributes in tags if tag == "script"]
    assert scripts == [{"defer": None, "src": "_static/page_model/page.mjs"}]
    assert source(page).count("page.mjs") == 1
    first = next(attributes for tag, attributes in tags if tag == "div")
    assert first["data-network"] == "triangular"
    assert first.get("data-size") == ("small" if page == "index.md" else None)
    assert [tag for tag, _ in tags][:3] == ["div", "noscript", "img"]
    image = dict(tags)["img"]
    assert (BOOK / image["src"]).read_bytes().startswith(b"\x89PNG")
    assert len(image["alt"]) > 100 and "Markov chain" in image["alt"]


@pytest.fixture
def opened(chromium, tmp_path):
    """What a script finds in a page with the network, some time after loading."""

    def told(script, *, above=0, css="", size="full", media=(), complaints=0):
        address = (FOLDER / "page.mjs").as_uri()
        body = (
            f'<div style="height: {above}px"></div><article class="bd-article" style="width: 100%">'
            f'<div class="page-model" data-network="triangular" data-size="{size}">'
            f"<p>in vain</p></div></article>"
            f'<script defer src="{address}"></script>'
        )
        file = tmp_path / "page.html"
        file.write_text(browser.page(HELPERS, body, css), "utf-8")
        chromium.renew(seconds=120)
        chromium.ask("Emulation.setEmulatedMedia", features=[*media])
        chromium.open(file)
        code = f"await later(2000); {script}\nreturn answer.textContent;"
        chromium.value("void (window.done = (async () => {" + code + "})())")
        # From now on the clock of the page skips idle time, and stops while a script computes.
        policy = "pauseIfNetworkFetchesPending"
        chromium.ask("Emulation.setVirtualTimePolicy", policy=policy, budget=60_000)
        answer = chromium.value("done")
        assert len(chromium.complaints) == complaints, chromium.complaints
        chromium.renew(seconds=120)  # the old page would go on
        return json.loads(answer)

    return told


# On the virtual clock timers run normally, but few frames are drawn, so code that waits for
# frames waits long.
HELPERS = """window.frames_drawn = 0;
window.frame = 16; // ms
window.requestAnimationFrame = (call) =>
  setTimeout(() => { window.frames_drawn++; call(performance.now()); }, window.frame);
window.IntersectionObserver = class {
  constructor(call, { rootMargin = "0px" } = {}) {
    Object.assign(this, { call, margin: parseFloat(rootMargin) });
  }
  observe(one) {
    this.timer = setInterval(() => {
      const { top, bottom } = one.getBoundingClientRect();
      const seen = bottom > -this.margin && top < innerHeight + this.margin;
      if (seen !== this.seen) this.call([{ isIntersecting: seen }]);
      this.seen = seen;
    }, 50);
  }
  disconnect() { clearInterval(this.timer); }
};
const its = (choice) => document.querySelector(".page-model " + choice);
const written = () => Number(its(".written").textContent.replace(/\\D/g, ""));
const cells = () => [...document.querySelectorAll(".page-model tbody tr")].map((row) =>
  [...row.children].map((cell) => cell.textContent));
const labelled = (words) => [...document.querySelectorAll(".page-model label")]
  .find((label) => label.textContent.startsWith(words))
  .querySelector("select, input, textarea");
const slide = (control, value) => { control.value = value; control.oninput(); };
const own = (column = 2) => cells().filter((row) => row.length > 4).map((row) => row[column]);
const show = () => document.querySelector(".page-model").show;
const choose = (control, value) => { control.value = value; control.onchange(); };
const later = (ms) => new Promise((go) => setTimeout(go, ms));
const tell = (value) => (answer.textContent = JSON.stringify(value));
"""


@in_a_browser
def test_what_it_generates_is_beside_the_numbers_of_the_record(pages, opened):
    told = opened(
        """choose(labelled("Speed"), 2);
        its("button").click(); await later(50); its("button").click();
        const before = written();
        await later(4000);
        its("button").click();
        const [paused, said] = [written(), its("[role=status]").textContent];
        await later(1000);
        tell({ before, paused, said, after: written(), cells: cells(), frames: window.frames_drawn,
          button: its("button").textContent, canvas: its("canvas").getAttribute("aria-label"),
          strip: its(".strip").textContent, last: show().text.last(80),
          bars: [...document.querySelectorAll(".wells b")].map((bar) => bar.textContent),
          next: [...show().text.writer.probabilities()],
          chart: its(".chart").getAttribute("aria-label"), pair: labelled("Transition").value,
          points: document.querySelectorAll(".chart .point.here").length,
          markov: document.querySelectorAll(".chart .line.markov").length });"""
    )
    assert told["paused"] - told["before"] == pytest.approx(2000, rel=0.1)
    assert told["after"] == told["paused"] and told["button"] == "Play"
    assert told["frames"] > 100
    page = pages["triangular"]
    rows = {row[0]: row[2:] for row in told["cells"] if len(row) == 5}
    assert list(rows)[:4] == ["A", "B", "C", "A → B"]
    for k, state in enumerate(page["states"]):
        value, error = page["populations"]["value"][k], page["populations"]["error"][k]
        assert rows[state][1] == f"{value:.3f} ± {error:.3f}"
    t = page["first"][0]
    assert page["commitTimes"][t] == 10
    value, error = (page["counts"][kind][t][0][2] for kind in ("value", "error"))
    assert rows["A → C"][1] == f"{value:.2f} ± {error:.2f}"
    assert rows["A → C"][2] == f"{page['markov']['counts'][t][0][2]:.2f}"
    assert sum(float(rows[state][0]) for state in "ABC") == pytest.approx(1, abs=0.002)
    shown = f"{told['paused']:,} letters"
    assert told["said"].startswith(f"After {shown}: A ")
    assert told["canvas"].startswith(shown)
    # What is drawn now and then is that of the last letter now, since nothing moves.
    assert told["strip"] == "".join(page["states"][label] for label in told["last"])
    assert len(told["strip"]) == 80
    numbers = [f"{share:.{3 if share < 0.0995 else 2}f}" for share in told["next"]]
    assert sorted(told["bars"]) == sorted(numbers)
    # The chart: the transition that a Markov chain gets most wrong, at all commit times.
    assert told["chart"].startswith("Transitions A → C against commit time. At 10 letters: T")
    assert told["points"] == len(page["commitTimes"]) and told["markov"] == 1


@in_a_browser
def test_another_transition_or_commit_time_changes_chart_and_table(pages, opened):
    told = opened(
        """its("button").click();
        const told = [[its(".chart").getAttribute("aria-label"), own(3)]];
        choose(labelled("Transition"), 0);
        slide(labelled("Commit time"), 0);
        told.push([its(".chart").getAttribute("aria-label"), own(3)]);
        told.push(labelled("Commit time").ariaValueText);
        tell(told);"""
    )
    page = pages["triangular"]
    before, after, spoken = told
    assert after[0].startswith("Transitions A → B against commit time. At 1 letter: ")
    assert spoken == "1 letter"
    assert before[1][3] != after[1][3]
    assert (
        after[1][3]
        == f"{page['counts']['value'][0][0][1]:.1f} ± {page['counts']['error'][0][0][1]:.2f}"
    )


@in_a_browser
def test_each_control_has_a_name_and_words_come_now_and_then(pages, opened):
    told = opened(
        """const spoken = new Set();
        new MutationObserver(() => spoken.add(its("[role=status]").textContent))
          .observe(its("[role=status]"), { childList: true });
        window.frame = 200; // half a minute has many pictures
        await later(30000);
        const controls = [...document.querySelectorAll(
          ".page-model :is(button, select, input, textarea, a, [tabindex], [onclick])")];
        tell({ spoken: [...spoken], live: its("[role=status]").getAttribute("aria-live"),
          controls: controls.map((one) => [one.tagName, one.type, one.getAttribute("aria-label") ||
            (one.labels?.length ? one.labels[0].textContent : one.textContent).trim()]),
          canvas: its("canvas").getAttribute("role"), hidden: its(".gauge").ariaHidden,
          strip: its(".strip").ariaHidden });""",
    )
    assert told["live"] == "polite" and told["canvas"] == "img"
    assert told["hidden"] == told["strip"] == "true"  # they change too fast to be spoken
    assert 2 <= len(told["spoken"]) <= 4
    assert re.search(r"\. [0-6] of 6 transition counts agree within two", told["spoken"][-1])
    names = [name for _, _, name in told["controls"]]
    for wanted in ("Pause", "Start again", "Potential", "Begin with", "Your letters", "Temperature",
                   "Speed", "Transition", "Commit time", "Compare two", "Read these", "Move to A",
                   "Move to B", "Move to C", "Numbers"):  # fmt: skip
        assert sum(name.startswith(wanted) for name in names) == 1, wanted
    kinds = {tuple(control[:2]) for control in told["controls"]}
    assert kinds == {("BUTTON", "button"), ("SELECT", "select-one"), ("TEXTAREA", "textarea"),
                     ("INPUT", "range"), ("DIV", None)}  # fmt: skip


@in_a_browser
def test_a_reader_moves_the_particle_and_sees_the_probabilities_of_the_next_letter(pages, opened):
    told = opened(
        """its("button").click(); await later(50);
        const all = (choice) => [...document.querySelectorAll(choice)];
        const shares = () => all(".wells b").map((one) => one.textContent);
        const left = all(".wells button").map((one) => one.ariaLabel);
        choose(labelled("Begin with"), "B100");
        const move = (state) => its(`[aria-label="Move to ${state}"]`).click();
        move("A");
        const said = its("[role=status]").textContent;
        const once = [shares(), said, its(".strip").textContent, written()];
        for (let k = 0; k < 9; k++) move("A");
        const ten = [shares(), its(".strip").textContent, own()];
        const heat = labelled("Temperature"), normal = heat.value;
        slide(heat, heat.max);
        const hot = [shares(), show().runs[0].value];
        slide(heat, normal);
        const { left: x, width, top } = its("canvas").getBoundingClientRect();
        const at = { clientX: x + 0.27 * width, clientY: top + 9 };
        its("canvas").dispatchEvent(new MouseEvent("click", at));
        tell({ left, once, ten, hot, clicked: its(".strip").textContent });"""
    )
    assert told["left"] == ["Move to C", "Move to B", "Move to A"]  # as the wells lie along x
    shares, said, strip, letters = told["once"]
    assert said == "The particle is now in A." and strip == "A" and letters == 1
    network = page_model.keras_model(pages["triangular"])

    def expected(labels, temperature=1):
        logits = network.predict(np.array([labels]), verbose=0)[0, -1].astype(float)
        return softmax(logits / temperature)[[2, 1, 0]]

    after_one, after_ten = expected([1] * 100 + [0]), expected([1] * 100 + [0] * 10)
    np.testing.assert_allclose([float(share) for share in shares], after_one, atol=0.006)
    np.testing.assert_allclose([float(share) for share in told["ten"][0]], after_ten, atol=0.006)
    shares, temperature = told["hot"]
    assert temperature > 1.5
    heated = expected([1] * 100 + [0] * 10, temperature)
    np.testing.assert_allclose([float(share) for share in shares], heated, atol=0.006)
    assert told["ten"][1] == "A" * 10 and set(told["ten"][2]) == {"–"}  # nothing of it is counted
    assert told["clicked"] == "A" * 10 + "C"
    # What the page of the laboratory says of it.
    words = (BOOK / "laboratory.md").read_text("utf-8")
    assert f"expects B with a probability of {after_one[1]:.2f}" in words
    assert f"expects A with a probability of {after_ten[2]:.2f}" in words


@in_a_browser
def test_the_numbers_of_the_other_network_are_gone_while_it_waits_for_letters(opened):
    told = opened(
        """const told = {};
        its("button").click();
        told.before = own();
        choose(labelled("Begin with"), "");
        told.waiting = [labelled("Your").closest("div").hidden, its(".written").textContent, own(),
          document.querySelectorAll(".chart .point").length, its("[role=alert]").textContent];
        its("button").click(); await later(500); // Play
        told.nothing = [its(".written").textContent, own()];
        labelled("Your").value = "abx";
        its(".typing button").click();
        told.refused = [its("[role=alert]").textContent, labelled("Your").ariaInvalid, own()];
        labelled("Your").value = " cc, b\\na ";
        its(".typing button").click();
        told.read = [its("[role=alert]").textContent, its("[role=status]").textContent];
        await later(1000);
        told.accepted = [written() > 100, own()];
        choose(labelled("Potential"), "four_state");
        await later(2000);
        its("button").click();
        told.four = [labelled("Begin with").value !== "", own()];
        tell(told);""",
    )
    assert all(re.fullmatch(r"[\d.]+", cell) for cell in told["before"])
    none = ["–"] * 9
    assert told["waiting"][:4] == [
        False, "The network generates nothing before it has read your letters.", none, 0,
    ]  # fmt: skip
    assert told["waiting"][4] == ""
    assert told["nothing"] == [told["waiting"][1], none]
    expected = "Give letters of this network, A, B, C; letter 3 is “X”."
    assert told["refused"] == [expected, "true", none]
    assert told["read"][0] == ""
    assert re.fullmatch(
        r"The network read your 4 letters\. Its loss on them is \d+\.\d{3} nats per letter; "
        r"on letters of the simulation it is 0\.079\.", told["read"][1],
    )  # fmt: skip
    assert told["accepted"][0] and "–" not in told["accepted"][1]
    assert told["four"][0] and len(told["four"][1]) == 4 + 12


@in_a_browser
def test_another_potential_begins_at_temperature_1(opened):
    told = opened(
        """const frozen = () => own().slice(0, 3).filter((share) => share === "1.000").length;
        slide(labelled("Temperature"), 0);
        await later(1000);
        const told = { zero: [its("output").value, frozen()] };
        choose(labelled("Potential"), "linear");
        await later(2000);
        told.linear = [its("output").value, labelled("Temperature").value, frozen()];
        told.linear.push(written() > 1000);
        tell(told);"""
    )
    assert told["zero"] == ["0.0", 1]  # the most likely letter is always the same
    assert told["linear"] == ["1.0", "1", 0, True]


@in_a_browser
def test_a_change_of_temperature_neither_stops_the_trajectory_nor_loses_what_was_counted(opened):
    told = opened(
        """const counted = () => show().text.counts.frames;
        const told = { first: [written(), counted()] };
        slide(labelled("Temperature"), 0.8);
        told.changed = [written(), counted(), cells()[0] && its("thead").textContent];
        await later(1000);
        told.later = [written(), counted()];
        slide(labelled("Temperature"), 1);
        told.back = [written(), counted()];
        await later(500);
        told.on = [written(), counted()];
        its("button + button").click(); its("button").click();
        told.reset = written();
        tell(told);"""
    )
    (letters, counted), (after, none, head) = told["first"], told["changed"]
    assert letters > 1000 and after >= letters and counted >= letters
    assert none == 0 and "T\u00a0=\u00a00.8" in head
    assert told["later"][0] > letters + 1000 and told["later"][1] > 1000
    assert told["back"][0] >= told["later"][0]
    assert counted <= told["back"][1] < told["later"][0] - 1000  # those of temperature 1 only
    assert told["on"][1] > told["back"][1] and told["reset"] < 1000


@in_a_browser
def test_two_temperatures_run_side_by_side(opened):
    told = opened(
        """its(".page-model [aria-pressed]")?.click();
        [...document.querySelectorAll("[aria-pressed]")][0].click();
        await later(2500);
        its("button").click();
        const runs = show().runs;
        const told = {
          frames: runs.map((run) => run.text.frames), temperatures: runs.map((run) => run.value),
          head: [...document.querySelectorAll("thead th")].map((one) => one.textContent),
          cells: cells().filter((row) => row.length === 6),
          dots: document.querySelectorAll(".chart .point.second").length,
          labels: [...document.querySelectorAll(".run label")].map((one) => one.textContent),
        };
        [...document.querySelectorAll("[aria-pressed]")][0].click();
        told.one = [document.querySelectorAll(".run").length, cells()[1].length, written() > 100];
        tell(told);""",
        css=f'<link rel="stylesheet" href="{(BOOK / "_static/custom.css").as_uri()}">',
    )
    first, second = told["frames"]
    assert first > second > 1000 and told["temperatures"] == [1, 0.5]
    assert told["head"] == ["T\u00a0=\u00a01.0", "T\u00a0=\u00a00.5", "simulation", "Markov chain"]
    assert len(told["cells"]) == 9 and told["dots"] > 20
    assert [label[:6] for label in told["labels"]] == ["First ", "Second"]
    assert told["one"] == [1, 5, True]


@in_a_browser
def test_a_network_that_cannot_be_loaded_says_so(opened):
    told = opened(
        """labelled("Potential").append(new Option("none", "nosuch"));
        choose(labelled("Potential"), "nosuch");
        await later(500);
        tell([its("[role=status]").textContent, labelled("Potential").value]);""",
        complaints=1,  # that of the browser
    )
    assert told == ["nosuch.mjs could not be loaded", "triangular"]


@in_a_browser
def test_without_motion_it_generates_when_it_is_asked_to(opened):
    told = opened(
        """const before = [written(), its("button").textContent];
        its("button").click();
        await later(2000);
        tell({ before, once: written(), said: its("[role=status]").textContent,
          frames: window.frames_drawn, amount: labelled("Letters at a time").options.length });""",
        media=[{"name": "prefers-reduced-motion", "value": "reduce"}],
    )
    assert told["before"] == [0, "Generate"]
    assert told["once"] == 10_000 and told["said"].startswith("After 10,000 letters: ")
    assert told["frames"] == 0 and told["amount"] == 4


@in_a_browser
@pytest.mark.parametrize("network", ["triangular", "four_state"])
def test_it_fits_a_phone(network, chromium, tmp_path):
    css = f'<link rel="stylesheet" href="{(BOOK / "_static/custom.css").as_uri()}">'
    style = "<style>body { margin: 0 16px } article { width: auto !important }</style>"
    file = tmp_path / "phone.html"
    panel = f'<article class="bd-article"><div class="page-model" data-network="{network}"></div>'
    script = f'</article><script defer src="{(FOLDER / "page.mjs").as_uri()}"></script>'
    view = '<meta name="viewport" content="width=device-width">'
    file.write_text(browser.page("", panel + script, f"{view}{css}{style}"), "utf-8")
    wide = """[...document.querySelectorAll(
        ".page-model, form, table, canvas, .wells, .chart, .wells button, .page-model p")]
        .map((one) => [one.className, one.scrollWidth, one.getBoundingClientRect().right])"""
    ready = """new Promise(function check(go) {
      if (document.querySelector(".page-model tbody")) go(true);
      else setTimeout(check, 50, go);
    })"""
    chromium.renew(seconds=120)
    for phone in (360, 390):
        size = {"width": phone, "height": 740, "deviceScaleFactor": 2}
        chromium.ask("Emulation.setDeviceMetricsOverride", mobile=True, **size)
        chromium.open(file)
        chromium.value(ready)
        found = chromium.value(wide)
        chromium.value("document.querySelector('.page-model').show.compare(true)")
        found += chromium.value(wide)
        assert chromium.value("innerWidth") == phone
        assert len(found) > 20
        over = [each for each in found if each[1] > phone - 32 or each[2] > phone - 15]
        assert over == []
        height = chromium.value("document.querySelector('canvas + * + .wells').clientHeight")
        assert height > 50
    assert chromium.complaints == []


@in_a_browser
def test_a_small_one_has_no_numbers_and_leads_to_the_laboratory(opened):
    told = opened(
        """await later(500);
        tell([document.querySelectorAll("table, .chart, [aria-pressed]").length, written() > 500,
          its(".wells").children.length, its("a").getAttribute("href")]);""",
        size="small",
    )
    assert told == [0, True, 3, "laboratory.html"]
    assert (BOOK / "laboratory.md").is_file()


@in_a_browser
def test_the_network_is_loaded_when_a_reader_comes_near_and_stops_when_the_page_is_hidden(opened):
    script = """const loaded = () => [...document.scripts].map((one) => one.src.split("/").at(-1))
      .filter((name) => name);
    const far = [loaded(), its("p").textContent, its(".written")];
    its("p").scrollIntoView();
    await later(1000);
    its("canvas").scrollIntoView();
    await later(1000);
    const near = [loaded(), written() > 1000];
    const moved = async () => {
      await later(500);
      const before = show().text.frames;
      await later(1000);
      return show().text.frames - before;
    };
    const seen = await moved();
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
    const hidden = await moved();
    delete document.hidden;
    document.dispatchEvent(new Event("visibilitychange"));
    const again = await moved();
    scrollTo(0, 0);
    tell({ far, near, seen, hidden, again, gone: await moved() });"""
    told = opened(script, above=6_000)
    assert told["far"] == [["page.mjs"], "in vain", None]
    needed = {"page", "network", "chart", "table", "numbers", "picture", "run", "controls", "style"}
    assert sorted(told["near"][0]) == sorted(
        f"{name}.mjs" for name in needed | {"show", "triangular"}
    )
    assert told["near"][1] and told["seen"] > 1000 and told["again"] > 1000
    assert told["hidden"] == told["gone"] == 0  # it generates only while it is seen


# The browser and Node


CODE = "return [...lstmMd.labelsOf('A2CB3', 'ABC')]"


@in_a_browser_or_node
def test_a_script_that_throws_or_never_ends_is_an_error():
    with pytest.raises(RuntimeError, match="Error: so it is"):
        browser.evaluate("throw new Error('so it is')", [])
    begin = time.perf_counter()
    with pytest.raises(TimeoutError, match="took longer than 1 s and was stopped"):
        browser.evaluate("for (;;);", [], seconds=1)
    assert time.perf_counter() - begin < 30


@pytest.mark.skipif(browser.node() is None, reason="there is no node")
def test_node_runs_what_a_browser_does(monkeypatch):
    monkeypatch.setattr(browser, "BROWSERS", ())
    assert browser.evaluate(CODE, sources()) == [0, 0, 2, 1, 1, 1]


@in_a_browser
def test_a_page_that_is_renewed_has_what_a_new_browser_has(chromium):
    first = chromium.evaluate("globalThis.left = 1; lstmMd.left = 1; " + CODE, sources())
    assert first == browser.evaluate(CODE, sources()) == [0, 0, 2, 1, 1, 1]
    assert chromium.evaluate("return [typeof left, typeof lstmMd.left]", sources()) == [
        "undefined",
        "undefined",
    ]
    with pytest.raises(RuntimeError, match="^Error: so it is$"):
        chromium.evaluate("throw new Error('so it is')", [])
    chromium.value("console.error('out of order')")
    assert chromium.complaints == ["out of order"]
    chromium.renew(seconds=60)
    assert chromium.complaints == []


def test_where_neither_is_there_that_is_said(monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    with pytest.raises(
        FileNotFoundError, match="none of chromium, .* and no node found; install one"
    ):
        browser.evaluate("return 1", [])
    with pytest.raises(FileNotFoundError, match="none of chromium, .*; install one"):
        browser.dom("<p>")
