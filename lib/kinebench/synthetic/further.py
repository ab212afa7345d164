"""What is true of some movements only, beside what is true of all: further columns and further events by movement."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kinebench import skeleton
from kinebench.synthetic.heights import heights
from kinebench.synthetic.scene import Scene
from kinebench.synthetic.treadmill import Treadmill

Joints = dict[str, np.ndarray]
_DIFFERENCE_S = 1e-4


def walking_events(scene: Scene) -> dict[str, Any]:
    """`events`: side and event -> all times within the clip."""
    return {"events": _treadmill(scene).foot_events(_sides(scene))}


def walking_columns(scene: Scene, joints: Joints, time_s: np.ndarray) -> Joints:
    """The rear-foot angles, degrees (times,)."""
    return _treadmill(scene).rearfoot_angles(joints, time_s, _sides(scene))


def _treadmill(scene: Scene) -> Treadmill:
    motion = scene.motion
    assert isinstance(motion, Treadmill)
    return motion


def _sides(scene: Scene) -> tuple[str, str]:
    return scene.near_side, skeleton.other(scene.near_side)


def squat_columns(scene: Scene, joints: Joints, time_s: np.ndarray) -> Joints:
    """Heights of the shoulders' middle and the bar with their vertical velocities, and the knees' distance (times,)."""
    before, after = (heights(scene.motion.joints(time_s + shift)) for shift in (-_DIFFERENCE_S, _DIFFERENCE_S))
    columns = heights(joints)
    for name in ("shoulder", "bar"):
        rise = after[f"{name}_height_m"] - before[f"{name}_height_m"]
        columns[f"{name}_velocity_m_s"] = rise / (2 * _DIFFERENCE_S)
    return columns


FURTHER_COLUMNS: Mapping[str, Callable[[Scene, Joints, np.ndarray], Joints]] = {
    "walking": walking_columns,
    "squat": squat_columns,
}
FURTHER_EVENTS: Mapping[str, Callable[[Scene], dict[str, Any]]] = {"walking": walking_events}
