"""Markers in TRC files: what a camera on the person's right sees of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import formats, keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, Results, trc
from tests.conftest import shared_file

# A person who stands at the origin and faces +x; y up, z to her right, in metres, as OpenSim has it.
BODY = {
    "RHip": (0.0, 0.9, 0.1),
    "LHip": (0.0, 0.9, -0.1),
    "RKnee": (0.1, 0.5, 0.1),
    "LKnee": (0.0, 0.5, -0.1),
    "RBigToe": (0.3, 0.05, 0.12),
    "Head": (0.05, 1.7, 0.001),
    "table_leg": (1.0, 0.5, 1.0),
}
JOINTS = ("right_hip", "left_hip", "right_knee", "left_knee", "right_foot_index", "head_top")


def turned(angle_deg: float) -> np.ndarray:
    """A turn about the upright axis y."""
    a = np.radians(angle_deg)
    return np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])


def walk(frames: int = 4, angle_deg: float = 0.0) -> np.ndarray:
    """(frames, markers, 3): the body moves forward by 0.2 m a frame."""
    still = np.array(list(BODY.values()))
    return (still + np.arange(frames)[:, None, None] * [0.2, 0, 0]) @ turned(angle_deg).T


def written(path, positions: np.ndarray, names=tuple(BODY), *, units="m", frames=None, count=None, first=1):
    """As OpenSim's documentation lays it out; NaN becomes empty fields."""
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"50\t50\t{frames or len(positions)}\t{count or len(names)}\t{units}\t50\t1\t{len(positions)}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{n + 1}" for n in range(len(names)) for axis in "XYZ"),
        "",
    ]
    rows = [
        "\t".join(
            [str(n + first), f"{n * 0.02:.6f}", *("" if np.isnan(v) else repr(float(v)) for v in frame.reshape(-1))]
        )
        for n, frame in enumerate(positions)
    ]
    path.write_text("\n".join(head + rows) + "\n")
    return path


def wide(recording) -> np.ndarray:
    """(frames, joints, 6) of a recording with world coordinates."""
    return recording.detections[[*keypoints.PLANE, *keypoints.WORLD]].to_numpy().reshape(-1, len(recording.joints), 6)


@given(angle_deg=st.floats(-180, 180), away=st.floats(-50, 50))
def test_whichever_way_she_walks_through_the_lab_she_faces_the_pictures_right(tmp_path_factory, angle_deg, away):
    path = written(tmp_path_factory.mktemp("trc") / "walk.trc", walk(angle_deg=angle_deg) + np.array([away, 0, -away]))
    recording = formats.read(path)
    found = wide(recording)
    assert recording.joints == JOINTS
    assert recording.metres_per_px == 1 / 500
    expected = walk()[:, : len(JOINTS)]
    assert_allclose(np.diff(found[:, 0, 0]), 100, atol=1e-6)  # 0.2 m to the right
    apart = found[:, :, :2] - found[:, :1, :2]
    assert_allclose(apart, (expected - expected[:, :1])[..., :2] * [500, -500], atol=1e-6)
    # From the middle of the hips: x forward, y down, z away from the viewer, who stands on her right.
    middle = (expected[:, :1] + expected[:, 1:2]) / 2
    assert_allclose(found[..., 3:], (expected - middle) * [1, -1, -1], atol=1e-9)
    assert (found[..., 2] == 1).all()
    assert found[..., :2].min() >= 0


def test_times_and_numbers_of_frames_are_the_files(tmp_path):
    table = trc.read(written(tmp_path / "walk.trc", walk(), first=31), Given(frame_rate_hz=1.0)).detections
    assert list(table["frame"].unique()) == [31, 32, 33, 34]
    assert_allclose(table["time_s"].unique(), [0, 0.02, 0.04, 0.06])


@pytest.mark.parametrize(("units", "factor"), [("m", 1), ("mm", 1000), ("cm", 100)])
def test_units(tmp_path, units, factor):
    found = wide(trc.read(written(tmp_path / "walk.trc", walk() * factor, units=units), Given()))
    assert_allclose(found[0, 2, 4] - found[0, 0, 4], 0.4)


@pytest.mark.parametrize("gone", [np.nan, 0.0])
def test_a_marker_without_numbers_or_at_the_origin_is_missing(tmp_path, gone):
    positions = walk()
    positions[1, 2] = gone
    found = wide(trc.read(written(tmp_path / "walk.trc", positions), Given()))
    assert np.isnan(found[1, 2, [0, 1, 3, 4, 5]]).all()
    assert found[1, 2, 2] == 0
    assert np.isfinite(found[[0, 2, 3], 2]).all()


def test_markers_of_the_surroundings_are_left_out_and_listed(tmp_path):
    recording = trc.read(written(tmp_path / "walk.trc", walk()), Given())
    assert any("table_leg" in note for note in recording.notes)


def test_what_kinebench_writes_it_reads_again(tmp_path):
    values = np.random.default_rng(0).uniform(100, 900, (5, 4, 3))
    values[..., 2] = 1
    joints = ("left_hip", "right_hip", "left_knee", "nose")
    table = keypoints.make(np.arange(5) / 25, joints, values)
    trc.write(Results(table, width=1000, height=1000, metres_per_px=0.004), tmp_path / "out.trc")
    recording = trc.read(tmp_path / "out.trc", Given())
    found = recording.detections[["x", "y"]].to_numpy().reshape(5, 4, 2)
    low = values[..., :2].min(axis=(0, 1))
    assert recording.joints == joints
    assert_allclose((found - 100) * recording.metres_per_px, (values[..., :2] - low) * 0.004, atol=2e-6)


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("reference/opencap_walk_markers.trc", {"left_knee", "right_knee", "left_heel", "neck", "right_wrist"}),
        (
            "reference/pose2sim_balance_single/S00_P00_T01_BalancingTrial_0-100.trc",
            {"nose", "head_top", "left_foot_index"},
        ),
    ],
)
def test_files_of_opencap_and_pose2sim(name, sees):
    path = shared_file(name)
    assert formats.recognised(path) == "trc"
    recording = formats.read(path)
    assert sees <= set(recording.joints)
    found = wide(recording)
    assert np.isfinite(found).all()
    height = found[..., 1].max(axis=1) - found[..., 1].min(axis=1)
    assert 1.2 < np.median(height) * recording.metres_per_px < 2.0  # from the foot to the neck or head
    hips = [recording.joints.index(f"{side}_hip") for side in ("left", "right")]
    assert np.median(found[:, hips[0], 5] - found[:, hips[1], 5]) > 0.1  # the left hip is the far one


def test_opencaps_augmented_markers_go_before_the_videos_keypoints():
    path = shared_file("reference/opencap_walk_markers.trc")
    recording = trc.read(path, Given())
    lines = path.read_text().splitlines()
    names, first = lines[3].split("\t")[2::3], np.array(lines[6].split("\t")[2:-1] or 0, dtype=float)
    at = {name: first[3 * n : 3 * n + 3] for n, name in enumerate(names) if name}
    knee = (at["r_knee_study"] + at["r_mknee_study"]) / 2
    found = wide(recording)[0]
    joints = list(recording.joints)
    between = found[joints.index("right_knee"), 4] - found[joints.index("right_hip"), 4]
    assert_allclose(between, at["RHJC_study"][1] - knee[1], atol=1e-6)


def cut(path, lines: int | None = None, characters: int | None = None):
    text = path.read_text()
    path.write_text("\n".join(text.splitlines()[:lines]) if lines else text[:characters])
    return path


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda p: written(p, walk(), units="inch"), "Units as one of"),
        (lambda p: written(p, walk(), frames=9), "NumFrames says, which is 9, but has 4"),
        (lambda p: written(p, walk(), count=5), "NumMarkers says, 5, but names 7"),
        (lambda p: cut(written(p, walk()), lines=8), "NumFrames says"),
        (lambda p: cut(written(p, walk()), characters=-90), "fields in each line|NumFrames"),
        (lambda p: cut(written(p, walk()), lines=3), "Frame# and Time"),
        (lambda p: written(p, walk()[:, [0, 4]], ["RHip", "RToe"]), "markers of both hips"),
        (lambda p: written(p, walk()[:, :3] * np.nan, list(BODY)[:3]), "a marker of the body"),
        (lambda p: written(p, walk(), ["a", *"bcdefg"]), "parts of the body"),
        (lambda p: written(p, walk(), ["RHip", *["LHip"] * 6]), "each marker once"),
        (lambda p: written(p, walk() * 1e6), "within 2000 m"),
        (lambda p: written(p, np.concatenate([walk(2), walk(2, 180)])), "turns round"),
        (lambda p: written(p, walk(), first=-3), "whole numbers from 0"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path, made, words):
    with pytest.raises(KinebenchError, match=words):
        trc.read(made(tmp_path / "walk.trc"), Given())


def test_a_person_who_turns_is_noted(tmp_path):
    recording = trc.read(written(tmp_path / "walk.trc", np.concatenate([walk(9), walk(1, 60)])), Given())
    assert any("In 10% of the frames the hips are turned by more than 30 deg" in note for note in recording.notes)
