"""Where one person hides another: found from the chains, cut there, and judged once it is known who is who."""

from dataclasses import dataclass

import numpy as np

from kinebench.subject.ends import Looks, ends, misfit
from kinebench.subject.linking import distance

NEAR = 0.5
"""In sizes of the larger: who disappears so near to somebody may have gone behind them."""
TOUCHING = 0.25
"""In sizes of the larger: so near to somebody, a chain with a hole may go on in the other."""
HIDDEN_S = 2.0
"""Longer than this, velocity tells nothing: who turns up is found again by place and size alone."""
LOST_S = 0.15
"""Nobody takes another's place within so short a time."""
CLEAR = 6.0
"""An exchange that would fit worse by so much (a likelihood of 1 to 20) is ruled out."""
IMPOSSIBLE = 1e6
WITNESSES = 30
"""Detections on each side of a moment by which a person is known there."""


@dataclass(frozen=True)
class Crossing:
    """One person hid another from `start_s` to `end_s`; `certain`: nobody else can be who came out of it.

    With one person twice in `people` nobody hid anybody: the person was lost, and may be another one since.
    """

    start_s: float
    end_s: float
    people: tuple[int, int]
    certain: bool


@dataclass(frozen=True)
class Hidden:
    """By detections: `gone` is the last before and `back` the first after; `before`, `after`: who stood there."""

    gone: int
    back: int
    before: int
    after: int


def hidden(
    values: np.ndarray, size: np.ndarray, frame: np.ndarray, times_s: np.ndarray, tracks: list[np.ndarray]
) -> list[Hidden]:
    """Where a chain ends beside somebody, and another begins beside the same soon after."""
    chain = np.empty(len(frame), dtype=int)
    for number, own in enumerate(tracks):
        chain[own] = number
    ends_at = {number: own[-1] for number, own in enumerate(tracks)}
    begun = sorted((int(own[0]) for own in tracks), key=lambda detection: frame[detection])
    events = []
    for gone in sorted(ends_at.values(), key=lambda detection: frame[detection]):
        for before in _beside(values, size, frame, gone):
            back = _back(values, size, frame, times_s, gone, before, tracks[chain[before]], begun)
            if back is not None:
                events.append(Hidden(int(gone), back[0], int(before), back[1]))
                break
    return events


def holes(values: np.ndarray, size: np.ndarray, frame: np.ndarray, tracks: list[np.ndarray]) -> list[Hidden]:
    """Where somebody was missed for some frames while so near to somebody else that the chain may have changed over."""
    chain = np.full(len(frame), -1)
    for number, own in enumerate(tracks):
        chain[own] = number
    events = []
    for own in tracks:
        for place in np.flatnonzero(np.diff(frame[own]) > 1):
            gone, back = int(own[place]), int(own[place + 1])
            beside = np.concatenate([_beside(values, size, frame, one, TOUCHING) for one in (gone, back)]).astype(int)
            for number in np.unique(chain[beside]):
                other = tracks[number]
                pair = [other[frame[other] == frame[one]] for one in (gone, back)]
                if all(len(one) for one in pair):
                    events.append(Hidden(gone, back, int(pair[0][0]), int(pair[1][0])))
                    break
    return events


def _beside(values: np.ndarray, size: np.ndarray, frame: np.ndarray, detection: int, near: float = NEAR) -> np.ndarray:
    """Who is near a detection in its frame, the nearest first."""
    others = np.arange(*np.searchsorted(frame, [frame[detection], frame[detection] + 1]))
    others = others[others != detection]
    apart = _apart(values, size, np.full(len(others), detection), others)
    return others[np.argsort(apart)][: int((apart < near).sum())]


def _apart(values: np.ndarray, size: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Mean distance of two detections' joints in sizes of the larger, who is the one that covers."""
    return distance(values, here, there) / np.maximum(size[here], size[there])


def _back(
    values: np.ndarray,
    size: np.ndarray,
    frame: np.ndarray,
    times_s: np.ndarray,
    gone: int,
    before: int,
    track: np.ndarray,
    begun: list[int],
) -> tuple[int, int] | None:
    """The first chain to begin beside `track` after `gone`, and who of `track` is there then."""
    for back in begun:
        gap_s = times_s[frame[back]] - times_s[frame[gone]]
        if gap_s <= 0:
            continue
        if gap_s > HIDDEN_S:
            return None
        same = track[frame[track] == frame[back]]
        if len(same) and _apart(values, size, np.array([back]), same)[0] < NEAR and same[0] != back:
            return back, int(same[0])
    return None


def passings(
    values: np.ndarray, size: np.ndarray, frame: np.ndarray, time_s: np.ndarray, person: np.ndarray
) -> list[Hidden]:
    """Where a person known by now was not seen for a while, and somebody was near before and after; time_s: of each."""
    events = []
    for who in range(int(person.max(initial=-1)) + 1):
        own = np.flatnonzero(person == who)
        for place in np.flatnonzero(np.diff(time_s[own]) > LOST_S):
            gone, back = int(own[place]), int(own[place + 1])
            before, after = (_beside(values, size, frame, one) for one in (gone, back))
            common = [(b, a) for b in before for a in after if person[b] == person[a]]
            if common:
                events.append(Hidden(gone, back, int(common[0][0]), int(common[0][1])))
    return events


def cut(
    chain: np.ndarray, frame: np.ndarray, hidden: list[Hidden], holes: list[Hidden]
) -> tuple[np.ndarray, np.ndarray]:
    """New labels, cut where somebody came back beside a chain; and which detections lie in between."""
    cut = chain.copy()
    aside = np.zeros(len(chain), dtype=bool)
    for event in hidden:
        own = np.flatnonzero(chain == chain[event.before])
        aside[own[(frame[own] > frame[event.gone]) & (frame[own] < frame[event.back])]] = True
    for event in hidden + holes:
        both = (chain == chain[event.before]) | (chain == chain[event.gone])
        later = np.flatnonzero(both & (frame >= frame[event.back]))
        cut[later] = cut.max() + 1 + np.unique(cut[later], return_inverse=True)[1]
    return cut, aside


def certain(event: Hidden, seen: Looks, person: np.ndarray, frame: np.ndarray) -> bool:
    """Whether those who came out of a crossing cannot be the other way round."""
    gone, back, before, after = event.gone, event.back, event.before, event.after
    pairs = {person[gone], person[before]} == {person[back], person[after]}
    if not pairs:
        return False

    def piece(one: int, later: bool) -> np.ndarray:
        own = np.flatnonzero(person == person[one])
        return own[frame[own] >= frame[one]][:WITNESSES] if later else own[frame[own] <= frame[one]][-WITNESSES:]

    last = ends(seen, [piece(gone, False), piece(before, False)], last=True)
    first = ends(seen, [piece(back, True), piece(after, True)], last=False)
    straight = person[gone] == person[back]
    ways = (misfit(last, first.taken(np.array(order))) for order in ([0, 1], [1, 0]))
    kept, other = (np.minimum(way, IMPOSSIBLE).sum() for way in ways)
    return bool((other - kept if straight else kept - other) >= CLEAR)
