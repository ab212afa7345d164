"""Frames of a clip: streamed from first to last, or any one of them, always the same picture for the same index."""

import threading
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from kinebench.errors import KinebenchError
from kinebench.video.clip import Clip, decoded
from kinebench.video.frame import Frame

_KEPT_READERS = 3


def frames(clip: Clip) -> Iterator[Frame]:
    """Every analysed frame of `clip` in order, in constant memory. A frame that cannot be decoded is left out, its

    index with it.
    """
    wanted = {int(stamp): index for index, stamp in enumerate(clip.timestamps)}
    with av.open(str(clip.path), metadata_errors="replace") as container:
        stream = _stream(container)
        stream.thread_type = "AUTO"
        _seek_near(container, stream, clip, int(clip.timestamps[0]))
        for count, picture in enumerate(decoded(container, stream)):
            stamp = picture.pts if picture.pts is not None else _counted(clip, stream, count)
            index = wanted.get(stamp)
            if index is not None:
                yield _frame(clip, picture, index)
                if index == len(clip) - 1:
                    return


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
        self._pictures: Iterator[Any] = iter(())
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
            self._container = av.open(str(self.clip.path), metadata_errors="replace")
            self._stream = _stream(self._container)
            self._stream.thread_type = "SLICE"  # several times faster than AUTO to start again after a jump
            self._at = None

    def _find(self, i: int) -> Frame:
        target = int(self.clip.timestamps[i])
        near = self._at is not None and self._at < target and self._ahead(target)
        for attempt in ("forward",) if near else ("seek", "start"):
            if attempt != "forward":
                self._jump(target if attempt == "seek" else None)
            picture = self._forward(target)
            if picture is not None:
                return _frame(self.clip, picture, i)
        raise KinebenchError(f"frame {i} of {self.clip.path.name} cannot be decoded: the file is damaged there.")

    def _ahead(self, target: int) -> bool:
        """Whether decoding on is likely cheaper than a jump: up to about a second ahead."""
        return self._at is not None and (target - self._at) * float(self.clip.time_base) < 1.0

    def _jump(self, target: int | None) -> None:
        first = int(self.clip.timestamps[0])
        self._container.seek(first if target is None else target, stream=self._stream, backward=True)
        if target is None:
            self._container.seek(0)
        self._pictures = decoded(self._container, self._stream)
        self._at = None

    def _forward(self, target: int) -> Any:
        for picture in self._pictures:
            self._at = picture.pts
            if picture.pts == target:
                return picture
            if picture.pts is not None and picture.pts > target:
                return None
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


def _stream(container: Any) -> Any:
    return next(s for s in container.streams.video if "attached_pic" not in str(getattr(s, "disposition", "")).lower())


def _seek_near(container: Any, stream: Any, clip: Clip, first: int) -> None:
    """Start at the key frame before a stretch, so that what lies before it is not decoded."""
    if clip.frame_numbers[0] > 0:
        container.seek(first, stream=stream, backward=True)


def _counted(clip: Clip, stream: Any, count: int) -> int:
    rate = stream.average_rate or stream.base_rate or 25
    return round(count * float(1 / rate / stream.time_base))


def _frame(clip: Clip, picture: Any, index: int) -> Frame:
    return Frame(picture, clip.orientation, index, int(clip.frame_numbers[index]), float(clip.times_s[index]))
