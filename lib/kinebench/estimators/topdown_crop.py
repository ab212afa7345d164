"""Which part of the picture a pose network looks at: the person's box, padded and brought to the network's shape.

The rule and its units are MMPose's (`GetBBoxCenterScale` with padding 1.25, `TopdownAffine` without UDP): the box's
centre lies at the patch's pixel (width / 2, height / 2), not between the two middle pixels, and a patch's pixel is
1.25 * box / patch of the picture's. Networks trained with UDP (Huang et al. 2020) have another rule and aren't meant.
Pixel centres lie at whole numbers, in the picture as in the patch.
"""

import numpy as np

PADDING = 1.25


def patch_to_picture(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The 2x3 matrix from pixels of a patch of `size` (width, height) to pixels of the picture.

    `box`: left, top, right, bottom in pixels of the picture. Its padded shape is widened to the patch's, never cut.
    """
    width, height = size
    centre = (box[:2] + box[2:]) / 2
    padded = PADDING * np.maximum(box[2:] - box[:2], 1.0)
    scale = max(padded[0] / width, padded[1] / height)
    return np.array([[scale, 0.0, centre[0] - scale * width / 2], [0.0, scale, centre[1] - scale * height / 2]])


def mirrored(matrix: np.ndarray, axis_px: float) -> np.ndarray:
    """The matrix of the mirrored patch: its pixel x shows what pixel `axis_px` - x of the patch shows."""
    return matrix @ np.array([[-1.0, 0.0, axis_px], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def to_picture(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points of the patch, (..., 2), in pixels of the picture."""
    return points @ matrix[:, :2].T + matrix[:, 2]
