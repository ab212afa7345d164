"""What is measured of the strokes: of each, their hand speed profiles and handle paths, and of the clip."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench.tasks import OURS, Metric

PERCENT = np.arange(101)
MIDDLE = (20, 80)
"""Part of the drive, in per cent, where its slowest hand speed is looked for: at catch and finish the hand turns."""
APART, NEARLY = 15, 0.08
"""Peaks of the hand's speed so many per cent of the drive apart, and this share of its peak alike, are rivals."""
SMALLEST_WAY_DEG = 5.0
SEGMENTS = ("legs", "trunk", "arms")
STROKE = "a stroke runs from catch to catch: drive (catch to finish) and recovery (finish to the next catch)"


@dataclass(frozen=True)
class Motion:
    """The signals measured per stroke, arrays of shape (frames,), NaN where missing; `unit` is px or m.

    angles: name as in the columns (`knee_flexion_deg`) -> degrees, near side.
    """

    time_s: np.ndarray
    forward: np.ndarray
    height: np.ndarray
    speed: np.ndarray
    unit: str
    angles: dict[str, np.ndarray]


def measured(strokes: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """The strokes' table with times, speeds, angles at catch and finish, and the order of the segments."""
    table = strokes.copy()
    table["drive_time_s"] = table["finish_s"] - table["catch_s"]
    table["recovery_time_s"] = table["end_s"] - table["finish_s"]
    table["stroke_time_s"] = table["end_s"] - table["catch_s"]
    table["stroke_rate_spm"] = 60 / table["stroke_time_s"]
    table["drive_recovery_ratio"] = table["drive_time_s"] / table["recovery_time_s"]
    for event in ("catch", "finish"):
        for name, values in motion.angles.items():
            table[f"{event}_{name}"] = _at(motion.time_s, values, table[f"{event}_s"].to_numpy())
    table = pd.concat([table, _speeds(table, motion), _sequence(table, motion)], axis=1)
    of_whole = ["drive_time_s", "recovery_time_s", "stroke_time_s", "stroke_rate_spm", "drive_recovery_ratio"]
    table.loc[table["cut"], of_whole] = np.nan
    return table


def _at(time_s: np.ndarray, values: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Values at times between the frames, of any shape; NaN where a neighbouring frame has none."""
    return np.interp(when, time_s, values, left=np.nan, right=np.nan)


def _grid(table: pd.DataFrame, start: str, end: str) -> np.ndarray:
    """Times at each per cent between two events of each stroke, shape (strokes, 101)."""
    first, last = table[start].to_numpy()[:, None], table[end].to_numpy()[:, None]
    return first + PERCENT / 100 * (last - first)


def _speeds(table: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """Per stroke: peak and mean speed of the drive, mean of the recovery, where the drive is fastest and slowest."""
    drive = _at(motion.time_s, motion.speed, _grid(table, "catch_s", "finish_s"))
    recovery = _at(motion.time_s, motion.speed, _grid(table, "finish_s", "end_s"))
    known = np.isfinite(drive).all(axis=1) & np.isfinite(recovery).all(axis=1) & ~table["cut"].to_numpy()
    low, high = MIDDLE
    speed = f"speed_{motion.unit}_s"
    found = {
        f"drive_peak_{speed}": drive.max(axis=1),
        f"drive_mean_{speed}": drive.mean(axis=1),
        f"recovery_mean_{speed}": recovery.mean(axis=1),
        "fastest_at_drive_pct": drive.argmax(axis=1).astype(float),
        "slowest_at_drive_pct": low + drive[:, low : high + 1].argmin(axis=1).astype(float),
    }
    return pd.DataFrame({name: np.where(known, values, np.nan) for name, values in found.items()}, index=table.index)


def _sequence(table: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """When legs, trunk and arms have done half of their own way in the drive, in per cent of it, and their order."""
    signals = ("knee_flexion_deg", "trunk_lean_deg", "elbow_flexion_deg")
    grid = _grid(table, "catch_s", "finish_s")
    halves = np.column_stack([_halves_done(_at(motion.time_s, motion.angles[name], grid)) for name in signals])
    halves[table["cut"].to_numpy() | ~np.isfinite(halves).all(axis=1)] = np.nan
    found = pd.DataFrame(halves, columns=[f"{segment}_half_pct" for segment in SEGMENTS], index=table.index)
    found["order"] = [
        ", ".join(SEGMENTS[i] for i in np.argsort(row, kind="stable")) if np.isfinite(row).all() else ""
        for row in halves
    ]
    return found


def _halves_done(courses: np.ndarray) -> np.ndarray:
    """Per cent at which angles (strokes, 101) first are half-way from the catch's to the finish's; NaN below 5 deg."""
    way = courses[:, -1] - courses[:, 0]
    known = np.isfinite(courses).all(axis=1) & (np.abs(way) >= SMALLEST_WAY_DEG)
    share = (courses - courses[:, :1]) / np.where(known, way, 1.0)[:, None]
    after = np.maximum((share >= 0.5).argmax(axis=1), 1)
    at = np.arange(len(courses))
    before, then = share[at, after - 1], share[at, after]
    with np.errstate(invalid="ignore", divide="ignore"):
        done = after - 1 + (0.5 - before) / (then - before)
    return np.where(known, done, np.nan)


def profiles(good: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """Hand speed against per cent of the stroke: index `percent` 0..100; a column a stroke, `mean`, `sd`."""
    strokes = _at(motion.time_s, motion.speed, _grid(good, "catch_s", "end_s")).T
    names = [f"stroke_{number}_{motion.unit}_s" for number in good["repetition"]]
    table = pd.DataFrame(strokes, columns=names, index=pd.Index(PERCENT, name="percent"))
    spread = strokes.std(axis=1, ddof=1) if strokes.shape[1] > 1 else np.full(len(strokes), np.nan)
    table[f"mean_{motion.unit}_s"], table[f"sd_{motion.unit}_s"] = strokes.mean(axis=1), spread
    return table


def path(good: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """The handle's path: one row a frame of an accepted stroke; forward and height in `unit`, hand speed beside."""
    starts, finishes, ends = (good[name].to_numpy() for name in ("catch_s", "finish_s", "end_s"))
    which = np.searchsorted(starts, motion.time_s, side="right") - 1
    inside = (which >= 0) & (motion.time_s < ends[which])
    which, time_s = which[inside], motion.time_s[inside]
    return pd.DataFrame(
        {
            "time_s": time_s,
            "stroke": good["repetition"].to_numpy()[which],
            "phase": np.where(time_s < finishes[which], "drive", "recovery"),
            f"forward_{motion.unit}": motion.forward[inside],
            f"height_{motion.unit}": motion.height[inside],
            f"speed_{motion.unit}_s": motion.speed[inside],
        }
    )


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
    courses = _at(motion.time_s, motion.speed, _grid(good, "catch_s", "finish_s"))
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
            words = f"{name.removesuffix('_deg').replace('_', ' ')} at the {event}, near side"
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
