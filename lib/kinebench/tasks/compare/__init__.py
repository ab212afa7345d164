"""Comparing a movement with a reference: how alike they are, joint by joint, where they differ, and in which direction.

The reference is one that the user names, or the one in the library that the clip shows. Where in the clip it occurs is
found; every occurrence is a repetition, compared with the reference and with the person's other repetitions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.comparison.settings import Comparing
from kinebench.edits import Repairs
from kinebench.extraction import Extraction
from kinebench.parameters import Group, parameter
from kinebench.references import library
from kinebench.reps import rows
from kinebench.scale import Scaling
from kinebench.smoothing import Smoothing
from kinebench.subject import Followed, Subject
from kinebench.tasks import Analysis, AngleLabel, NothingCounts, Plot, Presentation, Recording, common, consistency
from kinebench.tasks.compare import matches, model, pose, shown, summary
from kinebench.tasks.person import Person
from kinebench.tasks.presentation import OverlayOptions

NAME = "compare"
TITLE = "Comparing with a reference"
NOTEBOOK = "compare.ipynb"
JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


@dataclass(frozen=True)
class Compare(Group):
    """What is compared with, and what counts as the same movement."""

    reference: str | None = parameter(
        None, help="name of a reference in the library, or its .yaml file; null: the one that the clip shows"
    )
    least_likeness: float = parameter(
        30.0,
        help="from which likeness on a stretch of the clip is the movement; 0 is keeping still in the reference's mean "
        "posture, 100 a copy",
        low=5.0,
        high=99.0,
    )
    pose_s: float | None = parameter(
        None,
        help="the instant of the reference, from its start, whose pose is compared by itself; null: where it is "
        "farthest from the pose that it starts with",
        unit="s",
        low=0.0,
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
    comparing: Comparing = field(default_factory=Comparing)
    task: Compare = field(default_factory=Compare)
    overlay: OverlayOptions = field(default_factory=OverlayOptions)


PRESENTATION = Presentation(
    repetition="Movement",
    phases={"movement": "movement"},
    events={"start_s": "start", "end_s": "end"},
    boundaries={"start_s": "start", "end_s": "end"},
    tied={},
    angles=(
        AngleLabel("{near}_elbow_flexion_deg", "{near}_elbow", "elbow"),
        AngleLabel("{near}_knee_flexion_deg", "{near}_knee", "knee"),
        AngleLabel("trunk_lean_deg", "{near}_hip", "trunk"),
    ),
    trail="{near}_wrist",
    plots=(
        Plot("Elbow and shoulder", ("{near}_elbow_flexion_deg", "{near}_shoulder_flexion_deg"), "flexion (deg)"),
        Plot("Knee and hip", ("{near}_knee_flexion_deg", "{near}_hip_flexion_deg"), "flexion (deg)"),
        Plot("Trunk lean", ("trunk_lean_deg",), "trunk lean (deg)"),
    ),
    headline=("score", "in_step_score", "movements", "time_ratio", "consistency_score"),
    legend={"recorded": "recorded", "beside": "reference, in the recording's time"},
    beside="reference_beside",
    ghost="reference_ghost",
)


def rests_on(settings: Settings) -> dict[str, str]:
    """The reference, or every one of the library where the clip is to show which it is."""
    return library.digests(settings.task.reference)


def analyse(
    followed: Followed, recording: Recording, settings: Settings, prepared: common.Prepared | None = None
) -> Analysis:
    """The movements like the reference; KinebenchError where there is no reference, or nothing like it in the clip."""
    prepared = prepared or common.prepare(followed, settings)
    chosen = model.choose(prepared.keypoints, settings.task.reference, settings.comparing.mirror)
    found, unfit = matches.find(prepared, chosen, settings, PRESENTATION)
    if not found["accepted"].any():
        raise NothingCounts(
            "No repetition counted: task compare needs at least one movement like the reference "
            f"{chosen.reference.name} ({common.reasons(found)}). Accept one, or choose another stretch.",
            found,
            (*prepared.unfit, *unfit),
        )
    # From the side the far limbs are half hidden, and what the network makes of them comes after what it sees.
    far = skeleton.other(prepared.near) if chosen.reference.view in skeleton.SIDES else ""
    compared = matches.compare(found, prepared, chosen, settings)
    at_s = pose.instant_s(chosen, settings.task.pose_s)
    alike = pose.course(chosen, prepared.keypoints, at_s, settings.comparing.joints)
    reps = pose.best(alike, matches.measured(found, compared))
    labels = _labels(keypoints.times(prepared.keypoints), reps, compared)
    between = consistency.found(prepared.keypoints, reps[reps["accepted"]], settings.comparing)
    checks = (
        *summary.adapted(
            common.checks(prepared, recording, reps, JOINTS, "movement", settings.repairs, unfit),
            model.apart_deg(chosen, prepared.keypoints[(labels["repetition"] > 0).to_numpy()]),
        ),
        *summary.checks(chosen),
    )
    metrics = summary.metrics(reps, compared, between, chosen, settings.comparing, far) + pose.metrics(reps, at_s)
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
        labels=labels,
        metrics=common.doubted(metrics, checks),
        quality=checks,
        near_side=prepared.near,
        unfit=(*prepared.unfit, *unfit),
        extras=shown.tables(prepared, recording, chosen, compared, far)
        | {"pose_likeness": alike}
        | consistency.likeness(between, reps[reps["accepted"]]),
    )


def _labels(time_s: np.ndarray, reps: pd.DataFrame, compared: Sequence[matches.Compared]) -> pd.DataFrame:
    """Movement and phase at each frame, and `progress_pct`: how far the movement is, in per cent of the reference."""
    edges: list[tuple[float, int, str]] = []
    for row in rows(reps[reps["accepted"]]):
        edges += [(row.start_s, int(row.repetition), "movement"), (row.end_s, 0, "")]
    table = common.labels(time_s, edges)
    progress = np.full(len(time_s), np.nan)
    for one in compared:
        at = one.comparison.tempo
        inside = (table["repetition"] == one.repetition).to_numpy()
        progress[inside] = np.interp(time_s[inside], at["query_s"], at.index)
    return table.assign(progress_pct=progress)
