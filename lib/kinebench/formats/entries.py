"""From what a reader found, one entry a person and frame, to a checked recording in pixels."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, long
from kinebench.formats.clock import Clock

FURTHEST_PX = 1e6
FURTHEST_M = 100.0
CELL_BYTES = 110
"""Most memory that one joint of one person in one frame takes on its way, measured; a joint takes some 15 in a file."""
MOST_TIMES, FLOOR_BYTES = 10, 10_000_000
ROUNDING = 1e-3
"""How far beyond 0 and 1 a confidence may lie before it is none."""
_HIGH, _LOW = ("nose", "eye", "ear", "shoulder", "head_top", "neck"), ("ankle", "heel", "foot_index", "hip", "knee")
UPSIDE_DOWN = 0.2
"""Of a body's extent: who rows or bends keeps head and shoulders above hips and feet on average."""
MOST_SHARE, LEAST_PX = 2.0, 10.0
"""Nine of ten coordinates of a picture's shares are below the first (a foot may be outside the picture), one of ten
coordinates in pixels is above the second."""


def recording(
    clock: Clock,
    joints: Sequence[str],
    values: np.ndarray,
    path: Path,
    *,
    people: np.ndarray | None = None,
    notes: tuple[str, ...] = (),
    metres_per_px: float | None = None,
    own_picture: bool = False,
    tracked: bool = False,
) -> Recording:
    """The recording of entries `values`, (entries, joints, 3 or 6) in the order of `keypoints.PLANE + WORLD`.

    people: (entries,) who it was, 0 without. (0, 0) is a joint that was not found, as these tools have it. own_picture,
    tracked: see `Recording`. KinebenchError where nobody is in the file, a person is twice at one time, a number is
    none of a picture's, people stand on their heads, or hardly any joint is there. `values` is worked on in place.
    """
    file = path.name
    values = np.asarray(values, dtype=float)
    people = np.zeros(len(values), dtype=int) if people is None else people
    seen = ~np.isnan(values[..., 0]).all(axis=1)
    check_room(int(seen.sum()) * values.shape[1], path)
    if not seen.all():
        # A row for everybody in every frame is common, and most of those people are away most of the time.
        values, people = values[seen], people[seen]
        clock = Clock(clock.frames[seen], clock.times_s[seen], clock.notes)
    values[(values[..., 0] == 0) & (values[..., 1] == 0), :2] = np.nan
    found = ~np.isnan(values[..., :2]).any(axis=-1)
    values[~found] = np.nan
    values[..., 2] = _confidence(np.where(found, values[..., 2], 0.0), file)
    _check_reach(values[..., :2], FURTHEST_PX, "pixels of a picture", file)
    _check_reach(values[..., 3:], FURTHEST_M, "metres from the hips", file)
    if not found.any():
        raise KinebenchError(f"{file} must hold at least one joint of one person, but holds none.")
    _check_upright(values, joints, file)
    at = np.stack([clock.times_s, people.astype(float)], axis=1)[np.isfinite(clock.times_s)]
    if len(np.unique(at, axis=0)) < len(at):
        raise KinebenchError(
            f"{file} must have a person once for each time, but has doubles. Give a column person, or drop them."
        )
    table = long(clock.frames, clock.times_s, people, joints, values)
    if table.empty:
        raise KinebenchError(f"{file} must belong to the video, but none of its frames lies within it.")
    return Recording(table, tuple(joints), (*clock.notes, *notes), metres_per_px, own_picture, tracked)


def check_room(cells: int, path: Path) -> None:
    """KinebenchError where so many places for joints would take more memory than a file of this size may: a table of

    which nearly all is missing. cells: people times frames times joints.
    """
    size = path.stat().st_size if path.is_file() else sum(one.stat().st_size for one in path.iterdir() if one.is_file())
    if cells * CELL_BYTES > MOST_TIMES * size + FLOOR_BYTES:
        raise KinebenchError(
            f"{path.name} must hold joints in most of the places that it has for them, but is nearly empty: {size} "
            f"bytes for {cells} places. Write only the frames and joints that were found."
        )


def in_pixels(values: np.ndarray, given: Given, file: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """`values` with x and y, the first two of the last axis, in pixels, and a note where they were none.

    Shares of the picture (0 its left or upper edge, 1 its right or lower) become positions among pixel centres, which
    lie half a pixel from the edge. Which of both they are is told by their size. KinebenchError where that is in doubt,
    or the picture's size is needed and not given.
    """
    _check_reach(values[..., :2], FURTHEST_PX, "pixels of a picture", file)
    if not is_normalised(values, file):
        return values, ()
    width, height = given.size(f"{file} has its coordinates as shares of it")
    moved = np.asarray(values, dtype=float)
    missing = (moved[..., 0] == 0) & (moved[..., 1] == 0)
    moved[..., :2] = moved[..., :2] * [width, height] - 0.5
    moved[missing, :2] = np.nan
    return moved, (
        f"Its coordinates were taken as shares of the picture, {width} x {height} px. If they are shares of a padded "
        "square, as a network that looks at squares answers, every angle is wrong: multiply them out first.",
    )


def is_normalised(values: np.ndarray, file: str) -> bool:
    """Whether x and y, the first two of the last axis, are shares of the picture; KinebenchError where in doubt."""
    sizes = np.abs(values[..., :2]).reshape(-1, 2)
    sizes = sizes[np.isfinite(sizes).all(axis=1) & (sizes > 0).any(axis=1)]
    if sizes.size == 0:
        return False
    usual = float(np.quantile(sizes, 0.9))
    if MOST_SHARE < usual < LEAST_PX:
        raise KinebenchError(
            f"{file} must have its coordinates in pixels or as shares of the picture from 0 to 1, but a tenth of them "
            f"is above {usual:.3g}, which is neither."
        )
    return usual <= MOST_SHARE


def unscored(kind: str = "confidences") -> str:
    """A note that the file says of no joint how sure it is."""
    return f"The file has no {kind}: each joint that is there got the confidence 1, which says nothing."


def _confidence(values: np.ndarray, file: str) -> np.ndarray:
    bad = ~((values >= -ROUNDING) & (values <= 1 + ROUNDING))
    if bad.any():
        raise KinebenchError(
            f"{file} must have a confidence from 0 to 1 for each joint that it has, but has {values[bad][0]:g}."
        )
    return np.clip(values, 0.0, 1.0)


def _check_upright(values: np.ndarray, joints: Sequence[str], file: str) -> None:
    """KinebenchError where heads lie below feet, or shoulders below hips where a file has no more: y points up."""
    at = {part: [place for place, joint in enumerate(joints) if joint.endswith(part)] for part in (*_HIGH, *_LOW)}
    high, low = ([place for part in parts for place in at[part]] for parts in (_HIGH, _LOW))
    if not high or not low:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of people without one of the two, who tell nothing
        above = np.nanmean(values[:, low, 1], axis=1) - np.nanmean(values[:, high, 1], axis=1)
        reach = np.nanmax(values[..., 1], axis=1) - np.nanmin(values[..., 1], axis=1)
        usual = float(np.nanmedian(above / np.maximum(reach, 1.0)))
    if usual < -UPSIDE_DOWN:
        raise KinebenchError(
            f"{file} must have y pointing down, as in pictures, but people stand on their heads in it: its y points "
            "up, or its third axis does. Turn it round: y becomes the picture's height - 1 - y."
        )


def _check_reach(values: np.ndarray, limit: float, what: str, file: str) -> None:
    beyond = np.abs(values) > limit
    if beyond.any():
        raise KinebenchError(f"{file} must have coordinates in {what}, but has {values[beyond][0]:g}.")
