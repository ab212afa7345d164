"""When and where a recording's keypoints are: on the frames of its video, or on frames of their own."""

from dataclasses import replace

import numpy as np
import pandas as pd

from kinebench import video
from kinebench.errors import KinebenchError
from kinebench.formats import Recording

TICKS = 90_000
"""Ticks a second of timestamps, as in MPEG."""
LARGEST_PX, DAY_S = 16_000, 86_400.0
SPARSE = 20
"""So many times as many frames as are recorded: what lies between belongs to no recording of a movement."""
MOST_OUTSIDE = 0.2
MARGIN = 1.08


def frame_ticks(table: pd.DataFrame) -> tuple[np.ndarray, float]:
    """Times of all frames of a recording, those without anybody too, in ticks from its first; and when that one was.

    KinebenchError where there are fewer than two, or more than a day of them.
    """
    known = table.groupby("frame")["time_s"].first()
    numbers, times = known.index.to_numpy(), known.to_numpy(float)
    if len(times) < 2:
        raise KinebenchError("KEYPOINTS must hold at least two frames, but hold one. A movement takes several.")
    # Few before the first with somebody in it belong to the recording; many are another part of a long film.
    start = 0 if 0 <= numbers[0] <= len(numbers) else int(numbers[0])
    if numbers[-1] - start < SPARSE * len(numbers):
        frames = np.arange(start, numbers[-1] + 1)
        step = float(np.median(np.diff(times) / np.diff(numbers)))
        early = times[0] - step * (numbers[0] - np.arange(start, numbers[0]))
        times = np.concatenate([early, np.interp(frames[frames >= numbers[0]], numbers, times)])
    if not 0 < times[-1] - times[0] < DAY_S:
        raise KinebenchError(
            f"KEYPOINTS must last less than a day, but last {times[-1] - times[0]:.3g} s. Is the frame rate right?"
        )
    return np.unique(np.round((times - times[0]) * TICKS).astype(np.int64)), float(times[0])


def on_video(recording: Recording, shown: video.Clip, size: tuple[int, int] | None) -> Recording:
    """The recording on the video's own frames: every moment on the nearest frame, every frame with one moment at most.

    size: of the picture that the keypoints were found on, where it was another than the video's. KinebenchError where
    times or places are not those of this video.
    """
    if recording.own_picture:
        raise KinebenchError(
            "--video must be left out for markers in space: they are seen from their own side, not from the camera's."
        )
    table, clip_s = recording.detections, shown.times_s
    moments = np.unique(table["time_s"].to_numpy(float))
    frame = _nearest(clip_s, moments)
    off = np.abs(clip_s[frame] - moments)
    order = np.lexsort((off, frame))
    best = order[np.concatenate([[True], np.diff(frame[order]) > 0])]
    kept = np.sort(best[off[best] <= np.median(np.diff(clip_s)) * (0.5 + 1e-6)])
    if len(kept) == 0:
        raise KinebenchError(
            f"KEYPOINTS must belong to the video, but last from {moments[0]:.2f} to {moments[-1]:.2f} s and the video "
            f"from 0 to {clip_s[-1]:.2f} s. Name the video that they were made from."
        )
    at = pd.Index(moments[kept]).get_indexer(pd.Index(table["time_s"].to_numpy(float)))
    placed = table[at >= 0].assign(time_s=clip_s[frame[kept][at[at >= 0]]])
    placed["frame"] = shown.frame_numbers[frame[kept][at[at >= 0]]]
    placed[["x", "y"]] = _scaled(placed[["x", "y"]].to_numpy(float), shown, size)
    notes = list(recording.notes)
    if len(kept) < 0.98 * len(moments):
        notes.append(
            f"{len(moments) - len(kept)} of {len(moments)} moments lie outside the video or between its frames."
        )
    first, last = frame[kept[0]], frame[kept[-1]]
    if len(kept) < 0.75 * (last - first + 1):
        notes.append(f"Only {100 * len(kept) / (last - first + 1):.0f} % of the video's frames were recorded.")
    if last - first + 1 < 0.9 * len(clip_s):
        notes.append(f"The recording covers {clip_s[first]:.2f} to {clip_s[last]:.2f} s of {clip_s[-1]:.2f} s.")
    return replace(recording, detections=placed.reset_index(drop=True), notes=tuple(notes))


def _nearest(clip_s: np.ndarray, moments: np.ndarray) -> np.ndarray:
    after = np.clip(np.searchsorted(clip_s, moments), 1, len(clip_s) - 1)
    return np.where(moments - clip_s[after - 1] <= clip_s[after] - moments, after - 1, after)


def _scaled(xy: np.ndarray, shown: video.Clip, size: tuple[int, int] | None) -> np.ndarray:
    """Places in the video's picture; KinebenchError where most lie outside it."""
    full = np.array([shown.width, shown.height], float)
    if size is not None:
        xy = (xy + 0.5) * full / size - 0.5
    known = xy[np.isfinite(xy).all(axis=1)]
    outside = ((known < -0.05 * full) | (known > 1.05 * full)).any(axis=1)
    if outside.mean() > MOST_OUTSIDE:
        raise KinebenchError(
            f"KEYPOINTS must lie in the video's picture, {shown.width}x{shown.height} px, but "
            f"{100 * outside.mean():.0f} % lie outside. If they were found on a picture of another size, give that "
            "with --size WIDTHxHEIGHT."
        )
    return xy


def extent(table: pd.DataFrame) -> tuple[int, int]:
    """Width and height that hold every keypoint, even, as H.264 has it."""
    found = [max(float(table[axis].max()), 63.0) * MARGIN for axis in ("x", "y")]
    if max(found) > LARGEST_PX:
        raise KinebenchError(
            f"KEYPOINTS must lie within a picture of at most {LARGEST_PX} px, but reach to {max(found):.0f} px. Give "
            "its size with --size WIDTHxHEIGHT, or name the video with --video."
        )
    width, height = (2 * int(np.ceil((length + 1) / 2)) for length in found)
    return width, height
