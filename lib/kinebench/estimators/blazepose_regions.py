"""The square of the picture that BlazePose's landmark network looks at: placed, sized and turned by two points.

Both the detector and the landmark network answer with such a pair: the middle of the hips, and a point on the circle
around it that holds the whole body, in the direction of the head. The network was trained on upright bodies: the square
is turned until that direction points up.

A patch is cut as MediaPipe cuts it: its pixel p lies p / size of the side from the square's edge. Pictures and their
mirror images show that the networks' answers then lie 0.4 pixels of the patch too far right and down in it; all joints
alike, so that no angle, length or speed changes. We keep it: the results stay those of MediaPipe.

Source of the numbers: MediaPipe's graphs pose_detection_to_roi.pbtxt and pose_landmarks_to_roi.pbtxt, and its
AlignmentPointsRectsCalculator and RectTransformationCalculator (Apache-2.0).
"""

from dataclasses import dataclass

import numpy as np

# A quarter more than the circle on all sides, as in training (scale_x, scale_y).
MARGIN = 1.25
# A person of fewer pixels can't be measured, and a square without size can't be warped.
MIN_SIDE_PX = 16.0


@dataclass(frozen=True)
class Region:
    """A turned square: `x`, `y` of its centre and its `side` in pixels, `angle` in radians, clockwise on the screen."""

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def around(cls, centre: np.ndarray, rim: np.ndarray, margin: float = MARGIN) -> "Region":
        """The region of a body with its hips at `centre` and the point of size and direction at `rim`, (2,) pixels."""
        dx, dy = float(rim[0] - centre[0]), float(rim[1] - centre[1])
        return cls(float(centre[0]), float(centre[1]), 2 * margin * float(np.hypot(dx, dy)), float(np.arctan2(dx, -dy)))

    @classmethod
    def whole(cls, width: int, height: int) -> "Region":
        """The smallest square around a picture, for the detector."""
        return cls(width / 2, height / 2, float(max(width, height)), 0.0)

    @property
    def usable(self) -> bool:
        """Whether a network can be shown this square."""
        return bool(np.isfinite([self.x, self.y, self.side, self.angle]).all() and self.side >= MIN_SIDE_PX)

    def turn(self) -> np.ndarray:
        """(2, 2): turns directions of the patch into directions of the picture."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]])

    def matrix(self, size: int) -> np.ndarray:
        """(2, 3): from the pixels of a patch of `size` x `size` pixels to those of the picture."""
        linear = self.turn() * (self.side / size)
        return np.column_stack([linear, np.array([self.x, self.y]) - linear @ [size / 2, size / 2]])

    def to_picture(self, shares: np.ndarray) -> np.ndarray:
        """Points (..., 2) as shares of the side from the patch's corner, in pixels of the picture."""
        matrix = self.matrix(1)
        return shares @ matrix[:, :2].T + matrix[:, 2]

    def blended(self, before: "Region", share: float) -> "Region":
        """This region moved, sized and turned towards `before` by `share` of the way; the shorter way round."""
        turn = (before.angle - self.angle + np.pi) % (2 * np.pi) - np.pi
        return Region(
            self.x + share * (before.x - self.x),
            self.y + share * (before.y - self.y),
            self.side * (before.side / self.side) ** share,
            self.angle + share * float(turn),
        )

    def overlaps(self, other: "Region") -> bool:
        """Whether both show one person: centres closer than a quarter of the mean side, sizes within a factor of 2."""
        apart = np.hypot(self.x - other.x, self.y - other.y)
        return bool(apart < (self.side + other.side) / 8 and 0.5 < self.side / other.side < 2.0)
