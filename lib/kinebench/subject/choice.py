"""Which of the people seen is the subject: the ways of choosing, and the course of one person through the clip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinebench.edits import PERSON, Edit, Unfit, frame_of
from kinebench.subject.linking import grouped
from kinebench.subject.tracks import People

CENTRAL_SHARE = 0.35
"""A person this share of the picture's diagonal off its centre counts 1/e of one in the centre."""
PASSING = 0.5
"""Who is seen for less than this share of the time of whoever is seen longest only passes by, and is not chosen."""
AFTER_ALL = 1e12
LASTING_S, LASTING_SHARE, LEAST_S = 3.0, 0.25, 1.0
"""Another person becomes the subject only when seen for so long, or for so much of a short clip, and never for less."""


def _central(people: People, width: int, height: int) -> np.ndarray:
    off = np.linalg.norm(people.centre - [(width - 1) / 2, (height - 1) / 2], axis=1)
    return _total(people, people.size * np.exp(-((off / (CENTRAL_SHARE * np.hypot(width, height))) ** 2)))


def _largest(people: People, width: int, height: int) -> np.ndarray:
    return _total(people, people.size) / _seen(people)


def _most_confident(people: People, width: int, height: int) -> np.ndarray:
    return _total(people, np.nan_to_num(people.values[..., 2]).mean(axis=1)) / _seen(people)


def _most_movement(people: People, width: int, height: int) -> np.ndarray:
    # How far the joints spread over time in units of the size: noise adds up in a path, but hardly in a spread.
    spread = np.zeros(people.count)
    for person, own in enumerate(grouped(people.person)):
        places = people.values[own, :, :2]
        known = np.isfinite(places).all(axis=(0, 2))
        if known.any():
            spread[person] = np.sqrt(places[:, known].var(axis=0).sum(axis=1)).mean() / np.median(people.size[own])
    return spread


def _leftmost(people: People, width: int, height: int) -> np.ndarray:
    return width - _total(people, people.centre[:, 0]) / _seen(people)


def _rightmost(people: People, width: int, height: int) -> np.ndarray:
    return width + _total(people, people.centre[:, 0]) / _seen(people)


def _total(people: People, weight: np.ndarray) -> np.ndarray:
    return np.bincount(people.person, weights=weight, minlength=people.count)


def _seen(people: People) -> np.ndarray:
    """In how many frames each person is seen, (people,)."""
    return np.bincount(people.person, minlength=people.count)


CHOICES: Mapping[str, Callable[[People, int, int], np.ndarray]] = {
    "central": _central,
    "largest": _largest,
    "most_movement": _most_movement,
    "most_confident": _most_confident,
    "leftmost": _leftmost,
    "rightmost": _rightmost,
}
"""Name -> how much speaks for each person, (people,), from the people, width and height of the picture in pixels."""


def preferred(people: People, choice: str, width: int, height: int) -> np.ndarray:
    """How much speaks for each person by one of `CHOICES`, (people,); who only passes by comes after all others."""
    return CHOICES[choice](people, width, height) - np.where(passing(people), AFTER_ALL, 0.0)


def passing(people: People) -> np.ndarray:
    """Who only passes by, (people,)."""
    seen = _seen(people)
    return seen < PASSING * seen.max(initial=0)


def pointed_at(people: People, place: tuple[float, float], time_s: float, times_s: np.ndarray) -> int | None:
    """The person nearest to a place, x and y in pixels, at a time; None where nobody is seen within half a second."""
    away_s = np.abs(times_s[people.frame] - time_s)
    if len(people) == 0 or away_s.min() > 0.5:
        return None
    there = np.flatnonzero(away_s == away_s.min())
    return int(people.person[there[np.argmin(np.linalg.norm(people.centre[there] - np.array(place), axis=1))]])


@dataclass(frozen=True)
class Course:
    """The subject's detection in each frame, -1 where there is none, and how often another person took its place."""

    detection: np.ndarray
    changes: int


def wanted(
    people: People, edits: Sequence[Edit], times_s: np.ndarray
) -> tuple[list[tuple[int, int]], tuple[Unfit, ...]]:
    """Choices of the person by hand, in order: from which frame on, and the person nearest to the place pointed at.

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
        chosen.append((frame if chosen else 0, int(people.person[there[np.argmin(apart)]])))
    return chosen, tuple(unfit)


def course(people: People, score: np.ndarray, times_s: np.ndarray, chosen: Sequence[tuple[int, int]] = ()) -> Course:
    """Follow the person with the highest score, and whoever takes that person's place for good.

    Another person is taken in only when never seen beside those chosen and long enough for the clip to be about that
    person from then on: somebody who walks past the camera leaves frames without the subject instead. score: (people,),
    -inf for nobody to follow; chosen: from which frame on which person is followed, whatever the scores say.
    """
    holder = np.full(len(times_s), -1)
    # One course for each choice, of which the part up to the next choice counts.
    for start, person in chosen or [(0, -1)]:
        raised = score.copy()
        if person >= 0:
            raised[person] = np.inf
        holder[start:] = _holders(people, raised, times_s)[start:]
    followed = people.person[holder[holder >= 0]]
    return Course(holder, int((np.diff(followed) != 0).sum()))


def _holders(people: People, score: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """The subject's detection in each frame, -1 where there is none; score: (people,)."""
    members = grouped(people.person)
    holder = np.full(len(times_s), -1)
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    least = max(LEAST_S, min(LASTING_S, LASTING_SHARE * (times_s[-1] - times_s[0])))
    for rank, number in enumerate(np.argsort(-score, kind="stable")):
        if rank > 0 and score[number] == -np.inf:
            break
        own = members[number]
        frames = people.frame[own]
        beside = (holder[frames] >= 0).any()
        if rank > 0 and (beside or len(frames) * step_s < least):
            continue
        holder[frames] = own
    return holder
