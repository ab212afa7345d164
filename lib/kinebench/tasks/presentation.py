"""How a task's results are shown, as data: what figures, overlay and widgets read instead of knowing tasks by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinebench.parameters import Group, parameter


@dataclass(frozen=True)
class AngleLabel:
    """An angle written beside a joint of the overlay; `{near}` stands for the near side."""

    signal: str
    vertex: str
    text: str


@dataclass(frozen=True)
class Plot:
    """One panel of a time series figure: signals that share an axis."""

    title: str
    signals: tuple[str, ...]
    axis: str


@dataclass(frozen=True)
class Reading:
    """A signal written in the overlay's panel; `{near}` stands for the near side. Of several the first that exists."""

    signals: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class FootBox:
    """The rectangle of a foot from heel to toe, and the plumb line of a joint above it (knee ahead of the toes).

    `ahead`: the signal that says how far the joint is ahead of the toe, behind it negative; of several the first that
    exists, of none no number is written.
    """

    heel: str = "{near}_heel"
    toe: str = "{near}_foot_index"
    plumb: str = "{near}_knee"
    ahead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Presentation:
    """How a task's results are shown, as data: figures and overlay read this and know no task by name.

    `phases`: phase name in `Analysis.labels` -> words shown; `events`: time column of `Analysis.reps` -> words shown;
    `boundaries`: time columns that a person may set by hand, in their order in a repetition -> words shown;
    `tied`: other time columns -> the boundary that they never lie before; `trail`: the joint that leaves a trail;
    `headline`: metrics that come first, in this order. Templates hold `{near}`. `readings`: signals written in the
    overlay's panel; `feet`: feet marked with a joint's plumb line; `grade`: column of `Analysis.labels` with good,
    doubtful, bad or "" for each frame, which colours the skeleton; `beside`, `ghost`: names of keypoint tables in
    `Analysis.extras` on the clip's times, drawn on a plain ground beside the picture (in the pixels of that ground,
    which is as large as the picture), and faintly over the person; `legend`: words for "grade" (what is good or bad,
    as `depth`), "recorded" and "beside" (under picture and ground) and "ghost", where the usual ones don't fit.
    """

    repetition: str
    phases: Mapping[str, str]
    events: Mapping[str, str]
    boundaries: Mapping[str, str]
    tied: Mapping[str, str]
    angles: tuple[AngleLabel, ...]
    trail: str
    plots: tuple[Plot, ...]
    headline: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    feet: tuple[FootBox, ...] = ()
    grade: str = ""
    beside: str = ""
    ghost: str = ""
    legend: Mapping[str, str] = field(default_factory=dict)


def on_side(template: str, near_side: str) -> str:
    """A template of `Presentation` filled in: `{near}_knee` -> `left_knee`."""
    return template.format(near=near_side)


@dataclass(frozen=True)
class OverlayOptions(Group):
    """What the annotated video shows besides the smoothed skeleton."""

    blur_faces: bool = parameter(True, help="annotated video: make every face that was found unrecognisable")
    show_raw: bool = parameter(False, help="annotated video: draw the raw keypoints too, in another colour")
    show_angles: bool = parameter(True, help="annotated video: write the task's angles beside their joints")
    show_panel: bool = parameter(True, help="annotated video: show repetition, phase, time and frame number")
    show_reference: bool = parameter(
        True, help="annotated video: where a task compares with a reference, show it over the person and beside them"
    )
    trail_s: float = parameter(
        1.0, help="annotated video: how long the hand's trail stays; 0 for none", unit="s", low=0.0, high=10.0
    )
