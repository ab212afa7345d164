"""People who walk: feet that stay, angles as published, events that are the motion's own, who hides whom."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import keypoints, skeleton, video
from kinebench.errors import KinebenchError
from kinebench.synthetic import gait
from kinebench.synthetic.__main__ import main
from kinebench.synthetic.body import FOOT_MARK_M
from kinebench.synthetic.crossing import CROSSING, CROSSING_BACK, SAMPLE_WALKERS
from kinebench.synthetic.files import beside
from kinebench.synthetic.passing import SAMPLE_PASSING, WALKING_BACK, WALKING_PAST
from kinebench.synthetic.truth import TRUTH_JOINTS
from kinebench.synthetic.walkers import STEP_SHARES, Hall, Walker, Walkers
from kinebench.synthetic.walkers_truth import (
    body_angles,
    detections_table,
    events,
    joints_3d,
    truth_table,
    visibility,
)
from tests.conftest import SAMPLES, shared_file

SIDES = skeleton.SIDES
CYCLE = np.linspace(0, 1, 101)[:-1]


def made(height_m: float, share: float, **choices) -> Walker:
    """A walker whose steps have a share of the usual length."""
    return Walker(height_m=height_m, step_length_m=share * gait.USUAL_STEP * height_m, **choices)


walkers = st.builds(
    made,
    height_m=st.floats(1.45, 2.0),
    share=st.floats(STEP_SHARES[0] + 0.01, STEP_SHARES[1] - 0.01),
    cadence_steps_min=st.floats(70, 130),
    phase=st.floats(-0.5, 0.5),
    facing=st.sampled_from(("left", "right")),
    turns=st.booleans(),
    turns_towards=st.sampled_from(("camera", "wall")),
    swing=st.sampled_from(tuple(gait.SWINGS)),
)
few = settings(max_examples=10, deadline=None)


def times(one: Walker, rate_hz: float = 60.0) -> np.ndarray:
    return np.arange(0, 6, 1 / rate_hz)


def cycle_times(one: Walker, side: str) -> np.ndarray:
    """One gait cycle of a side, from heel strike on."""
    steps = one.motion.steps
    first = next(k for k in range(20, 24) if steps.side(k) == side)
    return float(steps.heel_strike_s(first)) + CYCLE * 2 * steps.step_s


def straight_on(one: Walker) -> Walker:
    return replace(one, turns=False)


class TestMotion:
    """What holds for anyone who walks, straight on or there and back."""

    @few
    @given(walkers)
    def test_segments_keep_their_length(self, one):
        joints, body = joints_3d(one, times(one, 20)), one.motion.body
        for a, b, length in (
            ("hip", "knee", body.thigh),
            ("knee", "ankle", body.shank),
            ("shoulder", "elbow", body.upper_arm),
            ("elbow", "wrist", body.forearm),
            ("heel", "foot_index", 0.135 * body.height_m),
        ):
            for side in SIDES:
                found = np.linalg.norm(joints[f"{side}_{a}"] - joints[f"{side}_{b}"], axis=1)
                assert_allclose(found, length, atol=1e-9, err_msg=f"{side} {a} to {b}")
        assert_allclose(np.linalg.norm(joints["left_hip"] - joints["right_hip"], axis=1), 2 * body.hip_half)

    @few
    @given(walkers)
    def test_a_foot_on_the_floor_does_not_slide(self, one):
        """The heel from the heel strike until it rises, the toes from when the foot lies flat until toe-off."""
        at = times(one)
        joints = joints_3d(one, at)
        for side in SIDES:
            foot, share = one.motion.cycle(side, at)
            for joint, start, stop in (
                ("heel", 0.0, gait.HEEL_OFF),
                ("foot_index", gait.FOOT_FLAT, gait.TOE_OFF),
            ):
                for number in np.unique(foot):
                    down = (foot == number) & (share >= start) & (share <= stop)
                    if down.any():
                        where = joints[f"{side}_{joint}"][down]
                        assert np.ptp(where, axis=0).max() < 1e-3
                        assert_allclose(where[:, 2], FOOT_MARK_M, atol=1e-3)

    @few
    @given(walkers)
    def test_no_foot_goes_through_the_floor_and_the_swinging_one_leaves_it(self, one):
        at = times(one)
        joints = joints_3d(one, at)
        for side in SIDES:
            for joint in ("heel", "foot_index"):
                assert joints[f"{side}_{joint}"][:, 2].min() > FOOT_MARK_M - 0.008
            _, share = one.motion.cycle(side, at)
            middle = np.abs(share - 0.8) < 0.05
            lowest = np.minimum(joints[f"{side}_heel"], joints[f"{side}_foot_index"])[middle, 2]
            assert lowest.min() > FOOT_MARK_M + 0.003

    @few
    @given(walkers)
    def test_no_joint_jumps(self, one):
        """1 ms at 8 m/s; the fastest foot of a 2 m walker at 130 steps a minute stays below it."""
        for name, points in joints_3d(one, np.arange(1.5, 4.5, 1e-3)).items():
            assert np.linalg.norm(np.diff(points, axis=0), axis=1).max() < 8e-3, name

    @few
    @given(walkers)
    def test_knees_bend_forwards_and_never_lock(self, one):
        found = body_angles(one, times(one))
        for side in SIDES:
            knee = found[f"{side}_knee_flexion_deg"]
            assert knee.min() > 2
            assert 35 < knee.max() < 75
            assert np.abs(np.diff(knee)).max() < 20

    @few
    @given(walkers.map(straight_on))
    def test_half_a_cycle_later_the_other_side_does_the_same(self, one):
        ahead = one.step_length_m * (1 if one.facing == "right" else -1)
        at = times(one, 40)[:80]
        now, later = joints_3d(one, at), joints_3d(one, at + one.step_s)
        axis = np.array([1.0, -1.0, 1.0])
        moved = np.array([ahead, 2 * one.y_m, 0.0])
        for name, points in now.items():
            assert_allclose(later[skeleton.mirrored(name)], points * axis + moved, atol=1e-9, err_msg=name)

    @few
    @given(walkers.map(straight_on))
    def test_step_length_times_cadence_is_the_speed(self, one):
        place = joints_3d(one, np.array([one.at_s, one.at_s + 1.0]))["pelvis"]
        assert_allclose(place[0, :2], [one.x_m, one.y_m], atol=1e-9)
        ahead = 1 if one.facing == "right" else -1
        speed = ahead * one.step_length_m * one.cadence_steps_min / 60
        assert_allclose(place[1, :2] - place[0, :2], [speed, 0], atol=1e-9)

    @few
    @given(walkers.filter(lambda one: one.turns))
    def test_who_turns_comes_back_the_way_it_went(self, one):
        reach = 8 * one.step_s
        early, late = joints_3d(one, one.at_s + np.array([-reach, reach]))["pelvis"][:, :2]
        assert_allclose(early[0], late[0], atol=1.3 * one.step_length_m)
        assert_allclose(early[1], late[1], atol=1.2 * one.step_length_m)
        heading = np.degrees(one.motion.heading(one.at_s + np.array([-reach, 0.0, reach])))
        assert_allclose(np.abs(np.diff(heading[[0, 2]])), 180, atol=1e-6)
        middle = joints_3d(one, np.array([one.at_s]))
        towards = middle["nose"][0, 1] < middle["left_ear"][0, 1]
        assert towards == (one.turns_towards == "camera")


class TestGait:
    """The angles are those of walking as others measured it."""

    @pytest.mark.parametrize(
        ("joint", "swing", "bar_deg"),
        [
            ("knee", "early", 4.5),
            ("knee", "late", 6.0),
            ("thigh", "early", 3.0),
            ("thigh", "late", 3.0),
            ("ankle", "early", 9.0),
            ("ankle", "late", 9.5),
        ],
    )
    def test_angles_are_near_the_published_ones(self, joint, swing, bar_deg):
        """Root mean square over a cycle at the usual length of step; between people Winter's SD is 5 to 8 deg."""
        one = made(1.72, 1.0, swing=swing)
        found = body_angles(one, cycle_times(one, "right"))
        name, sign = {
            "knee": ("knee_flexion", 1),
            "thigh": ("thigh_angle", -1),
            "ankle": ("ankle_dorsiflexion", 1),
        }[joint]
        error = sign * found[f"right_{name}_deg"] - gait.PUBLISHED[joint](CYCLE)
        assert np.sqrt(np.mean(error**2)) < bar_deg

    def test_the_knee_is_that_of_a_measured_walk(self):
        """OpenCap's inverse kinematics of a person who walks: two waves a cycle, the greater in swing, at its time."""
        path = shared_file("reference/opencap_walk_ik.mot")
        text = path.read_text().split("endheader\n", 1)[1].split("\n", 1)
        table = pd.DataFrame(
            [[float(x) for x in line.split()] for line in text[1].strip().split("\n")], columns=text[0].split()
        )
        one = made(1.72, 1.0)
        own = body_angles(one, cycle_times(one, "right"))["right_knee_flexion_deg"]
        knee = table["knee_angle_r"].to_numpy()
        peaks = np.flatnonzero((knee[1:-1] > knee[:-2]) & (knee[1:-1] >= knee[2:]) & (knee[1:-1] > 45)) + 1
        assert len(peaks) >= 2
        # From swing peak to swing peak.
        measured = np.interp(np.linspace(peaks[0], peaks[1], 101)[:-1], np.arange(len(knee)), knee)
        shifted = np.roll(own, -int(own.argmax()))
        assert np.corrcoef(measured, shifted)[0, 1] > 0.93
        assert np.sqrt(np.mean((measured - shifted) ** 2)) < 12

    def test_the_hips_rise_and_fall_once_a_step_highest_over_the_standing_leg(self):
        one = made(1.72, 1.0)
        at = cycle_times(one, "right")
        height = joints_3d(one, at)["right_hip"][:, 2]
        assert_allclose(height, np.roll(height, 50), atol=1e-9)
        assert 0.005 < np.ptp(height) < 0.05  # 3 to 5 cm in life, where the pelvis drops and turns, too
        assert 0.2 < CYCLE[height[:50].argmax()] < 0.4

    def test_an_arm_swings_back_when_its_own_leg_is_ahead(self):
        one = made(1.72, 1.0)
        joints = joints_3d(one, cycle_times(one, "left"))
        for joint in ("ankle", "wrist"):
            ahead = (joints[f"left_{joint}"] - joints[f"right_{joint}"])[:, 0]
            assert (ahead[0] > 0.2) == (joint == "ankle")
            assert (ahead[50] < -0.2) == (joint == "ankle")

    def test_courses_pass_through_their_knots_without_overshoot(self):
        course = gait.Course.through([(0, 5), (40, 20), (60, -3)])
        assert_allclose(course(np.array([0.0, 0.4, 0.6, 1.0, 1.4])), [5, 20, -3, 5, 20])
        fine = course(np.linspace(0, 1, 1001))
        assert (fine.min(), fine.max()) == (-3, 20)
        assert np.abs(np.diff(fine)).max() < 0.2


class TestEvents:
    """Heel strikes and toe-offs are when the motion has them."""

    scene = Walkers((made(1.72, 1.0, at_s=3.0), made(1.6, 0.8, facing="left", y_m=1.0)), Hall(duration_s=6.0))

    @pytest.mark.parametrize("person", [0, 1])
    def test_sides_alternate_at_the_cadence_and_stance_is_the_usual_share(self, person):
        one, found = self.scene.people[person], events(self.scene)["people"][person]
        for name in ("heel_strikes", "toe_offs"):
            rows = found[name]
            assert all(a["side"] != b["side"] for a, b in itertools.pairwise(rows))
            assert_allclose(np.diff([row["time_s"] for row in rows]), 60 / one.cadence_steps_min)
        strike = found["heel_strikes"][0]
        leave = next(r for r in found["toe_offs"] if r["side"] == strike["side"] and r["time_s"] > strike["time_s"])
        assert leave["time_s"] - strike["time_s"] == pytest.approx(0.6 * 2 * 60 / one.cadence_steps_min)

    @pytest.mark.parametrize("person", [0, 1])
    def test_a_heel_strikes_and_toes_leave_the_floor_at_these_times(self, person):
        one, found = self.scene.people[person], events(self.scene)["people"][person]
        for name, mark, off in (("heel_strikes", "heel", -0.05), ("toe_offs", "foot_index", 0.05)):
            for row in found[name]:
                at = joints_3d(one, row["time_s"] + np.array([0.0, off]))[f"{row['side']}_{mark}"]
                assert_allclose(at[0], [row["x_m"], row["y_m"], FOOT_MARK_M], atol=1e-9)
                assert np.linalg.norm(at[1] - at[0]) > 0.01

    @pytest.mark.parametrize("person", [0, 1])
    def test_heels_strike_where_they_are_farthest_ahead_of_the_hips(self, person):
        """Zeni et al. 2008 (Gait Posture 27:710): the heel is farthest from the sacrum; within two frames at 30 Hz."""
        one, found = self.scene.people[person], events(self.scene)["people"][person]
        ahead = 1 if one.facing == "right" else -1
        for row in found["heel_strikes"][1:-1]:
            at = row["time_s"] + np.arange(-0.3, 0.3, 0.005)
            joints = joints_3d(one, at)
            before = ahead * (joints[f"{row['side']}_heel"][:, 0] - joints["pelvis"][:, 0])
            assert at[before.argmax()] == pytest.approx(row["time_s"], abs=0.067)

    @few
    @given(walkers.map(straight_on).filter(lambda one: one.swing == "late"))
    def test_in_a_late_swing_they_strike_at_the_very_instant(self, one):
        """94 % of strikes were within one frame at 60 Hz of the farthest place on Zeni's treadmill."""
        ahead, steps = 1 if one.facing == "right" else -1, one.motion.steps
        for number in range(22, 26):
            at = float(steps.heel_strike_s(number)) + np.arange(-0.3, 0.3, 0.001)
            joints = joints_3d(one, at)
            before = ahead * (joints[f"{steps.side(number)}_heel"][:, 0] - joints["pelvis"][:, 0])
            assert at[before.argmax()] == pytest.approx(float(steps.heel_strike_s(number)), abs=1 / 60)

    def test_the_distance_between_heel_strikes_is_the_step_length(self):
        for one, found in zip(self.scene.people, events(self.scene)["people"], strict=True):
            x = np.array([row["x_m"] for row in found["heel_strikes"]])
            assert_allclose(np.abs(np.diff(x)), one.step_length_m)
            assert found["stride_length_m"] == pytest.approx(2 * one.step_length_m)


class TestTruth:
    """The table says where everyone is, in the picture and in the hall."""

    def test_it_has_the_form_of_a_single_subjects_with_one_row_a_frame_and_person(self):
        table = truth_table(CROSSING, frames=3)
        assert list(table.index) == [0, 0, 1, 1, 2, 2]
        assert list(table["person"]) == [0, 1] * 3
        assert table.columns[1] == "time_s"
        for joint in TRUTH_JOINTS:
            assert {f"{joint}_x", f"{joint}_y", f"{joint}_visible"} <= set(table.columns)
        assert not table.isna().any().any()

    def test_both_peoples_distances_are_those_of_their_lines_and_of_their_sizes_in_the_picture(self):
        scene = replace(CROSSING, hall=replace(CROSSING.hall, yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0))
        table = truth_table(scene, frames=40)
        for person, one in enumerate(scene.people):
            own = table[table["person"] == person]
            assert_allclose(own["camera_distance_m"], scene.hall.distance_m + one.y_m)
            hips = joints_3d(one, own["time_s"])
            tall = (hips["neck"] - hips["pelvis"])[:, 2] * scene.hall.camera.focal_px / own["camera_distance_m"]
            shown = 0.5 * own.filter(regex="hip_y$").sum(axis=1) - 0.5 * own.filter(regex="shoulder_y$").sum(axis=1)
            assert_allclose(shown, tall, rtol=5e-3)

    @pytest.mark.parametrize("scene", SAMPLE_WALKERS.values(), ids=SAMPLE_WALKERS)
    def test_everyone_is_in_the_picture_up_to_a_hand_or_foot(self, scene):
        table = truth_table(scene)
        for joint in ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee", "right_knee"):
            assert table[f"{joint}_x"].between(20, scene.hall.width - 20).all(), joint
        assert table.filter(regex="_x$").to_numpy().min() > 0
        assert table.filter(regex="_x$").to_numpy().max() < scene.hall.width - 1
        assert table.filter(regex="_y$").to_numpy().max() < scene.hall.height - 10

    def test_angles_are_the_bodys_own_whichever_way_it_faces(self):
        right, left = (made(1.7, 0.9, facing=facing) for facing in ("right", "left"))
        for name, values in body_angles(right, times(right, 20)).items():
            assert_allclose(body_angles(left, times(left, 20))[name], values, atol=1e-8, err_msg=name)

    def test_detections_tell_nobody_who_is_who_and_lose_the_hidden(self):
        table = detections_table(CROSSING)
        assert tuple(table.columns[:-1]) == keypoints.DETECTION_COLUMNS
        people = table.groupby("frame")["true_person"].nunique()
        share = visibility(CROSSING)[1].mean(axis=1)
        assert_allclose(people, np.where(share >= 0.3, 2, 1))
        assert set(table.groupby(["frame", "person"]).size()) == {33}


def x_of_hips(scene: Walkers) -> np.ndarray:
    """Mid-hip column in the picture, shape (frames, people)."""
    table = truth_table(scene)
    x = 0.5 * (table["left_hip_x"] + table["right_hip_x"]).to_numpy()
    return x.reshape(-1, len(scene.people))


class TestHiding:
    """Who hides whom, and why place alone can't tell them apart afterwards."""

    @pytest.mark.parametrize("scene", SAMPLE_WALKERS.values(), ids=SAMPLE_WALKERS)
    def test_the_farther_one_is_wholly_hidden_once_and_seen_whole_before_and_after(self, scene):
        near, far = visibility(scene)
        assert (near == 1).all()
        (covered,) = events(scene)["coverings"]
        assert (covered["covered"], covered["covered_by"]) == (1, 0)
        assert len(covered["wholly_hidden_frames"]) >= 2
        assert (far.mean(axis=1) < 0.3).sum() >= 5
        assert (far[: covered["first_frame"]] == 1).all()
        assert (far[covered["last_frame"] + 1 :] == 1).all()
        assert covered["first_frame"] > 45
        assert covered["last_frame"] < len(far) - 45

    def test_part_of_the_farther_one_is_covered_for_some_frames(self):
        far = visibility(CROSSING_BACK)[1].mean(axis=1)
        assert ((far > 0.3) & (far < 0.7)).sum() >= 5

    @pytest.mark.parametrize(
        ("scene", "moving_on_is_right"), [(CROSSING, True), (CROSSING_BACK, False)], ids=["crossing", "back"]
    )
    def test_place_alone_is_wrong_in_one_clip_and_place_with_speed_in_the_other(self, scene, moving_on_is_right):
        x = x_of_hips(scene)
        (covered,) = events(scene)["coverings"]
        before, after = covered["first_frame"] - 1, covered["last_frame"] + 10
        speed = (x[before] - x[before - 15]) / 15

        def linked(expected: np.ndarray) -> bool:
            """Whether the nearer assignment of the two found afterwards to the two expected is the right one."""
            right = np.abs(expected - x[after]).sum()
            return bool(right < np.abs(expected - x[after, ::-1]).sum())

        assert linked(x[before] + speed * (after - before)) == moving_on_is_right
        assert linked(x[before]) != moving_on_is_right

    def test_a_joint_is_seen_when_nobody_stands_before_it(self):
        alone = replace(CROSSING, people=CROSSING.people[1:])
        assert (visibility(alone) == 1).all()


@pytest.mark.xdist_group("synthetic")
def test_the_picture_shows_the_people_where_the_truth_has_them_and_hides_whom_it_says():
    """One small frame while the farther one is half hidden: each joint lies on its own person, or on who hides it."""
    pytest.importorskip("numba", reason="needs kinebench[synthetic]: pip install 'kinebench[synthetic]'")
    import cv2

    from kinebench.synthetic.walkers_render import WalkersRenderer

    half = int(np.argmin(np.abs(visibility(CROSSING)[1].mean(axis=1) - 0.5)))
    at = float(CROSSING.hall.times_s[half])
    moved = tuple(replace(one, at_s=one.at_s - at) for one in CROSSING.people)
    small = Walkers(moved, replace(CROSSING.hall, width=320, height=180, duration_s=0.1))
    who = WalkersRenderer(small).seen(0)
    row = truth_table(small, frames=1).set_index("person")
    tried = {(person, hidden): 0 for person in (0, 1) for hidden in (False, True)}
    for person in (0, 1):
        near = {other: cv2.dilate((who == other).astype(np.uint8), np.ones((3, 3), np.uint8)) for other in (0, 1)}
        for joint in TRUTH_JOINTS:
            x, y = (round(row.loc[person, f"{joint}_{axis}"]) for axis in "xy")
            share = row.loc[person, f"{joint}_visible"]
            if 0.05 < share < 0.95:
                continue
            shown = person if share >= 0.95 else 1 - person
            assert near[shown][y, x], f"{joint} of person {person}, seen by {share:.2f}"
            tried[person, share <= 0.05] += 1
    assert tried[0, False] == len(TRUTH_JOINTS)
    assert min(tried[1, False], tried[1, True]) >= 3


ALL_CLIPS = SAMPLE_WALKERS | SAMPLE_PASSING


@pytest.mark.parametrize(("name", "scene"), ALL_CLIPS.items(), ids=ALL_CLIPS)
class TestSampleClips:
    """The committed clips are what the generator makes."""

    def test_format(self, name, scene):
        path = SAMPLES / name
        assert path.stat().st_size < 400_000
        clip = video.open_clip(path)
        assert (clip.width, clip.height) == (scene.hall.width, scene.hall.height)
        assert_allclose(clip.times_s, scene.hall.times_s, atol=1e-5)
        assert 5 <= clip.times_s[-1] <= 8

    def test_truth_beside_it(self, name, scene):
        truth_path, events_path = beside(SAMPLES / name)
        committed, fresh = pd.read_csv(truth_path, index_col="frame"), truth_table(scene)
        assert list(committed.columns) == list(fresh.columns)
        assert_allclose(committed, fresh, atol=0.0051)
        assert json.loads(events_path.read_text()) == json.loads(json.dumps(events(scene)))


@pytest.mark.parametrize(("name", "scene"), SAMPLE_WALKERS.items(), ids=SAMPLE_WALKERS)
def test_people_wear_their_shirts_where_the_truth_has_their_chests(name, scene):
    clip, table = video.open_clip(SAMPLES / name), truth_table(scene)
    for number in (5, len(clip.times_s) - 6):
        picture = video.frame_at(clip, number).rgb().astype(int)
        for person, row in table.loc[number].set_index("person").iterrows():
            x, y = (
                round(np.mean([0.8 * row[f"{side}_shoulder_{c}"] + 0.2 * row[f"{side}_hip_{c}"] for side in SIDES]))
                for c in "xy"
            )
            red, _, blue = picture[y - 3 : y + 1, x - 2 : x + 3].mean(axis=(0, 1))
            assert (blue > red + 30) == (person == 0)
            assert (red > blue + 30) == (person == 1)


class TestPassing:
    """One person who walks past, and one who comes back."""

    def test_who_walks_past_comes_into_the_picture_and_leaves_it_on_the_other_side(self):
        table = truth_table(WALKING_PAST)
        x = table.filter(regex="_x$")
        assert x.iloc[0].max() < 0
        assert x.iloc[-1].min() > WALKING_PAST.hall.width - 1
        whole = table["time_s"][(x.min(axis=1) > 0) & (x.max(axis=1) < WALKING_PAST.hall.width - 1)]
        strikes = [row["time_s"] for row in events(WALKING_PAST)["people"][0]["heel_strikes"]]
        assert sum(whole.min() < time < whole.max() for time in strikes) >= 6

    def test_who_comes_back_is_in_the_picture_all_the_time_and_walks_both_ways(self):
        table = truth_table(WALKING_BACK)
        x = table.filter(regex="_x$")
        assert x.to_numpy().min() > 0
        assert x.to_numpy().max() < WALKING_BACK.hall.width - 1
        assert_allclose(np.cos(np.radians(table["facing_deg"].iloc[[0, -1]])), [1, -1], atol=1e-6)

    @pytest.mark.parametrize("scene", SAMPLE_PASSING.values(), ids=SAMPLE_PASSING)
    def test_head_and_feet_are_in_the_picture(self, scene):
        y = truth_table(scene).filter(regex="_y$")
        assert y.to_numpy().min() > 20
        assert y.to_numpy().max() < scene.hall.height - 20


def test_a_walker_and_a_hall_say_what_is_wrong_with_them(tmp_path, capsys):
    with pytest.raises(KinebenchError, match=r"step_length_m must be between 0\.30 and 0\.62 .* but got 0\.8"):
        Walker(height_m=1.7, step_length_m=0.8)
    with pytest.raises(KinebenchError, match=r"height_m must be between .* Give metres"):
        Walker(height_m=170)
    with pytest.raises(KinebenchError, match="must be even"):
        Hall(width=641)
    with pytest.raises(KinebenchError, match="one or two walkers, but got 3"):
        Walkers((Walker(), Walker(), Walker()))
    assert main(["samples", "running.mp4", "--out", str(tmp_path)]) == 2
    assert "NAME must be one of sit_to_stand.mp4" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_truth_of_walkers_needs_no_renderer(tmp_path):
    code = (
        "import sys; from kinebench.synthetic.walkers import Hall, Walker, Walkers;"
        "from kinebench.synthetic.walkers_truth import events, truth_table;"
        "s = Walkers((Walker(), Walker(y_m=1.0, facing='left')), Hall(duration_s=0.1)); truth_table(s); events(s);"
        "print([m for m in ('numba', 'cv2', 'av', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]"
