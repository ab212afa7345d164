"""The metrics a perfect analysis reports, from the true event times and the true angles between them."""

from collections.abc import Callable, Mapping

import numpy as np

Rows = list[dict[str, float]]
Between = Callable[[float, float], dict[str, np.ndarray]]


def sit_to_stand(rows: Rows, between: Between, near_side: str) -> dict[str, float]:
    """Adds durations and the angles' extremes to each row, returns the clip's metrics."""
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        rise = between(row["start_s"], row["standing_s"])
        knee, hip = rise[f"{near_side}_knee_flexion_deg"], rise[f"{near_side}_hip_flexion_deg"]
        row["rise_time_s"] = row["standing_s"] - row["start_s"]
        row["stand_time_s"] = row["descent_s"] - row["standing_s"]
        row["descent_time_s"] = row["seat_contact_s"] - row["descent_s"]
        row["total_time_s"] = row["seat_contact_s"] - row["start_s"]
        if after is not None:
            row["sit_time_s"] = after["start_s"] - row["seat_contact_s"]
        row["peak_trunk_lean_deg"] = float(np.max(rise["trunk_lean_deg"]))
        row["knee_excursion_deg"] = float(np.ptp(knee))
        row["hip_excursion_deg"] = float(np.ptp(hip))
    names = ("rise_time", "stand_time", "descent_time")
    metrics: dict[str, float] = {"repetitions": len(rows)}
    if len(rows) >= 5:
        metrics["five_rep_time_s"] = rows[4]["seat_contact_s"] - rows[0]["start_s"]
    metrics |= {f"{name}_mean_s": _mean(rows, f"{name}_s") for name in names}
    return metrics | {
        name: _mean(rows, name) for name in ("peak_trunk_lean_deg", "knee_excursion_deg", "hip_excursion_deg")
    }


def rowing(rows: Rows, between: Between, near_side: str) -> dict[str, float]:
    """Adds drive and recovery time and the angles at catch and finish to each row, returns the clip's metrics."""
    for row in rows:
        row["drive_time_s"] = row["finish_s"] - row["catch_s"]
        row["recovery_time_s"] = row["end_s"] - row["finish_s"]
        row["stroke_rate_spm"] = 60 / (row["end_s"] - row["catch_s"])
        for event in ("catch", "finish"):
            at = between(row[f"{event}_s"], row[f"{event}_s"])
            for name in ("knee_flexion", "elbow_flexion", "shank_angle", "thigh_angle"):
                row[f"{event}_{name}_deg"] = float(at[f"{near_side}_{name}_deg"][0])
            row[f"{event}_trunk_lean_deg"] = float(at["trunk_lean_deg"][0])
    drive, recovery = _mean(rows, "drive_time_s"), _mean(rows, "recovery_time_s")
    return {
        "strokes": len(rows),
        "stroke_rate_spm": 60 * len(rows) / (rows[-1]["end_s"] - rows[0]["catch_s"]),
        "drive_time_mean_s": drive,
        "recovery_time_mean_s": recovery,
        "drive_recovery_ratio": drive / recovery,
    }


def _mean(rows: Rows, name: str) -> float:
    return float(np.mean([row[name] for row in rows]))


EXPECTED: Mapping[str, Callable[[Rows, Between, str], dict[str, float]]] = {
    "sit-to-stand": sit_to_stand,
    "rowing": rowing,
}
