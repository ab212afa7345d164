"""From detections to people: arrays of all detections, each with the person that it shows, for any number of people."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.subject.crossings import Crossing
from kinebench.subject.identities import identify
from kinebench.subject.linking import without_doubles


@dataclass(frozen=True)
class People:
    """All detections of a clip, in order of frame; a detection is one person in one frame.

    values: (detections, joints, 3 or 6) in the order of `keypoints.PLANE + WORLD`; frame: (detections,) position in the
    clip's times; centre: (detections, 2) and size: (detections,) in pixels; person: (detections,) 0, 1, ... in the
    order in which people are first seen, from left to right where at once; crossings: where one person hid another.
    """

    values: np.ndarray
    frame: np.ndarray
    centre: np.ndarray
    size: np.ndarray
    person: np.ndarray
    crossings: tuple[Crossing, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def count(self) -> int:
        """How many people there are."""
        return int(self.person.max(initial=-1)) + 1


def people(detections: pd.DataFrame, times_s: np.ndarray, joints: tuple[str, ...]) -> People:
    """Detections (long) as arrays, with identities; detections at times that the clip does not have are left out.

    Where `detections.attrs` has it that people are `tracked`, somebody has told them apart: they stay who they are.
    """
    values, frame, told = _arrays(detections, times_s, joints)
    centre, size = _boxes(values)
    kept = np.flatnonzero(np.isfinite(size))
    if detections.attrs.get("tracked"):
        person = _in_order(told[kept], frame[kept], centre[kept])
        return People(values[kept], frame[kept], centre[kept], size[kept], person)
    kept = kept[without_doubles(values[kept], size[kept], frame[kept])]
    values, frame, centre, size = values[kept], frame[kept], centre[kept], size[kept]
    found = identify(values, size, frame, np.asarray(times_s, float), joints)
    person = _in_order(found.person, frame, centre)
    return People(values, frame, centre, size, person, found.crossings(person, np.asarray(times_s, float)[frame]))


def _boxes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre (detections, 2) and diagonal (detections,) of the box around each one's joints; NaN without any."""
    known = np.isfinite(values[..., :2])
    low = np.where(known, values[..., :2], np.inf).min(axis=1, initial=np.inf)
    high = np.where(known, values[..., :2], -np.inf).max(axis=1, initial=-np.inf)
    seen = np.isfinite(low).all(axis=1)
    with np.errstate(invalid="ignore"):
        size = np.where(seen, np.maximum(np.linalg.norm(high - low, axis=1), 1.0), np.nan)
        return (low + high) / 2, size


def _arrays(
    detections: pd.DataFrame, times_s: np.ndarray, joints: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values (detections, joints, 3 or 6), and the frame and the number of each, in order of frame."""
    lacking = [column for column in keypoints.DETECTION_COLUMNS if column not in detections.columns]
    if lacking:
        raise KinebenchError(f"detections must have the columns {', '.join(lacking)}, but has not.")
    coordinates = keypoints.PLANE + (keypoints.WORLD if set(keypoints.WORLD) <= set(detections.columns) else ())
    if len(detections) == 0 or len(times_s) == 0:
        return np.zeros((0, len(joints), len(coordinates))), np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    time_s = detections["time_s"].to_numpy(float)
    frame = _nearest(times_s, time_s)
    joint = pd.Index(joints).get_indexer(pd.Index(detections["joint"]))
    person = pd.factorize(detections["person"])[0]
    usable = (joint >= 0) & (frame >= 0)
    key = frame[usable] * (int(person.max()) + 1) + person[usable]
    unique, row = np.unique(key, return_inverse=True)
    values = np.full((len(unique), len(joints), len(coordinates)), np.nan)
    values[row, joint[usable]] = detections[list(coordinates)].to_numpy(float)[usable]
    return values, unique // (int(person.max()) + 1), unique % (int(person.max()) + 1)


def _nearest(times_s: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Position in `times_s` of each time, within a third of the usual step; -1 where there is none."""
    tolerance = np.median(np.diff(times_s)) / 3 if len(times_s) > 1 else 1e-3
    after = np.clip(np.searchsorted(times_s, time_s), 1, max(len(times_s) - 1, 1))
    after = np.minimum(after, len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(times_s[before] - time_s) <= np.abs(times_s[after] - time_s), before, after)
    return np.where(np.abs(times_s[nearest] - time_s) <= tolerance, nearest, -1)


def _in_order(person: np.ndarray, frame: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """The same identities, numbered as `People` says."""
    numbers, first, inverse = np.unique(person, return_index=True, return_inverse=True)
    rank = np.empty(len(numbers), dtype=int)
    rank[np.lexsort((centre[first, 0], frame[first]))] = np.arange(len(numbers))
    return rank[inverse]
