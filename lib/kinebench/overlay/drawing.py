"""Draws one frame's marks on a canvas: covered faces, trail, skeleton, angles, panel, and the clip's course below."""

import itertools
from dataclasses import dataclass

import numpy as np

from kinebench.overlay import lettering
from kinebench.overlay.canvas import Canvas, Sprite
from kinebench.overlay.options import (
    FAR,
    INK,
    MUTED,
    NEAR,
    PHASE_PAIR,
    PHASES,
    RAW,
    SPEEDS,
    WHITE,
    Colour,
    OverlayOptions,
)
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
        self._colours = _phase_colours(tuple(scene.phases))
        self._panel = _Panel.of(scene, self._text)
        self._offsets = self._label_offsets()
        # People were found, but by keypoints that tell of no face or trunk: it may be anywhere, so nothing is shown.
        self._faceless = bool(np.isfinite(scene.points).any()) and not any(
            np.isfinite(one).any() for one in scene.faces
        )
        self._everywhere = [(width / 2, height / 2, float(np.hypot(width, height)))]
        self._course = _course(scene, self._colours, max(height / 90, 6)) if scene.total else None

    def draw(self, canvas: Canvas, index: int) -> None:
        """The marks of frame `index`, drawn on `canvas` in place."""
        scene, options = self.scene, self.options
        if options.blur_faces:
            for x, y, radius in self._everywhere if self._faceless else scene.faces[index]:
                canvas.cover(x, y, radius)
        if options.trail_s:
            self._draw_trail(canvas, index)
        self._draw_skeleton(canvas, index)
        if options.show_raw:
            canvas.dots(_finite(scene.raw[index]), RAW, 2.1 * self._unit, INK, 2.9 * self._unit)
            canvas.lay(
                lettering.plate("raw keypoints", 0.75 * self._text, RAW),
                self._panel.x,
                self._panel.y + lettering.panel_height(self._text) + 0.4 * self._text,
            )
        if options.show_angles:
            self._draw_angles(canvas, index)
        if options.show_panel:
            self._draw_panel(canvas, index)

    def _draw_skeleton(self, canvas: Canvas, index: int) -> None:
        scene, unit = self.scene, self._unit
        points = scene.points[index]
        near, far = (_finite_edges(points[edges]) for edges in (scene.near, scene.far))
        canvas.rims(far, INK, 3.8 * unit)
        canvas.lines(far, FAR, 2.2 * unit)
        canvas.rims(near, INK, 5 * unit)
        canvas.lines(near, NEAR, 3.4 * unit)
        canvas.dots(_finite(points[self._dotted]), WHITE, 3 * unit, INK, 4.1 * unit)

    def _draw_trail(self, canvas: Canvas, index: int) -> None:
        scene = self.scene
        first = int(np.searchsorted(scene.time_s, scene.time_s[index] - self.options.trail_s))
        kept = np.unique(np.linspace(first, index, min(index - first, TRAIL_STEPS) + 1).round().astype(int))
        levels = (np.nan_to_num(scene.speed[kept[1:]], nan=0.5) * (len(SPEEDS) - 1e-6)).astype(int)
        pieces = _pieces(scene.trail[kept], levels)
        canvas.rims([line for line, _ in pieces], INK, 4.6 * self._unit)
        for level in {level for _, level in pieces}:
            canvas.lines([line for line, own in pieces if own == level], SPEEDS[level], 2.8 * self._unit)

    def _draw_angles(self, canvas: Canvas, index: int) -> None:
        shown = [
            angle
            for angle in self.scene.angles
            if np.isfinite(angle.value[index]) and np.isfinite(angle.vertex[index]).all()
        ]
        arcs = [line for angle in shown for line in self._arc(angle, index)]
        canvas.rims(arcs, INK, 3.8 * self._unit)
        canvas.lines(arcs, WHITE, 1.9 * self._unit)
        for angle, offset in zip(self.scene.angles, self._offsets, strict=True):
            if any(angle is one for one in shown):
                text = f"{angle.text} {_degrees(angle.value[index])}"
                canvas.lay(lettering.plate(text, self._text), *(angle.vertex[index] + offset))

    def _arc(self, angle: Angle, index: int) -> tuple[np.ndarray, ...]:
        """The arc from an angle's first direction to its second, and the line it begins at."""
        start, end = angle.start[index], angle.end[index]
        if not np.isfinite(start + end):
            return ()
        steps = np.radians(np.linspace(start, end, max(int(abs(end - start) / 8), 1) + 1))
        arc = angle.vertex[index] + self._arc_px * np.column_stack([np.cos(steps), np.sin(steps)])
        return arc, np.stack([angle.vertex[index], 1.2 * arc[0] - 0.2 * angle.vertex[index]])

    def _label_offsets(self) -> list[np.ndarray]:
        scene, panel = self.scene, self._panel
        edges = scene.points[:, np.concatenate([scene.near, scene.far])]
        steps = np.linspace(0, 1, 9)[:, None, None, None]
        along = (1 - steps) * edges[:, :, 0] + steps * edges[:, :, 1]
        bones = np.moveaxis(along, 0, 1).reshape(len(scene), -1, 2)
        obstacles = np.concatenate([bones, _head_points(scene)], axis=1)
        sizes = [lettering.plate(f"{angle.text} 100°", self._text).alpha.shape[::-1] for angle in scene.angles]
        height = lettering.panel_height(self._text)
        return places(
            [angle.vertex for angle in scene.angles],
            sizes,
            obstacles,
            scene.size,
            gap=6.5 * self._unit,
            taken=[(panel.x, panel.y, panel.x + panel.width, panel.y + height)],
        )

    def _draw_panel(self, canvas: Canvas, index: int) -> None:
        scene, size, panel = self.scene, self._text, self._panel
        phase = str(scene.phase[index])
        head = f"{scene.repetition} {scene.count[index]}" if scene.total else "kinebench"
        note = f"of {scene.total}" if scene.total else ""
        body = scene.phases.get(phase, phase)
        canvas.lay(lettering.panel((head, note, body), size, self._colours.get(phase), panel.width), panel.x, panel.y)
        clock = f"{scene.time_s[index]:.2f} s   frame {scene.numbers[index]}"
        canvas.write(lettering.line(clock, 0.85 * size), panel.x + 0.7 * size, panel.y + 3.75 * size, MUTED)
        if self._course is not None:
            self._draw_course(canvas, index, self._course)

    def _draw_course(self, canvas: Canvas, index: int, course: Sprite) -> None:
        top = canvas.height - course.alpha.shape[0]
        canvas.lay(course, 0, top)
        times = self.scene.time_s
        x = (times[index] - times[0]) / max(times[-1] - times[0], 1e-9) * (self.scene.size[0] - 1)
        mark = [np.array([[x, top - 0.2 * self._text], [x, canvas.height]])]
        canvas.rims(mark, INK, 5 * self._unit)
        canvas.lines(mark, WHITE, 2.4 * self._unit)


@dataclass(frozen=True)
class _Panel:
    """The panel's place, in the corner that hides less of the person, and its width, enough for any of its texts."""

    x: float
    y: float
    width: int

    @classmethod
    def of(cls, scene: Scene, size: float) -> "_Panel":
        head = f"{scene.repetition} {scene.total} "
        widths = [
            lettering.width_of(head, 1.5 * size, bold=True)
            + lettering.width_of(f"of {scene.total}", size, bold=False)
            + 0.4 * size,
            *(1.1 * size + lettering.width_of(text, size, bold=False) for text in scene.phases.values()),
            lettering.width_of("0000.00 s   frame 000000", 0.85 * size, bold=False),
        ]
        width = 2 * int(np.ceil((max(widths) + 1.4 * size) / 2))
        margin = 0.9 * size
        height = lettering.panel_height(size) + 2 * margin
        points = scene.points.reshape(-1, 2)
        with np.errstate(invalid="ignore"):
            high = points[:, 1] < height + 4 * size
            left = np.count_nonzero(high & (points[:, 0] < width + 2 * margin))
            right = np.count_nonzero(high & (points[:, 0] > scene.size[0] - width - 2 * margin))
        return cls(margin if left <= right else scene.size[0] - width - margin, margin, width)


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


def _degrees(value: float) -> str:
    """A whole number of degrees, with a proper minus and without a negative zero."""
    return f"{round(value)}°".replace("-", "−")


def _phase_colours(phases: tuple[str, ...]) -> dict[str, Colour]:
    shades = PHASE_PAIR if len(phases) <= len(PHASE_PAIR) else PHASES
    return {name: shades[place % len(shades)] for place, name in enumerate(phases)}


def _course(scene: Scene, colours: dict[str, Colour], height: float) -> Sprite:
    """The clip from left to right as a strip: phases in their colours, repetitions parted by a thin line."""
    rows, width = 2 * round(height / 2), scene.size[0] - scene.size[0] % 2
    at = np.searchsorted(scene.time_s, np.linspace(scene.time_s[0], scene.time_s[-1], width), side="right") - 1
    table = np.array([colours.get(str(phase), MUTED) for phase in scene.phase], np.uint8)
    strip = np.repeat(table[at][None], rows, axis=0)
    alpha = np.where(np.array([str(phase) in colours for phase in scene.phase])[at], 200, 110).astype(np.uint8)
    begins = np.flatnonzero(np.diff(scene.count[at]) > 0)
    strip[:, begins], alpha[begins] = INK, 255
    return Sprite(strip, np.repeat(alpha[None], rows, axis=0))


def _finite(points: np.ndarray) -> np.ndarray:
    return points[np.isfinite(points).all(axis=-1)]


def _finite_edges(edges: np.ndarray) -> np.ndarray:
    """Those of edges (k, 2, 2) whose two ends are there."""
    return edges[np.isfinite(edges).all(axis=(1, 2))]
