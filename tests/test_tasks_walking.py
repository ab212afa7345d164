"""Walking on truth: foot events, gait cycles, lengths and angles of walkers that are known; what is refused."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import estimators, extraction, figures, formats, kinematics, parameters, skeleton, subject, tasks, video
from kinebench.errors import KinebenchError
from kinebench.formats import Given
from kinebench.places import SAMPLES
from kinebench.subject import Followed, Subject
from kinebench.synthetic import Scene, events, keypoint_table
from kinebench.synthetic.gait import PUBLISHED
from kinebench.synthetic.truth import truth_table
from kinebench.synthetic.walkers import Hall, Walker, Walkers
from kinebench.synthetic.walkers_truth import detections_table
from kinebench.synthetic.walkers_truth import events as walkers_events
from kinebench.tasks import NothingCounts, Recording
from kinebench.tasks.walking import cycles, rearfoot
from kinebench.tasks.walking import events as foot
from kinebench.tasks.walking import floor as ground
from kinebench.tasks.walking import metrics as measures
from kinebench.tasks.walking.events import HEEL_STRIKE, TOE_OFF, Feet
from kinebench.tasks.walking.view import averaged
from tests.conftest import shared_file
from tests.scenes import followed, recording

TREADMILL = Scene(task="walking", seed=2)
BEHIND = Scene(task="walking", seed=2, yaw_deg=-90.0)
NEAR_FRAMES_S = 2 / 30
KINDS = {HEEL_STRIKE: "heel_strike", TOE_OFF: "toe_off"}


def walk(person, facts, **values):
    task = tasks.get("walking")
    return task.analyse(person, facts, parameters.build(task.settings, values))


def analyse_table(table, scene=TREADMILL, **values):
    return walk(followed(table), recording(scene, table.index.to_numpy(float)), **values)


@cache
def treadmill(scene=TREADMILL, noise_px=1.5, height_m=1.72):
    return analyse_table(keypoint_table(scene, noise_px=noise_px, seed=scene.seed), scene, height_m=height_m)


@cache
def hall(noise_px=1.5, duration_s=5.4, **walker):
    """Somebody who passes the camera, and the truth of it."""
    scene = Walkers((Walker(**walker),), Hall(duration_s=duration_s))
    one = scene.hall
    found = detections_table(scene, noise_px=noise_px, seed=4)
    person = subject.follow(found, one.times_s, one.width, one.height, skeleton.BLAZEPOSE33.joints, Subject())
    facts = Recording(name="hall", width=one.width, height=one.height, times_s=one.times_s)
    return walk(person, facts, height_m=scene.people[0].height_m), walkers_events(scene)["people"][0]


def errors_s(analysis, true, side, event):
    """How far each event lies from the nearest true one, and how many true ones there are for each found."""
    found = analysis.extras["foot_events"]
    own = found[(found["side"] == side) & (found["event"] == event)]["time_s"].to_numpy()
    true = np.asarray(true)
    return own - true[np.abs(own[:, None] - true).argmin(axis=1)]


def all_errors_s(analysis, scene):
    true = events(scene)["events"]
    return {
        event: np.concatenate([errors_s(analysis, true[f"{side}_{key}_s"], side, event) for side in skeleton.SIDES])
        for event, key in KINDS.items()
    }


def moved(table, name, change):
    """The table with one coordinate of every joint changed."""
    made = table.copy()
    columns = [column for column in made.columns if column[1] == name]
    made[columns] = change(made[columns])
    return made


# --- foot events -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize("facing", skeleton.SIDES)
def test_foot_events_on_a_treadmill_lie_within_two_frames_of_the_truth(seed, facing):
    scene = Scene(task="walking", seed=seed, facing=facing)
    found = all_errors_s(treadmill(scene), scene)
    for event in KINDS:
        assert len(found[event]) >= 12
        assert (np.abs(found[event]) <= NEAR_FRAMES_S).mean() >= 0.95


def test_heel_strikes_are_right_to_a_frame_and_toe_offs_come_late_by_one():
    found = [all_errors_s(treadmill(scene), scene) for scene in (replace(TREADMILL, seed=seed) for seed in range(4))]
    strikes, leaves = (np.concatenate([one[event] for one in found]) for event in KINDS)
    assert abs(strikes.mean()) < 0.02
    assert 0.01 < leaves.mean() < 0.04


@pytest.mark.parametrize("facing", skeleton.SIDES)
def test_foot_events_past_the_camera_lie_within_two_frames_of_the_truth(facing):
    analysis, truth = hall(facing=facing)
    for event, key in KINDS.items():
        for side in skeleton.SIDES:
            true = [one["time_s"] for one in truth[f"{key}s"] if one["side"] == side]
            assert (np.abs(errors_s(analysis, true, side, event)) <= NEAR_FRAMES_S).all()


def test_events_take_turns_and_one_foot_stands_at_any_time():
    table = treadmill().extras["foot_events"]
    for side in skeleton.SIDES:
        own = table[table["side"] == side]["event"].to_numpy()
        assert (own[1:] != own[:-1]).all()
    for row in treadmill().accepted.itertuples():
        assert row.start_s < row.opposite_toe_off_s < row.opposite_heel_strike_s < row.toe_off_s < row.end_s


def test_two_methods_agree_on_a_clean_walk_and_the_check_counts_where_they_do_not():
    check = next(one for one in treadmill().quality if one.name == "foot_events_agreement")
    assert check.verdict == "good"
    assert check.value == 0
    table = treadmill().extras["foot_events"]
    assert table["by_speed_s"].notna().mean() > 0.9
    assert_allclose(table["difference_s"], table["by_speed_s"] - table["time_s"])


def test_of_several_toe_offs_between_two_heel_strikes_the_farthest_behind_stays():
    time_s = np.arange(0, 2, 0.1)
    toe = -10.0 - np.arange(20)
    kept = foot._alternating(time_s, -toe, toe, np.array([0.2, 1.5]), np.array([0.6, 0.9]))
    assert kept == [(HEEL_STRIKE, 0.2), (TOE_OFF, 0.9), (HEEL_STRIKE, 1.5)]


def test_steps_are_equal_where_the_far_foot_is_only_smaller_by_perspective():
    time_s, shrunk, centre = np.arange(0, 4, 0.02), 0.92, 300.0
    place = {"right": 100.0 + 200 * np.floor(time_s), "left": 200.0 + 200 * np.floor(time_s - 0.5)}
    place["left"] = centre + shrunk * (place["left"] - centre)
    steady = np.zeros(len(time_s))
    feet = Feet(time_s, steady.astype(int) + 1, steady, place, place, place, 100.0, by_ankle=False)
    row = {"start_s": 1.0, "opposite_toe_off_s": 1.1, "opposite_heel_strike_s": 1.5, "toe_off_s": 1.6, "end_s": 2.0}
    found = ground.lengths(pd.DataFrame([row]), "right", feet, ground.Floor(0.0, shrunk, centre), "right").iloc[0]
    assert_allclose(found[["step_length_px", "opposite_step_length_px", "stride_length_px"]], [100.0, 100.0, 200.0])


# --- times, lengths, symmetry ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_times_and_lengths_on_a_treadmill_meet_their_bars(seed):
    scene = Scene(task="walking", seed=seed)
    analysis, truth = treadmill(scene), events(scene)["metrics"]
    assert len(analysis.accepted) == truth["strides"]
    assert_allclose(analysis.value("cadence_steps_min"), truth["cadence_steps_min"], rtol=0.01)
    for name in ("stride_time_mean_s", "left_step_time_mean_s", "right_step_time_mean_s"):
        assert abs(analysis.value(name) - truth[name]) < 0.03, name
    for name in ("stance_time_mean_s", "swing_time_mean_s", "double_support_time_mean_s"):
        assert abs(analysis.value(name) - truth[name]) < 0.05, name
    for name in ("left_step_length_m", "right_step_length_m"):
        assert abs(analysis.value(name) - truth[name]) < 0.05, name
    assert_allclose(analysis.value("walking_speed_m_s"), truth["walking_speed_m_s"], rtol=0.06)


@pytest.mark.parametrize("facing", skeleton.SIDES)
def test_times_and_lengths_past_the_camera_meet_their_bars(facing):
    analysis, truth = hall(facing=facing)
    assert_allclose(analysis.value("cadence_steps_min"), truth["cadence_steps_min"], rtol=0.01)
    assert abs(analysis.value("stride_time_mean_s") - 120 / truth["cadence_steps_min"]) < 0.03
    for name in ("step_length_m", "left_step_length_m", "right_step_length_m"):
        assert abs(analysis.value(name) - truth["step_length_m"]) < 0.05, name
    assert_allclose(analysis.value("walking_speed_m_s"), truth["speed_m_s"], rtol=0.06)


def test_the_limp_has_the_right_sign():
    for seed in range(4):
        scene = Scene(task="walking", seed=seed)
        true = events(scene)["metrics"]
        left, right = (true[f"{side}_step_time_mean_s"] for side in skeleton.SIDES)
        expected = 100 * (left - right) / (0.5 * (left + right))
        assert_allclose(treadmill(scene).value("step_time_symmetry_pct"), expected, atol=3.5)


def test_shares_of_the_stride_add_up():
    for row in treadmill().extras["strides"].query("accepted").itertuples():
        assert_allclose(row.stance_pct + row.swing_pct, 100)
        assert_allclose(row.stance_time_s + row.swing_time_s, row.stride_time_s)
        assert_allclose(row.step_time_s + row.opposite_step_time_s, row.stride_time_s)
        assert_allclose(row.step_length_m + row.opposite_step_length_m, row.stride_length_m)


def test_without_a_scale_there_are_no_metres():
    analysis = analyse_table(keypoint_table(TREADMILL, noise_px=1.0))
    names = {metric.name for metric in analysis.metrics}
    assert "step_length_px" in names
    assert not [name for name in names if name.endswith(("_m", "_m_s"))]


# --- angles ----------------------------------------------------------------------------------------------------------


def test_near_side_s_range_of_motion_is_that_of_the_truth():
    analysis, true = treadmill(), truth_table(TREADMILL)
    near, time_s = analysis.near_side, TREADMILL.times_s
    inside = (time_s >= analysis.accepted["start_s"].min()) & (time_s <= analysis.accepted["end_s"].max())
    for joint, name in measures.JOINTS.items():
        expected = np.ptp(true[f"{near}_{name}"].to_numpy()[inside])
        # A 6 Hz filter takes some degrees off what the ankle does around toe-off.
        assert abs(analysis.value(f"{near}_{joint}_range_deg") - expected) < (12 if joint == "ankle" else 6), joint


def test_the_gait_cycle_of_the_knee_is_the_published_one_with_its_two_peaks():
    table = treadmill().extras["gait_cycles"]
    for side in skeleton.SIDES:
        knee = table[(table["side"] == side) & (table["joint"] == "knee")]["mean_deg"].to_numpy()
        assert knee.shape == (101,)
        assert_allclose(knee, PUBLISHED["knee"](np.arange(101) / 100), atol=17)
        assert 62 <= 40 + knee[40:].argmax() <= 78
        assert 5 <= knee[:30].argmax() <= 28


def test_the_mean_cycle_is_the_mean_of_the_single_ones():
    analysis = treadmill()
    single, mean = analysis.extras["gait_cycle_courses"], analysis.extras["gait_cycles"]
    one = single[(single["side"] == "left") & (single["joint"] == "hip") & (single["percent"] == 30)]["angle_deg"]
    row = mean[(mean["side"] == "left") & (mean["joint"] == "hip") & (mean["percent"] == 30)].iloc[0]
    assert_allclose([row["mean_deg"], row["sd_deg"], row["strides"]], [one.mean(), one.std(ddof=1), len(one)])


def test_the_far_leg_s_angles_are_in_doubt_and_the_near_one_s_are_not():
    analysis = treadmill()
    far = skeleton.other(analysis.near_side)
    assert not analysis.metric(f"{analysis.near_side}_knee_range_deg").doubt
    assert "hidden" in analysis.metric(f"{far}_knee_range_deg").doubt


# --- laws ------------------------------------------------------------------------------------------------------------

SYMMETRIC = ("cadence_steps_min", "stride_time_mean_s", "step_length_m", "stance_mean_pct", "walking_speed_m_s")


def test_a_mirrored_clip_exchanges_left_and_right_and_changes_nothing_else():
    table = keypoint_table(TREADMILL, noise_px=1.5, seed=3)
    flipped = moved(table, "x", lambda x: TREADMILL.width - 1 - x)
    columns = [(skeleton.mirrored(joint), coordinate) for joint, coordinate in flipped.columns]
    flipped = flipped.set_axis(pd.MultiIndex.from_tuples(columns, names=table.columns.names), axis=1)[table.columns]
    here, there = analyse_table(table, height_m=1.72), analyse_table(flipped, height_m=1.72)
    assert (here.near_side, there.near_side) == ("right", "left")
    for metric in here.metrics:
        if "symmetry" in metric.name:
            assert_allclose(there.value(metric.name), -metric.value, atol=1e-6)
        else:
            assert_allclose(there.value(skeleton.mirrored(metric.name)), metric.value, rtol=1e-6, err_msg=metric.name)


@settings(max_examples=2)
@given(st.floats(0.0, 500.0))
def test_a_later_clock_shifts_the_events_and_nothing_else(shift_s):
    table = keypoint_table(TREADMILL, noise_px=1.0)
    later = table.set_axis(pd.Index(table.index + shift_s, name="time_s"))
    here, there = analyse_table(table, height_m=1.72), analyse_table(later, height_m=1.72)
    assert_allclose(there.accepted["start_s"], here.accepted["start_s"] + shift_s, atol=1e-4)
    for metric in here.metrics:
        assert_allclose(there.value(metric.name), metric.value, rtol=1e-3, atol=1e-3, err_msg=metric.name)


@pytest.mark.parametrize("values", [{"frame_rate_hz": 60.0}, {"frame_rate_hz": 24.0}, {"variable_frame_rate": True}])
def test_another_frame_rate_measures_the_same_walk(values):
    here, there = treadmill(), treadmill(replace(TREADMILL, **values))
    assert len(there.accepted) == len(here.accepted)
    for name in SYMMETRIC:
        assert_allclose(there.value(name), here.value(name), rtol=0.03, err_msg=name)


@settings(max_examples=3)
@given(st.floats(0.4, 2.5), st.floats(-80, 80))
def test_size_and_place_in_the_picture_do_not_matter(size, shift_px):
    table = keypoint_table(TREADMILL, noise_px=1.0)
    here = analyse_table(table, height_m=1.72)
    scene = replace(TREADMILL, width=2400, height=1400)
    there = moved(moved(table, "x", lambda x: 300 + shift_px + size * x), "y", lambda y: 100 + size * y)
    made = analyse_table(there, scene, height_m=1.72)
    assert len(made.accepted) == len(here.accepted)
    for name in SYMMETRIC:
        assert_allclose(made.value(name), here.value(name), rtol=0.015, err_msg=name)


def test_a_mean_over_time_keeps_constants_and_knows_nothing_where_nothing_is():
    time_s = np.arange(50) / 25
    assert_allclose(averaged(np.full(50, 3.0), time_s), 3.0)
    assert np.isnan(averaged(np.full(50, np.nan), time_s)).all()


# --- to and fro, at the edge -----------------------------------------------------------------------------------------


def test_who_walks_to_and_fro_is_measured_one_way_and_the_rest_says_so():
    analysis, truth = hall(duration_s=7.0, turns=True, x_m=0.6, at_s=2.6)
    assert analysis.near_side == analysis.calibration.facing == "left"
    assert (analysis.accepted["start_s"] > truth["turns_at_s"]).all()
    reasons = " ".join(analysis.reps["reason"])
    assert "walked to the right: measured is the way to the left" in reasons
    assert "turns" in reasons
    before = analysis.signals.index < truth["turns_at_s"] - 0.7
    assert analysis.signals.loc[before, "left_knee_flexion_deg"].isna().all()


def test_facing_chooses_the_way_that_is_measured():
    scene = Walkers((Walker(turns=True, x_m=0.6, at_s=3.2),), Hall(duration_s=7.0))
    one = scene.hall
    found = detections_table(scene, noise_px=1.0)
    person = subject.follow(found, one.times_s, one.width, one.height, skeleton.BLAZEPOSE33.joints, Subject())
    facts = Recording(name="hall", width=one.width, height=one.height, times_s=one.times_s)
    for way in skeleton.SIDES:
        analysis = walk(person, facts, facing=way)
        assert analysis.calibration.facing == way
        assert ((analysis.accepted["start_s"] > 3.2) == (way == "left")).all()


def test_strides_at_the_picture_s_edge_are_left_out():
    table = moved(keypoint_table(TREADMILL, noise_px=1.0), "x", lambda x: x)
    drift = np.maximum(table.index.to_numpy() - 3.0, 0)[:, None] * 120
    shifted = moved(table, "x", lambda x: x + drift)
    analysis = analyse_table(shifted)
    rejected = analysis.reps[~analysis.reps["accepted"] & ~analysis.reps["cut"]]
    assert rejected["reason"].str.contains("inside the picture").any()
    for row in analysis.accepted.itertuples():
        inside = shifted.loc[row.start_s : row.end_s]
        feet = [(f"{side}_{part}", "x") for side in skeleton.SIDES for part in ("heel", "foot_index", "hip")]
        assert (inside[feet].to_numpy() < TREADMILL.width).all()


def test_a_hole_in_the_data_takes_out_the_strides_it_lies_in():
    table = keypoint_table(TREADMILL, noise_px=1.0)
    table.loc[2.6:3.2, [column for column in table.columns if column[1] in "xy"]] = np.nan
    reps = analyse_table(table).reps
    touched = reps[(reps["start_s"] < 3.2) & (reps["end_s"] > 2.6)]
    assert not touched["accepted"].any()
    assert reps["accepted"].sum() >= 3


# --- networks without feet, bad input --------------------------------------------------------------------------------


def test_without_heel_and_toe_the_ankle_gives_cadence_and_casts_doubt_on_stance():
    table = keypoint_table(TREADMILL, noise_px=1.5)
    coco = table[[column for column in table.columns if column[0] in skeleton.COCO17.joints]]
    analysis, truth = analyse_table(coco, height_m=1.72), events(TREADMILL)["metrics"]
    assert_allclose(analysis.value("cadence_steps_min"), truth["cadence_steps_min"], rtol=0.01)
    assert abs(analysis.value("step_length_m") - truth["stride_length_m"] / 2) < 0.05
    assert "ankle" in analysis.metric("stance_time_mean_s").doubt
    assert not analysis.metric("cadence_steps_min").doubt
    assert analysis.metric("right_ankle_range_deg") is None
    assert "ankle" in next(one.message for one in analysis.quality if one.name == "view_measures")


def test_feet_below_the_picture_are_not_used():
    table = keypoint_table(TREADMILL, noise_px=0.0)
    lowest = max(float(table[(f"{side}_heel", "y")].median()) for side in skeleton.SIDES)
    analysis = analyse_table(moved(table, "y", lambda y: y + TREADMILL.height - lowest))
    assert len(analysis.accepted) > 3
    assert analysis.metric("stance_time_mean_s").doubt
    assert analysis.metric("right_ankle_range_deg") is None


@pytest.mark.parametrize("task", ["sit-to-stand", "rowing", "squat", "punch"])
def test_another_movement_is_no_walk(task):
    scene = Scene(task=task)
    with pytest.raises(KinebenchError, match="task walking needs") as caught:
        analyse_table(keypoint_table(scene, noise_px=1.0), scene)
    assert "\n" not in str(caught.value)


def test_less_than_a_stride_is_one_clear_line():
    table = keypoint_table(TREADMILL, noise_px=1.0)
    with pytest.raises(KinebenchError, match="at least one whole stride") as caught:
        analyse_table(table.loc[:1.0])
    assert "\n" not in str(caught.value)


def test_points_that_no_body_has_are_a_reason():
    table = keypoint_table(TREADMILL, noise_px=1.0)
    away = (table.index > 3.3) & (table.index < 3.6)
    table.loc[away, ("right_knee", "x")] -= 160
    reps = analyse_table(table).reps
    assert reps["reason"].str.contains("which no walk has").any()


def test_from_the_front_it_is_refused_unless_the_user_knows_better():
    scene = Scene(task="walking", yaw_deg=90.0)
    with pytest.raises(KinebenchError, match="from the front"):
        analyse_table(keypoint_table(scene), scene)


def test_a_leg_that_is_never_seen_is_one_clear_line():
    table = keypoint_table(TREADMILL)
    table.loc[:, [column for column in table.columns if column[0] == "left_knee" and column[1] in "xy"]] = np.nan
    with pytest.raises(KinebenchError, match="needs hip, knee and ankle of both legs"):
        analyse_table(table)


# --- edits by hand ---------------------------------------------------------------------------------------------------


def test_a_heel_strike_moved_by_hand_moves_the_far_side_s_events_with_it():
    table = keypoint_table(TREADMILL, noise_px=1.0)
    before = analyse_table(table)
    old = float(before.accepted["opposite_heel_strike_s"].iloc[2])
    edit = {"what": "boundary moved", "at_s": old, "of": "opposite_heel_strike_s", "old": old, "new": old + 0.04}
    after = analyse_table(table, edits=[edit])
    assert not after.unfit
    strides = after.extras["strides"]
    strikes = strides[strides["side"] == skeleton.other(after.near_side)]["start_s"]
    assert np.isclose(strikes, old + 0.04).sum() == 1
    assert not np.isclose(strikes, old).any()
    events_now = after.extras["foot_events"]
    assert len(events_now) == len(before.extras["foot_events"])


def test_a_stride_rejected_by_hand_counts_on_neither_side():
    table = keypoint_table(TREADMILL, noise_px=1.0)
    before = analyse_table(table)
    row = before.accepted.iloc[2]
    edit = {"what": "repetition rejected", "from_s": row.start_s, "to_s": row.end_s, "new": "stumbled"}
    after = analyse_table(table, edits=[edit])
    assert len(after.accepted) == len(before.accepted) - 1
    strides = after.extras["strides"]
    far = strides[strides["side"] == skeleton.other(after.near_side)]
    assert far["reason"].str.contains("stumbled").any()


def test_when_every_stride_is_rejected_the_table_comes_with_the_error():
    table = keypoint_table(TREADMILL, noise_px=1.0)
    span = {"from_s": 0.0, "new": "no", "what": "repetition rejected"}
    edits = [span | {"from_s": row.start_s, "to_s": row.end_s} for row in analyse_table(table).accepted.itertuples()]
    with pytest.raises(NothingCounts) as caught:
        analyse_table(table, edits=edits)
    assert (caught.value.reps["by_hand"] == "rejected").sum() == len(edits)


def test_events_out_of_order_are_running_not_walking():
    feet = analyse_feet()
    state = cycles.Seen(np.ones(len(feet.time_s), bool), np.ones(len(feet.time_s), int), 1, {})
    rows = [("left", HEEL_STRIKE, 1.0), ("left", TOE_OFF, 1.3), ("right", HEEL_STRIKE, 1.4), ("right", TOE_OFF, 1.7)]
    rows += [("left", HEEL_STRIKE, 1.8)]
    table = pd.DataFrame(rows, columns=["side", "event", "time_s"])
    found = cycles.strides(table, "left", feet, state, 0.5)
    assert found["reason"].str.contains("running").any()


def analyse_feet():
    from kinebench.tasks.walking.scene import seen

    task = tasks.get("walking")
    table = keypoint_table(TREADMILL)
    prepared = tasks.common.prepare(followed(table), task.settings())
    return seen(prepared, recording(TREADMILL, table.index.to_numpy(float)), task.settings()).feet


# --- from behind -----------------------------------------------------------------------------------------------------


def test_from_behind_the_view_is_recognised_and_only_what_it_shows_is_measured():
    analysis = treadmill(BEHIND, 1.0)
    names = {metric.name for metric in analysis.metrics}
    assert not [name for name in names if "knee" in name or "length" in name or "stance" in name or "speed" in name]
    assert {"cadence_steps_min", "left_rearfoot_peak_deg", "right_rearfoot_peak_deg"} <= names
    said = next(one.message for one in analysis.quality if one.name == "view_measures")
    assert "from behind" in said
    assert "left out" in said
    assert_allclose(analysis.value("cadence_steps_min"), events(BEHIND)["metrics"]["cadence_steps_min"], rtol=0.01)


def test_from_behind_foot_events_lie_within_two_frames_of_the_truth():
    for found in all_errors_s(treadmill(BEHIND, 1.0), BEHIND).values():
        assert (np.abs(found) <= NEAR_FRAMES_S).mean() >= 0.95


def test_the_rear_foot_s_course_is_the_true_one_and_eversion_is_positive():
    analysis, true = treadmill(BEHIND, 0.3), truth_table(BEHIND)
    for side in skeleton.SIDES:
        column = true[f"{side}_rearfoot_angle_deg"]
        assert column.max() > 4
        assert abs(analysis.value(f"{side}_rearfoot_peak_deg") - column.max()) < 2.5
        assert "2D video limits it" in analysis.metric(f"{side}_rearfoot_peak_deg").doubt


def test_the_rear_foot_angle_of_a_drawn_leg():
    joints = {"knee": (100.0, 100.0), "ankle": (100.0, 190.0), "heel": (100.0 + 15 * np.tan(np.radians(8)), 205.0)}
    table = keypoint_table(BEHIND).iloc[:4].copy()
    for part, (x, y) in joints.items():
        table[(f"right_{part}", "x")], table[(f"right_{part}", "y")] = x, y
    assert_allclose(rearfoot.line(table, "right").angle_deg, 8.0)


@pytest.mark.parametrize(("every", "verdict"), [(0, "good"), (50, "doubtful"), (10, "bad")])
def test_a_network_that_takes_the_back_for_a_front_is_told(every, verdict):
    """Left and right of the whole body exchanged in every so many frames, as the network saw it."""
    table = keypoint_table(BEHIND, noise_px=1.0)
    if every:
        rows = np.arange(len(table)) % every == 0
        turned = mirrored_names(table)
        table.loc[rows] = turned.loc[rows]
    assert rearfoot.reversed_share(table) == pytest.approx(1 / every if every else 0.0, abs=0.005)
    analysis = analyse_table(table, BEHIND)
    assert next(check for check in analysis.quality if check.name == "sides_from_behind").verdict == verdict


def mirrored_names(table):
    """The same points with the names of left and right exchanged."""
    renamed = table.rename(columns=skeleton.mirrored, level=0)
    return renamed[list(table.columns)]


@pytest.mark.slow
@pytest.mark.xdist_group("samples")
def test_the_clip_from_behind_is_refused_with_what_the_network_makes_of_it():
    """Bad footage for the default network, whose feet are noise there: no number comes out of it."""
    with pytest.raises(KinebenchError, match="networks often take a back for a front"):
        detected(video.open_clip(SAMPLES / "walking_behind.mp4"), height_m=1.7)


def test_who_walks_away_from_the_camera_is_refused():
    table = keypoint_table(BEHIND)
    shrink = np.linspace(1.0, 0.5, len(table))[:, None]
    away = moved(moved(table, "x", lambda x: 427 + shrink * (x - 427)), "y", lambda y: 200 + shrink * (y - 200))
    with pytest.raises(KinebenchError, match="treadmill when filmed from behind"):
        analyse_table(away, BEHIND)


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scene", [TREADMILL, BEHIND])
def test_every_figure_is_drawn_for_either_view_and_says_what_it_shows(scene):
    for name, figure in figures.all_of(treadmill(scene, 1.0)).items():
        figure.canvas.draw()
        assert len(figure.alt) > 20, name
        assert figure.axes, name


def test_the_stance_bars_are_the_strides_and_double_support_lies_between():
    analysis = treadmill()
    axes = figures.walking.foot_events(analysis).axes[0]
    drawn = sorted(round(bar.get_x(), 4) for bar in axes.patches if np.isclose(bar.get_height(), 0.62))
    strides = analysis.extras["strides"].query("not cut and toe_off_s == toe_off_s")
    assert drawn == sorted(strides["start_s"].round(4))


def test_curves_show_three_joints_from_the_side_and_the_rear_foot_from_behind():
    titles = [axes.get_title(loc="left") for axes in figures.walking.curves(treadmill()).axes]
    assert [title.split()[0] for title in titles] == ["Hip", "Knee", "Ankle"]
    (axes,) = figures.walking.curves(treadmill(BEHIND, 1.0)).axes
    assert "eversion" in axes.get_ylabel()


# --- other people's recordings ---------------------------------------------------------------------------------------


def test_the_openpose_recording_is_measured_on_its_first_way_with_plausible_curves():
    read = formats.read(shared_file("reference/openpose_body25_gait"), Given(frame_rate_hz=30.0, width=320, height=480))
    times_s = np.arange(344) / 30.0
    person = subject.follow(read.detections, times_s, 320, 480, tuple(read.joints), Subject())
    analysis = walk(person, Recording(name="openpose", width=320, height=480, times_s=times_s))
    assert analysis.near_side == analysis.calibration.facing == "left"
    assert len(analysis.accepted) >= 3
    assert analysis.reps["reason"].str.contains("walked to the right").sum() >= 3
    strikes = analysis.extras["foot_events"].query("event == 'heel strike'")
    early = strikes[strikes["time_s"] < 4.6]["side"].to_numpy()
    assert (early[1:] != early[:-1]).all()
    assert 100 < analysis.value("cadence_steps_min") < 135
    assert 57 < analysis.value("stance_mean_pct") < 68
    table = analysis.extras["gait_cycles"]
    knee = table[(table["side"] == "left") & (table["joint"] == "knee")]["mean_deg"].to_numpy()
    hip = table[(table["side"] == "left") & (table["joint"] == "hip")]["mean_deg"].to_numpy()
    assert 65 < knee.argmax() < 80
    assert 50 < knee.max() < 75
    assert 40 < hip.argmin() < 60
    assert 10 < hip.max() < 40
    assert -30 < hip.min() < 0


def test_opencap_s_markers_of_a_walk_give_times_of_usual_walking_and_the_angles_of_its_own_solver():
    path = shared_file("reference/opencap_walk_markers.trc")
    solved = shared_file("reference/opencap_walk_ik.mot")
    read = formats.read(path, Given())
    detections = read.detections
    times_s = np.sort(detections["time_s"].unique())
    width = int(detections["x"].max()) + 100
    person = subject.follow(detections, times_s, width, 1200, tuple(read.joints), Subject())
    known = {"known_length_m": 1.0, "known_length_x1_px": 0.0, "known_length_y1_px": 0.0}
    known |= {"known_length_x2_px": 1 / read.metres_per_px, "known_length_y2_px": 0.0}
    analysis = walk(person, Recording(name="opencap", width=width, height=1200, times_s=times_s), **known)
    assert len(analysis.accepted) == 2
    assert 57 < analysis.value("stance_mean_pct") < 64
    assert 15 < analysis.value("double_support_mean_pct") < 27
    assert_allclose(analysis.value("left_step_length_m"), analysis.value("right_step_length_m"), atol=0.05)
    # What the feet say of the speed is what the pelvis does.
    pelvis = kinematics.signals(analysis.keypoints, analysis.calibration)["right_hip_forward_px"] * read.metres_per_px
    first, last = (float(analysis.accepted[name].iloc[end]) for name, end in (("start_s", 0), ("end_s", -1)))
    way = np.interp([first, last], pelvis.index, pelvis)
    assert_allclose(analysis.value("walking_speed_m_s"), np.ptp(way) / (last - first), rtol=0.05)
    lines = solved.read_text(encoding="utf-8").splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("time"))
    angles = pd.DataFrame([line.split() for line in lines[head + 1 :]], columns=lines[head].split()).astype(float)
    for side in skeleton.SIDES:
        inside = angles[angles["time"].between(first, last)][f"knee_angle_{side[0]}"]
        assert abs(analysis.value(f"{side}_knee_max_deg") - inside.max()) < 15


@pytest.mark.slow
@pytest.mark.xdist_group("samples")
def test_the_shared_video_of_a_woman_who_walks_gives_a_stride():
    clip = video.open_clip(shared_file("videos/walk_sagittal_and_jump_sports2d_demo.mp4"), start_s=3.4, stop_s=5.4)
    analysis = detected(clip)
    assert analysis.calibration.facing == analysis.near_side == "left"
    assert len(analysis.accepted) == 1
    assert 90 < analysis.value("cadence_steps_min") < 120
    assert 50 < analysis.value("left_knee_max_deg") < 72


def detected(clip, **values):
    estimators.fetch("blazepose-full")
    found = extraction.detect(clip, extraction.Extraction(), progress=False)
    person = subject.follow(found, clip.times_s, clip.width, clip.height, extraction.joints(found), Subject())
    assert isinstance(person, Followed)
    return walk(person, Recording.of(clip, found, person), **values)


@pytest.mark.slow
@pytest.mark.xdist_group("samples")
def test_the_rendered_passer_by_through_the_network_meets_the_bars():
    path = SAMPLES / "walking_past.mp4"
    truth = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))["people"][0]
    analysis = detected(video.open_clip(path), height_m=truth["height_m"])
    for event, key in KINDS.items():
        for side in skeleton.SIDES:
            true = [one["time_s"] for one in truth[f"{key}s"] if one["side"] == side]
            assert (np.abs(errors_s(analysis, true, side, event)) <= NEAR_FRAMES_S).mean() >= 0.95
    assert len(analysis.accepted) >= 3
    assert_allclose(analysis.value("cadence_steps_min"), truth["cadence_steps_min"], rtol=0.01)
    for side in skeleton.SIDES:
        assert abs(analysis.value(f"{side}_step_length_m") - truth["step_length_m"]) < 0.05
    checks = {check.name: check.verdict for check in analysis.quality}
    # Before somebody walks in and after they have left there is nobody to be found, and nothing to be missed.
    assert checks["frames_without_person"] == checks["gaps_filled"] == checks["joints_outside_picture"] == "good"


@pytest.mark.slow
@pytest.mark.xdist_group("samples")
def test_the_rendered_treadmill_through_the_network_meets_the_bars():
    path = SAMPLES / "walking_treadmill.mp4"
    truth = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))
    analysis = detected(video.open_clip(path), height_m=truth["height_m"])
    for event, key in KINDS.items():
        for side in skeleton.SIDES:
            found = errors_s(analysis, truth["events"][f"{side}_{key}_s"], side, event)
            assert (np.abs(found) <= NEAR_FRAMES_S).mean() >= 0.95
    expected = truth["metrics"]
    assert len(analysis.accepted) == expected["strides"]
    assert_allclose(analysis.value("cadence_steps_min"), expected["cadence_steps_min"], rtol=0.01)
    assert abs(analysis.value("stride_time_mean_s") - expected["stride_time_mean_s"]) < 0.03
    for side in skeleton.SIDES:
        assert abs(analysis.value(f"{side}_step_length_m") - expected[f"{side}_step_length_m"]) < 0.05
