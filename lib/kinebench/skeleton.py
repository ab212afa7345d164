"""Skeletons as data: which joints an estimator names, which are drawn together, which mirror each other.

Joint names are snake_case with the side first. Whatever the estimator, the analysis reads the names in `BODY`; an
estimator that lacks a joint simply has no column for it.
"""

import itertools
from dataclasses import dataclass

SIDES = ("left", "right")


def other(side: str) -> str:
    """The opposite side."""
    return {"left": "right", "right": "left"}[side]


def mirrored(joint: str) -> str:
    """The joint's counterpart on the other side; a joint on the midline is its own."""
    side, _, rest = joint.partition("_")
    return f"{other(side)}_{rest}" if side in SIDES else joint


def _both(*parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts for side in SIDES)


def _limbs(*chains: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{side}_{a}", f"{side}_{b}") for chain in chains for a, b in itertools.pairwise(chain) for side in SIDES
    )


@dataclass(frozen=True)
class Skeleton:
    """Joints in the order of the network's output, and the edges to draw."""

    name: str
    joints: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]


_TRUNK = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)
_ARMS_AND_LEGS = _limbs(("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))

COCO17 = Skeleton(
    "coco17",
    ("nose", *_both("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
    _TRUNK + _ARMS_AND_LEGS,
)

BLAZEPOSE33 = Skeleton(
    "blazepose33",
    (
        "nose",
        "left_eye_inner",
        "left_eye",
        "left_eye_outer",
        "right_eye_inner",
        "right_eye",
        "right_eye_outer",
        "left_ear",
        "right_ear",
        "left_mouth",
        "right_mouth",
        *_both("shoulder", "elbow", "wrist", "pinky", "index", "thumb", "hip", "knee", "ankle", "heel", "foot_index"),
    ),
    _TRUNK + _ARMS_AND_LEGS + _limbs(("ankle", "heel", "foot_index"), ("ankle", "foot_index")),
)

# OpenPose's networks go down one limb after the other, the right one first.
_OPENPOSE_ARMS, _OPENPOSE_LEGS = (
    tuple(f"{side}_{part}" for side in ("right", "left") for part in parts)
    for parts in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
)

MPI15 = Skeleton(
    "mpi15",
    (
        "head_top",
        "neck",
        *_OPENPOSE_ARMS,
        *_OPENPOSE_LEGS,
        "chest",
    ),
    (("head_top", "neck"), ("neck", "chest"), *_TRUNK, *_ARMS_AND_LEGS),
)

BODY25 = Skeleton(
    "body25",
    (
        "nose",
        "neck",
        *_OPENPOSE_ARMS,
        "mid_hip",
        *_OPENPOSE_LEGS,
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
        "left_foot_index",
        "left_small_toe",
        "left_heel",
        "right_foot_index",
        "right_small_toe",
        "right_heel",
    ),
    _TRUNK + _ARMS_AND_LEGS + _limbs(("ankle", "heel", "foot_index"), ("ankle", "foot_index")),
)

COCO18 = Skeleton(
    "coco18",
    (
        "nose",
        "neck",
        *_OPENPOSE_ARMS,
        *_OPENPOSE_LEGS,
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
    ),
    _TRUNK + _ARMS_AND_LEGS,
)

# As many joints as BODY_25 in another order; its neck is the upper one (C7 to skull), not the middle of the shoulders.
BODY25B = Skeleton(
    "body25b",
    (
        "nose",
        *_both("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
        "upper_neck",
        "head_top",
        "left_foot_index",
        "left_small_toe",
        "left_heel",
        "right_foot_index",
        "right_small_toe",
        "right_heel",
    ),
    _TRUNK + _ARMS_AND_LEGS + _limbs(("ankle", "heel", "foot_index"), ("ankle", "foot_index")),
)

HALPE26 = Skeleton(
    "halpe26",
    (
        "nose",
        *_both("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
        "head_top",
        "neck",
        "mid_hip",
        *_both("foot_index", "small_toe", "heel"),
    ),
    _TRUNK + _ARMS_AND_LEGS + _limbs(("ankle", "heel", "foot_index"), ("ankle", "foot_index")),
)

SKELETONS = {skeleton.name: skeleton for skeleton in (COCO17, BLAZEPOSE33, MPI15, BODY25, COCO18, BODY25B, HALPE26)}
JOINTS = frozenset(joint for skeleton in SKELETONS.values() for joint in skeleton.joints)

FACE = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "left_mouth",
    "right_mouth",
)


@dataclass(frozen=True)
class FlexionAngle:
    """An angle at a vertex between two segments: 0 deg where the three joints are in line, growing with flexion."""

    name: str
    proximal: str
    vertex: str
    distal: str


# side is put in front of every joint. Dorsiflexion is measured from square, see `kinematics`.
FLEXION_ANGLES = (
    FlexionAngle("knee_flexion", "hip", "knee", "ankle"),
    FlexionAngle("hip_flexion", "shoulder", "hip", "knee"),
    FlexionAngle("elbow_flexion", "shoulder", "elbow", "wrist"),
)


def edges_between(joints: tuple[str, ...] | list[str]) -> tuple[tuple[str, str], ...]:
    """Every edge of the known skeletons whose two ends are among `joints`, without doubles."""
    present = set(joints)
    seen: dict[tuple[str, str], None] = {}
    for skeleton in SKELETONS.values():
        for a, b in skeleton.edges:
            if a in present and b in present and (b, a) not in seen:
                seen[(a, b)] = None
    return tuple(seen)
