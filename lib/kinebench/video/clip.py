"""Open a video: what it holds, when each frame is shown, how it has to be turned to stand upright."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from kinebench import provenance, storage
from kinebench.errors import KinebenchError
from kinebench.video import scanning
from kinebench.video.orientation import Orientation


@dataclass(frozen=True)
class Clip:
    """A readable video and the stretch of it that is analysed. Sizes are of the upright picture, in pixels.

    `times_s`, `frame_numbers`, shape (frames,): presentation time from the file's first frame, and place in the
    file, of every analysed frame. `timestamps`: the same times in `time_base`, as the file holds them. `lost_s`,
    `damage`: how much could not be read and why; 0 and "" for a whole file. `counted`: frames are known by counting
    from the file's first, because it does not say when each is shown. `stamp`: the file's before any of it was read.
    """

    path: Path
    width: int
    height: int
    orientation: Orientation
    times_s: np.ndarray = field(repr=False, compare=False)
    frame_numbers: np.ndarray = field(repr=False, compare=False)
    timestamps: np.ndarray = field(repr=False, compare=False)
    time_base: Fraction
    duration_s: float
    start_s: float
    stop_s: float | None
    every: int
    codec: str
    pixel_format: str
    sha256: str
    lost_s: float = 0.0
    damage: str = ""
    counted: bool = False
    stamp: tuple[int, ...] = field(default=(), repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def rotation_deg(self) -> int:
        """By how much the stored picture is turned clockwise to stand upright: 0, 90, 180 or 270."""
        return self.orientation.rotation_deg

    @property
    def frame_rate_hz(self) -> float:
        """Analysed frames a second: one over the median time between frames."""
        return float(1 / np.median(np.diff(self.times_s)))

    @property
    def jitter(self) -> float:
        """How uneven the frames come: the standard deviation of the time between them over its median."""
        steps = np.diff(self.times_s)
        return float(np.std(steps) / np.median(steps))


def open_clip(path: str | Path, *, start_s: float = 0.0, stop_s: float | None = None, every: int = 1) -> Clip:
    """The video at `path`, or of it the frames shown from `start_s` to `stop_s` (seconds from the file's first frame),

    and of those every `every`-th. Times stay those of the file. `KinebenchError` where there is no video to be read.
    """
    path = Path(path)
    _check_file(path)
    _check_stretch(start_s, stop_s, every)
    try:
        stamp = tuple(storage.stamp(path))
        found = scanning.scan(path)
    except (av.error.FFmpegError, OSError) as error:
        raise KinebenchError(_unreadable(path, error)) from None
    return replace(_clip(path, found, start_s, stop_s, every), stamp=stamp)


def is_unchanged(clip: Clip) -> bool:
    """Whether the file is still the one that was opened; where that was never known, it is taken to be."""
    if not clip.stamp:
        return True
    try:
        return tuple(storage.stamp(clip.path)) == clip.stamp
    except OSError:
        return False


def _unreadable(path: Path, error: Exception) -> str:
    if path.is_file() and scanning.index_is_missing(path):
        return (
            f"video must be a finished recording, but {path.name} breaks off before its index (moov). Copy it again "
            "from the camera; if it is no longer there, a repair tool such as untrunc may help."
        )
    reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
    return (
        f"video must be a file that FFmpeg's libraries can read, but {path.name} cannot be read ({reason}). "
        "If it was copied from a phone or a card, copy it again; otherwise convert it to mp4."
    )


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise KinebenchError(f"video must be a file, but {path} is a folder. Name the file in it.")
    if not path.exists():
        raise KinebenchError(f"video must be a file that exists, but there is no such file: {path}. Check the path.")
    if path.stat().st_size == 0:
        raise KinebenchError(f"video must hold something, but {path.name} is empty (0 bytes). Copy or record it again.")


def _check_stretch(start_s: float, stop_s: float | None, every: int) -> None:
    if start_s < 0:
        raise KinebenchError(f"start_s must be at least 0, but got {start_s}.")
    if stop_s is not None and stop_s <= start_s:
        raise KinebenchError(f"stop_s must be later than start_s ({start_s} s), but got {stop_s}.")
    if every < 1:
        raise KinebenchError(f"every must be at least 1, but got {every}.")


def _clip(path: Path, found: scanning.Found, start_s: float, stop_s: float | None, every: int) -> Clip:
    times = (found.timestamps - found.timestamps[0]) * float(found.time_base)
    if len(times) < 2:
        raise KinebenchError(f"video must hold at least two frames, but {path.name} holds one frame. Is it a photo?")
    step = float(np.median(np.diff(times)))
    end = float(times[-1]) + (found.last_duration * float(found.time_base) or step)
    lost = found.lost * float(found.time_base)
    lost = lost if lost > max(3 * step, 0.15) else 0.0
    shown = (times >= start_s - 1e-9) & (times <= (np.inf if stop_s is None else stop_s) + 1e-9)
    numbers = np.flatnonzero(shown)[::every]
    if len(numbers) < 2:
        stop = "its end" if stop_s is None else f"{stop_s} s"
        raise KinebenchError(
            f"start_s, stop_s and every must leave at least two frames, but from {start_s} s to {stop} "
            f"with every={every} there are {len(numbers)} in {path.name}, which lasts {end:.2f} s. "
            "Choose a longer stretch."
        )
    return Clip(
        path=path,
        width=found.orientation.width,
        height=found.orientation.height,
        orientation=found.orientation,
        times_s=times[numbers],
        frame_numbers=numbers,
        timestamps=found.timestamps[numbers],
        time_base=found.time_base,
        duration_s=end,
        start_s=start_s,
        stop_s=stop_s,
        every=every,
        codec=found.codec,
        pixel_format=found.pixel_format,
        sha256=provenance.sha256_file(path),
        lost_s=lost,
        damage=f"the file breaks off: the last {lost:.1f} s of {end + lost:.1f} s could not be read" if lost else "",
        counted=found.counted,
    )
