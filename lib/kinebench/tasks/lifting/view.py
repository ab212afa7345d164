"""From where a lift was filmed: the side (sagittal), front or back (frontal), or in between (oblique)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints, quality, skeleton
from kinebench.quality import Check
from kinebench.quality.limits import VIEW as VIEW_LIMITS
from kinebench.scale.view import HIP_BREADTH, SHOULDER_BREADTH, TRUNK

SAGITTAL, FRONTAL, OBLIQUE = "sagittal", "frontal", "oblique"
VIEWS = (SAGITTAL, FRONTAL)
LONGEST = 90
"""Percentile of the trunk's length in the picture over the frames: seen from the front a lean shortens it."""
SAGITTAL_TO_DEG = 30.0
"""The limit beyond which `view_angle` calls a view from the side bad."""
FRONTAL_FROM_DEG = 55.0
"""Here shoulders and hips show 0.82 of their breadth; people's breadths differ by a tenth from the average [C]."""
WORDS = {
    SAGITTAL: "from the side (sagittal)",
    FRONTAL: "from the front or from behind (frontal)",
    OBLIQUE: "obliquely, neither from the side nor from the front",
}


@dataclass(frozen=True)
class View:
    """`name`: sagittal, frontal or oblique, as it is used; `seen`: as the picture shows it, "" where it can't be told.

    angle_deg: how far the line of sight is turned from square to the person's side, 0 to 90; NaN where unknown.
    """

    name: str
    seen: str
    angle_deg: float

    @property
    def given(self) -> bool:
        """Whether the user said it against what the picture shows."""
        return self.seen not in ("", self.name)


def recognised(table: pd.DataFrame, inside: np.ndarray, given: str = "auto") -> View:
    """The view in the frames `inside` (bool, (frames,)) of a keypoint table; what the user says goes before.

    From the breadth of shoulders and hips in the picture, which is as the sine of the angle, over the trunk's length.
    Side and sign are averaged before the size is taken, so that noise does not widen somebody seen from the side.
    """
    angle = _turned_deg(table[inside])
    seen = ""
    if np.isfinite(angle):
        seen = SAGITTAL if angle <= SAGITTAL_TO_DEG else FRONTAL if angle >= FRONTAL_FROM_DEG else OBLIQUE
    return View((seen or SAGITTAL) if given == "auto" else given, seen, angle)


def _turned_deg(table: pd.DataFrame) -> float:
    middles, across, whole = [], 0.0, 0.0
    for part, breadth in (("shoulder", SHOULDER_BREADTH), ("hip", HIP_BREADTH)):
        left, right = (keypoints.points(table, f"{side}_{part}") for side in skeleton.SIDES)
        middles.append((left + right) / 2)
        apart = (left - right)[np.isfinite(left - right).all(axis=1)]
        if len(apart):
            across += float(np.linalg.norm(np.median(apart, axis=0)))
            whole += breadth / TRUNK
    trunk = geometry.distance(*middles)
    trunk = trunk[np.isfinite(trunk)]
    if not len(trunk) or not whole:
        return np.nan
    return float(np.degrees(np.arcsin(np.clip(across / (whole * np.percentile(trunk, LONGEST)), 0, 1))))


def check(view: View, left_out: str) -> Check:
    """What was recognised; left_out: what the view cannot show, in words.

    Either view is good: each shows what the other can't. In between nothing but times and heights can be measured.
    """
    known = f"turned about {view.angle_deg:.0f} deg from the side" if np.isfinite(view.angle_deg) else "not told"
    said = f"The lift is seen {WORDS[view.name]}; by the breadth of shoulders and hips the view is {known}."
    if view.given:
        said += f" It was said to be {view.name}, but looks {view.seen}."
    if left_out:
        said += f" Left out, because this view does not show it: {left_out}."
    verdict = "good" if view.name in VIEWS and not view.given and view.seen else "doubtful"
    advice = "" if verdict == "good" else "Film square from the side, or straight from the front or from behind."
    basis = "kinebench's own limits: from the side up to 30 deg, from the front or behind from 55 deg."
    return Check("view", None, "", verdict, said, advice, basis)


def doubt(view: View) -> str:
    """Why a measure of the view that was named is in doubt; "" where the picture does not speak against that view."""
    return f"The view was said to be {view.name}, but looks {view.seen}." if view.given else ""


def adapted(checks: tuple[Check, ...], view: View) -> tuple[Check, ...]:
    """The checks, with those for a view from the side judged as this view deserves.

    Seen from the front nobody is square to the side, and where they face in the picture does not matter.
    """
    if view.name != FRONTAL:
        return checks
    words = "The person is seen from the front or from behind, where squareness to the side says nothing."
    instead = {
        VIEW_LIMITS.name: Check(VIEW_LIMITS.name, None, "", "good", words, "", VIEW_LIMITS.basis),
        "facing": quality.facing("left", "left", ""),
    }
    instead["facing"] = Check("facing", 0.0, instead["facing"].unit, "good", words, "", instead["facing"].basis)
    return tuple(instead.get(one.name, one) for one in checks)
