"""Single points far off their neighbours: found and replaced before anything is fitted through them."""

import numpy as np
import scipy

HAMPEL_WINDOW = 7
"""Frames: two wrong ones in a row are outvoted, three while the joint is slow."""
MAD_TO_SIGMA = 1.4826
FLOOR_SHARE = 0.02
"""A point is no outlier while it lies within this share of the body's size of its neighbours: a landmark's own noise,
measured on nearly still joints, would else be nibbled at."""


def running_median(values: np.ndarray, size: int) -> np.ndarray:
    """Median of the `size` (odd) frames around each; the ends see their own value repeated. values: (frames,)."""
    if size in NETWORKS and len(values) >= size:
        return _by_network(values, size)
    return scipy.ndimage.median_filter(values, size=size, mode="nearest")


# Comparator networks that bring the median of n values to the middle place (Devillard 1998, after Paeth 1990): a few
# vectorised minima and maxima are many times faster than sorting every window.
NETWORKS: dict[int, tuple[tuple[int, int], ...]] = {
    5: ((0, 1), (3, 4), (0, 3), (1, 4), (1, 2), (2, 3), (1, 2)),
    7: (
        *((0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6)),
        *((2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4)),
    ),
}


BLOCK = 16_384
"""Frames sorted at a time: few enough to stay in the processor's cache."""


def _by_network(values: np.ndarray, size: int) -> np.ndarray:
    half = size // 2
    padded = np.concatenate([np.full(half, values[0]), values, np.full(half, values[-1])])
    medians = np.empty_like(values)
    for start in range(0, len(values), BLOCK):
        stop = min(start + BLOCK, len(values))
        wires = [padded[start + shift : stop + shift] for shift in range(size)]
        for low, high in NETWORKS[size]:
            wires[low], wires[high] = np.minimum(wires[low], wires[high]), np.maximum(wires[low], wires[high])
        medians[start:stop] = wires[half]
    return medians


def far_off(values: np.ndarray, median: np.ndarray, sigmas: float, floor: float) -> np.ndarray:
    """Hampel's test (Hampel 1974; Pearson et al. 2016): whether each of `values`, shape (frames,), is an outlier.

    It lies further from the running median than `floor` and than `sigmas` robust standard deviations of its window,
    those estimated from the median absolute deviation. The deviations are computed only where the floor is passed.
    """
    found = np.abs(values - median) > floor
    where = np.flatnonzero(found)
    if len(where) == 0:
        return found
    half = HAMPEL_WINDOW // 2
    window = np.clip(where[:, None] + np.arange(-half, half + 1), 0, len(values) - 1)
    spread = MAD_TO_SIGMA * np.median(np.abs(values[window] - median[where, None]), axis=1)
    found[where] = np.abs(values[where] - median[where]) > sigmas * spread
    return found
