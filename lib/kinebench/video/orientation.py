"""How the stored picture has to be turned, mirrored and stretched to stand upright with square pixels."""

from dataclasses import dataclass

import numpy as np

_UPRIGHT = ((1, 0), (0, 1))


@dataclass(frozen=True)
class Orientation:
    """From the stored picture to the upright one.

    `turn`: the display matrix, rounded to quarter turns: upright direction = turn @ stored direction. `stretch`: how
    many upright pixels wide a stored pixel is (sample aspect ratio).
    """

    stored_width: int
    stored_height: int
    turn: tuple[tuple[int, int], tuple[int, int]] = _UPRIGHT
    stretch: float = 1.0

    @classmethod
    def of(cls, frame, stretch: float) -> "Orientation":
        """What a decoded frame's display matrix says; upright where it has none."""
        return cls(frame.width, frame.height, _display_matrix(frame), stretch)

    @property
    def _square_width(self) -> int:
        return max(round(self.stored_width * self.stretch), 1)

    @property
    def width(self) -> int:
        """Of the upright picture."""
        return self._square_width if self.turn[0][0] else self.stored_height

    @property
    def height(self) -> int:
        """Of the upright picture."""
        return self.stored_height if self.turn[0][0] else self._square_width

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn of the stored picture: 0, 90, 180 or 270."""
        return round(np.degrees(np.arctan2(self.turn[1][0], self.turn[0][0]))) % 360

    @property
    def plain(self) -> bool:
        """Whether the stored picture already stands upright with square pixels."""
        return self.turn == _UPRIGHT and self._square_width == self.stored_width

    def to_stored(self) -> np.ndarray:
        """Matrix (2, 3) from upright pixel coordinates to stored ones (pixel centres at integers)."""
        turn = np.array(self.turn, float)
        back = turn.T
        upright_centre = np.array([self.width - 1, self.height - 1]) / 2
        square_centre = np.array([self._square_width - 1, self.stored_height - 1]) / 2
        offset = square_centre - back @ upright_centre
        scale = self.stored_width / self._square_width
        shrink = np.array([scale, 1.0])
        matrix = np.column_stack([back, offset]) * shrink[:, None]
        matrix[0, 2] += (scale - 1) / 2
        return matrix

    def apply(self, rgb: np.ndarray) -> np.ndarray:
        """The upright picture of a stored one, shape (height, width, 3)."""
        if self.plain:
            return rgb
        if self._square_width != self.stored_width:
            import cv2

            rgb = cv2.resize(rgb, (self._square_width, self.stored_height), interpolation=cv2.INTER_LINEAR)
        turn = np.array(self.turn)
        if not turn[0][0]:
            rgb = rgb.transpose(1, 0, 2)
        across, down = (turn[0][0], turn[1][1]) if turn[0][0] else (turn[0][1], turn[1][0])
        return np.ascontiguousarray(rgb[::down, ::across])


def _display_matrix(frame) -> tuple[tuple[int, int], tuple[int, int]]:
    for data in frame.side_data:
        if "DISPLAYMATRIX" in str(data.type).upper():
            numbers = np.frombuffer(bytes(data), np.int32).reshape(3, 3)[:2, :2].T / 65536.0
            turn = np.round(numbers / np.abs(numbers).max()).astype(int)
            if np.abs(np.linalg.det(turn)) == 1 and (np.abs(turn).sum(axis=0) == 1).all():
                return ((int(turn[0, 0]), int(turn[0, 1])), (int(turn[1, 0]), int(turn[1, 1])))
    return _UPRIGHT
