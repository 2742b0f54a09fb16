"""Pictures that a reader can operate: their numbers, and their controls in a browser."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from xml.etree import ElementTree

import numpy as np
import pytest

import lstm_md as lm
from lstm_md import figures, interactive
from lstm_md.judging.criteria import CurveComparison
from reproduction.runs import records
from tools import browser
from tools.notebooks import BOOK

in_a_browser = pytest.mark.skipif(
    browser.browser() is None, reason=f"there is none of {', '.join(browser.BROWSERS)}"
)
LONGEST = 60


def strips():
    """Labels of several kinds: the book's stretch, one long stay, four states, single frames."""
    random = np.random.default_rng(2)
    simulated = records.load("triangular_ours", BOOK / "recorded").data
    lengths = random.geometric(0.07, 120)
    return {
        "simulation": (simulated[95_300:96_100], "ABC"),
        "one stay": ([1] * 300, "AB"),
        "four states": (np.repeat(random.integers(4, size=120), lengths)[:1200], "ABCD"),
        "single frames": ([0, 1] * 70, ["U", "P3"]),
        "two frames": ([0, 1], "AB"),
    }


STRIPS = strips()


def slider(name, **options):
    labels, names = STRIPS[name]
    return interactive.commit_time_slider(labels, names, longest=LONGEST, **options)


@pytest.fixture
def operated(started_chromium, tmp_path):
    """What a script finds in a page with a picture; an error of the page is an error here."""

    def found(picture, script, head=""):
        body = f'<article class="bd-article">{picture._repr_html_()}</article>'
        file = tmp_path / "page.html"
        file.write_text(browser.page("", body, head), "utf-8")
        started_chromium.renew(seconds=60)
        started_chromium.open(file)
        told = started_chromium.value(
            "(() => { const root = document.querySelector('[data-picture]');\n" + script + "})()"
        )
        assert started_chromium.complaints == []
        return told

    return found


MOVE = """const input = root.querySelector("input");
const move = (to) => { input.value = to; input.dispatchEvent(new Event("input")); };
const its = (choice) => root.querySelector(choice);"""


# The commit time of a strip


@in_a_browser
@pytest.mark.parametrize("name", STRIPS)
def test_the_slider_counts_as_the_library_at_every_commit_time(name, operated):
    labels, names = STRIPS[name]
    told = operated(
        slider(name),
        f"""{MOVE}
        return Array.from({{ length: {LONGEST} }}, (_, k) => {{
          move(k + 1);
          const number = (its(".marks").getAttribute("d").match(/h8l/g) ?? []).length;
          const grey = [...root.querySelectorAll(".short")].map((one) => one.dataset.stay);
          return [root.transitionCounts(k + 1), its(".said").textContent, number,
            new Set(grey).size, its(".so-far").getAttribute("points").split(" ").length];
        }});""",
    )
    expected = lm.transition_counts(labels, range(1, LONGEST + 1), n_labels=len(names))
    lengths = lm.stays_of(labels).length
    assert [counts for counts, *_ in told] == expected.tolist()
    for time, (_, words, marks, short, points) in enumerate(told, 1):
        number = int(expected[time - 1].sum())
        skipped = int(np.sum(lengths < time))
        frames = "1 frame" if time == 1 else f"{time} frames"
        assert re.fullmatch(
            rf"At a commit time of {frames}: {number} transitions?; {skipped} short stays? "
            r"(is|are) skipped\.",
            words,
        )
        assert (marks, short, points) == (number, skipped, time)


@in_a_browser
def test_the_picture_of_the_script_is_that_of_the_page_without_scripts(operated):
    picture = slider("simulation", commit_time=7)
    script = """return [its(".said").textContent, its(".marks").getAttribute("d"),
      [...root.querySelectorAll(".short")].map((one) => Number(one.dataset.stay)),
      its(".so-far").getAttribute("points"),
      ["cx", "cy"].map((name) => its(".dot").getAttribute(name)),
      its("label").hidden];"""
    told = operated(picture, MOVE + script)
    still = picture._repr_html_()
    assert told[0] == re.search(r'role="status">(.+?)</p>', still)[1]
    assert told[2] == [int(k) for k in re.findall(r'class="short" data-stay="(\d+)"', still)]
    drawn = {name: re.search(rf'class="{name}" (?:d|points)="(.*?)"', still)[1]
             for name in ("marks", "so-far")}  # fmt: skip
    numbers = re.compile(r"-?[\d.]+")
    for found, expected in ((told[1], drawn["marks"]), (told[3], drawn["so-far"])):
        assert len(numbers.findall(found)) > 10
        assert np.allclose(*([float(n) for n in numbers.findall(one)] for one in (found, expected)),
                           atol=0.06)  # fmt: skip
    dot = re.search(r'cx="(.+?)" cy="(.+?)"', still)
    assert np.allclose([float(n) for n in told[4]], [float(n) for n in dot.groups()], atol=0.06)
    assert told[5] is False and "<label hidden>" in still


@in_a_browser
def test_the_slider_has_a_name_and_says_its_value_and_its_keys_do_not_turn_the_page(operated):
    told = operated(
        slider("simulation"),
        f"""{MOVE}
        let turned = 0;
        document.addEventListener("keydown", () => turned++);
        input.dispatchEvent(new KeyboardEvent("keydown", {{ key: "ArrowRight", bubbles: true }}));
        move(1);
        return [input.labels[0].textContent, input.getAttribute("aria-valuetext"),
          turned, its(".pairs").textContent, its(".said").getAttribute("role"), input.tabIndex];""",
    )
    labels, _ = STRIPS["simulation"]
    (counts,) = lm.transition_counts(labels, 1, n_labels=3)
    pairs = [f"{'ABC'[i]} → {'ABC'[j]}: {counts[i, j]}" for i, j in np.argwhere(counts)]
    assert told == ["Commit time: 1 frame", "1 frame", 0, ", ".join(pairs), "status", 0]


@in_a_browser
@pytest.mark.parametrize("width", [390, 1100])
def test_it_fits_its_page(width, operated):
    style = f"<style>body {{ margin: 16px; width: {width - 32}px }}</style>"
    told = operated(
        slider("four states"),
        """return [...root.querySelectorAll("*")].map((one) => one.getBoundingClientRect())
          .map(({ left, right }) => [left, right]);""",
        style,
    )
    assert min(left for left, right in told if right > left) >= 0
    assert max(right for _, right in told) <= width


def test_a_page_stores_little_and_loads_nothing():
    page = slider("simulation", caption="<script>alert(1)</script>")._repr_html_()
    assert page == slider("simulation", caption="<script>alert(1)</script>")._repr_html_()
    assert len(page.encode()) < 20_000 and page.count("<script>") == 1
    assert "http" not in page
    assert not re.search(r"\b(src|href|import|fetch|url|eval)\b\s*[=(]", page)
    assert ' id="' not in page  # several may be on a page
    for drawing in re.findall(r"<svg.*?</svg>", page, re.S):
        tree = ElementTree.fromstring(drawing)
        assert len(tree.get("aria-label")) > 60
        sizes = [float(one.get("font-size")) for one in tree.iter() if one.get("font-size")]
        assert min(sizes) >= 12


def test_names_cannot_close_the_script():
    page = interactive.commit_time_slider([0, 1], ["</", "<b"], commit_time=1)._repr_html_()
    data = json.loads(re.search(r"^chooseCommitTime\(root, (.*)\);$", page, re.M)[1])
    assert data["names"] == ["</", "<b"]
    assert page.count("</script>") == 1 and "&lt;b" in page


def test_its_text_says_what_it_shows():
    labels, _ = STRIPS["simulation"]
    few, many = lm.transition_counts(labels, [10, 1]).sum(axis=(1, 2))
    assert repr(slider("simulation")) == (
        f"A strip of 800 labels and its transitions against commit time: {many} at 1 frame, "
        f"{few} at 10 frames."
    )


@pytest.mark.parametrize("changed, message", [
    ({"labels": [[0, 1], [1, 0]]}, "labels: expected one trajectory"),
    ({"labels": [0] * 2001}, "labels: expected one trajectory of 2 to 2000 frames"),
    ({"names": "A"}, "names: expected 2 to 8 of them, found 1"),
    ({"names": ["A", "P2P3"]}, "names: expected 1 to 2 characters, found 'P2P3'"),
    ({"names": [0, 1]}, "names: expected a str"),
    ({"labels": [0, 3]}, "labels: "),
    ({"commit_time": 61}, "commit_time: expected at most longest, 60 frames, found 61"),
    ({"longest": 1}, "longest: expected at least 2"),
    ({"longest": 5000}, "longest: expected at most 1000"),
    ({"caption": None}, "caption: expected a str"),
])  # fmt: skip
def test_what_cannot_be_shown_is_refused(changed, message):
    given = {"labels": [0, 0, 1], "names": "AB"} | changed
    with pytest.raises((TypeError, ValueError), match=message):
        interactive.commit_time_slider(**given)


# Curves and their values

TIMES = np.array([1, 3, 10, 40])
RANDOM = np.random.default_rng(4)
CURVES = ("training data", "LSTM", "Markov chain")
PANELS = {
    name: {
        curve: lm.Estimate(
            RANDOM.uniform(0.02, 300, (4, 3, 3)).round(2), RANDOM.uniform(0.01, 20, (4, 3, 3))
        )
        for curve in CURVES
    }
    for name in ("linear", "triangular")
}
PANELS["linear"]["LSTM"].value[1, 0, 2] = 0
PANELS["linear"]["training data"].error[2, 0, 2] = np.nan
STYLES = {"LSTM": figures.METHODS["warmed"]}
WORK = """const its = (choice) => root.querySelector(choice);
const did = (name) => new Event(name, { bubbles: true });
const slide = (to) => { const one = its("input[type=range]"); one.value = to; one.dispatchEvent(did("input")); };
const choose = (name, k) => { const one = its(`select[name=${name}]`); one.selectedIndex = k;
  one.dispatchEvent(did("input")); };
const rows = () => [...root.querySelectorAll("tbody tr")].map((row) =>
  [...row.children].map((cell) => cell.textContent));
const curves = () => [...root.querySelectorAll(".chart .curve")].map((one) => Number(one.dataset.curve));
"""  # noqa: E501


def explorer(**options):
    given = {"styles": STYLES, "quantity": "transitions in 10,000 frames"} | options
    return interactive.count_curves(TIMES, PANELS, "ABC", **given)


@in_a_browser
def test_the_values_are_those_of_the_curves_at_each_commit_time(operated):
    told = operated(
        explorer(),
        f"""{WORK} const found = [];
        for (let k = 0; k < 48; k++) {{
          const [panel, pair, t] = [k % 2, (k >> 1) % 6, Math.floor(k / 12)];
          choose("panel", panel); choose("pair", pair); slide(t);
          found.push([panel, its("[name=pair]").value, t, its("caption").textContent, rows()]);
        }}
        return found;""",
    )
    assert len({(panel, pair, t) for panel, pair, t, *_ in told}) == 2 * 6 * 4
    for panel, pair, t, caption, rows in told:
        name = list(PANELS)[panel]
        i, j = ("ABC".index(letter) for letter in pair.split(" → "))
        assert caption == f"{name}, {pair}, at {TIMES[t]} frame{'s' if t else ''}"
        assert [row[0] for row in rows] == list(CURVES)
        first = PANELS[name]["training data"].value[t, i, j]
        for curve, words, ratio in rows:
            estimate = PANELS[name][curve]
            value, error = estimate.value[t, i, j], estimate.error[t, i, j]
            shown, _, shown_error = words.partition(" ± ")
            scale = 0 if np.isnan(error) else error
            assert float(shown) == pytest.approx(
                value, abs=0.051 * scale + (0 if scale else 6e-3 * value)
            )
            if np.isnan(error):
                assert not shown_error
            else:
                assert float(shown_error) == pytest.approx(error, rel=0.06)
            if curve == CURVES[0]:
                assert ratio == ""
            else:
                assert float(ratio) == pytest.approx(value / first, rel=0.05, abs=0.0051)


@in_a_browser
def test_a_curve_is_switched_off_and_on_in_chart_and_table(operated):
    told = operated(
        explorer(),
        f"""{WORK} const box = root.querySelectorAll("input[type=checkbox]")[1];
        const found = [[curves(), rows().map((row) => row[0])]];
        box.click(); found.push([curves(), rows().map((row) => row[0])]);
        box.click(); return [...found, [curves(), rows().map((row) => row[0])]];""",
    )
    every = [[0, 1, 2], list(CURVES)]
    assert told == [every, [[0, 2], [CURVES[0], CURVES[2]]], every]


@in_a_browser
def test_what_a_reader_points_at_is_the_nearest_commit_time(operated):
    told = operated(
        explorer(),
        f"""{WORK} const {{ left, top, width }} = its(".chart").getBoundingClientRect();
        return [46, 140, 215, 340, -90].map((x) => {{
          its(".chart").dispatchEvent(new PointerEvent("pointermove", {{ bubbles: true,
            clientX: left + (x / 360) * width, clientY: top + 50 }}));
          return its(".at b").textContent;
        }});""",
    )
    assert told == ["1 frame", "3 frames", "10 frames", "40 frames", "1 frame"]


@in_a_browser
def test_a_count_of_zero_is_not_on_the_logarithmic_axis_but_in_the_table(operated):
    told = operated(
        explorer(pairs=[(0, 2)]),
        f"""{WORK} slide(1);
        const points = [0, 1].map((k) =>
          its(`[data-curve="${{k}}"] .line`).getAttribute("d").match(/[ML]/g).join(""));
        return [points, rows()[1][1], root.innerHTML.includes("NaN")];""",
    )
    assert told[0] == ["MLLL", "MML"]
    assert told[1].startswith("0") and told[2] is False


@in_a_browser
def test_it_is_used_by_keyboard_and_hidden_on_paper_and_without_a_script(operated):
    told = operated(
        explorer(commit_time=9),
        f"""{WORK} let turned = 0;
        document.addEventListener("keydown", () => turned++);
        const slider = its("input[type=range]");
        slider.dispatchEvent(new KeyboardEvent("keydown", {{ key: "ArrowLeft", bubbles: true }}));
        const named = [...root.querySelectorAll("select, input")].map((one) =>
          one.labels[0].textContent.trim().split(/ |:/)[0]);
        const paper = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
          .filter((rule) => rule.media?.mediaText === "print")
          .map((rule) => rule.cssRules[0].style.display);
        return [turned, named, slider.getAttribute("aria-valuetext"), paper, root.hidden,
          its(".chart").getAttribute("aria-label")];""",
    )
    turned, named, spoken, paper, hidden, label = told
    assert turned == 0 and paper == ["none"] and hidden is False
    assert named == ["Show", "Transition", "training", "LSTM", "Markov", "Commit"]
    assert spoken.startswith("10 frames; training data ") and "; LSTM " in spoken
    assert label.startswith("linear, A → B: transitions in 10,000 frames against commit time.")
    assert re.match(r'.*<div class="lstm-md-curves"[^>]* hidden>', explorer()._repr_html_())


@in_a_browser
@pytest.mark.parametrize("width", [390, 1100])
def test_the_curves_fit_their_page(width, operated):
    style = f"<style>body {{ margin: 16px; width: {width - 32}px }}</style>"
    told = operated(
        explorer(),
        """return [...root.querySelectorAll("*")].map((one) => one.getBoundingClientRect())
          .map(({ left, right }) => [left, right]);""",
        style,
    )
    assert max(right for _, right in told) <= width


def test_the_curves_are_small_and_load_nothing():
    page = explorer()._repr_html_()
    assert page == explorer()._repr_html_() and len(page.encode()) < 20_000
    assert "http" not in page and ' id="' not in page
    assert not re.search(r"\b(src|href|import|fetch|url|eval)\b\s*[=(]", page)
    assert repr(explorer(pairs=[(0, 1)])) == (
        "Transitions in 10,000 frames against commit time, to be read in a browser, for 1 pair of "
        "states. The curves: training data; LSTM; Markov chain."
    )


def test_ink_takes_the_colour_of_the_page_and_styles_are_those_of_the_figures():
    page = explorer(styles=STYLES | {"Markov chain": figures.SIMULATION})._repr_html_()
    data = json.loads(re.search(r"^showCurves\(root, (.*)\);$", page, re.M)[1])
    assert data["styles"] == [
        {"colour": "currentColor", "marker": None, "dash": False},
        {"colour": figures.LSTM.lower(), "marker": "^", "dash": False},
        {"colour": figures.SIMULATION["color"], "marker": None, "dash": True},
    ]
    assert data["errors"][0][0][1][2] is None


ONE = lm.Estimate(np.ones((2, 2, 2)), np.ones((2, 2, 2)))


@pytest.mark.parametrize("changed, message", [
    ({"commit_times": [1]}, "commit_times: expected shape"),
    ({"commit_times": [2, 1]}, "commit_times: expected positive and ascending"),
    ({"commit_times": [0, 1]}, "commit_times: expected positive and ascending"),
    ({"panels": {}}, "panels: found no curve"),
    ({"panels": {"a": {}}}, "panels: found no curve"),
    ({"panels": {"a": {"x": ONE}, "b": {"y": ONE}}}, "panels: expected the curves x in each panel"),
    ({"panels": {"a": {"x": [1]}}}, "panels: expected an Estimate"),
    ({"names": "ABC"}, r"panels: expected shape \(2, 3, 3\)"),
    ({"names": "A"}, "names: expected at least 2 texts"),
    ({"pairs": [(0, 0)]}, "pairs: expected two different states below 2"),
    ({"pairs": []}, "pairs: expected at least one"),
    ({"styles": {"x": {"marker": "os"}}}, "styles: expected a marker of o s D"),
    ({"styles": {"x": {"color": "no"}}}, "styles: found the colour 'no'"),
    ({"commit_time": 0}, "commit_time: "),
])  # fmt: skip
def test_curves_that_cannot_be_shown_are_refused(changed, message):
    given = {"commit_times": [1, 2], "panels": {"a": {"x": ONE}}, "names": "AB"} | changed
    with pytest.raises((TypeError, ValueError), match=message):
        interactive.count_curves(**given)


# A map of many models

LAGS = (0.1, 0.5, 3, 0.1, 3, 0.1)
KINDS_OF_MODELS = ("MSM", "MSM", "MSM", "HMM, 3 states", "HMM, 3 states", "<order 2>")


def comparisons(*shares, drift=0.0, points=50):
    return [CurveComparison(share, drift, points, 0.1) for share in shares]


WAYS = {
    "lasts one lag": {
        "single frames": comparisons(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        "from 10 ms on": comparisons(0, 0.9, 0.95, 0.89, 1, 1, drift=-0.9, points=12),
    },
    "sampled": {
        "mean": comparisons(0, 1, 1, 1, 1, 1, drift=1.1, points=1),
        "single frames": comparisons(0.11, 0.22, 0.33, 0.44, 0.55, 0.66),
    },
}
READ = """const its = (choice) => root.querySelector(choice);
const shown = () => [...root.querySelectorAll("table")].filter((one) => one.offsetParent);
const read = () => [...shown()[0].tBodies[0].rows].map((row) => [...row.cells].map((one) => one.textContent));
const choose = (k) => { its("select").selectedIndex = k;
  its("select").dispatchEvent(new Event("input", { bubbles: true })); };
const way = (k) => root.querySelectorAll("input")[k].click();
const at = (row, column) => shown()[0].rows[row].cells[column];
const press = (key) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
"""  # noqa: E501


def mapped(**options):
    notes = ["loss 2.31", "", "", "", "loss <2>", ""]
    given = {"unit": "ms", "heading": "Per cent that agree.", "notes": notes} | options
    return interactive.agreement_map(KINDS_OF_MODELS, LAGS, WAYS, **given)


@in_a_browser
def test_the_map_shows_one_way_and_one_kind_of_counts_at_a_time(operated):
    found = operated(
        mapped(),
        f"""{READ} const all = [];
        for (const one of [0, 1]) {{
          way(one);
          for (const k of [0, 1]) {{ choose(k); all.push([shown().length,
            shown()[0].caption.textContent, its("select").value, read()]); }}
        }}
        return all;""",
    )
    names = [(way, counts) for way, each in WAYS.items() for counts in each]
    for (way, counts), (n, caption, chosen, rows) in zip(names, found, strict=True):
        assert (n, caption, chosen) == (1, f"{way}; {counts}", counts)
        words = [f"{100 * one.share:.0f}{' ✓' if one.agree else ''}" for one in WAYS[way][counts]]
        assert rows == [
            ["MSM", *words[:3]], ["HMM, 3 states", words[3], "", words[4]],
            ["<order 2>", words[5], "", ""],
        ]  # fmt: skip


@in_a_browser
def test_the_counts_stay_where_both_ways_have_them(operated):
    found = operated(
        mapped(),
        f"""{READ} const names = () => [...its("select").options].map((one) => one.value);
        const all = [[its("select").value, names()]];
        for (const step of [() => way(1), () => choose(0), () => way(0)]) {{
          step(); all.push([its("select").value, names()]);
        }}
        return all;""",
    )
    first, second = (list(each) for each in WAYS.values())
    assert found == [
        ["single frames", first], ["single frames", second], ["mean", second],
        ["single frames", first],
    ]  # fmt: skip


@in_a_browser
def test_a_model_is_read_by_pointer_and_by_keyboard(operated):
    found = operated(
        mapped(),
        f"""{READ} const said = [its(".said").textContent];
        const told = () => said.push(its(".said").textContent);
        let turned = 0;
        document.addEventListener("keydown", () => turned++);
        at(2, 3).dispatchEvent(new PointerEvent("pointerover", {{ bubbles: true }})); told();
        at(2, 2).dispatchEvent(new PointerEvent("pointerover", {{ bubbles: true }})); told();
        at(1, 1).focus(); told();
        for (const key of ["ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft",
          "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp"]) {{ press(key); told(); }}
        choose(1); told(); way(1); choose(0); told();
        const stops = [...shown()[0].querySelectorAll("[tabindex='0']")].length;
        return [said, turned, stops, shown()[0].getAttribute("role")];""",
    )
    said, turned, stops, role = found
    order = [line.partition(":")[0].split(", lag time ") for line in said]
    assert [(row, lag) for row, lag in order] == [
        ("MSM", "0.1 ms"), ("HMM, 3 states", "3 ms"), ("HMM, 3 states", "3 ms"), ("MSM", "0.1 ms"),
        # to the right, not down from 0.5 ms, right, down, left over the gap, down, not further
        ("MSM", "0.5 ms"), ("MSM", "0.5 ms"), ("MSM", "3 ms"), ("HMM, 3 states", "3 ms"),
        ("HMM, 3 states", "0.1 ms"), ("<order 2>", "0.1 ms"), ("<order 2>", "0.1 ms"),
        ("<order 2>", "0.1 ms"), ("HMM, 3 states", "0.1 ms"), ("HMM, 3 states", "0.1 ms"),
        ("HMM, 3 states", "0.1 ms"),
    ]  # fmt: skip
    assert said[0] == "MSM, lag time 0.1 ms: 10 % of 50 points agree. loss 2.31"
    assert said[1] == "HMM, 3 states, lag time 3 ms: 50 % of 50 points agree. loss <2>"
    assert said[-2].strip().endswith("89 % of 12 points agree.")
    assert said[-1].strip().endswith("100 % of 1 point agree.")  # the mean deviation is too large
    assert (turned, stops, role) == (0, 1, "grid")


@in_a_browser
def test_a_model_that_agrees_is_said_to_meet_the_criterion(operated):
    told = operated(
        mapped(),
        f"""{READ} choose(1); at(1, 3).click();
        return [its(".said").textContent, at(1, 3).style.getPropertyValue("--share")];""",
    )
    assert told[0].strip() == ("MSM, lag time 3 ms: 95 % of 12 points agree. The criterion is met.")
    assert float(told[1]) == 0.95


@in_a_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_numbers_of_the_map_can_be_read_on_their_colours(theme, operated):
    """The contrast of letters on the strongest colour is at least 4.5, as WCAG asks."""
    back, letters = {"light": ("#fff", "#222832"), "dark": ("#14181e", "#ced6dd")}[theme]
    style = f"<style>body {{ background: {back}; color: {letters} }}</style>"
    told = operated(
        mapped(),
        f"""{READ} choose(1);
        const [one, page] = [at(2, 3), document.body].map((each) => getComputedStyle(each));
        return [one.backgroundColor, one.color, page.backgroundColor];""",
        style,
    )
    cell, ink, page = ([float(n) for n in re.findall(r"[\d.]+", one)] for one in told)
    mixed = [cell[3] * c + (1 - cell[3]) * p for c, p in zip(cell, page)]
    assert cell[3] == pytest.approx(0.6, abs=0.01)

    def light(colour):
        parts = [c / 255 for c in colour[:3]]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.05 + parts[0] * 0.2126 + parts[1] * 0.7152 + parts[2] * 0.0722

    low, high = sorted((light(mixed), light(ink)))
    assert high / low >= 4.5


@in_a_browser
@pytest.mark.parametrize("width", [390, 1100])
def test_the_map_fits_its_page(width, operated):
    style = f"<style>body {{ margin: 16px; width: {width - 32}px }}</style>"
    told = operated(
        mapped(),
        """return [...root.querySelectorAll("*")]
          .map((one) => one.getBoundingClientRect().right);""",
        style,
    )
    assert max(told) <= width


def test_without_a_script_and_on_paper_the_map_is_a_table_for_each_choice():
    drawing = mapped(caption="<all>")._repr_html_()
    assert drawing.count("<table") == 4 and drawing.count("<form hidden>") == 1
    style = files("lstm_md._support").joinpath("agreement_map.css").read_text("utf-8")
    assert re.search(r"@media screen \{ [.]lstm-md-map [.]off \{ display: none; \} \}", style)
    assert "@media print { .lstm-md-map :is(form, .said) { display: none; } }" in style
    (first, *_) = re.findall(r"<table.*?</table>", drawing)
    tree = ElementTree.fromstring(first)
    assert [one.text for one in tree.iter("th")] == [
        "0.1", "0.5", "3", "MSM", "HMM, 3 states", "<order 2>",
    ]  # fmt: skip
    assert {one.get("scope") for one in tree.iter("th")} == {"row", "col"}
    assert "<p>Per cent that agree.</p>" in drawing and "&lt;all&gt;" in drawing


def test_the_map_is_small_and_loads_nothing():
    page = mapped()._repr_html_()
    assert page == mapped()._repr_html_() and len(page.encode()) < 20_000
    assert "http" not in page and ' id="' not in page and page.count("</script>") == 1
    assert not re.search(r"\b(src|href|import|fetch|url|eval)\b\s*[=(]", page)
    assert repr(mapped()) == "A map of 6 models: how many points agree, in 4 tables."


@pytest.mark.parametrize("changed, message", [
    ({"models": ["MSM"]}, "columns: expected 1 numbers, one for each model, found 2"),
    ({"models": ["MSM", 3]}, "models: expected a str"),
    ({"columns": [1, 1]}, "models: found 'MSM' twice in the column 1"),
    ({"columns": [1, "x"]}, "columns: "),
    ({"ways": {}}, "ways: found nothing to compare"),
    ({"ways": {"one": {"all": comparisons(0.5)}}}, "ways: expected 2 comparisons, one for each"),
    ({"ways": {"one": {"all": [0.5, 0.5]}}}, "ways: expected a CurveComparison"),
    ({"ways": {"one": comparisons(0.5)}}, "ways: expected a Mapping"),
    ({"notes": ["one"]}, "notes: expected 2 texts, one for each model, found 1"),
    ({"unit": 3}, "unit: expected a str"),
    ({"caption": None}, "caption: expected a str"),
])  # fmt: skip
def test_a_map_that_cannot_be_drawn_is_refused(changed, message):
    given = {
        "models": ["MSM", "MSM"], "columns": [1, 2],
        "ways": {"one": {"all": comparisons(0.5, 0.5)}},
    } | changed  # fmt: skip
    with pytest.raises((TypeError, ValueError), match=message):
        interactive.agreement_map(**given)


# A recording into which one zooms

RECORDING = np.cumsum(RANDOM.normal(size=50_000)) + RANDOM.normal(size=50_000)
CENTRE = 31_000


def levels(picture):
    found = json.loads(re.search(r"^zoomRecording\(root, (.*)\);$", picture._repr_html_(), re.M)[1])
    return found, found["levels"]


def test_each_level_has_the_mean_and_the_extremes_of_its_columns():
    data, found = levels(interactive.zoom(RECORDING, CENTRE))
    assert found[0]["start"] == 0 and found[0]["frames"] == RECORDING.size
    lengths = [level["frames"] for level in found]
    assert lengths == sorted(lengths, reverse=True) and lengths[-1] == 400
    for level in found[:-1]:
        start, n = level["start"], level["frames"]
        edges = start + np.rint(np.linspace(0, n, len(level["mean"]) + 1)).astype(int)
        parts = [RECORDING[a:b] for a, b in zip(edges, edges[1:])]
        for name, summary in (("mean", np.mean), ("low", np.min), ("high", np.max)):
            shown = data["least"] + data["step"] * np.array(level[name])
            expected = [summary(part) for part in parts]
            np.testing.assert_allclose(shown, expected, atol=1.01 * data["step"])
    last = found[-1]
    assert last["start"] <= CENTRE < last["start"] + 400
    single = RECORDING[last["start"] : last["start"] + 400]
    shown = data["least"] + data["step"] * np.array(last["mean"])
    np.testing.assert_allclose(shown, single, atol=0.51 * data["step"])
    assert data["step"] < np.ptp(RECORDING) / 900


@in_a_browser
def test_the_slider_leads_from_the_whole_recording_to_single_frames(operated):
    picture = interactive.zoom(
        RECORDING, CENTRE, shortest=60, time_per_frame=0.1, units={"s": 1000, "ms": 1},
        lines=[0.0], marks={"<U>": 1.0}, caption="a recording",
    )  # fmt: skip
    told = operated(
        picture,
        """const input = root.querySelector("input");
        let turned = 0;
        document.addEventListener("keydown", () => turned++);
        input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        const found = Array.from({ length: 101 }, (_, k) => {
          input.value = k;
          input.dispatchEvent(new Event("input"));
          return { ...root.drawn, words: input.getAttribute("aria-valuetext"),
            points: root.querySelectorAll(".point").length,
            label: root.querySelector(".chart").getAttribute("aria-label") };
        });
        return { found, turned, hidden: root.hidden, text: root.textContent.includes("<U>"),
          broken: root.innerHTML.includes("NaN"), name: input.labels[0].textContent };""",
    )
    found = told["found"]
    assert (found[0]["begin"], found[0]["length"]) == (0, RECORDING.size)
    assert found[0]["words"] == "5 s" and found[-1]["words"] == "6 ms"
    assert found[-1]["single"] and found[-1]["points"] == found[-1]["columns"] == 60
    assert min(one["columns"] for one in found[:-1]) >= 45
    for one in found:
        assert one["begin"] <= CENTRE <= one["begin"] + one["length"]
        assert 0 <= one["begin"] and one["begin"] + one["length"] <= RECORDING.size + 1e-6
        assert one["label"].startswith(f"x during {one['words']} of the recording, with ")
    assert not told["turned"] and not told["hidden"] and not told["broken"] and told["text"]
    assert told["name"] == "Shown: 6 ms"


@pytest.mark.parametrize("n, centre", [(2, 0), (61, 60), (400, 0), (401, 400), (5000, 4999)])
def test_short_recordings_and_their_ends_can_be_shown(n, centre):
    data, found = levels(interactive.zoom(np.arange(n), centre, shortest=min(n, 60)))
    for level in found:
        assert 0 <= level["start"] and level["start"] + level["frames"] <= n
        assert level["start"] <= centre < level["start"] + level["frames"]
    assert (len(found) == 1) == (n <= 400)


def test_a_recording_is_stored_small():
    page = interactive.zoom(np.tile(RECORDING, 10), CENTRE)._repr_html_()
    assert len(page.encode()) < 30_000 and "http" not in page and ' id="' not in page
    assert repr(interactive.zoom(RECORDING, 5)) == (
        "A recording of 50,000 frames, into which a reader can zoom in a browser."
    )


@pytest.mark.parametrize("changed, message", [
    ({"values": [1.0]}, "values: "),
    ({"values": [1.0, np.nan]}, "values: "),
    ({"centre": 100}, "centre: expected at most 99, found 100"),
    ({"shortest": 101}, "shortest: expected at most 100, found 101"),
    ({"units": {}}, "units: found no unit"),
    ({"units": {"s": 0}}, "units: "),
    ({"time_per_frame": 0}, "time_per_frame: "),
    ({"lines": 706}, "lines: expected a list"),
    ({"marks": {"U": "high"}}, "marks: "),
])  # fmt: skip
def test_a_recording_that_cannot_be_shown_is_refused(changed, message):
    given = {"values": np.arange(100.0), "centre": 50} | changed
    with pytest.raises((TypeError, ValueError), match=message):
        interactive.zoom(**given)


# In the book


KINDS = (
    ("commit_time", "strip"), ("count_curves", "curves"), ("zoom", "zoom"),
    ("agreement_map", "map"),
)  # fmt: skip


def test_the_chapters_store_what_the_library_makes_now():
    found = 0
    for path in sorted(BOOK.glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                stored = "".join(output.get("data", {}).get("text/html", ()))
                for name, kind in KINDS:
                    if f"lstm-md-{kind}" in stored:
                        found += 1
                        size = len(stored.encode())
                        assert size < 40_000, f"{path.stem}: {size} bytes"
                        for ending in ("js", "css"):
                            part = files("lstm_md._support").joinpath(f"{name}.{ending}")
                            assert part.read_text("utf-8").strip() in stored, (
                                f"{path.stem}: its script is an old one; execute it again"
                            )
    assert found == 6
