"""Whom BlazePose looks at, and where in the next picture: pure decisions, the networks are handed in.

Whose pose: among the detector's candidates the nearest to the picture's centre and largest (`rank`), so that a person
in the background isn't taken. From then on it is that person, wherever others are.

Where next: where the landmarks just found lie, but as large and as turned as the detector says. Landmarks alone don't
do: the network answers with a circle that resembles the one that it was shown, so that errors of size and direction
feed on themselves. Landmarks see every movement, though, while the detector's answer jumps about. So three times a
second the detector is asked as well, and what leads from the landmarks' region to its own is learnt slowly (`Aim`).

Measured on the sample clips (`python -m tests.benchmarks.region_of_interest`; root mean square error in degrees of the
raw near knee / near hip):

    way                                      sit-to-stand   rowing
    landmarks, detector 3 times a second      1.7 / 2.8     4.3 / 4.3
    detector on every frame                   1.4 / 2.9     4.0 / 3.6
    landmarks alone, margin 1.25 (MediaPipe)  1.7 / 3.5     6.1 / 2.4
    landmarks alone, margin 1.15              1.4 / 4.2     5.7 / 2.5

Nothing is best at everything. The worst error is what counts; asking the detector on every frame would halve the speed.

The detector also sees whether it still is a person: a region that follows landmarks alone could drift onto a chair, and
the landmark network would go on drawing somebody. Where the detector sees people, but nobody in the region followed,
the surer of the two is taken.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinebench.estimators.blazepose_landmarks import BODY, CENTRE, MIN_PERSON_SCORE, RIM, Landmarks
from kinebench.estimators.blazepose_regions import MARGIN, Offset, Region
from kinebench.video import Frame

ASK_EVERY_S = 1 / 3
LEARNT_SHARE = 0.5
# Well beyond what detector and landmarks differ by when both see the same person.
LIMITS = Offset(0.1, 0.1, 0.25, math.radians(15))
MOST_CANDIDATES = 4

See = Callable[[Frame, Region], Landmarks]
Search = Callable[[Frame, bool], Sequence[Region]]


@dataclass(frozen=True)
class Pursuit:
    """What is known, before a picture, of the person being followed.

    region: where to look; None: search. last: where the person was seen last. asked_s: when the detector was last
    asked. offset: what leads from the landmarks' region to the detector's. changes: how often the person seen was
    another one than before.
    """

    region: Region | None = None
    last: Region | None = None
    asked_s: float = -math.inf
    offset: Offset | None = None
    changes: int = 0


@dataclass(frozen=True)
class Look:
    """What one picture showed.

    landmarks: in `region`, both None where nobody was. asked: whether the detector was asked. detected: where it saw
    the same person.
    """

    time_s: float
    region: Region | None = None
    landmarks: Landmarks | None = None
    asked: bool = False
    detected: Region | None = None


@dataclass(frozen=True)
class Aim:
    """How the next region is placed from the landmarks.

    margin: factor on the circle around the body. learnt: share of the way that the offset to the detector's region goes
    with each of its answers; 0: the landmarks' region is used as it is.
    """

    margin: float = MARGIN
    learnt: float = LEARNT_SHARE

    def next(self, look: Look, offset: Offset | None) -> tuple[Region | None, Offset | None]:
        """The region for the next picture and the offset in it; None where nobody was seen."""
        if look.region is None or look.landmarks is None:
            return None, None
        pair = look.region.to_picture(look.landmarks.points[[CENTRE, RIM]])
        region = Region.around(pair[0], pair[1], self.margin)
        if not region.usable:
            return None, None
        if self.learnt and look.detected is not None:
            seen = region.offset_to(look.detected)
            offset = (seen if offset is None else offset.towards(seen, self.learnt)).within(LIMITS)
        return (region if offset is None else region.moved(offset)), offset


class Following:
    """The decisions, with `see` (the landmark network on a region) and `search` (the detector) handed in.

    `search(frame, hurried)`: hurried where a rough answer will do.
    """

    def __init__(
        self,
        *,
        detect_every_frame: bool = False,
        aim: Aim | None = None,
        place: tuple[float, float] | None = None,
    ) -> None:
        """place: where the person to be followed is, x and y in pixels, where it is not the picture's middle."""
        self.detect_every_frame = detect_every_frame
        self.aim = aim or Aim()
        self.place = place

    def look(self, frame: Frame, pursuit: Pursuit, see: See, search: Search, *, may_ask: bool = True) -> Look:
        """Find the person in `frame`, first where `pursuit` says. `may_ask`: whether the detector may be due."""
        if self.detect_every_frame or pursuit.region is None:
            return self._searched(frame, pursuit, see, search)
        seen = see(frame, pursuit.region)
        if seen.score < MIN_PERSON_SCORE:
            return self._searched(frame, pursuit, see, search)
        look = Look(frame.time_s, pursuit.region, seen)
        due = may_ask and not 0 <= frame.time_s - pursuit.asked_s < ASK_EVERY_S
        return self._confirmed(frame, look, see, search) if due else look

    def after(self, look: Look, pursuit: Pursuit) -> Pursuit:
        """What is known after `look`."""
        asked_s = look.time_s if look.asked else pursuit.asked_s
        if look.region is None:
            return replace(pursuit, region=None, asked_s=asked_s, offset=None)
        # Compared is what was looked at, which between two pictures moves by less than a person's width.
        other = pursuit.last is not None and look.asked and not look.region.overlaps(pursuit.last)
        region, offset = self.aim.next(look, None if other else pursuit.offset)
        return Pursuit(region, look.region, asked_s, offset, pursuit.changes + other)

    def _searched(self, frame: Frame, pursuit: Pursuit, see: See, search: Search) -> Look:
        for region in ordered(search(frame, False), frame.width, frame.height, pursuit.last, self.place)[
            :MOST_CANDIDATES
        ]:
            seen = see(frame, region)
            if seen.score >= MIN_PERSON_SCORE:
                return Look(frame.time_s, region, seen, asked=True, detected=region)
        return Look(frame.time_s, asked=True)

    def _confirmed(self, frame: Frame, look: Look, see: See, search: Search) -> Look:
        """The person followed, unless the detector sees only somebody else, who is the surer person."""
        assert look.region is not None
        candidates = ordered(search(frame, True), frame.width, frame.height, look.region, self.place)
        own = replace(look, asked=True)
        if not candidates:
            return own
        best = candidates[0]
        if look.region.overlaps(best):
            return replace(own, detected=best)
        other = Look(frame.time_s, best, see(frame, best), asked=True, detected=best)
        return other if strength(other, frame, self.place) > strength(own, frame, self.place) else own


def ordered(
    regions: Sequence[Region],
    width: int,
    height: int,
    last: Region | None,
    place: tuple[float, float] | None = None,
) -> list[Region]:
    """Candidates in the order in which to try them: the one followed before first, the others by `rank`."""

    def key(region: Region) -> tuple[bool, float]:
        return last is not None and region.overlaps(last), rank(region, width, height, place)

    return sorted((region for region in regions if region.usable), key=key, reverse=True)


def rank(region: Region, width: int, height: int, place: tuple[float, float] | None = None) -> float:
    """How much a region is the subject's: its side in pixels, less towards the picture's edge.

    The side counts in full at the picture's centre and not at all in its corners, linearly in between. Where a person
    pointed at a `place`, only how near to it the region is counts, in units of its side.
    """
    if place is not None:
        return math.exp(-((math.hypot(region.x - place[0], region.y - place[1]) / region.side) ** 2))
    away = math.hypot(region.x - width / 2, region.y - height / 2) / math.hypot(width / 2, height / 2)
    return region.side * max(1.0 - away, 0.0)


def strength(look: Look, frame: Frame, place: tuple[float, float] | None = None) -> float:
    """Rank times the mean confidence of the body's joints; 0 where there is no person."""
    if look.region is None or look.landmarks is None or look.landmarks.score < MIN_PERSON_SCORE:
        return 0.0
    return rank(look.region, frame.width, frame.height, place) * float(np.mean(look.landmarks.confidence[:BODY]))
