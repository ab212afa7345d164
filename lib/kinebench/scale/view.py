"""How the person stands to the camera: facing and near side, once per clip, and how far the view is from square."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints, skeleton

SHOULDER_BREADTH, HIP_BREADTH, TRUNK = 0.202, 0.108, 0.288
"""Shares of stature: between the shoulder joints (biacromial breadth 0.259 less the deltoids), between the hip joints,
from hip to shoulder. After Drillis and Contini 1966, as printed in Winter 2009, figure 4.1."""
SEEN = ("elbow", "wrist", "hip", "knee", "ankle")
DEEP = ("shoulder", "hip", "knee")


@dataclass(frozen=True)
class Finding:
    """What was found and why, in words."""

    value: str
    why: str


def facing(table: pd.DataFrame, given: str = "auto") -> Finding:
    """Where in the picture the person faces, from the feet (heel to toe), the head (ears to nose) and the knees' bend.

    Each counts as the median over the clip in units of the foot, the head and the thigh, so that no single frame
    decides. The feet count twice: they tell it in every posture.
    """
    if given != "auto":
        return Finding(given, "as given")
    votes = {"feet": 2 * _feet(table), "head": _head(table), "knees": _knees(table)}
    cast = {name: vote for name, vote in votes.items() if np.isfinite(vote) and abs(vote) > 0.02}
    total = sum(cast.values())
    side = "right" if total >= 0 else "left"
    if not cast:
        return Finding(
            side, "could not be told: neither feet, head nor knees were seen from the side; right is assumed"
        )
    agree = [name for name, vote in cast.items() if (vote >= 0) == (total >= 0)]
    against = [name for name in cast if name not in agree]
    why = f"{_listed(agree)} point{'s' if agree == ['head'] else ''} {side} in the picture"
    if against:
        why += f", though the {_listed(against)} point{'s' if against == ['head'] else ''} the other way"
    if abs(total) < 0.3:
        why += "; the person is seen nearly from the front or the back, which makes this doubtful"
    return Finding(side, why)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _weighted(values: list[float], weights: list[float]) -> float:
    """Mean of the known values; NaN where there is none."""
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if np.isfinite(value)]
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total > 0 else np.nan


def _trust(table: pd.DataFrame, joint: str) -> float:
    values = keypoints.confidence(table, joint)
    return float(np.median(values)) if len(values) else 0.0


def _feet(table: pd.DataFrame) -> float:
    values, weights = [], []
    for side in skeleton.SIDES:
        foot = keypoints.points(table, f"{side}_foot_index") - keypoints.points(table, f"{side}_heel")
        with np.errstate(invalid="ignore", divide="ignore"):
            values.append(_median(foot[:, 0] / np.linalg.norm(foot, axis=1)))
        weights.append(_trust(table, f"{side}_heel") + 0.01)
    return _weighted(values, weights)


def _head(table: pd.DataFrame) -> float:
    ears = np.stack([keypoints.points(table, f"{side}_ear") for side in skeleton.SIDES])
    ahead = _median(keypoints.points(table, "nose")[:, 0] - _mean_of_known(ears)[:, 0])
    head = trunk_px(table) * 0.064 / TRUNK  # nose to ear canal, as share of stature
    return float(np.clip(ahead / head, -1, 1)) if head > 0 else np.nan


def _mean_of_known(stacked: np.ndarray) -> np.ndarray:
    """Mean over the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(stacked)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, stacked, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _knees(table: pd.DataFrame) -> float:
    """How far the knee lies ahead of the line from hip to ankle, as share of the leg; positive to the right."""
    values, weights = [], []
    for side in skeleton.SIDES:
        hip, knee, ankle = (keypoints.points(table, f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        leg, thigh = ankle - hip, knee - hip
        bend = leg[:, 1] * thigh[:, 0] - leg[:, 0] * thigh[:, 1]
        length = geometry.distance(hip, knee) * geometry.distance(knee, ankle)
        with np.errstate(invalid="ignore", divide="ignore"):
            values.append(_median(bend / length))
        weights.append(_trust(table, f"{side}_knee") + 0.01)
    return _weighted(values, weights)


def trunk_px(table: pd.DataFrame) -> float:
    """Median distance from hip to shoulder in the picture, of the side where it is longer; NaN where never seen."""
    lengths = [
        _median(geometry.distance(keypoints.points(table, f"{side}_shoulder"), keypoints.points(table, f"{side}_hip")))
        for side in skeleton.SIDES
    ]
    known = [length for length in lengths if np.isfinite(length)]
    return max(known, default=np.nan)


def near_side(raw: pd.DataFrame, facing_side: str, given: str = "auto") -> Finding:
    """The side of the body towards the camera: the network's confidence and depth, and where the person faces.

    Who faces right in the picture shows the camera the right side; this alone decides where the network gives no
    depth and is as confident of both sides. Half a point, against one each for confidence and depth.
    """
    if given != "auto":
        return Finding(given, "as given")
    seen = {side: _confidence(raw, side) for side in skeleton.SIDES}
    depth = _depth_difference(raw)
    by_seen = float(np.clip((seen["right"] - seen["left"]) / 0.1, -1, 1))
    by_depth = float(np.clip(depth / 0.1, -1, 1)) if np.isfinite(depth) else 0.0
    by_facing = 0.5 if facing_side == "right" else -0.5
    total = by_seen + by_depth + by_facing
    side = "right" if total >= 0 else "left"
    far, sign = skeleton.other(side), 1 if side == "right" else -1
    reasons = []
    if sign * by_seen > 0.1:
        reasons.append(f"its joints are seen with more confidence ({seen[side]:.2f} against {seen[far]:.2f})")
    if sign * by_depth > 0.1:
        reasons.append(f"the network places it {abs(depth):.2f} m nearer to the camera")
    if sign * by_facing > 0:
        reasons.append(f"who faces {facing_side} in the picture shows that side")
    doubt = "; not all signs agree" if min(sign * by_seen, sign * by_depth, sign * by_facing) < -0.1 else ""
    return Finding(side, _listed(reasons) + doubt)


def _confidence(table: pd.DataFrame, side: str) -> float:
    present = [f"{side}_{part}" for part in SEEN if f"{side}_{part}" in keypoints.joints(table)]
    return float(np.mean([_trust(table, joint) for joint in present])) if present else 0.0


def _depth_difference(table: pd.DataFrame) -> float:
    """How much nearer to the camera the right side is than the left, in the network's metres; NaN without depth."""
    differences = []
    for part in DEEP:
        columns = [(f"{side}_{part}", "world_z") for side in skeleton.SIDES]
        if all(column in table.columns for column in columns):
            differences.append(_median((table[columns[0]] - table[columns[1]]).to_numpy(float)))
    return _median(np.array(differences)) if differences else np.nan


@dataclass(frozen=True)
class Squareness:
    """Yaw in degrees, positive where the camera stands ahead of square (sees more of the front); its doubt; why."""

    yaw_deg: float
    doubt_deg: float
    why: str


def squareness(table: pd.DataFrame, near: str, forward: int) -> Squareness:
    """How far the camera is turned from square, from how far the far shoulder and hip appear ahead of the near ones.

    Seen squarely from the side they cover each other; turned by a they lie breadth times sin a apart. The angle is that
    of the line of sight to the trunk, so that someone at the picture's edge is seen turned by a camera that is square.
    Shoulders and hips are each other's check: half their difference, and at least 5 deg, is the doubt.
    """
    trunk = trunk_px(table)
    if not trunk > 0:
        return Squareness(np.nan, np.nan, "neither shoulder nor hip was seen")
    found = []
    for part, breadth in (("shoulder", SHOULDER_BREADTH), ("hip", HIP_BREADTH)):
        near_points = keypoints.points(table, f"{near}_{part}")
        far_points = keypoints.points(table, f"{skeleton.other(near)}_{part}")
        ahead = forward * _median(far_points[:, 0] - near_points[:, 0])
        if np.isfinite(ahead):
            found.append(float(np.degrees(np.arcsin(np.clip(ahead / (trunk * breadth / TRUNK), -1, 1)))))
    if not found:
        return Squareness(np.nan, np.nan, "shoulders and hips were seen on one side only")
    doubt = max(5.0, abs(found[0] - found[-1]) / 2) if len(found) > 1 else 10.0
    return Squareness(float(np.mean(found)), doubt, "from how far the far shoulder and hip lie ahead of the near ones")
