"""What is known beside a file of keypoints: the video's times and size, the order of the joints."""

from dataclasses import dataclass

import numpy as np

from kinebench import skeleton
from kinebench.errors import KinebenchError, collected

LEAST_TOLD = 20
"""Fewer frames tell nothing about the rate at which they were analysed."""


@dataclass(frozen=True, eq=False)
class Given:
    """What is known beside the file; None where it is not.

    times_s: (frames,) presentation time of every frame of the video, in seconds from its first; frame_rate_hz: where
    there is no video; width, height: of the upright picture in pixels; skeleton: a name in `skeleton.SKELETONS`, where
    a file does not say which order its joints are in.
    """

    times_s: np.ndarray | None = None
    frame_rate_hz: float | None = None
    width: int | None = None
    height: int | None = None
    skeleton: str | None = None

    def __post_init__(self) -> None:
        """Check what was given."""
        rate, known = self.frame_rate_hz, skeleton.SKELETONS
        sizes = {"width": self.width, "height": self.height}
        unknown = self.skeleton is not None and self.skeleton not in known
        collected(
            [f"frame_rate_hz must be above 0 and finite, but got {rate}."]
            * (rate is not None and not (np.isfinite(rate) and rate > 0))
            + [
                f"{name} must be at least 1 px, but got {size}."
                for name, size in sizes.items()
                if size is not None and size < 1
            ]
            + [f"skeleton must be one of {', '.join(known)}, but got {self.skeleton!r}."] * unknown
        )

    def time_of(self, frames: np.ndarray) -> np.ndarray:
        """Time in seconds of frames by their number in the video, 0 the first; NaN past the video's end.

        KinebenchError where neither a video nor a frame rate is given, or the video has n times as many frames.
        """
        frames = np.asarray(frames)
        if self.times_s is not None:
            _check_rate(frames, len(self.times_s))
            inside = (frames >= 0) & (frames < len(self.times_s))
            return np.where(inside, self.times_s[np.clip(frames, 0, len(self.times_s) - 1)], np.nan)
        if self.frame_rate_hz is None:
            raise KinebenchError(
                "The keypoints must have times, but this file knows frames only. Name the video with --video, or give "
                "its frame rate with --rate."
            )
        return frames / self.frame_rate_hz

    def size(self, why: str) -> tuple[int, int]:
        """Width and height in pixels; KinebenchError, which says `why` they are needed, where they are not given."""
        if self.width is None or self.height is None:
            raise KinebenchError(
                f"The picture's size must be known, because {why}. Name the video with --video, or give --size "
                "WIDTHxHEIGHT."
            )
        return self.width, self.height


def _check_rate(frames: np.ndarray, count: int) -> None:
    """KinebenchError where frames without gaps are an n-th of the video's `count`: every n-th one was analysed."""
    known = np.unique(frames)
    if count < LEAST_TOLD or len(known) < LEAST_TOLD or known[0] != 0 or len(known) < 0.9 * (known[-1] + 1):
        return
    for part in range(2, 9):
        if abs(known[-1] + 1 - count / part) <= max(2, 0.01 * count / part):
            raise KinebenchError(
                f"The keypoints must be of the video's own frames, but there are {known[-1] + 1} for {count}: they "
                f"look like every {part}. one, or like those of a copy at another frame rate. Name the video that they "
                "were made from, or give a file that has times."
            )
