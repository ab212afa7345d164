"""A recording from any tool goes through the tasks as a video does: rendered clips' truth, in every tool's layout."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from kinebench import company, extraction, subject, tasks, video
from kinebench.parameters import build
from kinebench.places import SAMPLES
from kinebench.tasks import Recording
from tests import foreign

pytestmark = pytest.mark.xdist_group("every source")

EVENTS = {"sit-to-stand": ("standing_s", "seat_contact_s"), "rowing": ("catch_s", "finish_s")}
BAR_S = 0.15


@pytest.fixture(scope="module", name="cache")
def _cache(tmp_path_factory):
    # One for all: the plain video of a clip is the same whoever recorded it.
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(cache, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(cache))


@pytest.fixture(scope="module", params=tasks.names(), name="sample")
def _sample(request):
    """A task, its sample clip, the truth and the true repetitions."""
    task = tasks.get(request.param)
    path = SAMPLES / task.sample
    events = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))
    return task, path, pd.read_csv(path.with_suffix(".truth.csv")), pd.DataFrame(events["repetitions"])


def analysed(task, source, values):
    settings = build(task.settings, values)
    clip = video.open_clip(source)
    found = extraction.detect(clip, settings.extraction, progress=False)
    size = (clip.width, clip.height)
    followed = subject.follow(found, clip.times_s, *size, extraction.joints(found), settings.subject)
    return task.analyse(followed, Recording.of(clip, found, followed), settings)


# A TRC has a picture plane of its own.
@pytest.mark.parametrize("tool", [tool for tool in foreign.WRITERS if tool != "TRC"])
def test_with_its_video_every_tools_recording_gives_the_true_repetitions(sample, tool, tmp_path):
    task, path, truth, true = sample
    recording = foreign.WRITERS[tool](truth, tmp_path, (854, 480))
    source, values, _ = company.source(recording, {}, clip=path)
    analysis = analysed(task, source, values)
    assert len(analysis.accepted) == len(true)
    for event in EVENTS[task.name]:
        assert np.abs(analysis.accepted[event].to_numpy() - true[event].to_numpy()).max() < BAR_S, event


@pytest.mark.parametrize("tool", foreign.WRITERS)
def test_without_a_video_it_gives_the_same(sample, tool, tmp_path):
    task, _, truth, true = sample
    recording = foreign.WRITERS[tool](truth, tmp_path, (854, 480))
    needed = {"rate_hz": 30.0, "size": None if tool == "TRC" else (854, 480)}
    source, values, notes = company.source(recording, {}, **needed)
    analysis = analysed(task, source, values)
    assert any("no video" in note for note in notes)
    assert len(analysis.accepted) == len(true)
    for event in EVENTS[task.name]:
        assert np.abs(analysis.accepted[event].to_numpy() - true[event].to_numpy()).max() < BAR_S, event


def test_metres_that_the_file_knows_are_used(tmp_path):
    task = tasks.get("rowing")
    truth = pd.read_csv(SAMPLES / "rowing.truth.csv")
    source, values, _ = company.source(foreign.WRITERS["TRC"](truth, tmp_path, (854, 480)), {})
    # 0.004 m a pixel was written, 500 px a metre are read: the same metres.
    wrist = analysed(task, source, values).signals["left_wrist_forward_m"]
    true = 0.004 * (truth["left_wrist_x"].max() - truth["left_wrist_x"].min())
    assert np.ptp(wrist.dropna()) == pytest.approx(true, rel=0.05)


def test_the_command_line_takes_openposes_folder_through_papermill_to_a_report(tmp_path):
    truth = pd.read_csv(SAMPLES / "sit_to_stand.truth.csv")
    folder = foreign.WRITERS["OpenPose BODY_25"](truth, tmp_path, (854, 480))
    out = tmp_path / "out"
    command = [sys.executable, "-m", "kinebench", "run", str(folder), "--task", "sit-to-stand"]
    command += ["--video", str(SAMPLES / "sit_to_stand.mp4"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text())["metrics"]
    assert metrics["repetitions"]["value"] == 5
    described = json.loads((out / "run.json").read_text())["estimator"]
    assert described["name"] == "recorded"
    assert described["source"]["format"] == "openpose"
    assert "another tool: OpenPose" in (out / "report.html").read_text()
    everything = "".join(
        p.read_text(errors="replace") for p in out.rglob("*") if p.suffix in (".json", ".html", ".ipynb")
    )
    assert str(tmp_path) not in everything
