"""`kinebench reference` and `kinebench recognise`: what they print, what they leave, and that errors are one line."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kinebench import cli, keypoints
from kinebench.errors import KinebenchError
from kinebench.places import SAMPLES
from kinebench.references import library
from kinebench.synthetic import Scene, keypoint_table

SMOOTHING = {
    "confidence_gate": 0.3,
    "outliers": "hampel",
    "outlier_sigmas": 5.0,
    "max_gap_s": 0.2,
    "filter": "butterworth",
    "order": 4,
    "cutoff_hz": 6.0,
    "cutoff_auto": False,
    "window_s": 0.3,
    "polynomial_order": 3,
}
REPETITION = ("--start-s", "1.0", "--stop-s", "3.6")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The references' folder of the test's own."""
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "references"


def called(*arguments: str):
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def run_folder(path: Path, scene: Scene) -> Path:
    """The folder of a finished run of a scene, as far as a reference needs it; its clip was called after a person."""
    path.mkdir()
    keypoints.save(keypoint_table(scene, noise_px=0.5), path / "keypoints.parquet")
    (path / "signals.csv").write_text("time_s\n")
    described = {"input": {"sha256": "cd" * 32}, "parameters": SMOOTHING | {"estimator": "blazepose-full"}}
    (path / "run.json").write_text(json.dumps(described))
    return path


@pytest.fixture
def chair(tmp_path) -> Path:
    return run_folder(tmp_path / "anna-chair", Scene(task="sit-to-stand", repetitions=2))


@pytest.fixture
def row(tmp_path) -> Path:
    return run_folder(tmp_path / "anna-row", Scene(task="rowing", repetitions=2, seed=4, height_m=1.6))


def add(source: Path, name: str, *more: str):
    return called("reference", "add", source, "--name", name, *more)


def test_a_reference_is_added_listed_shown_and_removed(chair, folder, tmp_path):
    done = add(chair, "chair-right", "--action", "sit-to-stand", *REPETITION)
    assert done.stdout.startswith("chair-right: sit-to-stand, seen from the right, 2.6")
    assert sorted(path.name for path in folder.iterdir()) == ["chair-right.keypoints.csv", "chair-right.yaml"]

    heading, line = called("reference", "list").stdout.splitlines()
    assert heading.split() == ["name", "action", "view", "duration_s", "frames", "joints", "estimator", "made"]
    assert line.split()[:3] == ["chair-right", "sit-to-stand", "right"]

    picture = tmp_path / "shown.png"
    shown = called("reference", "show", "chair-right", "--out", picture).stdout
    assert "stretch    1.00 to 3.60 s of the clip" in shown
    assert f"clip       SHA-256 {'cd' * 32}" in shown
    assert "anna" not in shown.lower().replace(str(picture).lower(), "")
    assert picture.read_bytes().startswith(b"\x89PNG")

    assert "removed" in called("reference", "remove", "chair-right").stdout
    assert list(folder.iterdir()) == []


def test_the_picture_shows_every_moment_with_its_time(chair):
    from kinebench.figures.reference import course

    table = keypoints.load(chair / "keypoints.parquet").loc[1.0:3.0]
    figure = course(table, "chair", moments=5)
    times = [axes.get_title() for axes in figure.axes]
    assert times == [f"{time_s:.2f} s" for time_s in np.linspace(0, table.index[-1] - table.index[0], 5)]
    assert all(len(axes.lines) > 10 for axes in figure.axes)
    assert figure.alt == "chair: the skeleton at 5 moments of 2.00 s."


def test_an_action_is_the_name_unless_it_is_given(chair):
    add(chair, "rise", *REPETITION)
    assert library.load("rise").action == "rise"


def test_an_empty_library_says_how_it_is_filled(chair):
    assert "kinebench reference add" in called("reference", "list").stderr
    with pytest.raises(KinebenchError, match="kinebench reference add"):
        called("recognise", chair)


def test_a_name_is_used_once_unless_force_is_given_and_the_clip_is_not_looked_at_before(chair, tmp_path):
    add(chair, "rise", *REPETITION)
    with pytest.raises(KinebenchError, match="--force"):
        add(tmp_path / "nowhere.mp4", "rise")
    add(chair, "rise", "--action", "getting up", "--force", *REPETITION)
    assert library.load("rise").action == "getting up"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "{chair}", "--name", "../up"), "--name must be of small letters"),
        (("add", "{chair}", "--name", "a", "--view", "above"), "--view must be one of auto, left"),
        (("add", "{chair}", "--name", "a", "--start-s", "50"), "hold 0. The keypoints last from"),
        (("add", "{chair}", "--name", "a", "--start-s", "1", "--stop-s", "1.1"), "at least 0.3 s"),
        (("add", "{chair}", "--name", "a", "--set", "cutoff_hz=3"), "knows all by itself"),
        (("add", "{chair}", "--name", "a", "--action", "b/c"), "--action must be a few words"),
        (("add", "nowhere.mp4", "--name", "a"), "CLIP must exist"),
        (("show", "nobody"), "There is none yet"),
        (("show", "nobody", "--out", "x.txt"), "--out must be a file that ends in"),
        (("remove", "nobody"), "There is none yet"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_exit_code_2(arguments, said, chair, folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["kinebench", "reference", *(text.format(chair=chair) for text in arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in told
    assert told.count("\n") == 1
    assert not folder.exists() or not list(folder.iterdir())


def test_a_damaged_reference_is_told_and_the_others_are_used(chair, row, folder):
    add(chair, "chair", *REPETITION)
    add(row, "row")
    (folder / "row.keypoints.csv").write_text("broken")
    listed = called("reference", "list")
    assert "chair" in listed.stdout
    assert "row" not in listed.stdout
    assert "'row' is damaged" in listed.stderr
    done = called("recognise", chair)
    assert "'row' is damaged" in done.stderr
    assert done.stdout.splitlines()[-1].startswith("chair, seen from the right")


def test_a_clip_is_recognised_with_ranking_and_verdict(chair, row, tmp_path):
    add(chair, "chair-right", "--action", "sit-to-stand", *REPETITION)
    add(row, "row-right", "--action", "rowing", "--start-s", "1", "--stop-s", "3.5")
    other = run_folder(tmp_path / "ben", Scene(task="rowing", repetitions=3, seed=8, facing="left"))
    lines = called("recognise", other).stdout.splitlines()
    assert lines[0].split()[:4] == ["action", "reference", "view", "mirrored"]
    assert lines[1].split()[:4] == ["rowing", "row-right", "left", "yes"]
    assert lines[2].split()[:2] == ["sit-to-stand", "chair-right"]
    assert lines[-1].startswith("rowing, seen from the left, distance 0.")
    curl = run_folder(tmp_path / "curl", Scene(task="curl", repetitions=2))
    assert called("recognise", curl).stdout.splitlines()[-1].startswith("none of the references, seen from the right")


def test_keypoints_of_another_tool_make_a_reference_and_are_recognised(tmp_path):
    given = tmp_path / "anna.csv"
    keypoints.save(keypoint_table(Scene(task="sit-to-stand", repetitions=2), noise_px=1.0), given)
    done = add(given, "rise", "--size", "854x480", *REPETITION)
    assert "rise: rise, seen from the right, 2.6" in done.stdout
    source = library.load("rise").source
    assert source.estimator.startswith("recorded (")
    assert source.smoothing["cutoff_hz"] == 6.0
    assert called("recognise", given, "--size", "854x480").stdout.splitlines()[-1].startswith("rise, seen from")


def test_the_settings_of_the_smoothing_are_obeyed_and_kept(tmp_path):
    given = tmp_path / "given.csv"
    keypoints.save(keypoint_table(Scene(task="sit-to-stand", repetitions=1), noise_px=4.0), given)
    for name, cutoff_hz in (("soft", 2.0), ("sharp", 10.0)):
        add(given, name, "--size", "854x480", "--set", f"cutoff_hz={cutoff_hz}")
        assert library.load(name).source.smoothing["cutoff_hz"] == cutoff_hz
    rough = {
        name: np.abs(np.diff(keypoints.points(library.load(name).keypoints, "right_wrist"), n=2, axis=0)).mean()
        for name in ("soft", "sharp")
    }
    assert rough["soft"] < 0.5 * rough["sharp"]


def test_a_sample_clip_is_recognised_by_a_stretch_of_itself(monkeypatch):
    monkeypatch.delenv("KINEBENCH_CACHE")  # where the network's weights are
    clip = SAMPLES / "sit_to_stand.mp4"
    add(clip, "rise", "--action", "sit-to-stand", "--start-s", "0.8", "--stop-s", "4.2")
    one = library.load("rise")
    assert one.source.estimator == "blazepose-full"
    assert (one.source.start_s, one.source.stop_s) == (pytest.approx(0.8, abs=0.04), pytest.approx(4.2, abs=0.04))
    ranked, verdict = called("recognise", clip).stdout.splitlines()[1::]
    assert ranked.split()[:2] == ["sit-to-stand", "rise"]
    assert verdict.startswith("sit-to-stand, seen from the ")
    assert "doubt" not in verdict
