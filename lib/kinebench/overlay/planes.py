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
_BT709, _UNSAID, _BT601 = 1, 2, (5, 6)  # ITU-T H.273, table 4
_FULL = 2
_HDR = (16, 18)  # PQ and HLG in ITU-T H.273, table 3


@dataclass(frozen=True)
class Planes:
    """`luma` (h, w) and `chroma` (h / 2, w / 2, 2: blue, red), uint8: views of the planes of `picture`.

    `space`: the colour space's number in ITU-T H.273, table 4: BT.709, BT.601, or 2 where the source does not say.
    An odd width or height has gained a column or row that repeats the last one.
    """

    picture: av.VideoFrame
    luma: np.ndarray
    chroma: np.ndarray
    space: int

    @property
    def bt709(self) -> bool:
        """Whether colours mean BT.709; where nothing is said players take it from 720 lines on."""
        return self.space == _BT709 or (self.space == _UNSAID and len(self.luma) >= 720)

    @property
    def size(self) -> tuple[int, int]:
        """Even width and height."""
        return self.picture.width, self.picture.height

    @classmethod
    def empty(cls, width: int, height: int, *, space: int, used: "Planes | None" = None) -> "Planes":
        """Room for a picture of this size: that of `used` where it fits, because fresh memory costs time."""
        if used is not None and used.size == (width + width % 2, height + height % 2) and used.space == space:
            return used
        picture = av.VideoFrame(width + width % 2, height + height % 2, "nv12")
        picture.colorspace = space
        luma, chroma = (
            np.asarray(memoryview(plane)).view(np.uint8).reshape(-1, plane.line_size) for plane in picture.planes
        )
        luma, chroma = luma[: picture.height, : picture.width], chroma[: picture.height // 2, : picture.width]
        return cls(picture, luma, chroma.reshape(picture.height // 2, -1, 2), space)

    @classmethod
    def of(cls, frame: Frame, used: "Planes | None" = None, *, panes: int = 1) -> "Planes":
        """A copy of a frame's picture, upright; 8-bit 4:2:0 sources pass without a detour through RGB.

        `used`: planes that nobody needs any more; `panes`: so many times the width, the picture at the left, the rest
        as it comes.
        """
        picture = frame.picture
        if isinstance(picture, np.ndarray) or not _passes(picture):
            return cls.of_rgb(frame.rgb(), used, panes=panes)
        luma, blue, red = planes(picture)
        width = frame.width + frame.width % 2
        whole = cls.empty(panes * width, frame.height, space=_space(picture), used=used)
        made = whole.left(width)
        _place(_upright(luma, frame.orientation, 1), made.luma)
        if frame.orientation.plain:
            cv2.merge((blue, red), dst=made.chroma)
        else:
            _place(_upright(cv2.merge((blue, red)), frame.orientation, 2), made.chroma)
        if _is_full_range(picture):
            cv2.LUT(made.luma, _limited(219, 16, 0), dst=made.luma)
            cv2.LUT(made.chroma, _limited(224, 128, 128), dst=made.chroma)
        return whole

    @classmethod
    def of_rgb(cls, rgb: np.ndarray, used: "Planes | None" = None, *, panes: int = 1) -> "Planes":
        """The planes of an upright uint8 RGB picture, in BT.709; `used`, `panes` as in `of`."""
        height, width = rgb.shape[:2]
        whole = cls.empty(panes * (width + width % 2), height, space=_BT709, used=used)
        made = whole.left(width + width % 2)
        if (width % 2, height % 2) != (0, 0):
            rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        source = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        planar = source.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        luma, blue, red = planes(planar)
        np.copyto(made.luma, luma)
        cv2.merge((blue, red), dst=made.chroma)
        return whole

    def left(self, width: int) -> "Planes":
        """The same memory, seen up to an even width."""
        return Planes(self.picture, self.luma[:, :width], self.chroma[:, : width // 2], self.space)


def _passes(picture: Any) -> bool:
    """Whether a picture's planes are what an ordinary encoder takes; any other goes through RGB."""
    known = int(picture.colorspace) in (_BT709, _UNSAID, *_BT601)
    return picture.format.name in _PLANAR and known and int(picture.color_trc) not in _HDR


def _space(picture: Any) -> int:
    number = int(picture.colorspace)
    return _BT601[-1] if number in _BT601 else number


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
