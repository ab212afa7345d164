"""Whom a pose network looks at, and where: pure decisions on boxes, between detections as well.

A person's box comes from the detector, and in the pictures after that from the joints just found: the box around them,
with the margins that the detector's box had around the joints when it last saw the person. So the patch neither jumps
nor changes its size where a detection ends and following begins.

Who is followed stays while the joints are sure. The detector's next look confirms it; who isn't confirmed twice
running is dropped, for a pose network draws somebody into a coat on a hook, too.
"""

from dataclasses import dataclass, replace

import numpy as np

from kinebench.estimators.person_detectors import Boxes, overlaps

MIN_PERSON_SCORE = 0.3
MIN_JOINT_SCORE = 0.3
# In shares of the box's longer side: what a body has beyond its joints, from a bare shoulder to a raised crown.
LEAST_MARGIN, MOST_MARGIN, USUAL_MARGIN = 0.03, 0.3, 0.1
MIN_SAME_OVERLAP = 0.5
MOST_UNCONFIRMED = 1
# Mean distance of the joints in shares of the box's diagonal: two looks at one person differ by less.
SAME_POSE = 0.05


@dataclass(frozen=True, eq=False)
class Followed:
    """A person to look at: `box` (4,) in pixels; `margins` (4,) of the detector's box, None where it was just detected;
    `unconfirmed`: how many detections running have not seen the person.
    """

    box: np.ndarray
    margins: np.ndarray | None = None
    unconfirmed: int = 0


# A person, and the joints (J, 3) seen in the box.
Seen = tuple[Followed, np.ndarray]


def person_score(points: np.ndarray) -> float:
    """How sure it is that `points` (J, 3) are a person: the mean confidence of the surer half (one may be hidden)."""
    confidence = np.sort(points[:, 2])
    return float(confidence[len(confidence) // 2 :].mean())


def joints_box(points: np.ndarray) -> np.ndarray | None:
    """The box around the joints that were seen, (4,); None where fewer than two were."""
    seen = points[points[:, 2] >= MIN_JOINT_SCORE, :2]
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)]) if len(seen) > 1 else None


def after(person: Followed, points: np.ndarray) -> Followed | None:
    """Where to look for `person` in the next picture, whose joints in this one are `points`; None: no longer."""
    around = joints_box(points)
    if around is None or person_score(points) < MIN_PERSON_SCORE:
        return None
    side = max(float((around[2:] - around[:2]).max()), 1.0)
    outwards = np.array([-1, -1, 1, 1])
    margins = person.margins
    if margins is None:
        margins = np.clip((person.box - around) * outwards / side, LEAST_MARGIN, MOST_MARGIN)
    return replace(person, box=around + outwards * margins * side, margins=margins)


def confirmed(people: list[Followed], found: Boxes) -> list[Followed]:
    """`people` after a detection: with its box where it saw them, without those that it has missed too often."""
    paired = pairs([person.box for person in people], found.boxes)
    kept = []
    for index, person in enumerate(people):
        if index in paired:
            kept.append(Followed(found.boxes[paired[index]]))
        elif person.unconfirmed < MOST_UNCONFIRMED:
            kept.append(replace(person, unconfirmed=person.unconfirmed + 1))
    return kept


def newcomers(people: list[Followed], found: Boxes, most: int | None) -> list[Followed]:
    """Those whom the detector saw and who are not among `people`, so many that all together are at most `most`.

    The best go first, who are sure and large: between people seen clearly the score alone is chance.
    """
    taken = set(pairs([person.box for person in people], found.boxes).values())
    size = np.sqrt(np.clip(found.boxes[:, 2:] - found.boxes[:, :2], 0, None).prod(axis=1))
    order = [int(index) for index in np.argsort(-found.scores * size, kind="stable") if index not in taken]
    room = len(order) if most is None else max(most - len(people), 0)
    return [Followed(found.boxes[index]) for index in order[:room]]


def pairs(boxes: list[np.ndarray], others: np.ndarray) -> dict[int, int]:
    """Which of `boxes` is which of `others` (m, 4), each at most once: those that overlap most first."""
    if not boxes or not len(others):
        return {}
    shares = overlaps(np.array(boxes), others)
    found: dict[int, int] = {}
    for flat in np.argsort(-shares, axis=None, kind="stable"):
        one, other = divmod(int(flat), len(others))
        if shares[one, other] < MIN_SAME_OVERLAP:
            break
        if one not in found and other not in found.values():
            found[one] = other
    return found


def distinct(seen: list[Seen]) -> list[Seen]:
    """Each person once: of two looks at one the earlier stays, confirmed where the later was at a detector's box."""
    kept: list[Seen] = []
    for person, points in seen:
        twin = next((index for index, (_, others) in enumerate(kept) if same_person(points, others)), None)
        if twin is None:
            kept.append((person, points))
        elif person.margins is None:
            kept[twin] = (replace(kept[twin][0], unconfirmed=0), kept[twin][1])
    return kept


def same_person(points: np.ndarray, others: np.ndarray) -> bool:
    """Whether two sets of joints, (J, 3), lie on one another: the joints sure in both, against the size of the box."""
    shared = (points[:, 2] >= MIN_JOINT_SCORE) & (others[:, 2] >= MIN_JOINT_SCORE)
    one, other = joints_box(points), joints_box(others)
    if not shared.any() or one is None or other is None:
        return False
    size = max(min(float(np.hypot(*(box[2:] - box[:2]))) for box in (one, other)), 1.0)
    away = np.hypot(*(points - others)[shared, :2].T).mean()
    return bool(away <= SAME_POSE * size)
