"""AlphaPose's JSON as its docs/output.md and pPose_nms.py have it: every joint at its place, or refused in one line."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, alphapose, openpose

FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
RATE = Given(frame_rate_hz=25.0)
# By their place in the documentation of COCO's and Halpe's (github.com/Fang-Haoshu/Halpe-FullBody) joints.
COCO = {"nose": 0, "left_eye": 1, "right_eye": 2, "left_ear": 3, "left_shoulder": 5, "right_shoulder": 6}
COCO |= {"right_wrist": 10, "left_hip": 11, "right_knee": 14, "right_ankle": 16}
HALPE = COCO | {
    "head_top": 17,
    "neck": 18,
    "mid_hip": 19,
    "left_foot_index": 20,
    "right_small_toe": 23,
    "right_heel": 25,
}
WHOLEBODY = COCO | {"left_foot_index": 17, "left_heel": 19, "right_small_toe": 21, "right_heel": 22}


def triples(count, start=0.0):
    """x, y and confidence of joints: x is 100 and the joint's place, y 200 and twice the place, from `start` on."""
    places = np.arange(count)
    return np.stack([100 + start + places, 200 + start + 2 * places, 0.3 + 0.004 * places], axis=1)


def entry(image="0.jpg", count=17, start=0.0, **more):
    flat = triples(count, start).ravel().tolist()
    return {"image_id": image, "category_id": 1, "keypoints": flat, "score": 2.9} | more


def in_openpose_s_order(values):
    """17 joints as `write_json` has them with `--format cmu` and `open`: the middle of the shoulders is added."""
    values = np.vstack([values, (values[5] + values[6]) / 2])
    return values[[0, 17, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]]


def write(folder, content):
    path = folder / "alphapose-results.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def sound(recording):
    table = recording.detections
    assert set(keypoints.DETECTION_COLUMNS) <= set(table.columns)
    missing = table["x"].isna()
    assert (missing == table["y"].isna()).all()
    assert (missing == (table["confidence"] == 0)).all()
    assert table["confidence"].between(0, 1).all()
    assert np.isfinite(table["time_s"]).all()
    assert not table.duplicated(["time_s", "person", "joint"]).any()
    assert set(table["joint"]) == set(recording.joints)
    assert all(len(note.splitlines()) == 1 for note in recording.notes)


def read(folder, content, given=RATE):
    """The recording of `content`, held to its contract."""
    path = write(folder, content)
    assert alphapose.matches(path)
    assert not openpose.matches(path)
    recording = alphapose.read(path, given)
    sound(recording)
    return recording


def refused(path, given=RATE):
    """The message with which the file at `path` is refused."""
    with pytest.raises(KinebenchError) as caught:
        alphapose.read(path, given)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def frames(recording):
    return sorted(set(recording.detections["frame"]))


def joint(recording, name, frame=0, person=0):
    table = recording.detections
    rows = table[(table["joint"] == name) & (table["frame"] == frame) & (table["person"] == person)]
    return rows[["x", "y", "confidence"]].to_numpy()[0]


@pytest.mark.parametrize(
    ("count", "joints", "places"),
    [(17, 17, COCO), (26, 26, HALPE), (68, 26, HALPE), (136, 26, HALPE), (133, 23, WHOLEBODY)],
)
def test_the_count_of_joints_tells_their_order_and_face_and_hands_are_left_out(tmp_path, count, joints, places):
    recording = read(tmp_path, [entry(count=count)])
    assert len(recording.joints) == len(set(recording.joints)) == joints
    for name, place in places.items():
        np.testing.assert_allclose(joint(recording, name), triples(count)[place])


@pytest.mark.parametrize("count", [15, 16, 18, 49, 0])
def test_other_counts_are_refused(tmp_path, count):
    assert f"{3 * count}" in refused(write(tmp_path, [entry(count=count)]))
    assert "51, 78" in refused(write(tmp_path, [entry() | {"keypoints": [1.0] * 50}]))


def test_people_with_different_skeletons_or_another_than_given_are_refused(tmp_path):
    assert "[17, 26]" in refused(write(tmp_path, [entry(), entry("1.jpg", count=26)]))
    path = write(tmp_path, [entry()])
    assert "not halpe26" in refused(path, Given(frame_rate_hz=25, skeleton="halpe26"))
    assert alphapose.read(path, Given(frame_rate_hz=25, skeleton="coco17")).joints[0] == "nose"


@pytest.mark.parametrize(("group", "pose"), [("bodies", "joints"), ("people", "pose_keypoints_2d")])
def test_what_was_written_by_picture_is_the_same(tmp_path, group, pose):
    content = {
        f"{frame}.jpg": {
            "version": "AlphaPose v0.3",
            group: [{pose: in_openpose_s_order(triples(17, start)).ravel().tolist()} for start in starts],
        }
        for frame, starts in ((0, (0, 500)), (1, ()), (2, (20,)))
    }
    recording = read(tmp_path, content)
    assert frames(recording) == [0, 2]
    for name, place in COCO.items():
        for frame, person, start in ((0, 0, 0), (0, 1, 500), (2, 0, 20)):
            np.testing.assert_allclose(joint(recording, name, frame, person), triples(17, start)[place])
    middle = (triples(17)[5] + triples(17)[6]) / 2
    np.testing.assert_allclose(joint(recording, "neck"), middle)
    assert recording.notes == ()


def test_another_joint_in_the_neck_s_place_is_left_out_with_a_note(tmp_path):
    # Of 26 joints, `write_json` takes the 18th, the top of the head, for the neck.
    values = in_openpose_s_order(triples(17))
    values[1] = triples(26)[17]
    recording = read(
        tmp_path, {"0.jpg": {"version": "AlphaPose v0.3", "bodies": [{"joints": values.ravel().tolist()}]}}
    )
    np.testing.assert_array_equal(joint(recording, "neck"), [np.nan, np.nan, 0])
    np.testing.assert_allclose(joint(recording, "left_ear"), triples(17)[3])
    assert "neck" in recording.notes[0]


@pytest.mark.parametrize("name", ["{}.jpg", "{:06d}.jpg", "frame_{:04d}.png", "vid2_take1_{:03d}_rgb.jp2", None])
def test_pictures_are_numbered_by_their_name_and_those_without_people_stay_free(tmp_path, name):
    numbers = [11, 0, 2, 5]
    recording = read(tmp_path, [entry(name.format(n) if name else n, start=n) for n in numbers])
    assert frames(recording) == sorted(numbers)
    for number in numbers:
        assert joint(recording, "nose", number)[0] == 100 + number
    np.testing.assert_allclose(recording.detections["time_s"], recording.detections["frame"] / 25)


@pytest.mark.parametrize(
    ("numbers", "first"), [(range(10), 0), (range(3, 6), 0), (range(1, 11), 1), ([4, 10], 1), (range(50, 60), 50)]
)
def test_pictures_are_placed_in_the_video(tmp_path, numbers, first):
    times = np.arange(10) / 25 + np.sin(np.arange(10)) / 200
    recording = read(tmp_path, [entry(f"{number}.jpg") for number in numbers], Given(times_s=times))
    expected = [number - first for number in numbers]
    assert frames(recording) == expected
    np.testing.assert_array_equal(recording.detections["time_s"].unique(), times[expected])
    assert len(recording.notes) == (numbers[0] > 0)


@pytest.mark.parametrize(
    "names",
    [
        ["a_0.jpg", "b_0.jpg"],
        ["cam1_0.jpg", "cam1_1.jpg", "cam2_0.jpg", "cam2_1.jpg"],
        ["1.jpg", "01.jpg"],
        ["1.jpg", "1.png"],
        ["one.jpg"],
        ["", "1"],
        [0, "1.jpg"],
        [True],
        [-1],
        [1.5],
        [10**30],
        [None],
        [["0.jpg"]],
        [{}],
        ["9" * 5000],
        ["\ud800\n"],
    ],
)
def test_pictures_of_two_recordings_or_without_a_number_are_refused(tmp_path, names):
    refused(write(tmp_path, [entry(name) for name in names]))


def test_pictures_beyond_the_video_s_end_are_refused(tmp_path):
    path = write(tmp_path, [entry("0.jpg"), entry("500.jpg")])
    assert "500" in refused(path, Given(times_s=np.arange(10) / 25))
    assert "--rate" in refused(path, Given())


@pytest.mark.parametrize("wrapped", [lambda n: n, lambda n: [n], lambda n: [[float(n)], [8.0]]])
def test_people_who_were_followed_keep_their_number(tmp_path, wrapped):
    recording = read(
        tmp_path,
        [
            entry("0.jpg", start=0, idx=wrapped(4)),
            entry("0.jpg", start=500, idx=wrapped(2)),
            entry("1.jpg", start=500, idx=wrapped(2)),
        ],
    )
    assert joint(recording, "nose", 0, 4)[0] == 100
    assert joint(recording, "nose", 0, 2)[0] == joint(recording, "nose", 1, 2)[0] == 600


def test_people_who_were_not_followed_are_numbered_by_their_place_in_the_picture(tmp_path):
    content = [entry("0.jpg"), entry("1.jpg"), entry("0.jpg", start=500)]
    for more in ({}, {"idx": [0.0]}):  # without following AlphaPose writes nothing, or 0 for everybody
        recording = read(tmp_path, [own | more for own in content])
        assert joint(recording, "nose", 0, 0)[0] == joint(recording, "nose", 1, 0)[0] == 100
        assert joint(recording, "nose", 0, 1)[0] == 600
        assert bool(recording.notes) == bool(more)


def test_confidences_above_1_are_1_and_joints_without_any_are_missing(tmp_path):
    content = [entry()]
    content[0]["keypoints"][0:9] = [100, 200, 1.02, 101, 202, 0, 0, 0, 0.4]
    recording = read(tmp_path, content)
    np.testing.assert_array_equal(joint(recording, "nose"), [100, 200, 1])
    for name in ("left_eye", "right_eye"):
        np.testing.assert_array_equal(joint(recording, name), [np.nan, np.nan, 0])
    assert recording.notes == ()
    content[0]["keypoints"][2] = 3.7
    recording = read(tmp_path, content)
    assert joint(recording, "nose")[2] == 1
    assert "3.70" in recording.notes[0]


@pytest.mark.parametrize(
    "content",
    [
        *([], {}, 5, None, [5], [{"image_id": "0.jpg"}], [{"keypoints": []}]),
        *({"0.jpg": []}, {"0.jpg": {"bodies": []}}, {"0.jpg": {"bodies": 5}}, {"0.jpg": {"bodies": [5]}}),
        {"0.jpg": {"bodies": [{"joints": [1, 2, 3]}]}},
        [entry() | {"keypoints": [*triples(16).ravel(), 1.0, 2.0, "0.5"]}],
        *([entry(idx="x")], [entry(idx=10**400)]),
    ],
)
def test_what_holds_nobody_or_is_built_otherwise_is_refused(tmp_path, content):
    refused(write(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[{}]",
        b'{"version": 1.3, "people": [{"pose_keypoints_2d": []}]}',
        b'[{"frame": 0, "keypoints": [{"name": "nose", "x": 1}]}]',
        b'{"images": [{"image_id": 0}], "annotations": [{"keypoints": []}]}',
    ],
)
def test_what_is_another_s_is_not_taken_for_alphapose_s(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    assert not alphapose.matches(tmp_path / "a.json")
    assert not alphapose.matches(tmp_path)
    assert not alphapose.matches(tmp_path / "absent.json")


def test_a_long_recording_is_read_within_ten_times_its_size(tmp_path):
    rng = np.random.default_rng(0)
    content = [entry(f"{n}.jpg") | {"keypoints": (rng.random(78) * 1000).tolist()} for n in range(1500)]
    path = write(tmp_path, content)
    del content
    tracemalloc.start()
    try:
        recording = alphapose.read(path, RATE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(recording.detections) == 1500 * 26
    assert peak < 10 * path.stat().st_size


def read_or_refused(path):
    try:
        recording = alphapose.read(path, RATE)
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
    | st.sampled_from([10**400, -1, 1e308, 1e-320, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["bodies", "joints", "0.jpg"]), inner),
    max_leaves=6,
)


@FILE
@given(st.binary(max_size=100))
def test_any_bytes_are_refused(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    alphapose.matches(path)
    read_or_refused(path)


@FILE
@given(st.data())
def test_a_file_that_was_cut_off_is_refused(tmp_path, data):
    path = write(tmp_path, [entry(), entry("1.jpg")])
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    refused(path)


@FILE
@given(st.data())
def test_anything_at_any_place_of_the_file_is_refused_or_read_soundly(tmp_path, data):
    strange = data.draw(STRANGE)
    content = [entry(), entry("1.jpg", idx=3)]
    place = data.draw(st.sampled_from(["top", "entry", "image_id", "keypoints", "idx", "score", "number"]))
    if place == "top":
        content = strange
    elif place == "entry":
        content[1] = strange
    elif place == "number":
        content[1]["keypoints"][data.draw(st.integers(0, 50))] = strange
    else:
        content[1][place] = strange
    read_or_refused(write(tmp_path, content))


@FILE
@given(st.data())
def test_anything_at_any_place_of_a_file_by_picture_is_refused_or_read_soundly(tmp_path, data):
    flat = in_openpose_s_order(triples(17)).ravel().tolist()
    content = {"0.jpg": {"bodies": [{"joints": flat}]}, "1.jpg": {"bodies": [{"joints": list(flat)}]}}
    strange = data.draw(STRANGE)
    place = data.draw(st.sampled_from(["picture", "bodies", "body", "joints", "number"]))
    if place == "picture":
        content["1.jpg"] = strange
    elif place == "bodies":
        content["1.jpg"]["bodies"] = strange
    elif place == "body":
        content["1.jpg"]["bodies"][0] = strange
    elif place == "joints":
        content["1.jpg"]["bodies"][0]["joints"] = strange
    else:
        content["1.jpg"]["bodies"][0]["joints"][data.draw(st.integers(0, 53))] = strange
    read_or_refused(write(tmp_path, content))
