"""What a file's packets tell without decoding them: when each frame is shown, and how much of the file is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from kinebench.errors import KinebenchError
from kinebench.video.orientation import Orientation

CHECKED = 32  # so many pictures are decoded to see that packets and pictures agree


@dataclass(frozen=True)
class Found:
    """A file's video. `timestamps`, `last_duration` of the last frame and `lost` at the end are in `time_base`.

    `counted`: the timestamps are the packets' rhythm, because the file does not say when each frame is shown.
    """

    timestamps: np.ndarray
    time_base: Fraction
    last_duration: int
    lost: float
    orientation: Orientation
    codec: str
    pixel_format: str
    counted: bool


@contextmanager
def opened(path: Path, *, threads: str = "AUTO") -> Iterator[tuple[Any, Any]]:
    """The container and its video stream; `threads`: how the decoder shares its work."""
    with av.open(address(path), metadata_errors="replace") as container:
        stream = video_stream(container)
        if stream is None:
            held = "sound (audio) only" if container.streams.audio else "no pictures"
            raise KinebenchError(
                f"video must hold pictures, but {path.name} holds {held}. Name the file with the video."
            )
        if stream.codec_context is None:
            raise KinebenchError(
                f"video must be in a format that FFmpeg's libraries decode, but {path.name} is in none of them. "
                "Copy the file again, or export it as H.264 mp4."
            )
        stream.thread_type = threads
        yield container, stream


def address(path: Path) -> str:
    """The path as FFmpeg takes it: alone, the name `C:a.mp4` would be one of a protocol `C`."""
    return str(path.absolute())


def video_stream(container: Any) -> Any:
    """The first video stream that is not the cover of an album, which is a video stream of one picture; else None."""
    streams = (stream for stream in container.streams.video if not _is_cover(stream))
    return next(streams, None)


def _is_cover(stream: Any) -> bool:
    return "attached_pic" in str(getattr(stream, "disposition", "")).lower()


def scan(path: Path) -> Found:
    """One pass over the packets, and the first few pictures; all pictures where the two do not agree."""
    with opened(path) as (container, stream):
        packets = _Packets.of(container, stream)
        time_base, codec, ratio = Fraction(stream.time_base), stream.codec_context.name, stream.sample_aspect_ratio
        rate = stream.average_rate or stream.base_rate or Fraction(25)
        said = None if _is_whole(container, stream, path) else _said_duration(container, stream)
    with opened(path) as (container, stream):
        pictures = islice(decoded(container, stream), CHECKED)
        first = next(pictures, None)
        if first is None:
            raise KinebenchError(
                f"video must hold pictures that can be decoded, but none of {path.name} can. Copy the file again."
            )
        shown = np.array([stamp for stamp in (first.pts, *(picture.pts for picture in pictures)) if stamp is not None])
    stamps = packets.timestamps(float(1 / rate / time_base))
    if not packets.counted:
        # A frame before the first that decodes (an open group of pictures) is never shown.
        stamps = stamps[stamps >= (first.pts if first.pts is not None else 0)]
        if not np.array_equal(stamps[: len(shown)], shown):
            stamps = _decoded_timestamps(path)
    elif packets.uncertain:
        stamps = _counted_timestamps(path, float(1 / rate / time_base))
    last = packets.last_duration or (int(np.median(np.diff(stamps))) if len(stamps) > 1 else 0)
    return Found(
        timestamps=stamps,
        time_base=time_base,
        last_duration=last,
        lost=0.0
        if said is None
        else max(said / float(time_base) - max(packets.span, stamps[-1] + last - stamps[0]), 0.0),
        orientation=Orientation.of(first, float(ratio or 1) or 1.0),
        codec=codec,
        pixel_format=first.format.name,
        counted=packets.counted,
    )


@dataclass(frozen=True)
class _Packets:
    """What was read of the packets. Some files say when a packet is decoded, but not (or, as avi, not reliably) when it

    is shown. Pictures come in an even rhythm there, and out of the decoder in the order of showing: the k-th picture
    gets the k-th time. `span`: from the first packet's time to the last one's end, those never shown included.
    """

    shown: list[int | None]
    taken: list[int | None]
    counted: bool
    last_duration: int
    span: int

    @classmethod
    def of(cls, container: Any, stream: Any) -> "_Packets":
        rows = []
        everything = []
        for packet in _whole_packets(container, stream):
            everything.append((packet.pts if packet.pts is not None else packet.dts, packet.duration or 0))
            if not packet.is_discard:
                rows.append((packet.pts, packet.dts, packet.duration or 0))
        shown, taken = [row[0] for row in rows], [row[1] for row in rows]
        counted = container.format.name == "avi" or None in shown
        times = taken if counted else shown
        last = max(((time, row[2]) for time, row in zip(times, rows, strict=True) if time is not None), default=(0, 0))
        known = [(time, duration) for time, duration in everything if time is not None]
        span = max((t + d for t, d in known), default=0) - min((t for t, _ in known), default=0)
        return cls(shown, taken, counted, last[1], span)

    @property
    def uncertain(self) -> bool:
        """Whether not even the times of decoding are known."""
        return None in self.taken

    def timestamps(self, step: float) -> np.ndarray:
        """Of every frame, increasing; where there are none, one after another in steps."""
        times = self.taken if self.counted else self.shown
        if None in times:
            return np.round(np.arange(len(times)) * step).astype(np.int64)
        return np.unique(np.array(times, np.int64))


def _whole_packets(container: Any, stream: Any) -> Iterator[Any]:
    """The stream's packets up to where the file breaks off; one that lacks its end is none."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        if packet.size and not packet.is_corrupt:
            yield packet


def presented(container: Any, stream: Any) -> Iterator[tuple[Any, bool]]:
    """As `judged`, of the pictures that say when they are shown; one that comes too late, as after damage, is out."""
    last = None
    for picture, sound in judged(container, stream):
        if picture.pts is not None and (last is None or picture.pts > last):
            last = picture.pts
            yield picture, sound


def judged(container: Any, stream: Any) -> Iterator[tuple[Any, bool]]:
    """Every picture that can be decoded, as the decoder puts it out, and whether it can be trusted.

    Where data are damaged the decoder gives up a picture or makes something up and says so of that one, but goes on
    building upon it: nothing is to be trusted up to the next key frame. (The few pictures before it that lean on it,
    too, are out already.)
    """
    sound = True
    packets = _whole_packets(container, stream)
    while True:
        packet = next(packets, None)
        try:
            pictures = stream.decode(packet)
        except av.error.FFmpegError:
            pictures, sound = [], False
        for picture in pictures:
            sound = not picture.is_corrupt and (sound or picture.key_frame)
            yield picture, sound
        if packet is None:
            return


def decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Every picture that can be decoded, as the decoder puts it out; a packet that cannot is passed over."""
    return (picture for picture, _ in judged(container, stream))


def _decoded_timestamps(path: Path) -> np.ndarray:
    """Timestamps of the pictures themselves: some codecs have packets that are never shown, or two for one picture."""
    with opened(path) as (container, stream):
        return np.array([picture.pts for picture, _ in presented(container, stream)], np.int64)


def _counted_timestamps(path: Path, step: float) -> np.ndarray:
    """Timestamps of a file that holds none at all (a raw stream): every picture counted, in its average rhythm."""
    with opened(path) as (container, stream):
        count = sum(1 for _ in decoded(container, stream))
    return np.round(np.arange(count) * step).astype(np.int64)


def _is_whole(container: Any, stream: Any, path: Path) -> bool:
    """Whether all pictures that an mp4's index lists lie within the file. Its duration would count hidden ones too."""
    listed = stream.index_entries if "mp4" in container.format.name else ()
    whole = path.stat().st_size
    return len(listed) > 0 and all(entry.pos + entry.size <= whole for entry in listed)


def _said_duration(container: Any, stream: Any) -> float | None:
    """How long the file says that its pictures last, in seconds."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    clock = stream.metadata.get("DURATION", "").split(":")  # Matroska's, for each stream
    if len(clock) == 3:
        return 3600 * float(clock[0]) + 60 * float(clock[1]) + float(clock[2])
    # The longest stream's, which may be the sound's.
    return container.duration / av.time_base if container.duration and not container.streams.audio else None


def index_is_missing(path: Path) -> bool:
    """Whether an mp4 or mov file lacks the box that says where its pictures are, as unfinished recordings do."""
    whole = path.stat().st_size
    with path.open("rb") as file:
        seen: list[bytes] = []
        while len(head := file.read(8)) == 8 and len(seen) < 1000:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            if size == 1:
                size = int.from_bytes(file.read(8), "big") - 8
            if size < 8 or file.tell() + size - 8 > whole:
                break
            seen.append(kind)
            file.seek(size - 8, 1)
    return seen[:1] == [b"ftyp"] and b"moov" not in seen
