"""Facing, near side, floor, tilt, metres and squareness against what scenes were generated with."""

import tomllib

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from kinebench import keypoints, skeleton
from kinebench.errors import KinebenchError
from kinebench.scale import Scaling, calibrate
from kinebench.scale.view import squareness
from kinebench.smoothing import Smoothing, smooth
from kinebench.synthetic import Scene, keypoint_table

TASKS = ["sit-to-stand", "rowing"]


def calibration_of(table: pd.DataFrame, **given):
    return calibrate(table, table, Scaling(**given))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("facing", ["left", "right"])
@pytest.mark.parametrize("noise_px", [0.0, 4.0])
def test_facing_and_near_side_are_told(task, facing, noise_px):
    scene = Scene(task=task, facing=facing)
    found = calibration_of(keypoint_table(scene, noise_px=noise_px, frames=200))
    assert (found.facing, found.near_side) == (scene.facing, scene.near_side)
    assert "more confidence (0.98 against 0.70)" in found.near_side_why
    assert f"point {facing} in the picture" in found.facing_why


@pytest.mark.parametrize("task", TASKS)
def test_facing_is_told_from_head_and_knees_where_a_network_has_no_feet(task):
    table = keypoint_table(Scene(task=task, facing="left"), frames=100)
    coco = table[[column for column in table if column[0] in skeleton.COCO17.joints]]
    found = calibration_of(coco)
    assert (found.facing, found.near_side) == ("left", "left")
    assert "feet" not in found.facing_why


def test_the_near_side_follows_from_the_facing_where_both_sides_are_seen_alike():
    table = keypoint_table(Scene(facing="left"), far_confidence=0.98, frames=60)
    found = calibration_of(table)
    assert found.near_side == "left"
    assert found.near_side_why == "who faces left in the picture shows that side"


def test_confidence_decides_against_the_facing_and_says_that_signs_disagree():
    table = keypoint_table(Scene(facing="right"), frames=60).rename(columns=skeleton.mirrored, level=0)
    found = calibration_of(table)
    assert found.near_side == "left"
    assert "not all signs agree" in found.near_side_why


def test_depth_decides_where_there_is_depth():
    table = keypoint_table(Scene(facing="right"), far_confidence=0.98, frames=60)
    for joint in keypoints.joints(table):
        for axis, depth in zip(keypoints.WORLD, (0.0, 0.0, 0.2 if joint.startswith("left") else -0.1), strict=True):
            table[(joint, axis)] = depth
    found = calibration_of(table)
    assert "0.30 m nearer to the camera" in found.near_side_why


def test_what_the_user_says_goes_before_what_is_found():
    table = keypoint_table(Scene(facing="right"), frames=60)
    found = calibration_of(table, facing="left", near_side="left", camera_tilt_deg=3.0)
    assert (found.facing, found.near_side, found.tilt_deg) == ("left", "left", 3.0)
    assert found.facing_why == found.near_side_why == found.tilt_why == "as given"


@pytest.mark.parametrize("noise_px", [0.0, 3.0])
@pytest.mark.parametrize("height_m", [1.5, 1.9])
@pytest.mark.parametrize("task", TASKS)
def test_the_scale_from_the_height_is_true_in_the_near_sides_plane(task, height_m, noise_px):
    scene = Scene(task=task, height_m=height_m, yaw_deg=0, pitch_deg=0, roll_deg=0)
    table = keypoint_table(scene, noise_px=noise_px, frames=300)
    found = calibrate(table, smooth(table, Smoothing()).keypoints, Scaling(height_m=height_m))
    true = scene.camera.focal_px / (scene.distance_m - scene.body.hip_half)
    assert found.px_per_m == pytest.approx(true, rel=0.025)
    assert found.scale_uncertainty == 0.04
    assert "Drillis and Contini" in found.scale_method


def test_a_known_length_goes_before_the_height():
    ends = {"x1": 100.0, "y1": 50.0, "x2": 400.0, "y2": 450.0}
    given = {f"known_length_{name}_px": value for name, value in ends.items()}
    found = calibration_of(keypoint_table(Scene(), frames=60), height_m=1.7, known_length_m=2.0, **given)
    assert found.px_per_m == pytest.approx(250.0)
    assert found.scale_method == "from the known length drawn in the picture"


def test_without_height_or_length_there_is_no_scale():
    found = calibration_of(keypoint_table(Scene(), frames=60))
    assert found.px_per_m is None
    assert np.isnan(found.scale_uncertainty)


@pytest.mark.parametrize("height_m", [180, 2.6, 0.4])
def test_centimetres_for_metres_are_refused_with_the_remedy(height_m):
    with pytest.raises(KinebenchError, match=r"height_m must be between 0.5 and 2.5 m, but got .*Give metres, not"):
        Scaling(height_m=height_m)


def test_a_known_length_needs_both_its_ends_and_some_length():
    with pytest.raises(KinebenchError, match="known_length_x2_px, known_length_y2_px must be given together with"):
        Scaling(known_length_m=1.0, known_length_x1_px=1.0, known_length_y1_px=1.0)
    ends = dict.fromkeys(("x1", "y1", "x2", "y2"), 5.0)
    with pytest.raises(KinebenchError, match="at least 2 px apart, but they are 0 px apart"):
        Scaling(known_length_m=1.0, **{f"known_length_{name}_px": value for name, value in ends.items()})


def test_the_floor_lies_below_the_near_foot():
    scene = Scene(pitch_deg=0, roll_deg=0, yaw_deg=0)
    table = keypoint_table(scene, frames=120)
    found = calibration_of(table)
    feet = max(keypoints.points(table, f"right_{part}")[:, 1].max() for part in ("heel", "foot_index"))
    assert found.floor_y_px == pytest.approx(feet, abs=1.0)
    assert found.floor_slope == 0.0
    assert_allclose(found.height(np.array([50.0, found.floor_y_px - 10])), 10)
    assert_allclose(found.forward(np.add(found.origin_px, [7, 0])), 7)


def test_the_floor_is_told_from_ankle_and_shank_where_a_network_has_no_feet():
    table = keypoint_table(Scene(pitch_deg=0, roll_deg=0), frames=60)
    coco = table[[column for column in table if column[0] in skeleton.COCO17.joints]]
    assert calibration_of(coco).floor_y_px == pytest.approx(calibration_of(table).floor_y_px, abs=12)


@pytest.mark.parametrize("task", TASKS)
def test_feet_that_stay_tell_no_tilt(task):
    found = calibration_of(keypoint_table(Scene(task=task, roll_deg=6.0), noise_px=2.0, frames=200))
    assert found.tilt_deg == 0.0
    assert "taken as level" in found.tilt_why


def walking(tilt_deg: float, noise_px: float = 1.0, steps: int = 6) -> pd.DataFrame:
    """The right leg of someone who steps to the right, 150 px each time: 0.5 s on the floor, 0.5 s in the air."""
    time_s = np.arange(30 * steps) / 30
    stand, phase = np.divmod(time_s, 1.0)
    swing = np.clip((phase - 0.5) / 0.5, 0, 1)
    x = 200 + 150 * (stand + swing - np.sin(2 * np.pi * swing) / (2 * np.pi))
    lift = 40 * np.sin(np.pi * swing) ** 2
    parts = {"foot_index": (30, 0), "heel": (-20, 0), "ankle": (0, 25), "knee": (10, 130), "hip": (0, 240)}
    roll = np.radians(tilt_deg)
    random = np.random.default_rng(4)
    values = []
    for ahead, up in parts.values():
        flat = np.stack([x + ahead, -(lift + up)], axis=1)
        turned = flat @ np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        values.append(turned + [0, 700] + noise_px * random.standard_normal(flat.shape))
    xy = np.stack(values, axis=1)
    table = np.concatenate([xy, np.full((*xy.shape[:2], 1), 0.9)], axis=-1)
    return keypoints.make(time_s, [f"right_{part}" for part in parts], table)


@pytest.mark.parametrize("tilt_deg", [-6.0, 0.0, 4.0])
def test_a_walk_along_the_floor_tells_the_tilt(tilt_deg):
    found = calibration_of(walking(tilt_deg), facing="right", near_side="right")
    assert found.tilt_deg == pytest.approx(tilt_deg, abs=0.7)
    assert "places where the foot stood" in found.tilt_why
    # Against the floor line found, the standing foot is on the floor all along.
    toe = found.height(keypoints.points(walking(tilt_deg, 0.0), "right_foot_index"))
    assert np.percentile(toe, [5, 40]).max() < 8


def test_a_hop_up_and_down_stairs_is_no_floor_line():
    table = walking(0.0)
    level = 60 * (np.floor(keypoints.times(table)) % 2)
    xy = keypoints.positions(table) - np.stack([0 * level, level], axis=1)[:, None, :]
    found = calibration_of(keypoints.with_positions(table, xy), facing="right", near_side="right")
    assert found.tilt_deg == 0.0
    assert "do not lie on a line" in found.tilt_why


@pytest.mark.parametrize("yaw_deg", [-25.0, 0.0, 15.0, 40.0])
@pytest.mark.parametrize("facing", ["left", "right"])
def test_the_cameras_yaw_is_told_for_someone_in_the_middle_of_the_picture(yaw_deg, facing):
    scene = Scene(task="sit-to-stand", facing=facing, yaw_deg=yaw_deg, pitch_deg=0, roll_deg=0)
    found = calibration_of(keypoint_table(scene, noise_px=2.0, frames=300), near_side=facing, facing=facing)
    assert found.yaw_deg == pytest.approx(yaw_deg, abs=max(found.yaw_doubt_deg, 6.0))


def test_yaw_cannot_be_told_from_one_side():
    table = keypoint_table(Scene(), frames=30)
    half = table[[column for column in table if not column[0].startswith("left")]]
    found = squareness(half, "right", 1)
    assert np.isnan(found.yaw_deg)
    assert found.why == "shoulders and hips were seen on one side only"


def test_nobody_at_all_is_calibrated_with_reasons_and_without_numbers():
    table = keypoint_table(Scene(), frames=5)
    empty = keypoints.with_positions(table, np.full((5, len(keypoints.joints(table)), 2), np.nan))
    found = calibration_of(empty, height_m=1.7)
    assert found.px_per_m is None
    assert np.isnan([found.floor_y_px, found.yaw_deg]).all()
    assert "could not be told" in found.facing_why
    assert calibration_of(table.iloc[:0], height_m=1.7).px_per_m is None


def recorded(path) -> pd.DataFrame:
    """MediaPipe's own landmarks of a shared video as a keypoint table."""
    given = pd.read_csv(path)
    names = skeleton.BLAZEPOSE33.joints
    theirs = {"left_mouth": "mouth_left", "right_mouth": "mouth_right"}
    coordinates = ("x", "y", "visibility", *keypoints.WORLD)
    values = np.stack([given[[f"{theirs.get(name, name)}_{c}" for c in coordinates]] for name in names], axis=1)
    return keypoints.make(given["pts_s"].to_numpy(), names, values)


def test_a_filmed_rower_faces_right_and_shows_the_right_side(shared_file):
    table = recorded(shared_file("reference/mediapipe_0.10.21_full_raw__rowing_ergometer_side_jakobkb.csv"))
    found = calibration_of(table)
    assert (found.facing, found.near_side) == ("right", "right")
    assert abs(found.yaw_deg) < 20


def test_a_filmed_balancer_is_not_square_to_the_camera(shared_file):
    """The true angle follows from the triangulated joints and the calibrated camera, both by others."""
    table = recorded(shared_file("reference/mediapipe_0.10.21_full_raw__balance_beam_single_pose2sim_cam01.csv"))
    folder = "reference/pose2sim_balance_single"
    camera = tomllib.loads(shared_file(f"{folder}/Calib_qualisys.toml").read_text())["cam_01"]
    lines = shared_file(f"{folder}/S00_P00_T01_BalancingTrial_0-100.trc").read_text().splitlines()
    names = [name for name in lines[3].split("\t")[2:] if name]
    values = np.array(
        [[float(v) for v in line.split("\t")[: 2 + 3 * len(names)]] for line in lines[5:] if line.strip()]
    )
    turn = Rotation.from_rotvec(camera["rotation"]).as_matrix()

    def seen(name: str) -> np.ndarray:  # the file's y is up; the camera was calibrated with z up
        first = 2 + 3 * names.index(name)
        return values[:, [first + 2, first, first + 1]] @ turn.T + camera["translation"]

    across, centre = seen("LHip") - seen("RHip"), (seen("LHip") + seen("RHip")) / 2
    beside = np.cross([0.0, 1.0, 0.0], centre)
    true = np.degrees(np.median(np.arctan2((across * beside).sum(1), (across * centre).sum(1))))
    assert calibration_of(table).yaw_deg == pytest.approx(true, abs=10)
