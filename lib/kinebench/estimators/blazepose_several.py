"""Several people at a time, each followed by a pursuit of their own: pure decisions, the networks are handed in.

Each person has a place in the list and is followed as one alone is (`blazepose_following`). Who comes in is found by
the detector, shown the picture in several views (`blazepose_views`), and confirmed by the landmark network. It is asked

- in every picture, while nobody is followed, and where times do not rise from picture to picture (plain arrays);
- in the picture in which somebody is lost, and for a second after it ten times a second, because whoever is hidden by
  somebody walking past comes out again within that time;
- else three times a second: the pursuits need its answer that often anyway, and who walks in goes half a metre.

Nobody is followed twice. Where two pursuits see the same body, the one whose body jumped since the picture before is
dropped: it slid from somebody hidden onto who hides them. A place that became free is kept for the same person where
somebody turns up near where they were last; for a second the detector is also shown just that part of the picture. In
Sports2D's demo clip, begun at eight different times, the man on the roof is lost before a dark tree in 72 pictures
without that and in 5 with it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from kinebench.estimators.blazepose_bodies import SAME, apart, known
from kinebench.estimators.blazepose_following import (
    ASK_EVERY_S,
    MOST_CANDIDATES,
    Following,
    Look,
    Pursuit,
    rank,
    strength,
)
from kinebench.estimators.blazepose_landmarks import MIN_PERSON_SCORE, Landmarks
from kinebench.estimators.blazepose_regions import Region
from kinebench.estimators.blazepose_views import SMALL_SCORE, Candidate, small_views, unique, views
from kinebench.video import Frame

# A little less than a tenth: it is to be every third picture of 30 a second, however their times are rounded.
ASK_SOON_S, SOON_S = 0.095, 1.0
# A person whom the detector has not seen for so long may give way to one who it sees.
DOUBTFUL_S = 1.0

See = Callable[[Sequence[Region]], list[Landmarks]]
Sweep = Callable[[Sequence[Region]], list[list[Candidate]]]
Looks = list[Look | None]


@dataclass(frozen=True)
class Place:
    """What is known, before a picture, of the person in one place of the list.

    pursuit: where to look. look: what was seen in the picture before; None: the place is free. seen_s, sure_s: when the
    person was last seen, and when by the detector as well.
    """

    pursuit: Pursuit = field(default_factory=Pursuit)
    look: Look | None = None
    seen_s: float = -math.inf
    sure_s: float = -math.inf


@dataclass(frozen=True)
class Company:
    """What is known before a picture: the places, when the picture before was, when the detector was asked last."""

    places: tuple[Place, ...]
    looked_s: float = math.inf
    asked_s: float = -math.inf

    @classmethod
    def of(cls, most: int) -> "Company":
        """Room for `most` people, nobody there yet."""
        return cls((Place(),) * most)


class Several:
    """The decisions, with `see` (the landmark network on regions) and `sweep` (the detector in all views) handed in."""

    def __init__(self, following: Following, most: int, small: bool = False) -> None:
        """`following`: how each person is followed. `most`: for how many there is a place.

        `small`: whether to look for people, too, who are small in the picture.

        Where `following` has a place that the user pointed at, the list's first is kept for whoever is found there.
        """
        self.following = following
        self.most = most
        self.small = small

    def look(self, frame: Frame, company: Company, see: See, sweep: Sweep) -> tuple[Looks, Company]:
        """What `frame` shows of the person in each place, None where the place is free; and what is known then."""
        looks = self._followed(frame, company, see)
        places, asked = company.places, self._due(frame, company, looks)
        if asked:
            seen, again = self._swept(frame, self._around_lost(frame, places, looks), sweep)
            looks, strangers = confirmed(looks, seen)
            self._admit(frame, places, looks, self._tried(frame, again, strangers, see))
        after = tuple(self._after(frame, look, place) for look, place in zip(looks, places, strict=True))
        return looks, Company(after, frame.time_s, frame.time_s if asked else company.asked_s)

    def _followed(self, frame: Frame, company: Company, see: See) -> Looks:
        """Each person where their own pursuit leads; nobody twice."""
        regions = {n: place.pursuit.region for n, place in enumerate(company.places)}
        sought = {n: region for n, region in regions.items() if region and not self.following.detect_every_frame}
        looks: Looks = [None] * self.most
        for (number, region), seen in zip(sought.items(), see(list(sought.values())), strict=True):
            if seen.score < MIN_PERSON_SCORE:
                continue
            look = Look(frame.time_s, region, seen)
            twins = [n for n, other in enumerate(looks) if other is not None and apart(look, other) < SAME]
            if all(_jump(look, company.places[number]) < _jump(looks[n], company.places[n]) for n in twins):
                looks = [None if n in twins else other for n, other in enumerate(looks)]
                looks[number] = look
        return looks

    def _due(self, frame: Frame, company: Company, looks: Looks) -> bool:
        """Whether the detector is asked in this picture; see the module's docstring."""
        lost = any(look is None and place.look is not None for look, place in zip(looks, company.places, strict=True))
        if lost or all(look is None for look in looks) or frame.time_s <= company.looked_s:
            return True
        missed = (place for place in company.places if place.look is None)
        soon = any(frame.time_s - place.seen_s < SOON_S for place in missed)
        return frame.time_s - company.asked_s >= (ASK_SOON_S if soon else ASK_EVERY_S)

    def _swept(self, frame: Frame, near: Sequence[Region], sweep: Sweep) -> tuple[list[Candidate], list[Candidate]]:
        """Whom the detector sees in the picture's views, and whom in the parts `near` where somebody was lost."""
        usual = views(frame.width, frame.height)
        small = small_views(frame.width, frame.height) if self.small else []
        found = sweep([*usual, *small, *near])
        seen = list(chain(*found[: len(usual)]))
        sure = chain(*found[len(usual) : len(usual) + len(small)])
        seen += [candidate for candidate in sure if candidate.score >= SMALL_SCORE]
        return unique(seen), unique(list(chain(*found[len(usual) + len(small) :])))

    def _around_lost(self, frame: Frame, places: Sequence[Place], looks: Looks) -> list[Region]:
        """Where those who were followed within the last second, but are not now, were seen last."""
        if self.following.detect_every_frame:
            return []
        lost = [place for place, look in zip(places, looks, strict=True) if look is None]
        last = [place.pursuit.last for place in lost if frame.time_s - place.seen_s < SOON_S]
        return [replace(region, angle=0.0) for region in last if region is not None]

    def _tried(
        self, frame: Frame, again: Sequence[Candidate], strangers: Sequence[Candidate], see: See
    ) -> Iterator[Look]:
        """The candidates whom the landmark network takes for people, those where somebody was lost first."""
        regions = self._ranked(frame, again) + self._ranked(frame, strangers)
        regions = regions[: self.most + MOST_CANDIDATES]
        for region, seen in zip(regions, see(regions), strict=True):
            if seen.score >= MIN_PERSON_SCORE:
                yield Look(frame.time_s, region, seen, asked=True, detected=region)

    def _ranked(self, frame: Frame, candidates: Sequence[Candidate]) -> list[Region]:
        usable = [candidate.region for candidate in candidates if candidate.region.usable]
        return sorted(usable, key=lambda region: -rank(region, frame.width, frame.height, self.following.place))

    def _admit(self, frame: Frame, places: Sequence[Place], looks: Looks, tried: Iterator[Look]) -> None:
        """Give those of `tried` who are new a place in `looks`, as long as there is one."""
        doubtful = {n for n, look in enumerate(looks) if look and not look.detected and _doubtful(frame, places[n])}
        if None not in looks and not doubtful:
            return
        for look in tried:
            if any(known(look, other) for other in looks if other is not None):
                continue
            number = self._free(look, places, looks)
            if number is None:
                number = self._given_way(frame, look, looks, doubtful)
            if number is not None:
                looks[number] = look
                doubtful.discard(number)

    def _given_way(self, frame: Frame, look: Look, looks: Looks, doubtful: set[int]) -> int | None:
        """The place of the weakest of those whom the detector no longer sees, if `look` shows a surer person."""
        strengths = {n: _strength(looks[n], frame, self.following.place) for n in sorted(doubtful)}
        weakest = min(strengths, key=strengths.__getitem__, default=None)
        surer = weakest is not None and _strength(look, frame, self.following.place) > strengths[weakest]
        return weakest if surer else None

    def _free(self, look: Look, places: Sequence[Place], looks: Looks) -> int | None:
        """The free place for somebody new: their own of before, else one never taken, else the one free the longest."""
        assert look.region is not None
        free = [n for n, other in enumerate(looks) if other is None]
        for n in free:
            last = places[n].pursuit.last
            if last is not None and look.region.overlaps(last):
                return n
        here = any(self._pointed_at(each) for each in (look, *looks) if each is not None)
        if self.following.place is not None and places[0].pursuit.last is None and not here:
            free = [n for n in free if n != 0]
        return min(free, key=lambda n: places[n].seen_s, default=None)

    def _pointed_at(self, look: Look) -> bool:
        assert look.region is not None
        if self.following.place is None:
            return False
        x, y = self.following.place
        return math.hypot(look.region.x - x, look.region.y - y) < look.region.side / 2

    def _after(self, frame: Frame, look: Look | None, place: Place) -> Place:
        pursuit = self.following.after(look or Look(frame.time_s), place.pursuit)
        if look is None:
            return replace(place, pursuit=pursuit, look=None)
        sure = look.detected is not None
        return Place(pursuit, look, frame.time_s, frame.time_s if sure else place.sure_s)


def _doubtful(frame: Frame, place: Place) -> bool:
    return frame.time_s - place.sure_s > DOUBTFUL_S


def confirmed(looks: Looks, candidates: Sequence[Candidate]) -> tuple[Looks, list[Candidate]]:
    """Each of `looks` with the candidate nearest to it, none for two; and the candidates who are nobody of them."""
    asked = [None if look is None else replace(look, asked=True) for look in looks]
    pairs = [
        (math.hypot(look.region.x - candidate.region.x, look.region.y - candidate.region.y), n, m)
        for n, look in enumerate(asked)
        for m, candidate in enumerate(candidates)
        if look is not None and look.region is not None and look.region.overlaps(candidate.region)
    ]
    left = dict(enumerate(candidates))
    for _, n, m in sorted(pairs):
        look = asked[n]
        if look is not None and look.detected is None and m in left:
            asked[n] = replace(look, detected=left.pop(m).region)
    return asked, list(left.values())


def _jump(look: Look | None, place: Place) -> float:
    return math.inf if look is None or place.look is None else apart(look, place.look)


def _strength(look: Look | None, frame: Frame, place: tuple[float, float] | None) -> float:
    return 0.0 if look is None else strength(look, frame, place)
