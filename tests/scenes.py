"""Analyses of generated scenes without network and pixels: what tests of the tasks start from."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from kinebench import parameters, tasks
from kinebench.subject import Followed
from kinebench.synthetic import Scene, events, keypoint_table
from kinebench.tasks import Analysis, Recording


def followed(keypoints: pd.DataFrame) -> Followed:
    """One person, seen in every frame."""
    return Followed(keypoints=keypoints, person_changes=0, frames_without_person=0, people_seen=1)


def recording(scene: Scene, times_s: np.ndarray) -> Recording:
    """The facts of a clip of that scene."""
    return Recording(name="scene", width=scene.width, height=scene.height, times_s=times_s)


def analyse_table(scene: Scene, keypoints: pd.DataFrame, **values: Any) -> Analysis:
    """Analysis of a keypoint table; values: the task's flat parameters."""
    task = tasks.get(scene.task)
    facts = recording(scene, np.asarray(keypoints.index, dtype=float))
    return task.analyse(followed(keypoints), facts, parameters.build(task.settings, values))


@cache
def analyse(scene: Scene, noise_px: float = 1.0, seed: int = 0, values: tuple[tuple[str, Any], ...] = ()) -> Analysis:
    """Analysis of a scene's keypoints with noise; kept, so that tests may share it."""
    return analyse_table(scene, keypoint_table(scene, noise_px=noise_px, seed=seed), **dict(values))


def truth(scene: Scene) -> pd.DataFrame:
    """True repetitions, one row each."""
    return pd.DataFrame(events(scene)["repetitions"])
