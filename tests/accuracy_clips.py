"""The sample clips whose accuracy is told: each through the default network and its task, with the truth beside it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import extraction, keypoints, parameters, places, subject, tasks, video
from kinebench.tasks import Analysis, Recording

CLIPS = {
    "sit_to_stand.mp4": "sit-to-stand",
    "rowing.mp4": "rowing",
    "squat_side.mp4": "lifting",
    "squat_front.mp4": "lifting",
    "walking_treadmill.mp4": "walking",
    "walking_past.mp4": "walking",
    "punch_fault.mp4": "compare",
}
"""Clip -> the task that measures it."""
UNSCALED = ("sit_to_stand.mp4", "rowing.mp4")
"""Measured in pixels, with nothing given but the clip; of the others, what their .yaml says is known."""


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


@dataclass(frozen=True, eq=False)
class Measured:
    """A sample clip: its name, what was measured in it, its truth table and its true events."""

    clip: str
    analysis: Analysis
    truth: pd.DataFrame
    events: dict[str, Any]


@cache
def measured(clip: str) -> Measured:
    """A clip of `CLIPS` and its truth."""
    path = places.SAMPLES / clip
    truth = pd.read_csv(path.with_suffix(".truth.csv"))
    events = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))
    values = {} if clip in UNSCALED else parameters.load(path.with_suffix(".yaml"))
    return Measured(clip, analysed_as(CLIPS[clip], path, **values), truth, events)


def analysed_as(task_name: str, path: Path, **values: Any) -> Analysis:
    """The clip at `path` analysed as a task; values: flat parameters, the rest as by default."""
    task = tasks.get(task_name)
    settings = parameters.build(task.settings, values)
    wanted = settings.extraction
    clip = video.open_clip(path, start_s=wanted.start_s, stop_s=wanted.stop_s, every=wanted.every)
    detections = extraction.detect(clip, wanted, progress=False)
    joints = extraction.joints(detections)
    followed = subject.follow(detections, clip.times_s, clip.width, clip.height, joints, settings.subject)
    return task.analyse(followed, Recording.of(clip, detections, followed), settings)


def event_errors(one: Measured, name: str) -> np.ndarray:
    """Measured less true value of a column of the repetitions, paired in order."""
    found = one.analysis.accepted[name].to_numpy(float)
    true = np.array([row[name] for row in one.events["repetitions"]])
    if len(found) != len(true):
        raise ValueError(f"{len(found)} repetitions were measured, {len(true)} are true")
    return found - true


def angle_error(one: Measured, signal: str) -> tuple[float, float]:
    """Root mean square error of a signal in degrees, and its mean (the offset)."""
    times = keypoints.times(one.analysis.keypoints)
    true = np.interp(times, one.truth["time_s"], one.truth[signal])
    error = one.analysis.signals[signal].to_numpy() - true
    return float(np.sqrt(np.nanmean(error**2))), float(np.nanmean(error))


def angle_row(one: Measured, side: str, angle: str, bar: float | None) -> Row:
    """A side's angle over the whole clip."""
    error, offset = angle_error(one, f"{side}_{angle}_deg")
    what = f"near-side {angle.replace('_', ' ')}: RMSE"
    return Row(one.clip, what, "", f"offset {offset:+.1f} deg", error, "deg", bar)


def metric_row(one: Measured, name: str, words: str, true: float, bar: tuple[float, str] | None = None) -> Row:
    """A metric of the clip; bar: the largest error, with its unit, where % means of the truth."""
    metric = one.analysis.metric(name)
    if metric is None or metric.value is None:
        raise ValueError(f"{name} was not measured in {one.clip}")
    limit, unit = bar or (None, metric.unit)
    error = abs(metric.value - true)
    if bar and unit == "%":
        error *= 100 / true
    shown = f" {metric.unit}" if metric.unit else ""
    return Row(one.clip, words, f"{true:.3f}{shown}", f"{metric.value:.3f}{shown}", error, unit, limit)


def count_row(one: Measured, noun: str) -> Row:
    """How many repetitions count."""
    true, found = len(one.events["repetitions"]), len(one.analysis.accepted)
    return Row(one.clip, noun, str(true), str(found), abs(found - true), "", 0)


def largest_row(clip: str, what: str, errors: np.ndarray, unit: str, bar: float | None) -> Row:
    """The largest of several errors, with their mean beside it; it decides, however many are small."""
    digits = 1 if unit == "deg" else 3
    return Row(clip, f"{what}: largest error", "", f"mean {errors.mean():+.{digits}f} {unit}".rstrip(),
               float(np.abs(errors).max()), unit, bar)  # fmt: skip
