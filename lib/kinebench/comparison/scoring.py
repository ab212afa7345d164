"""How alike two movements are: scores from 0 to 100 by joint, by body part and over all.

score = 100 (1 - cost(d) / cost(c)), at least 0: d the root mean square distance along the warped path, c that of
chance (`chance`). 100 is a perfect copy, 0 is no nearer to the reference than an unrelated movement.

cost(d) = sqrt(d2 + e2) - e (Charbonnier et al. 1994, doi:10.1109/ICIP.1994.413553) grows in proportion to the distance
where that is larger than e, the error of single-camera angles (5 deg), and with its square below: the noise of
keypoints costs next to nothing, a fault that the camera can tell costs in full. The score of a body part, and that
over all, sets the costs of its joints together against those of chance, each by its chosen weight and its confidence:
so a joint that moves much tells more than one that keeps still, and one beyond chance is not forgiven.

Speed lowers no score: both movements are read at the same number of instants from first to last, then warped; `tempo`
reports it apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench.comparison import parts, tempo, warping
from kinebench.comparison.chance import chance, error
from kinebench.comparison.pairing import WHOLE, Span, common_path, joint_distances, joint_weights, pair
from kinebench.comparison.settings import Comparing
from kinebench.comparison.trajectories import Trajectories


@dataclass(frozen=True)
class Comparison:
    """What came out of comparing a query with a reference.

    score: over all, 0 to 100; in_step_score: the same with one common time for all joints, lower where they are out of
    step; parts: index part; joints: index joint, both with score, in_step_score, distance, chance and error (trunk
    lengths), and weight; time_ratio: the query's duration as a multiple of the reference's; tempo: `tempo.tempo`;
    paces: where too fast or too slow; mirrored: whether left and right of the query were changed; left_out: joint ->
    reason; path: the common path, between samples of `reference` and `query`.
    """

    score: float
    in_step_score: float
    parts: pd.DataFrame
    joints: pd.DataFrame
    time_ratio: float
    tempo: pd.DataFrame
    paces: pd.DataFrame
    mirrored: bool
    left_out: Mapping[str, str]
    path: warping.Warp
    reference: Trajectories
    query: Trajectories


def compare(
    reference: pd.DataFrame,
    query: pd.DataFrame,
    settings: Comparing,
    *,
    reference_span: Span = WHOLE,
    query_span: Span = WHOLE,
    chance_distance: Mapping[str, float] | None = None,
) -> Comparison:
    """Compare two (smoothed) keypoint tables, or stretches of them in seconds.

    chance_distance: joint -> its chance where it is known from an earlier comparison with the same reference.
    KinebenchError where they share no usable joint.
    """
    own, other = pair(reference, query, settings, reference_span, query_span)
    weight = joint_weights(own, other, settings)
    common = common_path(own, other, weight, settings)
    table = _by_joint(own, other, common, settings, chance_distance)
    speeds = tempo.tempo(common, own, other)
    return Comparison(
        score=pooled(table, "distance"),
        in_step_score=pooled(table, "in_step_distance"),
        parts=_by_part(table),
        joints=table,
        time_ratio=tempo.time_ratio(own, other),
        tempo=speeds,
        paces=tempo.paces(speeds),
        mirrored=other.mirrored,
        left_out={**other.left_out, **own.left_out},
        path=common,
        reference=own,
        query=other,
    )


def costs(distance: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Costs of distances, `noise` that of the camera's error; NaN where the distance is unknown."""
    return np.hypot(distance, noise) - noise


def scores(cost: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Scores from 0 to 100 of costs, `most` that of chance."""
    return 100 * np.maximum(1 - cost / most, 0.0)


def pooled(joints: pd.DataFrame, column: str) -> float:
    """The score of several joints together from one of the columns of distances; NaN where none is known."""
    distance, zero, noise, weight = (joints[name].to_numpy(float) for name in (column, "chance", "error", "weight"))
    weight = np.where(np.isfinite(distance), weight, 0.0)
    if not weight.any():
        return float("nan")
    cost = weight @ np.nan_to_num(costs(distance, noise))
    return float(scores(cost, weight @ costs(zero, noise)))


def score(
    reference: Trajectories, query: Trajectories, settings: Comparing, chance_distance: Mapping[str, float]
) -> float:
    """The score over all of two movements read at the same number of instants, with the same joints, and no more."""
    path = common_path(reference, query, joint_weights(reference, query, settings), settings)
    table = _by_joint(reference, query, path, settings, chance_distance)
    return pooled(table, "distance")


def _by_joint(
    reference: Trajectories,
    query: Trajectories,
    common: warping.Warp,
    settings: Comparing,
    chance_distance: Mapping[str, float] | None,
) -> pd.DataFrame:
    """The table of joints of `Comparison`."""
    zero, noise = _chance(reference, settings, chance_distance), error(reference)
    in_step = joint_distances(common, reference, query)
    single = in_step if settings.timing == "all joints" else _each(reference, query, settings)
    return pd.DataFrame(
        {
            "part": [parts.part_of(joint) for joint in reference.joints],
            "score": scores(costs(single, noise), costs(zero, noise)),
            "in_step_score": scores(costs(in_step, noise), costs(zero, noise)),
            "distance": single,
            "in_step_distance": in_step,
            "chance": zero,
            "error": noise,
            "weight": joint_weights(reference, query, settings),
        },
        index=pd.Index(reference.joints, name="joint"),
    )


def _by_part(joints: pd.DataFrame) -> pd.DataFrame:
    groups = {part: joints[joints["part"] == part] for part in parts.PARTS}
    rows = {
        part: {"score": pooled(own, "distance"), "in_step_score": pooled(own, "in_step_distance"), "joints": len(own)}
        for part, own in groups.items()
        if len(own)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("part")


def _chance(reference: Trajectories, settings: Comparing, given: Mapping[str, float] | None) -> np.ndarray:
    if given is not None and all(joint in given for joint in reference.joints):
        return np.array([given[joint] for joint in reference.joints])
    return chance(reference, window_share=settings.window_share, penalty=settings.penalty)


def _each(reference: Trajectories, query: Trajectories, settings: Comparing) -> np.ndarray:
    """Root mean square distance of every joint, warped by itself, shape (joints,)."""
    one, two = reference.bridged(), query.bridged()
    known = reference.known, query.known
    found = []
    for joint in range(len(reference.joints)):
        own, other = one[:, joint], two[:, joint]
        path = warping.warp(own, other, window_share=settings.window_share, penalty=settings.penalty)
        seen = known[0][path.reference, joint] & known[1][path.query, joint]
        found.append(float(warping.mean_distance(path.distances(own, other), seen)))
    return np.array(found)
