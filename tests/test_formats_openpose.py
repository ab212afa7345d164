"""OpenPose's JSON as its doc/02_output.md describes it: every joint at its place and time, or refused in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, openpose
from kinebench.formats.openpose_order import told_apart
from kinebench.skeleton import BODY25, BODY25B, SKELETONS
from tests.conftest import shared_file

FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
RATE = Given(frame_rate_hz=50.0)
GAIT, BALANCE = "reference/openpose_body25_gait", "reference/pose2sim_balance_single/cam01_openpose_json"

# A person of 170 cm from the side, a shoulder's width turned: the left side's place in cm, the right 4 beyond it.
SIDE = {"eye": (62, 12), "ear": (55, 13), "shoulder": (50, 31), "elbow": (47, 62), "wrist": (55, 87), "hip": (50, 82)}
SIDE |= {"knee": (53, 124), "ankle": (48, 163), "heel": (42, 168), "foot_index": (65, 169), "small_toe": (62, 169)}
MIDDLE = {"nose": (65, 15), "neck": (52, 31), "upper_neck": (53, 24), "mid_hip": (52, 82), "head_top": (54, 0)}
MIDDLE["chest"] = (52, 55)
BODY = MIDDLE | {f"left_{p}": at for p, at in SIDE.items()} | {f"right_{p}": (x + 4, y) for p, (x, y) in SIDE.items()}
# Deep in a squat, thighs level.
BENT = {"shoulder": (75, 80), "elbow": (98, 98), "wrist": (120, 90), "hip": (52, 126), "knee": (90, 124)}
SQUAT = BODY | {f"{side}_{part}": at for side in ("left", "right") for part, at in BENT.items()}
SQUAT |= {"nose": (95, 65), "left_eye": (93, 61), "right_eye": (94, 61), "left_ear": (85, 62), "right_ear": (87, 62)}
SQUAT |= {"neck": (77, 80), "upper_neck": (80, 73), "mid_hip": (54, 126), "head_top": (86, 48)}
# A rower at the catch, folded as far as it goes.
FOLD = {"hip": (50, 80), "knee": (70, 40), "ankle": (100, 80), "heel": (95, 88), "foot_index": (115, 75)}
FOLD |= {"small_toe": (114, 76), "shoulder": (60, 35), "elbow": (85, 50), "wrist": (108, 52)}
ROWER = {f"{side}_{part}": at for side in ("left", "right") for part, at in FOLD.items()}
ROWER |= {"nose": (75, 18), "left_eye": (72, 14), "right_eye": (73, 14), "left_ear": (64, 15), "right_ear": (66, 15)}
ROWER |= {"neck": (62, 35), "upper_neck": (63, 27), "mid_hip": (51, 80), "head_top": (64, 0)}


def flat(skeleton=BODY25, body=BODY, offset=(0, 0), confidence=0.8, **changed):
    """A person's `pose_keypoints_2d`, 3 px a cm; changed: x, y, confidence of single joints."""
    triples = ((3.0 * body[j][0] + offset[0], 3.0 * body[j][1] + offset[1], confidence) for j in skeleton.joints)
    return [
        number for joint, triple in zip(skeleton.joints, triples, strict=True) for number in changed.get(joint, triple)
    ]


def person(*arguments, identity=-1, **changed):
    return {"person_id": [identity], "pose_keypoints_2d": flat(*arguments, **changed), "face_keypoints_2d": []}


def write(folder, name, *people, **more):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"version": 1.3, "people": list(people)} | more), encoding="utf-8")


def recorded(folder, numbers, name="input_{:012d}_keypoints.json"):
    """A folder with a person in each of the numbered frames, a pixel further to the right in each."""
    for number in numbers:
        write(folder, name.format(number), person(offset=(min(number, 1000), 0)))
    return folder


def read(path, given=RATE):
    """The recording at `path`, held to its contract."""
    assert openpose.matches(path)
    recording = openpose.read(path, given)
    sound(recording)
    return recording


def sound(recording):
    table = recording.detections
    assert set(keypoints.DETECTION_COLUMNS) <= set(table.columns)
    missing = table["x"].isna()
    assert (missing == table["y"].isna()).all()
    assert (missing == (table["confidence"] == 0)).all()
    assert table["confidence"].between(0, 1).all()
    assert np.isfinite(table["time_s"]).all()
    assert not table.duplicated(["time_s", "person", "joint"]).any()
    assert table["time_s"].is_monotonic_increasing
    assert set(table["joint"]) == set(recording.joints)
    assert all(len(note.splitlines()) == 1 for note in recording.notes)


def refused(path, given=RATE):
    """The message with which the recording at `path` is refused."""
    with pytest.raises(KinebenchError) as caught:
        openpose.read(path, given)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def joint(recording, name, frame=None, person=0):
    """x, y and confidence of a joint: of one frame, or a row a frame."""
    table = recording.detections
    rows = table[(table["joint"] == name) & (table["person"] == person)]
    rows = rows if frame is None else rows[rows["frame"] == frame]
    values = rows[["x", "y", "confidence"]].to_numpy()
    return values if frame is None else values[0]


def frames(recording):
    return sorted(set(recording.detections["frame"]))


# Recordings of others.


@pytest.mark.parametrize(("name", "skeleton", "count"), [(GAIT, BODY25, 344), (BALANCE, BODY25B, 100)])
def test_recordings_of_others_are_read_in_their_own_order(name, skeleton, count):
    folder = shared_file(name)
    recording = read(folder)
    assert recording.joints == skeleton.joints
    assert frames(recording) == list(range(count))
    for frame, file in enumerate(sorted(folder.glob("*.json"))):
        people = json.loads(file.read_text(encoding="utf-8"))["people"]
        rows = recording.detections[recording.detections["frame"] == frame]
        assert sorted(set(rows["person"])) == list(range(len(people)))
        for place, one in enumerate(people):
            values = np.array(one["pose_keypoints_2d"]).reshape(25, 3)
            values[values[:, 2] == 0, :2] = np.nan
            own = rows[rows["person"] == place].set_index("joint").loc[list(skeleton.joints)]
            np.testing.assert_array_equal(own[["x", "y", "confidence"]].to_numpy(), values)
    np.testing.assert_allclose(recording.detections["time_s"], recording.detections["frame"] / 50)


def points_of(name):
    """Everybody of a shared recording: (entries, 25, 2), NaN for what was not found."""
    files = sorted(shared_file(name).glob("*.json"))
    people = [one for file in files for one in json.loads(file.read_text(encoding="utf-8"))["people"]]
    values = np.array([one["pose_keypoints_2d"] for one in people]).reshape(-1, 25, 3)
    return np.where(values[..., 2:] > 0, values[..., :2], np.nan)


@pytest.mark.parametrize(("name", "skeleton"), [(GAIT, BODY25), (BALANCE, BODY25B)])
def test_one_person_in_one_frame_is_enough_to_tell_the_order_and_never_told_wrongly(name, skeleton):
    points = points_of(name)
    told = [told_apart(points[[entry]]) for entry in range(len(points))]
    assert set(told) <= {skeleton, None}
    assert told.count(skeleton) > 0.9 * len(points)


@pytest.mark.parametrize(("name", "skeleton"), [(GAIT, BODY25), (BALANCE, BODY25B)])
def test_joints_that_lack_leave_the_order_in_doubt_but_never_wrong(name, skeleton):
    points, rng = points_of(name), np.random.default_rng(3)
    for _ in range(300):
        some = points[rng.integers(len(points), size=rng.integers(1, 5))].copy()
        some[:, rng.random(25) < rng.random()] = np.nan
        assert told_apart(some) in (skeleton, None)


@pytest.mark.parametrize(("name", "skeleton"), [(GAIT, BODY25), (BALANCE, BODY25B)])
def test_joints_at_wrong_places_leave_the_order_in_doubt_but_never_wrong(name, skeleton):
    points, rng = points_of(name), np.random.default_rng(4)
    told = []
    for _ in range(200):
        some = points[rng.integers(len(points), size=5)].copy()
        wrong = rng.random(some.shape[:2]) < rng.random()
        some[wrong] = rng.uniform(0, 500, (wrong.sum(), 2))
        told.append(told_apart(some))
    assert set(told) == {skeleton, None}


# The order of the joints.


@pytest.mark.parametrize("skeleton", [BODY25, BODY25B])
@pytest.mark.parametrize("body", [BODY, SQUAT, ROWER])
@pytest.mark.parametrize("turn", [(1, 0), (0, 1), (-1, 0), (0.6, 0.8)])
def test_the_order_is_told_whichever_way_the_picture_is_turned_and_however_large(skeleton, body, turn):
    points = np.array([body[joint] for joint in skeleton.joints], dtype=float) @ [turn, (-turn[1], turn[0])]
    for scale in (0.001, 1, 50):
        assert told_apart(points[None] * scale + 7) is skeleton
        assert told_apart(points[None] * [-scale, scale]) is skeleton


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_points_at_random_are_nobody_s_order(seed, count):
    assert told_apart(np.random.default_rng(seed).uniform(0, 1000, (count, 25, 2))) is None


def test_another_order_of_25_joints_and_bodies_in_both_are_in_doubt():
    reversed_order = np.array([BODY[joint] for joint in BODY25.joints[::-1]], dtype=float)
    both = np.array([[BODY[joint] for joint in skeleton.joints] for skeleton in (BODY25, BODY25B)], dtype=float)
    assert told_apart(reversed_order[None]) is None
    assert told_apart(both) is None
    assert told_apart(both[[0, 0, 1]]) is told_apart(both[[1, 0, 1]]) is None
    assert told_apart(np.full((3, 25, 2), np.nan)) is None


def test_a_doubtful_order_is_asked_for_and_taken_as_given(tmp_path):
    noise = np.random.default_rng(0).uniform(0, 1000, 75).round(2) + 0.01
    noise[2::3] = 0.5
    write(tmp_path, "a_0.json", {"pose_keypoints_2d": noise.tolist()})
    assert "--skeleton body25" in refused(tmp_path)
    for name, at in (("body25", 10), ("body25b", 14)):
        recording = read(tmp_path, Given(frame_rate_hz=50, skeleton=name))
        np.testing.assert_array_equal(joint(recording, "right_knee", 0), noise[3 * at : 3 * at + 3])


def test_a_given_order_stands_above_what_the_bodies_tell(tmp_path):
    folder = recorded(tmp_path, range(3))
    assert read(folder).joints == BODY25.joints
    assert read(folder, Given(frame_rate_hz=50, skeleton="body25b")).joints == BODY25B.joints


@pytest.mark.parametrize("name", ["coco18", "mpi15", "coco17", "halpe26", "body25b"])
def test_the_count_of_joints_tells_the_other_orders(tmp_path, name):
    write(tmp_path, "a_0.json", person(SKELETONS[name]))
    recording = read(tmp_path)
    assert recording.joints == SKELETONS[name].joints
    for part in ("left_wrist", "right_ankle"):
        np.testing.assert_allclose(joint(recording, part, 0), [3 * BODY[part][0], 3 * BODY[part][1], 0.8])


def test_counts_that_fit_no_order_or_not_the_given_one_are_refused(tmp_path):
    write(tmp_path, "a_0.json", person(SKELETONS["coco18"]))
    assert "18 joints" in refused(tmp_path, Given(frame_rate_hz=50, skeleton="body25"))
    write(tmp_path, "a_1.json", person())
    assert "[54, 75]" in refused(tmp_path)
    for count in (72, 74, 1):
        write(tmp_path / "other", "a_0.json", {"pose_keypoints_2d": [150.5] * count})
        assert str(count) in refused(tmp_path / "other") or "24 joints" in refused(tmp_path / "other")


# Joints and people.


def test_a_joint_that_was_not_found_is_missing_and_not_in_the_corner(tmp_path):
    found = person(left_knee=(0, 0, 0), nose=(0, 0, 0.04), right_knee=(0, 300, 0.3), left_ear=(5, 5, 0))
    write(tmp_path, "a_0.json", found)
    recording = read(tmp_path)
    for name in ("left_knee", "nose", "left_ear"):
        np.testing.assert_array_equal(joint(recording, name, 0), [np.nan, np.nan, 0])
    np.testing.assert_array_equal(joint(recording, "right_knee", 0), [0, 300, 0.3])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "null", "1e999"])
def test_what_is_no_number_is_missing(tmp_path, number):
    write(tmp_path, "a_0.json", person(left_knee=(77777, 5, 0.5), right_knee=(5, 5, 77777)))
    file = tmp_path / "a_0.json"
    file.write_text(file.read_text(encoding="utf-8").replace("77777", number), encoding="utf-8")
    for name in ("left_knee", "right_knee"):
        np.testing.assert_array_equal(joint(read(tmp_path), name, 0), [np.nan, np.nan, 0])


def test_a_confidence_above_1_is_1(tmp_path):
    write(tmp_path, "a_0.json", person(left_knee=(100, 200, 1.02)))
    recording = read(tmp_path)
    np.testing.assert_array_equal(joint(recording, "left_knee", 0), [100, 200, 1])
    assert recording.notes == ()


def test_frames_with_nobody_have_no_rows_and_keep_their_number(tmp_path):
    recorded(tmp_path, [0, 3])
    write(tmp_path, "input_000000000001_keypoints.json")
    write(tmp_path, "input_000000000002_keypoints.json", {"person_id": [-1], "pose_keypoints_2d": []})
    recording = read(tmp_path)
    assert frames(recording) == [0, 3]
    assert recording.notes == ()


def test_a_folder_with_nobody_at_all_is_refused(tmp_path):
    write(tmp_path, "a_0.json")
    write(tmp_path, "a_1.json")
    assert "nobody in 2 frames" in refused(tmp_path)
    write(tmp_path, "a_2.json", person(confidence=0))
    assert "at least one joint" in refused(tmp_path, Given(frame_rate_hz=50, skeleton="body25"))


def test_people_without_identity_are_numbered_by_their_place(tmp_path):
    write(tmp_path, "a_0.json", person(), person(offset=(500, 0)))
    write(tmp_path, "a_1.json", person(offset=(501, 0)))
    recording = read(tmp_path)
    assert joint(recording, "nose", 0, person=1)[0] - joint(recording, "nose", 0, person=0)[0] == 500
    assert list(recording.detections.query("frame == 1")["person"].unique()) == [0]


def test_people_keep_their_identity(tmp_path):
    write(tmp_path, "a_0.json", person(identity=7), person(offset=(500, 0), identity=3))
    write(tmp_path, "a_1.json", person(offset=(500, 0), identity=3), person(offset=(900, 0)))
    recording = read(tmp_path)
    np.testing.assert_array_equal(joint(recording, "nose", person=3)[:, 0], [3 * 65 + 500] * 2)
    assert sorted(set(recording.detections["person"])) == [3, 7, 9]  # whoever has none comes after those who have


def test_an_identity_that_two_have_is_not_believed(tmp_path):
    write(tmp_path, "a_0.json", person(identity=0), person(offset=(500, 0), identity=0))
    recording = read(tmp_path)
    assert sorted(set(recording.detections["person"])) == [0, 1]
    assert "one identity" in recording.notes[0]


def test_older_and_sparser_files_are_read_too(tmp_path):
    write(tmp_path, "a_0.json", {"pose_keypoints": flat(), "face_keypoints": []}, version=1.0)
    assert read(tmp_path).joints == BODY25.joints
    (tmp_path / "a_0.json").write_text(json.dumps({"people": [{"person_id": -1, "pose_keypoints_2d": flat()}]}))
    assert read(tmp_path).joints == BODY25.joints


def test_candidates_of_nobody_are_left_out_with_a_note(tmp_path):
    write(tmp_path, "a_0.json", person(), part_candidates=[{"0": [296.994, 258.976, 0.845918], "1": []}])
    recording = read(tmp_path)
    assert len(recording.detections) == 25
    assert "part_candidates" in recording.notes[0]


# Pixels.


@given(st.integers(200, 4000), st.integers(600, 4000), st.booleans())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_normalised_coordinates_come_back_to_their_pixels(tmp_path, width, height, signed):
    # As OpenPose's keypointScaler.cpp divides them: by the size less 1; what was not found is moved along with -1 to 1.
    values = np.array(flat(left_wrist=(0, 0, 0), offset=(3, 4))).reshape(25, 3)
    shares = values.copy()
    shares[:, :2] = values[:, :2] / [width - 1, height - 1] * (2 if signed else 1) - (1 if signed else 0)
    write(tmp_path, "a_0.json", {"pose_keypoints_2d": shares.ravel().tolist()})
    recording = read(tmp_path, Given(frame_rate_hz=50, width=width, height=height))
    values[values[:, 2] == 0, :2] = np.nan
    found = recording.detections[["x", "y", "confidence"]].to_numpy()
    np.testing.assert_allclose(found, values, atol=1e-6)
    assert ("-1 to 1" in recording.notes[0]) == signed


def test_normalised_coordinates_need_the_picture_s_size(tmp_path):
    triples = np.array(flat()).reshape(25, 3) / [1000, 1000, 1]
    write(tmp_path, "a_0.json", {"pose_keypoints_2d": triples.ravel().tolist()})
    assert "--size" in refused(tmp_path)


# The order of the frames.


@pytest.mark.parametrize(
    "name",
    [
        "input_{:012d}_keypoints.json",
        "cam01.{:04d}.json",
        "2024-05-01_trial2_cam1_{:04d}_keypoints_2d.json",
        "{}.json",
        "0001_{}_30fps.JSON",
    ],
)
def test_frames_are_numbered_by_the_name_and_a_missing_file_is_a_missing_frame(tmp_path, name):
    recording = read(recorded(tmp_path, [0, 1, 2, 5, 9, 10, 11], name))
    assert frames(recording) == [0, 1, 2, 5, 9, 10, 11]
    np.testing.assert_allclose(joint(recording, "nose")[:, 0] - 195, frames(recording))  # a pixel further in each
    np.testing.assert_allclose(recording.detections["time_s"].unique(), np.array(frames(recording)) / 50)
    assert "5 frames" in recording.notes[0]
    assert "3 to 4, 6 to 8" in recording.notes[0]


def video(count):
    """A video of so many frames whose times are uneven."""
    return Given(times_s=np.arange(count) / 50 + np.sin(np.arange(count)) / 500)


@pytest.mark.parametrize(
    ("numbers", "count", "first", "noted"),
    [
        (range(10), 10, 0, False),
        (range(7), 10, 0, False),
        (range(1, 11), 10, 1, True),  # counted from 1
        (range(3, 11), 10, 1, True),  # counted from 1: 10 is no number of a frame that is counted from 0
        (range(100, 110), 10, 100, True),  # as many as there are
        (range(2, 9), 10, 0, True),  # a part
        (range(12), 10, 0, True),  # two more than this reader of videos finds
        (range(1, 12), 10, 1, True),
    ],
)
def test_numbers_are_placed_in_the_video(tmp_path, numbers, count, first, noted):
    given = video(count)
    recording = read(recorded(tmp_path, numbers), given)
    expected = [number - first for number in numbers if number - first < count]
    assert frames(recording) == expected
    np.testing.assert_array_equal(recording.detections["time_s"].unique(), given.times_s[expected])
    assert len(recording.notes) == noted


@pytest.mark.parametrize("numbers", [range(20), [*range(10), 500, 501], range(5, 14), [99]])
def test_numbers_beyond_the_video_s_end_are_refused(tmp_path, numbers):
    message = refused(recorded(tmp_path, numbers), video(10))
    assert "10 frames" in message
    assert str(max(numbers)) in message


def test_without_a_video_or_a_rate_times_are_asked_for(tmp_path):
    assert "--rate" in refused(recorded(tmp_path, range(2)), Given())


def test_files_of_two_recordings_are_never_mixed(tmp_path):
    recorded(tmp_path, range(3))
    for name in ("walk_{:04d}_keypoints.json", "walk2_{:04d}_keypoints.json"):
        recorded(tmp_path / name[:5], range(3))
        recorded(tmp_path / name[:5], [0], name)
        assert "input_#_keypoints.json (3, 0 to 2)" in refused(tmp_path / name[:5])
    recorded(tmp_path, [2], "input_{:03d}_keypoints.json")
    assert "are both number 2" in refused(tmp_path)


def test_two_cameras_in_one_folder_are_refused(tmp_path):
    recorded(tmp_path, range(3), "cam01.{:04d}.json")
    recorded(tmp_path, range(3), "cam02.{:04d}.json")
    message = refused(tmp_path)
    assert "cam01.#.json (3, 0 to 2)" in message
    assert "cam02.#.json (3, 0 to 2)" in message


def test_names_that_number_no_frame_are_refused(tmp_path):
    recorded(tmp_path, [1_700_000_000_123, 1_700_000_000_156])
    assert "frame's number" in refused(tmp_path)
    recorded(tmp_path / "b", [1], "a.json")
    recorded(tmp_path / "b", [1], "b.json")
    assert "frame's number" in refused(tmp_path / "b")


def test_other_json_is_left_out_with_a_note_and_hidden_files_without(tmp_path):
    recorded(tmp_path, range(3))
    (tmp_path / "calibration.json").write_text('{"camera": [1, 2]}')
    (tmp_path / "._input_000000000000_keypoints.json").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "notes.txt").write_text("people")
    recording = read(tmp_path)
    assert frames(recording) == [0, 1, 2]
    assert len(recording.notes) == 1
    # How many, not which: notes go into the report, and a name may be a person's.
    assert "1 of the folder's" in recording.notes[0]
    assert "calibration" not in recording.notes[0]


@pytest.mark.parametrize("content", ["", '{"people": [', "{}", "[]", '{"version": 1.3}', "\x00"])
def test_a_damaged_frame_is_refused_by_name(tmp_path, content):
    recorded(tmp_path, range(3))
    (tmp_path / "input_000000000001_keypoints.json").write_text(content)
    assert "input_000000000001_keypoints.json" in refused(tmp_path)


def test_a_single_file_is_one_frame(tmp_path):
    recorded(tmp_path, [12])
    file = tmp_path / "input_000000000012_keypoints.json"
    alone = read(file, Given())
    assert list(alone.detections["time_s"].unique()) == [0]
    np.testing.assert_array_equal(read(file, video(50)).detections["time_s"].unique(), video(50).times_s[[12]])
    shutil.copy(file, tmp_path / "pose.json")
    assert frames(read(tmp_path / "pose.json")) == [0]


def test_a_folder_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    def forbidden(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", forbidden)
    assert not openpose.matches(tmp_path)
    assert "Permission denied" in refused(tmp_path)


# Whether it is OpenPose's at all.


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe\x00",
        b'{"0.jpg": {"version": "AlphaPose v0.3", "people": []}}',
        b'[{"image_id": "0.jpg", "keypoints": [], "people": []}]',
        b'{"frames": [{"people": 3}]}',
        b'{"people": 5}',
    ],
)
def test_what_is_another_s_is_not_taken_for_openpose_s(tmp_path, content):
    (tmp_path / "a_0.json").write_bytes(content)
    assert not openpose.matches(tmp_path)
    assert not openpose.matches(tmp_path / "a_0.json")
    refused(tmp_path)
    refused(tmp_path / "a_0.json")


def test_what_is_not_there_is_nobody_s(tmp_path):
    assert not openpose.matches(tmp_path)
    assert not openpose.matches(tmp_path / "absent.json")
    assert not openpose.matches(Path("a\0.json"))
    refused(tmp_path)


# Whatever comes.


def read_or_refused(path):
    try:
        recording = openpose.read(path, RATE)
    except KinebenchError:
        refused(path)
        return
    sound(recording)


STRANGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**400, -1, 1e308, 1e-320, "\ud800"])
    | st.just(flat()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["people", *openpose.POSES]), inner),
    max_leaves=6,
)


@FILE
@given(st.binary(max_size=100))
def test_any_bytes_are_refused(tmp_path, content):
    (tmp_path / "a_0.json").write_bytes(content)
    openpose.matches(tmp_path)
    read_or_refused(tmp_path)


@FILE
@given(st.data())
def test_a_frame_that_was_cut_off_is_refused(tmp_path, data):
    recorded(tmp_path, range(2))
    file = tmp_path / "input_000000000001_keypoints.json"
    whole = file.read_bytes()
    file.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert file.name in refused(tmp_path)


@FILE
@given(st.data())
def test_anything_at_any_place_of_the_file_is_refused_or_read_soundly(tmp_path, data):
    strange = data.draw(STRANGE)
    frame = {"version": 1.3, "people": [person(), person(offset=(500, 0), identity=4)]}
    place = data.draw(st.sampled_from(["top", "people", "person", "array", "id", "number"]))
    if place == "top":
        frame = strange
    elif place == "people":
        frame["people"] = strange
    elif place == "person":
        frame["people"][1] = strange
    elif place == "array":
        frame["people"][1]["pose_keypoints_2d"] = strange
    elif place == "id":
        frame["people"][1]["person_id"] = strange
    else:
        frame["people"][1]["pose_keypoints_2d"][data.draw(st.integers(0, 74))] = strange
    (tmp_path / "a_0.json").write_text(json.dumps(frame))
    read_or_refused(tmp_path)
