"""The clip's course along the picture's lower edge: phases in their colours, repetitions parted, a mark for now."""

import numpy as np

from kinebench.overlay.canvas import Canvas, Sprite
from kinebench.overlay.options import INK, MUTED, PHASE_PAIR, PHASES, PHASES_BESIDE_GRADES, WHITE, Colour
from kinebench.overlay.scene import Scene


def phase_colours(scene: Scene) -> dict[str, Colour]:
    """A colour for each of a task's phases, none of them a grade's where there are grades."""
    few = len(scene.phases) <= len(PHASE_PAIR)
    shades = PHASES_BESIDE_GRADES[few:] if len(scene.grade) else PHASE_PAIR if few else PHASES
    return {name: shades[place % len(shades)] for place, name in enumerate(scene.phases)}


def course_height(size: tuple[int, int]) -> int:
    """Height of the strip on a picture of this size, an even number of pixels."""
    return 2 * round(max(size[1] / 90, 6) / 2)


class Course:
    """The strip, made once, and the mark on it that goes with the frame."""

    def __init__(self, scene: Scene, colours: dict[str, Colour], text: float, unit: float) -> None:
        self._strip = _strip(scene, colours)
        times = scene.time_s
        self._x = (times - times[0]) / max(times[-1] - times[0], 1e-9) * (scene.size[0] - 1)
        self._text, self._unit = text, unit

    def draw(self, canvas: Canvas, index: int) -> None:
        """The strip along the lower edge of `canvas`, with the mark of frame `index`."""
        top = canvas.height - self._strip.alpha.shape[0]
        canvas.lay(self._strip, 0, top)
        mark = [np.array([[self._x[index], top - 0.2 * self._text], [self._x[index], canvas.height]])]
        canvas.rims(mark, INK, 5 * self._unit)
        canvas.lines(mark, WHITE, 2.4 * self._unit)


def _strip(scene: Scene, colours: dict[str, Colour]) -> Sprite:
    """The clip from left to right as a strip: phases in their colours, repetitions parted by a thin line."""
    rows, width = course_height(scene.size), scene.size[0] - scene.size[0] % 2
    at = np.searchsorted(scene.time_s, np.linspace(scene.time_s[0], scene.time_s[-1], width), side="right") - 1
    table = np.array([colours.get(str(phase), MUTED) for phase in scene.phase], np.uint8)
    strip = np.repeat(table[at][None], rows, axis=0)
    alpha = np.where(np.array([str(phase) in colours for phase in scene.phase])[at], 200, 110).astype(np.uint8)
    begins = np.flatnonzero(np.diff(scene.count[at]) > 0)
    strip[:, begins], alpha[begins] = INK, 255
    return Sprite(strip, np.repeat(alpha[None], rows, axis=0))
