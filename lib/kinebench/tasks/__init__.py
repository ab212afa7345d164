"""The tasks kinebench measures: a registry of task modules and the shapes of what every one of them returns.

A task module holds `Settings` (a frozen dataclass of parameter groups), `PRESENTATION` (how its results are shown, as
data) and `analyse(followed, recording, settings) -> Analysis`. Nothing outside the module knows the task by name.
"""

import importlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kinebench import extraction
from kinebench.errors import KinebenchError
from kinebench.quality import Check, overall
from kinebench.tasks.output import metrics_json, metrics_table, plain
from kinebench.tasks.presentation import AngleLabel, FootBox, Plot, Presentation, Reading, on_side

if TYPE_CHECKING:
    from kinebench.edits import Unfit
    from kinebench.scale import Calibration
    from kinebench.smoothing import Smoothed
    from kinebench.subject import Followed
    from kinebench.tasks.common import Prepared
    from kinebench.video import Clip

__all__ = [
    "OURS",
    "TASKS",
    "Analysis",
    "AngleLabel",
    "FootBox",
    "Metric",
    "NothingCounts",
    "Plot",
    "Presentation",
    "Reading",
    "Recording",
    "Task",
    "get",
    "metrics_json",
    "metrics_table",
    "names",
    "on_side",
    "plain",
]

OURS = "kinebench definition"


@dataclass(frozen=True)
class Metric:
    """One number for the whole clip; `value` None where it could not be measured, `doubt` says why to distrust it.

    spatial: a number without unit that rests on places in the picture, and is doubted where these are.
    """

    name: str
    value: float | int | None
    unit: str
    definition: str
    source: str
    doubt: str = ""
    spatial: bool = False


class NothingCounts(KinebenchError):
    """Movements were found, but none counts: `reps` holds them with the reasons, `unfit` the edits that don't fit."""

    def __init__(self, message: str, reps: pd.DataFrame, unfit: "tuple[Unfit, ...]") -> None:
        super().__init__(message)
        self.reps, self.unfit = reps, unfit


@dataclass(frozen=True)
class Recording:
    """What the analysis needs to know of the clip besides the keypoints; times from the file's first frame.

    asked_s: where it was to end (stop_s), None where that is the file's end.
    """

    name: str
    width: int
    height: int
    times_s: np.ndarray
    asked_s: float | None = None
    lost_s: float = 0.0
    damage: str = ""
    undecoded: int = 0
    times_counted: bool = False
    frames_without_person: int = 0
    person_changes: int = 0
    people_seen: int = 1
    crossings: int = 0
    doubtful_crossings_s: tuple[float, ...] = ()
    found_by: str = ""

    @classmethod
    def of(cls, clip: "Clip", detections: pd.DataFrame, followed: "Followed", name: str = "") -> "Recording":
        """The facts of an opened clip, of what was detected in it and of the person followed through it.

        Without a `name` the recording is called after its content: a file's name often holds a patient's.
        """
        return cls(
            name=name or f"clip-{clip.sha256[:8]}",
            width=clip.width,
            height=clip.height,
            times_s=np.asarray(clip.times_s, dtype=float),
            asked_s=clip.stop_s,
            lost_s=clip.lost_s,
            damage=clip.damage,
            undecoded=extraction.undecoded(detections),
            times_counted=clip.counted,
            frames_without_person=followed.frames_without_person,
            person_changes=followed.person_changes,
            people_seen=followed.people_seen,
            crossings=sum(one.people[0] != one.people[1] for one in followed.crossings),
            doubtful_crossings_s=tuple(one.end_s for one in followed.crossings if not one.certain),
            found_by=extraction.found_by(detections),
        )

    @property
    def frame_rate_hz(self) -> float:
        """Analysed frames a second over the whole clip, so that frames left out count; NaN below two frames.

        The median step would read 23.976 as 23.8 where a container rounds its timestamps to milliseconds.
        """
        return (len(self.times_s) - 1) / self.duration_s if len(self.times_s) > 1 else math.nan

    @property
    def jitter(self) -> float:
        """How uneven the frames come: the standard deviation of the time between them over its median."""
        steps = np.diff(self.times_s)
        return float(np.std(steps) / np.median(steps)) if len(steps) else math.nan

    @property
    def duration_s(self) -> float:
        """From the first to the last analysed frame."""
        return float(self.times_s[-1] - self.times_s[0]) if len(self.times_s) else 0.0


@dataclass(frozen=True)
class Analysis:
    """Everything measured in one clip: each table as the stage that made it left it.

    `raw`, `keypoints` (smoothed): keypoint tables; `signals`: index time_s; `reps`: one row a repetition with event
    times in seconds, `accepted` and `reason`; `labels`: index time_s, `repetition` (0 = none) and `phase` ("" = none);
    `extras`: further tables by name; `unfit`: edits by hand that could not be applied, and why.
    """

    task: str
    settings: Any
    recording: Recording
    raw: pd.DataFrame
    keypoints: pd.DataFrame
    swaps: pd.DataFrame
    smoothed: "Smoothed"
    calibration: "Calibration"
    signals: pd.DataFrame
    reps: pd.DataFrame
    labels: pd.DataFrame
    metrics: tuple[Metric, ...]
    quality: tuple[Check, ...]
    near_side: str
    extras: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    unfit: "tuple[Unfit, ...]" = ()

    @property
    def accepted(self) -> pd.DataFrame:
        """The repetitions that count."""
        return self.reps[self.reps["accepted"]]

    @property
    def verdict(self) -> str:
        """good, doubtful or bad: the worst of the checks."""
        return overall(self.quality)

    def metric(self, name: str) -> Metric | None:
        """A metric by name; None where this clip has no such number."""
        return next((metric for metric in self.metrics if metric.name == name), None)

    def value(self, name: str) -> float | int | None:
        """A metric's value by name; None where this clip has no such number."""
        metric = self.metric(name)
        return None if metric is None else metric.value


@dataclass(frozen=True)
class Task:
    """A registered task: where its code, notebook and sample clip are. The module is imported when it is used."""

    name: str
    title: str
    module: str
    notebook: str
    sample: str

    def load(self) -> ModuleType:
        """The task's module."""
        return importlib.import_module(self.module)

    @property
    def settings(self) -> type:
        """The settings dataclass: parameter groups whose flat names are what users type."""
        return self.load().Settings

    @property
    def presentation(self) -> Presentation:
        """How the results are shown."""
        return self.load().PRESENTATION

    def analyse(
        self, followed: "Followed", recording: Recording, settings: Any, prepared: "Prepared | None" = None
    ) -> Analysis:
        """Followed person -> Analysis; KinebenchError where the movement was not found.

        prepared: what `common.prepare` makes of the person and the settings, where it has been made already.
        """
        return self.load().analyse(followed, recording, settings, prepared)

    def rests_on(self, settings: Any) -> Mapping[str, str]:
        """What the result rests on besides the clip and the settings, each with a digest of its content."""
        found: Mapping[str, str] = getattr(self.load(), "rests_on", lambda _: {})(settings)
        return found


_TASKS = (
    Task(
        "sit-to-stand",
        "Sit-to-stand",
        "kinebench.tasks.sit_to_stand",
        "sit_to_stand.ipynb",
        "sit_to_stand.mp4",
    ),
    Task("rowing", "Rowing on an ergometer", "kinebench.tasks.rowing", "rowing.ipynb", "rowing.mp4"),
    Task(
        "lifting",
        "Lifting: squat, deadlift, bench press",
        "kinebench.tasks.lifting",
        "lifting.ipynb",
        "squat_side.mp4",
    ),
    Task("walking", "Walking", "kinebench.tasks.walking", "walking.ipynb", "walking_treadmill.mp4"),
    Task("compare", "Comparing with a reference", "kinebench.tasks.compare", "compare.ipynb", "punch_fault.mp4"),
)
TASKS: Mapping[str, Task] = {task.name: task for task in _TASKS}


def names() -> tuple[str, ...]:
    """The names a user may give as task."""
    return tuple(TASKS)


def get(name: str) -> Task:
    """The task of that name; KinebenchError names the ones there are."""
    if name not in TASKS:
        raise KinebenchError(f"task must be one of {', '.join(TASKS)}, but got {name!r}.")
    return TASKS[name]
