"""Two keypoint tables made a pair: as many instants, the same joints, mirrored where that fits, one path."""

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.comparison import parts, warping
from kinebench.comparison.settings import Comparing
from kinebench.comparison.trajectories import Trajectories, trajectories
from kinebench.errors import KinebenchError

Span = tuple[float | None, float | None]
WHOLE: Span = (None, None)
QUICK_LOOK = 200
"""Samples at which it is decided whether the mirror image fits better."""
MOST_SAMPLES = 36_000
"""Ten minutes at 60 a second: the band of a longer movement would not fit into memory."""


def pair(
    reference: pd.DataFrame, query: pd.DataFrame, settings: Comparing, reference_span: Span, query_span: Span
) -> tuple[Trajectories, Trajectories]:
    """Both movements at the same number of instants and with the same joints, the query mirrored where asked for."""
    shared = [joint for joint in keypoints.joints(reference) if joint in set(keypoints.joints(query))]
    names = parts.chosen(settings.joints, shared)
    seconds = max(_seconds(table, span) for table, span in ((reference, reference_span), (query, query_span)))
    count = max(int(np.ceil(seconds * settings.sampling_hz)) + 1, 2)
    if count > MOST_SAMPLES:
        raise KinebenchError(
            f"a movement must have at most {MOST_SAMPLES} samples, but {seconds:.0f} s at {settings.sampling_hz:g} Hz "
            "have more. Choose a stretch, or lower sampling_hz."
        )

    def read(table: pd.DataFrame, span: Span, samples: int, mirror: bool = False) -> Trajectories:
        return trajectories(
            table,
            variant=settings.invariant,
            samples=samples,
            start_s=span[0],
            stop_s=span[1],
            joints=names,
            mirror=mirror,
        )

    mirror = settings.mirror == "yes"
    if settings.mirror == "auto":
        quick = min(count, QUICK_LOOK)
        model = read(reference, reference_span, quick)
        plain, turned = (_off(model, read(query, query_span, quick, way), settings) for way in (False, True))
        mirror = turned < plain
    return common_joints(read(reference, reference_span, count), read(query, query_span, count, mirror))


def common_joints(reference: Trajectories, query: Trajectories) -> tuple[Trajectories, Trajectories]:
    """Both with only the joints that both have; KinebenchError with the reasons where there is none."""
    names = [joint for joint in reference.joints if joint in query.joints]
    if not names:
        reasons = {**query.left_out, **reference.left_out}
        said = "; ".join(f"{joint}: {reason}" for joint, reason in reasons.items()) or "none was chosen"
        raise KinebenchError(
            f"reference and query must share at least one usable joint, but share none ({said}). "
            "Choose other joints or another stretch."
        )
    return reference.only(names), query.only(names)


def joint_weights(reference: Trajectories, query: Trajectories, settings: Comparing) -> np.ndarray:
    """The chosen weights times the confidence (geometric mean of both), mean 1, shape (joints,)."""
    given = np.array(list(parts.weights(settings.joint_weights, reference.joints).values()))
    trust = np.sqrt(reference.confidence * query.confidence)
    weight = given * trust if (given * trust).any() else given
    return weight / weight.mean()


def common_path(reference: Trajectories, query: Trajectories, weight: np.ndarray, settings: Comparing) -> warping.Warp:
    """One path for all joints: over their coordinates side by side, each by its weight."""
    share = np.repeat(np.sqrt(weight / weight.sum()), 2)
    flat = [ways.bridged().reshape(len(ways.time_s), -1) * share for ways in (reference, query)]
    return warping.warp(flat[0], flat[1], window_share=settings.window_share, penalty=settings.penalty)


def joint_distances(path: warping.Warp, reference: Trajectories, query: Trajectories) -> np.ndarray:
    """Root mean square distance of every joint along one path, shape (joints,); missing values are skipped."""
    return warping.mean_distance(path.distances(reference.xy, query.xy))


def _off(reference: Trajectories, query: Trajectories, settings: Comparing) -> float:
    """How far two movements lie apart along their common path, endless where they share no joint."""
    if not set(reference.joints) & set(query.joints):
        return float("inf")
    own, other = common_joints(reference, query)
    weight = joint_weights(own, other, settings)
    squares = joint_distances(common_path(own, other, weight, settings), own, other) ** 2
    known = np.isfinite(squares)
    return float((weight * squares)[known].sum() / weight[known].sum()) if weight[known].any() else float("inf")


def _seconds(table: pd.DataFrame, span: Span) -> float:
    time_s = keypoints.times(table)
    if len(time_s) < 2:
        return 0.0
    start, stop = (end if given is None else given for given, end in zip(span, time_s[[0, -1]], strict=True))
    return float(min(stop, time_s[-1]) - max(start, time_s[0]))
