"""Rowing on an ergometer from the side: strokes, drive and recovery, the hand's speed, the order of the segments."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinebench import edits, keypoints
from kinebench.edits import Repairs
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction
from kinebench.parameters import Group, parameter
from kinebench.reps import rows
from kinebench.scale import Scaling
from kinebench.smoothing import Smoothing
from kinebench.subject import Followed, Subject
from kinebench.tasks import Analysis, AngleLabel, NothingCounts, Plot, Presentation, Recording, common, consistency
from kinebench.tasks import rowing_events as events
from kinebench.tasks import rowing_metrics as measures
from kinebench.tasks import rowing_summary as summary
from kinebench.tasks.person import Person
from kinebench.tasks.presentation import OverlayOptions

NAME = "rowing"
TITLE = "Rowing on an ergometer"
NOTEBOOK = "rowing.ipynb"
JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
ANGLES = {
    "shank_angle_deg": "{near}_shank_angle_deg",
    "thigh_angle_deg": "{near}_thigh_angle_deg",
    "trunk_lean_deg": "trunk_lean_deg",
    "knee_flexion_deg": "{near}_knee_flexion_deg",
    "elbow_flexion_deg": "{near}_elbow_flexion_deg",
}


# A rower's hip on the rail rises by a sixth of the thigh in the sample clip, somebody's who stands up by its length.
MOST_RISE_THIGHS, MOST_RISE_SHARE = 0.4, 0.6


@dataclass(frozen=True)
class Rowing(Group):
    """What counts as a stroke."""

    min_stroke_share: float = parameter(
        0.5, help="a stroke counts when the handle travels at least this share of the usual way", low=0.1, high=1.0
    )


@dataclass(frozen=True)
class Settings:
    """Everything a user may set for this task."""

    extraction: Extraction = field(default_factory=Extraction)
    subject: Subject = field(default_factory=Subject)
    smoothing: Smoothing = field(default_factory=Smoothing)
    scaling: Scaling = field(default_factory=Scaling)
    repairs: Repairs = field(default_factory=Repairs)
    person: Person = field(default_factory=Person)
    task: Rowing = field(default_factory=Rowing)
    overlay: OverlayOptions = field(default_factory=OverlayOptions)


PRESENTATION = Presentation(
    repetition="Stroke",
    phases={"drive": "drive", "recovery": "recovery"},
    events={"catch_s": "catch", "finish_s": "finish"},
    boundaries={"catch_s": "catch", "finish_s": "finish", "end_s": "next catch"},
    tied={"start_s": "catch_s"},
    angles=(
        AngleLabel("{near}_knee_flexion_deg", "{near}_knee", "knee"),
        AngleLabel("trunk_lean_deg", "{near}_hip", "trunk"),
        AngleLabel("{near}_elbow_flexion_deg", "{near}_elbow", "elbow"),
    ),
    trail="{near}_wrist",
    plots=(
        Plot("Hand speed", ("{near}_wrist_speed_m_s", "{near}_wrist_speed_px_s"), "hand speed"),
        Plot("Handle forward", ("{near}_wrist_forward_m", "{near}_wrist_forward_px"), "handle forward"),
        Plot("Trunk lean", ("trunk_lean_deg",), "trunk lean (deg)"),
        Plot("Knee and elbow", ("{near}_knee_flexion_deg", "{near}_elbow_flexion_deg"), "flexion (deg)"),
    ),
    headline=(
        "strokes",
        "stroke_rate_spm",
        "drive_time_mean_s",
        "recovery_time_mean_s",
        "drive_recovery_ratio",
        "stroke_similarity_r",
    ),
)


def analyse(
    followed: Followed, recording: Recording, settings: Settings, prepared: common.Prepared | None = None
) -> Analysis:
    """The strokes of the person followed; KinebenchError where there is not one whole stroke."""
    prepared = prepared or common.prepare(followed, settings)
    motion = _motion(prepared)
    reps, unfit = strokes(prepared, motion, settings)
    good = reps[reps["accepted"]]
    if good.empty:
        raise NothingCounts(
            "No repetition counted: task rowing needs at least one whole stroke, from catch to catch: "
            f"{_seen(reps)}. Film, or choose with start_s and stop_s, at least two strokes more than are to be "
            "measured, or lower min_stroke_share.",
            reps,
            (*prepared.unfit, *unfit),
        )
    _require_sliding(prepared, good)
    profiles = measures.profiles(good, motion)
    alike = consistency.found(prepared.keypoints, good)
    measured = [*summary.clip_metrics(good, motion, profiles), consistency.metric(alike, "strokes")]
    checks = common.checks(prepared, recording, reps, JOINTS, "stroke", settings.repairs, unfit, cyclic=True)
    return Analysis(
        task=NAME,
        settings=settings,
        recording=recording,
        raw=prepared.raw,
        keypoints=prepared.keypoints,
        swaps=prepared.swaps,
        smoothed=prepared.smoothed,
        calibration=prepared.calibration,
        signals=prepared.signals,
        reps=reps,
        labels=_labels(motion.time_s, reps),
        metrics=common.doubted(measured, checks),
        quality=checks,
        near_side=prepared.near,
        unfit=(*prepared.unfit, *unfit),
        extras={"stroke_profiles": profiles, "handle_path": measures.path(good, motion)}
        | consistency.likeness(alike, good),
    )


def _require_sliding(prepared: common.Prepared, strokes: pd.DataFrame) -> None:
    """Refuse a movement with a hand that goes to and fro, but without a seat: standing up with crossed arms, a punch.

    On an ergometer the hip slides on a level rail. Its rise and its way forward are taken within each stroke, because
    the rower may stand up after the last one.
    """
    times = keypoints.times(prepared.keypoints)
    rise, way = (prepared.signal(f"{{near}}_hip_{name}_px") for name in ("height", "forward"))
    within = [(times >= row.catch_s) & (times <= row.end_s) for row in rows(strokes)]
    rise_px, way_px = (np.nanmedian([_span(values[stroke]) for stroke in within]) for values in (rise, way))
    thigh_px = common.length_px(prepared.keypoints, f"{prepared.near}_hip", f"{prepared.near}_knee")
    if rise_px > MOST_RISE_THIGHS * thigh_px and rise_px > MOST_RISE_SHARE * way_px:
        raise KinebenchError(
            "task rowing needs a rower on a level seat, but in each of the hand's movements the hip rises by "
            f"{rise_px / thigh_px:.2f} thigh lengths. Check that the clip shows rowing, or name another task."
        )


def _span(values: np.ndarray) -> float:
    seen = values[np.isfinite(values)]
    return float(np.ptp(seen)) if len(seen) else np.nan


def _seen(reps: pd.DataFrame) -> str:
    """What there was instead of a whole stroke."""
    turns = {word: reps[f"{word}_s"].dropna().round(2).unique() for word in ("catch", "finish")}
    said = [f"{word} at {', '.join(f'{time:g}' for time in times)} s" for word, times in turns.items() if len(times)]
    reasons = common.reasons(reps)
    return f"seen were {' and '.join(said) or 'no catch and no finish'} ({reasons})"


def _motion(prepared: common.Prepared) -> measures.Motion:
    """The near hand's course in metres where the clip is scaled, else in pixels."""
    unit = "m" if f"{prepared.near}_wrist_speed_m_s" in prepared.signals else "px"
    return measures.Motion(
        time_s=keypoints.times(prepared.keypoints),
        forward=prepared.signal(f"{{near}}_wrist_forward_{unit}"),
        height=prepared.signal(f"{{near}}_wrist_height_{unit}"),
        speed=prepared.signal(f"{{near}}_wrist_speed_{unit}_s"),
        unit=unit,
        angles={name: prepared.signal(column) for name, column in ANGLES.items()},
    )


def strokes(
    prepared: common.Prepared, motion: measures.Motion, settings: Settings
) -> tuple[pd.DataFrame, tuple[edits.Unfit, ...]]:
    """The strokes' table with all that is measured of each, and why an edit by hand could not be applied."""
    near = prepared.near
    trunk_px = common.length_px(prepared.keypoints, f"{near}_shoulder", f"{near}_hip")
    forward = prepared.signal("{near}_wrist_forward_px")
    if not np.isfinite(trunk_px) or not np.isfinite(forward).any():
        raise KinebenchError(
            "task rowing needs shoulder, hip and wrist of one side in the picture, but one of them was never seen. "
            "Film the whole rower and the flywheel from the side."
        )
    least = settings.task.min_stroke_share
    found, _, unfit = common.repaired_repetitions(
        lambda: (events.find(motion.time_s, forward, trunk_px, least), None),
        lambda: (edits.repetitions.empty([*events.EVENTS, "travel_px"]), None),
        settings,
        PRESENTATION,
        motion.time_s,
    )
    by_hand = found["travel_px"].isna() & found["accepted"]
    ends = measures.at_times(motion.time_s, forward, found[["catch_s", "finish_s"]].to_numpy(dtype=float))
    found.loc[by_hand, "travel_px"] = np.abs(ends[:, 0] - ends[:, 1])[by_hand]
    px_per_m = prepared.calibration.px_per_m
    if px_per_m is not None:
        found["travel_m"] = found["travel_px"] / px_per_m
    return measures.measured(found, motion), unfit


def _labels(times: np.ndarray, reps: pd.DataFrame) -> pd.DataFrame:
    edges: list[tuple[float, int, str]] = []
    for row in rows(reps):
        number = int(row.repetition)
        edges += [(row.catch_s, number, "drive"), (row.finish_s, number, "recovery"), (row.end_s, 0, "")]
    return common.labels(times, edges)
