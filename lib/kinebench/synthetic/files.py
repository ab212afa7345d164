"""A scene as files: the video, its truth and its events."""

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import pandas as pd

from kinebench.progress import track
from kinebench.synthetic import walkers_truth
from kinebench.synthetic.scene import Scene
from kinebench.synthetic.truth import events, truth_table
from kinebench.synthetic.walkers import Walkers

QUALITY = 23  # x264's constant rate factor


def beside(path: Path) -> tuple[Path, Path]:
    """Where the truth and the events of a video lie: `x.mp4` -> `x.truth.csv`, `x.events.json`."""
    return path.with_suffix(".truth.csv"), path.with_suffix(".events.json")


def generate(scene: Scene, path: str | Path, *, frames: int | None = None, quality: int = QUALITY) -> Path:
    """Write the video, `*.truth.csv` and `*.events.json`; each appears whole or not at all.

    frames: stop after so many (the events stay those of the whole clip); quality: x264's constant rate factor.
    """
    from kinebench.synthetic.render import Renderer

    return film(scene, Path(path), Renderer(scene), (truth_table(scene, frames), events(scene)), frames, quality)


def generate_walkers(scene: Walkers, path: str | Path, *, frames: int | None = None, quality: int = QUALITY) -> Path:
    """The same for people who walk; the truth table has one row a frame and person."""
    from kinebench.synthetic.walkers_render import WalkersRenderer

    truth = walkers_truth.truth_table(scene, frames), walkers_truth.events(scene)
    return film(scene.hall, Path(path), WalkersRenderer(scene), truth, frames, quality)


class Filmed(Protocol):
    """What the file must know of a clip: the upright picture's size and the frames' times."""

    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def rotation_deg(self) -> int: ...  # noqa: D102
    @property
    def frame_rate_hz(self) -> float: ...  # noqa: D102
    @property
    def time_base(self) -> Fraction: ...  # noqa: D102
    @property
    def timestamps(self) -> np.ndarray: ...  # noqa: D102


class Draws(Protocol):
    """What draws a clip's frames."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def frame(self, number: int) -> np.ndarray:
        """One of them, uint8 (height, width, 3)."""
        ...


def film(
    clip: Filmed,
    path: Path,
    renderer: Draws,
    truth: tuple[pd.DataFrame, dict[str, Any]],
    frames: int | None,
    quality: int,
) -> Path:
    """Write a clip and, beside it, its truth table and its events."""
    count = len(renderer) if frames is None else min(frames, len(renderer))
    pictures = (renderer.frame(number) for number in track(range(count), f"rendering {path.name}", count))
    truth_path, events_path = beside(path)
    temporary = path.with_name(f".{path.stem}.part.mp4")
    try:
        _encode(clip, temporary, pictures, quality)
        if clip.rotation_deg:
            _write_rotation(temporary, clip)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    table, found = truth
    _write_text(truth_path, truth_csv(table))
    _write_text(events_path, json.dumps(found, indent=2) + "\n")
    return path


def truth_csv(table: pd.DataFrame) -> str:
    """The text of `*.truth.csv`: times to a nanosecond, pixels and shares to 0.01, the rest to four digits."""
    digits = {str(name): 2 if str(name).endswith(("_x", "_y", "_visible")) else 4 for name in table} | {"time_s": 9}
    return table.round(digits).to_csv(lineterminator="\n")


def _encode(scene: Filmed, path: Path, pictures, quality: int) -> None:
    turns = scene.rotation_deg // 90
    width, height = (scene.width, scene.height) if turns % 2 == 0 else (scene.height, scene.width)
    with av.open(
        str(path), "w", format="mp4", options={"movflags": "faststart", "video_track_timescale": "90000"}
    ) as file:
        rate = Fraction(scene.frame_rate_hz).limit_denominator(1001)
        stream = file.add_stream("libx264", rate=rate, options={"crf": str(quality), "preset": "slow"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = scene.time_base
        stream.codec_context.thread_count = 1  # the same bytes on every machine
        stream.codec_context.color_range, stream.codec_context.colorspace = 1, 6  # limited, BT.601
        for tick, picture in zip(scene.timestamps, pictures, strict=False):
            # What a player turns clockwise by rotation_deg is stored turned the other way.
            stored = np.ascontiguousarray(np.rot90(picture, turns))
            frame = av.VideoFrame.from_ndarray(stored, format="rgb24")
            frame.pts, frame.time_base = int(tick), scene.time_base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def _write_rotation(path: Path, scene: Filmed) -> None:
    """Put the display matrix into the track header (`tkhd`, ISO/IEC 14496-12 8.3.2), which PyAV can't write."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    matrix_at = at + (52 if data[at] == 1 else 40)
    one = 1 << 16
    cosine, sine = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[scene.rotation_deg]
    # The stored picture is turned about its corner and moved back into view.
    width, height = (scene.width << 16, scene.height << 16)
    shift = {90: (width, 0), 180: (width, height), 270: (0, height)}[scene.rotation_deg]
    values = (cosine, sine, 0, -sine, cosine, 0, *shift, 1 << 30)
    data[matrix_at : matrix_at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in values)
    path.write_bytes(data)


def _write_text(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
