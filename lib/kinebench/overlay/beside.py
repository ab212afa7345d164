"""The reference: faintly over the person, and on a plain ground beside the picture."""

from typing import Any

import numpy as np

from kinebench.overlay import lettering
from kinebench.overlay.bones import Skeleton
from kinebench.overlay.canvas import Canvas
from kinebench.overlay.course import Course, course_height
from kinebench.overlay.options import GROUND, INK, MUTED, REFERENCE, REFERENCE_FAR
from kinebench.overlay.scene import Scene

CAPTIONS = {"recorded": "recorded", "beside": "reference in the clip's time"}
DASH_PX, DASHED = 14.0, 0.55  # a dash with its gap, for a line of usual width; the dash's share of it
RING = np.linspace(0, 2 * np.pi, 25)
CIRCLE = np.column_stack([np.cos(RING), np.sin(RING)])


class Ghost:
    """A dashed skeleton, thinner than the person's; where it is not known there is none."""

    def __init__(self, skeleton: Skeleton, unit: float) -> None:
        self._points, self._unit = skeleton.points, unit
        edges = np.concatenate([skeleton.near, skeleton.far])
        counts = [_dashes(skeleton.points[:, edge], DASH_PX * unit) for edge in edges]
        self._edges = np.repeat(edges, counts, axis=0)
        self._share = np.concatenate([_shares(count) for count in counts]) if counts else np.empty((0, 2))

    def draw(self, canvas: Canvas, index: int) -> None:
        """The skeleton of frame `index`."""
        ends = self._points[index][self._edges]
        ends = ends[:, :1] + self._share[..., None] * (ends[:, 1:] - ends[:, :1])
        shown = ends[np.isfinite(ends).all(axis=(1, 2))]
        canvas.rims(shown, INK, 3.2 * self._unit)
        canvas.lines(shown, REFERENCE, 1.8 * self._unit)


class Ground:
    """The plain ground beside the picture with the reference's skeleton on it: nobody's pixels are there."""

    def __init__(self, scene: Scene, skeleton: Skeleton, text: float, unit: float) -> None:
        self._scene, self._skeleton, self._text, self._unit = scene, skeleton, text, unit
        self._dotted = np.unique(skeleton.near)
        self._empty: tuple[Any, ...] = ()

    def draw(self, canvas: Canvas, index: int, course: Course | None) -> None:
        """The whole ground of frame `index`."""
        self._lay_empty(canvas)
        body, unit = self._skeleton, self._unit
        points = body.points[index]
        near, far = (_whole(points[edges]) for edges in (body.near, body.far))
        canvas.lines(far, REFERENCE_FAR, 2.4 * unit)
        canvas.lines([*near, *self._head(index)], REFERENCE, 3.4 * unit)
        dots = points[self._dotted]
        canvas.dots(dots[np.isfinite(dots).all(axis=1)], INK, 2.2 * unit, REFERENCE, 4.2 * unit)
        if course is not None:
            course.draw(canvas, index)
        caption(canvas, self._scene, index, self._text, "beside")

    def _lay_empty(self, canvas: Canvas) -> None:
        """The ground is drawn once and copied from then on: that is what memory does fastest."""
        if [layer.array.shape for layer in canvas.layers] != [one.shape for one in self._empty]:
            canvas.fill(GROUND)
            edge = [np.array([[0.0, 0.0], [0.0, canvas.height]])]
            canvas.lines(edge, INK, 4 * self._unit)
            self._empty = tuple(layer.array.copy() for layer in canvas.layers)
            return
        for layer, empty in zip(canvas.layers, self._empty, strict=True):
            np.copyto(layer.array, empty)

    def _head(self, index: int) -> list[np.ndarray]:
        """The head's ring, and the neck where both ends are known."""
        x, y, radius = self._skeleton.head[index]
        if not np.isfinite(radius):
            return []
        middle, neck = np.array([x, y]), self._skeleton.neck[index]
        away = neck - middle
        far = float(np.hypot(*away))
        return [middle + radius * CIRCLE, *([np.stack([neck, middle + radius * away / far])] if far > radius else [])]


def caption(canvas: Canvas, scene: Scene, index: int, text: float, which: str) -> None:
    """What a pane shows, at its lower left, and how much of the movement has passed."""
    plate = lettering.plate(scene.legend.get(which, CAPTIONS[which]), text)
    top = canvas.height - course_height(scene.size) - 0.6 * text - plate.alpha.shape[0]
    canvas.lay(plate, 0.9 * text, top)
    passed = scene.progress[index]
    if np.isfinite(passed):
        share = lettering.plate(f"{round(100 * passed)} %", text, MUTED)
        canvas.lay(share, 1.3 * text + plate.alpha.shape[1], top)


def _dashes(edge: np.ndarray, period_px: float) -> int:
    """How many dashes an edge (n, 2, 2) has in every frame, by its usual length, so that they don't crawl."""
    length = np.hypot(*(edge[:, 1] - edge[:, 0]).T)
    usual = np.median(length[np.isfinite(length)]) if np.isfinite(length).any() else 0.0
    return max(round(float(usual) / period_px), 1)


def _shares(count: int) -> np.ndarray:
    """Where along an edge its dashes begin and end, shape (count, 2): one at each end of the edge."""
    period = 1 / (count - 1 + DASHED)
    first = period * np.arange(count)
    return np.column_stack([first, first + DASHED * period])


def _whole(edges: np.ndarray) -> np.ndarray:
    """Those of edges (k, 2, 2) whose two ends are there."""
    return edges[np.isfinite(edges).all(axis=(1, 2))]
