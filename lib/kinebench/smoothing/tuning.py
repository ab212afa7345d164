"""What helps to choose a smoothing: which settings count, a suggested cutoff, a joint's spectrum and residual."""

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

from kinebench import keypoints
from kinebench.smoothing import filters
from kinebench.smoothing.residual import LONGEST, chosen, residual_analysis
from kinebench.smoothing.settings import Smoothing
from kinebench.smoothing.work import Work

LEAST_FOR_RESIDUALS = 30
"""Frames below which a residual analysis means nothing."""
MOST_KEPT = 5_000_000
"""Values of a table that is kept between two calls: 40 MB."""
_LAST: dict[str, tuple[weakref.ref[pd.DataFrame], tuple[Any, ...], Work]] = {}
ALWAYS = frozenset({"confidence_gate", "outliers", "max_gap_s", "filter"})


def in_use(settings: Smoothing) -> frozenset[str]:
    """The parameters that change anything as the others are set."""
    chosen_filter = filters.FILTERS[settings.filter]
    names = ALWAYS | set(chosen_filter.parameters)
    if settings.outliers == "hampel":
        names |= {"outlier_sigmas"}
    if chosen_filter.cutoff:
        names |= {"cutoff_auto"} if settings.cutoff_auto else {"cutoff_auto", "cutoff_hz"}
    return frozenset(names)


def residual_cutoff(work: Work, settings: Smoothing) -> tuple[float, str]:
    """The cutoff that residual analysis chooses for the clip, and how it came about."""
    rows, time_s = work.complete_rows()
    found = np.zeros(0)
    if len(rows) and len(time_s) >= LEAST_FOR_RESIDUALS:
        grid_step = 1 / filters.rate_hz(time_s)
        even = filters.is_even(time_s)
        rows, time_s = (rows, time_s) if even else filters.even_grid(rows, time_s, grid_step)
        found = residual_analysis(rows, time_s, settings)[1]
    return chosen(found, filters.rate_hz(work.time_s))


def prepared(table: pd.DataFrame, settings: Smoothing, pinned: np.ndarray | None = None) -> Work:
    """A table as it is before the filter: gated, without outliers, short gaps filled.

    Of the last table of a whole person that is not too long it is kept: who tunes the filter asks for the same again
    and again.
    """
    key: tuple[Any, ...] = (settings.confidence_gate, settings.outliers, settings.outlier_sigmas, settings.max_gap_s)
    if pinned is not None and pinned.any():
        key = (*key, pinned.tobytes())
    kept = _LAST.get("prepared")
    if kept is not None and kept[0]() is table and kept[1] == key:
        return kept[2].copy()
    work = Work(table, keypoints.times(table), pinned)
    work.gate(settings.confidence_gate)
    work.replace_outliers(settings)
    work.fill_gaps(settings.max_gap_s)
    if len(work.names) > 1 and work.values.size <= MOST_KEPT:
        _LAST["prepared"] = (weakref.ref(table), key, work.copy())
    return work


@dataclass(frozen=True)
class Suggestion:
    """Parameters to be set, by name, and why."""

    values: dict[str, float | str | bool]
    why: str


def suggested(table: pd.DataFrame, settings: Smoothing, pinned: np.ndarray | None = None) -> Suggestion:
    """The cutoff that leaves as much movement out as it lets noise in, after Winter, for a filter that has one."""
    cutoff, why = residual_cutoff(prepared(table, settings, pinned), settings)
    rounded = round(cutoff, 1)
    values: dict[str, float | str | bool] = {"cutoff_hz": rounded, "cutoff_auto": False}
    if not filters.FILTERS[settings.filter].cutoff:
        values["filter"] = "butterworth"
        why += f" The filter {settings.filter} has no cutoff, so butterworth is suggested."
    return Suggestion(
        values,
        f"{why} Each joint was filtered at cutoffs from 0.5 Hz up; where what the filter removes "
        "stops falling steeply, noise begins: the median over the joints' coordinates is taken.",
    )


@dataclass(frozen=True)
class Tuning:
    """One joint in the frequency domain. power: index frequency_hz, columns raw and smoothed, px^2/Hz.

    residual: index cutoff_hz, one column, px: the root mean square of what the filter removes. cutoff_hz: in use, None
    without one; suggested_hz: by residual analysis of this joint, NaN where it stands still.
    """

    joint: str
    power: pd.DataFrame
    residual: pd.Series
    cutoff_hz: float | None
    suggested_hz: float


def tuning(
    table: pd.DataFrame, smoothed: pd.DataFrame, joint: str, settings: Smoothing, pinned: np.ndarray | None = None
) -> Tuning | None:
    """Spectrum and residual of a joint's path (x and y together); None where it is seen too little.

    table, smoothed: keypoint tables before and after smoothing. Taken from the longest stretch without a gap.
    """
    if joint not in keypoints.joints(table):
        return None
    work = prepared(
        table[[joint]], settings, None if pinned is None else pinned[:, [keypoints.joints(table).index(joint)]]
    )
    rows, time_s = work.complete_rows()
    if len(rows) == 0 or len(time_s) < LEAST_FOR_RESIDUALS:
        return None
    rows, time_s = rows[:, :LONGEST], time_s[:LONGEST]
    if not filters.is_even(time_s):
        rows, time_s = filters.even_grid(rows, time_s, 1 / filters.rate_hz(time_s))
    after = keypoints.points(smoothed, joint)
    inside = np.isin(keypoints.times(smoothed), time_s)
    after = after[inside] if inside.sum() == len(time_s) else _at(smoothed, joint, time_s)
    residual, cutoffs = residual_analysis(rows, time_s, settings)
    rate = filters.rate_hz(time_s)
    power = pd.DataFrame({"raw": _power(rows, rate), "smoothed": _power(after.T, rate)})
    power.index = pd.Index(scipy.signal.periodogram(rows[0], rate)[0][1:], name="frequency_hz")
    known = cutoffs[np.isfinite(cutoffs)]
    used = settings.cutoff_hz if filters.FILTERS[settings.filter].cutoff else None
    # x and y together: the length of the vector that the filter removes.
    together = np.sqrt((residual**2).sum(axis=1)).rename("residual_px")
    return Tuning(joint, power, together, used, float(np.median(known)) if len(known) else np.nan)


def _at(table: pd.DataFrame, joint: str, time_s: np.ndarray) -> np.ndarray:
    points, times = keypoints.points(table, joint), keypoints.times(table)
    known = np.isfinite(points[:, 0])
    if not known.any():
        return np.zeros((len(time_s), 2))
    return np.column_stack([np.interp(time_s, times[known], points[known, axis]) for axis in (0, 1)])


def _power(rows: np.ndarray, rate: float) -> np.ndarray:
    """Power spectral density of x and y together, without their drift, (frequencies,) from the first above 0 Hz."""
    found = scipy.signal.periodogram(np.nan_to_num(rows), rate, window="hann", detrend="linear")[1]
    return found.sum(axis=0)[1:]
