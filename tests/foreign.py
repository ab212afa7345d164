"""The truth of a rendered clip as other tools would have written it: each by its documented layout, with noise."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import formats, keypoints
from kinebench.skeleton import BLAZEPOSE33, BODY25, BODY25B, COCO17, COCO18, HALPE26

NOISE_PX = 1.0


def joints_of(truth: pd.DataFrame, names: tuple[str, ...], seed: int = 0) -> np.ndarray:
    """(frames, joints, 2) in pixels; joints that the truth lacks lie where a person would have them."""
    at = {
        column.removesuffix("_x"): truth[[column, column[:-1] + "y"]].to_numpy()
        for column in truth
        if column.endswith("_x")
    }
    for side in ("left", "right"):
        at[f"{side}_small_toe"] = at[f"{side}_foot_index"] + [-3.0, 1.0]
        at |= {f"{side}_{part}": at[f"{side}_wrist"] for part in ("pinky", "index", "thumb")}
        at |= {f"{side}_{part}": at[f"{side}_eye"] for part in ("eye_inner", "eye_outer")}
        at[f"{side}_mouth"] = at["nose"] + [0.0, 8.0]
    at["neck"] = (at["left_shoulder"] + at["right_shoulder"]) / 2
    at["mid_hip"] = (at["left_hip"] + at["right_hip"]) / 2
    ear = (at["left_ear"] + at["right_ear"]) / 2
    at["upper_neck"] = at["neck"] + 0.4 * (ear - at["neck"])
    at["head_top"] = ear + 0.55 * (ear - at["neck"])
    placed = np.stack([at[name] for name in names], axis=1)
    return placed + NOISE_PX * np.random.default_rng(seed).standard_normal(placed.shape)


def _openpose(order: tuple[str, ...]) -> Callable[[pd.DataFrame, Path, tuple[int, int]], Path]:
    def write(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
        path = folder / "json"
        path.mkdir()
        for frame, points in zip(truth["frame"], joints_of(truth, order), strict=True):
            numbers = np.column_stack([points, np.full(len(points), 0.85)]).ravel().round(3).tolist()
            person = {"person_id": [-1], "pose_keypoints_2d": numbers, "face_keypoints_2d": []}
            text = json.dumps({"version": 1.3, "people": [person]})
            (path / f"clip_{frame:012d}_keypoints.json").write_text(text)
        return path

    return write


def _alphapose(order: tuple[str, ...]) -> Callable[[pd.DataFrame, Path, tuple[int, int]], Path]:
    def write(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
        entries = []
        for frame, points in zip(truth["frame"], joints_of(truth, order), strict=True):
            numbers = np.column_stack([points, np.full(len(points), 0.85)]).ravel().round(3).tolist()
            entries.append({"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": numbers, "score": 2.7, "idx": 1})
        path = folder / "alphapose-results.json"
        path.write_text(json.dumps(entries))
        return path

    return write


def _mediapipe(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
    shares = (joints_of(truth, BLAZEPOSE33.joints) + 0.5) / size
    columns = {"frame": truth["frame"], "time": truth["time_s"]}
    for place, joint in enumerate(BLAZEPOSE33.joints):
        for axis in (0, 1):
            columns[f"{joint}_{'xy'[axis]}"] = shares[:, place, axis]
        columns[f"{joint}_z"], columns[f"{joint}_visibility"] = 0.0, 0.9
    path = folder / "landmarks.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def _mlkit(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
    points = joints_of(truth, BLAZEPOSE33.joints)
    frames = [
        {
            "timestampMs": 1000 * time_s,
            "landmarks": [
                {"type": number, "position": {"x": x, "y": y, "z": 0.0}, "inFrameLikelihood": 0.95}
                for number, (x, y) in enumerate(places)
            ],
        }
        for time_s, places in zip(truth["time_s"], points.tolist(), strict=True)
    ]
    path = folder / "pose.json"
    path.write_text(json.dumps(frames))
    return path


def _movenet(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
    shares = (joints_of(truth, COCO17.joints) + 0.5) / size
    columns = {"frame": truth["frame"], "time": truth["time_s"]}
    for place, joint in enumerate(COCO17.joints):
        columns[f"{joint}_x"], columns[f"{joint}_y"] = shares[:, place].T
        columns[f"{joint}_score"] = 0.8
    path = folder / "movenet.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def _deeplabcut(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
    points = joints_of(truth, HALPE26.joints)
    values = np.concatenate([points, np.full((*points.shape[:2], 1), 0.97)], axis=2).reshape(len(points), -1)
    names = pd.MultiIndex.from_product(
        [["DLC_resnet50"], HALPE26.joints, ["x", "y", "likelihood"]], names=["scorer", "bodyparts", "coords"]
    )
    path = folder / "clipDLC_resnet50.csv"
    pd.DataFrame(values, columns=names, index=truth["frame"].to_numpy()).to_csv(path)
    return path


def _sleap(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
    points = joints_of(truth, COCO17.joints)
    columns = {"track": "track_0", "frame_idx": truth["frame"], "instance.score": 0.9}
    for place, joint in enumerate(COCO17.joints):
        columns[f"{joint}.x"], columns[f"{joint}.y"] = points[:, place].T
        columns[f"{joint}.score"] = 0.9
    path = folder / "clip.analysis.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def own(truth: pd.DataFrame) -> pd.DataFrame:
    """Our own keypoint table of the truth."""
    names = (*HALPE26.joints,)
    points = joints_of(truth, names)
    values = np.concatenate([points, np.full((*points.shape[:2], 1), 0.9)], axis=2)
    return keypoints.make(truth["time_s"].to_numpy(), names, values)


def _written(ending: str) -> Callable[[pd.DataFrame, Path, tuple[int, int]], Path]:
    def write(truth: pd.DataFrame, folder: Path, size: tuple[int, int]) -> Path:
        results = formats.Results(own(truth), width=size[0], height=size[1], metres_per_px=0.004)
        return formats.write(results, folder / f"keypoints{ending}")[0]

    return write


WRITERS: dict[str, Callable[[pd.DataFrame, Path, tuple[int, int]], Path]] = {
    "OpenPose BODY_25": _openpose(BODY25.joints),
    "OpenPose BODY_25B": _openpose(BODY25B.joints),
    "OpenPose COCO": _openpose(COCO18.joints),
    "AlphaPose COCO": _alphapose(COCO17.joints),
    "AlphaPose Halpe": _alphapose(HALPE26.joints),
    "MediaPipe": _mediapipe,
    "ML Kit": _mlkit,
    "MoveNet": _movenet,
    "DeepLabCut": _deeplabcut,
    "SLEAP": _sleap,
    "TRC": _written(".trc"),
    "own table": _written(".parquet"),
}
"""What wrote it -> the truth of a clip (one row a frame), a folder and the picture's size to the file or folder."""
