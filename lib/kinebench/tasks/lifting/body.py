"""The body in a clip as a lift's measures see it: joints, middles of both sides, heights and places along the floor."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.scale import Calibration


@dataclass(frozen=True)
class Seen:
    """A smoothed keypoint table with its calibration and signals."""

    table: pd.DataFrame
    calibration: Calibration
    signals: pd.DataFrame

    def points(self, joint: str) -> np.ndarray:
        """A joint's place, (frames, 2) px; NaN throughout where the network has none."""
        return keypoints.points(self.table, joint)

    def near(self, part: str) -> np.ndarray:
        """The near side's joint."""
        return self.points(f"{self.calibration.near_side}_{part}")

    def middle(self, part: str) -> np.ndarray:
        """The middle between left and right; where the far one is missing the near one, moved by the usual half way."""
        here, there = self.near(part), self.points(f"{skeleton.other(self.calibration.near_side)}_{part}")
        half = (there - here) / 2
        known = np.isfinite(half[:, 0])
        if 2 * known.sum() < np.isfinite(here[:, 0]).sum() or not known.any():
            return here
        return here + np.where(known[:, None], half, np.median(half[known], axis=0))

    def signal(self, template: str) -> np.ndarray:
        """A signal by its name; NaN throughout where there is none."""
        name = template.format(near=self.calibration.near_side)
        missing = np.full(len(self.table), np.nan)
        return self.signals[name].to_numpy(dtype=float) if name in self.signals else missing

    def height(self, points: np.ndarray) -> np.ndarray:
        """Height above the floor line in pixels."""
        return self.calibration.height(points)

    def along(self, points: np.ndarray) -> np.ndarray:
        """Place along the floor in pixels, positive to where the person faces, or to the right in a frontal view."""
        return self.calibration.forward(points)

    def leftward(self, points: np.ndarray) -> np.ndarray:
        """Place along the floor in pixels, positive to the person's own left, for a view from front or behind."""
        left, right = (self.along(self.points(f"{side}_hip")) for side in skeleton.SIDES)
        apart = (left - right)[np.isfinite(left - right)]
        return self.along(points) * (np.sign(np.median(apart)) if len(apart) else np.nan)
