"""Angles over time as OpenSim reads them: a MOT file in degrees, at the video's own times.

Under OpenSim's name stands only what means the same (`OPENSIM`): the knee, ankle and elbow of Rajagopal's model (2016,
IEEE Trans Biomed Eng 63:2068) and those made from it, with flexion and dorsiflexion positive and 0 in the standing
posture; in gait2392 the knee's sign is the opposite. They are angles in the picture's plane. The ankle's zero is that
of the keypoints' line from heel to toe, see `kinematics`. The others keep the names that they have in the signals: hip
and shoulder flexion are against the trunk, OpenSim's hip_flexion is against the pelvis and its arm_flex against the
torso above the lumbar joint; trunk lean is against the vertical, lumbar_extension against the pelvis.

A MOT has no gaps. OpenSim's TimeSeriesTable reads nan, but its Storage, with which its application opens motions, stops
at the first one and makes zeros of it (seen with 4.6); and a row left out it would bridge. So the stretch and the
angles are written that make the most numbers without a gap between them, and the header says what was left out.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Results
from kinebench.formats.whole import words, write_text

OPENSIM = {
    f"{side}_{ours}_deg": f"{theirs}_{side[0]}"
    for ours, theirs in (
        ("knee_flexion", "knee_angle"),
        ("ankle_dorsiflexion", "ankle_angle"),
        ("elbow_flexion", "elbow_flex"),
    )
    for side in ("right", "left")
}
"""Signal: OpenSim's coordinate of the same meaning."""
DECIMALS = 6


def write(results: Results, path: Path) -> list[Path]:
    """The signals in degrees as MOT. KinebenchError where there is none, or none is known anywhere."""
    angles = _angles(results.signals)
    rows, columns = _without_gaps(np.isfinite(angles.to_numpy()))
    kept = angles.iloc[rows, columns]
    labels = ["time", *(OPENSIM.get(name, name) for name in kept.columns)]
    table = np.column_stack([keypoints.times(kept), kept.to_numpy()])
    head = [
        "Coordinates",
        "version=1",
        f"nRows={len(kept)}",
        f"nColumns={len(labels)}",
        "inDegrees=yes",
        "",
        *_about(results.source, angles, kept),
        "",
        "endheader",
        "\t".join(labels),
    ]
    lines = ["\t".join(f"{value:z.{DECIMALS}f}" for value in row) for row in table.tolist()]
    return write_text(path, "\n".join([*head, *lines]) + "\n")


def _angles(signals: pd.DataFrame | None) -> pd.DataFrame:
    names = [] if signals is None else [name for name in signals.columns if str(name).endswith("_deg")]
    if signals is None or not names:
        raise KinebenchError(
            "signals must have angles (columns that end in _deg) to be written as MOT, but have none. Analyse the "
            "keypoints first, with a network that gives hips, knees and ankles."
        )
    angles = signals[names].astype(float)
    if not np.isfinite(angles.to_numpy()).any():
        raise KinebenchError("signals must have an angle in at least one frame to be written as MOT, but have none.")
    return angles


def _without_gaps(known: np.ndarray) -> tuple[slice, np.ndarray]:
    """The rows, one after the other, and the columns of the most entries of `known` (frames, signals), all of them so.

    From each row where something begins to be known the columns are sorted by how long they stay so: the best k of them
    are known together as long as the k-th.
    """
    frames, count = known.shape
    ends = np.where(known, frames, np.arange(frames)[:, None])
    ends = np.minimum.accumulate(ends[::-1])[::-1]
    begins = known.copy()
    begins[1:] &= ~known[:-1]
    starts = np.flatnonzero(begins.any(axis=1))
    lasts = -np.sort(-(ends[starts] - starts[:, None]), axis=1)
    best, together = np.unravel_index(np.argmax(lasts * np.arange(1, count + 1)), lasts.shape)
    start, stop = starts[best], starts[best] + lasts[best, together]
    return slice(start, stop), np.flatnonzero(known[start:stop].all(axis=0))


def _about(source: str, angles: pd.DataFrame, kept: pd.DataFrame) -> list[str]:
    """The header's sentences."""
    lines = [
        words("kinebench: angles in the picture's plane.", source),
        "knee_angle, ankle_angle and elbow_flex: as in Rajagopal's model, flexion and dorsiflexion positive. Names "
        "that end in _deg are kinebench's own.",
    ]
    first, last = keypoints.times(kept)[[0, -1]]
    if len(kept) < len(angles):
        lines.append(
            f"Written are {first:.3f} to {last:.3f} s of {angles.index[0]:.3f} to {angles.index[-1]:.3f} s, the "
            "stretch with the most angles without a gap."
        )
    absent = [name for name in angles.columns if name not in kept.columns]
    if absent:
        lines.append(f"Left out, since they are not known throughout that stretch: {', '.join(absent)}.")
    return lines
