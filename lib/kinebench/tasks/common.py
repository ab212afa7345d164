"""What every task does the same way: from the person followed to signals, and the checks on the recording."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from kinebench import edits, keypoints, kinematics, quality, scale, smoothing, subject
from kinebench.errors import KinebenchError
from kinebench.quality import Check
from kinebench.tasks import Metric, Presentation, Recording


@dataclass(frozen=True)
class Prepared:
    """Everything up to the signals; `near` is the side that was measured.

    mended: the raw keypoints with sides put right and edits applied; touched: (frames,) where they were edited by hand;
    unfit: edits that could not be applied, and why.
    """

    raw: pd.DataFrame
    mended: pd.DataFrame
    keypoints: pd.DataFrame
    swaps: pd.DataFrame
    smoothed: smoothing.Smoothed
    calibration: scale.Calibration
    signals: pd.DataFrame
    touched: np.ndarray
    unfit: tuple[edits.Unfit, ...] = ()

    @property
    def near(self) -> str:
        """left or right."""
        return self.calibration.near_side

    def signal(self, name: str) -> np.ndarray:
        """A signal by its name, `{near}` filled in; NaN throughout where there is no such signal."""
        column = name.format(near=self.near)
        if column not in self.signals:
            return np.full(len(self.signals), np.nan)
        return np.ascontiguousarray(self.signals[column].to_numpy(dtype=float))


def prepare(followed: subject.Followed, settings: Any) -> Prepared:
    """Swaps put right, keypoints edited and smoothed, the view calibrated, signals computed.

    settings: a task's Settings.
    """
    unswapped, swaps = followed.unswapped
    repaired = edits.places.repair(unswapped, settings.repairs.edits)
    smoothed = smoothing.smooth(repaired.keypoints, settings.smoothing, repaired.pinned)
    calibration = scale.calibrate(repaired.keypoints, smoothed.keypoints, settings.scaling)
    signals = kinematics.signals(smoothed.keypoints, calibration)
    return Prepared(
        raw=followed.keypoints,
        mended=repaired.keypoints,
        keypoints=smoothed.keypoints,
        swaps=swaps,
        smoothed=smoothed,
        calibration=calibration,
        signals=signals,
        touched=repaired.touched,
        unfit=followed.unfit + repaired.unfit,
    )


T = TypeVar("T")


def repaired_repetitions(
    find: Callable[[], tuple[pd.DataFrame, T]],
    nothing: Callable[[], tuple[pd.DataFrame, T]],
    settings: Any,
    presentation: Presentation,
    times_s: np.ndarray,
) -> tuple[pd.DataFrame, T, tuple[edits.Unfit, ...]]:
    """What `find` finds, with the repetitions edited by hand; and the edits that could not be applied.

    Where it finds none (KinebenchError), those added by hand stand alone, beside the rest of `nothing`.
    """
    due = settings.repairs.edits
    try:
        found, rest = find()
    except KinebenchError:
        if not any(edit.what == edits.ADDED for edit in due):
            raise
        found, rest = nothing()
    span_s = (float(times_s[0]), float(times_s[-1]))
    table, unfit = edits.repetitions.repair(found, due, tuple(presentation.boundaries), presentation.tied, span_s)
    return table, rest, unfit


def length_px(table: pd.DataFrame, *joints: str) -> float:
    """Length of a chain of joints in the picture: the sum of the median distances; NaN where a joint is never seen."""
    total = 0.0
    for a, b in itertools.pairwise(joints):
        distance = np.linalg.norm(keypoints.points(table, a) - keypoints.points(table, b), axis=1)
        total += float(np.median(distance[np.isfinite(distance)])) if np.isfinite(distance).any() else np.nan
    return total


def body_height_px(prepared: Prepared) -> float:
    """The person's height in the picture, whatever the posture: near-side shoulder to ankle over its share of stature.

    Ankle to knee to hip to shoulder is (0.246 + 0.245 + 0.288) of stature (Drillis and Contini 1966).
    """
    joints = (f"{prepared.near}_{part}" for part in ("ankle", "knee", "hip", "shoulder"))
    return length_px(prepared.keypoints, *joints) / (0.246 + 0.245 + 0.288)


def checks(
    prepared: Prepared,
    recording: Recording,
    reps: pd.DataFrame,
    joints: Sequence[str],
    noun: str,
    done: edits.Repairs,
    unfit: Sequence[edits.Unfit] = (),
    *,
    cyclic: bool = False,
) -> tuple[Check, ...]:
    """Every check on the recording.

    joints: the near-side parts that are measured; reps: with `accepted` and `cut` (by the clip's ends); noun: for one
    of them; done: the edits by hand, and those of the repetitions that are `unfit`; cyclic: whether they follow
    each other without a pause.
    """
    used = [f"{prepared.near}_{part}" for part in joints]
    frames = len(recording.times_s)
    missing = [joint for joint in used if not np.isfinite(keypoints.points(prepared.raw, joint)).any()]
    cut = int(reps["cut"].sum())
    # Who rejects one by hand has judged it: no sign of a recording in which much is not understood.
    rejected = int((~reps["accepted"] & ~reps["cut"] & (reps[edits.BY_HAND] != "rejected")).sum())
    seen = scale.facing(prepared.keypoints)
    swapped = int(prepared.swaps["frames"].sum()) if len(prepared.swaps) else 0
    return (
        quality.frames_without_person(recording.frames_without_person, frames),
        quality.near_side_confidence(_confidence(prepared.raw, used)),
        quality.joints_missing(missing),
        quality.outside_picture(_outside(prepared.raw, used, recording)),
        quality.gaps_filled(*(_share(prepared.smoothed.joints, used, name, frames) for name in ("filled", "missing"))),
        quality.swaps_corrected(len(prepared.swaps), swapped, frames),
        quality.person_changes(recording.person_changes, recording.people_seen),
        quality.crossings(recording.crossings, recording.doubtful_crossings_s),
        quality.frame_rate(recording.frame_rate_hz),
        quality.frame_jitter(recording.times_s, counted=recording.times_counted),
        quality.resolution(body_height_px(prepared)),
        quality.view(prepared.calibration.yaw_deg),
        quality.facing(prepared.calibration.facing, seen.value, seen.why),
        quality.cut_repetitions(cut, noun, cyclic=cyclic),
        quality.rejected_repetitions(rejected, len(reps) - cut, noun),
        quality.unreadable(recording.lost_s, recording.duration_s, recording.damage, recording.undecoded / frames),
        *(() if recording.asked_s is None else (quality.stretch(recording.asked_s, recording.times_s),)),
        quality.edits_by_hand(edits.counted(done.edits), [why for _, why in (*prepared.unfit, *unfit)]),
    )


def reasons(reps: pd.DataFrame) -> str:
    """Why each repetition was rejected, in one line; when it was, as far as it is known."""
    said = []
    for start_s, reason in zip(reps["start_s"], reps["reason"], strict=True):
        said.append(f"at {start_s:.1f} s: {reason}" if np.isfinite(start_s) else str(reason))
    return "; ".join(said)


def _share(counts: pd.DataFrame, joints: Sequence[str], name: str, frames: int) -> float:
    """Of the positions of `joints` in all frames, 0..1; a joint that the network lacks is not counted."""
    own = counts.loc[counts.index.isin(joints), name]
    return float(own.sum() / (frames * len(own))) if len(own) and frames else 0.0


def _confidence(raw: pd.DataFrame, joints: Sequence[str]) -> float:
    values = np.stack([keypoints.confidence(raw, joint) for joint in joints])
    seen = values[:, np.isfinite(keypoints.points(raw, joints[0])).all(axis=1)]
    return float(np.median(seen)) if seen.size else np.nan


def _outside(raw: pd.DataFrame, joints: Sequence[str], recording: Recording) -> float:
    """Share of the frames with a joint beyond the picture's edge, 0..1."""
    points = np.stack([keypoints.points(raw, joint) for joint in joints], axis=1)
    beyond = (points < -0.5) | (points > np.array([recording.width, recording.height]) - 0.5)
    return float(beyond.any(axis=(1, 2)).mean()) if len(points) else 0.0


ANGLE_CHECKS = (
    "facing",
    "view_angle",
    "near_side_confidence",
    "joints_outside_picture",
    "person_height",
    "left_right_swaps",
)
TIME_CHECKS = (
    "frame_rate",
    "frame_time_jitter",
    "frames_without_person",
    "person_changes",
    "crossings",
    "joints_missing",
)


def doubted(metrics: Sequence[Metric], found: Sequence[Check]) -> tuple[Metric, ...]:
    """The metrics, marked where a failed check casts doubt: all by those of time, angles and lengths by the view."""
    by_name = {check.name: check for check in found if check.verdict == "bad"}
    shaky = [check for check in found if check.name == "view_angle" and check.verdict != "good"]
    marked = []
    for metric in metrics:
        spatial = metric.spatial or metric.unit.startswith(("deg", "m", "W", "px"))
        names = TIME_CHECKS + (ANGLE_CHECKS if spatial else ())
        reasons = [by_name[name].message for name in names if name in by_name]
        reasons += [check.message for check in shaky if spatial and check.message not in reasons]
        doubt = " ".join([metric.doubt, *reasons]).strip()
        marked.append(replace(metric, doubt=doubt))
    return tuple(marked)


def labels(time_s: np.ndarray, edges: Sequence[tuple[float, int, str]]) -> pd.DataFrame:
    """Repetition, phase and count so far at each frame, from (time, repetition, phase) in order of time.

    `repetition` 0 and `phase` "" where none; `count`: repetitions begun so far, the one under way included.
    """
    ordered = sorted((edge for edge in edges if np.isfinite(edge[0])), key=lambda edge: edge[0])
    starts = np.array([edge[0] for edge in ordered])
    which = np.searchsorted(starts, time_s, side="right")
    numbers = np.array([0, *(edge[1] for edge in ordered)])[which]
    phases = np.array(["", *(edge[2] for edge in ordered)], dtype=object)[which]
    table = pd.DataFrame({"repetition": numbers, "phase": phases}, index=pd.Index(time_s, name="time_s"))
    table["count"] = np.maximum.accumulate(numbers) if len(numbers) else numbers
    return table
