"""Text as sprites: anti-aliased letters, on a plate where they have to be read on any background."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from kinebench.overlay.canvas import Sprite
from kinebench.overlay.options import INK, MUTED, WHITE, Colour

PLATE_ALPHA = 190
ROW = 1.4  # a panel's row over the text's size


@lru_cache(maxsize=1024)
def plate(text: str, size: float, accent: Colour | None = None) -> Sprite:
    """White text on a dark plate with rounded corners and, with `accent`, a coloured edge at its left."""
    font = _font(round(size), bold=True)
    pad = round(0.35 * size)
    edge = round(0.22 * size) if accent else 0
    width, height = _even(font.getlength(text) + 2 * pad + edge), _even(1.5 * size)
    sheet = _Sheet(width, height)
    sheet.box(0, 0, width, height, INK, PLATE_ALPHA, round(0.25 * size))
    if accent:
        sheet.box(0, 0, edge + 1, height, accent, 255, 0)
    sheet.text(edge + pad, height / 2, text, font, WHITE, anchor="lm")
    return sheet.sprite()


class Row(NamedTuple):
    """A line of the panel: what it is about at the left, a word with a coloured shape before it at the right."""

    text: str
    word: str = ""
    shape: str = ""
    colour: Colour = WHITE


@lru_cache(maxsize=1024)
def panel(
    lines: tuple[str, str, str], size: float, dot: Colour | None, width: int, rows: tuple[Row, ...] = ()
) -> Sprite:
    """The panel's plate: a large line, a line with a coloured dot, `rows`, and room for what changes each frame."""
    height = panel_height(size, len(rows))
    sheet = _Sheet(width, height)
    sheet.box(0, 0, width, height, INK, PLATE_ALPHA, round(0.45 * size))
    pad = 0.7 * size
    head, note, body = lines
    big, plain = _font(round(1.5 * size), bold=True), _font(round(size), bold=False)
    sheet.text(pad, 0.6 * size + 0.75 * size, head, big, WHITE, anchor="lm")
    sheet.text(pad + big.getlength(head) + 0.45 * size, 0.72 * size + 0.75 * size, note, plain, MUTED, anchor="lm")
    x = pad
    if dot is not None:
        sheet.disc(pad + 0.36 * size, 2.95 * size, 0.36 * size, dot)
        x += 1.1 * size
    sheet.text(x, 2.95 * size, body, plain, WHITE, anchor="lm")
    for place, row in enumerate(rows):
        y = row_middle(size, place)
        sheet.text(pad, y, row.text, plain, MUTED, anchor="lm")
        sheet.text(width - pad, y, row.word, plain, WHITE, anchor="rm")
        if row.shape:
            sheet.mark(row.shape, width - pad - plain.getlength(row.word) - 0.75 * size, y, 0.4 * size, row.colour)
    return sheet.sprite()


def panel_height(size: float, rows: int = 0) -> int:
    """Height of a panel whose text is `size` pixels high."""
    return _even((5.1 + ROW * rows) * size)


def row_middle(size: float, place: int) -> float:
    """How far below the panel's top the middle of row `place` lies; the last line comes after all rows."""
    return (2.95 + ROW * (place + 1)) * size


def line(text: str, size: float) -> np.ndarray:
    """The coverage, uint8 (h, w), of a text that changes from frame to frame, put together from letters drawn once."""
    return np.concatenate([_letter(letter, round(size)) for letter in text], axis=1)


@lru_cache(maxsize=512)
def _letter(letter: str, size: int) -> np.ndarray:
    font = _font(size, bold=False)
    sheet = Image.new("L", (max(round(font.getlength(letter)), 1), round(1.4 * size)), 0)
    ImageDraw.Draw(sheet).text((0, 0.7 * size), letter, font=font, fill=255, anchor="lm")
    return np.array(sheet)


def width_of(text: str, size: float, *, bold: bool) -> float:
    """How wide a text becomes, in pixels."""
    return _font(round(size), bold=bold).getlength(text)


class _Sheet:
    """Shapes drawn four times too large and then brought down, so that their edges are smooth."""

    def __init__(self, width: int, height: int) -> None:
        self._colour = Image.new("RGB", (width, height), INK)
        self._alpha = Image.new("L", (width, height), 0)

    def box(self, x: float, y: float, right: float, bottom: float, colour: Colour, alpha: int, radius: float) -> None:
        mask = Image.new("L", (4 * self._alpha.width, 4 * self._alpha.height), 0)
        ImageDraw.Draw(mask).rounded_rectangle((4 * x, 4 * y, 4 * right - 1, 4 * bottom - 1), 4 * radius, fill=255)
        self._put(mask.resize(self._alpha.size, Image.Resampling.BOX), colour, alpha)

    def mark(self, shape: str, x: float, y: float, radius: float, colour: Colour) -> None:
        """A disc, a triangle or a square of about the same area."""
        if shape == "disc":
            self.disc(x, y, radius, colour)
            return
        reach = {"triangle": 1.25, "square": 0.88}[shape] * radius
        corners = {
            "triangle": [(-1.0, 0.72), (0.0, -1.0), (1.0, 0.72)],
            "square": [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)],
        }[shape]
        mask = Image.new("L", (4 * self._alpha.width, 4 * self._alpha.height), 0)
        ImageDraw.Draw(mask).polygon([(4 * (x + reach * a), 4 * (y + reach * b)) for a, b in corners], fill=255)
        self._put(mask.resize(self._alpha.size, Image.Resampling.BOX), colour, 255)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        mask = Image.new("L", (4 * self._alpha.width, 4 * self._alpha.height), 0)
        box = (4 * (x - radius), 4 * (y - radius), 4 * (x + radius), 4 * (y + radius))
        ImageDraw.Draw(mask).ellipse(box, fill=255)
        self._put(mask.resize(self._alpha.size, Image.Resampling.BOX), colour, 255)

    def text(self, x: float, y: float, text: str, font: ImageFont.FreeTypeFont, colour: Colour, *, anchor: str) -> None:
        mask = Image.new("L", self._alpha.size, 0)
        ImageDraw.Draw(mask).text((x, y), text, font=font, fill=255, anchor=anchor)
        self._put(mask, colour, 255)

    def _put(self, mask: Image.Image, colour: Colour, alpha: int) -> None:
        self._colour.paste(colour, (0, 0), mask)
        self._alpha = ImageChops.lighter(self._alpha, mask.point(lambda value: value * alpha // 255))

    def sprite(self) -> Sprite:
        return Sprite(np.array(self._colour), np.array(self._alpha))


@lru_cache(maxsize=16)
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """DejaVu Sans from matplotlib's own files, found without importing it: it has letters for most languages."""
    found = find_spec("matplotlib")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(str(found.origin)).parent / "mpl-data" / "fonts" / "ttf" / name if found else Path(name)
    return ImageFont.truetype(str(path), max(size, 6))


def _even(value: float) -> int:
    return 2 * max(int(np.ceil(value / 2)), 1)
