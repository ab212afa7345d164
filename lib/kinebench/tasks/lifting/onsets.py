"""When a movement that turns round at its end began: a smooth course from rest to the turning point, fitted.

A minimum-jerk movement (`reps.fit_transitions`) comes to a stop at both ends. A squat does not stop at the bottom: it
turns there, braking all the way, and a stop fitted to it puts the onset 0.1-0.3 s late. So the course fitted here stops
at one end only. With p the share of the time from onset to turning point it is a sum of

    J = 10 p^3 - 15 p^4 + 6 p^5,   K = p^3 (1 - p)^2   and, for angles,   p^3 (1 - p)^3

which start from rest (no velocity, no acceleration) and have no velocity at the turning point. The onset is the one
that leaves the least; for each the rest is linear least squares.

A height hides the onset: a straight leg that begins to bend lowers the hip by the cosine of its angles, hardly at all
at first. So the angle is used where the view shows it, and else a height is fitted as the cosine of such a course.
"""

import numpy as np

SAMPLES = 80
COARSE, FINE = 61, 31
LEAST_SHARE = 0.35
"""Of the window: a movement that takes less of it than this is not looked for."""
PULL = 0.02
"""Weight by which the last term is held towards none: where noise leaves it open it would trade against the onset."""
STRAIGHT, BENT = 0.1, 1.6
"""Radians: how far off the vertical the segments of an upright body are (5.7 deg), and by how much they turn to a thigh
that lies level. What comes out depends little on the second."""
BRAKING = np.linspace(-8.0, 2.0, 21)
"""Of K over J: -3 where down and up take the same time and the bottom is as a ball's, 0 for a stop."""


def of_angle(time_s: np.ndarray, values: np.ndarray, rest_s: float, turn_s: float) -> float:
    """When an angle, shape (frames,), leaves its rest; with the rest after the turning point: when it comes to rest.

    rest_s, turn_s: from an instant of rest to the turning point; NaN where one of them is.
    """
    return _searched(time_s, values, rest_s, turn_s, _left_by_angle)


def of_height(time_s: np.ndarray, values: np.ndarray, rest_s: float, turn_s: float) -> float:
    """The same for a height, shape (frames,), of a body that is straight at rest and folds."""
    return _searched(time_s, values, rest_s, turn_s, _left_by_height)


def _searched(time_s, values, rest_s: float, turn_s: float, left_by) -> float:
    known = np.isfinite(values)
    if not np.isfinite([rest_s, turn_s]).all() or abs(turn_s - rest_s) < 1e-3 or known.sum() < 4:
        return np.nan
    t = np.linspace(rest_s, turn_s, SAMPLES)
    v = np.interp(t, time_s[known], values[known])
    guesses = np.linspace(rest_s, turn_s + LEAST_SHARE * (rest_s - turn_s), COARSE)
    best = guesses[int(np.argmin(left_by(t, v - v.mean(), guesses, turn_s)))]
    step = guesses[1] - guesses[0]
    fine = np.linspace(best - step, best + step, FINE)
    return float(fine[int(np.argmin(left_by(t, v - v.mean(), fine, turn_s)))])


def _terms(t: np.ndarray, onsets: np.ndarray, turn_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """J, K and the last term, shape (onsets, samples) each."""
    p = np.clip((t - onsets[:, None]) / (turn_s - onsets[:, None]), 0.0, 1.0)
    cubed, rest = p**3, 1 - p
    return cubed * (10 - 15 * p + 6 * p**2), cubed * rest**2, cubed * rest**3


def _left_by_angle(t: np.ndarray, v: np.ndarray, onsets: np.ndarray, turn_s: float) -> np.ndarray:
    """Sum of squares that the best course leaves for each onset, shape (onsets,)."""
    terms = _terms(t, onsets, turn_s)
    design = np.stack([np.ones_like(terms[0]), *terms], axis=-1)
    transposed = design.transpose(0, 2, 1)
    normal = transposed @ design
    normal[:, 3, 3] += PULL * normal[:, 2, 2]
    right = transposed @ v
    found = np.linalg.solve(normal, right[..., None])[..., 0]
    return (v**2).sum() - (found * right).sum(axis=1)


def _left_by_height(t: np.ndarray, v: np.ndarray, onsets: np.ndarray, turn_s: float) -> np.ndarray:
    """The same of a height, whichever braking fits best."""
    jerk, braking, _ = _terms(t, onsets, turn_s)
    course = np.cos(STRAIGHT + BENT * (jerk + BRAKING[:, None, None] * braking))
    course = course - course.mean(axis=-1, keepdims=True)
    explained = (course @ v) ** 2 / (course**2).sum(axis=-1)
    return (v**2).sum() - explained.max(axis=0)
