"""Makes discs of a picture unrecognisable: of all that a disc held, its mean colour remains.

A mosaic shows a little in each frame, and over many frames, in which its grid lies differently on a face, that adds up;
networks name people from mosaics in which nobody sees a face (McPherson, Shokri and Shmatikov 2016, arXiv:1609.00408).
The mean over a disc that goes with a face changes by what comes in and goes out at its rim alone, so that many frames
tell no more of what lies inside than one does. Towards its rim the mean turns into what is seen around it, so that no
hard edge draws the eye.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from kinebench.overlay.canvas import ONE, SHIFT, Canvas, Layer

# A covered face: its colour is worked out on GRID by GRID points; up to PLAIN of the radius it is the mean alone, at
# the rim it is what lies around in RIM directions, each the mean of FINE rays.
GRID, PLAIN, RIM, FINE = 17, 0.55, 12, 6


def cover(canvas: Canvas, discs: np.ndarray) -> None:
    """Cover discs (k, 3) of x, y, radius in place; those outside the picture and those with a NaN do nothing."""
    discs = np.asarray(discs, float).reshape(-1, 3)
    discs = discs[np.isfinite(discs).all(axis=1)]
    for layer in canvas.layers:
        patches = [patch for x, y, radius in discs if (patch := _Patch.on(layer, x, y, radius)) is not None]
        means = [patch.mean() for patch in patches]
        if len(patches) > 1:  # all of them before any rim is looked at, or it would show what another disc covers
            for patch, mean in zip(patches, means, strict=True):
                patch.fill(mean)
        for patch, mean in zip(patches, means, strict=True):
            patch.soften(mean)


def cover_whole(canvas: Canvas) -> None:
    """Nothing but the mean colour of the whole picture remains."""
    cover(canvas, np.array([[canvas.width / 2, canvas.height / 2, np.hypot(canvas.width, canvas.height)]]))


@dataclass(frozen=True)
class _Patch:
    """The part of a layer around a disc, `mask` 255 in the disc; `centre`, `reach` in pixels of the whole layer."""

    layer: np.ndarray
    part: np.ndarray
    mask: np.ndarray
    corner: tuple[int, int]
    centre: tuple[float, float]
    reach: float

    @classmethod
    def on(cls, layer: Layer, x: float, y: float, radius: float) -> "_Patch | None":
        """None where the disc lies outside the picture or holds no pixel."""
        across, down = x * layer.scale + layer.offset[0], y * layer.scale + layer.offset[1]
        # Of a plane with half the pixels one more is covered: its rim's pixels lie under the disc's in the whole one.
        reach = radius * layer.scale + (1.0 if layer.scale < 1 else 0.5)
        left, top = max(int(np.floor(across - reach)), 0), max(int(np.floor(down - reach)), 0)
        right, bottom = max(int(np.ceil(across + reach)) + 1, 0), max(int(np.ceil(down + reach)) + 1, 0)
        part = layer.array[top:bottom, left:right]
        if not part.size:
            return None
        mask = np.zeros(part.shape[:2], np.uint8)
        middle = (round((across - left) * ONE), round((down - top) * ONE))
        cv2.circle(mask, middle, round(reach * ONE), 255, -1, cv2.LINE_8, SHIFT)
        return cls(layer.array, part, mask, (left, top), (across, down), reach) if mask.any() else None

    def mean(self) -> np.ndarray:
        """The disc's mean colour, shape (channels,)."""
        return np.rint(cv2.mean(self.part, self.mask)[: 1 if self.part.ndim == 2 else self.part.shape[2]])

    def fill(self, mean: np.ndarray) -> None:
        """One colour all over the disc."""
        plain = np.broadcast_to(mean.astype(np.uint8), (*self.mask.shape, len(mean)))
        cv2.copyTo(np.ascontiguousarray(plain).reshape(self.part.shape), self.mask, self.part)

    def soften(self, mean: np.ndarray) -> None:
        """Let the mean turn into the colours around the disc in its outer part."""
        few = _SHARES @ np.vstack([mean, self._around(mean)])
        few = np.rint(few).astype(np.uint8).reshape(GRID, GRID, -1)
        # Only what lies in the picture is worked out: a disc may be far larger.
        scale = (GRID - 1) / (2 * self.reach)
        shift = [
            (corner - centre) * scale + (GRID - 1) / 2 for corner, centre in zip(self.corner, self.centre, strict=True)
        ]
        matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        smooth = cv2.warpAffine(few, matrix, self.part.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
        cv2.copyTo(smooth.reshape(self.part.shape), self.mask, self.part)

    def _around(self, mean: np.ndarray) -> np.ndarray:
        """Colours just outside the disc in `RIM` directions, shape (RIM, channels); the mean outside the picture."""
        height, width = self.layer.shape[:2]
        x = np.rint(self.centre[0] + (self.reach + _STEPS_PX) * _TURNS[:, 0, None]).astype(int)
        y = np.rint(self.centre[1] + (self.reach + _STEPS_PX) * _TURNS[:, 1, None]).astype(int)
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        seen = self.layer[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].reshape(*x.shape, -1)
        colours = np.where(inside[..., None], seen, mean)
        return colours.reshape(RIM, -1, colours.shape[-1]).mean(axis=1)


def _rim_shares() -> np.ndarray:
    """How much of the mean and of each colour around goes into each point of the grid, shape (GRID * GRID, 1 + RIM)."""
    y, x = np.mgrid[-1 : 1 : GRID * 1j, -1 : 1 : GRID * 1j]
    outer = np.clip((np.hypot(x, y) - PLAIN) / (1 - PLAIN), 0, 1).ravel()
    outer = outer * outer * (3 - 2 * outer)
    turn = np.arctan2(y, x).ravel()[:, None] - 2 * np.pi * (np.arange(RIM) + 0.5) / RIM
    near = np.exp(6.0 * (np.cos(turn) - 1))
    return np.column_stack([1 - outer, outer[:, None] * near / near.sum(axis=1, keepdims=True)])


_SHARES = _rim_shares()
_ANGLES = 2 * np.pi * (np.arange(FINE * RIM) + 0.5) / (FINE * RIM)
_TURNS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_STEPS_PX = np.array([1.5, 3.0, 5.0])
