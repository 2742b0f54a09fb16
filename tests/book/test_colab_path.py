"""A chapter alone, outside the checkout, fetches the book and runs, as it does on Colab."""

from __future__ import annotations

import pytest

from tools import colab_path


@pytest.mark.network
def test_the_first_chapter_runs_alone_where_the_package_is_not_installed():
    assert colab_path.run(bare=False).endswith("lstm_md/__init__.py")
