"""What is measured of a set of lifts: means and spreads over the repetitions, with definitions and sources."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from kinebench.tasks import OURS, Metric
from kinebench.tasks.lifting.exercises import Exercise
from kinebench.tasks.lifting.measures import Course, Courses, joined
from kinebench.tasks.lifting.metrics import DEPTH_ERROR_DEG, GOOD

LOSS_SOURCE = "after Sanchez-Medina and Gonzalez-Badillo 2011 [C]"
SIDEWAYS = (
    "how far the bar strays along the floor, from end to end: forward and back seen from the side, to left and right "
    "from the front"
)
ERROR_SOURCE = "OpenCap Monocular 2026 [A]: 4.8 deg mean absolute error over walk, squat and sit-to-stand"


def clip_metrics(
    good: pd.DataFrame, exercise: Exercise, unit: str, courses: Courses, depth_target_deg: float, doubt: str = ""
) -> list[Metric]:
    """The metrics of the clip from the accepted repetitions, without doubts but that of what only one view shows."""
    of_view = [
        *_depth(good, exercise, courses, depth_target_deg),
        *(metric for course in courses.there for metric in _course(good, course)),
        *_knees(good, courses),
    ]
    return [
        Metric("repetitions", len(good), "", _repetition(exercise), OURS),
        *_pair(good, "descent_time", "s", "from where the bar begins to go down until it has come down", "_mean"),
        *_pair(good, "ascent_time", "s", "from where the bar begins to go up until it is up", "_mean"),
        *_pair(good, "pause_time", "s", "at the turning point; 0 where the bar turns at once", "_mean"),
        *_velocities(good, exercise, unit),
        *_pair(good, "bar_way", unit, "from the bar's lowest to its highest place, along the vertical"),
        *_pair(good, "bar_sideways_way", unit, SIDEWAYS),
        *(replace(metric, doubt=doubt) for metric in of_view),
    ]


def _repetition(exercise: Exercise) -> str:
    there = {"top": "down and up again", "bottom": "up and down again"}[exercise.begins]
    return f"whole repetitions of the {exercise.name.replace('-', ' ')}: {there}"


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None


def _sd(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.std(ddof=1)) if len(known) > 1 else None


def _pair(good: pd.DataFrame, stem: str, unit: str, words: str, mean: str = "", source: str = OURS) -> list[Metric]:
    """Mean and standard deviation of a column; the unit is the last part of all three names."""
    column = good[joined(stem, unit)]
    return [
        Metric(
            joined(f"{stem}{mean}", unit),
            _mean(column),
            unit,
            f"mean over repetitions: {words}",
            source,
            spatial=not unit,
        ),
        Metric(
            joined(f"{stem}_sd", unit),
            _sd(column),
            unit,
            f"standard deviation between repetitions: {words}",
            OURS,
            spatial=not unit,
        ),
    ]


def _velocities(good: pd.DataFrame, exercise: Exercise, unit: str) -> list[Metric]:
    """The bar's velocities and what is lost of them over the set."""
    speed = f"{unit}/s"
    bar = f"the bar is where the {exercise.bar} is: the near one from the side, the middle of both from the front"
    way = "the bar's way over its time, along the vertical"
    reference = exercise.reference
    beside = f"; for comparison: {reference.words} [A]" if reference is not None and unit == "m" else ""
    column = good[joined("mean_concentric_velocity", speed)]
    return [
        *_pair(good, "mean_concentric_velocity", speed, f"{way}, going up, from bottom to top; {bar}{beside}"),
        Metric(
            joined("best_mean_concentric_velocity", speed),
            _best(column),
            speed,
            "the fastest repetition's mean concentric velocity",
            OURS,
        ),
        *_pair(good, "peak_concentric_velocity", speed, f"highest velocity of the bar going up; {bar}"),
        *_pair(good, "mean_eccentric_velocity", speed, f"{way}, going down, positive downward; {bar}"),
        *_pair(good, "peak_eccentric_velocity", speed, f"highest velocity of the bar going down; {bar}"),
        Metric(
            "velocity_loss_pct",
            velocity_loss_pct(column),
            "%",
            "mean concentric velocity lost from the fastest to the last repetition, over the fastest; needs two",
            LOSS_SOURCE,
        ),
    ]


def _best(column: pd.Series) -> float | None:
    known = column.dropna()
    return float(known.max()) if len(known) else None


def velocity_loss_pct(column: pd.Series) -> float | None:
    """100 (best - last) / best of the mean concentric velocities in order of time; None below two."""
    known = column.dropna()
    return float(100 * (known.max() - known.iloc[-1]) / known.max()) if len(known) > 1 else None


def _depth(good: pd.DataFrame, exercise: Exercise, courses: Courses, target_deg: float) -> list[Metric]:
    course = courses.get("depth")
    if not exercise.depth or course is None:
        return []
    column = good[course.column].dropna()
    least = float(column.min()) if len(column) else None
    return [
        Metric("least_depth_deg", least, "deg", "depth of the shallowest repetition; positive: hip lower", OURS),
        Metric(
            "repetitions_deep_enough",
            int((good["depth_grade"] == GOOD).sum()),
            "",
            f"repetitions deeper than depth_target_deg ({target_deg:g} deg) by more than the error of measurement, "
            f"{DEPTH_ERROR_DEG:g} deg",
            ERROR_SOURCE,
        ),
    ]


def _course(good: pd.DataFrame, course: Course) -> Sequence[Metric]:
    return _pair(good, course.measure.name, course.unit, course.measure.definition)


def _knees(good: pd.DataFrame, courses: Courses) -> list[Metric]:
    if courses.get("bottom_knee_to_ankle_distance") is None:
        return []
    words = "least distance between the knees over that between the ankles, sideways, in the first half of the ascent"
    return _pair(good, "least_knee_to_ankle_distance", "", words)
