"""Small videos that tests make themselves: each frame carries its number in its pixels, to be known again by it."""

import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from kinebench import video

BITS = 10
BLOCK = 16


def numbered(number: int, width: int = BITS * BLOCK, height: int = 96) -> np.ndarray:
    """A picture that carries `number` as bright and dark blocks in its first rows, and a gradient below."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(40, 200, width)[None]
    picture[..., 1] = np.linspace(40, 200, height)[:, None]
    picture[..., 2] = 120
    for bit in range(BITS):
        picture[: 2 * BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 230 if number >> bit & 1 else 20
    return picture


def number_of(rgb: np.ndarray) -> int:
    """The number that a picture carries."""
    row = rgb[BLOCK // 2 : BLOCK + BLOCK // 2].mean(axis=(0, 2))
    return sum(1 << bit for bit in range(BITS) if row[bit * BLOCK + 4 : (bit + 1) * BLOCK - 4].mean() > 128)


def write(
    path: Path,
    count: int = 30,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    stamps_ms: list[int] | None = None,
    options: dict[str, str] | None = None,
    size: tuple[int, int] = (BITS * BLOCK, 96),
    ratio: Fraction | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """A video of `count` numbered frames, 25 a second or shown at `stamps_ms`."""
    stamps = stamps_ms or [40 * i for i in range(count)]
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = Fraction(1, 1000) if codec != "gif" else Fraction(1, 100)
        if ratio is not None:
            stream.codec_context.sample_aspect_ratio = ratio
        for number, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size), format="rgb24").reformat(format=pixel_format)
            frame.pts = stamp if codec != "gif" else stamp // 10
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turned(path: Path, matrix: tuple[int, ...]) -> Path:
    """Write a display matrix (nine 16.16 and 2.30 numbers) into the track header of an mp4 file, as phones do."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4
    version = content[at]
    start = at + (4 + 32 if version else 4 + 20) + 16
    for place, number in enumerate(matrix):
        content[start + 4 * place : start + 4 * place + 4] = number.to_bytes(4, "big", signed=True)
    path.write_bytes(content)
    return path


def back_and_forth(source: Path, path: Path, *, size: tuple[int, int], rate: int, frames: int, preset: str) -> Path:
    """The first two seconds of `source` forwards and backwards at `size` (width, height), as H.264 of `frames`."""
    import cv2

    pictures = []
    for frame in itertools.islice(video.frames(video.open_clip(source)), 2 * rate):
        rgb = cv2.resize(frame.rgb(), size, interpolation=cv2.INTER_LINEAR)
        pictures.append(av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p"))
    course = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": preset, "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            picture = pictures[course[number % len(course)]]
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


CELLS = 18
"""Of a bar code over the top of a picture: a white one, a black one, then sixteen for the number."""


def bar_coded(
    path: Path,
    *,
    frames: int,
    size: tuple[int, int] = (1920, 1080),
    gop: int = 250,
    rate: int = 30,
    uneven: bool = False,
) -> Path:
    """An H.264 video whose every frame carries its number so large that it can be read from a picture of it.

    uneven: each frame is shown for up to 40 % longer or shorter than usual, at random.
    """
    width, height = size
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    steps = 1000 + (random.integers(-400, 401, frames) if uneven else np.zeros(frames, int))
    stamps = np.concatenate([[0], np.cumsum(steps)[:-1]])
    edges, band = np.linspace(0, width, CELLS + 1).round().astype(int), height // 6
    gradient = np.linspace(40, 200, width, dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "g": str(gop), "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000 * rate)
        stream.codec_context.gop_size = gop
        luma = np.empty((height * 3 // 2, width), np.uint8)
        luma[height:] = 128
        for number in range(frames):
            luma[:height] = np.roll(gradient, 3 * number)
            bits = [1, 0, *(number >> place & 1 for place in range(CELLS - 2))]
            for place, bit in enumerate(bits):
                luma[:band, edges[place] : edges[place + 1]] = 235 if bit else 16
            picture = av.VideoFrame.from_ndarray(luma, format="yuv420p")
            picture.pts, picture.time_base = int(stamps[number]), Fraction(1, 1000 * rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def bar_code(rgb: np.ndarray) -> int:
    """The number that a picture of `bar_coded`, of whatever size, carries; ValueError where it has no bar code."""
    height, width = rgb.shape[:2]
    row = rgb[height // 24 : height // 8].astype(float).mean(axis=(0, 2))
    centres = ((np.arange(CELLS) + 0.5) * width / CELLS).astype(int)
    levels = np.array([row[centre - 2 : centre + 3].mean() for centre in centres])
    if not levels[0] > 170 > 80 > levels[1]:
        raise ValueError(f"no bar code: its first cells are {levels[0]:.0f} and {levels[1]:.0f}")
    return int(sum(1 << place for place, level in enumerate(levels[2:]) if level > 125))
