"""The lifts that can be measured, as data: what the bar is, how a repetition runs, what is measured at the bottom."""

from collections.abc import Mapping
from dataclasses import dataclass

from kinebench.errors import KinebenchError

TOP, BOTTOM = "top", "bottom"


@dataclass(frozen=True)
class Reference:
    """A published velocity to stand beside a measured one: never a limit."""

    mean_m_s: float
    sd_m_s: float
    words: str


@dataclass(frozen=True)
class Exercise:
    """One lift.

    bar: the part of the body that moves as the bar does. begins: where a
    repetition begins and ends. straightens: the angle that is straight at the top, and shows best when the bar leaves
    and reaches it. seen: the near-side parts without which nothing can be found. least_way: the shortest way of the bar
    that is a repetition at all, in trunk lengths. along, along_share: a part that must go down with the bar, by at
    least that share of the bar's way. planted: the part that stays in its place through a repetition. lying: whether
    the trunk lies. hands_below: how far the wrists hang below the shoulders at least, in trunk lengths. measures: names
    in `lifting_measures.MEASURES`. depth: whether the thigh's angle at the bottom is how deep one went.
    """

    name: str
    bar: str
    begins: str
    straightens: str
    seen: tuple[str, ...]
    least_way: float
    measures: tuple[str, ...]
    along: str = ""
    along_share: float = 0.0
    planted: str = ""
    lying: bool = False
    hands_below: float | None = None
    depth: bool = False
    reference: Reference | None = None

    @property
    def upward(self) -> int:
        """+1 where the first half of a repetition goes down, -1 where it goes up."""
        return 1 if self.begins == TOP else -1

    @property
    def bottom(self) -> str:
        """The time column at which the bar is lowest: the turning point, or where the repetition begins."""
        return "turn_s" if self.begins == TOP else "start_s"

    @property
    def up(self) -> tuple[str, str]:
        """Time columns between which the bar goes up: the concentric half of all these lifts."""
        return ("resume_s", "end_s") if self.begins == TOP else ("start_s", "turn_s")

    @property
    def down(self) -> tuple[str, str]:
        """Time columns between which the bar goes down: the eccentric half."""
        return ("start_s", "turn_s") if self.begins == TOP else ("resume_s", "end_s")


LEG = ("bottom_knee_flexion", "bottom_hip_flexion", "bottom_ankle_dorsiflexion", "bottom_trunk_lean")
FRONT = ("knee_height_difference", "hip_shift", "wrist_height_difference")

_EXERCISES = (
    Exercise(
        name="squat",
        bar="shoulder",
        begins=TOP,
        straightens="{near}_knee_flexion_deg",
        seen=("shoulder", "hip", "knee", "ankle"),
        least_way=0.3,
        measures=(
            "depth",
            "hip_minus_knee_height",
            "hip_minus_knee_height_thigh",
            *LEG,
            "thigh_shank_angle",
            "knee_ahead_of_toes",
            "bottom_knee_to_ankle_distance",
            *FRONT,
        ),
        along="hip",
        along_share=0.4,
        planted="ankle",
        depth=True,
        reference=Reference(
            0.32, 0.03, "0.32 ± 0.03 m/s at the one-repetition maximum (Sanchez-Medina and others 2017)"
        ),
    ),
    Exercise(
        name="deadlift",
        bar="wrist",
        begins=BOTTOM,
        straightens="{near}_hip_flexion_deg",
        seen=("wrist", "shoulder", "hip", "knee", "ankle"),
        least_way=0.5,
        measures=(*LEG, "thigh_shank_angle", "knee_ahead_of_toes", "bottom_knee_to_ankle_distance", *FRONT),
        planted="ankle",
        hands_below=0.4,
    ),
    Exercise(
        name="bench-press",
        bar="wrist",
        begins=TOP,
        straightens="{near}_elbow_flexion_deg",
        seen=("wrist", "elbow", "shoulder", "hip"),
        least_way=0.3,
        measures=("bottom_elbow_flexion", "wrist_height_difference"),
        lying=True,
    ),
)
EXERCISES: Mapping[str, Exercise] = {exercise.name: exercise for exercise in _EXERCISES}


def get(name: str) -> Exercise:
    """The lift of that name; KinebenchError names the ones there are."""
    if name not in EXERCISES:
        raise KinebenchError(f"exercise must be one of {', '.join(EXERCISES)}, but got {name!r}.")
    return EXERCISES[name]
