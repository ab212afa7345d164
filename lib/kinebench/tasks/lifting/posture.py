"""Whether it is the lift that was named: the body goes with the bar, the feet stay, the hands are where they belong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.quality import Check
from kinebench.tasks.lifting.body import Seen
from kinebench.tasks.lifting.exercises import Exercise
from kinebench.tasks.lifting.view import SAGITTAL, View

STEPPED = 0.4
"""Trunk lengths (0.2 m). Who lifts keeps the feet where they are; a step out of a rack is twice as long."""
LIES_DEG = 60.0
"""From here on the trunk lies: nobody lifts standing with the trunk so low in the middle of all frames."""


@dataclass(frozen=True)
class Objections:
    """What speaks against a way of the bar as a repetition of `exercise`; height: the bar's, as the events take it."""

    exercise: Exercise
    seen: Seen
    time_s: np.ndarray
    height: np.ndarray
    trunk_px: float

    def __call__(self, row: Any) -> str:
        """Words for a row of the repetitions' table; "" where nothing speaks against it."""
        return self._stepped(row) or self._alone(row)

    def _stepped(self, row: Any) -> str:
        if not self.exercise.planted:
            return ""
        foot = self.seen.along(self.seen.near(self.exercise.planted))
        during = foot[(self.time_s >= row.start_s) & (self.time_s <= row.end_s)]
        during = during[np.isfinite(during)]
        moved = float(np.ptp(during)) / self.trunk_px if len(during) else 0.0
        return f"the foot moved by {moved:.1f} trunk lengths: a step" if moved > STEPPED else ""

    def _alone(self, row: Any) -> str:
        if not self.exercise.along:
            return ""
        part = self.seen.height(self.seen.middle(self.exercise.along))
        ends = np.array([row.start_s, row.turn_s])
        bar, body = (-float(np.diff(np.interp(ends, self.time_s, values))[0]) for values in (self.height, part))
        if not np.isfinite(body) or body >= self.exercise.along_share * bar:
            return ""
        return f"the {self.exercise.along} went down only {100 * max(body, 0) / bar:.0f} % of the bar's way: a bow"


def require(exercise: Exercise, seen: Seen, inside: np.ndarray, view: View) -> None:
    """KinebenchError where the frames `inside` the repetitions show another exercise than the one named."""
    if exercise.lying and view.name == SAGITTAL:
        lean = np.abs(seen.signal("trunk_lean_deg")[inside])
        if np.isfinite(lean).any() and np.nanmedian(lean) < LIES_DEG:
            raise KinebenchError(
                f"task lifting needs somebody who lies on a bench for the exercise {exercise.name}, but the trunk is "
                f"{np.nanmedian(lean):.0f} deg from upright. Check what the clip shows, or name another exercise."
            )
    if exercise.hands_below is None:
        return
    shoulder, wrist = (seen.height(seen.middle(part))[inside] for part in ("shoulder", "wrist"))
    trunk = np.linalg.norm(seen.middle("shoulder") - seen.middle("hip"), axis=1)[inside]
    below = (shoulder - wrist) / trunk
    if np.isfinite(below).any() and np.nanmedian(below) < exercise.hands_below:
        raise KinebenchError(
            f"task lifting needs hands that hang below the shoulders for the exercise {exercise.name}, but they are "
            f"{np.nanmedian(below):.1f} trunk lengths below. Check what the clip shows, or name another exercise."
        )


def left_out(lacking: Mapping[str, tuple[str, ...]]) -> Check:
    """lacking: measures that are left out -> the joints that were never seen."""
    said = "; ".join(f"{name} ({', '.join(joints)} never seen)" for name, joints in lacking.items())
    return Check(
        "measures_left_out",
        float(len(lacking)),
        "measures",
        "doubtful" if lacking else "good",
        f"Left out: {said}." if lacking else "Every measure that the view allows could be made.",
        "Film the whole person, feet included, and use a network that marks heel and toes." if lacking else "",
        "A number that cannot be seen is absent, never guessed.",
    )
