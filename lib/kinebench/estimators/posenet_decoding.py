"""From PoseNet's maps to people: each joint by itself (one person), or joint to joint along the skeleton (several).

Maps have the shape (height, width, ...) and are in units of their own cells: cell (y, x) lies at the pixel
`stride` * (y, x) of the network's input. The way for several people is that of PersonLab (Papandreou and others, 2018,
https://arxiv.org/abs/1803.08225, section 3.1) with the constants of Coral's decoder (libcoral,
coral/posenet/posenet_decoder.cc and posenet_decoder_op.cc). The way for one is tfjs-models' decodeSinglePose, but for
the refinements: there a joint is moved once, here as often as in the other way, so that both agree on one person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinebench.skeleton import COCO17

Point = tuple[float, float]
# In the order of the network's channels: libcoral's kEdgeList, its first half; the second half is the way back.
EDGES = tuple(
    (COCO17.joints.index(parent), COCO17.joints.index(child))
    for parent, child in (
        ("nose", "left_eye"),
        ("left_eye", "left_ear"),
        ("nose", "right_eye"),
        ("right_eye", "right_ear"),
        ("nose", "left_shoulder"),
        ("left_shoulder", "left_elbow"),
        ("left_elbow", "left_wrist"),
        ("left_shoulder", "left_hip"),
        ("left_hip", "left_knee"),
        ("left_knee", "left_ankle"),
        ("nose", "right_shoulder"),
        ("right_shoulder", "right_elbow"),
        ("right_elbow", "right_wrist"),
        ("right_shoulder", "right_hip"),
        ("right_hip", "right_knee"),
        ("right_knee", "right_ankle"),
    )
)
JOINTS = len(COCO17.joints)
# Two of a kind nearer than this, in pixels of the input, are one: kinebench and both sources alike.
NMS_RADIUS_PX = 20.0
# How often a joint that was reached along the skeleton is drawn nearer by its short offset: Coral's.
REFINEMENTS = 5
# A joint below can't be the first of a person, as in both sources.
MIN_ROOT_SCORE = 0.5


@dataclass(frozen=True)
class Maps:
    """What the network says of one picture.

    logits: (height, width, 17) of a joint being near. short: (height, width, 17, 2) y and x from a cell to the joint.
    mid: (height, width, 2, 16, 2) y and x from one end of an edge of `EDGES` to the other: first from parent to child,
    then back. Both in cells.
    """

    logits: np.ndarray
    short: np.ndarray
    mid: np.ndarray

    @classmethod
    def of(cls, heatmaps: np.ndarray, short: np.ndarray, mid: np.ndarray, stride: float) -> "Maps":
        """From the network's own channels: (h, w, 17), (h, w, 34) all y then all x, (h, w, 64) y, x, y back, x back.

        Offsets come in pixels of the input, and `stride` is how many of these a cell has.
        """
        height, width = heatmaps.shape[:2]
        offsets = short.reshape(height, width, 2, JOINTS).transpose(0, 1, 3, 2)
        ways = mid.reshape(height, width, 2, 2, len(EDGES)).transpose(0, 1, 2, 4, 3)
        return cls(heatmaps, offsets / stride, ways / stride)


def one(maps: Maps) -> np.ndarray:
    """Each joint where its map is highest, (17, 3): y and x in cells, score 0..1; meant for pictures of one person."""
    width = maps.logits.shape[1]
    highest = maps.logits.reshape(-1, JOINTS).argmax(axis=0)
    rows, columns = np.divmod(highest, width)
    found = np.empty((JOINTS, 3))
    for joint in range(JOINTS):
        at = _refined(maps, (float(rows[joint]), float(columns[joint])), joint, 1 + REFINEMENTS)
        found[joint] = *at, _sigmoid(_sampled(maps.logits, at, joint))
    return found


def several(maps: Maps, most: int, stride: float, min_score: float) -> list[tuple[np.ndarray, float]]:
    """Up to `most` people, surest first: each (17, 3) as in `one`, and the person's score.

    That score is the mean of the joints' scores without those that lie on the same joint of a surer person; people
    below `min_score` are left out.
    """
    radius = NMS_RADIUS_PX / stride
    found: list[np.ndarray] = []
    for at, joint in _roots(maps):
        if len(found) == most:
            break
        if not any(_near(at, person[joint, :2], radius) for person in found):
            person = _decoded(maps, at, joint)
            if person[:, 2].mean() >= min_score:
                found.append(person)
    found.sort(key=lambda person: -person[:, 2].mean())
    scored = [(person, _own_score(person, found[:i], radius)) for i, person in enumerate(found)]
    return sorted((pair for pair in scored if pair[1] >= min_score), key=lambda pair: -pair[1])


def _roots(maps: Maps) -> Iterator[tuple[Point, int]]:
    """Where a person may be taken up, surest first: the highest of each 3 x 3 cells, moved by its short offset."""
    logits = maps.logits
    height, width = logits.shape[:2]
    around = np.pad(logits, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    highest = np.max([around[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)
    least = np.log(MIN_ROOT_SCORE / (1 - MIN_ROOT_SCORE))
    rows, columns, joints = np.nonzero((logits >= highest) & (logits >= least))
    order = np.argsort(-logits[rows, columns, joints], kind="stable")
    at = np.column_stack([rows, columns]) + maps.short[rows, columns, joints]
    at = np.clip(at, 0, [height - 1, width - 1])
    for i in order:
        yield (float(at[i, 0]), float(at[i, 1])), int(joints[i])


def _ways() -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """Of each joint, its neighbours: joint, and direction and number of the edge that leads there."""
    ways: list[list[tuple[int, int, int]]] = [[] for _ in range(JOINTS)]
    for number, (parent, child) in enumerate(EDGES):
        ways[parent].append((child, 0, number))
        ways[child].append((parent, 1, number))
    return tuple(map(tuple, ways))


_WAYS = _ways()


def _decoded(maps: Maps, at: Point, joint: int) -> np.ndarray:
    """All joints of the person of whom one is known, (17, 3).

    The skeleton is a tree: one way leads to each joint, so the sources' queue of joints changes nothing here.
    """
    person = np.full((JOINTS, 3), np.nan)
    person[joint] = *at, _sigmoid(_sampled(maps.logits, at, joint))
    open_ends = [(joint, at)]
    while open_ends:
        joint, at = open_ends.pop()
        for target, direction, edge in _WAYS[joint]:
            if np.isnan(person[target, 2]):
                there = _displaced(maps, at, direction, edge, target)
                person[target] = *there, _sigmoid(_sampled(maps.logits, there, target))
                open_ends.append((target, there))
    return person


def _displaced(maps: Maps, at: Point, direction: int, edge: int, target: int) -> Point:
    at = _moved(maps, at, _sampled(maps.mid, at, direction, edge))
    return _refined(maps, at, target, REFINEMENTS)


def _refined(maps: Maps, at: Point, joint: int, times: int) -> Point:
    for _ in range(times):
        at = _moved(maps, at, _sampled(maps.short, at, joint))
    return at


def _sampled(values: np.ndarray, at: Point, *channel: int) -> Any:
    """What `values`, (height, width, ...), has at `at` between its cells, in one channel."""
    y, x = at
    top, left = int(y), int(x)
    below, right = min(top + 1, values.shape[0] - 1), min(left + 1, values.shape[1] - 1)
    down, across = y - top, x - left
    upper = (1 - across) * values[(top, left, *channel)] + across * values[(top, right, *channel)]
    lower = (1 - across) * values[(below, left, *channel)] + across * values[(below, right, *channel)]
    return (1 - down) * upper + down * lower


def _moved(maps: Maps, at: Point, by: np.ndarray) -> Point:
    height, width = maps.logits.shape[:2]
    return min(max(at[0] + float(by[0]), 0.0), height - 1.0), min(max(at[1] + float(by[1]), 0.0), width - 1.0)


def _near(at: Point, other: np.ndarray, radius: float) -> bool:
    return (at[0] - other[0]) ** 2 + (at[1] - other[1]) ** 2 <= radius**2


def _own_score(person: np.ndarray, surer: list[np.ndarray], radius: float) -> float:
    shared = np.zeros(JOINTS, bool)
    for other in surer:
        shared |= ((person[:, :2] - other[:, :2]) ** 2).sum(axis=1) <= radius**2
    return float(np.where(shared, 0.0, person[:, 2]).sum() / JOINTS)


def _sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))
