"""What is measured of each stroke, its hand speed profile and its handle path."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

PERCENT = np.arange(101)
MIDDLE = (20, 80)
"""Part of the drive, in per cent, where its slowest hand speed is looked for: at catch and finish the hand turns."""
SMALLEST_WAY_DEG = 5.0
SEGMENTS = ("legs", "trunk", "arms")


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
            table[f"{event}_{name}"] = at_times(motion.time_s, values, table[f"{event}_s"].to_numpy())
    table = pd.concat([table, _speeds(table, motion), _sequence(table, motion)], axis=1)
    of_whole = ["drive_time_s", "recovery_time_s", "stroke_time_s", "stroke_rate_spm", "drive_recovery_ratio"]
    table.loc[table["cut"], of_whole] = np.nan
    return table


def at_times(time_s: np.ndarray, values: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Values at times between the frames, of any shape; NaN where a neighbouring frame has none."""
    return np.interp(when, time_s, values, left=np.nan, right=np.nan)


def grid(table: pd.DataFrame, start: str, end: str) -> np.ndarray:
    """Times at each per cent between two events of each stroke, shape (strokes, 101)."""
    first, last = table[start].to_numpy()[:, None], table[end].to_numpy()[:, None]
    return first + PERCENT / 100 * (last - first)


def _speeds(table: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """Per stroke: peak and mean speed of the drive, mean of the recovery, where the drive is fastest and slowest."""
    drive = at_times(motion.time_s, motion.speed, grid(table, "catch_s", "finish_s"))
    recovery = at_times(motion.time_s, motion.speed, grid(table, "finish_s", "end_s"))
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
    percents = grid(table, "catch_s", "finish_s")
    halves = np.column_stack([_halves_done(at_times(motion.time_s, motion.angles[name], percents)) for name in signals])
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
    strokes = at_times(motion.time_s, motion.speed, grid(good, "catch_s", "end_s")).T
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
