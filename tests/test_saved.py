"""A clip's parameter file: written whole, read with care, obeyed by every run of the clip and of no other."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from kinebench import cli, company, parameters, places, saved, tasks, video
from kinebench.edits import Edit
from kinebench.errors import KinebenchError
from kinebench.run import saved_for, settling
from tests import clips

WHEN = "2026-11-21T07:00:00+00:00"


@pytest.fixture(name="data")
def _data(tmp_path, monkeypatch):
    """A data folder of the test's own."""
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="module", name="clip")
def _clip(tmp_path_factory):
    return small(tmp_path_factory.mktemp("clips") / "chair.mp4", 20)


def small(path, frames):
    path.parent.mkdir(parents=True, exist_ok=True)
    clips.write(path, frames)
    return video.open_clip(path)


def keep(clip, task="sit-to-stand", **values):
    settings = parameters.build(tasks.get(task).settings, values)
    saved.write(saved.place(clip), saved.written(clip, task, settings, WHEN))
    return settings


def test_what_was_saved_comes_back_equal_with_whose_it_is(data, clip):
    edit = Edit("stretch unusable", 0.1, 0.3, of="left_knee", who="Änne", when=WHEN)
    settings = keep(clip, cutoff_hz=4.5, age_years=71.0, sex="female", edits=[edit])
    found = saved.of(clip)
    assert parameters.build(type(settings), found.values) == settings
    assert (found.task, found.sha256, found.saved) == ("sit-to-stand", clip.sha256, WHEN)
    assert found.path == data / "params" / "chair.yaml"


def test_two_states_differ_in_the_lines_of_what_was_done_between_them(data, clip):
    keep(clip, cutoff_hz=4.5)
    before = saved.place(clip).read_text(encoding="utf-8").splitlines()
    keep(clip, cutoff_hz=5.0, edits=[Edit("sides swapped", 0.1, 0.3, of="legs")])
    after = saved.place(clip).read_text(encoding="utf-8").splitlines()
    assert len(set(after) - set(before)) == 3
    assert [line.partition(":")[0] for line in after if line not in before] == ["cutoff_hz", "edits", "- {what"]


def test_another_clip_of_the_same_name_gets_a_file_of_its_own(data, clip, tmp_path):
    keep(clip, cutoff_hz=4.5)
    other = small(tmp_path / "other" / "chair.mp4", 21)
    assert saved.of(other) is None
    keep(other, cutoff_hz=5.5)
    assert saved.of(clip).values["cutoff_hz"] == 4.5
    assert saved.of(other).values["cutoff_hz"] == 5.5
    assert saved.place(other).name == f"chair-{other.sha256[:8]}.yaml"


def test_where_nothing_was_saved_a_run_obeys_nothing(data, clip):
    assert saved.values_for(clip, "rowing") == ({}, None)


def test_what_was_saved_for_one_task_is_refused_for_another(data, clip):
    keep(clip)
    with pytest.raises(KinebenchError, match=r"task must be sit-to-stand, .* got 'rowing'.*--defaults"):
        saved.values_for(clip, "rowing")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cutoff_hz: [", "must be a YAML file"),
        ("- 1\n- 2\n", "must hold name: value lines"),
        ("clip: chair.mp4\n", "clip must be a mapping"),
        ("task: [1]\n", "task must be text"),
    ],
)
def test_a_file_that_is_no_parameter_file_is_refused_in_one_line(data, clip, text, said):
    path = saved.place(clip)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(KinebenchError, match=said) as caught:
        saved.of(clip)
    assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(data, clip, monkeypatch):
    keep(clip, cutoff_hz=4.5)
    monkeypatch.setattr(saved.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        keep(clip, cutoff_hz=9.0)
    assert saved.of(clip).values["cutoff_hz"] == 4.5
    assert len(list((data / "params").iterdir())) == 1


# Whose it is

ANNAS = {"participant": "P01", "session": "2", "height_m": 1.6, "mass_kg": 60.0, "age_years": 71.0, "sex": "female"}
REPAIR = Edit("stretch unusable", 0.1, 0.3, of="left_knee")


def obeyed(clip, **values):
    return saved_for(clip, tasks.get("sit-to-stand"), values)[0]


@pytest.mark.parametrize("values", [{}, {"participant": "P01"}, {"follow": "central"}])
def test_whoever_it_was_saved_for_is_given_all_of_it(data, clip, values):
    keep(clip, cutoff_hz=4.5, edits=[REPAIR], **ANNAS)
    assert obeyed(clip, **values) == saved.of(clip).values


@pytest.mark.parametrize("values", [{"participant": "P02"}, {"follow": "person", "follow_person": 1}])
def test_another_person_is_given_the_tasks_settings_only(data, clip, values):
    keep(clip, cutoff_hz=4.5, chair_height_m=0.45, edits=[REPAIR], **ANNAS)
    found = obeyed(clip, **values)
    assert not found.keys() & set(saved.PERSONAL)
    assert (found["cutoff_hz"], found["chair_height_m"]) == (4.5, 0.45)


def test_of_everyone_the_saved_person_alone_is_given_what_was_saved_of_them(data, clip, monkeypatch):
    """People are counted under settings that choose none of them."""
    keep(clip, cutoff_hz=4.5, follow="person", follow_person=1, person_x_px=9.0, person_y_px=9.0, **ANNAS)
    everyone = [{"follow": "person", "follow_person": number} for number in range(3)]
    counted, runs = [], []
    numbered = list(enumerate(everyone))
    monkeypatch.setattr(company, "each", lambda _, settings: counted.append(settings) or numbered)

    def run(source, task, values, **_):
        runs.append(settling.settled(source, tasks.get(task), values, True)[0])
        return SimpleNamespace(report="", verdict="good", warnings=(), pdf="")

    monkeypatch.setattr("kinebench.run.run", run)
    done = CliRunner().invoke(cli.app, ["run", str(clip.path), "--task", "sit-to-stand", "--everyone"])
    assert done.exit_code == 0, done.output
    assert [one.scaling.height_m for one in runs] == [None, 1.6, None]
    assert [one.person.participant for one in runs] == [None, "P01", None]
    assert {one.smoothing.cutoff_hz for one in runs} == {4.5}
    assert counted[0].extraction.person_x_px is None


# The whole way


def run(clip, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "kinebench", "run", str(clip), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.xdist_group("runs")
def test_a_run_obeys_what_was_saved_and_says_so(data, tmp_path):
    sample = tmp_path / "chair.mp4"
    shutil.copy(places.SAMPLES / "sit_to_stand.mp4", sample)
    clip = video.open_clip(sample)
    reject = Edit("repetition rejected", 6.0, 8.0, new="held on to the chair", who="anna", when=WHEN)
    keep(clip, cutoff_hz=4.5, height_m=1.7, edits=[reject])
    done = run(sample, "--task", "sit-to-stand", "--set", "cutoff_hz=5", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["parameters"]["cutoff_hz"] == 5.0
    assert record["parameters"]["height_m"] == 1.7
    assert record["parameters_from"] == "the clip's parameter file"
    # Who repaired it stands in the file, and is nothing to be handed on.
    unsigned = {name: value for name, value in reject.plain().items() if name not in ("who", "when")}
    assert record["parameters"]["edits"] == [unsigned]
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["metrics"]["repetitions"]["value"] == 4
    assert "1 edit by hand: 1 repetition rejected" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.xdist_group("runs")
def test_a_run_refuses_nonsense_in_the_file_and_names_it(data, tmp_path):
    sample = tmp_path / "chair.mp4"
    shutil.copy(places.SAMPLES / "sit_to_stand.mp4", sample)
    keep(video.open_clip(sample))
    path = saved.place(video.open_clip(sample))
    path.write_text(path.read_text(encoding="utf-8").replace("cutoff_hz: 6.0", "cutoff_hz: fast"), encoding="utf-8")
    done = run(sample, "--task", "sit-to-stand", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "chair.yaml: cutoff_hz must be a number, but got 'fast'" in done.stderr
    assert "--defaults" in done.stderr
    assert not (tmp_path / "out").exists()
