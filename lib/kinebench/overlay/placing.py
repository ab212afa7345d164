"""Where labels stand: one place beside its joint for the whole clip, chosen so that they hide little and don't jump."""

from collections.abc import Sequence

import numpy as np

LOOKED_AT = 60  # frames of a clip that are looked at
# Where a label's middle lies, seen from the joint: right, left, above, below, and between.
WAYS = np.array([(1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1)], float)
BEYOND_EDGE, ON_LABEL, FARTHER = 6.0, 8.0, 0.6  # cost of each beside one hidden point of the body


def places(
    vertices: Sequence[np.ndarray],
    sizes: Sequence[tuple[float, float]],
    obstacles: np.ndarray,
    picture: tuple[int, int],
    *,
    gap: float,
    taken: Sequence[tuple[float, float, float, float]] = (),
) -> list[np.ndarray]:
    """For each label the vector from its joint to its top left corner, the same in every frame, in pixels.

    `vertices`: one (n, 2) a label; `sizes`: their widths and heights; `obstacles` (n, k, 2): points that should stay
    visible, NaN where there are none; `taken`: fixed boxes (left, top, right, bottom) that nothing may cover.
    """
    shown = np.unique(np.linspace(0, len(obstacles) - 1, min(len(obstacles), LOOKED_AT)).round().astype(int))
    obstacles = obstacles[shown]
    boxes = [np.tile(np.array(box, float), (len(shown), 1)) for box in taken]
    chosen = []
    for vertex, (width, height) in zip(vertices, sizes, strict=True):
        here = vertex[shown]
        offsets = _offsets(width, height, gap)
        costs = [_cost(here + offset, (width, height), obstacles, boxes, picture) for offset in offsets]
        farther = FARTHER * np.repeat([0, 1], len(WAYS))
        best = int(np.argmin(np.array(costs) + farther + np.arange(len(offsets)) * 1e-3))
        chosen.append(offsets[best])
        corner = here + offsets[best]
        boxes.append(np.column_stack([corner, corner + np.array([width, height])]))
    return chosen


def _offsets(width: float, height: float, gap: float) -> np.ndarray:
    """Corners of labels around a joint, near ones first, shape (16, 2)."""
    half = np.array([width, height]) / 2
    return np.concatenate([WAYS * (half + distance * gap) - half for distance in (1.0, 2.5)])


def _cost(
    corner: np.ndarray,
    size: tuple[float, float],
    obstacles: np.ndarray,
    boxes: list[np.ndarray],
    picture: tuple[int, int],
) -> float:
    far = corner + size
    seen = np.isfinite(corner).all(axis=1)
    if not seen.any():
        return 0.0
    with np.errstate(invalid="ignore"):
        hidden = ((obstacles > corner[:, None]) & (obstacles < far[:, None])).all(axis=2).sum(axis=1)
        beyond = (corner < 0).any(axis=1) | (far > picture).any(axis=1)
        covered = sum(
            ((corner < box[:, 2:]) & (far > box[:, :2])).all(axis=1).astype(float) for box in boxes
        ) + np.zeros(len(corner))
    return float((hidden + BEYOND_EDGE * beyond + ON_LABEL * covered)[seen].mean())
