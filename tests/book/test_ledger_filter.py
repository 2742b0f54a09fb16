"""The ledger's filter works from the keyboard, and a link to a claim opens its entry."""

from __future__ import annotations

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
ROWS = "".join(f'<tr><td><a href="#{one[0]}">{one[0]}</a></td></tr>' for one in ENTRIES)
BODY = (
    f'<div class="ledger-filter"></div><table>{ROWS}</table>'
    + "".join(
        ENTRY.format(anchor=a, figure=f, system=s, verdict=v) for a, f, s, v in ENTRIES
    )
)  # fmt: skip
LOOK = """const shown = () => [...document.querySelectorAll("section")]
  .filter((each) => !each.hidden).map((each) => each.querySelector("h3").textContent);
const rows = () => [...document.querySelectorAll("tr")]
  .filter((each) => !each.hidden).map((each) => each.textContent);
const opened = () => [...document.querySelectorAll("details[open]")]
  .map((each) => each.closest("section").querySelector("h3").textContent);
const choose = (name, value) => {
  const select = document.querySelector(`select[name=${name}]`);
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
};
const later = (ms) => new Promise((go) => setTimeout(go, ms));"""


def looked(code):
    """Run code beside the filter, in an async function, and return what it returns."""
    script = f"{SCRIPT}\n{LOOK}\n(async () => {{ {code} }})()"
    script += ".then((value) => (answer.textContent = JSON.stringify(value)))"
    return browser.answer(browser.dom(browser.page(script, BODY), virtual_ms=3000))


def test_each_choice_shows_the_entries_and_the_rows_that_fit():
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


def test_each_choice_has_a_label_and_all_its_values():
    found = looked("""return [...document.querySelectorAll("form select")].map((each) =>
      [each.labels[0].firstChild.textContent, ...[...each.options].map((one) => one.text)]);""")
    assert found == [
        ["Figure of the paper", "all", "Fig 3", "Fig 4", "Fig 8"],
        ["Answer", "all", "holds", "undecided", "does not hold"],
        ["System", "all", "linear potential", "four-state potential", "riboswitch"],
    ]


def test_everything_that_can_be_operated_is_reached_by_the_keyboard():
    found = looked("""return [...document.querySelectorAll("form *")]
      .filter((each) => each.tabIndex >= 0).map((each) => each.localName);""")
    assert found == ["select", "select", "select", "button"]


def test_a_link_to_a_claim_opens_its_entry_even_if_it_was_hidden():
    found = looked("""choose("figure", "Fig 3"); const before = [shown(), opened()];
      location.hash = "#k5"; await later(100);
      return [before, [shown(), opened()]];""")
    assert found == [[["k1"], []], [["k1", "k5", "m1"], ["k5"]]]


def test_a_page_without_entries_stays_as_it_is():
    script = f"{SCRIPT}\nanswer.textContent = JSON.stringify(document.forms.length);"
    page = browser.page(script, '<div class="ledger-filter"></div>')
    assert browser.answer(browser.dom(page)) == 0
