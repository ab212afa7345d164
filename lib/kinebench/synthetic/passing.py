"""The committed clips of one person who walks past the camera: through the picture, and there and back.

The heel is farthest ahead of the hips when it strikes, as in life; the crossing people's early one stays as it was.
"""

from dataclasses import replace

from kinebench.synthetic.walkers import Hall, Walker, Walkers

_ONE = Walker(
    height_m=1.76,
    step_length_m=0.62,
    cadence_steps_min=112.0,
    swing="late",
    shirt="#4f7d5a",
    trousers="#7c6f5f",
    shoes="#2f3b4f",
)
_HALL = Hall(seed=2, duration_s=5.4, view_height_m=3.0, distance_m=5.2)

WALKING_PAST = Walkers((replace(_ONE, at_s=2.7, phase=0.3),), _HALL)
WALKING_BACK = Walkers((replace(_ONE, x_m=1.3, at_s=3.8, turns=True, phase=0.2),), replace(_HALL, duration_s=7.6))
SAMPLE_PASSING = {"walking_past.mp4": WALKING_PAST, "walking_back.mp4": WALKING_BACK}
