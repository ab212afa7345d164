"""Walking on a treadmill: the walk of `walking` seen from beside the belt, which carries the feet back.

The pelvis stays where it is, up to what it runs ahead and falls behind within a step. One side's foot is set down a
little late and takes the longer step, and the two feet roll inwards by different amounts, so that a difference between
left and right is there to be found and known. The body is made for someone who faces +x; "near" is the right side.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kinebench.synthetic import gait
from kinebench.synthetic.body import Body
from kinebench.synthetic.footsteps import LEAD, Footsteps
from kinebench.synthetic.walking import Walking

DECK_M = 0.15  # the belt's height above the floor
HEEL_HIGH = 0.45  # share of the cycle
_BEFORE, _AFTER = 6, 8  # steps planned before the first and after the last counted heel strike
_LEAD_OUT_STEPS = 1.4
Names = tuple[str, str]


@dataclass(frozen=True)
class Stride:
    """From one heel strike of the near foot to its next; seconds, metres, metres a second."""

    start_s: float
    opposite_toe_off_s: float
    opposite_heel_strike_s: float
    toe_off_s: float
    end_s: float
    step_length_m: float
    opposite_step_length_m: float
    belt_speed_m_s: float

    def event_times(self) -> dict[str, float]:
        """Events and lengths by the names of the strides' table; `opposite` is the far foot."""
        return dict(vars(self))


@dataclass(frozen=True)
class Treadmill:
    """The motion: a walk whose even footfalls are the near foot's; `count` strides are counted."""

    walking: Walking
    count: int

    @classmethod
    def seeded(cls, body: Body, repetitions: int, tempo: float, random: np.random.Generator) -> "Treadmill":
        """`tempo` 1 is 102 to 112 steps a minute; cadence, step length and the sides' difference vary by the seed."""
        step_s = 60 / (random.uniform(102, 112) * tempo)
        step_m = random.uniform(0.92, 1.0) * gait.USUAL_STEP * body.height_m
        uneven = random.choice([-1.0, 1.0])
        late_s, longer_m = uneven * random.uniform(0.02, 0.04) * step_s, uneven * random.uniform(0.010, 0.018)
        first_s = random.uniform(0.35, 0.75) * step_s
        number = np.arange(_BEFORE + 2 * repetitions + _AFTER)
        x = step_m * (number - _BEFORE + first_s / step_s + 0.5 - LEAD) + 0.5 * longer_m * (number % 2)
        place = np.column_stack([x - 0.25 * longer_m, np.zeros(len(number))])
        steps = Footsteps(place, np.zeros(len(number)), first_s - _BEFORE * step_s, step_s, late_s=late_s)
        eversion = random.uniform(5.0, 6.5), random.uniform(7.0, 8.5)
        return cls(Walking(body, steps, gait.LATE, eversion), repetitions)

    @property
    def belt_speed_m_s(self) -> float:
        """Speed of the belt, and of walking."""
        steps = self.walking.steps
        return float((steps.place[2, 0] - steps.place[0, 0]) / (2 * steps.step_s))

    @cached_property
    def repetitions(self) -> tuple[Stride, ...]:
        """The counted strides in order of time."""
        return tuple(self._stride(_BEFORE + 2 * k) for k in range(self.count))

    @property
    def duration_s(self) -> float:
        """Until somewhat more than a step after the last counted stride."""
        return self.repetitions[-1].end_s + _LEAD_OUT_STEPS * self.walking.steps.step_s

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """The joints of `body.assemble` at `time_s`, shape (times,): the walk less what the belt takes back."""
        time_s = np.asarray(time_s, dtype=float)
        shift = np.column_stack([-self.belt_speed_m_s * time_s, np.zeros(len(time_s)), np.full(len(time_s), DECK_M)])
        return {name: points + shift for name, points in self.walking.joints(time_s).items()}

    def foot_events(self, sides: Names) -> dict[str, list[float]]:
        """Heel strikes and toe-offs within the clip; sides: what the near and the far foot are called."""
        steps = self.walking.steps
        found: dict[str, list[float]] = {}
        for first, side in enumerate(sides):
            number = np.arange(first, len(steps.place) - 3, 2)
            for event, times in (("heel_strike", steps.heel_strike_s(number)), ("toe_off", steps.toe_off_s(number))):
                found[f"{side}_{event}_s"] = times[(times >= 0) & (times <= self.duration_s)].tolist()
        return found

    def rearfoot_angles(self, joints: dict[str, np.ndarray], time_s: np.ndarray, sides: Names) -> dict[str, np.ndarray]:
        """`<side>_rearfoot_angle_deg` (times,), eversion positive: the line from ankle to heel against the shank's.

        Both as seen from behind. Missing while the foot is in the air, and from `HEEL_HIGH` on, when the heel has risen
        so far that from behind the line from the ankle is short and says nothing.
        """
        found: dict[str, np.ndarray] = {}
        for side, made in zip(sides, ("right", "left"), strict=True):
            _, share = self.walking.cycle(made, time_s)
            knee, ankle, heel = (joints[f"{side}_{name}"] for name in ("knee", "ankle", "heel"))
            outwards = np.sign(joints[f"{side}_hip"] - joints["pelvis"])[:, 1]
            angle = _outward_deg(heel - ankle, outwards) - _outward_deg(ankle - knee, outwards)
            found[f"{side}_rearfoot_angle_deg"] = np.where(share < HEEL_HIGH, angle, np.nan)
        return found

    def _stride(self, number: int) -> Stride:
        steps = self.walking.steps
        lengths = np.diff(steps.place[:, 0])
        return Stride(
            start_s=float(steps.heel_strike_s(number)),
            opposite_toe_off_s=float(steps.toe_off_s(number - 1)),
            opposite_heel_strike_s=float(steps.heel_strike_s(number + 1)),
            toe_off_s=float(steps.toe_off_s(number)),
            end_s=float(steps.heel_strike_s(number + 2)),
            step_length_m=float(lengths[number - 1]),
            opposite_step_length_m=float(lengths[number]),
            belt_speed_m_s=self.belt_speed_m_s,
        )


def _outward_deg(downward: np.ndarray, outwards: np.ndarray) -> np.ndarray:
    """Angle from the vertical in the plane across, in degrees; positive where the lower end lies farther outwards."""
    return np.degrees(np.arctan2(outwards * downward[:, 1], -downward[:, 2]))
