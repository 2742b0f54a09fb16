"""Parts of a line drawing in SVG, in the colours of the page around it."""

from __future__ import annotations

import html
from collections.abc import Sequence

MODEL, LINK = "#D55E00", "var(--pst-color-link, #0b62a4)"


def svg(width: int, height: int, parts: Sequence[str], description: str, widest: str) -> str:
    """Put a drawing together: a picture for screen readers, or a group if there are links in it."""
    role = "group" if any("<a " in part for part in parts) else "img"
    size = f'viewBox="0 0 {width} {height}"'
    return (
        f'<svg {size} role="{role}" aria-label="{html.escape(description)}" '
        f'style="display: block; width: 100%; max-width: {widest}; height: auto; margin: 0 auto; '
        f'font-family: inherit">{"".join(parts)}</svg>'
    )


def box(x: float, y: float, width: float, height: float, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="5 4" opacity="0.6"' if dashed else ""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="none" '
        f'stroke="currentColor" stroke-width="1.3"{dashes}/>'
    )


def line(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.3"/>'


def arrow(path: str) -> str:
    """Draw a path of lines along the axes, with a head at its end."""
    x, y = 0.0, 0.0
    heading = ""
    for step in path.split():
        if step[0] == "M":
            x, y = map(float, step[1:].split(","))
            continue
        to = float(step[1:])
        heading = {"H": "right" if to > x else "left", "V": "down" if to > y else "up"}[step[0]]
        x, y = (to, y) if step[0] == "H" else (x, to)
    along = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}[heading]
    dx, dy = along
    corners = ((x, y), (x - 7 * dx - 3.5 * dy, y - 7 * dy - 3.5 * dx),
               (x - 7 * dx + 3.5 * dy, y - 7 * dy + 3.5 * dx))  # fmt: skip
    points = " ".join(f"{a:g},{b:g}" for a, b in corners)
    return f'{line(path)}<polygon points="{points}" fill="currentColor"/>'


def circle(x: float, y: float, sign: str) -> str:
    return (
        f'<circle cx="{x}" cy="{y}" r="10" fill="var(--pst-color-background, #fff)" '
        f'stroke="currentColor" stroke-width="1.3"/>{text(x, y + 5.5, sign, size=16)}'
    )


def text(
    x: float, y: float, content: str, *, size: float = 13, anchor: str = "middle",
    weight: str = "normal", colour: str = "currentColor",
) -> str:  # fmt: skip
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}" '
        f'font-weight="{weight}" fill="{colour}">{content}</text>'
    )


def link(x: float, y: float, equation: int) -> str:
    """Write the number of an equation as a link to it."""
    words = text(x, y, f"Eq {equation}", size=12, colour=LINK)
    return f'<a href="#eq-{equation}">{words}</a>'


def one_hot(x: float, y: float) -> list[str]:
    """Draw a one-hot vector of three components."""
    return [
        f'<rect x="{x + 15 * k}" y="{y}" width="14" height="14" stroke="currentColor" '
        f'fill="{"currentColor" if k == 1 else "none"}"/>'
        for k in range(3)
    ]


def bars(x: float, y: float, shares: Sequence[float]) -> list[str]:
    """Draw probabilities as bars that stand at height y."""
    return [
        f'<rect x="{x + 15 * k}" y="{y - 34 * share:g}" width="12" height="{34 * share:g}" '
        f'fill="{MODEL}"/>'
        for k, share in enumerate(shares)
    ]


def bold(name: str) -> str:
    return f'<tspan font-weight="bold">{name}</tspan>'


def italic(name: str) -> str:
    return f'<tspan font-style="italic">{name}</tspan>'


def vector(name: str, frame: str) -> str:
    """Write a vector at a frame, as in the equations."""
    return f'{bold(name)}<tspan dy="-5" font-size="9">({frame})</tspan>'
