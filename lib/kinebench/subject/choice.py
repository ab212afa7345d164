"""Which of the people seen is the subject: the ways of choosing, and the course of one person through the clip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinebench.edits import PERSON, Edit, Unfit, frame_of
from kinebench.subject.tracks import People, change

CENTRAL_SHARE = 0.35
"""A person this share of the picture's diagonal off its centre counts 1/e of one in the centre."""
FOUND_AT_ONCE, FOUND_AGAIN_PER_S, FOUND_AGAIN = 0.25, 1.0, 0.8
"""Who turns up again is the same person within so many sizes and sizes a second, and at most so many away ..."""
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


def wanted(
    people: People, edits: Sequence[Edit], times_s: np.ndarray
) -> tuple[list[tuple[int, int]], tuple[Unfit, ...]]:
    """Choices of the person by hand, in order: from which frame on, and the detection nearest to the place pointed at.

    The first choice holds from the clip's begin. Besides: why a choice could not be obeyed, in words.
    """
    chosen: list[tuple[int, int]] = []
    unfit = []
    for edit in sorted((edit for edit in edits if edit.what == PERSON), key=lambda edit: edit.from_s):
        frame = frame_of(times_s, edit.from_s)
        there = np.flatnonzero(people.frame == frame) if frame is not None else np.zeros(0, int)
        if frame is None or len(there) == 0:
            unfit.append((edit, f"nobody was found at {edit.from_s:.3f} s ({edit.what})"))
            continue
        apart = np.linalg.norm(people.centre[there] - np.array(edit.new), axis=1)
        chosen.append((frame if chosen else 0, int(there[np.argmin(apart)])))
    return chosen, tuple(unfit)


def course(people: People, score: np.ndarray, times_s: np.ndarray, chosen: Sequence[tuple[int, int]] = ()) -> Course:
    """Follow the person with the largest sum of scores, and whoever takes that person's place for good.

    Another person is taken in only when never seen beside those chosen and long enough for the clip to be about that
    person from then on: somebody who walks past the camera leaves frames without the subject instead. chosen: from
    which frame on the person of which detection is followed, whatever the scores say.
    """
    identity = _identities(people, times_s)
    totals = np.bincount(identity, weights=score)
    holder = np.full(len(times_s), -1)
    # One course for each choice, of which the part up to the next choice counts.
    for start, detection in chosen or [(0, -1)]:
        raised = totals.copy()
        if detection >= 0:
            raised[identity[detection]] = np.inf
        holder[start:] = _holders(people, identity, raised, times_s)[start:]
    followed = identity[holder[holder >= 0]]
    return Course(holder, int((np.diff(followed) != 0).sum()))


def _holders(people: People, identity: np.ndarray, totals: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """The subject's detection in each frame, -1 where there is none; totals: of the scores, one a person."""
    members = _grouped(identity)
    holder = np.full(len(times_s), -1)
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    least = max(LEAST_S, min(LASTING_S, LASTING_SHARE * (times_s[-1] - times_s[0])))
    for rank, number in enumerate(np.argsort(-totals, kind="stable")):
        own = members[number]
        frames = people.frame[own]
        beside = (holder[frames] >= 0).any()
        if rank > 0 and (beside or len(frames) * step_s < least):
            continue
        holder[frames] = own
    return holder


def _grouped(labels: np.ndarray) -> list[np.ndarray]:
    """Positions of each label 0, 1, ..., in order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _identities(people: People, times_s: np.ndarray) -> np.ndarray:
    """Which person each detection shows, (detections,): tracks joined where one ends and a like one begins later.

    Of the tracks that have ended, the most alike goes on; each goes on once.
    """
    tracks = _grouped(people.track)
    first = np.array([own[0] for own in tracks])
    last = np.array([own[-1] for own in tracks])
    identity = np.arange(len(tracks))
    open_ends = np.ones(len(tracks), dtype=bool)
    for track in np.argsort(people.frame[first], kind="stable"):
        ended = np.flatnonzero(open_ends & (people.frame[last] < people.frame[first[track]]))
        if len(ended) == 0:
            continue
        unlike = _unlikeness(people, last[ended], first[track], times_s)
        best = int(np.argmin(unlike))
        if np.isfinite(unlike[best]):
            identity[track] = identity[ended[best]]
            open_ends[ended[best]] = False
    return np.unique(identity, return_inverse=True)[1][people.track]


def _unlikeness(people: People, before: np.ndarray, after: int, times_s: np.ndarray) -> np.ndarray:
    """How much detections differ from a later one, infinite where too much to be the same person found again."""
    gap_s = times_s[people.frame[after]] - times_s[people.frame[before]]
    ratio = np.abs(np.log(people.size[before] / people.size[after]))
    apart = change(people.values, people.size, before, np.full(len(before), after))
    same = (ratio <= np.log(LIKE_SIZE)) & (apart <= np.minimum(FOUND_AT_ONCE + FOUND_AGAIN_PER_S * gap_s, FOUND_AGAIN))
    return np.where(same, apart, np.inf)
