"""The library of reference movements: plain files, written whole, read with care, telling nobody's name."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kinebench import keypoints, places
from kinebench.errors import KinebenchError
from kinebench.references import library, making, record
from kinebench.references.record import Reference, Source
from kinebench.references.views import VIEWS, view_of
from kinebench.synthetic import Scene, keypoint_table

SOURCE = Source("ab" * 32, "blazepose-full", 1.0, 3.0, {"filter": "butterworth", "cutoff_hz": 6.0})


@pytest.fixture(name="folder", autouse=True)
def _folder(tmp_path, monkeypatch):
    """A data folder of the test's own; the references' one in it."""
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "references"


@cache
def drawn(frames: int, **scene) -> pd.DataFrame:
    return keypoint_table(Scene(task="rowing", repetitions=1, **scene), noise_px=1.0, frames=frames)


def table(frames: int = 40, **scene) -> pd.DataFrame:
    return drawn(frames, **scene).copy()


def made(name: str = "row-right", **changed) -> Reference:
    parts = {"action": "rowing", "view": "right", "source": SOURCE, "made": "2026-11-21"}
    return Reference(**{"name": name, "keypoints": library.rounded(table())} | parts | changed)


def text_of(folder, name: str = "row-right") -> dict:
    return yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))


def test_what_is_loaded_is_what_was_saved(folder):
    gap = library.rounded(table())
    gap.iloc[3:6, :2] = np.nan
    gap.iloc[3:6, 2] = 0.0
    one = made(keypoints=gap, action="Rudern (sitzend), 1. Zug")
    assert library.save(one) == [folder / "row-right.yaml", folder / "row-right.keypoints.csv"]
    found = library.load("row-right")
    assert (found.name, found.action, found.view, found.made) == (one.name, one.action, one.view, one.made)
    assert found.source == one.source
    pd.testing.assert_frame_equal(found.keypoints, one.keypoints, check_exact=True)
    assert library.read(folder / "row-right.yaml").keypoints.equals(found.keypoints)


def test_the_table_opens_as_any_keypoint_table_does(folder):
    library.save(made())
    opened = keypoints.load(folder / "row-right.keypoints.csv")
    pd.testing.assert_frame_equal(opened, library.load("row-right").keypoints)


def test_rounding_loses_less_than_a_network_can_tell():
    exact = table()
    assert np.nanmax(np.abs(library.rounded(exact).to_numpy() - exact.to_numpy())) <= 0.0005
    assert library.rounded(exact).index.name == "time_s"


@pytest.mark.parametrize(
    "name", ["", "..", "../up", "a/b", "a\\b", "A", "é", "a.b", " a", "-a", "_a", "a" * 65, "a\n", "con.yaml", "a\x00"]
)
def test_a_name_that_could_be_a_path_or_be_mistaken_is_refused(name, folder):
    for act in (library.load, library.remove, lambda bad: library.save(made(bad))):
        with pytest.raises(KinebenchError, match="--name must be of small letters"):
            act(name)
    assert not folder.exists()


@given(st.text(max_size=70))
def test_whatever_is_taken_for_a_name_names_a_file_in_the_folder(name):
    try:
        record.checked_name(name)
    except KinebenchError:
        return
    path = places.references() / f"{name}.yaml"
    assert path.resolve().parent == places.references().resolve()
    assert path.name == f"{name}.yaml"


def test_a_reference_is_not_replaced_unless_that_is_asked_for():
    library.save(made())
    other = made(action="erg")
    with pytest.raises(KinebenchError, match=r"already.*--force"):
        library.save(other)
    assert library.load("row-right").action == "rowing"
    library.save(other, force=True)
    assert library.load("row-right").action == "erg"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"action": ""}, "--action"),
        ({"action": "a\nb"}, "--action"),
        ({"action": "/home/anna"}, "--action"),
        ({"action": "red \x1b[31m"}, "--action"),
        ({"view": "above"}, "--view must be one of left, right, front, behind"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(changed, said, folder):
    with pytest.raises(KinebenchError, match=said):
        library.save(made(**changed))
    assert not folder.exists() or not list(folder.iterdir())


def test_when_writing_fails_nothing_is_left_and_nothing_is_lost(folder, monkeypatch):
    library.save(made())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(KinebenchError, match="No space left"):
        library.save(made(action="erg"), force=True)
    with pytest.raises(KinebenchError, match="No space left"):
        library.save(made("new"))
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def damage_number(folder):
    path = folder / "row-right.keypoints.csv"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))


def damage_text(folder, **changed):
    path = folder / "row-right.yaml"
    path.write_text(yaml.safe_dump(text_of(folder) | changed), encoding="utf-8")


DAMAGES = {
    "a number of the table was changed": damage_number,
    "the table is gone": lambda folder: (folder / "row-right.keypoints.csv").unlink(),
    "the table is cut": lambda folder: (folder / "row-right.keypoints.csv").write_bytes(b"time_s"),
    "the text is empty": lambda folder: (folder / "row-right.yaml").write_bytes(b""),
    "the text is no text": lambda folder: (folder / "row-right.yaml").write_bytes(b"\xff\xfe\x00"),
    "the text is no YAML": lambda folder: (folder / "row-right.yaml").write_bytes(b"a: [b"),
    "the text makes an object": lambda folder: (folder / "row-right.yaml").write_bytes(
        b"!!python/object/apply:os.system ['true']"
    ),
    "the view is none": lambda folder: damage_text(folder, view="above"),
    "the action is a number": lambda folder: damage_text(folder, action=3),
    "the digest is none": lambda folder: damage_text(folder, keypoints_sha256="0"),
    "the source lacks its digest": lambda folder: damage_text(folder, source={"estimator": "x"}),
    "the source says more": lambda folder: damage_text(folder, source=text_of(folder)["source"] | {"who": "Anna"}),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_reference_is_refused_in_one_line_and_can_be_taken_out(damage, folder):
    library.save(made())
    library.save(made("whole"))
    damage(folder)
    with pytest.raises(KinebenchError, match=r"'row-right' is damaged: .*reference remove") as refused:
        library.load("row-right")
    assert "\n" not in str(refused.value)
    held, left_out = library.everything()
    assert [one.name for one in held] == ["whole"]
    assert left_out == {"row-right": str(refused.value)}
    library.remove("row-right")
    assert sorted(path.name for path in folder.iterdir()) == ["whole.keypoints.csv", "whole.yaml"]


def test_a_table_that_is_none_is_refused_even_with_its_own_digest(folder):
    library.save(made())
    content = b"time_s,left_knee_x,left_knee_y,left_knee_confidence\n0,1,2,1\n0,1,2,1\n"
    (folder / "row-right.keypoints.csv").write_bytes(content)
    damage_text(folder, keypoints_sha256=library._digest(content))
    with pytest.raises(KinebenchError, match=r"damaged.*strictly increasing"):
        library.load("row-right")


def test_what_is_not_there_is_answered_with_what_is(folder):
    with pytest.raises(KinebenchError, match="There is none yet: make one"):
        library.load("nobody")
    library.save(made())
    for act in (library.load, library.remove):
        with pytest.raises(KinebenchError, match="There are row-right"):
            act("nobody")
    with pytest.raises(KinebenchError, match=r"no .*elsewhere\.yaml"):
        library.read(folder / "elsewhere.yaml")


def test_names_are_those_of_references_and_of_nothing_else(folder):
    assert library.names() == []
    library.save(made("b"))
    library.save(made("a"))
    (folder / "README.md").write_text("hello")
    (folder / "My Notes.yaml").write_text("hello")
    (folder / ".kinebench-x.yaml").write_text("hello")
    assert library.names() == ["a", "b"]


def seen(frames: int = 60, **scene) -> making.Seen:
    return making.Seen(table(frames, **scene), SOURCE)


@pytest.mark.parametrize(
    ("scene", "view"),
    [({}, "right"), ({"facing": "left"}, "left"), ({"yaw_deg": 90.0}, "front"), ({"yaw_deg": -90.0}, "behind")],
)
def test_the_view_is_found_unless_it_is_given(scene, view):
    assert making.reference(seen(**scene), "one", "rowing")[0].view == view
    for given_view in VIEWS:
        assert making.reference(seen(**scene), "one", "rowing", given_view)[0].view == given_view


def test_an_oblique_view_is_told_as_doubtful():
    assert making.reference(seen(), "one", "rowing")[1] == ""
    assert "obliquely" in making.reference(seen(yaw_deg=42.0), "one", "rowing")[1]


@pytest.mark.parametrize("yaw_deg", [-100.0, -70.0, -25.0, 0.0, 20.0, 65.0, 90.0, 115.0])
@pytest.mark.parametrize("task", ["sit-to-stand", "squat", "walking", "curl"])
def test_the_heading_is_the_angle_at_which_the_camera_stands(task, yaw_deg):
    """A scene's yaw is the angle between the line of sight and square to the subject, 90 deg in front."""
    found = view_of(keypoint_table(Scene(task=task, yaw_deg=yaw_deg, repetitions=2), noise_px=1.0))
    assert abs((found.heading_deg - yaw_deg + 180) % 360 - 180) < 15


def test_a_mirrored_picture_shows_the_other_side():
    from kinebench.comparison.trajectories import mirrored

    for yaw_deg in (-90.0, -20.0, 10.0, 90.0):
        one = table(yaw_deg=yaw_deg)
        here, there = view_of(one), view_of(mirrored(one))
        assert there.value == {"left": "right", "right": "left"}.get(here.value, here.value)
        turned = (180 - here.heading_deg - there.heading_deg + 180) % 360 - 180
        assert turned == pytest.approx(0, abs=1e-6)


def test_a_view_needs_both_shoulders_or_both_hips():
    one = table()
    one.loc[:, [("left_shoulder", "x"), ("left_shoulder", "y"), ("left_hip", "x"), ("left_hip", "y")]] = np.nan
    with pytest.raises(KinebenchError, match="Give it with --view"):
        view_of(one)


def test_what_is_too_short_or_shows_nobody_is_no_reference():
    with pytest.raises(KinebenchError, match=r"at least 0.3 s, but the stretch lasts 0.10 s"):
        making.reference(seen(4), "one", "rowing")
    empty = table()
    places_of_all = [column for column in empty.columns if column[1] in ("x", "y")]
    empty.loc[:, places_of_all] = np.nan
    with pytest.raises(KinebenchError, match="hips in at least 50 %"):
        making.reference(making.Seen(empty, SOURCE), "one", "rowing")


@pytest.fixture(name="run")
def _run(tmp_path):
    """The folder of a finished run, as far as a reference needs it."""
    folder = tmp_path / "run"
    folder.mkdir()
    keypoints.save(table(90), folder / "keypoints.parquet")
    (folder / "signals.csv").write_text("time_s\n")
    values = dict.fromkeys(SMOOTHING) | {"estimator": "blazepose-full", "cutoff_hz": 5.0}
    described = {"input": {"sha256": "cd" * 32, "name": "anna.mp4"}, "parameters": values}
    (folder / "run.json").write_text(json.dumps(described))
    return folder


SMOOTHING = (
    *("confidence_gate", "outliers", "outlier_sigmas", "max_gap_s", "filter"),
    *("order", "cutoff_hz", "cutoff_auto", "window_s", "polynomial_order"),
)


def test_a_run_gives_its_keypoints_as_they_are_and_where_they_come_from(run):
    assert making.is_run(run)
    found = making.of_run(run, start_s=1.0, stop_s=2.0)
    whole = keypoints.load(run / "keypoints.parquet")
    pd.testing.assert_frame_equal(found.keypoints, whole.loc[1.0:2.0])
    assert (found.source.sha256, found.source.estimator) == ("cd" * 32, "blazepose-full")
    assert found.source.start_s == pytest.approx(1.0, abs=1 / 30)
    assert found.source.stop_s == pytest.approx(2.0, abs=1 / 30)
    assert set(found.source.smoothing) == set(SMOOTHING)
    assert found.source.smoothing["cutoff_hz"] == 5.0


def test_a_stretch_outside_the_run_or_a_broken_run_is_one_line(run):
    with pytest.raises(KinebenchError, match=r"hold 0\. The keypoints last from 0\.00 to 2\.97 s"):
        making.of_run(run, start_s=7.0)
    (run / "run.json").write_text("{}")
    with pytest.raises(KinebenchError, match="folder of a finished run"):
        making.of_run(run)
    (run / "signals.csv").unlink()
    assert not making.is_run(run)


def test_the_files_hold_neither_paths_nor_a_persons_name(run, folder, tmp_path):
    one, _ = making.reference(making.of_run(run), "one", "rowing")
    for path in library.save(one):
        content = path.read_text(encoding="utf-8")
        assert "anna" not in content
        assert str(tmp_path) not in content


def test_a_name_that_is_none_is_told_by_what_it_is_not_by_an_option_of_another_command(folder):
    with pytest.raises(
        KinebenchError, match=r"^reference must be the name of one in the library, but there is no 'nope'"
    ):
        library.load("nope")
