"""Drawing with sub-pixel positions straight on a picture's planes: RGB, or luma and half-size chroma as codecs hold it.

Colours are converted once instead of the whole picture twice a frame.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from kinebench.overlay.options import Colour

SHIFT = 4  # cv2 takes coordinates in sixteenths of a pixel
ONE = 1 << SHIFT


@dataclass(frozen=True)
class Layer:
    """One plane: pixel coordinates times `scale` plus `offset` are its own."""

    array: np.ndarray
    scale: float
    offset: tuple[float, float]

    def fixed(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the picture in cv2's fixed-point coordinates of this plane."""
        return np.rint((points * self.scale + self.offset) * ONE).astype(np.int32)

    def length(self, value: float) -> int:
        """A line's width on this plane, at least one pixel."""
        return max(round(value * self.scale), 1)


@dataclass(frozen=True)
class Sprite:
    """A small picture to lay over: `colour` (h, w, 3) RGB and `alpha` (h, w), both uint8, h and w even."""

    colour: np.ndarray
    alpha: np.ndarray


class Canvas:
    """A picture's planes with verbs to draw on them, all in pixels of the picture (centres at integers)."""

    def __init__(self, layers: Sequence[Layer], convert: Callable[[bytes, int], tuple[np.ndarray, ...]]) -> None:
        self.layers = layers
        self._convert = convert
        self.height, self.width = layers[0].array.shape[:2]

    @classmethod
    def rgb(cls, picture: np.ndarray) -> "Canvas":
        """Draws on a uint8 RGB array of shape (height, width, 3) in place."""
        return cls((Layer(picture, 1.0, (0.0, 0.0)),), _as_rgb)

    @classmethod
    def nv12(cls, luma: np.ndarray, chroma: np.ndarray, *, bt709: bool) -> "Canvas":
        """Draws on planes in limited range: luma (h, w), chroma (h / 2, w / 2, 2), sited at the left luma column."""
        layers = (Layer(luma, 1.0, (0.0, 0.0)), Layer(chroma, 0.5, (0.0, -0.25)))
        return cls(layers, _as_bt709 if bt709 else _as_bt601)

    def parted(self, count: int) -> "list[Canvas]":
        """Equal parts from left to right, each with pixel coordinates of its own."""
        width = self.width // count
        return [
            Canvas([_columns(layer, place * width, (place + 1) * width) for layer in self.layers], self._convert)
            for place in range(count)
        ]

    def fill(self, colour: Colour) -> None:
        """One colour everywhere."""
        for layer, value in zip(self.layers, _values(self._convert, colour), strict=True):
            layer.array[...] = value[0] if layer.array.ndim == 2 else value

    def lines(self, points: Sequence[np.ndarray] | np.ndarray, colour: Colour, width: float) -> None:
        """Polylines with round ends, each of shape (k, 2)."""
        self._polylines(points, self.layers, colour, width)

    def rims(self, points: Sequence[np.ndarray] | np.ndarray, colour: Colour, width: float) -> None:
        """As `lines` for what lies dark below a coloured line: half-size chroma, which hardly shows there, stays."""
        self._polylines(points, self.layers[:1], colour, width)

    def dots(self, points: np.ndarray, colour: Colour, radius: float, rim: Colour, rim_radius: float) -> None:
        """Filled circles at points (k, 2) on larger ones."""
        ends = np.repeat(points[:, None], 2, axis=1)
        self.rims(ends, rim, 2 * rim_radius)
        self.lines(ends, colour, 2 * radius)

    def _polylines(self, points: Any, layers: Sequence[Layer], colour: Colour, width: float) -> None:
        if not len(points):
            return
        apart = not isinstance(points, np.ndarray)
        flat = np.concatenate(points) if apart else points
        ends = np.cumsum([len(line) for line in points[:-1]])
        for layer, value in zip(layers, _values(self._convert, colour), strict=False):
            placed = layer.fixed(flat)
            fixed = np.split(placed, ends) if apart else list(placed)
            cv2.polylines(layer.array, fixed, False, value, layer.length(width), cv2.LINE_AA, SHIFT)

    def lay(self, sprite: Sprite, x: float, y: float) -> None:
        """A sprite with its top left corner near (x, y), kept whole inside the picture."""
        height, width = sprite.alpha.shape
        left = 2 * round(min(max(x, 0), max(self.width - width, 0)) / 2)
        top = 2 * round(min(max(y, 0), max(self.height - height, 0)) / 2)
        for layer, (colour, rest) in zip(self.layers, self._prepared(sprite), strict=True):
            part = _window(layer, left, top, colour.shape)
            if part.size:
                shown = (slice(part.shape[0]), slice(part.shape[1]))
                cv2.multiply(part, rest[shown], dst=part, scale=1 / 255)
                cv2.add(part, colour[shown], dst=part)

    def write(self, letters: np.ndarray, x: float, y: float, colour: Colour) -> None:
        """Letters' coverage, uint8 (h, w), in a colour that is nearly grey: chroma stays as it is."""
        left, top = round(x), round(y)
        layer, value = self.layers[0], _values(self._convert, colour)[0]
        part = layer.array[top : top + letters.shape[0], left : left + letters.shape[1]]
        if not part.size:
            return
        letters = letters[: part.shape[0], : part.shape[1]]
        if part.ndim == 3:
            letters = np.repeat(letters[:, :, None], part.shape[2], axis=2)
        cv2.multiply(part, 255 - letters, dst=part, scale=1 / 255)
        cv2.add(part, np.rint(letters * (np.array(value) / 255)).astype(np.uint8), dst=part)

    def _prepared(self, sprite: Sprite) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        return _premultiplied(self._convert, _Key(sprite), tuple(layer.scale for layer in self.layers))


def _window(layer: Layer, left: int, top: int, shape: tuple[int, ...]) -> np.ndarray:
    x, y = int(left * layer.scale), int(top * layer.scale)
    return layer.array[y : y + shape[0], x : x + shape[1]]


def _columns(layer: Layer, first: int, stop: int) -> Layer:
    part = layer.array[:, int(first * layer.scale) : int(stop * layer.scale)]
    return Layer(part, layer.scale, layer.offset)


def _as_rgb(colours: bytes, count: int) -> tuple[np.ndarray, ...]:
    return (np.frombuffer(colours, np.uint8).reshape(count, 3),)


def _as_yuv(colours: bytes, count: int, kr: float, kb: float) -> tuple[np.ndarray, ...]:
    """Limited-range luma and chroma of RGB (ITU-T H.273, equations 31 to 43)."""
    red, green, blue = np.frombuffer(colours, np.uint8).reshape(count, 3).T / 255
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = np.column_stack([(blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)])
    return np.rint(16 + 219 * luma).astype(np.uint8)[:, None], np.rint(128 + 224 * chroma).astype(np.uint8)


def _as_bt709(colours: bytes, count: int) -> tuple[np.ndarray, ...]:
    return _as_yuv(colours, count, 0.2126, 0.0722)


def _as_bt601(colours: bytes, count: int) -> tuple[np.ndarray, ...]:
    return _as_yuv(colours, count, 0.299, 0.114)


@lru_cache(maxsize=256)
def _values(convert: Any, colour: Colour) -> tuple[tuple[float, ...], ...]:
    """A colour's values on every layer."""
    return tuple(tuple(plane.reshape(-1).tolist()) for plane in convert(bytes(colour), 1))


class _Key:
    """Lets a sprite, which is one object as long as it is cached, be looked up by its identity."""

    def __init__(self, sprite: Sprite) -> None:
        self.sprite = sprite

    def __hash__(self) -> int:
        return id(self.sprite)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.sprite is self.sprite


@lru_cache(maxsize=1024)
def _premultiplied(convert: Any, key: _Key, scales: tuple[float, ...]) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Per layer: colour times alpha, and 255 - alpha, at the layer's size and with its channels."""
    sprite = key.sprite
    height, width = sprite.alpha.shape
    found = []
    for plane, scale in zip(convert(sprite.colour.tobytes(), height * width), scales, strict=True):
        channels = plane.shape[1]
        colour = plane.reshape(height, width, channels).astype(float)
        alpha = np.repeat(sprite.alpha[:, :, None] / 255, channels, axis=2)
        colour, alpha = colour * alpha, alpha
        if scale != 1.0:
            colour, alpha = (_halved(values) for values in (colour, alpha))
        shape = colour.shape[:2] if channels == 1 else colour.shape
        found.append(
            (
                np.rint(colour).astype(np.uint8).reshape(shape),
                np.rint(255 - 255 * alpha).astype(np.uint8).reshape(shape),
            )
        )
    return tuple(found)


def _halved(values: np.ndarray) -> np.ndarray:
    height, width, channels = values.shape
    return values.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
