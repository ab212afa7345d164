"""From people to *the* person: whom to follow, identity over time, left and right exchanged by the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.edits import Edit, Unfit
from kinebench.errors import KinebenchError
from kinebench.parameters import Group, parameter
from kinebench.subject.choice import CHOICES, course, wanted
from kinebench.subject.swaps import unswap
from kinebench.subject.tracks import People, people

__all__ = ["Followed", "Subject", "follow", "unswap"]


@dataclass(frozen=True)
class Subject(Group):
    """Whose movement is measured."""

    follow: str = parameter(
        "central",
        help="whom to follow where several people are seen; central: large and near the centre of the picture",
        choices=tuple(CHOICES),
    )


@dataclass(frozen=True)
class Followed:
    """The person followed.

    keypoints: raw, on the clip's times, NaN where the person was not found; person_changes: how often another person
    took the place of the one before; frames_without_person; people_seen: the largest number at once (of more than
    single frames).
    """

    keypoints: pd.DataFrame
    person_changes: int
    frames_without_person: int
    people_seen: int
    unfit: tuple[Unfit, ...] = ()

    @cached_property
    def unswapped(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """`unswap` of the keypoints, worked out once: a smoothing that is tuned asks for it many times."""
        return unswap(self.keypoints)


def follow(
    detections: pd.DataFrame,
    clip_times_s: np.ndarray,
    width: int,
    height: int,
    joints: tuple[str, ...],
    settings: Subject,
    edits: Sequence[Edit] = (),
) -> Followed:
    """The keypoints of the person whom `settings` says to follow.

    detections: long table; clip_times_s: (frames,) of the analysed frames; width, height: of the upright picture in
    pixels; joints: as the network names them; edits: of which the choices of the person count. KinebenchError where
    nobody was found.
    """
    times_s = np.asarray(clip_times_s, dtype=float)
    seen = people(detections, times_s, tuple(joints))
    if len(seen) == 0:
        raise KinebenchError(
            f"video must show a person, but nobody was found in any of {len(times_s)} frames. "
            "Film the whole person, well lit, and check that start_s and stop_s hold the movement."
        )
    chosen, unfit = wanted(seen, edits, times_s)
    path = course(seen, CHOICES[settings.follow](seen, width, height), times_s, chosen)
    values = np.full((len(times_s), *seen.values.shape[1:]), np.nan)
    found = path.detection >= 0
    values[found] = seen.values[path.detection[found]]
    return Followed(
        keypoints=keypoints.make(times_s, tuple(joints), values),
        person_changes=path.changes,
        frames_without_person=int((~found).sum()),
        people_seen=_at_once(seen, len(times_s)),
        unfit=unfit,
    )


def _at_once(seen: People, frames: int) -> int:
    """The largest number of people in at least one frame in a hundred, and in more than one frame of a longer clip."""
    counts = np.sort(np.bincount(seen.frame, minlength=frames))[::-1]
    least = min(max(2, int(np.ceil(frames / 100))), len(counts))
    return max(int(counts[least - 1]), 1)
