"""What is measured of the strokes: of each, their hand speed profiles and handle paths, and of the clip."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench.reps import rows
from kinebench.tasks import OURS, Metric

PERCENT = np.arange(101)
MIDDLE = (20, 80)
"""Part of the drive, in per cent, where its slowest hand speed is looked for: at catch and finish the hand turns."""
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
    table.loc[table["cut"], ["drive_time_s", "recovery_time_s", "stroke_time_s", "stroke_rate_spm"]] = np.nan
    return table


def _at(time_s: np.ndarray, values: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Values at times between the frames; NaN where a neighbouring frame has none."""
    return np.interp(when, time_s, values, left=np.nan, right=np.nan)


def drive_speeds(row, motion: Motion) -> np.ndarray:
    """Hand speed at each per cent of a stroke's drive, shape (101,)."""
    return _at(motion.time_s, motion.speed, row.catch_s + PERCENT / 100 * (row.finish_s - row.catch_s))


def _speeds(table: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """Per stroke: peak and mean speed of the drive, mean of the recovery, where the drive is fastest and slowest."""
    cells: list[tuple] = []
    names = (
        f"drive_peak_speed_{motion.unit}_s",
        f"drive_mean_speed_{motion.unit}_s",
        f"recovery_mean_speed_{motion.unit}_s",
    )
    for row in rows(table):
        drive = drive_speeds(row, motion)
        recovery = _at(motion.time_s, motion.speed, row.finish_s + PERCENT / 100 * (row.end_s - row.finish_s))
        if row.cut or not (np.isfinite(drive).all() and np.isfinite(recovery).all()):
            cells.append((math.nan,) * 5)
            continue
        slow = MIDDLE[0] + int(np.argmin(drive[MIDDLE[0] : MIDDLE[1] + 1]))
        cells.append((drive.max(), drive.mean(), recovery.mean(), float(np.argmax(drive)), float(slow)))
    return pd.DataFrame(cells, columns=[*names, "fastest_at_drive_pct", "slowest_at_drive_pct"], index=table.index)


def _sequence(table: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """When legs, trunk and arms have done half of their own way in the drive, in per cent of it, and their order."""
    signals = dict(zip(SEGMENTS, ("knee_flexion_deg", "trunk_lean_deg", "elbow_flexion_deg"), strict=True))
    columns = [f"{segment}_half_pct" for segment in SEGMENTS]
    cells: list[tuple] = []
    for row in rows(table):
        when = row.catch_s + PERCENT / 100 * (row.finish_s - row.catch_s)
        halves = [_half(_at(motion.time_s, motion.angles[signals[segment]], when)) for segment in SEGMENTS]
        known = not row.cut and np.isfinite(halves).all()
        order = ", ".join(SEGMENTS[i] for i in np.argsort(halves, kind="stable")) if known else ""
        cells.append((*(halves if known else [math.nan] * 3), order))
    return pd.DataFrame(cells, columns=[*columns, "order"], index=table.index)


def _half(course: np.ndarray) -> float:
    """Per cent at which an angle is half-way from its value at the catch to that at the finish, the first time."""
    way = course[-1] - course[0]
    if not np.isfinite(course).all() or abs(way) < 5.0:
        return math.nan
    share = (course - course[0]) / way
    after = int(np.argmax(share >= 0.5))
    before = share[after - 1]
    return float(after - 1 + (0.5 - before) / (share[after] - before))


def profiles(good: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """Hand speed against per cent of the stroke: index `percent` 0..100; a column a stroke, `mean`, `sd`."""
    columns = {}
    for row in rows(good):
        when = row.catch_s + PERCENT / 100 * (row.end_s - row.catch_s)
        columns[f"stroke_{row.repetition}_{motion.unit}_s"] = _at(motion.time_s, motion.speed, when)
    table = pd.DataFrame(columns, index=pd.Index(PERCENT, name="percent"))
    strokes = table.to_numpy()
    table[f"mean_{motion.unit}_s"] = strokes.mean(axis=1)
    table[f"sd_{motion.unit}_s"] = strokes.std(axis=1, ddof=1) if strokes.shape[1] > 1 else np.nan
    return table


def path(good: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """The handle's path: one row a frame of an accepted stroke; forward and height in `unit`, hand speed beside."""
    parts = []
    for row in rows(good):
        inside = (motion.time_s >= row.catch_s) & (motion.time_s < row.end_s)
        time_s = motion.time_s[inside]
        part = {
            "time_s": time_s,
            "stroke": row.repetition,
            "phase": np.where(time_s < row.finish_s, "drive", "recovery"),
            f"forward_{motion.unit}": motion.forward[inside],
            f"height_{motion.unit}": motion.height[inside],
            f"speed_{motion.unit}_s": motion.speed[inside],
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


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
    low, high = MIDDLE
    at = (
        ("fastest_at_drive_pct", "per cent of the drive at which the hand is fastest"),
        ("slowest_at_drive_pct", f"per cent of the drive, between {low} and {high}, at which the hand is slowest"),
    )
    return found + [Metric(name, _mean(good[name]), "%", f"mean over strokes: {words}", OURS) for name, words in at]


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
