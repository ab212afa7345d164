"""People who walk through a hall, as a scene: who they are, where and when they pass, how they are filmed.

World coordinates: metres, x to the right of the picture, y away from the camera, z up, the floor at z = 0.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.parameters import Group, parameter
from kinebench.synthetic.body import Body
from kinebench.synthetic.camera import Camera
from kinebench.synthetic.footsteps import Footsteps, straight, there_and_back
from kinebench.synthetic.gait import SWINGS, USUAL_STEP
from kinebench.synthetic.walking import Walking

# Of the length of step at which the angles' courses were fitted; with longer ones the swinging foot grazes the floor.
STEP_SHARES = (0.5, 1.05)


@dataclass(frozen=True)
class Walker(Group):
    """One person; checked when made."""

    height_m: float = parameter(1.72, help="stature", unit="m", low=1.3, high=2.2, remedy="Give metres.")
    facing: str = parameter("right", help="where the walk goes in the picture at first", choices=("left", "right"))
    x_m: float = parameter(0.0, help="where the hips are at at_s, to the right of the hall's middle", unit="m")
    y_m: float = parameter(0.0, help="how far behind the hall's middle the line of walking lies", unit="m")
    at_s: float = parameter(2.6, help="when the hips are at x_m", unit="s")
    turns: bool = parameter(False, help="turns round at x_m, at at_s, and walks back")
    turns_towards: str = parameter("camera", help="where the face goes round in the turn", choices=("camera", "wall"))
    step_length_m: float = parameter(0.58, help="length of a step", unit="m", low=0.1, high=1.5)
    cadence_steps_min: float = parameter(104.0, help="steps a minute", unit="steps/min", low=60, high=150)
    phase: float = parameter(0.0, help="share of a step by which the footfalls come later", low=-1, high=1)
    swing: str = parameter("early", help="when the heel is farthest ahead of the hips", choices=tuple(SWINGS))
    shirt: str = parameter("#2f66a8", help="shirt's colour")
    trousers: str = parameter("#2c3140", help="trousers' colour")
    shoes: str = parameter("#d8d5cc", help="shoes' colour")
    hair: str = parameter("#3b2a20", help="hair's colour")
    skin: str = parameter("#d9a58a", help="skin's colour")
    shorts: bool = parameter(False, help="trousers end above the knee")

    def __post_init__(self) -> None:
        """The single fields, then whether such legs can walk so."""
        super().__post_init__()
        low, high = (share * USUAL_STEP * self.height_m for share in STEP_SHARES)
        if not low <= self.step_length_m <= high:
            raise KinebenchError(
                f"step_length_m must be between {low:.2f} and {high:.2f} for a stature of {self.height_m} m, but got "
                f"{self.step_length_m}. Give the distance between one foot's and the other's heel strike."
            )

    @property
    def step_s(self) -> float:
        """From one heel strike to the other foot's next."""
        return 60 / self.cadence_steps_min

    @property
    def speed_m_s(self) -> float:
        """Of walking straight on."""
        return self.step_length_m / self.step_s

    @cached_property
    def motion(self) -> Walking:
        """The walk in the world."""
        return Walking(Body(self.height_m), self._steps(), SWINGS[self.swing])

    def _steps(self) -> Footsteps:
        even = {
            "heading_deg": 0.0 if self.facing == "right" else 180.0,
            "step_m": self.step_length_m,
            "step_s": self.step_s,
            "phase": self.phase,
        }
        if not self.turns:
            return straight(self.x_m, self.y_m, self.at_s, **even)
        clockwise = (self.facing == "right") == (self.turns_towards == "camera")
        return there_and_back(self.x_m, self.y_m, self.at_s, **even, clockwise=clockwise)


@dataclass(frozen=True)
class Hall(Group):
    """Where they walk and how it is filmed; the camera stands before the hall's middle, at y < 0."""

    seed: int = parameter(1, help="seed of the picture's noise", low=0)
    duration_s: float = parameter(5.4, help="length of the clip", unit="s", low=0.1, high=8.0)
    width: int = parameter(854, help="width of the picture", unit="px", low=32, high=3840)
    height: int = parameter(480, help="height of the picture", unit="px", low=32, high=3840)
    frame_rate_hz: float = parameter(30.0, help="frames a second", low=1.0, high=240.0)
    yaw_deg: float = parameter(2.0, help="camera stands to the right of square by", unit="deg", low=-60, high=60)
    pitch_deg: float = parameter(2.0, help="camera looks down by", unit="deg", low=-20, high=45)
    roll_deg: float = parameter(0.5, help="floor rises to the right by", unit="deg", low=-30, high=30)
    distance_m: float = parameter(5.4, help="camera to the hall's middle", unit="m", low=2.0, high=30.0)
    view_height_m: float = parameter(3.2, help="height of the picture in the hall's middle", unit="m", low=0.5, high=20)
    wall: str = parameter("#d5d2c8", help="wall's colour")
    wall_behind_m: float = parameter(3.9, help="wall behind the hall's middle", unit="m", low=1.0, high=30.0)
    light: float = parameter(1.0, help="brightness of the hall", low=0.2, high=2.0)
    noise: float = parameter(2.0, help="standard deviation of the picture's noise, 0..255", low=0.0, high=40.0)

    def __post_init__(self) -> None:
        """The single fields, then what fields must be to each other."""
        super().__post_init__()
        if self.width % 2 or self.height % 2:
            raise KinebenchError(f"width and height must be even for H.264, but got {self.width}x{self.height}.")

    @cached_property
    def camera(self) -> Camera:
        """The camera; facing is each walker's own, so nothing is mirrored."""
        return Camera.aimed(
            np.array([0.0, 0.0, 0.95]),
            distance_m=self.distance_m,
            yaw_deg=self.yaw_deg,
            pitch_deg=self.pitch_deg,
            roll_deg=self.roll_deg,
            view_height_m=self.view_height_m,
            width=self.width,
            height=self.height,
            mirrored=False,
        )

    @property
    def rotation_deg(self) -> int:
        """The stored picture is upright."""
        return 0

    @property
    def time_base(self) -> Fraction:
        """The unit of the presentation timestamps: one frame."""
        return 1 / Fraction(self.frame_rate_hz).limit_denominator(1001)

    @property
    def timestamps(self) -> np.ndarray:
        """Presentation timestamps of all frames in units of `time_base`, the first 0."""
        return np.arange(int(self.duration_s / float(self.time_base)) + 1)

    @property
    def times_s(self) -> np.ndarray:
        """Presentation timestamps in seconds; shape (frames,)."""
        return self.timestamps * float(self.time_base)


@dataclass(frozen=True)
class Walkers:
    """One clip: one or two people in a hall. Equal scenes give equal clips."""

    people: tuple[Walker, ...] = (Walker(),)
    hall: Hall = Hall()

    def __post_init__(self) -> None:
        """There are clothes for two."""
        if not 1 <= len(self.people) <= 2:
            raise KinebenchError(f"people must be one or two walkers, but got {len(self.people)}. Leave some out.")
