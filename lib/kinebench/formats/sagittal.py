"""From markers in the lab to a picture from the side: what a camera on the person's right, infinitely far away, sees.

The sagittal plane of a recording is upright and square to the hips' mean horizontal line from right to left. Seen from
the person's right, who faces the picture's right; y down; `PX_PER_M` pixels a metre, without perspective; the picture's
origin is `MARGIN_PX` left of and above the outermost markers.

Markers that all lie in one plane z = constant come from a single camera and are seen as it saw them, x to the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinebench.errors import KinebenchError

PX_PER_M = 500.0
MARGIN_PX = 100.0
TURNED_DEG = 30.0
LEAST_COMMON = 0.2
"""Length of the mean of the hips' directions, 1 where they never turn, below which there is no common plane."""


@dataclass(frozen=True, eq=False)
class View:
    """values: (frames, joints, 6) as `keypoints.PLANE + WORLD`, confidence 1 where the marker is; notes on it."""

    values: np.ndarray
    notes: tuple[str, ...]


def view(positions_m: np.ndarray, joints: Sequence[str], file: str) -> View:
    """The picture of markers `positions_m`, (frames, joints, 3) in metres, right-handed with y up, NaN where missing.

    World coordinates are metres from the middle of the hips: x to the picture's right, y down, z away from the viewer;
    none where the markers lie in one plane. KinebenchError where no marker is there, both hips are never there
    together, or the person turns so that there is no common plane.
    """
    if not np.isfinite(positions_m).any():
        raise KinebenchError(f"{file} must have a marker of the body in one frame at least, but has none.")
    if np.nanmin(positions_m[..., 2]) == np.nanmax(positions_m[..., 2]):
        values = _in_picture(positions_m * [1.0, -1.0, 1.0])
        return View(values, ("Its markers lie in one plane, which was taken as the picture's, x to the right.",))
    lacking = [hip for hip in ("left_hip", "right_hip") if hip not in joints]
    if lacking:
        raise KinebenchError(f"{file} must have markers of both hips, to tell the sagittal plane, but has not.")
    left, right = (positions_m[:, list(joints).index(hip)] for hip in ("left_hip", "right_hip"))
    across = left - right
    away, turned = _mean_direction(across[:, [0, 2]], file)
    # y is up and z to the person's right in a right-handed frame: forward = up x right.
    to_picture = np.array([[-away[1], 0.0, away[0]], [0.0, -1.0, 0.0], [away[0], 0.0, away[1]]])
    seen = positions_m @ to_picture.T
    world = seen - ((left + right) / 2 @ to_picture.T)[:, None]
    notes = [
        "Markers were projected onto the sagittal plane, upright and square to the hips' mean horizontal line, and are "
        f"seen from the person's right at {PX_PER_M:g} px a metre; confidence is 1 where there is a marker."
    ]
    if turned:
        notes.append(
            f"In {turned:.0%} of the frames the hips are turned by more than {TURNED_DEG:g} deg from that plane: "
            "angles are foreshortened there."
        )
    return View(np.concatenate([_in_picture(seen), world], axis=2), tuple(notes))


def _in_picture(seen: np.ndarray) -> np.ndarray:
    """x, y and confidence, (frames, joints, 3), of positions in metres along the picture's right, down and depth."""
    plane = seen[..., :2]
    values = np.full((*seen.shape[:2], 3), np.nan)
    values[..., :2] = (plane - np.nanmin(plane, axis=(0, 1))) * PX_PER_M + MARGIN_PX
    values[..., 2] = np.isfinite(plane[..., 0])
    return values


def _mean_direction(across: np.ndarray, file: str) -> tuple[np.ndarray, float]:
    """The mean direction of (frames, 2), and the share of the frames that are turned far from it."""
    length = np.linalg.norm(across, axis=1, keepdims=True)
    known = np.isfinite(length[:, 0]) & (length[:, 0] > 0)
    if not known.any():
        raise KinebenchError(f"{file} must have both hips apart in one frame at least, but has not.")
    unit = across[known] / length[known]
    mean = unit.mean(axis=0)
    common = float(np.linalg.norm(mean))
    if common < LEAST_COMMON:
        raise KinebenchError(
            f"{file} must show a movement in one sagittal plane, but the person turns round in it. Cut out a part."
        )
    cosine = np.clip(unit @ mean / common, -1.0, 1.0)
    return mean / common, float((np.degrees(np.arccos(cosine)) > TURNED_DEG).mean())
