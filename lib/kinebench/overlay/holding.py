"""Where a face may be while nobody finds it: as far from where it was as it was seen to move in that time elsewhere.

Two guesses are made from the frames before a gap and two from those after: the face stays, or it goes on as it moved.
How far each guess was off is learnt where the face is seen, and so is how large the disc must be where it is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LAGS_S = np.array([0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0])
VELOCITY_S = 0.25  # how long a movement is looked at to say how it goes on
QUANTILE, MARGIN = 0.98, 1.3  # of what was seen: nearly the largest, and more
LEAST_PER_S, LEAST_AT_MOST = 3.0, 1.5  # radii by which a disc grows whatever was seen, and up to how many
OPEN_S = 2.0  # with nothing found on one side of a gap, the disc moves and grows for so long and then stays
OPEN_MOST = 6.0  # and by so many radii at most: what jumped before it went is often no face at all


@dataclass(frozen=True)
class Reach:
    """How many of its radii a face was away from each guess after `LAGS_S`, shape (lags,); NaN where never seen."""

    stays: np.ndarray
    goes_on: np.ndarray

    @classmethod
    def learnt(cls, tracks: Sequence[np.ndarray], time_s: np.ndarray) -> "Reach":
        """From discs (frames, 3), NaN where not found, of one face or several; forwards and backwards in time."""
        stays: list[list[np.ndarray]] = [[] for _ in LAGS_S]
        goes_on: list[list[np.ndarray]] = [[] for _ in LAGS_S]
        for track in tracks:
            for discs, times in ((track, time_s), (track[::-1], -time_s[::-1])):
                known = np.isfinite(discs).all(axis=1)
                for place, lag in enumerate(LAGS_S):
                    still, moving = _misses(discs[known], times[known], lag)
                    stays[place].append(still)
                    goes_on[place].append(moving)
        return cls(_nearly_largest(stays), _nearly_largest(goes_on))

    def circle(self, place: np.ndarray, velocity: np.ndarray, lag: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Centre (n, 2) and reach in radii (n,) of where a face may be `lag` seconds after it was at `place`."""
        still, moving = _at(self.stays, lag), _at(self.goes_on, lag)
        least = np.minimum(LEAST_PER_S * lag, LEAST_AT_MOST)
        better = (moving < still)[:, None]
        return np.where(better, place + velocity * lag[:, None], place), np.maximum(np.minimum(still, moving), least)


def filled(found: np.ndarray, time_s: np.ndarray, reach: Reach) -> np.ndarray:
    """The discs (frames, 3) of one face with every gap filled by discs that hold it wherever it may be by `reach`."""
    known = np.flatnonzero(np.isfinite(found).all(axis=1))
    gap = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if not len(known) or not len(gap):
        return found.copy()
    radius = np.interp(time_s[gap], time_s[known], found[known, 2])
    after = np.searchsorted(known, gap)
    before = _guess(found, time_s, known, gap, after - 1, radius, reach)
    reverse = _guess(
        found[::-1], -time_s[::-1], len(found) - 1 - known[::-1], len(found) - 1 - gap, len(known) - 1 - after, radius,
        reach,
    )  # fmt: skip
    centre, extra = _either(before, reverse)
    whole = found.copy()
    whole[gap] = np.column_stack([centre, radius + extra])
    return whole


def _guess(
    found: np.ndarray, time_s: np.ndarray, known: np.ndarray, gap: np.ndarray, last: np.ndarray, radius: np.ndarray,
    reach: Reach,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Centres and reaches in pixels at frames `gap` from the last found frame before each; NaN where there is none."""
    there = (last >= 0) & (last < len(known))
    velocity = _velocity(found[known], time_s[known])
    use = np.clip(last, 0, len(known) - 1)
    open_ended = use == len(known) - 1
    lag = time_s[gap] - time_s[known[use]]
    lag = np.where(open_ended, np.minimum(lag, OPEN_S), lag)
    centre, radii = reach.circle(found[known[use], :2], velocity[use], np.maximum(lag, 0.0))
    radii = np.where(open_ended, np.minimum(radii, OPEN_MOST), radii)
    return np.where(there[:, None], centre, np.nan), np.where(there, radii * radius, np.nan)


def _either(one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Smallest circles around what two circles have in common, or around both where that is nothing.

    Where one is NaN, the other.
    """
    (a, ra), (b, rb) = one, two
    alone_a, alone_b = np.isnan(rb), np.isnan(ra)
    a, ra = np.where(alone_b[:, None], b, a), np.where(alone_b, rb, ra)
    b, rb = np.where(alone_a[:, None], a, b), np.where(alone_a, ra, rb)
    apart = np.hypot(*(b - a).T)
    safe = np.maximum(apart, 1e-9)
    towards = (b - a) / safe[:, None]
    chord = (safe**2 + ra**2 - rb**2) / (2 * safe)  # from a to the line through the two crossings
    half = np.sqrt(np.maximum(ra**2 - chord**2, 0.0))
    disjoint = apart > ra + rb
    cases = [disjoint, (chord <= 0) | ((apart < 1e-6) & (ra <= rb)), (chord >= apart) | (apart < 1e-6)]
    along = np.select(cases, [(apart + rb - ra) / 2, np.zeros_like(ra), apart], chord)
    size = np.select(cases, [(apart + ra + rb) / 2, ra, rb], half)
    return a + along[:, None] * towards, size


def _misses(discs: np.ndarray, time_s: np.ndarray, lag: float) -> tuple[np.ndarray, np.ndarray]:
    """How many radii a face was away from each guess after `lag` seconds, wherever it was seen at both times."""
    later = np.searchsorted(time_s, time_s + lag - 1e-6)
    pairs = later < len(time_s)
    pairs[pairs] = np.abs(time_s[later[pairs]] - time_s[pairs] - lag) < 0.5 * LAGS_S[0]
    first, second = discs[pairs], discs[later[pairs]]
    passed = (time_s[later[pairs]] - time_s[pairs])[:, None]
    moved = second[:, :2] - first[:, :2]
    velocity = _velocity(discs, time_s)[pairs]
    rest = moved - velocity * passed
    told = (velocity != 0).any(axis=1)  # at a track's beginning nothing says how it goes on
    return np.hypot(*moved.T) / first[:, 2], (np.hypot(*rest.T) / first[:, 2])[told]


def _velocity(discs: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Mean velocity (n, 2) over the `VELOCITY_S` before each time, 0 where nothing was seen then."""
    since = np.searchsorted(time_s, time_s - VELOCITY_S - 1e-6)
    passed = time_s - time_s[since]
    moved = discs[:, :2] - discs[since, :2]
    return np.where(passed[:, None] > 0, moved / np.maximum(passed, 1e-9)[:, None], 0.0)


def _nearly_largest(values: list[list[np.ndarray]]) -> np.ndarray:
    each = [np.concatenate(parts) if parts else np.empty(0) for parts in values]
    return np.array([MARGIN * np.quantile(part, QUANTILE) if len(part) else np.nan for part in each])


def _at(learnt: np.ndarray, lag: np.ndarray) -> np.ndarray:
    """What was learnt at any lag: never less than at a shorter one; beyond the longest it goes on growing."""
    seen = np.isfinite(learnt)
    lags = np.concatenate([[0.0], LAGS_S[seen]])
    values = np.maximum.accumulate(np.concatenate([[0.0], learnt[seen]]))
    slope = (values[-1] - values[-2]) / (lags[-1] - lags[-2]) if len(lags) > 1 else 0.0
    return np.interp(lag, lags, values) + slope * np.maximum(lag - lags[-1], 0.0)
