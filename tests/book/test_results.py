"""The landing page, the README and the ledger show the outputs of the committed chapters."""

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
from lstm_md.judging.verdict import VerdictTable, judge
from reproduction.ledger import LEDGER, STUDY_OF
from tools import claims, ledger, ledger_figure, results
from tools.fresh import FRESH
from tools.notebooks import BOOK, ROOT


@pytest.mark.parametrize("page", [BOOK / "index.md", ROOT / "README.md"], ids=lambda p: p.name)
def test_a_page_has_the_verdicts_of_the_chapters(page):
    text = page.read_text(encoding="utf-8")
    assert results.with_summary(text, results.summary(BOOK, page)) == text, "run `make outputs`"


def test_the_ledger_is_that_of_the_chapters():
    text = (BOOK / results.LEDGER_PAGE).read_text(encoding="utf-8")
    assert ledger.page(results.verdicts(BOOK), BOOK) == text, "run `make outputs`"


def test_the_pictures_are_those_of_the_chapters():
    static = BOOK / "_static"
    for tag, name in results.PICTURES.items():
        assert (static / name).read_bytes() == results.picture(BOOK, tag)
    # Not compared byte by byte: another version of a library may draw it slightly differently.
    with Image.open(static / ledger.PICTURE) as image:
        described = image.text["Description"]
    assert described == ledger_figure.fingerprint(results.verdicts(BOOK)), "run `make outputs`"


def test_each_claim_is_judged_by_the_criterion_that_the_ledger_has_now():
    for verdict in results.verdicts(BOOK):
        claim = LEDGER[verdict["id"]]
        said = verdict["text"], verdict["where"], verdict["criterion"], verdict["paper"]
        assert said == (claim.text, claim.where, claim.criterion, claim.paper), verdict["chapter"]


def test_the_claims_of_the_first_chapters_are_there():
    ids = {verdict["id"] for verdict in results.verdicts(BOOK)}
    assert {"B1", "B2", "K1", "K2", "K3", "K4", "R1", "R2"} <= ids


def test_every_claim_has_a_short_text_that_fits_the_picture():
    assert all(claim.short for claim in LEDGER.values())
    assert max(len(claims.short(claim)) for claim in LEDGER) <= 34
    assert not claims.NOT_YET.keys() & LEDGER.keys()


@pytest.mark.parametrize("claim", LEDGER)
def test_a_claim_leads_to_the_folder_of_its_code_and_back(claim):
    study = STUDY_OF[claim]
    folder = ROOT / "reproduction" / study
    assert {"claims.py", "verdicts.py"} <= {path.name for path in folder.iterdir()}
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
matplotlib.image.imsave(PNG, [[0.0, 1.0]], format="png")


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
            "metadata": {"tags": list(results.PICTURES)},
            "source": "",
            "outputs": [{"output_type": "display_data", "data": each} for each in data],
        },
    ]
    text = json.dumps({"nbformat": 4, "cells": cells})
    (book / f"{name}.ipynb").write_text(text, encoding="utf-8")


@pytest.fixture
def small_book(tmp_path):
    """A book of two chapters with one verdict and one picture."""
    (tmp_path / "_static").mkdir()
    toc = "root: index\nchapters:\n  - file: one\n  - file: two\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    marks = "<!-- verdicts: set by `make outputs` -->\nold\n<!-- /verdicts -->"
    (tmp_path / "index.md").write_text(f"before\n{marks}\nafter\n", encoding="utf-8")
    write_chapter(tmp_path, "one", verdict(), image=True)
    write_chapter(tmp_path, "two")
    return tmp_path


def made(book):
    """Every file that is written, by name."""
    assert results.main([str(book)]) == 0
    paths = (book / "index.md", book / "ledger.md", *(book / "_static").iterdir())
    return {path.name: path.read_bytes() for path in paths}


def test_results_are_written_between_the_marks_and_nowhere_else(small_book):
    page = made(small_book)["index.md"].decode()
    assert page.startswith("before\n") and page.endswith("after\n") and "old" not in page
    assert (
        "| K1 linear: transition counts | **reproduced** | 98% of 10 points; mean 1 \\| 2 |" in page
    )
    assert "1 of 1 claims reproduced, 0 in part, 0 not" in page
    assert "](_static/ledger.png)" in page and "](ledger.md)" in page
    for name in results.PICTURES.values():
        assert (small_book / "_static" / name).read_bytes() == PNG.getvalue()


def test_a_page_elsewhere_finds_the_book(small_book):
    page = small_book.parent / "README.md"
    shutil.copy(small_book / "index.md", page)
    assert results.main([str(small_book), str(page)]) == 0
    name = small_book.name
    assert f"]({name}/_static/ledger.png)" in page.read_text() and f"]({name}/ledger.md)" in (
        page.read_text()
    )


def test_the_ledger_tells_all_of_a_claim(small_book):
    same = Outcome(True, "95% of 10 points")
    write_chapter(
        small_book, "two", verdict("K2", weak=True, best=same, truth=same, source="recorded then")
    )
    page = made(small_book)["ledger.md"].decode()
    k1, k2 = page.split("\n### ")[1:]
    assert k1.startswith("K1: reproduced\n") and k2.startswith("K2: reproduced in part\n")
    assert "[The chapter one](one.ipynb)" in k1 and "[The chapter two](two.ipynb)" in k2
    assert "Source: computed while the chapter was executed, seed 7" in k1
    assert "Source: recorded then" in k2
    assert ledger.plain(LEDGER["K1"].criterion) in k1 and "no number given" in k1
    assert "Detected nine times in ten: all counts off by 9%" in k1
    assert "Code: [`reproduction/potentials/`](package_reproduction.md#potentials)" in k1
    assert r"| LSTM | passes | 98% of 10 points; mean 1 \| 2 |" in k1
    assert "| control: shuffled labels | fails | 9% of 10 points within 2 SE |" in k1
    assert "too weak to tell: it also passes the shuffled labels" in k2
    assert "| control: shuffled labels | passes |" in k2
    assert "| independent simulation | passes | 95% of 10 points |" in k2
    assert "| LSTM, against the truth | passes | 95% of 10 points |" in k2
    for claim in ("A1", "A5", "M3", "X2", "T1"):
        assert f"| {claim} " in page
    assert page.count("not judged yet") == len(claims.NOT_YET) + len(LEDGER) - 2
    overview = page.partition("## Claim by claim")[0]
    for claim, study in STUDY_OF.items():
        row = re.search(rf"^\|[^|]*\b{re.escape(ledger.plain(claim))}[ <].*$", overview, re.M)[0]
        assert row.endswith(f"| [`{study}`](package_reproduction.md#{study}) |")


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
    for outcome, word in (("reproduced", "agrees"), ("not reproduced", "differs")):
        rows = {"seed": 2, "rows": [{**row, "fresh": outcome}]}
        (record.parent / FRESH).write_text(json.dumps(rows))
        page = made(small_book)["ledger.md"].decode()
        assert "Source: recorded then; record linear (seed 3)" in page
        assert f"| ● reproduced; seed 2 {word} |" in page
        assert f"verdict with seed 2 on linear, 5 trainings | {outcome}" in page


def test_the_same_outputs_give_the_same_bytes_and_another_outcome_gives_others(small_book):
    first, again = made(small_book), made(small_book)
    assert first == again
    write_chapter(small_book, "one", verdict(passed=False), image=True)
    other = made(small_book)
    assert {name for name in first if first[name] != other[name]} == {
        "index.md", "ledger.md", "ledger.png",
    }  # fmt: skip
    assert "### K1: not reproduced" in other["ledger.md"].decode()
    assert "0 of 1 claims reproduced, 0 in part, 1 not (K1)" in other["index.md"].decode()


def test_an_output_of_an_earlier_version_is_read(small_book):
    old = {
        "id": "K1", "text": "counts", "where": "Fig 3", "outcome": "reproduced", "best": None,
        "measured": "1 SE", "controls": {"shuffled labels": False},
    }  # fmt: skip
    write_chapter(small_book, "one", [old], image=True)
    page = made(small_book)["ledger.md"].decode()
    assert "| LSTM | passes | 1 SE |" in page and "| control: shuffled labels | fails |" in page
    assert ledger.plain(LEDGER["K1"].criterion) in page


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
    write_chapter(small_book, "two", [{**verdict()[0], "id": "X1"}])
    refused("NOT_YET: X1 has a verdict in two")
    write_chapter(small_book, "two", image=True)
    refused("expected one picture .* found 2 in one, two")
    write_chapter(small_book, "two")
    write_chapter(small_book, "one")
    refused("expected one picture .* found 0")


def test_a_page_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="no marks for the summary"):
        results.with_summary("no marks", "rows")


def test_the_table_keeps_all_that_was_measured(small_book):
    measured = "1 SE; ratio 2; " + 50 * "x"
    row = {"id": "K1", "outcome": "reproduced", "measured": measured}
    assert ledger.table([row]).endswith(f"| **reproduced** | {measured} |\n")


@pytest.mark.parametrize("claim", LEDGER)
def test_the_short_text_of_a_claim_ends_before_the_marks(claim):
    fig, ax = figure(width=5.6, height=2)
    shown = ax.text(0, 0, claims.short(claim)).get_window_extent(fig.canvas.get_renderer())
    room = ledger_figure.FIRST - ledger_figure.TEXT - 0.1  # inches; a mark is 0.14 wide
    assert shown.width / fig.dpi < room, "make `short` in the claims of the study shorter"
    plt.close(fig)


def test_a_mark_is_drawn_for_each_who_was_tested(small_book):
    write_chapter(small_book, "two", verdict("K2", weak=True, best=Outcome(False, "")))
    first, second = results.verdicts(small_book)
    assert ledger_figure.tests(first) == [[True], [], [False], [], [], [], []]
    assert ledger_figure.tests(second) == [[True], [], [True], [], [], [False], []]
    assert ledger_figure.fingerprint([first]) != ledger_figure.fingerprint([second])
    said = ledger.alt([first, second])
    assert "1 of 2 claims reproduced, 1 in part (K2), 0 not" in said
    assert "A control passes for K2." in said
