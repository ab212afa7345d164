"""The command line on other tools' files and on several people: what it prints, and what it asks for."""

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from kinebench import cli, estimators, formats
from kinebench.cli.options import parsed_size
from kinebench.errors import KinebenchError
from kinebench.places import SAMPLES
from tests import foreign


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))


def called(*arguments: str):
    done = CliRunner().invoke(cli.app, list(arguments))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture
def two_people(tmp_path) -> Path:
    """OpenPose's folder of the sit-to-stand sample's truth, the same person once more 300 px to the left, smaller."""
    truth = pd.read_csv(SAMPLES / "sit_to_stand.truth.csv").head(120)
    folder = foreign.WRITERS["OpenPose BODY_25"](truth, tmp_path, (854, 480))
    for path in folder.iterdir():
        described = json.loads(path.read_text())
        numbers = described["people"][0]["pose_keypoints_2d"]
        other = [0.8 * n - 250 if i % 3 == 0 else 0.8 * n + 90 if i % 3 == 1 else n for i, n in enumerate(numbers)]
        described["people"].append({"person_id": [-1], "pose_keypoints_2d": other})
        path.write_text(json.dumps(described))
    return folder


@pytest.fixture
def runs(monkeypatch) -> list[dict]:
    """The runs that are asked for, none of which is made."""
    asked = []

    def run(source, task, values, *, out, obey_saved):
        asked.append({"source": source, "task": task, "out": out, **values})
        return SimpleNamespace(report=Path("report.html"), verdict="good", warnings=(), pdf=Path("report.pdf"))

    monkeypatch.setattr("kinebench.run.run", run)
    return asked


def test_people_are_listed_with_the_number_that_chooses_them(two_people):
    printed = called("people", str(two_people), "--rate", "30", "--size", "854x480").stdout.splitlines()
    assert printed[0].split() == [
        *("person", "first_s", "last_s", "seen_%", "x_px", "y_px", "height_px", "confidence", "passing")
    ]
    assert [line.split()[0] for line in printed[1:]] == ["0", "1"]
    assert all(line.split()[3] == "100.00" for line in printed[1:])


def test_everyone_is_a_run_for_each_in_a_folder_of_its_own(two_people, runs, tmp_path):
    arguments = [
        "--task",
        "sit-to-stand",
        "--everyone",
        "--rate",
        "30",
        "--size",
        "854x480",
        "--out",
        str(tmp_path / "o"),
    ]
    done = called("run", str(two_people), *arguments)
    assert [(run["follow"], run["follow_person"]) for run in runs] == [("person", 0), ("person", 1)]
    assert [run["out"] for run in runs] == [tmp_path / "o" / f"person-{number}" for number in (0, 1)]
    assert {run["estimator"] for run in runs} == {"recorded"}
    assert "2 people are there long enough" in done.stderr


def test_a_recording_with_its_video_runs_on_that_video(two_people, runs):
    clip = SAMPLES / "sit_to_stand.mp4"
    called("run", str(two_people), "--task", "sit-to-stand", "--video", str(clip))
    (run,) = runs
    assert (run["source"], run["estimator"]) == (clip, "recorded")
    assert Path(run["recording"]).suffix == ".parquet"


def test_one_video_is_not_for_several_recordings(two_people, runs):
    with pytest.raises(KinebenchError, match="--video belongs to one recording"):
        called(
            "run", str(two_people), str(two_people), "--task", "sit-to-stand", "--video", str(SAMPLES / "rowing.mp4")
        )
    assert not runs


def test_a_licence_that_forbids_commercial_use_is_said_before_use(runs):
    done = called("run", str(SAMPLES / "rowing.mp4"), "--task", "rowing", "--estimator", "openpose-body25")
    assert len(runs) == 1
    assert "non-commercial" in done.stderr


def test_models_are_listed_with_licence_origin_and_digest():
    printed = called("models", "list").stdout
    for name in estimators.names():
        assert f"{name}: " in printed
    assert estimators.record("blazepose-full").weights[1].sha256 in printed
    assert printed.count("NO COMMERCIAL USE") == 3


def test_formats_are_listed_with_what_can_be_done():
    lines = called("formats").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(formats.FORMATS)
    assert all(" read" in line or " written" in line for line in lines)


def test_convert_names_what_it_wrote(two_people, tmp_path):
    target = tmp_path / "all.parquet"
    done = called("convert", str(two_people), str(target), "--rate", "30")
    assert done.stdout.strip() == str(target)
    assert pd.read_parquet(target)["person"].nunique() == 2


@pytest.mark.parametrize(("text", "size"), [("1920x1080", (1920, 1080)), (" 640X480 ", (640, 480)), (None, None)])
def test_a_size_is_width_and_height(text, size):
    assert parsed_size(text) == size


@pytest.mark.parametrize("text", ["1920", "0x480", "axb", "1920x1080x3", "-4x4", "123456x4", ""])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(KinebenchError, match="--size must be WIDTHxHEIGHT"):
        parsed_size(text)
