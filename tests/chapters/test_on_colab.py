"""A chapter outside the checkout fetches the book and runs, as on Colab."""

from __future__ import annotations

import pytest

from tools import colab_path
from tools.colab_path import LONGEST, Taken
from tools.notebooks import BOOK


@pytest.mark.network
def test_a_chapter_runs_alone_and_soon_shows_a_figure():
    shortest = BOOK / "does_it_copy.ipynb"
    (found,) = colab_path.run([shortest], bare=False).values()
    assert isinstance(found, Taken), found
    assert found.package.endswith("lstm_md/__init__.py")
    assert found.figure < LONGEST
