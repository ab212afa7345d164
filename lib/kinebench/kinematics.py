"""Keypoints to signals: joint and segment angles, angular velocities, heights, ways and speeds, relations of joints.

Angles, everywhere: knee, hip and elbow flexion 0 deg = straight; shoulder flexion 0 deg = arm along the trunk; segment
angles and trunk lean from the vertical, positive where the proximal end tips towards where the person faces; ankle
dorsiflexion 0 deg = the line from heel to toe square to the shank, toes up positive. That line is the keypoints', not
the sole's: a network that marks the heel higher than the toe reads a foot flat on the floor some degrees too plantar,
the same in every frame, so that changes of dorsiflexion are sounder than its absolute value.

A column's last part is its unit. Metres exist only with a scale, beside the pixels.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints, skeleton
from kinebench.errors import KinebenchError
from kinebench.scale import Calibration

SEGMENTS = {
    "shank": ("ankle", "knee"),
    "thigh": ("knee", "hip"),
    "upper_arm": ("elbow", "shoulder"),
    "forearm": ("wrist", "elbow"),
}
"""Segment: its distal and its proximal joint."""
FLEXIONS = {
    "knee_flexion": ("shank", "thigh", 90.0),
    "hip_flexion": ("trunk", "thigh", 90.0),
    "shoulder_flexion": ("trunk", "upper_arm", 90.0),
}
"""Flexion = first segment's angle less the second's, continuous about the third number: the middle of what is possible.

Differences of segment angles keep their sign where a nearly straight joint wobbles, which an angle at the vertex would
fold to the positive. The trunk is the line from the middle of the hips to the middle of the shoulders: the near
shoulder alone moves with the arm, and lies wider than the hip, so that the camera sees it off the trunk's axis.
"""
TRACKED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
TOGETHER = 500_000
"""Values differentiated at once at most: 4 MB."""
STATES = ("ascending", "descending", "still")


def signals(table: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """The signals of a smoothed keypoint table: index time_s, one column each, the unit its last part.

    Per side flexion angles of knee, hip, ankle, elbow and shoulder, angles of shank, thigh, upper arm and forearm, all
    with velocities in deg/s; trunk lean; height above the floor line, way forward and speed of the joints in
    `TRACKED`, in pixels and, with a scale, in metres. A joint that the network lacks has no columns. The floor line is
    the one under the feet: on an ergometer that of the foot stretcher.
    """
    time_s = keypoints.times(table)
    joints = _Points(table)
    columns: dict[str, np.ndarray] = {}
    angles = dict(_angles(joints, calibration))
    for (name, values), velocity in zip(angles.items(), _rates(list(angles.values()), time_s), strict=True):
        columns[f"{name}_deg"] = values
        columns[f"{name}_velocity_deg_s"] = velocity
    tracked = [f"{side}_{part}" for side in skeleton.SIDES for part in TRACKED if f"{side}_{part}" in joints]
    points = [joints[joint] for joint in tracked]
    for joint, place, velocity in zip(tracked, points, _rates(points, time_s), strict=True):
        columns |= _path(joint, place, velocity, calibration)
    return pd.DataFrame(columns, index=table.index, copy=False)


def _rates(rows: list[np.ndarray], time_s: np.ndarray) -> list[np.ndarray]:
    """Rate of change of each of several arrays of one shape (frames, ...).

    Of short ones together, since each call has its price; of long ones one by one, which stay in the cache.
    """
    if not rows or rows[0].size * len(rows) > TOGETHER:
        return [geometry.derivative(row, time_s) for row in rows]
    rates = geometry.derivative(np.stack(rows, axis=-1), time_s)
    return [np.ascontiguousarray(rates[..., place]) for place in range(len(rows))]


class _Points:
    """x and y of joints by name, shape (frames, 2), looked up once."""

    def __init__(self, table: pd.DataFrame):
        self._values = np.asarray(table.to_numpy(), dtype=float)
        self._columns: dict[Any, int] = {pair: position for position, pair in enumerate(table.columns)}

    def __contains__(self, joint: str) -> bool:
        return (joint, "x") in self._columns

    def __getitem__(self, joint: str) -> np.ndarray:
        if joint not in self:
            return np.full((len(self._values), 2), np.nan)
        x, y = (self._values[:, self._columns[(joint, coordinate)]] for coordinate in "xy")
        return np.stack([x, y]).T  # each coordinate stays contiguous

    def middle(self, part: str, near: str) -> np.ndarray:
        """The middle between a left and a right joint, shape (frames, 2).

        Where the far one is missing the near one, moved by what the middle usually lies off it; where the network has
        no far one, or hides it for more than half of the clip, the near one itself.
        """
        here, there = self[f"{near}_{part}"], self[f"{skeleton.other(near)}_{part}"]
        half = (there - here) / 2
        known = np.isfinite(half[:, 0])
        if 2 * known.sum() < np.isfinite(here[:, 0]).sum() or not known.any():
            return here
        return here + np.where(known[:, None], half, np.median(half[known], axis=0))


def _angles(joints: _Points, calibration: Calibration) -> Iterator[tuple[str, np.ndarray]]:
    """Every angle by its name without the unit; only where all its joints exist."""
    view = _view(calibration)
    trunk = None
    if all(f"{calibration.near_side}_{part}" in joints for part in ("hip", "shoulder")):
        hip, shoulder = (joints.middle(part, calibration.near_side) for part in ("hip", "shoulder"))
        trunk = geometry.segment_angle(hip, shoulder, **view)
        yield "trunk_lean", geometry.continuous(trunk, 0.0)
    for side in skeleton.SIDES:
        segments = {
            name: geometry.segment_angle(joints[f"{side}_{distal}"], joints[f"{side}_{proximal}"], **view)
            for name, (distal, proximal) in SEGMENTS.items()
            if f"{side}_{distal}" in joints and f"{side}_{proximal}" in joints
        }
        if trunk is not None:
            segments["trunk"] = trunk
        for name, (first, second, middle) in FLEXIONS.items():
            if first in segments and second in segments:
                yield f"{side}_{name}", geometry.continuous(segments[first] - segments[second], middle)
        if "upper_arm" in segments and "forearm" in segments:
            # The forearm can turn out of the picture's plane either way, so that a sign would not mean extension.
            yield f"{side}_elbow_flexion", np.abs(geometry.about(segments["upper_arm"] - segments["forearm"], 0.0))
        if "shank" in segments and f"{side}_heel" in joints and f"{side}_foot_index" in joints:
            foot = geometry.segment_angle(joints[f"{side}_heel"], joints[f"{side}_foot_index"], **view)
            yield f"{side}_ankle_dorsiflexion", geometry.continuous(segments["shank"] + 90.0 - foot, 0.0)
        for name in SEGMENTS:
            if name in segments:
                yield f"{side}_{name}_angle", geometry.continuous(segments[name], 0.0)


def _view(calibration: Calibration) -> dict[str, Any]:
    return {"forward": calibration.forward_sign, "tilt_deg": calibration.tilt_deg}


def _path(joint: str, points: np.ndarray, velocity: np.ndarray, calibration: Calibration) -> dict[str, np.ndarray]:
    """Height, way forward and speed of one joint."""
    speed = np.hypot(*velocity.T)
    in_px = {"height_px": calibration.height(points), "forward_px": calibration.forward(points), "speed_px_s": speed}
    columns = {f"{joint}_{name}": values for name, values in in_px.items()}
    return columns | _in_metres(columns, calibration)


def _in_metres(columns: dict[str, np.ndarray], calibration: Calibration) -> dict[str, np.ndarray]:
    """The same columns in metres: `_px` becomes `_m`; nothing without a scale."""
    if calibration.px_per_m is None:
        return {}
    return {
        name.replace("_px", "_m"): values / calibration.px_per_m for name, values in columns.items() if "_px" in name
    }


def motion(table: pd.DataFrame, joint: str, calibration: Calibration) -> pd.DataFrame:
    """Velocity and acceleration of any joint over time, forward and up, and their size.

    Columns `JOINT_forward_velocity_px_s`, `JOINT_up_velocity_px_s`, `JOINT_speed_px_s`, `JOINT_forward_acceleration_
    px_s2`, `JOINT_up_acceleration_px_s2`, `JOINT_acceleration_px_s2`, and the same in metres with a scale.
    """
    _require(table, joint)
    time_s, points = keypoints.times(table), keypoints.points(table, joint)
    place = np.stack([calibration.forward(points), calibration.height(points)]).T
    velocity = geometry.derivative(place, time_s)
    acceleration = geometry.derivative(velocity, time_s)
    columns = {
        f"{joint}_forward_velocity_px_s": velocity[:, 0],
        f"{joint}_up_velocity_px_s": velocity[:, 1],
        f"{joint}_speed_px_s": np.hypot(*velocity.T),
        f"{joint}_forward_acceleration_px_s2": acceleration[:, 0],
        f"{joint}_up_acceleration_px_s2": acceleration[:, 1],
        f"{joint}_acceleration_px_s2": np.hypot(*acceleration.T),
    }
    return pd.DataFrame(columns | _in_metres(columns, calibration), index=table.index)


def distance(table: pd.DataFrame, a: str, b: str, calibration: Calibration | None = None) -> pd.DataFrame:
    """Distance between two joints: `A_B_distance_px`, and in metres with a scale."""
    _require(table, a, b)
    apart = geometry.distance(keypoints.points(table, a), keypoints.points(table, b))
    columns = {f"{a}_{b}_distance_px": apart}
    return pd.DataFrame(
        columns | (_in_metres(columns, calibration) if calibration is not None else {}), index=table.index
    )


def relative(table: pd.DataFrame, joint: str, to: str, calibration: Calibration) -> pd.DataFrame:
    """Where a joint lies as seen from another (knee over toe): forward and up of it, positive where it is ahead, above.

    Columns `JOINT_from_TO_forward_px`, `JOINT_from_TO_up_px`, and the same in metres with a scale.
    """
    _require(table, joint, to)
    at, base = keypoints.points(table, joint), keypoints.points(table, to)
    columns = {
        f"{joint}_from_{to}_forward_px": calibration.forward(at) - calibration.forward(base),
        f"{joint}_from_{to}_up_px": calibration.height(at) - calibration.height(base),
    }
    return pd.DataFrame(columns | _in_metres(columns, calibration), index=table.index)


def above(table: pd.DataFrame, joint: str, other: str, calibration: Calibration, margin_px: float = 0.0) -> pd.Series:
    """Whether a joint is higher than another by more than `margin_px` (hand above shoulder); <NA> where unknown."""
    up = relative(table, joint, other, calibration)[f"{joint}_from_{other}_up_px"]
    return (up > margin_px).astype("boolean").mask(up.isna()).rename(f"{joint}_above_{other}")


def direction_state(values: np.ndarray, time_s: np.ndarray, *, still_below: float) -> np.ndarray:
    """`ascending`, `descending` or `still` at each instant, "" where the signal is missing; shape (frames,).

    values: a height or any other signal; still_below: the speed, in its unit per second, from which it counts as
    moving. A movement once begun goes on until its speed falls below half of that or turns round, so that noise at
    the threshold makes no flicker.
    """
    if not still_below > 0:
        raise KinebenchError(f"still_below must be above 0, but got {still_below}. Give the slowest movement's speed.")
    speed = geometry.derivative(np.asarray(values, dtype=float), time_s)
    state = np.full(len(speed), "still", dtype=object)
    for name, moving in (("ascending", speed), ("descending", -speed)):
        starts, stops = geometry.runs(moving > still_below / 2)
        for start, stop in zip(starts, stops, strict=True):
            if (moving[start:stop] > still_below).any():
                state[start:stop] = name
    state[~np.isfinite(speed)] = ""
    return state


def _require(table: pd.DataFrame, *names: str) -> None:
    known = keypoints.joints(table)
    lacking = [name for name in names if name not in known]
    if lacking:
        raise KinebenchError(
            f"joint must be one that the network gives, but {', '.join(lacking)} is not among {', '.join(known)}."
        )
