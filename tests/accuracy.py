"""How far the measurements on the two sample clips lie from their truth: `python -m tests.accuracy` prints the table.

The clips go the whole way, through the default network's keypoints; the truth comes from the generator of the clips.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import extraction, keypoints, places, subject, tasks, video
from kinebench.tasks import Analysis, Recording, rowing_metrics, rowing_summary

EVENTS = {
    "sit-to-stand": ("start_s", "seat_off_s", "standing_s", "descent_s", "seat_contact_s"),
    "rowing": ("catch_s", "finish_s", "end_s"),
}
EVENT_BAR_S = 0.15
ANGLES = {
    "sit-to-stand": (("knee_flexion", 4.0), ("hip_flexion", 5.0)),
    "rowing": (("knee_flexion", 6.0), ("hip_flexion", None), ("elbow_flexion", None)),
}
WORDS = {
    "five_rep_time_s": "5-times sit-to-stand time",
    "rise_time_mean_s": "mean rise time",
    "descent_time_mean_s": "mean descent time",
    "peak_trunk_lean_deg": "mean peak trunk lean",
    "knee_excursion_deg": "mean knee excursion",
    "stroke_rate_spm": "stroke rate",
    "drive_time_mean_s": "mean drive time",
    "recovery_time_mean_s": "mean recovery time",
    "drive_recovery_ratio": "drive to recovery",
    "drive_peak_speed_mean_px_s": "mean peak hand speed of the drive",
    "fastest_at_drive_pct": "where in the drive the hand is fastest",
    "stroke_similarity_r": "likeness of the strokes",
}
BARS = {
    "five_rep_time_s": (0.15, "s"),
    "stroke_rate_spm": (1.0, "%"),
    "drive_time_mean_s": (5.0, "%"),
    "recovery_time_mean_s": (5.0, "%"),
}


@dataclass(frozen=True)
class Row:
    """One line of the table; `bar` is the largest `error` allowed, None where there is none."""

    clip: str
    what: str
    truth: str
    measured: str
    error: float
    unit: str
    bar: float | None


@cache
def analysed(task_name: str) -> tuple[Analysis, pd.DataFrame, dict]:
    """A task's sample clip analysed with default settings, its truth table and its true events."""
    path = places.SAMPLES / tasks.get(task_name).sample
    truth = pd.read_csv(path.with_suffix(".truth.csv"))
    events = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))
    return analysed_as(task_name, path), truth, events


def analysed_as(task_name: str, path: Path) -> Analysis:
    """The clip at `path` analysed as a task with default settings."""
    task = tasks.get(task_name)
    settings = task.settings()
    clip = video.open_clip(path)
    detections = extraction.detect(clip, settings.extraction, progress=False)
    joints = extraction.joints(detections)
    followed = subject.follow(detections, clip.times_s, clip.width, clip.height, joints, settings.subject)
    analysis: Analysis = task.analyse(followed, Recording.of(clip, detections, followed), settings)
    return analysis


def event_errors(analysis: Analysis, events: dict, name: str) -> np.ndarray:
    """Measured less true time of an event, one a repetition; repetitions are paired in order."""
    measured = analysis.accepted[name].to_numpy()
    true = np.array([row[name] for row in events["repetitions"]])
    if len(measured) != len(true):
        raise ValueError(f"{len(measured)} repetitions were measured, {len(true)} are true")
    return measured - true


def angle_error(analysis: Analysis, truth: pd.DataFrame, signal: str) -> tuple[float, float]:
    """Root mean square error of a signal in degrees, and its mean (the offset)."""
    times = keypoints.times(analysis.keypoints)
    true = np.interp(times, truth["time_s"], truth[signal])
    error = analysis.signals[signal].to_numpy() - true
    return float(np.sqrt(np.nanmean(error**2))), float(np.nanmean(error))


def rows(task_name: str) -> Iterator[Row]:
    """Every line for one task's sample clip."""
    analysis, truth, events = analysed(task_name)
    clip = tasks.get(task_name).sample
    count = len(events["repetitions"])
    noun = "strokes" if "strokes" in events["metrics"] else "repetitions"
    yield Row(clip, noun, str(count), str(len(analysis.accepted)), abs(len(analysis.accepted) - count), "", 0)
    for name in EVENTS[task_name]:
        errors = event_errors(analysis, events, name)
        what = name.removesuffix("_s").replace("_", " ")
        yield Row(
            clip, f"{what}: largest error", "", f"mean {errors.mean():+.3f} s", np.abs(errors).max(), "s", EVENT_BAR_S
        )
    for name, value in events["metrics"].items():
        if name in WORDS:
            yield _metric_row(clip, name, value, analysis)
    if noun == "strokes":
        yield from _hand_rows(clip, analysis, truth, events["near_side"])
    for angle, bar in ANGLES[task_name]:
        signal = f"{events['near_side']}_{angle}_deg"
        error, offset = angle_error(analysis, truth, signal)
        what = f"near-side {angle.replace('_', ' ')}: RMSE"
        yield Row(clip, what, "", f"offset {offset:+.1f} deg", error, "deg", bar)


def _hand_rows(clip: str, analysis: Analysis, truth: pd.DataFrame, side: str) -> Iterator[Row]:
    """The hand's speed, between the same catches: what the smoothing and the network's noise do to it."""
    time_s = truth["time_s"].to_numpy()
    velocity = np.gradient(truth[[f"{side}_wrist_x", f"{side}_wrist_y"]].to_numpy(), time_s, axis=0)
    nothing = np.full_like(time_s, np.nan)
    motion = rowing_metrics.Motion(time_s, nothing, nothing, np.linalg.norm(velocity, axis=1), "px", {})
    good = analysis.accepted
    profiles = rowing_metrics.profiles(good, motion).iloc[:, : len(good)].to_numpy()
    drive = rowing_metrics.at_times(time_s, motion.speed, rowing_metrics.grid(good, "catch_s", "finish_s"))
    true = {
        "drive_peak_speed_mean_px_s": float(drive.max(axis=1).mean()),
        "fastest_at_drive_pct": float(drive.mean(axis=0).argmax()),
        "stroke_similarity_r": rowing_summary.likeness(profiles)[0],
    }
    for name, value in true.items():
        assert value is not None
        yield _metric_row(clip, name, value, analysis)


def _metric_row(clip: str, name: str, true: float, analysis: Analysis) -> Row:
    metric = analysis.metric(name)
    if metric is None or metric.value is None:
        raise ValueError(f"{name} was not measured")
    bar, unit = BARS.get(name, (None, metric.unit))
    error = abs(metric.value - true)
    if unit == "%" and name in BARS:
        error *= 100 / true
    shown = f" {metric.unit}" if metric.unit else ""
    return Row(clip, WORDS[name], f"{true:.3f}{shown}", f"{metric.value:.3f}{shown}", error, unit, bar)


def markdown() -> str:
    """The README's table."""
    lines = ["| clip | what | truth | measured | error | bar |", "|---|---|---|---|---|---|"]
    for task_name in tasks.names():
        for row in rows(task_name):
            unit = f" {row.unit}" if row.unit else ""
            bar = "" if row.bar is None else f"{row.bar:g}{unit}"
            digits = ".0f" if row.unit == "" and row.bar == 0 else ".2f" if row.unit in ("deg", "%") else ".3f"
            lines.append(
                f"| {row.clip} | {row.what} | {row.truth} | {row.measured} | {row.error:{digits}}{unit} | {bar} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    from tests import accuracy_pictures

    print(markdown())
    print()
    print(accuracy_pictures.markdown())
