"""The models behind the workbench, without a browser: nothing is lost, and what is shown is what a run gives."""

import asyncio
import base64
import dataclasses
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose

from kinebench import edits, extraction, keypoints, parameters, places, saved, subject, tasks, video
from kinebench.edits import Edit
from kinebench.errors import KinebenchError
from kinebench.run import settling
from kinebench.widgets import Workbench, chooser, packing
from kinebench.widgets.form import Form
from kinebench.widgets.frames import Frames, Section
from kinebench.widgets.history import MERGED_S, History
from kinebench.widgets.metrics_panel import change
from kinebench.widgets.pictures import around
from kinebench.widgets.running import Running
from kinebench.widgets.session import Session
from kinebench.widgets.store import ChangedOnDisk
from tests import clips

pytestmark = pytest.mark.xdist_group("widgets")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    """Parameters and results of the test's own; detections and weights are the computer's."""
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KINEBENCH_HOME", str(tmp_path))


@pytest.fixture(name="path")
def _path(tmp_path):
    path = tmp_path / "clips" / "chair.mp4"
    path.parent.mkdir()
    shutil.copy(places.SAMPLES / "sit_to_stand.mp4", path)
    return path


@pytest.fixture(name="session")
def _session(path):
    return opened(path)


def opened(path, task="sit-to-stand", **values):
    session = Session(path, task, values, who="anna")
    session.extract()
    return session


def rejection(session, number, why="held on to the chair"):
    row = session.result.reps.iloc[number]
    return Edit("repetition rejected", float(row["start_s"]), float(row["end_s"]), new=why)


# What is shown is what a run gives


def test_the_session_measures_what_the_batch_measures(session, path):
    session.set("cutoff_hz", 4.5)
    session.add(rejection(session, 2))
    task = tasks.get("sit-to-stand")
    settings = session.settings
    clip = video.open_clip(path)
    found = extraction.detect(clip, settings.extraction, progress=False)
    joints = extraction.joints(found)
    due = settings.repairs.edits
    followed = subject.follow(found, clip.times_s, clip.width, clip.height, joints, settings.subject, due)
    batch = task.analyse(followed, tasks.Recording.of(clip, found, followed), settings)
    assert tasks.metrics_json(session.result.analysis) == tasks.metrics_json(batch)


def test_a_sketch_comes_first_and_has_the_signals_of_the_finished_result(session):
    seen = []
    session.sketches.append(seen.append)
    session.set("cutoff_hz", 3.5)
    assert seen[0].signals.equals(session.result.signals)
    assert seen[0].smoothed.equals(session.result.smoothed)


def test_where_nothing_counts_the_signals_are_shown_and_a_repetition_can_be_accepted(session):
    for number in range(5):
        session.add(rejection(session, number))
    assert session.result.analysis is None
    assert "No repetition counted" in session.result.trouble
    assert session.metrics() == {}
    assert len(session.result.reps) == 5
    row = session.result.reps.iloc[0]
    session.add(Edit("repetition accepted", float(row["start_s"]), float(row["end_s"]), old="x"))
    assert session.metrics()["repetitions"] == 1


# Undo


def test_undo_and_redo_go_through_every_state_and_measure_it(session):
    before = session.metrics()
    session.add(rejection(session, 0))
    session.set("cutoff_hz", 3.0)
    after = session.metrics()
    assert session.undo() == "set cutoff_hz"
    assert session.undo() == "repetition rejected"
    assert session.metrics() == before
    assert session.undo() == ""
    session.redo()
    session.redo()
    assert session.metrics() == after
    assert session.redo() == ""


def test_a_refused_edit_leaves_everything_as_it_was_what_can_be_redone_included(session):
    session.add(rejection(session, 0))
    session.undo()
    before = session.metrics()
    with pytest.raises(KinebenchError, match="no start_s near 99"):
        session.add(Edit("boundary moved", 99.0, 99.0, of="start_s", old=99.0, new=98.0))
    assert session.edits == ()
    assert session.metrics() == before
    assert session.redo() == "repetition rejected"


def test_moves_of_one_slider_are_one_step_and_others_are_not():
    history = History(0)
    for state in (1, 2, 3):
        history.push(state, "cutoff", merge="cutoff")
    history.push(4, "gap", merge="gap")
    assert [history.undo(), history.now, history.undo(), history.now] == ["gap", 3, "cutoff", 0]
    assert MERGED_S < 5


def test_a_setting_that_cannot_be_is_refused_and_nothing_is_kept_of_it(session):
    before = session.metrics()
    with pytest.raises(KinebenchError, match="cutoff_hz must be below half the frame rate"):
        session.set("cutoff_hz", 20.0)
    with pytest.raises(KinebenchError, match="start_s"):
        session.set("start_s", 100.0)
    assert session.metrics() == before
    assert not session.changed


# Saving


def test_what_was_saved_is_taken_over_and_what_was_not_outlives_the_session(path):
    first = opened(path)
    first.add(rejection(first, 0))
    first.save()
    first.add(rejection(first, 1))
    again = opened(path)
    assert again.restored
    assert len(again.edits) == 2
    again.discard()
    assert len(again.edits) == 1
    assert opened(path).restored is False


def test_what_is_seen_is_kept_already_also_an_undo(session, path):
    """A kernel that ends as soon as a change is shown takes nothing of it along."""
    seen = []
    session.listeners.append(lambda: seen.append((session.edits, Session(path, "sit-to-stand").edits)))
    session.add(rejection(session, 0))
    session.add(rejection(session, 1))
    session.undo()
    assert [len(shown) for shown, _ in seen] == [1, 2, 1]
    assert all(shown == kept for shown, kept in seen)


def test_what_cannot_be_kept_is_told_with_the_change_itself(session, monkeypatch):
    monkeypatch.setattr(saved.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    told = []
    session.listeners.append(lambda: told.append(session.troubles))
    session.set("cutoff_hz", 3.0)
    assert len(told) == 1
    assert "Unsaved changes cannot be kept" in told[0]


def test_who_made_an_edit_stands_in_the_clips_file_and_in_no_run(session):
    session.add(rejection(session, 0))
    path = session.save()
    assert "who: anna" in path.read_text(encoding="utf-8")
    settings, _, basis = settling.settled(session.clip.path, tasks.get("sit-to-stand"), {}, obey_saved=True)
    assert basis == "the clip's parameter file"
    (entry,) = parameters.flat(settings)["edits"]
    assert entry["what"] == "repetition rejected"
    assert not {"who", "when"} & entry.keys()


@pytest.mark.parametrize("saved_before", [False, True])
def test_a_clips_name_is_no_markup(tmp_path, path, saved_before):
    named = path.rename(path.with_name("x<img src=q onerror=alert(1)>.mp4"))
    bench = Workbench(named, "sit-to-stand", who="anna")
    bench.load()
    if saved_before:
        bench.panels.keeping.save()
    assert "<img src=q" not in bench.panels.keeping.state.value + bench.panels.keeping.line.value
    assert "&lt;img src=q" in bench.panels.keeping.state.value


def test_nothing_is_left_beside_a_saved_file(session):
    session.add(rejection(session, 0))
    session.save()
    assert [file.name for file in places.params().iterdir()] == ["chair.yaml"]


def test_two_sessions_on_one_clip_keep_their_own_unsaved_edits(path):
    one, other = opened(path), opened(path)
    one.add(rejection(one, 0))
    other.set("cutoff_hz", 3.0)
    other.undo()
    assert len(opened(path).edits) == 1


def test_the_unsaved_edits_of_another_task_are_not_touched(path):
    one = opened(path)
    one.add(rejection(one, 0))
    rowing = Session(path, "rowing", who="bert")
    rowing.set("cutoff_hz", 3.0)
    assert len(opened(path).edits) == 1


def test_a_file_that_others_changed_is_written_over_only_when_asked_twice_and_kept(session):
    session.save()
    theirs = session.path.read_text(encoding="utf-8").replace("cutoff_hz: 6.0", "cutoff_hz: 5.0")
    session.path.write_text(theirs, encoding="utf-8")
    session.set("cutoff_hz", 4.0)
    with pytest.raises(ChangedOnDisk):
        session.save()
    session.save(over=True)
    assert saved.load(session.path).values["cutoff_hz"] == 4.0
    assert session.path.with_name("chair.yaml.bak").read_text(encoding="utf-8") == theirs


def test_unsaved_edits_older_than_the_file_do_not_slip_over_it(path):
    first = opened(path)
    first.save()
    first.add(rejection(first, 0))
    first.path.write_text(first.path.read_text(encoding="utf-8").replace("cutoff_hz: 6.0", "cutoff_hz: 5.0"))
    again = opened(path)
    assert "was changed after the unsaved changes" in again.troubles
    with pytest.raises(ChangedOnDisk):
        again.save()


def test_values_given_are_changes_not_what_was_saved(path):
    session = opened(path, cutoff_hz=3.0)
    assert session.changed
    assert session.settings.smoothing.cutoff_hz == 3.0
    assert session.saved_settings.smoothing.cutoff_hz == 6.0


def test_a_full_disk_loses_nothing_and_is_told(session, monkeypatch):
    session.add(rejection(session, 0))
    monkeypatch.setattr(saved.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(KinebenchError, match=r"No space left on device.*Nothing is lost"):
        session.save()
    assert len(session.edits) == 1
    assert session.changed


def test_nonsense_in_the_file_is_told_and_the_clip_opens(path):
    clip = video.open_clip(path)
    places.params().mkdir(parents=True)
    saved.place(clip).write_text("edits: [{what: knee moved}]\n")
    session = opened(path)
    assert "was not taken over" in session.troubles
    assert session.metrics()["repetitions"] == 5
    with pytest.raises(ChangedOnDisk):
        session.save()


def test_a_clip_that_is_gone_or_another_is_told_before_it_is_looked_at(session, path):
    path.write_bytes(path.read_bytes() + b"0")
    assert "was changed since it was opened" in session.check()
    with pytest.raises(KinebenchError, match="was changed since"):
        session.extract()
    path.unlink()
    assert "no longer there" in session.check()
    assert session.metrics()["repetitions"] == 5


# The person


def test_of_a_network_that_finds_one_person_the_place_pointed_at_goes_to_the_network(session):
    assert session.choose_person(Edit("person chosen", 1.0, 1.0, new=(400.0, 240.0)))
    assert session.stale
    assert (session.settings.extraction.person_x_px, session.settings.extraction.person_y_px) == (400.0, 240.0)
    assert [edit.what for edit in session.edits] == ["person chosen"]
    session.extract()
    assert session.metrics()["repetitions"] == 5
    session.undo()
    assert session.settings.extraction.person_x_px is None
    assert session.edits == ()


def test_a_network_that_cannot_be_told_whom_to_find_says_so(session, tmp_path):
    recording = tmp_path / "keypoints.parquet"
    keypoints.save(session.result.raw, recording)
    other = opened(session.clip.path, estimator="recorded", recording=str(recording))
    with pytest.raises(KinebenchError, match="recorded finds one person only"):
        other.choose_person(Edit("person chosen", 1.0, 1.0, new=(400.0, 240.0)))
    assert other.edits == ()


# Another stretch


def test_another_stretch_is_offered_then_shown_frame_by_frame_as_analysed(session):
    session.set("every", 2)
    assert session.stale
    assert len(session.clip) == 567 or len(session.clip) == len(session.result.smoothed)
    session.extract()
    assert not session.stale
    assert len(session.clip) == len(session.result.smoothed)
    assert len(session.clip) < 300


def test_a_comparison_is_measured_anew_for_another_stretch(path):
    bench = Workbench(path, "sit-to-stand", who="anna")
    bench.load()
    bench.panels.smoothing._on_keep(None)
    bench.session.set("every", 2)
    bench.extract()
    bench.wait()
    assert len(bench.panels.smoothing.other.smoothed) == len(bench.session.result.smoothed)
    rows = sum(len(panel["series"]) for panel in bench.signals.panels)
    assert len(bench.signals.data) == 4 * 3 * rows * len(bench.session.clip)
    bench.close()


# Frames


@pytest.fixture(scope="module", name="coded")
def _coded(tmp_path_factory):
    return video.open_clip(clips.bar_coded(tmp_path_factory.mktemp("coded") / "c.mp4", frames=80, gop=40, uneven=True))


def read(jpeg):
    import cv2

    return clips.bar_code(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))


def test_every_picture_is_that_of_its_frame_before_and_after_it_was_made_in_the_background(coded):
    frames = Frames(coded)
    assert [read(frames.jpeg(i)) for i in (70, 3, 41, 40, 79)] == [70, 3, 41, 40, 79]
    frames.fill()
    end = time.monotonic() + 60
    while frames.made < len(coded) and time.monotonic() < end:
        time.sleep(0.05)
    assert [read(jpeg) for jpeg in frames.chunk(0, 80)] == list(range(80))
    frames.close()


def test_the_file_of_pictures_is_thrown_away(coded, tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    frames = Frames(coded)
    frames.fill()
    while frames.made < 5:
        time.sleep(0.02)
    assert list((tmp_path / "cache" / "frames").iterdir()) == []
    frames.close()
    assert frames.made == 0


def test_what_a_notebook_saves_of_its_widgets_holds_the_pose_and_no_picture_of_the_clip(session, path):
    from ipywidgets import Widget

    bench = bench_of(path)
    header = bench.pictures.frames.jpeg(0)[:20]
    saved_state = Widget.get_manager_state()["state"]
    frame_state = saved_state[bench.frame.model_id]
    bench.close()
    assert header.startswith(b"\xff\xd8\xff")
    assert ["smoothed"] in [buffer["path"] for buffer in frame_state["buffers"]]
    buffers = [buffer for state in saved_state.values() for buffer in state.get("buffers", [])]
    assert [buffer["path"] for buffer in buffers if header in base64.b64decode(buffer["data"])] == []
    text = json.dumps(saved_state)
    assert "data:image/jpeg" not in text
    assert base64.b64encode(header)[:24].decode() not in text


def test_a_section_is_cut_from_the_full_resolution(coded):
    import cv2

    whole = cv2.imdecode(np.frombuffer(Frames(coded).jpeg(0), np.uint8), cv2.IMREAD_COLOR)
    part = cv2.imdecode(np.frombuffer(Frames(coded, Section(480, 0, 960, 540)).jpeg(0), np.uint8), cv2.IMREAD_COLOR)
    assert whole.shape == part.shape == (540, 960, 3)
    # The part shows at full size what the whole shows at half.
    shrunk = cv2.resize(part, (480, 270), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(float) - whole[:270, 240:720]).mean() < 6


def test_the_section_around_the_person_stays_within_the_picture_and_in_its_shape():
    for low, high in (((0, 0), (50, 400)), ((1800, 900), (1910, 1070)), ((0, 0), (1919, 1079))):
        section = around(np.array(low, float), np.array(high, float), 1920, 1080)
        assert section.left >= 0
        assert section.top >= 0
        assert section.left + section.width <= 1920 + 1e-9
        assert section.top + section.height <= 1080 + 1e-9
        assert_allclose(section.width / section.height, 1920 / 1080)
        assert section.left <= low[0] + 1
        assert section.left + section.width >= high[0] - 1


# For the browser


def test_what_is_packed_is_what_the_tables_hold(session):
    result, presentation = session.result, session.task.presentation
    pose = packing.pose(result, presentation)
    points = np.frombuffer(pose["smoothed"], np.float32).reshape(len(result.smoothed), len(pose["joints"]), 2)
    for place, joint in enumerate(pose["joints"]):
        assert_allclose(points[:, place], keypoints.points(result.smoothed, joint), rtol=1e-5)
    first, piece = packing.pose_around(result, 100)
    assert np.frombuffer(piece, np.float32).size == 61 * len(pose["joints"]) * 2
    assert_allclose(np.frombuffer(piece, np.float32), points[first : first + 61].ravel())
    columns = packing.usual(presentation, result)
    shown = packing.signals(result, presentation, columns, [("#000", "#fff")] * 6, None)
    data = np.frombuffer(shown["data"], np.float32).reshape(-1, len(result.signals))
    series = {one["label"]: one for panel in shown["panels"] for one in panel["series"]}
    assert_allclose(data[series["knee flexion"]["smooth"]], result.signals["left_knee_flexion_deg"], rtol=1e-5)
    assert_allclose(data[series["knee flexion"]["raw"]], result.raw_signals["left_knee_flexion_deg"], rtol=1e-5)


def test_a_repetition_tells_its_number_its_reason_and_its_boundaries(session):
    session.add(rejection(session, 1))
    found = packing.repetitions(session.result, session.task.presentation)
    assert [one["number"] for one in found] == [1, 0, 2, 3, 4]
    assert found[1]["reason"] == "by hand: held on to the chair"
    assert [event["event"] for event in found[0]["events"]] == list(session.task.presentation.boundaries)


# Panels


def test_a_form_offers_every_parameter_with_its_unit_and_says_what_is_refused():
    described = parameters.describe(tasks.get("rowing").settings)
    told = []

    def refuse(name, value):
        told.append((name, value))
        raise KinebenchError(f"{name} cannot be {value}.")

    form = Form(described[:-1], refuse, sliders=True)
    assert "max gap (s)" in [control.description for control in form.controls.values()]
    form.show({one.name: one.default for one in described})
    assert told == []
    form.controls["height_m"].value = "1.7"
    assert told == [("height_m", 1.7)]
    assert "height_m cannot be 1.7" in form.line.value
    form.controls["height_m"].value = "tall"
    assert told[-1] == ("height_m", "tall")


def test_a_slider_that_only_says_again_what_it_was_told_changes_nothing():
    described = [one for one in parameters.describe(tasks.get("rowing").settings) if one.name == "window_s"]
    told = []
    form = Form(described, lambda *given: told.append(given), sliders=True)
    form.show({"window_s": 0.3})
    form.controls["window_s"].value = 0.30000000000000004
    assert told == []


def test_a_change_has_its_sign_and_none_is_a_dash():
    assert change(1.5, 1.0, "s") == "<b>+0.50\xa0s</b>"
    assert change(1.0, 1.5, "s") == "<b>−0.50\xa0s</b>"
    assert "–" in change(1.0, 1.0, "s")
    assert "new" in change(1.0, None, "s")
    assert "gone" in change(None, 1.0, "s")
    assert "too little" in change(1.0, 1.0001, "s")


def bench_of(path):
    bench = Workbench(path, "sit-to-stand", who="anna")
    bench.load()
    return bench


def test_every_edit_can_be_made_without_a_pointer(path):
    bench = bench_of(path)
    panel = bench.panels.repair
    bench.position = 40
    panel._joint.value = "left_knee"
    panel._read_place()
    panel._x.value += 25
    panel._put()
    panel._from.value, panel._to.value = 2.0, 2.5
    panel._what.value = "left_wrist"
    panel._unusable()
    panel._limb.value = "legs"
    panel._swap()
    panel._which.index = 1
    bench.position = 130
    panel._event.value = "start_s"
    panel._move()
    panel._which.index = 4
    panel._reason.value = "another task"
    panel._reject()
    panel._accept()
    panel.chosen(40, 400.0, 240.0)
    assert [edit.what for edit in bench.session.edits] == [
        edits.MOVED,
        edits.UNUSABLE,
        edits.SWAPPED,
        edits.BOUNDARY,
        edits.REJECTED,
        edits.ACCEPTED,
        edits.PERSON,
    ]
    assert all(edit.who == "anna" and edit.when for edit in bench.session.edits)
    panel._list.index = 1
    panel._delete()
    assert len(bench.session.edits) == 6
    bench.close()


def test_a_repetition_is_added_boundary_by_boundary(path):
    bench = bench_of(path)
    panel = bench.panels.repair
    row = bench.session.result.reps.iloc[4]
    panel._which.index = 4
    panel._reason.value = "x"
    panel._reject()
    panel._add_marked()
    assert "Still to mark" in panel._noted.value
    for column in tasks.get("sit-to-stand").presentation.boundaries:
        bench.position = int(np.argmin(np.abs(bench.session.clip.times_s - row[column])))
        panel._event.value = column
        panel._mark()
    panel._add_marked()
    assert bench.session.metrics()["repetitions"] == 5
    assert bench.session.edits[-1].what == edits.ADDED
    bench.close()


@pytest.mark.parametrize("index", [-1, 567, 10_000])
def test_a_click_on_no_frame_is_no_edit(path, index):
    bench = bench_of(path)
    bench.frame.handlers["person"]({"index": index, "x": 1.0, "y": 1.0})
    bench.frame.handlers["moved"]({"index": index, "joint": "left_knee", "x": 1.0, "y": 1.0})
    assert bench.session.edits == ()
    assert "not analysed" in bench.panels.repair.line.value
    bench.close()


def test_the_suggestion_sets_the_cutoff_that_it_speaks_of(path):
    bench = bench_of(path)
    bench.panels.smoothing._on_suggest(None)
    cutoff = bench.session.settings.smoothing.cutoff_hz
    assert f"cutoff of {cutoff:.2f} Hz was chosen" in bench.panels.smoothing._why.value
    bench.close()


@pytest.mark.parametrize(
    ("what", "endings"),
    [
        ("frame as PNG", [".png"]),
        ("figure", [".pdf", ".png", ".svg"]),
        ("annotated stretch as mp4", [".mp4"]),
        ("annotated stretch as GIF", [".gif"]),
        ("metrics as CSV", [".csv"]),
        ("signals as CSV", [".csv"]),
    ],
)
def test_everything_can_be_exported(path, tmp_path, what, endings):
    bench = bench_of(path)
    bench.selection = [2.0, 2.4]
    bench.panels.keeping._what.value = what
    bench.panels.keeping._width.value = 89.0
    bench.panels.keeping.export()
    written = sorted((tmp_path / "reports" / "exports").iterdir())
    assert [file.suffix for file in written] == endings, bench.panels.keeping.line.value
    assert all(file.stat().st_size > 100 for file in written)
    if what == "figure":
        import pypdf

        width = pypdf.PdfReader(str(written[0])).pages[0].mediabox.width
        assert_allclose(float(width) / 72 * 25.4, 89, atol=0.5)
    if what.endswith("mp4"):
        assert_allclose(video.open_clip(written[0]).duration_s, 0.4, atol=0.1)
    bench.close()


def test_a_closed_workbench_lets_go_of_everything(path):
    import gc
    import weakref

    bench = bench_of(path)
    held = weakref.ref(bench.session.detections)
    frames = bench.pictures.frames
    bench.close()
    del bench
    gc.collect()
    assert held() is None
    assert frames.made == 0
    assert not frames._filler.is_alive()


def test_an_extraction_that_is_stopped_keeps_nothing_and_can_be_begun_again(path, tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    monkeypatch.delenv("KINEBENCH_CACHE")
    weights = places.weights()
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache" / "weights").symlink_to(weights)
    bench = bench_of(path)
    assert "have not been looked at" in bench._banner.children[0].children[1].value
    bench.extract()
    bench.finding.stop()
    bench.wait()
    assert "Stopped" in bench._banner.children[-1].value
    assert not (tmp_path / "cache" / "keypoints").exists()
    bench.session.extract()
    assert bench.session.metrics()["repetitions"] == 5
    bench.close()


def test_without_weights_one_line_says_so(path, tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "empty"))
    bench = bench_of(path)
    assert "models fetch" in bench.frame.message
    assert "<" not in bench.frame.message
    bench.close()


def test_figures_wait_until_the_slider_rests(path):
    bench = bench_of(path)
    called = []

    async def moved():
        for _ in range(5):
            bench.later(0.05, lambda: called.append(time.monotonic()))
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)

    # A browser of other tests may keep this thread's own loop running.
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, moved()).result()
    assert len(called) == 1
    bench.close()


# A run beside


def test_a_run_is_told_of_and_stopped_without_a_trace(path, tmp_path):
    steps, ends = [], []
    running = Running(
        ["run", str(path), "--task", "sit-to-stand", "--out", str(tmp_path / "out")],
        tmp_path,
        lambda *step: steps.append(step),
        lambda *end: ends.append(end),
    )
    while not steps and not ends:
        time.sleep(0.05)
    running.stop()
    running.wait()
    assert ends[0][0] != 0
    assert running.stopped
    assert not (tmp_path / "out").exists()


# The chooser


def test_the_chooser_tells_what_was_done_to_each_clip(path, tmp_path):
    raw = places.raw()
    raw.mkdir(parents=True)
    shutil.copy(path, raw / "a chair.MP4")
    clips.write(raw / "other.mp4", 10)
    (raw / "notes.txt").write_text("x")
    session = Session(raw / "a chair.MP4", "sit-to-stand")
    session.save()
    run = tmp_path / "reports" / "one"
    run.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps({"input": {"sha256": session.clip.sha256}}))
    (tmp_path / "reports" / "two").mkdir()
    (tmp_path / "reports" / "two" / "run.json").write_text("{")
    found = {one.path.name: one for one in chooser.standings(chooser.clips(raw), tmp_path / "reports")}
    assert list(found) == ["a chair.MP4", "other.mp4"]
    assert found["a chair.MP4"].words == "extracted, tuned, 1 report"
    assert found["other.mp4"].words == "new"


def test_the_chooser_opens_a_clip_and_says_what_cannot_be_opened(path):
    raw = places.raw()
    raw.mkdir(parents=True)
    (raw / "broken.mp4").write_bytes(b"no video")
    shutil.copy(path, raw / "chair.mp4")
    listed = chooser.Chooser()
    listed.wait()
    listed._list.index = 0
    listed.open()
    assert "broken.mp4" in listed._line.value
    listed._list.index = 1
    listed.open()
    assert listed.bench.session.metrics()["repetitions"] == 5
    listed.bench.close()


def test_an_empty_folder_offers_the_sample_clips():
    listed = chooser.Chooser()
    listed.wait()
    assert "There are no clips" in listed._line.value
    assert {path.name for _, path in listed._list.options} == {task.sample for task in tasks.TASKS.values()}


def test_frozen_settings_stay_as_they_were_made(session):
    with pytest.raises(dataclasses.FrozenInstanceError):
        session.settings.smoothing.cutoff_hz = 3.0
