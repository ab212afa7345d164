"""BlazePose's person detector: a single-shot network whose boxes around faces carry the points that place a body.

Input (1, 224, 224, 3) in -1..1, the whole picture in a square; output (1, 2254, 12) boxes and (1, 2254, 1) logits.
Source of the numbers: MediaPipe's pose_detection_cpu.pbtxt, SsdAnchorsCalculator, TensorsToDetectionsCalculator and
NonMaxSuppressionCalculator (Apache-2.0).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

SIZE = 224
# Cells along a side of each feature map (strides 8, 16 and three times 32), and anchors in each of its cells.
GRIDS = ((28, 2), (14, 2), (7, 6))
MIN_SCORE = 0.5
MAX_OVERLAP = 0.3


@dataclass(frozen=True)
class Found:
    """Detections in units of the patch's side: scores (n,), boxes (n, 4) left top right bottom, points (n, 4, 2).

    The points are: middle of the hips, point of size and direction of the whole body, middle of the shoulders, point of
    size and direction of the upper body. Best first.
    """

    scores: np.ndarray
    boxes: np.ndarray
    points: np.ndarray


@cache
def anchors() -> np.ndarray:
    """(2254, 2): centres of the anchors as shares of the patch's side, in the order of the network's output."""
    parts = []
    for cells, repeats in GRIDS:
        middles = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        parts.append(np.repeat(np.column_stack([x.ravel(), y.ravel()]), repeats, axis=0))
    return np.concatenate(parts)


def decode(raw: np.ndarray, logits: np.ndarray) -> Found:
    """Detections of at least `MIN_SCORE` from the output tensors (2254, 12) and (2254,), overlapping ones merged."""
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(float), -100, 100)))
    kept = np.flatnonzero(scores >= MIN_SCORE)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    values = raw[kept].astype(float) / SIZE
    centres = anchors()[kept]
    middle, half = values[:, :2] + centres, values[:, 2:4] / 2
    boxes = np.column_stack([middle - half, middle + half])
    points = values[:, 4:].reshape(-1, 4, 2) + centres[:, None]
    return merged(Found(scores[kept], boxes, points))


def merged(found: Found) -> Found:
    """Each detection with all that overlap it as their mean, weighted by score; the best score of each is kept.

    One anchor's box and points wobble from frame to frame; the weighted mean of its neighbours wobbles less.
    """
    left = np.arange(len(found.scores))
    scores, boxes, points = [], [], []
    while len(left):
        together = overlap(found.boxes[left[0]], found.boxes[left]) > MAX_OVERLAP
        together[0] = True  # also a box without area overlaps itself
        own = left[together]
        weights = found.scores[own] / found.scores[own].sum()
        scores.append(found.scores[left[0]])
        boxes.append(weights @ found.boxes[own])
        points.append(np.tensordot(weights, found.points[own], axes=1))
        left = left[~together]
    if not scores:
        return Found(np.empty(0), np.empty((0, 4)), np.empty((0, 4, 2)))
    return Found(np.array(scores), np.array(boxes), np.array(points))


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of `box` (4,) with `others` (n, 4); 0 where nothing is covered."""
    shared = np.clip(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0, None).prod(axis=1)
    whole = _area(box[None]) + _area(others) - shared
    return np.divide(shared, whole, out=np.zeros(len(others)), where=whole > 0)


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
