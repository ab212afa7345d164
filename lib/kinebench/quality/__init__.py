"""Whether a recording is good enough to be measured: one `Check` a property, with a verdict and what to do about it.

Bad data never raises here; it becomes a verdict that stands in the report beside the numbers. Every threshold says what
it rests on in `Check.basis`; where no published one was found, the reasoning is given and it is marked as ours.
"""

import math
from collections.abc import Sequence

import numpy as np

from kinebench.quality.limits import (
    CONFIDENCE,
    COUNTED,
    CROSSINGS,
    CUT,
    CUT_CYCLIC,
    EDITS,
    FACING,
    FRAME_RATE,
    GAPS_FILLED,
    JITTER,
    MISSING_JOINTS,
    OUTSIDE,
    PERSON_CHANGES,
    REJECTED,
    RESOLUTION,
    STRETCH,
    SWAPS,
    UNREADABLE,
    VERDICTS,
    VIEW,
    WITHOUT_PERSON,
    Check,
    Limits,
)

__all__ = ["VERDICTS", "Check", "Limits", "overall"]


def overall(checks: tuple[Check, ...]) -> str:
    """The worst verdict among the checks: a report is as good as its weakest part."""
    return max((check.verdict for check in checks), key=VERDICTS.index, default="good")


def frames_without_person(missing: int, frames: int) -> Check:
    """Frames in which nobody, or not the person followed, was found."""
    share = 100 * missing / max(frames, 1)
    said = f"The person was not found in {missing} of {frames} frames ({share:.1f} %)."
    return WITHOUT_PERSON.judge(share, said if missing else f"The person was found in all {frames} frames.")


def gaps_filled(filled: float, missing: float = 0.0) -> Check:
    """filled: share of the used joints' positions filled in between neighbours; missing: left open; both 0..1."""
    left = f", {100 * missing:.1f} % stayed missing" if missing > 0 else ""
    said = f"{100 * filled:.1f} % of the used joints' positions were filled in{left}."
    return GAPS_FILLED.judge(100 * (filled + missing), said)


def swaps_corrected(stretches: int, frames_swapped: int, frames: int) -> Check:
    """Stretches in which left and right limbs were exchanged and put right."""
    share = 100 * frames_swapped / max(frames, 1)
    said = f"Left and right were exchanged {_times(stretches)} ({frames_swapped} frames) and put right."
    return SWAPS.judge(share, said if stretches else "Left and right were never exchanged.")


def person_changes(changes: int, people_seen: int) -> Check:
    """How often another person than before was followed."""
    seen = f"; up to {people_seen} people were seen at once" if people_seen > 1 else ""
    said = f"The person followed changed {_times(changes)}" if changes else "The same person was followed throughout"
    return PERSON_CHANGES.judge(float(changes), f"{said}{seen}.")


def crossings(count: int, doubtful_s: Sequence[float]) -> Check:
    """count: how often somebody hid the person followed, or the other way round; doubtful_s: from when on, in seconds,
    it is not sure that it is the same person, after a crossing or after the person was lost.
    """
    said = f"Somebody crossed the person followed {_times(count)}" if count else "Nobody crossed the person followed"
    when = ", ".join(f"{time_s:.1f} s" for time_s in doubtful_s)
    lost = f"; whether it is the same person is not sure from {when} on" if when else ""
    return CROSSINGS.judge(float(len(doubtful_s)), f"{said}{lost}.")


def frame_rate(rate_hz: float) -> Check:
    """Analysed frames a second."""
    return FRAME_RATE.judge(rate_hz, f"{rate_hz:.4g} frames a second were analysed.")


def frame_jitter(times_s: np.ndarray, *, counted: bool = False) -> Check:
    """Unevenness of the time between frames: its standard deviation over its median, and the longest step.

    counted: the file does not say when its frames are shown, so that their times are counted at its nominal rate.
    """
    steps = np.diff(times_s)
    if counted and len(steps):
        return COUNTED.judge(
            math.nan,
            f"The file does not hold the time of each frame: times are counted at {1 / np.median(steps):.4g} frames/s.",
        )
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


def facing(used: str, seen: str, why: str) -> Check:
    """used, seen: left or right in the picture, as the analysis takes it and as the picture shows it, and by what."""
    if used == seen:
        return FACING.judge(0.0, f"The person faces {used} in the picture.")
    return FACING.judge(1.0, f"The person was said to face {used} in the picture, but {why}.")


def near_side_confidence(median: float) -> Check:
    """median: of the network's own confidence in the joints used."""
    return CONFIDENCE.judge(median, f"The network's confidence in the near side's joints is {_number(median, '.2f')}.")


def joints_missing(missing: Sequence[str]) -> Check:
    """missing: joints of the near side that are measured, but that nothing was ever found of."""
    names = ", ".join(joint.replace("_", " ") for joint in missing)
    said = f"Nothing was found of {names}." if missing else "Every joint that is measured was found."
    return MISSING_JOINTS.judge(float(len(missing)), said)


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


def unreadable(lost_s: float, duration_s: float, damage: str, undecoded: float = 0.0) -> Check:
    """lost_s: how much is missing at the file's end; damage: what was wrong with it.

    undecoded: share of the frames before that which are damaged, 0..1.
    """
    whole_s = lost_s + duration_s
    said = []
    if lost_s > 0 or damage:
        share = 100 * lost_s / whole_s if lost_s > 0 else 0.0
        said.append(f"{lost_s:.2f} s of the file ({share:.0f} %) could not be read{': ' + damage if damage else ''}.")
    if undecoded > 0:
        said.append(f"{100 * undecoded:.1f} % of the frames are damaged within the file, and were not looked at.")
    if not said:
        return UNREADABLE.judge(0.0, "The whole file could be read.")
    share = 100 * (lost_s + undecoded * duration_s) / whole_s if whole_s > 0 else 0.0
    return UNREADABLE.judge(max(share, 1e-3), " ".join(said))


def stretch(asked_s: float, times_s: np.ndarray) -> Check:
    """asked_s: where the analysis was to end; times_s: of the frames there were, both from the file's first frame."""
    last_s = float(times_s[-1])
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    # A last frame is shown for as long as any other.
    short_s = asked_s - last_s - step_s
    if short_s <= step_s:
        return STRETCH.judge(0.0, f"The clip lasts until {asked_s:g} s, where the analysis was to end.")
    return STRETCH.judge(short_s, f"The analysis was to end at {asked_s:g} s, but the clip ends at {last_s:.2f} s.")


def edits_by_hand(said: str, unfit: Sequence[str]) -> Check:
    """said: how many edits of which kind; unfit: why one could not be applied, each in words."""
    told = f"{said[:1].upper()}{said[1:]}."
    if unfit:
        told += f" {len(unfit)} could not be applied: {'; '.join(unfit)}."
    return EDITS.judge(float(len(unfit)), told)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "of unknown size"
