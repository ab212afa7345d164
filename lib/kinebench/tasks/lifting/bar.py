"""The bar of a lift: where it is, how fast it goes, and the signals from which its repetitions are read."""

from dataclasses import dataclass

import numpy as np

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.scale.view import trunk_px
from kinebench.tasks.lifting import events, metrics
from kinebench.tasks.lifting.body import Seen
from kinebench.tasks.lifting.exercises import TOP, Exercise
from kinebench.tasks.lifting.view import SAGITTAL, View

ANGLES = {
    "knee_flexion_deg": "{near}_knee_flexion_deg",
    "hip_flexion_deg": "{near}_hip_flexion_deg",
    "ankle_dorsiflexion_deg": "{near}_ankle_dorsiflexion_deg",
    "trunk_lean_deg": "trunk_lean_deg",
    "elbow_flexion_deg": "{near}_elbow_flexion_deg",
}


@dataclass(frozen=True)
class Bar:
    """The bar's height in pixels, turned so that a repetition begins high; moves: whether it does, (frames,) each."""

    height: np.ndarray
    trunk_px: float
    moves: np.ndarray


def found(seen: Seen, exercise: Exercise) -> Bar:
    """The bar of an exercise; KinebenchError where a part of the body that it takes was never seen."""
    trunk = trunk_px(seen.table)
    never = [part for part in exercise.seen if not np.isfinite(seen.near(part)).any()]
    if never or not trunk > 0:
        raise KinebenchError(
            f"task lifting needs {', '.join(exercise.seen)} of one side in the picture for the exercise "
            f"{exercise.name}, but {', '.join(never) or 'the trunk'} was never seen. Film the whole person and the bar."
        )
    height = exercise.upward * seen.height(seen.middle(exercise.bar))
    moves = np.zeros(len(height), bool)
    for one in events.candidates(height, exercise.least_way * trunk):
        moves[one.before : None if one.after is None else one.after + 1] = True
    return Bar(height, trunk, moves if moves.any() else ~moves)


def event_signals(bar: Bar, seen: Seen, exercise: Exercise, view: View) -> events.Signals:
    """At the straight end of a lift a joint's angle tells when better than the height, where the view shows it."""
    angle = seen.signal(exercise.straightens)
    shown = view.name == SAGITTAL and bool(np.isfinite(angle).any())
    straight = angle if shown else bar.height
    at_rest = exercise.begins == TOP
    return events.Signals(
        time_s=keypoints.times(seen.table),
        height=bar.height,
        rest=straight if at_rest else bar.height,
        turn=bar.height if at_rest else straight,
        folds=at_rest and not shown,
    )


def motion(seen: Seen, exercise: Exercise, view: View) -> metrics.Motion:
    """The bar in metres where the clip is scaled, else in pixels; seen from the front its way is to the left."""
    sagittal, px_per_m = view.name == SAGITTAL, seen.calibration.px_per_m
    # From the side the scale is that of the near leg, and what is nearer to the camera looks larger: so the near end.
    bar = seen.near(exercise.bar) if sagittal else seen.middle(exercise.bar)
    unit, per = ("px", 1.0) if px_per_m is None else ("m", px_per_m)
    time_s, height = keypoints.times(seen.table), seen.height(bar) / per
    return metrics.Motion(
        time_s=time_s,
        height=height,
        forward=(seen.along(bar) if sagittal else seen.leftward(bar)) / per,
        velocity=metrics.velocity(height, time_s),
        unit=unit,
        angles={name: seen.signal(template) for name, template in ANGLES.items()} if sagittal else {},
    )
