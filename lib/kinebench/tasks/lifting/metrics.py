"""What is measured of each repetition of a lift: times, the bar's velocity and path, the body at the bottom."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import geometry
from kinebench.tasks.lifting.exercises import Exercise
from kinebench.tasks.lifting.measures import Course, Courses, joined

PERCENT = np.arange(101)
GOOD, DOUBTFUL, BAD = "good", "doubtful", "bad"
DEPTH_ERROR_DEG = 5.0
"""One camera's error of an angle: 4.8 deg mean absolute error over walk, squat and sit-to-stand (OpenCap Monocular,
2026 [A])."""


@dataclass(frozen=True)
class Motion:
    """The bar, arrays of shape (frames,), NaN where missing: height, way forward and velocity upward; `unit` px or m.

    angles: name as in the columns (`knee_flexion_deg`) -> degrees, for their course over the repetition.
    """

    time_s: np.ndarray
    height: np.ndarray
    forward: np.ndarray
    velocity: np.ndarray
    unit: str
    angles: Mapping[str, np.ndarray]


def velocity(height: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """The bar's instantaneous velocity along the vertical, positive upward, in the unit of `height` a second."""
    return geometry.derivative(height, time_s)


def at_times(time_s: np.ndarray, values: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Values at times between the frames, of any shape; NaN where a neighbouring frame has none."""
    return np.interp(when, time_s, values, left=np.nan, right=np.nan)


def grid(table: pd.DataFrame, first: str, last: str) -> np.ndarray:
    """Times at each per cent between two events of each repetition, shape (repetitions, 101)."""
    start, end = table[first].to_numpy(dtype=float)[:, None], table[last].to_numpy(dtype=float)[:, None]
    return start + PERCENT / 100 * (end - start)


def measured(
    found: pd.DataFrame, motion: Motion, courses: Courses, exercise: Exercise, depth_target_deg: float
) -> pd.DataFrame:
    """The repetitions' table with all that is measured of each."""
    table = found.copy()
    table["bottom_s"] = table[exercise.bottom]
    up, down = exercise.up, exercise.down
    table["descent_time_s"] = table[down[1]] - table[down[0]]
    table["ascent_time_s"] = table[up[1]] - table[up[0]]
    table["pause_time_s"] = table["resume_s"] - table["turn_s"]
    columns = _velocities(table, motion, exercise) | _path(table, motion)
    for course in courses.there:
        columns[course.column] = _at_bottom(table, motion, course, exercise)
    knees = courses.get("bottom_knee_to_ankle_distance")
    if knees is not None:
        half = table.assign(half_s=table[list(up)].mean(axis=1))
        columns["least_knee_to_ankle_distance"] = at_times(
            motion.time_s, knees.values, grid(half, up[0], "half_s")
        ).min(axis=1)
    table = pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)
    depth = courses.get("depth")
    if exercise.depth and depth is not None:
        table["depth_grade"] = [grade(value, depth_target_deg) for value in table[depth.column]]
    return table


def grade(depth_deg: float, target_deg: float) -> str:
    """good beyond the target by the error of measurement, doubtful within it, bad short of it; "" where unknown."""
    if not np.isfinite(depth_deg):
        return ""
    beyond = depth_deg - target_deg
    return GOOD if beyond > DEPTH_ERROR_DEG else BAD if beyond < -DEPTH_ERROR_DEG else DOUBTFUL


def _velocities(table: pd.DataFrame, motion: Motion, exercise: Exercise) -> dict[str, np.ndarray]:
    """Mean over time and peak of the bar's velocity, up and down, each positive in its own direction."""
    found: dict[str, np.ndarray] = {}
    for name, sign, (first, last) in (("concentric", 1, exercise.up), ("eccentric", -1, exercise.down)):
        times = grid(table, first, last)
        ends = at_times(motion.time_s, motion.height, times[:, [0, -1]])
        unit = joined("velocity", f"{motion.unit}/s")
        with np.errstate(invalid="ignore", divide="ignore"):
            found[f"mean_{name}_{unit}"] = sign * (ends[:, 1] - ends[:, 0]) / (times[:, -1] - times[:, 0])
        found[f"peak_{name}_{unit}"] = (sign * at_times(motion.time_s, motion.velocity, times)).max(axis=1)
    return found


def _path(table: pd.DataFrame, motion: Motion) -> dict[str, np.ndarray]:
    """How far the bar goes up and down, and how far to and fro along the floor, from start to end."""
    times = grid(table, "start_s", "end_s")
    return {
        joined(f"bar_{name}", motion.unit): np.ptp(at_times(motion.time_s, values, times), axis=1)
        for name, values in (("way", motion.height), ("sideways_way", motion.forward))
    }


def _at_bottom(table: pd.DataFrame, motion: Motion, course: Course, exercise: Exercise) -> np.ndarray:
    """A course at the bottom; where the bar pauses there the mean over the pause."""
    if exercise.bottom != "turn_s":
        return at_times(motion.time_s, course.values, table[exercise.bottom].to_numpy(dtype=float))
    return at_times(motion.time_s, course.values, grid(table, "turn_s", "resume_s")).mean(axis=1)


def path(good: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """The bar's path: one row a frame of an accepted repetition; forward and height in `unit`, velocity beside."""
    starts, turns, resumes, ends = (good[name].to_numpy() for name in ("start_s", "turn_s", "resume_s", "end_s"))
    which = np.searchsorted(starts, motion.time_s, side="right") - 1
    inside = (which >= 0) & (motion.time_s <= ends[which])
    which, time_s = which[inside], motion.time_s[inside]
    return pd.DataFrame(
        {
            "time_s": time_s,
            "repetition": good["repetition"].to_numpy()[which],
            "half": np.where(time_s < turns[which], 1, np.where(time_s < resumes[which], 0, 2)),
            f"forward_{motion.unit}": motion.forward[inside],
            f"height_{motion.unit}": motion.height[inside],
            f"velocity_{motion.unit}_s": motion.velocity[inside],
        }
    )


def angle_courses(good: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """Angles over the repetition: columns repetition, percent and the angles; the turning point lies at 50 per cent.

    Either half has its own time, so that bottoms lie above each other however long each half takes.
    """
    halves = (grid(good, "start_s", "turn_s")[:, ::2], grid(good, "resume_s", "end_s")[:, ::2][:, 1:])
    times = np.concatenate(halves, axis=1)
    columns = {name: at_times(motion.time_s, values, times).ravel() for name, values in motion.angles.items()}
    base = {
        "repetition": np.repeat(good["repetition"].to_numpy(dtype=int), len(PERCENT)),
        "percent": np.tile(PERCENT, len(good)),
    }
    return pd.DataFrame(base | columns)
