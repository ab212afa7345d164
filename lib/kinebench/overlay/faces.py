"""Where faces are, so that none is shown: discs from face keypoints, held and grown while a face is not found.

Everything errs on the side of covering too much.
"""

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton

SPREAD = 2.0  # a disc's radius over the largest distance of a face keypoint from the face's middle
OF_TRUNK = 0.3  # radius over the trunk's length: half a head's height is (0.13 / 2) / 0.288 = 0.23 of it (Winter 2009)
LARGEST = 0.6  # radius over the trunk's length beyond which face keypoints can't be right
UNSURE = 1.4  # a disc placed by the shoulders alone grows by this
UP = np.array([0.45, 0.0])  # middle of the head seen from the shoulders, in trunk lengths along the trunk and across it
GROWTH_PER_S = 1.0  # by how much a held disc grows, up to twice its size
HOLD_S = 1.0  # how long the face of somebody else is held; that of the person measured is held throughout

_EARS = ("left_ear", "right_ear", "head_top")


def discs(table: pd.DataFrame) -> np.ndarray:
    """Centre x, y and radius of the face in every row of a keypoint table, shape (rows, 3); NaN where nobody is."""
    front = [joint for joint in skeleton.FACE if joint not in _EARS]
    back = [joint for joint in _EARS if joint in keypoints.joints(table)]
    face = np.stack([keypoints.points(table, joint) for joint in (*front, *back)], axis=1)
    groups = np.stack([_mean(face[:, : len(front)]), _mean(face[:, len(front) :])], axis=1)
    seen = _mean(groups)
    spread = _largest(np.hypot(*np.moveaxis(face - seen[:, None], -1, 0)))
    shoulders, trunk, along = _trunk(table)
    radius = np.fmax(SPREAD * spread, OF_TRUNK * trunk)
    radius = np.where(np.isnan(trunk), radius, np.minimum(radius, LARGEST * trunk))
    guessed = _from_shoulders(seen, shoulders, trunk, along)
    lacking = np.isnan(seen[:, 0])
    centre = np.where(lacking[:, None], guessed, seen)
    radius = np.where(lacking, UNSURE * np.fmax(OF_TRUNK * trunk, radius), radius)
    radius = np.where(np.isnan(centre[:, 0]), np.nan, np.where(np.isfinite(radius), radius, np.nan))
    return np.column_stack([np.where(np.isnan(radius)[:, None], np.nan, centre), radius])


def held(found: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """The discs of one person with every gap filled: moved on a straight line between its ends, held before the first

    and after the last, growing with the time since the face was last found or until it is found again.
    """
    known = np.flatnonzero(np.isfinite(found).all(axis=1))
    if not len(known):
        return found
    filled = np.column_stack([np.interp(time_s, time_s[known], found[known, axis]) for axis in range(3)])
    after = np.searchsorted(known, np.arange(len(found)))
    following = known[np.minimum(after, len(known) - 1)]
    preceding = known[np.maximum(after - 1, 0)]
    away = np.minimum(np.abs(time_s - time_s[following]), np.abs(time_s - time_s[preceding]))
    moved = np.hypot(*(found[following, :2] - found[preceding, :2]).T)
    gap = ~np.isfinite(found).all(axis=1)
    grown = filled[:, 2] * (1 + np.minimum(GROWTH_PER_S * away, 1.0)) + 0.25 * moved
    filled[gap, 2] = grown[gap]
    return filled


def others(detections: pd.DataFrame, time_s: np.ndarray) -> list[np.ndarray]:
    """The faces of everybody detected, an array (faces, 3) for each of `time_s`; each is held for `HOLD_S`."""
    by_frame: list[np.ndarray] = [np.empty((0, 3))] * len(time_s)
    if detections.empty:
        return by_frame
    parts = {
        coordinate: detections.pivot_table(coordinate, ["time_s", "person"], "joint") for coordinate in keypoints.PLANE
    }
    wide = pd.concat(parts, axis=1).swaplevel(axis=1)
    found = discs(wide)
    rows = np.searchsorted(time_s, wide.index.get_level_values("time_s").to_numpy(float) - 1e-4)
    for row in np.unique(rows[rows < len(time_s)]):
        here = found[rows == row]
        by_frame[row] = here[np.isfinite(here).all(axis=1)]
    forward = _carried(by_frame, time_s)
    backward = _carried(by_frame[::-1], -time_s[::-1])[::-1]
    return [np.vstack([now, *pair]) for now, *pair in zip(by_frame, forward, backward, strict=True)]


def _carried(by_frame: list[np.ndarray], time_s: np.ndarray) -> list[np.ndarray]:
    """Discs of earlier frames which no disc of a frame takes over, grown with their age."""
    carried = []
    alive = np.empty((0, 4))  # x, y, radius, time it was last found
    for now, time in zip(by_frame, time_s, strict=True):
        alive = alive[time - alive[:, 3] <= HOLD_S]
        if len(now) and len(alive):
            apart = np.hypot(*(alive[:, None, :2] - now[None, :, :2]).transpose(2, 0, 1))
            alive = alive[(apart > np.maximum(alive[:, None, 2], now[None, :, 2])).all(axis=1)]
        grown = alive[:, 2] * (1 + GROWTH_PER_S * (time - alive[:, 3]))
        carried.append(np.column_stack([alive[:, :2], grown]))
        alive = np.vstack([alive, np.column_stack([now, np.full(len(now), time)])])
    return carried


def _trunk(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle of the shoulders (n, 2), the trunk's length (n,) and its direction upwards (n, 2).

    Where it is not seen, the clip's median length, or one from the shoulders' width, and straight up.
    """
    pair = np.stack([keypoints.points(table, f"{side}_shoulder") for side in skeleton.SIDES], axis=1)
    hips = _mean(np.stack([keypoints.points(table, f"{side}_hip") for side in skeleton.SIDES], axis=1))
    shoulders = _mean(pair)
    axis = shoulders - hips
    length = np.hypot(*axis.T)
    usual = np.nanmedian(length) if np.isfinite(length).any() else np.nan
    # Shoulders are 0.259 of body height apart, a trunk is 0.288 long (Winter 2009); seen from the side they coincide.
    width = 1.1 * np.hypot(*(pair[:, 0] - pair[:, 1]).T)
    length = np.fmax(length, np.fmax(width, usual))
    size = np.hypot(*axis.T)
    upright = np.isnan(size) | (size < 1e-6)
    along = np.where(upright[:, None], (0.0, -1.0), axis / np.where(upright, 1.0, size)[:, None])
    return shoulders, length, along


def _from_shoulders(seen: np.ndarray, shoulders: np.ndarray, trunk: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The head's middle where the shoulders say it is; how it sits on them is learnt from the rows that show both."""
    across = np.column_stack([-along[:, 1], along[:, 0]])
    away = (seen - shoulders) / trunk[:, None]
    places = np.column_stack([(away * along).sum(axis=1), (away * across).sum(axis=1)])
    both = np.isfinite(places).all(axis=1)
    usual = np.median(places[both], axis=0) if both.any() else UP
    return shoulders + trunk[:, None] * (usual[0] * along + usual[1] * across)


def _mean(points: np.ndarray) -> np.ndarray:
    """Mean over axis 1 of the points there are, NaN where there are none; shape (n, k, 2) to (n, 2)."""
    there = np.isfinite(points).all(axis=-1)
    total = np.where(there[..., None], points, 0.0).sum(axis=1)
    count = there.sum(axis=1)[:, None]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _largest(values: np.ndarray) -> np.ndarray:
    """Largest finite value of each row, NaN where there is none."""
    largest = np.where(np.isfinite(values), values, -1.0).max(axis=1, initial=-1.0)
    return np.where(largest > 0, largest, np.nan)
