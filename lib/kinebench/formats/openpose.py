"""OpenPose's JSON (`--write_json`): a folder with a file a frame, or one such file; of tools that write the same, too.

A file has `people`, and each of them `pose_keypoints_2d`: x, y and confidence of each joint in turn; older ones
`pose_keypoints`. The frame's number is in the file's name (OpenPose's doc/02_output.md). A joint that was not found is
0, 0, 0. What was found but belongs to nobody (`part_candidates`), faces, hands and 3D are left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, entries, json_text
from kinebench.formats.clock import Clock
from kinebench.formats.frame_numbers import gaps, placed, told_people
from kinebench.formats.naming import listed
from kinebench.formats.openpose_order import numbered, ordered, stacked

BEGINNING = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{[^{]*?"people"\s*:\s*\[')
POSES = ("pose_keypoints_2d", "pose_keypoints")
LARGEST = 1e6
MOST_SHARE = 2.0
"""Where nine of ten coordinates lie so near to 0, they are no pixels."""


def matches(path: Path) -> bool:
    """Whether the file, or one of the folder's first, has people at its top as OpenPose's have."""
    try:
        files = _files(path)[:20] if path.is_dir() else [path] * _is_json(path)
        return any(BEGINNING.match(json_text.beginning(file)) for file in files)
    except (OSError, ValueError):
        return False


def read(path: Path, given: Given) -> Recording:
    """The recording in the folder at `path`, or the one frame in the file at `path`."""
    kept: list[Path] = []
    other: list[Path] = []
    found: list[tuple[int, int, np.ndarray]] = []
    loose = False
    for file in _files(path) if path.is_dir() else [path]:
        data = json_text.load(file, "KEYPOINTS")
        if not isinstance(data, dict) or "people" not in data:
            other.append(file)
            continue
        found += [(len(kept), *person) for person in _people(data, file.name)]
        loose = loose or bool(data.get("part_candidates"))
        kept.append(file)
        del data
    notes = _left_out(kept, other, loose, path.name)
    if not found:
        raise KinebenchError(f"KEYPOINTS must hold a person, but {path.name} has nobody in {len(kept)} frames.")
    numbers, placing = _numbers(kept, given)
    places, ids, lists = zip(*found, strict=True)
    values, scaling = in_pixels(stacked(lists, path.name), given, path.name)
    skeleton = ordered(values[..., :2], given, path.name)
    people, following = told_people(np.array(places), np.array(ids))
    alone = path.is_file() and given.times_s is None and given.frame_rate_hz is None
    times_s = np.zeros(1) if alone else given.time_of(numbers)
    clock = Clock(numbers[list(places)], times_s[list(places)], (*notes, *placing))
    tracked = bool((np.array(ids) >= 0).all()) and not following
    notes = (*scaling, *following)
    return entries.recording(clock, skeleton.joints, values, path, people=people, notes=notes, tracked=tracked)


def _files(folder: Path) -> list[Path]:
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise KinebenchError(f"KEYPOINTS must be readable, but {folder.name} is not: {error.strerror}.") from None
    return [file for file in inside if _is_json(file) and not file.name.startswith(".")]


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json" and path.is_file()


def _people(data: dict[str, Any], name: str) -> Iterator[tuple[int, np.ndarray]]:
    """Identity, -1 without one, and numbers of everybody in a frame's file."""
    for place, item in enumerate(json_text.listing(data["people"], f"people in {name}")):
        what = f"people[{place}] in {name}"
        person = json_text.mapping(item, what)
        pose = next((key for key in POSES if key in person), POSES[0])
        json_text.mapping(person, what, pose)
        flat = json_text.numbers(person[pose], f"{pose} of {what}", limit=LARGEST)
        if len(flat):
            yield identity(person.get("person_id"), f"person_id of {what}"), flat


def identity(value: Any, what: str) -> int:
    """The number of a person who was followed over time, alone or as a list's first; -1 without one."""
    while isinstance(value, list):
        value = value[0] if value else None
    known = json_text.number(value, what, limit=1e9)
    return int(known) if known >= 0 else -1


def _left_out(kept: list[Path], other: list[Path], loose: bool, name: str) -> tuple[str, ...]:
    """Notes on what was not read; KinebenchError where nothing was, or a file named as the frames' lacks its people."""
    if not kept:
        raise KinebenchError(f"KEYPOINTS must be OpenPose's JSON, with people in each file, but {name} has none.")
    alike = {re.sub("[0-9]+", "#", file.name) for file in kept}
    broken = [file.name for file in other if re.sub("[0-9]+", "#", file.name) in alike]
    if broken:
        raise KinebenchError(f"KEYPOINTS must have people in every frame's file, but {listed(broken)} has none.")
    # How many, not which: notes go into the report, and a file's name may be a person's.
    strange = f"Left out, because they are not OpenPose's: {len(other)} of the folder's JSON files."
    return (strange,) * bool(other) + ("Left out: part_candidates, joints that belong to nobody.",) * loose


def _numbers(files: list[Path], given: Given) -> tuple[np.ndarray, tuple[str, ...]]:
    """The number in the video of each file's frame, 0 the first, and notes."""
    if len(files) == 1 and not re.search("[0-9]", files[0].name):
        return np.zeros(1, dtype=np.int64), ()
    numbers = numbered([file.name for file in files], "KEYPOINTS")
    first, notes = placed(numbers, given, "The files")
    count, missing = gaps(numbers)
    lacking = f"No files for {count} frames, so that nobody is there: those numbered {missing}."
    return numbers - first, notes + (lacking,) * (count > 0)


def in_pixels(values: np.ndarray, given: Given, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """`values` (entries, joints, 3) in pixels, NaN for what was not found, and a note where they were no pixels.

    `--keypoint_scale 3` divides pixels by the picture's size less 1, and 4 makes that -1 to 1, where a joint that was
    not found is at -1, -1 (OpenPose's src/openpose/core/keypointScaler.cpp). 5 and 6, which keep the aspect, look the
    same and are taken for them.
    """
    missing = ~(values[..., 2:] > 0)
    found = np.where(missing, np.nan, values)
    found[..., 2] = np.clip(np.where(missing[..., 0], 0.0, values[..., 2]), 0, 1)
    sizes = np.abs(found[..., :2][(found[..., :2] != 0).any(axis=-1)])
    if not np.isfinite(sizes).any() or np.nanquantile(sizes, 0.9) > MOST_SHARE:
        return found, ()
    width, height = given.size(f"{name} has its coordinates as shares of it")
    signed = bool((found[..., :2] < 0).any() or (missing & (values[..., :2] == -1)).any())
    shares = (found[..., :2] + 1) / 2 if signed else found[..., :2]
    found[..., :2] = shares * [width - 1, height - 1]
    scale = "-1 to 1 (--keypoint_scale 4)" if signed else "0 to 1 (--keypoint_scale 3)"
    return found, (f"Coordinates were taken as {scale} across a picture of {width} x {height} px.",)
