"""DeepLabCut's results: the layouts of its documentation, written by pandas, and compared with what movement reads."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import formats
from kinebench.errors import KinebenchError
from kinebench.formats import Given, deeplabcut

RATE = Given(frame_rate_hz=50.0)
PARTS = ["LKnee", "ankle_left", "leftHip", "R toe", "barbell"]
JOINTS = ("left_knee", "left_ankle", "left_hip", "right_foot_index")
SCORER = "DLC_resnet50_SquatJan1shuffle1_500000"


def results(individuals: list[str] | None = None, frames: int = 4, first: int = 0) -> pd.DataFrame:
    """The table that analyze_videos makes: one row a frame, likelihoods from 0 to 1, NaN where nothing was found."""
    levels = [[SCORER], *([individuals] if individuals else []), PARTS, ["x", "y", "likelihood"]]
    names = ["scorer", *(["individuals"] if individuals else []), "bodyparts", "coords"]
    columns = pd.MultiIndex.from_product(levels, names=names)
    values = np.random.default_rng(4).uniform(20, 600, (frames, len(columns))).round(4)
    values[:, 2::3] /= 1000
    values[1, :2] = np.nan
    return pd.DataFrame(values, columns=columns, index=np.arange(first, first + frames))


def check(recording, table: pd.DataFrame, people: int = 1) -> None:
    assert recording.joints == JOINTS
    found = recording.detections
    width = len(PARTS) * 3
    for person in range(people):
        own = found[found["person"] == person]
        values = own[["x", "y", "confidence"]].to_numpy().reshape(len(table), -1, 3)
        expected = table.to_numpy()[:, person * width : (person + 1) * width].reshape(len(table), -1, 3)[:, :4].copy()
        expected[np.isnan(expected[..., 0]), 2] = 0
        assert_allclose(values, expected)
        assert_array_equal(own["frame"].unique(), table.index)
        assert_allclose(own["time_s"].unique(), table.index / 50)
    assert any("barbell" in note for note in recording.notes)


@pytest.mark.parametrize("individuals", [None, ["coach", "athlete"]])
@pytest.mark.parametrize("kind", ["csv", "table", "fixed"])
@pytest.mark.parametrize("first", [0, 7])
def test_results_in_every_layout(tmp_path, individuals, kind, first):
    table = results(individuals, first=first)
    path = tmp_path / ("clip.csv" if kind == "csv" else "clip.h5")
    if kind == "csv":
        table.to_csv(path)
    else:
        pytest.importorskip("tables")
        table.to_hdf(path, key="df_with_missing", format=kind, mode="w")
    assert formats.recognised(path) == "deeplabcut"
    check(formats.read(path, RATE), table, len(individuals or [""]))


@pytest.mark.parametrize("ending", ["csv", "h5"])
def test_movement_reads_the_same_numbers(tmp_path, ending):
    load_poses = pytest.importorskip("movement.io.load_poses")
    table = results(["coach", "athlete"])
    path = tmp_path / f"clip.{ending}"
    if ending == "csv":
        table.to_csv(path)
    else:
        table.to_hdf(path, key="df_with_missing", format="table", mode="w")
    theirs = load_poses.from_dlc_file(path, fps=50)
    ours = formats.read(path, RATE).detections
    for person, name in enumerate(("coach", "athlete")):
        for part, joint in zip(PARTS, JOINTS, strict=False):
            own = ours[(ours["person"] == person) & (ours["joint"] == joint)]
            those = (
                theirs.sel(individual=name, keypoint=part)
                if "individual" in theirs.dims
                else theirs.sel(individuals=name, keypoints=part)
            )
            assert_allclose(own[["x", "y"]].to_numpy(), those.position.transpose("time", "space").to_numpy())
            seen = np.isfinite(own["x"].to_numpy())
            assert_allclose(own["confidence"].to_numpy()[seen], those.confidence.to_numpy()[seen])
            assert_allclose(own["time_s"], theirs.time)


class Bomb:
    """What pickle would call; nothing may."""

    def __reduce__(self):
        return (pytest.fail, ("something was unpickled",))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_with_more_than_names_is_refused_and_never_obeyed(tmp_path, protocol):
    h5py = pytest.importorskip("h5py")
    pytest.importorskip("tables")
    path = tmp_path / "clip.h5"
    results().to_hdf(path, key="df_with_missing", format="table", mode="w")
    with h5py.File(path, "r+") as file:
        attributes = file["df_with_missing/table"].attrs
        columns = pickle.loads(bytes(attributes["values_block_0_kind"]))
        attributes["values_block_0_kind"] = np.bytes_(pickle.dumps([*columns[:-1], (Bomb(), "x")], protocol))
    with pytest.raises(KinebenchError, match="Export it as CSV"):
        formats.read(path, RATE)


def test_files_without_likelihoods_have_the_confidence_1_and_say_so(tmp_path):
    table = results().drop(columns="likelihood", level="coords")
    table.to_csv(tmp_path / "clip.csv")
    recording = formats.read(tmp_path / "clip.csv", RATE)
    found = recording.detections
    assert (found["confidence"] == np.isfinite(found["x"])).all()
    assert any("has no likelihoods" in note for note in recording.notes)


def renamed(table: pd.DataFrame, level: str, names: dict) -> pd.DataFrame:
    return table.rename(columns=names, level=level)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: renamed(t, "coords", {"likelihood": "z"}), "x, y and likelihood"),
        (lambda t: renamed(t, "bodyparts", {p: f"part{n}" for n, p in enumerate(PARTS)}), "parts of the body"),
        (lambda t: renamed(t, "bodyparts", {"LKnee": "leftHip"}), "doubles"),
        (lambda t: t * 1e6, "pixels of a picture|confidence"),
        (lambda t: t.set_axis([f"labeled-data/img{n}.png" for n in range(4)]), "must hold numbers"),
        (lambda t: t.set_axis([0, 1, 1, 2]), "a person once for each time"),
        (lambda t: t.set_axis([0, 1, 1.5, 2]), "whole numbers"),
        (lambda t: t.iloc[:0], "at least one line"),
    ],
    ids=["3D", "animal", "doubled part", "huge", "labelled pictures", "doubled frame", "half a frame", "empty"],
)
def test_what_is_no_result_of_a_video_is_refused(tmp_path, change, words):
    change(results()).to_csv(tmp_path / "clip.csv")
    with pytest.raises(KinebenchError, match=words):
        deeplabcut.read(tmp_path / "clip.csv", RATE)


def test_labelled_pictures_in_hdf5_are_refused(tmp_path):
    pytest.importorskip("tables")
    table = results().set_axis([f"img{n}.png" for n in range(4)])
    table.to_hdf(tmp_path / "CollectedData.h5", key="df_with_missing", mode="w")
    with pytest.raises(KinebenchError, match="labelled by hand"):
        formats.read(tmp_path / "CollectedData.h5", RATE)
