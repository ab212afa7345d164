"""From where a person is seen: from the left, the right, in front or behind, told once for a clip.

Two things are read from the picture. How far the left shoulder and hip appear to the right of the right ones, as share
of what they would span seen squarely from the front: +1 in front, -1 behind, 0 from the side. And how far the toes
appear ahead of the heels and the nose of the ears, as share of what they would from the side: +1 facing the picture's
right, -1 its left, 0 in front. The two are the sine and the cosine of one angle, the person's heading, and the view is
that of the four of which the heading is nearest.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints, scale, skeleton
from kinebench.errors import KinebenchError
from kinebench.scale.view import HIP_BREADTH, SHOULDER_BREADTH, TRUNK, trunk_px

VIEWS = ("left", "right", "front", "behind")
"""The side of the body towards the camera; who is seen from the right faces the picture's right."""
HEADINGS_DEG = {"right": 0.0, "front": 90.0, "left": 180.0, "behind": -90.0}
SPOKEN = {"left": "the left", "right": "the right", "front": "the front", "behind": "behind"}
MIRRORED = {"left": "right", "right": "left", "front": "front", "behind": "behind"}

FOOT, HEAD = 0.11, 0.064
"""Shares of stature: the foot's part from heel to its toe joint in a network's keypoints (foot length 0.152 after
Drillis and Contini 1966, as printed in Winter 2009, figure 4.1, less the toes and the heel's pad, an assumption), and
from the ear canal to the nose as in `scale.view`. Both only weigh the sides against the front."""
UNSURE_DEG = 15.0
"""Nearer to the border between two views than this the view is in doubt: seen obliquely it is neither."""
APART_DEG = 40.0
"""Shoulders and hips that tell headings further apart than this doubt each other: a trunk hardly twists so far."""


@dataclass(frozen=True)
class View:
    """value: one of `VIEWS`; heading_deg: 0 facing the picture's right, 90 the camera, 180 the left, -90 away;
    margin_deg: how far the heading is from the border to the next view, 45 at most; doubt: "" or why it is in doubt.
    """

    value: str
    heading_deg: float
    margin_deg: float
    doubt: str


def view_of(table: pd.DataFrame) -> View:
    """The view of a keypoint table. KinebenchError where neither both shoulders nor both hips were seen."""
    trunk = trunk_px(table)
    abreast = _abreast(table, trunk)
    if not abreast:
        raise KinebenchError(
            "The view must be told from both shoulders or both hips, but neither were seen. Give it with --view."
        )
    towards = _towards(table, trunk)
    sine = float(np.mean(list(abreast.values())))
    if towards is None:
        # Without feet and face only the knees' bend is left to tell the sides apart.
        sign = 1 if scale.facing(table).value == "right" else -1
        towards = sign * float(np.sqrt(max(1 - min(sine**2, 1), 0)))
    heading = float(np.degrees(np.arctan2(sine, towards)))
    away = {name: abs((heading - at + 180) % 360 - 180) for name, at in HEADINGS_DEG.items()}
    value = min(away, key=away.__getitem__)
    margin = 45.0 - away[value]
    return View(value, heading, margin, _doubt(margin, abreast, towards))


def _doubt(margin_deg: float, abreast: dict[str, float], towards: float) -> str:
    headings = [float(np.degrees(np.arctan2(sine, towards))) for sine in abreast.values()]
    apart = abs((headings[0] - headings[-1] + 180) % 360 - 180)
    if margin_deg < UNSURE_DEG:
        return f"the person is seen obliquely, {margin_deg:.0f} deg from the border to the next view"
    if apart > APART_DEG:
        return f"shoulders and hips tell headings {apart:.0f} deg apart"
    return ""


def _abreast(table: pd.DataFrame, trunk: float) -> dict[str, float]:
    """How far the left one appears to the right of the right one, as share of the breadth, of shoulders and hips."""
    found = {}
    for part, breadth in (("shoulder", SHOULDER_BREADTH), ("hip", HIP_BREADTH)):
        left, right = (keypoints.points(table, f"{side}_{part}") for side in skeleton.SIDES)
        apart = _median((left - right)[:, 0]) / (trunk * breadth / TRUNK) if trunk > 0 else np.nan
        if np.isfinite(apart):
            found[part] = float(np.clip(apart, -1, 1))
    return found


def _towards(table: pd.DataFrame, trunk: float) -> float | None:
    """How far feet and head point to the picture's right, -1..1; the feet count twice; None where neither is seen."""
    feet = [
        _median((keypoints.points(table, f"{side}_foot_index") - keypoints.points(table, f"{side}_heel"))[:, 0])
        for side in skeleton.SIDES
    ]
    known = [foot for foot in feet if np.isfinite(foot)]
    ears = [keypoints.points(table, f"{side}_ear") for side in skeleton.SIDES]
    nose = keypoints.points(table, "nose")
    ahead = [step for step in (_median((nose - ear)[:, 0]) for ear in ears) if np.isfinite(step)]
    votes = []
    if known:
        votes += 2 * [float(np.clip(np.mean(known) / (trunk * FOOT / TRUNK), -1, 1))]
    if ahead:
        votes.append(float(np.clip(np.mean(ahead) / (trunk * HEAD / TRUNK), -1, 1)))
    return float(np.mean(votes)) if votes else None


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
