"""The ledger is filtered and sorted from the keyboard, and a link to a claim opens its entry."""

from __future__ import annotations

import re

import pytest

from tools import browser
from tools.notebooks import BOOK

pytestmark = pytest.mark.skipif(
    browser.browser() is None, reason=f"there is none of {', '.join(browser.BROWSERS)}"
)
SCRIPT = (BOOK / "_static" / "ledger.mjs").read_text("utf-8")
ENTRY = """<section id="{anchor}-section"><h3>{anchor}</h3><p><a id="{anchor}"></a></p>
<div class="verdict entry" data-figure="{figure}" data-system="{system}" data-verdict="{verdict}">
<details><summary>Numbers</summary>1.00</details></div></section>"""
ENTRIES = (
    ("k1", "Fig 3", "linear potential", "holds"),
    ("k5", "Fig 4", "four-state potential", "undecided"),
    ("m1", "Fig 8", "riboswitch", "does not hold|holds"),
)
# Of each row: two answers, and the chapter.
CELLS = {
    "k1": ("✓ holds", "? undecided", "Three"),
    "k5": ("", "a ✓ holds; b ✕ does not hold", "Four"),
    "m1": ("✕ does not hold", "✓ holds", "Against"),
}
HEAD = "".join(f"<th>{head}</th>" for head in ("claim", "authors", "ours", "chapter", "code"))
ROWS = "".join(
    f'<tr><td><a href="#{name}">{name}</a></td>'
    + "".join(f"<td>{words}</td>" for words in (*cells, "code"))
    + "</tr>"
    for name, cells in CELLS.items()
)
TABLE = f"<table><thead><tr>{HEAD}</tr></thead><tbody>{ROWS}</tbody></table>"
BODY = (
    f'<div class="ledger-filter"></div>{TABLE}'
    + "".join(
        ENTRY.format(anchor=a, figure=f, system=s, verdict=v) for a, f, s, v in ENTRIES
    )
)  # fmt: skip
LOOK = """const shown = () => [...document.querySelectorAll("section")]
  .filter((each) => !each.hidden).map((each) => each.querySelector("h3").textContent);
const rows = () => [...document.querySelectorAll("tbody tr")]
  .filter((each) => !each.hidden).map((each) => each.cells[0].textContent);
const heads = () => [...document.querySelectorAll("th")].map((each) => each.ariaSort);
const sort = (column) => document.querySelectorAll("th button")[column].click();
const opened = () => [...document.querySelectorAll("details[open]")]
  .map((each) => each.closest("section").querySelector("h3").textContent);
const choose = (name, value) => {
  const select = document.querySelector(`select[name=${name}]`);
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
};
const later = (ms) => new Promise((go) => setTimeout(go, ms));"""


@pytest.fixture
def opened(started_chromium, tmp_path):
    """Open a page with the filter, and return Chromium."""

    def run(body=BODY):
        file = tmp_path / "ledger.html"
        file.write_text(browser.page(f"{SCRIPT}\n{LOOK}", body), "utf-8")
        started_chromium.renew(seconds=120)
        started_chromium.open(file)
        return started_chromium

    return run


@pytest.fixture
def looked(opened):
    """Run code beside the filter, in an async function, and return what it returns."""
    return lambda code, body=BODY: opened(body).value(f"(async () => {{ {code} }})()")


def test_each_choice_shows_the_entries_and_the_rows_that_fit(looked):
    found = looked("""const found = [[shown(), rows()]];
      choose("verdict", "holds"); found.push([shown(), rows()]);
      choose("figure", "Fig 8"); found.push([shown(), rows()]);
      choose("system", "four-state potential"); found.push([shown(), rows()]);
      const words = document.querySelector("output").textContent;
      document.querySelector("button").click(); await later(50);
      return [...found, [shown(), rows()], words];""")
    every = ["k1", "k5", "m1"]
    expected = [every, ["k1", "m1"], ["m1"], [], every]
    assert found == [*([each, each] for each in expected), "0 of 3 claims are shown."]


def test_each_choice_has_a_label_and_all_its_values(looked):
    found = looked("""return [...document.querySelectorAll("form select")].map((each) =>
      [each.labels[0].firstChild.textContent, ...[...each.options].map((one) => one.text)]);""")
    assert found == [
        ["Figure of the paper", "all", "Fig 3", "Fig 4", "Fig 8"],
        ["Answer", "all", "holds", "undecided", "does not hold"],
        ["System", "all", "linear potential", "four-state potential", "riboswitch"],
    ]


def test_everything_that_can_be_operated_is_reached_by_the_keyboard(looked):
    found = looked("""return [...document.querySelectorAll("form *")]
      .filter((each) => each.tabIndex >= 0).map((each) => each.localName);""")
    assert found == ["select", "select", "select", "button"]


EVERY = ["k1", "k5", "m1"]


@pytest.mark.parametrize("column, up, down", [
    (0, EVERY, EVERY[::-1]),
    (1, ["k1", "m1", "k5"], ["m1", "k1", "k5"]),  # no answer is last both times
    (2, ["m1", "k5", "k1"], ["k1", "k5", "m1"]),  # several answers: after the first of them
    (3, ["m1", "k5", "k1"], ["k1", "k5", "m1"]),
])  # fmt: skip
def test_the_overview_is_sorted_up_and_down_and_as_it_was(looked, column, up, down):
    found = looked(f"""const found = [heads()];
      for (let k = 0; k < 3; k++) {{ sort({column}); found.push([rows(), heads()]); }}
      return found;""")
    before = ["none"] * 4 + [None]
    assert found[0] == before
    for (rows, heads), expected, order in zip(
        found[1:], (up, down, EVERY), ("ascending", "descending", "none"), strict=True
    ):
        assert rows == expected
        assert heads == [order if k == column else said for k, said in enumerate(before)]


def test_one_column_is_sorted_at_a_time_and_the_filter_stays(looked):
    found = looked("""choose("verdict", "holds"); const found = [rows()];
      sort(3); found.push(rows()); sort(1); found.push(rows(), heads());
      document.querySelector("[type=reset]").click(); await later(50);
      return [...found, rows()];""")
    assert found == [
        ["k1", "m1"], ["m1", "k1"], ["k1", "m1"], ["none", "ascending", "none", "none", None],
        ["k1", "m1", "k5"],
    ]  # fmt: skip


def test_claims_are_sorted_by_their_numbers(looked):
    rows = "".join(f'<tr><td><a href="#{name}">{name}</a>' for name in ("k10", "k2", "k1"))
    assert looked("sort(0); return rows();", BODY.replace(ROWS, rows)) == ["k1", "k2", "k10"]


def test_the_overview_is_sorted_with_tab_and_enter(opened):
    page = opened()

    def press(key, code, **text):
        given = {"key": key, "windowsVirtualKeyCode": code}
        page.ask("Input.dispatchKeyEvent", type="keyDown", **given, **text)
        page.ask("Input.dispatchKeyEvent", type="keyUp", **given)

    reached = []
    for _ in range(8):  # three choices, one button of the form, four of the table
        press("Tab", 9)
        reached.append(page.value("document.activeElement.textContent"))
    assert reached[-4:] == ["claim", "authors", "ours", "chapter"]
    press("Enter", 13, text="\r")
    assert page.value("[rows(), heads()[3]]") == [["m1", "k5", "k1"], "ascending"]
    press(" ", 32, text=" ")
    assert page.value("[rows(), heads()[3]]") == [["k1", "k5", "m1"], "descending"]
    assert page.value("document.activeElement.textContent") == "chapter"


def test_the_answers_are_sorted_as_the_page_of_the_ledger_explains_them():
    signs = re.search(r'ANSWERS = "(.*?)"', SCRIPT)[1]
    page = (BOOK / "ledger.md").read_text("utf-8")
    assert [*signs] == re.findall(r"^- (\S) \*", page, re.M) + ["…"]
    heads = re.search(r"^\| claim .*$", page, re.M)[0].strip("| ").split(" | ")
    assert heads == ["claim", "the authors' settings", "our settings", "chapter", "code"]


def test_a_link_to_a_claim_opens_its_entry_even_if_it_was_hidden(looked):
    found = looked("""choose("figure", "Fig 3"); const before = [shown(), opened()];
      location.hash = "#k5"; await later(100);
      return [before, [shown(), opened()]];""")
    assert found == [[["k1"], []], [["k1", "k5", "m1"], ["k5"]]]


def test_a_page_without_entries_stays_as_it_is(looked):
    body = f'<div class="ledger-filter"></div>{TABLE}'
    assert looked("return [document.forms.length, heads()]", body) == [0, 5 * [None]]
