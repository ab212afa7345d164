"""Which joint differs, when, and in which direction: what a person can mend.

Angles of both movements are compared along the common path; stretches in which one differs by more than the camera's
error are told, the costliest first. The cost of a stretch is the sum of the squared differences over it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

from kinebench import geometry, keypoints, skeleton
from kinebench.comparison.sampling import sampled
from kinebench.comparison.scoring import Comparison
from kinebench.comparison.trajectories import MAX_GAP_S, MISSING_SHARE, Trajectories

LEAST_DEG = 6.0
"""Smaller differences lie within the error of single-camera angles (4.8 deg MAE over walk, squat and sit-to-stand,
OpenCap Monocular 2026; knee in gait 5.6 deg, Stenum 2021)."""
LEAST_ANKLE_DEG = 8.0
"""The ankle's error is larger (7.4 deg in gait, Stenum 2021)."""
LEAST_CONFIDENCE = 0.5
"""A joint seen with less confidence on the whole is hidden and guessed: what it does is no fault to be told."""
STEADY_S = 0.1
"""Differences are read as the running median over this time: where a joint is quick, the path's steps make jumps."""
THROUGHOUT = 80.0
"""A stretch over more than this per cent of the movement is told as lasting throughout it."""
COLUMNS = (
    "joint",
    "signal",
    "start_percent",
    "at_percent",
    "end_percent",
    "start_s",
    "at_s",
    "end_s",
    "reference_deg",
    "query_deg",
    "difference_deg",
    "direction",
    "cost_share",
    "words",
)


@dataclass(frozen=True)
class Told:
    """How an angle is told: the joints it hangs on (the first gives the name), words for more and less of it."""

    joints: tuple[str, ...]
    more: str
    less: str
    least_deg: float = LEAST_DEG


ANGLES: Mapping[str, Told] = {
    "elbow_flexion": Told(("elbow", "shoulder", "wrist"), "more bent", "less bent"),
    "knee_flexion": Told(("knee", "hip", "ankle"), "more bent", "less bent"),
    "hip_flexion": Told(("hip", "shoulder", "knee"), "more bent", "less bent"),
    "shoulder_flexion": Told(("shoulder", "hip", "elbow"), "further forward", "further back"),
    "ankle_dorsiflexion": Told(("ankle", "heel", "foot_index"), "toes higher", "toes lower", LEAST_ANKLE_DEG),
}
TRUNK = Told(("trunk", "left_shoulder", "right_shoulder"), "further forward", "further back")


def feedback(comparison: Comparison, reference: pd.DataFrame, query: pd.DataFrame) -> pd.DataFrame:
    """The stretches that differ, costliest first, one row each with the columns `COLUMNS`; empty where none does.

    reference, query: the signals of both whole clips (`kinematics.signals`). Joint and signal are the query's own;
    per cent of the movement, seconds in the query's clip; difference_deg = query less reference at its largest;
    cost_share: of all squared differences, those within the error too. Joints that were not compared, angles that
    either lacks or shows too seldom, and joints that are mostly guessed (`LEAST_CONFIDENCE`) are not told.
    """
    rows: list[dict[str, Any]] = []
    total = 0.0
    for name, joint, told, weight in _angles(comparison, reference, query):
        model = _along(reference, _in_reference(name, comparison), comparison.reference, comparison.path.reference)
        own = _along(query, name, comparison.query, comparison.path.query)
        if np.isnan(own - model).mean() > MISSING_SHARE:
            continue
        difference = _steady(own - model, comparison)
        total += weight * float(np.nansum(difference**2))
        rows += [
            row | {"joint": joint, "signal": name, "cost_share": weight * row["cost_share"]}
            for row in _stretches(difference, model, told, comparison)
        ]
    for row in rows:
        row["cost_share"] /= total
        row["words"] = _words(row)
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.sort_values("cost_share", ascending=False, kind="stable", ignore_index=True)


def _angles(
    comparison: Comparison, reference: pd.DataFrame, query: pd.DataFrame
) -> Iterator[tuple[str, str, Told, float]]:
    """The query's signal, its joint, how it is told and its weight, of every angle that both have."""
    sided = [
        (f"{side}_{angle}_deg", tuple(f"{side}_{part}" for part in told.joints), told)
        for angle, told in ANGLES.items()
        for side in skeleton.SIDES
    ]
    names = comparison.reference.joints
    weight = dict(zip(names, comparison.joints["weight"].to_numpy(float), strict=True))
    trust = dict(zip(names, np.minimum(comparison.reference.confidence, comparison.query.confidence), strict=True))
    for name, joints, told in [*sided, ("trunk_lean_deg", TRUNK.joints, TRUNK)]:
        if name not in query or _in_reference(name, comparison) not in reference:
            continue
        there = [skeleton.mirrored(joint) if comparison.mirrored else joint for joint in joints]
        compared = [joint for joint in there if joint in weight]
        # Elbow and wrist chosen: the elbow's angle is told; the wrist alone tells it as well; the shoulder does not.
        asked = there[0] in compared or there[-1] in compared
        if asked and min(trust[joint] for joint in compared) >= LEAST_CONFIDENCE:
            yield name, joints[0], told, float(np.mean([weight[joint] for joint in compared]))


def _in_reference(signal: str, comparison: Comparison) -> str:
    return skeleton.mirrored(signal) if comparison.mirrored else signal


def _along(signals: pd.DataFrame, name: str, ways: Trajectories, steps: np.ndarray) -> np.ndarray:
    """A signal at the steps of the path, NaN where it is missing."""
    values = signals[[name]].to_numpy(dtype=float)
    return sampled(keypoints.times(signals), values, ways.time_s, MAX_GAP_S)[steps, 0]


def _steady(difference: np.ndarray, comparison: Comparison) -> np.ndarray:
    """The running median of every known stretch."""
    rate = max(comparison.query.rate_hz, comparison.reference.rate_hz)
    size = 2 * int(STEADY_S * rate / 2) + 1
    found = difference.copy()
    for start, stop in zip(*geometry.runs(np.isfinite(difference)), strict=True):
        found[start:stop] = scipy.ndimage.median_filter(difference[start:stop], size=size, mode="nearest")
    return found


def _stretches(
    difference: np.ndarray, model: np.ndarray, told: Told, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Where the difference goes beyond the error, from where it passes half of that to where it falls below again."""
    for sign, direction in ((1, told.more), (-1, told.less)):
        off = sign * difference
        for start, stop in zip(*geometry.runs(off > told.least_deg / 2), strict=True):
            at = start + int(np.argmax(off[start:stop]))
            if off[at] > told.least_deg:
                places = {"start": start, "at": at, "end": stop - 1}
                yield {
                    **{f"{name}_percent": _percent(comparison, step) for name, step in places.items()},
                    **{f"{name}_s": _query_s(comparison, step) for name, step in places.items()},
                    "reference_deg": float(model[at]),
                    "query_deg": float(model[at] + difference[at]),
                    "difference_deg": float(difference[at]),
                    "direction": direction,
                    "cost_share": float((difference[start:stop] ** 2).sum()),
                }


def _percent(comparison: Comparison, step: int) -> float:
    return 100 * float(comparison.path.reference[step]) / (len(comparison.reference.time_s) - 1)


def _query_s(comparison: Comparison, step: int) -> float:
    return float(comparison.query.time_s[comparison.path.query[step]])


def _words(row: Mapping[str, Any]) -> str:
    """Left elbow 23 deg more bent at 40 % of the movement."""
    joint = row["joint"].replace("_", " ")
    size = f"{joint} {abs(row['difference_deg']):.0f} deg {row['direction']}"
    if row["end_percent"] - row["start_percent"] > THROUGHOUT:
        return f"{size} throughout, most at {row['at_percent']:.0f} % of the movement"
    return f"{size} at {row['at_percent']:.0f} % of the movement"
