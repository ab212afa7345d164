"""A video of nothing, so that keypoints without a video go the way of all others."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from kinebench import provenance, video
from kinebench.recordings.placing import TICKS
from kinebench.video.orientation import Orientation

GROUND = (242, 242, 240)
"""Colour of the plain video, as the paper of the figures."""
FORMAT = 2
"""To be raised whenever the same times and size come to give another video."""


def plain(folder: Path, ticks: np.ndarray, size: tuple[int, int]) -> Path:
    """A video of nothing, its frames at the times of `ticks`."""
    said = {"format": FORMAT, "ticks": ticks.tolist(), "size": list(size)}
    path = folder / f"{provenance.sha256_of(said)}.mp4"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    times_s = (ticks - ticks[0]) / TICKS
    like = video.Clip(
        path=path,
        width=size[0],
        height=size[1],
        orientation=Orientation(*size),
        times_s=times_s,
        frame_numbers=np.arange(len(ticks)),
        timestamps=ticks - ticks[0],
        time_base=Fraction(1, TICKS),
        duration_s=float(times_s[-1] + np.median(np.diff(times_s))),
        start_s=0.0,
        stop_s=None,
        every=1,
        codec="h264",
        pixel_format="yuv420p",
        sha256="",
    )
    picture = np.full((size[1], size[0], 3), GROUND, np.uint8)
    with video.Writer(path, like=like) as writer:
        for index in range(len(ticks)):
            writer.write(picture, index)
    return path
