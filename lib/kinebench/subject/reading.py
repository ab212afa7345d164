"""Straight or crossed: what the joints of a limb say of each frame, and the reading with the least total.

Everything that exchanging left and right changes is in half their difference, D: an exchange turns it round.
"""

from dataclasses import dataclass

import numpy as np

CAP = 6.0
CHANGE_PRICE = 12.5
"""What one joint can say in one frame is capped; a change shows in two frames and costs more than one joint can bring
in. So at least two joints must speak for each end of an exchanged stretch, well above their noise: sides that cover
each other, seen squarely, say nothing."""
CROSSED_PRICE_PER_S = 0.6
"""Of two readings that are about as smooth the network's own is taken."""
LONGEST_STEP_S = 0.25
"""After a longer time without the limb nothing can be told from how it moved before."""
WORTH_TRYING = CHANGE_PRICE / 3


@dataclass(frozen=True)
class Evidence:
    """Misfit of each reading less that of the straight one, (frames,): a change at the frame, at the one before, both;
    `free`: frames at which nothing can be told, so that a change costs nothing.
    """

    here: np.ndarray
    before: np.ndarray
    both: np.ndarray
    free: np.ndarray


def evidence_of(halves: list[tuple[np.ndarray, np.ndarray]], time_s: np.ndarray, least_noise: float) -> Evidence:
    """Sum over the joints of the misfits of every reading, less the straight reading's."""
    count = len(time_s)
    step = np.diff(time_s)
    long = step > LONGEST_STEP_S
    # Where the step before is too long to give a speed, the limb is expected to stay.
    ratio = np.where(long[:-1], 0.0, step[1:] / step[:-1])
    here, before, both = (np.zeros(count) for _ in range(3))
    for half, weight in halves:
        stay, turn = (1 + ratio) * half[:, 1:-1], ratio * half[:, :-2]
        now = half[:, 2:]
        straight = _squared(now - (stay - turn))
        noise = max(_variance(straight), least_noise**2, 1e-12)
        trust = np.minimum(np.minimum(weight[2:], weight[1:-1]), weight[:-2])
        base = _misfit(straight / noise)
        for total, other in ((here, now + (stay - turn)), (before, now - (stay + turn)), (both, now + (stay + turn))):
            total[2:] += _gain(_misfit(_squared(other) / noise) - base, trust)
        # The second frame has no speed to go by, only where the limb was.
        first = [_squared(half[:, 1:2] + sign * half[:, :1]) / noise for sign in (1, -1)]
        crossed, uncrossed = (_misfit(squares) for squares in first)
        here[1] += float(_gain(crossed - uncrossed, np.minimum(weight[:1], weight[1:2]))[0])
    free = np.concatenate([[False], long])
    for total in (here, before, both):
        total[free] = 0.0
    return Evidence(here, before, both, free)


def _squared(vectors: np.ndarray) -> np.ndarray:
    """Squared length of (2, frames) vectors."""
    return vectors[0] * vectors[0] + vectors[1] * vectors[1]


def _variance(squares: np.ndarray) -> float:
    """Robust variance of one coordinate from squared two-dimensional misfits: their median is 2 ln 2 variances."""
    known = squares[np.isfinite(squares)]
    return float(np.median(known) / (2 * np.log(2))) if len(known) else 0.0


def _misfit(squared_noises: np.ndarray) -> np.ndarray:
    """Grows with the logarithm (Student's t, 2 degrees of freedom): of two bad readings the worse is still worse."""
    return 2 * np.log1p(squared_noises / 2)


def _gain(difference: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """What one joint says in each frame: held within the cap, weighted with the confidence; 0 where unknown."""
    return np.nan_to_num(np.clip(difference, -CAP, CAP) * trust, copy=False)


def least_total(evidence: Evidence, time_s: np.ndarray) -> np.ndarray:
    """The reading with the least total: whether each frame is crossed.

    Only at frames where a change could pay are the readings compared one by one; the straight stretches between them
    cost the crossed reading its price and the straight one nothing.
    """
    allowed = _worth_trying(evidence)
    active = np.flatnonzero(allowed | np.concatenate([[False], allowed[:-1]]))
    frame_price = CROSSED_PRICE_PER_S * float(np.median(np.diff(time_s)))
    # cost[crossed][changed here], and for each active frame where the least came from.
    # A crossed beginning or end of the clip has one plain end only, so the clip's edge must be paid for as well.
    cost = [[0.0, np.inf], [CHANGE_PRICE, np.inf]]
    came_from: list[tuple[int, list[list[tuple[int, int]]]]] = []
    last = -1
    for frame in active.tolist():
        waited = frame_price * (frame - last - 1)
        cost[1] = [total + waited for total in cost[1]]
        step, cost = _one_step(cost, evidence, frame, bool(allowed[frame]))
        cost[1] = [total + frame_price for total in cost[1]]
        came_from.append((frame, step))
        last = frame
    cost[1] = [total + frame_price * (len(time_s) - 1 - last) + CHANGE_PRICE for total in cost[1]]
    return _traced(cost, came_from, len(time_s))


def _worth_trying(evidence: Evidence) -> np.ndarray:
    """Frames at which a change alone, or two changes in a row (one frame crossed), could pay."""
    here, before, both = evidence.here, evidence.before, evidence.both
    later = np.concatenate([before[1:], [0.0]])
    alone = here + later < -WORTH_TRYING
    pair = here[:-1] + both[1:] + np.concatenate([before[2:], [0.0]]) < -2 * WORTH_TRYING
    allowed = alone | evidence.free
    allowed[:-1] |= pair
    allowed[1:] |= pair
    allowed[0] = False
    return allowed


def _one_step(
    cost: list[list[float]], evidence: Evidence, frame: int, allowed: bool
) -> tuple[list[list[tuple[int, int]]], list[list[float]]]:
    """One frame further: for each (crossed, changed here) where the least total came from, and that total."""
    price = 0.0 if evidence.free[frame] else CHANGE_PRICE
    misfit = ((0.0, float(evidence.before[frame])), (float(evidence.here[frame]), float(evidence.both[frame])))
    step = [[(0, 0), (0, 0)], [(0, 0), (0, 0)]]
    total = [[np.inf, np.inf], [np.inf, np.inf]]
    for crossed in (0, 1):
        for changed in (0, 1) if allowed else (0,):
            origin = crossed ^ changed
            options = [cost[origin][earlier] + misfit[changed][earlier] for earlier in (0, 1)]
            earlier = int(options[1] < options[0])
            step[crossed][changed] = (origin, earlier)
            total[crossed][changed] = options[earlier] + price * changed
    return step, total


def _traced(
    cost: list[list[float]], came_from: list[tuple[int, list[list[tuple[int, int]]]]], frames: int
) -> np.ndarray:
    """Back along the least total from the last frame to the first."""
    path = np.zeros(frames, dtype=bool)
    crossed, changed = min(((c, h) for c in (0, 1) for h in (0, 1)), key=lambda state: cost[state[0]][state[1]])
    end = frames
    for frame, step in reversed(came_from):
        path[frame:end] = bool(crossed)
        end = frame
        crossed, changed = step[crossed][changed]
    path[:end] = bool(crossed)
    return path


def confirmed(
    crossed: np.ndarray, halves: list[tuple[np.ndarray, np.ndarray]], time_s: np.ndarray, least_noise: float
) -> np.ndarray:
    """The crossed stretches that a second look bears out: on to what follows, over the frames where they change.

    In the very frame in which it errs a network often puts both sides half-way between, so that whatever is told from
    that frame on misleads. So the limb's way over some frames on one side of a change, without the nearest, is carried
    on to those on the other side: they must not fit clearly better straight. A stretch too short for it stays as told.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], crossed, [False]]).astype(int)))
    kept = crossed.copy()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start < SHORT:
            continue
        ends = []
        for last_before, first_after in ((start - 1, start), (stop - 1, stop)):
            if last_before >= 0 and first_after < len(crossed):
                ends.append(_holds(crossed, halves, time_s, first_after, least_noise))
        if not all(ends):
            kept[start:stop] = False
    return kept


SHORT, LOOK, SKIP = 5, 4, 1
"""Frames: of the shortest stretch looked at again, of the look to either side of a change, left out at the change."""


def _holds(
    crossed: np.ndarray,
    halves: list[tuple[np.ndarray, np.ndarray]],
    time_s: np.ndarray,
    change: int,
    least_noise: float,
) -> bool:
    """Whether what follows on `change`, the first frame after it, does not go on clearly better the other way round."""
    before = np.arange(max(change - SKIP - LOOK, 0), change - SKIP)
    after = np.arange(change + SKIP, min(change + SKIP + LOOK, len(time_s)))
    if len(before) < 2 or len(after) == 0 or time_s[after[0]] - time_s[before[-1]] > LONGEST_STEP_S:
        return True
    design = np.stack([np.ones(len(before)), time_s[before] - time_s[change]], axis=1)
    ahead = np.stack([np.ones(len(after)), time_s[after] - time_s[change]], axis=1)
    carry = ahead @ np.linalg.pinv(design)
    sign = np.where(crossed, -1.0, 1.0)
    gain = 0.0
    for half, _ in halves:
        expected = (sign[before] * half[:, before]) @ carry.T
        as_read, otherwise = (side * sign[after] * half[:, after] for side in (1.0, -1.0))
        worse, better = (_misfit(_squared(found - expected) / least_noise**2) for found in (otherwise, as_read))
        gain += float(np.nansum(worse - better))
    return gain > -CHANGE_PRICE
