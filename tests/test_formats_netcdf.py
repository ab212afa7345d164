"""The netCDF file is a poses dataset of movement: it says what the table says, and movement computes on it."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import netcdf
from tests import results as made


def opened(results, tmp_path, engine="h5netcdf"):
    return xr.load_dataset(netcdf.write(results, tmp_path / "a.nc")[0], engine=engine)


@given(table=made.tables(least_frames=0))
@made.FILES
def test_any_table_is_read_back_to_the_last_bit(table, tmp_path):
    dataset = opened(made.results(table), tmp_path)
    assert dataset["position"].dims == ("time", "space", "keypoints", "individuals")
    assert dataset["confidence"].dims == ("time", "keypoints", "individuals")
    assert tuple(dataset["keypoints"].values) == keypoints.joints(table)
    assert_array_equal(dataset["time"], keypoints.times(table))
    assert_array_equal(dataset["position"][..., 0].transpose("time", "keypoints", "space"), keypoints.positions(table))
    for name in keypoints.joints(table):
        assert_array_equal(dataset["confidence"].sel(keypoints=name)[:, 0], keypoints.confidence(table, name))


@pytest.mark.parametrize("engine", [None, "h5netcdf", "netcdf4"])
def test_movement_takes_it_for_one_of_its_own(engine, tmp_path):
    datasets = pytest.importorskip("movement.validators.datasets")
    pytest.importorskip("netCDF4")
    dataset = opened(made.results(), tmp_path, engine)
    datasets.ValidPosesInputs.validate(dataset)
    # What movement makes of the same arrays itself.
    own = datasets.ValidPosesInputs(
        position_array=dataset["position"].values,
        confidence_array=dataset["confidence"].values,
        individual_names=["person_0"],
        keypoint_names=["left_hip", "left_knee"],
        fps=30.0,
        source_software="kinebench",
    ).to_dataset()
    assert own.attrs.keys() <= dataset.attrs.keys()
    assert {name: dataset.attrs[name] for name in own.attrs} == own.attrs | {"fps": pytest.approx(30.0)}
    assert own.sizes == dataset.sizes
    assert {name: own[name].dtype.kind for name in own.variables} == {
        name: dataset[name].dtype.kind for name in dataset.variables
    }
    xr.testing.assert_allclose(own, dataset)


@given(steps=st.lists(st.floats(0.005, 0.2), min_size=3, max_size=12))
@settings(made.FILES, max_examples=15)
def test_movement_finds_the_speed_of_even_motion_at_uneven_times(steps, tmp_path):
    kinematics = pytest.importorskip("movement.kinematics")
    table = made.moving(np.cumsum(steps), velocity_px_s=(300.0, -400.0))
    speed = kinematics.compute_speed(opened(made.results(table), tmp_path)["position"])
    assert_allclose(speed, 500.0, rtol=1e-6)


def test_times_are_numbers_for_an_xarray_that_decodes_spans_of_time_too(tmp_path):
    path = netcdf.write(made.results(), tmp_path / "a.nc")[0]
    assert xr.load_dataset(path, engine="h5netcdf", decode_timedelta=True)["time"].dtype == np.float64


def test_movements_filters_work_on_it_and_what_is_missing_stays_missing(tmp_path):
    filtering = pytest.importorskip("movement.filtering")
    values = np.ones((4, 1, 3))
    values[:, 0, 2] = [0.9, 0.2, 0.9, 0.9]
    values[3, 0, :2] = np.nan
    dataset = opened(made.results(keypoints.make(np.arange(4) / 30, ["nose"], values)), tmp_path)
    kept = filtering.filter_by_confidence(dataset["position"], dataset["confidence"], threshold=0.6)
    assert_array_equal(np.isfinite(kept[:, 0, 0, 0]), [True, False, True, False])
    assert dataset["confidence"][3, 0, 0] == 0


def test_what_is_not_known_is_not_there(tmp_path):
    one_frame = made.moving([0.5])
    dataset = opened(made.results(one_frame, width=None, height=None, metres_per_px=None, source=""), tmp_path)
    assert dataset.attrs == {"ds_type": "poses", "source_software": "kinebench", "time_unit": "seconds"}


def test_a_table_that_breaks_the_contract_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(KinebenchError, match="strictly increasing"):
        netcdf.write(made.results(made.moving([0.0, 0.1]).iloc[::-1]), tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


def test_the_same_results_give_the_same_bytes(tmp_path):
    first, second = (netcdf.write(made.results(), tmp_path / name)[0] for name in ("a.nc", "b.nc"))
    assert first.read_bytes() == second.read_bytes()
