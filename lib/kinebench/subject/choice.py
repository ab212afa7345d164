"""Which of the people seen is the subject: the ways of choosing, and the course of one person through the clip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kinebench.subject.tracks import JUMP, People, change

CENTRAL_SHARE = 0.35
"""A person this share of the picture's diagonal off its centre counts 1/e of one in the centre."""
FOUND_AGAIN_PER_S, FOUND_AGAIN = 1.0, 0.8
"""Who turns up again is the same person within this many sizes a second and at most this many sizes away ..."""
LIKE_SIZE = 1.6
"""... and no more than this many times as large or as small."""
LASTING_S, LASTING_SHARE, LEAST_S = 3.0, 0.25, 1.0
"""Another person becomes the subject only when seen for so long, or for so much of a short clip, and never for less."""


def central(people: People, width: int, height: int) -> np.ndarray:
    """How much each detection speaks for being the subject: large, and near the centre of the picture."""
    off = np.linalg.norm(people.centre - [(width - 1) / 2, (height - 1) / 2], axis=1)
    return people.size * np.exp(-((off / (CENTRAL_SHARE * np.hypot(width, height))) ** 2))


CHOICES: Mapping[str, Callable[[People, int, int], np.ndarray]] = {"central": central}
"""Name -> how much each detection speaks for its track; the track with the largest sum is the subject."""


@dataclass(frozen=True)
class Course:
    """The subject's detection in each frame, -1 where there is none, and how often another person took its place."""

    detection: np.ndarray
    changes: int


def course(people: People, score: np.ndarray, times_s: np.ndarray) -> Course:
    """Follow the track with the largest score, and take in the tracks that go on with it.

    A track joins when it is never seen beside those chosen, and either is like the nearest of them in place and size
    (the same person, found again) or lasts long enough to be another person whom the clip is about from then on.
    """
    holder = np.full(len(times_s), -1)
    person = np.full(len(times_s), -1)
    members = _members(people.track)
    totals = np.bincount(people.track, weights=score)
    duration = times_s[-1] - times_s[0]
    lasting = max(LEAST_S, min(LASTING_S, LASTING_SHARE * duration))
    identity = 0
    for number in np.argsort(-totals, kind="stable"):
        own = members[number]
        frames = people.frame[own]
        if (holder[frames[0] : frames[-1] + 1][frames - frames[0]] >= 0).any():
            continue
        known_as = _found_again(people, own, holder, person, times_s)
        if known_as is None and identity > 0 and times_s[frames[-1]] - times_s[frames[0]] < lasting:
            continue
        if known_as is None:
            known_as, identity = identity, identity + 1
        holder[frames], person[frames] = own, known_as
    seen = person[person >= 0]
    return Course(holder, int((np.diff(seen) != 0).sum()))


def _members(track: np.ndarray) -> list[np.ndarray]:
    """Detections of each track in order of time."""
    order = np.argsort(track, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(track[order])) + 1)


def _found_again(
    people: People, own: np.ndarray, holder: np.ndarray, person: np.ndarray, times_s: np.ndarray
) -> int | None:
    """The identity of the chosen detection next before or after a track, if the track is like it; else None."""
    first, last = people.frame[own[0]], people.frame[own[-1]]
    for edge, side in ((own[0], np.flatnonzero(holder[:first] >= 0)[-1:]), (own[-1], _after(holder, last))):
        if len(side) == 0:
            continue
        other = holder[side[0]]
        gap_s = abs(times_s[side[0]] - times_s[people.frame[edge]])
        ratio = people.size[edge] / people.size[other]
        apart = change(people.values, people.size, np.array([edge]), np.array([other]))[0]
        if max(ratio, 1 / ratio) <= LIKE_SIZE and apart <= min(JUMP + FOUND_AGAIN_PER_S * gap_s + 0.1, FOUND_AGAIN):
            return int(person[side[0]])
    return None


def _after(holder: np.ndarray, frame: int) -> np.ndarray:
    found = np.flatnonzero(holder[frame + 1 :] >= 0)[:1]
    return found + frame + 1
