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

import math
from dataclasses import astuple, dataclass

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

    def offset_to(self, other: "Region") -> "Offset":
        """What leads from this region to `other`."""
        turn = (other.angle - self.angle + math.pi) % (2 * math.pi) - math.pi
        return Offset(
            (other.x - self.x) / self.side, (other.y - self.y) / self.side, math.log(other.side / self.side), turn
        )

    def moved(self, offset: "Offset") -> "Region":
        """The region to which `offset` leads from this one."""
        return Region(
            self.x + offset.x * self.side,
            self.y + offset.y * self.side,
            self.side * math.exp(offset.log_size),
            self.angle + offset.angle,
        )

    def overlaps(self, other: "Region") -> bool:
        """Whether both show one person: centres closer than a quarter of the mean side, sizes within a factor of 2."""
        apart = np.hypot(self.x - other.x, self.y - other.y)
        return bool(apart < (self.side + other.side) / 8 and 0.5 < self.side / other.side < 2.0)


@dataclass(frozen=True)
class Offset:
    """From a region to another: `x`, `y` as shares of the side, logarithm of the ratio of sides, `angle` in radians."""

    x: float = 0.0
    y: float = 0.0
    log_size: float = 0.0
    angle: float = 0.0

    def towards(self, other: "Offset", share: float) -> "Offset":
        """This offset brought nearer to `other` by `share` of the way."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Offset(*(own + share * (its - own) for own, its in pairs))

    def within(self, limits: "Offset") -> "Offset":
        """This offset, no part of it larger than that of `limits`, either way."""
        pairs = zip(astuple(self), astuple(limits), strict=True)
        return Offset(*(min(max(own, -limit), limit) for own, limit in pairs))
