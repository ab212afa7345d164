"""Landmarks of ML Kit, in the layouts that the reader documents."""

import csv
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from kinebench import formats
from kinebench.errors import KinebenchError
from kinebench.formats import Given
from kinebench.skeleton import BLAZEPOSE33

JOINTS = BLAZEPOSE33.joints
RATE = Given(frame_rate_hz=25.0)


def landmarks(frames: int = 3) -> np.ndarray:
    """(frames, 33, 4): x, y in pixels, z in their scale, inFrameLikelihood."""
    return np.random.default_rng(2).uniform([20, 20, -300, 0], [600, 400, 300, 1], (frames, 33, 4)).round(3)


def values(recording) -> np.ndarray:
    return recording.detections[["x", "y", "confidence"]].to_numpy().reshape(-1, len(recording.joints), 3)


def check(recording, expected: np.ndarray) -> None:
    assert recording.joints == JOINTS
    assert_allclose(values(recording), expected[..., [0, 1, 3]])
    assert_allclose(recording.detections["time_s"].unique(), [0, 0.04, 0.08])
    assert "world_x" not in recording.detections  # z is no length in metres


@pytest.mark.parametrize("likelihood", ["likelihood", "inFrameLikelihood", "in_frame_likelihood"])
@pytest.mark.parametrize("upper", [False, True])
def test_csv_with_a_row_for_each_landmark(tmp_path, likelihood, upper):
    expected = landmarks()
    rows = [
        [n, 0.04 * n, joint.upper() if upper else joint, *expected[n, j]]
        for n in range(3)
        for j, joint in enumerate(JOINTS)
    ]
    path = tmp_path / "pose.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["frame", "time", "landmark", "x", "y", "z", likelihood], *rows])
    assert formats.recognised(path) == "mlkit"
    check(formats.read(path), expected)


def test_rows_in_any_order_and_landmarks_by_type(tmp_path):
    expected = landmarks()
    rows = [[n, j, *expected[n, j]] for n in range(3) for j in range(33)]
    np.random.default_rng(0).shuffle(rows)
    path = tmp_path / "pose.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["frame", "landmarkType", "x", "y", "z", "likelihood"], *rows])
    check(formats.read(path, RATE), expected)


def test_csv_with_a_row_for_each_frame(tmp_path):
    expected = landmarks()
    header = ["frame", "timestampMs", *(f"{joint}_{c}" for joint in JOINTS for c in ("x", "y", "z", "likelihood"))]
    path = tmp_path / "pose.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *([n, 40 * n, *expected[n].reshape(-1)] for n in range(3))])
    assert formats.recognised(path) == "mlkit"
    check(formats.read(path), expected)


def objects(frame: np.ndarray, position: str | None, names: bool) -> list[dict]:
    made = []
    for number, (x, y, z, likelihood) in enumerate(frame.tolist()):
        where = {"x": x, "y": y, "z": z}
        kind = JOINTS[number].upper() if names else number
        made.append({"type": kind, "inFrameLikelihood": likelihood} | ({position: where} if position else where))
    return made


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("position", ["position3D", "position", None])
@pytest.mark.parametrize("time", [("timestampMs", 1000), ("time_s", 1), ("timestamp", 1000)])
def test_json(tmp_path, names, position, time):
    expected = landmarks()
    key, factor = time
    frames = [
        {"frame": n, key: 0.04 * n * factor, "landmarks": objects(expected[n], position, names)} for n in range(3)
    ]
    path = tmp_path / "pose.json"
    path.write_text(json.dumps(frames))
    assert formats.recognised(path) == "mlkit"
    check(formats.read(path), expected)


def test_frames_numbers_are_kept_and_give_the_videos_times(tmp_path):
    expected = landmarks()
    frames = [{"frame": 2 * n + 1, "landmarks": objects(expected[n], None, False)} for n in range(3)]
    path = tmp_path / "pose.json"
    path.write_text(json.dumps(frames))
    video = Given(times_s=np.array([0, 0.03, 0.07, 0.11, 0.14, 0.18]))
    table = formats.read(path, video).detections
    assert list(table["frame"].unique()) == [1, 3, 5]
    assert list(table["time_s"].unique()) == [0.03, 0.11, 0.18]


def test_frames_that_the_video_does_not_have_are_refused(tmp_path):
    path = tmp_path / "pose.json"
    path.write_text(json.dumps([{"frame": 9 * n, "landmarks": objects(landmarks()[n], None, False)} for n in range(3)]))
    with pytest.raises(KinebenchError, match="must belong to the video, but it has 5 frames"):
        formats.read(path, Given(times_s=np.arange(5) / 30))


def test_a_landmark_twice_in_a_frame_is_refused(tmp_path):
    path = tmp_path / "pose.csv"
    path.write_text("frame,landmark,x,y,z,likelihood\n0,NOSE,50,60,0,1\n0,NOSE,51,60,0,1\n")
    with pytest.raises(KinebenchError, match="once for each person and frame"):
        formats.read(path, RATE, format="mlkit")


def test_rows_that_say_no_frame_are_refused(tmp_path):
    path = tmp_path / "pose.csv"
    path.write_text("landmark,x,y,z,likelihood\nNOSE,50,60,0,1\n")
    with pytest.raises(KinebenchError, match="a column frame or time"):
        formats.read(path, RATE, format="mlkit")
