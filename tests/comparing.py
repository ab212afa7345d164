"""Keypoints of generated movements, and spans of their repetitions, for the tests of comparing."""

from functools import cache

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.kinematics import signals
from kinebench.scale import Scaling, calibrate
from kinebench.smoothing import Smoothing, smooth
from kinebench.synthetic import Scene, keypoint_table

Span = tuple[float, float]


@cache
def table(scene: Scene, noise_px: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Keypoints of a scene, smoothed where they have noise; shared, so not to be changed."""
    raw = keypoint_table(scene, noise_px=noise_px, seed=seed)
    return smooth(raw, Smoothing()).keypoints if noise_px else raw


@cache
def measured(scene: Scene, noise_px: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """The signals of `table`."""
    known = table(scene, noise_px, seed)
    return signals(known, calibrate(known, known, Scaling()))


def spans(scene: Scene) -> list[Span]:
    """Start and end of every repetition, in seconds."""
    times = [one.event_times() for one in scene.motion.repetitions]
    return [(min(own.values()), max(own.values())) for own in times]


def shifted(known: pd.DataFrame, joint: str, by_px: np.ndarray) -> pd.DataFrame:
    """A table with one joint moved by by_px, (2,) or (frames, 2)."""
    xy = keypoints.positions(known).copy()
    xy[:, keypoints.joints(known).index(joint)] += by_px
    return keypoints.with_positions(known, xy)
