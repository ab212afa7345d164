"""The keypoint table's laws: what is saved is what is loaded, missing is NaN, every fault is named."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from kinebench import keypoints, skeleton
from kinebench.errors import KinebenchError

JOINTS = (*skeleton.BLAZEPOSE33.joints, "neck", "mid_hip", "head_top")
numbers = st.floats(-1e6, 1e6, allow_nan=False) | st.just(np.nan)


@st.composite
def tables(draw, min_frames=0):
    frames = draw(st.integers(min_frames, 6))
    names = draw(st.lists(st.sampled_from(JOINTS), min_size=1, max_size=4, unique=True))
    width = draw(st.sampled_from([3, 6]))
    steps = draw(st.lists(st.floats(1e-4, 10), min_size=frames, max_size=frames))
    values = draw(hnp.arrays(float, (frames, len(names), width), elements=numbers))
    values[..., 2] = draw(hnp.arrays(float, (frames, len(names)), elements=st.floats(0, 1)))
    return keypoints.make(np.cumsum(steps), names, values)


def same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(a, b, check_exact=True, check_freq=False)
    assert_array_equal(a.to_numpy(), b.to_numpy())  # NaN for NaN, bit for bit otherwise


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@given(table=tables(min_frames=1))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_loading_what_was_saved_gives_the_same_table_to_the_last_bit(ending, table, tmp_path):
    path = tmp_path / f"table{ending}"
    keypoints.save(table, path)
    same(keypoints.load(path), table)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_table_without_frames_survives_saving(ending, tmp_path):
    table = keypoints.make(np.zeros(0), ["left_knee"], np.zeros((0, 1, 3)))
    keypoints.save(table, tmp_path / f"table{ending}")
    loaded = keypoints.load(tmp_path / f"table{ending}")
    assert keypoints.joints(loaded) == ("left_knee",)
    assert len(loaded) == 0


@given(table=tables())
def test_flattening_and_back_is_the_identity(table):
    same(keypoints.unflattened(keypoints.flattened(table)), table)


def test_the_columns_on_disk_are_flat_names_a_spreadsheet_can_show(tmp_path):
    keypoints.save(keypoints.make(np.array([0.0]), ["left_knee"], np.array([[[1.5, 2, 0.5]]])), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "time_s,left_knee_x,left_knee_y,left_knee_confidence",
        "0.0,1.5,2.0,0.5",
    ]


@given(table=tables())
def test_a_missing_joint_is_missing_in_x_and_y_and_has_no_confidence(table):
    for joint in keypoints.joints(table):
        xy = keypoints.points(table, joint)
        gone = np.isnan(xy).any(axis=1)
        assert np.isnan(xy[gone]).all()
        assert_array_equal(keypoints.confidence(table, joint)[gone], 0.0)


def test_making_a_table_leaves_the_callers_array_as_it_was():
    values = np.array([[[np.nan, 2.0, 0.5]]])
    keypoints.make(np.array([0.0]), ["nose"], values)
    assert_array_equal(values, [[[np.nan, 2.0, 0.5]]])


@given(table=tables(), shift=st.floats(-100, 100))
def test_positions_put_back_are_the_same_table_and_nothing_else_changes(table, shift):
    same(keypoints.with_positions(table, keypoints.positions(table)), table)
    moved = keypoints.with_positions(table, keypoints.positions(table) + shift)
    assert_array_equal(keypoints.positions(moved), keypoints.positions(table) + shift)
    for joint in keypoints.joints(table):
        assert_array_equal(keypoints.confidence(moved, joint), keypoints.confidence(table, joint))


@given(table=tables())
def test_positions_agree_with_points_joint_by_joint(table):
    for i, joint in enumerate(keypoints.joints(table)):
        assert_array_equal(keypoints.positions(table)[:, i], keypoints.points(table, joint))


def test_a_joint_the_estimator_lacks_is_nan_with_no_confidence():
    table = keypoints.make(np.array([0.0, 0.1]), ["nose"], np.zeros((2, 1, 3)))
    assert np.isnan(keypoints.points(table, "left_heel")).all()
    assert_array_equal(keypoints.confidence(table, "left_heel"), [0.0, 0.0])


@pytest.mark.parametrize("shape", [(2, 3), (2, 2, 3), (3, 1, 3), (2, 1, 4)])
def test_values_of_another_shape_are_refused(shape):
    with pytest.raises(KinebenchError, match=re.escape(f"but has {shape}")):
        keypoints.make(np.array([0.0, 0.1]), ["nose"], np.zeros(shape))


def good() -> pd.DataFrame:
    return keypoints.make(np.array([0.0, 0.1]), ["nose", "left_ear"], np.full((2, 2, 3), 0.5))


def test_every_fault_of_a_table_is_said_at_once():
    table = good()
    table.index = pd.Index([0.1, 0.1], name="time")
    table.loc[:, ("nose", "confidence")] = [0.5, 1.5]
    table[("left_ear", "x")] = [np.nan, 1.0]
    with pytest.raises(KinebenchError) as error:
        keypoints.check(table)
    for part in (
        "named time_s",
        "strictly increasing",
        "confidence from 0 to 1, but has 1.5",
        "left_ear must be missing",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize(("column", "value"), [("x", np.inf), ("confidence", np.nan), ("confidence", -0.1)])
def test_infinite_places_and_confidences_that_are_none_are_refused(column, value):
    table = good()
    table[("nose", column)] = value
    with pytest.raises(KinebenchError, match="nose must"):
        keypoints.check(table)


@pytest.mark.parametrize("times", [[0.0, 0.0], [0.1, 0.0], [0.0, np.nan], [0.0, np.inf]])
def test_times_must_increase(times):
    with pytest.raises(KinebenchError, match="strictly increasing"):
        keypoints.make(np.array(times), ["nose"], np.zeros((2, 1, 3)))


def test_a_joint_named_twice_is_refused():
    with pytest.raises(KinebenchError, match="nose"):
        keypoints.make(np.array([0.0]), ["nose", "nose"], np.zeros((1, 2, 3)))


def test_a_joint_without_y_is_refused():
    with pytest.raises(KinebenchError, match="nose must have x, y and confidence, but lacks y"):
        keypoints.check(good().drop(columns=[("nose", "y")]))


def test_flat_columns_are_refused_where_a_table_is_due():
    with pytest.raises(KinebenchError, match="1 level"):
        keypoints.check(keypoints.flattened(good()))


def test_a_column_that_is_no_coordinate_is_named():
    with pytest.raises(KinebenchError, match="'remark'"):
        keypoints.unflattened(keypoints.flattened(good()).assign(remark=1))


@pytest.mark.parametrize("name", ["table.xlsx", "table"])
def test_only_csv_and_parquet_are_written(name, tmp_path):
    with pytest.raises(KinebenchError, match=r"must end in \.csv or \.parquet"):
        keypoints.save(good(), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "\x00\xff", "time_s,nose_x,nose_y,nose_confidence\n0,1,here,1\n"]
)
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_file_that_is_no_keypoint_table_is_refused_in_one_line(content, ending, tmp_path):
    path = tmp_path / f"broken{ending}"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(KinebenchError) as error:
        keypoints.load(path)
    assert "\n" not in str(error.value)


def test_whole_numbers_typed_by_hand_are_read_as_numbers(tmp_path):
    (tmp_path / "t.csv").write_text("time_s,nose_x,nose_y,nose_confidence\n0,1,2,1\n1,,,0\n")
    expected = keypoints.make(np.array([0.0, 1.0]), ["nose"], np.array([[[1, 2, 1]], [[np.nan, np.nan, 0]]]))
    same(keypoints.load(tmp_path / "t.csv"), expected)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_file_that_is_not_there_is_named(ending, tmp_path):
    with pytest.raises(KinebenchError, match="there is no"):
        keypoints.load(tmp_path / f"none{ending}")


def test_an_ending_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "table.xlsx").write_text("time_s\n")
    with pytest.raises(KinebenchError, match=r"must end in \.csv or \.parquet"):
        keypoints.load(tmp_path / "table.xlsx")
