"""Which frames and whom strange numbers mean: from 0 or from 1 on, some of them missing, or of another video."""

from itertools import pairwise

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given
from kinebench.formats.naming import listed

SPARE_SHARE, SPARE_FRAMES = 0.01, 2  # So many frames may one reader of videos count beyond another.


def placed(numbers: np.ndarray, given: Given, what: str) -> tuple[int, tuple[str, ...]]:
    """Which of the `numbers` is the video's first frame, and a note where that isn't 0.

    They count from 0, unless the video has as many frames as there are numbers from the lowest to the highest, or the
    highest is the count of its frames. KinebenchError where they go on beyond the video's end.
    """
    low, high = int(numbers.min()), int(numbers.max())
    count = high + 1 if given.times_s is None else len(given.times_s)
    if high < count:
        return 0, (f"{what} begin with number {low}: numbers were taken as those of frames, 0 the first.",) * (low > 0)
    found = _worded(_runs(numbers))
    if high - low + 1 == count or (high == count and low > 0):
        first = low if high - low + 1 == count else 1
        return first, (f"{what} are numbered {found}: number {first} was taken as the video's first frame.",)
    spare = max(SPARE_FRAMES, SPARE_SHARE * count)
    if low <= 1 and high < count + low + spare:
        beyond = (numbers >= count + low).sum()
        return low, (
            f"{what} are numbered {found}, of which the last {beyond} lie beyond the video and were left out.",
        )
    raise KinebenchError(
        f"{what} must belong to the video, but it has {count} frames and they are numbered {found}. Name the video "
        "that they were made from, or move those of other recordings elsewhere."
    )


def gaps(numbers: np.ndarray) -> tuple[int, str]:
    """How many whole numbers are missing between the lowest and the highest, and which, in words."""
    missing = [(last + 1, later - 1) for (_, last), (later, _) in pairwise(_runs(numbers))]
    return sum(last - first + 1 for first, last in missing), _worded(missing)


def _runs(numbers: np.ndarray) -> list[tuple[int, int]]:
    known = np.unique(numbers)
    pieces = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    return [(int(piece[0]), int(piece[-1])) for piece in pieces]


def _worded(runs: list[tuple[int, int]]) -> str:
    return listed([f"{first} to {last}" if last > first else str(first) for first, last in runs])


def told_people(frames: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Who each entry is: its identity, or its place in its frame; frames: (entries,) each one's, in order."""
    starts = np.r_[True, np.diff(frames) != 0]
    turn = np.arange(len(frames)) - np.flatnonzero(starts)[np.cumsum(starts) - 1]
    known = np.where(ids < 0, ids.max() + 1 + turn, ids)
    if len(np.unique(np.stack([frames, known]), axis=1).T) == len(frames):
        return known, ()
    return turn, ("Two people of a frame have one identity: they are numbered by their place in the file instead.",)
