"""A recording from any tool goes through the tasks as a video does: rendered clips' truth, in every tool's layout."""

import json
import subprocess
import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest

from kinebench import company, extraction, kernel, keypoints, outputs, places, skeleton, subject, tasks, video
from kinebench.errors import KinebenchError
from kinebench.parameters import build
from kinebench.places import SAMPLES
from kinebench.tasks import Recording
from kinebench.widgets.session import Session
from tests import clips, foreign

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


@pytest.fixture(scope="module", params=EVENTS, name="sample")
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


def openposes_chair(tmp_path: Path) -> tuple[Path, dict]:
    """The sample clip's truth as OpenPose's folder, made ready: the clip, and the values that name the keypoints."""
    folder = foreign.WRITERS["OpenPose BODY_25"](truth_of("sit_to_stand"), tmp_path, (854, 480))
    source, values, _ = company.source(folder, {}, clip=SAMPLES / "sit_to_stand.mp4")
    return source, values


@pytest.mark.slow
@pytest.mark.parametrize("name", ["extract.ipynb", "sit_to_stand.ipynb"])
def test_a_notebook_takes_openposes_folder_as_it_takes_a_video(name, tmp_path):
    source, values = openposes_chair(tmp_path)
    given = {"video": str(source), "out": str(tmp_path / "out"), **values}
    kernel.execute(places.NOTEBOOKS / name, tmp_path / name, given, show_progress=False)
    written = keypoints.load(tmp_path / "out" / "keypoints.csv")
    assert set(keypoints.joints(written)) == set(skeleton.BODY25.joints)


def test_the_workbench_takes_openposes_folder_as_it_takes_a_video(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path / "data"))
    source, values = openposes_chair(tmp_path)
    session = Session(source, "sit-to-stand", values)
    session.extract()
    assert len(session.result.reps) == 5
    assert session.fault == ""


# --- what a recording must not get away with --------------------------------------------------------------------------


def truth_of(task_name: str, frames: slice = slice(None)) -> pd.DataFrame:
    truth = pd.read_csv(SAMPLES / f"{task_name}.truth.csv").iloc[frames].reset_index(drop=True)
    return truth.assign(frame=np.arange(len(truth)))


@pytest.mark.parametrize("tool", ["OpenPose BODY_25", "DeepLabCut", "SLEAP", "AlphaPose COCO"])
@pytest.mark.parametrize("every", [2, 3])
def test_every_nth_frame_is_not_stretched_over_the_video(tool, every, tmp_path):
    recording = foreign.WRITERS[tool](truth_of("sit_to_stand", slice(None, None, every)), tmp_path, (854, 480))
    with pytest.raises(KinebenchError, match=f"every {every}. one"):
        company.source(recording, {}, clip=SAMPLES / "sit_to_stand.mp4")


@pytest.mark.parametrize("tool", ["OpenPose BODY_25", "DeepLabCut", "SLEAP", "AlphaPose COCO"])
def test_more_frames_than_the_video_has_are_refused(tool, tmp_path):
    truth = truth_of("sit_to_stand").head(200)
    recording = foreign.WRITERS[tool](truth, tmp_path, (854, 480))
    short = clips.write(tmp_path / "short.mp4", 120)
    with pytest.raises(KinebenchError, match="must belong to the video, but it has 120 frames"):
        company.source(recording, {}, clip=short)


def test_a_slower_recording_is_not_repeated_frame_by_frame(tmp_path):
    truth = truth_of("sit_to_stand", slice(None, None, 5))
    recording = foreign.WRITERS["ML Kit"](truth, tmp_path, (854, 480))
    source, values, notes = company.source(recording, {}, clip=SAMPLES / "sit_to_stand.mp4")
    found = extraction.detect(video.open_clip(source), build(tasks.get("sit-to-stand").settings, values).extraction)
    assert found["frame"].nunique() == len(truth)
    assert any("Only 20 %" in note for note in notes)


def test_a_clock_that_meets_no_frame_of_the_video_is_refused_with_both_spans(tmp_path):
    truth = truth_of("sit_to_stand").assign(time_s=lambda table: table["time_s"] + 500)
    recording = foreign.WRITERS["ML Kit"](truth, tmp_path, (854, 480))
    with pytest.raises(KinebenchError, match=r"last from 500\.00 to .* the video from 0 to 18\.83"):
        company.source(recording, {}, clip=SAMPLES / "sit_to_stand.mp4")


def test_a_recording_that_begins_late_keeps_all_of_it_without_a_video(tmp_path):
    truth = truth_of("sit_to_stand").assign(time_s=lambda table: table["time_s"] + 7)
    source, values, notes = company.source(foreign.WRITERS["own table"](truth, tmp_path, (854, 480)), {})
    assert len(analysed(tasks.get("sit-to-stand"), source, values).accepted) == 5
    assert any("at 7.000 s by its own clock" in note for note in notes)


def test_files_numbered_from_two_thousand_are_the_recordings_own_frames(tmp_path):
    truth = truth_of("sit_to_stand").assign(frame=lambda table: table["frame"] + 2000)
    folder = foreign.WRITERS["OpenPose BODY_25"](truth, tmp_path, (854, 480))
    source, values, _ = company.source(folder, {}, rate_hz=30.0, size=(854, 480))
    assert len(analysed(tasks.get("sit-to-stand"), source, values).accepted) == 5


@pytest.mark.parametrize("tool", ["OpenPose BODY_25", "MediaPipe", "SLEAP"])
def test_people_who_stand_on_their_heads_are_refused(tool, tmp_path):
    truth = truth_of("rowing")
    columns = [name for name in truth if name.endswith("_y")]
    recording = foreign.WRITERS[tool](
        truth.assign(**{name: 479 - truth[name] for name in columns}), tmp_path, (854, 480)
    )
    with pytest.raises(KinebenchError, match="must have y pointing down"):
        company.source(recording, {}, rate_hz=30.0, size=(854, 480))


def test_keypoints_of_a_smaller_picture_are_scaled_where_its_size_is_given(tmp_path):
    truth = truth_of("sit_to_stand")
    places = [name for name in truth if name.endswith(("_x", "_y"))]
    double = truth.assign(**{name: 2 * truth[name] + 0.5 for name in places})
    recording = foreign.WRITERS["SLEAP"](double, tmp_path, (1708, 960))
    clip = SAMPLES / "sit_to_stand.mp4"
    with pytest.raises(KinebenchError, match="must lie in the video's picture, 854x480 px"):
        company.source(recording, {}, clip=clip)
    source, values, _ = company.source(recording, {}, clip=clip, size=(1708, 960))
    analysis = analysed(tasks.get("sit-to-stand"), source, values)
    at = analysis.raw[("left_knee", "x")].to_numpy()
    assert np.abs(at - truth["left_knee_x"]).max() < 4


def test_markers_in_space_are_not_laid_over_a_video(tmp_path):
    recording = foreign.WRITERS["TRC"](truth_of("rowing"), tmp_path, (854, 480))
    with pytest.raises(KinebenchError, match="--video must be left out for markers in space"):
        company.source(recording, {}, clip=SAMPLES / "rowing.mp4")


def test_without_a_trunk_every_number_is_doubted_and_nothing_of_the_picture_is_shown(tmp_path):
    truth = truth_of("sit_to_stand")
    legs = ("hip", "knee", "ankle", "heel", "foot_index")
    kept = [name for name in truth if name in ("frame", "time_s") or name.rsplit("_", 1)[0].endswith(legs)]
    joints = tuple(dict.fromkeys(name[:-2] for name in kept if name.endswith("_x")))
    sure = np.full(len(truth), 0.9)
    values = np.stack([np.column_stack([truth[f"{j}_x"], truth[f"{j}_y"], sure]) for j in joints], axis=1)
    keypoints.save(keypoints.make(truth["time_s"].to_numpy(), joints, values), tmp_path / "legs.csv")
    clip = SAMPLES / "sit_to_stand.mp4"
    source, chosen, _ = company.source(tmp_path / "legs.csv", {}, clip=clip)
    analysis = analysed(tasks.get("sit-to-stand"), source, chosen)
    assert next(check for check in analysis.quality if check.name == "joints_missing").verdict == "bad"
    assert all(metric.doubt for metric in analysis.metrics)
    opened = video.open_clip(source)
    found = extraction.detect(opened, analysis.settings.extraction, progress=False)
    drawn = outputs.save_frame(opened, analysis, found, 60, tmp_path / "frame.png")
    # Right of the skeleton somebody stands, of whom only a blur is left.
    beside = np.s_[100:400, 520:]
    shown, picture = (iio.imread(drawn)[..., :3][beside], video.frame_at(opened, 60).rgb()[beside])
    sharp, blurred = (np.abs(np.diff(one.astype(float), axis=1)).mean() for one in (picture, shown))
    assert blurred < 0.4 * sharp


@pytest.mark.parametrize("tool", foreign.WRITERS)
def test_no_files_name_gets_into_what_is_handed_on(tool, tmp_path):
    truth = truth_of("sit_to_stand").head(120).assign(frame=lambda table: table["frame"] + 1)
    written = foreign.WRITERS[tool](truth, tmp_path, (854, 480))
    named = written.rename(written.with_name(f"Mueller_Anna_1951{written.suffix}"))
    if named.is_dir():
        for file in named.iterdir():
            file.rename(file.with_name(file.name.replace("clip", "Mueller_Anna")))
        (named / "Mueller_Anna_session.json").write_text('{"camera": 1}')
    ways = [{"rate_hz": 30.0, "size": (854, 480)}]
    ways += [{"clip": SAMPLES / "sit_to_stand.mp4"}] if tool != "TRC" else []
    for given in ways:
        _, values, notes = company.source(named, {}, **given)
        table = pd.read_parquet(values["recording"])
        assert "Mueller" not in json.dumps([list(notes), table.attrs, Path(values["recording"]).name])
