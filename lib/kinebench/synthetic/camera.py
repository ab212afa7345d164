"""A pinhole camera that stands beside the subject."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Camera:
    """Position (3,) in metres, unit vectors right, up, forward (3,), focal length in pixels, picture size.

    It stands on the subject's right (someone who faces +x is seen facing right); a picture of someone facing left is
    the mirror image, see `mirrored`. Pixel centres lie at integer coordinates, as in OpenCV.
    """

    position: np.ndarray
    right: np.ndarray
    up: np.ndarray
    forward: np.ndarray
    focal_px: float
    width: int
    height: int
    mirrored: bool = False

    @classmethod
    def aimed(
        cls,
        target: np.ndarray,
        *,
        distance_m: float,
        yaw_deg: float,
        pitch_deg: float,
        roll_deg: float,
        view_height_m: float,
        width: int,
        height: int,
        mirrored: bool,
    ) -> "Camera":
        """A camera `distance_m` from `target` that shows `view_height_m` of the plane through it.

        yaw_deg: how far it stands ahead of square (towards where the person faces); pitch_deg: how far it looks down;
        roll_deg: how far the floor rises in the picture towards where the person faces.
        """
        yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
        away = np.array([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
        forward = -away
        level = np.cross(forward, [0.0, 0.0, 1.0])
        level /= np.linalg.norm(level)
        upright = np.cross(level, forward)
        right = np.cos(roll) * level - np.sin(roll) * upright
        up = np.cos(roll) * upright + np.sin(roll) * level
        focal = height * distance_m / view_height_m
        return cls(target + distance_m * away, right, up, forward, focal, width, height, mirrored)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of world points (..., 3)."""
        relative = points - self.position
        depth = relative @ self.forward
        x = (self.width - 1) / 2 + self.focal_px * (relative @ self.right) / depth
        y = (self.height - 1) / 2 - self.focal_px * (relative @ self.up) / depth
        return np.stack([self.width - 1 - x if self.mirrored else x, y], -1)
