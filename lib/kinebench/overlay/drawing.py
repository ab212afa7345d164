"""Draws one frame's marks on a canvas: covered faces, trail, feet, skeleton, angles, panel, the clip's course below."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from kinebench.overlay import covering, lettering
from kinebench.overlay.beside import Ghost, Ground, caption
from kinebench.overlay.canvas import Canvas, Sprite
from kinebench.overlay.course import Course, phase_colours
from kinebench.overlay.options import (
    FAR,
    GRADES,
    INK,
    NEAR,
    RAW,
    REFERENCE,
    SPEEDS,
    SPEEDS_BESIDE_GRADES,
    WHITE,
    Colour,
    OverlayOptions,
)
from kinebench.overlay.panel import Panel
from kinebench.overlay.placing import places
from kinebench.overlay.scene import Angle, Scene

TRAIL_STEPS = 15  # a trail is drawn with so many straight pieces at most


class Painter:
    """Draws any frame of a scene; what is the same in every frame is worked out once."""

    def __init__(self, scene: Scene, options: OverlayOptions) -> None:
        self.scene = scene
        self.options = options
        width, height = scene.size
        self._text = max(min(width, height) / 41, 9.0)
        unit = min(width, height) / 540
        body = scene.trunk_px / 110 if np.isfinite(scene.trunk_px) else unit
        self._unit = float(np.clip(body, 0.5 * unit, 1.15 * unit))
        self._arc_px = max(0.24 * scene.trunk_px, 6 * self._unit) if np.isfinite(scene.trunk_px) else 24 * unit
        self._dotted = np.unique(scene.near)
        self._speeds = SPEEDS_BESIDE_GRADES if len(scene.grade) else SPEEDS
        colours = phase_colours(scene)
        self._panel = Panel(scene, self._text, colours)
        self._labels = _labels(scene)
        self._offsets = self._label_offsets()
        # People were found, but by keypoints that tell of no face or trunk: it may be anywhere, so nothing is shown.
        self._faceless = bool(np.isfinite(scene.points).any()) and not any(
            np.isfinite(one).any() for one in scene.faces
        )
        referred = options.show_reference
        self._ghost = Ghost(scene.ghost, self._unit) if referred and scene.ghost is not None else None
        self._ground = (
            Ground(scene, scene.beside, self._text, self._unit) if referred and scene.beside is not None else None
        )
        timed = options.show_panel and (scene.total or self._ground)
        self._course = Course(scene, colours, self._text, self._unit) if timed else None
        self._notes = self._standing_notes()

    @property
    def panes(self) -> int:
        """How many pictures stand side by side: 2 with a reference beside the recorded one."""
        return 1 if self._ground is None else 2

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of what is drawn for a picture of this size."""
        return (width, height) if self.panes == 1 else (self.panes * (width + width % 2), height)

    def draw(self, canvas: Canvas, index: int) -> None:
        """The marks of frame `index`, drawn in place; with two panes the picture lies on the left one."""
        if self._ground is None:
            self._draw_picture(canvas, index)
            return
        picture, ground = canvas.parted(2)
        self._draw_picture(picture, index)
        self._ground.draw(ground, index, self._course)
        caption(picture, self.scene, index, self._text, "recorded")

    def _draw_picture(self, canvas: Canvas, index: int) -> None:
        scene, options = self.scene, self.options
        if options.blur_faces:
            if self._faceless:
                covering.cover_whole(canvas)
            else:
                covering.cover(canvas, scene.faces[index])
        if self._ghost is not None:
            self._ghost.draw(canvas, index)
        if options.trail_s:
            self._draw_trail(canvas, index)
        self._draw_feet(canvas, index)
        self._draw_skeleton(canvas, index)
        if options.show_raw:
            canvas.dots(_finite(scene.raw[index]), RAW, 2.1 * self._unit, INK, 2.9 * self._unit)
        for note, y in self._notes:
            canvas.lay(note, self._panel.x, y)
        if options.show_angles:
            self._draw_angles(canvas, index)
        if options.show_panel:
            self._panel.draw(canvas, index)
        if self._course is not None:
            self._course.draw(canvas, index)

    def _standing_notes(self) -> list[tuple[Sprite, float]]:
        """Plates under the panel that say what is drawn in which colour, the same in every frame."""
        said = [("raw keypoints", RAW)] if self.options.show_raw else []
        said += [(self.scene.legend.get("ghost", "reference"), REFERENCE)] if self._ghost is not None else []
        first = self._panel.y + self._panel.height + 0.4 * self._text
        sprites = [lettering.plate(text, 0.75 * self._text, colour) for text, colour in said]
        return [(sprite, first + place * 1.4 * self._text) for place, sprite in enumerate(sprites)]

    def _draw_skeleton(self, canvas: Canvas, index: int) -> None:
        scene, unit = self.scene, self._unit
        points = scene.points[index]
        near, far = (_finite_edges(points[edges]) for edges in (scene.near, scene.far))
        canvas.rims(far, INK, 3.8 * unit)
        canvas.lines(far, FAR, 2.2 * unit)
        canvas.rims(near, INK, 5 * unit)
        canvas.lines(near, self._near_colour(index), 3.4 * unit)
        canvas.dots(_finite(points[self._dotted]), WHITE, 3 * unit, INK, 4.1 * unit)

    def _near_colour(self, index: int) -> Colour:
        """The near side's colour, that of the frame's grade where there are grades."""
        if not len(self.scene.grade):
            return NEAR
        return GRADES.get(str(self.scene.grade[index]), (WHITE, ""))[0]

    def _draw_feet(self, canvas: Canvas, index: int) -> None:
        lines = [line for foot in self.scene.feet for line in foot.lines(index)]
        canvas.rims(lines, INK, 3 * self._unit)
        canvas.lines(lines, WHITE, 1.4 * self._unit)

    def _draw_trail(self, canvas: Canvas, index: int) -> None:
        scene = self.scene
        first = int(np.searchsorted(scene.time_s, scene.time_s[index] - self.options.trail_s))
        kept = np.unique(np.linspace(first, index, min(index - first, TRAIL_STEPS) + 1).round().astype(int))
        levels = (np.nan_to_num(scene.speed[kept[1:]], nan=0.5) * (len(SPEEDS) - 1e-6)).astype(int)
        pieces = _pieces(scene.trail[kept], levels)
        canvas.rims([line for line, _ in pieces], INK, 4.6 * self._unit)
        for level in {level for _, level in pieces}:
            canvas.lines([line for line, own in pieces if own == level], self._speeds[level], 2.8 * self._unit)

    def _draw_angles(self, canvas: Canvas, index: int) -> None:
        shown = [
            angle
            for angle in self.scene.angles
            if np.isfinite(angle.value[index]) and np.isfinite(angle.vertex[index]).all()
        ]
        arcs = [line for angle in shown for line in self._arc(angle, index)]
        canvas.rims(arcs, INK, 3.8 * self._unit)
        canvas.lines(arcs, WHITE, 1.9 * self._unit)
        for label, offset in zip(self._labels, self._offsets, strict=True):
            text = label.written(index)
            if text:
                canvas.lay(lettering.plate(text, self._text), *(label.at[index] + offset))

    def _arc(self, angle: Angle, index: int) -> tuple[np.ndarray, ...]:
        """The arc from an angle's first direction to its second, and the line it begins at."""
        start, end = angle.start[index], angle.end[index]
        if not np.isfinite(start + end):
            return ()
        steps = np.radians(np.linspace(start, end, max(int(abs(end - start) / 8), 1) + 1))
        arc = angle.vertex[index] + self._arc_px * np.column_stack([np.cos(steps), np.sin(steps)])
        if angle.between:
            return (arc,)
        return arc, np.stack([angle.vertex[index], 1.2 * arc[0] - 0.2 * angle.vertex[index]])

    def _label_offsets(self) -> list[np.ndarray]:
        scene, panel = self.scene, self._panel
        edges = scene.points[:, np.concatenate([scene.near, scene.far])]
        steps = np.linspace(0, 1, 9)[:, None, None, None]
        along = (1 - steps) * edges[:, :, 0] + steps * edges[:, :, 1]
        bones = np.moveaxis(along, 0, 1).reshape(len(scene), -1, 2)
        obstacles = np.concatenate([bones, _head_points(scene)], axis=1)
        sizes = [lettering.plate(label.longest, self._text).alpha.shape[::-1] for label in self._labels]
        return places(
            [label.at for label in self._labels],
            sizes,
            obstacles,
            scene.size,
            gap=6.5 * self._unit,
            taken=[(panel.x, panel.y, panel.x + panel.width, panel.y + panel.height)],
        )


def _pieces(path: np.ndarray, levels: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """A path (k, 2) cut where the level (k - 1,) of its steps changes or a point is missing, each with its level."""
    missing = ~np.isfinite(path[:, 0])
    keys = np.where(missing[:-1] | missing[1:], -1, levels)
    edges = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
    return [(path[a : b + 1], int(keys[a])) for a, b in itertools.pairwise(edges) if b > a and keys[a] >= 0]


def _head_points(scene: Scene) -> np.ndarray:
    """Points all over the person's face in each frame, shape (frames, 17, 2)."""
    nobody = np.full((1, 3), np.nan)
    disc = np.array([found[0] if len(found) else nobody[0] for found in scene.faces]).reshape(len(scene), 1, 3)
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = np.column_stack([np.cos(turns), np.sin(turns)])
    spread = np.vstack([np.zeros((1, 2)), 0.45 * ring, 0.85 * ring])
    return disc[..., :2] + disc[..., 2:] * spread


@dataclass(frozen=True)
class _Label:
    """A plate beside a point `at` (n, 2), what it says in a frame ("" for nothing) and the longest that it says."""

    at: np.ndarray
    written: Callable[[int], str]
    longest: str


def _labels(scene: Scene) -> list[_Label]:
    """Every plate that goes with a joint: the angles', then those of feet whose distance was measured."""
    angles = [_Label(one.vertex, partial(_angle_words, one), f"{one.text} 100°") for one in scene.angles]
    feet = [_Label(one.toe, one.written, one.longest) for one in scene.feet if one.longest]
    return angles + feet


def _angle_words(angle: Angle, index: int) -> str:
    there = np.isfinite(angle.value[index]) and np.isfinite(angle.vertex[index]).all()
    return f"{angle.text} {_degrees(angle.value[index])}" if there else ""


def _degrees(value: float) -> str:
    """A whole number of degrees, with a proper minus and without a negative zero."""
    return f"{round(value)}°".replace("-", "−")


def _finite(points: np.ndarray) -> np.ndarray:
    return points[np.isfinite(points).all(axis=-1)]


def _finite_edges(edges: np.ndarray) -> np.ndarray:
    """Those of edges (k, 2, 2) whose two ends are there."""
    return edges[np.isfinite(edges).all(axis=(1, 2))]
