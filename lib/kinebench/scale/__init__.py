"""How the picture relates to the person: facing and near side once per clip, floor line, tilt, metres, squareness.

Every finding carries its reason in words. What the keypoints cannot tell stays None or 0 and says so.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench.scale.ground import floor, tilt
from kinebench.scale.metres import scale
from kinebench.scale.settings import Scaling
from kinebench.scale.view import facing, near_side, squareness

__all__ = ["Calibration", "Scaling", "calibrate"]

ENOUGH_FRAMES = 5000
"""Frames from which medians over the clip are told; a longer clip is thinned."""


@dataclass(frozen=True)
class Calibration:
    """How this clip's picture relates to the person.

    near_side: "left" or "right" of the body; facing: "left" or "right" in the picture. px_per_m: None where neither a
    height nor a length was given; scale_uncertainty: relative, NaN without a scale. tilt_deg: how far the floor rises
    towards the picture's right. floor_y_px: the floor line's y at x = 0. origin_px: the floor's point below the near
    ankle's median position, from which `forward` counts. yaw_deg: how far the camera is turned from square to the
    movement, positive where it stands ahead of the person; NaN where it cannot be told.
    """

    near_side: str
    near_side_why: str
    facing: str
    facing_why: str
    px_per_m: float | None
    scale_method: str
    scale_uncertainty: float
    tilt_deg: float
    tilt_why: str
    floor_y_px: float
    origin_px: tuple[float, float]
    yaw_deg: float
    yaw_doubt_deg: float
    yaw_why: str

    @property
    def forward_sign(self) -> int:
        """+1 where the person faces the picture's right, -1 where the left."""
        return 1 if self.facing == "right" else -1

    @property
    def floor_slope(self) -> float:
        """Change of the floor line's y per pixel towards the right (y down)."""
        return -float(np.tan(np.radians(self.tilt_deg)))

    def height(self, points: np.ndarray) -> np.ndarray:
        """Height of points (..., 2) above the floor line in pixels, up positive."""
        lean = np.radians(self.tilt_deg)
        return -(points[..., 0] - self.origin_px[0]) * np.sin(lean) - (points[..., 1] - self.origin_px[1]) * np.cos(
            lean
        )

    def forward(self, points: np.ndarray) -> np.ndarray:
        """Distance of points (..., 2) from the origin along the floor in pixels, positive to where the person faces."""
        lean = np.radians(self.tilt_deg)
        along = (points[..., 0] - self.origin_px[0]) * np.cos(lean) - (points[..., 1] - self.origin_px[1]) * np.sin(
            lean
        )
        return self.forward_sign * along


def calibrate(raw: pd.DataFrame, smoothed: pd.DataFrame, settings: Scaling) -> Calibration:
    """The calibration of one clip; raw: keypoints with all the network gave, smoothed: after `smoothing.smooth`."""
    step = max(len(raw) // ENOUGH_FRAMES, 1)
    some, smooth = (raw, smoothed) if step == 1 else (raw.iloc[::step], smoothed.iloc[::step])
    faces = facing(some, settings.facing)
    near = near_side(some, faces.value, settings.near_side)
    level = tilt(smoothed, near.value, settings.camera_tilt_deg)
    ground = floor(smooth, near.value, level.deg)
    length = scale(smooth, near.value, settings)
    square = squareness(some, near.value, 1 if faces.value == "right" else -1)
    return Calibration(
        near_side=near.value,
        near_side_why=near.why,
        facing=faces.value,
        facing_why=faces.why,
        px_per_m=length.px_per_m,
        scale_method=length.method,
        scale_uncertainty=length.uncertainty,
        tilt_deg=level.deg,
        tilt_why=level.why,
        floor_y_px=ground.y_px,
        origin_px=ground.origin_px,
        yaw_deg=square.yaw_deg,
        yaw_doubt_deg=square.doubt_deg,
        yaw_why=square.why,
    )
