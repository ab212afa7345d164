"""The subject's body: segment lengths from stature, and the joints in space from a posture.

Segment lengths are the fractions of stature by Drillis and Contini (1966) as printed in Winter, Biomechanics and
Motor Control of Human Movement, 4th ed. 2009, figure 4.1. Joint centres lie narrower than the skin's breadths given
there; the head's and feet's landmarks are placed as the BlazePose names mean them.
"""

from dataclasses import dataclass

import numpy as np

SOLE_M = 0.02  # shoes lift the body by this
FOOT_MARK_M = 0.032  # heel and foot index lie this far above the sole's underside


@dataclass(frozen=True)
class Body:
    """Lengths in metres of a person of stature `height_m`."""

    height_m: float

    @property
    def shank(self) -> float:
        """Knee to ankle."""
        return 0.246 * self.height_m

    @property
    def thigh(self) -> float:
        """Hip to knee."""
        return 0.245 * self.height_m

    @property
    def trunk(self) -> float:
        """Hip to shoulder along the trunk: shoulder height 0.818 less hip height 0.530."""
        return 0.288 * self.height_m

    @property
    def upper_arm(self) -> float:
        """Shoulder to elbow."""
        return 0.186 * self.height_m

    @property
    def forearm(self) -> float:
        """Elbow to wrist."""
        return 0.146 * self.height_m

    @property
    def hand(self) -> float:
        """Wrist to fingertip."""
        return 0.108 * self.height_m

    @property
    def ankle_height(self) -> float:
        """Ankle joint above the floor, shoe included."""
        return 0.039 * self.height_m + SOLE_M

    @property
    def hip_over_seat(self) -> float:
        """Hip joint above the surface sat on."""
        return 0.052 * self.height_m

    @property
    def hip_half(self) -> float:
        """Half the distance between the hip joints; knees and ankles stand as wide apart."""
        return 0.054 * self.height_m

    @property
    def shoulder_half(self) -> float:
        """Half the distance between the shoulder joints (biacromial breadth 0.259 less the deltoids)."""
        return 0.101 * self.height_m


@dataclass(frozen=True)
class Posture:
    """What a motion decides, per time; everything in the frame of someone who faces +x. Angles in degrees.

    hip: (times, 2) x and z of the mid-hip; trunk_lean, head_pitch: (times,) from the vertical, positive forward;
    ankle_x: x of the right and the left ankle; ankle_z: height of both; foot_pitch: toes up positive;
    wrist: (times, 2, 3) right and left wrist; elbow_hint: (times, 2, 3) direction in which each elbow points;
    grip: (times, 2, 3) direction from each wrist along the hand; palm: (times, 2, 3) direction of each thumb.
    """

    hip: np.ndarray
    trunk_lean: np.ndarray
    head_pitch: np.ndarray
    ankle_x: tuple[float, float]
    ankle_z: float
    foot_pitch: float
    wrist: np.ndarray
    elbow_hint: np.ndarray
    grip: np.ndarray
    palm: np.ndarray


ROWS = {"right": 0, "left": 1}  # the side towards the camera comes first
LATERAL = {"right": -1.0, "left": 1.0}


def trunk_frame(lean_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Forward and upward unit vectors (times, 3) of a trunk or head tipped forward by `lean_deg`."""
    lean = np.radians(np.asarray(lean_deg, dtype=float))
    zero = np.zeros_like(lean)
    return np.stack([np.cos(lean), zero, -np.sin(lean)], -1), np.stack([np.sin(lean), zero, np.cos(lean)], -1)


def two_links(start: np.ndarray, end: np.ndarray, first: float, second: float, hint: np.ndarray) -> np.ndarray:
    """The joint between two links of given lengths that reach from `start` to `end`, bent towards `hint`; (times, 3).

    Where the ends lie further apart than the links are long the chain is straight and `end` is out of reach; motions
    are made so that it never happens.
    """
    line = end - start
    distance = np.linalg.norm(line, axis=-1, keepdims=True)
    along = line / distance
    projection = (first**2 - second**2 + distance**2) / (2 * distance)
    off = np.sqrt(np.maximum(first**2 - projection**2, 0.0))
    across = hint - (hint * along).sum(-1, keepdims=True) * along
    return start + projection * along + off * across / np.linalg.norm(across, axis=-1, keepdims=True)


def assemble(body: Body, posture: Posture) -> dict[str, np.ndarray]:
    """Joint name -> (times, 3): the 33 BlazePose joints, and `neck`, `head`, `pelvis` for whoever draws the body."""
    lateral = np.array([0.0, 1.0, 0.0])
    pelvis = np.stack([posture.hip[:, 0], np.zeros(len(posture.hip)), posture.hip[:, 1]], -1)
    _, up = trunk_frame(posture.trunk_lean)
    neck = pelvis + body.trunk * up
    joints = {"pelvis": pelvis, "neck": neck}
    for side, row in ROWS.items():
        out = LATERAL[side] * lateral
        joints[f"{side}_hip"] = pelvis + body.hip_half * out
        joints[f"{side}_shoulder"] = neck + body.shoulder_half * out
        joints |= _leg(body, posture, side, joints[f"{side}_hip"])
        joints |= _arm(body, posture, side, joints[f"{side}_shoulder"], row)
    return joints | head(body, posture.trunk_lean, posture.head_pitch, neck)


def _leg(body: Body, posture: Posture, side: str, hip: np.ndarray) -> dict[str, np.ndarray]:
    ankle = np.zeros_like(hip)
    ankle[:] = [posture.ankle_x[ROWS[side]], LATERAL[side] * body.hip_half, posture.ankle_z]
    forward, up = (axis[0] for axis in trunk_frame(np.array([-posture.foot_pitch])))
    sole = ankle - (body.ankle_height - FOOT_MARK_M) * up
    knee = two_links(hip, ankle, body.thigh, body.shank, np.array([1.0, 0.0, 0.2]))
    return {
        f"{side}_knee": knee,
        f"{side}_ankle": ankle,
        f"{side}_heel": sole - 0.030 * body.height_m * forward,
        f"{side}_foot_index": sole + 0.105 * body.height_m * forward,
    }


def _arm(body: Body, posture: Posture, side: str, shoulder: np.ndarray, row: int) -> dict[str, np.ndarray]:
    wrist, grip, palm = posture.wrist[:, row], posture.grip[:, row], posture.palm[:, row]
    return {
        f"{side}_elbow": two_links(shoulder, wrist, body.upper_arm, body.forearm, posture.elbow_hint[:, row]),
        **hand(body, side, wrist, grip, palm),
    }


def hand(body: Body, side: str, wrist: np.ndarray, grip: np.ndarray, palm: np.ndarray) -> dict[str, np.ndarray]:
    """Wrist and fingers, name -> (times, 3), from the directions along the hand and of the thumb."""
    return {
        f"{side}_wrist": wrist,
        f"{side}_index": wrist + body.hand * (0.80 * grip + 0.14 * palm),
        f"{side}_pinky": wrist + body.hand * (0.70 * grip - 0.22 * palm),
        f"{side}_thumb": wrist + body.hand * (0.45 * grip + 0.28 * palm),
    }


# x forward, y to the left, z up of the head's middle (between the ear canals), as fractions of stature.
_FACE = {
    "nose": (0.064, 0.0, -0.006),
    "eye_inner": (0.050, 0.009, 0.014),
    "eye": (0.048, 0.0185, 0.014),
    "eye_outer": (0.043, 0.026, 0.014),
    "ear": (-0.004, 0.044, 0.002),
    "mouth": (0.050, 0.014, -0.034),
}


def head(body: Body, trunk_lean: np.ndarray, head_pitch: np.ndarray, neck: np.ndarray) -> dict[str, np.ndarray]:
    """The head's middle as `head`, and the face, name -> (times, 3), of someone who faces +x; angles in degrees."""
    forward, up = trunk_frame(head_pitch)
    trunk_forward, trunk_up = trunk_frame(trunk_lean)
    base = neck + body.height_m * (0.030 * trunk_up - 0.004 * trunk_forward)
    centre = base + body.height_m * (0.084 * up + 0.012 * forward)
    joints = {"head": centre}
    for name, (x, y, z) in _FACE.items():
        middle = centre + body.height_m * (x * forward + z * up)
        if y == 0.0:
            joints[name] = middle
            continue
        for side in ROWS:
            joints[f"{side}_{name}"] = middle + np.array([0.0, LATERAL[side] * y * body.height_m, 0.0])
    return joints
