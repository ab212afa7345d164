"""From foot events to gait cycles: strides from heel strike to heel strike of one foot, and which of them count.

The repetitions are the near side's strides, which follow each other; the far side's lie between them and are made of
the same events, so that what a hand moves in the one moves in the other.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kinebench import edits, reps, skeleton
from kinebench.tasks.walking.events import HEEL_STRIKE, TOE_OFF, Feet

EVENTS = ("start_s", "opposite_toe_off_s", "opposite_heel_strike_s", "toe_off_s", "end_s")
OWN = {"start_s": HEEL_STRIKE, "toe_off_s": TOE_OFF, "end_s": HEEL_STRIKE}
OPPOSITE = {"opposite_toe_off_s": TOE_OFF, "opposite_heel_strike_s": HEEL_STRIKE}
SHORTEST_S, LONGEST_S = 0.5, 2.6
"""Of a stride: 240 and 46 steps a minute; faster is running, slower is standing between two steps."""
POSSIBLE_DEG = {"knee": (-25.0, 105.0), "hip": (-45.0, 70.0), "ankle": (-70.0, 60.0)}
"""Far beyond what walking bends or stretches: knee 0 to 65, hip -10 to 35, ankle -20 to 15 deg on level ground."""
BEGINS, ENDS = "clip begins in mid-stride", "clip ends in mid-stride"
SAME_S = 1e-6


@dataclass(frozen=True)
class Seen:
    """What decides whether a stride can be measured, each (frames,).

    whole: whether the legs lie inside the picture; direction: +1 to the right of the picture, -1 to the left, 0
    turning; measured: the direction that counts; angles: side -> joint -> degrees, {} where the view shows none.
    """

    whole: np.ndarray
    direction: np.ndarray
    measured: int
    angles: Mapping[str, Mapping[str, np.ndarray]]


def strides(events: pd.DataFrame, side: str, feet: Feet, seen: Seen, least_share: float) -> pd.DataFrame:
    """The strides of one side: `repetition`, `side`, `EVENTS`, `accepted`, `reason`, `cut`.

    events: columns `side`, `event`, `time_s`; least_share: of the usual swing of the foot below which one is no stride.
    """
    own, other = (_times(events, one) for one in (side, skeleton.other(side)))
    strikes = own[HEEL_STRIKE]
    rows = []
    for start, end in itertools.pairwise(strikes):
        toe_off = _first(own[TOE_OFF], start, end)
        opposite_toe_off = _first(other[TOE_OFF], start, end)
        rows.append((start, opposite_toe_off, _first(other[HEEL_STRIKE], start, end), toe_off, end))
    table = pd.DataFrame(rows, columns=list(EVENTS), dtype=float)
    table["reason"] = [_reason(row, feet, side, seen) for row in reps.rows(table)]
    table["reason"] = _too_small(table, feet, side, least_share)
    table = pd.concat([table.assign(cut=False), _cut(own, other, feet.time_s)]).sort_values("start_s", kind="stable")
    table = table.reset_index(drop=True)
    table["accepted"] = table["reason"] == ""
    table.insert(0, "side", side)
    table.insert(0, "repetition", np.where(table["accepted"], table["accepted"].cumsum(), 0))
    return table


def _times(events: pd.DataFrame, side: str) -> dict[str, np.ndarray]:
    own = events[events["side"] == side]
    return {event: own.loc[own["event"] == event, "time_s"].to_numpy(dtype=float) for event in (HEEL_STRIKE, TOE_OFF)}


def _first(times: np.ndarray, start: float, end: float) -> float:
    inside = times[(times > start) & (times < end)]
    return float(inside[0]) if len(inside) else np.nan


def _cut(own: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray], time_s: np.ndarray) -> pd.DataFrame:
    """The pieces of strides before the first heel strike and after the last."""
    strikes = own[HEEL_STRIKE]
    rows = []
    if len(strikes):
        begin, end = float(time_s[0]), float(time_s[-1])
        for start, stop, reason in ((begin, strikes[0], BEGINS), (strikes[-1], end, ENDS)):
            inner = [_first(other[TOE_OFF], start, stop), _first(other[HEEL_STRIKE], start, stop)]
            if stop - start > SAME_S:
                rows.append((start, *inner, _first(own[TOE_OFF], start, stop), stop, reason, True))
    return pd.DataFrame(rows, columns=[*EVENTS, "reason", "cut"]).astype(dict.fromkeys(EVENTS, float))


def _reason(row: Any, feet: Feet, side: str, seen: Seen) -> str:
    """Why a stride cannot be measured; empty where it can."""
    length_s = row.end_s - row.start_s
    inside = (feet.time_s >= row.start_s) & (feet.time_s <= row.end_s)
    way = seen.direction[inside]
    if len(way) == 0 or (way == 0).any() or (way != way[0]).any():
        return "the person turns in it"
    if way[0] != seen.measured:
        to, measured = (("right", "left")[::-1][int(sign > 0)] for sign in (way[0], seen.measured))
        return f"walked to the {to}: measured is the way to the {measured}"
    if not SHORTEST_S <= length_s <= LONGEST_S:
        return f"a stride in {length_s:.2f} s is none of walking"
    parts = [feet.ahead(part, one) for one in skeleton.SIDES for part in ("heel", "toe")]
    gap = max(reps.longest_gap_s(feet.time_s, part, row.start_s, row.end_s) for part in parts)
    if gap > 0:
        return f"data missing for {gap:.1f} s"
    if not seen.whole[inside].all():
        return "not all of the legs lies inside the picture"
    far = skeleton.other(side)
    lacking = {f"toe-off of the {side} foot": row.toe_off_s, f"toe-off of the {far} foot": row.opposite_toe_off_s}
    lacking[f"heel strike of the {far} foot"] = row.opposite_heel_strike_s
    for words, time_s in lacking.items():
        if np.isnan(time_s):
            return f"no {words} was found in it"
    if not row.opposite_toe_off_s < row.opposite_heel_strike_s < row.toe_off_s:
        return "its events are out of order: both feet off the floor at once would be running"
    return _strange(row, feet.time_s, seen.angles.get(side, {}))


def _strange(row: Any, time_s: np.ndarray, angles: Mapping[str, np.ndarray]) -> str:
    """Which angle goes where no walk takes it: a sign of points that were not found well; empty where none does."""
    inside = (time_s >= row.start_s) & (time_s <= row.end_s)
    for joint, (low, high) in POSSIBLE_DEG.items():
        own = angles[joint][inside] if joint in angles else np.zeros(0)
        wrong = own[(own < low) | (own > high)]
        if len(wrong):
            return f"the {joint} reads {wrong[np.abs(wrong).argmax()]:.0f} deg, which no walk has: its points are wrong"
    return ""


def _too_small(table: pd.DataFrame, feet: Feet, side: str, least_share: float) -> list[str]:
    """The reasons, with those added of strides in which the foot swings much less than usual."""
    ahead = feet.ahead("heel", side)
    swing = np.array([_span(ahead, feet.time_s, row.start_s, row.end_s) for row in reps.rows(table)])
    good = (table["reason"] == "").to_numpy()
    usual = float(np.median(swing[good])) if good.any() else np.nan
    return [
        f"the foot swings only {100 * own / usual:.0f} % as far as usual"
        if not why and own < least_share * usual
        else why
        for own, why in zip(swing, table["reason"], strict=True)
    ]


def _span(values: np.ndarray, time_s: np.ndarray, start: float, end: float) -> float:
    within = values[(time_s >= start) & (time_s <= end)]
    within = within[np.isfinite(within)]
    return float(np.ptp(within)) if len(within) else np.nan


def after_edits(events: pd.DataFrame, repaired: pd.DataFrame, near: str) -> pd.DataFrame:
    """The foot events as the repetitions edited by hand have them; `near`: the side that these are of."""
    touched = repaired[repaired[edits.BY_HAND].isin(["boundary moved", "added"])]
    table = events
    for row in reps.rows(touched):
        inside = table["time_s"].between(row.start_s - SAME_S, row.end_s + SAME_S)
        # Of a stride that the clip cuts one end is no heel strike, but the clip's.
        no_strike = {BEGINS: "start_s", ENDS: "end_s"}.get(row.reason)
        rows = [(near, event, getattr(row, name)) for name, event in OWN.items() if name != no_strike]
        rows += [(skeleton.other(near), event, getattr(row, name)) for name, event in OPPOSITE.items()]
        by_hand = pd.DataFrame(rows, columns=["side", "event", "time_s"]).dropna()
        table = pd.concat([table[~inside], by_hand])
    table = table.drop_duplicates(["side", "event", "time_s"]).sort_values("time_s", kind="stable")
    return table.reset_index(drop=True)


def beside(far: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """The far side's strides, without those that lie mostly in what a hand rejected of the near side."""
    table = far.copy()
    for row in reps.rows(near[near[edits.BY_HAND] == "rejected"]):
        common = np.minimum(table["end_s"], row.end_s) - np.maximum(table["start_s"], row.start_s)
        hit = (common > 0.4 * (row.end_s - row.start_s)) & table["accepted"]
        table.loc[hit, "reason"] = row.reason
        table.loc[hit, "accepted"] = False
    table["repetition"] = np.where(table["accepted"], table["accepted"].cumsum(), 0)
    return table
