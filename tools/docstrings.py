"""A Sphinx extension: the docstrings of the package as pages of the book.

- An equation of the paper that a docstring names, such as Eq 9 or Eqs 2–7, leads to that equation.
- A class of the package leads to its entry, from wherever it is named as a type.
- The names of the package are not in the book's index, which is one of ideas.
- The types of a signature read as in the source, with the names that a reader knows: not the
  dozen types that NumPy's ``ArrayLike`` stands for, and none that a module has for itself.
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
# What autodoc writes for a name, instead of all that it stands for.
NAMES = {"ArrayLike": "ArrayLike", "NDArray": "NDArray", "Array": "NDArray"}
NAMES |= {"Statistic": "Callable", "Summarise": "Callable"}


def with_equations(line: str) -> str:
    """A line of a docstring in which each equation that it names is a link."""
    return EQUATIONS.sub(lambda found: "".join(_links(found)), line)


def _links(found: re.Match[str]) -> Iterator[str]:
    yield f":ref:`{found[1]}{found[2]} <eq-{found[2]}>`"
    for between, number in re.findall(r"(–|, | and )(\d+)", found[3]):
        yield f"{between}:ref:`{number} <eq-{number}>`"


def with_types(lines: list[str], classes: set[str]) -> list[str]:
    """A docstring in whose lines of types, such as ``model : Settings``, the classes are links."""

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
    """A signature, or the type of a result, in which a reader knows all types.

    Parameters
    ----------
    signature : str
    names : dict
        Those of the module, where its own names for types are looked up.
    """
    for name, value in names.items():
        if typing.get_origin(value) is typing.Literal:
            choices = ", ".join(map(repr, typing.get_args(value)))
            signature = re.sub(rf"\b{name}\b", f"Literal[{choices}]", signature)
    return re.sub(r"\bArray\b", "NDArray", signature)


def add_links(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put the links into a docstring, but not into its examples."""
    if what in ("attribute", "data", "property"):
        # Of "a: b" in a first line napoleon takes the a for a type, but not of "a:" alone.
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
    # The name alone, which leads to the entry: with all of its modules it is wider than a phone.
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
    """Put readable types into a signature."""
    names = vars(sys.modules.get(getattr(obj, "__module__", ""), re))
    return signature and readable(signature, names), result and readable(result, names)


class Entries(SphinxTransform):
    """The entries of the reference as they are to be read, before Sphinx collects them."""

    default_priority = 840

    def apply(self, **kwargs: Any) -> None:
        """``float64``, not ``np.float64``; and no name of the package in the book's own index."""
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
    """A signature in HTML whose lines are no list: Sphinx makes them one of definitions alone."""
    for tag in ("dl", "dd"):
        signature = signature.replace(f"<{tag}>", f'<div class="sig-{tag}">')
        signature = signature.replace(f"</{tag}>", "</div>")
    return signature


def mend_signatures(app: Any, page: str, template: str, context: Any, document: Any) -> None:
    """Take the lists out of the signatures of a page."""
    if "body" in context:
        body = context["body"]
        context["body"] = SIGNATURE.sub(lambda found: without_lists(found[0]), body)


def lead_to_entry(app: Any, env: Any, node: Any, content: nodes.Element) -> nodes.Element | None:
    """A class that is named without its module leads to the one entry of that name."""
    if node.get("refdomain") != "py" or node["reftype"] not in ("class", "exc", "obj"):
        return None
    domain = env.get_domain("py")
    found = domain.find_obj(env, None, None, node["reftarget"], None, searchmode=1)
    if len(found) == 1:
        page, anchor = found[0][1].docname, found[0][1].node_id
        return make_refnode(app.builder, node["refdoc"], page, anchor, content, found[0][0])
    return None


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("config-inited", lambda _, config: config.autodoc_type_aliases.update(NAMES))
    app.connect("autodoc-process-docstring", add_links, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", add_types)
    app.add_transform(Entries)
    app.connect("missing-reference", lead_to_entry)
    app.connect("html-page-context", mend_signatures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
