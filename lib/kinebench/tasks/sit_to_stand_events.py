"""Where the sit-to-stand repetitions are in the signals, and which of them count.

All lengths are relative to the person's own thigh and shank in the picture, never to pixels.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import reps
from kinebench.errors import KinebenchError

EVENTS = ("start_s", "seat_off_s", "standing_s", "descent_s", "seat_contact_s", "end_s")
SEATED = 0.35
"""Share of the way up below which a low counts as having sat down (field: buttocks on the seat, trunk still moving)."""
STANDING = 0.85
"""Share of a repetition's own height from which on the person counts as up when it wavers before standing still."""
AT_REST = 0.1
"""Share of the way up at the clip's first or last frame beyond which the clip cuts a repetition."""
STILL_S = 0.1
"""Without so much of sitting before it, nobody can tell whether an onset was seen or the picture began."""
LEAST_RISE_S = 0.35
"""Shorter, a rise is no person's: the body would have to be thrown up. A tracking error, or another movement."""
STEPPED = 0.75
"""Thigh lengths. Who stands up keeps the foot where it is, or shifts it a little; a step is twice as long and more."""
TRUNK_MOVES_DEG = 6.0
"""A forward lean smaller than this cannot be told from the wobble of keypoints and gives no onset."""


@dataclass(frozen=True)
class Lengths:
    """Near-side body lengths in pixels, as the picture shows them."""

    thigh_px: float
    shank_px: float
    ankle_px: float
    """The ankle's height above the floor line."""

    @property
    def straight_px(self) -> float:
        """How high the hip is above the floor on a straight leg."""
        return self.ankle_px + self.thigh_px + self.shank_px


@dataclass(frozen=True)
class Levels:
    """Hip height in pixels when seated and when standing."""

    seat_px: float
    standing_px: float

    def share(self, height: np.ndarray) -> np.ndarray:
        """How much of the way up, 0 seated to 1 standing."""
        return (height - self.seat_px) / (self.standing_px - self.seat_px)


@dataclass(frozen=True)
class Candidate:
    """One going up and down: samples of the low before, the first and last high, the low after; None = not filmed."""

    low: int | None
    first_high: int
    last_high: int
    end: int | None
    reached: float


def levels(height: np.ndarray, points: reps.TurningPoints, lengths: Lengths) -> Levels:
    """The seat's level from the lows; the standing level from the best stand, or a straight leg where none is full."""
    at = height[points.index]
    middle = (at.min() + at.max()) / 2
    seat = float(np.median(at[at < middle]))
    best = float(at.max())
    straight = lengths.straight_px
    full = best if best - seat >= 0.8 * (straight - seat) else straight
    return Levels(seat, full)


def candidates(share: np.ndarray, points: reps.TurningPoints) -> list[Candidate]:
    """Every going up between two seated lows; a dip that does not reach the seat belongs to the same repetition."""
    at = share[points.index]
    seated = np.flatnonzero(~points.high & (at < SEATED))
    edges = [-1, *seated.tolist(), len(points)]
    found = []
    for before, after in itertools.pairwise(edges):
        highs = [i for i in range(before + 1, after) if points.high[i]]
        if not highs:
            continue
        top = max(float(at[i]) for i in highs)
        full = [i for i in highs if at[i] >= STANDING * top]
        found.append(
            Candidate(
                low=int(points.index[before]) if before >= 0 else None,
                first_high=int(points.index[full[0]]),
                last_high=int(points.index[full[-1]]),
                end=int(points.index[after]) if after < len(points) else None,
                reached=top,
            )
        )
    return found


def find(
    time_s: np.ndarray,
    height: np.ndarray,
    lean: np.ndarray,
    lengths: Lengths,
    min_rise: float,
    foot: np.ndarray | None = None,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Table of repetitions, and how much of the way up the hip is at each frame.

    time_s, height (px above the floor), lean (trunk, deg), foot (where the near ankle is along the floor, px):
    (frames,), NaN where missing. The table holds `repetition`
    (1, 2, ... of those accepted, else 0), `EVENTS`, `reached` (share of the way up), `accepted`, `reason`, and `cut`:
    by the clip's begin or end. KinebenchError where the hip goes up and down nowhere.
    """
    points = reps.turning_points(height, 0.2 * lengths.thigh_px)
    found = [] if len(points) < 2 else candidates(levels(height, points, lengths).share(height), points)
    if not found:
        seen = np.nanmax(height) - np.nanmin(height) if np.isfinite(height).any() else 0.0
        raise KinebenchError(
            "No repetition was found: task sit-to-stand needs a hip that rises by at least a fifth of the thigh's "
            "length and comes down again, "
            f"but in this clip the hip moved by {seen / lengths.thigh_px:.2f} thigh lengths. "
            "Check that the clip shows the stands from the side, or choose another stretch or task."
        )
    share = levels(height, points, lengths).share(height)
    events = _events(time_s, height, lean, found)
    table = pd.DataFrame(events, columns=list(EVENTS))
    table["reached"] = [candidate.reached for candidate in found]
    seen = np.flatnonzero(np.isfinite(height))
    table["reason"] = [
        _reason(time_s, height, share, candidate, row, min_rise, (seen[0], seen[-1]))
        or _walked(time_s, foot, row, lengths)
        for candidate, row in zip(found, events, strict=True)
    ]
    table.loc[table["reason"] == BEGINS, "start_s"] = np.nan
    table["accepted"] = table["reason"] == ""
    table["cut"] = table["reason"].isin([BEGINS, ENDS])
    table.insert(0, "repetition", np.where(table["accepted"], table["accepted"].cumsum(), 0))
    return table, share


def _events(time_s, height, lean, found: list[Candidate]) -> np.ndarray:
    """Event times, shape (candidates, 6); NaN where the clip does not show the event."""
    filled = _filled(time_s, height)
    rises = np.array([_span(time_s, filled, c.low, c.first_high) for c in found])
    falls = np.array([_span(time_s, filled, c.last_high, c.end) for c in found])
    rise_windows, fall_windows = _windows(time_s, found, rises, falls)
    rise_start, rise_end = _fitted(time_s, height, rises, rise_windows)
    fall_start, fall_end = _fitted(time_s, height, falls, fall_windows)
    lean_start = _lean_onsets(time_s, lean, rise_start, rise_end, np.concatenate([[np.nan], fall_end[:-1]]))
    start = np.fmin(rise_start, lean_start)
    previous = np.concatenate([[-np.inf], np.where(np.isfinite(fall_end[:-1]), fall_end[:-1], -np.inf)])
    start = np.maximum(start, previous)
    fall_start = np.fmax(fall_start, rise_end)
    events = np.column_stack([start, np.fmax(rise_start, start), rise_end, fall_start, fall_end, fall_end])
    return np.clip(events, time_s[0], time_s[-1])


def _filled(time_s: np.ndarray, values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    return np.interp(time_s, time_s[known], values[known])


def _span(time_s: np.ndarray, filled: np.ndarray, first: int | None, last: int | None) -> tuple[float, float]:
    if first is None or last is None:
        return np.nan, np.nan
    return reps.guess_span(time_s[first : last + 1], filled[first : last + 1])


def _windows(time_s, found: list[Candidate], rises: np.ndarray, falls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each fit looks at: half a movement's time on either side, but not into the neighbouring movements."""
    low = np.array([np.nan if c.low is None else time_s[c.low] for c in found])
    end = np.array([np.nan if c.end is None else time_s[c.end] for c in found])
    first, last = time_s[[c.first_high for c in found]], time_s[[c.last_high for c in found]]
    before = np.concatenate([[time_s[0]], np.fmin(falls[:-1, 1], low[1:])])
    after = np.concatenate([np.fmax(rises[1:, 0], end[:-1]), [time_s[-1]]])
    half = 0.5 * (rises[:, 1] - rises[:, 0])
    rise = np.column_stack(
        [np.fmax(rises[:, 0] - half, before), np.fmin(rises[:, 1] + half, np.fmax(falls[:, 0], first))]
    )
    half = 0.5 * (falls[:, 1] - falls[:, 0])
    fall = np.column_stack(
        [np.fmax(falls[:, 0] - half, np.fmin(rises[:, 1], last)), np.fmin(falls[:, 1] + half, after)]
    )
    return rise, fall


def _fitted(time_s, height, spans: np.ndarray, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of the movements in hip height, shape (n,) each."""
    start, end = np.full(len(spans), np.nan), np.full(len(spans), np.nan)
    use = np.isfinite(windows).all(axis=1)
    if use.any():
        fit = reps.fit_transitions(time_s, height, windows[use], spans[use])
        start[use], end[use] = fit.start_s, fit.end_s
    return start, end


def _lean_onsets(time_s, lean, rise_start, rise_end, previous_end) -> np.ndarray:
    """When the trunk starts to lean forward before each rise; NaN where it hardly moves or is not seen."""
    spans, windows = np.full((len(rise_start), 2), np.nan), np.full((len(rise_start), 2), np.nan)
    known = np.isfinite(lean)
    if known.sum() < 3:
        return spans[:, 0]
    filled = _filled(time_s, lean)
    for i in np.flatnonzero(np.isfinite(rise_start)):
        earliest = np.nanmax([time_s[0], previous_end[i], rise_start[i] - 3.0])
        span, window = _lean_piece(time_s, filled, earliest, rise_start[i], rise_end[i])
        spans[i], windows[i] = span, window
    onset = np.full(len(spans), np.nan)
    use = np.isfinite(windows).all(axis=1)
    if use.any():
        onset[use] = reps.fit_transitions(time_s, lean, windows[use], spans[use]).start_s
    return onset


def _lean_piece(time_s, filled, earliest: float, rise_start: float, rise_end: float):
    """First guess and window of the forward lean that ends at its peak during the rise."""
    nothing = (np.nan, np.nan), (np.nan, np.nan)
    first, last = np.searchsorted(time_s, [earliest, (rise_start + rise_end) / 2])
    if last - first < 4:
        return nothing
    peak = first + int(np.argmax(filled[first : last + 1]))
    piece = filled[first : peak + 1]
    rest = float(np.percentile(piece, 10)) if len(piece) >= 4 else np.nan
    if not piece[-1] - rest >= TRUNK_MOVES_DEG:
        return nothing
    share = (piece - rest) / (piece[-1] - rest)
    half = int(np.flatnonzero(share < 0.5)[-1])
    # Sitting back from the stand before is over where the lean has come down below a sixth again.
    bent = np.flatnonzero(share[: half + 1] > 0.5)
    back = int(bent[-1]) if len(bent) else 0
    begin = first + back + int(np.argmax(share[back : half + 1] < 0.15))
    span = reps.guess_span(time_s[begin : peak + 1], filled[begin : peak + 1])
    half_s = 0.6 * (span[1] - span[0])
    return span, (max(time_s[begin], span[0] - half_s), time_s[peak])


BEGINS = "clip begins in mid-repetition"
ENDS = "clip ends before the person sat down"


def _reason(time_s, height, share, candidate: Candidate, events, min_rise: float, seen: tuple[int, int]) -> str:
    """Why a candidate does not count, empty where it does; seen: first and last sample with a hip."""
    if candidate.low is None or (candidate.low == seen[0] and share[candidate.low] > AT_REST):
        return BEGINS
    if events[0] < time_s[seen[0]] + STILL_S:
        return BEGINS
    if candidate.end is None or (candidate.end == seen[1] and share[candidate.end] > AT_REST):
        return ENDS
    if candidate.reached < min_rise:
        return f"stood up only {100 * candidate.reached:.0f} % of the way"
    gap = reps.longest_gap_s(time_s, height, events[0] - STILL_S, min(events[5] + STILL_S, time_s[seen[1]]))
    if gap > 0:
        return f"data missing for {gap:.1f} s"
    rise_s = events[2] - events[0]
    return f"a rise in {rise_s:.2f} s is none that a person can make" if rise_s < LEAST_RISE_S else ""


def _walked(time_s, foot: np.ndarray | None, events, lengths: Lengths) -> str:
    """Why a candidate is a step and no stand, empty where it is none: a leg that swings bends, and the hip "rises"."""
    if foot is None:
        return ""
    during = foot[(time_s >= events[0]) & (time_s <= events[5])]
    during = during[np.isfinite(during)]
    moved = float(np.ptp(during)) / lengths.thigh_px if len(during) else 0.0
    return f"the foot moved by {moved:.1f} thigh lengths: a step, no stand" if moved > STEPPED else ""
