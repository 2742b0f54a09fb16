"""Diagrams: links, descriptions, and what they show of the numbers that they are given."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from lstm_md import diagrams
from lstm_md.judging.decision import MARGIN
from lstm_md.systems import potentials

LABELS = np.array([0, 0, 1, 2, 2, 1] * 10)
DATA = np.array([50, 5, 50, 50, 5, 50])


def strip(model, generated=LABELS):
    return diagrams.pipeline(
        potentials.linear_three_state, np.sin(np.arange(300)), LABELS, generated, DATA, model
    )


STRIP = strip([DATA, DATA])
ALL = {"network": diagrams.network(), "unrolled": diagrams.unrolled(), "pipeline": STRIP}


@pytest.mark.parametrize("name", ALL)
def test_a_diagram_is_well_formed_and_described(name):
    drawing = ALL[name]._repr_html_().replace("&nbsp;", " ")
    tree = ElementTree.fromstring(drawing)
    pictures = [node for node in tree.iter() if node.tag.endswith("svg")]
    assert pictures and all(node.get("aria-label") for node in pictures)
    assert len(repr(ALL[name])) > 40 and "<" not in repr(ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_a_diagram_fits_a_phone_and_takes_the_colours_of_the_page(name):
    drawing = ALL[name]._repr_html_()
    widths = [int(width) for width in re.findall(r'viewBox="0 0 (\d+) ', drawing)]
    assert max(widths) <= 360
    sizes = [float(size) for size in re.findall(r'<text[^>]*font-size="([\d.]+)"', drawing)]
    assert min(sizes) >= 12  # letters of 12 pixels or more, if it is drawn at its own size
    assert "currentColor" in drawing and not re.search(r'(fill|stroke)="(black|#000|#222)', drawing)


def test_the_network_links_each_equation_once():
    linked = re.findall(r'href="#eq-(\d)"', diagrams.network()._repr_html_())
    assert sorted(map(int, linked)) == list(range(1, 10))


def test_the_strip_has_the_seven_steps_in_order():
    steps = re.findall(r"<b>(\d)</b>&nbsp;([\w ]+)</li>", STRIP._repr_html_())
    assert [int(number) for number, _ in steps] == list(range(1, 8))
    assert [title for _, title in steps] == [
        "potential", "trajectory", "letters", "network", "generated letters", "counts", "verdict",
    ]  # fmt: skip


def test_the_strip_shows_the_letters_that_it_is_given():
    drawing = strip([DATA, DATA], generated=np.full(40, 2))._repr_html_()
    rows = re.findall(r"monospace\">([ABC]+)</text>", drawing)
    assert rows == ["AABCCBAABCCB"] * 3 + ["C" * 12] * 3


def test_ratios_are_drawn_against_the_margin_of_the_verdicts():
    assert diagrams.MARGIN == MARGIN
    panel = strip([2 * DATA, 2 * DATA])._repr_html_().split("<svg")[-1]
    heights = [float(y) for y in re.findall(r'cy="([\d.]+)"', panel)]
    (top,) = re.findall(r'<rect x="2" y="([\d.]+)"', panel)
    assert len(heights) == 6 and max(heights) < float(top)  # above the band


@pytest.mark.parametrize("data, message", [
    ([50, 50], "data: expected 6 counts"),
    ([0, 5, 50, 50, 5, 50], "data: expected 6 counts above 0"),
])  # fmt: skip
def test_counts_that_cannot_be_compared_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        diagrams.pipeline(
            potentials.linear_three_state, [0.0, 1.0], LABELS, LABELS, data, [DATA, DATA]
        )
