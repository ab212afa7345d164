"""Landmarks of MediaPipe, as MediaPipe's own numbers were saved and as tutorials save them."""

import csv
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from kinebench import formats, keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, mediapipe
from kinebench.skeleton import BLAZEPOSE33
from tests.conftest import shared_file

JOINTS = BLAZEPOSE33.joints
# mediapipe.python.solutions.pose.PoseLandmark says mouth_left where kinebench says left_mouth.
OWN = {"left_mouth": "mouth_left", "right_mouth": "mouth_right"}
NAMES = [OWN.get(joint, joint) for joint in JOINTS]
SIZE = Given(width=640, height=480, frame_rate_hz=25.0)


def landmarks(frames: int = 3, seed: int = 0) -> np.ndarray:
    """(frames, 33, 5): x, y as shares of the picture, z, visibility, presence."""
    return np.random.default_rng(seed).uniform(0.1, 0.9, (frames, 33, 5)).round(6)


def written(path, text: str):
    path.write_text(text, encoding="utf-8")
    return path


def table(path, header: list[str], rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def values(recording) -> np.ndarray:
    """(entries, joints, coordinates) of a recording."""
    coordinates = [c for c in (*keypoints.PLANE, *keypoints.WORLD) if c in recording.detections]
    return recording.detections[coordinates].to_numpy().reshape(-1, len(recording.joints), len(coordinates))


def in_pixels(shares: np.ndarray) -> np.ndarray:
    """0 is the picture's left edge, half a pixel left of the first pixel's centre, and 1 its right one."""
    return shares * [640, 480] - 0.5


@pytest.mark.parametrize("mode", ["still", "raw"])
def test_mediapipes_own_numbers_in_pixels_and_metres(mode):
    path = shared_file(f"reference/mediapipe_0.10.21_full_{mode}__rowing_ergometer_side_jakobkb.csv")
    assert formats.recognised(path) == "mediapipe"
    recording = formats.read(path)
    assert recording.joints == JOINTS
    with path.open() as file:
        rows = [{name: float(cell or "nan") for name, cell in row.items()} for row in csv.DictReader(file)]
    expected = [
        [[row[f"{n}_{c}"] for c in ("x", "y", "visibility", "world_x", "world_y", "world_z")] for n in NAMES]
        for row in rows
    ]
    assert_allclose(values(recording), expected)
    assert_allclose(recording.detections["time_s"].unique(), [row["pts_s"] for row in rows])
    assert list(recording.detections["frame"].unique()) == [row["frame"] for row in rows]


@pytest.mark.parametrize("first", [0, 1])
def test_numbered_columns_of_tutorials_are_shares_of_the_picture(tmp_path, first):
    shares = landmarks()
    header = ["class", *(f"{axis}{number}" for number in range(first, 33 + first) for axis in "xyzv")]
    rows = [["squat", *frame[:, :4].reshape(-1)] for frame in shares]
    path = table(tmp_path / "coords.csv", header, rows)
    assert formats.recognised(path) == "mediapipe"
    recording = formats.read(path, SIZE)
    assert_allclose(values(recording)[..., :2], in_pixels(shares[..., :2]))
    assert_allclose(values(recording)[..., 2], shares[..., 3])
    assert_allclose(recording.detections["time_s"].unique(), [0, 0.04, 0.08])
    assert "world_x" not in recording.detections


def test_named_columns_with_milliseconds_and_presence(tmp_path):
    shares = landmarks()
    header = ["frame", "timestamp_ms", *(f"{n}_{c}" for n in NAMES for c in ("x", "y", "z", "visibility", "presence"))]
    rows = [[10 + number, 40 * number, *frame.reshape(-1)] for number, frame in enumerate(shares)]
    recording = formats.read(table(tmp_path / "pose.csv", header, rows), SIZE)
    assert recording.joints == JOINTS
    assert_allclose(values(recording)[..., 2], shares[..., 3:].min(axis=2))
    assert_allclose(recording.detections["time_s"].unique(), [0, 0.04, 0.08])
    assert list(recording.detections["frame"].unique()) == [10, 11, 12]


def test_one_row_a_landmark(tmp_path):
    shares = landmarks()
    rows = [[frame, n, *shares[frame, j, :4]] for frame in range(3) for j, n in enumerate(NAMES)]
    path = table(tmp_path / "long.csv", ["frame", "landmark", "x", "y", "z", "visibility"], rows)
    assert formats.recognised(path) == "mediapipe"
    assert_allclose(values(formats.read(path, SIZE))[..., :2], in_pixels(shares[..., :2]))


def as_objects(frame: np.ndarray, keys=("x", "y", "z", "visibility")) -> list[dict[str, float]]:
    return [dict(zip(keys, map(float, landmark), strict=False)) for landmark in frame]


def test_every_layout_of_json_says_the_same(tmp_path):
    shares, lengths = landmarks(), landmarks(seed=1)
    people = [as_objects(frame) for frame in shares]
    world = [as_objects(frame) for frame in lengths]
    pairs = list(zip(people, world, strict=True))
    layouts = {
        "lists": people,
        "lists of people": [[person] for person in people],
        "tasks": [{"pose_landmarks": [p], "pose_world_landmarks": [w]} for p, w in pairs],
        "web": {"frames": [{"landmarks": [p], "worldLandmarks": [w]} for p, w in pairs]},
        "solutions": [{"poseLandmarks": p, "poseWorldLandmarks": w} for p, w in pairs],
        "protocol buffers": [{"pose_landmarks": {"landmark": p}} for p in people],
        "by name": [{"frame": n, "landmarks": dict(zip(NAMES, p, strict=True))} for n, p in enumerate(people)],
        "by number": [{"landmarks": [landmark | {"id": n} for n, landmark in enumerate(p)][::-1]} for p in people],
    }
    for name, layout in layouts.items():
        path = written(tmp_path / f"{name}.json", json.dumps(layout))
        assert formats.recognised(path) == "mediapipe", name
        recording = formats.read(path, SIZE)
        found = values(recording)
        assert_allclose(found[..., :2], in_pixels(shares[..., :2]), err_msg=name)
        assert_allclose(found[..., 2], shares[..., 3], err_msg=name)
        assert_allclose(recording.detections["time_s"].unique(), [0, 0.04, 0.08], err_msg=name)
        if "world_x" in recording.detections:
            assert_allclose(found[..., 3:], lengths[..., :3], err_msg=name)
        assert ("world_x" in recording.detections) == (name in ("tasks", "web", "solutions")), name


def test_frames_without_anybody_have_no_rows_and_several_people_are_kept_apart(tmp_path):
    shares = landmarks(3)
    people = [as_objects(frame) for frame in shares]
    layout = [{"landmarks": []}, {"landmarks": None}, {"landmarks": people[:2]}, {"landmarks": people[2:]}]
    table = formats.read(written(tmp_path / "two.json", json.dumps(layout)), SIZE).detections
    assert list(zip(table["frame"], table["person"], strict=True))[::33] == [(2, 0), (2, 1), (3, 0)]


def test_times_keep_their_unit_by_name_or_by_their_steps(tmp_path):
    for name, factor, noted in (
        ("time_s", 1, False),
        ("timestampMs", 1000, False),
        ("timestamp", 1000, True),
        ("t", 1, False),
    ):
        layout = [{name: 0.04 * factor * n, "landmarks": as_objects(f)} for n, f in enumerate(landmarks())]
        recording = formats.read(written(tmp_path / "t.json", json.dumps(layout)), SIZE)
        assert_allclose(recording.detections["time_s"].unique(), [0, 0.04, 0.08])
        assert any("milliseconds" in note for note in recording.notes) == noted
    layout = [{"timestamp": 1.5 * n, "landmarks": as_objects(f)} for n, f in enumerate(landmarks())]
    with pytest.raises(KinebenchError, match="say the unit of its times"):
        formats.read(written(tmp_path / "t.json", json.dumps(layout)), SIZE)


def test_a_clock_of_the_day_begins_at_0(tmp_path):
    layout = [{"timestamp_ms": 1.7e12 + 40 * n, "landmarks": as_objects(f)} for n, f in enumerate(landmarks())]
    recording = formats.read(written(tmp_path / "t.json", json.dumps(layout)), SIZE)
    assert_allclose(recording.detections["time_s"].unique(), [0, 0.04, 0.08], atol=1e-6)
    assert any("the first time became 0" in note for note in recording.notes)


def named(path, shares, endings=("x", "y", "z", "visibility")):
    header = ["frame", *(f"{n}_{c}" for n in NAMES for c in endings)]
    return table(path, header, [[n, *frame[:, : len(endings)].reshape(-1)] for n, frame in enumerate(shares)])


@pytest.mark.parametrize(
    ("change", "given", "words"),
    [
        (lambda v: v, Given(frame_rate_hz=25.0), "picture's size must be known"),
        (lambda v: v, Given(width=640, height=480), "must have times"),
        (lambda v: v * [5, 5, 1, 1, 1], SIZE, "which is neither"),
        (lambda v: v * [1e7, 1e7, 1, 1, 1], SIZE, "pixels of a picture"),
        (lambda v: v * [1, 1, 1, 9, 1], SIZE, "confidence from 0 to 1"),
        (lambda v: v * np.nan, SIZE, "at least one joint"),
        (lambda v: v * 0, SIZE, "at least one joint"),
    ],
    ids=["no size", "no rate", "neither", "huge", "visibility", "missing", "zeros"],
)
def test_what_cannot_be_told_is_refused(tmp_path, change, given, words):
    with pytest.raises(KinebenchError, match=words):
        mediapipe.read(named(tmp_path / "pose.csv", change(landmarks())), given)


def test_a_foot_outside_the_picture_is_kept_and_a_joint_at_0_0_is_missing(tmp_path):
    shares = landmarks()
    shares[0, 32, :2] = [1.4, 1.6]
    shares[1, 0, :2] = 0.0
    found = values(formats.read(named(tmp_path / "pose.csv", shares), SIZE))
    assert_allclose(found[0, 32, :2], in_pixels(np.array([1.4, 1.6])))
    assert np.isnan(found[1, 0, :2]).all()
    assert found[1, 0, 2] == 0


def test_without_visibility_the_confidence_is_1_and_it_is_said(tmp_path):
    recording = mediapipe.read(named(tmp_path / "pose.csv", landmarks(), ("x", "y", "z")), SIZE)
    assert (values(recording)[..., 2] == 1).all()
    assert any("has no confidences" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ([[{"x": 0.1, "y": 0.2, "visibility": 1.0}]], "33 landmarks or name them, but has 1"),
        ([{"landmarks": [{"type": 40, "x": 1, "y": 1, "visibility": 1}]}], "has 40"),
        ([{"landmarks": [{"type": 4, "x": 1, "y": 1, "visibility": 1}] * 2}], "one twice"),
        ([{"landmarks": "visibility"}], "must be a list"),
        ([{"landmarks": ["visibility"]}], "must be an object"),
        ([{"landmarks": [{"type": 4, "x": "1", "y": 1, "visibility": 1}]}], "must be numbers"),
        ({"visibility": []}, "must be a list"),
        ([], "landmarks of one person at least"),
    ],
)
def test_json_of_another_form_is_refused(tmp_path, layout, words):
    with pytest.raises(KinebenchError, match=words):
        mediapipe.read(written(tmp_path / "pose.json", json.dumps(layout)), SIZE)


def test_numbers_with_gaps_are_refused(tmp_path):
    path = table(tmp_path / "a.csv", [f"{axis}{n}" for n in range(1, 502) for axis in "xyzv"], [[0.5] * 2004])
    with pytest.raises(KinebenchError, match="33 landmarks from 0 or from 1"):
        mediapipe.read(path, SIZE)
