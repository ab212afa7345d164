"""Walkers' bodies as solids in the world: dressed as someone who faces +x, then turned to where they face."""

from collections.abc import Sequence

import numpy as np

from kinebench.synthetic.body import Body
from kinebench.synthetic.figure import Dresser
from kinebench.synthetic.solids import Assembly, Material
from kinebench.synthetic.walking import turned

Joints = dict[str, np.ndarray]
CURL = 0.45  # of the fingers
# Columns of a solid's row that hold points, and of a group's frame that hold directions (see `distance`, `solids`).
_POINTS = (slice(4, 7), slice(7, 10))
_GROUP, _FRAME = 1, 15


class WalkerDresser(Dresser):
    """Shoes may point aside from where the body faces, and their soles are made of what can be turned."""

    def _shoe(self, side: str) -> None:
        ankle, heel, toe = (self.joints[f"{side}_{name}"] for name in ("ankle", "heel", "foot_index"))
        s = self.scale
        ahead = (toe - heel) / np.linalg.norm(toe - heel)
        up = (ankle - heel) - ((ankle - heel) @ ahead) * ahead
        up /= np.linalg.norm(up)
        aside = np.cross(up, ahead)
        self.to.group(0.03 * s, join=0.004 * s, frame=(heel, ahead, up), scale=s)
        back, ball = heel + s * (0.032 * ahead + 0.012 * up), toe + s * (-0.045 * ahead + 0.006 * up)
        self._cone(back, ball, 0.037, 0.036, Material.SHOE)
        self._cone(ball, toe + s * (-0.008 * ahead - 0.001 * up), 0.036, 0.027, Material.SHOE)
        instep = 0.35 * back + 0.65 * ball + s * 0.022 * up
        self._cone(ankle - s * (0.022 * up + 0.012 * ahead), instep, 0.038, 0.027, Material.SHOE)
        self.to.group(0.02 * s, join=0.002 * s, frame=(heel, ahead, up), scale=s)
        for out in (-0.026, 0.0, 0.026):
            front = toe + s * ((0.016 - 0.3 * abs(out)) * ahead + out * aside - 0.017 * up)
            rear = heel + s * ((0.004 + 0.3 * abs(out)) * ahead + 0.8 * out * aside - 0.017 * up)
            self._cone(rear, front, 0.014, 0.014, Material.SOLE, 0.02)


def dressed(body: Body, joints: Joints, heading: float, number: int, *, shorts: bool) -> tuple[np.ndarray, np.ndarray]:
    """Solids (solids, 16) and groups' frames (groups, 10) of one walker at one instant.

    joints: name -> (3,) in the world; heading: radians; number: whose palette the materials come from.
    """
    assembly = Assembly()
    assembly.person(number)
    facing_x = {name: turned(point, -heading) for name, point in joints.items()}
    WalkerDresser(assembly, body, facing_x, shorts=shorts, curl=CURL).dress()
    solids, frames = assembly.arrays()
    for part in _POINTS:
        solids[:, part] = turned(solids[:, part], heading)
    for part in (slice(0, 3), slice(3, 6), slice(6, 9)):
        frames[:, part] = turned(frames[:, part], heading)
    return solids, frames


def together(people: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Several people's solids and frames as one assembly's."""
    solids, frames, groups, before = [], [], 0, 0
    for own, own_frames in people:
        own = own.copy()
        own[:, _GROUP] += groups
        own[:, _FRAME] += before
        groups, before = int(own[:, _GROUP].max()) + 1, before + len(own_frames)
        solids.append(own)
        frames.append(own_frames)
    return np.concatenate(solids), np.concatenate(frames)
