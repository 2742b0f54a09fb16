"""The benchmark's tables, from made-up results and from those that the book shows."""

import json

import pytest

from reproduction.costs.benchmark_tables import goals_table, load_benchmark, page
from tools.notebooks import BOOK, ROOT

RESULTS = {
    "training": {
        "about": {
            "cpu": "a processor", "cores": 2, "date": "2026-11-25", "versions": {"numpy": "2.4"},
        },
        "goals": [
            {"what": "over PyTorch", "sense": ">=", "bound": 1.0, "measured": 1.2345, "unit": "×",
             "met": True},
            {"what": "a label", "sense": "<=", "bound": 3.0, "measured": 4321.0, "unit": "µs",
             "met": False},
        ],
        "tables": [
            {"title": "M 8, L 64", "columns": ["who", "ms", "n"], "rows": [["ours", 9.8765, 3]],
             "note": "A note."},
        ],
    }
}  # fmt: skip


def test_goals_say_what_was_wanted_what_was_measured_and_whether_it_is_met():
    lines = goals_table(RESULTS).splitlines()
    assert lines[2] == "| over PyTorch | at least 1 | 1.23 | × | met |"
    assert lines[3] == "| a label | at most 3 | 4,320 | µs | **missed** |"


def test_a_section_of_the_page_names_its_machine_and_its_tables_unfold():
    text = page(RESULTS)
    assert "## Training\n\n*a processor, 2 cores; 2026-11-25; numpy 2.4.*\n\n<details>" in text
    assert "<summary>M 8, L 64</summary>\n\n| who | ms | n |" in text
    assert "| --- | --- | --- |\n| ours | 9.88 | 3 |\n\nA note.\n\n</details>" in text


def test_what_is_not_a_benchmark_is_refused(tmp_path):
    path = tmp_path / "bench.json"
    with pytest.raises(FileNotFoundError):
        load_benchmark(path)
    path.write_text(json.dumps(RESULTS))
    assert load_benchmark(path) == RESULTS
    for text in ("{", '{"a": 1}', '{"a": {"about": {}}}', "[1]"):
        path.write_text(text)
        with pytest.raises(ValueError, match="holds no benchmark"):
            load_benchmark(path)


def test_the_book_shows_the_results_that_are_committed():
    measured, shown = ROOT / "benchmarks/results.json", BOOK / "recorded/bench.json"
    if not measured.exists():
        pytest.skip("no benchmark has been run")
    assert shown.read_bytes() == measured.read_bytes(), f"cp {measured.name} to {shown}"
