"""What is measured of a clip of walking: means over the strides of both sides, with definitions and sources."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from kinebench import skeleton
from kinebench.tasks import OURS, Metric
from kinebench.tasks.walking.metrics import JOINTS

ZENI = "heel strike and toe-off after Zeni et al. 2008 (Gait Posture 27:710) [A]"
PERRY = "phases as in Perry and Burnfield 2010, Gait Analysis [C]; " + ZENI
ROBINSON = "Robinson et al. 1987 (J Manipulative Physiol Ther 10:172) [C]"
FAR = "the far leg is hidden by the near one in part of every stride, and seen with a larger error"
ANKLE = (
    "the network has no heel and toe, or they are outside the picture: events are read from the ankle, which leaves "
    "the floor before the toe does"
)
TIMES = {
    "step": "from the other foot's heel strike to this one's",
    "stance": "heel strike to toe-off of the same foot",
    "swing": "toe-off to the next heel strike of the same foot",
}
WORDS = {"knee": "knee flexion", "hip": "hip flexion", "ankle": "ankle dorsiflexion"}
BOTH = "mean over both sides' strides: "
SYMMETRIC = ("step_time_s", "stance_time_s", "swing_time_s")

Sides = Mapping[str, pd.DataFrame]


def clip_metrics(sides: Sides, near: str, unit: str, *, by_ankle: bool) -> list[Metric]:
    """The metrics of the clip from both sides' strides, without doubts from the recording.

    sides: side -> its strides with everything measured; near: the near side; unit: px or m of lengths, "" where the
    view shows none; by_ankle: the events were read from the ankles.
    """
    good = {side: table[table["accepted"]] for side, table in sides.items()}
    both = pd.concat([good[near], good[skeleton.other(near)]], ignore_index=True)
    found = [*_pace(both, good, near), *_times(both, good), *_symmetry(good, unit)]
    if unit:
        found += [*_lengths(both, good, near, unit), *_ranges(good, near)]
    return [_doubted(metric, by_ankle) for metric in found]


def _doubted(metric: Metric, by_ankle: bool) -> Metric:
    """A metric that needs the toe-off, in doubt where that was read from the ankle."""
    needs = any(word in metric.name for word in ("stance", "swing", "double_support"))
    return replace(metric, doubt=f"{metric.doubt} {ANKLE}".strip()) if by_ankle and needs else metric


def _pace(both: pd.DataFrame, good: Sides, near: str) -> list[Metric]:
    stride = _mean(both["stride_time_s"])
    return [
        Metric("strides", len(good[near]), "", "near side's gait cycles, heel strike to heel strike, that count", OURS),
        Metric("strides_far_side", len(both) - len(good[near]), "", "the same of the far side", OURS),
        Metric(
            "cadence_steps_min",
            None if stride is None else 120 / stride,
            "steps/min",
            "steps a minute: two over the mean stride time of both sides",
            ZENI,
        ),
        *_spread(both, "stride_time_s", "s", "heel strike to the next one of the same foot", ZENI),
    ]


def _times(both: pd.DataFrame, good: Sides) -> list[Metric]:
    found = []
    for name, words in TIMES.items():
        found += _spread(both, f"{name}_time_s", "s", words, PERRY)
        found += [
            Metric(f"{side}_{name}_time_mean_s", _mean(table[f"{name}_time_s"]), "s", f"{side} side: {words}", PERRY)
            for side, table in good.items()
        ]
    support = "both feet on the floor, the two times of a stride together"
    found += _spread(both, "double_support_time_s", "s", support, PERRY)
    for name, words in (*list(TIMES.items())[1:], ("double_support", support)):
        about = f"share of the stride: {words}"
        found.append(Metric(f"{name}_mean_pct", _mean(both[f"{name}_pct"]), "%", BOTH + about, PERRY))
        if name == "double_support":
            continue
        found += [
            Metric(f"{side}_{name}_mean_pct", _mean(table[f"{name}_pct"]), "%", f"{side} side: {about}", PERRY)
            for side, table in good.items()
        ]
    return found


def _symmetry(good: Sides, unit: str) -> list[Metric]:
    columns = [*SYMMETRIC, *([f"step_length_{unit}"] if unit else [])]
    found = []
    for column in columns:
        left, right = (_mean(good[side][column]) for side in skeleton.SIDES)
        name = column.removesuffix("_s").removesuffix(f"_{unit}" if unit else "_s")
        words = name.replace("_", " ")
        value = None if left is None or right is None else 100 * (left - right) / (0.5 * (left + right))
        about = f"symmetry index of the {words}: left less right over their mean; 0 is equal, positive the left larger"
        doubt = FAR if column.startswith("step_length") else ""
        found.append(Metric(f"{name}_symmetry_pct", value, "%", about, ROBINSON, doubt))
    return found


def _lengths(both: pd.DataFrame, good: Sides, near: str, unit: str) -> list[Metric]:
    step = "along the floor, from where the other foot stands flat to where this one does next"
    own = good[near]
    stride = "near side: along the floor, from where a foot stands flat to where it does next"
    found = [Metric(f"step_length_{unit}", _mean(both[f"step_length_{unit}"]), unit, BOTH + step, OURS)]
    found += [
        Metric(
            f"{side}_step_length_{unit}",
            _mean(table[f"step_length_{unit}"]),
            unit,
            f"{side} side: {step}",
            OURS,
            "" if side == near else FAR,
        )
        for side, table in good.items()
    ]
    speed = f"speed_{unit}_s"
    about = "stride length over stride time, mean over the near side's strides; on a treadmill the belt's speed"
    return [
        *found,
        Metric(f"stride_length_{unit}", _mean(own[f"stride_length_{unit}"]), unit, stride, OURS),
        Metric(f"walking_{speed}", _mean(own[speed]), f"{unit}/s", about, OURS),
    ]


def _ranges(good: Sides, near: str) -> list[Metric]:
    found = []
    for side, table in good.items():
        doubt = "" if side == near else FAR
        for joint in JOINTS:
            columns = {name: f"{joint}_{name}_deg" for name in ("range", "max", "min")}
            words = {"range": "largest less smallest", "max": "largest", "min": "smallest"}
            found += [
                Metric(
                    f"{side}_{joint}_{name}_deg",
                    _mean(table[column]),
                    "deg",
                    f"{side} side, mean over the strides: {words[name]} {WORDS[joint]} of the gait cycle",
                    OURS,
                    doubt,
                )
                for name, column in columns.items()
                if column in table
            ]
    return found


def _spread(table: pd.DataFrame, column: str, unit: str, words: str, source: str) -> list[Metric]:
    stem, ending = column.removesuffix(f"_{unit}"), unit
    sd = "standard deviation between strides of both sides: "
    return [
        Metric(f"{stem}_mean_{ending}", _mean(table[column]), unit, BOTH + words, source),
        Metric(f"{stem}_sd_{ending}", _sd(table[column]), unit, sd + words, source),
    ]


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None


def _sd(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(np.std(known, ddof=1)) if len(known) > 1 else None
