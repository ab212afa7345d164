"""Where the strokes are: catch and finish from the handle's turning points, and which strokes count.

The handle is where the near hand is. It turns towards the flywheel's side at the catch and away from it at the finish;
a person who rests there gives no sharp turning point, so then the movement's fitted onset or end counts.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import reps
from kinebench.errors import KinebenchError

EVENTS = ("start_s", "catch_s", "finish_s", "end_s")
TURN_SHARE = 0.4
"""Prominence of a turning point, in trunk lengths: arms-only rowing moves the handle by about one."""
LEAST_STROKE_S = 1.0
"""Shorter, a stroke is no rower's: 60 a minute."""
REST_SHARE = 0.01
REST_S = 0.6
"""Longer than this within `REST_SHARE` of the travel from a turning point is a rest, not a turn."""
BEGINS = "clip begins in mid-stroke"
ENDS = "clip ends in mid-stroke"
BOTH = "clip begins and ends in mid-stroke"


@dataclass(frozen=True)
class Turns:
    """Refined turning points in order of time; `real` is false where the clip's begin or end only looks like one.

    departs_s, arrives_s: when the handle leaves the turning point and comes to it; both are `time_s` unless it rests.
    """

    time_s: np.ndarray
    departs_s: np.ndarray
    arrives_s: np.ndarray
    high: np.ndarray
    real: np.ndarray
    forward: np.ndarray


def turns(time_s: np.ndarray, forward: np.ndarray, trunk_px: float) -> Turns:
    """The handle's turning points.

    time_s, forward (px, positive to where the person faces; NaN where missing): (frames,).
    """
    points = reps.turning_points(forward, TURN_SHARE * trunk_px)
    if len(points) < 3:
        seen = np.nanmax(forward) - np.nanmin(forward) if np.isfinite(forward).any() else 0.0
        raise KinebenchError(
            "No repetition was found: task rowing needs a hand that goes to and fro at least once by "
            f"{TURN_SHARE:.1g} trunk lengths or more, but in this clip it moved by {seen / trunk_px:.2f} trunk lengths "
            f"and turned {max(len(points) - 2, 0)} times. Check that the clip shows whole strokes from the side."
        )
    known = np.flatnonzero(np.isfinite(forward))
    filled = np.interp(time_s, time_s[known], forward[known])
    guess = time_s[points.index]
    gaps = np.diff(guess)
    nearest = np.minimum(np.append(gaps, np.inf), np.insert(gaps, 0, np.inf))
    refined = reps.refined_extremes(time_s, forward, guess, np.clip(0.2 * nearest, 0.06, 0.25))
    at = np.where(np.isfinite(refined), refined, guess)
    departs, arrives, rests = _rests(time_s, filled, points, at)
    edge = (points.index == known[0]) | (points.index == known[-1])
    return Turns(at, departs, arrives, points.high, ~edge | rests, filled[points.index])


def _rests(time_s, filled, points: reps.TurningPoints, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When the handle leaves and reaches each turning point, and whether it rests there."""
    departs, arrives = at.copy(), at.copy()
    spans = np.array([_near(time_s, filled, points, i) for i in range(len(points))])
    rests = spans[:, 1] - spans[:, 0] > REST_S
    if rests.any():
        fits = _movements(time_s, filled, points, spans)
        departs[:-1] = np.where(rests[:-1], fits.start_s, at[:-1])
        arrives[1:] = np.where(rests[1:], fits.end_s, at[1:])
    return departs, arrives, rests


def _near(time_s, filled, points: reps.TurningPoints, i: int) -> tuple[float, float]:
    """From when to when the handle is within `REST_SHARE` of its travel from a turning point."""
    index = points.index[i]
    left = points.index[i - 1] if i > 0 else 0
    right = points.index[i + 1] if i + 1 < len(points) else len(filled) - 1
    travel = np.abs(filled[[left, right]] - filled[index]).max()
    outside = np.flatnonzero(np.abs(filled[left : right + 1] - filled[index]) > REST_SHARE * travel) + left
    before, after = outside[outside < index], outside[outside > index]
    return time_s[before[-1] if len(before) else left], time_s[after[0] if len(after) else right]


def _movements(time_s, filled, points: reps.TurningPoints, near: np.ndarray) -> reps.Transitions:
    """Fits to every movement between two neighbouring turning points."""
    spans, windows = [], []
    for i, (first, last) in enumerate(itertools.pairwise(points.index)):
        span = reps.guess_span(time_s[first : last + 1], filled[first : last + 1])
        half = 0.5 * (span[1] - span[0])
        spans.append(span)
        windows.append((max(near[i, 0], span[0] - half), min(near[i + 1, 1], span[1] + half)))
    return reps.fit_transitions(time_s, filled, np.array(windows), np.array(spans))


def find(time_s: np.ndarray, forward: np.ndarray, trunk_px: float, min_stroke_share: float) -> pd.DataFrame:
    """Table of strokes: `repetition` (1, 2, ... of those accepted, else 0), `EVENTS`, `travel_px`, verdict columns.

    `accepted`, `reason`, and `cut`: by the clip's begin or end. KinebenchError where the hand turns nowhere.
    """
    found = turns(time_s, forward, trunk_px)
    rows = _strokes(found)
    table = pd.DataFrame(rows, columns=[*EVENTS, "travel_px", "reason"])
    whole = table.loc[table["reason"] == "", "travel_px"]
    usual = float(whole.median()) if len(whole) else np.nan
    table["reason"] = [row.reason or _reason(time_s, forward, row, usual, min_stroke_share) for row in reps.rows(table)]
    table["accepted"] = table["reason"] == ""
    table["cut"] = table["reason"].isin([BEGINS, ENDS, BOTH])
    table.insert(0, "repetition", np.where(table["accepted"], table["accepted"].cumsum(), 0))
    return table


def _strokes(found: Turns) -> list[tuple]:
    """From each catch to the next, and the pieces that the clip cuts."""
    catches = np.flatnonzero(found.high).tolist()
    rows: list[tuple] = []
    if catches[0] == 1:
        rows.append(_cut(found, None, 0, 1, BEGINS))
    for catch in catches:
        finish, after = catch + 1, catch + 2
        if finish >= len(found.time_s):
            continue
        if after >= len(found.time_s) or not found.real[after]:
            rows.append(_cut(found, catch, finish, after, ENDS if found.real[catch] else BOTH))
        elif not found.real[catch]:
            rows.append(_cut(found, catch, finish, after, BEGINS))
        else:
            # A drive runs from leaving the catch to reaching the finish; a rest belongs to the recovery before it.
            start, end = found.departs_s[catch], found.departs_s[after]
            if after == len(found.time_s) - 1:
                end = found.arrives_s[after]
            travel = abs(found.forward[catch] - found.forward[finish])
            rows.append((start, start, found.arrives_s[finish], end, travel, ""))
    return rows


def _cut(found: Turns, catch: int | None, finish: int, after: int, reason: str) -> tuple:
    """A stroke of which the clip shows a part: what is seen of it, NaN for the rest."""
    last = len(found.time_s) - 1
    begin = found.departs_s[catch] if catch is not None and found.real[catch] else np.nan
    middle = found.arrives_s[finish] if finish <= last and found.real[finish] else np.nan
    end = found.time_s[after] if after <= last and found.real[after] else np.nan
    start = found.time_s[catch] if catch is not None else found.time_s[finish]
    stop = found.time_s[min(after, last)]
    return (start, begin, middle, end if np.isfinite(end) else stop, np.nan, reason)


def _reason(time_s, forward, row, usual_px: float, min_stroke_share: float) -> str:
    """Why a whole stroke does not count; empty where it does."""
    if row.travel_px < min_stroke_share * usual_px:
        return f"the handle travelled only {100 * row.travel_px / usual_px:.0f} % of the usual way"
    gap = reps.longest_gap_s(time_s, forward, row.start_s, row.end_s)
    if gap > 0:
        return f"data missing for {gap:.1f} s"
    length_s = row.end_s - row.catch_s
    return f"a stroke in {length_s:.2f} s is none that a rower can make" if length_s < LEAST_STROKE_S else ""
