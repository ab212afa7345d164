"""From a pose network's answer to points: the maxima of heatmaps, or of SimCC's two rows of bins, between the cells.

Heatmaps: cell m stands for the patch's pixel m * (patch / heatmap), without half a cell, as the networks are trained
(MMPose's `MSRAHeatmap`). SimCC (Li et al. 2022, https://arxiv.org/abs/2107.03332; RTMPose, Jiang et al. 2023): bin b
stands for pixel b / 2 at the usual split ratio of 2. Confidence is the height of the maximum, for SimCC that of the
lower of the two. What isn't above 0 was not seen.
"""

import numpy as np

# The spread of the networks' targets: 2 cells at 64 cells of height, 3 at 96.
CELLS_PER_DEVIATION = 32
_TINY = 1e-10


def heatmaps(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where `maps` (..., height, width) are highest: cells (..., 2) x and y, and confidence (...) within 0..1.

    By DARK (Zhang et al. 2020, https://arxiv.org/abs/1910.06278). Where the maximum lies at the edge, or the heatmap
    around it is no hill, by a quarter of a cell towards the higher neighbour.
    """
    flat = maps.reshape(-1, *maps.shape[-2:])
    cells, peaks = _highest(flat)
    refined = quarter(flat, cells)
    inner = ((cells >= 2) & (cells < np.array(flat.shape[:0:-1]) - 2)).all(axis=1) & (peaks > 0)
    if inner.any():
        offsets, hill = _taylor(flat[inner], cells[inner])
        chosen = np.flatnonzero(inner)[hill]
        refined[chosen] = cells[chosen] + offsets[hill]
    return refined.reshape(*maps.shape[:-2], 2), np.clip(peaks, 0, 1).reshape(maps.shape[:-2])


def quarter(maps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """`cells` (n, 2), the maxima of `maps` (n, height, width), moved a quarter towards the higher neighbours.

    As in HRNet (Sun et al. 2019); not along an axis on which the maximum lies at the edge.
    """
    refined, index = cells.astype(float), np.arange(len(maps))
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)), mode="edge")
    x, y = cells[:, 0] + 1, cells[:, 1] + 1
    across = np.sign(padded[index, y, x + 1] - padded[index, y, x - 1])
    down = np.sign(padded[index, y + 1, x] - padded[index, y - 1, x])
    within = (cells > 0) & (cells < np.array(maps.shape[:0:-1]) - 1)
    return refined + 0.25 * np.column_stack([across, down]) * within


def simcc(across: np.ndarray, down: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where `across` (..., bins) and `down` (..., bins) are highest: bins (..., 2), and confidence (...) within 0..1.

    Between the bins by the parabola that fits the five around the maximum best.
    """
    (x, high_x), (y, high_y) = _row_maximum(across), _row_maximum(down)
    return np.stack([x, y], axis=-1), np.clip(np.minimum(high_x, high_y), 0, 1)


def _highest(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    width = maps.shape[2]
    rows = maps.reshape(len(maps), -1)
    best = rows.argmax(axis=1)
    return np.column_stack([best % width, best // width]), rows[np.arange(len(maps)), best].astype(float)


def _taylor(maps: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """DARK's offsets (n, 2), and where they are to be trusted (n,).

    The logarithm of the blurred heatmap is a paraboloid where the heatmap is Gaussian: its top is -H^-1 g away. The
    differences are those of the authors' code: one cell for g, two for the second derivatives.
    """
    logs = np.log(np.maximum(_blurred(maps), _TINY))
    index, x, y = np.arange(len(maps)), cells[:, 0], cells[:, 1]

    def at(dx: int, dy: int) -> np.ndarray:
        values: np.ndarray = logs[index, y + dy, x + dx]
        return values

    gx, gy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
    xx, yy = (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4, (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4
    xy = (at(1, 1) - at(-1, 1) - at(1, -1) + at(-1, -1)) / 4
    determinant = xx * yy - xy * xy
    hill = (xx < 0) & (determinant > 0)
    safe = np.where(hill, determinant, 1.0)
    offsets = np.column_stack([(xy * gy - yy * gx) / safe, (xy * gx - xx * gy) / safe])
    return offsets, hill & (np.abs(offsets) <= 1).all(axis=1)


def _blurred(maps: np.ndarray) -> np.ndarray:
    import cv2

    deviation = maps.shape[1] / CELLS_PER_DEVIATION
    # Zeros beyond the border, as in the authors' code: of a hill 2 cells from it they move the top by 0.2 cells, any
    # continuation of the edge by 0.6 or more.
    return np.stack(
        [cv2.GaussianBlur(one.astype(float), (0, 0), deviation, borderType=cv2.BORDER_CONSTANT) for one in maps]
    )


def _row_maximum(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each row in `rows` (..., bins): where it is highest, between the bins, and how high the highest bin is."""
    flat = rows.reshape(-1, rows.shape[-1]).astype(float)
    best, index = flat.argmax(axis=1), np.arange(len(flat))
    high = flat[index, best]
    at = best.astype(float)
    inner = np.flatnonzero((best >= 2) & (best < flat.shape[1] - 2))
    around = flat[inner[:, None], best[inner, None] + np.arange(-2, 3)]
    slope = around @ np.array([-2, -1, 0, 1, 2]) / 10
    bend = around @ np.array([2, -1, -2, -1, 2]) / 14
    offset = np.divide(-slope, 2 * bend, out=np.zeros(len(inner)), where=bend < 0)
    at[inner] += np.clip(offset, -1, 1)
    return at.reshape(rows.shape[:-1]), high.reshape(rows.shape[:-1])
