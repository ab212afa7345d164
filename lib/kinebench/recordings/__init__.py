"""Keypoints that another tool found, made ready for a run: as kinebench's own detections, beside a video.

Where there is no video a plain one is drawn, with the recording's own times, so that everything that follows is the
same: the overlay then shows the skeleton on a plain ground. Both lie in the cache, named after what they were made of.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kinebench import formats, places, provenance, video
from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording
from kinebench.recordings.placing import LARGEST_PX, TICKS, extent, frame_ticks, on_video
from kinebench.recordings.plain import GROUND, plain

__all__ = [
    "GROUND",
    "TICKS",
    "Ready",
    "digest",
    "extent",
    "frame_ticks",
    "is_recording",
    "on_video",
    "read",
    "ready",
    "scaling",
]

_ENDINGS = {ending for entry in formats.FORMATS.values() if entry.reads for ending in entry.endings}


@dataclass(frozen=True)
class Ready:
    """video: the user's or a plain one; recording: detections for the estimator `recorded`; notes: what to know of
    them, a sentence each; values: parameters that the recording itself determines.
    """

    video: Path
    recording: Path
    notes: tuple[str, ...]
    values: Mapping[str, Any]


def is_recording(path: str | Path) -> bool:
    """Whether this is rather a recording of keypoints than a video: a folder, or a file with such an ending."""
    path = Path(path)
    return path.is_dir() or path.suffix.lower() in _ENDINGS or path.suffix.lower() == ".json"


def ready(
    source: str | Path,
    *,
    clip: str | Path | None = None,
    rate_hz: float | None = None,
    size: tuple[int, int] | None = None,
    skeleton: str | None = None,
    format: str | None = None,
) -> Ready:
    """Read the recording `source` and make it ready.

    clip: the video that it belongs to; without it rate_hz, frames a second, where the file knows no times, and size,
    width and height in pixels, where its coordinates are shares of the picture. With a video, size is that of the
    picture on which the keypoints were found, if it was another. skeleton, format: see `formats`.
    """
    source = Path(source).expanduser()
    shown = None if clip is None else video.open_clip(Path(clip).expanduser())
    recording = read(source, shown, rate_hz=rate_hz, size=size, skeleton=skeleton, format=format)
    table, notes = recording.detections, list(recording.notes)
    folder = places.cache() / "recordings"
    if shown is None:
        ticks, first_s = frame_ticks(table)
        held = size or extent(table)
        table = table.assign(time_s=table["time_s"] - first_s)
        path = plain(folder, ticks, held)
        notes.append("There is no video: the skeleton is drawn on a plain ground.")
        if first_s != 0:
            notes.append(f"Times count from the recording's first frame, at {first_s:.3f} s by its own clock.")
        if size is None:
            notes.append(f"The picture's size is not known: {held[0]}x{held[1]} px holds all keypoints.")
    else:
        path = shown.path
        notes.append("Faces are covered where the recording has them, not where they are looked for.")
    table.attrs = {
        "joints": list(recording.joints),
        "tracked": recording.tracked,
        "source": {"sha256": digest(source), "format": format or formats.recognised(source), "notes": notes},
    }
    return Ready(path, _kept(table, folder), tuple(notes), scaling(recording))


def read(
    source: Path,
    shown: video.Clip | None,
    *,
    rate_hz: float | None = None,
    size: tuple[int, int] | None = None,
    skeleton: str | None = None,
    format: str | None = None,
) -> Recording:
    """The recording at `source`, on the frames of the video `shown` where there is one; the rest as in `ready`."""
    if size is not None and max(size) > LARGEST_PX:
        raise KinebenchError(
            f"--size must be at most {LARGEST_PX} px, but got {size[0]}x{size[1]}. Give the picture's."
        )
    width, height = size or ((shown.width, shown.height) if shown is not None else (None, None))
    times_s = None if shown is None else shown.times_s
    rate_hz = rate_hz if shown is None else None
    given = Given(times_s=times_s, frame_rate_hz=rate_hz, width=width, height=height, skeleton=skeleton)
    recording = formats.read(source, given, format=format)
    if recording.detections.empty:
        raise KinebenchError(f"KEYPOINTS must hold a person, but {source.name} holds nobody. Is it the right file?")
    return recording if shown is None else on_video(recording, shown, size)


def scaling(recording: Recording) -> dict[str, Any]:
    """Parameters of `scale` where the recording knows lengths: a metre, laid into the picture."""
    if recording.metres_per_px is None:
        return {}
    return {
        "known_length_m": 1.0,
        "known_length_x1_px": 0.0,
        "known_length_y1_px": 0.0,
        "known_length_x2_px": 1 / recording.metres_per_px,
        "known_length_y2_px": 0.0,
    }


def digest(path: Path) -> str:
    """SHA-256 of a file, or of names and contents of a folder's files."""
    if path.is_file():
        return provenance.sha256_file(path)
    whole = hashlib.sha256()
    for file in sorted(one for one in path.iterdir() if one.is_file()):
        whole.update(file.name.encode() + b"\0" + bytes.fromhex(provenance.sha256_file(file)))
    return whole.hexdigest()


def _kept(table: pd.DataFrame, folder: Path) -> Path:
    """The table as Parquet under a name that its content gives, in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".kinebench-", suffix=".parquet", dir=folder)
    os.close(handle)
    try:
        table.to_parquet(temporary)
        path = folder / f"{provenance.sha256_file(temporary)}.parquet"
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise KinebenchError(
            f"The cache must be writable, but writing to {folder} failed ({error.strerror or error}). Free space, or "
            "set KINEBENCH_CACHE to another folder."
        ) from None
    return path
