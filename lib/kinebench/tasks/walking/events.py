"""When the feet meet and leave the floor: heel strikes and toe-offs of both feet, by two methods.

Zeni, Richards and Higginson 2008 (Gait Posture 27:710): heel strike is where the heel is farthest ahead of the pelvis,
toe-off where the toe is farthest behind it; 94 % of events lay within one frame at 60 Hz on a treadmill. Another
reading checks it: a foot stands while it moves with the floor. Where the network has no heel and toe, the ankle stands
in for both.

Between the frames the two are found differently. The toe turns sharply; its extreme is that of two half parabolas. The
heel hovers before the pelvis for some hundredths of a second, where noise and filter move the highest value to and fro
and early, and then goes back with the floor at once: heel strike is where its course turns into that straight line. On
walkers of known truth heel strikes come out within 0.02 s, toe-offs 0.03 s late, since the toe must first gather
the pelvis' speed; stance and double support read too long by that much.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from kinebench import geometry, reps, skeleton

HEEL_STRIKE, TOE_OFF = "heel strike", "toe-off"
LEAST_SWING = 0.25
"""Leg lengths by which a foot must swing past the pelvis and back: steps of a fifth of usual length still count."""
NEAREST = 0.2
WINDOWS_S = (0.05, 0.12)
"""An extreme is refined within this share of the time to the next one, and within these limits."""
BEFORE, AFTER = 0.12, 0.20
"""Shares of the stride looked at before and after a heel strike: the end of the swing, the foot flat on the floor."""
JOINTS_FROM, JOINTS_TO, JOINTS = -0.05, 0.09, 57
"""Where, from the farthest place on in shares of a stride, the heel may have met the floor, and how many places are
compared."""
SAMPLES = 41
ARRIVES = 0.35
"""Of the walk's speed: the heel comes in at about 0.7 of it (Winter 1992, Phys Ther 72:45), and the middle of its
fall to rest is what a filter moves least."""
SEARCHED_S = 0.25
"""So far from the one event the other method's is looked for."""
APART_S = 0.07
"""Two frames at 30 frames/s: events further apart than this disagree."""
COLUMNS = ("side", "event", "time_s", "by_speed_s", "difference_s")


@dataclass(frozen=True)
class Feet:
    """The feet along the floor, in pixels, (frames,) each; NaN where missing or where the person walks another way.

    pelvis; heel, toe, ankle: side -> place along the floor, positive ahead. heel and toe are what the events are read
    from: the ankle where the network has none. floor_px_s: the floor's own speed in the picture, 0 but on a treadmill
    and where the camera follows. sign: (frames,) +1 where the person walks as measured, -1 the other way, 0 turning.
    """

    time_s: np.ndarray
    sign: np.ndarray
    pelvis: np.ndarray
    heel: dict[str, np.ndarray]
    toe: dict[str, np.ndarray]
    ankle: dict[str, np.ndarray]
    leg_px: float
    by_ankle: bool

    def ahead(self, part: str, side: str) -> np.ndarray:
        """How far a part of the foot is ahead of the pelvis, the way the person walks at that moment."""
        return np.where(self.sign == 0, np.nan, self.sign) * (getattr(self, part)[side] - self.pelvis)


def find(feet: Feet) -> pd.DataFrame:
    """Every heel strike and toe-off, in order of time: columns `side`, `event`, `time_s`."""
    rows = []
    for start, stop in _stretches(feet.sign):
        time_s = feet.time_s[start:stop]
        for side in skeleton.SIDES:
            heel, toe = (feet.ahead(part, side)[start:stop] for part in ("heel", "toe"))
            strikes = _met_floor(time_s, heel, _extremes(time_s, heel, feet.leg_px))
            leaves = _extremes(time_s, -toe, feet.leg_px)
            rows += [(side, *event) for event in _alternating(time_s, heel, toe, strikes, leaves)]
    table = pd.DataFrame(rows, columns=["side", "event", "time_s"]).astype({"time_s": float})
    return table.sort_values("time_s", kind="stable").reset_index(drop=True)


def _stretches(sign: np.ndarray) -> list[tuple[int, int]]:
    """First frame, and the one after the last, of every stretch walked one way."""
    found = [pair for way in (1, -1) for pair in zip(*geometry.runs(sign == way), strict=True)]
    return sorted((int(start), int(stop)) for start, stop in found)


def _extremes(time_s: np.ndarray, ahead: np.ndarray, leg_px: float) -> np.ndarray:
    """Times of the prominent highs of a foot's way; not those where the stretch begins or ends."""
    known = np.flatnonzero(np.isfinite(ahead))
    if len(known) < 4:
        return np.zeros(0)
    points = reps.turning_points(ahead, LEAST_SWING * leg_px)
    inner = (points.index != known[0]) & (points.index != known[-1]) & points.high
    if not inner.any():
        return np.zeros(0)
    guess = time_s[points.index]
    gaps = np.diff(guess)
    nearest = np.minimum(np.append(gaps, np.inf), np.insert(gaps, 0, np.inf))[inner]
    refined = reps.refined_extremes(time_s, ahead, guess[inner], np.clip(NEAREST * nearest, *WINDOWS_S))
    return np.where(np.isfinite(refined), refined, guess[inner])


def _met_floor(time_s: np.ndarray, ahead: np.ndarray, farthest_s: np.ndarray) -> np.ndarray:
    """When the heel's course, flat where it is farthest ahead, turns into the straight one of a foot on the floor.

    The best joint of a cubic, flat at its end, and a line, by least squares; the farthest place itself where there is
    none inside the window, or the window leaves the signal.
    """
    known = np.isfinite(ahead)
    if len(farthest_s) < 2:
        return farthest_s
    span_s = float(np.median(np.diff(farthest_s)))
    places, bases = _courses()
    t = farthest_s[:, None] + span_s * np.linspace(-BEFORE, AFTER, SAMPLES)
    sampled = np.interp(t, time_s[known], ahead[known])
    sampled -= sampled.mean(axis=1, keepdims=True)
    left_over = (sampled**2).sum(axis=1)[:, None] - ((sampled @ bases) ** 2).sum(axis=2).T
    best = left_over.argmin(axis=1)
    inside = (t[:, 0] >= time_s[known][0]) & (t[:, -1] <= time_s[known][-1])
    usable = inside & (best > 0) & (best < len(places) - 1)
    return np.where(usable, farthest_s + span_s * places[best], farthest_s)


@cache
def _courses() -> tuple[np.ndarray, np.ndarray]:
    """Joints (places,) in shares of a stride, and an orthonormal basis (places, samples, 3) of the courses for each."""
    places, unit = np.linspace(JOINTS_FROM, JOINTS_TO, JOINTS), np.linspace(-BEFORE, AFTER, SAMPLES)
    away = unit[None, :] - places[:, None]
    design = np.stack([np.ones_like(away), np.minimum(away, 0) ** 3, np.maximum(away, 0)], axis=2)
    return places, np.linalg.qr(design)[0]


def _alternating(
    time_s: np.ndarray, heel: np.ndarray, toe: np.ndarray, strikes: np.ndarray, leaves: np.ndarray
) -> list[tuple[str, float]]:
    """One foot's events in order of time, taking turns: of several of a kind in a row the farthest out stays."""
    found: list[tuple[str, float, float]] = []
    for event, ahead, times in ((HEEL_STRIKE, heel, strikes), (TOE_OFF, -toe, leaves)):
        known = np.isfinite(ahead)
        found += [(event, float(when), float(np.interp(when, time_s[known], ahead[known]))) for when in times]
    kept: list[tuple[str, float, float]] = []
    for one in sorted(found, key=lambda event: event[1]):
        if not kept or kept[-1][0] != one[0]:
            kept.append(one)
        elif one[2] > kept[-1][2]:
            kept[-1] = one
    return [(event, when) for event, when, _ in kept]


def with_speeds(events: pd.DataFrame, feet: Feet, floor_px_s: float) -> pd.DataFrame:
    """The events with the other method's time beside: `COLUMNS`; NaN where it finds none nearby.

    A foot stands while it moves along the floor by less than `ARRIVES` of the walk's speed: heel strike is where the
    heel falls below that, toe-off where the toe rises above it. floor_px_s: the floor's speed in the picture,
    positive where it goes ahead; the walk's is the pelvis' over the floor.
    """
    table = events.assign(by_speed_s=np.nan)
    over_floor = feet.sign * (geometry.derivative(feet.pelvis, feet.time_s) - floor_px_s)
    walking = over_floor[np.isfinite(over_floor) & (feet.sign == 1)]
    walk_px_s = float(np.median(walking)) if len(walking) else np.nan
    for side in skeleton.SIDES:
        for event, joint, rising in ((HEEL_STRIKE, "heel", False), (TOE_OFF, "toe", True)):
            own = (table["side"] == side) & (table["event"] == event)
            speed = geometry.derivative(getattr(feet, joint)[side], feet.time_s) - floor_px_s
            over = np.where(feet.sign == 0, np.nan, feet.sign) * speed - ARRIVES * walk_px_s
            crossed = _crossings(feet.time_s, over if rising else -over)
            table.loc[own, "by_speed_s"] = _nearest(crossed, table.loc[own, "time_s"].to_numpy())
    table["difference_s"] = table["by_speed_s"] - table["time_s"]
    return table[list(COLUMNS)]


def _crossings(time_s: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Times between the frames at which values rise through 0."""
    with np.errstate(invalid="ignore"):
        at = np.flatnonzero((values[:-1] <= 0) & (values[1:] > 0))
    share = -values[at] / (values[at + 1] - values[at])
    return time_s[at] + share * (time_s[at + 1] - time_s[at])


def _nearest(candidates: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Of the candidates the nearest to each time within `SEARCHED_S`; NaN where there is none."""
    if len(candidates) == 0:
        return np.full(len(when), np.nan)
    nearest = candidates[np.abs(candidates[None, :] - when[:, None]).argmin(axis=1)]
    return np.where(np.abs(nearest - when) <= SEARCHED_S, nearest, np.nan)
