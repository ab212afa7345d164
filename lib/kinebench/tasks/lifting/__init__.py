"""Squat, deadlift and bench press: repetitions, the bar's velocity and path, depth and posture at the bottom."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kinebench import edits, keypoints
from kinebench.edits import Repairs
from kinebench.extraction import Extraction
from kinebench.parameters import Group, parameter
from kinebench.scale import Scaling
from kinebench.smoothing import Smoothing
from kinebench.subject import Followed, Subject
from kinebench.tasks import (
    Analysis,
    AngleLabel,
    FootBox,
    NothingCounts,
    Plot,
    Presentation,
    Reading,
    Recording,
    common,
    consistency,
)
from kinebench.tasks.lifting import bar as bars
from kinebench.tasks.lifting import events, exercises, labels, measures, metrics, posture, summary
from kinebench.tasks.lifting import view as views
from kinebench.tasks.lifting.body import Seen
from kinebench.tasks.person import Person
from kinebench.tasks.presentation import OverlayOptions

NAME = "lifting"
TITLE = "Lifting: squat, deadlift, bench press"
NOTEBOOK = "lifting.ipynb"


@dataclass(frozen=True)
class Lifting(Group):
    """Which lift it is, and what counts as a repetition."""

    exercise: str = parameter("squat", help="which lift it is", choices=tuple(exercises.EXERCISES))
    view: str = parameter(
        "auto",
        help="from where it was filmed: sagittal: from the side, frontal: from the front or behind; auto: recognised",
        choices=("auto", *views.VIEWS),
    )
    min_rep_share: float = parameter(
        0.5, help="a repetition counts when the bar goes at least this share of the usual way", low=0.1, high=1.0
    )
    depth_target_deg: float = parameter(
        0.0,
        help="squat: thigh below the horizontal at which a repetition is deep enough",
        unit="deg",
        low=-60.0,
        high=60.0,
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
    task: Lifting = field(default_factory=Lifting)
    overlay: OverlayOptions = field(default_factory=OverlayOptions)


EVENTS = {"start_s": "start", "turn_s": "turning point", "end_s": "end"}
PRESENTATION = Presentation(
    repetition="Repetition",
    phases=labels.PHASES,
    events=EVENTS,
    boundaries=EVENTS,
    tied={"resume_s": "turn_s"},
    angles=(
        AngleLabel("{near}_thigh_shank_angle_deg", "{near}_knee", "thigh-shank"),
        AngleLabel("trunk_lean_deg", "{near}_hip", "trunk"),
    ),
    trail="{near}_wrist",
    plots=(
        Plot("Bar velocity", ("bar_velocity_m_s", "bar_velocity_px_s"), "bar velocity"),
        Plot("Bar height", ("bar_height_m", "bar_height_px"), "bar height"),
        Plot("Trunk lean", ("trunk_lean_deg",), "trunk lean (deg)"),
        Plot("Knee and hip", ("{near}_knee_flexion_deg", "{near}_hip_flexion_deg"), "flexion (deg)"),
    ),
    headline=(
        "repetitions",
        "mean_concentric_velocity_m_s",
        "velocity_loss_pct",
        "depth_deg",
        "repetitions_deep_enough",
        "bottom_knee_flexion_deg",
        "bottom_trunk_lean_deg",
        "bottom_knee_to_ankle_distance",
    ),
    readings=(Reading(("bar_velocity_m_s", "bar_velocity_px_s"), "velocity"),),
    feet=(FootBox(ahead=("knee_ahead_of_toes_m", "knee_ahead_of_toes_px")),),
    grade="grade",
    legend={"grade": "depth"},
)


def analyse(
    followed: Followed, recording: Recording, settings: Settings, prepared: common.Prepared | None = None
) -> Analysis:
    """The repetitions of the person followed; KinebenchError where there is not one whole repetition."""
    prepared = prepared or common.prepare(followed, settings)
    exercise = exercises.get(settings.task.exercise)
    seen = Seen(prepared.keypoints, prepared.calibration, prepared.signals)
    bar = bars.found(seen, exercise)
    view = views.recognised(prepared.keypoints, bar.moves, settings.task.view)
    found, unfit = repetitions(bar, seen, exercise, view, settings)
    if not found["accepted"].any():
        raise NothingCounts(
            f"No repetition counted: task lifting needs at least one whole {exercise.name.replace('-', ' ')} "
            f"({common.reasons(found)}). Film, or choose with start_s and stop_s, from before the first "
            "repetition until after the last, or lower min_rep_share.",
            found,
            (*prepared.unfit, *unfit),
        )
    inside = labels.inside(keypoints.times(prepared.keypoints), found)
    posture.require(exercise, seen, inside, view)
    courses = measures.courses(exercise, seen, view)
    motion = bars.motion(seen, exercise, view)
    reps = metrics.measured(found, motion, courses, exercise, settings.task.depth_target_deg)
    good = reps[reps["accepted"]]
    checks = (
        *views.adapted(
            common.checks(prepared, recording, reps, exercise.seen, "repetition", settings.repairs, unfit), view
        ),
        views.check(view, ", ".join(courses.hidden_by_view)),
        posture.left_out(courses.lacking),
    )
    alike = consistency.found(prepared.keypoints, good)
    found_metrics = [
        *summary.clip_metrics(good, exercise, motion.unit, courses, settings.task.depth_target_deg, views.doubt(view)),
        consistency.metric(alike, "repetitions"),
    ]
    return Analysis(
        task=NAME,
        settings=settings,
        recording=recording,
        raw=prepared.raw,
        keypoints=prepared.keypoints,
        swaps=prepared.swaps,
        smoothed=prepared.smoothed,
        calibration=prepared.calibration,
        signals=_signals(prepared, motion, courses, view),
        reps=reps,
        labels=labels.table(motion, reps, exercise, bar.trunk_px / (prepared.calibration.px_per_m or 1)),
        metrics=common.doubted(found_metrics, checks),
        quality=checks,
        near_side=prepared.near,
        unfit=(*prepared.unfit, *unfit),
        extras=_extras(good, motion, view) | consistency.likeness(alike, good),
    )


def repetitions(
    bar: bars.Bar, seen: Seen, exercise: exercises.Exercise, view: views.View, settings: Settings
) -> tuple[pd.DataFrame, tuple[edits.Unfit, ...]]:
    """The repetitions' table, edited by hand where there are edits, and why one of these could not be applied."""
    times = keypoints.times(seen.table)
    signals = bars.event_signals(bar, seen, exercise, view)
    object_to = posture.Objections(exercise, seen, times, bar.height, bar.trunk_px)
    found, _, unfit = common.repaired_repetitions(
        lambda: (
            events.find(signals, bar.trunk_px, exercise.least_way, settings.task.min_rep_share, object_to),
            None,
        ),
        lambda: (edits.repetitions.empty([*events.EVENTS, "way_px"]), None),
        settings,
        PRESENTATION,
        times,
    )
    return found.drop(columns="way_px"), unfit


def _signals(
    prepared: common.Prepared, motion: metrics.Motion, courses: measures.Courses, view: views.View
) -> pd.DataFrame:
    """The signals with the bar's and the measures' own; angles and ways forward only where the view shows them."""
    table = prepared.signals
    if view.name != views.SAGITTAL:
        table = table[[name for name in map(str, table) if "_deg" not in name and "_forward_" not in name]]
    way = "forward" if view.name == views.SAGITTAL else "leftward"
    columns: dict[str, Any] = {
        f"bar_height_{motion.unit}": motion.height,
        f"bar_{way}_{motion.unit}": motion.forward,
        f"bar_velocity_{motion.unit}_s": motion.velocity,
    }
    for course in courses.there:
        if course.measure.signal:
            name = course.measure.signal.format(near=prepared.near)
            columns[measures.joined(name, course.unit)] = course.values
    return pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)


def _extras(good: pd.DataFrame, motion: metrics.Motion, view: views.View) -> dict[str, pd.DataFrame]:
    extras = {"bar_path": metrics.path(good, motion)}
    if view.name == views.SAGITTAL:
        extras["angle_courses"] = metrics.angle_courses(good, motion)
    return extras
