"""The truth's tables: angles are those of the joints, pixels those of the camera, keypoints keep the contract."""

import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import keypoints, skeleton
from kinebench.synthetic import Scene, detections_table, joints_3d, keypoint_table, truth_table
from kinebench.synthetic.truth import TRUTH_JOINTS, angles, projected

views = st.builds(
    Scene,
    task=st.sampled_from(("sit-to-stand", "rowing")),
    seed=st.integers(0, 100),
    facing=st.sampled_from(("left", "right")),
    yaw_deg=st.floats(-20, 20),
    pitch_deg=st.floats(-5, 15),
    roll_deg=st.floats(-5, 5),
    distance_m=st.floats(3, 8),
    repetitions=st.just(1),
)
few = settings(max_examples=20, deadline=None)


def test_truth_has_the_promised_columns():
    table = truth_table(Scene(), frames=3)
    assert table.index.name == "frame"
    assert len(TRUTH_JOINTS) == 17 + 4
    for joint in TRUTH_JOINTS:
        assert {f"{joint}_x", f"{joint}_y"} <= set(table.columns)
    for side in ("left", "right"):
        for name in ("knee_flexion", "hip_flexion", "ankle_dorsiflexion", "elbow_flexion", "shoulder_flexion"):
            assert f"{side}_{name}_deg" in table
    assert "trunk_lean_deg" in table
    assert not table.isna().any().any()


@few
@given(views)
def test_angle_columns_are_the_joints_own_angles(scene):
    """Recomputed from three points by the law of cosines instead of differences of segment angles."""
    joints = {name: points[:, [0, 2]] for name, points in joints_3d(scene).items()}
    table = angles(joints_3d(scene))
    for side in ("left", "right"):
        for angle in skeleton.FLEXION_ANGLES:
            a, vertex, b = (joints[f"{side}_{name}"] for name in (angle.proximal, angle.vertex, angle.distal))
            u, v = a - vertex, b - vertex
            cosine = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
            assert_allclose(table[f"{side}_{angle.name}_deg"], 180 - np.degrees(np.arccos(cosine)), atol=1e-5)


@few
@given(views)
def test_angles_are_continuous(scene):
    """At 30 frames/s nothing turns by 30 deg between two frames unless it jumped."""
    for name, values in angles(joints_3d(scene)).items():
        assert np.abs(np.diff(values)).max() < 30, name


def test_angle_conventions():
    scene = Scene(task="sit-to-stand")
    row = scene.motion.repetitions[0]
    found = angles(joints_3d(scene, np.array([0.0, row.standing_s])))
    knee, hip, shank = (found[f"right_{name}_deg"] for name in ("knee_flexion", "hip_flexion", "shank_angle"))
    assert 90 < knee[0] < 105
    assert 80 < hip[0] < 100
    assert_allclose([knee[1], shank[1]], [5.0, 3.5], atol=1e-6)
    assert abs(hip[1]) < 6
    # Flat feet: dorsiflexion is how far the shank is tipped forward.
    assert_allclose(found["right_ankle_dorsiflexion_deg"], shank, atol=1e-9)
    assert 2 < found["trunk_lean_deg"][0] < 6


@few
@given(views)
def test_truth_pixels_are_a_pinhole_projection(scene):
    """Against the textbook form: homogeneous K [R | t] X."""
    camera = scene.camera
    points = joints_3d(scene)["left_knee"] * ([1, -1, 1] if scene.facing == "left" else [1, 1, 1])
    rotation = np.stack([camera.right, -camera.up, camera.forward])
    assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    middle = [(scene.width - 1) / 2, (scene.height - 1) / 2]
    intrinsics = np.array([[camera.focal_px, 0, middle[0]], [0, camera.focal_px, middle[1]], [0, 0, 1]])
    image = (intrinsics @ rotation @ (points - camera.position).T).T
    image = image[:, :2] / image[:, 2:]
    if scene.facing == "left":
        image[:, 0] = scene.width - 1 - image[:, 0]
    table = truth_table(scene)
    assert_allclose(table[["left_knee_x", "left_knee_y"]], image, atol=1e-8)


@few
@given(views)
def test_mirrored_facing_mirrors_the_picture(scene):
    right, left = (
        projected(s, joints_3d(s)) for s in (dataclasses.replace(scene, facing=f) for f in ("right", "left"))
    )
    for name, pixels in right.items():
        mirror = left[skeleton.mirrored(name)]
        assert_allclose(mirror[:, 0], scene.width - 1 - pixels[:, 0], atol=1e-9)
        assert_allclose(mirror[:, 1], pixels[:, 1], atol=1e-9)


def test_whoever_faces_right_has_the_nose_right_of_the_ears():
    for facing, sign in (("right", 1), ("left", -1)):
        table = truth_table(Scene(facing=facing), frames=30)
        assert (sign * (table["nose_x"] - table["left_ear_x"]) > 5).all()
        assert (sign * (table["left_foot_index_x"] - table["left_heel_x"]) > 20).all()


@few
@given(views)
def test_everyone_is_in_the_picture(scene):
    scene = dataclasses.replace(scene, yaw_deg=4.0, pitch_deg=3.0, roll_deg=1.0)
    table = truth_table(scene)
    for joint in TRUTH_JOINTS:
        assert table[f"{joint}_x"].between(10, scene.width - 10).all(), joint
        assert table[f"{joint}_y"].between(10, scene.height - 10).all(), joint


def test_near_side_projects_larger_than_the_far_side():
    table = truth_table(Scene(facing="left"), frames=1).iloc[0]
    length = {
        side: np.hypot(
            table[f"{side}_knee_x"] - table[f"{side}_ankle_x"], table[f"{side}_knee_y"] - table[f"{side}_ankle_y"]
        )
        for side in ("left", "right")
    }
    assert length["left"] > length["right"]


def test_keypoints_without_noise_are_the_truth():
    scene = Scene(task="rowing")
    table, truth = keypoint_table(scene), truth_table(scene)
    keypoints.check(table)
    assert keypoints.joints(table) == skeleton.BLAZEPOSE33.joints
    assert_allclose(keypoints.times(table), truth["time_s"])
    for joint in TRUTH_JOINTS:
        assert_allclose(keypoints.points(table, joint), truth[[f"{joint}_x", f"{joint}_y"]])
    assert (keypoints.confidence(table, "right_knee") > keypoints.confidence(table, "left_knee")).all()


def test_noise_has_the_size_asked_for_and_its_seed():
    scene = Scene()
    clean = keypoints.positions(keypoint_table(scene))
    noisy = keypoints.positions(keypoint_table(scene, noise_px=3.0, seed=1))
    assert np.std(noisy - clean) == pytest.approx(3.0, rel=0.02)
    assert_allclose(noisy, keypoints.positions(keypoint_table(scene, noise_px=3.0, seed=1)))
    assert not np.allclose(noisy, keypoints.positions(keypoint_table(scene, noise_px=3.0, seed=2)))


def test_detections_hold_the_bystander_as_a_second_person():
    scene = Scene(bystander=True)
    table = detections_table(scene, frames=4)
    assert tuple(table.columns) == keypoints.DETECTION_COLUMNS
    assert table.groupby(["frame", "person"]).size().to_dict() == {(f, p): 33 for f in range(4) for p in (0, 1)}
    tall = table.groupby(["frame", "person"])["y"].agg(np.ptp).unstack()
    assert (tall[1] < scene.height).all()
    alone = detections_table(Scene(), frames=4)
    assert set(alone["person"]) == {0}


def test_fixed_rate_frames_come_on_the_grid():
    scene = Scene(frame_rate_hz=30.0)
    assert_allclose(scene.times_s, np.arange(len(scene.times_s)) / 30)
    assert scene.times_s[-1] <= scene.motion.duration_s < scene.times_s[-1] + 1 / 30


def test_variable_rate_frames_are_uneven_strictly_increasing_and_of_the_asked_mean():
    scene = Scene(variable_frame_rate=True, frame_rate_hz=30.0)
    steps = np.diff(scene.times_s)
    assert scene.times_s[0] == 0
    assert steps.min() > 0.02
    assert np.std(steps) > 0.001
    assert 1 / steps.mean() == pytest.approx(30, rel=0.1)
    truth = truth_table(scene)
    assert_allclose(truth["right_knee_flexion_deg"], angles(joints_3d(scene, scene.times_s))["right_knee_flexion_deg"])


def test_truth_needs_no_renderer(tmp_path):
    """In a fresh interpreter numba, OpenCV and PyAV stay away until a picture is asked for."""
    import subprocess

    code = (
        "import sys; from kinebench.synthetic import Scene, truth_table, events, keypoint_table;"
        "s = Scene(); truth_table(s); events(s); keypoint_table(s);"
        "print([m for m in ('numba', 'cv2', 'av', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]"


def test_generate_stays_a_function_whatever_else_of_the_package_is_loaded():
    import kinebench.synthetic
    import kinebench.synthetic.__main__
    import kinebench.synthetic.files

    assert callable(kinebench.synthetic.generate)
