"""The treadmill that is drawn: a deck with its belt and side rails, a low hood, two uprights that hide no leg."""

import numpy as np

from kinebench.synthetic.body import Body
from kinebench.synthetic.scene import Scene
from kinebench.synthetic.solids import Assembly, Material
from kinebench.synthetic.treadmill import DECK_M, Treadmill

HALF_LENGTH_M, BELT_HALF_M, RAIL_HALF_M = 0.92, 0.25, 0.045
SEAM_EVERY_M = 2 * HALF_LENGTH_M  # so that one seam of the belt is in sight


def treadmill(to: Assembly, body: Body) -> None:
    """All that stands still. The uprights stand aside, so that hips and hands are seen from the front as well."""
    to.group(0.0)
    to.box((0.0, 0.0, 0.5 * DECK_M - 0.012), (HALF_LENGTH_M + 0.02, 0.30, 0.5 * DECK_M - 0.016), 0.012, Material.DARK)
    to.box((0.0, 0.0, DECK_M - 0.011), (HALF_LENGTH_M, BELT_HALF_M, 0.009), 0.008, Material.BLACK)
    for side in (-1.0, 1.0):
        y = side * (BELT_HALF_M + RAIL_HALF_M + 0.006)
        to.box((0.0, y, DECK_M - 0.02), (HALF_LENGTH_M, RAIL_HALF_M, 0.028), 0.012, Material.GREY)
        foot, top = (HALF_LENGTH_M + 0.08, side * 0.36, 0.06), (HALF_LENGTH_M + 0.26, side * 0.44, 1.06)
        to.cone(foot, top, 0.030, 0.024, Material.DARK)
        to.cone(top, (HALF_LENGTH_M + 0.02, side * 0.44, 1.02), 0.022, 0.022, Material.BLACK)
    to.box((HALF_LENGTH_M + 0.14, 0.0, 0.11), (0.17, 0.30, 0.085), 0.05, Material.DARK)


def belt(to: Assembly, scene: Scene, time_s: float) -> None:
    """The belt's seam, as far back as the belt has run."""
    motion = scene.motion
    assert isinstance(motion, Treadmill)
    x = HALF_LENGTH_M - np.mod(motion.belt_speed_m_s * time_s, SEAM_EVERY_M)
    to.group(0.0)
    to.box((x, 0.0, DECK_M - 0.006), (0.010, BELT_HALF_M - 0.01, 0.006), 0.004, Material.GREY)
