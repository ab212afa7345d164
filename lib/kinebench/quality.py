"""Whether a recording is good enough to be measured: one `Check` a property, with a verdict and what to do about it.

Bad data never raises here; it becomes a verdict that stands in the report beside the numbers. Every threshold says what
it rests on in `Check.basis`; where no published one was found, the reasoning is given and it is marked as ours.
"""

import math
from dataclasses import dataclass

import numpy as np

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
    "Look at the overlay where the table of swaps says; film square from the side so that the near leg hides the far.",
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
FRAME_RATE = Limits(
    "frame_rate",
    "frames/s",
    24,
    15,
    "Film at 30 frames/s or more; in dim light phones lower the rate by themselves, so add light.",
    OURS + "the 6 Hz cutoff needs more than 12 frames/s; at 24 an event is known to a fortieth of a second or better.",
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
    "Start filming two seconds before the first movement and stop two seconds after the last.",
    OURS + "a repetition that the clip cuts is not measured; at most one at each end is lost that way.",
)
CUT_CYCLIC = Limits(
    "cut_repetitions",
    "repetitions",
    2,
    4,
    "Film more of the movement: the whole repetitions between the clip's ends are what is measured.",
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


def overall(checks: tuple[Check, ...]) -> str:
    """The worst verdict among the checks: a report is as good as its weakest part."""
    return max((check.verdict for check in checks), key=VERDICTS.index, default="good")


def frames_without_person(missing: int, frames: int) -> Check:
    """Frames in which nobody, or not the person followed, was found."""
    share = 100 * missing / max(frames, 1)
    return WITHOUT_PERSON.judge(share, f"The person was not found in {missing} of {frames} frames ({share:.1f} %).")


def gaps_filled(filled: float, missing: float = 0.0) -> Check:
    """filled: share of the used joints' positions filled in between neighbours; missing: left open; both 0..1."""
    left = f", {100 * missing:.1f} % stayed missing" if missing > 0 else ""
    said = f"{100 * filled:.1f} % of the used joints' positions were filled in{left}."
    return GAPS_FILLED.judge(100 * (filled + missing), said)


def swaps_corrected(stretches: int, frames_swapped: int, frames: int) -> Check:
    """Stretches in which left and right limbs were exchanged and put right."""
    share = 100 * frames_swapped / max(frames, 1)
    return SWAPS.judge(
        share, f"Left and right were exchanged {_times(stretches)} ({frames_swapped} frames) and put right."
    )


def person_changes(changes: int, people_seen: int) -> Check:
    """How often another person than before was followed."""
    seen = f"; up to {people_seen} people were seen at once" if people_seen > 1 else ""
    return PERSON_CHANGES.judge(float(changes), f"The person followed changed {_times(changes)}{seen}.")


def frame_rate(rate_hz: float) -> Check:
    """Analysed frames a second."""
    return FRAME_RATE.judge(rate_hz, f"{rate_hz:.4g} frames a second were analysed.")


def frame_jitter(times_s: np.ndarray) -> Check:
    """Unevenness of the time between frames: its standard deviation over its median, and the longest step."""
    steps = np.diff(times_s)
    if len(steps) == 0:
        return JITTER.judge(math.nan, "There are too few frames to tell how evenly they come.")
    share = 100 * float(np.std(steps) / np.median(steps))
    return JITTER.judge(
        share, f"The time between frames varies by {share:.1f} % of its median; the longest is {steps.max():.3f} s."
    )


def resolution(person_px: float) -> Check:
    """person_px: the person's height in the picture, measured along the body."""
    return RESOLUTION.judge(person_px, f"The person is {_number(person_px, '.0f')} px tall, measured along the body.")


def view(angle_deg: float, doubt: str = "") -> Check:
    """angle_deg: how far the camera is turned from square to the movement."""
    extra = f" {doubt}" if doubt else ""
    if not math.isfinite(angle_deg):
        return VIEW.judge(angle_deg, f"Whether the camera was square to the movement could not be told.{extra}")
    return VIEW.judge(abs(angle_deg), f"The camera is turned about {abs(angle_deg):.0f} deg from square.{extra}")


def near_side_confidence(median: float) -> Check:
    """median: of the network's own confidence in the joints used."""
    return CONFIDENCE.judge(median, f"The network's confidence in the near side's joints is {_number(median, '.2f')}.")


def outside_picture(share: float) -> Check:
    """share: of the frames in which a joint that is used lies outside the picture, 0..1."""
    return OUTSIDE.judge(100 * share, f"A joint lies outside the picture in {100 * share:.1f} % of the frames.")


def cut_repetitions(count: int, noun: str = "repetition", *, cyclic: bool = False) -> Check:
    """count: repetitions that the clip begins or ends in the middle of; cyclic: whether they follow without a pause."""
    said = f"The clip cuts {count} {noun}{'s' if count > 1 else ''}." if count else f"The clip cuts no {noun}."
    return (CUT_CYCLIC if cyclic else CUT).judge(float(count), said)


def rejected_repetitions(rejected: int, found: int, noun: str = "repetition") -> Check:
    """rejected: of `found` movements, without those cut by the clip's ends."""
    share = 100 * rejected / max(found, 1)
    return REJECTED.judge(share, f"{rejected} of {found} movements found were not accepted as {noun}s.")


def unreadable(lost_s: float, duration_s: float, damage: str) -> Check:
    """lost_s: how much of the file could not be read; damage: what was wrong with it."""
    share = 100 * lost_s / (lost_s + duration_s) if lost_s > 0 else 0.0
    if lost_s <= 0 and not damage:
        return UNREADABLE.judge(0.0, "The whole file could be read.")
    said = f"{lost_s:.2f} s of the file ({share:.0f} %) could not be read{': ' + damage if damage else ''}."
    return UNREADABLE.judge(max(share, 1e-3), said)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "of unknown size"
