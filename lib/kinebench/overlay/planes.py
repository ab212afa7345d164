"""An upright picture as the planes that an encoder takes, ready to be drawn on: NV12, limited range, even size."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import av
import cv2
import numpy as np

from kinebench.video import Frame
from kinebench.video.frame import planes
from kinebench.video.orientation import Orientation

_PLANAR = ("yuv420p", "yuvj420p")
_BT709, _BT601 = (1,), (5, 6)  # numbers of ITU-T H.273, table 4
_UNSAID, _FULL = 2, 2
_HDR = (16, 18)  # PQ and HLG in ITU-T H.273, table 3


@dataclass(frozen=True)
class Planes:
    """`luma` (h, w) and `chroma` (h / 2, w / 2, 2: blue, red), uint8, views of one `buffer`; in BT.709 or BT.601.

    An odd width or height has gained a column or row that repeats the last one.
    """

    buffer: np.ndarray
    bt709: bool

    @property
    def luma(self) -> np.ndarray:
        """The upper two thirds of the buffer."""
        return self.buffer[: 2 * len(self.buffer) // 3]

    @property
    def chroma(self) -> np.ndarray:
        """The lower third of the buffer, both differences side by side."""
        rows = self.buffer[2 * len(self.buffer) // 3 :]
        return rows.reshape(len(rows), -1, 2)

    def picture(self) -> av.VideoFrame:
        """The planes as a picture for an encoder; nothing is copied."""
        picture = av.VideoFrame.from_numpy_buffer(self.buffer, format="nv12")
        picture.colorspace = _BT709[0] if self.bt709 else _BT601[-1]
        return picture

    @classmethod
    def empty(cls, width: int, height: int, *, bt709: bool) -> "Planes":
        """Room for a picture of this size."""
        even_width, even_height = width + width % 2, height + height % 2
        return cls(np.empty((even_height * 3 // 2, even_width), np.uint8), bt709)

    @classmethod
    def of(cls, frame: Frame) -> "Planes":
        """A copy of a frame's picture, upright; 8-bit 4:2:0 sources pass without a detour through RGB."""
        picture = frame.picture
        if isinstance(picture, np.ndarray) or not _passes(picture):
            return cls.of_rgb(frame.rgb())
        luma, blue, red = planes(picture)
        made = cls.empty(frame.width, frame.height, bt709=_is_bt709(picture))
        chroma = np.empty((*blue.shape, 2), np.uint8) if not frame.orientation.plain else made.chroma
        if chroma.shape[:2] != blue.shape:
            chroma = np.empty((*blue.shape, 2), np.uint8)
        cv2.merge((blue, red), dst=chroma)
        _place(_upright(luma, frame.orientation, 1), made.luma)
        if not np.shares_memory(chroma, made.buffer):
            _place(_upright(chroma, frame.orientation, 2), made.chroma)
        if _is_full_range(picture):
            cv2.LUT(made.luma, _limited(219, 16, 0), dst=made.luma)
            cv2.LUT(made.chroma, _limited(224, 128, 128), dst=made.chroma)
        return made

    @classmethod
    def of_rgb(cls, rgb: np.ndarray) -> "Planes":
        """The planes of an upright uint8 RGB picture, in BT.709."""
        height, width = rgb.shape[:2]
        made = cls.empty(width, height, bt709=True)
        if (width % 2, height % 2) != (0, 0):
            rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        source = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        planar = source.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        luma, blue, red = planes(planar)
        np.copyto(made.luma, luma)
        cv2.merge((blue, red), dst=made.chroma)
        return made


def _passes(picture: Any) -> bool:
    """Whether a picture's planes are what an ordinary encoder takes; any other goes through RGB."""
    known = int(picture.colorspace) in (*_BT709, *_BT601, _UNSAID)
    return picture.format.name in _PLANAR and known and int(picture.color_trc) not in _HDR


def _is_bt709(picture: Any) -> bool:
    number = int(picture.colorspace)
    return number in _BT709 or (number == _UNSAID and picture.height >= 720)


def _is_full_range(picture: Any) -> bool:
    return picture.format.name == "yuvj420p" or int(picture.color_range) == _FULL


def _upright(plane: np.ndarray, orientation: Orientation, smaller: int) -> np.ndarray:
    """A plane turned, mirrored and stretched as its picture has to be; `smaller`: 2 for chroma."""
    if orientation.plain:
        return plane
    turn = np.array(orientation.turn)
    width = orientation.width if turn[0][0] else orientation.height
    if width != orientation.stored_width:
        size = (-(-width // smaller), len(plane))
        plane = cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
    if not turn[0][0]:
        plane = cv2.transpose(plane)
    across, down = (turn[0][0], turn[1][1]) if turn[0][0] else (turn[0][1], turn[1][0])
    mirrored = {(1, 1): None, (-1, 1): 1, (1, -1): 0, (-1, -1): -1}[across, down]
    return plane if mirrored is None else cv2.flip(plane, mirrored)


def _place(plane: np.ndarray, room: np.ndarray) -> None:
    """Copy a plane into its room, repeating the last row and column where the room is larger."""
    height, width = min(plane.shape[0], room.shape[0]), min(plane.shape[1], room.shape[1])
    room[:height, :width] = plane[:height, :width]
    room[height:] = room[height - 1 : height]
    room[:, width:] = room[:, width - 1 : width]


@lru_cache
def _limited(steps: int, middle: int, zero: int) -> np.ndarray:
    """Lookup table from full to limited range."""
    values: Any = middle + (np.arange(256) - zero) * steps / 255
    return np.rint(values).astype(np.uint8)
