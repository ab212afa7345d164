"""Whatever a file holds, a reader gives a whole table or one clear line, and takes no other format's for its own."""

import csv
import io
import json
import pickle

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinebench import formats, keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording
from kinebench.skeleton import BLAZEPOSE33, COCO17, JOINTS

GIVEN = Given(width=640, height=480, frame_rate_hz=25.0)


def table(header, rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def wide(joints, ending, place=0.25) -> bytes:
    header = ["frame", *(f"{joint}_{c}" for joint in joints for c in ("x", "y", ending))]
    return table(header, [[n, *[place, place, 0.25] * len(joints)] for n in range(2)])


def landmarks(**keys) -> list[dict]:
    return [{"type": n, "x": 50.5 + n, "y": 60.25} | keys for n in range(33)]


def hdf5(fill) -> bytes:
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        fill(file)
    return held.getvalue()


def frame_table(file) -> None:
    """As pandas and PyTables lay it out."""
    group = file.create_group("df_with_missing")
    group.attrs["pandas_type"] = np.bytes_(b"frame_table")
    rows = np.array([(0, [50, 60, 0.5]), (1, [51, 61, 0.5])], dtype=[("index", "i8"), ("values_block_0", "f8", (3,))])
    names = [("me", "LKnee", coordinate) for coordinate in ("x", "y", "likelihood")]
    group.create_dataset("table", data=rows).attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(names, 0))


def tracks(file) -> None:
    file["tracks"], file["point_scores"] = np.full((1, 2, 2, 3), 5.0), np.full((1, 2, 3), 0.5)
    file["track_occupancy"], file["node_names"] = np.ones((3, 1)), np.array([b"left_knee", b"left_hip"])


TRC = b"""PathFileType\t4\t(X/Y/Z)\ta.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits
50\t50\t2\t2\tm
Frame#\tTime\tRHip\t\t\tLHip\t\t
\t\tX1\tY1\tZ1\tX2\tY2\tZ2

1\t0.00\t0.1\t0.9\t0.1\t0.1\t0.9\t-0.1
2\t0.02\t0.2\t0.9\t0.1\t0.2\t0.9\t-0.1
"""
DLC = b"scorer,me,me,me\nbodyparts,LKnee,LKnee,LKnee\ncoords,x,y,likelihood\n0,50,60,0.5\n1,51,61,0.5\n"
SLEAP = b"track,frame_idx,instance.score,LHip.x,LHip.y,LHip.score\na,0,1,50,60,0.5\na,1,1,51,61,0.5\n"
# Format, ending and a whole file of it.
WHOLE = {
    "mlkit csv": ("mlkit", ".csv", wide(BLAZEPOSE33.joints, "likelihood", 25)),
    "mlkit json": ("mlkit", ".json", json.dumps([{"landmarks": landmarks(inFrameLikelihood=0.5)}] * 2).encode()),
    "mediapipe csv": ("mediapipe", ".csv", wide(BLAZEPOSE33.joints, "visibility")),
    "mediapipe json": ("mediapipe", ".json", json.dumps([{"landmarks": landmarks(visibility=0.5)}] * 2).encode()),
    "movenet": ("movenet_table", ".csv", wide(COCO17.joints, "score")),
    "deeplabcut": ("deeplabcut", ".csv", DLC),
    "deeplabcut hdf5": ("deeplabcut", ".h5", hdf5(frame_table)),
    "sleap csv": ("sleap", ".csv", SLEAP),
    "sleap hdf5": ("sleap", ".h5", hdf5(tracks)),
    "trc": ("trc", ".trc", TRC),
}
OURS = sorted({name for name, _, _ in WHOLE.values()})


def is_whole(recording: Recording) -> bool:
    """The contract of a recording: known joints, finite times, confidence 0..1, missing in x and y together."""
    found = recording.detections
    assert set(recording.joints) <= JOINTS
    assert set(found["joint"]) <= set(recording.joints)
    assert np.isfinite(found["time_s"]).all()
    assert found["time_s"].is_monotonic_increasing
    assert found["confidence"].between(0, 1).all()
    assert (found["x"].isna() == found["y"].isna()).all()
    assert (found["confidence"][found["x"].isna()] == 0).all()
    assert np.abs(found[["x", "y"]]).max(axis=None) <= 1e6
    assert not found.duplicated(["time_s", "person", "joint"]).any()
    assert set(keypoints.DETECTION_COLUMNS) <= set(found.columns)
    return not found.empty


def read(path, name: str) -> None:
    """Read it as that format: a whole recording, or an error in one line of moderate length."""
    try:
        assert is_whole(formats.read(path, GIVEN, format=name))
    except KinebenchError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert len(str(error)) < 500  # noqa: PT017


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_file_is_recognised_and_read(tmp_path, case):
    name, ending, raw = WHOLE[case]
    path = tmp_path / f"file{ending}"
    path.write_bytes(raw)
    assert formats.recognised(path) == name
    assert is_whole(formats.read(path, GIVEN))


@pytest.mark.parametrize("case", WHOLE)
def test_only_its_own_format_takes_it(tmp_path, case):
    name, ending, raw = WHOLE[case]
    path = tmp_path / f"file{ending}"
    path.write_bytes(raw)
    assert [other for other in OURS if formats.get(other).matches(path)] == [name]


@pytest.mark.parametrize("case", WHOLE)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_is_cut_off_or_changed_gives_a_table_or_a_clear_error(tmp_path, case, data):
    name, ending, raw = WHOLE[case]
    changed = bytearray(raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw)
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(raw)), st.integers(0, 255)), max_size=4)):
        changed[place % max(len(changed), 1) : place % max(len(changed), 1) + 1] = bytes([byte])
    path = tmp_path / f"file{ending}"
    path.write_bytes(changed)
    formats.get(name).matches(path)
    read(path, name)


NUMBERS = st.sampled_from(
    [
        "1e999",
        "-1e999",
        "NaN",
        "1e308",
        "-1",
        "1e-320",
        "999999999999999999999",
        "",
        "null",
        '"x"',
        "0",
        "true",
        "[]",
        "1_0",
    ]
)


@pytest.mark.parametrize("case", [case for case in WHOLE if WHOLE[case][1] != ".h5"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_strange_numbers_give_a_table_or_a_clear_error(tmp_path, case, data):
    name, ending, raw = WHOLE[case]
    text = raw.decode()
    separators = [place for place, letter in enumerate(text) if letter in ",\t:\n"]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(separators))
        end = next((p for p in separators if p > place), len(text))
        text = text[: place + 1] + data.draw(NUMBERS) + text[end:]
        separators = [place for place, letter in enumerate(text) if letter in ",\t:\n"]
    path = tmp_path / f"file{ending}"
    path.write_text(text)
    read(path, name)


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_anything_gives_a_table_or_a_clear_error(tmp_path, name, raw):
    for ending in formats.FORMATS[name].endings:
        path = tmp_path / f"file{ending}"
        path.write_bytes(raw)
        assert formats.get(name).matches(path) in (True, False)
        read(path, name)


@pytest.mark.parametrize("name", OURS)
def test_a_folder_is_none_of_them(tmp_path, name):
    assert not formats.get(name).matches(tmp_path)
    with pytest.raises(KinebenchError):
        formats.read(tmp_path, GIVEN, format=name)
