"""A Sphinx extension that makes a numbered figure of each picture and its caption.

A cell computes its caption and shows it below its picture, as another output
(:func:`lstm_md.figures.show`). On a page, both become one figure. Sphinx numbers it within its
chapter, and a text can refer to it by ``{numref}``. Its name and its anchor, ``figure-`` and the id
of the cell, stay as they are when other figures come or go.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform


class NumberedFigures(SphinxTransform):
    """Turn the two outputs of a cell into a figure."""

    default_priority = 400  # before Sphinx collects what a text can refer to

    def apply(self, **kwargs: Any) -> None:
        """Turn all pictures with a caption into figures."""
        found = [
            (cell, picture, caption)
            for cell in self.document.findall(_is("cell_code"))
            for output in cell.findall(_is("cell_code_output"))
            for picture, caption in zip(output.children, output.children[1:])
        ]
        if not found:
            return
        notebook = json.loads(Path(self.env.doc2path(self.env.docname)).read_text("utf-8"))
        for cell, picture, caption in found:
            image, words = _content(picture, "image/png"), _caption(caption)
            if image is not None and words is not None:
                name = f"figure-{notebook['cells'][cell['cell_index']]['id']}"
                figure = nodes.figure("", image, nodes.caption("", "", *words), names=[name])
                figure.source, figure.line = cell.source, cell.line
                self.document.note_explicit_target(figure, figure)
                picture.replace_self(figure)
                caption.parent.remove(caption)


def _is(element: str) -> Any:
    """Return a function that finds the parts of a notebook, which MyST-NB names."""
    return lambda node: isinstance(node, nodes.container) and node.get("nb_element") == element


def _content(output: nodes.Node, mime_type: str) -> nodes.Node | None:
    """Return what an output shows in one of its forms, if it has this form."""
    for form in output.children:
        if isinstance(form, nodes.container) and form.get("mime_type") == mime_type:
            return form[0] if len(form) == 1 else None
    return None


def _caption(output: nodes.Node) -> list[nodes.Node] | None:
    """Return the content of a caption: of one paragraph, all of it stressed."""
    paragraph = _content(output, "text/markdown")
    if not isinstance(paragraph, nodes.paragraph) or len(paragraph) != 1:
        return None
    return paragraph[0].children if isinstance(paragraph[0], nodes.emphasis) else None


def setup(app: Any) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_transform(NumberedFigures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
