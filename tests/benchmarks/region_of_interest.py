"""Where BlazePose should look in the next picture: the ways compared against rendered truth.

`python -m tests.benchmarks.region_of_interest [CLIP.mp4 ...]` prints, for each clip with its truth and events beside it
(without arguments: the two sample clips), the errors of the raw keypoints on the near side: root mean square error of
knee and hip flexion in degrees, median distance of the joints from the truth in pixels, and what trembles (root mean
square second difference from frame to frame of the error, in pixels).
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import estimators, places, video
from kinebench.estimators.blazepose import BlazePose
from kinebench.estimators.blazepose_following import Aim, Following
from kinebench.skeleton import BLAZEPOSE33, FLEXION_ANGLES

WAYS: dict[str, Callable[[], Following]] = {
    "landmarks, detector 3 times a second (ours)": Following,
    "detector on every frame": lambda: Following(detect_every_frame=True),
    "landmarks alone, margin 1.25 (MediaPipe)": lambda: Following(aim=Aim(1.25, 0.0)),
    "landmarks alone, margin 1.2": lambda: Following(aim=Aim(1.2, 0.0)),
    "landmarks alone, margin 1.15": lambda: Following(aim=Aim(1.15, 0.0)),
    "landmarks alone, margin 1.35": lambda: Following(aim=Aim(1.35, 0.0)),
}


def measure(clips: list[Path] | None = None) -> pd.DataFrame:
    """One row a clip and way: knee_deg, hip_deg, distance_px, tremble_px, lost (frames without a person)."""
    estimators.fetch("blazepose-full")
    rows = []
    for path in clips or [places.SAMPLES / "sit_to_stand.mp4", places.SAMPLES / "rowing.mp4"]:
        clip, truth = video.open_clip(path), pd.read_csv(path.with_suffix(".truth.csv"))
        side = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))["near_side"]
        for name, way in WAYS.items():
            found = followed(clip, way())
            rows.append({"clip": path.stem, "way": name, **errors(found, truth.iloc[: len(found)], side)})
    return pd.DataFrame(rows)


def followed(clip: video.Clip, following: Following) -> np.ndarray:
    """(frames, joints, 3): x, y, confidence; NaN where nobody was found."""
    found = np.full((len(clip.times_s), len(BLAZEPOSE33.joints), 3), np.nan)
    for frame, people in BlazePose(following=following).stream(video.frames(clip)):
        if people:
            found[frame.index] = people[0].points
    return found


def of(found: np.ndarray, joint: str) -> np.ndarray:
    return found[:, BLAZEPOSE33.joints.index(joint)]


def errors(found: np.ndarray, truth: pd.DataFrame, side: str) -> dict[str, Any]:
    joints = [joint for joint in BLAZEPOSE33.joints if joint.startswith(side) and f"{joint}_x" in truth]
    off = np.stack([of(found, joint)[:, :2] - truth[[f"{joint}_x", f"{joint}_y"]] for joint in joints], axis=1)
    angles = {
        angle.name.removesuffix("_flexion") + "_deg": flexion(*(of(found, f"{side}_{joint}")[:, :2] for joint in parts))
        - truth[f"{side}_{angle.name}_deg"].to_numpy()
        for angle in FLEXION_ANGLES[:2]
        for parts in [(angle.proximal, angle.vertex, angle.distal)]
    }
    return {name: float(np.sqrt(np.nanmean(error**2))) for name, error in angles.items()} | {
        "distance_px": float(np.nanmedian(np.linalg.norm(off, axis=-1))),
        "tremble_px": float(np.sqrt(np.nanmean(np.diff(off, 2, axis=0) ** 2))),
        "lost": int(np.isnan(found[:, 0, 0]).sum()),
    }


def flexion(proximal: np.ndarray, vertex: np.ndarray, distal: np.ndarray) -> np.ndarray:
    """Degrees away from a straight line; points (frames, 2)."""
    up, down = proximal - vertex, distal - vertex
    cosine = (up * down).sum(axis=1) / (np.linalg.norm(up, axis=1) * np.linalg.norm(down, axis=1))
    return 180 - np.degrees(np.arccos(np.clip(cosine, -1, 1)))


if __name__ == "__main__":
    with pd.option_context("display.width", 160, "display.max_colwidth", 60):
        print(measure([Path(argument) for argument in sys.argv[1:]]).round(2).to_string(index=False))
