"""The punch and the curl: rigid limbs, feet that stay, events that are the extremes, a fault that is where it says."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.places import SAMPLES
from kinebench.synthetic import Scene, events, joints_3d, keypoint_table, truth_table
from kinebench.synthetic import curl as curl_motion
from kinebench.synthetic.__main__ import SAMPLE_SCENES
from kinebench.synthetic.body import FOOT_MARK_M
from kinebench.synthetic.punch import BENT_ELBOW_DEG, FAULTS
from kinebench.synthetic.scene import SETTINGS
from kinebench.synthetic.truth import angles

CLIPS = ("punch_good", "punch_fault")
EVENTS = {"punch": ("start_s", "impact_s", "end_s"), "curl": ("start_s", "top_s", "end_s")}
few = settings(max_examples=20, deadline=None)


def scenes(*tasks: str) -> st.SearchStrategy[Scene]:
    return st.builds(
        Scene,
        task=st.sampled_from(tasks),
        seed=st.integers(0, 10_000),
        height_m=st.floats(1.45, 2.0),
        tempo=st.floats(0.6, 1.6),
        facing=st.sampled_from(("left", "right")),
        repetitions=st.integers(1, 4),
    )


punches, curls, both = scenes("punch"), scenes("curl"), scenes("punch", "curl")


def interval(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=1)


def fine_times(scene: Scene, step_s: float = 1e-3) -> np.ndarray:
    return np.arange(0.0, scene.motion.duration_s, step_s)


def near(scene: Scene, signal: str, time_s: np.ndarray) -> np.ndarray:
    return angles(joints_3d(scene, time_s))[f"{scene.near_side}_{signal}_deg"]


def far_side(scene: Scene) -> str:
    return {"left": "right", "right": "left"}[scene.near_side]


@few
@given(both)
def test_segments_keep_their_length(scene):
    joints, body = joints_3d(scene), scene.body
    foot = 0.135 * body.height_m
    segments = {
        ("hip", "knee"): body.thigh,
        ("knee", "ankle"): body.shank,
        ("shoulder", "elbow"): body.upper_arm,
        ("elbow", "wrist"): body.forearm,
        ("heel", "foot_index"): foot,
    }
    for side in ("left", "right"):
        for (a, b), length in segments.items():
            assert_allclose(interval(joints[f"{side}_{a}"], joints[f"{side}_{b}"]), length, atol=1e-9)
    assert_allclose(interval(joints["left_hip"], joints["right_hip"]), 2 * body.hip_half)
    assert_allclose(interval(joints["left_shoulder"], joints["right_shoulder"]), 2 * body.shoulder_half)
    assert_allclose(interval(joints["pelvis"], joints["neck"]), body.trunk)
    for name in ("hip", "shoulder"):
        middle = {"hip": "pelvis", "shoulder": "neck"}[name]
        assert_allclose(0.5 * (joints[f"left_{name}"] + joints[f"right_{name}"]), joints[middle], atol=1e-12)


@few
@given(both)
def test_no_joint_jumps(scene):
    for name, points in joints_3d(scene, fine_times(scene)).items():
        # 1 ms at 8 m/s; the fist of a 2 m boxer at 1.6 times the tempo stays below it.
        assert interval(points[1:], points[:-1]).max() < 8e-3, name


@few
@given(punches)
def test_the_leading_foot_stays_and_the_other_turns_about_its_toes(scene):
    joints = joints_3d(scene)
    leading, rear = far_side(scene), scene.near_side
    for joint in (f"{leading}_ankle", f"{leading}_heel", f"{leading}_foot_index", f"{rear}_foot_index"):
        assert np.ptp(joints[joint], axis=0).max() < 1e-12
    assert_allclose(joints[f"{leading}_heel"][:, 2], FOOT_MARK_M)
    assert (joints[f"{rear}_heel"][:, 2] > FOOT_MARK_M).all()
    assert (joints[f"{leading}_ankle"][:, 0] > joints[f"{rear}_ankle"][:, 0] + 0.15 * scene.height_m).all()


@few
@given(punches)
def test_the_body_stands_between_its_feet_with_bent_knees(scene):
    joints = joints_3d(scene)
    pelvis, leading, rear = (joints[name][:, 0] for name in ("pelvis", "left_ankle", "right_ankle"))
    ahead, behind = np.maximum(leading, rear), np.minimum(leading, rear)
    assert (pelvis > behind).all()
    assert (pelvis < ahead).all()
    found = angles(joints)
    for side in ("left", "right"):
        assert (found[f"{side}_knee_flexion_deg"] > 15).all()
        assert (found[f"{side}_knee_flexion_deg"] < 60).all()


@few
@given(both)
def test_events_come_in_order_with_rest_before_and_after(scene):
    rows = events(scene)["repetitions"]
    times = np.array([[row[name] for name in EVENTS[scene.task]] for row in rows]).ravel()
    assert (np.diff(times) > 0).all()
    assert times[0] == pytest.approx(1.0)
    assert scene.motion.duration_s == pytest.approx(times[-1] + 1.0)


@few
@given(punches)
def test_the_arm_is_straightest_at_impact_and_bent_most_in_the_guard(scene):
    for row in events(scene)["repetitions"]:
        fine = np.arange(row["start_s"], row["end_s"], 1e-3)
        elbow = near(scene, "elbow_flexion", fine)
        assert fine[elbow.argmin()] == pytest.approx(row["impact_s"], abs=1.5e-3)
        assert elbow.min() < 20
        out = fine < row["impact_s"]
        assert (np.diff(elbow[out]) < 1e-9).all()
        assert (np.diff(elbow[~out][1:]) > -1e-9).all()
        assert min(elbow[0], elbow[-1]) > 115


@few
@given(punches)
def test_the_hand_leaves_the_guard_at_the_start_and_is_back_at_the_end(scene):
    """Between punches the arm keeps its bend and the hand stays in front of the chin; only the body sways."""
    fine = fine_times(scene)
    rest = np.ones(len(fine), bool)
    for row in events(scene)["repetitions"]:
        rest &= (fine <= row["start_s"]) | (fine >= row["end_s"])
    joints = joints_3d(scene, fine)
    hand, nose = joints[f"{scene.near_side}_index"], joints["nose"]
    assert interval(hand, nose)[rest].max() < 0.14 * scene.height_m
    elbow = near(scene, "elbow_flexion", fine)
    still = rest[1:] & rest[:-1]
    assert np.abs(np.diff(elbow))[still].max() < 1e-9
    for row in events(scene)["repetitions"]:
        at = np.array([row["start_s"], row["impact_s"]])
        forward = joints_3d(scene, at)[f"{scene.near_side}_wrist"][:, 0]
        assert forward[1] - forward[0] > 0.25 * scene.height_m


@few
@given(punches)
def test_peak_hand_speed_is_the_hands_own(scene):
    """Central differences of the joint's position, a step that the truth doesn't use."""
    result = events(scene)
    for row in result["repetitions"]:
        fine = np.arange(row["start_s"], row["impact_s"], 5e-4)
        hand = joints_3d(scene, fine)[f"{scene.near_side}_wrist"][:, [0, 2]]
        speed = interval(hand[2:], hand[:-2]) / 1e-3
        assert row["peak_hand_speed_m_s"] == pytest.approx(speed.max(), rel=1e-3)
        assert row["reach_time_s"] + row["return_time_s"] == pytest.approx(row["end_s"] - row["start_s"])
    peaks = [row["peak_hand_speed_m_s"] for row in result["repetitions"]]
    assert result["metrics"]["peak_hand_speed_mean_m_s"] == pytest.approx(np.mean(peaks))


@few
@given(punches)
def test_the_fault_is_at_the_elbow_at_the_told_time_and_as_large_as_told(scene):
    faulty = dataclasses.replace(scene, fault="bent-elbow")
    fault = events(faulty)["fault"]
    fine = np.arange(fault["start_s"], fault["end_s"], 1e-3)
    more = near(faulty, "elbow_flexion", fine) - near(scene, "elbow_flexion", fine)
    assert fine[more.argmax()] == pytest.approx(fault["at_s"], abs=1.5e-3)
    assert more.max() == pytest.approx(fault["size_deg"], abs=0.01)
    assert fault["size_deg"] == pytest.approx(BENT_ELBOW_DEG, abs=3)  # seen in the sagittal plane
    assert more.min() > -1e-9
    assert fault["joint"] == f"{scene.near_side}_elbow"
    assert fault["signal"] in truth_table(faulty, frames=1)
    assert fault["direction"] == "more bent"
    row = events(faulty)["repetitions"][fault["repetition"]]
    assert [row[name] for name in EVENTS["punch"]] == [fault[name] for name in ("start_s", "at_s", "end_s")]


@few
@given(punches)
def test_good_and_faulty_are_equal_elsewhere(scene):
    """At all other times in all joints, and at the fault's times in all but those of the arm that punches."""
    faulty = dataclasses.replace(scene, fault="bent-elbow")
    fault = events(faulty)["fault"]
    fine = fine_times(scene, 5e-3)
    within = (fine > fault["start_s"]) & (fine < fault["end_s"])
    arm = [f"{scene.near_side}_{part}" for part in ("elbow", "wrist", "index", "pinky", "thumb")]
    good, bad = joints_3d(scene, fine), joints_3d(faulty, fine)
    for name in good:
        where = ~within if name in arm else slice(None)
        assert_allclose(bad[name][where], good[name][where], atol=1e-12, err_msg=name)
    assert interval(good[arm[1]], bad[arm[1]]).max() > 0.05


@given(st.integers(1, 9))
@settings(max_examples=9, deadline=None)
def test_the_middle_punch_is_the_faulty_one(count):
    found = events(Scene(task="punch", fault="bent-elbow", repetitions=count))
    at_impact = [row["impact_elbow_flexion_deg"] for row in found["repetitions"]]
    assert int(np.argmax(at_impact)) == found["fault"]["repetition"] == count // 2


def test_only_a_faulty_scene_tells_a_fault():
    assert "fault" in events(Scene(task="punch", fault="bent-elbow"))
    for task in SETTINGS:
        assert "fault" not in events(Scene(task=task, repetitions=1))


@pytest.mark.parametrize("task", [task for task, setting in SETTINGS.items() if "bent-elbow" not in setting.faults])
def test_a_fault_that_the_movement_does_not_have_is_refused(task):
    with pytest.raises(KinebenchError, match=rf"^fault must be .*for task {task}, but got 'bent-elbow'\.$"):
        Scene(task=task, fault="bent-elbow")


def test_an_unknown_fault_is_refused():
    with pytest.raises(KinebenchError, match=r"^fault must be .*bent-elbow.*but got 'lazy'\.$"):
        Scene(task="punch", fault="lazy")
    with pytest.raises(KinebenchError, match=r"bent-elbow.*'lazy'"):
        SETTINGS["punch"].motion(Scene().body, 1, 1.0, np.random.default_rng(0), fault="lazy")


def test_every_fault_of_a_punch_is_one_of_its_setting():
    assert SETTINGS["punch"].faults == FAULTS


@few
@given(curls)
def test_the_elbow_is_straightest_at_both_ends_of_a_curl_and_bent_most_at_the_top(scene):
    for row in events(scene)["repetitions"]:
        fine = np.arange(row["start_s"], row["end_s"], 1e-3)
        elbow = near(scene, "elbow_flexion", fine)
        assert fine[elbow.argmax()] == pytest.approx(row["top_s"], abs=1.5e-3)
        assert_allclose(elbow[[0, -1]], curl_motion.LOW_ELBOW_DEG, atol=1.0)
        assert row["elbow_excursion_deg"] == pytest.approx(np.ptp(elbow), abs=0.01)
        assert 110 < row["elbow_excursion_deg"] < 130


@few
@given(curls)
def test_while_curling_feet_and_hips_stand_still_and_both_arms_do_the_same(scene):
    joints = joints_3d(scene)
    for part in ("hip", "knee", "ankle", "heel", "foot_index"):
        for side in ("left", "right"):
            assert np.ptp(joints[f"{side}_{part}"], axis=0).max() < 1e-12
    for part in ("elbow", "wrist", "index"):
        assert_allclose(joints[f"left_{part}"] * [1, -1, 1], joints[f"right_{part}"], atol=1e-12)


@few
@given(both)
def test_equal_scenes_move_equally_and_other_seeds_otherwise(scene):
    same = joints_3d(dataclasses.replace(scene))
    for name, points in joints_3d(scene).items():
        assert (points == same[name]).all()
    other = dataclasses.replace(scene, seed=scene.seed + 1)
    assert events(other)["repetitions"][0] != events(scene)["repetitions"][0]


@few
@given(both)
def test_facing_left_is_the_mirror_image(scene):
    right, left = (events(dataclasses.replace(scene, facing=facing)) for facing in ("right", "left"))
    for one, other in zip(right["repetitions"], left["repetitions"], strict=True):
        assert one.keys() == other.keys()
        assert_allclose(list(one.values()), list(other.values()), atol=1e-9)


@pytest.mark.parametrize("task", EVENTS)
@pytest.mark.parametrize("yaw_deg", [4, 90, -90])
@pytest.mark.parametrize("facing", ["left", "right"])
def test_the_whole_body_is_in_view_from_the_side_from_ahead_and_from_behind(task, yaw_deg, facing):
    scene = Scene(task=task, yaw_deg=yaw_deg, facing=facing, repetitions=2)
    table = keypoint_table(scene)
    assert not table.isna().any().any()
    x, y = np.moveaxis(keypoints.positions(table), -1, 0)
    assert x.min() > 0.02 * scene.width
    assert x.max() < 0.98 * scene.width
    assert y.min() > 0.02 * scene.height
    assert y.max() < 0.98 * scene.height


@pytest.mark.parametrize("clip", CLIPS)
def test_the_sample_clips_truth_is_their_scenes(clip):
    scene, path = SAMPLE_SCENES[f"{clip}.mp4"], SAMPLES / f"{clip}.mp4"
    written, true = pd.read_csv(path.with_suffix(".truth.csv"), index_col="frame"), truth_table(scene)
    assert list(written) == list(true)
    assert_allclose(written, true, atol=0.006)
    told = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))
    true = events(scene)
    assert told.keys() == true.keys()
    for one, other in zip(told["repetitions"], true["repetitions"], strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    assert told["metrics"] == pytest.approx(true["metrics"], abs=1e-6)
    assert told.get("fault") == (pytest.approx(true["fault"], abs=1e-6) if scene.fault else None)
    assert path.stat().st_size < 1.5e6


def test_the_two_sample_clips_differ_in_the_fault_alone():
    good, faulty = (SAMPLE_SCENES[f"{clip}.mp4"] for clip in CLIPS)
    assert faulty == dataclasses.replace(good, fault="bent-elbow")
    assert not good.fault
