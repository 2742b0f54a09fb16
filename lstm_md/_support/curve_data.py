"""Check the curves of a picture that a reader can operate, and make data for its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import instance, listed, number_array, whole_number
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.figures import CONTROL, INK

MARKERS = ("o", "s", "D", "^", "v", "x")


def checked_times(given: Any) -> NDArray[np.float64]:
    times = number_array(given, "commit_times").astype(np.float64)
    if times.ndim != 1 or times.size < 2 or not np.isfinite(times).all():
        raise ValueError(
            f"commit_times: expected shape (commit times,) with at least 2 finite numbers, found "
            f"shape {times.shape}; give those of the curves"
        )
    if times[0] <= 0 or (np.diff(times) <= 0).any():
        raise ValueError("commit_times: expected positive and ascending numbers; sort them")
    return times


def texts_of(given: Any, name: str, least: int) -> list[str]:
    found = list(given) if isinstance(given, str) else listed(given, name, "give texts")
    for text in found:
        instance(text, str, name, "give texts")
    if len(found) < least:
        raise ValueError(f"{name}: expected at least {least} texts, found {len(found)}; give more")
    return found


def checked_panels(given: Any, shape: tuple[int, ...]) -> list[tuple[str, dict[str, Estimate]]]:
    """Check the curves of all panels."""
    advice = "give {panel: {curve: Estimate}}"
    panels = [(name, instance(one, Mapping, "panels", advice))
              for name, one in instance(given, Mapping, "panels", advice).items()]  # fmt: skip
    if not panels or not panels[0][1]:
        raise ValueError(f"panels: found no curve; {advice}")
    for name, curves in panels:
        texts_of([name, *curves], "panels", 1)
        if [*curves] != [*panels[0][1]]:
            raise ValueError(
                f"panels: expected the curves {', '.join(panels[0][1])} in each panel, found "
                f"{', '.join(curves)} in {name}; give the same ones in the same order"
            )
        for curve, estimate in curves.items():
            instance(estimate, Estimate, "panels", advice)
            if np.shape(estimate.value) != shape:
                raise ValueError(
                    f"panels: expected shape {shape} for these commit times and names, found "
                    f"{np.shape(estimate.value)} in {curve}; count with the same ones"
                )
    return [(name, dict(curves)) for name, curves in panels]


def checked_pairs(given: Any, n: int) -> list[tuple[int, int]]:
    if given is None:
        return [(i, j) for i in range(n) for j in range(n) if i != j]
    pairs = []
    for pair in listed(given, "pairs", "give pairs of states"):
        both = [whole_number(one, "pairs", minimum=0)
                for one in listed(pair, "pairs", "give pairs of states")]  # fmt: skip
        if len(both) != 2 or both[0] == both[1] or max(both) >= n:
            raise ValueError(f"pairs: expected two different states below {n}, found {both}")
        pairs.append((both[0], both[1]))
    if not pairs:
        raise ValueError("pairs: expected at least one pair of states, found none; give one")
    return pairs


def looks_of(curves: Sequence[str], styles: Any) -> list[dict[str, Any]]:
    """Translate the styles of Matplotlib."""
    from matplotlib.colors import to_hex

    instance(styles, Mapping, "styles", "give {curve: {'color': …, 'marker': …}}")
    looks = []
    for place, name in enumerate(curves):
        default = {"color": INK} if place == 0 else {"color": CONTROL, "linestyle": "--"}
        style = instance(styles.get(name, default), Mapping, "styles", "give a mapping")
        marker = style.get("marker")
        if marker is not None and not (isinstance(marker, str) and marker in MARKERS):
            raise ValueError(
                f"styles: expected a marker of {' '.join(MARKERS)}, found {marker!r}; take one"
            )
        try:
            colour = to_hex(style.get("color", INK))
        except (TypeError, ValueError):
            raise ValueError(f"styles: found the colour {style['color']!r}; name one") from None
        # Ink has the colour of the page's letters, so that it can be seen in the dark.
        colour = "currentColor" if colour in {INK, "#000000"} else colour
        dash = str(style.get("linestyle", "-")) not in ("-", "solid")
        looks.append({"colour": colour, "marker": marker, "dash": dash})
    return looks


def rounded(
    values: NDArray, figures: int, errors: NDArray | None = None
) -> list[float | int | None]:
    """Round numbers to so many figures, or to two figures of an error if these are more.

    None stands for a number that is not known.
    """
    numbers: list[float | int | None] = []
    for k, value in enumerate(values):
        number = float(value)
        if not np.isfinite(number):
            numbers.append(None)
            continue
        error = 0.0 if errors is None else float(errors[k])
        places = [figures - 1 - int(np.floor(np.log10(abs(number))))] if number else []
        places += [1 - int(np.floor(np.log10(error)))] if np.isfinite(error) and error > 0 else []
        number = round(number, max(places, default=0))
        numbers.append(int(number) if number.is_integer() else number)
    return numbers
