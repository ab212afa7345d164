"""Recorded: what was saved comes back at its time, from every form in which it can have been saved."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from kinebench import estimators, extraction, keypoints, video
from kinebench.errors import KinebenchError

JOINTS = ("nose", "left_knee", "right_knee")
TIMES = np.array([0.0, 0.033, 0.067, 0.2])


def table(width: int = 3) -> pd.DataFrame:
    """Four frames; the left knee is missing in the second, everything in the third."""
    values = np.arange(4 * 3 * width, dtype=float).reshape(4, 3, width)
    values[..., 2] = 0.8
    values[1, 1, :2] = np.nan
    values[2, :, :2] = np.nan
    return keypoints.make(TIMES, JOINTS, values)


def two_people() -> pd.DataFrame:
    rows = [
        (frame, frame / 10, person, joint, 100.0 * person + i, float(frame), 0.5)
        for frame in (0, 1, 3)
        for person in (range(2) if frame else range(1))
        for i, joint in enumerate(JOINTS)
    ]
    return pd.DataFrame(rows, columns=list(keypoints.DETECTION_COLUMNS))


def write(rows: pd.DataFrame, path):
    rows.to_parquet(path) if path.suffix == ".parquet" else rows.to_csv(path, index=False)
    return path


def at(time_s: float) -> video.Frame:
    return video.Frame(
        np.zeros((2, 2, 3), np.uint8), video.Frame.of(np.zeros((2, 2, 3), np.uint8)).orientation, 0, 0, time_s
    )


@pytest.fixture(params=[".csv", ".parquet"])
def ending(request):
    return request.param


@pytest.mark.parametrize("width", [3, 6])
def test_saved_keypoints_come_back_frame_by_frame_to_the_last_bit(width, ending, tmp_path):
    saved = table(width)
    keypoints.save(saved, tmp_path / f"k{ending}")
    estimator = estimators.get("recorded", recording=str(tmp_path / f"k{ending}"))
    assert estimator.joints == JOINTS
    for time_s, row in saved.iterrows():
        people = estimator.detect(at(time_s))
        if time_s == TIMES[2]:
            assert people == []
            continue
        values = row.to_numpy().reshape(3, width)
        assert_array_equal(people[0].points, values[:, :3])
        assert (people[0].world is None) == (width == 3)
        if width == 6:
            assert_array_equal(people[0].world, values[:, 3:])


def test_a_missing_joint_is_nan_without_confidence_and_never_zero(tmp_path):
    keypoints.save(table(), tmp_path / "k.csv")
    (person,) = estimators.get("recorded", recording=str(tmp_path / "k.csv")).detect(at(TIMES[1]))
    assert_array_equal(person.points[1], [np.nan, np.nan, 0.0])


def test_saved_detections_come_back_with_all_their_people(ending, tmp_path):
    path = write(two_people(), tmp_path / f"d{ending}")
    estimator = estimators.get("recorded", recording=str(path))
    assert [len(estimator.detect(at(t))) for t in (0.0, 0.1, 0.2, 0.3)] == [1, 2, 0, 2]
    assert_array_equal(estimator.detect(at(0.3))[1].points, [[100, 3, 0.5], [101, 3, 0.5], [102, 3, 0.5]])


def test_the_order_of_the_rows_does_not_matter(tmp_path):
    shuffled = two_people().sample(frac=1.0, random_state=3)
    a = estimators.get("recorded", recording=str(write(two_people(), tmp_path / "a.csv")))
    b = estimators.get("recorded", recording=str(write(shuffled, tmp_path / "b.csv")))
    order = [b.joints.index(joint) for joint in a.joints]
    for time_s in (0.0, 0.1, 0.3):
        for one, other in zip(a.detect(at(time_s)), b.detect(at(time_s)), strict=True):
            assert_array_equal(one.points, other.points[order])


def test_a_joint_that_a_person_lacks_in_the_detections_is_missing(tmp_path):
    rows = two_people()
    rows = rows.drop(rows[(rows.frame == 1) & (rows.person == 1) & (rows.joint == "left_knee")].index)
    estimator = estimators.get("recorded", recording=str(write(rows, tmp_path / "d.csv")))
    points = estimator.detect(at(0.1))[1].points[estimator.joints.index("left_knee")]
    assert_array_equal(points, [np.nan, np.nan, 0.0])


@given(offset=st.floats(-0.02, 0.02))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_time_within_half_a_frame_is_answered_by_the_nearest_frame(offset, tmp_path):
    path = tmp_path / "d.csv"
    if not path.exists():
        write(two_people(), path)
    estimator = estimators.get("recorded", recording=str(path))
    assert_array_equal(estimator.detect(at(0.1 + offset))[0].points[0], [0, 1, 0.5])


def test_an_hours_recording_is_looked_up_by_time(tmp_path):
    times = np.arange(200_000) / 60
    values = np.stack([np.arange(200_000.0), np.zeros(200_000), np.ones(200_000)], axis=1)[:, None]
    keypoints.save(keypoints.make(times, ["nose"], values), tmp_path / "k.parquet")
    estimator = estimators.get("recorded", recording=str(tmp_path / "k.parquet"))
    for i in (0, 1, 77_777, 199_999):
        assert_array_equal(estimator.detect(at(times[i]))[0].points, [[i, 0, 1]])


def test_extraction_decodes_no_picture_for_a_recording(tmp_path, monkeypatch):
    def decoded(*_):
        raise AssertionError("decoded")

    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(video, "frames", decoded)
    path = write(two_people(), tmp_path / "d.parquet")
    clip = SimpleNamespace(
        path=path,
        times_s=np.arange(5) / 10,
        frame_numbers=np.arange(5),
        start_s=0.0,
        stop_s=0.5,
        every=1,
        sha256="0" * 64,
        stamp=(),
    )
    found = extraction.detect(clip, extraction.Extraction(estimator="recorded", recording=str(path)))
    pd.testing.assert_frame_equal(
        found[list(keypoints.DETECTION_COLUMNS)].astype({"joint": str}), two_people(), check_dtype=False
    )


def test_a_time_beyond_the_recording_has_nobody(tmp_path):
    estimator = estimators.get("recorded", recording=str(write(two_people(), tmp_path / "d.csv")))
    assert estimator.detect(at(7.0)) == []


def test_the_table_is_offered_whole(tmp_path):
    estimator = estimators.get("recorded", recording=str(write(two_people(), tmp_path / "d.csv")))
    pd.testing.assert_frame_equal(estimator.table.astype({"joint": str}), two_people(), check_dtype=False)


def test_the_description_has_the_files_digest_and_not_its_name(tmp_path):
    path = write(two_people(), tmp_path / "jane_doe.csv")
    described = str(estimators.get("recorded", recording=str(path)).describe())
    assert hashlib.sha256(path.read_bytes()).hexdigest() in described
    assert "jane" not in described


def test_without_a_recording_the_error_says_how_to_name_one():
    with pytest.raises(KinebenchError, match="--set recording="):
        estimators.get("recorded")


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("none.csv", None, "there is no"),
        ("table.xlsx", b"x", ".csv or .parquet"),
        ("empty.csv", b"", "empty.csv"),
        ("broken.parquet", b"PAR1", "broken.parquet"),
        ("binary.csv", b"\x00\xff\xfe", "binary.csv"),
        ("other.csv", b"a,b\n1,2\n", "other.csv"),
        ("headless.csv", b"frame,time_s,joint,x\n0,0,nose,1\n", "lacks person, y, confidence"),
        ("rowless.csv", b"frame,time_s,person,joint,x,y,confidence\n", "holds none"),
        ("doubled.csv", b"frame,time_s,person,joint,x,y,confidence\n" + 2 * b"0,0,0,nose,1,1,1\n", "doubles"),
        ("words.csv", b"frame,time_s,person,joint,x,y,confidence\n0,0,0,nose,here,1,1\n", "numbers"),
        ("sure.csv", b"frame,time_s,person,joint,x,y,confidence\n0,0,0,nose,1,1,7\n", "from 0 to 1"),
        ("timeless.csv", b"frame,time_s,person,joint,x,y,confidence\n0,,0,nose,1,1,1\n", "time_s"),
        ("frameless.csv", b"time_s,nose_x,nose_y,nose_confidence\n", "empty"),
        ("jointless.csv", b"time_s\n0\n", "empty"),
    ],
)
def test_a_recording_that_is_none_is_refused_in_one_line(name, content, part, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(KinebenchError) as error:
        estimators.get("recorded", recording=str(tmp_path / name))
    assert part in str(error.value)
    assert "\n" not in str(error.value)
