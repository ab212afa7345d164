"""Whom to follow among several people, and left and right put right: generated people, real recordings."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import keypoints, skeleton
from kinebench.errors import KinebenchError
from kinebench.subject import Followed, Subject, follow, unswap
from kinebench.synthetic import Scene, detections_table, keypoint_table

WIDTH, HEIGHT, RATE = 1280, 720, 30.0
JOINTS = ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_ankle", "right_ankle")
SHAPE = np.array([[0, -0.5], [-0.1, -0.35], [0.1, -0.35], [-0.07, 0], [0.07, 0], [-0.08, 0.5], [0.08, 0.5]])


def person(x: float, y: float = 360.0, size: float = 400.0) -> np.ndarray:
    """Joints (7, 3) of someone standing with the middle at x, y."""
    return np.column_stack([SHAPE * size + [x, y], np.full(len(SHAPE), 0.9)])


def detections(seen: list[list[np.ndarray]], shuffle: int | None = None) -> pd.DataFrame:
    """Long table from the people of each frame; with `shuffle` their order changes from frame to frame."""
    random = np.random.default_rng(shuffle)
    rows = []
    for frame, people in enumerate(seen):
        order = random.permutation(len(people)) if shuffle is not None else range(len(people))
        for number, which in enumerate(order):
            rows += [
                (frame, frame / RATE, number, joint, *point) for joint, point in zip(JOINTS, people[which], strict=True)
            ]
    return pd.DataFrame(rows, columns=list(keypoints.DETECTION_COLUMNS))


def followed(seen: list[list[np.ndarray]], shuffle: int | None = None) -> Followed:
    times = np.arange(len(seen)) / RATE
    return follow(detections(seen, shuffle), times, WIDTH, HEIGHT, JOINTS, Subject())


def middle(found: Followed) -> np.ndarray:
    return keypoints.points(found.keypoints, "nose")[:, 0]


def test_a_single_person_is_taken_as_detected():
    scene = Scene(task="rowing")
    found = follow(
        detections_table(scene, noise_px=1.0, frames=60),
        scene.times_s[:60],
        scene.width,
        scene.height,
        skeleton.BLAZEPOSE33.joints,
        Subject(),
    )
    pd.testing.assert_frame_equal(found.keypoints, keypoint_table(scene, noise_px=1.0, frames=60))
    assert (found.person_changes, found.frames_without_person, found.people_seen) == (0, 0, 1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_in_which_people_are_listed_does_not_matter(seed):
    seen = [[person(640 + frame), person(250, size=300), person(1100)] for frame in range(40)]
    found = followed(seen, seed)
    assert_allclose(middle(found), 640 + np.arange(40))
    assert (found.person_changes, found.people_seen) == (0, 3)


def test_the_one_in_the_middle_is_followed_before_one_as_large_at_the_edge():
    assert_allclose(middle(followed([[person(100), person(700)]] * 20)), 700)


def test_the_larger_of_two_as_near_to_the_middle_is_followed():
    assert_allclose(middle(followed([[person(540, size=200), person(740, size=500)]] * 20)), 740)


def test_people_who_pass_each_other_keep_their_identity():
    x = np.linspace(-300, 300, 61)
    seen = [[person(640 - way * 0.3, size=500), person(640 + way, y=330, size=350)] for way in x]
    found = followed(seen, 1)
    assert_allclose(middle(found), 640 - x * 0.3)
    assert found.person_changes == 0


def test_who_leaves_close_beside_the_subject_takes_nothing_along():
    seen = [[person(640), person(720, size=380)] if frame < 50 else [person(640)] for frame in range(100)]
    for seed in range(5):
        found = followed(seen, seed)
        assert_allclose(middle(found), 640)
        assert found.person_changes == 0


def test_a_passer_by_who_hides_the_subject_never_becomes_the_subject():
    seen = [[person(640)] for _ in range(150)]
    for frame in range(60, 90):  # one second: the network sees only who walks past, larger
        seen[frame] = [person(100 + 36 * (frame - 60), size=600)]
    found = followed(seen)
    missing = np.isnan(middle(found))
    assert missing[60:90].sum() >= 25
    assert_allclose(middle(found)[~missing], 640)
    assert found.person_changes == 0
    assert found.frames_without_person == missing.sum()


def test_the_subject_is_found_again_after_an_absence_without_a_change_of_person():
    seen = [[person(640)] if frame < 40 or frame > 70 else [] for frame in range(120)]
    found = followed(seen)
    assert (found.person_changes, found.frames_without_person) == (0, 31)
    assert np.isnan(middle(found)[40:71]).all()


def test_another_person_who_stays_is_followed_and_counted_as_a_change():
    seen = [[person(640)] if frame < 150 else [person(200, y=250, size=200)] for frame in range(300)]
    found = followed(seen)
    assert found.person_changes == 1
    assert found.frames_without_person == 0
    assert_allclose(middle(found)[150:], 200)


def test_somebody_seen_for_moments_at_both_ends_of_the_clip_is_nobody_to_follow():
    seen = [[person(640)] if 10 <= frame < 190 else [person(200, y=250, size=200)] for frame in range(200)]
    found = followed(seen)
    assert (found.person_changes, found.frames_without_person) == (0, 20)


def test_who_is_seen_beside_the_subject_never_stands_in_for_it():
    seen = [[person(640), person(300)] for _ in range(100)]
    for frame in range(50, 60):
        seen[frame] = [person(300)]
    found = followed(seen, 3)
    assert np.isnan(middle(found)[50:60]).all()
    assert (found.person_changes, found.people_seen) == (0, 2)


def test_a_wild_pose_in_single_frames_is_left_out():
    seen = [[person(640)] for _ in range(60)]
    seen[30] = [person(200, y=150, size=150)]
    found = followed(seen)
    assert np.isnan(middle(found)).nonzero()[0].tolist() == [30]
    assert found.person_changes == 0


def test_one_frame_with_a_false_person_does_not_count_as_two_people():
    seen = [[person(640)] for _ in range(60)]
    seen[10] = [person(640), person(200)]
    assert followed(seen).people_seen == 1


def test_joints_missing_in_a_detection_stay_missing():
    half = person(640)
    half[5:] = np.nan
    found = followed([[person(640)], [half], [person(640)]])
    assert np.isnan(keypoints.points(found.keypoints, "left_ankle")[1]).all()
    assert keypoints.confidence(found.keypoints, "left_ankle")[1] == 0


def test_depth_is_kept():
    scene = Scene(task="rowing")
    table = detections_table(scene, frames=5)
    for axis in keypoints.WORLD:
        table[axis] = 0.25
    found = follow(table, scene.times_s[:5], scene.width, scene.height, skeleton.BLAZEPOSE33.joints, Subject())
    assert (found.keypoints["left_knee"]["world_z"] == 0.25).all()


def test_detections_find_their_frame_by_time():
    table = detections([[person(640 + 10 * frame)] for frame in range(10)])
    table["time_s"] = table["time_s"] + 1e-4
    times = np.arange(2, 8, 2) / RATE
    found = follow(table, times, WIDTH, HEIGHT, JOINTS, Subject())
    assert_allclose(middle(found), [660, 680, 700])


def test_nobody_in_the_picture_is_said_in_one_line():
    empty = pd.DataFrame(columns=list(keypoints.DETECTION_COLUMNS))
    with pytest.raises(KinebenchError, match="nobody was found in any of 5 frames") as caught:
        follow(empty, np.arange(5) / RATE, WIDTH, HEIGHT, JOINTS, Subject())
    assert "\n" not in str(caught.value)


def test_detections_without_their_columns_are_refused():
    with pytest.raises(KinebenchError, match="detections must have the columns joint, confidence, but has not"):
        follow(
            pd.DataFrame(columns=["frame", "time_s", "person", "x", "y"]),
            np.arange(5) / RATE,
            WIDTH,
            HEIGHT,
            JOINTS,
            Subject(),
        )


def test_an_unknown_way_of_following_is_refused():
    with pytest.raises(KinebenchError, match=r"follow must be one of central, largest, .*, but got 'tallest'"):
        Subject(follow="tallest")


LEG = ("knee", "ankle", "heel", "foot_index")
ARM = ("elbow", "wrist")


def walker(noise_px: float, seed: int, *, yaw_deg: float = 8.0, seconds: float = 8.0) -> pd.DataFrame:
    """Someone 425 px tall who walks to the right, legs and arms crossing twice a stride."""
    random = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * RATE)) / RATE
    at: dict[str, np.ndarray] = {}

    def along(length: float, tip: np.ndarray) -> np.ndarray:
        return length * np.stack([np.sin(tip), np.cos(tip)], axis=1)

    for side, start, lateral in (("left", 0.0, 1.0), ("right", np.pi, -1.0)):
        stride = 2 * np.pi * time_s / 1.1 + start
        thigh = np.radians(5 + 25 * np.sin(stride))
        bend = np.radians(np.clip(15 + 30 * (np.sin(stride + 0.9) + 0.3 * np.sin(2 * stride)), 2, 70))
        hip = np.stack([100 + 300 * time_s + lateral * 20 * np.sin(np.radians(yaw_deg)), np.full_like(time_s, 375)], 1)
        knee = hip + along(107, thigh)
        ankle = knee + along(107, thigh - bend)
        shoulder = np.add(hip, [0, -125])
        elbow = shoulder + along(75, -thigh)
        at |= {
            f"{side}_hip": hip,
            f"{side}_knee": knee,
            f"{side}_ankle": ankle,
            f"{side}_heel": np.add(ankle, [-12, 12]),
            f"{side}_foot_index": np.add(ankle, [40, 15]),
            f"{side}_shoulder": shoulder,
            f"{side}_elbow": elbow,
            f"{side}_wrist": elbow + along(62, 0.3 - thigh),
        }
    xy = np.stack(list(at.values()), axis=1)
    xy = xy + noise_px * random.standard_normal(xy.shape)
    return keypoints.make(time_s, list(at), np.concatenate([xy, np.full((*xy.shape[:2], 1), 0.9)], axis=-1))


def exchanged(table: pd.DataFrame, parts: tuple[str, ...], frames: slice) -> pd.DataFrame:
    """Left and right of some parts exchanged in some frames."""
    changed = table.copy()
    index = table.index[frames]
    for part in parts:
        for coordinate in table[f"left_{part}"].columns:
            left, right = (f"left_{part}", coordinate), (f"right_{part}", coordinate)
            changed.loc[index, [left, right]] = table.loc[index, [right, left]].to_numpy()
    return changed


@pytest.mark.parametrize("frames", [slice(50, 51), slice(50, 52), slice(97, 104), slice(60, 130), slice(33, 93)])
@pytest.mark.parametrize(("limb", "parts"), [("legs", LEG), ("arms", ARM)])
def test_an_exchanged_stretch_is_put_right_and_counted(limb, parts, frames):
    table = walker(1.0, seed=1)
    corrected, swaps = unswap(exchanged(table, parts, frames))
    # Frames in which the limbs cover each other look the same either way.
    assert_allclose(keypoints.positions(corrected), keypoints.positions(table), atol=6.0)
    assert set(swaps["limb"]) == {limb}
    assert swaps["frames"].sum() == pytest.approx(frames.stop - frames.start, abs=1)


def test_legs_and_arms_are_put_right_together():
    table = walker(1.0, seed=2)
    corrected, swaps = unswap(exchanged(table, LEG + ARM, slice(70, 110)))
    assert_allclose(keypoints.positions(corrected), keypoints.positions(table), atol=6.0)
    assert sorted(swaps["limb"]) == ["arms", "legs"]


def test_hips_go_along_only_where_they_were_exchanged_too():
    table = walker(0.5, seed=3, yaw_deg=60.0)
    for parts in (LEG, ("hip", *LEG)):
        corrected, _ = unswap(exchanged(table, parts, slice(80, 120)))
        assert_allclose(keypoints.positions(corrected), keypoints.positions(table), atol=4.0)


def test_everything_of_a_joint_is_exchanged_back():
    table = walker(1.0, seed=4)
    for joint in keypoints.joints(table):
        side = 0.95 if joint.startswith("left") else 0.85
        table[(joint, "confidence")] = side
        for axis in keypoints.WORLD:
            table[(joint, axis)] = side
    corrected, _ = unswap(exchanged(table, LEG, slice(70, 100)))
    assert (corrected["left_ankle"]["confidence"] == 0.95).all()
    assert (corrected["left_ankle"]["world_z"] == 0.95).all()


@pytest.mark.parametrize("noise_px", [0.3, 2.0, 5.0])
def test_legs_that_really_cross_are_left_alone(noise_px):
    for seed in range(10):
        table = walker(noise_px, seed)
        same, swaps = unswap(table)
        assert same is table
        assert len(swaps) == 0


@pytest.mark.parametrize("task", ["sit-to-stand", "rowing"])
@pytest.mark.parametrize("noise_px", [0.5, 3.0, 8.0])
def test_sides_that_cover_each_other_give_no_false_alarm(task, noise_px):
    for seed in range(4):
        _, swaps = unswap(keypoint_table(Scene(task=task, seed=seed), noise_px=noise_px, seed=seed))
        assert len(swaps) == 0


def test_frames_with_both_sides_half_way_between_do_not_turn_what_lies_between_them():
    """As a network gave of a jumping jack: limbs apart, and now and then one frame with the sides confused."""
    time_s = np.arange(80) / RATE
    random = np.random.default_rng(9)
    spread = {"knee": 53.0, "ankle": 75.0, "foot_index": 90.0}
    half = {part: size + 8 * np.sin(4 * time_s) for part, size in spread.items()}
    for part in spread:
        half[part][[30, 50]] *= -0.35
    joints = [f"{side}_{part}" for side in skeleton.SIDES for part in spread]
    sign = {"left": 1.0, "right": -1.0}
    values = np.empty((80, len(joints), 3))
    for place, joint in enumerate(joints):
        side, part = joint.split("_", 1)
        values[:, place, 0] = 640 + sign[side] * half[part] + random.normal(0, 1.5, 80)
        values[:, place, 1] = 300 + spread[part] + random.normal(0, 1.5, 80)
    values[..., 2] = 0.98
    _, swaps = unswap(keypoints.make(time_s, joints, values))
    assert swaps["frames"].sum() <= 4


def test_the_table_of_swaps_says_when():
    table = walker(1.0, seed=5)
    _, swaps = unswap(exchanged(table, LEG, slice(60, 90)))
    assert swaps.columns.tolist() == ["limb", "start_s", "end_s", "frames"]
    assert swaps["start_s"][0] == pytest.approx(60 / RATE, abs=1.5 / RATE)
    assert swaps["end_s"][0] == pytest.approx(89 / RATE, abs=1.5 / RATE)


def test_frames_without_the_limb_do_not_disturb():
    table = walker(1.0, seed=6)
    broken = exchanged(table, LEG, slice(60, 90))
    for table_ in (broken, table):
        for part in LEG:
            for gap in (slice(70, 72), slice(120, 150)):
                table_.loc[table_.index[gap], [(f"left_{part}", "x"), (f"left_{part}", "y")]] = np.nan
    corrected, swaps = unswap(broken)
    known = np.isfinite(keypoints.points(table, "left_ankle")[:, 0])
    legs = [f"{side}_{part}" for part in ("knee", "ankle") for side in skeleton.SIDES]
    for joint in legs:
        assert_allclose(keypoints.points(corrected, joint)[known], keypoints.points(table, joint)[known], atol=6.0)
    assert (swaps["limb"] == "legs").all()


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_hardly_any_frames_have_no_swaps(frames):
    table = walker(1.0, seed=7).iloc[:frames]
    same, swaps = unswap(table)
    assert same is table
    assert len(swaps) == 0


def test_nobody_and_a_network_without_limbs_have_no_swaps():
    table = walker(1.0, seed=8)
    nobody = keypoints.with_positions(table, np.full((len(table), len(keypoints.joints(table)), 2), np.nan))
    assert len(unswap(nobody)[1]) == 0
    assert len(unswap(table[["left_knee", "right_knee"]])[1]) == 0


def test_real_recordings_without_swaps_raise_no_alarm(shared_file):
    for name in ("rowing_ergometer_side_jakobkb", "balance_beam_single_pose2sim_cam01"):
        given = pd.read_csv(shared_file(f"reference/mediapipe_0.10.21_full_raw__{name}.csv"))
        names = [f"{side}_{part}" for side in skeleton.SIDES for part in ("hip", "shoulder", *LEG, *ARM)]
        values = np.stack([given[[f"{joint}_{c}" for c in ("x", "y", "visibility")]] for joint in names], axis=1)
        assert len(unswap(keypoints.make(given["pts_s"].to_numpy(), names, values))[1]) == 0, name


@pytest.fixture(scope="module", name="gait")
def _gait(shared_file) -> Followed:
    """Someone who walks to and fro, found by OpenPose, which exchanges the legs in some frames."""
    folder = shared_file("reference/openpose_body25_gait")
    files = sorted(folder.glob("*.json"))
    rows = []
    for frame, path in enumerate(files):
        for number, found in enumerate(json.loads(path.read_text())["people"]):
            points = np.reshape(found["pose_keypoints_2d"], (-1, 3))
            rows += [
                (frame, frame / RATE, number, joint, *point)
                for joint, point in zip(skeleton.BODY25.joints, points, strict=True)
                if point[2] > 0
            ]
    table = pd.DataFrame(rows, columns=list(keypoints.DETECTION_COLUMNS))
    return follow(table, np.arange(len(files)) / RATE, 320, 480, skeleton.BODY25.joints, Subject())


def test_the_walker_is_followed_past_a_second_person(gait):
    assert (gait.person_changes, gait.frames_without_person) == (0, 0)


def test_legs_that_openpose_exchanged_walk_on_after_correction(gait):
    """Exchanged legs jump across each other; nobody's ankle does 40 px in a frame that 30 frames a second take."""
    corrected, swaps = unswap(gait.keypoints)
    assert len(swaps) >= 4
    assert swaps["frames"].sum() < 30

    def jumps(table: pd.DataFrame) -> int:
        half = keypoints.points(table, "left_ankle") - keypoints.points(table, "right_ankle")
        return int((np.linalg.norm(np.diff(half, axis=0), axis=1) > 80).sum())

    assert jumps(gait.keypoints) >= 8
    assert jumps(corrected) <= jumps(gait.keypoints) / 3
