"""Keypoints as COCO has them, in one JSON file: images, annotations, categories (cocodataset.org/#format-data).

An image is a frame: its id is the row of the keypoint table from 0, its file_name frame_000000.png and so on, since
COCO wants one and that of a video may name a person. A frame without any joint has no annotation. Keypoints are
[x, y, v] in the category's order: v = 2 where the joint was seen, 0 0 0 where not; pixel centres are at whole numbers.
Beyond COCO there are `time_s` of an image, `score`, the mean confidence of the joints seen, and `keypoint_scores`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from kinebench import keypoints, skeleton
from kinebench.errors import KinebenchError
from kinebench.formats import Results
from kinebench.formats.whole import write_text

DECIMALS = 4
PERSON = 1


def write(results: Results, path: Path) -> list[Path]:
    """The keypoints as COCO's JSON; strict: no number in it is infinite or missing."""
    table = results.keypoints
    keypoints.check(table)
    names = keypoints.joints(table)
    if not names:
        raise KinebenchError("keypoints must have at least one joint to be written, but have none.")
    positions = keypoints.positions(table)
    confidence = np.column_stack([keypoints.confidence(table, name) for name in names])
    seen = np.isfinite(positions[..., 0])
    annotations = [
        _annotation(frame, positions[frame], confidence[frame], seen[frame])
        for frame in np.flatnonzero(seen.any(axis=1)).tolist()
    ]
    size = {name: value for name, value in (("width", results.width), ("height", results.height)) if value is not None}
    content = {
        "info": {"description": results.source or "keypoints", "version": "1.0", "contributor": "kinebench"},
        "licenses": [],
        "images": [
            {"id": frame, "file_name": f"frame_{frame:06d}.png", **size, "time_s": round(time_s, 6)}
            for frame, time_s in enumerate(keypoints.times(table).tolist())
        ],
        "annotations": [{"id": place, **annotation} for place, annotation in enumerate(annotations, 1)],
        "categories": [_category(names)],
    }
    return write_text(path, json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n")


def _category(names: tuple[str, ...]) -> dict[str, Any]:
    edges = [[names.index(joint) + 1 for joint in edge] for edge in skeleton.edges_between(names)]
    return {"id": PERSON, "name": "person", "supercategory": "person", "keypoints": list(names), "skeleton": edges}


def _annotation(frame: int, positions: np.ndarray, confidence: np.ndarray, seen: np.ndarray) -> dict[str, Any]:
    """One frame's joints: positions (joints, 2), confidence (joints,), seen (joints,) of which one at least is True."""
    low, high = positions[seen].min(axis=0), positions[seen].max(axis=0)
    width, height = high - low
    triples = [[*_rounded(place), 2] if here else [0, 0, 0] for place, here in zip(positions, seen, strict=True)]
    return {
        "image_id": int(frame),
        "category_id": PERSON,
        "keypoints": [number for triple in triples for number in triple],
        "num_keypoints": int(seen.sum()),
        "bbox": _rounded(np.array([*low, width, height])),
        "area": _rounded(np.array([width * height]))[0],
        "iscrowd": 0,
        "score": _rounded(confidence[seen].mean(keepdims=True))[0],
        "keypoint_scores": _rounded(confidence),
    }


def _rounded(values: np.ndarray) -> list[float]:
    rounded: list[float] = np.round(values, DECIMALS).tolist()
    return rounded
