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

from kinebench.estimators.blazepose_detector import MAX_OVERLAP, Found, overlap
from kinebench.estimators.blazepose_regions import Region

# Share of a square that lies in the next one as well: a standing person is hardly wider than a fifth of their region.
SHARED = 0.2
# A panorama is not searched for ever.
MOST_SQUARES = 8


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
    count = min(math.ceil((long / short - SHARED) / (1 - SHARED)), MOST_SQUARES)
    squares = []
    for along in np.linspace(short / 2, long - short / 2, count) if count > 1 else ():
        x, y = (along, height / 2) if width > height else (width / 2, along)
        squares.append(Region(float(x), float(y), float(short), 0.0))
    return [Region.whole(width, height), *squares]


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
