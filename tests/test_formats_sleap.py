"""SLEAP's analysis files, written by sleap-io and by its documented layout; compared with what movement reads."""

import json

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose

from kinebench import formats
from kinebench.errors import KinebenchError
from kinebench.formats import Given, sleap

RATE = Given(frame_rate_hz=50.0)
NODES = ["L_hip", "kneeL", "Left Ankle", "tail"]
JOINTS = ("left_hip", "left_knee", "left_ankle")


def tracks(count: int = 2, frames: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """x and y (tracks, 2, nodes, frames) and scores (tracks, nodes, frames) as SLEAP's own exporter writes them."""
    random = np.random.default_rng(5)
    points = random.uniform(10, 500, (count, 2, len(NODES), frames))
    points[0, :, 1, 2] = np.nan
    points[1, :, :, 3] = np.nan
    return points, random.uniform(0, 1, (count, len(NODES), frames))


def written(path, points, scores, **more):
    with h5py.File(path, "w") as file:
        file["tracks"], file["point_scores"] = points, scores
        file["track_occupancy"] = np.isfinite(points[:, 0]).any(axis=1).T.astype(np.uint8)
        file["node_names"] = np.array([name.encode() for name in NODES])
        file["track_names"] = np.array([b"track_0", b"track_1"])
        for name, value in more.items():
            file[name] = value
    return path


def check(recording, points, scores) -> None:
    assert recording.joints == JOINTS
    table = recording.detections
    for (frame, person), own in table.groupby(["frame", "person"]):
        assert_allclose(own[["x", "y"]].to_numpy().T, points[person, :, :3, frame])
        there = np.isfinite(own["x"].to_numpy())
        assert_allclose(own["confidence"], np.where(there, scores[person, :3, frame], 0))
        assert_allclose(own["time_s"], frame / 50)
    seen = np.isfinite(points[:, 0, :3]).any(axis=1).sum()
    assert len(table) == 3 * seen


def test_analysis_hdf5(tmp_path):
    points, scores = tracks()
    path = written(tmp_path / "clip.analysis.h5", points, scores)
    assert formats.recognised(path) == "sleap"
    recording = formats.read(path, RATE)
    check(recording, points, scores)
    assert any("tail" in note for note in recording.notes)


def labels(points, scores):
    sio = pytest.importorskip("sleap_io")
    video, skeleton = sio.Video("clip.mp4"), sio.Skeleton(list(NODES))
    names = [sio.Track(f"track_{n}") for n in range(len(points))]
    frames = []
    for frame in range(points.shape[3]):
        people = [
            sio.PredictedInstance.from_numpy(
                points[n, :, :, frame].T, skeleton=skeleton, point_scores=scores[n, :, frame], score=0.5, track=names[n]
            )
            for n in range(len(points))
            if np.isfinite(points[n, :, :, frame]).any()
        ]
        frames.append(sio.LabeledFrame(video=video, frame_idx=frame, instances=people))
    return sio, sio.Labels(frames)


@pytest.mark.parametrize("preset", ["matlab", "standard"])
def test_what_sleap_io_writes_as_hdf5(tmp_path, preset):
    points, scores = tracks()
    sio, made = labels(points, scores)
    path = tmp_path / "clip.analysis.h5"
    sio.save_analysis_h5(made, str(path), preset=preset)
    assert formats.recognised(path) == "sleap"
    check(formats.read(path, RATE), points, scores)


def test_what_sleap_io_writes_as_csv(tmp_path):
    points, scores = tracks()
    sio, made = labels(points, scores)
    path = tmp_path / "clip.analysis.csv"
    sio.save_csv(made, str(path))
    assert formats.recognised(path) == "sleap"
    recording = formats.read(path, RATE)
    assert set(recording.joints) == set(JOINTS)  # its columns are sorted by name
    table = recording.detections
    for number, joint in enumerate(JOINTS):
        own = table[table["joint"] == joint]
        x, y, score = (
            points[own["person"], 0, number, own["frame"]],
            points[own["person"], 1, number, own["frame"]],
            scores[own["person"], number, own["frame"]],
        )
        assert_allclose(own[["x", "y"]].to_numpy(), np.stack([x, y], axis=1))
        assert_allclose(own["confidence"], np.where(np.isfinite(x), score, 0))


def test_movement_reads_the_same_numbers(tmp_path):
    load_poses = pytest.importorskip("movement.io.load_poses")
    points, scores = tracks()
    path = written(tmp_path / "clip.analysis.h5", points, scores)
    theirs = load_poses.from_sleap_file(path, fps=50)
    ours = formats.read(path, RATE).detections
    person, part = (next(a for a in theirs.position.dims if a.startswith(w)) for w in ("individual", "keypoint"))
    position = theirs.position.transpose("time", person, part, "space").to_numpy()
    for (frame, number), own in ours.groupby(["frame", "person"]):
        assert_allclose(own[["x", "y"]].to_numpy(), position[frame, number, :3], rtol=1e-6)


def test_people_without_a_track_are_numbered_within_their_frame(tmp_path):
    path = tmp_path / "clip.csv"
    rows = [
        "track,frame_idx,instance.score,LHip.x,LHip.y,LHip.score",
        ",0,1,10,20,0.5",
        ",0,1,30,40,0.6",
        ",1,1,11,21,0.7",
    ]
    path.write_text("\n".join(rows) + "\n")
    table = formats.read(path, RATE).detections
    assert table[["frame", "x", "confidence"]].to_numpy().tolist() == [[0, 10, 0.5], [0, 30, 0.6], [1, 11, 0.7]]
    assert table["person"].tolist()[0] == table["person"].tolist()[2] != table["person"].tolist()[1]


def test_points_set_by_hand_and_scores_above_1_are_noted(tmp_path):
    points, scores = tracks()
    scores[0, 0, 0], scores[0, 0, 1] = np.nan, 1.2
    recording = formats.read(written(tmp_path / "clip.h5", points, scores), RATE)
    own = recording.detections.query("person == 0 and joint == 'left_hip' and frame < 2")
    assert own["confidence"].tolist() == [1, 1]
    assert "1 points have no score" in " ".join(recording.notes)
    assert "1 scores above 1 (up to 1.2)" in " ".join(recording.notes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file["tracks"].attrs.update({"dims": json.dumps(["a", "b", "c", "d"])}), "name the axes"),
        (lambda file: file["tracks"].attrs.update({"dims": "[[["}), "name the axes"),
        (lambda file: replaced(file, "tracks", np.zeros((2, 2, 4))), "four axes"),
        (lambda file: replaced(file, "tracks", np.zeros((2, 2, 3, 5))), "x and y of each of its 4 nodes"),
        (lambda file: replaced(file, "tracks", np.zeros((2, 3, 4, 5))), "x and y of each"),
        (lambda file: replaced(file, "point_scores", np.zeros((2, 4, 6))), "a score for each point"),
        (lambda file: replaced(file, "point_scores", np.zeros((4, 2, 5))), "in the order of tracks"),
        (lambda file: replaced(file, "tracks", np.full((2, 2, 4, 5), 1e300)), "pixels of a picture"),
        (lambda file: replaced(file, "tracks", np.full((2, 2, 4, 5), np.nan)), "at least one joint"),
        (lambda file: replaced(file, "node_names", np.arange(4)), "must hold texts"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path, change, words):
    path = written(tmp_path / "clip.h5", *tracks())
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(KinebenchError, match=words):
        sleap.read(path, RATE)


def replaced(file, name: str, value) -> None:
    del file[name]
    file[name] = value
