"""Keypoints as markers in a C3D file: millimetres, in the axes of the TRC (x to the picture's right, y up, z = 0).

C3D has no axes of its own: POINT:X_SCREEN and POINT:Y_SCREEN say +X and +Y, so that programs which take z for up turn
the picture. A missing marker has the residual -1 (c3d.org, "The 3D data section"). A C3D file knows a rate and no
times: the first frame is its time 0. Positions are 32-bit, as in every C3D file: good to 0.1 micrometre within 2 m.
"""

from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Results, trc_writing
from kinebench.formats.whole import whole

MOST_FRAMES, MOST_MARKERS = 65_534, 255
"""What the header's 16-bit numbers hold, less one: python's c3d reads nothing where the last frame is 65,535."""
LONGEST_TEXT = 127


def write(results: Results, path: Path) -> list[Path]:
    """The keypoints as C3D. KinebenchError without a calibration or frames, with too many, or with uneven times."""
    import ezc3d

    found = trc_writing.markers(results, "A C3D file")
    clock = found.clock
    frames, count = clock.values.shape[:2]
    if frames > MOST_FRAMES or count > MOST_MARKERS:
        raise KinebenchError(
            f"A C3D file must have at most {MOST_FRAMES} frames and {MOST_MARKERS} markers, but would have {frames} "
            f"and {count}. Write a TRC, or a stretch of the video."
        )
    file = ezc3d.c3d()
    point = file["parameters"]["POINT"]
    point["RATE"]["value"] = [clock.rate_hz]
    point["UNITS"]["value"] = ["mm"]
    point["LABELS"]["value"] = list(found.names)
    point["DESCRIPTIONS"]["value"] = [f"{name} in the picture's plane"[:LONGEST_TEXT] for name in found.names]
    for name, axis in (("X_SCREEN", "+X"), ("Y_SCREEN", "+Y")):
        file.add_parameter("POINT", name, [axis])
    file.add_parameter("MANUFACTURER", "SOFTWARE", ["kinebench"])
    file.add_parameter("MANUFACTURER", "NOTE", [found.note[:LONGEST_TEXT]])
    points = np.ones((4, count, frames))
    points[:3] = 1000 * clock.values.transpose(2, 1, 0)
    missing = np.isnan(points[0])
    file["data"]["points"] = points
    file["data"]["meta_points"] = {
        "residuals": np.where(missing, -1.0, 0.0)[None],
        "camera_masks": np.zeros((7, count, frames), dtype=bool),
    }
    file["data"]["analogs"] = np.zeros((1, 0, 0))
    with whole(path) as temporary:
        file.write(str(temporary))
    return [path]
