"""The maps that a perfect network would answer with: what OpenPose's networks are trained towards.

Confidence maps: a Gaussian of height 1 about each joint; of several people the highest counts (Cao et al. 2017,
equations 6 and 7). Affinity fields: the unit vector from a limb's one joint to the other wherever the limb is; where
limbs of several people lie over each other their mean (equations 8 and 9). They serve to learn from, and to test with.
"""

from collections.abc import Sequence

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators.openpose_models import Model

STRIDE_PX = 8
# In pixels of the network's input, as OpenPose's networks were trained (openpose_train: sigma 7; one map pixel).
SIGMA_PX = 7.0
LIMB_HALF_WIDTH_PX = 8.0


def maps(
    people: Sequence[np.ndarray],
    model: Model,
    size: tuple[int, int],
    *,
    sigma: float = SIGMA_PX / STRIDE_PX,
    half_width: float = LIMB_HALF_WIDTH_PX / STRIDE_PX,
) -> tuple[np.ndarray, np.ndarray]:
    """Confidence maps (J + 1, height, width), the background last, and affinity fields (2 L, height, width).

    people: arrays (J, 2 or more), x and y in pixels of the maps, NaN where a joint is missing. size: (height, width).
    sigma, half_width: the Gaussian's standard deviation and half a limb's width, in pixels of the maps.
    """
    joints = len(model.joints)
    wrong = [np.shape(person) for person in people if np.shape(person)[:1] != (joints,) or np.ndim(person) != 2]
    if wrong:
        raise KinebenchError(f"people must be arrays ({joints}, 2) for {model.name}, but one is {wrong[0]}.")
    grid = np.stack(np.meshgrid(np.arange(size[1]), np.arange(size[0])), axis=-1).astype(float)
    points = np.array([np.asarray(person, float)[:, :2] for person in people]).reshape(-1, joints, 2)
    return _confidence(points, grid, sigma), _fields(points, grid, model, half_width)


def _confidence(points: np.ndarray, grid: np.ndarray, sigma: float) -> np.ndarray:
    made = np.zeros((points.shape[1] + 1, *grid.shape[:2]))
    for person in points:
        away = ((grid - person[:, None, None]) ** 2).sum(axis=-1)
        made[:-1] = np.fmax(made[:-1], np.exp(-away / (2 * sigma**2)))
    made[-1] = 1 - made[:-1].max(axis=0)
    return made


def _fields(points: np.ndarray, grid: np.ndarray, model: Model, half_width: float) -> np.ndarray:
    """The sum of all people's unit vectors over their number at each place.

    A limb is where the line between its joints is no further than `half_width`. The paper's rectangle without the round
    ends would miss every pixel of a limb that is shorter than one, such as that from an eye to the nose.
    """
    total = np.zeros((2 * len(model.limbs), *grid.shape[:2]))
    for limb, (start, end) in enumerate(model.limbs):
        count = np.zeros(grid.shape[:2])
        channel = model.fields[limb]
        for person in points:
            way = person[end] - person[start]
            length = float(np.hypot(*way))
            if not length > 0:  # a joint is missing, or both are at one place: no direction
                continue
            along = np.clip((grid - person[start]) @ way / length**2, 0, 1)
            near = np.hypot(*np.moveaxis(grid - person[start] - along[..., None] * way, -1, 0)) <= half_width
            total[channel : channel + 2] += near * (way / length)[:, None, None]
            count += near
        total[channel : channel + 2] /= np.maximum(count, 1)
    return total
