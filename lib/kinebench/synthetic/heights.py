"""Heights above the floor and the knees' distance, from joints in space."""

import numpy as np

from kinebench import skeleton

Joints = dict[str, np.ndarray]
_RISING = ("hip", "knee")


def heights(joints: Joints) -> Joints:
    """Heights in metres (times,) of hips, knees, the middle of the shoulders, and of a bar where there is one; and the
    distance between the knees over that between the ankles, both sideways."""
    found = {f"{side}_{name}_height_m": joints[f"{side}_{name}"][:, 2] for side in skeleton.SIDES for name in _RISING}
    found["shoulder_height_m"] = 0.5 * (joints["left_shoulder"] + joints["right_shoulder"])[:, 2]
    if "bar" in joints:
        found["bar_height_m"] = joints["bar"][:, 2]
    knees, ankles = (joints[f"left_{name}"][:, 1] - joints[f"right_{name}"][:, 1] for name in ("knee", "ankle"))
    return found | {"knee_to_ankle_distance": knees / ankles}
