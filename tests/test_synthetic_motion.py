"""The generating motion: a rigid skeleton, feet that stay, a hip that lands, events that are the signals' own."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench.errors import KinebenchError
from kinebench.synthetic import Scene, events, joints_3d, truth_table
from kinebench.synthetic import rowing as rowing_motion
from kinebench.synthetic import sit_to_stand as sit_motion
from kinebench.synthetic.tracks import Track

TASKS = ("sit-to-stand", "rowing")
scenes = st.builds(
    Scene,
    task=st.sampled_from(TASKS),
    seed=st.integers(0, 10_000),
    height_m=st.floats(1.45, 2.0),
    tempo=st.floats(0.6, 1.6),
    facing=st.sampled_from(("left", "right")),
    repetitions=st.integers(1, 5),
    frame_rate_hz=st.sampled_from((25.0, 30.0, 60.0)),
)
few = settings(max_examples=25, deadline=None)


def interval(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=1)


@few
@given(scenes)
def test_segments_keep_their_length(scene):
    joints, body = joints_3d(scene), scene.body
    segments = (
        ("hip", "knee", body.thigh),
        ("knee", "ankle", body.shank),
        ("shoulder", "elbow", body.upper_arm),
        ("elbow", "wrist", body.forearm),
        ("hip", "shoulder", np.hypot(body.trunk, body.shoulder_half - body.hip_half)),
    )
    for side in ("left", "right"):
        for a, b, length in segments:
            assert_allclose(interval(joints[f"{side}_{a}"], joints[f"{side}_{b}"]), length, atol=1e-9)


def test_segment_lengths_are_the_published_fractions_of_stature():
    body = Scene(height_m=2.0).body
    lengths = (body.shank, body.thigh, body.trunk, body.upper_arm, body.forearm, body.hand)
    assert_allclose(lengths, 2.0 * np.array([0.246, 0.245, 0.818 - 0.530, 0.186, 0.146, 0.108]))


@few
@given(scenes)
def test_feet_do_not_slide(scene):
    joints = joints_3d(scene)
    for side in ("left", "right"):
        for joint in ("ankle", "heel", "foot_index"):
            assert np.ptp(joints[f"{side}_{joint}"], axis=0).max() < 1e-12


@few
@given(scenes)
def test_no_joint_jumps(scene):
    fine = np.arange(0, scene.motion.duration_s, 1e-3)
    for name, points in joints_3d(scene, fine).items():
        # 1 ms at 6 m/s; the fastest wrist of a 2 m rower at 1.6 times the tempo stays below it.
        assert interval(points[1:], points[:-1]).max() < 6e-3, name


@few
@given(scenes.filter(lambda scene: scene.task == "sit-to-stand"))
def test_hip_rests_on_the_seat_when_seated_and_never_below(scene):
    fine = np.arange(0, scene.motion.duration_s, 0.01)
    height = joints_3d(scene, fine)["left_hip"][:, 2]
    seated = sit_motion.SEAT_HEIGHT_M + scene.body.hip_over_seat
    off = np.zeros(len(fine), bool)
    for one in events(scene)["repetitions"]:
        off |= (fine > one["seat_off_s"]) & (fine < one["seat_contact_s"])
    assert_allclose(height[~off], seated, atol=1e-12)
    assert (height[off] > seated - 1e-12).all()


@few
@given(scenes.filter(lambda scene: scene.task == "sit-to-stand"))
def test_sit_to_stand_events_come_in_order_and_bound_the_movement(scene):
    rows = events(scene)["repetitions"]
    names = ("start_s", "seat_off_s", "standing_s", "descent_s", "seat_contact_s")
    times = np.array([[row[name] for name in names] for row in rows]).ravel()
    assert (np.diff(times) > 0).all()
    assert times[0] == pytest.approx(1.0)
    assert scene.motion.duration_s > times[-1] + 1.0
    standing = joints_3d(scene, np.array([row["standing_s"] for row in rows]))["left_hip"][:, 2]
    assert_allclose(standing, sit_motion.standing_hip(scene.body)[1], atol=1e-12)
    lean = truth_lean(scene, np.array([row["start_s"] for row in rows]))
    assert_allclose(lean, sit_motion.SEATED_LEAN_DEG, atol=1.5)  # sway only


def truth_lean(scene: Scene, time_s: np.ndarray) -> np.ndarray:
    from kinebench.synthetic.truth import angles

    return angles(joints_3d(scene, time_s))["trunk_lean_deg"]


@few
@given(scenes.filter(lambda scene: scene.task == "rowing"))
def test_the_handle_turns_at_catch_and_finish_and_nowhere_else(scene):
    rows = events(scene)["repetitions"]
    expected = np.unique([time for row in rows for time in (row["catch_s"], row["finish_s"], row["end_s"])])
    fine = np.arange(0.0, scene.motion.duration_s, 5e-4)
    forward = scene.motion.handle(fine)[:, 0]
    turning = fine[1:-1][np.diff(np.sign(np.diff(forward))) != 0]
    assert_allclose(turning, expected, atol=2e-3)
    catches, finishes = scene.motion.handle(expected[0::2])[:, 0], scene.motion.handle(expected[1::2])[:, 0]
    assert catches.min() > finishes.max() + 0.5


@few
@given(scenes.filter(lambda scene: scene.task == "rowing"))
def test_hands_stay_on_the_handle_and_hips_on_the_sliding_seat(scene):
    joints = joints_3d(scene)
    apart = joints["left_wrist"] - joints["right_wrist"]
    assert_allclose(np.abs(apart), np.broadcast_to([0, 2 * rowing_motion.HANDLE_HALF_M, 0], apart.shape), atol=1e-12)
    height = rowing_motion.SEAT_HEIGHT_M + scene.body.hip_over_seat
    assert_allclose(joints["left_hip"][:, 2], height, atol=1e-12)


def test_legs_lead_the_drive_then_trunk_then_arms():
    scene = Scene(task="rowing")
    row = events(scene)["repetitions"][2]
    time = np.linspace(row["catch_s"], row["finish_s"], 400)
    motion = scene.motion
    halfway = []
    for signal in (motion.knee(time), motion.lean(time), motion.elbow(time)):
        share = (signal - signal[0]) / (signal[-1] - signal[0])
        halfway.append(time[np.argmax(share > 0.5)])
    assert halfway == sorted(halfway)
    assert halfway[0] < halfway[1] < halfway[2]


def test_the_expected_metrics_follow_from_the_events():
    sitting, rowing = events(Scene(task="sit-to-stand")), events(Scene(task="rowing"))
    rows = sitting["repetitions"]
    assert sitting["metrics"]["repetitions"] == len(rows) == 5
    assert sitting["metrics"]["five_rep_time_s"] == pytest.approx(rows[4]["seat_contact_s"] - rows[0]["start_s"])
    assert "sit_time_s" not in rows[-1]
    strokes, metrics = rowing["repetitions"], rowing["metrics"]
    assert metrics["strokes"] == len(strokes) == 8
    span = strokes[-1]["end_s"] - strokes[0]["start_s"]
    assert metrics["stroke_rate_spm"] == pytest.approx(60 * 8 / span)
    assert metrics["drive_time_mean_s"] + metrics["recovery_time_mean_s"] == pytest.approx(span / 8)
    assert 23 < metrics["stroke_rate_spm"] < 29
    assert 0.5 < metrics["drive_recovery_ratio"] < 0.8


def test_repetitions_are_uneven():
    rows = events(Scene(task="sit-to-stand"))["repetitions"]
    assert np.ptp([row["total_time_s"] for row in rows]) > 0.3
    strokes = events(Scene(task="rowing"))["repetitions"]
    assert np.ptp([row["stroke_rate_spm"] for row in strokes]) > 1.5


def test_tempo_scales_the_movement_but_not_the_rest_before_it():
    slow, fast = (events(Scene(tempo=tempo))["repetitions"] for tempo in (0.75, 1.5))
    assert slow[0]["start_s"] == fast[0]["start_s"]
    assert_allclose([row["rise_time_s"] for row in slow], [2 * row["rise_time_s"] for row in fast])


def test_excursion_and_peak_lean_agree_with_the_sampled_truth():
    scene = Scene(task="sit-to-stand", frame_rate_hz=120.0)
    table = truth_table(scene).set_index("time_s")
    for row in events(scene)["repetitions"]:
        rise = table.loc[row["start_s"] : row["standing_s"]]
        assert row["peak_trunk_lean_deg"] == pytest.approx(rise["trunk_lean_deg"].max(), abs=0.1)
        assert row["knee_excursion_deg"] == pytest.approx(np.ptp(rise["right_knee_flexion_deg"]), abs=0.1)


def test_same_seed_same_truth_and_another_seed_another():
    one, same, other = (truth_table(Scene(seed=seed)) for seed in (5, 5, 6))
    assert one.equals(same)
    assert not one.equals(other)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-50, 50))
def test_a_track_stops_at_its_knots_with_the_acceleration_asked_for(start, end, acceleration):
    track = Track.of([(0.0, start), (0.7, end, acceleration)])
    step = 1e-4
    assert_allclose(track(np.array([0.0, 0.7, 9.0])), [start, end, end], atol=1e-12)
    near = track(np.array([0.7 - 2 * step, 0.7 - step, 0.7]))
    assert abs(near[2] - near[1]) / step < 60 * step + abs(acceleration) * step
    assert_allclose(np.diff(near, 2)[0] / step**2, acceleration, atol=0.5 + 0.01 * abs(acceleration))


def test_a_scene_says_what_is_wrong_with_it():
    with pytest.raises(KinebenchError, match=r"height_m must be between .* Give metres"):
        Scene(height_m=180.0)
    with pytest.raises(KinebenchError, match="rotation_deg must be 0, 90, 180 or 270, but got 45"):
        Scene(rotation_deg=45)
    with pytest.raises(KinebenchError, match="must be even"):
        Scene(width=641)
    with pytest.raises(KinebenchError, match="task must be one of"):
        Scene(task="swimming")


@few
@given(scenes)
def test_mirrored_facing_is_the_same_person_seen_from_the_other_side(scene):
    right, left = (dataclasses.replace(scene, facing=facing) for facing in ("right", "left"))
    a, b = joints_3d(right), joints_3d(left)
    assert_allclose(b["left_knee"], a["right_knee"] * [1, -1, 1])
    assert_allclose(b["nose"], a["nose"] * [1, -1, 1])
    one, other = events(right), events(left)
    assert (one["near_side"], other["near_side"]) == ("right", "left")
    assert one["metrics"] == other["metrics"]
