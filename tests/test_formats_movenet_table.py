"""Tables of normalised keypoints in the manner of MoveNet's tutorials."""

import csv

import numpy as np
import pytest
from numpy.testing import assert_allclose

from kinebench import formats, keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, movenet_table
from kinebench.skeleton import COCO17

JOINTS = COCO17.joints
SIZE = Given(width=640, height=480, frame_rate_hz=25.0)


def output(frames: int = 3) -> np.ndarray:
    """(frames, 17, 3) in the order of the network's answer: y, x, score."""
    return np.random.default_rng(3).uniform(0.1, 0.9, (frames, 17, 3)).round(6)


def written(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def check(recording, expected: np.ndarray) -> None:
    found = recording.detections[["x", "y", "confidence"]].to_numpy().reshape(-1, 17, 3)
    assert recording.joints == JOINTS
    assert_allclose(found[..., :2], expected[..., [1, 0]] * [640, 480] - 0.5)
    assert_allclose(found[..., 2], expected[..., 2])
    assert_allclose(recording.detections["time_s"].unique(), [0, 0.04, 0.08])


@pytest.mark.parametrize("score", ["score", "confidence"])
@pytest.mark.parametrize("common", [("frame", "time"), ("frame",), ("time_s",), ()])
def test_columns_by_name(tmp_path, score, common):
    expected = output()
    header = [*common, *(f"{joint}_{c}" for joint in JOINTS for c in ("y", "x", score))]
    known = {"frame": lambda n: n, "time": lambda n: 0.04 * n, "time_s": lambda n: 0.04 * n}
    rows = [[*(known[name](n) for name in common), *expected[n].reshape(-1)] for n in range(3)]
    path = written(tmp_path / "movenet.csv", header, rows)
    assert formats.recognised(path) == "movenet_table"
    recording = formats.read(path, SIZE)
    check(recording, expected)
    assert any("neither frames' numbers nor times" in note for note in recording.notes) == (not common)


def test_columns_by_number(tmp_path):
    expected = output()
    header = [f"keypoint_{n}_{c}" for n in range(17) for c in ("y", "x", "score")]
    path = written(tmp_path / "movenet.csv", header, expected.reshape(3, -1))
    with pytest.raises(KinebenchError, match="parts of the body"):
        movenet_table.read(path, SIZE)
    header = [f"{c}{n}" for n in range(17) for c in ("y", "x", "score")]
    check(movenet_table.read(written(path, header, expected.reshape(3, -1)), SIZE), expected)


def test_pixels_are_told_apart_by_their_size(tmp_path):
    expected = output()
    pixels = expected * [480, 640, 1]
    header = ["frame", *(f"{joint}_{c}" for joint in JOINTS for c in ("y", "x", "score"))]
    path = written(tmp_path / "movenet.csv", header, [[n, *pixels[n].reshape(-1)] for n in range(3)])
    found = formats.read(path, Given(frame_rate_hz=25.0)).detections
    assert_allclose(found[["y", "x"]].to_numpy().reshape(3, 17, 2), pixels[..., :2])


def test_without_scores_the_confidence_is_1_and_it_is_said(tmp_path):
    header = ["frame", *(f"{joint}_{c}" for joint in JOINTS for c in "xy")]
    path = written(tmp_path / "movenet.csv", header, [[n, *output()[n, :, :2].reshape(-1)] for n in range(3)])
    assert formats.recognised(path) == "movenet_table"
    recording = formats.read(path, SIZE)
    assert (recording.detections["confidence"] == 1).all()
    assert any("has no confidences" in note for note in recording.notes)


def test_kinebenchs_own_table_stays_its_own(tmp_path):
    values = output()[..., [1, 0, 2]] * [640, 480, 1]
    path = tmp_path / "keypoints.csv"
    keypoints.save(keypoints.make(np.arange(3) / 25, JOINTS, values), path)
    assert formats.recognised(path) == "table"
    assert not movenet_table.matches(path)


def test_a_joint_that_lacks_a_coordinate_is_named(tmp_path):
    header = [f"{joint}_{c}" for joint in JOINTS for c in ("y", "x", "score")]
    header.remove("left_knee_x")
    path = written(tmp_path / "movenet.csv", header, np.full((1, 50), 0.5))
    with pytest.raises(KinebenchError, match="x and y of left_knee, but lacks x"):
        movenet_table.read(path, SIZE)
