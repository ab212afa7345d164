"""What is read off the body at the bottom of a lift: each measure as a course over the frames, with its definition.

A measure needs a view (from the side or from the front) and joints; where one is lacking the measure is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kinebench import skeleton
from kinebench.tasks.lifting.body import Seen
from kinebench.tasks.lifting.exercises import Exercise
from kinebench.tasks.lifting.view import FRONTAL, SAGITTAL, View

DEG, LENGTH, SHARE = "deg", "length", ""


@dataclass(frozen=True)
class Measure:
    """One quantity: `kind` is its unit, length in m or px as the clip allows; needs: parts, of both sides if `both`.

    signal: the name under which its course stands among the signals, "" where it is one of them already.
    """

    name: str
    kind: str
    view: str
    needs: tuple[str, ...]
    course: Callable[[Seen], np.ndarray]
    definition: str
    both: bool = False
    signal: str = ""

    def joints(self, near_side: str) -> list[str]:
        """The joints that it is made of."""
        sides = skeleton.SIDES if self.both else (near_side,)
        return [f"{side}_{part}" for part in self.needs for side in sides]


def _flexion(name: str, needs: tuple[str, ...], words: str, template: str = "{near}_%s_deg") -> Measure:
    signal = template % name if "%s" in template else template
    return Measure(f"bottom_{name}", DEG, SAGITTAL, needs, lambda seen: seen.signal(signal), words)


def _apart(seen: Seen, part: str) -> np.ndarray:
    return np.abs(np.subtract(*(seen.along(seen.points(f"{side}_{part}")) for side in skeleton.SIDES)))


def _left_higher(seen: Seen, part: str) -> np.ndarray:
    return np.subtract(*(seen.height(seen.points(f"{side}_{part}")) for side in skeleton.SIDES))


def _hip_over_knee(seen: Seen) -> np.ndarray:
    return seen.height(seen.near("hip")) - seen.height(seen.near("knee"))


def _thigh_px(seen: Seen) -> float:
    lengths = np.linalg.norm(seen.near("hip") - seen.near("knee"), axis=1)
    return float(np.median(lengths[np.isfinite(lengths)])) if np.isfinite(lengths).any() else np.nan


def _hip_shift(seen: Seen) -> np.ndarray:
    """How far the pelvis is off the middle of the ankles."""
    return seen.leftward(seen.middle("hip")) - seen.leftward(seen.middle("ankle"))


_MEASURES = (
    Measure(
        "depth",
        DEG,
        SAGITTAL,
        ("hip", "knee"),
        lambda seen: np.abs(seen.signal("{near}_thigh_angle_deg")) - 90,
        "thigh against the horizontal at the bottom; positive: hip lower than knee",
    ),
    Measure(
        "hip_minus_knee_height",
        LENGTH,
        SAGITTAL,
        ("hip", "knee"),
        _hip_over_knee,
        "height of the hip less that of the knee at the bottom; negative: hip lower than knee",
    ),
    Measure(
        "hip_minus_knee_height_thigh",
        SHARE,
        SAGITTAL,
        ("hip", "knee"),
        lambda seen: _hip_over_knee(seen) / _thigh_px(seen),
        "height of the hip less that of the knee at the bottom, over the thigh's median length; negative: hip lower",
    ),
    _flexion("knee_flexion", ("hip", "knee", "ankle"), "knee flexion at the bottom; 0 straight"),
    _flexion("hip_flexion", ("shoulder", "hip", "knee"), "hip flexion, trunk against thigh, at the bottom; 0 straight"),
    _flexion(
        "ankle_dorsiflexion",
        ("knee", "ankle", "heel", "foot_index"),
        "ankle dorsiflexion at the bottom; 0 where the line from heel to toe is square to the shank",
    ),
    _flexion("trunk_lean", ("shoulder", "hip"), "forward lean of the trunk at the bottom; 0 upright", "trunk_lean_deg"),
    _flexion("elbow_flexion", ("shoulder", "elbow", "wrist"), "elbow flexion at the bottom; 0 straight"),
    Measure(
        "thigh_shank_angle",
        DEG,
        SAGITTAL,
        ("hip", "knee", "ankle"),
        lambda seen: 180 - np.abs(seen.signal("{near}_knee_flexion_deg")),
        "angle between thigh and shank at the bottom; 180 straight",
        signal="{near}_thigh_shank_angle",
    ),
    Measure(
        "knee_ahead_of_toes",
        LENGTH,
        SAGITTAL,
        ("knee", "foot_index"),
        lambda seen: seen.along(seen.near("knee")) - seen.along(seen.near("foot_index")),
        "how far the knee is ahead of the toes' keypoint along the floor at the bottom; negative: behind",
        signal="knee_ahead_of_toes",
    ),
    Measure(
        "bottom_knee_to_ankle_distance",
        SHARE,
        FRONTAL,
        ("knee", "ankle"),
        lambda seen: _apart(seen, "knee") / _apart(seen, "ankle"),
        "distance between the knees over that between the ankles, sideways, at the bottom; knees that come nearer "
        "to the camera than the ankles look wider apart, by some per cent",
        both=True,
        signal="knee_to_ankle_distance",
    ),
    Measure(
        "knee_height_difference",
        LENGTH,
        FRONTAL,
        ("knee",),
        lambda seen: _left_higher(seen, "knee"),
        "height of the left knee less that of the right at the bottom",
        both=True,
    ),
    Measure(
        "hip_shift",
        LENGTH,
        FRONTAL,
        ("hip", "ankle"),
        _hip_shift,
        "how far the middle of the hips is to the person's left of the middle of the ankles at the bottom",
        both=True,
        signal="hip_shift",
    ),
    Measure(
        "wrist_height_difference",
        LENGTH,
        FRONTAL,
        ("wrist",),
        lambda seen: _left_higher(seen, "wrist"),
        "height of the left wrist less that of the right at the bottom: the bar's tilt",
        both=True,
    ),
)
MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in _MEASURES}


@dataclass(frozen=True)
class Course:
    """A measure of this clip: `column`, its name with the unit as the clip allows; values (frames,)."""

    measure: Measure
    column: str
    unit: str
    values: np.ndarray


@dataclass(frozen=True)
class Courses:
    """Every measure that the clip allows, and what was left out: for the view, and for joints that were never seen."""

    there: tuple[Course, ...]
    hidden_by_view: tuple[str, ...]
    lacking: Mapping[str, tuple[str, ...]]

    def get(self, name: str) -> Course | None:
        """The course of a measure, None where the clip allows none."""
        return next((one for one in self.there if one.measure.name == name), None)


def courses(exercise: Exercise, seen: Seen, view: View) -> Courses:
    """What can be measured of an exercise in a clip."""
    near, px_per_m = seen.calibration.near_side, seen.calibration.px_per_m
    there, hidden, lacking = [], [], {}
    for measure in (MEASURES[name] for name in exercise.measures):
        never = [joint for joint in measure.joints(near) if not np.isfinite(seen.points(joint)).any()]
        if measure.view != view.name:
            hidden.append(words(measure.name))
        elif never:
            lacking[words(measure.name)] = tuple(joint.replace("_", " ") for joint in never)
        else:
            there.append(_scaled(measure, measure.course(seen), px_per_m))
    return Courses(tuple(there), tuple(hidden), lacking)


def _scaled(measure: Measure, values: np.ndarray, px_per_m: float | None) -> Course:
    if measure.kind != LENGTH:
        return Course(measure, joined(measure.name, measure.kind), measure.kind, values)
    unit, per = ("px", 1.0) if px_per_m is None else ("m", px_per_m)
    return Course(measure, joined(measure.name, unit), unit, values / per)


def joined(name: str, unit: str) -> str:
    """A column's name: its unit is its last part."""
    return f"{name}_{unit.replace('/', '_')}" if unit else name


def words(name: str) -> str:
    """A measure's name for people."""
    return name.removeprefix("bottom_").replace("_", " ")
