"""Where and when the feet are set down: straight on, or to a point, round and back. Metres, seconds, radians."""

from dataclasses import dataclass

import numpy as np

from kinebench.synthetic.gait import TOE_OFF

HALF_WIDTH_M = 0.052  # from the line of progression to the middle of either foot
# The mid-hip is halfway between two feet this share of a step before the front one is set down.
LEAD = 0.108
_AROUND = 24  # steps planned before and after the appointed time
# Turning on the spot: lengths in shares of a step and headings in degrees of the steps from the last usual one on.
_TURN_LENGTHS = (0.80, 0.42, 0.22, 0.22, 0.22, 0.42, 0.80)
_TURN_HEADINGS = (0.0, 12.0, 60.0, 112.0, 162.0, 180.0, 180.0)


@dataclass(frozen=True)
class Footsteps:
    """Footfalls in order of time, sides alternating: `right_first` says whose the even ones are.

    place: (footfalls, 2) x and y of the line of progression where the foot stands; heading: (footfalls,) radians, 0
    towards +x; first_s: the first heel strike; step_s: mean time from one to the next; late_s: by how much the odd
    ones come after the middle between their neighbours.
    """

    place: np.ndarray
    heading: np.ndarray
    first_s: float
    step_s: float
    right_first: bool = True
    late_s: float = 0.0

    def side(self, number: int) -> str:
        """Whose footfall it is."""
        return "right" if (number % 2 == 0) == self.right_first else "left"

    def feet(self) -> np.ndarray:
        """Middle of each foot on the floor, below the ankle, shape (footfalls, 2)."""
        out = np.array([-1.0 if self.side(k) == "right" else 1.0 for k in range(len(self.place))])
        across = np.stack([-np.sin(self.heading), np.cos(self.heading)], -1)
        return self.place + HALF_WIDTH_M * out[:, None] * across

    def heel_strike_s(self, number: np.ndarray | int) -> np.ndarray:
        """When a foot is set down."""
        number = np.asarray(number)
        return self.first_s + number * self.step_s + (number % 2) * self.late_s

    def toe_off_s(self, number: np.ndarray | int) -> np.ndarray:
        """When it leaves the floor again."""
        return self.heel_strike_s(number) + 2 * TOE_OFF * self.step_s

    def newest(self, time_s: np.ndarray) -> np.ndarray:
        """Number of the latest footfall at each time."""
        steps = (np.asarray(time_s) - self.first_s) / self.step_s
        number = np.floor(steps).astype(int)
        passed, late, odd = steps - number, self.late_s / self.step_s, number % 2 == 1
        return number - (odd & (passed < late)) + (~odd & (passed > 1 + late))

    def passed(self, number: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Share of the gait cycle that has passed since footfalls `number`; beyond 1 after the cycle's end."""
        return (time_s - self.heel_strike_s(number)) / (2 * self.step_s)

    def next_strike(self, number: np.ndarray) -> np.ndarray:
        """The share of the cycle at which the other foot is set down."""
        return 0.5 + np.where(number % 2 == 0, 1.0, -1.0) * self.late_s / (2 * self.step_s)

    def step_length_m(self) -> np.ndarray:
        """Mean length of the steps before and after each footfall, shape (footfalls,)."""
        lengths = np.linalg.norm(np.diff(self.place, axis=0), axis=1)
        return 0.5 * (np.append(lengths, lengths[-1]) + np.append(lengths[0], lengths))

    def middle(self, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mid-hip x and y (times, 2) and heading (times,): the uniform cubic B-spline of the steps' middles."""
        points = np.column_stack([self.place, self.heading])
        points = 0.5 * (points[1:] + points[:-1])  # belongs to the footfalls from 1 on
        at = (np.asarray(time_s, dtype=float) - self.first_s) / self.step_s + LEAD - 1
        k = np.clip(np.floor(at).astype(int), 1, len(points) - 3)
        s = (at - k)[:, None]
        weights = ((1 - s) ** 3, 3 * s**3 - 6 * s**2 + 4, -3 * s**3 + 3 * s**2 + 3 * s + 1, s**3)
        found = sum(weight * points[k + shift] for weight, shift in zip(weights, (-1, 0, 1, 2), strict=True)) / 6
        return found[:, :2], found[:, 2]


def straight(
    x_m: float, y_m: float, at_s: float, *, heading_deg: float, step_m: float, step_s: float, phase: float
) -> Footsteps:
    """Even steps along a line; the mid-hip is at (x_m, y_m) at `at_s`, a foot is set down `phase` steps later."""
    heading = np.radians(heading_deg)
    ahead = np.array([np.cos(heading), np.sin(heading)])
    count = np.arange(-_AROUND, _AROUND + 1) + phase
    place = np.array([x_m, y_m]) + np.outer(step_m * (count + 0.5 - LEAD), ahead)
    return Footsteps(place, np.full(len(count), heading), at_s + count[0] * step_s, step_s)


def there_and_back(
    x_m: float,
    y_m: float,
    at_s: float,
    *,
    heading_deg: float,
    step_m: float,
    step_s: float,
    phase: float,
    clockwise: bool,
) -> Footsteps:
    """Even steps to about (x_m, y_m), a turn of four short steps that is halfway at about `at_s`, even steps back.

    `phase` moves the footfalls by shares of a step against `at_s`.
    """
    turn = np.radians(_TURN_HEADINGS) * (-1 if clockwise else 1)
    lengths = np.concatenate([np.ones(_AROUND), _TURN_LENGTHS, np.ones(_AROUND)]) * step_m
    heading = np.concatenate([np.zeros(_AROUND), turn, np.full(_AROUND, turn[-1])]) + np.radians(heading_deg)
    # A step goes where the feet at its ends look on average.
    between = heading - 0.5 * np.diff(heading, prepend=heading[0])
    place = np.cumsum(lengths[:, None] * np.stack([np.cos(between), np.sin(between)], -1), axis=0)
    apex = _AROUND + 3
    place += np.array([x_m, y_m]) - 0.5 * (place[apex] + place[apex - 1])
    return Footsteps(place, heading, at_s + (phase - apex) * step_s, step_s)
