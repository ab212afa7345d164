"""One pose against others: how alike, and when in a sequence it comes nearest.

Three measures. *cosine* and *distance* are those of Move Mirror (Google Creative Lab and Oh, 2018, "Move Mirror: An AI
Experiment with Pose Estimation in the Browser using TensorFlow.js"): keypoints in their own tight bounding box, as one
vector of length 1; then the cosine of two such vectors, or the mean distance of their keypoints, both weighted by
confidence. *directions* doesn't depend on the body's proportions: the weighted mean of the cosines of the angles by
which the limbs' directions differ.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.comparison import parts
from kinebench.comparison.trajectories import limb_directions, mirrored
from kinebench.errors import KinebenchError

LEAST_POINTS = 3
"""Fewer keypoints in common say nothing of a pose: the box of two makes any two alike."""


def similarity(
    pose: pd.DataFrame,
    sequence: pd.DataFrame,
    *,
    measure: str = "cosine",
    joints: str = parts.ALL,
    mirror: bool = False,
) -> pd.Series:
    """How alike each frame of a keypoint table is to a pose; index time_s.

    pose: a keypoint table of one frame (`table.iloc[[frame]]`). cosine and directions: 1 for the same pose; distance:
    0 for the same, growing with the difference. The keypoints' weight is the smaller of both confidences. NaN where
    fewer than `LEAST_POINTS` are in common. KinebenchError where the tables share none at all.
    """
    if len(pose) != 1:
        raise KinebenchError(f"pose must be a keypoint table of one frame, but has {len(pose)}. Take table.iloc[[0]].")
    if measure not in MEASURES:
        raise KinebenchError(f"measure must be one of {', '.join(MEASURES)}, but got {measure!r}.")
    other = mirrored(sequence) if mirror else sequence
    shared = [name for name in keypoints.joints(pose) if name in set(keypoints.joints(other))]
    names = parts.chosen(joints, shared)
    values = MEASURES[measure](pose, other, names)
    return pd.Series(values, index=sequence.index, name=measure)


def best_match(
    pose: pd.DataFrame,
    sequence: pd.DataFrame,
    *,
    measure: str = "cosine",
    joints: str = parts.ALL,
    mirror: bool = False,
) -> tuple[float, float]:
    """When in the sequence the pose comes nearest, in seconds, and how alike it is then.

    KinebenchError where no frame can be compared.
    """
    found = similarity(pose, sequence, measure=measure, joints=joints, mirror=mirror).dropna()
    if found.empty:
        raise KinebenchError(
            f"sequence must show at least {LEAST_POINTS} of the pose's joints in some frame, but never does. "
            "Choose other joints or another stretch."
        )
    values = found.to_numpy(float)
    at = int(values.argmin() if measure == "distance" else values.argmax())
    return float(found.index[at]), float(values[at])


def _cosine(pose: pd.DataFrame, sequence: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    one, two, weight = _boxed(pose, sequence, names)
    shared = weight[..., None]
    product, own, other = ((shared * a * b).sum(axis=(1, 2)) for a, b in ((one, two), (one, one), (two, two)))
    size = np.sqrt(own * other)
    return np.where(size > 0, product / np.where(size > 0, size, 1.0), np.nan)


def _distance(pose: pd.DataFrame, sequence: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    one, two, weight = _boxed(pose, sequence, names)
    apart = np.linalg.norm(_unit(one) - _unit(two), axis=-1)
    total = weight.sum(axis=1)
    return np.where(total > 0, (weight * apart).sum(axis=1) / np.where(total > 0, total, 1.0), np.nan)


def _directions(pose: pd.DataFrame, sequence: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    one, two = limb_directions(pose, names), limb_directions(sequence, names)
    limbs = [name for name in one if name in two]
    if not limbs:
        return np.full(len(sequence), np.nan)
    cosine = np.stack([(one[name] * two[name]).sum(axis=1) for name in limbs], axis=1)
    weight = np.where(np.isfinite(cosine), _trust(pose, sequence, tuple(limbs)), 0.0)
    return _enough(weight) * (weight * np.nan_to_num(cosine)).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)


MEASURES: Mapping[str, Callable[[pd.DataFrame, pd.DataFrame, tuple[str, ...]], np.ndarray]] = {
    "cosine": _cosine,
    "distance": _distance,
    "directions": _directions,
}


def _boxed(
    pose: pd.DataFrame, sequence: pd.DataFrame, names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both from the upper left corner of the tight box of the keypoints in common, (frames, joints, 2); the weights."""
    one, two = (np.stack([keypoints.points(table, name) for name in names], axis=1) for table in (pose, sequence))
    weight = np.where(np.isfinite(one[..., 0]) & np.isfinite(two[..., 0]), _trust(pose, sequence, names), 0.0)
    common = weight > 0
    weight = weight * _enough(weight)[:, None]
    boxed = []
    for points in (np.broadcast_to(one, two.shape), two):
        corner = np.where(common[..., None], points, np.inf).min(axis=1, keepdims=True)
        boxed.append(np.where(common[..., None], points - np.where(np.isfinite(corner), corner, 0.0), 0.0))
    return boxed[0], boxed[1], np.nan_to_num(weight)


def _unit(boxed: np.ndarray) -> np.ndarray:
    length = np.sqrt((boxed**2).sum(axis=(1, 2), keepdims=True))
    return boxed / np.where(length > 0, length, 1.0)


def _trust(pose: pd.DataFrame, sequence: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    """The smaller of both confidences, shape (frames, joints)."""
    one, two = (np.stack([keypoints.confidence(table, name) for name in names], axis=1) for table in (pose, sequence))
    return np.minimum(one, two)


def _enough(weight: np.ndarray) -> np.ndarray:
    """1 for frames with enough keypoints in common, else NaN; shape (frames,)."""
    return np.where((weight > 0).sum(axis=1) >= LEAST_POINTS, 1.0, np.nan)
