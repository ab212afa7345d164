"""The angles of level walking over one gait cycle: published ones, and the courses that generate a walk close to them.

A cycle runs from a heel strike to the next one of the same foot; shares of it are 0..1. `PUBLISHED` are healthy adults
at their own pace as Perry and Burnfield give them phase by phase (Gait Analysis: Normal and Pathological Function, 2nd
ed. 2010, chapters 3 to 6; also Perry, Normal Gait, Atlas of Limb Prosthetics, 2nd ed. 1992, chapter 13). Three angles
of two legs, feet that stay on the floor and hips that move as one body can't be prescribed at once: the generating
courses below were fitted (least squares over a whole cycle) so that the angles that come out are near the published
ones; `tests/test_synthetic_walking.py` says how near. The arms are Murray, Sepic and Barnard's (1967, Phys Ther
47:272): farthest back at their own side's heel strike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TOE_OFF = 0.60  # shares of the cycle
FOOT_FLAT, HEEL_OFF = 0.08, 0.23
HIGHEST = 0.30  # the hip, over the foot
USUAL_STEP = 0.35  # the length of step, as a share of stature, that the courses were fitted at


@dataclass(frozen=True)
class Course:
    """A periodic curve through knots that never overshoots them.

    share: (knots,) ascending in 0..1; value, slope: (knots,). Cubic between knots; slopes as Fritsch and Butland 1984
    (SIAM J Sci Stat Comput 5:300) choose them: 0 at turning points, else the harmonic mean of the neighbouring ones.
    """

    share: np.ndarray
    value: np.ndarray
    slope: np.ndarray

    @classmethod
    def through(cls, knots: Sequence[tuple[float, float]]) -> "Course":
        """From (per cent of the cycle, value), the first at 0; the curve closes upon itself at 100."""
        share, value = np.array([*knots, (100.0, knots[0][1])], dtype=float).T
        share = share / 100
        secant = np.diff(value) / np.diff(share)
        before = np.roll(secant, 1)
        product = before * secant
        total = np.where(product > 0, before + secant, 1.0)
        slope = np.where(product > 0, 2 * product / total, 0.0)
        return cls(share, value, np.append(slope, slope[0]))

    def __call__(self, share: np.ndarray) -> np.ndarray:
        """Values at shares of the cycle, any shape; 1.2 is 0.2 of the next cycle."""
        at = np.mod(share, 1.0)
        left = np.clip(np.searchsorted(self.share, at, side="right") - 1, 0, len(self.share) - 2)
        span = self.share[left + 1] - self.share[left]
        s = (at - self.share[left]) / span
        return hermite(s, self.value[left], self.value[left + 1], span * self.slope[left], span * self.slope[left + 1])


def hermite(s: np.ndarray, start, end, start_slope, end_slope) -> np.ndarray:
    """The cubic over s in 0..1 with these values and slopes at its ends."""
    rest = 1 - s
    leaving = rest**2 * ((1 + 2 * s) * start + s * start_slope)
    return leaving + s**2 * ((1 + 2 * rest) * end - rest * end_slope)


# Degrees. Knee flexion; thigh ahead of the vertical; ankle dorsiflexion.
PUBLISHED = {
    "knee": Course.through([(0, 5), (14, 18), (40, 6), (50, 13), (60, 37), (72, 61), (96, 3)]),
    "thigh": Course.through([(0, 21), (10, 18), (50, -19), (60, -8), (73, 17), (87, 25)]),
    "ankle": Course.through([(0, 0), (8, -5), (45, 10), (61, -17), (80, 0), (90, 1)]),
}
# What generates: in stance the knee's flexion at the heel strike and where the hip is highest, and the foot's pitch
# (toes up positive); in swing the thigh, the knee and the foot's pitch.
KNEE = Course.through([(0, 8), (14, 18), (31, 9.5), (40, 6), (50, 19), (60, 32), (72, 63), (92, 13.5)])
THIGH = Course.through([(0, 19.5), (10, 18), (50, -19), (60, -15), (73, 15), (87, 23.5)])
FOOT = Course.through([(0, 14), (8, 0), (23, 0), (40, -7.7), (50, -20), (60, -53.5), (65, -68.5), (80, -17), (93, 17)])


@dataclass(frozen=True)
class Swing:
    """How a leg is swung: knee flexion and thigh, degrees over the whole cycle, and the heel's forward speed over the
    floor just before it strikes, as a share of the walk's.
    """

    knee: Course
    thigh: Course
    arrival: float


EARLY = Swing(KNEE, THIGH, 0.7)  # Winter 1992 (Phys Ther 72:45); the heel is farthest ahead 0.06 s before it strikes
# The heel is brought forward until it strikes, so that it is farthest ahead of the pelvis at that instant, as Zeni et
# al. 2008 (Gait Posture 27:710) found it to be within one frame at 60 Hz in 94 % of strikes. The knee stretches later.
LATE = Swing(
    Course.through([(0, 8), (14, 18), (31, 9.5), (40, 6), (50, 19), (60, 32), (72, 60), (95, 13.5)]),
    Course.through([(0, 19.5), (10, 18), (50, -19), (60, -15), (73, 15), (85, 22)]),
    0.9,
)
SWINGS = {"early": EARLY, "late": LATE}
# How far the foot is rolled inwards about its length, as a share of the most: it strikes rolled outwards, gives way
# under the load and comes back before it pushes off. The course is made up to be known, and so is its size.
EVERSION = Course.through([(0, -0.5), (22, 1), (50, -0.3), (60, -0.7), (80, -0.5)])
# The arm ahead of the trunk's line, the elbow's flexion.
SHOULDER = Course.through([(0, -22), (50, 12)])
ELBOW = Course.through([(0, 17), (52, 38)])
STANDING_KNEE_DEG = 9.5  # what remains of the knee's course in steps of no length


def scaled(course: Course, share: np.ndarray, size: np.ndarray, rest: float = 0.0) -> np.ndarray:
    """The course shrunk towards `rest`: `size` 1 in steps of usual length, 0 in standing."""
    return rest + size * (course(share) - rest)
