"""The committed clips of two people whose ways cross: what tells two people apart, and what does not.

In `crossing` the nearer one passes before the farther one, and both walk on. In `crossing_back` both turn round while
one hides the other, and each goes back to where it came from. The ways before and after the hiding look the same in
both clips: whoever links them by place and speed alone exchanges the two people in the second clip, whoever links them
by place alone does so in the first.
"""

from dataclasses import replace

from kinebench.synthetic.walkers import Hall, Walker, Walkers

_NEAR = Walker(height_m=1.90, y_m=-1.4)
_FAR = Walker(
    height_m=1.60,
    facing="left",
    step_length_m=0.48,
    shirt="#d9822b",
    trousers="#43302a",
    shoes="#8c8a84",
    hair="#1f1a17",
    skin="#b98a6a",
)

CROSSING = Walkers(
    (
        replace(_NEAR, x_m=-0.06, at_s=2.5, step_length_m=0.50, cadence_steps_min=86.0, phase=0.625),
        replace(_FAR, x_m=0.02, y_m=1.1, at_s=2.5, step_length_m=0.46, cadence_steps_min=94.0, phase=0.625),
    ),
    Hall(duration_s=5.0),
)
CROSSING_BACK = Walkers(
    (
        replace(_NEAR, at_s=3.0, turns=True, cadence_steps_min=92.0),
        replace(_FAR, x_m=-0.2, y_m=0.9, at_s=3.0, turns=True, turns_towards="wall", cadence_steps_min=100.0),
    ),
    Hall(duration_s=6.0),
)
SAMPLE_WALKERS = {"crossing.mp4": CROSSING, "crossing_back.mp4": CROSSING_BACK}
