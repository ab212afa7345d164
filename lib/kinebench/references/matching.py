"""How far a clip is from one reference movement, wherever in the clip and at whatever tempo it occurs.

The reference is laid on the stretch of the clip that fits it best by subsequence dynamic time warping (Müller 2007,
Information Retrieval for Music and Motion, chapter 4). What then still lies between them is told apart into two parts:

- *course*: how much of the reference's movement is not followed, the root mean square of what is left once the mean
  difference of every joint is taken off, as share of the reference's own movement about its mean. 0: the same course;
  1: what somebody gives who stands still.
- *posture*: the mean difference itself, in trunk lengths: another posture, but also another body or a camera that is
  turned a little.

The distance is the two together, with `POSTURE_TRUNKS` as the posture's unit: 0 is the same movement in the same
posture, and 1 is as far as somebody who stands still in the reference's mean posture.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.comparison.trajectories import Trajectories
from kinebench.errors import KinebenchError

POSTURE_TRUNKS = 0.4
"""Mean postures so far apart weigh as much as standing still: about the median distance between mean postures of
different movements of the synthetic subjects, 0.39 trunk lengths; those of one movement, different bodies and cameras
turned by up to 12 deg, lie 0.02 to 0.17 apart."""
STILL_WEIGHT = 0.3
"""Share of the weight that all joints have alike; the rest goes by how much each moves in the reference. Without the
first a posture would not count, without the second the many still joints of a punch would outweigh the arm."""
PIECE_S = 4.0
"""A longer reference, as of a whole set, is looked for in pieces of this length at most: how many repetitions it holds
and how long the pauses are is no part of the movement."""
STILL_TRUNKS = 0.02
"""A reference whose joints move less on average holds no movement: two pixels where the trunk measures a hundred."""


@dataclass(frozen=True)
class Match:
    """distance, course, posture as in the module's docstring; start_s, stop_s: the stretch of the clip, from the first
    to the last piece of the reference found.
    """

    distance: float
    course: float
    posture: float
    start_s: float
    stop_s: float


def match(reference: Trajectories, query: Trajectories) -> Match:
    """The best match of a reference, in which something moves, with a stretch of the query.

    Both of the same joints and at the same rate.
    """
    ways, seen = reference.bridged(), query.bridged()
    weights = _weights(ways, reference.confidence * query.confidence)
    scale = np.sqrt(weights)[:, None]
    ways, seen = (ways * scale).reshape(len(ways), -1), (seen * scale).reshape(len(seen), -1)
    count = max(int(np.ceil(reference.duration_s / PIECE_S)), 1)
    found = [_piece(part, seen) for part in np.array_split(ways, count)]
    steps = np.array([piece.steps for piece in found])
    left, moved, apart = (
        np.average([getattr(piece, name) for piece in found], weights=steps) for name in ("left", "moved", "apart")
    )
    course = float(np.sqrt(left / moved))
    posture = float(np.sqrt(apart))
    return Match(
        distance=float(np.hypot(course, posture / POSTURE_TRUNKS)),
        course=course,
        posture=posture,
        start_s=float(query.time_s[min(piece.first for piece in found)]),
        stop_s=float(query.time_s[max(piece.last for piece in found)]),
    )


def movement(reference: Trajectories) -> np.ndarray:
    """How much each joint moves about its mean place, mean square in trunk lengths, shape (joints,)."""
    return _movement(reference.bridged())


def _movement(ways: np.ndarray) -> np.ndarray:
    return ((ways - ways.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0)


def _weights(ways: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Weight of each joint, together 1."""
    moved = _movement(ways)
    share = moved / moved.sum() if moved.sum() > 0 else np.full(len(moved), 1 / len(moved))
    weights = (STILL_WEIGHT / len(moved) + (1 - STILL_WEIGHT) * share) * np.maximum(confidence, 1e-3)
    return weights / weights.sum()


@dataclass(frozen=True)
class _Piece:
    """Mean squares over the `steps` of a path: left over, moved, apart; first and last sample of the query."""

    left: float
    moved: float
    apart: float
    steps: int
    first: int
    last: int


def _piece(ways: np.ndarray, seen: np.ndarray) -> _Piece:
    """A piece (samples, dimensions) on its best stretch of the query (samples, dimensions)."""
    path = _path(ways, seen)
    along = ways[path[:, 0]]
    between = along - seen[path[:, 1]]
    mean = between.mean(axis=0)
    return _Piece(
        left=float(((between - mean) ** 2).sum(axis=1).mean()),
        moved=float(((along - along.mean(axis=0)) ** 2).sum(axis=1).mean()),
        apart=float((mean**2).sum()),
        steps=len(path),
        first=int(path[0, 1]),
        last=int(path[-1, 1]),
    )


def _path(ways: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Pairs of samples, shape (steps, 2): all of `ways`, in order, on the best stretch of `seen`."""
    try:
        from dtaidistance import dtw_cc  # noqa: F401
        from dtaidistance.subsequence.dtw import SubsequenceAlignment
    except ImportError as error:
        raise KinebenchError(
            f"Recognising needs dtaidistance with its C library, but it is not there ({error}). Install it with: pip "
            "install --force-reinstall dtaidistance"
        ) from error
    aligned = SubsequenceAlignment(np.ascontiguousarray(ways), np.ascontiguousarray(seen), penalty=0.0, use_c=True)
    return np.array(aligned.best_match().path)
