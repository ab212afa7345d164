"""Extraction: the right frames in one table, kept under everything it depends on, and a clean end whatever happens."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import estimators, extraction, keypoints, places, video
from kinebench.errors import KinebenchError
from kinebench.estimators import Person
from kinebench.extraction import Extraction, keeping
from kinebench.video.ahead import ahead
from tests import clips

JOINTS = ("nose", "left_knee", "right_knee")


class Reader:
    """An estimator that reads the number a frame carries: `number % 3` people, each at its own place."""

    name = "reader"
    joints = JOINTS

    def __init__(self, *, world: bool = False, version: int = 1, fail_at: int | None = None, wait_s: float = 0.0):
        self.world, self.version, self.fail_at, self.wait_s = world, version, fail_at, wait_s
        self.seen: list[int] = []
        self.resets = 0

    def detect(self, picture):
        number = clips.number_of(picture.rgb())
        if number == self.fail_at:
            raise RuntimeError("the network fell over")
        time.sleep(self.wait_s)
        self.seen.append(number)
        return [self.person(number, which) for which in range(number % 3)]

    def person(self, number: int, which: int) -> Person:
        points = np.array([[number + 0.25, 100 * which + j, 0.5] for j in range(len(JOINTS))])
        return Person(points, points / 100 if self.world else None, 0.9)

    def describe(self):
        return {"name": self.name, "version": self.version, "world": self.world}

    def reset(self):
        self.resets += 1


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    return places.detections()


@pytest.fixture
def reader(monkeypatch):
    """Make `Reader` the estimator; call it to change its settings."""

    def use(**settings) -> Reader:
        made = Reader(**settings)
        monkeypatch.setattr(estimators, "get", lambda name, **_: made)
        return made

    return use


@pytest.fixture
def path(tmp_path):
    return clips.write(tmp_path / "clip.mp4", 12)


@pytest.fixture
def opened(monkeypatch):
    """How often frames were streamed from a video."""
    count = []
    frames = video.frames

    def counted(clip):
        count.append(clip)
        return frames(clip)

    monkeypatch.setattr(video, "frames", counted)
    return count


def detect(clip, **settings) -> pd.DataFrame:
    return extraction.detect(clip, Extraction(**settings), progress=False)


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("world", [False, True])
def test_one_row_a_joint_of_each_person_in_each_frame(reader, path, world):
    used = reader(world=world)
    table = detect(video.open_clip(path))
    assert used.seen == list(range(12))
    expected = [
        (n, 0.04 * n, p, joint, n + 0.25, 100 * p + j, 0.5)
        for n in range(12)
        for p in range(n % 3)
        for j, joint in enumerate(JOINTS)
    ]
    columns = (*keypoints.DETECTION_COLUMNS, *(keypoints.WORLD if world else ()))
    assert tuple(table.columns) == columns
    assert len(table) == len(expected)
    for column, values in zip(keypoints.DETECTION_COLUMNS, zip(*expected, strict=True), strict=True):
        if column == "joint":
            assert list(table[column]) == list(values)
        else:
            assert_allclose(table[column], values, atol=1e-6)
    if world:
        assert_allclose(table["world_y"], table["y"] / 100, atol=1e-5)
    assert extraction.joints(table) == JOINTS


def test_frames_and_times_are_those_of_the_file_whatever_the_stretch(reader, path):
    reader()
    table = detect(video.open_clip(path, start_s=0.15, every=2))
    assert sorted(set(table["frame"])) == [4, 8, 10]  # 6 holds nobody
    assert_allclose(table["time_s"], 0.04 * table["frame"])


def test_nobody_in_the_whole_video_is_a_table_without_rows_that_still_knows_its_joints(reader, tmp_path):
    used = reader()
    used.detect = lambda picture: []
    clip = video.open_clip(clips.write(tmp_path / "empty.mp4", 5))
    for _ in range(2):  # found, then read back
        table = detect(clip)
        assert table.empty
        assert set(keypoints.DETECTION_COLUMNS) <= set(table.columns)
        assert extraction.joints(table) == JOINTS


def test_a_long_table_is_small(reader, path):
    """A minute's worth of memory counts: no Python object a row."""
    reader(world=True)
    table = detect(video.open_clip(path))
    assert table.memory_usage(index=False).sum() / len(table) <= 45


def test_an_estimator_that_streams_is_streamed(reader, path):
    used = reader()
    used.stream = lambda pictures: ((picture, [used.person(picture.number, 0)]) for picture in pictures)
    assert isinstance(used, estimators.Streaming)
    assert len(detect(video.open_clip(path))) == 12 * len(JOINTS)
    assert used.seen == []


def test_the_person_of_the_video_before_is_forgotten(reader, path):
    used = reader()
    detect(video.open_clip(path))
    detect(video.open_clip(path, every=2))
    assert used.resets == 2


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_the_same_again_decodes_nothing_and_is_the_same(reader, path, opened):
    reader(world=True)
    first = detect(video.open_clip(path))
    reader(world=True)
    second = detect(video.open_clip(path))
    assert len(opened) == 1
    pd.testing.assert_frame_equal(first, second)
    assert first.attrs == second.attrs


def test_the_same_content_under_another_name_is_known(reader, path, opened, tmp_path):
    reader()
    detect(video.open_clip(path))
    detect(video.open_clip(path.rename(tmp_path / "renamed.mp4")))
    assert len(opened) == 1


def test_no_path_and_no_name_is_kept(reader, path, cache):
    reader()
    detect(video.open_clip(path))
    (kept,) = cache.iterdir()
    assert str(path.parent).encode() not in kept.read_bytes()
    assert b"clip.mp4" not in kept.read_bytes()


def test_everything_that_changes_the_result_is_found_anew(reader, path, opened, tmp_path, cache):
    reader()
    detect(video.open_clip(path))
    for change in ({"start_s": 0.1}, {"stop_s": 0.3}, {"every": 2}):
        detect(video.open_clip(path, **change))
    for change in ({"version": 2}, {"world": True}):
        reader(**change)
        detect(video.open_clip(path))
    reader()
    detect(video.open_clip(clips.write(tmp_path / "other.mp4", 13)))
    assert len(opened) == 7
    assert len(list(cache.iterdir())) == 7


@pytest.mark.parametrize("change", [{"name": "blazepose-lite"}, {"detect_every_frame": True}, {"max_people": 2}])
def test_every_setting_of_blazepose_is_part_of_its_description(change, monkeypatch):
    from kinebench.estimators import blazepose, litert

    monkeypatch.setattr(blazepose, "paths", lambda name, own: (places.ROOT / "Makefile", places.ROOT / "LICENSE"))
    monkeypatch.setattr(litert, "Network", lambda *_, **__: None)
    assert blazepose.BlazePose().describe() != blazepose.BlazePose(**change).describe()


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


def _empty(path):
    path.write_bytes(b"")


def _other_table(path):
    pd.DataFrame({"a": [1]}).to_parquet(path)


@pytest.mark.parametrize("damage", [_truncate, _empty, _other_table])
def test_a_damaged_file_is_made_again(reader, path, cache, opened, damage):
    reader(world=True)
    first = detect(video.open_clip(path))
    (kept,) = cache.iterdir()
    damage(kept)
    pd.testing.assert_frame_equal(detect(video.open_clip(path)), first)
    assert len(opened) == 2
    pd.testing.assert_frame_equal(detect(video.open_clip(path)), first)
    assert len(opened) == 2


def test_no_flipped_bit_changes_what_is_read(reader, path, cache):
    reader(world=True)
    first = detect(video.open_clip(path))
    (kept,) = cache.iterdir()
    content = kept.read_bytes()
    for place in range(5, len(content), len(content) // 25):
        flipped = bytearray(content)
        flipped[place] ^= 0x10
        kept.write_bytes(flipped)
        again = detect(video.open_clip(path))
        pd.testing.assert_frame_equal(again, first)
        assert again.attrs == first.attrs


def small_table() -> pd.DataFrame:
    joints = ["left_knee", "right_knee"]
    table = pd.DataFrame({
        "frame": np.repeat(np.arange(3, dtype=np.int32), 2),
        "time_s": np.repeat(np.arange(3) * 0.04, 2),
        "joint": pd.Categorical.from_codes(np.tile([0, 1], 3), categories=pd.Index(joints)),
        "x": np.arange(6, dtype=np.float32),
    })  # fmt: skip
    table.attrs |= {"joints": joints, "basis": {"video_sha256": "a"}}
    table.attrs["content"] = keeping.digest(table)
    return table


def test_no_byte_of_a_kept_table_can_change_what_is_read(tmp_path):
    """Every seventh byte, which is many hundred: names, kinds, values and what is said of them lie everywhere."""
    table, path = small_table(), tmp_path / "kept.parquet"
    keeping.keep(table, path)
    content = path.read_bytes()
    refused = 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
        again = keeping.kept(path, table.attrs["basis"])
        refused += again is None
        if again is not None:
            pd.testing.assert_frame_equal(again, table)
            assert again.attrs == table.attrs
    assert refused > 100


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.assign(joint=table["joint"].cat.rename_categories(["right_knee", "left_knee"])),
        lambda table: table.assign(joint=table["joint"].cat.as_ordered()),
        lambda table: table.assign(x=table["x"].to_numpy().view(np.int32)),
        lambda table: table.rename(columns={"x": "y"}),
        lambda table: table.set_axis(range(1, 7)),
    ],
    ids=["joints", "order", "kind of numbers", "column", "rows"],
)
def test_a_kept_table_is_known_by_what_its_values_mean_too(tmp_path, change):
    table = small_table()
    changed = change(table)
    changed.attrs = dict(table.attrs)
    keeping.keep(changed, tmp_path / "kept.parquet")
    assert keeping.kept(tmp_path / "kept.parquet", table.attrs["basis"]) is None


def replaced(path):
    """Let a video of another content, but of the same size and time, lie in the place of a clip."""
    times, content = (path.stat().st_atime_ns, path.stat().st_mtime_ns), path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=times)


def test_a_clip_that_is_replaced_once_it_was_opened_is_told_and_nothing_of_it_is_kept(reader, path, cache):
    reader()
    clip = video.open_clip(path)
    replaced(path)
    with pytest.raises(KinebenchError, match="clip must stay as it is"):
        detect(clip)
    assert not cache.exists()
    assert len(detect(video.open_clip(path))) == 12 * len(JOINTS)


def test_a_clip_that_is_replaced_while_it_is_looked_at_is_told_and_nothing_of_it_is_kept(reader, path, cache):
    reader()
    clip = video.open_clip(path)
    with pytest.raises(KinebenchError, match="clip must stay as it is"):
        extraction.detect(
            clip, Extraction(), progress=False, told=lambda done, total: replaced(path) if done == total else None
        )
    assert not cache.exists()


def test_where_nothing_can_be_kept_the_result_is_not_lost(reader, path, tmp_path):
    reader()
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.warns(UserWarning, match="could not be kept"):
        table = detect(video.open_clip(path))
    assert len(table) == 12 * len(JOINTS)


# --- ends -------------------------------------------------------------------------------------------------------------


def decoding() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "decoding"]


def test_a_fault_of_the_estimator_comes_through_and_nothing_is_kept(reader, path, cache):
    reader(fail_at=4)
    with pytest.raises(RuntimeError, match="fell over"):
        detect(video.open_clip(path))
    assert not cache.exists()
    assert decoding() == []


def test_a_fault_of_the_decoder_comes_through_after_the_frames_before_it(reader, path, cache, monkeypatch):
    used = reader()
    frames = video.frames

    def broken(clip):
        for frame in frames(clip):
            if frame.number == 5:
                raise OSError("the disk fell out")
            yield frame

    monkeypatch.setattr(video, "frames", broken)
    with pytest.raises(OSError, match="fell out"):
        detect(video.open_clip(path))
    assert used.seen == [0, 1, 2, 3, 4]
    assert not cache.exists()
    assert decoding() == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_ctrl_c_ends_it_at_once_with_nothing_half_written(path, tmp_path):
    code = f"""
        import sys, time
        sys.path.insert(0, {str(places.ROOT)!r})
        from kinebench import estimators, extraction, video
        from tests.test_extraction import Reader
        estimators.get = lambda name, **_: Reader(wait_s=0.2)
        print("begins", flush=True)
        extraction.detect(video.open_clip({str(path)!r}), extraction.Extraction(), progress=False)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    time.sleep(0.5)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode != 0
    assert told.rstrip().endswith("KeyboardInterrupt")
    assert time.monotonic() - sent < 20  # not a bar of speed: it ends, and doesn't hang
    assert not list(places.detections().glob("*")) if places.detections().exists() else True


@given(st.lists(st.integers(), max_size=30), st.integers(1, 5))
def test_what_is_made_ahead_is_the_same_in_the_same_order(items, waiting):
    assert list(ahead(iter(items), waiting)) == items


def test_no_more_is_made_ahead_than_may_wait():
    made = []

    def items():
        for i in range(100):
            made.append(i)
            yield i

    line = ahead(items(), 3)
    assert next(line) == 0
    time.sleep(0.3)
    assert len(made) <= 1 + 3 + 1  # taken, waiting, in the maker's hand
    line.close()
    assert decoding() == []


def test_closing_early_closes_the_source_in_its_own_thread():
    closed = []

    def items():
        try:
            yield from range(100)
        finally:
            closed.append(threading.current_thread().name)

    line = ahead(items(), 2)
    next(line)
    line.close()
    assert closed == ["decoding"]


# --- settings ---------------------------------------------------------------------------------------------------------


def test_an_unknown_estimator_is_refused_with_the_names_there_are():
    with pytest.raises(KinebenchError, match="blazepose-full"):
        Extraction(estimator="blazepose")


@pytest.mark.parametrize(
    ("estimator", "setting"),
    [
        ("movenet-thunder", {"detect_every_frame": True}),
        ("blazepose-full", {"recording": "a.csv"}),
        ("recorded", {"weights": "a.tflite"}),
    ],
)
def test_a_setting_that_the_estimator_does_not_know_is_refused(estimator, setting):
    with pytest.raises(KinebenchError, match=next(iter(setting))):
        Extraction(estimator=estimator, **setting)


def test_settings_go_to_the_estimator_that_knows_them(path, tmp_path):
    values = np.random.default_rng(0).uniform(1, 90, (12, len(JOINTS), 3)) / [1, 1, 100]
    clip = video.open_clip(path)
    keypoints.save(keypoints.make(clip.times_s, JOINTS, values), tmp_path / "recording.parquet")
    settings = Extraction(estimator="recorded", recording=str(tmp_path / "recording.parquet"))
    assert settings.estimator_settings() == {"recording": settings.recording}
    table = extraction.detect(clip, settings, progress=False)
    assert_allclose(table[["x", "y", "confidence"]].to_numpy().reshape(values.shape), values, rtol=1e-6)
    assert_array_equal(table["frame"], np.repeat(np.arange(12), len(JOINTS)))


def test_progress_is_told_to_whoever_watches(reader, path, tmp_path, monkeypatch):
    reader()
    watched = tmp_path / "progress"
    monkeypatch.setenv("KINEBENCH_PROGRESS", str(watched))
    extraction.detect(video.open_clip(path), Extraction())
    assert '"done": 12' in watched.read_text().splitlines()[-1]


def test_extraction_loads_no_network_until_it_is_asked():
    code = (
        "import sys\nfrom kinebench import extraction\nassert not {'tensorflow', 'ai_edge_litert'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=os.environ)


def test_half_a_place_is_no_place():
    with pytest.raises(KinebenchError, match="person_x_px and person_y_px must be given together"):
        Extraction(person_x_px=3.0)
    with pytest.raises(KinebenchError, match="person_x_px is not a setting of the estimator movenet-thunder"):
        Extraction(estimator="movenet-thunder", person_x_px=3.0, person_y_px=4.0)
