"""Dynamic time warping with dtaidistance's C library: which instant of one movement answers which of another.

The path minimises the sum of squared distances (Sakoe and Chiba 1978, doi:10.1109/TASSP.1978.1163055) within a band
about the straight line between both ends. dtaidistance gives the root of that sum, which grows with the length of
the path and holds the penalties; here the distances along the path are read again, so that what comes out is a mean
per step in the unit of the series (trunk lengths), whatever the length, without penalties.
"""

import math
from dataclasses import dataclass

import numpy as np

from kinebench.errors import KinebenchError

WINDOW_SHARE = 0.1
PENALTY = 0.0


@dataclass(frozen=True)
class Warp:
    """A path: pairs of samples that belong together.

    reference, query: (steps,) sample numbers, both from first to last, never going back.
    """

    reference: np.ndarray
    query: np.ndarray

    def distances(self, reference: np.ndarray, query: np.ndarray) -> np.ndarray:
        """Distance of each pair of the path; series (samples, ..., dimensions), shape (steps, ...) out."""
        return np.linalg.norm(reference[self.reference] - query[self.query], axis=-1)

    def query_at(self, samples: int) -> np.ndarray:
        """For each of the reference's `samples`, the query's sample (a fraction) that answers it; never going back."""
        total = np.bincount(self.reference, weights=self.query, minlength=samples)
        return total / np.bincount(self.reference, minlength=samples)

    def reference_at(self, samples: int) -> np.ndarray:
        """For each of the query's `samples`, the reference's sample (a fraction) that answers it; never going back."""
        total = np.bincount(self.query, weights=self.reference, minlength=samples)
        return total / np.bincount(self.query, minlength=samples)


def warp(
    reference: np.ndarray, query: np.ndarray, *, window_share: float = WINDOW_SHARE, penalty: float = PENALTY
) -> Warp:
    """The best path between two series of shape (samples, dimensions), of any lengths, without missing values.

    window_share: how far the path may leave the straight line between both ends, as a share of the longer series;
    penalty: what a step that stands still in one of the two costs, in the unit of the series.
    """
    reference, query = _checked("reference", reference), _checked("query", query)
    if reference.shape[1] != query.shape[1]:
        raise KinebenchError(
            f"query must have as many dimensions as the reference ({reference.shape[1]}), but has {query.shape[1]}. "
            "Compare the joints that both have."
        )
    if not 0 <= window_share <= 1:
        raise KinebenchError(f"window_share must be from 0 to 1, but got {window_share}.")
    # The series of unequal length: dtaidistance widens its band by the difference, beyond what was asked for; so the
    # shorter one is read at as many instants as the longer.
    count = max(len(reference), len(query))
    by_reference, by_query = _spread(len(reference), count), _spread(len(query), count)
    path = _library().warping_path_ndim(
        np.ascontiguousarray(reference[by_reference]),
        np.ascontiguousarray(query[by_query]),
        reference.shape[1],
        window=1 + math.ceil(window_share * count),
        penalty=penalty,
    )
    steps = np.asarray(path, dtype=int)
    return Warp(by_reference[steps[:, 0]], by_query[steps[:, 1]])


def mean_distance(distances: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Root mean square over the steps of a path, axis 0, of those that are known; NaN where none is."""
    known = np.isfinite(distances) if known is None else known & np.isfinite(distances)
    total, count = np.where(known, distances, 0.0) ** 2, known.sum(axis=0)
    return np.sqrt(total.sum(axis=0) / np.where(count > 0, count, np.nan))


def _spread(own: int, count: int) -> np.ndarray:
    """The sample of a series of length `own` at each of `count` instants from its first to its last."""
    return np.round(np.linspace(0, own - 1, count)).astype(int)


def _checked(name: str, series: np.ndarray) -> np.ndarray:
    series = np.asarray(series, dtype=float)
    if series.ndim != 2 or len(series) < 1 or series.shape[1] < 1:
        raise KinebenchError(f"{name} must have the shape (samples, dimensions), none 0, but has {series.shape}.")
    if not np.isfinite(series).all():
        raise KinebenchError(f"{name} must hold no missing values. Bridge them first (Trajectories.bridged).")
    return series


def _library():
    """dtaidistance's C library; its Python twin is some hundred times slower and is never used in its place."""
    try:
        from dtaidistance import dtw_cc
    except ImportError as error:
        raise KinebenchError(
            f"comparing needs dtaidistance with its C library, but it is not there ({error}). "
            "Install it with: pip install --force-reinstall dtaidistance"
        ) from error
    return dtw_cc
