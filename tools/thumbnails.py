"""Small pictures of the paper's figures, cut from the pictures of the chapters."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from reproduction.paper import FIGURES

FOLDER = "paper"  # in the folder _static of the book
SIZE = (200, 120)  # pixels: twice the size on the page, for sharp screens
COLOURS = 64
#: Which part of the picture is shown: left, top, right and bottom, as shares of its size
CROPS: dict[str, tuple[float, float, float, float]] = {
    "fig-2": (0.0, 0.05, 1.0, 0.3),
    "fig-3": (0.035, 0.064, 0.53, 0.305),
    "fig-4": (0.04, 0.781, 0.545, 0.925),
    "fig-5": (0.0, 0.04, 1.0, 0.46),
    "table-1": (0.0, 0.085, 1.0, 0.475),
    "fig-6": (0.0, 0.04, 1.0, 0.45),
    "fig-7": (0.0, 0.057, 1.0, 0.311),
    "fig-8": (0.0, 0.062, 0.53, 0.285),
    "eqs-10-16": (0.045, 0.078, 0.5, 0.411),
    "text": (0.0, 0.0, 1.0, 0.49),
}
#: The tag of the cell that draws each picture
TAGS = {figure.key: f"paper-{figure.key}" for figure in FIGURES}


def name(key: str) -> str:
    """Return the name of a small picture in the folder _static."""
    return f"{FOLDER}/{key}.png"


def thumbnail(key: str, picture: bytes) -> bytes:
    """Cut a small picture out of a large one.

    The description stored in the file is the :func:`fingerprint`. It identifies the source even
    if another version of Pillow made the picture.
    """
    from PIL import Image, PngImagePlugin

    with Image.open(io.BytesIO(picture)) as image:
        width, height = image.size
        left, top, right, bottom = CROPS[key]
        box = (left * width, top * height, right * width, bottom * height)
        cut = _on_white(image).crop(tuple(map(round, box)))
    cut.thumbnail(SIZE, Image.Resampling.LANCZOS)
    small = Image.new("RGB", SIZE, "white")
    small.paste(cut, ((SIZE[0] - cut.width) // 2, (SIZE[1] - cut.height) // 2))
    about = PngImagePlugin.PngInfo()
    about.add_text("Description", fingerprint(key, picture))
    buffer = io.BytesIO()
    small.quantize(COLOURS).save(buffer, "PNG", optimize=True, pnginfo=about)
    return buffer.getvalue()


def _on_white(image: Any) -> Any:
    from PIL import Image

    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def fingerprint(key: str, picture: bytes) -> str:
    """Return a hash of the picture and of the part that is shown."""
    return hashlib.sha256(picture + repr((CROPS[key], SIZE)).encode()).hexdigest()
