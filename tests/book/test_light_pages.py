"""No line of a page ends between a number and what belongs to it."""

from __future__ import annotations

import pytest

from tools.light_pages import bound, with_items


@pytest.mark.parametrize("text", [
    "5·%", "5·ms.", "12·pN,", "3·s)", "4·µs", "2·kT;", "0.4·±·0.02", "3·×·10", "Fig·3",
    "Figs·2 and 5", "Figure·6.2", "Eq·9", "Table·1", "<p>5·nm</p>", "<code>5 %</code> 5·%",
    "5 sites", "5 samples", "a ± b", "Config 3", "0.8 (0.7·to·0.9)", "(−2·to·−1)",
    "(1·%·to·2.5·%)", "from 3 to 5", "4·of·20", "most of 20", "along sin·ψ", "ln·2",
    "(5·minutes)", "for minutes",
])  # fmt: skip
def test_numbers_keep_their_units_and_errors(text):
    assert bound(text.replace("·", " ")) == text.replace("·", "\xa0")


@pytest.mark.parametrize("text", [
    "<pre>x = 5 % 3</pre>", "<code>5 s</code>", '<img alt="5 % of 3 ± 1">',
    "<script>5 % 3</script>", "<style>a {b: 5 %}</style>", "<svg><text>5 %</text></svg>",
    "<math><mn>5 %</mn></math>", r'<span class="math">\(\frac{5 s}{2 s}\)</span>',
    '<div class="math">\\[5 ± 2\n+ 5 s\\]</div>',
])  # fmt: skip
def test_code_mathematics_and_tags_keep_their_spaces(text):
    assert bound(text) == text
    assert bound(f"5 % {text} 5 %") == f"5\xa0% {text} 5\xa0%"


SPAN = r'<span class="math notranslate nohighlight">\(V\)</span>'


@pytest.mark.parametrize("text", [
    "the pair [A–C] is rare", "[B–D], and", "Eqs\xa0[1–9]", f"of [{SPAN},] and", f"of [({SPAN}] at",
    f"for {SPAN} it", "a–b", "the end – of it",
])  # fmt: skip
def test_pairs_and_formulas_keep_together(text):
    plain = text.replace("[", "").replace("]", "")
    assert bound(plain) == text.replace("[", '<span class="bound">').replace("]", "</span>")


def test_the_body_of_a_page_is_bound():
    context = {"body": '<div role="doc-biblioentry">5 %</div>'}
    with_items(None, "page", "page.html", context, None)
    assert context["body"] == '<div role="listitem">5\xa0%</div>'
    with_items(None, "search", "search.html", empty := {}, None)
    assert empty == {}
