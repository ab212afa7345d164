"""The reference shown in the query's time: laid over the person in the picture, or on a plain ground beside it.

Both are keypoint tables on the query's frames, NaN outside the compared movement.
"""

import numpy as np
import pandas as pd
import scipy

from kinebench import keypoints
from kinebench.comparison.sampling import sampled
from kinebench.comparison.scoring import Comparison
from kinebench.comparison.trajectories import MAX_GAP_S, middle, mirrored, trunk_length_px
from kinebench.comparison.warping import Warp
from kinebench.errors import KinebenchError

EVEN_S = 0.1
"""The path's single steps stand still or leap; drawn, its time is a running mean over this long."""
MARGIN = 0.1
"""Share of the ground that stays free on every side."""


def over(reference: pd.DataFrame, query: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """The reference on the person's body: at its mid-hip and of its trunk's length, in the query's picture.

    reference, query: the keypoint tables that were compared. NaN where the person's hips are missing, too.
    """
    shown = _turned(reference, comparison)
    time_s = keypoints.times(query)
    at_s = reference_times(comparison, time_s)
    points, trust = _read(shown, at_s)
    own, there = middle(query, "hip"), _at(shown, middle(shown, "hip"), at_s)
    size = trunk_length_px(query) / trunk_length_px(shown)
    return _table(time_s, shown, own[:, None] + size * (points - there[:, None]), trust)


def on_ground(
    reference: pd.DataFrame, query: pd.DataFrame, comparison: Comparison, size_px: tuple[int, int]
) -> pd.DataFrame:
    """The reference on a plain ground of (width, height) pixels: as large as fits, at one place and size throughout."""
    width, height = size_px
    if not (width > 0 and height > 0):
        raise KinebenchError(f"size_px must be a width and a height above 0, but got {width} x {height}.")
    shown = _turned(reference, comparison)
    time_s = keypoints.times(query)
    points, trust = _read(shown, reference_times(comparison, time_s))
    low, high = np.nanmin(points, axis=(0, 1)), np.nanmax(points, axis=(0, 1))
    room = (1 - 2 * MARGIN) * np.array([width, height])
    scale = float((room / np.maximum(high - low, 1e-9)).min())
    return _table(time_s, shown, np.array([width, height]) / 2 + scale * (points - (low + high) / 2), trust)


def reference_times(comparison: Comparison, time_s: np.ndarray) -> np.ndarray:
    """The instant of the reference's clip that answers each instant of the query's; NaN outside the movement."""
    path: Warp = comparison.path
    own, other = comparison.reference, comparison.query
    at = np.interp(path.reference_at(len(other.time_s)), np.arange(len(own.time_s)), own.time_s)
    size = 2 * int(EVEN_S * other.rate_hz / 2) + 1
    # What lies off the straight line is evened out, so that an even tempo stays as it is up to both ends.
    straight = np.linspace(at[0], at[-1], len(at))
    even = np.clip(straight + scipy.ndimage.uniform_filter1d(at - straight, size=size, mode="nearest"), at[0], at[-1])
    return np.interp(time_s, other.time_s, even, left=np.nan, right=np.nan)


def _turned(reference: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """As the query was mirrored to be compared, the reference is mirrored to be seen with it."""
    return mirrored(reference) if comparison.mirrored else reference


def _read(table: pd.DataFrame, at_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (frames, joints, 2) and confidence (frames, joints) at other instants; NaN and 0 where missing."""
    names = keypoints.joints(table)
    points = np.stack([_at(table, keypoints.points(table, name), at_s) for name in names], axis=1)
    trust = np.stack([np.interp(at_s, keypoints.times(table), keypoints.confidence(table, n)) for n in names], axis=1)
    return points, np.where(np.isfinite(points[..., 0]), trust, 0.0)


def _at(table: pd.DataFrame, values: np.ndarray, at_s: np.ndarray) -> np.ndarray:
    inside = np.isfinite(at_s)
    found = np.full((len(at_s), values.shape[1]), np.nan)
    found[inside] = sampled(keypoints.times(table), values, at_s[inside], MAX_GAP_S)
    return found


def _table(time_s: np.ndarray, shown: pd.DataFrame, points: np.ndarray, trust: np.ndarray) -> pd.DataFrame:
    return keypoints.make(time_s, keypoints.joints(shown), np.concatenate([points, trust[..., None]], axis=-1))
