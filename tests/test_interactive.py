"""Pictures that a reader can operate: their numbers, and their controls in a browser."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import lstm_md as lm
from lstm_md import interactive
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


def operated(picture, script, head=""):
    """What a script finds in a page with a picture; an error of the page is an error here."""
    page = browser.page(
        f"const root = document.querySelector('[data-picture]');\n"
        f"const run = () => {{ {script} }};\n"
        "try { answer.textContent = JSON.stringify(run()); }"
        "catch (error) { answer.textContent = JSON.stringify(String(error.stack)); }",
        f'<article class="bd-article">{picture._repr_html_()}</article>',
        head,
    )
    told = browser.answer(browser.dom(page))
    assert not isinstance(told, str), told
    return told


MOVE = """const input = root.querySelector("input");
const move = (to) => { input.value = to; input.dispatchEvent(new Event("input")); };
const its = (choice) => root.querySelector(choice);"""


# The commit time of a strip


@in_a_browser
@pytest.mark.parametrize("name", STRIPS)
def test_the_slider_counts_as_the_library_at_every_commit_time(name):
    labels, names = STRIPS[name]
    told = operated(
        slider(name),
        f"""{MOVE}
        return Array.from({{ length: {LONGEST} }}, (_, k) => {{
          move(k + 1);
          const number = (its(".marks").getAttribute("d").match(/h8l/g) ?? []).length;
          const grey = [...root.querySelectorAll(".short")].map((one) => one.dataset.stay);
          return [root.transitionCounts(k + 1), its(".said").textContent, number, new Set(grey).size,
            its(".so-far").getAttribute("points").split(" ").length];
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
def test_the_picture_of_the_script_is_that_of_the_page_without_scripts():
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
def test_the_slider_has_a_name_and_says_its_value_and_its_keys_do_not_turn_the_page():
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
def test_it_fits_its_page(width):
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
