"""From detections to tracks: the same person from frame to frame, by place and size, for any number of people."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from kinebench import keypoints
from kinebench.errors import KinebenchError

JUMP, SIZES_PER_S = 0.15, 4.0
"""A person is the same from frame to frame while the joints move on average no further than this share of the size of
the box around them, which is noise, and no faster than four times that size a second, which is a sprint."""
GROWTH = 0.3
"""How much a change of the box's size counts, per natural logarithm: little, because hidden legs halve it."""


@dataclass(frozen=True)
class People:
    """All detections of a clip, in order of frame; a detection is one person in one frame.

    values: (detections, joints, 3 or 6) in the order of `keypoints.PLANE + WORLD`; frame: (detections,) position in the
    clip's times; centre: (detections, 2) and size: (detections,) in pixels; track: (detections,) which of the tracks.
    """

    values: np.ndarray
    frame: np.ndarray
    centre: np.ndarray
    size: np.ndarray
    track: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)


def people(detections: pd.DataFrame, times_s: np.ndarray, joints: tuple[str, ...]) -> People:
    """Detections (long) as arrays, with tracks; detections at times that the clip does not have are left out."""
    values, frame = _arrays(detections, times_s, joints)
    with np.errstate(invalid="ignore"):
        low = np.nanmin(np.where(np.isfinite(values[..., :2]), values[..., :2], np.inf), axis=1)
        high = np.nanmax(np.where(np.isfinite(values[..., :2]), values[..., :2], -np.inf), axis=1)
    seen = np.isfinite(low).all(axis=1)
    values, frame, low, high = values[seen], frame[seen], low[seen], high[seen]
    size = np.maximum(np.linalg.norm(high - low, axis=1), 1.0)
    return People(values, frame, (low + high) / 2, size, _tracks(values, frame, size, times_s))


def _arrays(detections: pd.DataFrame, times_s: np.ndarray, joints: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Values (detections, joints, 3 or 6) and the frame of each, in order of frame."""
    lacking = [column for column in keypoints.DETECTION_COLUMNS if column not in detections.columns]
    if lacking:
        raise KinebenchError(f"detections must have the columns {', '.join(lacking)}, but has not.")
    coordinates = keypoints.PLANE + (keypoints.WORLD if set(keypoints.WORLD) <= set(detections.columns) else ())
    if len(detections) == 0 or len(times_s) == 0:
        return np.zeros((0, len(joints), len(coordinates))), np.zeros(0, dtype=int)
    time_s = detections["time_s"].to_numpy(float)
    frame = _nearest(times_s, time_s)
    joint = pd.Index(joints).get_indexer(pd.Index(detections["joint"]))
    person = pd.factorize(detections["person"])[0]
    usable = (joint >= 0) & (frame >= 0)
    key = frame[usable] * (int(person.max()) + 1) + person[usable]
    unique, row = np.unique(key, return_inverse=True)
    values = np.full((len(unique), len(joints), len(coordinates)), np.nan)
    values[row, joint[usable]] = detections[list(coordinates)].to_numpy(float)[usable]
    return values, unique // (int(person.max()) + 1)


def _nearest(times_s: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Position in `times_s` of each time, within a third of the usual step; -1 where there is none."""
    tolerance = np.median(np.diff(times_s)) / 3 if len(times_s) > 1 else 1e-3
    after = np.clip(np.searchsorted(times_s, time_s), 1, max(len(times_s) - 1, 1))
    after = np.minimum(after, len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(times_s[before] - time_s) <= np.abs(times_s[after] - time_s), before, after)
    return np.where(np.abs(times_s[nearest] - time_s) <= tolerance, nearest, -1)


def _tracks(values: np.ndarray, frame: np.ndarray, size: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Which track each detection belongs to: chains of mutual nearest neighbours in consecutive frames."""
    count = len(frame)
    if count == 0:
        return np.zeros(0, dtype=int)
    here, there = _pairs(frame)
    apart = change(values, size, here, there)
    near = apart <= JUMP + SIZES_PER_S * (times_s[frame[there]] - times_s[frame[here]])
    here, there, apart = here[near], there[near], apart[near]
    best_for_here = _lowest(here, apart, count)
    best_for_there = _lowest(there, apart, count)
    position = np.arange(len(here))
    mutual = (best_for_here[here] == position) & (best_for_there[there] == position)
    links = sparse.coo_matrix((np.ones(mutual.sum()), (here[mutual], there[mutual])), shape=(count, count))
    return sparse.csgraph.connected_components(links, directed=False)[1]


def _pairs(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of detections in consecutive frames."""
    first, last = np.searchsorted(frame, frame + 1), np.searchsorted(frame, frame + 1, side="right")
    partners = last - first
    here = np.repeat(np.arange(len(frame)), partners)
    offset = np.arange(len(here)) - np.repeat(np.cumsum(partners) - partners, partners)
    return here, np.repeat(first, partners) + offset


def change(values: np.ndarray, size: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """How much two detections differ: mean distance of their joints in units of the size, plus the change of size."""
    shared = np.zeros(len(here))
    total = np.zeros(len(here))
    for joint in range(values.shape[1]):
        apart = np.linalg.norm(values[here, joint, :2] - values[there, joint, :2], axis=1)
        known = np.isfinite(apart)
        total += np.where(known, apart, 0.0)
        shared += known
    moved = np.where(shared > 0, total / np.maximum(shared, 1), np.inf) / np.minimum(size[here], size[there])
    return moved + GROWTH * np.abs(np.log(size[here] / size[there]))


def _lowest(group: np.ndarray, cost: np.ndarray, groups: int) -> np.ndarray:
    """For each group the position of its lowest cost; -1 for a group without members."""
    best = np.full(groups, -1)
    order = np.lexsort((cost, group))
    first = np.concatenate([[True], np.diff(group[order]) > 0]) if len(order) else np.zeros(0, dtype=bool)
    best[group[order][first]] = order[first]
    return best
