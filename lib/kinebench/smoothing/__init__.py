"""From raw keypoints to smooth ones: confidence gate, outliers, gaps, filter; with a count of what was changed.

Nothing is invented: gaps longer than `max_gap_s` and everything before a joint's first and after its last sight stay
missing, and each stretch between such gaps is filtered on its own.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.smoothing import filters
from kinebench.smoothing.residual import residual_analysis
from kinebench.smoothing.settings import Smoothing
from kinebench.smoothing.tuning import Suggestion, Tuning, in_use, prepared, residual_cutoff, suggested, tuning
from kinebench.smoothing.work import Work

__all__ = [
    "Smoothed",
    "Smoothing",
    "Suggestion",
    "Tuning",
    "check_cutoff",
    "in_use",
    "residual_analysis",
    "smooth",
    "suggested",
    "tuning",
]


@dataclass(frozen=True)
class Smoothed:
    """The smoothed keypoints and what was done to them.

    gated_share: of the joints seen, with too little confidence; outlier_share: of those left, replaced; filled_share:
    of all joints in all frames, filled in; longest_gap_s: the longest time without a joint that was seen before and
    after, before filling; cutoff_hz: the one used, None where the filter has none; resampled: whether the filter ran
    on an even grid of time; joints: the counts per joint; notes: what a reader should know, in words.
    """

    keypoints: pd.DataFrame
    cutoff_hz: float | None
    gated_share: float
    outlier_share: float
    filled_share: float
    longest_gap_s: float
    resampled: bool
    joints: pd.DataFrame
    notes: tuple[str, ...]


def smooth(table: pd.DataFrame, settings: Smoothing, pinned: np.ndarray | None = None) -> Smoothed:
    """Smooth x, y and the world coordinates of every joint; confidence stays, but is 0 where a joint is missing.

    pinned: (frames, joints) places that a person vouches for: no outliers, however far off their neighbours.
    KinebenchError where the cutoff is not below half the frame rate.
    """
    time_s = keypoints.times(table)
    check_cutoff(time_s, settings)
    work = prepared(table, settings, pinned)
    cutoff, why = _cutoff(work, settings)
    work.filter(settings, cutoff)
    return _smoothed(work, cutoff, [why] if why else [])


def check_cutoff(time_s: np.ndarray, settings: Smoothing) -> None:
    """KinebenchError where the filter's cutoff is not below half the frame rate."""
    """KinebenchError where the filter's cutoff is not below half the frame rate."""
    if len(time_s) < 2 or settings.cutoff_auto or not filters.FILTERS[settings.filter].cutoff:
        return
    half = filters.rate_hz(time_s) / 2
    if settings.cutoff_hz >= half:
        raise KinebenchError(
            f"cutoff_hz must be below half the frame rate ({half:.5g} Hz for this clip), but got {settings.cutoff_hz}. "
            "Lower it, or record at a higher frame rate."
        )


def _cutoff(work: Work, settings: Smoothing) -> tuple[float | None, str]:
    """The cutoff to use, None where the filter has none; and how it was chosen where it was."""
    if not filters.FILTERS[settings.filter].cutoff or len(work.time_s) < 2:
        return None, ""
    if not settings.cutoff_auto:
        return settings.cutoff_hz, ""
    return residual_cutoff(work, settings)


def _smoothed(work: Work, cutoff: float | None, notes: list[str]) -> Smoothed:
    known, frames = work.known.sum(axis=1), len(work.time_s)
    if work.resampled:
        notes.append("The frames come unevenly: each joint was resampled to even steps for the filter, and back.")
    if work.unfiltered:
        notes.append(
            f"{work.unfiltered} positions stand in stretches too short for the filter and are left as they are."
        )
    counts = {"seen": work.seen, "gated": work.gated, "outliers": work.replaced, "filled": work.filled}
    joints = pd.DataFrame(counts | {"missing": frames - known}, index=pd.Index(work.names, name="joint"))
    left = work.seen.sum() - work.gated.sum()
    return Smoothed(
        keypoints=work.table_of_result(),
        cutoff_hz=cutoff,
        gated_share=_share(work.gated.sum(), work.seen.sum()),
        outlier_share=_share(work.replaced.sum(), left),
        filled_share=_share(work.filled.sum(), frames * len(work.names)),
        longest_gap_s=work.longest_gap_s,
        resampled=work.resampled,
        joints=joints,
        notes=tuple(notes),
    )


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
