"""Whether two looks show one body, and whether a body that the detector came upon is nobody new.

Measured on photos and clips of two and three people. Two looks at one person lie up to 0.05 apart (`apart`), people
side by side or before one another 0.17 and more. The detector also takes people for others upside down, and parts of
two for one large person; the landmark network then draws bodies 0.08 to 0.49 apart from the right ones. But 0.7 and
more of them lies within these (boxes around the sure joints), while of people who are just beside one another, or come
out from behind somebody, 0.3 does at most (`known`).
"""

import math

import numpy as np

from kinebench.estimators.blazepose_following import Look
from kinebench.estimators.blazepose_landmarks import BODY
from kinebench.estimators.blazepose_regions import Region

# Mean distance of the joints of two bodies, as share of the region's side: one and the same; what may be the same.
SAME, ALIKE = 0.07, 0.3
# Share of the smaller body, as a box, that lies in the other's; and from what confidence a joint belongs to it.
COVERED, SURE = 0.5, 0.5


def apart(one: Look, other: Look) -> float:
    """Mean distance of the joints of two bodies, weighted by confidence, as share of the regions' mean side."""
    (joints, confidence, region), (its_joints, its_confidence, its_region) = _body(one), _body(other)
    away = np.hypot(*(joints - its_joints).T)
    weights = np.minimum(confidence, its_confidence) + 1e-6  # also where nothing is seen there is a mean
    return float(np.average(away, weights=weights)) * 2 / (region.side + its_region.side)


def known(stranger: Look, other: Look) -> bool:
    """Whether a body that the detector came upon covers one that is followed, and resembles it or lies inverted on it.

    Resembles: also where it is put together from parts of several people.
    """
    boxes = _sure_box(stranger), _sure_box(other)
    shared = np.clip(np.minimum(boxes[0][1], boxes[1][1]) - np.maximum(boxes[0][0], boxes[1][0]), 0, None).prod()
    if shared <= COVERED * min(np.ptp(box, axis=0).prod() for box in boxes):
        return False
    (_, _, one), (_, _, its) = _body(stranger), _body(other)
    return apart(stranger, other) < ALIKE or math.cos(one.angle - its.angle) < 0


def _body(look: Look) -> tuple[np.ndarray, np.ndarray, Region]:
    """The joints in pixels of the picture, (33, 2), their confidence, (33,), and the region."""
    assert look.region is not None
    assert look.landmarks is not None
    return look.region.to_picture(look.landmarks.points[:BODY]), look.landmarks.confidence[:BODY], look.region


def _sure_box(look: Look) -> np.ndarray:
    """Least and greatest x and y, (2, 2), of the joints that are surely seen, where there are such."""
    joints, confidence, _ = _body(look)
    sure = confidence > SURE if (confidence > SURE).any() else confidence >= 0
    return np.array([joints[sure].min(axis=0), joints[sure].max(axis=0)])
