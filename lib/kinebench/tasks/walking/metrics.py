"""What is measured of each stride: its times, lengths, ranges of motion; and its angles over the gait cycle."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

PERCENT = np.arange(101)
JOINTS = {"knee": "knee_flexion_deg", "hip": "hip_flexion_deg", "ankle": "ankle_dorsiflexion_deg"}
"""Joint -> its angle's name without the side."""


def times(strides: pd.DataFrame) -> pd.DataFrame:
    """The strides with their times in seconds and per cent of the stride; NaN where the clip cuts them."""
    table = strides.copy()
    whole = ~table["cut"].astype(bool)
    stride = (table["end_s"] - table["start_s"]).where(whole)
    first = table["opposite_toe_off_s"] - table["start_s"]
    second = table["toe_off_s"] - table["opposite_heel_strike_s"]
    found = {
        "stride_time_s": stride,
        "step_time_s": table["end_s"] - table["opposite_heel_strike_s"],
        "opposite_step_time_s": table["opposite_heel_strike_s"] - table["start_s"],
        "stance_time_s": table["toe_off_s"] - table["start_s"],
        "swing_time_s": table["end_s"] - table["toe_off_s"],
        "double_support_time_s": first + second,
    }
    for name, values in found.items():
        table[name] = values.where(whole)
    for name in ("stance", "swing", "double_support"):
        table[f"{name}_pct"] = 100 * table[f"{name}_time_s"] / stride
    return table


def in_metres(table: pd.DataFrame, px_per_m: float | None) -> pd.DataFrame:
    """The table with every column in pixels also in metres; as it is without a scale."""
    if px_per_m is None:
        return table
    pixels = [name for name in table if str(name).endswith(("_px", "_px_s"))]
    return table.assign(**{str(name).replace("_px", "_m"): table[name] / px_per_m for name in pixels})


def courses(time_s: np.ndarray, angle_deg: np.ndarray, strides: pd.DataFrame) -> np.ndarray:
    """An angle at each per cent of each stride, (strides, 101); NaN where a frame beside has none."""
    start, end = (strides[name].to_numpy(dtype=float)[:, None] for name in ("start_s", "end_s"))
    return np.interp(start + PERCENT / 100 * (end - start), time_s, angle_deg, left=np.nan, right=np.nan)


def ranges(strides: pd.DataFrame, angles: Mapping[str, np.ndarray], time_s: np.ndarray) -> pd.DataFrame:
    """The strides with the range, the largest and the smallest angle of each of their side's joints.

    angles: joint -> its angle in degrees, (frames,).
    """
    table = strides.copy()
    for joint, angle_deg in angles.items():
        found = courses(time_s, angle_deg, table)
        known = np.isfinite(found).all(axis=1) & ~table["cut"].to_numpy(dtype=bool)
        high, low = found.max(axis=1), found.min(axis=1)
        for name, values in (("range", high - low), ("max", high), ("min", low)):
            table[f"{joint}_{name}_deg"] = np.where(known, values, np.nan)
    return table


def cycles(by_side: Mapping[str, tuple[pd.DataFrame, Mapping[str, np.ndarray]]], time_s: np.ndarray) -> pd.DataFrame:
    """Every accepted stride's angles: columns `side`, `joint`, `stride` (its number), `percent`, `angle_deg`.

    by_side: side -> its strides and its angles, joint -> degrees (frames,).
    """
    parts = []
    for side, (strides, angles) in by_side.items():
        good = strides[strides["accepted"]]
        for joint, angle_deg in angles.items():
            found = courses(time_s, angle_deg, good)
            parts.append(
                pd.DataFrame(
                    {
                        "side": side,
                        "joint": joint,
                        "stride": np.repeat(good["repetition"].to_numpy(dtype=int), len(PERCENT)),
                        "percent": np.tile(PERCENT, len(good)),
                        "angle_deg": found.ravel(),
                    }
                )
            )
    columns = ["side", "joint", "stride", "percent", "angle_deg"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def mean_cycles(single: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation of `cycles` over the strides: `side`, `joint`, `percent`, `mean_deg`, `sd_deg`,

    `strides` (how many have the angle there).
    """
    groups = single.groupby(["side", "joint", "percent"], sort=False)["angle_deg"]
    table = groups.agg(mean_deg="mean", sd_deg="std", strides="count").reset_index()
    return table.astype({"mean_deg": float, "sd_deg": float})
