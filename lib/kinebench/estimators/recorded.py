"""Replays what was found before: saved keypoints or saved detections stand in for a network.

A recording is a `.csv` or `.parquet` file, either the keypoint table (`keypoints.save`: one person, one row a frame) or
the detections (long: one row a joint, any number of people). It is looked up by time, never by the picture.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.estimators import Person
from kinebench.formats import table as tables
from kinebench.provenance import sha256_file
from kinebench.video import Frame


class Recorded:
    """The estimator; `table` is the recording as detections (long), sorted by time and person."""

    name = "recorded"

    def __init__(self, recording: str | Path | None = None):
        """Read `recording`, the path of saved keypoints or detections (.csv or .parquet)."""
        if recording is None:
            raise KinebenchError(
                "recording must name a file of saved keypoints or detections (.csv or .parquet) for the estimator "
                "recorded, but is not set. Add --set recording=FILE."
            )
        path = Path(recording)
        self.table = tables.detections(path)
        self.joints = tuple(self.table["joint"].unique())
        self._sha256 = sha256_file(path)
        self._times = np.unique(self.table["time_s"].to_numpy(float))
        self._tolerance_s = 0.5 * _step_s(self.table)
        self._people, self._people_times, numbers = _people(self.table, self.joints)
        self._identities = numbers if self.table.attrs.get("tracked") else None

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The people recorded at the time of `picture`, within half a frame; a plain array has the time 0."""
        return self.at((picture if isinstance(picture, Frame) else Frame.of(picture)).time_s)

    def at(self, time_s: float) -> list[Person]:
        """The people recorded at `time_s`, within half a frame; nobody: an empty list."""
        after = min(int(np.searchsorted(self._times, time_s)), len(self._times) - 1)
        nearest = min(self._times[max(after - 1, 0) : after + 1], key=lambda known: abs(known - time_s))
        if abs(nearest - time_s) > self._tolerance_s:
            return []
        first, last = (
            np.searchsorted(self._people_times, nearest),
            np.searchsorted(self._people_times, nearest, "right"),
        )
        known = [None] * (last - first) if self._identities is None else self._identities[first:last].tolist()
        return [_person(values, who) for values, who in zip(self._people[first:last], known, strict=True)]

    def reset(self) -> None:
        """Nothing is followed, so nothing is forgotten."""

    def describe(self) -> dict[str, Any]:
        """The recording's sha256, and what it was read from; not its name, which may be a person's."""
        described = {"name": self.name, "weights": {"recording": self._sha256}, "joints": len(self.joints)}
        source = self.table.attrs.get("source")
        return described | ({"source": source} if isinstance(source, dict) else {})


def _step_s(table: pd.DataFrame) -> float:
    """Usual time from one frame to the next, by the frames' numbers: those not recorded are not bridged."""
    first = table.drop_duplicates("time_s")[["frame", "time_s"]].sort_values("time_s").to_numpy(float)
    frames, times = np.diff(first, axis=0).T
    known = frames > 0
    return float(np.median(times[known] / frames[known])) if known.any() else 1e-3


def _people(table: pd.DataFrame, joints: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All recorded, (people, joints, 3 or 6), NaN where a joint is missing; their times and numbers, (people,)."""
    known = [*keypoints.PLANE, *keypoints.WORLD]
    coordinates = known if set(known) <= set(table.columns) else list(keypoints.PLANE)
    number = table.groupby(["time_s", "person"], sort=False).ngroup().to_numpy()
    values = np.full((int(number.max()) + 1, len(joints), len(coordinates)), np.nan)
    values[number, pd.Categorical(table["joint"], categories=list(joints)).codes] = table[coordinates].to_numpy(float)
    missing = np.isnan(values[..., :2]).any(axis=-1)
    values[missing] = np.nan
    values[missing, 2] = 0.0
    first = np.unique(number, return_index=True)[1]
    times, who = table["time_s"].to_numpy(float)[first], table["person"].to_numpy()[first]
    there = ~missing.all(axis=1)
    return values[there], times[there], who[there]


def _person(values: np.ndarray, identity: int | None) -> Person:
    points = values[:, :3].copy()
    seen = points[~np.isnan(points[:, 0])]
    box = np.concatenate([seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)])
    world = values[:, 3:].copy() if values.shape[1] > 3 else None
    return Person(points=points, world=world, score=float(seen[:, 2].mean()), box=box, identity=identity)
