"""BlazePose's landmark network: what it answers for one patch, as points of the patch.

Input (1, 256, 256, 3) in 0..1; output 39 landmarks (x, y, z in pixels of the patch, logits of visibility and presence),
a score for the patch showing a person, 39 heatmaps of 64 x 64, and 39 points in metres.
Source of the numbers: MediaPipe's tensors_to_pose_landmarks_and_segmentation.pbtxt, TensorsToLandmarksCalculator and
RefineLandmarksFromHeatmapCalculator (Apache-2.0).
"""

from dataclasses import dataclass

import numpy as np

SIZE = 256
LANDMARKS = 39
BODY = 33  # landmarks 33 and 34 place the next region, the rest serve the network alone
CENTRE, RIM = 33, 34
HEATMAP = 64
KERNEL = 7
MIN_HEAT = 0.5
MIN_PERSON_SCORE = 0.5


@dataclass(frozen=True)
class Landmarks:
    """What a patch shows.

    points: (39, 2) shares of its side from its corner. confidence: (39,) 0..1. world: (39, 3) metres, turned as the
    patch is. score: how sure the network is that this is a person, 0..1.
    """

    points: np.ndarray
    confidence: np.ndarray
    world: np.ndarray
    score: float


def decode(raw: np.ndarray, score: float, heatmaps: np.ndarray, world: np.ndarray) -> Landmarks:
    """From the output tensors: raw (195,), score, heatmaps (64, 64, 39) as logits, world (117,).

    Confidence is the lesser of visibility and presence. Visibility (not hidden by body or chair) is what MediaPipe
    reports; presence (within the patch) falls to 0 for joints beyond the picture's edge, which it may call visible.
    """
    values = raw.reshape(LANDMARKS, 5).astype(float)
    confidence = _sigmoid(values[:, 3:5]).min(axis=1)
    points = refined(values[:, :2] / SIZE, heatmaps)
    return Landmarks(points, confidence, world.reshape(LANDMARKS, 3).astype(float), float(score))


def refined(shares: np.ndarray, heatmaps: np.ndarray) -> np.ndarray:
    """Landmarks (39, 2), as shares of the patch's side, moved to the mean of their heatmap nearby.

    The mean is over `KERNEL` x `KERNEL` cells around the landmark, weighted by heat; where no cell is as hot as
    `MIN_HEAT`, or the landmark lies outside, it stays.
    """
    cells = np.trunc(shares * HEATMAP).astype(int)
    reach = np.arange(KERNEL) - KERNEL // 2
    columns, rows = cells[:, :1] + reach, cells[:, 1:] + reach
    there = _within(rows)[:, :, None] & _within(columns)[:, None, :]
    clipped = np.clip(rows, 0, HEATMAP - 1)[:, :, None], np.clip(columns, 0, HEATMAP - 1)[:, None, :]
    heat = np.where(there, _sigmoid(heatmaps[*clipped, np.arange(len(shares))[:, None, None]].astype(float)), 0.0)
    total = heat.sum(axis=(1, 2))
    hot = _within(cells).all(axis=1) & (shares >= 0).all(axis=1) & (heat.max(axis=(1, 2)) >= MIN_HEAT)
    means = np.column_stack([(heat.sum(axis=1) * columns).sum(axis=1), (heat.sum(axis=2) * rows).sum(axis=1)])
    means /= np.where(hot, total, 1.0)[:, None] * HEATMAP
    return np.where(hot[:, None], means, shares)


def _within(cells: np.ndarray) -> np.ndarray:
    return (cells >= 0) & (cells < HEATMAP)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -100, 100)))
