"""The panel in a corner: repetition, phase, what the task reads out, how good the frame is, time and frame number."""

import numpy as np

from kinebench.overlay import lettering
from kinebench.overlay.canvas import Canvas
from kinebench.overlay.lettering import Row
from kinebench.overlay.marks import ABSENT
from kinebench.overlay.options import GRADES, MUTED, WHITE, Colour
from kinebench.overlay.scene import Scene


class Panel:
    """The panel's place, in the corner that hides less of the person; its size, enough for any of its texts."""

    def __init__(self, scene: Scene, size: float, colours: dict[str, Colour]) -> None:
        self.scene, self._size, self._colours = scene, size, colours
        self._graded = bool(len(scene.grade))
        self._subject = scene.legend.get("grade", "grade")
        self._readouts = tuple(Row(one.text) for one in scene.readouts)
        self.height = lettering.panel_height(size, self._graded + len(self._readouts))
        self.width = self._enough()
        self.y = 0.9 * size
        self.x = self._corner()

    def draw(self, canvas: Canvas, index: int) -> None:
        """The panel of frame `index`."""
        scene, size = self.scene, self._size
        phase = str(scene.phase[index])
        head = f"{scene.repetition} {scene.count[index]}" if scene.total else "kinebench"
        note = f"of {scene.total}" if scene.total else ""
        body = scene.phases.get(phase, phase)
        rows = (self._grade_row(index), *self._readouts) if self._graded else self._readouts
        sprite = lettering.panel((head, note, body), size, self._colours.get(phase), self.width, rows)
        canvas.lay(sprite, self.x, self.y)
        for place, readout in enumerate(scene.readouts, start=self._graded):
            self._write_value(canvas, readout.written(index), place)
        clock = f"{scene.time_s[index]:.2f} s   frame {scene.numbers[index]}"
        top = self.y + lettering.row_middle(size, len(rows) - 1) + 0.8 * size
        canvas.write(lettering.line(clock, 0.85 * size), self.x + 0.7 * size, top, MUTED)

    def _grade_row(self, index: int) -> Row:
        grade = str(self.scene.grade[index])
        colour, shape = GRADES.get(grade, (WHITE, ""))
        return Row(self._subject, grade or ABSENT, shape, colour)

    def _write_value(self, canvas: Canvas, text: str, place: int) -> None:
        letters = lettering.line(text, self._size)
        x = self.x + self.width - 0.7 * self._size - letters.shape[1]
        canvas.write(letters, x, self.y + lettering.row_middle(self._size, place) - letters.shape[0] / 2, WHITE)

    def _enough(self) -> int:
        """A width for every text of any frame."""
        scene, size = self.scene, self._size

        def plain(text: str) -> float:
            return lettering.width_of(text, size, bold=False)

        widths = [
            lettering.width_of(f"{scene.repetition} {scene.total} ", 1.5 * size, bold=True)
            + plain(f"of {scene.total}")
            + 0.4 * size,
            *(1.1 * size + plain(text) for text in scene.phases.values()),
            lettering.width_of("0000.00 s   frame 000000", 0.85 * size, bold=False),
            *(plain(one.text) + size + plain(one.longest) for one in scene.readouts),
        ]
        if self._graded:
            widths.append(plain(self._subject) + 2.4 * size + max(plain(word) for word in GRADES))
        return 2 * int(np.ceil((max(widths) + 1.4 * size) / 2))

    def _corner(self) -> float:
        """The panel's left edge."""
        scene, width, margin = self.scene, self.width, self.y
        points = scene.points.reshape(-1, 2)
        with np.errstate(invalid="ignore"):
            high = points[:, 1] < self.height + 2 * margin + 4 * self._size
            left = np.count_nonzero(high & (points[:, 0] < width + 2 * margin))
            right = np.count_nonzero(high & (points[:, 0] > scene.size[0] - width - 2 * margin))
        return margin if left <= right else scene.size[0] - width - margin
