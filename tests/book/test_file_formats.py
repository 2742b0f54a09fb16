"""The code on the page of file formats does what the page says."""

from __future__ import annotations

import doctest
import re

import numpy as np

from tools.notebooks import BOOK, ROOT

PAGE = (BOOK / "file_formats.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_examples_print_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = "\n".join(block for block in BLOCKS if block.startswith(">>>"))
    test = doctest.DocTestParser().get_doctest(examples, {}, "file_formats", "file_formats.md", 0)
    found = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert found.attempted > 20
    assert found.failed == 0


def test_a_record_can_be_read_without_the_package(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {"np": np}
    (block,) = (block for block in BLOCKS if "lzma" in block)
    exec(block, names)  # the page's own code
    from reproduction.runs import records

    (first, *_) = records.load("linear_authors").trainings
    np.testing.assert_array_equal(names["labels"], first.generated)
