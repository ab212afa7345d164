"""What the subject sits on, holds or moves: a chair, a rowing ergometer with its moving parts, a barbell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kinebench.synthetic import rowing, sit_to_stand, squat
from kinebench.synthetic.backdrop import bare_wall, cabinet, weights
from kinebench.synthetic.body import Body
from kinebench.synthetic.figure import Dresser
from kinebench.synthetic.scene import Scene
from kinebench.synthetic.solids import Assembly, Material
from kinebench.synthetic.treadmill_machine import belt, treadmill
from kinebench.synthetic.walker_figure import WalkerDresser

CHAIN_EXIT = np.array([0.66, 0.0, 0.66])
BAR_HALF_M, PLATE_AT_M, PLATE_RADIUS_M = 0.78, 0.66, 0.105


def chair(to: Assembly, body: Body) -> None:
    """A wooden chair with a cushion; its seat lies where the hip lands."""
    hip = sit_to_stand.seated_hip(body)[0]
    top, front, back = sit_to_stand.SEAT_HEIGHT_M, hip + 0.23, hip - 0.19
    middle = 0.5 * (front + back)
    to.group(0.0)
    to.box((middle, 0, top - 0.022), (0.5 * (front - back), 0.215, 0.022), 0.018, Material.CUSHION)
    to.box((middle, 0, top - 0.060), (0.5 * (front - back) - 0.01, 0.205, 0.018), 0.008, Material.WOOD)
    for y in (-0.19, 0.19):
        to.cone((front - 0.03, y, top - 0.05), (front - 0.015, y * 1.04, 0.015), 0.019, 0.015, Material.WOOD)
        to.cone((back + 0.03, y, top - 0.05), (back - 0.055, y * 1.04, 0.015), 0.019, 0.015, Material.WOOD)
        to.cone((back + 0.015, y, top - 0.03), (back - 0.075, y, 0.86), 0.018, 0.015, Material.WOOD)
    for height in (0.62, 0.74, 0.845):
        x = back + 0.012 - 0.09 * (height - 0.41) / 0.45
        to.box((x, 0, height), (0.011, 0.185, 0.030), 0.008, Material.WOOD, pitch_deg=-11)


def ergometer(to: Assembly, body: Body) -> None:
    """Rail, feet, stretcher plates with straps, flywheel housing, monitor."""
    to.group(0.0)
    rail = rowing.SEAT_HEIGHT_M - 0.085
    to.box((-0.36, 0, rail), (0.98, 0.030, 0.035), 0.010, Material.METAL)
    to.box((-0.36, 0, rail + 0.036), (0.97, 0.018, 0.005), 0.004, Material.GREY)
    to.cone((-1.28, 0, rail), (-1.28, 0, 0.04), 0.024, 0.024, Material.DARK)
    to.cone((-1.28, -0.24, 0.03), (-1.28, 0.24, 0.03), 0.026, 0.026, Material.BLACK)
    to.box((0.62, 0, 0.26), (0.13, 0.05, 0.05), 0.02, Material.DARK, pitch_deg=12)
    to.cone((0.62, 0, 0.28), (0.52, 0, 0.05), 0.026, 0.026, Material.DARK)
    to.cone((0.98, 0, 0.34), (1.10, 0, 0.05), 0.028, 0.028, Material.DARK)
    for x in (0.50, 1.12):
        to.cone((x, -0.27, 0.03), (x, 0.27, 0.03), 0.026, 0.026, Material.BLACK)
    to.disc((0.90, 0, 0.44), 0.275, 0.085, 0.03, Material.DARK)
    to.disc((0.90, 0, 0.44), 0.200, 0.093, 0.01, Material.BLACK)
    to.disc((0.90, 0, 0.44), 0.055, 0.100, 0.01, Material.GREY)
    to.box((0.70, 0, 0.64), (0.11, 0.045, 0.055), 0.02, Material.DARK, pitch_deg=-14)
    to.cone((0.74, 0.03, 0.68), (0.60, 0.03, 1.02), 0.014, 0.014, Material.DARK)
    to.box((0.585, 0.03, 1.06), (0.022, 0.09, 0.065), 0.012, Material.GREY, pitch_deg=-12)
    _stretcher(to, body)


def _stretcher(to: Assembly, body: Body) -> None:
    pitch = np.radians(rowing.FOOT_PITCH_DEG)
    ahead, up = np.array([np.cos(pitch), 0, np.sin(pitch)]), np.array([-np.sin(pitch), 0, np.cos(pitch)])
    ankle = np.array([0.0, 0.0, rowing.ANKLE_HEIGHT_M])
    plate = ankle + 0.040 * body.height_m * ahead - (body.ankle_height + 0.012) * up
    for side in (-1, 1):
        shift = np.array([0.0, side * body.hip_half, 0.0])
        to.box(plate + shift, (0.165, 0.050, 0.007), 0.006, Material.METAL, rowing.FOOT_PITCH_DEG)
        across = np.array([0.0, 0.046, 0.0])
        strap = ankle + shift + 0.075 * body.height_m / 1.72 * ahead - 0.012 * up
        to.cone(strap - across, strap + across, 0.012, 0.012, Material.BLACK)
    foot = plate + 0.05 * ahead
    to.box((foot[0] + 0.09, 0, foot[2] - 0.02), (0.12, 0.13, 0.02), 0.01, Material.DARK, rowing.FOOT_PITCH_DEG)
    to.cone((foot[0] + 0.12, 0, foot[2] - 0.02), (0.56, 0, 0.27), 0.03, 0.03, Material.DARK)


def open_floor(to: Assembly, body: Body) -> None:
    """Nothing stands where the subject moves."""


def no_props(to: Assembly, scene: Scene, time_s: float) -> None:
    """A chair doesn't move."""


def rowing_props(to: Assembly, scene: Scene, time_s: float) -> None:
    """The sliding seat, the handle and the chain at one instant."""
    motion = scene.motion
    assert isinstance(motion, rowing.Rowing)
    at = np.array([time_s])
    hip = motion.hip(at)[0]
    handle = motion.handle(at)[0]
    to.group(0.0)
    top = rowing.SEAT_HEIGHT_M
    to.box((hip[0] - 0.02, 0, top - 0.016), (0.125, 0.155, 0.018), 0.016, Material.BLACK)
    to.box((hip[0] - 0.02, 0, top - 0.052), (0.080, 0.045, 0.022), 0.010, Material.DARK)
    half = np.array([0.0, rowing.HANDLE_HALF_M + 0.065, 0.0])
    to.cone(handle - half, handle + half, 0.0165, 0.0165, Material.WOOD)
    to.cone(handle, CHAIN_EXIT, 0.006, 0.006, Material.METAL)


def squat_props(to: Assembly, scene: Scene, time_s: float) -> None:
    """The barbell on the back at one instant: small plates, which leave the shoulder to be seen from the side."""
    motion = scene.motion
    assert isinstance(motion, squat.Squat)
    bar = motion.bar(np.array([time_s]))[0]
    out = np.array([0.0, 1.0, 0.0])
    to.group(0.0)
    to.cone(bar - BAR_HALF_M * out, bar + BAR_HALF_M * out, 0.0135, 0.0135, Material.METAL)
    for side in (-1, 1):
        to.cone(bar + side * (PLATE_AT_M - 0.03) * out, bar + side * BAR_HALF_M * out, 0.021, 0.021, Material.METAL)
        to.disc(bar + side * PLATE_AT_M * out, PLATE_RADIUS_M, 0.016, 0.010, Material.DARK)
        to.disc(bar + side * (PLATE_AT_M + 0.032) * out, 0.8 * PLATE_RADIUS_M, 0.012, 0.008, Material.BLACK)


@dataclass(frozen=True)
class Stage:
    """What belongs to a task's pictures: what stands, what moves along, how bent the fingers are, what room it is,
    who dresses the body (`WalkerDresser` where feet roll or point outwards), and what stands against the wall.
    """

    furniture: Callable[[Assembly, Body], None]
    props: Callable[[Assembly, Scene, float], None]
    curl: float
    gym: bool
    dresser: type[Dresser] = Dresser
    backdrop: Callable[[Assembly], None] = bare_wall


STAGES: Mapping[str, Stage] = {
    "sit-to-stand": Stage(chair, no_props, 0.15, False, backdrop=cabinet),
    "rowing": Stage(ergometer, rowing_props, 0.9, True, backdrop=weights),
    "walking": Stage(treadmill, belt, 0.45, True, WalkerDresser),
    "squat": Stage(open_floor, squat_props, 0.9, True, WalkerDresser, weights),
    "punch": Stage(open_floor, no_props, 1.0, True, backdrop=weights),
    "curl": Stage(open_floor, no_props, 1.0, True, backdrop=weights),
}
