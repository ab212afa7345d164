"""A scene as files: the video, its truth and its events."""

import json
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from kinebench.progress import track
from kinebench.synthetic.scene import Scene
from kinebench.synthetic.truth import events, truth_table

QUALITY = 23  # x264's constant rate factor


def beside(path: Path) -> tuple[Path, Path]:
    """Where the truth and the events of a video lie: `x.mp4` -> `x.truth.csv`, `x.events.json`."""
    return path.with_suffix(".truth.csv"), path.with_suffix(".events.json")


def generate(scene: Scene, path: str | Path, *, frames: int | None = None, quality: int = QUALITY) -> Path:
    """Write the video, `*.truth.csv` and `*.events.json`; each appears whole or not at all.

    frames: stop after so many (the events stay those of the whole clip); quality: x264's constant rate factor.
    """
    from kinebench.synthetic.render import Renderer

    path = Path(path)
    renderer = Renderer(scene)
    count = len(renderer) if frames is None else min(frames, len(renderer))
    pictures = (renderer.frame(number) for number in track(range(count), f"rendering {path.name}", count))
    truth_path, events_path = beside(path)
    temporary = path.with_name(f".{path.stem}.part.mp4")
    try:
        _encode(scene, temporary, pictures, quality)
        if scene.rotation_deg:
            _write_rotation(temporary, scene)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _write_text(truth_path, truth_csv(scene, frames))
    _write_text(events_path, json.dumps(events(scene), indent=2) + "\n")
    return path


def truth_csv(scene: Scene, frames: int | None = None) -> str:
    """The text of `*.truth.csv`: times to a nanosecond, pixels with a hundredth, angles and metres with four digits."""
    table = truth_table(scene, frames)
    digits = {str(name): 2 if str(name).endswith(("_x", "_y")) else 4 for name in table} | {"time_s": 9}
    return table.round(digits).to_csv(lineterminator="\n")


def _encode(scene: Scene, path: Path, pictures, quality: int) -> None:
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


def _write_rotation(path: Path, scene: Scene) -> None:
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
