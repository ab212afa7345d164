"""Array maths: angles at a vertex and of segments, continuity of angles, derivatives over uneven time.

Arrays in, arrays out; frames run along the first axis. NaN means missing and stays missing.
"""

import numpy as np


def angle_at(a: np.ndarray, vertex: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Unsigned angle at `vertex` between the directions to `a` and to `b`, in degrees from 0 to 180.

    a, vertex, b: (..., 2) or (..., 3) in any one unit, shapes that broadcast. NaN where a point is missing or lies on
    the vertex. Computed as 2 atan2(|u - v|, |u + v|) of the unit vectors (Kahan 2006), which keeps its precision near
    0 and 180 deg, where the arc cosine loses half its digits.
    """
    u, v = _unit(np.subtract(a, vertex)), _unit(np.subtract(b, vertex))
    return np.degrees(2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0, length, np.nan)


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distance between points (..., 2) or (..., 3), in their unit."""
    return np.linalg.norm(np.subtract(a, b), axis=-1)


def segment_angle(distal: np.ndarray, proximal: np.ndarray, *, forward: int = 1, tilt_deg: float = 0.0) -> np.ndarray:
    """Angle of a segment from the vertical in degrees, -180 to 180, positive where the proximal end tips forward.

    distal, proximal: (..., 2) pixels, y down. forward: +1 where forward is to the right in the picture, -1 where it
    is to the left. tilt_deg: how far the floor rises towards the right of the picture (camera rolled). NaN where a
    point is missing or both coincide.
    """
    along = np.subtract(proximal, distal)
    dx, dy = along[..., 0], along[..., 1]
    angle = np.degrees(np.arctan2(dx, -dy)) + tilt_deg
    angle = np.where((dx == 0) & (dy == 0), np.nan, angle)
    return about(forward * angle, 0.0)


def about(angle_deg: np.ndarray, middle_deg: float | np.ndarray) -> np.ndarray:
    """The same direction as `angle_deg`, as the number of degrees within 180 of `middle_deg`."""
    return angle_deg - 360.0 * np.round((angle_deg - middle_deg) / 360.0)


def runs(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First index of every stretch in which `known`, shape (frames,), is true, and the index after its last."""
    edges = np.diff(np.concatenate([[False], np.asarray(known, dtype=bool), [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def continuous(angle_deg: np.ndarray, middle_deg: float) -> np.ndarray:
    """Angles of shape (frames,) without jumps of 360 deg inside a stretch of known values.

    Every stretch is shifted as a whole by the multiple of 360 that brings its median nearest to `middle_deg`, the
    middle of what the body can do, so that what happened before a gap cannot shift what comes after it.
    """
    values = np.array(angle_deg, dtype=float)
    steps = np.diff(values)
    if not np.isnan(values).any() and not (np.abs(steps) > 180).any():
        return about_median(values, middle_deg)
    for start, stop in zip(*runs(np.isfinite(values)), strict=True):
        values[start:stop] = about_median(np.unwrap(values[start:stop], period=360.0), middle_deg)
    return values


def about_median(angle_deg: np.ndarray, middle_deg: float) -> np.ndarray:
    """All angles shifted by the one multiple of 360 that brings their median within 180 of `middle_deg`."""
    if len(angle_deg) == 0:
        return angle_deg
    return angle_deg - 360.0 * np.round((np.median(angle_deg) - middle_deg) / 360.0)


def derivative(values: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Rate of change per second over uneven time; values (frames, ...), same shape out.

    Inside a stretch of known values the slope at each instant of the parabola through it and its two neighbours, at
    the stretch's ends that of the parabola through the last three (exact for quadratics at any spacing; as
    `numpy.gradient` with edge_order=2, but for every stretch on its own). Two values give their straight line's slope,
    a single one gives NaN.
    """
    values = np.asarray(values, dtype=float)
    time_s = np.asarray(time_s, dtype=float)
    slope = np.full_like(values, np.nan)
    if len(values) < 2:
        return slope
    step = np.diff(time_s).reshape(-1, *([1] * (values.ndim - 1)))
    chord = np.diff(values, axis=0) / step
    if len(values) == 2:
        slope[:] = chord
        return slope
    span = step[1:] + step[:-1]
    slope[1:-1] = (step[:-1] * chord[1:] + step[1:] * chord[:-1]) / span
    if np.isfinite(slope[1:-1]).all():
        due = np.zeros(values.shape, dtype=bool)
        due[[0, -1]] = np.isfinite(values[[0, -1]])
    else:
        known = np.isfinite(values)
        slope[1:-1][~known[1:-1]] = np.nan
        due = known & ~np.isfinite(slope)
    slope[due] = _at_ends(values, time_s, np.nonzero(due))
    return slope


def _at_ends(values: np.ndarray, time_s: np.ndarray, where: tuple[np.ndarray, ...]) -> np.ndarray:
    """One-sided slopes at the positions `where`: from the next two values, else the last two, else from one of them."""
    frame, rest = where[0], where[1:]

    def neighbour(offset: int) -> tuple[np.ndarray, np.ndarray]:
        inside = np.clip(frame + offset, 0, len(values) - 1)
        lost = frame + offset != inside
        return np.where(lost, np.nan, values[(inside, *rest)]), time_s[inside]

    here, now = neighbour(0)
    slopes = []
    for one, two in ((1, 2), (-1, -2)):
        (near, near_s), (far, far_s) = neighbour(one), neighbour(two)
        with np.errstate(invalid="ignore", divide="ignore"):
            first, second = (near - here) / (near_s - now), (far - near) / (far_s - near_s)
            bend = (second - first) / (far_s - now)
            slopes += [first, first - bend * (near_s - now)]
    order = (slopes[1], slopes[3], slopes[0], slopes[2])
    found = order[0]
    for other in order[1:]:
        found = np.where(np.isfinite(found), found, other)
    return found
