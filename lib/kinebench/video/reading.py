"""Frames of a clip: streamed from first to last, or any one of them, always the same picture for the same index."""

import threading
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from kinebench.errors import KinebenchError
from kinebench.video.clip import Clip
from kinebench.video.frame import Frame
from kinebench.video.scanning import address, judged, opened, presented, video_stream

_KEPT_READERS = 3
# Where a jump to the nearest key frame fails: a picture shown before its key frame leans on the group before, and some
# files' indices lead astray.
SEEK_BACK_S = (0.0, 1.0, 6.0)


def frames(clip: Clip) -> Iterator[Frame]:
    """Every analysed frame of `clip` in order, in constant memory. A frame that cannot be decoded, or not without

    damage, is left out, its index with it.
    """
    wanted = _keys(clip)
    with opened(clip.path) as (container, stream):
        if clip.frame_numbers[0] > 0 and not clip.counted:
            # Start at the key frame before a stretch, so that what lies before it is not decoded.
            container.seek(int(clip.timestamps[0]), stream=stream, backward=True)
        pictures = judged(container, stream) if clip.counted else presented(container, stream)
        for count, (picture, sound) in enumerate(pictures):
            index = wanted.pop(count if clip.counted else picture.pts, None)
            if index is not None and sound:
                yield _frame(clip, picture, index)
            if index == len(clip) - 1:
                return


def _keys(clip: Clip) -> dict[int, int]:
    """By what a decoded picture is known (timestamp, or count from the file's first) -> its index in the clip."""
    known = clip.frame_numbers if clip.counted else clip.timestamps
    return {int(key): index for index, key in enumerate(known)}


def frame_at(clip: Clip, i: int) -> Frame:
    """The frame that `frames(clip)` has at index `i`; negative `i` counts from the end. Any thread may call it."""
    if not -len(clip) <= i < len(clip):
        raise KinebenchError(f"i must be between {-len(clip)} and {len(clip) - 1} for this clip, but got {i}.")
    return _reader(clip).at(i % len(clip))


class Reader:
    """A decoder that jumps; `at` may be called from several threads, `close` frees file and memory."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self._lock = threading.Lock()
        self._container: Any = None
        self._stream: Any = None
        self._pictures: Iterator[tuple[int | None, Any, bool]] = iter(())
        self._at: int | None = None
        self._last: Frame | None = None

    def at(self, i: int) -> Frame:
        """The clip's frame `i` (0 <= i < len)."""
        with self._lock:
            if self._last is not None and self._last.index == i:
                return self._last
            self._open()
            self._last = self._find(i)
            return self._last

    def close(self) -> None:
        """Free the file and the decoder; the next `at` opens them again."""
        with self._lock:
            if self._container is not None:
                self._container.close()
            self._container, self._at, self._last = None, None, None

    def _open(self) -> None:
        if self._container is None:
            self._container = av.open(address(self.clip.path), metadata_errors="replace")
            self._stream = video_stream(self._container)
            self._stream.thread_type = "SLICE"  # several times faster than AUTO to start again after a jump
            self._at = None

    def _find(self, i: int) -> Frame:
        target = int((self.clip.frame_numbers if self.clip.counted else self.clip.timestamps)[i])
        picture = None
        if self._at is not None and 0 < target - self._at <= self._worth_decoding():
            picture = self._forward(target)
        for back_s in () if self.clip.counted else SEEK_BACK_S:
            picture = picture or self._from_key_frame(target, back_s)
        picture = picture or self._from_start(target)
        if picture is None:
            raise KinebenchError(f"frame {i} of {self.clip.path.name} cannot be decoded: the file is damaged there.")
        return _frame(self.clip, picture, i)

    def _worth_decoding(self) -> float:
        """How far ahead decoding on is cheaper than a jump: about a second; any way where frames are counted."""
        return float("inf") if self.clip.counted else 1.0 / float(self.clip.time_base)

    def _from_key_frame(self, target: int, back_s: float) -> Any:
        goal = target - round(back_s / float(self.clip.time_base))
        try:
            self._container.seek(goal, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            return None
        return self._restarted(target)

    def _from_start(self, target: int) -> Any:
        """For files that cannot be jumped in, and those whose frames must be counted."""
        self._container.close()
        self._container = None
        self._open()
        return self._restarted(target)

    def _restarted(self, target: int) -> Any:
        counted = self.clip.counted
        pictures = judged(self._container, self._stream) if counted else presented(self._container, self._stream)
        self._pictures = (
            (count if counted else picture.pts, picture, sound) for count, (picture, sound) in enumerate(pictures)
        )
        return self._forward(target)

    def _forward(self, target: int) -> Any:
        for key, picture, sound in self._pictures:
            self._at = key
            if key == target:
                return picture if sound else None
            if key is not None and key > target:
                break
        self._at = None
        return None


_readers: dict[tuple[str, str], Reader] = {}
_readers_lock = threading.Lock()


def _reader(clip: Clip) -> Reader:
    key = (str(clip.path), clip.sha256)
    with _readers_lock:
        reader = _readers.pop(key, None)
        if reader is None or not np.array_equal(reader.clip.timestamps, clip.timestamps):
            if reader is not None:
                reader.close()
            reader = Reader(clip)
        _readers[key] = reader
        while len(_readers) > _KEPT_READERS:
            _readers.pop(next(iter(_readers))).close()
        return reader


def _frame(clip: Clip, picture: Any, index: int) -> Frame:
    return Frame(picture, clip.orientation, index, int(clip.frame_numbers[index]), float(clip.times_s[index]))
