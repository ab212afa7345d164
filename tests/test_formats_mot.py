"""MOT files hold the angles of the signals, under OpenSim's names only where they mean the same, and without a gap."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import formats, keypoints, kinematics
from kinebench.errors import KinebenchError
from kinebench.formats import mot
from kinebench.scale import Scaling, calibrate
from tests import results as made
from tests.conftest import shared_file

PRECISION_DEG = 0.6e-6
NAMES = ("trunk_lean_deg", "right_knee_flexion_deg", "left_ankle_dorsiflexion_deg", "left_elbow_flexion_deg")


def signals(values, times_s=None, names=NAMES) -> pd.DataFrame:
    """Signals of these values (frames, names); without times at 30 frames a second."""
    values = np.asarray(values, dtype=float)
    times_s = np.arange(len(values)) / 30 if times_s is None else times_s
    return pd.DataFrame(values, index=pd.Index(times_s, name="time_s"), columns=list(names[: values.shape[1]]))


def written(table, tmp_path, source="a clip"):
    return mot.write(made.results(signals=table, source=source), tmp_path / "a.mot")[0]


def parsed(path):
    """The header's keys and words, and the table, by the format's own rules."""
    lines = path.read_text().split("\n")
    end = lines.index("endheader")
    assert lines[0] == "Coordinates"
    assert lines[-1] == ""
    keys = dict(line.split("=") for line in lines[:end] if "=" in line)
    rows = np.array([line.split("\t") for line in lines[end + 2 : -1]], dtype=float)
    table = pd.DataFrame(rows[:, 1:], index=rows[:, 0], columns=lines[end + 1].split("\t")[1:])
    assert (int(keys["nRows"]), int(keys["nColumns"])) == (len(table), table.shape[1] + 1)
    assert keys["inDegrees"] == "yes"
    return table, "\n".join(line for line in lines[1:end] if "=" not in line)


known = hnp.arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 4)), elements=st.floats(-400, 400))
with_gaps = hnp.arrays(
    float, st.tuples(st.integers(1, 7), st.integers(1, 4)), elements=st.sampled_from([1.0, 2.0, np.nan])
)


@given(values=known, steps=st.lists(st.floats(0.001, 2), min_size=6, max_size=6))
@made.FILES
def test_both_of_opensims_readers_read_the_angles_at_their_own_times(values, steps, tmp_path):
    opensim = made.opensim()
    times_s = np.cumsum(steps)[: len(values)]
    path = str(written(signals(values, times_s), tmp_path))
    newer = opensim.TimeSeriesTable(path)
    assert newer.getTableMetaDataAsString("inDegrees") == "yes"
    assert_allclose(newer.getIndependentColumn(), times_s, rtol=0, atol=PRECISION_DEG)
    assert_allclose(newer.getMatrix().to_numpy(), values, rtol=0, atol=PRECISION_DEG)
    older = opensim.Storage(path)
    labels = older.getColumnLabels()
    assert older.isInDegrees()
    assert tuple(labels.get(i) for i in range(1, labels.getSize())) == newer.getColumnLabels()
    rows = [older.getStateVector(i) for i in range(older.getSize())]
    assert_allclose([row.getTime() for row in rows], times_s, rtol=0, atol=PRECISION_DEG)
    read = [[row.getData().get(j) for j in range(row.getSize())] for row in rows]
    assert_allclose(np.array(read), values, rtol=0, atol=PRECISION_DEG)


@given(values=with_gaps)
@made.FILES
def test_what_is_written_has_no_gap_is_true_and_as_much_as_can_be(values, tmp_path):
    table = signals(values)
    if np.isnan(values).all():
        with pytest.raises(KinebenchError, match="at least one frame"):
            written(table, tmp_path)
        return
    read, _ = parsed(written(table, tmp_path))
    first = round(read.index[0] * 30)
    back = {theirs: ours for ours, theirs in mot.OPENSIM.items()}
    original = table[[back.get(name, name) for name in read.columns]].to_numpy()[first : first + len(read)]
    assert_array_equal(read.to_numpy(), original)  # no NaN either: NaN is equal to nothing that can be read here
    assert np.isfinite(read.to_numpy()).all()
    frames = len(values)
    most = max(
        (stop - start) * int(np.isfinite(values[start:stop]).all(axis=0).sum())
        for start in range(frames)
        for stop in range(start + 1, frames + 1)
    )
    assert read.size == most


def test_the_header_says_what_was_left_out(tmp_path):
    values = np.ones((10, 3))
    values[:4, 0] = values[:4, 1] = np.nan
    values[:, 2] = np.nan
    _, words = parsed(written(signals(values), tmp_path))
    assert "0.133 to 0.300 s of 0.000 to 0.300 s" in words
    assert "left_ankle_dorsiflexion_deg" in words
    _, words = parsed(written(signals(np.ones((10, 3))), tmp_path))
    assert "left_ankle_dorsiflexion_deg" not in words
    assert "Written are" not in words


def test_opensims_names_stand_only_for_knee_ankle_and_elbow(tmp_path):
    names = (
        *NAMES[:2],
        "left_hip_flexion_deg",
        "right_shoulder_flexion_deg",
        "left_thigh_angle_deg",
        "left_knee_flexion_velocity_deg_s",
        "left_hip_height_m",
    )
    read, _ = parsed(written(signals(np.ones((2, 7)), names=names), tmp_path))
    expected = ["trunk_lean_deg", "knee_angle_r", *names[2:5]]
    assert list(read.columns) == expected


def test_angles_under_opensims_names_take_the_course_of_opensims_own_in_a_walk(tmp_path):
    """Sign and meaning: OpenCap's markers through kinebench, against OpenSim's inverse kinematics of the same frames.

    The first third is left out: she walks in obliquely, turned by 30 deg from the picture's plane.
    """
    recording = formats.read(shared_file("reference/opencap_walk_markers.trc"))
    coordinates = [*keypoints.PLANE, *keypoints.WORLD]
    values = recording.detections[coordinates].to_numpy().reshape(-1, len(recording.joints), 6)
    table = keypoints.make(recording.detections["time_s"].unique(), recording.joints, values)
    ours = kinematics.signals(table, calibrate(table, table, Scaling(camera_tilt_deg=0.0)))
    read, _ = parsed(written(ours, tmp_path))
    theirs = shared_file("reference/opencap_walk_ik.mot").read_text().split("endheader\n")[1].splitlines()
    model = pd.DataFrame([line.split() for line in theirs[1:]], columns=theirs[0].split(), dtype=float)
    late = np.arange(len(model)) > len(model) / 3
    for name in ("knee_angle_r", "knee_angle_l", "ankle_angle_r", "ankle_angle_l"):
        assert np.corrcoef(read[name][late], model[name][late])[0, 1] > 0.9, name
    for name in ("elbow_flex_r", "elbow_flex_l"):
        assert abs(read[name][late].mean() - model[name][late].mean()) < 25, name


def test_words_of_the_source_are_taken_for_no_key_and_for_no_end(tmp_path):
    opensim = made.opensim()
    path = written(signals(np.ones((3, 2))), tmp_path, source="rate=30\nendheader\nnRows=7")
    read = opensim.TimeSeriesTable(str(path))
    assert read.getNumRows() == 3
    assert set(read.getTableMetaDataKeys()) == {"header", "inDegrees", "nColumns", "nRows"}
    assert opensim.Storage(str(path)).getSize() == 3


@pytest.mark.parametrize("table", [None, signals(np.ones((2, 1)), names=("left_hip_height_m",))])
def test_without_angles_there_is_an_error_and_no_file(table, tmp_path):
    with pytest.raises(KinebenchError, match="signals must have angles"):
        written(table, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_same_signals_give_the_same_bytes(tmp_path):
    table = signals(np.random.default_rng(0).normal(size=(20, 4)))
    assert written(table, tmp_path).read_bytes() == written(table, tmp_path / "again").read_bytes()
