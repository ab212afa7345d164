"""AlphaPose's JSON: a list with an entry a person and picture, or, written with `--format cmu` or `open`, by picture.

An entry has `image_id` (0.jpg, frame_0012.png, or a number), `keypoints`, x, y and confidence of each joint in turn,
and `idx` where people were followed (docs/output.md and alphapose/utils/pPose_nms.py there). How many joints there are
tells their order: COCO's 17, Halpe's 26, which also come first of its 68 and 136, and COCO-WholeBody's 133. By picture
they are 18 in OpenPose's order. Confidences, up to 6 in older versions, are cut at 1.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, entries, json_text
from kinebench.formats.clock import Clock
from kinebench.formats.frame_numbers import placed, told_people
from kinebench.formats.openpose import identity
from kinebench.formats.openpose_order import numbered
from kinebench.skeleton import COCO17, COCO18, HALPE26, SIDES, SKELETONS

ENTRIES = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*\{[^\[{}]*"(image_id|keypoints)"\s*:')
PICTURES = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"[^"]*"\s*:\s*\{[^{}\[]*"(bodies|people)"\s*:\s*\[')
# Joints by their count in an entry; what comes after them (face, hands) is left out.
ORDERS = {
    17: COCO17.joints,
    26: HALPE26.joints,
    68: HALPE26.joints,
    133: COCO17.joints + tuple(f"{side}_{part}" for side in SIDES for part in ("foot_index", "small_toe", "heel")),
    136: HALPE26.joints,
}
LARGEST, LATEST, ROUNDING_PX = 1e6, 10**9, 0.01
MOST_SURE = 1.1  # Confidences a little above 1 are nothing to tell of.

Entry = tuple[str | int, int, np.ndarray]


def matches(path: Path) -> bool:
    """Whether the file begins as one of AlphaPose's does."""
    try:
        begin = json_text.beginning(path) if path.suffix.lower() == ".json" and path.is_file() else b""
        listed = ENTRIES.match(begin) and b'"image_id"' in begin and b'"keypoints"' in begin
        return bool(listed or PICTURES.match(begin))
    except (OSError, ValueError):
        return False


def read(path: Path, given: Given) -> Recording:
    """The recording in the file at `path`."""
    data = json_text.load(path, "KEYPOINTS")
    by_picture = isinstance(data, dict)
    found = list(_by_picture(data, path.name) if by_picture else _entries(data, path.name))
    del data
    if not found:
        raise KinebenchError(f"KEYPOINTS must hold a person, but {path.name} has nobody.")
    pictures, ids, lists = zip(*found, strict=True)
    names = list(dict.fromkeys(pictures))
    numbers = _numbers(names, path.name)
    first, placing = placed(numbers, given, "The pictures")
    frame_of = dict(zip(names, (numbers - first).tolist(), strict=True))
    frames = np.array([frame_of[name] for name in pictures])
    order = np.argsort(frames, kind="stable")
    values, joints, cutting = _values(lists, given, path.name, by_picture)
    people, following = told_people(frames[order], np.array(ids)[order])
    clock = Clock(frames[order], given.time_of(frames[order]), placing)
    tracked = bool((np.array(ids) >= 0).all()) and not following
    notes = (*cutting, *following)
    return entries.recording(clock, joints, values[order], path, people=people, notes=notes, tracked=tracked)


def _entries(data: Any, name: str) -> Iterator[Entry]:
    for place, item in enumerate(json_text.listing(data, name)):
        what = f"entry {place} of {name}"
        entry = json_text.mapping(item, what, "image_id", "keypoints")
        flat = json_text.numbers(entry["keypoints"], f"keypoints of {what}", limit=LARGEST)
        yield _picture(entry["image_id"], what), identity(entry.get("idx"), f"idx of {what}"), _body(flat, what)


def _by_picture(data: dict[str, Any], name: str) -> Iterator[Entry]:
    for picture, item in data.items():
        what = f"{json_text.shown(picture)} in {name}"
        frame = json_text.mapping(item, what)
        group, pose = ("bodies", "joints") if "bodies" in frame else ("people", "pose_keypoints_2d")
        for person in json_text.listing(json_text.mapping(frame, what, group)[group], f"{group} of {what}"):
            flat = json_text.mapping(person, f"each of {group} of {what}", pose)[pose]
            yield picture, -1, json_text.numbers(flat, f"{pose} of {what}", 3 * len(COCO18.joints), limit=LARGEST)


def _body(flat: np.ndarray, what: str) -> np.ndarray:
    count = len(flat) // 3
    if len(flat) % 3 or count not in ORDERS:
        known = ", ".join(str(3 * known) for known in ORDERS)
        raise KinebenchError(f"keypoints of {what} must be {known} numbers, three a joint, but are {len(flat)}.")
    return flat[: 3 * len(ORDERS[count])].copy()


def _picture(value: Any, what: str) -> str | int:
    """The picture's name or number."""
    if isinstance(value, str) or (type(value) is int and 0 <= value <= LATEST):
        return value
    raise KinebenchError(
        f"image_id of {what} must be a picture's name, or its number up to {LATEST}, but is {json_text.shown(value)}."
    )


def _numbers(pictures: list[str | int], file: str) -> np.ndarray:
    """The number of each picture: its own, or that in its name."""
    names = [picture for picture in pictures if isinstance(picture, str)]
    if names and len(names) < len(pictures):
        raise KinebenchError(f"image_id in {file} must be names of pictures or their numbers, but got both.")
    return numbered(names, f"The pictures of {file}") if names else np.array(pictures, dtype=np.int64)


def _values(
    lists: tuple[np.ndarray, ...], given: Given, name: str, by_picture: bool
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """(entries, joints, 3), the joints' names, and notes."""
    counts = sorted({len(flat) // 3 for flat in lists})
    joints = COCO18.joints if by_picture else next(own for own in ORDERS.values() if len(own) == counts[0])
    if len(counts) > 1 or (given.skeleton and SKELETONS[given.skeleton].joints != joints):
        asked = f", not {given.skeleton}" if given.skeleton else ""
        raise KinebenchError(f"{name} must have one skeleton{asked}, but has people with {counts} joints of the body.")
    values = np.stack(lists).reshape(len(lists), -1, 3)
    notes: tuple[str, ...] = ()
    largest = np.nanmax(values[..., 2], initial=0.0)
    if largest > MOST_SURE:
        notes += (f"Confidences go up to {largest:.2f}: those above 1 were taken as 1.",)
    values[~(values[..., 2] > 0)] = [np.nan, np.nan, 0.0]
    values[..., 2] = np.minimum(values[..., 2], 1.0)
    if by_picture:
        at = {joint: values[:, place, :2] for place, joint in enumerate(joints)}
        middle = (at["left_shoulder"] + at["right_shoulder"]) / 2
        if (np.abs(at["neck"] - middle) > ROUNDING_PX).any():
            # Written of a network with more than 17 joints, the 18th stands where the neck should.
            at["neck"][:] = np.nan
            notes += (
                "Left out: the neck, which is not the middle of the shoulders, but another network's 18th joint.",
            )
    return values, joints, notes
