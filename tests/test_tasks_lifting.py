"""Lifting on generated keypoints with known truth: repetitions, velocities, depth, views, laws, what is refused."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import keypoints, skeleton
from kinebench.edits import Edit
from kinebench.errors import KinebenchError
from kinebench.synthetic import Scene, keypoint_table
from kinebench.synthetic.tracks import Track, minimum_jerk
from kinebench.tasks import NothingCounts
from kinebench.tasks.lifting import labels as lifting_labels
from kinebench.tasks.lifting import onsets as lifting_onsets
from kinebench.tasks.lifting.metrics import DEPTH_ERROR_DEG, grade
from kinebench.tasks.lifting.summary import velocity_loss_pct
from tests.conftest import shared_file
from tests.lifts import (
    RATE_HZ,
    analysed,
    bench_press,
    from_angles,
    moved,
    path,
    replayed,
    with_hanging_hands,
    without,
)
from tests.scenes import analyse, analyse_table, truth

TALL = (("height_m", 1.72),)
VIEWS = [
    {},
    {"facing": "left"},
    {"tempo": 1.4},
    {"tempo": 0.7},
    {"yaw_deg": -8.0, "pitch_deg": 8.0},
    {"roll_deg": -3.0},
    {"width": 480, "height": 854},
    {"frame_rate_hz": 60.0},
    {"variable_frame_rate": True},
]


def squat(**choices) -> Scene:
    return Scene(task="squat", **choices)


def named(view):
    return ",".join(f"{key}={value}" for key, value in view.items()) or "plain"


def check(analysis, name):
    return next(check for check in analysis.quality if check.name == name)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("view", VIEWS, ids=named)
def test_a_squat_from_the_side_against_truth(view, seed):
    scene = squat(seed=seed, **view)
    tilt_deg = scene.roll_deg if scene.facing == "right" else -scene.roll_deg
    noise_px = 0.6 if scene.height > scene.width else 1.0  # a portrait shows the person half as large
    analysis, true = analyse(scene, noise_px, seed, (*TALL, ("camera_tilt_deg", tilt_deg))), truth(scene)
    good = analysis.accepted
    assert len(good) == len(true)
    assert_allclose(good["turn_s"], true["bottom_s"], atol=0.06)
    assert_allclose(good["end_s"], true["end_s"], atol=0.1)
    assert_allclose(good["depth_deg"], true["depth_deg"], atol=5)
    assert_allclose(good["mean_concentric_velocity_m_s"], true["mean_concentric_velocity_m_s"], atol=0.05)
    assert_allclose(good["mean_eccentric_velocity_m_s"], true["mean_eccentric_velocity_m_s"], atol=0.06)
    assert_allclose(good["hip_minus_knee_height_m"], true["hip_minus_knee_height_m"], atol=0.04)
    assert_allclose(good["bottom_knee_flexion_deg"], true["bottom_knee_flexion_deg"], atol=8)
    assert analysis.near_side == scene.near_side
    assert "sagittal" in check(analysis, "view").message


@pytest.mark.parametrize("height_m", [1.5, 2.0])
def test_another_stature_gives_that_person_s_velocities(height_m):
    scene = squat(height_m=height_m)
    analysis, true = analyse(scene, 1.0, 0, (("height_m", height_m),)), truth(scene)
    got, expected = (table["mean_concentric_velocity_m_s"] for table in (analysis.accepted, true))
    assert_allclose(got, expected, atol=0.05)


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_squat_from_the_front_or_behind_against_truth(yaw_deg, seed):
    scene = squat(yaw_deg=yaw_deg, seed=seed)
    analysis, true = analyse(scene, 1.0, seed, TALL), truth(scene)
    good = analysis.accepted
    assert len(good) == len(true)
    assert_allclose(good["turn_s"], true["bottom_s"], atol=0.06)
    assert_allclose(good["mean_concentric_velocity_m_s"], true["mean_concentric_velocity_m_s"], atol=0.06)
    # The knees are a tenth nearer to the camera than the ankles, or farther from it where it stands behind.
    assert_allclose(good["bottom_knee_to_ankle_distance"], true["bottom_knee_to_ankle_distance"], rtol=0.13)
    assert good["least_knee_to_ankle_distance"].idxmin() == true["least_knee_to_ankle_distance"].idxmin()
    assert abs(analysis.value("knee_height_difference_m")) < 0.03
    assert abs(analysis.value("hip_shift_m")) < 0.03


def test_from_the_front_nothing_is_measured_that_only_the_side_shows():
    analysis = analyse(squat(yaw_deg=90.0), 1.0, 0, TALL)
    assert not [metric.name for metric in analysis.metrics if metric.unit in ("deg", "deg/s")]
    assert not [name for name in analysis.signals if "_deg" in name]
    assert analysis.metric("knee_ahead_of_toes_m") is None
    assert set(analysis.labels["grade"]) == {""}
    assert "depth" in check(analysis, "view").message.split("Left out")[1]
    assert "angle_courses" not in analysis.extras


def test_a_view_from_the_front_is_no_bad_recording():
    analysis = analyse(squat(yaw_deg=90.0), 1.0, 0, TALL)
    assert analysis.verdict == "good", [one for one in analysis.quality if one.verdict != "good"]
    assert not [metric.name for metric in analysis.metrics if metric.doubt]


def test_no_view_gives_a_valgus_angle():
    for yaw_deg in (4.0, 90.0):
        names = [metric.name for metric in analyse(squat(yaw_deg=yaw_deg), 1.0, 0, TALL).metrics]
        assert not [name for name in names if "valgus" in name]


def test_from_the_side_nothing_is_measured_that_only_the_front_shows():
    analysis = analyse(squat(), 1.0, 0, TALL)
    assert analysis.metric("bottom_knee_to_ankle_distance") is None
    assert "knee_to_ankle_distance" not in analysis.signals
    assert "knee to ankle distance" in check(analysis, "view").message


def test_in_between_only_times_and_heights_are_measured_and_it_is_said():
    scene = squat(yaw_deg=45.0)
    analysis = analyse(scene, 1.0, 0, TALL)
    assert check(analysis, "view").verdict == "doubtful"
    assert analysis.metric("depth_deg") is None
    assert analysis.metric("bottom_knee_to_ankle_distance") is None
    assert_allclose(analysis.accepted["turn_s"], truth(scene)["bottom_s"], atol=0.06)


def test_the_user_s_word_on_the_view_goes_before_and_a_contradiction_is_told():
    analysis = analyse(squat(yaw_deg=45.0), 1.0, 0, (*TALL, ("view", "sagittal")))
    assert analysis.value("depth_deg") is not None
    assert "looks oblique" in check(analysis, "view").message
    assert check(analysis, "view").verdict == "doubtful"


def test_what_only_the_named_view_shows_is_in_doubt_where_the_picture_shows_another():
    analysis = analyse(squat(), 1.0, 0, (*TALL, ("view", "frontal")))
    names = ("least_knee_to_ankle_distance", "bottom_knee_to_ankle_distance", "hip_shift_m", "knee_height_difference_m")
    for name in names:
        assert "looks sagittal" in analysis.metric(name).doubt, name
    assert not analysis.metric("mean_concentric_velocity_m_s").doubt


@pytest.mark.parametrize(
    ("joints", "by_px", "signs"),
    [
        (("left_knee",), (0.0, -9.0), {"knee_height_difference_px": 9.0}),
        (("right_wrist",), (0.0, -9.0), {"wrist_height_difference_px": -9.0}),
        (("left_hip", "right_hip"), (9.0, 0.0), {"hip_shift_px": 9.0}),
    ],
)
def test_left_higher_and_to_the_left_are_positive(joints, by_px, signs):
    """Who faces the camera has their left on the picture's right; y goes down in the picture."""
    scene = squat(yaw_deg=90.0)
    table = keypoint_table(scene)
    plain, other = analyse_table(scene, table), analyse_table(scene, moved_joints(table, joints, by_px))
    for name, expected in signs.items():
        assert_allclose(other.value(name) - plain.value(name), expected, atol=0.5, err_msg=name)


def test_seen_from_the_front_the_bar_s_way_is_to_the_person_s_left():
    scene = squat(yaw_deg=90.0)
    table = keypoint_table(scene)
    plain = analyse_table(scene, table)
    other = analyse_table(scene, moved_joints(table, ("left_shoulder", "right_shoulder"), (9.0, 0.0)))
    way = other.signals["bar_leftward_px"] - plain.signals["bar_leftward_px"]
    assert_allclose(way.dropna(), 9.0, atol=0.5)


def moved_joints(table, joints, by_px):
    changed = table.copy()
    for joint, (axis, by) in itertools.product(joints, zip("xy", by_px, strict=True)):
        changed[(joint, axis)] += by
    return changed


def test_frames_of_a_repetition_that_does_not_count_have_no_grade():
    scene = squat()
    table = keypoint_table(scene)
    row = analyse_table(scene, table).reps.iloc[1]
    out = (Edit("repetition rejected", float(row["start_s"]), float(row["end_s"]), new="talked"),)
    labels = analyse_table(scene, table, edits=out).labels
    assert set(labels.loc[labels["repetition"] == 0, "grade"]) == {""}
    assert set(labels.loc[labels["repetition"] > 0, "grade"]) <= {"good", "doubtful", "bad"}


# Laws


def mirrored(scene: Scene, table: pd.DataFrame) -> pd.DataFrame:
    names = keypoints.joints(table)
    xy = keypoints.positions(table)[:, [names.index(skeleton.mirrored(name)) for name in names]]
    flipped = keypoints.with_positions(table, [scene.width - 1, 0] + xy * [-1, 1])
    for name in names:
        flipped[(name, "confidence")] = table[(skeleton.mirrored(name), "confidence")]
    return flipped


@pytest.mark.parametrize("yaw_deg", [4.0, 90.0])
def test_mirroring_exchanges_left_and_right_and_changes_nothing_else(yaw_deg):
    scene = squat(yaw_deg=yaw_deg)
    table = keypoint_table(scene, noise_px=1.0)
    plain, other = analyse_table(scene, table), analyse_table(scene, mirrored(scene, table))
    signed = ("knee_height_difference_px", "hip_shift_px", "wrist_height_difference_px")
    for metric in plain.metrics:
        if metric.value is not None:
            expected = -metric.value if metric.name in signed else metric.value
            assert_allclose(other.value(metric.name), expected, rtol=1e-6, atol=1e-6, err_msg=metric.name)


@settings(max_examples=4)
@given(st.floats(-3, 50), st.sampled_from([4.0, 90.0]))
def test_a_later_clip_moves_every_time_and_changes_no_metric(later_s, yaw_deg):
    scene = squat(yaw_deg=yaw_deg)
    plain = analyse(scene, 1.0)
    table = keypoint_table(scene, noise_px=1.0)
    table.index = table.index + later_s
    moved_by = analyse_table(scene, table)
    assert_allclose(moved_by.accepted["start_s"], plain.accepted["start_s"] + later_s, atol=1e-5)
    for metric in plain.metrics:
        if metric.value is not None:
            assert_allclose(moved_by.value(metric.name), metric.value, rtol=1e-4, atol=1e-5, err_msg=metric.name)


@settings(max_examples=4)
@given(st.floats(0.5, 3.0), st.floats(-200, 200))
def test_size_and_place_in_the_picture_change_no_metre_and_no_angle(size, shift_px):
    scene = squat()
    plain = analyse(scene, 0.5, 0, TALL)
    table = keypoint_table(scene, noise_px=0.5)
    changed = keypoints.with_positions(table, size * keypoints.positions(table) + shift_px)
    other = analyse_table(scene, changed, height_m=1.72)
    for metric in plain.metrics:
        if metric.value is not None:
            assert_allclose(other.value(metric.name), metric.value, rtol=1e-3, atol=2e-3, err_msg=metric.name)


def test_every_second_frame_gives_the_same_repetitions():
    scene = squat(frame_rate_hz=60.0)
    table = keypoint_table(scene, noise_px=1.0)
    whole, half = (analyse_table(scene, part, height_m=1.72) for part in (table, table.iloc[::2]))
    assert_allclose(half.accepted["turn_s"], whole.accepted["turn_s"], atol=0.03)
    name = "mean_concentric_velocity_m_s"
    assert_allclose(half.accepted[name], whole.accepted[name], atol=0.03)
    assert_allclose(half.accepted["depth_deg"], whole.accepted["depth_deg"], atol=3)


def test_mean_velocity_times_time_is_the_way():
    good = analyse(squat(), 0.0, 0, TALL).accepted
    up, down = (good[f"mean_{name}_velocity_m_s"] for name in ("concentric", "eccentric"))
    assert_allclose(up * good["ascent_time_s"], good["bar_way_m"], atol=0.02)
    assert_allclose(down * good["descent_time_s"], good["bar_way_m"], atol=0.02)
    assert (good["peak_concentric_velocity_m_s"] > up).all()


def test_velocity_loss_is_from_the_fastest_to_the_last():
    for yaw_deg in (4.0, 90.0):
        for values in ((), TALL):
            analysis = analyse(squat(yaw_deg=yaw_deg), 1.0, 0, values)
            unit = "m" if values else "px"
            velocity = analysis.accepted[f"mean_concentric_velocity_{unit}_s"].to_numpy()
            expected = 100 * (velocity.max() - velocity[-1]) / velocity.max()
            assert_allclose(analysis.value("velocity_loss_pct"), expected)


def test_a_set_that_gets_faster_first_loses_from_its_fastest():
    assert_allclose(velocity_loss_pct(pd.Series([0.5, 0.6, np.nan, 0.45])), 25.0)
    assert velocity_loss_pct(pd.Series([0.5])) is None


def test_a_single_repetition_has_no_loss():
    analysis = analyse(squat(repetitions=1), 1.0, 0, TALL)
    assert analysis.value("repetitions") == 1
    assert analysis.value("velocity_loss_pct") is None


def test_no_metres_without_a_height():
    analysis = analyse(squat(), 1.0)
    assert not [metric.name for metric in analysis.metrics if metric.unit in ("m", "m/s")]
    assert not [name for name in analysis.signals if name.endswith(("_m", "_m_s"))]
    assert analysis.value("mean_concentric_velocity_px_s") > 0
    assert "bar_velocity_px_s" in analysis.signals


@given(st.floats(-90, 60), st.floats(-60, 60))
def test_the_grade_says_good_only_beyond_the_error_of_measurement(depth_deg, target_deg):
    beyond = depth_deg - target_deg
    expected = "doubtful" if abs(beyond) <= DEPTH_ERROR_DEG else "good" if beyond > 0 else "bad"
    assert grade(depth_deg, target_deg) == expected
    assert grade(np.nan, target_deg) == ""


def test_every_frame_of_a_repetition_has_its_grade_and_no_other_frame_has():
    analysis = analyse(squat(), 1.0, 0, TALL)
    for row in analysis.accepted.itertuples():
        own = analysis.labels[analysis.labels["repetition"] == row.repetition]
        assert set(own["grade"]) == {row.depth_grade}
    assert set(analysis.labels.loc[analysis.labels["repetition"] == 0, "grade"]) == {""}
    shallow = truth(squat())["depth_deg"].idxmin()
    assert analysis.accepted["depth_grade"].iloc[shallow] == "bad"


def test_the_direction_is_that_of_the_bar():
    analysis = analyse(squat(), 0.5, 0, TALL)
    labels, velocity = analysis.labels, analysis.signals["bar_velocity_m_s"]
    assert (velocity[labels["direction"] == "ascending"] > 0).all()
    assert (velocity[labels["direction"] == "descending"] < 0).all()
    inside = labels["repetition"] > 0
    moving = labels["direction"].isin(["ascending", "descending"])
    assert moving[inside].mean() > 0.7
    assert set(labels.loc[labels["phase"] == "ascending", "direction"]) <= {"ascending", "still"}


@settings(max_examples=30)
@given(
    st.floats(0.5, 2.5),
    st.floats(0.5, 2.5),
    st.floats(0.0, 6.0),
    st.floats(0.3, 1.5),
    st.sampled_from([20.0, 30.0, 60.0]),
)
def test_an_onset_of_a_movement_that_turns_is_found(down_s, up_s, braking, rest_s, rate_hz):
    start, turn = 1.0, 1.0 + down_s
    end = turn + up_s
    angle = Track.of([(start, 0.0), (turn, 100.0, -100.0 * braking / (down_s * up_s)), (end, 0.0)])
    times = np.arange(0, end + 1, 1 / rate_hz)
    found = lifting_onsets.of_angle(times, angle(times), start - min(rest_s, 0.5 * down_s), turn)
    assert abs(found - start) < 0.03 * down_s + 0.01
    ended = lifting_onsets.of_angle(times, angle(times), end + min(rest_s, 0.5 * up_s), turn)
    assert abs(ended - end) < 0.03 * up_s + 0.01


# Courses of a squat that the scenes lack


@pytest.fixture(name="one")
def _one():
    """Noisefree keypoints of a set, and the true start, bottom and end of its first repetition."""
    scene = squat(seed=3)
    first = truth(scene).iloc[0]
    return keypoint_table(scene), float(first["start_s"]), float(first["bottom_s"]), float(first["end_s"])


def test_half_a_repetition_does_not_count_and_says_why(one):
    table, start, bottom, end = one
    half = start + 0.5 * (bottom - start)
    whole = [(bottom, 1.4), (end, 1.0), (end, 0.8), (start, 0.0)]
    stops = [(0.0, 0.0), (start, 1.0), *whole, *whole, (half, 1.0), (start, 1.0), (start, 0.8), *whole]
    analysis = analysed(replayed(table, path(*stops)))
    assert len(analysis.accepted) == 3
    assert analysis.reps["reason"].str.contains("% of the usual way").tolist() == [False, False, True, False]
    assert len(analysed(replayed(table, path(*stops)), min_rep_share=0.1).accepted) == 4


def test_a_pause_at_the_bottom_is_a_pause_and_no_slower_ascent(one):
    table, _, bottom, end = one
    away, back = (
        np.linspace(0, bottom, round(bottom * RATE_HZ)),
        np.linspace(bottom, end, round((end - bottom) * RATE_HZ)),
    )
    held = np.concatenate([away, np.full(30, bottom), back, np.full(30, end)])
    touched = np.concatenate([away, back, np.full(30, end)])
    paused, plain = (analysed(replayed(table, source), height_m=1.72) for source in (held, touched))
    assert abs(paused.value("pause_time_mean_s") - 1.0) < 0.35
    assert plain.value("pause_time_mean_s") == 0
    name = "mean_concentric_velocity_m_s"
    assert abs(paused.value(name) - plain.value(name)) < 0.08
    assert lifting_labels.PAUSED in set(paused.labels["phase"])


def test_bouncing_at_the_bottom_makes_one_repetition_of_it(one):
    table, _, bottom, end = one
    higher = bottom + 0.45 * (end - bottom)
    stops = [(0.0, 0.0), (bottom, bottom), (higher, 0.4), (bottom, 0.4), (end, 1.0), (end + 0.3, 0.8)]
    assert len(analysed(replayed(table, path(*stops))).accepted) == 1


def test_repetitions_without_a_rest_between_them_are_counted_each(one):
    table, start, bottom, _ = one
    stops = [(0.0, 0.0), (start, 1.0), *[(bottom, 1.3), (start, 1.1)] * 4, (start, 1.0)]
    analysis = analysed(replayed(table, path(*stops)))
    assert len(analysis.accepted) == 4
    assert (analysis.accepted["start_s"].to_numpy()[1:] >= analysis.accepted["end_s"].to_numpy()[:-1]).all()


def test_a_step_out_of_the_rack_does_not_count(one):
    table, *_ = one
    times = table.index.to_numpy(float)
    scene = squat(seed=3)
    first = truth(scene).iloc[0]
    share = minimum_jerk(np.clip((times - first["start_s"]) / (first["end_s"] - first["start_s"]), 0, 1))
    everything = tuple({name.split("_", 1)[1] for name in keypoints.joints(table) if name != "nose"})
    walked = moved(table, everything, np.stack([120 * (share - 1), 0 * share], -1))
    analysis = analysed(walked)
    assert len(analysis.accepted) == len(truth(scene)) - 1
    assert "a step" in analysis.reps["reason"].iloc[0]


def test_a_bow_is_no_squat(one):
    table, *_ = one
    still = table.copy()
    for side in skeleton.SIDES:
        for part in ("hip", "knee", "ankle", "heel", "foot_index"):
            for axis in "xy":
                still[(f"{side}_{part}", axis)] = table[(f"{side}_{part}", axis)].iloc[0]
    with pytest.raises(NothingCounts, match="a bow"):
        analysed(still)


def test_a_clip_that_is_cut_loses_the_repetition_and_says_so():
    scene = squat()
    true = truth(scene)
    table = keypoint_table(scene, noise_px=1.0)
    begin, stop = true["start_s"].iloc[0] + 0.6, true["bottom_s"].iloc[3] + 0.3
    analysis = analyse_table(scene, table[(table.index > begin) & (table.index < stop)])
    assert len(analysis.accepted) == 2
    assert list(analysis.reps["reason"]) == ["clip begins in mid-repetition", "", "", "clip ends in mid-repetition"]
    assert check(analysis, "cut_repetitions").value == 2


def test_a_clip_shorter_than_one_repetition_is_one_clear_line():
    scene = squat()
    first = truth(scene).iloc[0]
    table = keypoint_table(scene, noise_px=1.0)
    for begin, stop in ((0.0, first["bottom_s"]), (first["bottom_s"], first["end_s"] + 0.5), (0.0, first["start_s"])):
        with pytest.raises(KinebenchError, match="task lifting needs") as caught:
            analyse_table(scene, table[(table.index >= begin) & (table.index < stop)])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("task", ["walking", "rowing", "punch", "curl"])
def test_another_movement_is_refused_in_one_line(task):
    with pytest.raises(KinebenchError, match="task lifting needs") as caught:
        analysed(keypoint_table(Scene(task=task), noise_px=1.0))
    assert "\n" not in str(caught.value)


def test_feet_that_are_cut_off_take_only_their_own_measures_with_them():
    table = keypoint_table(squat(), noise_px=1.0)
    analysis = analysed(without(table, "heel", "foot_index"), height_m=1.72)
    assert len(analysis.accepted) == 5
    assert analysis.metric("knee_ahead_of_toes_m") is None
    assert analysis.metric("bottom_ankle_dorsiflexion_deg") is None
    assert analysis.value("depth_deg") is not None
    said = check(analysis, "measures_left_out")
    assert said.verdict == "doubtful"
    assert "knee ahead of toes" in said.message
    assert "foot index never seen" in said.message


def test_a_squat_without_a_leg_is_one_clear_line():
    table = keypoint_table(squat(), noise_px=1.0)
    with pytest.raises(
        KinebenchError, match=r"task lifting needs shoulder, hip, knee, ankle .* but knee was never seen"
    ):
        analysed(without(table, "knee"))


# The other lifts


def test_deadlifts_run_from_the_floor_to_the_top_and_back(one):
    table, _, bottom, end = one
    lift = [(end, 1.0), (end, 0.8), (bottom, 1.4), (bottom, 0.9)]
    pulled = replayed(with_hanging_hands(table), path((bottom, 0.0), (bottom, 1.0), *lift * 3))
    analysis = analysed(pulled, exercise="deadlift", height_m=1.72)
    assert len(analysis.accepted) == 3
    first = truth(squat(seed=3)).iloc[0]
    expected = first["mean_concentric_velocity_m_s"] * first["ascent_time_s"] / 1.0
    assert_allclose(analysis.accepted["mean_concentric_velocity_m_s"], expected, atol=0.05)
    assert_allclose(analysis.accepted["pause_time_s"], 0.8, atol=0.3)
    assert (analysis.accepted["bottom_knee_flexion_deg"] > 90).all()
    assert analysis.metric("depth_deg") is None
    in_order = analysis.labels["phase"][analysis.labels["repetition"] == 1]
    assert list(in_order.drop_duplicates()) == ["ascending", "paused", "descending"]


def test_bench_presses_are_counted_from_straight_arms_to_straight_arms():
    times = np.arange(0, 13, 1 / 30)
    knots = [(0.0, 0.565)]
    for start in (1.0, 4.5, 8.0):
        knots += [(start, 0.565), (start + 1.2, 0.2, 2.0), (start + 2.2, 0.565)]
    heights = Track.of(knots)(times)
    analysis = analysed(bench_press(heights, times), exercise="bench-press", height_m=1.72)
    good = analysis.accepted
    assert_allclose(good["turn_s"], [2.2, 5.7, 9.2], atol=0.04)
    assert_allclose(good["bar_way_m"], 0.365, atol=0.03)
    assert_allclose(good["mean_concentric_velocity_m_s"], 0.365, atol=0.05)
    true_elbow = 180 - 2 * np.degrees(np.arcsin(0.1 / 0.285))
    assert_allclose(good["bottom_elbow_flexion_deg"], true_elbow, atol=4)
    assert analysis.metric("depth_deg") is None
    assert analysis.metric("bottom_knee_flexion_deg") is None


@pytest.mark.parametrize("exercise", ["deadlift", "bench-press"])
def test_another_exercise_than_the_one_named_is_refused(exercise):
    with pytest.raises(KinebenchError, match=f"for the exercise {exercise}"):
        analysed(keypoint_table(squat(), noise_px=1.0), exercise=exercise)


# Edits by hand


def test_a_bottom_moved_by_hand_is_measured_there():
    scene = squat()
    table = keypoint_table(scene, noise_px=1.0)
    plain = analyse_table(scene, table)
    old = float(plain.accepted["turn_s"].iloc[1])
    move = Edit("boundary moved", old, old, of="turn_s", old=old, new=old + 0.2)
    edited = analyse_table(scene, table, edits=[move.plain()])
    row = edited.accepted.iloc[1]
    assert_allclose([row["turn_s"], row["resume_s"], row["bottom_s"]], old + 0.2)
    course = np.abs(plain.signals[f"{plain.near_side}_thigh_angle_deg"].to_numpy()) - 90
    assert_allclose(row["depth_deg"], np.interp(old + 0.2, plain.signals.index, course))
    assert edited.reps["by_hand"].iloc[1] == "boundary moved"


def test_a_repetition_rejected_by_hand_is_not_in_the_means():
    scene = squat()
    plain = analyse(scene, 1.0)
    row = plain.accepted.iloc[2]
    reject = Edit("repetition rejected", float(row["start_s"]), float(row["end_s"]), new="knees came in")
    edited = analyse_table(scene, keypoint_table(scene, noise_px=1.0), edits=[reject.plain()])
    assert len(edited.accepted) == len(plain.accepted) - 1
    assert_allclose(edited.value("depth_deg"), plain.accepted["depth_deg"].drop(row.name).mean(), atol=1e-6)


# A real person, measured by others


def test_real_squats_are_counted_and_their_angles_come_back():
    """OpenCap's squats: angles by OpenSim from video and markers, laid on a stick figure; knee turns are the truth."""
    lines = shared_file("reference/opencap_squats1_videoAndMocap.mot").read_text().splitlines()
    head = lines.index("endheader") + 1
    rows = [line.split() for line in lines[head:]]
    angles = pd.DataFrame(np.array(rows[1:], dtype=float), columns=rows[0])
    angles = angles.groupby(np.arange(len(angles)) // 4).first()  # 100 Hz to 25
    knee, hip, ankle = (angles[f"{name}_r"].to_numpy() for name in ("knee_angle", "hip_flexion", "ankle_angle"))
    times = angles["time"].to_numpy()
    analysis = analysed(from_angles(times, ankle, knee, hip), filter="none", outliers="none")
    inside = [(times > 1.5 * n) & (times < 1.5 * (n + 1.2)) for n in range(5)]
    deepest = np.array([knee[part].max() for part in inside])
    assert len(analysis.accepted) == 5
    assert_allclose(analysis.accepted["bottom_knee_flexion_deg"], deepest, atol=3)
    expected = np.array([times[part][np.argmax(knee[part])] for part in inside])
    assert_allclose(analysis.accepted["turn_s"], expected, atol=0.15)
