"""How a person looks and moves where a chain of detections begins or ends, and how well an end fits a beginning.

What outlasts being hidden: a body keeps the length of its segments, the line on which its feet stand, mostly the way
that it faces, and its velocity for a moment. A place alone tells nothing of two who meet and turn back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WINDOW_S, MOTION_S = 1.0, 0.4
"""Lengths and the ground are taken over so much of a chain's end, place and velocity over so much."""
PLACE, DRIFT_PER_S = 0.08, 0.5
"""A person is off the place that the velocity tells by so much of the size, and by so much more each second."""
LENGTH, GROUND, FACING = 0.06, 0.04, 0.7
"""How much these wander by themselves: logarithm of length, share of the size, and from -1 to 1."""
CAP, FACING_CAP = 9.0, 2.5
"""No single sign is proof: a network that saw no legs gives another length, and people do turn round."""
FARTHEST = 0.8
"""In sizes: further off the expected place it is somebody else, whatever else fits."""

_SEGMENTS = (("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"))
_TRUNK = ("shoulder", "hip")
_FEET = ("ankle", "heel", "foot_index")


@dataclass(frozen=True)
class Ends:
    """One end of each of `n` chains.

    time_s (n,); place, velocity (n, 2) in pixels and pixels a second; size, length, ground (n,) in pixels; facing (n,)
    from -1, left, to 1, right. What could not be seen is NaN, except time, place and size.
    """

    time_s: np.ndarray
    place: np.ndarray
    velocity: np.ndarray
    size: np.ndarray
    length: np.ndarray
    ground: np.ndarray
    facing: np.ndarray

    def taken(self, which: np.ndarray) -> "Ends":
        """Those at the positions `which`."""
        return Ends(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Looks:
    """Of each detection: trunk (n, 2), size, length, ground, facing, as in `Ends`, and when it was, time_s."""

    time_s: np.ndarray
    trunk: np.ndarray
    size: np.ndarray
    length: np.ndarray
    ground: np.ndarray
    facing: np.ndarray


def looks(values: np.ndarray, size: np.ndarray, time_s: np.ndarray, joints: Sequence[str]) -> Looks:
    """What each detection shows; values (n, joints, >= 2), size (n,) of the box."""
    at = {joint: values[:, place, :2] for place, joint in enumerate(joints)}
    lost = np.full((len(values), 2), np.nan)

    def of(part: str) -> np.ndarray:
        return np.stack([at.get(f"{side}_{part}", lost) for side in ("left", "right")], axis=1)

    length = sum(_mean(np.linalg.norm(of(a) - of(b), axis=2), axis=1) for a, b in _SEGMENTS)
    feet = np.concatenate([of(part) for part in _FEET], axis=1)
    trunk = _mean(np.concatenate([of(part) for part in _TRUNK], axis=1), axis=1)
    whole = _mean(values[..., :2], axis=1)
    toes = _mean((of("foot_index") - of("heel"))[..., 0], axis=1)
    nose = at.get("nose", lost)[:, 0] - _mean(of("ear")[..., 0], axis=1)
    ahead = np.where(np.isfinite(toes), toes, 1.5 * nose)
    return Looks(
        time_s=time_s,
        trunk=np.where(np.isfinite(trunk), trunk, whole),
        size=size,
        length=np.asarray(length, float),
        ground=np.where(np.isfinite(feet[..., 1]).any(axis=1), _largest(feet[..., 1]), np.nan),
        facing=np.clip(ahead / (0.1 * size), -1, 1),
    )


def ends(seen: Looks, chains: Sequence[np.ndarray], *, last: bool) -> Ends:
    """The last or the first moments of each chain, given as the positions of its detections in order of time."""
    found = [_end(seen, chain, last) for chain in chains]
    columns = [np.array([end[place] for end in found], float) for place in range(len(Ends.__dataclass_fields__))]
    return Ends(*(column.reshape(-1, 2) if place in (1, 2) else column for place, column in enumerate(columns)))


def _end(seen: Looks, chain: np.ndarray, last: bool) -> tuple:
    time_s = seen.time_s[chain]
    end_s = time_s[-1] if last else time_s[0]
    near = chain[np.abs(time_s - end_s) <= WINDOW_S]
    nearest = chain[np.abs(time_s - end_s) <= MOTION_S]
    since = seen.time_s[nearest] - end_s
    trunk = seen.trunk[nearest]
    velocity = np.zeros(2)
    place = trunk.mean(axis=0)
    if len(nearest) > 2:
        off = since - since.mean()
        velocity = off @ (trunk - place) / (off @ off)
        place = place - velocity * since.mean()
    return (
        end_s,
        place,
        velocity,
        float(np.median(seen.size[near])),
        _median(seen.length[near]),
        _median(seen.ground[near]),
        _median(seen.facing[near]),
    )


def misfit(end: Ends, start: Ends) -> np.ndarray:
    """How badly each end goes on in each start, (n,), as a sum of squares; infinite where it can't be one person.

    end, start: `n` each. The velocity between is taken as the mean of before and after: who turns back is expected
    about where the turn was.
    """
    gap_s = start.time_s - end.time_s
    off = start.place - end.place - gap_s[:, None] * (end.velocity + start.velocity) / 2
    away = np.linalg.norm(off, axis=1) / np.sqrt(end.size * start.size)
    total = (away / (PLACE + DRIFT_PER_S * gap_s)) ** 2 + unlike(end, start)
    return np.where((gap_s > 0) & (away <= FARTHEST), total, np.inf)


def unlike(one: Ends, other: Ends) -> np.ndarray:
    """How little two look like the same body, wherever they are, (n,), as a sum of squares; unknown signs count 0."""
    signs = (
        (np.log(other.length / one.length) / LENGTH, CAP),
        ((other.ground - one.ground) / np.sqrt(one.size * other.size) / GROUND, CAP),
        ((other.facing - one.facing) / FACING, FACING_CAP),
    )
    return sum((np.nan_to_num(np.minimum(sign**2, cap)) for sign, cap in signs), np.zeros(len(one.size)))


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    known = np.isfinite(values)
    total, count = np.where(known, values, 0.0).sum(axis=axis), known.sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _largest(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, -np.inf).max(axis=1, initial=-np.inf)


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
