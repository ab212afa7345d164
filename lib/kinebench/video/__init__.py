"""Read and write videos: frozen `Clip`, frames in order or one of them, true timestamps, upright pictures."""

from kinebench.video.clip import Clip, is_unchanged, open_clip
from kinebench.video.frame import Frame
from kinebench.video.reading import Reader, frame_at, frames
from kinebench.video.writer import Writer

__all__ = ["Clip", "Frame", "Reader", "Writer", "frame_at", "frames", "is_unchanged", "open_clip"]
