"""Pose against pose: one instant of the reference, and how alike to it the person is over the whole clip."""

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.comparison import poses
from kinebench.comparison.trajectories import trajectories
from kinebench.errors import KinebenchError
from kinebench.reps import rows
from kinebench.tasks import OURS, Metric
from kinebench.tasks.compare.model import Model

MEASURES = ("cosine", "directions")
MOVE_MIRROR = "Move Mirror (Google Creative Lab and Oh, 2018)"


def instant_s(model: Model, wanted: float | None) -> float:
    """When in the reference, from its first instant: as wanted, or where it is farthest from the pose it starts with.

    KinebenchError where it lies beyond the reference.
    """
    if wanted is None:
        ways = trajectories(model.keypoints)
        xy = ways.bridged()
        off = ((xy - xy[0]) ** 2).sum(axis=(1, 2))
        return float(ways.time_s[int(off.argmax())] - ways.time_s[0])
    lasts = model.reference.duration_s
    if wanted > lasts:
        raise KinebenchError(
            f"pose_s must lie within the reference {model.reference.name}, which lasts {lasts:.2f} s, but got {wanted}."
        )
    return wanted


def course(model: Model, table: pd.DataFrame, at_s: float, joints: str) -> pd.DataFrame:
    """Index time_s; `cosine`, `directions`: how alike each frame is to the reference's pose at `at_s`, 1 the same."""
    time_s = keypoints.times(model.keypoints)
    frame = int(np.abs(time_s - time_s[0] - at_s).argmin())
    pose = model.keypoints.iloc[[frame]]
    return pd.DataFrame({one: poses.similarity(pose, table, measure=one, joints=joints) for one in MEASURES})


def best(found: pd.DataFrame, reps: pd.DataFrame) -> pd.DataFrame:
    """The repetitions with when each accepted one comes nearest to the pose, and how near by either measure."""
    table = reps.copy()
    for name in ("pose_s", *(f"pose_{one}" for one in MEASURES)):
        table[name] = np.nan
    time_s = found.index.to_numpy(float)
    for row in rows(table[table["accepted"]]):
        part = found[(time_s >= row.start_s) & (time_s <= row.end_s)]
        if part["cosine"].notna().any():
            nearest = part["cosine"].idxmax()
            table.loc[row.Index, ["pose_s", "pose_cosine", "pose_directions"]] = [
                nearest,
                *part.loc[nearest, list(MEASURES)],
            ]
    return table


def metrics(reps: pd.DataFrame, at_s: float) -> list[Metric]:
    """How near the movements come to the pose, at best."""
    good = reps[reps["accepted"]]
    where = f"the reference's pose {at_s:.2f} s after its start, each movement where it comes nearest"
    cosine, directions = (good[f"pose_{one}"].dropna() for one in MEASURES)
    return [
        Metric(
            "pose_cosine",
            float(cosine.mean()) if len(cosine) else None,
            "",
            f"mean over movements: likeness to {where}: cosine of the keypoints in their own tight box, as one vector "
            "of length 1, weighted by confidence; 1 is the same",
            MOVE_MIRROR,
            spatial=True,
        ),
        Metric(
            "pose_directions",
            float(directions.mean()) if len(directions) else None,
            "",
            f"mean over movements: likeness to {where}, whatever the body's proportions: mean cosine of the angles by "
            "which the limbs' directions differ, weighted by confidence; 1 is the same",
            OURS,
            spatial=True,
        ),
    ]
