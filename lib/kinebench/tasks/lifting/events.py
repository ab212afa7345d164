"""Where the repetitions of a lift are in the bar's height, and which of them count.

The height is turned so that a repetition begins high (a deadlift's is upside down): from rest it goes down to a turning
point and comes back. Whoever rests at the turning point (a paused squat, a lockout) leaves it later than they reach it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kinebench import reps
from kinebench.errors import KinebenchError
from kinebench.tasks.lifting import onsets

EVENTS = ("start_s", "turn_s", "resume_s", "end_s")
BEGINS = "clip begins in mid-repetition"
ENDS = "clip ends in mid-repetition"
BACK = 0.6
"""Share of the way back from which on a repetition is over, even where the next begins before the body is straight."""
AT_REST = 0.1
"""Share of the way at the clip's first or last frame beyond which the clip cuts a repetition."""
STILL_S, AT_REST_AT_ONCE = 0.1, 0.03
"""Without so much of rest before it, nobody can tell whether an onset was seen or the picture began; unless the bar is
as high there as it comes back to, but for this share of the way."""
USUAL = 0.5
"""Share of the longest way from which on a way counts for what is usual: steps and half movements don't."""
LEAST_HALF_S = 0.2
"""Shorter, going up or down half a metre is no person's: the bar would have to be thrown or fall."""
NEAR, NEAR_PHASE, SLACK_S = 0.02, 0.135, 0.25
"""A rest at the turning point: the bar is within `NEAR` of its way from there longer than a movement without rest is.

10 p^3 - 15 p^4 + 6 p^5 = 0.02 at p = 0.135, so that a minimum-jerk movement needs that share of its time to come so
near; one that turns round at once is faster. `SLACK_S` more, so that noise makes no rest.
"""


@dataclass(frozen=True)
class Signals:
    """What the events are read from, (frames,) each, NaN where missing.

    height: the bar's in pixels, turned so that it begins high. rest, turn: what shows best when the bar leaves and
    reaches its rest, and a rest at the turning point: an angle, or the height. folds: `rest` is the height of a body
    that is straight there.
    """

    time_s: np.ndarray
    height: np.ndarray
    rest: np.ndarray
    turn: np.ndarray
    folds: bool


@dataclass(frozen=True)
class Candidate:
    """One way there and back: samples of the rest before, the turning point, the rest after; None = not filmed."""

    before: int | None
    turn: int
    after: int | None
    way: float


def candidates(height: np.ndarray, least_px: float) -> list[Candidate]:
    """Every going down between two rests by `least_px` or more; none where the bar goes to and fro nowhere.

    A bounce that does not come back by `BACK` belongs to the same repetition.
    """
    points = reps.turning_points(height, least_px)
    if len(points) < 2:
        return []
    at = height[points.index]
    middle = (at.min() + at.max()) / 2
    level = float(np.median(at[at > middle]))
    deepest = float(at.min())
    rests = np.flatnonzero(points.high & (at >= deepest + BACK * (level - deepest))).tolist()
    found = []
    for before, after in zip([None, *rests], [*rests, None], strict=True):
        inner = range(0 if before is None else before + 1, len(points) if after is None else after)
        lows = [i for i in inner if not points.high[i]]
        if lows:
            turn = min(lows, key=lambda i: at[i])
            tops = [at[i] for i in (before, after) if i is not None]
            index = [None if i is None else int(points.index[i]) for i in (before, after)]
            found.append(Candidate(index[0], int(points.index[turn]), index[1], float(min(tops) - at[turn])))
    return found


def find(
    signals: Signals,
    trunk_px: float,
    least_way: float,
    min_share: float,
    objection: Callable[[Any], str] = lambda row: "",
) -> pd.DataFrame:
    """Table of repetitions: `repetition` (1, 2, ... of those accepted, else 0), `EVENTS`, `way_px`, verdict columns.

    least_way: in trunk lengths; min_share: of the usual way. objection: what else speaks against a whole repetition,
    given its row; "" for nothing. `accepted`, `reason`, and `cut`: by the clip's begin or end. KinebenchError where the
    bar goes to and fro nowhere.
    """
    time_s, height = signals.time_s, signals.height
    found = candidates(height, least_way * trunk_px)
    if not found:
        seen = np.nanmax(height) - np.nanmin(height) if np.isfinite(height).any() else 0.0
        raise KinebenchError(
            "No repetition was found: task lifting needs a bar that goes up and down by at least "
            f"{least_way:.2g} trunk lengths, but in this clip it moved by {seen / trunk_px:.2f}. Check that the "
            "clip shows the whole lift and that exercise names it."
        )
    events = _events(signals, found)
    table = pd.DataFrame(events, columns=list(EVENTS))
    table["way_px"] = [one.way for one in found]
    whole = table["way_px"][[one.before is not None and one.after is not None for one in found]]
    usual = float(whole[whole >= USUAL * whole.max()].median()) if len(whole) else np.nan
    seen_at = np.flatnonzero(np.isfinite(height))[[0, -1]]
    table["reason"] = [
        _reason(time_s, height, one, row, usual, min_share, seen_at) or objection(row)
        for one, row in zip(found, reps.rows(table), strict=True)
    ]
    table["accepted"] = table["reason"] == ""
    table["cut"] = table["reason"].isin([BEGINS, ENDS])
    table.insert(0, "repetition", np.where(table["accepted"], table["accepted"].cumsum(), 0))
    return table


def _events(signals: Signals, found: list[Candidate]) -> np.ndarray:
    """Event times, shape (candidates, 4); NaN where the clip does not show the event."""
    time_s, height = signals.time_s, signals.height
    known = np.isfinite(height)
    filled = np.interp(time_s, time_s[known], height[known])
    away = np.array([_span(time_s, filled, one.before, one.turn) for one in found])
    back = np.array([_span(time_s, filled, one.turn, one.after) for one in found])
    turn = _turns(time_s, height, found, away, back)
    rests = np.array([_rests(time_s, filled, one, *spans) for one, *spans in zip(found, away, back, strict=True)])
    windows = _windows(time_s, found, away, back, turn, rests)
    onset = onsets.of_height if signals.folds else onsets.of_angle
    start, end = (np.array([onset(time_s, signals.rest, *window) for window in each]) for each in _outward(*windows))
    paused = [_fitted(time_s, signals.rest, spans, which) for spans, which in zip((away, back), windows, strict=True)]
    stops = [_fitted(time_s, signals.turn, spans, which) for spans, which in zip((away, back), windows, strict=True)]
    start, end = np.where(rests, paused[0][0], start), np.where(rests, paused[1][1], end)
    turn, resume = np.where(rests, stops[0][1], turn), np.where(rests, stops[1][0], turn)
    events = np.column_stack([start, turn, np.fmax(resume, turn), end])
    return np.clip(_apart(events), time_s[known][0], time_s[known][-1])


def _outward(away: np.ndarray, back: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Windows as (rest, turning point)."""
    return away, back[:, ::-1]


def _span(time_s: np.ndarray, filled: np.ndarray, first: int | None, last: int | None) -> tuple[float, float]:
    if first is None or last is None:
        return np.nan, np.nan
    return reps.guess_span(time_s[first : last + 1], filled[first : last + 1])


def _turns(time_s, height, found: list[Candidate], away: np.ndarray, back: np.ndarray) -> np.ndarray:
    """The turning points between the frames."""
    guess = time_s[[one.turn for one in found]]
    half = np.fmin(away[:, 1] - away[:, 0], back[:, 1] - back[:, 0])
    window = np.clip(0.2 * np.where(np.isfinite(half), half, 0.5), 0.06, 0.25)
    refined = reps.refined_extremes(time_s, height, guess, window)
    return np.where(np.isfinite(refined), refined, guess)


def _rests(time_s, filled, one: Candidate, away: np.ndarray, back: np.ndarray) -> bool:
    """Whether the bar rests at the turning point."""
    if one.before is None or one.after is None:
        return False
    piece = filled[one.before : one.after + 1]
    outside = np.flatnonzero(piece - filled[one.turn] > NEAR * one.way) + one.before
    first, last = outside[outside < one.turn][-1], outside[outside > one.turn][0]
    moving_s = (away[1] - away[0]) + (back[1] - back[0])
    return bool(time_s[last] - time_s[first] > NEAR_PHASE * moving_s + SLACK_S)


def _windows(time_s, found: list[Candidate], away, back, turn, rests) -> tuple[np.ndarray, np.ndarray]:
    """What each fit looks at: half a movement's time into the rests, but not into the neighbouring movements."""
    before = np.array([np.nan if one.before is None else time_s[one.before] for one in found])
    after = np.array([np.nan if one.after is None else time_s[one.after] for one in found])
    previous = np.concatenate([[time_s[0]], back[:-1, 1]])
    following = np.concatenate([away[1:, 0], [time_s[-1]]])
    half = 0.5 * (away[:, 1] - away[:, 0])
    # Where one repetition follows the other without a rest, they meet at the height between them.
    earliest = np.where(previous < away[:, 0], previous, before)
    last = np.where(rests, np.fmin(away[:, 1] + half, back[:, 0]), turn)
    away_windows = np.column_stack([np.fmax(away[:, 0] - half, earliest), last])
    half = 0.5 * (back[:, 1] - back[:, 0])
    latest = np.where(following > back[:, 1], following, after)
    first = np.where(rests, np.fmax(back[:, 0] - half, away[:, 1]), turn)
    back_windows = np.column_stack([first, np.fmin(back[:, 1] + half, latest)])
    away_windows[np.isnan(away[:, 0])] = np.nan
    back_windows[np.isnan(back[:, 0])] = np.nan
    return away_windows, back_windows


def _fitted(time_s, height, spans: np.ndarray, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of the movements, shape (n,) each."""
    start, end = np.full(len(spans), np.nan), np.full(len(spans), np.nan)
    use = np.isfinite(windows).all(axis=1) & (windows[:, 1] > windows[:, 0])
    if use.any():
        fit = reps.fit_transitions(time_s, height, windows[use], spans[use])
        start[use], end[use] = fit.start_s, fit.end_s
    return start, end


def _apart(events: np.ndarray) -> np.ndarray:
    """Where a repetition's end lies after the next one's start both are the instant between them."""
    end, start = events[:-1, 3], events[1:, 0]
    over = end > start
    between = (end + start) / 2
    events[:-1, 3], events[1:, 0] = np.where(over, between, end), np.where(over, between, start)
    return events


def _reason(time_s, height, one: Candidate, row: Any, usual: float, min_share: float, seen: np.ndarray) -> str:
    """Why a candidate does not count, empty where it does; seen: first and last sample with a bar."""
    first, last = seen
    if one.before is None:
        return BEGINS
    if one.after is None:
        return ENDS
    gone, returned = height[[one.before, one.after]] - height[one.turn]
    late = row.start_s < time_s[first] + STILL_S and gone < (1 - AT_REST_AT_ONCE) * returned
    if late or (one.before == first and gone < (1 - AT_REST) * returned):
        return BEGINS
    if one.after == last and returned < (1 - AT_REST) * gone:
        return ENDS
    if one.way < min_share * usual:
        return f"the bar went only {100 * one.way / usual:.0f} % of the usual way"
    gap = reps.longest_gap_s(time_s, height, row.start_s, row.end_s)
    if gap > 0:
        return f"data missing for {gap:.1f} s"
    halves = (row.turn_s - row.start_s, row.end_s - row.resume_s)
    return f"up or down in {min(halves):.2f} s is none that a person can lift" if min(halves) < LEAST_HALF_S else ""
