"""Whom BlazePose looks at, and where in the next picture: pure decisions, the networks are handed in.

Whose pose: among the detector's candidates the nearest to the picture's centre and largest (`rank`), so that a person
in the background isn't taken. From then on it is that person, wherever others are.

Where next: around the landmarks just found (`Aim`). A region that follows landmarks alone could drift onto a chair or
onto someone who crosses, and the landmark network would go on drawing a person. So once a second the detector is asked
as well: where it sees people, but nobody in the region followed, the surer of the two is taken.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinebench.estimators.blazepose_landmarks import BODY, CENTRE, MIN_PERSON_SCORE, RIM, Landmarks
from kinebench.estimators.blazepose_regions import MARGIN, Region
from kinebench.video import Frame

CHECK_EVERY_S = 1.0
MOST_CANDIDATES = 4

See = Callable[[Frame, Region], Landmarks]
Search = Callable[[Frame], Sequence[Region]]


@dataclass(frozen=True)
class Pursuit:
    """What is known, before a picture, of the person being followed.

    region: where to look; None: search. last: where the person was seen last. checked_s: when the detector was last
    asked. changes: how often the person seen was another one than before.
    """

    region: Region | None = None
    last: Region | None = None
    checked_s: float = -math.inf
    changes: int = 0


@dataclass(frozen=True)
class Look:
    """What one picture showed: `landmarks` in `region`, both None where nobody was; whether the detector was asked."""

    time_s: float
    region: Region | None
    landmarks: Landmarks | None
    searched: bool


@dataclass(frozen=True)
class Aim:
    """How the next region is placed from the landmarks.

    margin: factor on the circle around the body. inertia: share of the region before that stays (0: none).
    """

    margin: float = MARGIN
    inertia: float = 0.0

    def next(self, look: Look) -> Region | None:
        """The region for the next picture; None where nobody was seen."""
        if look.region is None or look.landmarks is None:
            return None
        pair = look.region.to_picture(look.landmarks.points[[CENTRE, RIM]])
        region = Region.around(pair[0], pair[1], self.margin)
        if not region.usable:
            return None
        return region.blended(look.region, self.inertia) if self.inertia else region


class Following:
    """The decisions, with `see` (the landmark network on a region) and `search` (the detector) handed in."""

    def __init__(self, *, detect_every_frame: bool = False, aim: Aim | None = None) -> None:
        self.detect_every_frame = detect_every_frame
        self.aim = aim or Aim()

    def look(self, frame: Frame, pursuit: Pursuit, see: See, search: Search, *, may_check: bool = True) -> Look:
        """Find the person in `frame`, first where `pursuit` says. `may_check`: whether it may be time to ask again."""
        if self.detect_every_frame or pursuit.region is None:
            return self._searched(frame, pursuit, see, search)
        seen = see(frame, pursuit.region)
        if seen.score < MIN_PERSON_SCORE:
            return self._searched(frame, pursuit, see, search)
        look = Look(frame.time_s, pursuit.region, seen, searched=False)
        due = may_check and not 0 <= frame.time_s - pursuit.checked_s < CHECK_EVERY_S
        return self._checked(frame, look, see, search) if due else look

    def after(self, look: Look, pursuit: Pursuit) -> Pursuit:
        """What is known after `look`."""
        region = self.aim.next(look)
        checked_s = look.time_s if look.searched else pursuit.checked_s
        if look.region is None:
            return replace(pursuit, region=None, checked_s=checked_s)
        # Compared is what was looked at, which between two pictures moves by less than a person's width.
        other = pursuit.last is not None and look.searched and not look.region.overlaps(pursuit.last)
        return Pursuit(region, look.region, checked_s, pursuit.changes + other)

    def _searched(self, frame: Frame, pursuit: Pursuit, see: See, search: Search) -> Look:
        for region in ordered(search(frame), frame.width, frame.height, pursuit.last)[:MOST_CANDIDATES]:
            seen = see(frame, region)
            if seen.score >= MIN_PERSON_SCORE:
                return Look(frame.time_s, region, seen, searched=True)
        return Look(frame.time_s, None, None, searched=True)

    def _checked(self, frame: Frame, look: Look, see: See, search: Search) -> Look:
        """The person followed, unless the detector sees only somebody else, who is the surer person."""
        own = replace(look, searched=True)
        assert look.region is not None
        candidates = search(frame)
        if not candidates or any(look.region.overlaps(candidate) for candidate in candidates):
            return own
        best = ordered(candidates, frame.width, frame.height, None)[0]
        other = Look(frame.time_s, best, see(frame, best), searched=True)
        return other if strength(other, frame) > strength(own, frame) else own


def ordered(regions: Sequence[Region], width: int, height: int, last: Region | None) -> list[Region]:
    """Candidates in the order in which to try them: the one followed before first, the others by `rank`."""

    def key(region: Region) -> tuple[bool, float]:
        return last is not None and region.overlaps(last), rank(region, width, height)

    return sorted((region for region in regions if region.usable), key=key, reverse=True)


def rank(region: Region, width: int, height: int) -> float:
    """How much a region is the subject's: its side in pixels, less towards the picture's edge.

    The side counts in full at the picture's centre and not at all in its corners, linearly in between.
    """
    away = math.hypot(region.x - width / 2, region.y - height / 2) / math.hypot(width / 2, height / 2)
    return region.side * max(1.0 - away, 0.0)


def strength(look: Look, frame: Frame) -> float:
    """Rank times the mean confidence of the body's joints; 0 where there is no person."""
    if look.region is None or look.landmarks is None or look.landmarks.score < MIN_PERSON_SCORE:
        return 0.0
    return rank(look.region, frame.width, frame.height) * float(np.mean(look.landmarks.confidence[:BODY]))
