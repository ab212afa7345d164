"""The checks on a recording of walking: those of every task, judged within the strides, and two of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kinebench import edits, keypoints, quality
from kinebench.quality import Check, Limits
from kinebench.scale.view import facing
from kinebench.tasks.walking.events import APART_S, HEEL_STRIKE
from kinebench.tasks.walking.rearfoot import reversed_share
from kinebench.tasks.walking.scene import Walk
from kinebench.tasks.walking.view import BEHIND, View

AGREEMENT = Limits(
    "foot_events_agreement",
    "%",
    10,
    40,
    "Look at the feet in the overlay: they should be seen whole and sharp; more light and a faster shutter help.",
    quality.limits.OURS
    + "two readings of one event, by the pelvis and by the floor, are good for two frames at 30 frames/s each.",
)
MEASURABLE = Limits(
    "view_measures",
    "views",
    0,
    1,
    "Film from the side, feet in the picture, with a network that gives heel and toe; from behind for the rear foot.",
    "What a view does not show is left out rather than guessed.",
)
SIDES_KEPT = Limits(
    "sides_from_behind",
    "%",
    1,
    5,
    "Film from the side, or with a network that tells a back from a front; look at left and right in the overlay.",
    quality.limits.OURS + "from behind the left shoulder and hip lie left of the right ones in every frame.",
)
EXPECTED = ("walked to the", "the person turns", "not all of the legs")
"""How the reasons begin of strides left out by design: the walk goes on beyond the picture, or back again."""


@dataclass(frozen=True)
class Facts:
    """What the checks on a walk rest on: the walk, its foot events by both methods, the near side's strides.

    confidence_gate: below it a joint counted as missing.
    """

    walk: Walk
    events: pd.DataFrame
    reps: pd.DataFrame
    confidence_gate: float


def adjusted(checks: Sequence[Check], facts: Facts) -> tuple[Check, ...]:
    """Every task's checks; replaced are those that a walk through the picture, to and fro or from behind would fail."""
    walk, reps = facts.walk, facts.reps
    prepared = walk.prepared
    times = keypoints.times(prepared.raw)
    whole = reps[~reps["cut"]]
    within, accepted = _within(times, whole), _within(times, reps[reps["accepted"]])
    seen = np.isfinite(keypoints.points(prepared.raw, f"{walk.near}_{walk.joints[0]}")[:, 0])
    odd = whole[~whole["accepted"] & (whole[edits.BY_HAND] != "rejected")]
    odd = odd[~odd["reason"].str.startswith(EXPECTED)]
    chosen = walk.state.direction == walk.state.measured
    shown = facing(prepared.keypoints[chosen])
    outside = float((accepted & ~walk.state.whole).sum() / max(accepted.sum(), 1))
    replaced = {
        "frames_without_person": quality.frames_without_person(int((within & ~seen).sum()), int(within.sum())),
        "gaps_filled": quality.gaps_filled(*_gaps(walk, within, facts.confidence_gate)),
        "rejected_repetitions": quality.rejected_repetitions(
            len(odd), int(reps["accepted"].sum()) + len(odd), "stride"
        ),
        "joints_outside_picture": quality.outside_picture(outside),
        "facing": quality.facing(prepared.calibration.facing, shown.value, shown.why),
    }
    if walk.view.name == BEHIND:
        replaced["facing"] = Check(
            "facing", 0.0, "contradictions", "good", "The person is seen from behind.", "", quality.limits.FACING.basis
        )
        replaced["view_angle"] = _from_behind(walk.view)
        checks = (*checks, _sides_kept(prepared.raw))
    return (*(replaced.get(check.name, check) for check in checks), _agreement(facts.events, walk), _measurable(walk))


def _sides_kept(raw: pd.DataFrame) -> Check:
    share = 100 * reversed_share(raw)
    return SIDES_KEPT.judge(share, f"The network took the back for a front in {share:.1f} % of the frames.")


def _within(times: np.ndarray, reps: pd.DataFrame) -> np.ndarray:
    found = np.zeros(len(times), dtype=bool)
    for start, end in reps[["start_s", "end_s"]].to_numpy(dtype=float):
        found |= (times >= start) & (times <= end)
    return found


def _gaps(walk: Walk, within: np.ndarray, confidence_gate: float) -> tuple[float, float]:
    """Shares of the near side's positions within the strides that were filled in, and that stayed missing."""
    before, after = walk.prepared.mended[within], walk.prepared.keypoints[within]
    joints = [joint for part in walk.joints if (joint := f"{walk.near}_{part}") in keypoints.joints(before)]
    seen = [keypoints.confidence(before, joint) >= confidence_gate for joint in joints]
    found = [np.isfinite(keypoints.points(before, joint)[:, 0]) for joint in joints]
    known = [np.isfinite(keypoints.points(after, joint)[:, 0]) for joint in joints]
    if not within.any():
        return 0.0, 0.0
    used = np.array(seen) & np.array(found)
    return float((~used & np.array(known)).mean()), float((~np.array(known)).mean())


def _from_behind(view: View) -> Check:
    """How far the camera is from right behind, as the breadth of shoulders and hips tells it."""
    away = float(np.degrees(np.arccos(np.clip(abs(view.across), 0, 1)))) if np.isfinite(view.across) else np.nan
    # Breadth changes little near 90 deg, and people differ by a tenth: closer than 25 deg it tells nothing.
    away = 0.0 if away < 25 else away
    check = quality.view(away)
    return replace(check, message="The camera stands behind the person.") if check.verdict == "good" else check


def _agreement(events: pd.DataFrame, walk: Walk) -> Check:
    """In how many of the events the two methods differ; where toe-offs are the ankle's, in how many heel strikes."""
    if walk.feet.by_ankle:
        events = events[events["event"] == HEEL_STRIKE]
    apart = events["difference_s"].abs()
    if not apart.notna().any():
        return AGREEMENT.judge(np.nan, "The foot events could be found in one way only.")
    count, known = int((apart > APART_S).sum()), int(apart.notna().sum())
    single = len(events) - known
    said = f"{count} of {known} foot events differ by more than {APART_S:g} s between the two ways to find them"
    typical = events["difference_s"].median()
    said += f"; by the foot's speed they come {abs(typical):.2f} s {'later' if typical > 0 else 'earlier'}"
    said += f"; {single} could be found in one way only." if single else "."
    return AGREEMENT.judge(100 * count / known, said)


def _measurable(walk: Walk) -> Check:
    """From where the person is seen, and what was left out because of it."""
    words = {"sagittal": "from the side", BEHIND: "from behind"}[walk.view.name]
    where = "" if walk.view.name == BEHIND else ", passing the camera" if walk.passing else ", walking on the spot"
    why = f" ({walk.view.why})" if walk.view.why else ""
    return MEASURABLE.judge(
        float(walk.feet.by_ankle), " ".join([f"The person is seen {words}{where}{why}.", *walk.notes])
    )
