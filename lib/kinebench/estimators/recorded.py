"""Replays what was found before: saved keypoints or saved detections stand in for a network.

A recording is a `.csv` or `.parquet` file, either the keypoint table (`keypoints.save`: one person, one row a frame) or
the detections (long: one row a joint, any number of people). It is looked up by time, never by the picture.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError, collected
from kinebench.estimators import Person
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
        self.table = read(path)
        self.joints = tuple(dict.fromkeys(self.table["joint"]))
        self._sha256 = sha256_file(path)
        self._times = np.unique(self.table["time_s"].to_numpy(float))
        self._tolerance_s = 0.5 * float(np.median(np.diff(self._times))) if len(self._times) > 1 else 0.5e-3
        self._people, self._people_times = _people(self.table, self.joints)

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
        return [_person(values) for values in self._people[first:last]]

    def reset(self) -> None:
        """Nothing is followed, so nothing is forgotten."""

    def describe(self) -> dict[str, Any]:
        """The recording's sha256; not its name, which may be a person's."""
        return {"name": self.name, "weights": {"recording": self._sha256}, "joints": len(self.joints)}


def _people(table: pd.DataFrame, joints: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Everybody recorded, (people, joints, 3 or 6), NaN where a joint is missing, and their times, (people,)."""
    known = [*keypoints.PLANE, *keypoints.WORLD]
    coordinates = known if set(known) <= set(table.columns) else list(keypoints.PLANE)
    number = table.groupby(["time_s", "person"], sort=False).ngroup().to_numpy()
    values = np.full((int(number.max()) + 1, len(joints), len(coordinates)), np.nan)
    values[number, pd.Categorical(table["joint"], categories=list(joints)).codes] = table[coordinates].to_numpy(float)
    missing = np.isnan(values[..., :2]).any(axis=-1)
    values[missing] = np.nan
    values[missing, 2] = 0.0
    times = table["time_s"].to_numpy(float)[np.unique(number, return_index=True)[1]]
    there = ~missing.all(axis=1)
    return values[there], times[there]


def _person(values: np.ndarray) -> Person:
    points = values[:, :3].copy()
    seen = points[~np.isnan(points[:, 0])]
    box = np.concatenate([seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)])
    world = values[:, 3:].copy() if values.shape[1] > 3 else None
    return Person(points=points, world=world, score=float(seen[:, 2].mean()), box=box)


def read(path: Path) -> pd.DataFrame:
    """The recording at `path` as detections (long), with the columns of `keypoints.DETECTION_COLUMNS` at least."""
    table = _file(path)
    if "joint" not in table.columns:
        return _long(keypoints.load(path))
    lacking = [column for column in keypoints.DETECTION_COLUMNS if column not in table.columns]
    if lacking:
        raise KinebenchError(
            f"recording must have the columns of detections, but {path.name} lacks {', '.join(lacking)}."
        )
    if table.empty:
        raise KinebenchError(f"recording must hold at least one joint, but {path.name} holds none.")
    collected([f"{fault} ({path.name})" for fault in _faults(table)])
    return table.sort_values(["time_s", "person"], kind="stable", ignore_index=True)


def _faults(table: pd.DataFrame) -> list[str]:
    numbers = ["time_s", *keypoints.PLANE]
    texts = [column for column in numbers if not pd.api.types.is_numeric_dtype(table[column])]
    if texts:
        return [f"recording must hold numbers in {', '.join(texts)}."]
    faults = []
    if not np.isfinite(table["time_s"]).all():
        faults.append("recording must have a finite time_s in every row.")
    if not table["confidence"].between(0, 1).all():
        faults.append("recording must have a confidence from 0 to 1 in every row.")
    if table.duplicated(["time_s", "person", "joint"]).any():
        faults.append("recording must have a joint once for each time and person, but has doubles.")
    return faults


def _file(path: Path) -> pd.DataFrame:
    if path.suffix not in (".csv", ".parquet"):
        raise KinebenchError(f"recording must end in .csv or .parquet, but got {path.name}.")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path)
    except FileNotFoundError:
        raise KinebenchError(
            f"recording must name a file that exists, but there is no {path}. Check the path."
        ) from None
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:160]
        raise KinebenchError(f"recording must be a readable table, but {path.name} is not: {reason}") from error


def _long(table: pd.DataFrame) -> pd.DataFrame:
    names = keypoints.joints(table)
    if not names or table.empty:
        raise KinebenchError("recording must hold at least one frame and one joint, but is empty.")
    known = (*keypoints.PLANE, *keypoints.WORLD)
    coordinates = [c for c in known if all((name, c) in table.columns for name in names)]
    times = keypoints.times(table)
    values = np.stack([table[[(name, c) for c in coordinates]].to_numpy(float) for name in names], axis=1)
    frames = np.repeat(np.arange(len(times)), len(names))
    long = pd.DataFrame(values.reshape(-1, len(coordinates)), columns=coordinates)
    long.insert(0, "frame", frames)
    long.insert(1, "time_s", times[frames])
    long.insert(2, "person", 0)
    long.insert(3, "joint", list(names) * len(times))
    return long
