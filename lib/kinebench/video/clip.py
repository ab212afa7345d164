"""Open a video: what it holds, when each frame is shown, how it has to be turned to stand upright."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from kinebench import provenance
from kinebench.errors import KinebenchError
from kinebench.video.orientation import Orientation


@dataclass(frozen=True)
class Clip:
    """A readable video and the stretch of it that is analysed. Sizes are of the upright picture, in pixels.

    `times_s`, `frame_numbers`, shape (frames,): presentation time from the file's first frame, and place in the
    file, of every analysed frame. `timestamps`: the same times in `time_base`, as the file holds them. `lost_s`,
    `damage`: how much could not be read and why; 0 and "" for a whole file. `counted`: frames are known by counting
    from the file's first, because it does not say when each is shown.
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
        with av.open(str(path), metadata_errors="replace") as container:
            stream = _video_stream(container, path)
            found = _Found.read(container, stream, path)
    except (av.error.FFmpegError, OSError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        raise KinebenchError(
            f"video must be a file that FFmpeg's libraries can read, but {path.name} cannot be read ({reason}). "
            "If it was copied from a phone or a card, copy it again; otherwise convert it to mp4."
        ) from None
    return _clip(path, found, start_s, stop_s, every)


@dataclass
class _Found:
    """What one pass over the packets and the first picture tell."""

    timestamps: np.ndarray
    time_base: Fraction
    last_duration: int
    orientation: Orientation
    codec: str
    pixel_format: str
    said_s: float | None
    counted: bool

    @classmethod
    def read(cls, container: av.container.InputContainer, stream, path: Path) -> "_Found":
        stamps, last_duration, counted = _packet_timestamps(container, stream)
        first = _first_frame(container, stream)
        if counted and len(stamps) == 0:
            stamps = _counted_timestamps(path, stream)
        if first is None or len(stamps) == 0:
            raise KinebenchError(
                f"video must hold pictures that can be decoded, but none of {path.name} can. Copy the file again."
            )
        stamps = np.unique(stamps)
        if first.pts is not None and not counted:
            # A frame before the first that decodes (an open group of pictures) is never shown.
            stamps = stamps[stamps >= first.pts]
        ratio = stream.sample_aspect_ratio
        return cls(
            timestamps=stamps,
            time_base=Fraction(stream.time_base),
            last_duration=last_duration or (int(np.median(np.diff(stamps))) if len(stamps) > 1 else 0),
            orientation=Orientation.of(first, float(ratio or 1) or 1.0),
            codec=stream.codec_context.name,
            pixel_format=first.format.name,
            said_s=_said_duration(container, stream),
            counted=counted,
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


def _video_stream(container: av.container.InputContainer, path: Path):
    streams = [s for s in container.streams.video if not _is_cover(s)]
    if not streams:
        held = "sound (audio) only" if container.streams.audio else "no pictures"
        raise KinebenchError(f"video must hold pictures, but {path.name} holds {held}. Name the file with the video.")
    return streams[0]


def _is_cover(stream) -> bool:
    """An album's cover in a sound file is a video stream of one picture."""
    return "attached_pic" in str(getattr(stream, "disposition", "")).lower()


def _packet_timestamps(container, stream) -> tuple[np.ndarray, int, bool]:
    """Presentation timestamps of every packet to be shown, the last one's duration, and whether frames must be counted.

    Some files say when a packet is decoded, but not (or, as avi, not reliably) when it is shown. Pictures come in an
    even rhythm there, and out of the decoder in the order of showing: the k-th picture gets the k-th time.
    """
    shown: list[int | None] = []
    read: list[int | None] = []
    durations = []
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard:
            shown.append(packet.pts)
            read.append(packet.dts)
            durations.append(packet.duration or 0)
    counted = container.format.name == "avi" or None in shown
    stamps = read if counted else shown
    known = np.array([] if None in stamps else stamps, np.int64)
    return known, durations[int(np.argmax(known))] if len(known) else 0, counted


def _first_frame(container, stream):
    container.seek(0, backward=True, any_frame=False) if container.format.name != "image2" else None
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                return frame
        except av.error.InvalidDataError:
            continue
    return None


def _counted_timestamps(path: Path, stream) -> np.ndarray:
    """Timestamps of a file that holds none at all (a raw stream): every picture counted, in its average rhythm."""
    rate = stream.average_rate or stream.base_rate or Fraction(25)
    step = float(1 / rate / stream.time_base)
    with av.open(str(path), metadata_errors="replace") as container:
        pictures = container.streams.video[0]
        pictures.thread_type = "AUTO"
        count = sum(1 for _ in decoded(container, pictures))
    return np.round(np.arange(count) * step).astype(np.int64)


def decoded(container, stream):
    """Every picture that can be decoded, in order; a packet that cannot is passed over."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:
            return
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _said_duration(container, stream) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _clip(path: Path, found: _Found, start_s: float, stop_s: float | None, every: int) -> Clip:
    times = (found.timestamps - found.timestamps[0]) * float(found.time_base)
    if len(times) < 2:
        raise KinebenchError(f"video must hold at least two frames, but {path.name} holds one frame. Is it a photo?")
    step = float(np.median(np.diff(times)))
    end = float(times[-1]) + (found.last_duration * float(found.time_base) or step)
    lost = max((found.said_s or 0.0) - end, 0.0)
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
