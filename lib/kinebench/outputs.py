"""What a run leaves behind: tables, metrics, figures and the annotated video. Nothing is measured here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import bystanders, figures, keypoints, overlay, scale, tasks
from kinebench.tasks import Analysis
from kinebench.video import Clip, frame_at, open_clip

FORMATS = ("svg", "pdf", "png")
GIF_WIDTH, GIF_RATE = 640, 12.5
THUMBNAIL_PX = 320


def save(analysis: Analysis, out: str | Path) -> list[Path]:
    """Write metrics, repetitions, signals, keypoints and every figure of the task into the folder `out`.

    Returns what was written. With an empty `out`, as in a notebook at work, nothing is written.
    """
    if not str(out):
        return []
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    written = _tables(analysis, folder)
    for name, figure in figures.all_of(analysis).items():
        written += save_figure(figure, folder / "figures", name)
    return written


def save_figure(figure: figures.Figure, folder: str | Path, name: str, *, width_mm: float | None = None) -> list[Path]:
    """One figure as SVG and PDF with text that can be edited, and as PNG at 300 dots an inch.

    width_mm: of one or two columns of a journal; the text keeps its size, the parts lay themselves out anew.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if width_mm is not None:
        figure.set_size_inches(width_mm / 25.4, figure.get_size_inches()[1])
    paths = [folder / f"{name}.{ending}" for ending in FORMATS]
    with figure.laid_out():
        for path in paths:
            figure.savefig(path)
    return paths


def save_keypoints(table: pd.DataFrame, out: str | Path) -> list[Path]:
    """Write a keypoint table as CSV and Parquet into the folder `out`; nothing with an empty one."""
    if not str(out):
        return []
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "keypoints.csv", folder / "keypoints.parquet"]
    for path in paths:
        keypoints.save(table, path)
    return paths


def save_overlay(clip: Clip, analysis: Analysis, detections: pd.DataFrame, out: str | Path) -> list[Path]:
    """Write the annotated video, everybody's face in `detections` covered, into the folder `out`; nothing without.

    Beside it lies a small picture of one of its frames, to be known again by in a list; faces are covered in that one
    whatever the settings say.
    """
    if not str(out):
        return []
    path = Path(out) / "overlay.mp4"
    seen = bystanders.with_all(clip, detections)
    overlay.write(clip, analysis, path, detections=seen, options=analysis.settings.overlay)
    return [path, _save_thumbnail(clip, analysis, seen, Path(out) / "thumbnail.jpg")]


def _save_thumbnail(clip: Clip, analysis: Analysis, seen: pd.DataFrame, path: Path) -> Path:
    """A small JPEG of the middle of the repetition in the middle, with the pose on it and every face covered."""
    from PIL import Image

    options = replace(analysis.settings.overlay, blur_faces=True)
    middle = analysis.accepted if len(analysis.accepted) else analysis.reps
    row = middle.iloc[len(middle) // 2] if len(middle) else {"start_s": clip.times_s[0], "end_s": clip.times_s[-1]}
    index = int(np.argmin(np.abs(clip.times_s - (row["start_s"] + row["end_s"]) / 2)))
    scene = overlay.of_analysis(analysis, clip.times_s, clip.frame_numbers, seen)
    picture = Image.fromarray(overlay.draw(frame_at(clip, index), scene, index, options=options))
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    picture.save(path, quality=80, optimize=True)
    return path


def save_frame(clip: Clip, analysis: Analysis, detections: pd.DataFrame, index: int, path: str | Path) -> Path:
    """One frame with everything that is drawn on it, faces covered, as PNG."""
    import imageio.v3 as iio

    seen = bystanders.with_all(clip, detections)
    scene = overlay.of_analysis(analysis, clip.times_s, clip.frame_numbers, seen)
    picture = overlay.draw(frame_at(clip, index), scene, index, options=analysis.settings.overlay)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    iio.imwrite(path, picture, extension=".png")
    return path


def save_stretch(
    clip: Clip, analysis: Analysis, detections: pd.DataFrame, span_s: tuple[float, float], path: str | Path
) -> Path:
    """A stretch of the annotated video as mp4, or as an animated GIF that a slide or a message can hold."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    detections = bystanders.with_all(clip, detections)
    part = open_clip(clip.path, start_s=span_s[0], stop_s=span_s[1], every=clip.every)
    if path.suffix == ".mp4":
        return overlay.write(part, analysis, path, detections=detections, options=analysis.settings.overlay)
    scene = overlay.of_analysis(analysis, part.times_s, part.frame_numbers, detections)
    _gif(part, scene, analysis.settings.overlay, path)
    return path


def _gif(clip: Clip, scene: overlay.Scene, options: overlay.OverlayOptions, path: Path) -> None:
    """At most `GIF_WIDTH` wide and `GIF_RATE` pictures a second: a GIF has no compression to speak of."""
    import imageio.v3 as iio
    from PIL import Image

    step = max(round(clip.frame_rate_hz / GIF_RATE), 1) if len(clip) > 1 else 1
    pictures = []
    for i in range(0, len(clip), step):
        drawn = Image.fromarray(overlay.draw(frame_at(clip, i), scene, i, options=options))
        # Each of two pictures beside each other gets its own width.
        drawn.thumbnail((GIF_WIDTH * drawn.width // clip.width, GIF_WIDTH))
        pictures.append(np.asarray(drawn))
    shown_ms = 1000 * step / clip.frame_rate_hz if len(clip) > 1 else 1000
    iio.imwrite(path, np.stack(pictures), extension=".gif", duration=shown_ms, loop=0)


def save_table(analysis: Analysis, name: str, path: str | Path) -> Path:
    """One of `TABLES` as CSV."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    TABLES[name](analysis, path)
    return path


TABLES: Mapping[str, Callable[[Analysis, Path], Any]] = {
    "metrics": lambda analysis, path: tasks.metrics_table(analysis).to_csv(path, index=False),
    "repetitions": lambda analysis, path: analysis.reps.to_csv(path, index=False),
    "signals": lambda analysis, path: analysis.signals.to_csv(path),
    "keypoints": lambda analysis, path: keypoints.save(analysis.keypoints, path),
}


def stills(clip: Clip, table: pd.DataFrame, detections: pd.DataFrame, count: int = 4) -> figures.Figure:
    """A few frames, evenly spread over the clip, with the skeleton of a keypoint table drawn on them, faces covered."""
    near = scale.near_side(table, scale.facing(table, "auto").value, "auto").value
    size = (clip.width, clip.height)
    seen = bystanders.with_all(clip, detections)
    scene = overlay.prepare(
        size, clip.times_s, clip.frame_numbers, raw=table, smoothed=table, near_side=near, detections=seen
    )
    indices = np.linspace(0, len(clip) - 1, count + 2).round().astype(int)[1:-1]
    pictures = [overlay.draw(frame_at(clip, int(i)), scene, int(i)) for i in indices]
    return figures.contact_sheet(pictures, [f"{clip.times_s[i]:.2f} s" for i in indices])


def _tables(analysis: Analysis, folder: Path) -> list[Path]:
    described = json.dumps(tasks.metrics_json(analysis), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "metrics.json").write_text(described + "\n", encoding="utf-8")
    for name, table in (("metrics", "metrics"), ("reps", "repetitions"), ("signals", "signals")):
        save_table(analysis, table, folder / f"{name}.csv")
    names = ["metrics.json", "metrics.csv", "reps.csv", "signals.csv"]
    if "norms" in analysis.extras:
        analysis.extras["norms"].to_csv(folder / "references.csv", index=False)
        names.append("references.csv")
    return [folder / name for name in names] + save_keypoints(analysis.keypoints, folder)
