"""A Sphinx extension: a line below a chapter's title says when it last ran with Colab's versions.

``make colab-stack`` executes the chapters with these versions, and ``versions/results.json`` keeps
what came out. The line is written when the pages are rendered, so it needs no update of its own.
"""

from __future__ import annotations

import html
import json
from typing import Any

from tools.notebooks import chapters
from tools.version_tables import FOLDER, RAN

OF_COLAB = "Colab's versions of August 2026"


def last_run(name: str, found: dict[str, Any] | None) -> str:
    """Say when a chapter last ran with Colab's versions, and how it ended.

    Parameters
    ----------
    name : str
        The chapter.
    found : dict or None
        What ``results.json`` holds of the runs with Colab's versions.
    """
    if found is None or name not in found["chapters"]:
        return f"Not yet tried with {OF_COLAB}."
    when = f"on {found.get('dates', {}).get(name, found['date'])} with {OF_COLAB}"
    if found["chapters"][name] != RAN:
        return f"Failed {when}; versions/RESULTS.md says how."
    versions = f"Python {found['python']}, TensorFlow {found['versions']['tensorflow']}"
    return f"Ran to its end {when} ({versions})."


def with_last_run(app: Any, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Add the line to the page of a chapter, below its title."""
    if name in app.config.last_runs:
        line = f'</h1>\n<p class="last-run">{html.escape(app.config.last_runs[name])}</p>'
        context["body"] = context["body"].replace("</h1>", line, 1)


def last_runs() -> dict[str, str]:
    """Return the line of each chapter."""
    path = FOLDER / "results.json"
    results = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return {path.stem: last_run(path.stem, results.get("colab")) for path in chapters()}


def setup(app: Any) -> dict[str, bool]:
    """Register the extension with Sphinx; all pages are written again when a line has changed."""
    app.add_config_value("last_runs", last_runs(), "html")
    app.connect("html-page-context", with_last_run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
