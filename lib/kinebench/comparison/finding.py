"""Where in a longer clip a reference movement occurs, once or several times.

Subsequence dynamic time warping (Mueller 2007, Information Retrieval for Music and Motion, chapter 4): the reference
is laid from first to last sample onto any stretch of the query. Steps are those of Sakoe and Chiba (1978) with slope
between 1/2 and 2, in which each sample of the reference counts once; they need only earlier rows, so that a whole row
of the query is done at once. The reference is tried at several tempi, since half speed lies at the edge of one.
"""

import numpy as np
import pandas as pd

from kinebench.comparison import chance
from kinebench.comparison.pairing import common_joints
from kinebench.comparison.trajectories import Trajectories
from kinebench.errors import KinebenchError

TEMPI = (0.6, 1.0, 1.7)
"""Durations at which the reference is tried, as multiples of its own: with the slopes, 0.3 to 3.4 times are found."""
STEEPEST = 2.0
LEAST_SCORE = 30.0
"""A find is at least this good: it leaves at most 70 % of the square that keeping still would leave."""
OVERLAP_SHARE = 0.1
"""Two finds may share this part of the shorter one: where one repetition ends and the next begins is not sharp."""
RATE_TOLERANCE = 0.05
COLUMNS = ("start_s", "end_s", "distance", "score")


def find(reference: Trajectories, query: Trajectories, *, least_score: float = LEAST_SCORE) -> pd.DataFrame:
    """All stretches of the query that are the reference, in order of time: start_s, end_s, distance, score.

    Both at the same samples a second (15 to 30 are enough), of the same variant. distance: root mean square over the
    joints, weighted by confidence, in trunk lengths; score: 100 (1 - d2 / s2), s the distance of one who keeps still in
    the reference's mean posture (the mean square error skill score, Murphy 1988, Monthly Weather Review 116:2417), so
    that pauses are never found; another scale than that of `scoring`. Finds don't overlap by
    more than `OVERLAP_SHARE`; better ones go first. Empty where nothing is good enough.
    KinebenchError where the query is shorter than the reference at its fastest, or they share no joint.
    """
    own, other, weight = _prepared(reference, query)
    ends = _ends(own, other, weight)
    ends["score"] = _scores(own, weight, ends["distance"].to_numpy())
    good = ends[ends["score"] >= least_score].sort_values("distance", kind="stable")
    return _apart(good).sort_values("start_s", ignore_index=True)


def best(reference: Trajectories, query: Trajectories) -> pd.Series:
    """The one stretch of the query most like the reference, however unlike: start_s, end_s, distance, score."""
    own, other, weight = _prepared(reference, query)
    ends = _ends(own, other, weight)
    ends["score"] = _scores(own, weight, ends["distance"].to_numpy())
    return ends.iloc[int(ends["distance"].to_numpy().argmin())]


def _prepared(reference: Trajectories, query: Trajectories) -> tuple[Trajectories, Trajectories, np.ndarray]:
    if not abs(query.rate_hz / reference.rate_hz - 1) < RATE_TOLERANCE:
        raise KinebenchError(
            f"query must have as many samples a second as the reference ({reference.rate_hz:.3g}), "
            f"but has {query.rate_hz:.3g}. Give trajectories() the same rate_hz for both."
        )
    fastest = reference.duration_s * min(TEMPI) / STEEPEST
    if query.duration_s < fastest:
        raise KinebenchError(
            f"the clip must be at least as long as the movement looked for at its fastest ({fastest:.2f} s), "
            f"but is {query.duration_s:.2f} s long. Take a longer clip or stretch, or another reference."
        )
    own, other = common_joints(reference, query)
    trust = np.sqrt(own.confidence * other.confidence)
    weight = trust if trust.any() else np.ones(len(own.joints))
    return own, other, weight / weight.sum()


def _scores(reference: Trajectories, weight: np.ndarray, distance: np.ndarray) -> np.ndarray:
    # A pose that is held has no movement to be told from stillness: noise is its scale.
    zero = np.maximum(chance.still(reference), chance.error(reference))
    return 100 * np.maximum(1 - distance**2 / (weight * zero**2).sum(), 0.0)


def _ends(reference: Trajectories, query: Trajectories, weight: np.ndarray) -> pd.DataFrame:
    """For every sample of the query at which a stretch may end: its best start and its distance over all tempi."""
    model, own = reference.bridged(), query.bridged()
    found = []
    for scale in TEMPI:
        count = max(round(scale * (len(model) - 1)) + 1, 2)
        squares = _squares(_stretched(model, count), own, query.known, weight)
        total, start = _subsequence(squares)
        found.append(pd.DataFrame({"start": start, "distance": np.sqrt(total / count)}))
    distances = np.stack([one["distance"].to_numpy() for one in found])
    which, column = distances.argmin(axis=0), np.arange(distances.shape[1])
    start = np.stack([one["start"].to_numpy() for one in found])[which, column]
    distance = distances[which, column]
    known = np.isfinite(distance)
    if not known.any():
        raise KinebenchError(
            f"the clip must hold at least one movement of {reference.duration_s:.2f} s, but its {len(own)} samples do "
            "not. Take a longer clip or stretch."
        )
    times = {"start_s": query.time_s[start[known]], "end_s": query.time_s[known], "distance": distance[known]}
    return pd.DataFrame(times)


def _stretched(xy: np.ndarray, count: int) -> np.ndarray:
    """xy, shape (samples, joints, 2), read at `count` even instants from first to last."""
    at = np.linspace(0, len(xy) - 1, count)
    low = np.minimum(at.astype(int), len(xy) - 2)
    share = (at - low)[:, None, None]
    return (1 - share) * xy[low] + share * xy[low + 1]


def _squares(model: np.ndarray, own: np.ndarray, known: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted mean squared distance of each sample of one to each of the other, shape (model samples, own samples).

    Joints missing in a sample of the query count nothing there; where all are missing, the distance is endless.
    """
    total, seen = np.zeros((len(model), len(own))), np.zeros(len(own))
    for joint, share in enumerate(weight):
        apart = model[:, None, joint] - own[None, :, joint]
        total += share * known[:, joint] * (apart**2).sum(axis=-1)
        seen += share * known[:, joint]
    return np.where(seen > 0, total / np.where(seen > 0, seen, 1.0), np.inf)


def _subsequence(squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least total of `squares`, (rows, columns), over paths through all rows, and where each starts; by last column.

    Steps: one row and column; two rows in one column; two columns in one row, whose mean is taken.
    """
    rows, columns = squares.shape
    total = [np.full(columns, np.inf), squares[0].copy()]
    start = [np.zeros(columns, dtype=int), np.arange(columns)]
    for row in range(1, rows):
        here, above = squares[row], squares[row - 1]
        before_total, before_start = _shifted(total[-1], 1, np.inf), _shifted(start[-1], 1, 0)
        wide_total, wide_start = _shifted(total[-1], 2, np.inf), _shifted(start[-1], 2, 0)
        steep_total, steep_start = _shifted(total[-2], 1, np.inf), _shifted(start[-2], 1, 0)
        options = np.stack(
            [before_total + here, wide_total + (_shifted(here, 1, np.inf) + here) / 2, steep_total + above + here]
        )
        which = options.argmin(axis=0)
        total = [total[-1], np.take_along_axis(options, which[None], axis=0)[0]]
        start = [start[-1], np.stack([before_start, wide_start, steep_start])[which, np.arange(columns)]]
    return total[-1], start[-1]


def _shifted(values: np.ndarray, by: int, fill: float) -> np.ndarray:
    return np.concatenate([np.full(min(by, len(values)), fill, dtype=values.dtype), values[: max(len(values) - by, 0)]])


def _apart(ranked: pd.DataFrame) -> pd.DataFrame:
    """The rows, best first, that don't overlap a better one."""
    left = ranked.reset_index(drop=True)
    kept = []
    while len(left):
        one = left.iloc[0]
        kept.append(one)
        shared = np.minimum(left["end_s"], one["end_s"]) - np.maximum(left["start_s"], one["start_s"])
        shorter = np.minimum(left["end_s"] - left["start_s"], one["end_s"] - one["start_s"])
        left = left[shared <= OVERLAP_SHARE * shorter].reset_index(drop=True)
    return pd.DataFrame(kept, columns=list(COLUMNS))
