"""Writing the annotated video at 1080p against encoding alone, and against the tutorials' way through matplotlib."""

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests import clips

from kinebench import keypoints, overlay, places, skeleton, video
from kinebench.overlay.planes import Planes
from kinebench.tasks import AngleLabel

ROWER = places.ROOT.parent / "shared" / "data" / "videos" / "rowing_ergometer_side_jakobkb.mp4"
SIZE, FRAMES, RATE, HELD = (1920, 1080), 240, 30, 48
ANGLES = tuple(
    AngleLabel(f"{{near}}_{part}_flexion_deg", f"{{near}}_{part}", part) for part in ("knee", "hip", "elbow")
)


def measure(source: Path | None = None, repeats: int = 3) -> dict[str, Any]:
    """Frames a second of the overlay, of encoding alone with the same encoder, and through matplotlib.

    Encoding alone is fed with pictures that were decoded and laid out beforehand. The ways take turns, the median of
    `repeats` turns counts.
    """
    source = source or (ROWER if ROWER.exists() else places.SAMPLES / "rowing.mp4")
    with tempfile.TemporaryDirectory() as folder:
        clip = video.open_clip(
            clips.back_and_forth(
                source, Path(folder) / "clip.mp4", size=SIZE, rate=RATE, frames=FRAMES, preset="veryfast"
            )
        )
        scene = _scene(clip)
        held = [Planes.of(frame) for frame, _ in zip(video.frames(clip), range(HELD), strict=False)]
        out = Path(folder) / "out.mp4"
        ways: dict[str, Callable[[], None]] = {
            "overlay": lambda: _overlay(clip, scene, out),
            "encoding": lambda: _encoding(clip, held, out),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        cpu: dict[str, list[float]] = {name: [] for name in ways}
        for name in list(ways) * repeats:
            started, cpu_started = time.perf_counter(), time.process_time()
            ways[name]()
            seconds[name].append(time.perf_counter() - started)
            cpu[name].append(time.process_time() - cpu_started)
        tutorial = _tutorial_fps(clip, scene, 12)
    fps = {name: len(clip) / statistics.median(values) for name, values in seconds.items()}
    cpu_ms = {name: 1000 * statistics.median(values) / len(clip) for name, values in cpu.items()}
    return {
        "frames_per_s": fps["overlay"],
        "encoding_frames_per_s": fps["encoding"],
        "share_of_encoding": fps["overlay"] / fps["encoding"],
        "share_of_encoding_by_cpu_time": cpu_ms["encoding"] / cpu_ms["overlay"],
        "cpu_ms_a_frame": cpu_ms,
        "tutorial_frames_per_s": tutorial,
        "times_tutorial": fps["overlay"] / tutorial,
        "clip": f"{source.name}, {clip.width}x{clip.height}, {len(clip)} frames",
    }


def _scene(clip: video.Clip) -> overlay.Scene:
    """Every kind of mark on every frame: a body that rows in the middle of the picture."""
    way = np.cos(2 * np.pi * clip.times_s / 2.5)
    places_ = {
        "nose": (0.40, 0.17), "ear": (0.38, 0.16), "eye": (0.39, 0.15), "shoulder": (0.36, 0.30), "elbow": (0.42, 0.42),
        "wrist": (0.50, 0.40), "hip": (0.36, 0.58), "knee": (0.46, 0.50), "ankle": (0.56, 0.70), "heel": (0.55, 0.74),
        "foot_index": (0.59, 0.70),
    }  # fmt: skip
    joints = [joint for joint in skeleton.BLAZEPOSE33.joints if joint.split("_", 1)[-1] in places_]
    values = np.empty((len(clip), len(joints), 3))
    for place, joint in enumerate(joints):
        x, y = places_[joint.split("_", 1)[-1]]
        values[:, place, 0] = (x + 0.06 * way + 0.01 * joint.startswith("left")) * clip.width
        values[:, place, 1] = (y + 0.02 * way) * clip.height
        values[:, place, 2] = 0.9
    table = keypoints.make(clip.times_s, joints, values)
    signals = {f"right_{part}_flexion_deg": 60 + 40 * way for part in ("knee", "hip", "elbow")}
    signals["right_wrist_speed_px_s"] = np.abs(300 * way)
    labels = pd.DataFrame({"repetition": 1, "phase": np.where(way > 0, "drive", "recovery"), "count": 1})
    return overlay.prepare(
        (clip.width, clip.height),
        clip.times_s,
        clip.frame_numbers,
        raw=table,
        smoothed=table,
        signals=pd.DataFrame(signals, index=table.index),
        labels=labels.set_index(table.index),
        near_side="right",
        angles=ANGLES,
        trail="right_wrist",
        repetition="Stroke",
        phases={"drive": "drive", "recovery": "recovery"},
    )


def _overlay(clip: video.Clip, scene: overlay.Scene, out: Path) -> None:
    overlay.write_scene(clip, scene, out)


def _encoding(clip: video.Clip, held: list[Planes], out: Path) -> None:
    course = [*range(len(held)), *range(len(held) - 2, 0, -1)]
    with video.Writer(out, like=clip) as writer:
        for index in range(len(clip)):
            writer.write(held[course[index % len(course)]].picture, index)


def _tutorial_fps(clip: video.Clip, scene: overlay.Scene, frames: int) -> float:
    """The way of the tutorials: `imshow` and `scatter` on a figure of the frame's size, `savefig`, read back."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures = [frame.rgb() for frame, _ in zip(video.frames(clip), range(frames), strict=False)]
    started = time.perf_counter()
    for index, picture in enumerate(pictures):
        figure = Figure(figsize=(clip.width / 100, clip.height / 100), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(picture)
        for a, b in (*scene.near, *scene.far):
            axes.plot(*scene.points[index, [a, b]].T, linewidth=3)
        axes.scatter(*scene.points[index].T, s=30)
        axes.axis("off")
        FigureCanvasAgg(figure).print_png(io.BytesIO())
    return frames / (time.perf_counter() - started)


if __name__ == "__main__":
    import json

    print(json.dumps(measure(), indent=2))
