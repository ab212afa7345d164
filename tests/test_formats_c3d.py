"""C3D files hold the markers in millimetres, and two readers that know nothing of each other read them."""

import warnings

import ezc3d
import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import c3d as writing
from tests import results as made


def in_mm(results):
    """What should be read: (frames, markers, 3), x to the right and y up from the picture's lower left corner."""
    seen = keypoints.positions(results.keypoints)
    x = (seen[..., 0] + 0.5) * results.metres_per_px
    y = (results.height - 0.5 - seen[..., 1]) * results.metres_per_px
    return 1000 * np.stack([x, y, 0 * x], axis=-1)


@given(table=made.tables())
@made.FILES
def test_any_table_is_read_back_in_millimetres_and_what_is_missing_stays_missing(table, tmp_path):
    results = made.results(table)
    path = writing.write(results, tmp_path / "a.c3d")[0]
    file = ezc3d.c3d(str(path))
    point = file["parameters"]["POINT"]
    assert tuple(point["LABELS"]["value"]) == keypoints.joints(table)
    assert point["UNITS"]["value"] == ["mm"]
    assert point["FRAMES"]["value"][0] == len(table)
    read = file["data"]["points"][:3].transpose(2, 1, 0)
    assert_allclose(read, in_mm(results), rtol=1e-6, atol=1e-4)
    residuals = file["data"]["meta_points"]["residuals"][0].T
    assert_array_equal(residuals, np.where(np.isnan(in_mm(results)[..., 0]), -1, 0))


@given(table=made.tables(least_frames=2))
@made.FILES
def test_another_reader_reads_the_same(table, tmp_path):
    reader = pytest.importorskip("c3d")
    results = made.results(table)
    path = writing.write(results, tmp_path / "a.c3d")[0]
    with path.open("rb") as handle, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that there is no analog data
        file = reader.Reader(handle)
        frames = np.array([points for _, points, _ in file.read_frames()])
        assert tuple(label.strip() for label in file.point_labels) == keypoints.joints(table)
        assert file.point_rate == pytest.approx(30.0, rel=1e-5)
        assert (file.first_frame, file.last_frame) == (1, len(table))
    missing = np.isnan(in_mm(results)[..., 0])
    assert_array_equal(frames[..., 3] == -1, missing)
    assert_allclose(frames[..., :3][~missing], in_mm(results)[~missing], rtol=1e-6, atol=1e-4)


def test_the_file_says_its_rate_and_which_way_is_up(tmp_path):
    table = made.moving(np.arange(30) / 29.97)
    file = ezc3d.c3d(str(writing.write(made.results(table), tmp_path / "a.c3d")[0]))
    point = file["parameters"]["POINT"]
    assert point["RATE"]["value"][0] == pytest.approx(29.97, rel=1e-6)
    assert (point["X_SCREEN"]["value"], point["Y_SCREEN"]["value"]) == (["+X"], ["+Y"])
    assert file["parameters"]["ANALOG"]["USED"]["value"][0] == 0


def test_even_motion_at_uneven_times_stays_even_motion(tmp_path):
    times_s = np.cumsum([0.02, 0.02, 0.05] * 20)
    file = ezc3d.c3d(str(writing.write(made.results(made.moving(times_s)), tmp_path / "a.c3d")[0]))
    rate = file["parameters"]["POINT"]["RATE"]["value"][0]
    speed_mm_s = np.diff(file["data"]["points"][:2], axis=2) * rate
    assert rate == pytest.approx(50.0)
    assert_allclose(speed_mm_s[0], 300 * 4, rtol=1e-3)
    assert_allclose(speed_mm_s[1], 400 * 4, rtol=1e-3)


def test_without_a_scale_and_without_frames_there_is_an_error_and_no_file(tmp_path):
    with pytest.raises(KinebenchError, match="height_m"):
        writing.write(made.results(metres_per_px=None), tmp_path / "a.c3d")
    with pytest.raises(KinebenchError, match="at least one frame"):
        writing.write(made.results(made.moving([])), tmp_path / "a.c3d")
    assert list(tmp_path.iterdir()) == []


def test_more_frames_than_the_header_can_count_are_refused_and_as_many_as_it_can_are_read(tmp_path):
    table = made.moving(np.arange(65_535) / 60, velocity_px_s=(0, 0), joints=("nose",))
    with pytest.raises(KinebenchError, match="65534 frames"):
        writing.write(made.results(table), tmp_path / "a.c3d")
    path = writing.write(made.results(table.iloc[:-1]), tmp_path / "a.c3d")[0]
    assert ezc3d.c3d(str(path))["data"]["points"].shape == (4, 1, 65_534)


def test_the_same_results_give_the_same_bytes(tmp_path):
    first, second = (writing.write(made.results(), tmp_path / name)[0] for name in ("a.c3d", "b.c3d"))
    assert first.read_bytes() == second.read_bytes()
