"""From where a walk is seen, and which way the person walks at every moment: to the right, to the left, turning.

Somebody who walks to and fro shows the camera one side, then the other, and so does somebody whom a turning camera
follows, without ever leaving the middle of the picture. So the direction is read from the body, moment by moment,
and from the pelvis' progress through the picture.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints, skeleton
from kinebench.errors import KinebenchError
from kinebench.scale.view import HIP_BREADTH, SHOULDER_BREADTH, TRUNK, trunk_px

SAGITTAL, BEHIND = "sagittal", "behind"
VIEWS = ("auto", SAGITTAL, BEHIND)
ACROSS = 0.7
"""Share of their true breadth at which shoulders and hips seen so wide face away from the camera: 45 deg."""
SMOOTH_S = 0.8
"""The direction is told from so much of the walk, about a stride: a single frame's foot may point anywhere."""
POINTING = 0.4
"""Below this share of a full side view (0.8 of it is seen in real walks) the person is turning."""
PROGRESS = 0.25
"""Leg lengths a second from which on a pelvis moves through the picture rather than sways: a tenth of usual pace."""
WAY = 1.5
"""Leg lengths that a pelvis must travel to pass by: nobody drifts so far on a treadmill's belt."""


@dataclass(frozen=True)
class View:
    """name: `SAGITTAL` or `BEHIND`; across: breadth of shoulders and hips seen, as share of their true one, negative

    where the left is left of the right in the picture, as from behind; why: in words.
    """

    name: str
    across: float
    why: str


def view(table: pd.DataFrame, given: str) -> View:
    """From where the person is seen; KinebenchError where they walk towards the camera."""
    across = _across(table)
    seen = f"shoulders and hips are seen at {100 * abs(across):.0f} % of their breadth" if np.isfinite(across) else ""
    if given != "auto":
        return View(given, across, f"as given{'; ' + seen if seen else ''}")
    if across > ACROSS:
        raise KinebenchError(
            f"task walking needs a view from the side or from behind, but here {seen}, the left one on the right: the "
            "person is seen from the front. Film from the side, or set view if this is not so."
        )
    return View(BEHIND if across < -ACROSS else SAGITTAL, across, seen or "shoulders and hips were not seen")


def _across(table: pd.DataFrame) -> float:
    """Median signed breadth of shoulders and hips over what it is seen squarely, from the length of the trunk."""
    trunk = trunk_px(table)
    found = []
    for part, breadth in (("shoulder", SHOULDER_BREADTH), ("hip", HIP_BREADTH)):
        apart = keypoints.points(table, f"left_{part}")[:, 0] - keypoints.points(table, f"right_{part}")[:, 0]
        known = apart[np.isfinite(apart)]
        if len(known) and trunk > 0:
            found.append(float(np.median(known)) / (trunk * breadth / TRUNK))
    return float(np.mean(found)) if found else np.nan


@dataclass(frozen=True)
class Ways:
    """Which way the person walks at each frame: +1 to the picture's right, -1 to its left, 0 turning or not known.

    passing: whether the pelvis travels through the picture; else the belt, or a camera that follows, carries it along.
    speed: of the pelvis along the picture in px/s, positive to the right; both (frames,).
    """

    direction: np.ndarray
    speed: np.ndarray
    passing: bool

    def measured(self, given: str) -> int:
        """The direction that is measured: the one that `given` names, or the one walked for longer."""
        if given != "auto":
            return 1 if given == "right" else -1
        return 1 if (self.direction > 0).sum() >= (self.direction < 0).sum() else -1


def ways(table: pd.DataFrame, leg_px: float) -> Ways:
    """The directions of a smoothed keypoint table; leg_px: length of a leg in the picture."""
    time_s = keypoints.times(table)
    pelvis = middle(table, "hip")[:, 0]
    speed = averaged(geometry.derivative(pelvis, time_s), time_s)
    pointing = averaged(_pointing(table, leg_px), time_s)
    progress = np.clip(np.nan_to_num(speed / (leg_px * 2 * PROGRESS)), -1, 1) / 2
    sign = np.nan_to_num(pointing) + progress
    direction = np.where(np.abs(sign) > POINTING, np.sign(sign), 0).astype(int)
    direction[~np.isfinite(pelvis)] = 0
    return Ways(direction, speed, _passes(pelvis, time_s, direction, leg_px))


def _passes(pelvis: np.ndarray, time_s: np.ndarray, direction: np.ndarray, leg_px: float) -> bool:
    """Whether the pelvis goes along the picture, the way it faces, in most of the time in which it faces somewhere."""
    along, whole_s = 0.0, 0.0
    for sign in (1, -1):
        for start, stop in zip(*geometry.runs(direction == sign), strict=True):
            seen = pelvis[start:stop][np.isfinite(pelvis[start:stop])]
            if len(seen) > 1:
                whole_s += time_s[stop - 1] - time_s[start]
                along += max(sign * (seen[-1] - seen[0]), 0.0)
    return bool(whole_s > 0 and along > WAY * leg_px and along / whole_s > PROGRESS * leg_px)


def middle(table: pd.DataFrame, part: str) -> np.ndarray:
    """Middle between a left and a right joint, (frames, 2); the one that is always there where the other never is."""
    left, right = (keypoints.points(table, f"{side}_{part}") for side in skeleton.SIDES)
    known = [points for points in (left, right) if np.isfinite(points).any()]
    return (left + right) / 2 if len(known) != 1 else known[0]


def averaged(values: np.ndarray, time_s: np.ndarray, span_s: float = SMOOTH_S) -> np.ndarray:
    """Mean of what is known within `span_s` around each frame, (frames,); NaN where nothing is."""
    known = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    first = np.searchsorted(time_s, time_s - span_s / 2)
    last = np.searchsorted(time_s, time_s + span_s / 2, side="right")
    seen = count[last] - count[first]
    return np.where(seen > 0, (total[last] - total[first]) / np.maximum(seen, 1), np.nan)


def _pointing(table: pd.DataFrame, leg_px: float) -> np.ndarray:
    """How squarely feet, head and knees point right (+1) or left (-1) in the picture, mean of what is seen."""
    found = []
    for side in skeleton.SIDES:
        foot = keypoints.points(table, f"{side}_foot_index") - keypoints.points(table, f"{side}_heel")
        hip, knee, ankle = (keypoints.points(table, f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        line, thigh = ankle - hip, knee - hip
        bend = line[:, 1] * thigh[:, 0] - line[:, 0] * thigh[:, 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            # The foot counts twice; a knee bent by 25 deg, the mean of a cycle, counts as one.
            found += [foot[:, 0] / np.linalg.norm(foot, axis=1)] * 2
            found.append(np.clip(bend / (0.1 * leg_px**2), -1, 1))
    ears = middle(table, "ear")
    head = trunk_px(table) * 0.064 / TRUNK
    found.append(np.clip((keypoints.points(table, "nose") - ears)[:, 0] / head, -1, 1))
    values = np.stack(found)
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, values, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
