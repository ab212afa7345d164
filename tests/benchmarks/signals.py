"""From the keypoints of an hour at 60 frames/s to every signal and to the repetitions, both tasks, in memory.

The keypoints are a generated subject's, repeated to fill the hour, with noise, low confidence and frames without the
person; what is timed is what a run does between the detections and the metrics: left and right put right, smoothing,
calibration, signals, repetitions.
"""

import statistics
import time
from typing import Any

import numpy as np
import pandas as pd

HOURS, RATE_HZ = 1.0, 60.0
TASKS = ("sit-to-stand", "rowing")


def keypoint_table(task: str, hours: float = HOURS, *, seed: int = 1) -> pd.DataFrame:
    """Keypoints of 33 joints for so many hours: one generated clip end to end, noise of 2 px, short gaps."""
    from kinebench import keypoints
    from kinebench.synthetic import Scene
    from kinebench.synthetic import keypoint_table as generated

    clip = generated(Scene(task=task, seed=seed, frame_rate_hz=RATE_HZ))
    joints = keypoints.joints(clip)
    frames = int(hours * 3600 * RATE_HZ)
    values = clip.to_numpy().reshape(len(clip), len(joints), 3)
    # There and back again, so that no joint jumps where one round ends and the next begins.
    both = np.concatenate([values, values[::-1]])
    values = both[np.arange(frames) % len(both)]
    random = np.random.default_rng(seed)
    values[..., :2] += random.normal(0.0, 2.0, (frames, len(joints), 2))
    for start in random.integers(0, frames, max(frames // 3600, 1)):
        values[start : start + 6] = np.nan
    return keypoints.make(np.arange(frames) / RATE_HZ, joints, values)


def measure(hours: float = HOURS, repeats: int = 3) -> dict[str, Any]:
    """Seconds of each task and of each step (median of the repeats); `seconds` is the slower task."""
    measured: dict[str, Any] = {"frames": int(hours * 3600 * RATE_HZ), "frame_rate_hz": RATE_HZ, "joints": 33}
    for task in TASKS:
        table = keypoint_table(task, hours)
        runs = [_steps(task, table) for _ in range(repeats)]
        steps = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        measured[task] = steps | {"seconds": sum(steps.values())}
    measured["seconds"] = max(measured[task]["seconds"] for task in TASKS)
    return measured


def _steps(task: str, table: pd.DataFrame) -> dict[str, float]:
    from kinebench import kinematics, scale, smoothing, subject
    from kinebench.tasks import common, get

    settings = get(task).settings()
    clock = [time.perf_counter()]

    def lap() -> float:
        clock.append(time.perf_counter())
        return clock[-1] - clock[-2]

    seconds = {}
    unswapped, swaps = subject.unswap(table)
    seconds["swaps_s"] = lap()
    smoothed = smoothing.smooth(unswapped, settings.smoothing)
    seconds["smoothing_s"] = lap()
    calibration = scale.calibrate(unswapped, smoothed.keypoints, settings.scaling)
    seconds["scale_s"] = lap()
    signals = kinematics.signals(smoothed.keypoints, calibration)
    seconds["signals_s"] = lap()
    untouched = np.zeros(len(table), dtype=bool)
    prepared = common.Prepared(table, unswapped, smoothed.keypoints, swaps, smoothed, calibration, signals, untouched)
    repetitions(task, prepared, settings)
    seconds["repetitions_s"] = lap()
    return seconds


def repetitions(task: str, prepared: Any, settings: Any) -> pd.DataFrame:
    """The task's own table of repetitions."""
    from kinebench.tasks import rowing, sit_to_stand

    find = {
        "sit-to-stand": lambda: sit_to_stand.repetitions(prepared, settings)[0],
        "rowing": lambda: rowing.strokes(prepared, rowing._motion(prepared), settings)[0],
    }
    return find[task]()


if __name__ == "__main__":
    print(measure())
