"""Values that move from stop to stop with minimum jerk, and the slow sway of someone who keeps still."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Track:
    """A value that comes to a stop at every knot and moves between knots with the least jerk.

    time_s, value, acceleration: shape (knots,). Between two knots the course is the quintic of minimum jerk for the
    given end values and end accelerations with no velocity at either end (Flash and Hogan 1985, J Neurosci 5:1688);
    acceleration 0 at a knot is a stop, another one a turning point. Before the first and after the last knot the value
    holds.
    """

    time_s: np.ndarray
    value: np.ndarray
    acceleration: np.ndarray

    @classmethod
    def of(cls, knots: Sequence[tuple[float, float] | tuple[float, float, float]]) -> "Track":
        """From (time_s, value) or (time_s, value, acceleration) in order of time."""
        rows = np.array([(*knot, 0.0)[:3] for knot in knots], dtype=float)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2])

    def __call__(self, time_s: np.ndarray) -> np.ndarray:
        """Values at `time_s`, any shape."""
        time_s = np.asarray(time_s, dtype=float)
        if len(self.time_s) == 1:
            return np.full(time_s.shape, self.value[0])
        left = np.clip(np.searchsorted(self.time_s, time_s, side="right") - 1, 0, len(self.time_s) - 2)
        span = self.time_s[left + 1] - self.time_s[left]
        share = np.clip((time_s - self.time_s[left]) / span, 0.0, 1.0)
        rest = 1 - share
        turning = self.acceleration[left] * share**2 * rest**3 + self.acceleration[left + 1] * share**3 * rest**2
        travelled = minimum_jerk(share) * (self.value[left + 1] - self.value[left])
        return self.value[left] + travelled + span**2 / 2 * turning


def minimum_jerk(share: np.ndarray) -> np.ndarray:
    """Share of the way covered after `share` of the time, both 0..1."""
    return share**3 * (10 - 15 * share + 6 * share**2)


@dataclass(frozen=True)
class Sway:
    """A small aimless movement: three slow sines with seeded rates and phases; its standard deviation is `size`."""

    size: float
    rate_hz: np.ndarray
    phase: np.ndarray

    @classmethod
    def seeded(cls, size: float, random: np.random.Generator) -> "Sway":
        """Rates between 0.1 and 0.6 Hz, as postural sway and breathing have."""
        return cls(size, random.uniform(0.1, 0.6, 3), random.uniform(0, 2 * np.pi, 3))

    def __call__(self, time_s: np.ndarray) -> np.ndarray:
        """Values at `time_s`, shape (times,)."""
        angle = 2 * np.pi * self.rate_hz[:, None] * np.asarray(time_s, dtype=float)[None] + self.phase[:, None]
        return self.size * np.sqrt(2 / 3) * np.sin(angle).sum(axis=0)
