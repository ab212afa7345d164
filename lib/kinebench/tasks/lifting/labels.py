"""What each frame of a lift belongs to: repetition, phase, direction of the bar, grade of the depth."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kinebench import kinematics
from kinebench.reps import rows
from kinebench.tasks import common
from kinebench.tasks.lifting.exercises import Exercise
from kinebench.tasks.lifting.metrics import Motion

RESTING, DESCENDING, ASCENDING, PAUSED = "resting", "descending", "ascending", "paused"
PHASES: Mapping[str, str] = {
    RESTING: "at rest",
    DESCENDING: "going down",
    ASCENDING: "going up",
    PAUSED: "pause at the turning point",
}
STILL = 0.15
"""Trunk lengths a second below which the bar stands: 0.07 m/s, a quarter of the slowest ascent under a maximum load."""


def inside(time_s: np.ndarray, reps: pd.DataFrame) -> np.ndarray:
    """Whether each frame lies in a repetition that counts."""
    found = np.zeros(len(time_s), bool)
    for row in rows(reps[reps["accepted"]]):
        found |= (time_s >= row.start_s) & (time_s <= row.end_s)
    return found


def table(motion: Motion, reps: pd.DataFrame, exercise: Exercise, trunk: float) -> pd.DataFrame:
    """The labels' table; trunk: its length in the motion's unit.

    Besides repetition, phase and count: `direction`, ascending, descending, still or "" of the bar at every frame, and
    `grade` of the repetition's depth: good, doubtful, bad, or "" outside repetitions and where there is none.
    """
    halves = {"top": (DESCENDING, ASCENDING), "bottom": (ASCENDING, DESCENDING)}[exercise.begins]
    edges: list[tuple[float, int, str]] = [(float(motion.time_s[0]), 0, RESTING)]
    for row in rows(reps[~reps["cut"]]):
        number = int(row.repetition)
        edges += [(row.start_s, number, halves[0])]
        edges += [(row.turn_s, number, PAUSED)] if row.resume_s > row.turn_s else []
        edges += [(row.resume_s, number, halves[1]), (row.end_s, 0, RESTING)]
    found = common.labels(motion.time_s, edges)
    found["direction"] = kinematics.direction_state(motion.height, motion.time_s, still_below=STILL * trunk)
    grades = dict(zip(reps["repetition"], reps["depth_grade"], strict=True)) if "depth_grade" in reps else {}
    grades[0] = ""
    found["grade"] = [grades.get(number, "") for number in found["repetition"]]
    return found
