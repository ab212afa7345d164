"""Landmarks in JSON as programs save them: a list with an entry a frame, or an object that has it as `frames`.

An entry is an object with the people's landmarks as `landmarks`, `pose_landmarks` or `poseLandmarks`, their world
landmarks as the same with world in it (`worldLandmarks`, `pose_world_landmarks`), and frame, time or timestampMs where
there are any; or it is the landmarks alone. Landmarks are a list for one person, a list of lists for several, an object
of landmarks by name, or `{"landmark": [...]}`, as protocol buffers print it; null or an empty list is nobody.

A landmark has x and y, or `position` or `position3D` that has them, its confidence, and its `type`, `name` or `id`;
without any of these, the landmarks are all 33 in BlazePose's order.
"""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, clock, entries, json_text, naming
from kinebench.skeleton import BLAZEPOSE33

_AHEAD = 1 << 16
_PLANE = {("landmarks",), ("pose", "landmarks"), ("pose",), ("keypoints",)}
_WORLD = {("world", "landmarks"), ("pose", "world", "landmarks"), ("world",)}
_POSITIONS = ("position3D", "position", "point")
_NAMES = ("type", "name", "id", "landmark", "landmarkType", "part")
_SAME = {"likelihood": ("inFrameLikelihood", "in_frame_likelihood", "likelihood")}
_ORDER = BLAZEPOSE33.joints


def begins_with(path: Path, keys: Sequence[bytes]) -> bool:
    """Whether the file begins as JSON does and has one of `keys` early on. Never raises."""
    try:
        with path.open("rb") as file:
            start = file.read(_AHEAD)
    except OSError:
        return False
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") and any(key in start for key in keys)


def read(path: Path, given: Given, scores: Sequence[str]) -> Recording:
    """The landmarks in the JSON file at `path`; scores: whose least is the confidence, of those that it has."""
    found = json_text.load(path, "KEYPOINTS")
    if isinstance(found, dict):
        found = next((found[key] for key in ("frames", "poses", "data", "results") if key in found), None)
    frames = json_text.listing(found, f"The frames in {path.name}")
    keys = tuple(key for score in scores for key in _SAME.get(score, (score,)))
    values: list[np.ndarray] = []
    at, moments, name = [], [], ""
    for number, frame in enumerate(frames):
        what = f"Frame {number} in {path.name}"
        plane, world, own = _parts(frame)
        name = name or next((key for key in own if clock.is_time(key)), "")
        moment = _moment(own, name, what)
        # Each person is an array of its own for a while, with world coordinates or without.
        entries.check_room(2 * len(values) * len(_ORDER), path)
        for person, (points, lengths) in enumerate(zip_longest(_people(plane, what), _people(world, what))):
            values.append(_placed(points, lengths, keys, what))
            at.append((number, person))
            moments.append(moment)
    if not values:
        raise KinebenchError(f"{path.name} must have landmarks of one person at least, but has none.")
    return _recording(path, given, np.stack(values), np.array(at), np.array(moments), name)


def _recording(
    path: Path, given: Given, values: np.ndarray, at: np.ndarray, moments: np.ndarray, name: str
) -> Recording:
    notes: tuple[str, ...] = ()
    if np.isnan(values[..., 2]).all():
        values[..., 2], notes = 1.0, (entries.unscored(),)
    if not np.isfinite(values[..., 3:]).any():
        values = values[..., :3]
    there = np.isfinite(values[..., 0]).any(axis=0)
    values, more = entries.in_pixels(values[:, there], given, path.name)
    numbers, times = moments.T
    if np.isnan(numbers).all():
        numbers = at[:, 0]
    clocked = clock.told(given, name, numbers, times if name else None, path.name, len(values))
    joints = [joint for joint, found in zip(_ORDER, there, strict=True) if found]
    return entries.recording(clocked, joints, values, path, people=at[:, 1], notes=notes + more)


def _parts(frame: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Landmarks, world landmarks, and the entry itself where it is an object with more in it."""
    if not isinstance(frame, dict):
        return frame, None, {}
    plane = next((frame[key] for key in frame if naming.words(key) in _PLANE), None)
    world = next((frame[key] for key in frame if naming.words(key) in _WORLD), None)
    return plane, world, frame


def _moment(own: dict[str, Any], name: str, what: str) -> tuple[float, float]:
    """The frame's number and its time; NaN where it has none."""
    number = next((own[key] for key in own if clock.is_frame(key)), None)
    return json_text.number(number, what), json_text.number(own.get(name), what)


def _people(landmarks: Any, what: str) -> list[list[dict[str, Any]]]:
    """The landmarks of each person, a list of objects; those by name have it in them."""
    if isinstance(landmarks, dict) and "landmark" in landmarks:
        landmarks = landmarks["landmark"]
    if isinstance(landmarks, dict):
        landmarks = [json_text.mapping(own, what) | {"name": name} for name, own in landmarks.items()]
    if not landmarks:
        return []
    several = json_text.listing(landmarks, what)
    people = several if isinstance(several[0], list) else [several]
    return [[json_text.mapping(own, what) for own in json_text.listing(person, what)] for person in people]


def _placed(points: Any, lengths: Any, keys: tuple[str, ...], what: str) -> np.ndarray:
    """One person as (33, 6) in the order of `keypoints.PLANE + WORLD`, NaN where the file has nothing."""
    values = np.full((len(_ORDER), 6), np.nan)
    for landmarks, first, last in ((points or [], 0, 2), (lengths or [], 3, 6)):
        if not landmarks:
            continue
        where = _numbers(landmarks, what)
        flat = [_position(own, what).get(axis) for own in landmarks for axis in "xyz"[: last - first]]
        values[where, first:last] = json_text.numbers(flat, what).reshape(len(landmarks), -1)
        if not first:
            scores = json_text.numbers([own.get(key) for own in landmarks for key in keys], what)
            values[where, 2] = np.fmin.reduce(scores.reshape(len(landmarks), -1), axis=1)
    return values


def _position(own: dict[str, Any], what: str) -> dict[str, Any]:
    return next((json_text.mapping(own[key], what) for key in _POSITIONS if key in own), own)


def _numbers(landmarks: list[dict[str, Any]], what: str) -> list[int]:
    """The place of each landmark in BlazePose's order."""
    names = [next((own[key] for key in _NAMES if key in own), None) for own in landmarks]
    if all(name is None for name in names):
        if len(landmarks) != len(_ORDER):
            raise KinebenchError(f"{what} must have {len(_ORDER)} landmarks or name them, but has {len(landmarks)}.")
        return list(range(len(_ORDER)))
    where = [_number(name) for name in names]
    if None in where or len(set(where)) < len(where):
        strange = next((name for name, place in zip(names, where, strict=True) if place is None), "one twice")
        raise KinebenchError(f"{what} must have BlazePose's landmarks, each once, but has {json_text.shown(strange)}.")
    return [place for place in where if place is not None]


def _number(name: Any) -> int | None:
    if isinstance(name, str) and not name.isdigit():
        known = naming.joint(name)
        return _ORDER.index(known) if known in _ORDER else None
    number = int(name) if isinstance(name, str) and len(name) < 4 else name
    return number if type(number) is int and 0 <= number < len(_ORDER) else None
