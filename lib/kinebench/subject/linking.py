"""From frame to frame: who was found twice at once, and chains of detections that surely show one person."""

import numpy as np
import scipy

JUMP, SIZES_PER_S = 0.15, 4.0
"""A person is the same from frame to frame while the joints move on average no further than this share of the size of
the box around them, which is noise, and no faster than four times that size a second, which is a sprint."""
GROWTH = 0.3
"""How much a change of the box's size counts, per natural logarithm: little, because hidden legs halve it."""
DOUBLE = 0.1
"""Two detections of one frame nearer than this are one person, found twice: nobody stands so exactly before another."""
SURE = 0.08
"""Who moved no further than this from one frame to the next is the same: a third of the way to a neighbour."""
LONGEST_SKIP, SKIPPED = 3, 0.03
"""A detection may be missing in two frames in a row without ending its chain; each counts as so much of a move."""


def without_doubles(values: np.ndarray, size: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Positions of the detections that are left when a person found twice in one frame is taken once, the surer."""
    here, there = pairs(frame, 0)
    double = change(values, size, here, there) < DOUBLE
    here, there = here[double], there[double]
    sure = np.nansum(values[..., 2], axis=1)
    kept = np.ones(len(frame), dtype=bool)
    kept[np.where(sure[here] >= sure[there], there, here)] = False
    return np.flatnonzero(kept)


def chains(values: np.ndarray, size: np.ndarray, frame: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Which chain each detection belongs to, (detections,): mutual nearest neighbours of frames that follow closely.

    First those from one frame to the next that hardly moved; then, of what is left, also over frames in which somebody
    was missed: else the one of two who is seen would be linked to the other, who was seen the frame before.
    """
    count = len(frame)
    links = [np.zeros((2, 0), dtype=int)]
    open_end, open_start = np.ones(count, dtype=bool), np.ones(count, dtype=bool)

    def link(here: np.ndarray, there: np.ndarray, cost: np.ndarray) -> int:
        free = open_end[here] & open_start[there]
        here, there = _mutual(here[free], there[free], cost[free], count)
        open_end[here], open_start[there] = False, False
        links.append(np.stack([here, there]))
        return len(here)

    here, there = pairs(frame, 1)
    apart = change(values, size, here, there)
    sure = apart <= SURE
    link(here[sure], there[sure], apart[sure])
    found = [_near(values, size, frame, times_s, skip, open_end, open_start) for skip in range(1, LONGEST_SKIP + 1)]
    here, there, cost = (np.concatenate(parts) for parts in zip(*found, strict=True))
    while len(here) and link(here, there, cost):
        pass
    leaders, followers = np.concatenate(links, axis=1)
    links.append(_filling(leaders, followers, here, there, cost, frame))
    leaders, followers = np.concatenate(links, axis=1)
    linked = scipy.sparse.coo_matrix((np.ones(len(leaders), bool), (leaders, followers)), shape=(count, count))
    return scipy.sparse.csgraph.connected_components(linked, directed=False)[1] if count else np.zeros(0, dtype=int)


def _filling(
    leaders: np.ndarray, followers: np.ndarray, here: np.ndarray, there: np.ndarray, cost: np.ndarray, frame: np.ndarray
) -> np.ndarray:
    """Links (2, n) of lone detections, as of a frame with exchanged legs, to the chain that has a hole where they are.

    leaders, followers: the links so far; here, there, cost: every pair near enough to be one person.
    """
    count = len(frame)
    after = np.full(count, -1)
    after[leaders] = followers
    alone = np.ones(count, dtype=bool)
    alone[leaders] = alone[followers] = False
    hole = (after[here] >= 0) & alone[there] & (frame[there] < frame[after[here]])
    here, there = _mutual(here[hole], there[hole], cost[hole], count)
    return np.stack([here, there])


def _near(
    values: np.ndarray,
    size: np.ndarray,
    frame: np.ndarray,
    times_s: np.ndarray,
    skip: int,
    open_end: np.ndarray,
    open_start: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of detections without link, `skip` frames apart and near enough to be one person, and what they cost."""
    here, there = pairs(frame, skip)
    free = open_end[here] & open_start[there]
    here, there = here[free], there[free]
    apart = change(values, size, here, there)
    near = apart <= JUMP + SIZES_PER_S * (times_s[frame[there]] - times_s[frame[here]])
    return here[near], there[near], apart[near] + SKIPPED * (skip - 1)


def _mutual(here: np.ndarray, there: np.ndarray, cost: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the pairs those of which each is the other's cheapest."""
    position = np.arange(len(here))
    best_for_here = _lowest(here, cost, count)
    best_for_there = _lowest(there, cost, count)
    mutual = (best_for_here[here] == position) & (best_for_there[there] == position)
    return here[mutual], there[mutual]


def pairs(frame: np.ndarray, skip: int) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of detections `skip` frames apart; with 0 every pair of one frame, once. `frame` is in order."""
    first = np.searchsorted(frame, frame + skip) if skip else np.arange(1, len(frame) + 1)
    last = np.searchsorted(frame, frame + skip, side="right")
    partners = last - first
    here = np.repeat(np.arange(len(frame)), partners)
    offset = np.arange(len(here)) - np.repeat(np.cumsum(partners) - partners, partners)
    return here, np.repeat(first, partners) + offset


def change(values: np.ndarray, size: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """How much two detections differ: mean distance of their joints in units of the size, plus the change of size."""
    moved = distance(values, here, there) / np.minimum(size[here], size[there])
    return moved + GROWTH * np.abs(np.log(size[here] / size[there]))


def distance(values: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Mean distance in pixels of the joints that both detections have, infinite where they have none."""
    shared = np.zeros(len(here))
    total = np.zeros(len(here))
    for joint in range(values.shape[1] if len(here) else 0):
        apart = np.linalg.norm(values[here, joint, :2] - values[there, joint, :2], axis=1)
        known = np.isfinite(apart)
        total += np.where(known, apart, 0.0)
        shared += known
    return np.where(shared > 0, total / np.maximum(shared, 1), np.inf)


def _lowest(group: np.ndarray, cost: np.ndarray, groups: int) -> np.ndarray:
    """For each group the position of its lowest cost; -1 for a group without members."""
    best = np.full(groups, -1)
    order = np.lexsort((cost, group))
    first = np.concatenate([[True], np.diff(group[order]) > 0]) if len(order) else np.zeros(0, dtype=bool)
    best[group[order][first]] = order[first]
    return best


def grouped(labels: np.ndarray) -> list[np.ndarray]:
    """Positions of each label 0, 1, ..., in order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(labels) else []
