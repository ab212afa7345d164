"""The limits that verdicts rest on, as data: for each property two thresholds, the advice, and the basis.

No published limit was found for most of them; the reasoning is given, and it is marked as ours.
"""

import math
from dataclasses import dataclass

VERDICTS = ("good", "doubtful", "bad")


@dataclass(frozen=True)
class Check:
    """One property of the recording: `value` in `unit` (None where it has no number), judged, with a remedy.

    `advice` is empty where the verdict is good; `basis`: what the thresholds rest on.
    """

    name: str
    value: float | None
    unit: str
    verdict: str
    message: str
    advice: str
    basis: str = ""


@dataclass(frozen=True)
class Limits:
    """A property judged by two thresholds: good up to (or from) `good`, doubtful up to (or from) `doubtful`."""

    name: str
    unit: str
    good: float
    doubtful: float
    advice: str
    basis: str
    more_is_better: bool = False

    def judge(self, value: float, message: str) -> Check:
        """The check for one value; a value that could not be measured is doubtful."""
        verdict = self.verdict(value)
        advice = "" if verdict == "good" else self.advice
        return Check(
            self.name, value if math.isfinite(value) else None, self.unit, verdict, message, advice, self.basis
        )

    def verdict(self, value: float) -> str:
        """good, doubtful or bad."""
        if not math.isfinite(value):
            return "doubtful"
        sign = -1 if self.more_is_better else 1
        if sign * value <= sign * self.good:
            return "good"
        return "doubtful" if sign * value <= sign * self.doubtful else "bad"


OURS = "kinebench's own limits: "

WITHOUT_PERSON = Limits(
    "frames_without_person",
    "%",
    2,
    10,
    "Keep the whole person in the picture, with nobody and nothing passing in front.",
    OURS + "scattered single frames are bridged without harm; every tenth frame missing leaves holes inside movements.",
)
GAPS_FILLED = Limits(
    "gaps_filled",
    "%",
    5,
    15,
    "More light, a plain background and clothes that set the limbs off let more joints be seen.",
    OURS + "values filled in between neighbours are estimates; more than one in twenty is no longer negligible.",
)
SWAPS = Limits(
    "left_right_swaps",
    "%",
    2,
    10,
    "Look at the overlay for legs that change places; film square from the side so that the near leg hides the far.",
    OURS + "a corrected frame is a guess from continuity, and neighbouring frames may be swapped unseen.",
)
PERSON_CHANGES = Limits(
    "person_changes",
    "times",
    0,
    1,
    "Film with one person in the picture, or choose the stretch with start_s and stop_s.",
    OURS + "a change of person in mid-clip mixes two people's movements.",
)
CROSSINGS = Limits(
    "crossings",
    "crossings in doubt",
    0,
    1,
    "Look at the overlay there; choose the right person from then on in the workbench, or the stretch with start_s and "
    "stop_s.",
    OURS + "people are told apart by place, motion, size and the floor under them; who looks alike may be exchanged.",
)
MISSING_JOINTS = Limits(
    "joints_missing",
    "joints",
    0,
    0.5,
    "Use a network or a recording that has these joints.",
    "What is measured from them is missing or measured from less: a rise without a trunk begins with the hip.",
)
FRAME_RATE = Limits(
    "frame_rate",
    "frames/s",
    23.9,
    14.9,
    "Film at 30 frames/s or more; in dim light phones lower the rate by themselves, so add light.",
    OURS + "the 6 Hz cutoff needs more than 12 frames/s; at 24 (23.976) an event is known to a fortieth of a second.",
    more_is_better=True,
)
JITTER = Limits(
    "frame_time_jitter",
    "%",
    20,
    60,
    "Film at a fixed frame rate and hand over the phone's own file, not one that a messenger has re-encoded.",
    OURS + "true timestamps are used, so uneven frames alone shift nothing; frames left out do hide movement.",
)
COUNTED = Limits(
    "frame_time_jitter",
    "%",
    20,
    60,
    "Film to mp4 or mov, which hold true times; or check the rate against a clock in the picture: if it is wrong, so "
    "is every time and speed, in the same proportion.",
    OURS + "a nominal rate may be wrong, and frames that the camera left out cannot be seen in it.",
)
RESOLUTION = Limits(
    "person_height",
    "px",
    240,
    120,
    "Go nearer or film at a higher resolution: the person should fill two thirds of the picture's height.",
    OURS
    + "the thigh is about a quarter of the height, so that 1 px of error turns it by 1 deg at 240 px, 2 deg at 120.",
    more_is_better=True,
)
VIEW = Limits(
    "view_angle",
    "deg",
    15,
    30,
    "Set the camera square to the movement, at hip height, three to four metres away.",
    OURS + "turned by a, depth shortens by cos a: 3 % at 15 deg, 13 % at 30 deg, and every angle is biased with it.",
)
FACING = Limits(
    "facing",
    "contradictions",
    0,
    0.5,
    "Set facing=auto, unless you are sure: with the wrong direction leaning forward reads as leaning back.",
    OURS + "what the user sets is used; where the picture shows the contrary, no signed angle can be trusted.",
)
CONFIDENCE = Limits(
    "near_side_confidence",
    "",
    0.7,
    0.5,
    "Keep chair arms, tables and machines from hiding the near side; more light, less loose clothing.",
    OURS + "half is where the network holds a joint as likely hidden as seen.",
    more_is_better=True,
)
OUTSIDE = Limits(
    "joints_outside_picture",
    "%",
    2,
    20,
    "Step back or turn the camera so that the person stays in the picture from head to feet through the movement.",
    OURS + "a joint outside the picture is guessed by the network, not seen.",
)
CUT = Limits(
    "cut_repetitions",
    "repetitions",
    0,
    2,
    "Start filming two seconds before the first movement and stop two seconds after the last; where start_s or stop_s "
    "is set, let it leave as much.",
    OURS + "a repetition that the clip cuts is not measured; at most one at each end is lost that way.",
)
CUT_CYCLIC = Limits(
    "cut_repetitions",
    "repetitions",
    2,
    4,
    "Film more of the movement, or choose more of it with start_s and stop_s: the whole repetitions between the ends "
    "are what is measured.",
    OURS + "a movement without pauses is cut at both ends of almost every clip, which harms nothing in between.",
)
REJECTED = Limits(
    "rejected_repetitions",
    "%",
    0,
    34,
    "See the repetitions' table for the reason of each.",
    OURS + "each rejected movement needs a look; where more than a third is rejected the rest may not be typical.",
)
UNREADABLE = Limits(
    "unreadable",
    "%",
    0,
    20,
    "Copy the file again from the camera; what could not be read is not in any number.",
    OURS + "what is lost at the end changes no number before it, but counts and totals may be short.",
)

STRETCH = Limits(
    "stretch",
    "s",
    0,
    math.inf,
    "Check stop_s, and whether this is the right clip: it ends earlier than was thought.",
    OURS + "a clip that is shorter than expected may be another one, or a part; what it shows is measured as it is.",
)

EDITS = Limits(
    "edits_by_hand",
    "edits that do not fit",
    0,
    math.inf,
    "Open the clip in the workbench: an edit that no longer fits is marked there, to be made again or deleted.",
    OURS + "an edit that could not be applied was meant to change the result; how many were applied is no fault.",
)
