"""Which pictures of which clip the frame view shows, whole or zoomed to the person."""

from typing import Any

import numpy as np

from kinebench import video
from kinebench.widgets.frames import Frames, Section
from kinebench.widgets.views import FrameView, SignalView

PERSON_ROOM = 0.2
"""Room around the person when zoomed in, as a share of the person's box."""


class Pictures:
    """The pictures of one workbench; `position` is the frame that a person sees."""

    def __init__(self, frame: FrameView, signals: SignalView) -> None:
        self._view, self._signals = frame, signals
        self.frames: Frames | None = None
        self.position = 0

    def show(self, clip: video.Clip, section: Section | None = None) -> None:
        """Frames of `clip`, of a section of it or whole, at the instant that was looked at before."""
        before, self.frames = self.frames, Frames(clip, section)
        if before is not None:
            time_s = before.clip.times_s[min(self.position, len(before.clip) - 1)]
            self.position = int(np.argmin(np.abs(np.asarray(clip.times_s) - time_s)))
        shown, view = self.frames.section, self._view
        with view.hold_sync():
            view.length = len(clip)
            view.times = np.asarray(clip.times_s, dtype=np.float64).tobytes()
            view.numbers = np.asarray(clip.frame_numbers, dtype=np.int32).tobytes()
            view.section = [shown.left, shown.top, shown.width, shown.height]
            view.start = self.position
            view.epoch += 1
        view.put_up(view.epoch, self.position, self.frames.jpeg(self.position))
        self._signals.times = view.times
        self.frames.fill()
        if before is not None:
            before.close()

    def differs(self, clip: video.Clip) -> bool:
        """Whether another stretch is shown than that of `clip`."""
        if self.frames is None:
            return True
        shown = self.frames.clip
        return (shown.start_s, shown.stop_s, shown.every) != (clip.start_s, clip.stop_s, clip.every)

    def deliver(self, content: Any) -> None:
        """Send the pictures that the browser asks for."""
        if self.frames is None or content["epoch"] != self._view.epoch:
            return
        first, last = int(content["first"]), int(content["last"])
        self._view.deliver(content["epoch"], first, self.frames.chunk(first, last))

    def rest(self) -> None:
        """Let the background stand back for a moment."""
        if self.frames is not None:
            self.frames.rest()

    def close(self) -> None:
        """Free decoders and disk."""
        if self.frames is not None:
            self.frames.close()


def around_person(points: np.ndarray, width: int, height: int) -> Section | None:
    """The part of the picture that the person moves in; points: (n, 2) px, NaN where missing. None where nobody is."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        return None
    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    return around(low, high, width, height)


def around(low: np.ndarray, high: np.ndarray, width: int, height: int) -> Section:
    """The section around a box from `low` to `high` (x, y), with room, in the picture's own shape and within it."""
    centre, span = (low + high) / 2, (high - low) * (1 + 2 * PERSON_ROOM)
    scale = min(max(span[0] / width, span[1] / height, 0.1), 1.0)
    size = np.array([width, height]) * scale
    corner = np.clip(centre - size / 2, 0, np.array([width, height]) - size)
    return Section(float(corner[0]), float(corner[1]), float(size[0]), float(size[1]))
