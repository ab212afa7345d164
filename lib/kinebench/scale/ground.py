"""The floor line and the camera's tilt, from where the feet stand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints

ANKLE_OVER_SHANK = 0.039 / 0.246
"""Height of the ankle over the length of the shank: Drillis and Contini 1966, as printed in Winter 2009, figure 4.1."""
LARGEST_TILT_DEG = 15.0
SMALLEST_WAY = 1.5
"""How far the feet must have walked, in leg lengths, before a line through their stands tells a tilt."""
LEAST_PLACES, LARGEST_ERROR_DEG = 4, 0.5
REST_SPEED, REST_S = 0.6, 0.12
"""A foot stands while its toe is slower than so many leg lengths a second (a stride's swing is five times as fast) for
so long."""


@dataclass(frozen=True)
class Tilt:
    """How far the floor rises towards the picture's right in degrees, and why."""

    deg: float
    why: str


@dataclass(frozen=True)
class Floor:
    """The floor line's y at x = 0, and its point below the median ankle; pixels, NaN where no foot was seen."""

    y_px: float
    origin_px: tuple[float, float]


def lowest_points(table: pd.DataFrame, near: str) -> np.ndarray:
    """The near foot's points, shape (frames, points, 2): heel and toe, or below the ankle where there is neither."""
    heel, toe = (keypoints.points(table, f"{near}_{part}") for part in ("heel", "foot_index"))
    if np.isfinite(heel).any() or np.isfinite(toe).any():
        return np.stack([heel, toe], axis=1)
    knee, ankle = (keypoints.points(table, f"{near}_{part}") for part in ("knee", "ankle"))
    lengths = geometry.distance(knee, ankle)
    drop = ANKLE_OVER_SHANK * np.median(lengths[np.isfinite(lengths)]) if np.isfinite(lengths).any() else 0.0
    return (ankle + np.array([0.0, drop]))[:, None, :]


def tilt(table: pd.DataFrame, near: str, given: float | None = None) -> Tilt:
    """The camera's tilt: as given, or from a line through the places where a walking person's foot stood.

    Feet that stay where they are tell nothing: a single foot's heel and toe lie 5 to 10 deg off the sole's line. So
    without a walk of 1.5 leg lengths and a standard error below half a degree the camera is taken as level.
    """
    if given is not None:
        return Tilt(float(given), "as given")
    places = _stands(table, near)
    leg = _leg_px(table, near)
    if len(places) < LEAST_PLACES or not leg > 0 or np.ptp(places[:, 0]) < SMALLEST_WAY * leg:
        return Tilt(0.0, "taken as level: the feet stay in one place, which tells no tilt")
    x, y = places[:, 0] - places[:, 0].mean(), places[:, 1] - places[:, 1].mean()
    slope = (x @ y) / (x @ x)
    error = np.degrees(np.sqrt(((y - slope * x) ** 2).sum() / max(len(x) - 2, 1) / (x @ x)))
    degrees = -float(np.degrees(np.arctan(slope)))
    if error > LARGEST_ERROR_DEG or abs(degrees) > LARGEST_TILT_DEG:
        return Tilt(0.0, f"taken as level: the places where the foot stood do not lie on a line (±{error:.1f} deg)")
    return Tilt(degrees, f"from a line through the {len(places)} places where the foot stood (±{error:.1f} deg)")


def _leg_px(table: pd.DataFrame, near: str) -> float:
    hip, knee, ankle = (keypoints.points(table, f"{near}_{part}") for part in ("hip", "knee", "ankle"))
    lengths = geometry.distance(hip, knee) + geometry.distance(knee, ankle)
    return float(np.median(lengths[np.isfinite(lengths)])) if np.isfinite(lengths).any() else np.nan


def _stands(table: pd.DataFrame, near: str) -> np.ndarray:
    """Median place of the lowest point in every stretch in which the foot rests; (stands, 2)."""
    points = lowest_points(table, near)[:, -1]
    time_s = keypoints.times(table)
    leg = _leg_px(table, near)
    if len(points) < 3 or not leg > 0 or not np.nanmax(points[:, 0]) - np.nanmin(points[:, 0]) >= SMALLEST_WAY * leg:
        return np.zeros((0, 2))
    speed = np.linalg.norm(geometry.derivative(points, time_s), axis=1)
    starts, stops = geometry.runs(speed < REST_SPEED * leg)
    long = [(a, b) for a, b in zip(starts, stops, strict=True) if time_s[b - 1] - time_s[a] >= REST_S]
    return np.array([np.median(points[a:b], axis=0) for a, b in long]).reshape(-1, 2)


def floor(table: pd.DataFrame, near: str, tilt_deg: float) -> Floor:
    """The line of that tilt through the low end (95th percentile) of the near foot's points.

    Where the feet are off the floor throughout, as on an ergometer's footplates, it is the line below the feet.
    """
    slope = -np.tan(np.radians(tilt_deg))
    points = lowest_points(table, near).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        return Floor(np.nan, (np.nan, np.nan))
    y = float(np.percentile(points[:, 1] - slope * points[:, 0], 95))
    ankle = keypoints.points(table, f"{near}_ankle")
    ankle = ankle[np.isfinite(ankle).all(axis=1)]
    x = float(np.median((ankle if len(ankle) else points)[:, 0]))
    return Floor(y, (x, float(y + slope * x)))
