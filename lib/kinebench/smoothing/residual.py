"""Residual analysis after Winter: which cutoff leaves as much signal out as it lets noise in."""

import numpy as np
import pandas as pd

from kinebench.smoothing import filters
from kinebench.smoothing.settings import Smoothing

CUTOFFS = 40
NOISE_FROM = 0.6
"""Share of the cutoffs looked at above which the residual is taken to be noise alone, a straight line."""
LOWEST_HZ, HIGHEST_HZ = 3.0, 12.0
"""The chosen cutoff is held within these: below, movement itself is lost; above, hardly any noise of keypoints is."""
LONGEST = 20_000
"""Frames looked at: some minutes tell as much as an hour."""


def residual_analysis(values: np.ndarray, time_s: np.ndarray, settings: Smoothing) -> tuple[pd.DataFrame, np.ndarray]:
    """Residual over cutoff, and the cutoff it chooses, for each row of values (columns, frames) without gaps.

    Winter 2009, section 3.4.4.3: the root mean square of what the filter removes, R(fc), falls towards a straight line
    where only noise is left to be removed; that line's value at 0 Hz estimates the noise, and the cutoff is where R
    has that value. Returned: a table (index cutoff_hz, one column a row, px) and the cutoffs of shape (columns,), NaN
    for a row that stands still.
    """
    values, time_s = values[:, :LONGEST], time_s[:LONGEST]
    rate = filters.rate_hz(time_s)
    cutoffs = np.linspace(0.5, min(0.49 * rate, 20.0), CUTOFFS)
    apply = filters.FILTERS["butterworth"].apply
    left = np.stack(
        [np.sqrt(((values - apply(values, time_s, settings, cutoff)) ** 2).mean(axis=1)) for cutoff in cutoffs]
    )
    table = pd.DataFrame(left, index=pd.Index(cutoffs, name="cutoff_hz"))
    return table, np.array([_crossing(cutoffs, left[:, column]) for column in range(left.shape[1])])


def _crossing(cutoffs: np.ndarray, residual: np.ndarray) -> float:
    tail = cutoffs >= cutoffs[0] + NOISE_FROM * (cutoffs[-1] - cutoffs[0])
    noise = float(np.polyfit(cutoffs[tail], residual[tail], 1)[1])
    below = np.flatnonzero(residual <= noise)
    if len(below) == 0 or below[0] == 0:
        return np.nan
    after = below[0]
    rise = (residual[after - 1] - noise) / (residual[after - 1] - residual[after])
    return float(cutoffs[after - 1] + rise * (cutoffs[after] - cutoffs[after - 1]))


def chosen(cutoffs: np.ndarray, rate: float) -> tuple[float, str]:
    """One cutoff for the clip and how it came about: the median over the joints, held within what is sensible."""
    known = cutoffs[np.isfinite(cutoffs)]
    low, high = min(LOWEST_HZ, 0.45 * rate), min(HIGHEST_HZ, 0.45 * rate)
    if len(known) == 0:
        return low, f"No joint moved enough for a residual analysis: the lowest cutoff, {low:.2f} Hz, was taken."
    wanted = float(np.median(known))
    used = float(np.clip(wanted, low, high))
    held = "" if used == wanted else f"; it asked for {wanted:.2f} Hz, which is held within {low:.3g} and {high:.3g} Hz"
    return used, f"The cutoff of {used:.2f} Hz was chosen by residual analysis{held}."
