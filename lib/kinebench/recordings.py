"""Keypoints that another tool found, made ready for a run: as kinebench's own detections, beside a video.

Where there is no video a plain one is drawn, with the recording's own times, so that everything that follows is the
same: the overlay then shows the skeleton on a plain ground. Both lie in the cache, named after what they were made of.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import formats, places, provenance, video
from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording
from kinebench.video.orientation import Orientation

GROUND = (242, 242, 240)
"""Colour of the plain video, as the paper of the figures."""
MARGIN = 1.08
TICKS = 90_000
"""Ticks a second of the plain video's timestamps, as in MPEG."""
FORMAT = 1
"""To be raised whenever the same file comes to give another table or video."""
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
    width and height in pixels, where its coordinates are shares of the picture. skeleton, format: see `formats`.
    """
    source = Path(source).expanduser()
    shown = None if clip is None else video.open_clip(Path(clip).expanduser())
    recording = formats.read(source, given(shown, rate_hz, size, skeleton), format=format)
    if recording.detections.empty:
        raise KinebenchError(f"KEYPOINTS must hold a person, but {source.name} holds nobody. Is it the right file?")
    notes = list(recording.notes)
    table = recording.detections
    folder = places.cache() / "recordings"
    if shown is None:
        table = _from_zero(table)
        held = size or extent(table)
        path = _plain(folder, _times(table), held)
        notes.append("There is no video: the skeleton is drawn on a plain ground.")
        if size is None:
            notes.append(f"The picture's size is not known: {held[0]}x{held[1]} px holds all keypoints.")
    else:
        path = shown.path
    table.attrs = {
        "joints": list(recording.joints),
        "source": {"sha256": digest(source), "format": format or formats.recognised(source), "notes": notes},
    }
    return Ready(path, _kept(table, folder), tuple(notes), scaling(recording))


def given(shown: video.Clip | None, rate_hz: float | None, size: tuple[int, int] | None, skeleton: str | None) -> Given:
    """What is known beside the recording; a video goes before a rate and a size."""
    if shown is not None:
        return Given(times_s=shown.times_s, width=shown.width, height=shown.height, skeleton=skeleton)
    width, height = size or (None, None)
    return Given(frame_rate_hz=rate_hz, width=width, height=height, skeleton=skeleton)


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


def _from_zero(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the time 0 for its frame 0, where it holds that one: a clock of its own may begin anywhere."""
    times, frames = table["time_s"].to_numpy(float), table["frame"].to_numpy()
    first = int(times.argmin())
    return table.assign(time_s=times - times[first]) if frames[first] == 0 and times[first] != 0 else table


def _times(table: pd.DataFrame) -> np.ndarray:
    """Times of the plain video's frames: those of the recording, and those of its frames without anybody."""
    known = table.groupby("frame")["time_s"].first()
    frames = np.arange(int(known.index.max()) + 1) if known.index.min() >= 0 else known.index.to_numpy()
    even = len(frames) <= 4 * len(known)
    times = np.interp(frames, known.index, known.to_numpy()) if even else known.to_numpy()
    if even and known.index.min() > 0 and len(known) > 1:
        # Frames before the first with somebody in it: at the rate of those that follow.
        step = float(np.median(np.diff(known.to_numpy()) / np.diff(known.index.to_numpy())))
        before = frames < known.index.min()
        times[before] = known.iloc[0] - step * (known.index.min() - frames[before])
    times = np.unique(np.round((times - min(times[0], 0.0)) * TICKS).astype(np.int64))
    if len(times) < 2:
        raise KinebenchError("KEYPOINTS must hold at least two frames, but hold one. A movement takes several.")
    return times


def extent(table: pd.DataFrame) -> tuple[int, int]:
    """Width and height that hold every keypoint, even, as H.264 has it."""
    found = [max(float(table[axis].max()), 63.0) * MARGIN for axis in ("x", "y")]
    if max(found) > 16_000:
        raise KinebenchError(
            f"KEYPOINTS must lie within a picture of at most 16000 px, but reach to {max(found):.0f} px. Give its size "
            "with --size WIDTHxHEIGHT, or name the video with --video."
        )
    width, height = (2 * int(np.ceil((length + 1) / 2)) for length in found)
    return width, height


def _plain(folder: Path, ticks: np.ndarray, size: tuple[int, int]) -> Path:
    """A video of nothing, its frames at the times of `ticks`."""
    said = {"format": FORMAT, "ticks": ticks.tolist(), "size": list(size)}
    path = folder / f"{provenance.sha256_of(said)}.mp4"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    times_s = (ticks - ticks[0]) / TICKS
    like = video.Clip(
        path=path,
        width=size[0],
        height=size[1],
        orientation=Orientation(*size),
        times_s=times_s,
        frame_numbers=np.arange(len(ticks)),
        timestamps=ticks - ticks[0],
        time_base=Fraction(1, TICKS),
        duration_s=float(times_s[-1] + np.median(np.diff(times_s))),
        start_s=0.0,
        stop_s=None,
        every=1,
        codec="h264",
        pixel_format="yuv420p",
        sha256="",
    )
    picture = np.full((size[1], size[0], 3), GROUND, np.uint8)
    with video.Writer(path, like=like) as writer:
        for index in range(len(ticks)):
            writer.write(picture, index)
    return path


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
