"""From one signal to the repetitions in it: turning points, and where the smooth movements between them start and end.

The onset of a smooth movement hides in the noise: a threshold is crossed 0.1-0.2 s late. So a whole minimum-jerk
movement (Flash and Hogan 1985, doi:10.1523/JNEUROSCI.05-07-01688.1985), with its skew free, is fitted to the signal
around each transition, robustly, and its two ends are the events. All transitions of a clip are fitted at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

SAMPLES = 48
"""Instants at which a window is compared with the model; a 3 s window is then read at 16 Hz, above body movement."""
ITERATIONS = 15
REWEIGHTED = (5, 8, 11)
"""Steps after which outliers are weighed anew: late enough that the model already follows the movement."""
SKEW_LIMIT = 0.75
"""Bound of the skew: the warped phase keeps a slope of at least a quarter, so that it stays monotone."""


@dataclass(frozen=True)
class TurningPoints:
    """Alternating lows and highs of a signal: positions in its array, and which of them are highs."""

    index: np.ndarray
    high: np.ndarray

    def __len__(self) -> int:
        return len(self.index)


def turning_points(values: np.ndarray, prominence: float) -> TurningPoints:
    """The lows and highs that stand out by at least `prominence`; the first and last sample count as one each.

    values: (frames,), NaN where missing. Lows and highs alternate; a constant signal has none.
    """
    finite = np.flatnonzero(np.isfinite(values))
    if len(finite) < 2:
        return TurningPoints(np.zeros(0, int), np.zeros(0, bool))
    known = values[finite]
    highs, lows = _prominent(known, prominence), _prominent(-known, prominence)
    index = np.concatenate([highs, lows])
    high = np.concatenate([np.ones(len(highs), bool), np.zeros(len(lows), bool)])
    order = np.argsort(index, kind="stable")
    index, high = index[order], high[order]
    # Between two prominent highs lies a prominent low, and vice versa; of several equally deep ones the first stays.
    first = np.insert(high[1:] != high[:-1], 0, True) if len(high) else high
    return TurningPoints(finite[index[first]], high[first])


def _prominent(known: np.ndarray, prominence: float) -> np.ndarray:
    floor = known.min() - 2 * abs(prominence) - 1
    padded = np.concatenate([[floor], known, [floor]])
    found, _ = scipy.signal.find_peaks(padded, prominence=prominence, plateau_size=1)
    return found[known[found - 1] - known.min() >= prominence] - 1


def minimum_jerk(phase: np.ndarray) -> np.ndarray:
    """Share of a minimum-jerk movement that is done at `phase` of its duration: 0 before, 1 after."""
    phase = np.clip(phase, 0.0, 1.0)
    return phase**3 * (10.0 + phase * (6.0 * phase - 15.0))


@dataclass(frozen=True)
class Transitions:
    """Fitted movements from one level to another, arrays of shape (n,); NaN where nothing could be fitted.

    `misfit`: root mean square of what the model leaves over, as a share of the movement's size.
    """

    start_s: np.ndarray
    end_s: np.ndarray
    before: np.ndarray
    after: np.ndarray
    skew: np.ndarray
    misfit: np.ndarray


def guess_span(time_s: np.ndarray, values: np.ndarray, *, low: float = 0.15, high: float = 0.85) -> tuple[float, float]:
    """A first guess of when the movement between the first and the last sample of a piece of signal starts and ends.

    From the crossings of `low` and `high` of its size, extended as a minimum-jerk movement would be.
    """
    share = (values - values[0]) / (values[-1] - values[0])
    below = np.flatnonzero(share <= low)
    first = below[-1] if len(below) else 0
    above = np.flatnonzero(share[first:] >= high) + first
    last = above[0] if len(above) else len(share) - 1
    grid = np.linspace(0, 1, 501)
    early, late = np.interp([low, high], minimum_jerk(grid), grid)
    duration = max(time_s[last] - time_s[first], 1e-3) / (late - early)
    return float(time_s[first] - early * duration), float(time_s[last] + (1 - late) * duration)


def fit_transitions(time_s: np.ndarray, values: np.ndarray, windows: np.ndarray, spans: np.ndarray) -> Transitions:
    """Fit a skewed minimum-jerk movement to `values` inside each window.

    windows, spans: (n, 2) seconds: what is looked at, and the first guess of start and end. Damped Gauss-Newton over
    start, duration, skew and the two levels, reweighted with Tukey's biweight, for all windows side by side.
    """
    known = np.isfinite(values)
    if len(windows) == 0 or known.sum() < 2:
        return Transitions(*(np.full(len(windows), np.nan) for _ in range(6)))
    t = np.linspace(windows[:, 0], windows[:, 1], SAMPLES, axis=1)
    v = np.interp(t, time_s[known], values[known])
    theta = _initial(v, spans)
    limits = windows[:, 0], windows[:, 1]
    weights = np.ones_like(v)
    damping = np.full(len(v), 1e-2)
    left = v - _model(t, theta)
    for step in range(ITERATIONS):
        theta, left, damping = _improved(t, v, theta, left, weights, damping, limits)
        if step in REWEIGHTED:
            weights = _biweight(left, np.abs(theta[:, 4]))
    size = np.abs(theta[:, 4])
    misfit = np.sqrt((weights * left**2).mean(axis=1)) / np.maximum(size, 1e-12)
    return Transitions(
        theta[:, 0], theta[:, 0] + theta[:, 1], theta[:, 3], theta[:, 3] + theta[:, 4], theta[:, 2], misfit
    )


def _initial(v: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Columns start, duration, skew, level before, change."""
    n = len(v)
    before, after = np.median(v[:, :6], axis=1), np.median(v[:, -6:], axis=1)
    duration = np.maximum(spans[:, 1] - spans[:, 0], 0.05)
    return np.column_stack([spans[:, 0], duration, np.zeros(n), before, after - before])


def _phase(t: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    plain = np.clip((t - theta[:, :1]) / theta[:, 1:2], 0.0, 1.0)
    return plain, plain + theta[:, 2:3] * plain * (1 - plain)


def _model(t: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return theta[:, 3:4] + theta[:, 4:5] * minimum_jerk(_phase(t, theta)[1])


def _jacobian(t: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Derivatives of the model by the five parameters, shape (n, samples, 5)."""
    plain, warped = _phase(t, theta)
    slope = theta[:, 4:5] * 30.0 * warped**2 * (1 - warped) ** 2
    by_phase = slope * (1 + theta[:, 2:3] * (1 - 2 * plain)) / -theta[:, 1:2]
    return np.stack(
        [by_phase, by_phase * plain, slope * plain * (1 - plain), np.ones_like(t), minimum_jerk(warped)], axis=2
    )


def _improved(t, v, theta, left, weights, damping, limits):
    """One damped step for every window; a step that makes the fit worse is not taken and damped more."""
    jacobian = _jacobian(t, theta)
    scale = np.maximum(np.abs(theta[:, 4]), 1e-9)
    # A weak pull of the skew towards none keeps start and end from drifting along it where noise leaves them open.
    pull = SAMPLES * (0.01 * scale / SKEW_LIMIT) ** 2
    weighted = (jacobian * weights[..., None]).transpose(0, 2, 1)
    normal = weighted @ jacobian
    right = (weighted @ left[..., None])[..., 0]
    normal[:, 2, 2] += pull
    right[:, 2] -= pull * theta[:, 2]
    diagonal = np.einsum("nii->ni", normal)
    damped = normal + np.eye(5) * ((diagonal + 1e-9 * scale[:, None] ** 2) * damping[:, None])[:, :, None]
    trial = _bounded(theta + np.linalg.solve(damped, right[..., None])[..., 0], limits)
    trial_left = v - _model(t, trial)
    cost = (weights * left**2).sum(axis=1) + pull * theta[:, 2] ** 2
    trial_cost = (weights * trial_left**2).sum(axis=1) + pull * trial[:, 2] ** 2
    better = trial_cost <= cost
    theta = np.where(better[:, None], trial, theta)
    left = np.where(better[:, None], trial_left, left)
    return theta, left, np.clip(np.where(better, damping * 0.3, damping * 6.0), 1e-7, 1e4)


def _bounded(theta: np.ndarray, limits: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    span = limits[1] - limits[0]
    start = np.clip(theta[:, 0], limits[0] - 0.1 * span, limits[1])
    duration = np.clip(theta[:, 1], 0.08 * span, 1.3 * span)
    skew = np.clip(theta[:, 2], -SKEW_LIMIT, SKEW_LIMIT)
    return np.column_stack([start, duration, skew, theta[:, 3], theta[:, 4]])


def _biweight(left: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Tukey's weights: residuals beyond 4.685 robust standard deviations (at least 0.5 % of the size) count nothing."""
    spread = 1.4826 * np.median(np.abs(left), axis=1, keepdims=True)
    ratio = left / (4.685 * np.maximum(spread, 0.005 * np.maximum(size, 1e-9)[:, None]))
    return np.where(np.abs(ratio) < 1, (1 - ratio**2) ** 2, 0.0)


def longest_gap_s(time_s: np.ndarray, values: np.ndarray, start_s: float, end_s: float) -> float:
    """The longest time without a value between two instants: 0 where every frame has one."""
    first, last = np.searchsorted(time_s, [start_s, end_s])
    last += last < len(time_s) and time_s[last] == end_s
    time_s, missing = time_s[first:last], ~np.isfinite(values[first:last])
    if not missing.any():
        return 0.0
    edges = np.concatenate([[start_s], time_s[~missing], [end_s]])
    spans = np.diff(edges)
    holes = np.diff(np.searchsorted(time_s[missing], edges))
    return float(spans[holes > 0].max(initial=0.0))


def refined_extremes(
    time_s: np.ndarray, values: np.ndarray, guess_s: np.ndarray, half_window_s: np.ndarray
) -> np.ndarray:
    """Times of extremes between the frames, shape (n,): the joint of two half parabolas fitted around each guess.

    What comes to the extreme and what leaves it may differ in acceleration (a drive is faster than a recovery), which
    would pull the vertex of a single parabola to the slow side. NaN where the window leaves the signal or the best
    joint is not inside it.
    """
    known = np.isfinite(values)
    if len(guess_s) == 0 or known.sum() < 4:
        return np.full(len(guess_s), np.nan)
    unit = np.linspace(-1, 1, TURN_SAMPLES)
    t = guess_s[:, None] + half_window_s[:, None] * unit
    sampled = np.interp(t, time_s[known], values[known])
    inside = (t >= time_s[known][0]) & (t <= time_s[known][-1])
    sampled = sampled - sampled.mean(axis=1, keepdims=True)
    explained = ((sampled @ _JOINTS).reshape(len(sampled), len(_JOINT_AT), 3) ** 2).sum(axis=2)
    left_over = (sampled**2).sum(axis=1) - explained.T
    best = np.argmin(left_over, axis=0)
    middle = np.clip(best, 1, len(_JOINT_AT) - 2)
    low, at, high = (left_over[middle + step, np.arange(len(best))] for step in (-1, 0, 1))
    bend = low - 2 * at + high
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = np.where(bend > 0, 0.5 * (low - high) / bend, 0.0)
    joint = _JOINT_AT[middle] + offset * (_JOINT_AT[1] - _JOINT_AT[0])
    usable = inside.all(axis=1) & (best > 0) & (best < len(_JOINT_AT) - 1)
    return np.where(usable, guess_s + half_window_s * joint, np.nan)


TURN_SAMPLES = 33
_JOINT_AT = np.linspace(-0.6, 0.6, 49)


def _joint_basis(joint: float) -> np.ndarray:
    """Orthonormal basis (TURN_SAMPLES, 3) of two half parabolas that meet at `joint`, both flat there."""
    unit = np.linspace(-1, 1, TURN_SAMPLES) - joint
    design = np.column_stack([np.ones(TURN_SAMPLES), np.where(unit < 0, unit**2, 0), np.where(unit > 0, unit**2, 0)])
    return np.linalg.qr(design)[0]


_JOINTS = np.concatenate([_joint_basis(joint) for joint in _JOINT_AT], axis=1)


def rows(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a repetitions table; a column is an attribute, `Index` the row's own."""
    yield from table.itertuples()
