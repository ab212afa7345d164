"""Analyses of generated scenes without network and pixels: what tests of the tasks start from."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from kinebench import parameters, tasks
from kinebench.subject import Followed
from kinebench.synthetic import Scene, events, keypoint_table
from kinebench.tasks import Analysis, Recording

MOVEMENTS = {"lifting": "squat", "compare": "punch"}
"""Task -> what the synthetic subject does for it, where that has another name."""


VALUES = {"compare": {"reference": "data/sample/references/punch.yaml"}}
"""Task -> values without which it can't be analysed."""


def scene_of(task: str, **choices: Any) -> Scene:
    """The scene in which a task's movement is made."""
    return Scene(task=MOVEMENTS.get(task, task), **choices)


def task_of(scene: Scene) -> tasks.Task:
    """The task that measures what the subject of a scene does."""
    return tasks.get(next((task for task, made in MOVEMENTS.items() if made == scene.task), scene.task))


def followed(keypoints: pd.DataFrame) -> Followed:
    """One person, seen in every frame."""
    return Followed(keypoints=keypoints, person_changes=0, frames_without_person=0, people_seen=1)


def recording(scene: Scene, times_s: np.ndarray) -> Recording:
    """The facts of a clip of that scene."""
    return Recording(name="scene", width=scene.width, height=scene.height, times_s=times_s)


def analyse_table(scene: Scene, keypoints: pd.DataFrame, **values: Any) -> Analysis:
    """Analysis of a keypoint table; values: the task's flat parameters, before those of `VALUES`."""
    task = task_of(scene)
    facts = recording(scene, np.asarray(keypoints.index, dtype=float))
    settings = parameters.build(task.settings, VALUES.get(task.name, {}) | values)
    return task.analyse(followed(keypoints), facts, settings)


@cache
def analyse(scene: Scene, noise_px: float = 1.0, seed: int = 0, values: tuple[tuple[str, Any], ...] = ()) -> Analysis:
    """Analysis of a scene's keypoints with noise; kept, so that tests may share it."""
    return analyse_table(scene, keypoint_table(scene, noise_px=noise_px, seed=seed), **dict(values))


def truth(scene: Scene) -> pd.DataFrame:
    """True repetitions, one row each."""
    return pd.DataFrame(events(scene)["repetitions"])
