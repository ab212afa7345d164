"""Where the detector looks for several people, and how what it sees in overlapping views becomes one list.

The detector sees a person whose region takes at least some two fifths of the view's side. Of two people in a wide
picture, each taking half its height, it therefore finds one or none when shown the whole. So it is shown the whole and
squares of the shorter side beside one another as well. Measured on Sports2D's demo clip (16:9, a woman walking, a man
on a roof; every third picture; seen and confirmed by the landmark network):

    views                man (32 pictures)   woman (77, in 63 of them within the picture)
    whole                 5                   44
    whole and 2 squares  32                   63
    whole and 3 squares  32                   63
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinebench.estimators.blazepose_detector import MAX_OVERLAP, SIZE, Found, overlap
from kinebench.estimators.blazepose_regions import Region

# Share of a square that lies in the next one as well: a standing person is hardly wider than a fifth of their region.
SHARED = 0.2
# A panorama is not searched for ever.
MOST_SQUARES = 8
# Sides of the squares in which people are looked for who are small in the picture, as shares of its shorter side, but
# no smaller than what the detector is shown: who is smaller still has a face of ten pixels. And how sure it must be of
# them: furniture shown close up resembles people more often.
SMALL_SHARES = (1 / 2, 1 / 3)
SMALL_SCORE = 0.8


@dataclass(frozen=True)
class Candidate:
    """Somebody whom the detector sees: how surely (0..1), with head and shoulders where, in which region.

    `box`: of head and shoulders, (4,) left, top, right, bottom in pixels.
    """

    score: float
    box: np.ndarray
    region: Region


def views(width: int, height: int) -> list[Region]:
    """The whole picture and, where it isn't square, squares of its shorter side along the longer one."""
    short, long = sorted((width, height))
    if long == short:
        return [Region.whole(width, height)]
    return [Region.whole(width, height), *_squares(width, height, short)]


def small_views(width: int, height: int) -> list[Region]:
    """Smaller squares all over the picture, in which people are large enough who are not in `views`."""
    sides = [share * min(width, height) for share in SMALL_SHARES]
    return [square for side in sides if side >= SIZE for square in _squares(width, height, side)]


def _squares(width: int, height: int, side: float) -> list[Region]:
    most = math.ceil(MOST_SQUARES * min(width, height) / side)
    across, down = (_middles(length, side, most) for length in (width, height))
    return [Region(float(x), float(y), float(side), 0.0) for y in down for x in across]


def _middles(length: float, side: float, most: int) -> np.ndarray:
    """Where squares of `side` lie along `length`, each with what it shares with the next."""
    count = min(math.ceil((length / side - SHARED) / (1 - SHARED)), most)
    return np.linspace(side / 2, length - side / 2, count) if count > 1 else np.array([length / 2])


def candidates(found: Found, view: Region) -> list[Candidate]:
    """What was found in `view`, in pixels of the picture, in the same order."""
    boxes = view.to_picture(found.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
    regions = [Region.around(centre, rim) for centre, rim in view.to_picture(found.points[:, :2])]
    return [Candidate(*each) for each in zip(found.scores.tolist(), boxes, regions, strict=True)]


def unique(seen: Sequence[Candidate]) -> list[Candidate]:
    """Of candidates whose boxes overlap, one person in several views, the surest; best first."""
    kept: list[Candidate] = []
    for candidate in sorted(seen, key=lambda candidate: -candidate.score):
        others = np.array([other.box for other in kept]).reshape(-1, 4)
        if not (overlap(candidate.box, others) > MAX_OVERLAP).any():
            kept.append(candidate)
    return kept
