"""Values of uneven times on an even grid: nothing is invented in long gaps or beyond the ends."""

import math

import numpy as np
import scipy

from kinebench.errors import KinebenchError
from kinebench.smoothing import gaps

TOLERANCE_S = 1e-6


def even_times(
    time_s: np.ndarray, rate_hz: float, samples: int | None, start_s: float | None, stop_s: float | None
) -> np.ndarray:
    """An even grid over the part of [start_s, stop_s] that the clip covers: `samples` of them, or about `rate_hz`."""
    if not rate_hz > 0:
        raise KinebenchError(f"rate_hz must be above 0, but got {rate_hz}. Give the samples a second, such as 30.")
    start = time_s[0] if start_s is None else max(start_s, time_s[0])
    stop = time_s[-1] if stop_s is None else min(stop_s, time_s[-1])
    count = math.ceil((stop - start) * rate_hz - TOLERANCE_S) + 1 if samples is None else samples
    if count < 2:
        raise KinebenchError(f"samples must be at least 2, but got {count}.")
    return np.linspace(start, stop, count)


def sampled(time_s: np.ndarray, values: np.ndarray, at_s: np.ndarray, max_gap_s: float) -> np.ndarray:
    """values, shape (frames, columns), at the instants `at_s`; NaN in gaps longer than `max_gap_s` and at open ends.

    By monotone cubics (PCHIP) through the known frames, which never overshoot; exact at the frames themselves.
    """
    known = np.isfinite(values).all(axis=1)
    if known.sum() < 2:
        return np.full((len(at_s), values.shape[1]), np.nan)
    seen_s = time_s[known]
    found = scipy.interpolate.PchipInterpolator(seen_s, values[known], axis=0)(at_s)
    starts, stops = gaps.inner_gaps(known)
    long = gaps.lengths_s(time_s, starts, stops) > max_gap_s + TOLERANCE_S
    lost = (at_s < seen_s[0] - TOLERANCE_S) | (at_s > seen_s[-1] + TOLERANCE_S)
    for start, stop in zip(starts[long], stops[long], strict=True):
        lost |= (at_s > time_s[start - 1] + TOLERANCE_S) & (at_s < time_s[stop] - TOLERANCE_S)
    found[lost] = np.nan
    return found
