"""Markers on an even clock, for formats that know a rate but not the time of each frame.

Phones write uneven times. Where they are even but for the rounding of timestamps they stay as they are; else positions
are interpolated linearly at the median rate. A gap stays a gap: nothing is put between a known position and a missing
one, nor where the video has no frame for longer than `LONGEST_STEP_S`.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.errors import KinebenchError

TOLERANCE_S = 0.001
"""How far a time may lie from the even clock's: timestamps in whole milliseconds are off by up to half of one."""
LONGEST_STEP_S = 0.2
"""As `max_gap_s` of the smoothing has it by default."""
MEETS = 1e-6
"""Of a step between two frames."""
MOST_GROWTH = 20
"""Times the frames there are: from there on the median step says nothing about the rate."""
ONLY_FRAME_HZ = 1.0
"""A rate has to stand in the file, but one frame has none."""


@dataclass(frozen=True, eq=False)
class Even:
    """times_s: (frames,); values: (frames, ...), NaN where missing; resampled: whether they were interpolated."""

    times_s: np.ndarray
    values: np.ndarray
    rate_hz: float
    resampled: bool


def even(times_s: np.ndarray, values: np.ndarray) -> Even:
    """Values (frames, ...) at `times_s` (frames,), strictly increasing, on a clock of one rate.

    KinebenchError without frames, and where the times are so uneven that the even clock would be nearly empty.
    """
    if not len(times_s):
        raise KinebenchError("keypoints must have at least one frame to be written, but have none. Check the stretch.")
    if len(times_s) == 1:
        return Even(times_s, values, ONLY_FRAME_HZ, False)
    last = len(times_s) - 1
    span_s = times_s[-1] - times_s[0]
    off_s = np.abs(times_s - times_s[0] - np.arange(last + 1) * span_s / last)
    if off_s.max() <= TOLERANCE_S:
        return Even(times_s, values, float(last / span_s), False)
    step_s = float(np.median(np.diff(times_s)))
    count = np.floor(span_s / step_s * (1 + 1e-12)) + 1
    if count > MOST_GROWTH * len(times_s):
        raise KinebenchError(
            f"time_s must be even enough for a format with one rate, but {len(times_s)} frames would become "
            f"{count:.0f}. Write a format that keeps the times: .nc, .csv or .xlsx."
        )
    clock_s = np.minimum(times_s[0] + np.arange(int(count)) * step_s, times_s[-1])
    return Even(clock_s, _interpolated(clock_s, times_s, values), 1 / step_s, True)


def _interpolated(clock_s: np.ndarray, times_s: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values at `clock_s`, within `times_s`: linear between the two frames around, those frames' own where it meets."""
    before = np.clip(np.searchsorted(times_s, clock_s, side="right") - 1, 0, len(times_s) - 2)
    step_s = times_s[before + 1] - times_s[before]
    share = (clock_s - times_s[before]) / step_s
    for frame in (0.0, 1.0):  # a clock that meets a frame but for rounding has that frame's position, gap or not
        share[np.abs(share - frame) < MEETS] = frame
    hole = (step_s > LONGEST_STEP_S) & (step_s > 2 * np.median(np.diff(times_s)))
    share[hole & (share > 0) & (share < 1)] = np.nan
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    between = (1 - share) * values[before] + share * values[before + 1]
    return np.where(share == 0, values[before], np.where(share == 1, values[before + 1], between))
