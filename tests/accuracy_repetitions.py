"""What is told of the clips of repetitions: sit-to-stand, rowing, lifting."""

from collections.abc import Iterator

import numpy as np

from kinebench.tasks import rowing_metrics, rowing_summary
from tests.accuracy_clips import Measured, Row, angle_row, count_row, event_errors, largest_row, metric_row

EVENTS = {
    "sit-to-stand": ("start_s", "seat_off_s", "standing_s", "descent_s", "seat_contact_s"),
    "rowing": ("catch_s", "finish_s", "end_s"),
    "lifting": ("start_s", "bottom_s", "end_s"),
}
EVENT_BAR_S = 0.15
ANGLES = {
    "sit_to_stand.mp4": (("knee_flexion", 4.0), ("hip_flexion", 5.0)),
    "rowing.mp4": (("knee_flexion", 6.0), ("hip_flexion", None), ("elbow_flexion", None)),
    "squat_side.mp4": (("knee_flexion", None), ("hip_flexion", None)),
}
"""Clip seen from the side -> the near side's angles, with the largest error over the whole clip."""
WORDS = {
    "five_rep_time_s": "5-times sit-to-stand time",
    "rise_time_mean_s": "mean rise time",
    "descent_time_mean_s": "mean descent time",
    "peak_trunk_lean_deg": "mean peak trunk lean",
    "knee_excursion_deg": "mean knee excursion",
    "stroke_rate_spm": "stroke rate",
    "drive_time_mean_s": "mean drive time",
    "recovery_time_mean_s": "mean recovery time",
    "drive_recovery_ratio": "drive to recovery",
    "velocity_loss_pct": "velocity lost over the set",
}
BARS = {
    "five_rep_time_s": (0.15, "s"),
    "stroke_rate_spm": (1.0, "%"),
    "drive_time_mean_s": (5.0, "%"),
    "recovery_time_mean_s": (5.0, "%"),
}
HANDS = {
    "drive_peak_speed_mean_px_s": "mean peak hand speed of the drive",
    "fastest_at_drive_pct": "where in the drive the hand is fastest",
    "stroke_similarity_r": "likeness of the strokes",
}
DEPTH_BAR_DEG = 5.0
VELOCITY_BAR_M_S = 0.05
EACH = {
    "mean_concentric_velocity_m_s": ("mean concentric velocity of each", "m/s", VELOCITY_BAR_M_S),
    "depth_deg": ("depth of each", "deg", DEPTH_BAR_DEG),
    "bottom_knee_flexion_deg": ("knee flexion at the bottom", "deg", None),
    "bottom_hip_flexion_deg": ("hip flexion at the bottom", "deg", None),
    "bottom_knee_to_ankle_distance": ("distance of the knees over that of the ankles", "", None),
}
"""What is measured of each lift, where the view shows it."""


def rows(one: Measured) -> Iterator[Row]:
    """Every line for a clip of sit-to-stand or of lifting."""
    yield from _counted(one, "repetitions")
    yield from _angles(one)


def lifting_rows(one: Measured) -> Iterator[Row]:
    """Every line for a clip of lifting; without a near side where it is seen from the front."""
    yield from _counted(one, "repetitions")
    for name, (words, unit, bar) in EACH.items():
        if name in one.analysis.accepted:
            yield largest_row(one.clip, words, event_errors(one, name), unit, bar)
    yield from _angles(one)


def rowing_rows(one: Measured) -> Iterator[Row]:
    """Every line for a clip of rowing."""
    yield from _counted(one, "strokes")
    yield from _hand_rows(one, one.events["near_side"])
    yield from _angles(one)


def _counted(one: Measured, noun: str) -> Iterator[Row]:
    yield count_row(one, noun)
    for name in EVENTS[one.analysis.task]:
        what = name.removesuffix("_s").replace("_", " ")
        yield largest_row(one.clip, what, event_errors(one, name), "s", EVENT_BAR_S)
    for name, value in one.events["metrics"].items():
        if name in WORDS and one.analysis.metric(name) is not None:
            yield metric_row(one, name, WORDS[name], value, BARS.get(name))


def _angles(one: Measured) -> Iterator[Row]:
    for angle, bar in ANGLES.get(one.clip, ()):
        yield angle_row(one, one.events["near_side"], angle, bar)


def _hand_rows(one: Measured, side: str) -> Iterator[Row]:
    """The hand's speed, between the same catches: what the smoothing and the network's noise do to it."""
    time_s = one.truth["time_s"].to_numpy()
    velocity = np.gradient(one.truth[[f"{side}_wrist_x", f"{side}_wrist_y"]].to_numpy(), time_s, axis=0)
    nothing = np.full_like(time_s, np.nan)
    motion = rowing_metrics.Motion(time_s, nothing, nothing, np.linalg.norm(velocity, axis=1), "px", {})
    good = one.analysis.accepted
    profiles = rowing_metrics.profiles(good, motion).iloc[:, : len(good)].to_numpy()
    drive = rowing_metrics.at_times(time_s, motion.speed, rowing_metrics.grid(good, "catch_s", "finish_s"))
    likeness = rowing_summary.likeness(profiles)[0]
    assert likeness is not None
    true = (float(drive.max(axis=1).mean()), float(drive.mean(axis=0).argmax()), likeness)
    for (name, words), value in zip(HANDS.items(), true, strict=True):
        yield metric_row(one, name, words, value)
