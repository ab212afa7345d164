"""From a video to the people in it: the dear step of the whole way, and so done once and kept.

The detections are one long table, one row a joint: `frame` (its number in the file), `time_s` (from the file's first
frame), `person` (0, 1, ... as the estimator had them), `joint`, `x`, `y` (pixels of the upright picture), `confidence`
(0..1) and, where the estimator is 3D, `world_x`, `world_y`, `world_z` (metres). A frame without people has no rows.

They are kept as Parquet in `places.detections()`, named after a digest of everything that they depend on: the video's
content and stretch, the estimator's weights, versions and settings. `table.attrs` says the same in words.
"""

import contextlib
import json
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import pandas as pd

from kinebench import estimators, formats, keypoints, places, progress, video
from kinebench.errors import KinebenchError
from kinebench.estimators import Estimator, Person, Replaying, Streaming
from kinebench.extraction import keeping
from kinebench.extraction.settings import Extraction
from kinebench.video.ahead import ahead

__all__ = ["Extraction", "detect", "found_by", "is_kept", "joints", "kept_clips", "packed", "undecoded", "unpacked"]

# To be raised whenever the table comes to look different.
FORMAT = 3
# Decoded pictures that wait: enough to bridge the codec's unevenness, few enough for little memory (3 MB each, 1080p).
WAITING_PICTURES = 6


def detect(
    clip: video.Clip,
    settings: Extraction,
    *,
    progress: bool = True,
    told: Callable[[int, int], None] | None = None,
    what: str = "finding the person",
) -> pd.DataFrame:
    """The people in every frame of `clip`, as the long table of this module's docstring; nobody at all: no rows.

    Found before, they are read back, and no frame is decoded. The stretch is that of `clip`. `told` is called with the
    frames looked at and all of them; what it raises ends the work, and nothing is kept. `what`: what the progress
    says is going on. KinebenchError where the file changed since `clip` was opened.
    """
    estimator = estimators.get(settings.estimator, **settings.estimator_settings())
    basis = _basis(clip, estimator)
    path = keeping.place(basis)
    table = keeping.kept(path, basis)
    if table is None:
        table = _found(clip, estimator, what if progress else "", told)
        table.attrs["basis"] = basis
        table.attrs["content"] = keeping.digest(table)
        if not video.is_unchanged(clip):
            # What was looked at may be another video than the digest names, which others would be given for ever.
            raise KinebenchError(
                "clip must stay as it is while people are looked for in it, but it changed or went. Open it again."
            )
        keeping.keep(table, path)
    return table


def is_kept(clip: video.Clip, settings: Extraction) -> bool:
    """Whether `detect` would find the people of old, without looking at a frame."""
    estimator = estimators.get(settings.estimator, **settings.estimator_settings())
    return keeping.place(_basis(clip, estimator)).is_file()


def packed(clip: video.Clip, settings: Extraction) -> tuple[str, bytes] | None:
    """The kept detections as they travel to another machine: the file's name, and what it holds; None if none are."""
    estimator = estimators.get(settings.estimator, **settings.estimator_settings())
    path = keeping.place(_basis(clip, estimator))
    return (path.name, path.read_bytes()) if path.is_file() else None


def unpacked(carried: tuple[str, bytes]) -> None:
    """Keep here what another machine found; damaged on the way, it is made again, see `keeping.kept`."""
    name, content = carried
    keeping.keep_bytes(content, places.detections() / name)


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
    return tuple(named if named is not None else detections["joint"].unique())


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


def _basis(clip: video.Clip, estimator: Estimator) -> dict[str, Any]:
    """Everything that the detections depend on, as plain data."""
    stretch = {"start_s": clip.start_s, "stop_s": clip.stop_s, "every": clip.every, "frames": len(clip.times_s)}
    return {"format": FORMAT, "video_sha256": clip.sha256, **stretch, "estimator": estimator.describe()}


def _found(clip: video.Clip, estimator: Estimator, what: str, told: Callable[[int, int], None] | None) -> pd.DataFrame:
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
            tracked = progress.track(looks, what, len(clip.times_s)) if what else looks
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
        self._tracked = True

    def add(self, frame: int, time_s: float, people: list[Person]) -> None:
        for number, person in enumerate(people):
            parts = [person.points] if person.world is None else [person.points, person.world]
            self._values.append(np.concatenate(parts, axis=1, dtype=np.float32))
            self._tracked &= person.identity is not None
            self._frames.append((frame, time_s, number if person.identity is None else person.identity))

    def table(self, *, undecoded: int) -> pd.DataFrame:
        count, width = len(self._joints), self._values[0].shape[1] if self._values else len(keypoints.PLANE)
        values = np.concatenate(self._values) if self._values else np.empty((0, width), np.float32)
        numbers, times, people = zip(*self._frames, strict=True) if self._frames else ((), (), ())
        codes = np.tile(np.arange(count), len(self._frames))
        columns = {
            "frame": np.repeat(np.array(numbers, np.int32), count),
            "time_s": np.repeat(np.array(times, np.float64), count),
            "person": np.repeat(np.array(people, np.int16 if max(people, default=0) < 2**15 else np.int64), count),
            "joint": pd.Categorical.from_codes(codes, categories=pd.Index(self._joints)),
        }
        coordinates = (keypoints.PLANE + keypoints.WORLD)[:width]
        table = pd.DataFrame(columns | {name: values[:, i].copy() for i, name in enumerate(coordinates)})
        table.attrs |= {"joints": list(self._joints), "undecoded": undecoded}
        if self._tracked and self._frames:
            table.attrs["tracked"] = True
        return table
