"""Texts that a program measured, as a reader can read them."""

from __future__ import annotations

import html
import re

UNDEFINED = {"nan": "undefined", "inf": "unlimited", "-inf": "unlimited", "+inf": "unlimited"}
NOT_A_NUMBER = re.compile(r"(?<![\w.])[+-]?(?:nan|inf)(?!\w)")
POWER_OF_TEN = re.compile(r"(?<![\w.])([+-]?\d(?:\.\d+)?)e([+-]\d+)(?!\w)")


def plain(text: str) -> str:
    """Escape a text so that Markdown shows it as it is, in a table too."""
    return re.sub(r"([\\`*_{}\[\]|$~])", r"\\\1", html.escape(text, quote=False))


def readable(text: str) -> str:
    """Write out numbers that only a computer writes in this way.

    Examples
    --------
    >>> readable("ratio = inf; t = 4.8e-05, 1.03e+03")
    'ratio = unlimited; t = 0.000048, 1,030'
    """
    text = NOT_A_NUMBER.sub(lambda found: UNDEFINED[found[0].lstrip("+")], text)
    return POWER_OF_TEN.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    digits = len(found[1].partition(".")[2])
    return f"{float(found[0]):,.{max(0, digits - int(found[2]))}f}"
