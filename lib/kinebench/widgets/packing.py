"""Tables as the browser takes them: float32 in one buffer each, so that a change of smoothing sends no frame again."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.geometry import runs
from kinebench.tasks import Presentation, naming, on_side
from kinebench.tasks.naming import unit_of, words
from kinebench.widgets.result import Result

PADDING = 0.06
"""Room above and below a curve, as a share of its panel."""
ROBUST = (0.5, 99.5)
"""Percentiles of the raw signals that a panel shows at least: a wild point does not flatten the rest."""


def pose(result: Result, presentation: Presentation) -> dict[str, Any]:
    """The traits of the frame view that hold the smoothed pose; joints of the face are left out, as on the overlay."""
    joints = shown_joints(result)
    near, far = _edges(joints, result.near)
    shown = [
        (label, on_side(label.vertex, result.near), on_side(label.signal, result.near)) for label in presentation.angles
    ]
    shown = [(label, joint, signal) for label, joint, signal in shown if joint in joints and signal in result.signals]
    values = [result.signals[signal].to_numpy(dtype=np.float32) for _, _, signal in shown]
    return {
        "joints": list(joints),
        "near": near,
        "far": far,
        "smoothed": _points(result.smoothed, joints),
        "angles": [[label.text, joints.index(joint)] for label, joint, _ in shown],
        "angle_values": np.concatenate(values).tobytes() if values else b"",
    }


def raw_pose(result: Result) -> dict[str, Any]:
    """The traits of the frame view that hold the raw pose."""
    return {"raw": _points(result.raw, shown_joints(result))}


def pose_around(result: Result, index: int, reach: int = 30) -> tuple[int, bytes]:
    """The smoothed pose of the frames about one, as the first of them and a piece of `smoothed`."""
    first = max(index - reach, 0)
    return first, _points(result.smoothed.iloc[first : index + reach + 1], shown_joints(result))


def shown_joints(result: Result) -> tuple[str, ...]:
    """The joints on the frame view: all but those of the face, as on the annotated video."""
    return tuple(joint for joint in keypoints.joints(result.smoothed) if joint not in skeleton.FACE)


def places(result: Result, presentation: Presentation) -> dict[str, Any]:
    """What can be jumped to, and what is said of each frame: lists of frames, and of (first, last, words)."""
    times = keypoints.times(result.smoothed)
    spans, starts = _spans(result, presentation, times)
    doubts = [
        [int(first), int(stop) - 1, str(name)]
        for name in result.doubtful
        for first, stop in zip(*runs(result.doubtful[name].to_numpy(dtype=bool)), strict=True)
    ]
    edited = zip(*runs(result.touched), strict=True)
    hand = [[int(first), int(stop) - 1, "edited by hand"] for first, stop in edited]
    return {
        "spans": spans,
        "repetitions": sorted(set(starts)),
        "doubtful": sorted({one[0] for one in doubts}),
        "edited": sorted({one[0] for one in hand}),
        "doubts": doubts + hand,
    }


def signals(
    result: Result,
    presentation: Presentation,
    columns: Sequence[str],
    colours: Sequence[tuple[str, str]],
    other: Result | None,
) -> dict[str, Any]:
    """The traits of the signal view: panels of the signals named in `columns`, and the numbers behind them.

    colours: (on light, on dark) for the signals of a panel; other: a result to compare with, drawn dashed.
    """
    rows: list[np.ndarray] = []
    panels = []
    for title, unit, members in grouped(presentation, result, columns):
        series = []
        values = []
        for (light, dark), column in zip(colours, members, strict=False):
            places = {}
            for name, table in (
                ("smooth", result.signals),
                ("raw", result.raw_signals),
                ("other", _table(other, len(result.signals))),
            ):
                places[name] = len(rows) if column in table else -1
                if column in table:
                    rows.append(table[column].to_numpy(dtype=np.float32))
                    values.append((name, rows[-1]))
            series.append({"label": words(column, result.near), "light": light, "dark": dark, **places})
        panels.append({"title": title, "unit": unit, "series": series, "range": _range(values)})
    return {"panels": panels, "data": np.concatenate(rows).tobytes() if rows else b""}


def grouped(presentation: Presentation, result: Result, columns: Sequence[str]) -> list[tuple[str, str, list[str]]]:
    """Signals in panels: those that the task shows together stay together, others get a panel of their own."""
    left = [column for column in columns if column in result.signals]
    found = []
    for plot in presentation.plots:
        own = [name for name in (on_side(template, result.near) for template in plot.signals) if name in left]
        if own:
            found.append((plot.title, unit_of(own[0]), own))
            left = [column for column in left if column not in own]
    return found + [(words(column, result.near), unit_of(column), [column]) for column in left]


def usual(presentation: Presentation, result: Result) -> list[str]:
    """The signals that are shown at first: the task's own."""
    return naming.present(result.signals, result.near, [name for plot in presentation.plots for name in plot.signals])


def phases(result: Result, colours: Mapping[str, str]) -> list[list[Any]]:
    """Begin, end and colour of each stretch of a phase."""
    if result.labels.empty:
        return []
    times, phase = result.labels.index.to_numpy(dtype=float), result.labels["phase"].to_numpy()
    half = float(np.median(np.diff(times))) / 2 if len(times) > 1 else 0.0
    return [
        [float(times[first]) - half, float(times[stop - 1]) + half, colour]
        for name, colour in colours.items()
        for first, stop in zip(*runs(phase == name), strict=True)
    ]


def repetitions(result: Result, presentation: Presentation) -> list[dict[str, Any]]:
    """Every repetition with its ends, its number or why it does not count, and its boundaries."""
    found = []
    for _, row in result.reps.iterrows():
        events = [
            {"event": column, "label": label, "time": float(row[column])}
            for column, label in presentation.boundaries.items()
            if column in row and math.isfinite(row[column])
        ]
        known = ("start_s", "end_s", *presentation.boundaries)
        ends = [float(row[name]) for name in known if name in row and math.isfinite(row[name])]
        if not ends:
            continue
        number = int(row["repetition"])
        name = f"{presentation.repetition} {number}" if row["accepted"] else "does not count"
        found.append(
            {
                "from": min(ends),
                "to": max(ends),
                "number": number,
                "name": name,
                "accepted": bool(row["accepted"]),
                "reason": str(row["reason"]),
                "by_hand": str(row["by_hand"]),
                "events": events,
            }
        )
    return found


def _table(other: Result | None, frames: int) -> pd.DataFrame:
    """The signals compared with; none where they are of other frames than those shown."""
    return other.signals if other is not None and len(other.signals) == frames else pd.DataFrame()


def _points(table: pd.DataFrame, joints: Sequence[str]) -> bytes:
    columns = pd.MultiIndex.from_product([list(joints), ["x", "y"]])
    places = table.columns.get_indexer(columns)
    return np.ascontiguousarray(table.to_numpy()[:, places], dtype=np.float32).tobytes()


def _edges(joints: tuple[str, ...], near_side: str) -> tuple[list[list[int]], list[list[int]]]:
    far_side = skeleton.other(near_side)
    near: list[list[int]] = []
    far: list[list[int]] = []
    for a, b in skeleton.edges_between(joints):
        (far if far_side in (a.partition("_")[0], b.partition("_")[0]) else near).append(
            [joints.index(a), joints.index(b)]
        )
    return near, far


def _spans(result: Result, presentation: Presentation, times: np.ndarray) -> tuple[list[list[Any]], list[int]]:
    """(first frame, last frame, words) of each phase of each repetition, and the repetitions' first frames."""
    starts = [int(np.argmin(np.abs(times - one["from"]))) for one in repetitions(result, presentation)]
    if result.labels.empty:
        return [], starts
    number, phase = result.labels["repetition"].to_numpy(), result.labels["phase"].to_numpy()
    change = np.flatnonzero((number[1:] != number[:-1]) | (phase[1:] != phase[:-1])) + 1
    edges = [0, *change.tolist(), len(number)]
    spans = []
    for first, stop in itertools.pairwise(edges):
        said = [f"{presentation.repetition.lower()} {number[first]}"] if number[first] else []
        said += [presentation.phases.get(phase[first], str(phase[first]))] if phase[first] else []
        spans.append([first, stop - 1, ", ".join(said)])
    return spans, starts


def _range(values: list[tuple[str, np.ndarray]]) -> list[float]:
    low, high = math.inf, -math.inf
    for name, row in values:
        known = row[np.isfinite(row)]
        if not len(known):
            continue
        ends = np.percentile(known, ROBUST) if name == "raw" else (known.min(), known.max())
        low, high = min(low, float(ends[0])), max(high, float(ends[1]))
    if not math.isfinite(low):
        return [0.0, 1.0]
    room = max((high - low) * PADDING, 1e-6)
    return [low - room, high + room]


NO_POSE: dict[str, Any] = {
    **{
        name: [] for name in ("joints", "near", "far", "angles", "spans", "repetitions", "doubtful", "edited", "doubts")
    },
    **dict.fromkeys(("smoothed", "raw", "angle_values"), b""),
}
"""What the frame view shows where nobody was found."""
NO_SIGNALS: dict[str, Any] = {
    **{name: [] for name in ("panels", "phases", "reps", "repetitions", "doubtful", "edited")},
    "data": b"",
}
