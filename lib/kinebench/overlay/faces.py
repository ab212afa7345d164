"""Where faces are, so that none is shown: discs from face keypoints, held and grown while a face is not found.

Everything errs on the side of covering too much.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.overlay import holding

SPREAD = 2.0  # a disc's radius over the largest distance of a face keypoint from the face's middle
OF_TRUNK = 0.35  # radius over the trunk's length: half a head's height is (0.13 / 2) / 0.288 = 0.23 of it (Winter 2009)
EARS = 0.6  # the ears' share in the middle of the disc
LARGEST = 0.6  # radius over the trunk's length beyond which face keypoints can't be right
UNSURE = 1.4  # a disc placed by the shoulders alone grows by this
HALF_SEEN = 1.3  # so does one placed by the ears alone, or by the front of the face alone
UP = np.array([0.45, 0.0])  # middle of the head seen from the shoulders, in trunk lengths along the trunk and across it
LINK_S = 3.0  # a face found again after longer counts as another one
SPEED_PER_S = 6.0  # radii by which it may be away from where it was, or was going to be: about 1 m/s
RECENT = 400  # frames that are looked back through for it
HOLD_S = 3.0  # how long the face of somebody else is held; that of the person measured is held throughout
BRIEF, BRIEF_HOLD_S = 3, 1.0  # what was found in fewer frames is hardly a face: it is held for so long at most
SAME_S = 1e-4  # times that differ by less are the same
SAME_SIZE = 2.0  # two discs of one face differ by less than this factor
OWN_SHARE = 0.8  # a face that lies in the measured person's own disc this often is theirs

_EARS = ("left_ear", "right_ear", "head_top")


def discs(table: pd.DataFrame) -> np.ndarray:
    """Centre x, y and radius of the face in every row of a keypoint table, shape (rows, 3); NaN where nobody is."""
    front = [joint for joint in skeleton.FACE if joint not in _EARS]
    back = [joint for joint in _EARS if joint in keypoints.joints(table)]
    face = np.stack([keypoints.points(table, joint) for joint in (*front, *back)], axis=1)
    groups = np.stack([_mean(face[:, : len(front)]), _mean(face[:, len(front) :])], axis=1)
    # Nearer to the ears, between which the head's middle lies, than to the face in front of them.
    seen = np.where(
        np.isnan(groups).any(axis=(1, 2))[:, None], _mean(groups), EARS * groups[:, 1] + (1 - EARS) * groups[:, 0]
    )
    spread = _largest(np.hypot(*np.moveaxis(face - seen[:, None], -1, 0)))
    shoulders, trunk, along = _trunk(table)
    radius = np.fmax(SPREAD * spread, OF_TRUNK * trunk)
    radius = np.where(np.isnan(trunk), radius, np.minimum(radius, LARGEST * trunk))
    radius = np.where(np.isnan(groups[:, 0, 0]) | np.isnan(groups[:, 1, 0]) & bool(back), HALF_SEEN * radius, radius)
    guessed = _from_shoulders(seen, shoulders, trunk, along)
    lacking = np.isnan(seen[:, 0])
    centre = np.where(lacking[:, None], guessed, seen)
    radius = np.where(lacking, UNSURE * np.fmax(OF_TRUNK * trunk, radius), radius)
    radius = np.where(np.isnan(centre[:, 0]), np.nan, np.where(np.isfinite(radius), radius, np.nan))
    return np.column_stack([np.where(np.isnan(radius)[:, None], np.nan, centre), radius])


def held(seen: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """The discs of one person with every gap filled, also before the first and after the last: see `holding`.

    Moving and growing with the time since the face was last found or until it is found again, by what is learnt from
    the person's own movement; the same as `seen` where nobody was found at all.
    """
    return holding.filled(seen, time_s, holding.Reach.learnt([seen], time_s))


def others(
    detections: pd.DataFrame, time_s: np.ndarray, *, own: np.ndarray | None = None, hold_s: float = HOLD_S
) -> list[np.ndarray]:
    """The faces of everybody detected, an array (faces, 3) for each of `time_s`.

    Each is held while it is not found, and for `hold_s` seconds before it was first and after it was last found, also
    where that was at other times than `time_s`. own: discs (times, 3) of a face that is covered already, NaN where it
    is not found; what was found of that one is left out. Where `detections` have a column `look`, the people of one
    value are taken by themselves: what another look found can only cover more.
    """
    looks = [part for _, part in detections.groupby("look")] if "look" in detections else [detections]
    each = [_of_one_look(part, looks[:number], time_s, own, hold_s) for number, part in enumerate(looks)]
    return [np.concatenate(discs) for discs in zip(*each, strict=True)] if each else [np.empty((0, 3))] * len(time_s)


def _of_one_look(
    detections: pd.DataFrame,
    before: Sequence[pd.DataFrame],
    time_s: np.ndarray,
    own: np.ndarray | None,
    hold_s: float,
) -> list[np.ndarray]:
    """`before`: the detections of other looks; whom one of these found whenever this one did is left to it."""
    grid = np.union1d(time_s, detections["time_s"].unique()) if len(detections) else time_s
    rows = np.searchsorted(grid, time_s)
    covered = np.full((len(grid), 3), np.nan)
    if own is not None:
        covered[rows] = own
    others_found = [found(other, grid) for other in before]
    tracks = tracked(found(detections, grid), grid)
    reach = holding.Reach.learnt(tracks, grid)
    lasting = []
    for track in tracks:
        if any(_is_known(track, other) for other in others_found):
            continue
        brief = np.isfinite(track[:, 0]).sum() < BRIEF
        filled = holding.filled(track, grid, reach)
        held_s = min(hold_s, BRIEF_HOLD_S) if brief else hold_s
        lasting.append(_besides(covered, track, _within(track, filled, grid, held_s))[rows])
    every = np.stack(lasting, axis=1) if lasting else np.empty((len(time_s), 0, 3))
    return [row[np.isfinite(row).all(axis=1)] for row in every]


def _is_known(track: np.ndarray, by_frame: Sequence[np.ndarray]) -> bool:
    """Whether each disc of a face lies in one of those found in its frame, which is about as large."""
    for row in np.flatnonzero(np.isfinite(track[:, 0])):
        disc, there = track[row], by_frame[int(row)]
        near = np.hypot(*(there[:, :2] - disc[:2]).T) < there[:, 2]
        if not (near & (disc[2] < SAME_SIZE * there[:, 2])).any():
            return False
    return True


def _besides(own: np.ndarray, track: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """The filled discs of a face; where it is the `own` one, NaN wherever that is found."""
    both = np.isfinite(track).all(axis=1) & np.isfinite(own).all(axis=1)
    same = np.zeros(len(own), bool)
    same[both] = np.hypot(*(track[both, :2] - own[both, :2]).T) < own[both, 2]
    if not both.any() or same.sum() < OWN_SHARE * both.sum():
        return filled
    # Where the two differ the disc stays: one of the two networks saw somebody else.
    spare = np.isfinite(own).all(axis=1) & ~(both & ~same)
    return np.where(spare[:, None], np.nan, filled)


def tracked(by_frame: Sequence[np.ndarray], time_s: np.ndarray) -> list[np.ndarray]:
    """Discs (faces, 3) of each frame as one array (frames, 3) a face, NaN where it was not found.

    A face is taken for one that was found before where it lies near the place where that was or was going to be.
    """
    tracks: list[np.ndarray] = []
    for row, now in enumerate(by_frame):
        pairs = []
        for number, track in enumerate(tracks):
            near = _nearness(track, time_s, row, now)
            pairs += [(miss, number, place) for place, miss in enumerate(near) if miss < 1.0]
        free, unused = set(range(len(now))), set(range(len(tracks)))
        for _, number, place in sorted(pairs):
            if place in free and number in unused:
                tracks[number][row] = now[place]
                free.remove(place)
                unused.remove(number)
        for place in sorted(free):
            tracks.append(np.full((len(time_s), 3), np.nan))
            tracks[-1][row] = now[place]
    return tracks


def _nearness(track: np.ndarray, time_s: np.ndarray, row: int, now: np.ndarray) -> np.ndarray:
    """How far discs (faces, 3) lie from where a face was or was going to be, in how far that may be; shape (faces,)."""
    known = row - 1 - np.flatnonzero(np.isfinite(track[max(row - RECENT, 0) : row, 0])[::-1])
    if not len(known) or time_s[row] - time_s[known[0]] > LINK_S:
        return np.full(len(now), np.inf)
    last, lag = track[known[0]], time_s[row] - time_s[known[0]]
    recent = known[: max(np.searchsorted(time_s[known[0]] - time_s[known], holding.VELOCITY_S), 2)]
    passed = time_s[recent[0]] - time_s[recent[-1]]
    velocity = (last[:2] - track[recent[-1], :2]) / passed if passed > 0 else np.zeros(2)
    stays, goes_on = (np.hypot(*(now[:, :2] - place).T) for place in (last[:2], last[:2] + velocity * lag))
    return np.minimum(stays, goes_on) / (np.maximum(last[2], now[:, 2]) * (1 + SPEED_PER_S * lag))


def found(detections: pd.DataFrame, time_s: np.ndarray) -> list[np.ndarray]:
    """The discs (faces, 3) of everybody found in the frame at each of `time_s`; empty where nobody was."""
    by_frame: list[np.ndarray] = [np.empty((0, 3))] * len(time_s)
    if detections.empty:
        return by_frame
    parts = {
        coordinate: detections.pivot_table(coordinate, ["person", "time_s"], "joint", observed=True)
        for coordinate in keypoints.PLANE
    }
    wide = pd.concat(parts, axis=1).swaplevel(axis=1)
    # Each with a trunk of his own: who is nearer to the camera is larger.
    every = np.concatenate([discs(wide.loc[[person]]) for person in wide.index.unique("person")])
    when = wide.index.get_level_values("time_s").to_numpy(float)
    rows = np.searchsorted(time_s, when - SAME_S)
    # What was found at other times belongs to none of these.
    near = np.abs(time_s[np.minimum(rows, len(time_s) - 1)] - when) <= SAME_S
    for row in np.unique(rows[near]):
        here = every[near & (rows == row)]
        by_frame[row] = here[np.isfinite(here).all(axis=1)]
    return by_frame


def _within(track: np.ndarray, filled: np.ndarray, time_s: np.ndarray, hold_s: float) -> np.ndarray:
    """The filled discs as long as the face is held, NaN after and before."""
    known = time_s[np.isfinite(track).all(axis=1)]
    out = (time_s < known[0] - hold_s) | (time_s > known[-1] + hold_s)
    return np.where(out[:, None], np.nan, filled)


def _trunk(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle of the shoulders (n, 2), the trunk's length (n,) and its direction upwards (n, 2).

    Where it is not seen, the clip's median length, or one from the shoulders' width, and straight up.
    """
    pair = np.stack([keypoints.points(table, f"{side}_shoulder") for side in skeleton.SIDES], axis=1)
    hips = _mean(np.stack([keypoints.points(table, f"{side}_hip") for side in skeleton.SIDES], axis=1))
    shoulders = _mean(pair)
    axis = shoulders - hips
    length = np.hypot(*axis.T)
    usual = np.nanmedian(length) if np.isfinite(length).any() else np.nan
    # Shoulders are 0.259 of body height apart, a trunk is 0.288 long (Winter 2009); seen from the side they coincide.
    width = 1.1 * np.hypot(*(pair[:, 0] - pair[:, 1]).T)
    length = np.fmax(length, np.fmax(width, usual))
    size = np.hypot(*axis.T)
    upright = np.isnan(size) | (size < 1e-6)
    along = np.where(upright[:, None], (0.0, -1.0), axis / np.where(upright, 1.0, size)[:, None])
    return shoulders, length, along


def _from_shoulders(seen: np.ndarray, shoulders: np.ndarray, trunk: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The head's middle where the shoulders say it is; how it sits on them is learnt from the rows that show both."""
    across = np.column_stack([-along[:, 1], along[:, 0]])
    away = (seen - shoulders) / trunk[:, None]
    places = np.column_stack([(away * along).sum(axis=1), (away * across).sum(axis=1)])
    both = np.isfinite(places).all(axis=1)
    usual = np.median(places[both], axis=0) if both.any() else UP
    return shoulders + trunk[:, None] * (usual[0] * along + usual[1] * across)


def _mean(points: np.ndarray) -> np.ndarray:
    """Mean over axis 1 of the points there are, NaN where there are none; shape (n, k, 2) to (n, 2)."""
    there = np.isfinite(points).all(axis=-1)
    total = np.where(there[..., None], points, 0.0).sum(axis=1)
    count = there.sum(axis=1)[:, None]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _largest(values: np.ndarray) -> np.ndarray:
    """Largest finite value of each row, NaN where there is none."""
    largest = np.where(np.isfinite(values), values, -1.0).max(axis=1, initial=-1.0)
    return np.where(largest > 0, largest, np.nan)
