"""What OpenPose's output leaves to be told: the order of a person's joints, and the order of the frames.

Two of its networks have 25 joints, BODY_25 and BODY_25B, in different orders, and the files don't say which it was
(src/openpose/pose/poseParameters.cpp). The bodies do: read in the right order, eyes lie near the nose and ankles near
the heels; in the other order, arms and legs reach across the body. AlphaPose's pictures are numbered by name, too.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given
from kinebench.formats.naming import listed
from kinebench.skeleton import BODY25, BODY25B, SIDES, SKELETONS, Skeleton

_CHAINS = (("eye", "ear"), ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "heel"), ("ankle", "foot_index"))
_SEGMENTS = [("nose", f"{side}_eye") for side in SIDES] + [
    (f"{side}_{a}", f"{side}_{b}") for chain in _CHAINS for a, b in pairwise(chain) for side in SIDES
]
# Measured on whole bodies, a recording of each network: segments read in the right order are on average 0.14 and 0.10
# of the body's extent, in the wrong one 0.50 and 0.43 (a tightly folded rower: 0.31 and 0.70; points at random: 0.5).
MOST_OF_EXTENT, LEAST_GAIN, LEAST_AGREEING = 0.33, 2.0, 0.75
LEAST_SEGMENTS, LEAST_IN_BOTH = 8, 3
DIGITS = 9  # A number of more is no frame's number, but a date.


def stacked(lists: Sequence[np.ndarray], name: str) -> np.ndarray:
    """Everybody's numbers as (entries, joints, 3); KinebenchError where people have different counts of joints."""
    counts = sorted({len(flat) for flat in lists})
    if len(counts) > 1 or counts[0] % 3:
        raise KinebenchError(f"{name} must have three numbers a joint, and as many for everybody, but has {counts}.")
    return np.stack(lists).reshape(len(lists), -1, 3)


def ordered(points: np.ndarray, given: Given, name: str) -> Skeleton:
    """The skeleton in whose order `points` (entries, joints, 2) in pixels are: by their count, as given, or by sight.

    KinebenchError where there is none, or it would have to be given.
    """
    fitting = {known.name: known for known in SKELETONS.values() if len(known.joints) == points.shape[1]}
    if not fitting or given.skeleton not in (None, *fitting):
        names = " or ".join(fitting) or "no skeleton has them"
        raise KinebenchError(f"skeleton must fit {name}, {points.shape[1]} joints: {names}, but got {given.skeleton}.")
    if given.skeleton or len(fitting) == 1:
        return fitting[given.skeleton or next(iter(fitting))]
    if (told := told_apart(points)) is None:
        raise KinebenchError(
            f"skeleton must be given where bodies don't tell it, but {name} may be BODY_25 or BODY_25B. Give "
            "--skeleton body25, OpenPose's usual one, or --skeleton body25b."
        )
    return told


def told_apart(points: np.ndarray) -> Skeleton | None:
    """BODY25 or BODY25B, whichever order makes plausible bodies of `points` (entries, 25, 2); None where in doubt.

    Compared is the mean length of the segments of head, limbs and feet; each entry that shows enough of them votes.
    """
    ends = [[[order.joints.index(end) for end in pair] for pair in _SEGMENTS] for order in (BODY25, BODY25B)]
    lengths = np.linalg.norm(np.diff(points[:, ends], axis=-2)[..., 0, :], axis=-1).swapaxes(0, 1)
    lengths[lengths == 0] = np.nan  # two joints at one place are a filler
    counts = np.isfinite(lengths).sum(axis=-1)
    voting = (counts.max(axis=0) >= LEAST_SEGMENTS) & (counts.min(axis=0) >= LEAST_IN_BOTH)
    if not voting.any():
        return None
    extent = (np.nanmax(points[voting], axis=1) - np.nanmin(points[voting], axis=1)).max(axis=1) + 1e-9
    means = np.nanmean(lengths[:, voting], axis=-1) / extent + 1e-9
    for skeleton, own, other in ((BODY25, *means), (BODY25B, *means[::-1])):
        agreeing = (own < other).mean() >= LEAST_AGREEING and np.median(other / own) >= LEAST_GAIN
        if agreeing and np.median(own) <= MOST_OF_EXTENT:
            return skeleton
    return None


def numbered(names: Sequence[str], what: str) -> np.ndarray:
    """The frame's number in each of `names`, which differ: the last of their groups of digits that is not always alike.

    what: what is named so, for messages. KinebenchError where a name has no number, where they differ in more than it
    (files of two recordings), or where two have the same.
    """
    alike = defaultdict(list)
    for name in names:
        parts = re.split("([0-9]+)", name)
        alike[tuple(parts[::2])].append((name, parts))
    stems: dict[str, dict[str, int]] = defaultdict(dict)
    for texts, rows in alike.items():
        last = 2 * len(texts) - 3
        place = next((i for i in range(last, 0, -2) if len({parts[i] for _, parts in rows}) > 1), last)
        for name, parts in rows:
            digits = parts[place].lstrip("0") or "0" if last > 0 else ""
            if not 0 < len(digits) <= DIGITS:
                raise KinebenchError(f"{what} must have their frame's number in the name, but got {listed([name])}.")
            stems["".join([*parts[:place], "#", *parts[place + 1 :]])][name] = int(digits)
    if len(stems) > 1:
        found = [f"{stem} ({len(n)}, {min(n.values())} to {max(n.values())})" for stem, n in stems.items()]
        raise KinebenchError(f"{what} must be of one recording, but have several names: {listed(found)}. Keep one.")
    numbers = next(iter(stems.values()))
    number, times = Counter(numbers.values()).most_common(1)[0]
    if times > 1:
        doubles = listed([name for name, own in numbers.items() if own == number])
        raise KinebenchError(f"{what} must have each frame once, but {doubles} are both number {number}.")
    return np.array([numbers[name] for name in names], dtype=np.int64)
