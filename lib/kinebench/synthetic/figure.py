"""The body's shape around its joints: flesh, clothes, hair, hands and shoes as rounded solids.

Sizes are those of a person of 1.72 m in metres and scale with stature.
"""

import numpy as np

from kinebench.synthetic.body import LATERAL, Body
from kinebench.synthetic.solids import Assembly, Frame, Material

_SIZED_FOR_M = 1.72
_LEFT = np.array([0.0, 1.0, 0.0])


class Dresser:
    """Adds one person, at one instant, to an assembly. `joints`: name -> (3,), from `body.assemble`."""

    def __init__(
        self,
        assembly: Assembly,
        body: Body,
        joints: dict[str, np.ndarray],
        *,
        shorts: bool = False,
        curl: float = 0.2,
        breath: float = 0.0,
    ):
        self.to, self.joints, self.shorts, self.breath = assembly, joints, shorts, breath
        self.scale = body.height_m / _SIZED_FOR_M
        self.curl = curl
        up = joints["neck"] - joints["pelvis"]
        self.up = up / np.linalg.norm(up)
        self.forward = np.cross(_LEFT, self.up)

    def dress(self) -> None:
        """Everything, in the order in which the groups are joined."""
        self._torso()
        self._head()
        for side in ("right", "left"):
            self._leg(side)
            self._arm(side)
            self._hand(side)
            self._shoe(side)

    def _cone(self, a, b, radius_a, radius_b, material, blend=None) -> None:
        blend = None if blend is None else blend * self.scale
        self.to.cone(a, b, radius_a * self.scale, radius_b * self.scale, material, blend)

    def _trunk_point(self, forward: float, left: float, up: float) -> np.ndarray:
        s = self.scale
        return self.joints["pelvis"] + s * (forward * self.forward + left * _LEFT + up * self.up)

    def _across(self, forward: float, half: float, up: float, radius: float, material: Material, blend=None) -> None:
        right, left = (self._trunk_point(forward, side * half, up) for side in (-1, 1))
        self._cone(right, left, radius, radius, material, blend)

    def _torso(self) -> None:
        self.to.group(0.09 * self.scale, frame=(self.joints["pelvis"], self.forward, self.up), scale=self.scale)
        chest = 0.113 + 0.003 * self.breath
        self._across(-0.010, 0.085, 0.015, 0.093, Material.TROUSERS)
        self._across(-0.032, 0.070, -0.006, 0.087, Material.TROUSERS, 0.05)
        self._across(-0.004, 0.080, 0.120, 0.098, Material.SHIRT)
        self._across(-0.010, 0.075, 0.215, 0.101, Material.SHIRT)
        self._across(-0.020, 0.082, 0.335, chest, Material.SHIRT)
        self._across(-0.038, 0.112, 0.445, 0.064, Material.SHIRT)
        for side in LATERAL.values():
            shoulder, root = (
                self._trunk_point(-0.036, side * 0.12, 0.475),
                self._trunk_point(-0.026, side * 0.03, 0.545),
            )
            self._cone(shoulder, root, 0.042, 0.040, Material.SHIRT, 0.05)

    def _head(self) -> None:
        joints, s = self.joints, self.scale
        head = joints["head"]
        forward = joints["nose"] - 0.5 * (joints["left_ear"] + joints["right_ear"])
        # The nose lies a little below the ears' line; the frame is the one that the joints were placed in.
        tilt = np.arctan2(-0.006 - 0.002, 0.064 + 0.004)
        angle = np.arctan2(forward[2], forward[0]) - tilt
        ahead, up = np.array([np.cos(angle), 0, np.sin(angle)]), np.array([-np.sin(angle), 0, np.cos(angle)])
        frame = (head, ahead, up)

        def at(x: float, y: float, z: float) -> np.ndarray:
            return head + s * (x * ahead + y * _LEFT + z * up)

        self.to.group(0.03 * s, join=0.03 * s, frame=frame, scale=s)
        self._cone(self._trunk_point(-0.028, 0, 0.505), at(-0.022, 0, -0.055), 0.060, 0.056, Material.SKIN)
        self._cone(at(-0.030, 0, 0.034), at(0.022, 0, 0.036), 0.082, 0.074, Material.FACE)
        self._cone(at(0.034, 0, 0.012), at(0.064, 0, -0.083), 0.062, 0.031, Material.FACE, 0.04)
        for side in LATERAL.values():
            self._cone(at(0.004, side * 0.048, -0.030), at(0.050, side * 0.018, -0.085), 0.024, 0.024, Material.FACE)
            self._cone(at(0.040, side * 0.036, -0.005), at(0.062, side * 0.026, -0.018), 0.030, 0.024, Material.FACE)
            self._cone(
                at(0.070, side * 0.018, 0.042), at(0.062, side * 0.036, 0.042), 0.019, 0.017, Material.FACE, 0.02
            )
        self._cone(at(0.088, 0, 0.022), at(0.106, 0, -0.010), 0.008, 0.0125, Material.FACE, 0.014)
        self._cone(at(0.081, -0.010, -0.060), at(0.081, 0.010, -0.060), 0.0115, 0.0115, Material.FACE, 0.022)
        self._ears(at, frame)
        self._hair(at, frame)

    def _ears(self, at, frame: Frame) -> None:
        self.to.group(0.008 * self.scale, join=0.006 * self.scale, frame=frame, scale=self.scale)
        for side in LATERAL.values():
            self._cone(at(-0.012, side * 0.078, 0.020), at(-0.006, side * 0.074, 0.004), 0.013, 0.012, Material.SKIN)
            self._cone(at(-0.006, side * 0.074, 0.004), at(0.001, side * 0.069, -0.020), 0.011, 0.008, Material.SKIN)

    def _hair(self, at, frame: Frame) -> None:
        self.to.group(0.03 * self.scale, join=0.004 * self.scale, frame=frame, scale=self.scale)
        self._cone(at(-0.040, 0, 0.046), at(0.000, 0, 0.060), 0.087, 0.078, Material.HAIR)
        self._cone(at(-0.052, 0, 0.010), at(-0.054, 0, -0.030), 0.076, 0.056, Material.HAIR, 0.05)
        self._cone(at(0.010, -0.020, 0.092), at(0.042, 0.016, 0.090), 0.046, 0.034, Material.HAIR)

    def _leg(self, side: str) -> None:
        hip, knee, ankle = (self.joints[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
        s = self.scale
        shank = _limb_frame(knee, ankle)
        along, ahead = -shank[2], shank[1]
        below, thick = (Material.SKIN, -0.006) if self.shorts else (Material.TROUSERS, 0.0)
        self.to.group(0.03 * s, join=0.035 * s, frame=_limb_frame(hip, knee), scale=s)
        self._cone(hip, hip + 0.55 * (knee - hip), 0.090, 0.075, Material.TROUSERS)
        if self.shorts:
            self._cone(hip + 0.5 * (knee - hip), hip + 0.72 * (knee - hip), 0.078, 0.076, Material.TROUSERS, 0.01)
            self.to.group(0.03 * s, join=0.002 * s, frame=_limb_frame(hip, knee), scale=s)
        self._cone(hip + 0.5 * (knee - hip), knee, 0.075 + thick, 0.058 + thick, below)
        self.to.group(0.03 * s, join=0.03 * s, frame=shank, scale=s)
        self._cone(knee, knee + s * (0.008 * ahead + 0.010 * along), 0.056 + thick, 0.046 + thick, below)
        self._cone(knee, ankle - 0.040 * s * along, 0.054 + thick, 0.043 + 2 * thick, below)
        high, low = (knee + k * (ankle - knee) - back * s * ahead for k, back in ((0.12, 0.016), (0.52, 0.020)))
        self._cone(high, low, 0.055 + thick, 0.048 + thick, below)
        self.to.group(0.01 * s, join=0.002 * s, frame=shank, scale=s)
        self._cone(ankle - 0.09 * s * along, ankle + 0.01 * s * along, 0.036, 0.035, Material.SOLE)

    def _arm(self, side: str) -> None:
        shoulder, elbow, wrist = (self.joints[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
        s = self.scale
        frame = _limb_frame(shoulder, elbow)
        self.to.group(0.02 * s, join=0.022 * s, frame=frame, scale=s)
        sleeve = shoulder + 0.62 * (elbow - shoulder)
        self._cone(shoulder - s * (0.010 * self.up + 0.012 * self.forward), sleeve, 0.062, 0.051, Material.SHIRT)
        self.to.group(0.02 * s, join=0.003 * s, frame=frame, scale=s)
        self._cone(shoulder, elbow, 0.046, 0.037, Material.SKIN)
        bulge = elbow + 0.3 * (wrist - elbow)
        self._cone(elbow, bulge, 0.037, 0.039, Material.SKIN)
        self._cone(bulge, wrist, 0.039, 0.025, Material.SKIN)

    def _hand(self, side: str) -> None:
        wrist, index, pinky, thumb = (self.joints[f"{side}_{name}"] for name in ("wrist", "index", "pinky", "thumb"))
        s = self.scale
        self.to.group(0.012 * s, join=0.012 * s, frame=_limb_frame(wrist, index), scale=s)
        knuckles = [wrist + 0.62 * ((1 - k) * index + k * pinky - wrist) for k in (0.05, 0.35, 0.65, 0.95)]
        for knuckle in (knuckles[0], knuckles[2], knuckles[3]):
            self._cone(wrist + 0.12 * (knuckle - wrist), knuckle, 0.019, 0.014, Material.SKIN, 0.02)
        inward = np.cross(index - wrist, thumb - wrist) * LATERAL[side]
        inward /= np.linalg.norm(inward)
        for knuckle, length in zip(knuckles, (0.72, 0.80, 0.76, 0.60), strict=True):
            size = length * np.linalg.norm(knuckle - wrist)
            out = (knuckle - wrist) / np.linalg.norm(knuckle - wrist)
            joint = knuckle + 0.45 * size * (out + 0.9 * self.curl * inward)
            tip = joint + 0.55 * size * ((1 - 1.3 * self.curl) * out + 1.1 * self.curl * inward)
            self._cone(knuckle, joint, 0.0105, 0.0095, Material.SKIN, 0.004)
            self._cone(joint, tip, 0.0095, 0.008, Material.SKIN, 0.004)
        self._cone(wrist + 0.3 * (thumb - wrist), thumb, 0.016, 0.010, Material.SKIN, 0.01)

    def _shoe(self, side: str) -> None:
        ankle, heel, toe = (self.joints[f"{side}_{name}"] for name in ("ankle", "heel", "foot_index"))
        s = self.scale
        line = toe - heel
        ahead = line / np.linalg.norm(line)
        up = np.cross(ahead, _LEFT)
        self.to.group(0.03 * s, join=0.004 * s, frame=(heel, ahead, up), scale=s)
        back, ball = heel + s * (0.032 * ahead + 0.012 * up), toe + s * (-0.045 * ahead + 0.006 * up)
        self._cone(back, ball, 0.037, 0.036, Material.SHOE)
        self._cone(ball, toe + s * (-0.008 * ahead - 0.001 * up), 0.036, 0.027, Material.SHOE)
        self._cone(
            ankle - s * 0.022 * up - s * 0.012 * ahead,
            0.35 * back + 0.65 * ball + s * 0.022 * up,
            0.038,
            0.027,
            Material.SHOE,
        )
        pitch = np.degrees(np.arctan2(ahead[2], ahead[0]))
        middle = 0.5 * (heel + toe) + s * (0.006 * ahead - 0.020 * up)
        self.to.box(middle, (0.145 * s, 0.042 * s, 0.012 * s), 0.011 * s, Material.SOLE, pitch)


def _limb_frame(proximal: np.ndarray, distal: np.ndarray) -> Frame:
    """Origin at the proximal joint, upward along the limb, forward square to it and near the body's front."""
    up = (proximal - distal) / np.linalg.norm(proximal - distal)
    ahead = np.cross(_LEFT, up)
    if np.linalg.norm(ahead) < 0.2:
        ahead = np.cross(np.array([0.0, 0.0, 1.0]), up)
    return proximal, ahead / np.linalg.norm(ahead), up
