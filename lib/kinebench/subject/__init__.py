"""From people to *the* person: whom to follow, identity over time, left and right exchanged by the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.edits import PERSON, Edit, Unfit
from kinebench.errors import KinebenchError, collected
from kinebench.parameters import Group, parameter
from kinebench.subject.choice import CHOICES, course, passing, pointed_at, preferred, wanted
from kinebench.subject.crossings import Crossing
from kinebench.subject.swaps import unswap
from kinebench.subject.tracks import People, people

__all__ = ["Crossing", "Followed", "Subject", "everybody", "follow", "unswap"]

POINTED, NUMBERED = "pointed", "person"


@dataclass(frozen=True)
class Subject(Group):
    """Whose movement is measured."""

    follow: str = parameter(
        "central",
        help="whom to follow where several people are seen; central: large and near the centre of the picture; "
        "pointed: at follow_x_px, follow_y_px and follow_s; person: by the number that `kinebench people` gives",
        choices=(*CHOICES, POINTED, NUMBERED),
    )
    follow_x_px: float | None = parameter(None, help="pointed: a place on the person, from the left", unit="px")
    follow_y_px: float | None = parameter(None, help="pointed: the same from the top", unit="px")
    follow_s: float = parameter(0.0, help="pointed: when the person is there", unit="s", low=0.0)
    follow_person: int | None = parameter(None, help="person: the number, 0 for the first seen", low=0)

    def __post_init__(self) -> None:
        """Check every field, and that what the choice needs is there."""
        super().__post_init__()
        placed = self.follow_x_px is not None and self.follow_y_px is not None
        collected(
            ["follow=pointed needs follow_x_px and follow_y_px. Give both, or choose another way."]
            * (self.follow == POINTED and not placed)
            + ["follow=person needs follow_person. Give the number that `kinebench people` shows."]
            * (self.follow == NUMBERED and self.follow_person is None)
        )


def unheeded(given: Mapping[str, Any]) -> str:
    """What is wrong with flat parameters that say where somebody is, and not that this one is to be followed.

    Only of what is given together: in the workbench a place may stay while another way to choose is tried.
    """
    for name, how in (("follow_x_px", POINTED), ("follow_y_px", POINTED), ("follow_person", NUMBERED)):
        if given.get(name) is not None and given.get("follow") != how:
            return (
                f"follow must be {how} where {name} is given, or it is not heeded, but got "
                f"{given.get('follow') or 'nothing'}. Say follow={how}, or leave {name} out."
            )
    return ""


@dataclass(frozen=True)
class Followed:
    """The person followed.

    keypoints: raw, on the clip's times, NaN where the person was not found; person_changes: how often another person
    took the place of the one before; frames_without_person; people_seen: the largest number at once (of more than
    single frames); crossings: where somebody hid the subject, or was hidden by it.
    """

    keypoints: pd.DataFrame
    person_changes: int
    frames_without_person: int
    people_seen: int
    unfit: tuple[Unfit, ...] = ()
    crossings: tuple[Crossing, ...] = ()

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
    nobody was found, or not the one who is asked for.
    """
    times_s = np.asarray(clip_times_s, dtype=float)
    seen = people(detections, times_s, tuple(joints))
    if len(seen) == 0:
        raise KinebenchError(
            f"video must show a person, but nobody was found in any of {len(times_s)} frames. "
            "Film the whole person, well lit, and check that start_s and stop_s hold the movement."
        )
    chosen, unfit = wanted(seen, edits, times_s)
    if settings.follow in (POINTED, NUMBERED):
        # Two answers to one question: the parameter goes before, and the edit is told as one that does not fit.
        said = f"follow={settings.follow} says whom to follow"
        unfit = tuple((edit, f"{said} ({edit.what})") for edit in edits if edit.what == PERSON)
        chosen = []
    path = course(seen, _scores(seen, settings, times_s, width, height), times_s, chosen)
    values = np.full((len(times_s), *seen.values.shape[1:]), np.nan)
    found = path.detection >= 0
    values[found] = seen.values[path.detection[found]]
    subject = set(seen.person[path.detection[found]])
    return Followed(
        keypoints=keypoints.make(times_s, tuple(joints), values),
        person_changes=path.changes,
        frames_without_person=int((~found).sum()),
        people_seen=_at_once(seen, len(times_s)),
        unfit=unfit,
        crossings=tuple(crossing for crossing in seen.crossings if subject & set(crossing.people)),
    )


def everybody(
    detections: pd.DataFrame, clip_times_s: np.ndarray, width: int, height: int, joints: tuple[str, ...]
) -> pd.DataFrame:
    """Everyone in the clip, one row a person, in the order in which they are first seen.

    Columns: person (the number for `follow_person`), first_s, last_s, seen_percent (of the clip's frames), x_px, y_px
    (of the middle, when first seen), height_px (median of the box), confidence (mean), passing (seen too briefly to be
    chosen by any rule).
    """
    times_s = np.asarray(clip_times_s, dtype=float)
    seen = people(detections, times_s, tuple(joints))
    rows = []
    for person in range(seen.count):
        own = np.flatnonzero(seen.person == person)
        y = seen.values[own, :, 1]
        rows.append(
            {
                "person": person,
                "first_s": times_s[seen.frame[own[0]]],
                "last_s": times_s[seen.frame[own[-1]]],
                "seen_percent": 100 * len(own) / len(times_s),
                "x_px": seen.centre[own[0], 0],
                "y_px": seen.centre[own[0], 1],
                "height_px": float(np.median(np.nanmax(y, axis=1) - np.nanmin(y, axis=1))),
                "confidence": float(np.nan_to_num(seen.values[own, :, 2]).mean()),
            }
        )
    columns = ["person", "first_s", "last_s", "seen_percent", "x_px", "y_px", "height_px", "confidence"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(passing=passing(seen))


def _scores(seen: People, settings: Subject, times_s: np.ndarray, width: int, height: int) -> np.ndarray:
    """How much speaks for each person, (people,)."""
    if settings.follow in CHOICES:
        return preferred(seen, settings.follow, width, height)
    person = settings.follow_person if settings.follow == NUMBERED else _pointed(seen, settings, times_s)
    if person is None or person >= seen.count:
        raise KinebenchError(
            f"follow_person must be below the number of people found ({seen.count}), but got {person}. "
            "`kinebench people` lists them."
        )
    # Nobody else may take the place of who was asked for by name.
    return np.where(np.arange(seen.count) == person, np.inf, -np.inf)


def _pointed(seen: People, settings: Subject, times_s: np.ndarray) -> int:
    x, y = settings.follow_x_px, settings.follow_y_px
    assert x is not None  # as Subject has checked
    assert y is not None
    person = pointed_at(seen, (x, y), settings.follow_s, times_s)
    if person is None:
        raise KinebenchError(
            f"follow_s must be a time at which somebody is seen, but nobody is found within half a second of "
            f"{settings.follow_s} s. Choose another moment; `kinebench people` lists who is seen when."
        )
    return person


def _at_once(seen: People, frames: int) -> int:
    """The largest number of people in at least one frame in a hundred, and in more than one frame of a longer clip."""
    counts = np.sort(np.bincount(seen.frame, minlength=frames))[::-1]
    least = min(max(2, int(np.ceil(frames / 100))), len(counts))
    return max(int(counts[least - 1]), 1)
