"""The network in the page is the recorded one, and every reader can use the page."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import by_segments
from lstm_md.equations import softmax
from reproduction.runs import records
from tools import browser, page_model
from tools.notebooks import BOOK, read, text
from tools.page_model import FOLDER, STILL, from_characters, in_characters

NAMES = tuple(page_model.COMMIT_TIMES)
SCRIPTS = sorted(FOLDER.glob("*.mjs"))
PAGES = {"try_it.md": "linear", "kinetics_of_three_states.ipynb": "triangular"}
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
    for shown, estimate in ((page["populations"], shares), (page["counts"], counts)):
        np.testing.assert_allclose(shown["value"], estimate.value, rtol=0, atol=6e-5)
        np.testing.assert_allclose(shown["error"], estimate.error, rtol=0, atol=6e-5)


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
    assert {path.name for path in tmp_path.iterdir()} == {STILL, *(f"{n}.mjs" for n in NAMES)}


def test_the_command_says_what_it_does(capsys):
    with pytest.raises(SystemExit, match="0"):
        page_model.main(["--help"])
    assert "the first and not the best" in capsys.readouterr().out


# The network, in a browser or in Node


def evaluate(script, *names):
    files = [FOLDER / f"{name}.mjs" for name in ("network", *names)]
    return browser.evaluate(script, files, seconds=120)


@in_a_browser_or_node
@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_logits_of_keras_for_a_thousand_steps(name, pages):
    # Everything that it reads: 200 labels of the prompt, then the labels that it generates.
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
        for (let k = 0; k < 1001; k++) writer.write();
        return {{ prompt, logits }};""",
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
def test_a_label_is_drawn_where_the_cumulative_probability_passes_the_random_number(temperature):
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
def test_it_counts_as_the_chapters_do():
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
def test_it_remembers_the_last_labels():
    told = evaluate(
        """const labels = [0, 1, 1, 2, 0, 0, 2, 1, 1, 1];
        const writer = { write: () => labels[text.frames] };
        const text = new lstmMd.Text(writer, new lstmMd.Counts(3, [1], 100), 8);
        text.write(10);
        return [text.recent(0, 3), text.recent(3, 4), text.recent(8, 5), text.counts.frames];"""
    )
    assert told == [[0, 3, 0], [2, 0, 2], [0, 0, 0], 10]


# The page


def test_all_of_it_is_small_and_comes_from_here():
    assert sum(path.stat().st_size for path in SCRIPTS) < 150_000
    for path in SCRIPTS:
        code = path.read_text("utf-8")
        if path.stem in NAMES:
            code = code[: code.index('"weights"')]
        assert not re.search(r"https?:|//\w+\.|\b(fetch|import|XMLHttpRequest|eval)\b\s*\(", code)
    # Jupyter Book would load a .js file below _static in every page.
    assert not list((BOOK / "_static").rglob("*.js"))


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("page, network", PAGES.items())
def test_a_page_loads_one_script_and_has_a_picture_where_none_runs(page, network):
    found = re.search(r'^<div class="page-model".*?</div>\n(<script.*)$', source(page), re.S | re.M)
    tags = Tags(found[0].split("\n\n")[0]).found
    scripts = [attributes for tag, attributes in tags if tag == "script"]
    assert scripts == [{"defer": None, "src": "_static/page_model/page.mjs"}]
    assert source(page).count("page.mjs") == 1
    assert dict(tags)["div"]["data-network"] == network
    assert [tag for tag, _ in tags][:3] == ["div", "noscript", "img"]
    image = dict(tags)["img"]
    assert (BOOK / image["src"]).read_bytes().startswith(b"\x89PNG")
    assert len(image["alt"]) > 100 and "Markov chain" in image["alt"]


def opened(
    script, network="triangular", *, virtual_ms=9_000, options=(), above=0, css="", width="100%"
):
    """What a script finds in a page with the network, some time after loading."""
    address = (FOLDER / "page.mjs").as_uri()
    body = (
        f'<div style="height: {above}px"></div><article class="bd-article" style="width: {width}">'
        f'<div class="page-model" data-network="{network}"><p>in vain</p></div></article>'
        f'<script defer src="{address}"></script>'
    )
    # On the virtual clock timers run normally, but few frames are drawn, so code that waits for
    # frames waits long.
    frames = """window.frames_drawn = 0;
    window.requestAnimationFrame = (call) =>
      setTimeout(() => { window.frames_drawn++; call(performance.now()); }, 16);
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
      .find((label) => label.textContent.startsWith(words)).querySelector("select, input");
    const choose = (control, value) => { control.value = value; control.onchange(); };
    const later = (ms) => new Promise((go) => setTimeout(go, ms));
    const tell = (value) => (answer.textContent = JSON.stringify(value));
    """
    page = browser.page(
        f"{frames} later(2000).then(async () => {{ {script} }})"
        ".catch((error) => tell(String(error.stack)));",
        body, css,
    )  # fmt: skip
    told = browser.answer(browser.dom(page, seconds=120, virtual_ms=virtual_ms, options=options))
    assert not isinstance(told, str), told  # errors of the script
    return told


@in_a_browser
def test_it_writes_and_what_it_writes_is_beside_the_numbers_of_the_record(pages):
    told = opened(
        """choose(labelled("Speed"), 1);
        its("button").click(); await later(50); its("button").click();
        const before = written();
        await later(4000);
        its("button").click();
        const [paused, said] = [written(), its("[role=status]").textContent];
        await later(1000);
        tell({ before, paused, said, after: written(), cells: cells(), frames: window.frames_drawn,
          button: its("button").textContent, canvas: its("canvas").getAttribute("aria-label") });"""
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
    value, error = (page["counts"][kind][1][0][2] for kind in ("value", "error"))
    assert rows["A → C"][1] == f"{value:.2f} ± {error:.2f}"
    assert rows["A → C"][2] == f"{page['markov']['counts'][1][0][2]:.2f}"
    assert sum(float(rows[state][0]) for state in "ABC") == pytest.approx(1, abs=0.002)
    shown = f"{told['paused']:,} labels"
    assert told["said"].startswith(f"After {shown}: A ")
    assert told["canvas"].startswith(shown)


@in_a_browser
def test_each_control_has_a_name_and_words_come_now_and_then(pages):
    told = opened(
        """const spoken = new Set();
        new MutationObserver(() => spoken.add(its("[role=status]").textContent))
          .observe(its("[role=status]"), { childList: true });
        await later(30000);
        const controls = [...document.querySelectorAll(
          ".page-model :is(button, select, input, a, [tabindex], [onclick])")];
        tell({ spoken: [...spoken], live: its("[role=status]").getAttribute("aria-live"),
          controls: controls.map((one) => [one.tagName, one.type, one.getAttribute("aria-label") ||
            (one.labels.length ? one.labels[0].textContent : one.textContent).trim()]),
          canvas: its("canvas").getAttribute("role"), hidden: its(".gauge").ariaHidden });""",
        virtual_ms=40_000,
    )
    assert told["live"] == "polite" and told["canvas"] == "img" and told["hidden"] == "true"
    assert 2 <= len(told["spoken"]) <= 4
    assert re.search(r"; [0-6] of 6 transition counts within two standard", told["spoken"][-1])
    names = [name for _, _, name in told["controls"]]
    for wanted in ("Pause", "Reset", "Potential", "Prompt", "Labels to begin with", "Temperature",
                   "Speed", "Least stay"):  # fmt: skip
        assert sum(name.startswith(wanted) for name in names) == 1
    kinds = {tuple(control[:2]) for control in told["controls"]}
    assert kinds == {("BUTTON", "button"), ("SELECT", "select-one"), ("INPUT", "text"),
                     ("INPUT", "range")}  # fmt: skip


@in_a_browser
def test_another_potential_prompt_or_temperature_begins_anew(pages):
    told = opened(
        """its("button").click();
        const [told, typed] = [{}, labelled("Labels")];
        choose(labelled("Prompt"), "");
        told.waiting = [typed.closest("label").hidden, its("[role=status]").textContent];
        choose(typed, "abx");
        told.refused = [typed.validationMessage, its("[role=status]").textContent];
        its("button").click(); await later(500);
        told.nothing = written();
        choose(typed, " ccba ");
        await later(500);
        told.accepted = [typed.validationMessage, written() > 100];
        choose(labelled("Temperature"), 0);
        labelled("Temperature").dispatchEvent(new Event("input"));
        await later(1000);
        const shares = cells().slice(1, 4).map((row) => row[2]);
        told.greedy = [its("output").value, written() > 100, shares];
        choose(labelled("Potential"), "four_state");
        its("button").click();
        await later(500);
        told.four = [written(), cells().length, its("tbody + tbody th").textContent.slice(0, 29)];
        its("button").click(); await later(500); its("button").click();
        told.again = written() > 100;
        its("button + button").click();
        told.reset = [written(), its("[role=status]").textContent];
        choose(labelled("Potential"), "nosuch");
        await later(500);
        told.missing = its(".written").textContent;
        tell(told);""",
        virtual_ms=15_000,
    )
    assert told["waiting"] == [False, "Waiting for a prompt of the labels A, B, C."]
    assert told["refused"][0] == "Type the labels A, B, C; found ABX"
    assert told["nothing"] == 0
    assert told["accepted"] == ["", True]
    # The most likely label is always the same, so all labels are in one state.
    assert told["greedy"][:2] == ["0.0", True] and max(told["greedy"][2]) == "1.000"
    assert told["four"] == [0, 2 + 4 + 12, "Transitions in 100,000 labels"]
    assert told["again"] and told["reset"] == [0, ""]
    assert told["missing"].endswith(".mjs could not be loaded")


@in_a_browser
def test_without_motion_it_writes_when_it_is_asked_to():
    told = opened(
        """const before = [written(), its("button").textContent];
        its("button").click();
        await later(2000);
        tell({ before, once: written(), said: its("[role=status]").textContent,
          frames: window.frames_drawn, amount: labelled("Labels at a time").options.length });""",
        options=["--force-prefers-reduced-motion"],
    )
    assert told["before"] == [0, "Write on"]
    assert told["once"] == 10_000 and told["said"].startswith("After 10,000 labels: ")
    assert told["frames"] == 0 and told["amount"] == 3


@in_a_browser
@pytest.mark.parametrize("network", ["triangular", "four_state"])
def test_it_fits_a_phone(network):
    css = f'<link rel="stylesheet" href="{(BOOK / "_static/custom.css").as_uri()}">'
    told = opened(
        """tell([its(".views").parentElement, its("table"), its("form"), its("canvas")].map((one) =>
          [one.scrollWidth, Math.ceil(one.getBoundingClientRect().right)]));""",
        network, css=f"{css}<style>body {{ margin: 0 }}</style>", width="328px",
        options=["--force-device-scale-factor=2", "--window-size=360,740"],
    )  # fmt: skip
    for wide, right in told:
        assert wide <= 328 and right <= 328


@in_a_browser
def test_the_network_is_loaded_when_a_reader_comes_near():
    script = """const loaded = () => [...document.scripts].map((one) => one.src.split("/").at(-1))
      .filter((name) => name);
    const far = [loaded(), its("p").textContent, its(".written")];
    its("p").scrollIntoView();
    await later(1000);
    its("canvas").scrollIntoView();
    await later(1000);
    const near = [loaded(), written() > 1000];
    scrollTo(0, 0);
    await later(500);
    const gone = written();
    await later(1000);
    tell({ far, near, gone: written() - gone });"""
    told = opened(script, above=6_000)
    assert told["far"] == [["page.mjs"], "in vain", None]
    needed = {path.name for path in SCRIPTS} - {"linear.mjs", "four_state.mjs"}
    assert sorted(told["near"][0]) == sorted(needed) and told["near"][1]
    assert told["gone"] == 0  # it generates only while it is visible


# The browser and Node


@in_a_browser_or_node
def test_a_script_that_throws_or_never_ends_is_an_error():
    with pytest.raises(RuntimeError, match="Error: so it is"):
        browser.evaluate("throw new Error('so it is')", [])
    begin = time.perf_counter()
    with pytest.raises(TimeoutError, match="took longer than 4 s and was stopped"):
        browser.evaluate("for (;;);", [], seconds=4)
    assert time.perf_counter() - begin < 30


@pytest.mark.skipif(browser.node() is None, reason="there is no node")
def test_node_runs_what_a_browser_does(monkeypatch):
    monkeypatch.setattr(browser, "BROWSERS", ())
    assert evaluate("return lstmMd.labelsOf('A2CB3', 'ABC')") == [0, 0, 2, 1, 1, 1]


def test_where_neither_is_there_that_is_said(monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    with pytest.raises(
        FileNotFoundError, match="none of chromium, .* and no node found; install one"
    ):
        browser.evaluate("return 1", [])
    with pytest.raises(FileNotFoundError, match="none of chromium, .*; install one"):
        browser.dom("<p>")
