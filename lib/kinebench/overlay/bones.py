"""Keypoint tables as arrays on the frames' times, and which of their joints are joined by lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.overlay import faces

MATCH_S = 1e-3  # a table's row belongs to a frame when their times differ by no more
HEAD_OF_TRUNK = 0.13 / 2 / 0.288  # half a head's height over the trunk's length (Winter 2009)

# From the trunk outwards; each part hangs on the first joint of the one before.
FAR_CHAINS = (
    (("hip",), ("knee",), ("ankle",), ("heel", "foot_index")),
    (("shoulder",), ("elbow",), ("wrist",), ("pinky", "index", "thumb")),
)


@dataclass(frozen=True)
class Skeleton:
    """A skeleton besides the person's own: `points` (n, joints, 2); `near`, `far`: edges as pairs of places in it;

    `head` (n, 3): centre x, y and radius; `neck` (n, 2): where it sits. NaN where unknown, lengths in pixels.
    """

    points: np.ndarray
    near: np.ndarray
    far: np.ndarray
    head: np.ndarray
    neck: np.ndarray


def skeleton_of(table: pd.DataFrame, times_s: np.ndarray, near_side: str) -> Skeleton:
    """The skeleton of a keypoint table for the frames at `times_s`, without the face's joints but with a head."""
    table = at(table, times_s)
    joints = body_joints(table)
    near, far = edges(joints, near_side)
    head = faces.discs(table)
    head[:, 2] = np.where(np.isnan(head[:, 2]), np.nan, HEAD_OF_TRUNK * trunk_px(table))
    neck = np.mean([keypoints.points(table, f"{side}_shoulder") for side in skeleton.SIDES], axis=0)
    return Skeleton(joined(stack(table, joints), joints, skeleton.other(near_side)), near, far, head, neck)


def at(table: pd.DataFrame, times_s: np.ndarray) -> pd.DataFrame:
    """A table's rows for the frames at `times_s`; NaN where it has none."""
    return table.reindex(pd.Index(times_s, name="time_s"), method="nearest", tolerance=MATCH_S)


def body_joints(table: pd.DataFrame) -> tuple[str, ...]:
    """The joints of a keypoint table that are drawn: all but the face's."""
    return tuple(joint for joint in keypoints.joints(table) if joint not in skeleton.FACE)


def stack(table: pd.DataFrame, joints: Sequence[str]) -> np.ndarray:
    """The joints' positions, shape (rows, joints, 2)."""
    if not joints:
        return np.empty((len(table), 0, 2))
    return np.stack([keypoints.points(table, joint) for joint in joints], axis=1)


def joined(points: np.ndarray, joints: Sequence[str], far_side: str) -> np.ndarray:
    """The points without what of the far limbs hangs on nothing: a foot without its knee is seldom a foot."""
    points = points.copy()
    for chain in FAR_CHAINS:
        lost = np.zeros(len(points), bool)
        for part in chain:
            found = [joints.index(f"{far_side}_{name}") for name in part if f"{far_side}_{name}" in joints]
            points[:, found] = np.where(lost[:, None, None], np.nan, points[:, found])
            if found:
                lost |= ~np.isfinite(points[:, found[0]]).all(axis=1)
    return points


def edges(joints: tuple[str, ...], near_side: str) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the near side with the trunk's, and those of the far side, as places in `joints`, shape (edges, 2)."""
    far_side = skeleton.other(near_side)
    near: list[tuple[int, int]] = []
    far: list[tuple[int, int]] = []
    for a, b in skeleton.edges_between(joints):
        pair = (joints.index(a), joints.index(b))
        (far if far_side in (a.partition("_")[0], b.partition("_")[0]) else near).append(pair)
    return np.array(near, np.intp).reshape(-1, 2), np.array(far, np.intp).reshape(-1, 2)


def trunk_px(table: pd.DataFrame) -> float:
    """The trunk's median length; NaN where it is never seen."""
    lengths = [
        np.hypot(*(keypoints.points(table, f"{side}_shoulder") - keypoints.points(table, f"{side}_hip")).T)
        for side in skeleton.SIDES
    ]
    found = np.concatenate(lengths)
    return float(np.median(found[np.isfinite(found)])) if np.isfinite(found).any() else np.nan
