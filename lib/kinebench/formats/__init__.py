"""Files of other tools: keypoints that they wrote come in, results go out as they read them.

A format is a module of its own with `matches` and `read`, or `write`, or all three; it is imported when used. To add
one, write the module and enter a `Format`: nothing outside this registry asks which one is at work. Nothing is ever
unpickled, and what is no file of its format is refused in one line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats.given import Given


@dataclass(frozen=True, eq=False)
class Recording:
    """What a reader found.

    detections: long, the columns of `keypoints.DETECTION_COLUMNS` and, where there are any, `keypoints.WORLD`; one row
    a joint, a missing joint with NaN in x and y and confidence 0; a frame without people has no rows. joints: in the
    file's order. notes: what the user should know, a sentence each. metres_per_px: where the file knows lengths.
    own_picture: whether the pixels are of a picture of the reader's making, not of any video's. tracked: whether the
    numbers in `person` are identities over time, not only places in a frame's list.
    """

    detections: pd.DataFrame
    joints: tuple[str, ...]
    notes: tuple[str, ...] = ()
    metres_per_px: float | None = None
    own_picture: bool = False
    tracked: bool = False


@dataclass(frozen=True, eq=False)
class Results:
    """What a writer is given; None where there is none.

    keypoints: the keypoint table; signals, reps, metrics: as in `tasks`; width, height: of the upright picture in
    pixels; metres_per_px: with a calibration; source: where it all comes from, in words without names of people.
    """

    keypoints: pd.DataFrame
    signals: pd.DataFrame | None = None
    reps: pd.DataFrame | None = None
    metrics: pd.DataFrame | None = None
    width: int | None = None
    height: int | None = None
    metres_per_px: float | None = None
    source: str = ""

    @property
    def frame_rate_hz(self) -> float:
        """One over the median time between frames; NaN for a single frame."""
        steps = np.diff(keypoints.times(self.keypoints))
        return float(1 / np.median(steps)) if len(steps) else float("nan")


@dataclass(frozen=True)
class Format:
    """What is known of a format before it is imported; `endings` are those that a written file is recognised by."""

    name: str
    title: str
    module: str
    endings: tuple[str, ...]
    reads: bool = False
    writes: bool = False


def _entry(name: str, title: str, *endings: str, reads: bool = False, writes: bool = False) -> Format:
    return Format(name, title, f"kinebench.formats.{name}", endings, reads, writes)


# In the order in which they are asked whether a file is theirs: the narrow ones first.
FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        _entry("openpose", "OpenPose's folder of JSON files, one a frame", reads=True),
        _entry("alphapose", "AlphaPose's JSON", ".json", reads=True),
        _entry("mlkit", "ML Kit's landmarks, JSON or CSV", ".json", ".csv", reads=True),
        _entry("mediapipe", "MediaPipe's landmarks, JSON or CSV", ".json", ".csv", reads=True),
        _entry("movenet_table", "a table of normalised keypoints, as MoveNet tutorials write it", ".csv", reads=True),
        _entry("deeplabcut", "DeepLabCut's CSV or HDF5", ".csv", ".h5", reads=True),
        _entry("sleap", "SLEAP's analysis HDF5 or CSV", ".h5", ".csv", reads=True),
        _entry("trc", "markers in metres, as OpenSim has them", ".trc", reads=True, writes=True),
        _entry("table", "kinebench's own tables", ".csv", ".parquet", reads=True, writes=True),
        _entry("mot", "angles, as OpenSim has them", ".mot", writes=True),
        _entry("c3d", "markers, as motion capture has them", ".c3d", writes=True),
        _entry("netcdf", "a dataset that movement opens", ".nc", writes=True),
        _entry("excel", "a workbook with a sheet a table", ".xlsx", writes=True),
        _entry("coco", "COCO-style keypoints", ".json", writes=True),
    )
}


def get(name: str) -> Any:
    """The module of the format `name`."""
    if name not in FORMATS:
        close = get_close_matches(str(name), FORMATS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise KinebenchError(f"format must be one of {', '.join(FORMATS)}, but got {name!r}.{hint}")
    return import_module(FORMATS[name].module)


def recognised(path: str | Path) -> str | None:
    """The format that the file or folder at `path` can be read as; None where it is none of them."""
    path = Path(path)
    for entry in FORMATS.values():
        if entry.reads and get(entry.name).matches(path):
            return entry.name
    return None


def read(path: str | Path, given: Given | None = None, *, format: str | None = None) -> Recording:
    """The keypoints in the file or folder at `path`; format: its name, where it shall not be recognised by itself.

    KinebenchError where it is none that can be read, or is damaged.
    """
    path = Path(path)
    if not path.exists():
        raise KinebenchError(f"KEYPOINTS must be a file or folder that exists, but there is no {path}. Check the path.")
    name = format or recognised(path)
    readable = [entry for entry in FORMATS.values() if entry.reads]
    if name is None:
        raise KinebenchError(
            f"KEYPOINTS must be in a format that is known, but {path.name} was not recognised. Name it with --format "
            f"({', '.join(entry.name for entry in readable)}); `kinebench formats` says what each is."
        )
    module = get(name)
    if not FORMATS[name].reads:
        raise KinebenchError(
            f"format must be one that can be read ({', '.join(entry.name for entry in readable)}), but got {name!r}."
        )
    recording: Recording = module.read(path, given or Given())
    return recording


def write(results: Results, path: str | Path, *, format: str | None = None) -> list[Path]:
    """Write results in the format that the path's ending names; returns what was written."""
    path = Path(path)
    writable = [entry for entry in FORMATS.values() if entry.writes]
    fitting = [entry.name for entry in writable if path.suffix.lower() in entry.endings]
    if format is not None and format not in [entry.name for entry in writable]:
        raise KinebenchError(
            f"format must be one that can be written ({', '.join(entry.name for entry in writable)}), "
            f"but got {format!r}."
        )
    if format is None and not fitting:
        endings = ", ".join(dict.fromkeys(ending for entry in writable for ending in entry.endings))
        raise KinebenchError(f"path must end in one of {endings}, but got {path.name}.")
    written: list[Path] = get(format or fitting[0]).write(results, path)
    return written


def long(
    frames: np.ndarray, times_s: np.ndarray, people: np.ndarray, joints: Sequence[str], values: np.ndarray
) -> pd.DataFrame:
    """Detections (long) from one entry a person and frame: values (entries, joints, 3 or 6), last axis in the order of

    `keypoints.PLANE + WORLD`. Missing joints become NaN with confidence 0, entries without any joint or time are left
    out, and the rest is sorted by time. An array of floats is worked on in place: recordings are large.
    """
    values = np.asarray(values, dtype=float)
    missing = ~np.isfinite(values[..., :2]).all(axis=-1)
    values[missing] = np.nan
    values[missing, 2] = 0.0
    times_s = np.asarray(times_s, dtype=float)
    kept = np.flatnonzero(~missing.all(axis=1) & np.isfinite(times_s))
    kept = kept[np.argsort(times_s[kept], kind="stable")]
    if len(kept) < len(values) or (np.diff(kept) != 1).any():
        values = values[kept]
    flat = values.reshape(-1, values.shape[2])
    count = len(joints)
    # Names as codes: a text a row would take more than all its numbers.
    named = pd.Categorical.from_codes(np.tile(np.arange(count, dtype=np.int16), len(kept)), pd.Index(joints))
    columns: dict[str, Any] = {
        "frame": np.repeat(np.asarray(frames)[kept], count),
        "time_s": np.repeat(times_s[kept], count),
        "person": np.repeat(np.asarray(people)[kept].astype(np.int32), count),
        "joint": named,
    }
    coordinates = (keypoints.PLANE + keypoints.WORLD)[: values.shape[2]]
    return pd.DataFrame(columns | {name: flat[:, place].copy() for place, name in enumerate(coordinates)}, copy=False)
