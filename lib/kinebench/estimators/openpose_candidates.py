"""Pairs of joints that may be limbs, and how much an affinity field says so: its integral along the line between them.

An affinity field is a unit vector along a limb wherever the limb is, zero elsewhere. Between two joints that belong
together it points from the one to the other all along the way (Cao et al. 2017, equations 10 and 11). Coordinates are
those of the maps, see `openpose_peaks`.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.estimators.openpose_models import Model

# How a pair is looked at, as in the authors' own demonstration: at ten points, of which eight must agree.
SAMPLES = 10
MIN_ALONG = 0.05
MIN_SHARE = 0.8
# Joints as near as this have hardly a field between them, and may be one behind the other: a faint candidate.
CLOSE_PX = 0.4
FAINT = 0.05


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of joints that may be limbs; every array has one entry a pair.

    limb: number in the model's limbs. start, end: numbers among the peaks of its two joints. integral: mean of the
    field along the line from start to end, 1 for a perfect limb. share: of the line where the field agrees, 0..1.
    sureness: the integral times the lower of the two joints' heights. likely: whether it may be a limb at all.
    """

    limb: np.ndarray
    start: np.ndarray
    end: np.ndarray
    integral: np.ndarray
    share: np.ndarray
    sureness: np.ndarray
    likely: np.ndarray

    def __len__(self) -> int:
        return len(self.limb)


def of_peaks(peaks: list[np.ndarray], affinity_fields: np.ndarray, model: Model) -> Candidates:
    """Every pair of `peaks` that a limb of `model` could join; affinity_fields: (2 L, height, width)."""
    parts = [_of_limb(limb, peaks, affinity_fields, model) for limb in range(len(model.limbs))]
    limb, start, end, integral, share, sureness = (np.concatenate(column) for column in zip(*parts, strict=True))
    likely = (integral > 0) & (share >= MIN_SHARE)
    return Candidates(limb, start, end, integral, share, sureness, likely)


def _of_limb(limb: int, peaks: list[np.ndarray], fields: np.ndarray, model: Model) -> tuple[np.ndarray, ...]:
    first, last = (peaks[joint] for joint in model.limbs[limb])
    start, end = (index.ravel() for index in np.indices((len(first), len(last))))
    channel = model.fields[limb]
    integral, share = integrals(fields[channel : channel + 2], first[start, :2], last[end, :2])
    # The lower height: between a joint and a blot of noise the field may be as good as along a limb.
    sureness = integral * np.minimum(first[start, 2], last[end, 2])
    return np.full(len(start), limb), start, end, integral, share, sureness


def integrals(field: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of `field` (2, height, width) along the lines from `start` to `end` (N, 2), and the share that agrees."""
    way = end - start
    length = np.hypot(*way.T)
    close = length < CLOSE_PX
    direction = way / np.where(close, 1.0, length)[:, None]
    points = start[:, None] + np.linspace(0, 1, SAMPLES)[None, :, None] * way[:, None]
    along = (sampled(field, points) * direction[:, None]).sum(axis=-1)
    mean, share = along.mean(axis=1), (along > MIN_ALONG).mean(axis=1)
    return np.where(close, np.fmax(mean, FAINT), mean), np.where(close, 1.0, share)


def sampled(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """`field` (2, height, width) at `points` (..., 2), bilinear; beyond the edge the edge goes on. Returns (..., 2)."""
    rows, columns = field.shape[1:]
    x = np.clip(points[..., 0], 0, columns - 1)
    y = np.clip(points[..., 1], 0, rows - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    to_right, down = x - left, y - top
    above = field[:, top, left] * (1 - to_right) + field[:, top, right] * to_right
    below = field[:, bottom, left] * (1 - to_right) + field[:, bottom, right] * to_right
    return np.moveaxis(above * (1 - down) + below * down, 0, -1)
