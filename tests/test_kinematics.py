"""Signals against closed-form motion, against generated truth and against others' results; laws of symmetry."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import keypoints, kinematics, scale, skeleton, smoothing
from kinebench.errors import KinebenchError
from kinebench.scale import Scaling
from kinebench.synthetic import Scene, keypoint_table, truth_table

LEG = ("hip", "knee", "ankle", "heel", "foot_index")
ARM = ("shoulder", "elbow", "wrist")


def figure(time_s: np.ndarray, at: dict[str, np.ndarray], confidence: float = 0.9) -> pd.DataFrame:
    """A keypoint table of joints given as (frames, 2) or as one point."""
    xy = np.stack([np.broadcast_to(points, (len(time_s), 2)) for points in at.values()], axis=1)
    values = np.concatenate([xy, np.full((*xy.shape[:2], 1), confidence)], axis=-1)
    return keypoints.make(time_s, list(at), values)


def stick(time_s: np.ndarray, *, knee_deg=0.0, lean_deg=0.0, elbow_deg=0.0, shank_deg=0.0) -> pd.DataFrame:
    """Both sides alike, facing right, feet flat at y = 400, with the flexions asked for (numbers or (frames,))."""

    def along(length: float, tip_deg) -> np.ndarray:
        tip = np.radians(np.broadcast_to(tip_deg, time_s.shape))
        return length * np.stack([np.sin(tip), -np.cos(tip)], axis=1)

    ankle = np.array([300.0, 380.0])
    knee = ankle + along(100, shank_deg)
    hip = knee + along(100, np.subtract(shank_deg, knee_deg))
    shoulder = hip + along(120, lean_deg)
    elbow = shoulder - along(70, lean_deg)
    at = {
        "hip": hip,
        "knee": knee,
        "ankle": ankle,
        "heel": np.array([290.0, 400.0]),
        "foot_index": np.array([340.0, 400.0]),
        "shoulder": shoulder,
        "elbow": elbow,
        "wrist": elbow - along(60, np.subtract(lean_deg, elbow_deg)),
    }
    return figure(time_s, {f"{side}_{part}": points for part, points in at.items() for side in skeleton.SIDES})


def measured(table: pd.DataFrame, **given) -> pd.DataFrame:
    return kinematics.signals(table, scale.calibrate(table, table, Scaling(**given)))


TIMES = np.arange(60) / 30


def test_every_angle_reads_what_the_figure_was_drawn_with():
    knee = 45 + 40 * np.sin(2 * TIMES)
    signals = measured(stick(TIMES, knee_deg=knee, lean_deg=20.0, elbow_deg=30.0, shank_deg=10.0), facing="right")
    assert_allclose(signals["left_knee_flexion_deg"], knee, atol=1e-9)
    assert_allclose(signals["left_shank_angle_deg"], 10, atol=1e-9)
    assert_allclose(signals["left_thigh_angle_deg"], 10 - knee, atol=1e-9)
    assert_allclose(signals["trunk_lean_deg"], 20, atol=1e-9)
    assert_allclose(signals["left_hip_flexion_deg"], 20 - (10 - knee), atol=1e-9)
    assert_allclose(signals["left_elbow_flexion_deg"], 30, atol=1e-9)
    assert_allclose(signals["left_shoulder_flexion_deg"], 0, atol=1e-9)
    assert_allclose(signals["left_ankle_dorsiflexion_deg"], 10, atol=1e-9)
    assert_allclose(signals["left_upper_arm_angle_deg"], 20, atol=1e-9)
    assert_allclose(signals["left_forearm_angle_deg"], -10, atol=1e-9)


def test_angular_velocity_is_the_slope_of_the_angle():
    time_s = np.cumsum(np.where(np.arange(60) % 3, 0.02, 0.05))
    signals = measured(stick(time_s, knee_deg=5 + 30 * time_s), facing="right")
    assert_allclose(signals["right_knee_flexion_velocity_deg_s"], 30, atol=1e-6)
    assert_allclose(signals["trunk_lean_velocity_deg_s"], 0, atol=1e-6)


def test_a_hyperextended_knee_reads_negative_and_wobbles_through_zero():
    knee = 4 * np.sin(5 * TIMES)
    signals = measured(stick(TIMES, knee_deg=knee), facing="right")
    assert_allclose(signals["left_knee_flexion_deg"], knee, atol=1e-9)


def mirrored(table: pd.DataFrame, width: float) -> pd.DataFrame:
    """The picture seen in a mirror, as a network would name it: the other side's joints."""
    flipped = table.rename(columns={joint: skeleton.mirrored(joint) for joint in keypoints.joints(table)}, level=0)
    x = flipped.columns.get_level_values(1) == "x"
    flipped.loc[:, x] = width - flipped.loc[:, x]
    return flipped[table.columns]


@pytest.mark.parametrize("task", ["sit-to-stand", "rowing"])
def test_mirroring_exchanges_left_and_right_and_turns_the_facing_round(task):
    table = keypoint_table(Scene(task=task), noise_px=1.0, frames=90)
    flipped = mirrored(table, 853.0)
    calibration = scale.calibrate(table, table, Scaling(height_m=1.72))
    other = scale.calibrate(flipped, flipped, Scaling(height_m=1.72))
    assert (calibration.facing, other.facing) == ("right", "left")
    assert (calibration.near_side, other.near_side) == ("right", "left")
    signals, turned = kinematics.signals(table, calibration), kinematics.signals(flipped, other)
    for column in signals:
        assert_allclose(turned[skeleton.mirrored(column)], signals[column], atol=1e-6, err_msg=column)


@settings(max_examples=15, deadline=None)
@given(st.floats(-300, 300), st.floats(-300, 300), st.floats(0.3, 4))
def test_angles_are_invariant_under_translation_and_scale_and_lengths_scale(x, y, factor):
    table = keypoint_table(Scene(task="rowing"), noise_px=1.0, frames=40)
    moved = keypoints.with_positions(table, keypoints.positions(table) * factor + [x, y])
    signals, changed = measured(table), measured(moved)
    for column in signals:
        expected = signals[column] if "_deg" in column else signals[column] * factor
        assert_allclose(changed[column], expected, rtol=1e-6, atol=1e-6, err_msg=column)


@settings(max_examples=10, deadline=None)
@given(st.floats(-12, 12))
def test_a_rolled_camera_changes_nothing_when_its_tilt_is_given(tilt):
    table = keypoint_table(Scene(task="sit-to-stand", roll_deg=0.0), frames=60)
    roll = np.radians(tilt)
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    rolled = keypoints.with_positions(table, keypoints.positions(table) @ turn)
    signals, changed = measured(table), measured(rolled, camera_tilt_deg=float(tilt))
    for column in ("trunk_lean_deg", "right_hip_flexion_deg", "right_hip_height_px", "right_wrist_forward_px"):
        assert_allclose(np.ptp(changed[column]), np.ptp(signals[column]), rtol=1e-6, err_msg=column)
        assert_allclose(changed[column] - changed[column].mean(), signals[column] - signals[column].mean(), atol=1e-6)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_speed_scales_with_the_frame_rate(factor):
    table = keypoint_table(Scene(task="rowing"), frames=60)
    faster = table.copy()
    faster.index = pd.Index(keypoints.times(table) / factor, name="time_s")
    slow, fast = measured(table), measured(faster)
    for column in ("right_wrist_speed_px_s", "right_knee_flexion_velocity_deg_s"):
        assert_allclose(fast[column], slow[column] * factor, rtol=1e-9)


def test_metres_exist_only_with_a_scale_and_are_the_pixels_over_it():
    table = stick(TIMES, knee_deg=20 + 10 * np.sin(TIMES))
    bare, scaled = measured(table), measured(table, height_m=1.8)
    assert not [column for column in bare if column.endswith(("_m", "_m_s"))]
    per_m = scale.calibrate(table, table, Scaling(height_m=1.8)).px_per_m
    assert per_m is not None
    assert_allclose(scaled["left_hip_height_m"], scaled["left_hip_height_px"] / per_m)
    assert_allclose(scaled["left_wrist_speed_m_s"], scaled["left_wrist_speed_px_s"] / per_m)


def test_height_is_above_the_floor_and_forward_counts_from_the_ankle():
    signals = measured(stick(TIMES), facing="right")
    assert_allclose(signals["left_ankle_height_px"], 20, atol=1e-9)
    assert_allclose(signals["left_hip_height_px"], 220, atol=1e-9)
    assert_allclose(signals["left_ankle_forward_px"], 0, atol=1e-9)


def test_a_network_without_feet_or_arms_has_no_columns_for_them():
    whole = stick(TIMES)
    legs = whole[[column for column in whole if column[0].split("_", 1)[1] in ("hip", "knee", "ankle")]]
    signals = measured(legs)
    assert "left_knee_flexion_deg" in signals
    assert not [column for column in signals if "elbow" in column or "dorsiflexion" in column or "trunk" in column]


def test_an_empty_table_one_frame_and_a_missing_person_give_signals_without_values():
    empty = measured(stick(np.zeros(0)))
    assert len(empty) == 0
    assert "left_knee_flexion_deg" in empty
    one = measured(stick(np.zeros(1), knee_deg=30.0), facing="right")
    assert_allclose(one["left_knee_flexion_deg"], 30)
    assert one["left_wrist_speed_px_s"].isna().all()
    missing = stick(TIMES)
    nobody = keypoints.with_positions(missing, np.full((60, len(keypoints.joints(missing)), 2), np.nan))
    assert measured(nobody).isna().all(axis=None)


def test_a_gap_stays_a_gap_in_every_signal():
    table = stick(TIMES, knee_deg=20 + 10 * np.sin(TIMES))
    xy = keypoints.positions(table).copy()
    xy[20:30] = np.nan
    signals = measured(keypoints.with_positions(table, xy), facing="right")
    for column in ("left_knee_flexion_deg", "left_wrist_speed_px_s", "trunk_lean_deg"):
        assert signals[column].isna().to_numpy().nonzero()[0].tolist() == list(range(20, 30))


def test_the_trunk_is_told_from_the_near_side_where_the_far_one_is_hidden():
    table = keypoint_table(Scene(task="sit-to-stand"), frames=120)
    whole = measured(table)["trunk_lean_deg"]
    hidden = table.copy()
    for joint in ("left_hip", "left_shoulder"):
        hidden.loc[hidden.index[30:60], [(joint, "x"), (joint, "y")]] = np.nan
    told = kinematics.signals(hidden, scale.calibrate(table, table, Scaling()))["trunk_lean_deg"]
    assert_allclose(told[:30], whole[:30], atol=1e-9)
    assert_allclose(told[30:60], whole[30:60], atol=1.0)


TRUE = {"knee_flexion": 0.5, "hip_flexion": 1.0, "ankle_dorsiflexion": 1.0, "shank_angle": 1.0, "thigh_angle": 1.0}


@pytest.mark.parametrize("task", ["sit-to-stand", "rowing"])
@pytest.mark.parametrize("facing", ["left", "right"])
def test_perfect_keypoints_give_the_true_angles_but_for_the_perspective(task, facing):
    scene = Scene(task=task, facing=facing)
    table, truth = keypoint_table(scene), truth_table(scene)
    signals = measured(table, camera_tilt_deg=scene.roll_deg if facing == "right" else -scene.roll_deg)
    for name, limit in TRUE.items():
        column = f"{scene.near_side}_{name}_deg"
        error = signals[column].to_numpy() - truth[column].to_numpy()
        assert np.sqrt((error**2).mean()) < limit, column
    lean = signals["trunk_lean_deg"].to_numpy() - truth["trunk_lean_deg"].to_numpy()
    assert np.sqrt((lean**2).mean()) < 1.0


def test_generated_way_of_the_hand_is_true_in_metres():
    scene = Scene(task="rowing")
    signals = measured(keypoint_table(scene), height_m=scene.height_m)
    truth = truth_table(scene)["right_wrist_forward_m"].to_numpy()
    assert_allclose(np.ptp(signals["right_wrist_forward_m"]), np.ptp(truth), rtol=0.03)


def test_motion_of_a_thrown_joint_is_its_free_fall():
    time_s = np.cumsum(np.where(np.arange(50) % 4, 0.03, 0.04))
    table = stick(time_s)
    drop = np.stack([100 + 50 * time_s, 50 + 0.5 * 980 * time_s**2], axis=1)
    for axis, values in zip("xy", drop.T, strict=True):
        table[("left_wrist", axis)] = values
    calibration = scale.calibrate(table, table, Scaling(facing="right"))
    motion = kinematics.motion(table, "left_wrist", calibration)
    assert_allclose(motion["left_wrist_forward_velocity_px_s"], 50, rtol=1e-6)
    assert_allclose(motion["left_wrist_up_velocity_px_s"], -980 * time_s, rtol=1e-6, atol=1e-6)
    assert_allclose(motion["left_wrist_up_acceleration_px_s2"], -980, rtol=1e-6)
    assert_allclose(motion["left_wrist_speed_px_s"], np.hypot(50, 980 * time_s), rtol=1e-6)
    assert not [column for column in motion if "_m_" in column]


def test_relations_of_joints():
    table = stick(TIMES, knee_deg=30.0, shank_deg=30.0)
    calibration = scale.calibrate(table, table, Scaling(height_m=1.7, facing="right"))
    over = kinematics.relative(table, "left_knee", "left_foot_index", calibration)
    assert_allclose(over["left_knee_from_left_foot_index_forward_px"], 300 + 50 - 340, atol=1e-9)
    assert_allclose(over["left_knee_from_left_foot_index_forward_m"], 10 / calibration.px_per_m, atol=1e-9)
    apart = kinematics.distance(table, "left_hip", "left_knee", calibration)
    assert_allclose(apart["left_hip_left_knee_distance_px"], 100)
    assert kinematics.above(table, "left_shoulder", "left_hip", calibration).all()
    assert not kinematics.above(table, "left_wrist", "left_shoulder", calibration).any()


def test_above_is_unknown_where_a_joint_is_missing():
    table = stick(TIMES)
    table.loc[table.index[3], [("left_wrist", "x"), ("left_wrist", "y")]] = np.nan
    calibration = scale.calibrate(table, table, Scaling())
    higher = kinematics.above(table, "left_wrist", "left_hip", calibration)
    assert higher.isna().to_numpy().nonzero()[0].tolist() == [3]


def test_a_joint_that_the_network_lacks_is_named():
    table = stick(TIMES)
    with pytest.raises(KinebenchError, match="left_tail is not among left_hip"):
        kinematics.distance(table, "left_hip", "left_tail")


def test_ascending_descending_and_still_follow_the_signal():
    time_s = np.arange(300) / 30
    height = np.clip(np.abs((time_s % 6) - 3), 0.5, 2.5)  # down, rest, up, rest, down ...
    state = kinematics.direction_state(height, time_s, still_below=0.5)
    speed = np.gradient(height, time_s)
    assert (state[speed > 0.9] == "ascending").all()
    assert (state[speed < -0.9] == "descending").all()
    assert (state[np.abs(speed) < 0.1] == "still").all()


@given(st.integers(0, 1000))
def test_noise_at_the_threshold_makes_no_flicker(seed):
    time_s = np.arange(200) / 50
    wobble = 0.05 * np.random.default_rng(seed).standard_normal(200)
    speed = np.where(np.abs(time_s - 2) < 1, 1.0, 0.0)
    height = np.cumsum(speed + wobble) / 50
    state = kinematics.direction_state(height, time_s, still_below=0.9)
    assert (np.diff((state == "ascending").astype(int)) != 0).sum() == 2


def test_the_least_speed_must_be_positive():
    with pytest.raises(KinebenchError, match="still_below must be above 0, but got 0"):
        kinematics.direction_state(np.zeros(5), np.arange(5.0), still_below=0)


def markers(path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times and markers (frames, 3) of an OpenSim .trc file."""
    lines = path.read_text().splitlines()
    names = [name for name in lines[3].split("\t")[2:] if name]
    rows = np.array([[float(v) for v in line.split("\t")[: 2 + 3 * len(names)]] for line in lines[5:] if line.strip()])
    return rows[:, 1], {name: rows[:, 2 + 3 * i : 5 + 3 * i] for i, name in enumerate(names)}


def test_joint_angles_of_a_walk_agree_with_openpose_opencap_and_opensim(shared_file):
    """Markers of OpenCap seen squarely from the side, against the inverse kinematics that OpenSim made of them."""
    time_s, at = markers(shared_file("reference/opencap_walk_markers.trc"))
    table = shared_file("reference/opencap_walk_ik.mot").read_text().split("endheader\n")[1]
    solved = pd.read_csv(io.StringIO(table), sep=r"\s+")
    way = at["midHip"][-1] - at["midHip"][0]
    way[1] = 0
    way /= np.linalg.norm(way)
    joints = {}
    for side, short, centre in (("right", "r", "RHJC"), ("left", "L", "LHJC")):
        middle = {part: (at[f"{short}_{part}_study"] + at[f"{short}_m{part}_study"]) / 2 for part in ("knee", "ankle")}
        own = {"hip": at[f"{centre}_study"], **middle, "shoulder": at[f"{short}_shoulder_study"]}
        joints |= {
            f"{side}_{part}": np.stack([1000 * points @ way, -1000 * points[:, 1]], 1) for part, points in own.items()
        }
    walk = smoothing.smooth(figure(time_s, joints), smoothing.Smoothing()).keypoints
    signals = measured(walk)
    middle_of_walk = slice(15, -15)
    for ours, theirs, limit in (("knee_flexion", "knee_angle", 7.0), ("hip_flexion", "hip_flexion", 8.0)):
        for side in skeleton.SIDES:
            a = signals[f"{side}_{ours}_deg"].to_numpy()[middle_of_walk]
            b = solved[f"{theirs}_{side[0]}"].to_numpy()[middle_of_walk]
            assert np.corrcoef(a, b)[0, 1] > 0.95, (side, ours)
            assert np.sqrt(((a - b) ** 2).mean()) < limit, (side, ours)
