"""Where confidence maps have their maxima, between the map's pixels: every local one, or the highest.

A confidence map is a Gaussian about each joint, sampled once in 8 pixels. The logarithm of a Gaussian is a parabola, so
the parabola through three samples has its vertex at the joint itself, not only near it. Coordinates are those of the
map: the centre of its top left pixel is (0, 0).
"""

import numpy as np

# Bounds what noise may cost: the highest are kept. OpenPose's own bound is 127.
MOST_PEAKS = 32
# Of the peak: samples below it are mostly noise, and have no logarithm at all where they are negative.
FLOOR = 0.01
TINY = 1e-12

_BEFORE = ((-1, -1), (-1, 0), (-1, 1), (0, -1))
_AFTER = tuple((-dy, -dx) for dy, dx in _BEFORE)


def local(maps: np.ndarray, min_peak: float, *, most: int = MOST_PEAKS) -> list[np.ndarray]:
    """Of each of `maps` (J, height, width) its local maxima from `min_peak` on, the highest first, at most `most`.

    Returns J arrays (peaks, 3): x, y, height. A maximum is as high as its eight neighbours or higher; of equal
    neighbours, as two samples at the same distance from a joint are, the first counts.
    """
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    rows, columns = maps.shape[1:]
    found = maps >= min_peak
    for dy, dx in (*_BEFORE, *_AFTER):
        neighbour = padded[:, 1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
        found &= maps > neighbour if (dy, dx) in _BEFORE else maps >= neighbour
    which, y, x = np.nonzero(found)
    refined = _refined(maps, which, y, x)
    ordered = [refined[which == joint] for joint in range(len(maps))]
    return [peaks[np.argsort(-peaks[:, 2], kind="stable")][:most] for peaks in ordered]


def highest(maps: np.ndarray, min_peak: float) -> np.ndarray:
    """The highest point of each of `maps` (J, height, width) as x, y, height, (J, 3); NaN, NaN, 0 below `min_peak`."""
    count, _, columns = maps.shape
    y, x = np.divmod(maps.reshape(count, -1).argmax(axis=1), columns)
    which = np.arange(count)
    low = maps[which, y, x] < min_peak
    refined = _refined(maps, which, y, x)
    refined[low] = [np.nan, np.nan, 0.0]
    return refined


def _refined(maps: np.ndarray, which: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """x, y and height (N, 3) of the maxima at whole pixels `x`, `y` of the maps numbered `which`."""
    rows, columns = maps.shape[1:]
    peak = maps[which, y, x].astype(float)
    near_x, near_y = _centre(x, columns), _centre(y, rows)
    across = np.stack([maps[which, y, np.clip(near_x + step, 0, columns - 1)] for step in (-1, 0, 1)], axis=-1)
    down = np.stack([maps[which, np.clip(near_y + step, 0, rows - 1), x] for step in (-1, 0, 1)], axis=-1)
    to_x, gain_x = _vertex(across, peak, x - near_x, columns)
    to_y, gain_y = _vertex(down, peak, y - near_y, rows)
    height = np.clip(peak * np.exp(gain_x + gain_y), 0.0, 1.0)
    return np.column_stack([near_x + to_x, near_y + to_y, height])


def _centre(at: np.ndarray, length: int) -> np.ndarray:
    """The middle of the three samples: the maximum itself, or its inner neighbour where it lies on the map's edge."""
    return np.clip(at, 1, max(length - 2, 1))


def _vertex(three: np.ndarray, peak: np.ndarray, at: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the parabola through the logarithms of `three` (N, 3) samples is highest, from the middle one, and by how

    much its logarithm is higher there than at the maximum's own sample `at` (-1, 0 or 1); no further from it than half
    a pixel.
    """
    if length < 3:
        return at.astype(float), np.zeros(len(at))
    before, middle, after = np.log(np.maximum(three, np.maximum(FLOOR * peak, TINY)[:, None])).T
    slope, bend = (after - before) / 2, after - 2 * middle + before
    bent = bend < -1e-6
    vertex = np.where(bent, -slope / np.where(bent, bend, -1.0), at)
    vertex = np.clip(vertex, at - 0.5, at + 0.5)
    gain = slope * (vertex - at) + bend * (vertex**2 - at**2) / 2
    return vertex, np.where(bent, np.maximum(gain, 0.0), 0.0)
