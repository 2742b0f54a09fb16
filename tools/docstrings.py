"""A Sphinx extension that shows the docstrings of the packages as pages of the book.

- An equation of the paper in a docstring, such as Eq 9 or Eqs 2–7, becomes a link.
- A class of the packages that is named as a type becomes a link to its entry.
- The book's index is one of ideas, so it does not list the names of the packages.
- Types in a signature have the names that a reader knows: ``ArrayLike`` instead of the dozen types
  that it stands for, and no abbreviation of a module.
"""

from __future__ import annotations

import re
import sys
import typing
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.nodes import make_refnode

SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
EQUATIONS = re.compile(r"\b(Eqs? )(\d+)((?:(?:–|, | and )\d+)*)")
# autodoc writes these names instead of the types that they stand for.
NAMES = {"ArrayLike": "ArrayLike", "NDArray": "NDArray", "Array": "NDArray"}
NAMES |= {"Statistic": "Callable", "Summarise": "Callable"}


def with_equations(line: str) -> str:
    """Turn the equations in a line of a docstring into links."""
    return EQUATIONS.sub(lambda found: "".join(_links(found)), line)


def _links(found: re.Match[str]) -> Iterator[str]:
    yield f":ref:`{found[1]}{found[2]} <eq-{found[2]}>`"
    for between, number in re.findall(r"(–|, | and )(\d+)", found[3]):
        yield f"{between}:ref:`{number} <eq-{number}>`"


def with_types(lines: list[str], classes: set[str]) -> list[str]:
    """Turn classes into links in the lines of a docstring that state types."""

    def link(found: re.Match[str]) -> str:
        return f":class:`{found[0]}`" if found[0] in classes else found[0]

    linked, typed = [], False
    for line, following in zip(lines, [*lines[1:], ""]):
        if following and set(following) == {"-"}:
            typed = line in ("Parameters", "Attributes", "Returns")
        elif typed and line[:1].strip():
            name, colon, types = line.rpartition(" : ")
            line = name + colon + re.sub(r"\b(?<!\.)\w+\b", link, types)
        linked.append(line)
    return linked


def readable(signature: str, names: dict[str, Any]) -> str:
    """Replace a module's own abbreviations of types in a signature.

    Parameters
    ----------
    signature : str
    names : dict
        The names of the module, which define the abbreviations.
    """
    for name, value in names.items():
        if typing.get_origin(value) is typing.Literal:
            choices = ", ".join(map(repr, typing.get_args(value)))
            signature = re.sub(rf"\b{name}\b", f"Literal[{choices}]", signature)
    return re.sub(r"\bArray\b", "NDArray", signature)


def add_links(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put links into a docstring, but not into its examples."""
    if what in ("attribute", "data", "property"):
        # napoleon reads "a: b" in a first line as a type and a text, but not "a:" alone.
        lines[:1] = re.split(r"(?<=:) ", lines[0], maxsplit=1)
    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith(("lstm_md.", "reproduction."))
    ]
    named = [pair for module in modules for pair in vars(module).items()]
    classes = {
        name
        for name, value in named
        if isinstance(value, type) and value.__module__.startswith(("lstm_md.", "reproduction."))
    }
    lines[:] = with_types(lines, classes)
    # Links show the last name only: with its modules, a name can be wider than a phone.
    lines[:] = [
        re.sub(r"(:(?:func|class|meth|data):`)(?=(?:lstm_md|reproduction)\.)", r"\1~", line)
        for line in lines
    ]
    lines[:] = [line if ">>>" in line else with_equations(line) for line in lines]


def add_types(
    app: Any,
    what: str,
    name: str,
    obj: Any,
    options: Any,
    signature: str | None,
    result: str | None,
) -> tuple[str | None, str | None]:
    """Make the types in a signature readable."""
    names = vars(sys.modules.get(getattr(obj, "__module__", ""), re))
    return signature and readable(signature, names), result and readable(result, names)


class Entries(SphinxTransform):
    """Change the entries of the reference before Sphinx collects them."""

    default_priority = 840

    def apply(self, **kwargs: Any) -> None:
        """Write ``float64`` for ``np.float64``, and remove the entries from the book's index."""
        for signature in self.document.findall(addnodes.desc_signature):
            for text in list(signature.findall(nodes.Text)):
                if re.match(r"(np|os)\.\w", text):
                    text.parent.replace(text, nodes.Text(text[3:]))
        for index in self.document.findall(addnodes.index):
            index["entries"] = [
                entry
                for entry in index["entries"]
                if not re.match(r"(module-)?(lstm_md|reproduction)", entry[2])
            ]


def without_lists(signature: str) -> str:
    """Replace the definition list that Sphinx makes of a signature on several lines."""
    for tag in ("dl", "dd"):
        signature = signature.replace(f"<{tag}>", f'<div class="sig-{tag}">')
        signature = signature.replace(f"</{tag}>", "</div>")
    return signature


def mend_signatures(app: Any, page: str, template: str, context: Any, document: Any) -> None:
    """Remove the lists from the signatures of a page."""
    if "body" in context:
        body = context["body"]
        context["body"] = SIGNATURE.sub(lambda found: without_lists(found[0]), body)


def lead_to_entry(app: Any, env: Any, node: Any, content: nodes.Element) -> nodes.Element | None:
    """Resolve a class that is named without its module, if only one class has that name."""
    if node.get("refdomain") != "py" or node["reftype"] not in ("class", "exc", "obj"):
        return None
    domain = env.get_domain("py")
    found = domain.find_obj(env, None, None, node["reftarget"], None, searchmode=1)
    if len(found) == 1:
        page, anchor = found[0][1].docname, found[0][1].node_id
        return make_refnode(app.builder, node["refdoc"], page, anchor, content, found[0][0])
    return None


def setup(app: Any) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("config-inited", lambda _, config: config.autodoc_type_aliases.update(NAMES))
    app.connect("autodoc-process-docstring", add_links, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", add_types)
    app.add_transform(Entries)
    app.connect("missing-reference", lead_to_entry)
    app.connect("html-page-context", mend_signatures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
