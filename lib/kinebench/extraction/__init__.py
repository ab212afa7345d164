"""From a video to the people in it: the dear step of the whole way, and so done once and kept.

The detections are one long table, one row a joint: `frame` (its number in the file), `time_s` (from the file's first
frame), `person` (0, 1, ... as the estimator had them), `joint`, `x`, `y` (pixels of the upright picture), `confidence`
(0..1) and, where the estimator is 3D, `world_x`, `world_y`, `world_z` (metres). A frame without people has no rows.

They are kept as Parquet in `places.detections()`, named after a digest of everything that they depend on: the video's
content and stretch, the estimator's weights, versions and settings. `table.attrs` says the same in words.
"""

import contextlib
import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import estimators, formats, keypoints, places, progress, provenance, video
from kinebench.errors import collected
from kinebench.estimators import Estimator, Person, Replaying, Streaming
from kinebench.parameters import Group, parameter
from kinebench.video.ahead import ahead

# To be raised whenever the table comes to look different.
FORMAT = 2
# Decoded pictures that wait: enough to bridge the codec's unevenness, few enough for little memory (3 MB each, 1080p).
WAITING_PICTURES = 6


@dataclass(frozen=True)
class Extraction(Group):
    """How people are found in the video."""

    estimator: str = parameter(
        estimators.DEFAULT, help="the network that finds people; `kinebench models list`", choices=estimators.names()
    )
    start_s: float = parameter(0.0, help="where to begin, from the file's first frame", unit="s", low=0.0)
    stop_s: float | None = parameter(None, help="where to end; null: at the end of the file", unit="s", low=0.0)
    every: int = parameter(1, help="analyse every n-th frame only", low=1)
    detect_every_frame: bool = parameter(
        False, help="look for people anew in every frame instead of following: slower, and not as steady"
    )
    person_x_px: float | None = parameter(
        None, help="where the person to be measured is, from the left; null: whoever is large and central", unit="px"
    )
    person_y_px: float | None = parameter(None, help="the same from the top", unit="px")
    max_people: int | None = parameter(
        None,
        help="how many people are looked for at most; null: as many as the estimator does by itself",
        low=1,
        high=30,
    )
    weights: str | None = parameter(None, help="a file of yours to use as the network's weights")
    detector: str | None = parameter(None, help="topdown: a file of yours to use as the person detector (.onnx)")
    detect_every: int | None = parameter(
        None, help="topdown: ask the person detector in every n-th frame and follow the boxes between; null: 10", low=1
    )
    flip_test: bool = parameter(
        False, help="topdown: the mean of each look and of a mirrored one: half as fast, a little steadier"
    )
    input_height_px: int | None = parameter(
        None,
        help="openpose: height that the picture is shrunk to for the network; null: 368",
        unit="px",
        low=64,
        high=1312,
    )
    recording: str | None = parameter(None, help="saved keypoints or detections, for the estimator recorded")

    def __post_init__(self) -> None:
        """Check every field, and that nothing is set that the chosen estimator doesn't know."""
        super().__post_init__()
        known = estimators.record(self.estimator).settings
        alone = (self.person_x_px is None) != (self.person_y_px is None)
        collected(
            ["person_x_px and person_y_px must be given together, or neither."] * alone
            + [
                f"{name} is not a setting of the estimator {self.estimator}, but got {value!r}. Leave it out."
                for name, value in self._particular().items()
                if value and name not in known
            ]
        )

    def estimator_settings(self) -> dict[str, Any]:
        """The settings that go to the estimator."""
        known = estimators.record(self.estimator).settings
        return {name: value for name, value in self._particular().items() if value is not None and name in known}

    def _particular(self) -> dict[str, Any]:
        names = (
            "detect_every_frame",
            "person_x_px",
            "person_y_px",
            "max_people",
            "weights",
            "detector",
            "detect_every",
            "flip_test",
            "input_height_px",
            "recording",
        )
        return {name: getattr(self, name) for name in names}


def detect(
    clip: video.Clip,
    settings: Extraction,
    *,
    progress: bool = True,
    told: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """The people in every frame of `clip`, as the long table of this module's docstring; nobody at all: no rows.

    Found before, they are read back, and no frame is decoded. The stretch is that of `clip`. `told` is called with the
    frames looked at and all of them; what it raises ends the work, and nothing is kept.
    """
    estimator = estimators.get(settings.estimator, **settings.estimator_settings())
    basis = _basis(clip, estimator)
    path = _place(basis)
    table = _kept(path, basis)
    if table is None:
        before = _stamp(clip.path)
        table = _found(clip, estimator, show_progress=progress, told=told)
        table.attrs["basis"] = basis
        table.attrs["content"] = _digest(table)
        if _stamp(clip.path) == before:  # else it may show another video than the digest names
            _keep(table, path)
    return table


def is_kept(clip: video.Clip, settings: Extraction) -> bool:
    """Whether `detect` would find the people of old, without looking at a frame."""
    estimator = estimators.get(settings.estimator, **settings.estimator_settings())
    return _place(_basis(clip, estimator)).is_file()


def kept_clips() -> set[str]:
    """SHA-256 of every video in which people have been found before."""
    import pyarrow.parquet

    found = set()
    for path in places.detections().glob("*.parquet"):
        try:
            said = pyarrow.parquet.read_schema(path).metadata or {}
            found.add(json.loads(said[b"PANDAS_ATTRS"])["basis"]["video_sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def joints(detections: pd.DataFrame) -> tuple[str, ...]:
    """The joints of the estimator that `detections` came from, in its order, whether or not anybody was seen."""
    named = detections.attrs.get("joints")
    return tuple(named if named is not None else dict.fromkeys(detections["joint"]))


def found_by(detections: pd.DataFrame) -> str:
    """In words, what found the people: the network, or another tool and what its recording leaves open."""
    described = detections.attrs.get("basis", {}).get("estimator", {})
    source = described.get("source")
    if not isinstance(source, dict):
        return str(described.get("name", ""))
    entry = formats.FORMATS.get(str(source.get("format")))
    title = entry.title if entry else "a recording"
    notes = " ".join(str(note) for note in source.get("notes", ()))
    said = f"another tool: {title}, SHA-256 {str(source.get('sha256'))[:16]}…"
    return f"{said}. {notes}".removesuffix(".") if notes else said


def undecoded(detections: pd.DataFrame) -> int:
    """How many frames of the clip could not be looked at, because the file is damaged there."""
    return int(detections.attrs.get("undecoded", 0))


def _stamp(path: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_size, status.st_mtime_ns
    return -1, -1


def _place(basis: dict[str, Any]) -> Path:
    return places.detections() / f"{provenance.sha256_of(basis)}.parquet"


def _basis(clip: video.Clip, estimator: Estimator) -> dict[str, Any]:
    """Everything that the detections depend on, as plain data."""
    stretch = {"start_s": clip.start_s, "stop_s": clip.stop_s, "every": clip.every, "frames": len(clip.times_s)}
    return {"format": FORMAT, "video_sha256": clip.sha256, **stretch, "estimator": estimator.describe()}


def _found(
    clip: video.Clip, estimator: Estimator, *, show_progress: bool, told: Callable[[int, int], None] | None
) -> pd.DataFrame:
    estimator.reset()
    rows = _Rows(estimator.joints)
    if isinstance(estimator, Replaying):
        for number, time_s in zip(clip.frame_numbers, clip.times_s, strict=True):
            rows.add(int(number), float(time_s), estimator.at(float(time_s)))
        return rows.table(undecoded=0)
    seen = 0
    with contextlib.closing(ahead(video.frames(clip), WAITING_PICTURES)) as pictures:
        looks = _looks(estimator, pictures)
        with contextlib.closing(looks):
            tracked = progress.track(looks, "finding the person", len(clip.times_s)) if show_progress else looks
            for frame, people in tracked:
                rows.add(frame.number, frame.time_s, people)
                seen += 1
                if told is not None:
                    told(seen, len(clip))
    return rows.table(undecoded=len(clip) - seen)


def _looks(estimator: Estimator, pictures: Iterator[video.Frame]) -> Generator[tuple[video.Frame, list[Person]]]:
    if isinstance(estimator, Streaming):
        yield from estimator.stream(pictures)
        return
    for frame in pictures:
        yield frame, estimator.detect(frame)


class _Rows:
    """Collects people as small arrays and makes one table of them: no Python object a row."""

    def __init__(self, joints: tuple[str, ...]) -> None:
        self._joints = joints
        self._frames: list[tuple[int, float, int]] = []
        self._values: list[np.ndarray] = []

    def add(self, frame: int, time_s: float, people: list[Person]) -> None:
        for number, person in enumerate(people):
            parts = [person.points] if person.world is None else [person.points, person.world]
            self._values.append(np.concatenate(parts, axis=1, dtype=np.float32))
            self._frames.append((frame, time_s, number))

    def table(self, *, undecoded: int) -> pd.DataFrame:
        count, width = len(self._joints), self._values[0].shape[1] if self._values else len(keypoints.PLANE)
        values = np.concatenate(self._values) if self._values else np.empty((0, width), np.float32)
        numbers, times, people = zip(*self._frames, strict=True) if self._frames else ((), (), ())
        codes = np.tile(np.arange(count), len(self._frames))
        columns = {
            "frame": np.repeat(np.array(numbers, np.int32), count),
            "time_s": np.repeat(np.array(times, np.float64), count),
            "person": np.repeat(np.array(people, np.int16), count),
            "joint": pd.Categorical.from_codes(codes, categories=pd.Index(self._joints)),
        }
        coordinates = (keypoints.PLANE + keypoints.WORLD)[:width]
        table = pd.DataFrame(columns | {name: values[:, i].copy() for i, name in enumerate(coordinates)})
        table.attrs |= {"joints": list(self._joints), "undecoded": undecoded}
        return table


def _kept(path: Path, basis: dict[str, Any]) -> pd.DataFrame | None:
    """The table at `path`; None where there is none, or not the whole one of old: then it is made again."""
    if not path.is_file():
        return None
    try:
        table = pd.read_parquet(path)
        attrs = table.attrs
        whole = bool(attrs["joints"]) and attrs["basis"] == basis and attrs["content"] == _digest(table)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return table if whole else None


def _digest(table: pd.DataFrame) -> str:
    """SHA-256 over names and values of all columns, and what `attrs` says of them."""
    said = {name: value for name, value in table.attrs.items() if name != "content"}
    digest = hashlib.sha256(provenance.sha256_of(said).encode())
    for name in table.columns:
        column = table[name]
        values = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
        digest.update(str(name).encode() + b"\0" + np.ascontiguousarray(values.to_numpy()).tobytes())
    return digest.hexdigest()


def _keep(table: pd.DataFrame, path: Path) -> None:
    """Write `table` under its name in one step. Not being able to is no reason to lose the result."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".kinebench-", suffix=".parquet", dir=path.parent)
        os.close(handle)
        table.to_parquet(temporary)
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        warnings.warn(
            f"Detections could not be kept in {path.parent} ({reason}); next time they are made again.", stacklevel=3
        )
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
