"""One decoded picture: whole as RGB, or only a patch of it, cut straight from the planes that the codec left."""

import threading
from functools import lru_cache
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.video.orientation import Orientation

# Formats whose planes can be cut as they are: luma in full, both chroma planes at half the size.
_PLANAR = {"yuv420p", "yuvj420p"}
_PQ = 16  # SMPTE ST 2084 in ITU-T H.273, table 3
# Kr, Kb of ITU-T H.273, table 4: 1 BT.709; 5, 6 BT.601; 9, 10 BT.2020.
_LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}


_own = threading.local()


class Frame:
    """A picture of a clip: `index` in `clip.times_s`, `number` in the file, `time_s`, and `width`, `height` upright."""

    def __init__(self, picture: Any, orientation: Orientation, index: int, number: int, time_s: float) -> None:
        self._picture = picture
        self._orientation = orientation
        self.index = index
        self.number = number
        self.time_s = time_s
        self.width = orientation.width
        self.height = orientation.height

    @classmethod
    def of(cls, rgb: np.ndarray) -> "Frame":
        """A plain picture, uint8 RGB of shape (height, width, 3), as a frame at time 0."""
        if (
            not isinstance(rgb, np.ndarray)
            or rgb.dtype != np.uint8
            or rgb.ndim != 3
            or rgb.shape[2] != 3
            or not rgb.size
        ):
            found = f"{rgb.dtype} of shape {rgb.shape}" if isinstance(rgb, np.ndarray) else type(rgb).__name__
            raise KinebenchError(
                f"picture must be uint8 RGB of shape (height, width, 3), but is {found}. Convert it first."
            )
        return cls(rgb, Orientation(rgb.shape[1], rgb.shape[0]), 0, 0, 0.0)

    def rgb(self) -> np.ndarray:
        """The upright picture as 8-bit RGB, shape (height, width, 3); a copy of its own."""
        if isinstance(self._picture, np.ndarray):
            return self._picture.copy()
        return self._orientation.apply(_to_rgb(self._picture))

    def warp(self, matrix: np.ndarray, size: tuple[int, int], *, beyond: str = "black") -> np.ndarray:
        """A patch of `size` (width, height) as RGB: its pixel p shows the upright picture at `matrix @ [p, 1]`.

        `matrix`: (2, 3), patch to picture. Bilinear; `beyond` the picture's edge it is "black", or the "edge" goes on.
        """
        import cv2

        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        border = {"black": cv2.BORDER_CONSTANT, "edge": cv2.BORDER_REPLICATE}[beyond]
        whole = np.vstack([np.asarray(matrix, float), [0, 0, 1]])
        picture = self._picture
        if isinstance(picture, np.ndarray):
            return cv2.warpAffine(picture, whole[:2], size, flags=flags, borderMode=border)
        to_stored = self._orientation.to_stored() @ whole
        if picture.format.name not in _PLANAR or _transfer(picture) == _PQ:
            return cv2.warpAffine(_to_rgb(picture), to_stored, size, flags=flags, borderMode=border)
        full = _full_range(picture)
        luma, blue, red = planes(picture)
        black = 0 if full else 16
        chroma = _chroma_matrix(to_stored, centred=full)
        parts = (
            cv2.warpAffine(luma, to_stored, size, flags=flags, borderMode=border, borderValue=black),
            cv2.warpAffine(blue, chroma, size, flags=flags, borderMode=border, borderValue=128),
            cv2.warpAffine(red, chroma, size, flags=flags, borderMode=border, borderValue=128),
        )
        return cv2.transform(cv2.merge(parts), _to_rgb_matrix(_matrix_number(picture), full))

    @property
    def picture(self) -> Any:
        """The codec's own picture (or the RGB array), as stored: for the writer, which turns nothing."""
        return self._picture

    @property
    def orientation(self) -> Orientation:
        """How the stored picture stands."""
        return self._orientation


def planes(picture: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Views of the luma and the two chroma planes of a yuv420p picture, without the padding at the right."""
    width, height = picture.width, picture.height
    sizes = ((width, height), ((width + 1) // 2, (height + 1) // 2), ((width + 1) // 2, (height + 1) // 2))
    views = [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:down, :across]
        for plane, (across, down) in zip(picture.planes, sizes, strict=True)
    ]
    return views[0], views[1], views[2]


def _to_rgb(picture: Any) -> np.ndarray:
    colours = "ITU709" if _matrix_number(picture) == 1 else "ITU601"
    if _matrix_number(picture) in (9, 10):
        colours = "BT2020"
    rgb = _reformatted(picture, colours)
    return _shown(rgb, _transfer(picture))


def _reformatted(picture: Any, colours: str) -> np.ndarray:
    from av.video.reformatter import Colorspace, VideoReformatter

    # A picture's own `reformat` keeps a context in it: two threads that ask for one picture would wait for ever.
    if not hasattr(_own, "reformatter"):
        _own.reformatter = VideoReformatter()
    ranges: dict[str, Any] = {}
    if picture.format.name not in ("rgb24", "gray", "pal8", "rgba", "bgra", "bgr24", "gbrp"):
        source_range = "JPEG" if _full_range(picture) else "MPEG"
        ranges = {"src_color_range": source_range, "dst_color_range": "JPEG"}
        if hasattr(Colorspace, colours):  # older PyAVs have no name for BT.2020
            ranges["src_colorspace"] = colours
    return _own.reformatter.reformat(picture, format="rgb24", **ranges).to_ndarray()


def _shown(rgb: np.ndarray, transfer: int) -> np.ndarray:
    """HDR as an ordinary screen shows it. HLG is made to be shown as it is; PQ has to be brought down."""
    if transfer != _PQ:
        return rgb
    import cv2

    return cv2.LUT(rgb, _pq_to_sdr())


@lru_cache
def _pq_to_sdr() -> np.ndarray:
    """Lookup table from PQ code values to 8-bit sRGB-like ones: SMPTE ST 2084 to light, 203 cd/m2 (ITU-R BT.2408's

    diffuse white) to 0.8 of the range with a soft shoulder above, back with a gamma of 1/2.2.
    """
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    code = (np.arange(256) / 255) ** (1 / m2)
    light = 10000 * (np.maximum(code - c1, 0) / (c2 - c3 * code)) ** (1 / m1) / 203
    shown = light * (1 + light / 16) / (1 + light / 4)
    return np.clip(255 * np.minimum(shown, 1) ** (1 / 2.2), 0, 255).round().astype(np.uint8)


def _transfer(picture: Any) -> int:
    return int(getattr(picture, "color_trc", 2) or 2)


def _full_range(picture: Any) -> bool:
    return picture.format.name.startswith("yuvj") or int(picture.color_range) == 2


def _matrix_number(picture: Any) -> int:
    """ITU-T H.273's number; where the file says nothing BT.601, as FFmpeg, OpenCV and imageio take it.

    Players assume BT.709 from 720 lines on. But networks are published with results on pictures that OpenCV read, and
    their detectors move by pixels with a shade of colour.
    """
    number = int(picture.colorspace)
    return number if number in _LUMA else 6


@lru_cache
def _to_rgb_matrix(number: int, full: bool) -> np.ndarray:
    """Matrix (3, 4) from 8-bit Y, Cb, Cr to 8-bit RGB (ITU-T H.273, equations 38 to 43)."""
    kr, kb = _LUMA[number]
    luma, chroma, black = (1.0, 1.0, 0.0) if full else (255 / 219, 255 / 224, 16.0)
    kg = 1 - kr - kb
    red = 2 * (1 - kr) * chroma
    blue = 2 * (1 - kb) * chroma
    matrix = np.array(
        [[luma, 0, red], [luma, -blue * kb / kg, -red * kr / kg], [luma, blue, 0]],
    )
    return np.column_stack([matrix, -matrix @ [black, 128, 128]])


def _chroma_matrix(to_luma: np.ndarray, *, centred: bool) -> np.ndarray:
    """From patch pixels to chroma pixels: half the size; sited at the left luma column, or between (full range)."""
    matrix = to_luma / 2
    matrix[0, 2] -= 0.25 if centred else 0.0
    matrix[1, 2] -= 0.25
    return matrix
