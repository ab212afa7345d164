"""Keypoints as markers for OpenSim: a TRC file in metres, x to the picture's right, y up, z = 0.

These are lengths in the picture's plane, from the calibration. An estimator's world coordinates are not written: they
were 10 deg worse in the sagittal plane, and their hip is fixed in space. The origin is the picture's lower left corner,
the upper left one where the picture's height is not known. Who faces the picture's left walks towards -x. The layout:
opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089972/Marker+.trc+Files. Seen with OpenSim 4.6:

- A missing marker is nan, as OpenSim itself writes it. Empty fields are read as missing too, but its
  TimeSeriesTableVec3 refuses a line that ends in one. An inverse kinematics leaves such a marker out.
- A file without frames makes it wait for ever: none is written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Results, resampling
from kinebench.formats.whole import words, write_text

ABOUT = (
    "DataRate",
    "CameraRate",
    "NumFrames",
    "NumMarkers",
    "Units",
    "OrigDataRate",
    "OrigDataStartFrame",
    "OrigNumFrames",
)
DECIMALS = 6
"""A micrometre."""


@dataclass(frozen=True, eq=False)
class Markers:
    """names: (markers,); clock.values: (frames, markers, 3) in metres, NaN where missing; note on what was done."""

    names: tuple[str, ...]
    clock: resampling.Even
    note: str


def write(results: Results, path: Path) -> list[Path]:
    """The keypoints as TRC. KinebenchError without a calibration, without frames, or with times far from even."""
    found = markers(results, "A TRC file")
    clock = found.clock
    frames, count = clock.values.shape[:2]
    rate = f"{clock.rate_hz:.6f}"
    about = [rate, rate, frames, count, "m", rate, 1, frames]
    axes = [f"{axis}{number}" for number in range(1, count + 1) for axis in "XYZ"]
    head: list[list[object]] = [
        ["PathFileType", 4, "(X/Y/Z)", found.note],
        list(ABOUT),
        about,
        ["Frame#", "Time", *(field for name in found.names for field in (name, "", ""))],
        ["", "", *axes],
        [],
    ]
    rows = clock.values.reshape(frames, 3 * count)
    lines: list[list[object]] = [
        [number, f"{time_s:.{DECIMALS}f}", *(f"{value:z.{DECIMALS}f}" for value in row)]
        for number, time_s, row in zip(range(1, frames + 1), clock.times_s.tolist(), rows.tolist(), strict=True)
    ]
    return write_text(path, "".join("\t".join(map(str, fields)) + "\n" for fields in head + lines))


def markers(results: Results, what: str) -> Markers:
    """The keypoints as markers in metres; `what` can't be written, says the error, where there is no calibration."""
    metres_per_px = results.metres_per_px
    if metres_per_px is None or not (np.isfinite(metres_per_px) and metres_per_px > 0):
        raise KinebenchError(
            f"{what} must be in metres, but the results have no scale. Give the person's height (height_m), or a "
            "length drawn in the picture (known_length_m with its ends known_length_x1_px, ..., known_length_y2_px)."
        )
    keypoints.check(results.keypoints)
    seen = keypoints.positions(results.keypoints)
    # Pixel centres are at whole numbers: the picture's edges lie half a pixel further out.
    bottom_px = results.height - 0.5 if results.height is not None else -0.5
    plane = np.stack(
        [seen[..., 0] + 0.5, bottom_px - seen[..., 1], np.where(np.isnan(seen[..., 0]), np.nan, 0)], axis=-1
    )
    clock = resampling.even(keypoints.times(results.keypoints), plane * metres_per_px)
    done = "Resampled linearly from uneven times." if clock.resampled else ""
    return Markers(
        names(keypoints.joints(results.keypoints)), clock, words("kinebench: keypoints.", results.source, done)
    )


def names(joints: Sequence[str]) -> tuple[str, ...]:
    """The joints' names without what OpenSim takes no marker's name with (spaces, slashes), each once."""
    plain = [re.sub(r"[^A-Za-z0-9_.-]+", "_", joint) or "_" for joint in joints]
    doubled = sorted({name for name in plain if plain.count(name) > 1})
    if doubled:
        raise KinebenchError(
            f"joints must have different names in letters, digits and _, but share {', '.join(doubled)}. Rename them."
        )
    return tuple(plain)
