"""Which square of the picture MoveNet looks at: the whole picture at first, then the person of the frame before.

The rule is that of TensorFlow's MoveNet tutorial (https://www.tensorflow.org/hub/tutorials/movenet): a square centred
between the hips, large enough for 1.9 times the farthest shoulder or hip and 1.2 times the farthest visible joint.

A square is an array `(left, top, side)` in pixels. Its edges are edges of pixels, so that the whole of a picture 640
wide reaches from 0 to 640; joints are in the coordinates of pixel centres, in which it reaches from -0.5 to 639.5.
"""

import numpy as np

from kinebench.skeleton import COCO17

TORSO_EXPANSION = 1.9
BODY_EXPANSION = 1.2
MIN_SCORE = 0.2
# A square smaller than this holds no person that anybody could measure.
MIN_SIDE_PX = 24.0

SHOULDERS = [COCO17.joints.index(f"{side}_shoulder") for side in ("left", "right")]
HIPS = [COCO17.joints.index(f"{side}_hip") for side in ("left", "right")]
TORSO = [*SHOULDERS, *HIPS]


def whole(width: int, height: int) -> np.ndarray:
    """The smallest square that holds a picture of `width` x `height` pixels, with the picture at its centre."""
    side = float(max(width, height))
    return np.array([(width - side) / 2, (height - side) / 2, side])


def torso_visible(confidence: np.ndarray) -> bool:
    """Whether a shoulder and a hip were seen; `confidence` has the shape (17,), COCO order."""
    seen = confidence > MIN_SCORE
    return bool(seen[SHOULDERS].any() and seen[HIPS].any())


def following(points: np.ndarray, width: int, height: int) -> np.ndarray:
    """The square for the next frame from this frame's joints; the whole picture when no torso was seen.

    `points` has the shape (17, 3): x and y in pixels of the picture (pixel centres), confidence 0..1.
    """
    if not torso_visible(points[:, 2]):
        return whole(width, height)
    edges = points[:, :2] + 0.5
    centre = edges[HIPS].mean(axis=0)
    away = np.abs(edges - centre).max(axis=1)
    reach = max(TORSO_EXPANSION * away[TORSO].max(), BODY_EXPANSION * away[points[:, 2] >= MIN_SCORE].max())
    reach = min(reach, np.maximum(centre, np.array([width, height]) - centre).max())
    if reach > max(width, height) / 2 or 2 * reach < MIN_SIDE_PX:
        return whole(width, height)
    return np.array([*(centre - reach), 2 * reach])


def patch_to_picture(square: np.ndarray, size: int) -> np.ndarray:
    """The 2x3 matrix that takes pixel centres of a patch of `size` x `size` pixels to pixel centres of the picture."""
    left, top, side = square
    scale = side / size
    offset = 0.5 * scale - 0.5
    return np.array([[scale, 0.0, left + offset], [0.0, scale, top + offset]])


def to_picture(output: np.ndarray, square: np.ndarray) -> np.ndarray:
    """The network's answer in pixels of the picture.

    `output` has the shape (17, 3): y and x from 0 to 1 between the square's edges, score. Returns (17, 3): x and y of
    the picture's pixel centres, confidence within 0..1.
    """
    xy = square[:2] + output[:, 1::-1].astype(float) * square[2] - 0.5
    return np.column_stack([xy, np.clip(output[:, 2], 0.0, 1.0)])
