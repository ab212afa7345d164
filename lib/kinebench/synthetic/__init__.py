"""A rendered subject with known truth: scenes of a task, their joints and angles, their picture.

Nobody may publish patients, so the project draws its own. Everything is seeded: the same `Scene` gives the same
motion, the same truth and, before encoding, the same frames bit for bit. The truth needs NumPy only; the pictures need
the optional extra `kinebench[synthetic]` (numba), which is imported when the first frame is drawn.

    scene = Scene(task="rowing", height_m=1.84, facing="left")
    truth_table(scene), events(scene), keypoint_table(scene, noise_px=2.0)
    generate(scene, "clip.mp4")      # and clip.truth.csv, clip.events.json

One or two people who walk, cross and hide each other are scenes of their own: `walkers` (the scene), `walkers_truth`
(the same tables, one row a frame and person), `crossing` (the committed clips), `files.generate_walkers`.

World coordinates: metres, x to where the person faces, y to the person's left, z up, the floor at z = 0.
"""

from kinebench.synthetic.scene import Scene
from kinebench.synthetic.truth import detections_table, events, joints_3d, keypoint_table, truth_table

__all__ = ["Scene", "detections_table", "events", "generate", "joints_3d", "keypoint_table", "truth_table"]


def generate(*args, **kwargs):
    """See `kinebench.synthetic.files.generate`; loaded when used, because it needs PyAV and numba."""
    from kinebench.synthetic.files import generate

    return generate(*args, **kwargs)
