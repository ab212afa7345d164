"""Annotated video: decoding, drawing and encoding at the same time, a few pictures in memory."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import video
from kinebench.overlay.canvas import Canvas
from kinebench.overlay.drawing import Painter
from kinebench.overlay.options import OverlayOptions
from kinebench.overlay.planes import Planes
from kinebench.overlay.scene import Scene, of_analysis
from kinebench.progress import track
from kinebench.tasks import Analysis
from kinebench.video import Clip, Frame, Writer
from kinebench.video.ahead import ahead

AHEAD = 4  # pictures that wait between two stages


def write(
    clip: Clip,
    analysis: Analysis,
    path: str | Path,
    *,
    detections: pd.DataFrame | None = None,
    options: OverlayOptions | None = None,
) -> Path:
    """The clip as H.264 with everything that was measured drawn on it; same size and timing, no sound, no metadata.

    Where the task shows a reference beside the picture, the video is twice as wide.

    `detections`: everybody that was found, so that bystanders' faces are covered too.
    """
    return write_scene(clip, of_analysis(analysis, clip.times_s, clip.frame_numbers, detections), path, options=options)


def write_scene(clip: Clip, scene: Scene, path: str | Path, *, options: OverlayOptions | None = None) -> Path:
    """The clip with a scene drawn on it, row `i` on frame `i`; twice as wide where a reference stands beside it."""
    painter = Painter(scene, options or OverlayOptions())
    path = Path(path)
    spare: queue.SimpleQueue[Planes] = queue.SimpleQueue()
    with (
        Writer(path, like=clip, size=painter.size(clip.width, clip.height)) as writer,
        _encoding(writer, spare) as encode,
        closing(ahead(video.frames(clip), AHEAD)) as frames,
    ):
        for frame in track(frames, "annotated video", total=len(clip)):
            planes = Planes.of(frame, _from(spare), panes=painter.panes)
            painter.draw(Canvas.nv12(planes.luma, planes.chroma, bt709=planes.bt709), frame.index)
            encode(planes, frame.index)
    return path


def draw(picture: np.ndarray | Frame, scene: Scene, index: int, *, options: OverlayOptions | None = None) -> np.ndarray:
    """One frame's picture (uint8 RGB, shape (height, width, 3)) with the marks of row `index`; a copy.

    Twice as wide, by an even width, where a reference stands beside it.
    """
    rgb = picture.rgb() if isinstance(picture, Frame) else picture
    painter = Painter(scene, options or OverlayOptions())
    height, width = rgb.shape[:2]
    rgb = np.pad(rgb, ((0, 0), (0, painter.size(width, height)[0] - width), (0, 0)), mode="edge")
    painter.draw(Canvas.rgb(rgb), index)
    return rgb


def _from(spare: queue.SimpleQueue[Planes]) -> Planes | None:
    try:
        return spare.get_nowait()
    except queue.Empty:
        return None


@contextmanager
def _encoding(writer: Writer, spare: queue.SimpleQueue[Planes]) -> Iterator[Callable[[Planes, int], None]]:
    """A function that hands planes to an encoding thread; on leaving, everything handed over has been encoded.

    The encoder, x264, copies what it is given: the planes then become `spare`.
    """
    waiting: queue.Queue[tuple[Planes, int] | None] = queue.Queue(AHEAD)
    failures: list[BaseException] = []

    def encode() -> None:
        while (item := waiting.get()) is not None:
            planes, index = item
            if failures:
                continue  # the queue is emptied, so that nobody waits for room
            try:
                writer.write(planes.picture, index)
                spare.put(planes)
            except BaseException as error:  # noqa: BLE001 (raised again by the thread that hands over)
                failures.append(error)

    def hand_over(planes: Planes, index: int) -> None:
        if failures:
            raise failures[0]
        waiting.put((planes, index))

    thread = threading.Thread(target=encode, name="encoding", daemon=True)
    thread.start()
    try:
        yield hand_over
    finally:
        waiting.put(None)
        thread.join()
    if failures:
        raise failures[0]
