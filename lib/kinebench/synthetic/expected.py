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


def punch(rows: Rows, between: Between, near_side: str) -> dict[str, float]:
    """Adds times, the hand's peak speed and the angles at impact to each row, returns the clip's metrics."""
    for row in rows:
        row["reach_time_s"] = row["impact_s"] - row["start_s"]
        row["return_time_s"] = row["end_s"] - row["impact_s"]
        out = between(row["start_s"], row["impact_s"])
        row["peak_hand_speed_m_s"] = float(np.max(_speed(out, f"{near_side}_wrist")))
        for name in (f"{near_side}_elbow_flexion", f"{near_side}_shoulder_flexion", "trunk_lean"):
            row[f"impact_{name.removeprefix(f'{near_side}_')}_deg"] = float(out[f"{name}_deg"][-1])
    names = ("reach_time", "return_time")
    metrics: dict[str, float] = {"repetitions": len(rows)} | {f"{one}_mean_s": _mean(rows, f"{one}_s") for one in names}
    return metrics | {
        "peak_hand_speed_mean_m_s": _mean(rows, "peak_hand_speed_m_s"),
        "impact_elbow_flexion_mean_deg": _mean(rows, "impact_elbow_flexion_deg"),
    }


def curl(rows: Rows, between: Between, near_side: str) -> dict[str, float]:
    """Adds lifting and lowering time and the elbow's excursion to each row, returns the clip's metrics."""
    for row in rows:
        elbow = between(row["start_s"], row["end_s"])[f"{near_side}_elbow_flexion_deg"]
        row["lift_time_s"] = row["top_s"] - row["start_s"]
        row["lowering_time_s"] = row["end_s"] - row["top_s"]
        row["elbow_excursion_deg"] = float(np.ptp(elbow))
    return {
        "repetitions": len(rows),
        "lift_time_mean_s": _mean(rows, "lift_time_s"),
        "lowering_time_mean_s": _mean(rows, "lowering_time_s"),
        "elbow_excursion_deg": _mean(rows, "elbow_excursion_deg"),
    }


def _speed(signals: dict[str, np.ndarray], joint: str) -> np.ndarray:
    """A joint's speed in the body's sagittal plane in m/s, shape (times,)."""
    place = np.stack([signals[f"{joint}_forward_m"], signals[f"{joint}_height_m"]])
    return np.linalg.norm(np.gradient(place, signals["time_s"], axis=1), axis=0)


def walking(rows: Rows, between: Between, near_side: str) -> dict[str, float]:
    """Adds the times within each stride of the near foot to its row, returns the clip's metrics."""
    for row in rows:
        row["stride_time_s"] = row["end_s"] - row["start_s"]
        row["stance_time_s"] = row["toe_off_s"] - row["start_s"]
        row["swing_time_s"] = row["end_s"] - row["toe_off_s"]
        row["step_time_s"] = row["end_s"] - row["opposite_heel_strike_s"]
        row["opposite_step_time_s"] = row["opposite_heel_strike_s"] - row["start_s"]
        row["opposite_swing_time_s"] = row["opposite_heel_strike_s"] - row["opposite_toe_off_s"]
        row["opposite_stance_time_s"] = row["stride_time_s"] - row["opposite_swing_time_s"]
        first, second = row["opposite_toe_off_s"] - row["start_s"], row["toe_off_s"] - row["opposite_heel_strike_s"]
        row["double_support_time_s"] = first + second
    stride = _mean(rows, "stride_time_s")
    metrics = {"strides": len(rows), "cadence_steps_min": 120 / stride, "stride_time_mean_s": stride}
    far_side = "left" if near_side == "right" else "right"
    for name in ("step_time", "stance_time", "swing_time"):
        near, far = _mean(rows, f"{name}_s"), _mean(rows, f"opposite_{name}_s")
        metrics |= {f"{name}_mean_s": 0.5 * (near + far)}
        metrics |= {f"{near_side}_{name}_mean_s": near, f"{far_side}_{name}_mean_s": far}
    metrics["double_support_time_mean_s"] = _mean(rows, "double_support_time_s")
    near, far = _mean(rows, "step_length_m"), _mean(rows, "opposite_step_length_m")
    metrics |= {f"{near_side}_step_length_m": near, f"{far_side}_step_length_m": far, "stride_length_m": near + far}
    return metrics | {"walking_speed_m_s": _mean(rows, "belt_speed_m_s")}


def squat(rows: Rows, between: Between, near_side: str) -> dict[str, float]:
    """Adds depth, posture at the bottom, velocities and the knees' distance to each row, returns the clip's metrics.

    Velocities are vertical, positive in the direction of their phase. Those named plainly are of the middle of the
    shoulders, which a camera sees; `bar_..` those of the steel behind it, which the lean lowers less. The knees'
    distance is over that of the ankles, sideways: at the bottom, and the least of the first half of the ascent's time.
    """
    for row in rows:
        at = {name: float(value[0]) for name, value in between(row["bottom_s"], row["bottom_s"]).items()}
        row["descent_time_s"] = row["bottom_s"] - row["start_s"]
        row["ascent_time_s"] = row["end_s"] - row["bottom_s"]
        row["depth_deg"] = -90 - at[f"{near_side}_thigh_angle_deg"]
        row["hip_minus_knee_height_m"] = at[f"{near_side}_hip_height_m"] - at[f"{near_side}_knee_height_m"]
        for name in ("knee_flexion_deg", "hip_flexion_deg", "ankle_dorsiflexion_deg"):
            row[f"bottom_{name}"] = at[f"{near_side}_{name}"]
        row["bottom_trunk_lean_deg"] = at["trunk_lean_deg"]
        for phase, start, stop in (("eccentric", "start_s", "bottom_s"), ("concentric", "bottom_s", "end_s")):
            course = between(row[start], row[stop])
            for name, height in (("", "shoulder_height_m"), ("bar_", "bar_height_m")):
                velocity = np.diff(course[height]) * (len(course[height]) - 1) / (row[stop] - row[start])
                row[f"{name}mean_{phase}_velocity_m_s"] = float(abs(velocity.mean()))
                row[f"{name}peak_{phase}_velocity_m_s"] = float(np.abs(velocity).max())
        row["bottom_knee_to_ankle_distance"] = at["knee_to_ankle_distance"]
        ratio = between(row["bottom_s"], 0.5 * (row["bottom_s"] + row["end_s"]))["knee_to_ankle_distance"]
        row["least_knee_to_ankle_distance"] = float(ratio.min())
    velocity = np.array([row["mean_concentric_velocity_m_s"] for row in rows])
    metrics: dict[str, float] = {"repetitions": len(rows)}
    metrics |= {f"{name}_mean_s": _mean(rows, f"{name}_s") for name in ("descent_time", "ascent_time")}
    names = (
        "depth_deg",
        "mean_concentric_velocity_m_s",
        "mean_eccentric_velocity_m_s",
        "bottom_knee_to_ankle_distance",
    )
    metrics |= {name: _mean(rows, name) for name in (*names, "bottom_knee_to_ankle_distance")}
    return metrics | {"velocity_loss_pct": float(100 * (velocity.max() - velocity[-1]) / velocity.max())}


def _mean(rows: Rows, name: str) -> float:
    return float(np.mean([row[name] for row in rows]))


EXPECTED: Mapping[str, Callable[[Rows, Between, str], dict[str, float]]] = {
    "sit-to-stand": sit_to_stand,
    "rowing": rowing,
    "squat": squat,
    "walking": walking,
    "punch": punch,
    "curl": curl,
}
