"""Which outputs of an executed chapter differ from those that are stored.

Only cells with the tag ``nbval-check-output`` are compared. Their outputs must be the same on every
machine.
"""

from __future__ import annotations

from tools.notebooks import Cell, Notebook, code_cells, joined, tags

COMPARED = "nbval-check-output"


def differences(stored: Notebook, executed: Notebook) -> list[str]:
    """List the tagged cells whose outputs have changed, with both outputs."""
    found = []
    for number, (before, after) in enumerate(zip(code_cells(stored), code_cells(executed))):
        if COMPARED in tags(before) and shown(before) != shown(after):
            kinds = sorted(shown(before).keys() | shown(after).keys())
            found += [
                f"cell {number}, {kind}: expected\n{shown(before).get(kind, '')}\n"
                f"found\n{shown(after).get(kind, '')}"
                for kind in kinds
                if shown(before).get(kind) != shown(after).get(kind)
            ]
    return found


def shown(cell: Cell) -> dict[str, str]:
    """Join what a cell shows, by the name of the stream or the type of the data.

    Pictures are left out: they differ between versions of Matplotlib.
    """
    parts: dict[str, str] = {}
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            parts[output["name"]] = parts.get(output["name"], "") + joined(output["text"])
        for kind, value in output.get("data", {}).items():
            if not kind.startswith("image/"):
                text = value if isinstance(value, (str, list)) else repr(value)
                parts[kind] = parts.get(kind, "") + joined(text)
    return parts
