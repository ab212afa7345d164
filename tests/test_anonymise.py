"""An anonymised copy: faces covered, times and size kept, and nothing left of sound, place, day, device or name."""

import subprocess
import sys
from pathlib import Path

import av
import cv2
import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest
import typer
from numpy.testing import assert_allclose
from typer.testing import CliRunner

from kinebench import anonymising, estimators, extraction, video
from kinebench.anonymising import anonymise
from kinebench.cli.anonymise import TO_BE_LOOKED_AT
from kinebench.cli.anonymise import anonymise as command
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction
from kinebench.overlay import faces
from tests import clips
from tests.conftest import SAMPLES, shared_file
from tests.test_faces import shown, shown_faces
from tests.test_movenet import LIGHTNING

SECRETS = {
    "location": "+52.5200+013.4050/",
    "com.apple.quicktime.location.ISO6709": "+48.8584+002.2945+035.000/",
    "com.apple.quicktime.make": "Makernameworks",
    "com.apple.quicktime.model": "Modelphone 17",
    "creation_time": "2021-03-04T05:06:07.000000Z",
    "title": "Erika Mustermann left knee",
    "artist": "Dr Musterarzt",
    "comment": "room 12 ward B",
}
HANDLER, CHAPTER, SUBTITLE = "Core Mustervideo", "Erika gets up", "Good morning Erika"
QUARTER_TURN = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
# What a file without a day of its own has there: seconds since 1904 (ISO/IEC 14496-12, 8.2.2).
NO_DAY = bytes(8)


@pytest.fixture(scope="module", name="phone")
def _phone(tmp_path_factory) -> Path:
    """A phone's clip: a person, sound, subtitles, chapters, a quarter turn, uneven times, names."""
    folder = tmp_path_factory.mktemp("phone")
    chapter = f"[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle={CHAPTER}\n"
    tags = "\n".join(f"{name}={value}" for name, value in SECRETS.items())
    (folder / "meta.txt").write_text(f";FFMETADATA1\n{tags}\n{chapter}")
    (folder / "words.srt").write_text(f"1\n00:00:00,100 --> 00:00:01,000\n{SUBTITLE}\n")
    path = folder / "Erika_Mustermann_2021-03-04.mov"
    inputs = ["-ss", "1.5", "-t", "1.5", "-i", str(SAMPLES / "walking_past.mp4"), "-f", "lavfi", "-t", "1.5"]
    inputs += ["-i", "sine=frequency=440", "-i", str(folder / "words.srt"), "-i", str(folder / "meta.txt")]
    chosen = ["-map", "0:v", "-map", "1:a", "-map", "2:s", "-map_metadata", "3", "-map_chapters", "3"]
    # Stored turned back, shown upright; two of three frames come late.
    picture = ["-vf", "transpose=clock,setpts=PTS+mod(N\\,3)*0.007/TB", "-fps_mode", "passthrough", "-c:v", "libx264"]
    rest = ["-enc_time_base:v", "1:90000", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", "mov_text"]
    named = ["-movflags", "use_metadata_tags"]
    for kind in "vas":
        named += [f"-metadata:s:{kind}", f"handler_name={HANDLER}"]
    tool = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([tool, "-v", "error", *inputs, *chosen, *picture, *rest, *named, str(path)], check=True)
    return clips.turned(path, tuple(-value if abs(value) == 1 << 16 else value for value in QUARTER_TURN))


@pytest.fixture(scope="module", name="copy")
def _copy(phone, tmp_path_factory) -> anonymising.Copy:
    return anonymise(phone, tmp_path_factory.mktemp("copies") / "new", show_progress=False)


def told(path: Path) -> dict[str, str]:
    """All metadata of a file, its streams and its chapters, by where they stand."""
    with av.open(str(path)) as file:
        found = {f"file {name}": value for name, value in file.metadata.items()}
        for stream in file.streams:
            found |= {f"stream {stream.index} {name}": value for name, value in stream.metadata.items()}
        return found | {f"chapter {chapter['id']}": str(chapter["metadata"]) for chapter in file.chapters()}


def test_the_phones_clip_holds_what_it_should_for_this_test_to_mean_anything(phone):
    content = phone.read_bytes()
    with av.open(str(phone)) as file:
        assert {stream.type for stream in file.streams} >= {"video", "audio", "subtitle"}
        assert len(file.chapters()) == 1
    for value in (*(SECRETS[name] for name in SECRETS if name != "creation_time"), HANDLER, CHAPTER, SUBTITLE):
        assert value.encode() in content, value
    assert SECRETS["creation_time"] in told(phone).values()
    clip = video.open_clip(phone)
    assert clip.rotation_deg in (90, 270)
    assert clip.jitter > 0.1


def test_nothing_that_tells_of_person_place_day_or_device_is_left(phone, copy):
    content = copy.path.read_bytes()
    words = {*SECRETS.values(), HANDLER, CHAPTER, SUBTITLE, *phone.stem.split("_"), "Erika", "Muster", "2021"}
    for word in words:
        for coding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert word.encode(coding) not in content, word
    assert not [name for name in told(copy.path) if "creation" in name or "location" in name]
    # What a muxer says of itself and of its tracks' kind and language, the same for every file.
    plain = {"encoder", "major_brand", "minor_version", "compatible_brands", "language", "handler_name", "vendor_id"}
    assert {name.split()[-1] for name in told(copy.path)} <= plain
    for box, times in ((b"mvhd", 1), (b"tkhd", 1), (b"mdhd", 1)):
        assert content.count(box) == times
        at = content.index(box) + 8
        assert content[at : at + 8] == NO_DAY, box


def test_there_is_one_picture_stream_and_nothing_else(copy):
    with av.open(str(copy.path)) as file:
        assert [stream.type for stream in file.streams] == ["video"]
        assert file.chapters() == []
        kinds = {str(data.type) for frame in file.decode(video=0) for data in frame.side_data}
    assert not {kind for kind in kinds if "GPS" in kind or "DOVI" in kind or "DYNAMIC" in kind}


def test_size_uprightness_and_times_stay(phone, copy):
    before, after = video.open_clip(phone), video.open_clip(copy.path)
    assert (after.width, after.height) == (before.width, before.height)
    assert after.rotation_deg == 0
    assert copy.frames == len(after) == len(before)
    assert_allclose(after.times_s, before.times_s, atol=1e-4)
    for index in (0, 20, 40):
        a, b = (video.frame_at(clip, index).rgb().astype(int) for clip in (before, after))
        floor = slice(int(0.8 * before.height), None)
        assert np.abs(a[floor] - b[floor]).mean() < 4


def test_the_face_is_covered_in_every_frame_of_the_copy(phone, copy):
    clip, after = video.open_clip(phone), video.open_clip(copy.path)
    found = faces.found(extraction.detect(clip, Extraction(max_people=6), progress=False), clip.times_s)
    assert copy.people == 1
    seen = 0
    for before, hidden, discs in zip(video.frames(clip), video.frames(after), found, strict=True):
        for x, y, radius in discs:
            half = int(0.5 * radius / np.sqrt(2))
            face = (slice(max(int(y) - half, 0), int(y) + half), slice(max(int(x) - half, 0), int(x) + half))
            detail = [cv2.Laplacian(frame.rgb()[face], cv2.CV_64F).std() for frame in (before, hidden)]
            assert detail[1] < max(0.1 * detail[0], 1.0)
            seen += 1
    assert seen > len(clip) / 2


@pytest.mark.parametrize(("name", "every"), [("crossing", 1), ("squat_front", 15)])
def test_no_true_face_can_be_seen_in_the_copy_also_of_two_frames_a_second(name, every, tmp_path):
    clip = video.open_clip(SAMPLES / f"{name}.mp4", every=every)
    few = tmp_path / "few.mp4"
    with video.Writer(few, like=clip) as writer:
        for frame in video.frames(clip):
            writer.write(frame.rgb(), frame.index)
    copy = anonymise(few, tmp_path / "copies", show_progress=False)
    bad, looked_at = shown_faces(name, video.open_clip(copy.path), every)
    assert bad == []
    assert looked_at > len(clip) / 2


def test_the_name_stands_for_the_content_and_for_nothing_else(phone, copy, tmp_path):
    other = tmp_path / "somebody-else.mov"
    other.write_bytes(phone.read_bytes())
    assert anonymise(other, tmp_path / "b", show_progress=False).path.name == copy.path.name
    assert "Erika" not in copy.path.name


@pytest.mark.parametrize("name", ["../P07", "a/b", "P 07", "", ".hidden", "Erika_Mustermann_2021-03-04"])
def test_a_name_that_is_a_path_or_the_videos_own_is_refused(phone, name, tmp_path):
    with pytest.raises(KinebenchError, match="name must"):
        anonymise(phone, tmp_path, name=name)
    assert list(tmp_path.iterdir()) == []


def test_the_video_itself_is_never_overwritten(phone, copy):
    content = copy.path.read_bytes()
    with pytest.raises(KinebenchError, match="overwritten"):
        anonymise(phone, _linked(phone, copy.path.parent), name="P07")
    assert copy.path.read_bytes() == content


def test_a_name_that_another_file_has_is_refused_and_one_of_the_content_is_written_anew(phone, copy, tmp_path):
    (tmp_path / "P07.mp4").write_bytes(b"somebody else")
    with pytest.raises(KinebenchError, match=r"name must be one that is not taken, but .*P07\.mp4 exists\. Choose"):
        anonymise(phone, tmp_path, name="P07", show_progress=False)
    assert (tmp_path / "P07.mp4").read_bytes() == b"somebody else"
    (tmp_path / copy.path.name).write_bytes(b"cut")
    assert anonymise(phone, tmp_path, show_progress=False).path.stat().st_size > 1000


def _linked(phone: Path, folder: Path) -> Path:
    """A folder in which the name that a copy would get is the video itself."""
    own = folder / "linked"
    own.mkdir()
    (own / "P07.mp4").symlink_to(phone)
    return own


def test_a_clip_without_anybody_is_refused_and_leaves_nothing(tmp_path):
    empty = clips.write(tmp_path / "empty.mp4", 20, size=(320, 240))
    for cover in anonymising.COVERS:
        with pytest.raises(KinebenchError, match="nobody was found in any of 20 frames"):
            anonymise(empty, tmp_path / "out", cover=cover, show_progress=False)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_copy_that_fails_half_way_leaves_nothing(phone, tmp_path, monkeypatch):
    def broken(canvas, discs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(anonymising.covering, "cover", broken)
    with pytest.raises(KinebenchError, match="No space left on device"):
        anonymise(phone, tmp_path, show_progress=False)
    assert list(tmp_path.iterdir()) == []


# Frames in which nobody was found


@pytest.fixture(name="doubtful")
def _doubtful(monkeypatch):
    """Nobody is found from 0.4 to 0.6 s."""
    real = extraction.detect

    def missed(clip, settings, **more):
        detections = real(clip, settings, **more)
        return detections[~detections["time_s"].between(0.4, 0.6)]

    monkeypatch.setattr(anonymising.extraction, "detect", missed)


def test_frames_in_which_nobody_was_found_are_said_and_still_covered_where_the_face_must_be(phone, doubtful, tmp_path):
    made = anonymise(phone, tmp_path, show_progress=False)
    assert made.doubtful
    (first, last), = made.unseen  # fmt: skip
    assert 0.39 < first < 0.45
    assert 0.55 < last < 0.61
    clip, truth = video.open_clip(phone), pd.read_csv(SAMPLES / "walking_past.truth.csv")
    first_shown = truth.index[truth["time_s"] > 1.5 - 1e-6][0]
    bad, looked_at = shown(clip, truth.assign(frame=truth["frame"] - first_shown), video.open_clip(made.path))
    assert bad == []
    assert looked_at == len(clip)


def test_covering_whole_frames_shows_nothing_of_them(phone, doubtful, tmp_path):
    made = anonymise(phone, tmp_path, cover="whole", show_progress=False)
    assert not made.doubtful
    assert made.unseen
    after = video.open_clip(made.path)
    for frame in video.frames(after):
        spread = np.ptp(frame.rgb()[8:-8, 8:-8].astype(int), axis=(0, 1)).max()
        assert (spread < 12) == (made.unseen[0][0] - 1e-3 < frame.time_s < made.unseen[0][1] + 1e-3)


def told_by(*arguments: str):
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_ends_with_its_own_exit_code_until_somebody_has_looked(phone, doubtful, tmp_path):
    done = told_by(phone, "--out", tmp_path)
    assert done.exit_code == TO_BE_LOOKED_AT
    assert "nobody was found at 0.4" in done.stderr
    assert Path(done.stdout.strip()).is_file()
    assert told_by(phone, "--out", tmp_path, "--accept").exit_code == 0
    assert told_by(phone, "--out", tmp_path, "--cover", "whole").exit_code == 0


# Where not everybody was looked for


def test_a_copy_for_which_so_many_were_looked_for_at_most_is_doubtful_until_somebody_has_looked(phone, copy, tmp_path):
    assert copy.sought == "everybody"
    assert not copy.doubtful
    done = told_by(phone, "--out", tmp_path, "--max-people", "1", "--cover", "whole")
    assert done.exit_code == TO_BE_LOOKED_AT
    (line,) = [line for line in done.stderr.splitlines() if "looked for" in line]
    assert "looked for one person at most: others are not covered" in line
    assert told_by(phone, "--out", tmp_path, "--max-people", "1", "--cover", "whole", "--accept").exit_code == 0
    assert "looked for 2 people at most" in told_by(phone, "--out", tmp_path, "--max-people", "2").stderr


@pytest.mark.parametrize("default_is_here", [True, False])
def test_a_network_that_finds_one_person_covers_everybody_with_the_default_one_alone(
    default_is_here, phone, tmp_path, monkeypatch
):
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    (folder / "movenet-lightning.tflite").symlink_to(shared_file(LIGHTNING))
    if default_is_here:
        for path in estimators.fetch(estimators.DEFAULT):
            (folder / path.name).symlink_to(path)
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    done = told_by(phone, "--out", tmp_path, "--estimator", "movenet-lightning", "--cover", "whole")
    assert done.exit_code == (0 if default_is_here else TO_BE_LOOKED_AT), done.stderr
    assert ("looked for one person at most" in done.stderr) != default_is_here


def test_one_clip_that_cannot_be_anonymised_does_not_stop_the_others(phone, tmp_path):
    done = told_by(tmp_path / "missing.mp4", phone, "--out", tmp_path / "out")
    assert isinstance(done.exception, KinebenchError)
    assert "1 of 2 clips" in str(done.exception)
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_cover_that_there_is_not_is_refused(phone, tmp_path):
    with pytest.raises(KinebenchError, match="cover must be one of faces, whole"):
        anonymise(phone, tmp_path, cover="some")


def test_the_command_line_loads_nothing_heavy_to_know_the_command():
    code = "import sys, kinebench.cli.anonymise; print(sorted({'numpy', 'pandas', 'av', 'cv2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
