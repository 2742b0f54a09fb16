"""The panel that trains a network works for a reader, in Chromium and in Firefox.

What it computes is compared with the package in test_page_training.py.
"""

from __future__ import annotations

import json
import re
from functools import partial

import numpy as np
import pytest

from lstm_md import filters, labels
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import by_segments
from tools import browser, firefox
from tools.notebooks import BOOK
from tools.page_model import FOLDER

in_chromium = pytest.mark.skipif(
    browser.browser() is None, reason=f"there is none of {', '.join(browser.BROWSERS)}"
)
in_firefox = pytest.mark.skipif(
    firefox.browser() is None, reason=f"there is none of {', '.join(firefox.BROWSERS)}"
)
IN_BOTH = [
    pytest.param("chromium", marks=in_chromium, id="chromium"),
    pytest.param("firefox_too", marks=in_firefox, id="firefox"),
]
SECONDS = 240  # for each test


@pytest.fixture(scope="module")
def started_firefox():
    with firefox.Page(seconds=SECONDS) as page:
        yield page


# Each browser is started once, since that takes seconds. Each test has a new page: the old one
# would go on.


@pytest.fixture
def chromium(started_chromium):
    started_chromium.renew(seconds=SECONDS)
    yield started_chromium
    started_chromium.renew(seconds=SECONDS)


@pytest.fixture
def firefox_too(started_firefox):
    started_firefox.renew(seconds=SECONDS)
    yield started_firefox
    started_firefox.renew(seconds=SECONDS)


@pytest.fixture(params=IN_BOTH)
def page(request):
    """A page of either browser."""
    return request.getfixturevalue(request.param)


PANELS = """<article class="bd-article"><div class="page-model" data-network="triangular"></div>
<div class="page-training"></div></article>"""
TOOLS = """
window.later = (ms) => new Promise((go) => setTimeout(go, ms));
window.until = async (done) => { while (!done()) await later(50); };
window.its = (choice) => document.querySelector(".page-training " + choice);
window.training = () => document.querySelector(".page-training").train;
window.panel = () => document.querySelector(".page-model").show;
window.ended = () => until(() => !training().training);
window.drop = (text, name = "own.txt") => {
  const data = training().source.data;
  data.value = "";
  data.onchange();
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name));
  its(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  return until(() => !its(".found").textContent.startsWith("Reading"));
};"""
# The name of what has the focus.
NAME = """((one) => one.labels?.[0]?.textContent.trim() || one.ariaLabel || one.textContent.trim())(
  document.activeElement)"""
READY = "until(() => window.lstmMd?.train && training() && training().letters && panel()?.text)"


@pytest.fixture
def laboratory(tmp_path):
    """A file with both panels."""
    file = tmp_path / "laboratory.html"
    css = f'<link rel="stylesheet" href="{(BOOK / "_static/custom.css").as_uri()}">'
    script = f'<script defer src="{(FOLDER / "page.mjs").as_uri()}"></script>'
    file.write_text(browser.page(TOOLS, PANELS + script, css), "utf-8")
    return file


def numbers_of_a_double_well(frames=6_000):
    """A column of numbers that stay near −1 or 1 for some 30 frames."""
    random = np.random.default_rng(0)
    stays = random.geometric(1 / 30, size=frames)
    wells = np.repeat(np.resize([-1.0, 1.0], frames), stays)[:frames]
    noise = filters.running_mean(random.normal(0, 0.6, frames + 4), 5)
    return wells + noise[:frames]


def test_a_network_is_trained_on_a_file_of_the_reader(page, laboratory):
    values = numbers_of_a_double_well()
    text = "# x\n" + "\n".join(f"{value:.4f}" for value in values) + "\n"
    page.open(laboratory)
    page.value(READY)
    assert (
        page.value("its('.found').textContent") == "200,000 letters of a simulation of this book."
    )
    page.value(f"drop({json.dumps(text)})")
    found = page.value("its('.found').textContent")
    states = page.value("training().source.centres.value")
    assert page.value("training().epochs.value") == "400"  # one step in an epoch
    page.value("void (training().epochs.value = 40)")
    page.value("panel().play(false)")
    page.value("its('.go').click()")
    assert page.value("its('.go').textContent") == "Stop"
    page.value("ended()")
    told = page.value(
        """({ loss: lstmMd.networks.trained.loss,
          written: its('.written').textContent, wrong: its('.wrong').textContent,
          outcome: its('.summary').textContent, said: its('[role=status]').textContent,
          rows: [...document.querySelectorAll('.page-training tbody tr')].map((row) =>
            [...row.children].map((cell) => cell.textContent)),
          points: document.querySelectorAll('.page-training .results .point').length,
          line: its('.results .line.training') !== null,
          chart: its('.results .chart').getAttribute('aria-label'),
          go: its('.go').textContent, play: its('.numbers ~ button').hidden })"""
    )
    page.value("panel().play(true)")
    page.value("its('.numbers ~ button').click()")
    page.value("until(() => panel().page.trained && panel().text.frames > 500)")
    played = page.value(
        """[panel().its.network.selectedOptions[0].textContent, panel().page.states,
          panel().its.source.textContent]"""
    )
    hosts = page.value(
        "performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host)"
    )
    assert [float(state) for state in states.split(",")] == pytest.approx([-1, 1], abs=0.25)
    letters = labels.nearest_state(values, centres=[float(state) for state in states.split(",")])
    share = 100 * np.mean(letters == 0)
    assert (
        found
        == f"6,000 letters: A {share:.1f} %, B {100 - share:.1f} %. The file stays on your machine."
    )
    assert told["wrong"] == "" and told["go"] == "Train again"
    assert told["loss"] < 0.6 < np.log(2)  # it learned: guessing has a loss of ln 2
    assert re.match(r"Trained in [\d.]+ s\. Loss on the letters that are held back: 0\.\d{4} nats",
                    told["written"])  # fmt: skip
    assert "48,000 letters generated in" in told["written"]
    assert (
        told["line"]
        and told["points"] == 40
        and told["chart"].startswith("Loss against the epoch.")
    )
    assert told["outcome"].startswith("After 48,000 letters: A 0.") and not told["play"]
    assert told["outcome"] in told["said"]
    rows = {row[0]: row[2:] for row in told["rows"] if len(row) == 5}
    assert list(rows) == ["A", "B", "A → B", "B → A"]
    shares = by_segments(partial(populations, n_labels=2), letters, 20)
    assert rows["A"][1] == f"{shares.value[0]:.3f} ± {shares.error[0]:.3f}"
    assert sum(float(rows[state][0]) for state in "AB") == pytest.approx(1, abs=0.002)
    assert played[:2] == ["yours: own.txt", "AB"] and "You trained this network" in played[2]
    assert set(hosts) <= {""}


def test_the_loss_falls_while_the_network_learns_shipped_letters(page, laboratory):
    page.open(laboratory)
    page.value(READY)
    page.value("panel().play(false)")
    page.value("void (training().epochs.value = 5)")
    page.value("its('.go').click()")
    page.value("until(() => training().training?.history.steps.length >= 25)")
    losses = page.value("training().training.history.steps")
    workers = page.value("training().training.team.workers.length")
    # A hidden page computes nothing.
    page.value(
        """void (Object.defineProperty(document, "hidden", { value: true, configurable: true }),
        document.dispatchEvent(new Event("visibilitychange")))"""
    )
    page.value("later(1500)")  # the step that was under way ends
    still = page.value("training().training.history.steps.length")
    page.value("later(1000)")
    assert page.value("training().training.history.steps.length") == still
    assert page.value("its('.written').textContent").endswith("Paused.")
    page.value(
        "void (delete document.hidden, document.dispatchEvent(new Event('visibilitychange')))"
    )
    page.value(f"until(() => training().training.history.steps.length > {still})")
    page.value("its('.go').click()")  # Stop
    page.value("ended()")
    assert page.value("its('.written').textContent").startswith("Stopped after ")
    assert page.value("its('.go').textContent") == "Train again"
    assert page.value("its('.wrong').textContent") == ""
    assert workers in (1, 2, 4)
    assert losses[0] == pytest.approx(np.log(3), abs=0.15)
    assert np.mean(losses[-5:]) < 0.6 * losses[0]


@in_chromium
def test_a_file_is_chosen_and_a_bad_one_is_refused(chromium, laboratory, tmp_path):
    own = tmp_path / "two columns.csv"
    values = numbers_of_a_double_well(2_000)
    own.write_text("t,x\n" + "\n".join(f"{k / 10:.1f},{x:.3f}" for k, x in enumerate(values)))
    page = chromium
    page.open(laboratory)
    page.value(READY)
    page.value("void (training().source.data.value = '', training().source.data.onchange())")
    assert page.value("its('.go').getAttribute('aria-disabled')") == "true"
    page.value("its('.go').click()")
    assert page.value("training().wrong.textContent") == "Choose a file first."
    document = page.ask("DOM.getDocument")["root"]["nodeId"]
    field = page.ask("DOM.querySelector", nodeId=document, selector="input[type=file]")
    page.ask("DOM.setFileInputFiles", files=[str(own)], nodeId=field["nodeId"])
    page.value("until(() => training().letters)")
    assert page.value("training().source.column.selectedOptions[0].textContent") == "x"
    assert page.value("its('.go').getAttribute('aria-disabled')") == "false"
    # Bins instead of states; then a range that is too narrow.
    page.value("void (training().source.way.value = 'bins', training().source.way.onchange())")
    assert page.value("training().letters.page.states") == "ABCDEFGHIJ"
    page.value("void (training().source.to.value = '1', training().source.to.onchange())")
    wrong = page.value("its('.source .wrong').textContent")
    assert re.fullmatch(
        r"Bins: \d+ of 2,000 numbers lie outside [-\d.]+ to 1\. Give a wider range\.", wrong
    )
    assert page.value("[training().letters, its('.go').getAttribute('aria-disabled')]") == [
        None,
        "true",
    ]
    page.value("drop('1\\n2\\noops\\n' + '3\\n'.repeat(1000))")
    assert (
        page.value("its('.source .wrong').textContent")
        == "Line 3: expected a number, found “oops”."
    )
    assert page.value("training().letters") is None
    # Labels are taken as they are.
    page.value("drop('0\\n1\\n1\\n'.repeat(500))")
    assert page.value("[training().source.way.value, training().letters.page.states]") == [
        "labels",
        "AB",
    ]
    assert page.value("its('.source .wrong').textContent") == ""
    assert page.complaints == []


@in_chromium
def test_everything_works_from_the_keyboard_and_fits_a_phone(chromium, laboratory):
    def press(key, code=None):
        known = {"Tab": 9, "Enter": 13, " ": 32, "ArrowRight": 39, "ArrowDown": 40}
        given = {"key": key, "windowsVirtualKeyCode": code or known[key]}
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        page.ask("Input.dispatchKeyEvent", type="keyDown", **given, **text)
        page.ask("Input.dispatchKeyEvent", type="keyUp", **given)

    page = chromium
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1}
    page.ask("Emulation.setDeviceMetricsOverride", mobile=False, **size)
    page.open(laboratory)
    page.value(READY)
    reached = []
    for _ in range(40):
        press("Tab")
        reached.append(page.value(NAME))
        if reached[-1] == "Move to A":
            press(" ")
            moved = page.value("panel().its.summary.textContent")
        if reached[-1].startswith("Temperature"):
            press("ArrowRight")
            temperature = page.value("panel().runs[0].value")
        if reached[-1] == "Train":
            press("Enter")
            page.value("until(() => training().training?.history.steps.length > 1)")
            press("Enter")
            page.value("ended()")
            break
    for wanted in ("Pause", "Start again", "Potential", "Begin with", "Speed", "Compare two",
                   "Temperature", "Move to C", "Transition", "Commit time", "Numbers", "Data",
                   "Epochs", "Before a sequence", "Train"):  # fmt: skip
        assert any(name.startswith(wanted) for name in reached), (wanted, reached)
    assert moved.startswith("The particle is now in A.") and temperature == 1.1
    assert page.value("its('.written').textContent").startswith("Stopped after")
    assert page.value("document.scrollingElement.scrollWidth") <= 390
    unnamed = page.value(
        """[...document.querySelectorAll("button, select, input, textarea")].filter((one) =>
          !(one.labels?.[0] || one).textContent.trim() && !one.ariaLabel).length"""
    )
    assert unnamed == 0


# Firefox


def test_where_no_firefox_is_there_that_is_said(monkeypatch):
    monkeypatch.setattr(firefox.shutil, "which", lambda name: None)
    assert firefox.browser() is None
    with pytest.raises(
        FileNotFoundError, match="none of firefox-esr, firefox is installed; install"
    ):
        firefox.Page()


@in_firefox
def test_an_error_of_a_script_and_a_lack_of_time_are_errors(firefox_too, laboratory):
    page = firefox_too
    page.open(laboratory)
    assert page.value("Promise.resolve([1, null, 'x'])") == [1, None, "x"]
    with pytest.raises(RuntimeError, match="so it is"):
        page.value("(() => { throw new Error('so it is'); })()")
    with pytest.raises(RuntimeError, match="WebDriver:Nothing"):
        page.ask("WebDriver:Nothing")
    until, page._until = page._until, 0
    with pytest.raises(TimeoutError, match="Firefox took too long"):
        page.value("later(200)")
    page._until = until
    page._hear()  # the answer that came too late
