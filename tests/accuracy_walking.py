"""What is told of the clips of walking: foot events, times, lengths and angles against the truth of either format."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from kinebench import skeleton
from tests.accuracy_clips import Measured, Row, angle_row, largest_row, metric_row

KINDS = {"heel strike": "heel_strike", "toe-off": "toe_off"}
"""The task's word -> that of the truth."""
TWO_FRAMES_S = 2 / 30
OUTSIDE_BAR_PCT = 5.0
"""95 % of the foot events must lie within two frames."""
WORDS = {
    "cadence_steps_min": ("cadence", (1.0, "%")),
    "stride_time_mean_s": ("mean stride time", (0.03, "s")),
    "stance_time_mean_s": ("mean stance time", None),
    "left_step_length_m": ("left step length", (0.05, "m")),
    "right_step_length_m": ("right step length", (0.05, "m")),
    "walking_speed_m_s": ("walking speed", None),
}
"""Metric -> what it is called here, and the largest error."""

Times = dict[tuple[str, str], np.ndarray]


def true_times_s(events: dict[str, Any]) -> Times:
    """(side, kind) -> the true times; of a treadmill's events or of those of a walker who passes by."""
    found: Times = {}
    for side in skeleton.SIDES:
        for kind, key in KINDS.items():
            if "people" in events:
                own = [one["time_s"] for one in events["people"][0][f"{key}s"] if one["side"] == side]
            else:
                own = events["events"][f"{side}_{key}_s"]
            found[side, kind] = np.asarray(own, float)
    return found


def true_metrics(events: dict[str, Any]) -> dict[str, float]:
    """The truth of `WORDS`; a walker who passes by walks evenly, so that the cadence gives the stride time."""
    if "people" not in events:
        return dict(events["metrics"])
    walker, times = events["people"][0], true_times_s(events)
    strikes, leaves = (times[walker["near_side"], kind] for kind in KINDS)
    stance_s = leaves[leaves > strikes[0]][0] - strikes[0]
    return {
        "cadence_steps_min": walker["cadence_steps_min"],
        "stride_time_mean_s": 120 / walker["cadence_steps_min"],
        "stance_time_mean_s": float(stance_s),
        "left_step_length_m": walker["step_length_m"],
        "right_step_length_m": walker["step_length_m"],
        "walking_speed_m_s": walker["speed_m_s"],
    }


def errors_s(found: pd.DataFrame, true: Times) -> dict[str, np.ndarray]:
    """Kind -> measured less true time of every event, infinite where one is missing or there is one too many.

    found: the task's foot events. What happens before the first and after the last of them is not asked for: there a
    passer-by is at the picture's edge, or the clip begins and ends.
    """
    first, last = found["time_s"].min() - TWO_FRAMES_S, found["time_s"].max() + TWO_FRAMES_S
    errors: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for (side, kind), times in true.items():
        own = found.loc[(found["side"] == side) & (found["event"] == kind), "time_s"].to_numpy()
        nearest = np.abs(own[:, None] - times).argmin(axis=1)
        asked = np.flatnonzero((times >= first) & (times <= last))
        astray = len(np.setdiff1d(asked, nearest)) + len(nearest) - len(np.unique(nearest))
        errors[kind] += [*(own - times[nearest]), *[np.inf] * astray]
    return {kind: np.array(values) for kind, values in errors.items()}


def outside_pct(errors: dict[str, np.ndarray]) -> float:
    """The share of foot events that lie more than two frames off, are missing, or are too many."""
    return float(100 * np.mean(np.abs(np.concatenate([*errors.values()])) > TWO_FRAMES_S))


def rows(one: Measured) -> Iterator[Row]:
    """Every line for a clip of walking."""
    errors = errors_s(one.analysis.extras["foot_events"], true_times_s(one.events))
    outside, count = outside_pct(errors), sum(len(each) for each in errors.values())
    inside = f"{round(count * (1 - outside / 100))} within 2 frames"
    yield Row(one.clip, "foot events: share farther off", f"{count}", inside, outside, "%", OUTSIDE_BAR_PCT)
    for kind, each in errors.items():
        yield largest_row(one.clip, kind, each, "s", None)
    true = true_metrics(one.events)
    for name, (words, bar) in WORDS.items():
        yield metric_row(one, name, words, true[name], bar)
    for angle in ("knee_flexion", "hip_flexion"):
        yield angle_row(one, one.analysis.near_side, angle, None)
