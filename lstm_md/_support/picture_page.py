"""Put a picture, its style, its script and its data together, as HTML that needs no other file."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files
from typing import Any

_PAGE = """\
<div class="{kind}" data-{name}="{key}" data-lm-suppress-shortcuts="true"{attributes}>
<style>
{style}</style>
{content}
<script>
(() => {{
{script}
// Where currentScript is not set, take the first of these pictures that has not started.
const own = document.currentScript && document.currentScript.closest("[data-{name}]");
const root = own || document.querySelector("[data-{name}='{key}']:not([data-begun])");
if (root) {{
root.dataset.begun = "";
{call}(root, {data});
}}
}})();
</script>
</div>"""


def page(
    kind: str,
    content: str,
    script: str,
    call: str,
    given: Any,
    attributes: str = "",
    *,
    name: str = "picture",
    package: str = "lstm_md._support",
) -> str:
    """Return the HTML of a picture.

    Parameters
    ----------
    kind : str
        Its class.
    content : str
        The HTML that is there without a script.
    script : str
        The name of a style sheet and a script in the package.
    call : str
        The function of the script that begins. It takes the element and the data.
    given : Any
        The data, as values that JSON can hold.
    attributes : str
        More attributes of the element.
    name : str
        The attribute ``data-name`` of the element holds a key, by which the script finds it.
    package : str
        Where the style sheet and the script are.
    """
    data = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")  # a name must not open or close a tag within the script
    folder = files(package)
    style, code = (folder.joinpath(f"{script}.{kind}").read_text("utf-8") for kind in ("css", "js"))
    return _PAGE.format(
        kind=kind, name=name, attributes=attributes, style=style, content=content, call=call,
        data=data, script=code.strip(), key=sha256((kind + data).encode()).hexdigest()[:12],
    )  # fmt: skip
