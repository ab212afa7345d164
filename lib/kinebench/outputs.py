"""What a run leaves behind: tables, metrics, figures and the annotated video. Nothing is measured here."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import figures, keypoints, overlay, scale, tasks
from kinebench.tasks import Analysis
from kinebench.video import Clip, frame_at

FORMATS = ("svg", "pdf", "png")


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


def save_figure(figure: figures.Figure, folder: str | Path, name: str) -> list[Path]:
    """One figure as SVG and PDF with text that can be edited, and as PNG at 300 dots an inch."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{ending}" for ending in FORMATS]
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
    """Write the annotated video, everybody's face in `detections` covered, into the folder `out`; nothing without."""
    if not str(out):
        return []
    path = Path(out) / "overlay.mp4"
    overlay.write(clip, analysis, path, detections=detections, options=analysis.settings.overlay)
    return [path]


def stills(clip: Clip, table: pd.DataFrame, detections: pd.DataFrame, count: int = 4) -> figures.Figure:
    """A few frames, evenly spread over the clip, with the skeleton of a keypoint table drawn on them, faces covered."""
    near = scale.near_side(table, scale.facing(table, "auto").value, "auto").value
    size = (clip.width, clip.height)
    scene = overlay.prepare(
        size, clip.times_s, clip.frame_numbers, raw=table, smoothed=table, near_side=near, detections=detections
    )
    indices = np.linspace(0, len(clip) - 1, count + 2).round().astype(int)[1:-1]
    pictures = [overlay.draw(frame_at(clip, int(i)), scene, int(i)) for i in indices]
    return figures.contact_sheet(pictures, [f"{clip.times_s[i]:.2f} s" for i in indices])


def _tables(analysis: Analysis, folder: Path) -> list[Path]:
    described = json.dumps(tasks.metrics_json(analysis), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "metrics.json").write_text(described + "\n", encoding="utf-8")
    tasks.metrics_table(analysis).to_csv(folder / "metrics.csv", index=False)
    analysis.reps.to_csv(folder / "reps.csv", index=False)
    analysis.signals.to_csv(folder / "signals.csv")
    names = ["metrics.json", "metrics.csv", "reps.csv", "signals.csv"]
    if "norms" in analysis.extras:
        analysis.extras["norms"].to_csv(folder / "references.csv", index=False)
        names.append("references.csv")
    return [folder / name for name in names] + save_keypoints(analysis.keypoints, folder)
