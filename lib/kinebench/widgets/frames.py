"""Frames as JPEG for the browser: asked for one by one, and made in the background into a file that is thrown away.

In a long group of pictures a jump costs a tenth of a second. So a second decoder runs through the clip from where the
person looks, and what it has made is read back in no time. The file has no name: it is gone with the process.
"""

import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import numpy as np

from kinebench import places
from kinebench.errors import KinebenchError
from kinebench.video import Clip, Frame, Reader
from kinebench.video.ahead import stand_back

SHOWN = (960, 540)
"""The largest picture sent."""
QUALITY = 80
STRIDE = 150
"""Frames that the background makes before it looks again where the person looks."""
REST_S = 0.4
MOST_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Section:
    """The part of the upright picture that is shown: left, top, width, height in pixels."""

    left: float
    top: float
    width: float
    height: float

    def size(self, most: tuple[int, int] = SHOWN) -> tuple[int, int]:
        """Of the picture sent: as large as it is, or as fits."""
        scale = min(most[0] / self.width, most[1] / self.height, 1.0)
        return max(round(self.width * scale), 2), max(round(self.height * scale), 2)

    def matrix(self) -> np.ndarray:
        """(2, 3), from pixels of what is sent to pixels of the upright picture."""
        across, down = self.size()
        x, y = self.width / across, self.height / down
        return np.array([[x, 0, self.left + (x - 1) / 2], [0, y, self.top + (y - 1) / 2]])


class Frames:
    """JPEG pictures of a clip's frames by their index; any thread may ask."""

    def __init__(self, clip: Clip, section: Section | None = None) -> None:
        self.clip = clip
        self.section = section or Section(0, 0, clip.width, clip.height)
        self._reader = Reader(clip)
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._place: dict[int, tuple[int, int]] = {}
        self._end = 0
        self._towards = 0
        self._resting_until = 0.0
        self._closed = threading.Event()
        self._filler: threading.Thread | None = None

    def jpeg(self, i: int) -> bytes:
        """The picture of frame `i`; empty where it cannot be decoded."""
        kept = self._kept(i)
        if kept is not None:
            return kept
        return _shown(self._reader, self.section, i)

    def chunk(self, first: int, last: int) -> list[bytes]:
        """The pictures of the frames from `first` up to but without `last`."""
        self._towards = first
        self.rest()
        return [self.jpeg(i) for i in range(max(first, 0), min(last, len(self.clip)))]

    def rest(self) -> None:
        """Let the background stand back for a moment: somebody waits for something."""
        self._resting_until = time.monotonic() + REST_S

    def fill(self) -> None:
        """Start making all pictures in the background, from where they were last asked for."""
        if self._filler is None:
            self._filler = threading.Thread(target=self._fill, name="frames", daemon=True)
            self._filler.start()

    @property
    def made(self) -> int:
        """How many pictures the background has made."""
        return len(self._place)

    def close(self) -> None:
        """End the background, free decoders and disk; pictures can still be asked for one by one."""
        self._closed.set()
        if self._filler is not None and self._filler is not threading.current_thread():
            self._filler.join()
        with self._lock:
            self._place.clear()
            if self._file is not None:
                self._file.close()
                self._file = None
        self._reader.close()

    def _kept(self, i: int) -> bytes | None:
        with self._lock:
            place = self._place.get(i)
            if place is None or self._file is None:
                return None
            self._file.seek(place[0])
            return self._file.read(place[1])

    def _keep(self, i: int, picture: bytes) -> bool:
        with self._lock:
            if self._closed.is_set() or self._end + len(picture) > MOST_BYTES:
                return False
            try:
                if self._file is None:
                    self._file = _nameless()
                self._file.seek(self._end)
                self._file.write(picture)
            except OSError:  # a full disk is no fault of the pictures: they are made anew each time
                return False
            self._place[i] = (self._end, len(picture))
            self._end += len(picture)
            return True

    def _fill(self) -> None:
        stand_back()
        reader = Reader(self.clip)
        try:
            while not self._closed.is_set():
                due = self._due()
                if not due:
                    return
                for i in due:
                    while (left := self._resting_until - time.monotonic()) > 0 and not self._closed.wait(left):
                        pass
                    if self._closed.is_set() or not self._keep(i, _shown(reader, self.section, i)):
                        return
        finally:
            reader.close()

    def _due(self) -> Sequence[int]:
        """The next frames to be made: those that follow where the person looks, then what lies before."""
        lacking = np.ones(len(self.clip), dtype=bool)
        with self._lock:
            lacking[list(self._place)] = False
        frames = np.flatnonzero(lacking)
        if len(frames) == 0:
            return ()
        start = int(np.searchsorted(frames, self._towards)) % len(frames)
        run = frames[start : start + STRIDE]
        return [int(i) for i in run]


def _nameless() -> Any:
    folder = places.cache() / "frames"
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


def _shown(reader: Reader, section: Section, i: int) -> bytes:
    try:
        return encoded(reader.at(i), section)
    except (KinebenchError, OSError, av.error.FFmpegError):
        # Damaged there, or the file is gone: the view says so, and asks again when it is looked at again.
        return b""


def encoded(frame: Frame, section: Section) -> bytes:
    """A section of a frame as JPEG, as large as it is sent."""
    import cv2

    picture = cv2.cvtColor(frame.warp(section.matrix(), section.size()), cv2.COLOR_RGB2BGR)
    done, buffer = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return buffer.tobytes() if done else b""
