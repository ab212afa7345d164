"""Sit-to-stand from the side: repetitions with their events, the 5-times and 30-second tests, power, norms."""

from dataclasses import dataclass, field
from typing import Any

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
from kinebench.tasks import Analysis, AngleLabel, Metric, NothingCounts, Plot, Presentation, Recording, common, norms
from kinebench.tasks import sit_to_stand_events as events
from kinebench.tasks import sit_to_stand_metrics as measures
from kinebench.tasks.person import Person
from kinebench.tasks.presentation import OverlayOptions

NAME = "sit-to-stand"
TITLE = "Sit-to-stand"
NOTEBOOK = "sit_to_stand.ipynb"
JOINTS = ("shoulder", "hip", "knee", "ankle")


@dataclass(frozen=True)
class SitToStand(Group):
    """What counts as a repetition, and what the tests need to know."""

    min_rise_share: float = parameter(
        0.75, help="a stand counts when the hip rose at least this share of the way up", low=0.3, high=1.0
    )
    test: str | None = parameter(
        None,
        help="which test was done; without it what the clip allows is given, and doubted where it may be the other",
        choices=("five-times", "30-seconds"),
    )
    go_s: float | None = parameter(
        None,
        help="when 'Go' was said, from the file's first frame; without it the first movement counts",
        unit="s",
        low=0.0,
    )
    chair_height_m: float | None = parameter(
        None, help="seat height, for power", unit="m", low=0.2, high=0.9, remedy="Give metres, not centimetres."
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
    task: SitToStand = field(default_factory=SitToStand)
    overlay: OverlayOptions = field(default_factory=OverlayOptions)


EVENTS = {
    "start_s": "start",
    "seat_off_s": "seat-off",
    "standing_s": "standing",
    "descent_s": "descent",
    "seat_contact_s": "seat contact",
}
PRESENTATION = Presentation(
    repetition="Repetition",
    phases={
        "seated": "seated",
        "leaning": "leaning forward",
        "rising": "rising",
        "standing": "standing",
        "descending": "sitting down",
    },
    events=EVENTS,
    boundaries=EVENTS,
    tied={"end_s": "seat_contact_s"},
    angles=(
        AngleLabel("{near}_knee_flexion_deg", "{near}_knee", "knee"),
        AngleLabel("{near}_hip_flexion_deg", "{near}_hip", "hip"),
        AngleLabel("trunk_lean_deg", "{near}_shoulder", "trunk"),
    ),
    trail="{near}_hip",
    plots=(
        Plot("Hip height", ("{near}_hip_height_m", "{near}_hip_height_px"), "hip height"),
        Plot("Trunk lean", ("trunk_lean_deg",), "trunk lean (deg)"),
        Plot("Knee and hip", ("{near}_knee_flexion_deg", "{near}_hip_flexion_deg"), "flexion (deg)"),
    ),
    headline=(
        "repetitions",
        "five_rep_time_s",
        "chair_stands_30s",
        "rise_time_mean_s",
        "descent_time_mean_s",
        "peak_trunk_lean_deg",
        "knee_excursion_deg",
        "power_w_per_kg",
    ),
)


def analyse(
    followed: Followed, recording: Recording, settings: Settings, prepared: common.Prepared | None = None
) -> Analysis:
    """The sit-to-stand repetitions of the person followed; KinebenchError where there is not one complete stand."""
    prepared = prepared or common.prepare(followed, settings)
    reps, share, unfit = repetitions(prepared, settings)
    _require_one(reps, (*prepared.unfit, *unfit))
    times = keypoints.times(prepared.keypoints)
    checks = common.checks(prepared, recording, reps, JOINTS, "repetition", settings.repairs, unfit)
    metrics = common.doubted(_metrics(reps, times, share, settings), checks)
    values = {metric.name: (metric.value, metric.unit) for metric in metrics if _comparable(metric, settings)}
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
        labels=_labels(times, reps),
        metrics=metrics,
        quality=checks,
        near_side=prepared.near,
        unfit=(*prepared.unfit, *unfit),
        extras={"norms": norms.table(values, settings.person)},
    )


def repetitions(
    prepared: common.Prepared, settings: Settings
) -> tuple[pd.DataFrame, np.ndarray, tuple[edits.Unfit, ...]]:
    """The repetitions' table with all that is measured of each, the share of the way up at each frame, and why an edit

    by hand could not be applied.
    """
    times = keypoints.times(prepared.keypoints)
    near, table = prepared.near, prepared.keypoints
    ankle = prepared.signal("{near}_ankle_height_px")
    ankle_at = keypoints.points(table, f"{near}_ankle")
    lengths = events.Lengths(
        thigh_px=common.length_px(table, f"{near}_hip", f"{near}_knee"),
        shank_px=common.length_px(table, f"{near}_knee", f"{near}_ankle"),
        ankle_px=float(np.nanmedian(ankle)) if np.isfinite(ankle).any() else np.nan,
    )
    _require_legs(lengths)
    height = _leg_height(prepared, lengths)
    lean, least = prepared.signal("trunk_lean_deg"), settings.task.min_rise_share
    found, share, unfit = common.repaired_repetitions(
        lambda: events.find(times, height, lean, lengths, least, prepared.calibration.forward(ankle_at)),
        lambda: (edits.repetitions.empty([*events.EVENTS, "reached"]), np.full(len(times), np.nan)),
        settings,
        PRESENTATION,
        times,
    )
    found["reached"] = [_reached(row, times, share) for row in rows(found)]
    px_per_m = prepared.calibration.px_per_m
    motion = measures.Motion(
        time_s=times,
        hip_height_m=None if px_per_m is None else height / px_per_m,
        knee_deg=prepared.signal("{near}_knee_flexion_deg"),
        hip_deg=prepared.signal("{near}_hip_flexion_deg"),
        lean_deg=prepared.signal("trunk_lean_deg"),
        ankle_deg=prepared.signal("{near}_ankle_dorsiflexion_deg"),
        knee_velocity_deg_s=prepared.signal("{near}_knee_flexion_velocity_deg_s"),
    )
    return measures.measured(found, motion), share, unfit


def _reached(row: Any, times: np.ndarray, share: np.ndarray) -> float:
    """How much of the way up a repetition got; of one added by hand, as the hip shows it between its ends."""
    if np.isfinite(row.reached):
        return float(row.reached)
    within = share[(times >= row.start_s) & (times <= row.seat_contact_s)]
    return float(np.nanmax(within)) if np.isfinite(within).any() else np.nan


def _leg_height(prepared: common.Prepared, lengths: events.Lengths) -> np.ndarray:
    """How high the hip is above the floor in pixels, from the leg's angles and its median lengths.

    A network shifts the hip along the thigh as the trunk tips, by some pixels, which moves the onset of the descent by
    0.06 s when the hip's own height is used; the angles don't feel a shift along the segment.
    """
    shank, thigh = (np.radians(prepared.signal(f"{{near}}_{name}_angle_deg")) for name in ("shank", "thigh"))
    return lengths.ankle_px + lengths.shank_px * np.cos(shank) + lengths.thigh_px * np.cos(thigh)


def _require_legs(lengths: events.Lengths) -> None:
    if not np.isfinite(lengths.straight_px):
        raise KinebenchError(
            "task sit-to-stand needs hip, knee and ankle of one side in the picture, but one of them was never seen. "
            "Film the whole person from the side, feet included."
        )


def _require_one(reps: pd.DataFrame, unfit: tuple[edits.Unfit, ...]) -> None:
    if not reps["accepted"].any():
        raise NothingCounts(
            "No repetition counted: task sit-to-stand needs at least one full stand from sitting back to the seat "
            f"({common.reasons(reps)}). Film, or choose with start_s and stop_s, from before the first movement "
            "until after the last, or lower min_rise_share.",
            reps,
            unfit,
        )


def _metrics(reps: pd.DataFrame, times: np.ndarray, share: np.ndarray, settings: Settings) -> list[Metric]:
    go_s = settings.task.go_s
    start_s = measures.started(reps, go_s)[0]
    test = settings.task.test
    stands = None if test == "five-times" else measures.count_30s(times, share, reps, start_s)
    stopped = "" if test == "30-seconds" else measures.stopped_early(reps, start_s)
    return measures.clip_metrics(
        reps, settings.person, settings.scaling.height_m, settings.task.chair_height_m, go_s, (stands, stopped)
    )


def _comparable(metric: Metric, settings: Settings) -> bool:
    """Whether a number may stand beside published ones: nothing doubted, no power over another way than theirs."""
    as_published = not metric.name.startswith("power") or settings.task.chair_height_m is not None
    return not metric.doubt and as_published


def _labels(times: np.ndarray, reps: pd.DataFrame) -> pd.DataFrame:
    edges: list[tuple[float, int, str]] = [(float(times[0]), 0, "seated")]
    for row in rows(reps[~reps["cut"]]):
        number = int(row.repetition)
        edges += [
            (row.start_s, number, "leaning"),
            (row.seat_off_s, number, "rising"),
            (row.standing_s, number, "standing"),
            (row.descent_s, number, "descending"),
            (row.seat_contact_s, 0, "seated"),
        ]
    return common.labels(times, edges)
