"""Write H.264 in mp4 that browsers and PowerPoint play, with the timing of the clip it was made from."""

import contextlib
import os
import tempfile
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.codec.context import Flags

from kinebench import places
from kinebench.errors import KinebenchError
from kinebench.video.clip import Clip

ENCODER = "libx264"
THREADS = 4
# Without B-frames: mp4 keeps the duration of what is decoded last, which must then be what is shown last.
OPTIONS = {"preset": "veryfast", "crf": "23", "profile": "high", "bf": "0"}
_SPACES = (1, 6)  # BT.709 and BT.601 in ITU-T H.273; primaries and transfer have the same numbers


class Writer:
    """Writes pictures one by one; the file appears under its name only when all went well.

    `size`: (width, height) of the pictures; an odd size gains a black column or row, because H.264 needs even ones.
    Neither sound nor metadata (place, device, date) is written.
    """

    def __init__(self, path: str | Path, *, like: Clip, size: tuple[int, int] | None = None) -> None:
        self.path = Path(path)
        self._clip = like
        self._size = size or (like.width, like.height)
        self._even = tuple(length + length % 2 for length in self._size)
        self._container: Any = None
        self._written = 0

    def __enter__(self) -> "Writer":
        handle, name = tempfile.mkstemp(prefix=".kinebench-", suffix=".mp4", dir=self.path.parent)
        os.close(handle)
        self._temporary = Path(name)
        self._container = av.open(name, "w", format="mp4", options={"movflags": "+faststart"})
        clip = self._clip
        rate = Fraction(clip.frame_rate_hz).limit_denominator(1001)
        self._stream = self._container.add_stream(ENCODER, rate=rate, options=dict(OPTIONS))
        self._stream.width, self._stream.height = self._even
        self._stream.time_base = clip.time_base
        self._stream.codec_context.time_base = clip.time_base
        # However many processors there are: x264 writes another file for each number of threads.
        self._stream.codec_context.thread_count = THREADS
        return self

    def write(self, picture: Any, index: int) -> None:
        """Add a picture, shown at the time of the clip's frame `index`: a uint8 RGB array, or an `av.VideoFrame` in

        yuv420p or nv12 and limited range that says its colour space.
        """
        frame = self._as_frame(picture)
        clip = self._clip
        if not self._written:
            self._describe(frame)
        frame.pts = int(clip.timestamps[index] - clip.timestamps[0])
        frame.time_base = clip.time_base
        frame.duration = self._duration(index)
        self._mux(self._stream.encode(frame))
        self._written += 1

    def _describe(self, frame: Any) -> None:
        """Tell the encoder, before it starts, how the first picture's planes lie and which colours they mean."""
        context = self._stream.codec_context
        context.pix_fmt = frame.format.name
        number = int(frame.colorspace)
        context.colorspace = context.color_primaries = context.color_trc = number if number in _SPACES else 2
        context.color_range = 1
        context.flags |= Flags.frame_duration  # otherwise the last frame is shown as long as the one before it

    def _duration(self, index: int) -> int:
        clip = self._clip
        if index + 1 < len(clip):
            return int(clip.timestamps[index + 1] - clip.timestamps[index])
        last = clip.duration_s - clip.times_s[-1] if clip.stop_s is None and clip.every == 1 else 1 / clip.frame_rate_hz
        return max(round(last / float(clip.time_base)), 1)

    def _as_frame(self, picture: Any) -> Any:
        if isinstance(picture, np.ndarray):
            height, width = picture.shape[:2]
            if (width, height) != self._size:
                raise KinebenchError(f"picture must be {self._size[0]}x{self._size[1]}, but is {width}x{height}.")
            if self._even != self._size:
                more = ((0, self._even[1] - height), (0, self._even[0] - width), (0, 0))
                picture = np.pad(picture, more, mode="edge")
            source = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = source.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            frame.colorspace = 1
            return frame
        return picture

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            self._container.mux(packet)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and self._written:
                self._mux(self._stream.encode())
            self._container.close()
            if kind is None and self._written:
                places.open_to_others(self._temporary)
                os.replace(self._temporary, self.path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                self._temporary.unlink()
