"""Other people's names of body parts, and of a table's columns, in kinebench's words.

A part is recognised however it is spelt: LKnee, knee_left, leftKnee, "L knee", KNEE-L, L.Knee. Parts that kinebench has
no name for are left out and listed in a note: neither the analysis nor repairs by hand could name them, and something
that is no part of the body (a bar, a box) would blur where the person is and how large. So are parts that say no side
where there are two: which knee a plain "knee" is, the file doesn't say.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from kinebench import skeleton
from kinebench.errors import KinebenchError

SIDES = {"left": "left", "l": "left", "lt": "left", "right": "right", "r": "right", "rt": "right"}
# Written without a space, and no English word: lknee, rhip.
_JOINED = re.compile(r"([lr])(shoulder|elbow|wrist|hip|knee|ankle|heel|eye)")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_IDLE = {"joint", "keypoint", "landmark", "point", "centre", "center", "corner"}
# By the words that are left without side and idle words, in alphabetical order: "Big toe" and "ToeBig" are one.
_PARTS = {
    "big toe": "foot_index",
    "calcaneus": "heel",
    "eye inner": "eye_inner",
    "eye outer": "eye_outer",
    "finger index": "index",
    "finger pinky": "pinky",
    "foot index": "foot_index",
    "hallux": "foot_index",
    "little toe": "small_toe",
    "small toe": "small_toe",
    "toe": "foot_index",
}
_MIDLINE = {
    "head top": "head_top",
    "hip mid": "mid_hip",
    "hip middle": "mid_hip",
    "midhip": "mid_hip",
    "hips mid": "mid_hip",
    "neck": "neck",
    "neck upper": "upper_neck",
    "nose": "nose",
    "chest": "chest",
}
_SIDED = {joint.partition("_")[2] for joint in skeleton.JOINTS if joint.partition("_")[0] in skeleton.SIDES}
LISTED = 8


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: leftKnee_X, "Left knee x" and LEFT.KNEE.X are left, knee, x."""
    return tuple(word.lower() for word in _WORDS.findall(name))


@lru_cache(maxsize=10_000)
def joint(name: str) -> str | None:
    """kinebench's name of the body part that somebody called `name`; None where it has none."""
    parts = words(name)
    if "_".join(parts) in skeleton.JOINTS:
        return "_".join(parts)
    joined = _JOINED.fullmatch(parts[0]) if len(parts) == 1 else None
    parts = joined.groups() if joined else parts
    sides = [SIDES[part] for part in parts if part in SIDES]
    rest = sorted(part for part in parts if part not in SIDES and part not in _IDLE)
    if not sides:
        return _MIDLINE.get(" ".join(rest))
    part = _PARTS.get(" ".join(rest), "_".join(rest))
    return f"{sides[0]}_{part}" if len(sides) == 1 and part in _SIDED else None


def joints(
    names: Sequence[str], file: str, also: Mapping[str, str] | None = None
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each joint stands among `names`, in their order, and notes on those that are left out.

    also: further names that this kind of file is known to use. Of two names of one joint the first is taken.
    KinebenchError where none is recognised.
    """
    places: dict[str, int] = {}
    unknown = []
    for place, name in enumerate(names):
        found = (also or {}).get(name) or joint(name)
        if found is None or found in places:
            unknown.append(name)
        else:
            places[found] = place
    if not places:
        raise KinebenchError(
            f"{file} must name parts of the body with their side, as left_knee or RAnkle, but has {listed(names)}. "
            "Rename them there."
        )
    note = f"Left out, because kinebench has no joint of that name or has it already: {listed(unknown)}."
    return places, (note,) if unknown else ()


def listed(names: Sequence[str]) -> str:
    """The first names in one line, and how many more there are."""
    shown = ", ".join(" ".join(name.split())[:40] or "(nameless)" for name in names[:LISTED]) or "none"
    return shown + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
