"""What can be chosen of a rendered clip, and the frames' times that follow from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.parameters import Group, parameter
from kinebench.synthetic import punch
from kinebench.synthetic.body import Body
from kinebench.synthetic.camera import Camera
from kinebench.synthetic.curl import Curl
from kinebench.synthetic.rowing import Rowing
from kinebench.synthetic.sit_to_stand import SitToStand
from kinebench.synthetic.squat import Squat
from kinebench.synthetic.treadmill import Treadmill

UNEVEN_TIME_BASE = Fraction(1, 90_000)


class Motion(Protocol):
    """What a task's motion offers; every repetition knows its `event_times()`."""

    @property
    def repetitions(self) -> tuple[Any, ...]:
        """The counted repetitions in order of time."""
        ...

    @property
    def duration_s(self) -> float:
        """Length of the clip."""
        ...

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """The joints of `body.assemble` at times of shape (times,), of someone who faces +x."""
        ...


@dataclass(frozen=True)
class Setting:
    """How a task is moved and filmed: its motion, repetitions and view unless the scene says otherwise.

    motion: made from a body, the number of repetitions, the tempo and a random generator, and, where there are
    `faults`, the one chosen as `fault`.
    """

    motion: Callable[..., Motion]
    repetitions: int
    aim: tuple[float, float, float]
    view_height_m: float
    faults: tuple[str, ...] = ()


SETTINGS: Mapping[str, Setting] = {
    "sit-to-stand": Setting(SitToStand.seeded, 5, (-0.13, 0.0, 0.86), 2.12),
    "rowing": Setting(Rowing.seeded, 8, (-0.10, 0.0, 0.60), 1.82),
    "squat": Setting(Squat.seeded, 5, (-0.03, 0.0, 0.86), 2.12),
    "walking": Setting(Treadmill.seeded, 6, (0.0, 0.0, 1.00), 2.24),
    "punch": Setting(punch.Punch.seeded, 5, (0.12, 0.0, 0.86), 2.12, punch.FAULTS),
    "curl": Setting(Curl.seeded, 5, (0.0, 0.0, 0.86), 2.12),
}


@dataclass(frozen=True)
class Scene(Group):
    """One clip to be rendered; checked when made, equal scenes give equal clips."""

    task: str = parameter("sit-to-stand", help="what the subject does", choices=tuple(SETTINGS))
    seed: int = parameter(1, help="seed of tempo, pauses, sway, clothes' folds and noise", low=0)
    height_m: float = parameter(1.72, help="stature", unit="m", low=1.3, high=2.2, remedy="Give metres.")
    mass_kg: float | None = parameter(None, help="body mass, written into the events", unit="kg", low=30, high=250)
    repetitions: int | None = parameter(None, help="repetitions or strokes; None: the task's own", low=1, high=200)
    tempo: float = parameter(1.0, help="2 moves twice as fast", low=0.25, high=3.0)
    facing: str = parameter("right", help="where the subject looks in the picture", choices=("left", "right"))
    width: int = parameter(854, help="width of the upright picture", unit="px", low=32, high=3840)
    height: int = parameter(480, help="height of the upright picture", unit="px", low=32, high=3840)
    frame_rate_hz: float = parameter(30.0, help="frames a second (the mean at a variable rate)", low=1.0, high=240.0)
    variable_frame_rate: bool = parameter(False, help="uneven presentation timestamps, as phones write")
    rotation_deg: int = parameter(0, help="rotation a player must apply; the stored picture is turned back by it")
    yaw_deg: float = parameter(4.0, help="camera stands ahead of square by", unit="deg", low=-180, high=180)
    pitch_deg: float = parameter(3.0, help="camera looks down by", unit="deg", low=-20, high=45)
    roll_deg: float = parameter(1.0, help="floor rises towards the facing side by", unit="deg", low=-30, high=30)
    distance_m: float = parameter(4.6, help="camera to subject", unit="m", low=2.0, high=30.0)
    view_height_m: float | None = parameter(
        None, help="height of the picture in the subject's plane; None: the task's own", unit="m", low=0.5, high=20.0
    )
    fault: str = parameter("", help="a known fault of the movement", choices=("", *punch.FAULTS))
    bystander: bool = parameter(False, help="a second person stands in the background")
    shirt: str = parameter("#b5473c", help="shirt's colour")
    trousers: str = parameter("#5b6b86", help="trousers' colour")
    shorts: bool = parameter(False, help="trousers end above the knee")
    shoes: str = parameter("#3d4a5c", help="shoes' colour")
    hair: str = parameter("#3b2a20", help="hair's colour")
    skin: str = parameter("#d9a58a", help="skin's colour")
    wall: str = parameter("#cfcabd", help="wall's colour")
    light: float = parameter(1.0, help="brightness of the room", low=0.2, high=2.0)
    noise: float = parameter(2.0, help="standard deviation of the picture's noise, 0..255", low=0.0, high=40.0)

    def __post_init__(self) -> None:
        """The single fields, then what fields must be to each other."""
        super().__post_init__()
        if self.rotation_deg not in (0, 90, 180, 270):
            raise KinebenchError(f"rotation_deg must be 0, 90, 180 or 270, but got {self.rotation_deg}.")
        if self.width % 2 or self.height % 2:
            raise KinebenchError(f"width and height must be even for H.264, but got {self.width}x{self.height}.")
        faults = SETTINGS[self.task].faults
        if self.fault and self.fault not in faults:
            known = f"one of {', '.join(faults)} or empty" if faults else "empty"
            raise KinebenchError(f"fault must be {known} for task {self.task}, but got {self.fault!r}.")

    @property
    def near_side(self) -> str:
        """The side of the body towards the camera."""
        return self.facing

    @property
    def body(self) -> Body:
        """The subject's body."""
        return Body(self.height_m)

    @cached_property
    def motion(self) -> Motion:
        """The seeded motion."""
        setting = SETTINGS[self.task]
        count = setting.repetitions if self.repetitions is None else self.repetitions
        chosen = {"fault": self.fault} if setting.faults else {}
        return setting.motion(self.body, count, self.tempo, np.random.default_rng([self.seed, 1]), **chosen)

    @cached_property
    def camera(self) -> Camera:
        """The camera; its view grows with the subject's stature unless `view_height_m` is given."""
        setting = SETTINGS[self.task]
        stature = self.height_m / 1.72
        view = setting.view_height_m * max(stature, 0.9) if self.view_height_m is None else self.view_height_m
        return Camera.aimed(
            np.array(setting.aim) * [1.0, 1.0, stature],
            distance_m=self.distance_m,
            yaw_deg=self.yaw_deg,
            pitch_deg=self.pitch_deg,
            roll_deg=self.roll_deg,
            view_height_m=max(view, view * 16 / 9 * self.height / self.width) if self.view_height_m is None else view,
            width=self.width,
            height=self.height,
            mirrored=self.facing == "left",
        )

    @property
    def time_base(self) -> Fraction:
        """The unit of the presentation timestamps: one frame, or 1/90000 s at a variable rate."""
        if self.variable_frame_rate:
            return UNEVEN_TIME_BASE
        return 1 / Fraction(self.frame_rate_hz).limit_denominator(1001)

    @cached_property
    def timestamps(self) -> np.ndarray:
        """Presentation timestamps of all frames as integers in units of `time_base`, the first 0."""
        duration = self.motion.duration_s
        if not self.variable_frame_rate:
            return np.arange(int(duration / float(self.time_base)) + 1)
        random = np.random.default_rng([self.seed, 2])
        count = int(2 * duration * self.frame_rate_hz) + 2
        # A phone in dim light: every interval a little off, and now and then one frame is left out.
        steps = (1 + random.uniform(-0.12, 0.12, count) + (random.random(count) < 0.03)) / self.frame_rate_hz
        ticks = np.concatenate([[0], np.cumsum(np.round(steps / float(UNEVEN_TIME_BASE)).astype(int))])
        return ticks[ticks <= duration / float(UNEVEN_TIME_BASE)]

    @property
    def times_s(self) -> np.ndarray:
        """Presentation timestamps of all frames in seconds, exactly those in the file; shape (frames,)."""
        base = self.time_base
        return self.timestamps * base.numerator / base.denominator
