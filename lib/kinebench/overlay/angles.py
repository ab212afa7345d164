"""How a signal's angle is drawn: the directions between which its arc runs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.tasks import AngleLabel, on_side

# Signal without side and unit -> how its angle is drawn: from the first segment prolonged to the second one.
BENDS = {f"{angle.name}_deg": (angle.proximal, angle.vertex, angle.distal) for angle in skeleton.FLEXION_ANGLES}
# ... those measured from the vertical: the segment's lower and upper end.
LEANS = {
    "trunk_lean_deg": ("hip", "shoulder"),
    "thigh_angle_deg": ("knee", "hip"),
    "shank_angle_deg": ("ankle", "knee"),
}
# ... and those between two segments themselves, 180 deg where they lie in one line.
INCLUDED = {"thigh_shank_angle_deg": ("hip", "knee", "ankle")}


@dataclass(frozen=True)
class Angle:
    """One angle over time. `vertex` (n, 2) px; `start`, `end` (n,) directions in degrees, NaN where nothing is drawn;

    `value` (n,) deg; `between`: the arc lies between two bones, so that its first side needs no line of its own.
    """

    text: str
    vertex: np.ndarray
    start: np.ndarray
    end: np.ndarray
    value: np.ndarray
    between: bool = False


def angle(label: AngleLabel, table: pd.DataFrame, signals: pd.DataFrame, near_side: str) -> Angle:
    """A label of the task's for every row of a keypoint table and of its signals."""
    signal, vertex_name = on_side(label.signal, near_side), on_side(label.vertex, near_side)
    side = vertex_name.partition("_")[0]
    vertex = keypoints.points(table, vertex_name)
    value = signals[signal].to_numpy(float) if signal in signals else np.full(len(table), np.nan)
    base = signal.removeprefix(f"{side}_")
    start = end = np.full(len(table), np.nan)
    if base in BENDS or base in INCLUDED:
        names = (BENDS | INCLUDED)[base]
        before, after = (keypoints.points(table, f"{side}_{names[place]}") for place in (0, 2))
        start, end = direction(before - vertex if base in INCLUDED else vertex - before), direction(after - vertex)
    elif base in LEANS:
        lower, upper = (keypoints.points(table, f"{side}_{part}") for part in LEANS[base])
        end = direction(upper - lower)
        start = np.where(np.isnan(end), np.nan, -90.0)
    turn = (end - start + 180) % 360 - 180
    if base in INCLUDED:
        turn = _one_way(turn)
    return Angle(label.text, vertex, start, start + turn, value, base in INCLUDED)


def direction(vectors: np.ndarray) -> np.ndarray:
    """Directions of vectors (n, 2) in degrees, clockwise from the picture's right."""
    return np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0]))


def _one_way(turn: np.ndarray) -> np.ndarray:
    """Turns all on the side where the joint bends: where it is straight the arc doesn't leap to the other."""
    bent = np.nansum(np.sign(turn) * (180 - np.abs(turn)))
    return turn % 360 if bent >= 0 else -(-turn % 360)
