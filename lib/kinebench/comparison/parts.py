"""Body parts as data: which joints they are made of, which limbs give directions, how a choice of joints is written."""

from collections.abc import Iterable, Mapping

from kinebench import skeleton
from kinebench.errors import KinebenchError

PARTS: Mapping[str, tuple[str, ...]] = {
    "head": ("nose", "left_ear", "right_ear"),
    "trunk": ("left_shoulder", "right_shoulder", "left_hip", "right_hip"),
    "left_arm": ("left_elbow", "left_wrist"),
    "right_arm": ("right_elbow", "right_wrist"),
    "left_leg": ("left_knee", "left_ankle", "left_foot_index"),
    "right_leg": ("right_knee", "right_ankle", "right_foot_index"),
}
"""Body part -> its joints among those that are compared unless others are chosen."""

ALL = "all"
HIPS = ("left_hip", "right_hip")
SHOULDERS = ("left_shoulder", "right_shoulder")
BODY = tuple(joint for joints in PARTS.values() for joint in joints)
"""What "all" means: the points of the face say together what nose and ears say, and would outweigh a leg."""
EVERY = (*BODY, *sorted(skeleton.JOINTS - set(BODY)))

LIMBS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "nose": (SHOULDERS, ("nose",)),
    "head_top": (SHOULDERS, ("head_top",)),
    **{
        f"{side}_{end}": ((f"{side}_{start}",), (f"{side}_{end}",))
        for side in skeleton.SIDES
        for start, end in (
            ("hip", "shoulder"),
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
            ("hip", "knee"),
            ("knee", "ankle"),
            ("ankle", "heel"),
            ("ankle", "foot_index"),
        )
    },
}
"""Joint -> the joints in whose middle its limb starts, and in whose middle it ends; the limb goes by that joint."""

_WORDS = {
    "arm": ("shoulder", "elbow", "wrist", "pinky", "index", "thumb"),
    "leg": ("knee", "ankle", "heel", "foot", "toe"),
}


def part_of(joint: str) -> str:
    """The body part of any joint, those that are not compared by default included."""
    for part, joints in PARTS.items():
        if joint in joints:
            return part
    side, _, rest = joint.partition("_")
    if side in skeleton.SIDES:
        for limb, words in _WORDS.items():
            if rest.split("_")[-1] in words or rest.split("_")[0] in words:
                return f"{side}_{limb}"
    return "trunk" if joint in ("chest", "mid_hip") else "head"


def chosen(text: str, present: Iterable[str]) -> tuple[str, ...]:
    """The joints named in a text, in the order of `present`: "all", joints and body parts, commas between them.

    KinebenchError names what is neither a joint nor a part, or says that none of those named is there.
    """
    present = tuple(present)
    names = _names(text)
    wanted: set[str] = set()
    unknown = []
    for name in names:
        if name == ALL:
            wanted |= set(BODY)
        elif name in PARTS:
            wanted |= set(PARTS[name])
        elif name in skeleton.JOINTS:
            wanted.add(name)
        else:
            unknown.append(name)
    if unknown or not names:
        raise KinebenchError(
            f"joints must be {ALL}, joints or body parts ({', '.join(PARTS)}) with commas between them, "
            f"but got {', '.join(map(repr, unknown)) or repr(text)}."
        )
    found = tuple(joint for joint in present if joint in wanted)
    if not found:
        raise KinebenchError(
            f"joints must name at least one that both movements have, but got {text!r} and they share "
            f"{', '.join(present) or 'no joint at all'}. Choose others, or use one estimator for both."
        )
    return found


def weights(text: str, joints: Iterable[str]) -> dict[str, float]:
    """Joint -> its weight, 1 where the text says nothing: "left_wrist=2, legs=0.5"; a later entry goes before."""
    found = dict.fromkeys(joints, 1.0)
    for entry in _names(text):
        name, equals, number = (piece.strip() for piece in entry.partition("="))
        weight = _number(number)
        covered = [joint for joint in found if name in (joint, ALL) or part_of(joint) == name]
        if not equals or weight is None or not (name in skeleton.JOINTS or name in PARTS or name == ALL):
            raise KinebenchError(
                "joint_weights must be joint=number or part=number, commas between them (left_wrist=2, left_leg=0.5), "
                f"each number at least 0, but got {entry!r}."
            )
        found |= dict.fromkeys(covered, weight)
    if found and not any(found.values()):
        raise KinebenchError(f"joint_weights must leave at least one joint above 0, but got {text!r}.")
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _names(text: str) -> list[str]:
    return [name for name in (piece.strip() for piece in text.split(",")) if name]
