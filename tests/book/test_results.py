"""The landing page, the README and the ledger show the answers and the chapters' outputs."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil

import matplotlib.image
import matplotlib.pyplot as plt
import pytest
from PIL import Image

from lstm_md.figures import figure
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from lstm_md.judging.verdict import VerdictTable, judge
from reproduction import answers, paper
from reproduction.common.answers import Answer
from reproduction.costs import benchmark_tables
from reproduction.ledger import LEDGER, STUDY_OF
from tools import (
    claims,
    first_edition,
    ledger,
    ledger_figure,
    paper_view,
    results,
    thumbnails,
    words,
)
from tools.fresh import FRESH
from tools.notebooks import BOOK, ROOT


@pytest.mark.parametrize("page", [BOOK / "index.md", ROOT / "README.md"], ids=lambda p: p.name)
def test_a_page_has_the_answers_that_are_recorded(page):
    text = page.read_text(encoding="utf-8")
    assert results.with_summary(text, results.summary(BOOK, page)) == text, "run `make outputs`"


@pytest.mark.parametrize("name", [results.LEDGER_PAGE, first_edition.PAGE, benchmark_tables.PAGE])
def test_a_generated_page_is_that_of_the_chapters_and_the_answers(name):
    text = (BOOK / name).read_text(encoding="utf-8")
    assert results.generated(BOOK)[BOOK / name] == text, "run `make outputs`"


def test_the_pictures_are_those_of_the_chapters():
    static = BOOK / "_static"
    for tag, name in results.PICTURES.items():
        assert (static / name).read_bytes() == results.picture(BOOK, tag)
    # Not compared byte by byte: another version of a library may draw it slightly differently.
    first = first_edition.load(BOOK)["verdicts"]
    expected = {first_edition.PICTURE: ledger_figure.fingerprint(first)}
    for key, tag in thumbnails.TAGS.items():
        expected[thumbnails.name(key)] = thumbnails.fingerprint(key, results.picture(BOOK, tag))
    for name, fingerprint in expected.items():
        with Image.open(static / name) as image:
            assert image.text["Description"] == fingerprint, "run `make outputs`"


@pytest.mark.parametrize("page", ["ledger.md", "first_edition.md", "index.md"])
def test_no_page_shows_a_number_that_only_a_computer_writes(page):
    text = (BOOK / page).read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.])[+-]?(?:nan|inf)(?!\w)|\d[eE][+-]\d", text) == []


def test_each_claim_is_judged_by_the_criterion_that_the_ledger_has_now():
    for verdict in results.verdicts(BOOK):
        claim = LEDGER[verdict["id"]]
        said = verdict["text"], verdict["where"], verdict["criterion"], verdict["paper"]
        assert said == (claim.text, claim.where, claim.criterion, claim.paper), verdict["chapter"]


def test_every_claim_has_a_short_text_that_fits_the_picture():
    assert all(claim.short for claim in LEDGER.values())
    assert max(len(claims.short(claim)) for claim in LEDGER) <= 34


@pytest.mark.parametrize("claim", LEDGER)
def test_a_claim_leads_to_the_folder_of_its_code_and_back(claim):
    study = STUDY_OF[claim]
    folder = ROOT / "reproduction" / study
    files = {path.name for path in folder.iterdir()}
    assert "claims.py" in files and files & {"verdicts.py", "answers.py"}
    link = ledger.code(claim, whole=True)
    assert link == f"[`reproduction/{study}/`](package_reproduction.md#{study})"
    page = (BOOK / ledger.CODE_PAGE).read_text("utf-8")
    below = page.partition(f"\n## `{study}`\n")[2].partition("\n## ")[0]
    assert (
        f"{{study-claims}} {study}\n" in below and f"{{code-map}} reproduction/{study}\n" in below
    )


def test_claims_stand_in_the_order_of_the_paper():
    ids = ["X1", "R1", "N1", "K5**", "K6", "K5*", "K5", "B3", "B1", "O1", "E1", "T2", "C1", "A1"]
    assert sorted(ids, key=claims.key) == [
        "B1", "B3", "K5", "K5*", "K5**", "K6", "E1", "T2", "C1", "O1", "N1", "A1", "R1", "X1",
    ]  # fmt: skip


PNG = io.BytesIO()
matplotlib.image.imsave(PNG, [[0.0, 1.0], [0.5, 0.2]], format="png")


def verdict(claim="K1", passed=True, weak=False, **more):
    """A verdict as in a chapter's output."""
    controls = {"shuffled labels": Outcome(weak, "9% of 10 points within 2 SE")}
    model = Outcome(passed, "98% of 10 points; mean 1 | 2", "all counts off by 9%")
    made = VerdictTable([judge(LEDGER[claim], model, controls, **more)])
    return made._repr_mimebundle_()[results.VERDICTS]


def write_chapter(book, name, *verdicts, image=False):
    data = [{results.VERDICTS: each} for each in verdicts]
    data += [{"image/png": base64.b64encode(PNG.getvalue()).decode()}] if image else []
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"# The chapter {name}"},
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]},
            "source": "seed = 7",
            "outputs": [],
        },
        {
            "cell_type": "code",
            "metadata": {"tags": [*results.PICTURES, *thumbnails.TAGS.values()]},
            "source": "",
            "outputs": [{"output_type": "display_data", "data": each} for each in data],
        },
    ]
    text = json.dumps({"nbformat": 4, "cells": cells})
    (book / f"{name}.ipynb").write_text(text, encoding="utf-8")


def marks(*names):
    lines = [f"<!-- {n}: set by `make outputs` -->\nold\n<!-- /{n} -->" for n in names]
    return "\n\n".join(lines)


@pytest.fixture
def small_book(tmp_path):
    """A book of two chapters with one verdict and one picture, and no answers yet."""
    (tmp_path / "_static").mkdir()
    toc = "root: index\nchapters:\n  - file: one\n  - file: two\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    page = f"before\n{marks('bar', 'figures')}\nafter\n"
    (tmp_path / "index.md").write_text(page, encoding="utf-8")
    (tmp_path / "recorded").mkdir()
    frozen = first_edition.load(BOOK)
    kept = [v for v in frozen["verdicts"] if v["id"] in ("K1", "K2", "M1", "K6*")]
    text = json.dumps({**frozen, "verdicts": kept})
    (tmp_path / "recorded" / first_edition.FROZEN).write_text(text, encoding="utf-8")
    write_chapter(tmp_path, "one", verdict(), image=True)
    write_chapter(tmp_path, "two")
    return tmp_path


def give(book, *given):
    """Write answers beside the records of a book."""
    answers.write(given, book / "recorded")


def answer(claim, outcome=HOLDS, method="authors", number="A→B, 67: 1.10 times the data", **more):
    return Answer(claim, method, outcome, number, ("linear",), **more)


def made(book):
    """Every file that is written, by name."""
    assert results.main([str(book)]) == 0
    names = ("index.md", results.LEDGER_PAGE, first_edition.PAGE)
    paths = (*(book / name for name in names), *(book / "_static").rglob("*.*"))
    return {path.name: path.read_bytes() for path in paths}


def row(page, key):
    """The row of a figure on the landing page."""
    return re.search(rf'<li id="{key}">.*?</li>', page)[0]


# The landing page and the README


def test_what_is_written_stands_between_the_marks_and_nowhere_else(small_book):
    page = made(small_book)["index.md"].decode()
    assert page.startswith("before\n") and page.endswith("after\n") and "\nold\n" not in page
    for name in results.PICTURES.values():
        assert (small_book / "_static" / name).read_bytes() == PNG.getvalue()


def test_without_answers_every_figure_says_so(small_book):
    page = made(small_book)["index.md"].decode()
    assert page.count("<strong>Not recorded yet.</strong>") == len(paper.FIGURES)
    assert f"<b>{len(paper.CLAIMS)}</b> are not recorded yet" in page


def test_each_figure_has_its_picture_question_answer_number_and_chips(small_book):
    give(
        small_book,
        *(answer(f"B{k}") for k in (1, 2, 3)),
        answer("B3", UNDECIDED, "ours", more_data=3.0),
        answer("K1", DOES_NOT_HOLD, number="A→B, 67: 1.50 times the data (1.4 to 1.6)"),
    )
    page = made(small_book)["index.md"].decode()
    fig_2, fig_3 = row(page, "fig-2"), row(page, "fig-3")
    assert "<strong>Yes.</strong>" in fig_2 and 'src="_static/paper/fig-2.png"' in fig_2
    assert "1.10 times the data" not in fig_2  # without its interval
    assert "Counts, linear, A→B at 67 frames: 1.50 times the data (1.4 to 1.6)." in fig_3
    assert "With our settings, it is undecided for the four-state one." in fig_2
    assert 'href="boltzmann_statistics.html"' in fig_2
    assert 'href="ledger.html#b3"><span class="status holds">✓ four states' in fig_2
    assert '<span class="status ours undecided">?' in fig_2
    assert "<strong>The transition counts in the linear potential are not right." in fig_3
    assert "Yes." not in fig_3 and 'class="status does-not-hold">✕ linear' in fig_3


@pytest.mark.parametrize("outcome, more, status", [
    (HOLDS, {}, HOLDS),
    (UNDECIDED, {}, UNDECIDED),
    (DOES_NOT_HOLD, {}, DOES_NOT_HOLD),
    (HOLDS, {"marks": (NOT_DIAGNOSTIC,)}, NOT_DIAGNOSTIC),
    (UNDECIDED, {"marks": (CANNOT_BE_TESTED,)}, CANNOT_BE_TESTED),
])  # fmt: skip
def test_a_verdict_is_said_by_its_sign_its_words_and_its_colour(small_book, outcome, more, status):
    give(small_book, answer("R1", outcome, **more))
    page = made(small_book)["index.md"].decode()
    css, symbol = paper_view.css(status), paper_view.SYMBOLS[status]
    assert f'<span class="{css}" style="flex-grow:1">{symbol}&nbsp;1</span>' in page
    assert f"<b>1</b> {paper_view.DO[status][0]}" in page
    chip = f'<span class="status {css}">{symbol} density<span class="in-words">: {status} with'
    assert chip in row(page, "fig-6")
    assert f".{css} {{" in (BOOK / "_static" / "paper.css").read_text("utf-8")


def test_a_claim_that_was_run_with_our_settings_only_is_outlined_and_said_to_be(small_book):
    give(small_book, answer("C1", HOLDS, "first edition"), answer("C2"))
    page = made(small_book)["index.md"].decode()
    text = row(page, "text")
    assert (
        '<span class="status ours holds">✓ frames<span class="in-words">: holds with our ' in text
    )
    assert "Not run with the authors' settings: frames." in text
    assert (
        "<strong>The training time grows with the number of frames. The training time hardly"
        in text
    )
    assert "with the authors' settings and 1 with ours only" in page


def test_no_two_statuses_share_a_sign():
    assert len(set(paper_view.SYMBOLS.values())) == len(paper.STATUSES)
    assert set(paper_view.SYMBOLS) == set(paper_view.DO) == set(paper_view.MEANING)


def test_a_page_elsewhere_has_the_bar_and_the_sentences_as_text(small_book):
    give(small_book, answer("T1"), answer("T2"))
    page = small_book.parent / "README.md"
    shutil.copy(small_book / "index.md", page)
    assert results.main([str(small_book), str(page)]) == 0
    text, name = page.read_text("utf-8"), small_book.name
    assert f"✓ 2 hold · … {len(paper.CLAIMS) - 2} are not recorded yet" in text
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert len(rows) == len(paper.FIGURES) and "<" not in "".join(rows)
    assert (
        f"| [Eqs 10–16]({name}/what_the_loss_learns.ipynb) | Does training learn the path entropy "
        f"of a process? | **Yes.** Our settings: not recorded yet. |"
    ) in rows


def test_every_link_of_the_landing_page_leads_to_an_entry_of_the_ledger(small_book):
    files = made(small_book)
    linked = set(re.findall(r'href="ledger.html#([^"]+)"', files["index.md"].decode()))
    assert linked == {claims.anchor(claim) for claim in paper.CLAIMS} - {"m2c", "m3c"}
    assert linked <= set(re.findall(r'<a id="([^"]+)"></a>', files["ledger.md"].decode()))


# The ledger


def entry(page, claim):
    """The entry of a claim in the ledger, without that of the next."""
    return page.partition(f'<a id="{claims.anchor(claim)}"></a>')[2].partition("\n### ")[0]


def test_the_ledger_tells_all_of_a_claim(small_book):
    same = Outcome(True, "95% of 10 points")
    write_chapter(
        small_book, "two", verdict("K2", weak=True, best=same, truth=same, source="recorded then")
    )
    page = made(small_book)["ledger.md"].decode()
    k1, k2 = entry(page, "K1"), entry(page, "K2")
    assert "[The chapter one](one.ipynb)" in k1 and "[The chapter two](two.ipynb)" in k2
    assert "Verdict: ● reproduced\n" in k1 and "Verdict: ◐ reproduced in part (" in k2
    assert "Source: computed while the chapter was executed, seed 7" in k1
    assert "Source: recorded then" in k2
    assert ledger.plain(LEDGER["K1"].criterion) in k1 and "no number given" in k1
    assert f"{ledger.DETECTED}: all counts off by 9%" in k1
    assert "Code: [`reproduction/potentials/`](package_reproduction.md#potentials)" in k1
    assert r"| LSTM | passes | 98% of 10 points; mean 1 \| 2 |" in k1
    assert "| control: shuffled labels | fails | 9% of 10 points within 2 SE |" in k1
    assert "too weak, because it also accepts the shuffled labels" in k2
    assert "| control: shuffled labels | passes |" in k2
    assert "| independent simulation | passes | 95% of 10 points |" in k2
    assert "| LSTM, compared with the reference simulation | passes | 95% of 10 points |" in k2
    for claim in (*LEDGER, *paper.CLAIMS):
        assert page.count(f'<a id="{claims.anchor(claim)}"></a>') == 1
    overview = page.partition("## Claim by claim")[0]
    for claim, study in STUDY_OF.items():
        found = re.search(rf'^\| <a href="#{claims.anchor(claim)}">.*$', overview, re.M)[0]
        assert found.endswith(f"| [`{study}`](package_reproduction.md#{study}) |")


def test_the_ledger_tells_all_of_an_answer(small_book):
    shutil.copytree(BOOK / "recorded/calibration", small_book / "recorded/calibration")
    controls = {"shuffled labels": DOES_NOT_HOLD, "first-order Markov chain": HOLDS}
    give(
        small_book,
        answer("K1", HOLDS, marks=(NOT_DIAGNOSTIC,), controls=controls, p_value=0.0001,
               stricter=UNDECIDED, calibration="linear, counts"),
        answer("K1", UNDECIDED, "ours", more_data=float("inf"), p_value=0.234, power="off by 1e-3"),
        answer("K1", DOES_NOT_HOLD, "continued"),
        answer("K1", HOLDS, "first edition", number="ratio inf"),
    )  # fmt: skip
    page = made(small_book)["ledger.md"].decode()
    found = entry(page, "K1")
    assert (
        "| the authors' settings | ◐ not diagnostic | A→B at 67 frames: 1.10 times the data "
        in found
    )
    assert "| below 0.001 | undecided |" in found and "| 0.23 |  |" in found
    assert (
        "? undecided | A→B at 67 frames: 1.10 times the data; more data alone would not de" in found
    )
    assert "| our settings, state carried in order | ✕ does not hold |" in found
    assert "| settings of the first edition | ✓ holds | ratio unlimited |" in found
    controls = "controls by the same rule: shuffled labels does not hold, first-order Markov chain"
    assert f"{controls} holds; record: `linear`" in found
    assert re.search(r"False alarms of the test \(linear, counts\): \d\.\d to \d\.\d %", found)
    assert re.search(r"wrong model \(linear, counts\) – all rates wrong by 10 %: \d+ %", found)
    assert f"{ledger.DETECTED}: off by 0.001" in found
    assert "<details>\n<summary>" in found and found.count("</details>") == 1
    assert (
        'data-figure="Fig 3" data-system="linear potential" data-verdict="not diagnostic"' in found
    )


def test_the_three_questions_of_one_claim_share_an_entry(small_book):
    give(
        small_book, answer("M1a"), answer("M1b", DOES_NOT_HOLD), answer("M1c", HOLDS, "ours"),
        answer("S2b", UNDECIDED),
    )  # fmt: skip
    page = made(small_book)["ledger.md"].decode()
    assert '<a id="m1"></a><a id="m1a"></a><a id="m1b"></a><a id="m1c"></a>' in page
    found = entry(page, "M1c")
    assert 'data-verdict="does not hold|holds"' in found and "several" in found
    for question in ledger.PARTS.values():
        assert f'<p class="badges">{question} <span class="status' in found
    assert "a ✓ holds; b ✕ does not hold; c … not recorded yet" in page
    assert '<a id="s2"></a><a id="s2a"></a><a id="s2b"></a>' in page
    assert 'data-verdict="not recorded yet|undecided"' in entry(page, "S2c")


def test_the_records_and_the_fresh_seed_stand_beside_a_claim(small_book):
    record = small_book / "recorded" / "linear"
    record.mkdir(parents=True)
    head = {"settings": {"seed": 3}, "verdicts": {"K1": {}}}
    (record / "summary.json").write_text(json.dumps(head))
    row = {
        "claim": "K1", "run": "linear", "trainings": 5, "recorded": "reproduced",
        "fresh": "reproduced", "measured": {"recorded": "98%", "fresh": "97%"},
    }  # fmt: skip
    write_chapter(small_book, "one", verdict(source="recorded then"), image=True)
    for outcome, said in (
        ("reproduced", "1 of 1 verdicts are the same."),
        ("not reproduced", "0 of 1 verdicts are the same; K1 (linear) changed."),
    ):
        rows = {"seed": 2, "rows": [{**row, "fresh": outcome}]}
        (record.parent / FRESH).write_text(json.dumps(rows))
        page = made(small_book)["ledger.md"].decode()
        assert "Source: recorded then; record linear (seed 3)" in page
        assert f"repeated with seed 2: {said}" in page
        assert f"verdict with seed 2 on linear, 5 trainings | {outcome}" in page


def test_the_same_outputs_give_the_same_bytes_and_another_answer_gives_others(small_book):
    first, again = made(small_book), made(small_book)
    assert first == again
    give(small_book, answer("K1"))
    other = made(small_book)
    changed = {name for name in first if first[name] != other[name]}
    assert changed == {"index.md", "ledger.md", "first_edition.md"}


def test_an_output_of_an_earlier_version_is_read(small_book):
    old = {
        "id": "K1", "text": "counts", "where": "Fig 3", "outcome": "reproduced", "best": None,
        "measured": "1 SE", "controls": {"shuffled labels": False},
    }  # fmt: skip
    write_chapter(small_book, "one", [old], image=True)
    page = made(small_book)["ledger.md"].decode()
    assert "| LSTM | passes | 1 SE |" in page and "| control: shuffled labels | fails |" in page
    assert ledger.plain(LEDGER["K1"].criterion) in page


def test_a_verdict_that_no_chapter_shows_any_more_is_that_of_the_first_edition(small_book):
    page = made(small_book)["ledger.md"].decode()
    frozen = next(v for v in first_edition.load(small_book)["verdicts"] if v["id"] == "M1")
    assert ledger.plain(ledger.readable(frozen["measured"])) in entry(page, "M1")


def test_every_claim_belongs_to_a_figure_and_a_system():
    figures = {claim: claims.figure_of(claim) for claim in LEDGER}
    assert figures["K5*"] == "Fig 4" and figures["A5"] == "Table 1" and figures["M1"] == "Fig 8"
    assert figures["N1"] == claims.BEYOND and figures["M4"] == "Fig 8"
    systems = {claim: claims.system_of(claim) for claim in LEDGER}
    assert systems["K5*"] == "four-state potential" and systems["O1*"] == "alanine dipeptide"
    assert systems["O1"] == "all three potentials" and systems["C1"] == claims.NO_SYSTEM


# The first edition


def test_the_first_edition_is_frozen_and_whole():
    verdicts = first_edition.load(BOOK)["verdicts"]
    outcomes = [v["outcome"] for v in verdicts]
    assert [outcomes.count(each) for each in first_edition.SYMBOLS] == [23, 6, 23]
    with pytest.raises(FileExistsError, match="does not change"):
        first_edition.freeze(BOOK, verdicts)


@pytest.mark.parametrize("claim", first_edition.PERFECT)
def test_how_often_the_old_rule_rejects_a_perfect_model_is_computed(claim):
    recorded = first_edition.load(BOOK)["rejected"][claim]
    assert abs(first_edition.rejects_perfect(BOOK, claim) - recorded) < 0.03


def test_the_page_of_the_first_edition_has_every_claim_once_with_a_reason():
    page = (BOOK / first_edition.PAGE).read_text("utf-8")
    for verdict in first_edition.load(BOOK)["verdicts"]:
        start = f'| <a href="ledger.html#{claims.anchor(verdict["id"])}">'
        rows = [line for line in page.splitlines() if line.startswith(start)]
        assert len(rows) == 1 and rows[0].rpartition(" | ")[2].strip(" |")


OLD = {"id": "K3", "outcome": "reproduced", "best": {"passed": True}}


@pytest.mark.parametrize("old, given, words", [
    ({}, [], "Not recorded yet."),
    ({"id": "K6*"}, [], "Not tested again, because the paper does not claim it."),
    ({}, [answer("K3")], "The verdict with the authors' settings is the same."),
    ({}, [answer("K3", DOES_NOT_HOLD)],
     "Both the test and the settings are new."),
    ({}, [answer("K3", UNDECIDED)], "By the new rule, the numbers do not decide."),
    ({}, [answer("K3", marks=(NOT_DIAGNOSTIC,), controls={"chain": HOLDS})],
     "Not diagnostic: a control holds by the same rule (chain)."),
    ({}, [answer("K3", DOES_NOT_HOLD), answer("K3", HOLDS, "first edition")],
     "The verdict with the authors' settings differs from that with the old settings."),
    ({}, [answer("K3", DOES_NOT_HOLD), answer("K3", DOES_NOT_HOLD, "first edition")],
     "The new test changes the verdict even with the old settings."),
    ({"outcome": "not reproduced", "best": {"passed": False}},
     [answer("K3", UNDECIDED, marks=(CANNOT_BE_TESTED,))],
     "It cannot be tested here. An independent simulation failed the old test as well."),
    ({"id": "M1"}, [answer("M1a")], first_edition.QUESTION["M1"]),
    ({"id": "R1"}, [answer("R1", HOLDS, "ours")], "All 34 labels are judged; before, only three "
     "states were. The verdict with our settings is the same."),
])  # fmt: skip
def test_the_reason_for_a_change_is_computed_where_it_can_be(old, given, words):
    found = paper.by_claim(each.to_json() for each in given)
    assert first_edition.reason({**OLD, **old}, found) == words


# What is refused


def test_what_is_wrong_is_refused_before_anything_is_written(small_book):
    before = {path: path.read_bytes() for path in small_book.rglob("*") if path.is_file()}

    def refused(message):
        with pytest.raises(ValueError, match=message):
            results.main([str(small_book)])
        changed = {p for p in small_book.rglob("*") if p.is_file() and p.suffix != ".ipynb"}
        assert all(path.read_bytes() == before[path] for path in changed)

    write_chapter(small_book, "two", verdict())
    refused("K1 has a verdict in one and another in two")
    write_chapter(small_book, "two", verdict("K2"), verdict("K2"))
    refused("K2 has a verdict in two and another in two")
    write_chapter(small_book, "two", image=True)
    refused("expected one picture .* found 2 in one, two")
    write_chapter(small_book, "two")
    write_chapter(small_book, "one")
    refused("expected one picture .* found 0")


@pytest.mark.parametrize("text", ["", marks("bar"), marks("figures", "bar", "bar")])
def test_a_page_without_the_marks_or_with_two_of_a_kind_is_refused(text):
    with pytest.raises(ValueError, match="no marks for"):
        results.with_summary(text, {"bar": "", "figures": ""})


@pytest.fixture(scope="module")
def a_row():
    """A figure with a text, for the short texts of the claims."""
    fig, ax = figure(width=5.6, height=2)
    yield fig, ax.text(0, 0, "")
    plt.close(fig)


@pytest.mark.parametrize("claim", LEDGER)
def test_the_short_text_of_a_claim_ends_before_the_marks(claim, a_row):
    fig, text = a_row
    text.set_text(claims.short(claim))
    shown = text.get_window_extent(fig.canvas.get_renderer())
    room = ledger_figure.FIRST - ledger_figure.TEXT - 0.1  # inches; a mark is 0.14 wide
    assert shown.width / fig.dpi < room, "make `short` in the claims of the study shorter"


def test_a_mark_is_drawn_for_each_who_was_tested(small_book):
    write_chapter(small_book, "two", verdict("K2", weak=True, best=Outcome(False, "")))
    first, second = results.verdicts(small_book)
    assert ledger_figure.tests(first) == [[True], [], [False], [], [], [], []]
    assert ledger_figure.tests(second) == [[True], [], [True], [], [], [False], []]
    assert ledger_figure.fingerprint([first]) != ledger_figure.fingerprint([second])
    said = ledger_figure.alt([first, second])
    assert "one row for each of 2 claims" in said and "A control passes for K2." in said


# Words


@pytest.mark.parametrize("given, expected", [
    ("rarest pair / next = nan", "rarest pair / next = undefined"),
    ("χ² inf of at most 6.6", "χ² unlimited of at most 6.6"),
    ("t/τ 4.8e-05 (×/÷ 1.3), 1.03e+03", "t/τ 0.000048 (×/÷ 1.3), 1,030"),
    ("information, the finance, label-1e5x", "information, the finance, label-1e5x"),
])  # fmt: skip
def test_numbers_that_only_a_computer_writes_are_written_out(given, expected):
    assert words.readable(given) == expected
