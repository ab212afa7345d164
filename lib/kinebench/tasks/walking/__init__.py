"""Walking on a treadmill or past the camera: foot events, gait cycles, step times and lengths, joint angles of both

sides over the cycle; from behind the rear foot's angle through stance.
"""

from dataclasses import dataclass, field

import pandas as pd

from kinebench import edits, keypoints, skeleton
from kinebench.edits import Repairs
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction
from kinebench.parameters import Group, parameter
from kinebench.reps import rows
from kinebench.scale import Scaling
from kinebench.smoothing import Smoothing
from kinebench.subject import Followed, Subject
from kinebench.tasks import Analysis, AngleLabel, NothingCounts, Plot, Presentation, Recording, common
from kinebench.tasks.person import Person
from kinebench.tasks.presentation import OverlayOptions
from kinebench.tasks.walking import checks as judged
from kinebench.tasks.walking import cycles, events, rearfoot, summary
from kinebench.tasks.walking import floor as ground
from kinebench.tasks.walking import metrics as measures
from kinebench.tasks.walking.scene import Walk, seen
from kinebench.tasks.walking.view import BEHIND, VIEWS

NAME = "walking"
TITLE = "Walking"
NOTEBOOK = "walking.ipynb"


@dataclass(frozen=True)
class Walking(Group):
    """From where the walk is seen, and what counts as a stride."""

    view: str = parameter(
        "auto",
        help="from where the camera looks; sagittal: from the side; behind: the rear foot instead of joint angles",
        choices=VIEWS,
    )
    min_stride_share: float = parameter(
        0.6, help="a stride counts when the foot swings at least this share of the usual way", low=0.1, high=1.0
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
    task: Walking = field(default_factory=Walking)
    overlay: OverlayOptions = field(default_factory=OverlayOptions)


EVENTS = {
    "start_s": "heel strike",
    "opposite_toe_off_s": "other foot's toe-off",
    "opposite_heel_strike_s": "other foot's heel strike",
    "toe_off_s": "toe-off",
    "end_s": "next heel strike",
}
PRESENTATION = Presentation(
    repetition="Stride",
    phases={"stance": "stance", "swing": "swing"},
    events={name: EVENTS[name] for name in ("start_s", "toe_off_s")},
    boundaries=EVENTS,
    tied={},
    angles=(
        AngleLabel("{near}_knee_flexion_deg", "{near}_knee", "knee"),
        AngleLabel("{near}_hip_flexion_deg", "{near}_hip", "hip"),
        AngleLabel("{near}_ankle_dorsiflexion_deg", "{near}_ankle", "ankle"),
    ),
    trail="{near}_ankle",
    plots=(
        Plot(
            "Feet ahead of the pelvis",
            ("left_foot_ahead_m", "right_foot_ahead_m", "left_foot_ahead_px", "right_foot_ahead_px"),
            "foot ahead",
        ),
        Plot("Knees", ("left_knee_flexion_deg", "right_knee_flexion_deg"), "knee flexion (deg)"),
        Plot("Hips", ("left_hip_flexion_deg", "right_hip_flexion_deg"), "hip flexion (deg)"),
        Plot(
            "Ankles, or from behind the rear foot",
            (
                "left_ankle_dorsiflexion_deg",
                "right_ankle_dorsiflexion_deg",
                "left_rearfoot_angle_deg",
                "right_rearfoot_angle_deg",
            ),
            "foot (deg)",
        ),
    ),
    headline=(
        "strides",
        "cadence_steps_min",
        "stride_time_mean_s",
        "stance_mean_pct",
        "double_support_mean_pct",
        "step_time_symmetry_pct",
    ),
)


def analyse(
    followed: Followed, recording: Recording, settings: Settings, prepared: common.Prepared | None = None
) -> Analysis:
    """The strides of the person followed; KinebenchError where there is not one whole stride."""
    walk = seen(prepared or common.prepare(followed, settings), recording, settings)
    found = events.find(walk.feet)
    reps, unfit = strides(walk, found, settings)
    _require_one(reps, walk, (*walk.prepared.unfit, *unfit))
    events_now = cycles.after_edits(found, reps, walk.near)
    far = cycles.strides(events_now, skeleton.other(walk.near), walk.feet, walk.state, settings.task.min_stride_share)
    far = cycles.beside(far, reps)
    floor = _floor(walk, reps, far)
    sides = {walk.near: measured(walk, reps, floor, walk.near)}
    sides[skeleton.other(walk.near)] = measured(walk, far, floor, skeleton.other(walk.near))
    floor_px_s = float("nan") if walk.view.name == BEHIND else floor.speed_px_s
    both_ways = events.with_speeds(walk.in_picture(events_now), walk.feet, floor_px_s)
    return _told(walk, recording, settings, sides, both_ways, (*walk.prepared.unfit, *unfit))


def strides(walk: Walk, found: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, tuple[edits.Unfit, ...]]:
    """The near side's strides, edited by hand, and why an edit could not be applied."""
    least = settings.task.min_stride_share

    def detected() -> tuple[pd.DataFrame, None]:
        table = cycles.strides(found, walk.near, walk.feet, walk.state, least)
        if table["cut"].all():
            raise KinebenchError(
                "No repetition was found: task walking needs at least one whole stride of the leg near the camera, "
                f"from heel strike to heel strike, but {_heel_strikes(found, walk)}. "
                "Check that the clip shows a person who walks, seen from the side or from behind, feet included."
            )
        return table, None

    table, _, unfit = common.repaired_repetitions(
        detected,
        lambda: (edits.repetitions.empty(cycles.EVENTS).assign(side=walk.near), None),
        settings,
        PRESENTATION,
        walk.feet.time_s,
    )
    table["side"] = walk.near
    return table, unfit


def _heel_strikes(found: pd.DataFrame, walk: Walk) -> str:
    own = found[(found["side"] == walk.near) & (found["event"] == events.HEEL_STRIKE)]
    when = ", ".join(f"{time_s:.2f}" for time_s in own["time_s"])
    none = rearfoot.NO_STRIKE if walk.view.name == BEHIND else "it never swings past the pelvis and back"
    return f"its heel strikes were seen at {when} s only" if when else none


def _require_one(reps: pd.DataFrame, walk: Walk, unfit: tuple[edits.Unfit, ...]) -> None:
    if not reps["accepted"].any():
        mistaken = f" {rearfoot.MISTAKEN}" if walk.view.name == BEHIND else ""
        raise NothingCounts(
            "No repetition counted: task walking needs at least one whole stride, from heel strike to heel strike of "
            f"the same foot, but {_why_none(reps)}. Film four steps or more with the whole person in the picture."
            f"{mistaken}",
            reps,
            unfit,
        )


def _why_none(reps: pd.DataFrame) -> str:
    """Why none of the strides counts, each reason once, with how many it holds for."""
    whole = reps[~reps["cut"]]
    counts = (whole if len(whole) else reps)["reason"].value_counts(sort=False)
    return "; ".join(f"of {count} strides: {why}" if count > 1 else f"of one: {why}" for why, count in counts.items())


def _floor(walk: Walk, near: pd.DataFrame, far: pd.DataFrame) -> ground.Floor:
    own, other = (table[table["accepted"]] for table in (near, far))
    return ground.floor(own, other, walk.near, walk.inside, walk.centre_px, passing=walk.passing)


def measured(walk: Walk, strides: pd.DataFrame, floor: ground.Floor, side: str) -> pd.DataFrame:
    """The strides of a side with everything that the view lets be measured of each."""
    table = measures.times(strides)
    if walk.view.name == BEHIND:
        return table
    lengths = ground.lengths(table, side, walk.inside, floor, walk.near).where(table["accepted"])
    table = measures.in_metres(pd.concat([table, lengths], axis=1), walk.prepared.calibration.px_per_m)
    return measures.ranges(table, walk.angles(side), walk.feet.time_s)


def _told(walk: Walk, recording: Recording, settings: Settings, sides, foot_events, unfit) -> Analysis:
    """Everything measured, checked and put into tables."""
    prepared, reps = walk.prepared, sides[walk.near]
    checks = judged.adjusted(
        common.checks(prepared, recording, reps, walk.joints, "stride", settings.repairs, unfit, cyclic=True),
        judged.Facts(walk, foot_events, reps, settings.smoothing.confidence_gate),
    )
    extras = {"strides": pd.concat(list(sides.values()), ignore_index=True), "foot_events": foot_events}
    if walk.view.name == BEHIND:
        metrics = rearfoot.sound(summary.clip_metrics(sides, walk.near, "", by_ankle=False))
        lines = {side: rearfoot.line(prepared.keypoints, side) for side in skeleton.SIDES}
        courses = rearfoot.cycles(sides, lines, walk.feet.time_s)
        curves = rearfoot.curves(courses)
        metrics += rearfoot.metrics(curves, lines)
        extras |= {"rearfoot_cycles": curves, "rearfoot_cycle_courses": courses}
    else:
        unit = "px" if prepared.calibration.px_per_m is None else "m"
        metrics = summary.clip_metrics(sides, walk.near, unit, by_ankle=walk.feet.by_ankle)
        single = measures.cycles({side: (sides[side], walk.angles(side)) for side in sides}, walk.feet.time_s)
        extras |= {"gait_cycles": measures.mean_cycles(single), "gait_cycle_courses": single}
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
        labels=_labels(walk, reps),
        metrics=common.doubted(metrics, checks),
        quality=checks,
        near_side=walk.near,
        unfit=tuple(unfit),
        extras=extras,
    )


def _labels(walk: Walk, reps: pd.DataFrame) -> pd.DataFrame:
    edges: list[tuple[float, int, str]] = []
    for row in rows(reps[reps["accepted"]]):
        number = int(row.repetition)
        edges += [(row.start_s, number, "stance"), (row.toe_off_s, number, "swing"), (row.end_s, 0, "")]
    return common.labels(keypoints.times(walk.prepared.keypoints), edges)
