"""Edits of the keypoints, applied in their order before smoothing; the detections themselves are never changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.edits.entry import EVERY_JOINT, MOVED, SWAPPED, UNUSABLE, Edit, Unfit

SURE = 1.0
"""The confidence of a joint that a person put where it belongs."""
# Roots of the limbs, exchanged with them: who says that left is right speaks of the whole limb.
LIMBS: dict[str, tuple[str, ...]] = {
    "legs": ("hip", "knee", "ankle", "heel", "foot_index", "small_toe"),
    "arms": ("shoulder", "elbow", "wrist", "pinky", "index", "thumb"),
}


@dataclass(frozen=True)
class Repaired:
    """keypoints: the table after the edits. pinned: (frames, joints) where a person said the place. touched: (frames,)

    where anything was edited. unfit: the edits that could not be applied, and why.
    """

    keypoints: pd.DataFrame
    pinned: np.ndarray
    touched: np.ndarray
    unfit: tuple[Unfit, ...]


def tolerance_s(times_s: np.ndarray) -> float:
    """How far a time that a person or a file gives may lie from the frame that is meant: a third of the usual step."""
    return float(np.median(np.diff(times_s))) / 3 if len(times_s) > 1 else 1e-3


def frame_of(times_s: np.ndarray, time_s: float) -> int | None:
    """The frame that is shown at `time_s`, within a third of the usual step; None where there is none."""
    if len(times_s) == 0:
        return None
    i = int(np.argmin(np.abs(times_s - time_s)))
    return i if abs(times_s[i] - time_s) <= tolerance_s(times_s) else None


def repair(table: pd.DataFrame, edits: Sequence[Edit]) -> Repaired:
    """A keypoint table with the edits of keypoints applied; the same table where there are none."""
    names, times_s = keypoints.joints(table), keypoints.times(table)
    pinned = np.zeros((len(table), len(names)), dtype=bool)
    due = [edit for edit in edits if edit.what in (MOVED, UNUSABLE, SWAPPED)]
    if not due:
        return Repaired(table, pinned, np.zeros(len(table), dtype=bool), ())
    header = list(zip(*(table.columns.get_level_values(level) for level in (0, 1)), strict=True))
    columns = {joint: [i for i, (name, _) in enumerate(header) if name == joint] for joint in names}
    work = _Work(table.to_numpy(dtype=float).copy(), times_s, names, columns, header, pinned)
    unfit = [(edit, fault) for edit in due if (fault := work.apply(edit))]
    changed = pd.DataFrame(work.values, index=table.index, columns=table.columns)
    return Repaired(changed, pinned, work.touched, tuple(unfit))


class _Work:
    def __init__(
        self,
        values: np.ndarray,
        times_s: np.ndarray,
        names: tuple[str, ...],
        columns: dict[str, list[int]],
        header: list[tuple[str, str]],
        pinned: np.ndarray,
    ) -> None:
        self.values, self.times_s, self.names, self.columns = values, times_s, names, columns
        self.header, self.pinned = header, pinned
        self.near_s = tolerance_s(times_s)
        self.touched = np.zeros(len(times_s), dtype=bool)

    def apply(self, edit: Edit) -> str:
        """Apply one edit; why it could not be, or nothing."""
        if edit.what == MOVED:
            return self._move(edit)
        frames = (self.times_s >= edit.from_s - self.near_s) & (self.times_s <= edit.to_s + self.near_s)
        if not frames.any():
            return f"no frame is analysed between {edit.from_s:.3f} and {edit.to_s:.3f} s ({edit.what})"
        self.touched |= frames
        if edit.what == SWAPPED:
            self._swap(frames, LIMBS if edit.of == "both" else {str(edit.of): LIMBS[str(edit.of)]})
            return ""
        joints = self.names if edit.of == EVERY_JOINT else (str(edit.of),)
        for joint in joints:
            if joint in self.columns:
                self._forget(frames, joint)
        return "" if set(joints) & set(self.names) else f"the network has no {edit.of} ({edit.what})"

    def _move(self, edit: Edit) -> str:
        frame = frame_of(self.times_s, edit.from_s)
        if frame is None:
            return f"no frame is analysed at {edit.from_s:.3f} s ({edit.what})"
        joint = str(edit.of)
        if joint not in self.columns:
            return f"the network has no {joint} ({edit.what})"
        placed = {"x": edit.new[0], "y": edit.new[1], "confidence": SURE}
        for column in self.columns[joint]:
            coordinate = self.header[column][1]
            if coordinate in placed:
                self.values[frame, column] = placed[coordinate]
            elif np.isnan(self.values[frame, column]):
                # A place in the picture says nothing of the depth: where none is known, the neighbours' is taken.
                self.values[frame, column] = self._between(column, frame)
        self.pinned[frame, self.names.index(joint)] = True
        self.touched[frame] = True
        return ""

    def _between(self, column: int, frame: int) -> float:
        known = np.isfinite(self.values[:, column])
        if not known.any():
            return 0.0
        return float(np.interp(self.times_s[frame], self.times_s[known], self.values[known, column]))

    def _forget(self, frames: np.ndarray, joint: str) -> None:
        for column in self.columns[joint]:
            self.values[frames, column] = 0.0 if self.header[column][1] == "confidence" else np.nan
        self.pinned[frames, self.names.index(joint)] = False

    def _swap(self, frames: np.ndarray, limbs: dict[str, tuple[str, ...]]) -> None:
        for left, right in ((f"left_{part}", f"right_{part}") for parts in limbs.values() for part in parts):
            if left not in self.columns or right not in self.columns:
                continue
            a, b = (np.array(self.columns[joint]) for joint in (left, right))
            rows = np.flatnonzero(frames)[:, None]
            self.values[rows, a], self.values[rows, b] = self.values[rows, b], self.values[rows, a].copy()
            i, j = self.names.index(left), self.names.index(right)
            self.pinned[frames, i], self.pinned[frames, j] = self.pinned[frames, j], self.pinned[frames, i].copy()
