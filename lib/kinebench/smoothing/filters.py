"""The filters: each takes values (columns, frames) without gaps and gives as many back, without phase shift."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy

from kinebench.smoothing.settings import Smoothing

HALF_POWER = np.sqrt(2) - 1
TOGETHER = 100_000
"""Values that are filtered at once: less than a megabyte."""
PAD_TIME_CONSTANTS = 14
"""After this many time constants a filter has forgotten all but a millionth of where it began."""
EVEN_SHARE, EVEN_S = 0.02, 1.1e-3
"""Steps count as even while they differ from their median by less than 2 % or by less than the rounding of containers
that keep whole milliseconds."""


@dataclass(frozen=True)
class Filter:
    """`apply(values, time_s, settings, cutoff_hz)`; whether it needs even timestamps and uses a cutoff frequency;
    `frames(rate_hz, settings)`: how many frames a stretch must have; `parameters`: which others it uses.
    """

    apply: Callable[[np.ndarray, np.ndarray, Smoothing, float], np.ndarray]
    even: bool
    cutoff: bool
    frames: Callable[[float, Smoothing], int]
    parameters: tuple[str, ...] = ()


def rate_hz(time_s: np.ndarray) -> float:
    """Frames a second: one over the median time between frames."""
    return float(1 / np.median(np.diff(time_s)))


def is_even(time_s: np.ndarray, step_s: float | None = None) -> bool:
    """Whether the frames come evenly enough, `step_s` apart, to be filtered by their order alone."""
    steps = np.diff(time_s)
    if len(steps) == 0:
        return True
    step_s = float(np.median(steps)) if step_s is None else step_s
    return bool(np.abs(steps - step_s).max() <= max(EVEN_SHARE * step_s, EVEN_S))


def even_grid(values: np.ndarray, time_s: np.ndarray, step_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Values at even steps of about `step_s` between the first and the last time, by a cubic spline; and the times."""
    count = max(int(np.round((time_s[-1] - time_s[0]) / step_s)), len(time_s) - 1) + 1
    grid = np.linspace(time_s[0], time_s[-1], count)
    return scipy.interpolate.CubicSpline(time_s, values, axis=1)(grid), grid


def back(values: np.ndarray, grid: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """The inverse of `even_grid`: values at the frames' own times, by a cubic spline."""
    return scipy.interpolate.CubicSpline(grid, values, axis=1)(time_s)


def butterworth_sections(order: int, cutoff_hz: float, rate: float) -> np.ndarray:
    """Sections of the low-pass filter that, run there and back, has `order` and loses 3 dB at `cutoff_hz`.

    Each pass has half the order and loses 1.5 dB at the cutoff. Winter (2009, section 3.4.4.2) divides the cutoff of
    a single pass by (sqrt 2 - 1)^(1/(2n)), 0.802 for n = 2; as he does, in the warped frequency tan(pi f / rate).
    """
    single = order // 2
    warped = np.tan(np.pi * cutoff_hz / rate) / HALF_POWER ** (1 / (2 * single))
    return scipy.signal.butter(single, np.arctan(warped) * rate / np.pi, fs=rate, output="sos")


def padded(values: np.ndarray, frames: int) -> np.ndarray:
    """Rows of values with up to `frames` more on either side, turned about their end points."""
    frames = min(frames, values.shape[1] - 1)
    before = 2 * values[:, :1] - values[:, frames:0:-1]
    after = 2 * values[:, -1:] - values[:, -2 : -frames - 2 : -1]
    return np.concatenate([before, values, after], axis=1)


def extended(values: np.ndarray, frames: int, apply: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`apply` to the padded rows without the line through their ends, so that lines pass unchanged.

    Short rows are done together, long ones one by one: a whole table of an hour would leave the processor's cache.
    """
    count = values.shape[1]
    share = np.linspace(0.0, 1.0, count)
    result = np.empty_like(values)
    together = max(TOGETHER // max(count, 1), 1)
    for start in range(0, len(values), together):
        rows = values[start : start + together]
        line = rows[:, :1] + (rows[:, -1:] - rows[:, :1]) * share
        long = apply(padded(rows - line, frames))
        side = (long.shape[1] - count) // 2
        np.add(long[:, side : side + count], line, out=result[start : start + together])
    return result


@lru_cache(maxsize=8)
def _design(order: int, cutoff_hz: float, rate: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Sections, their state in a steady input, and the slowest pole's size: the same for every joint of a clip."""
    sections = butterworth_sections(order, cutoff_hz, rate)
    slowest = np.abs(np.concatenate([np.roots(section[3:]) for section in sections])).max()
    steady = scipy.signal.sosfilt_zi(sections)
    return sections, steady, float(slowest)


def _butterworth(values: np.ndarray, time_s: np.ndarray, settings: Smoothing, cutoff_hz: float) -> np.ndarray:
    sections, steady, slowest = _design(settings.order, cutoff_hz, rate_hz(time_s))

    def one_way(rows: np.ndarray) -> np.ndarray:
        return scipy.signal.sosfilt(sections, rows, zi=steady[:, None, :] * rows[None, :, :1])[0]

    # sosfiltfilt does the same, but slower by half on many long rows.
    return extended(
        values,
        int(np.ceil(-PAD_TIME_CONSTANTS / np.log(slowest))),
        lambda rows: one_way(np.ascontiguousarray(one_way(rows)[:, ::-1]))[:, ::-1],
    )


def _gaussian(values: np.ndarray, time_s: np.ndarray, settings: Smoothing, cutoff_hz: float) -> np.ndarray:
    """Width such that exp(-(2 pi f s)^2 / 2) is 1/sqrt 2 at the cutoff."""
    sigma = np.sqrt(np.log(2)) / (2 * np.pi * cutoff_hz) * rate_hz(time_s)
    return extended(
        values, int(np.ceil(6 * sigma)), lambda row: scipy.ndimage.gaussian_filter1d(row, sigma, truncate=6.0)
    )


def _savgol(values: np.ndarray, time_s: np.ndarray, settings: Smoothing, _: float) -> np.ndarray:
    window = window_frames(rate_hz(time_s), settings)
    return scipy.signal.savgol_filter(values, window, settings.polynomial_order, axis=1, mode="interp")


def _median(values: np.ndarray, time_s: np.ndarray, settings: Smoothing, _: float) -> np.ndarray:
    window = window_frames(rate_hz(time_s), settings)
    return scipy.ndimage.median_filter(values, size=(1, window), mode="nearest")


def _loess(values: np.ndarray, time_s: np.ndarray, settings: Smoothing, _: float) -> np.ndarray:
    """Cleveland's robust local line, three passes, over the frames nearest in time; knows uneven time."""
    from statsmodels.nonparametric.smoothers_lowess import lowess

    share = (window_frames(rate_hz(time_s), settings) + 0.5) / values.shape[1]
    known = {"frac": min(share, 1.0), "it": 2, "is_sorted": True, "return_sorted": False}
    return np.stack([lowess(row, time_s, **known) for row in values])


def _kalman(values: np.ndarray, time_s: np.ndarray, settings: Smoothing, cutoff_hz: float) -> np.ndarray:
    """Rauch-Tung-Striebel smoother of a point that is pushed at random (white acceleration), over uneven time.

    In the middle of an even clip its gain is 1 / (1 + (f / f0)^4), that of a Butterworth of 4th order run there and
    back; the ratio of the two variances puts 3 dB at the cutoff.
    """
    from statsmodels.tsa.statespace.kalman_smoother import SMOOTHER_STATE, KalmanSmoother

    model = KalmanSmoother(k_endog=1, k_states=2, smoother_output=SMOOTHER_STATE)
    model.bind(np.array(values[0]))
    steps = np.append(np.diff(time_s), 0.0)
    push = np.median(steps[:-1]) * (2 * np.pi * cutoff_hz) ** 4 / HALF_POWER
    one, nothing = np.ones_like(steps), np.zeros_like(steps)
    model["design"] = np.array([[1.0, 0.0]])
    model["obs_cov"] = np.array([[1.0]])
    model["selection"] = np.eye(2)
    model["transition"] = np.array([[one, steps], [nothing, one]])
    model["state_cov"] = push * np.array([[steps**3 / 3, steps**2 / 2], [steps**2 / 2, steps]])
    model.initialize_diffuse()
    result = np.empty_like(values)
    for row, out in zip(values, result, strict=True):
        model.bind(row - row[0])
        out[:] = model.smooth().smoothed_state[0] + row[0]
    return result


def _unchanged(values: np.ndarray, *_: Any) -> np.ndarray:
    return values


def window_frames(rate: float, settings: Smoothing) -> int:
    """The moving window as an odd number of frames, at least 3 and, for savgol, above the polynomial's degree."""
    least = settings.polynomial_order + 1 if settings.filter == "savgol" else 3
    return max(2 * int(np.round((settings.window_s * rate - 1) / 2)) + 1, least | 1)


FILTERS: Mapping[str, Filter] = {
    "butterworth": Filter(_butterworth, even=True, cutoff=True, frames=lambda rate, settings: 4, parameters=("order",)),
    "savgol": Filter(
        _savgol, even=True, cutoff=False, frames=window_frames, parameters=("window_s", "polynomial_order")
    ),
    "median": Filter(_median, even=False, cutoff=False, frames=lambda rate, settings: 3, parameters=("window_s",)),
    "loess": Filter(_loess, even=False, cutoff=False, frames=window_frames, parameters=("window_s",)),
    "gaussian": Filter(_gaussian, even=True, cutoff=True, frames=lambda rate, settings: 4),
    "kalman": Filter(_kalman, even=False, cutoff=True, frames=lambda rate, settings: 4),
    "none": Filter(_unchanged, even=False, cutoff=False, frames=lambda rate, settings: 1),
}
