"""What is measured of a clip of rowing: the strokes' means and spreads, with definitions."""

import numpy as np
import pandas as pd

from kinebench.tasks import OURS, Metric
from kinebench.tasks.rowing_metrics import MIDDLE, Motion, at_times, grid

APART, NEARLY = 15, 0.08
"""Peaks of the hand's speed so many per cent of the drive apart, and this share of its peak alike, are rivals."""
STROKE = "a stroke runs from catch to catch: drive (catch to finish) and recovery (finish to the next catch)"


def likeness(strokes: np.ndarray) -> tuple[float | None, float | None]:
    """How alike profiles of shape (101, strokes) are: mean pairwise correlation, spread in per cent of the mean speed.

    The spread is the root mean square, over the stroke, of the standard deviation between strokes.
    """
    known = strokes[:, np.isfinite(strokes).all(axis=0)]
    count = known.shape[1]
    if count < 2:
        return None, None
    pairs = np.corrcoef(known.T)[np.triu_indices(count, 1)]
    spread = float(np.sqrt((known.std(axis=1, ddof=1) ** 2).mean()))
    return float(pairs.mean()), 100 * spread / float(known.mean())


def clip_metrics(good: pd.DataFrame, motion: Motion, stroke_profiles: pd.DataFrame) -> list[Metric]:
    """The metrics of the clip, without doubts, from the accepted strokes."""
    correlation, spread = likeness(stroke_profiles.iloc[:, : len(good)].to_numpy())
    drive, recovery = float(good["drive_time_s"].mean()), float(good["recovery_time_s"].mean())
    alone = "60 over the mean time of the accepted strokes"
    return [
        Metric("strokes", len(good), "", f"whole strokes; {STROKE}", OURS),
        Metric("stroke_rate_spm", float(60 / good["stroke_time_s"].mean()), "strokes/min", alone, OURS),
        Metric(
            "stroke_rate_sd_spm",
            _sd(good["stroke_rate_spm"]),
            "strokes/min",
            "standard deviation between strokes",
            OURS,
        ),
        *_pair(good, "drive_time", "s", "catch to finish: handle closest to the flywheel to farthest from it"),
        *_pair(good, "recovery_time", "s", "finish to the next catch"),
        Metric(
            "drive_recovery_ratio",
            drive / recovery,
            "",
            "mean drive time over mean recovery time; about 0.5 at low rates [B], towards 1 at race rate [C]",
            OURS,
        ),
        Metric(
            "drive_recovery_ratio_sd", _sd(good["drive_recovery_ratio"]), "", "standard deviation between strokes", OURS
        ),
        *_hand(good, motion.unit),
        *_extremes(good, motion),
        *_angles(good, motion),
        *_halves(good),
        Metric(
            "stroke_similarity_r",
            correlation,
            "",
            "mean correlation between each two strokes' hand speed against per cent of the stroke; 1 = alike",
            OURS,
        ),
        Metric(
            "stroke_spread_pct",
            spread,
            "%",
            "root mean square standard deviation between strokes of hand speed against per cent of the stroke, "
            "over the mean speed",
            OURS,
        ),
    ]


def _sd(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.std(ddof=1)) if len(known) > 1 else None


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None


def _pair(good: pd.DataFrame, stem: str, unit: str, words: str) -> list[Metric]:
    """Mean and standard deviation of a column; the unit is the last part of all three names."""
    column = good[f"{stem}_{unit.replace('/', '_')}"]
    ending = unit.replace("/", "_")
    return [
        Metric(f"{stem}_mean_{ending}", _mean(column), unit, f"mean over strokes: {words}", OURS),
        Metric(f"{stem}_sd_{ending}", _sd(column), unit, f"standard deviation between strokes: {words}", OURS),
    ]


def _hand(good: pd.DataFrame, unit: str) -> list[Metric]:
    travel = good["travel_px"] if unit == "px" else good["travel_m"]
    found = [
        Metric(
            f"handle_travel_mean_{unit}",
            _mean(travel),
            unit,
            "mean over strokes: catch to finish along the floor",
            OURS,
        )
    ]
    for stem, words in (
        ("drive_peak_speed", "fastest hand speed in the drive"),
        ("drive_mean_speed", "mean hand speed of the drive"),
        ("recovery_mean_speed", "mean hand speed of the recovery"),
    ):
        found += _pair(good, stem, f"{unit}/s", words)
    return found


def _extremes(good: pd.DataFrame, motion: Motion) -> list[Metric]:
    """Where in the drive the hand is fastest and slowest, in the mean course: single strokes jump between peaks.

    Another place almost as fast, or as slow, casts doubt on where the extreme is.
    """
    courses = at_times(motion.time_s, motion.speed, grid(good, "catch_s", "finish_s"))
    mean = courses[np.isfinite(courses).all(axis=1)].mean(axis=0) if np.isfinite(courses).all(axis=1).any() else None
    low, high = MIDDLE
    found = []
    for word, sign, (first, last) in (("fastest", 1.0, (0, 100)), ("slowest", -1.0, MIDDLE)):
        at, rival = (None, None) if mean is None else _summit(sign * mean[first : last + 1], NEARLY * mean.max())
        where = f" between {low} and {high}" if word == "slowest" else ""
        found.append(
            Metric(
                f"{word}_at_drive_pct",
                None if at is None else float(first + at),
                "%",
                f"per cent of the drive{where} at which the hand is {word}, in the mean over strokes",
                OURS,
                doubt="" if rival is None else f"at {first + rival} % it is almost as {word.removesuffix('est')}",
            )
        )
    return found


def _summit(course: np.ndarray, nearly: float) -> tuple[int, int | None]:
    """Where a course is highest, and where else, further than `APART` away, it peaks by less than `nearly` lower."""
    at = int(np.argmax(course))
    inner = course[1:-1]
    peaks = 1 + np.flatnonzero((inner >= course[:-2]) & (inner > course[2:]))
    rivals = [peak for peak in peaks if abs(peak - at) > APART and course[at] - course[peak] < nearly]
    return at, int(max(rivals, key=lambda peak: course[peak])) if rivals else None


def _angles(good: pd.DataFrame, motion: Motion) -> list[Metric]:
    found = []
    for event in ("catch", "finish"):
        for name in motion.angles:
            upright = "; 0 as in standing, positive where the upper end tips forward" if "angle" in name else ""
            words = f"{name.removesuffix('_deg').replace('_', ' ')} at the {event}, near side{upright}"
            found += _pair(good, f"{event}_{name.removesuffix('_deg')}", "deg", words)
    return found


def _halves(good: pd.DataFrame) -> list[Metric]:
    words = {"legs": "knee extension", "trunk": "backward swing of the trunk", "arms": "elbow flexion"}
    return [
        Metric(
            f"{segment}_half_pct",
            _mean(good[f"{segment}_half_pct"]),
            "%",
            f"mean over strokes: per cent of the drive by which half of the {what} is done",
            OURS,
        )
        for segment, what in words.items()
    ]
