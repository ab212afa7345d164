"""Draws one frame's marks on a canvas: covered faces, trail, skeleton, angles, panel, and the clip's course below."""

from dataclasses import dataclass

import numpy as np

from kinebench.overlay import lettering
from kinebench.overlay.canvas import Canvas, Sprite
from kinebench.overlay.options import FAR, INK, MUTED, NEAR, PHASES, RAW, SPEEDS, WHITE, OverlayOptions
from kinebench.overlay.scene import Angle, Scene


class Painter:
    """Draws any frame of a scene; what is the same in every frame is worked out once."""

    def __init__(self, scene: Scene, options: OverlayOptions) -> None:
        self.scene = scene
        self.options = options
        width, height = scene.size
        self._text = max(min(width, height) / 45, 9.0)
        unit = min(width, height) / 540
        body = scene.trunk_px / 110 if np.isfinite(scene.trunk_px) else unit
        self._unit = float(np.clip(body, 0.5 * unit, 1.15 * unit))
        self._arc_px = max(0.24 * scene.trunk_px, 6 * self._unit) if np.isfinite(scene.trunk_px) else 24 * unit
        self._colours = {name: PHASES[place % len(PHASES)] for place, name in enumerate(scene.phases)}
        self._panel = _Panel.of(scene, self._text)
        self._course = _course(scene, self._colours, max(height / 90, 6)) if scene.total else None

    def draw(self, canvas: Canvas, index: int) -> None:
        """The marks of frame `index`, drawn on `canvas` in place."""
        scene, options = self.scene, self.options
        if options.blur_faces:
            for x, y, radius in scene.faces[index]:
                canvas.cover(x, y, radius)
        if options.trail_s:
            self._draw_trail(canvas, index)
        self._draw_skeleton(canvas, index)
        if options.show_raw:
            points = _finite(scene.raw[index])
            canvas.dots(points, INK, 2.9 * self._unit)
            canvas.dots(points, RAW, 2.1 * self._unit)
        if options.show_angles:
            self._draw_angles(canvas, index)
        if options.show_panel:
            self._draw_panel(canvas, index)

    def _draw_skeleton(self, canvas: Canvas, index: int) -> None:
        scene, unit = self.scene, self._unit
        points = scene.points[index]
        near, far = (_finite_edges(points[edges]) for edges in (scene.near, scene.far))
        canvas.lines([*far, *near], INK, 5 * unit)
        canvas.lines(far, FAR, 2.2 * unit)
        canvas.lines(near, NEAR, 3.4 * unit)
        joints = _finite(points[np.unique(scene.near)]) if len(scene.near) else np.empty((0, 2))
        canvas.dots(joints, INK, 4.2 * unit)
        canvas.dots(joints, WHITE, 3.1 * unit)

    def _draw_trail(self, canvas: Canvas, index: int) -> None:
        scene = self.scene
        first = int(np.searchsorted(scene.time_s, scene.time_s[index] - self.options.trail_s))
        path, speed = scene.trail[first : index + 1], scene.speed[first : index + 1]
        steps = _finite_edges(np.stack([path[:-1], path[1:]], axis=1)) if len(path) > 1 else []
        if not len(steps):
            return
        whole = np.isfinite(path[:-1]).all(axis=1) & np.isfinite(path[1:]).all(axis=1)
        bins = np.nan_to_num(speed[1:][whole], nan=0.5) * (len(SPEEDS) - 1e-6)
        canvas.lines(_joined(steps), INK, 4.6 * self._unit)
        for level, colour in enumerate(SPEEDS):
            canvas.lines(steps[bins.astype(int) == level], colour, 2.8 * self._unit)

    def _draw_angles(self, canvas: Canvas, index: int) -> None:
        labels = []
        for angle in self.scene.angles:
            if np.isfinite(angle.value[index]) and np.isfinite(angle.vertex[index]).all():
                self._draw_arc(canvas, angle, index)
                labels.append((angle, angle.vertex[index]))
        taken: list[tuple[float, float, float, float]] = []
        for angle, vertex in sorted(labels, key=lambda pair: pair[1][1]):
            self._write(canvas, angle, vertex, f"{angle.text} {angle.value[index]:.0f}°", taken)

    def _draw_arc(self, canvas: Canvas, angle: Angle, index: int) -> None:
        start, end = angle.start[index], angle.end[index]
        if not np.isfinite(start) or not np.isfinite(end):
            return
        vertex, radius = angle.vertex[index], self._arc_px
        way = np.array([np.cos(np.radians(start)), np.sin(np.radians(start))])
        stub = [np.stack([vertex, vertex + 1.25 * radius * way])]
        canvas.lines(stub, INK, 2.6 * self._unit)
        canvas.arc(vertex, radius, start, end, INK, 4.2 * self._unit)
        canvas.lines(stub, WHITE, 1.2 * self._unit)
        canvas.arc(vertex, radius, start, end, WHITE, 2.2 * self._unit)

    def _write(
        self,
        canvas: Canvas,
        angle: Angle,
        vertex: np.ndarray,
        text: str,
        taken: list[tuple[float, float, float, float]],
    ) -> None:
        sprite = lettering.plate(text, self._text)
        height, width = sprite.alpha.shape
        gap = 9 * self._unit
        x = vertex[0] + gap if angle.beside > 0 else vertex[0] - gap - width
        y = vertex[1] - height / 2
        for left, top, right, bottom in taken:
            if x < right and left < x + width and y < bottom + 2 and top < y + height + 2:
                y = bottom + 2
        taken.append((x, y, x + width, y + height))
        canvas.lay(sprite, x, y)

    def _draw_panel(self, canvas: Canvas, index: int) -> None:
        scene, size, panel = self.scene, self._text, self._panel
        phase = str(scene.phase[index])
        head = f"{scene.repetition} {scene.count[index]}" if scene.total else "kinebench"
        note = f"of {scene.total}" if scene.total else ""
        body = scene.phases.get(phase, phase)
        canvas.lay(lettering.panel((head, note, body), size, self._colours.get(phase), panel.width), panel.x, panel.y)
        clock = f"{scene.time_s[index]:.2f} s   frame {scene.numbers[index]}"
        canvas.lay(lettering.line(clock, 0.85 * size), panel.x + 0.7 * size, panel.y + 3.75 * size)
        if self._course is not None:
            self._draw_course(canvas, index, self._course)

    def _draw_course(self, canvas: Canvas, index: int, course: Sprite) -> None:
        top = canvas.height - course.alpha.shape[0]
        canvas.lay(course, 0, top)
        times = self.scene.time_s
        x = (times[index] - times[0]) / max(times[-1] - times[0], 1e-9) * (self.scene.size[0] - 1)
        mark = [np.array([[x, top - 0.2 * self._text], [x, canvas.height]])]
        canvas.lines(mark, INK, 5 * self._unit)
        canvas.lines(mark, WHITE, 2.4 * self._unit)


@dataclass(frozen=True)
class _Panel:
    """Where the panel lies and how wide it is: wide enough for every text, in the corner that hides less of the person."""

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


def _course(scene: Scene, colours: dict[str, tuple[int, int, int]], height: float) -> Sprite:
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


def _joined(steps: np.ndarray) -> list[np.ndarray]:
    """Steps (k, 2, 2) as few polylines: broken where one step does not begin where the last ended."""
    broken = np.flatnonzero((steps[1:, 0] != steps[:-1, 1]).any(axis=1)) + 1
    return [np.vstack([part[:, 0], part[-1:, 1]]) for part in np.split(steps, broken)]
