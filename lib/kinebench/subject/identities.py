"""Identity over time: which detections show the same person, also after one hid the other.

Chains that are certain (`linking`) are cut where somebody disappears near somebody and reappears there: what was seen
in between may be either. Then every end of a chain is given to a beginning, or to none, by the Hungarian method: all
at once, at the least total misfit (`ends`). What lay in between goes to whom it fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from kinebench.subject import crossings
from kinebench.subject.crossings import CLEAR, HIDDEN_S, LOST_S, WITNESSES, Crossing, Hidden
from kinebench.subject.ends import Ends, Looks, ends, looks, misfit, unlike
from kinebench.subject.linking import chains, change, grouped

NONE = 16.0
"""Misfit from which an end rather goes on in nothing: four standard deviations."""
FOUND_AT_ONCE, FOUND_AGAIN_PER_S, FOUND_AGAIN = 0.25, 1.0, 0.8
"""Who turns up again is the same person within so many sizes and sizes a second, and at most so many away ..."""
LIKE_SIZE = 1.6
"""... and no more than this many times as large or as small."""
STAYED = 0.3
"""Who is found again after a longer time is the same for sure only where it was, within so many sizes."""
BETWEEN = 0.15
"""In sizes: how far off the straight way between two sights of a person the same may be."""
MOST_ENDS = 60
"""So many of the latest ends are asked for each beginning: enough for a crowd, few enough for an hour."""


@dataclass(frozen=True)
class Identities:
    """person: (detections,) which person each shows; the rest is for `crossings`."""

    person: np.ndarray
    hidden: tuple[tuple[Hidden, bool], ...]
    found_again: tuple[tuple[int, int], ...]

    def crossings(self, person: np.ndarray, time_s: np.ndarray) -> tuple[Crossing, ...]:
        """Where somebody hid somebody, by the numbers in `person`; time_s: of each detection."""
        hidden = [
            Crossing(
                float(time_s[event.gone]),
                float(time_s[event.back]),
                (int(person[event.before]), int(person[event.gone])),
                certain,
            )
            for event, certain in self.hidden
            if person[event.before] != person[event.gone]
        ]
        lost = [
            Crossing(float(time_s[gone]), float(time_s[back]), (int(person[gone]), int(person[gone])), False)
            for gone, back in self.found_again
        ]
        return tuple(sorted([*hidden, *lost], key=lambda crossing: crossing.start_s))


def identify(
    values: np.ndarray, size: np.ndarray, frame: np.ndarray, times_s: np.ndarray, joints: Sequence[str]
) -> Identities:
    """The person that each detection shows; detections in order of frame, arrays as in `tracks.People`."""
    chain = chains(values, size, frame, times_s)
    hidden = crossings.hidden(values, size, frame, times_s, grouped(chain))
    missed = crossings.holes(values, size, frame, grouped(chain))
    labels, aside = crossings.cut(chain, frame, hidden, missed)
    kept = np.flatnonzero(~aside)
    pieces = [kept[own] for own in grouped(np.unique(labels[kept], return_inverse=True)[1])]
    seen = looks(values, size, times_s[frame], joints)
    first, last = ends(seen, pieces, last=False), ends(seen, pieces, last=True)
    heir = _soon(last, first)
    heir = _later(values, size, times_s[frame], pieces, heir)
    person = np.full(len(frame), -1)
    for number, piece in zip(_united(heir), pieces, strict=True):
        person[piece] = number
    _give(person, [own[aside[own]] for own in grouped(chain) if aside[own].any()], seen, frame)
    sure = {event: crossings.certain(event, seen, person, frame) for event in hidden + missed}
    # Being missed for a frame is no crossing, unless somebody else may have come out of it.
    told = hidden + [event for event in missed if not sure[event]]
    passed = [
        event
        for event in crossings.passings(values, size, frame, times_s[frame], person)
        if not any(frame[one.gone] < frame[event.back] and frame[event.gone] < frame[one.back] for one in told)
    ]
    doubtful = _doubtful(last, first, heir)
    found_again = tuple((int(pieces[one][-1]), int(pieces[heir[one]][0])) for one in doubtful)
    judged = [(event, sure[event]) for event in told]
    judged += [(event, True) for event in passed]
    return Identities(person, tuple(judged), found_again)


def _doubtful(last: Ends, first: Ends, heir: np.ndarray) -> np.ndarray:
    """The pieces after which somebody else may have come: lost for a while, and found again elsewhere or unlike."""
    end = np.flatnonzero(heir >= 0)
    start = heir[end]
    before, after = last.taken(end), first.taken(start)
    gap_s = after.time_s - before.time_s
    away = np.linalg.norm(after.place - before.place, axis=1) / np.sqrt(before.size * after.size)
    moved = np.where(gap_s <= HIDDEN_S, misfit(before, after) >= CLEAR, away > STAYED)
    return end[(gap_s > LOST_S) & (moved | (unlike(before, after) >= CLEAR))]


def _soon(last: Ends, first: Ends) -> np.ndarray:
    """For each piece the one that goes on with it within `HIDDEN_S`, -1 where none does: the least total misfit."""
    end, start = _candidates(last.time_s, first.time_s, HIDDEN_S)
    return _matched(end, start, misfit(last.taken(end), first.taken(start)), NONE, len(last.time_s))


def _later(
    values: np.ndarray, size: np.ndarray, time_s: np.ndarray, pieces: list[np.ndarray], heir: np.ndarray
) -> np.ndarray:
    """The same, with who was found again after a longer time."""
    open_end, open_start = heir < 0, np.ones(len(pieces), dtype=bool)
    open_start[heir[heir >= 0]] = False
    gone, come = np.flatnonzero(open_end), np.flatnonzero(open_start)
    before, after = np.array([pieces[i][-1] for i in gone], int), np.array([pieces[i][0] for i in come], int)
    end, start = _candidates(time_s[before], time_s[after], np.inf)
    gap_s = time_s[after[start]] - time_s[before[end]]
    late = gap_s > HIDDEN_S
    end, start, gap_s = end[late], start[late], gap_s[late]
    apart = change(values, size, before[end], after[start])
    ratio = np.abs(np.log(size[before[end]] / size[after[start]]))
    same = (ratio <= np.log(LIKE_SIZE)) & (apart <= np.minimum(FOUND_AT_ONCE + FOUND_AGAIN_PER_S * gap_s, FOUND_AGAIN))
    found = _matched(end, start, np.where(same, apart, np.inf), FOUND_AGAIN, max(len(gone), len(come)))
    heir = heir.copy()
    taken = np.flatnonzero(found[: len(gone)] >= 0)
    heir[gone[taken]] = come[found[taken]]
    return heir


def _candidates(end_s: np.ndarray, start_s: np.ndarray, longest_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of an end and a later start at most `longest_s` apart, of each start the latest `MOST_ENDS` ends."""
    order = np.argsort(end_s, kind="stable")
    upto = np.searchsorted(end_s[order], start_s)
    since = np.maximum(np.searchsorted(end_s[order], start_s - longest_s), upto - MOST_ENDS)
    count = np.maximum(upto - since, 0)
    start = np.repeat(np.arange(len(start_s)), count)
    offset = np.arange(len(start)) - np.repeat(np.cumsum(count) - count, count)
    return order[np.repeat(since, count) + offset] if len(start) else start, start


def _matched(end: np.ndarray, start: np.ndarray, cost: np.ndarray, none: float, count: int) -> np.ndarray:
    """For each end its start, -1 for none: the assignment of the least total cost, where going on in none costs `none`.

    By the Hungarian method for sparse costs; each end also has a start of its own that stands for none.
    """
    good = cost < none
    rows = np.concatenate([end[good], np.arange(count)])
    columns = np.concatenate([start[good], count + np.arange(count)])
    # A cost of 0 would be no edge.
    costs = np.concatenate([cost[good], np.full(count, none)]) + 1e-6
    if count == 0:
        return np.zeros(0, dtype=int)
    edges = scipy.sparse.csr_matrix((costs, (rows, columns)), shape=(count, 2 * count))
    _, chosen = scipy.sparse.csgraph.min_weight_full_bipartite_matching(edges)
    return np.where(chosen < count, chosen, -1)


def _united(heir: np.ndarray) -> np.ndarray:
    """The person of each piece: pieces that go on in one another have the same number."""
    has = np.flatnonzero(heir >= 0)
    links = scipy.sparse.coo_matrix((np.ones(len(has)), (has, heir[has])), shape=(len(heir), len(heir)))
    return scipy.sparse.csgraph.connected_components(links, directed=False)[1] if len(heir) else heir


def _give(person: np.ndarray, pieces: list[np.ndarray], seen: Looks, frame: np.ndarray) -> None:
    """Give each piece that lay in between to whom it fits, of those not seen in its frames; fills in `person`.

    In rounds, in each of which nobody is given more than one; what fits nobody is a person of its own.
    """
    while pieces:
        people = np.unique(person[person >= 0])
        cost = np.array([[_unfit(seen, person, frame, piece, who) for who in people] for piece in pieces])
        given = []
        if cost.size:
            for row, column in zip(*scipy.optimize.linear_sum_assignment(np.minimum(cost, 1e6)), strict=True):
                if cost[row, column] < NONE:
                    person[pieces[row]] = people[column]
                    given.append(row)
        if not given:
            break
        pieces = [piece for row, piece in enumerate(pieces) if row not in given]
    for piece in pieces:
        person[piece] = person.max(initial=-1) + 1


def _unfit(seen: Looks, person: np.ndarray, frame: np.ndarray, piece: np.ndarray, who: int) -> float:
    """How badly a piece fits between the last sight of a person before it and the first after it."""
    own = np.flatnonzero(person == who)
    last, first = own[frame[own] < frame[piece[0]]][-WITNESSES:], own[frame[own] > frame[piece[-1]]][:WITNESSES]
    if len(last) == 0 or len(first) == 0 or np.isin(frame[piece], frame[own]).any():
        return np.inf
    before, after = ends(seen, [last], last=True), ends(seen, [first], last=False)
    share = (seen.time_s[piece] - before.time_s) / (after.time_s - before.time_s)
    off = seen.trunk[piece] - before.place - share[:, None] * (after.place - before.place)
    away = np.linalg.norm(off, axis=1).mean() / before.size[0]
    return float((away / BETWEEN) ** 2 + unlike(before, ends(seen, [piece], last=False))[0])
