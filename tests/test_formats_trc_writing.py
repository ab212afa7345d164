"""TRC files say what the keypoint table says, in metres, and OpenSim reads it."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import formats, keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, resampling, trc_writing, whole
from tests import results as made

PRECISION_M = 0.6e-6


def parsed(path):
    """Names, times, positions (frames, markers, 3) and the third line's values, by the format's own rules."""
    lines = [line.split("\t") for line in path.read_text().split("\n")]
    about = dict(zip(lines[1], lines[2], strict=True))
    names = [name for name in lines[3][2:] if name]
    assert lines[5] == [""]
    assert lines[-1] == [""]
    rows = np.array(lines[6:-1], dtype=float)
    assert_array_equal(rows[:, 0], np.arange(1, int(about["NumFrames"]) + 1))
    return names, rows[:, 1], rows[:, 2:].reshape(len(rows), int(about["NumMarkers"]), 3), about


def in_metres(results):
    """What should be read: x to the right and y up from the picture's lower left corner."""
    seen = keypoints.positions(results.keypoints)
    x = (seen[..., 0] + 0.5) * results.metres_per_px
    y = (results.height - 0.5 - seen[..., 1]) * results.metres_per_px
    return np.stack([x, y, 0 * x], axis=-1)


@given(table=made.tables())
@made.FILES
def test_any_table_is_read_back_in_metres_and_what_is_missing_stays_missing(table, tmp_path):
    results = made.results(table)
    assert trc_writing.write(results, tmp_path / "a.trc") == [tmp_path / "a.trc"]
    names, times_s, positions, about = parsed(tmp_path / "a.trc")
    assert tuple(names) == keypoints.joints(table)
    assert about["Units"] == "m"
    assert_allclose(times_s, keypoints.times(table), rtol=0, atol=0.6e-6)
    assert_allclose(positions, in_metres(results), rtol=0, atol=PRECISION_M)


@given(table=made.tables())
@made.FILES
def test_both_of_opensims_readers_read_the_same(table, tmp_path):
    opensim = made.opensim()
    results = made.results(table)
    path = str(trc_writing.write(results, tmp_path / "a.trc")[0])
    read = opensim.TimeSeriesTableVec3(path)
    frames, count = len(table), len(keypoints.joints(table))
    assert read.getColumnLabels() == keypoints.joints(table)
    assert read.getTableMetaDataAsString("Units") == "m"
    assert_allclose(read.getIndependentColumn(), keypoints.times(table), rtol=0, atol=0.6e-6)
    rows = [read.getRowAtIndex(frame) for frame in range(frames)]
    positions = np.array([[row.getElt(0, place).to_numpy() for place in range(count)] for row in rows])
    assert_allclose(positions, in_metres(results), rtol=0, atol=PRECISION_M)
    markers = opensim.MarkerData(path)
    assert (markers.getNumFrames(), markers.getUnits().getLabel()) == (frames, "meters")
    older = [[markers.getFrame(i).getMarker(j).to_numpy() for j in range(count)] for i in range(frames)]
    assert_allclose(np.array(older), in_metres(results), rtol=0, atol=PRECISION_M)


def test_a_frame_without_any_joint_and_a_last_marker_that_is_missing_are_read_by_opensim(tmp_path):
    opensim = made.opensim()
    table = made.moving(np.arange(4) / 30)
    xy = keypoints.positions(table).copy()
    xy[1], xy[2, 1] = np.nan, np.nan
    path = trc_writing.write(made.results(keypoints.with_positions(table, xy)), tmp_path / "a.trc")[0]
    read = opensim.TimeSeriesTableVec3(str(path))
    missing = [[np.isnan(read.getRowAtIndex(i).getElt(0, j).to_numpy()).all() for j in (0, 1)] for i in range(4)]
    assert missing == [[False, False], [True, True], [False, True], [False, False]]


def test_the_axes_are_right_and_up_from_the_pictures_lower_left_corner(tmp_path):
    # A picture of 200 x 101 px at 1 cm a pixel: the lower left pixel's centre is half a pixel from both edges.
    table = keypoints.make(np.array([0.0]), ["nose", "left_knee"], np.array([[[0, 100, 1], [199, 0, 1]]]))
    trc_writing.write(made.results(table, width=200, height=101, metres_per_px=0.01), tmp_path / "a.trc")
    assert_allclose(parsed(tmp_path / "a.trc")[2][0], [[0.005, 0.005, 0], [1.995, 1.005, 0]])


def test_without_the_pictures_height_y_counts_from_its_upper_edge(tmp_path):
    table = keypoints.make(np.array([0.0]), ["nose"], np.array([[[9.5, 99.5, 1]]]))
    trc_writing.write(made.results(table, height=None, metres_per_px=0.01), tmp_path / "a.trc")
    assert_allclose(parsed(tmp_path / "a.trc")[2][0], [[0.1, -1.0, 0]])


def test_lengths_survive_the_way_through_kinebenchs_own_reader(tmp_path):
    table = made.moving(np.arange(10) / 30, joints=("left_hip", "right_hip", "left_knee"))
    path = trc_writing.write(made.results(table, metres_per_px=0.004), tmp_path / "a.trc")[0]
    recording = formats.read(path, Given())
    x = recording.detections.pivot_table(index="time_s", columns="joint", values="x")
    y = recording.detections.pivot_table(index="time_s", columns="joint", values="y")
    # 100 px apart at 4 mm, moving by 300 px/s to the right and 400 px/s upwards over 0.3 s.
    assert_allclose((x["left_knee"] - x["right_hip"]) * recording.metres_per_px, 0.4, atol=2e-6)
    assert_allclose(np.ptp(x["left_hip"]) * recording.metres_per_px, 300 * 0.3 * 0.004, atol=2e-6)
    assert_allclose((y["left_hip"].iloc[-1] - y["left_hip"].iloc[0]) * recording.metres_per_px, -0.48, atol=2e-6)


@pytest.mark.parametrize("scale", [None, 0.0, float("nan")])
def test_without_a_scale_the_error_says_what_gives_one(scale, tmp_path):
    with pytest.raises(KinebenchError, match=r"height_m.*known_length_m") as error:
        trc_writing.write(made.results(metres_per_px=scale), tmp_path / "a.trc")
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_frames_is_refused_since_opensim_would_wait_for_ever(tmp_path):
    with pytest.raises(KinebenchError, match="at least one frame"):
        trc_writing.write(made.results(made.moving([])), tmp_path / "a.trc")


def test_markers_have_names_that_opensim_takes():
    assert trc_writing.names(["left_knee", "big toe", "foot/ball"]) == ("left_knee", "big_toe", "foot_ball")
    with pytest.raises(KinebenchError, match="big_toe"):
        trc_writing.names(["big toe", "big\ttoe"])


def test_words_of_the_source_break_no_field_and_no_line(tmp_path):
    trc_writing.write(made.results(source="one\ttwo\nthree"), tmp_path / "a.trc")
    assert (tmp_path / "a.trc").read_text().split("\n")[0].count("\t") == 3
    assert len(parsed(tmp_path / "a.trc")[1]) == 31


def test_the_same_results_give_the_same_bytes_whatever_the_files_name(tmp_path):
    for name in ("a.trc", "somebody.trc"):
        trc_writing.write(made.results(), tmp_path / name)
    assert (tmp_path / "a.trc").read_bytes() == (tmp_path / "somebody.trc").read_bytes()


# Even times.


def test_times_that_are_even_but_for_whole_milliseconds_leave_every_position_as_it_is(tmp_path):
    times_s = np.round(np.arange(200) / 29.97, 3)
    results = made.results(made.moving(times_s))
    trc_writing.write(results, tmp_path / "a.trc")
    _, written_s, positions, about = parsed(tmp_path / "a.trc")
    assert_allclose(written_s, times_s, rtol=0, atol=0.6e-6)
    assert_allclose(positions, in_metres(results), rtol=0, atol=PRECISION_M)
    assert float(about["DataRate"]) == pytest.approx(29.97, abs=0.01)


@given(steps=st.lists(st.sampled_from([0.02, 0.025, 0.03, 0.06]), min_size=4, max_size=20))
@made.FILES
def test_even_motion_at_uneven_times_stays_even_motion_on_an_even_clock(steps, tmp_path):
    times_s = np.cumsum(steps)
    results = made.results(made.moving(times_s))
    trc_writing.write(results, tmp_path / "a.trc")
    _, clock_s, positions, about = parsed(tmp_path / "a.trc")
    assert clock_s[0] == pytest.approx(times_s[0], abs=1e-6)
    assert times_s[-1] - 1 / float(about["DataRate"]) - 2e-6 < clock_s[-1] <= times_s[-1] + 1e-6
    expected = in_metres(made.results(made.moving(clock_s)))
    assert_allclose(positions, expected, rtol=0, atol=2 * PRECISION_M)


def test_where_the_clock_was_changed_the_file_says_so_and_has_the_median_rate(tmp_path):
    times_s = np.cumsum([0.02, 0.02, 0.05] * 5 + [0.02])
    trc_writing.write(made.results(made.moving(times_s)), tmp_path / "a.trc")
    text = (tmp_path / "a.trc").read_text()
    assert re.search("[Rr]esampled", text.split("\n")[0])
    assert float(parsed(tmp_path / "a.trc")[3]["DataRate"]) == pytest.approx(50.0)
    trc_writing.write(made.results(), tmp_path / "b.trc")
    assert not re.search("[Rr]esampled", (tmp_path / "b.trc").read_text())


def test_nothing_is_put_between_a_known_position_and_a_missing_one():
    times_s = np.array([0.0, 0.1, 0.23, 0.3, 0.4, 0.5])
    values = np.array([0.0, 1.0, np.nan, 3.0, 4.0, 5.0])
    found = resampling.even(times_s, values)
    assert found.resampled
    # The clock is 0, 0.1, ... 0.5: at 0.2 and 0.3 it lies after 0.1 and on the known frame at 0.3.
    assert_array_equal(np.isnan(found.values), [False, False, True, False, False, False])


def test_a_time_without_frames_stays_a_gap_and_one_dropped_frame_is_bridged():
    frames = np.r_[0:10, 11:20, 30:40]  # one frame lacks, then ten: 1/3 s at 30 frames a second
    found = resampling.even(frames / 30, 2.0 * frames)
    assert_array_equal(np.flatnonzero(np.isnan(found.values)), np.arange(20, 30))
    assert_allclose(found.values[10], 20.0)


def test_a_slow_but_even_clock_has_no_gaps():
    times_s = np.cumsum([0.5, 0.5, 0.51, 0.49, 0.5])
    found = resampling.even(times_s, times_s)
    assert found.resampled
    assert not np.isnan(found.values).any()


def test_times_that_say_no_rate_are_refused_with_a_way_out():
    with pytest.raises(KinebenchError, match=r"\.csv"):
        resampling.even(np.array([0.0, 1e-3, 2e-3, 3600.0]), np.zeros(4))


# Whole or not at all.


def fail_half_way(path):
    with whole.whole(path) as temporary:
        temporary.write_text("half")
        raise KinebenchError("half way")


def test_what_fails_half_way_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.trc"
    path.write_text("old")
    with pytest.raises(KinebenchError, match="half way"):
        fail_half_way(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_file_takes_the_place_of_the_old_one_in_one_step(tmp_path):
    path = tmp_path / "a.trc"
    path.write_text("old")
    (tmp_path / "held").hardlink_to(path)
    trc_writing.write(made.results(), path)
    assert (tmp_path / "held").read_text() == "old"
    assert path.read_text().startswith("PathFileType")


def test_a_folder_that_cannot_be_made_is_an_error_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KinebenchError, match="path must be a file that can be written"):
        trc_writing.write(made.results(), tmp_path / "file" / "a.trc")


def test_a_folder_that_is_not_there_is_made(tmp_path):
    trc_writing.write(made.results(), tmp_path / "new" / "a.trc")
    assert (tmp_path / "new" / "a.trc").stat().st_size > 0
