"""Reading and writing video: which frame, when, which way up. Each frame of the clips carries its number."""

import threading
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import video
from kinebench.errors import KinebenchError
from tests import clips
from tests.conftest import shared_file

ONE, THIRD = 1 << 16, 1 << 30
# a, b, u, c, d, v, x, y, w of ISO 14496-12: the stored picture is turned clockwise by the key.
MATRICES = {
    0: (ONE, 0, 0, 0, ONE, 0, 0, 0, THIRD),
    90: (0, ONE, 0, -ONE, 0, 0, 96 * ONE, 0, THIRD),
    180: (-ONE, 0, 0, 0, -ONE, 0, 160 * ONE, 96 * ONE, THIRD),
    270: (0, -ONE, 0, ONE, 0, 0, 0, 160 * ONE, THIRD),
}
BFRAMES = {"g": "250", "bf": "3", "preset": "medium"}


def numbers(clip: video.Clip) -> list[int]:
    return [clips.number_of(frame.rgb()) for frame in video.frames(clip)]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "libx264"),
        ("a.mkv", "libx264"),
        ("a.avi", "mpeg4"),
        ("a.avi", "libx264"),
        ("a.webm", "libvpx-vp9"),
        ("a.mp4", "libx265"),
        ("a.mov", "mjpeg"),
    ],
)
def test_every_frame_comes_once_in_order_at_its_time(tmp_path, name, codec):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    clip = video.open_clip(clips.write(tmp_path / name, 20, codec=codec, pixel_format=form))
    assert numbers(clip) == list(range(20))
    assert_allclose(clip.times_s, np.arange(20) / 25, atol=1.1e-3)
    assert (clip.width, clip.height) == (160, 96)
    assert clip.duration_s == pytest.approx(0.8, abs=0.045)


def test_a_gif_is_a_video(tmp_path):
    clip = video.open_clip(clips.write(tmp_path / "a.gif", 8, codec="gif", pixel_format="rgb8"))
    assert numbers(clip) == list(range(8))
    assert_allclose(clip.times_s, np.arange(8) / 25, atol=1e-9)


def test_uneven_times_are_those_of_the_file(tmp_path):
    stamps = [0, 33, 67, 130, 140, 300, 333, 366, 500, 533]
    clip = video.open_clip(clips.write(tmp_path / "a.mp4", stamps_ms=stamps, options=BFRAMES))
    assert_allclose(clip.times_s, np.array(stamps) / 1000, atol=1e-4)
    assert numbers(clip) == list(range(10))


def test_times_count_from_the_first_frame_wherever_the_file_starts(tmp_path):
    clip = video.open_clip(clips.write(tmp_path / "a.mkv", stamps_ms=[5000, 5040, 5080, 5120]))
    assert_allclose(clip.times_s, [0, 0.04, 0.08, 0.12], atol=1e-9)


@pytest.fixture(scope="module")
def long_group(tmp_path_factory):
    """A clip with frames stored out of order and a single key frame, and what the stream says of each."""
    clip = video.open_clip(clips.write(tmp_path_factory.mktemp("clips") / "long.mp4", 90, options=BFRAMES))
    return clip, [frame.rgb() for frame in video.frames(clip)]


@settings(max_examples=15, deadline=None)
@given(wanted=st.lists(st.integers(0, 89), min_size=1, max_size=6))
def test_any_frame_is_the_streams_frame(long_group, wanted):
    clip, streamed = long_group
    for i in wanted:
        frame = video.frame_at(clip, i)
        assert frame.index == i
        assert frame.time_s == clip.times_s[i]
        assert_array_equal(frame.rgb(), streamed[i])


def test_any_frame_may_be_asked_for_from_several_threads(long_group):
    clip, streamed = long_group
    wrong = []

    def ask(seed: int) -> None:
        for i in np.random.default_rng(seed).integers(0, 90, 12):
            if not np.array_equal(video.frame_at(clip, int(i)).rgb(), streamed[i]):
                wrong.append(i)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_real_clips_have_the_streams_frame_at_any_index():
    clip = video.open_clip(shared_file("videos/rowing_ergometer_side_jakobkb.mp4"))
    kept = {frame.index: frame.rgb() for frame in video.frames(clip) if frame.index % 17 == 3}
    assert len(clip) == 61
    for i in sorted(kept, reverse=True):
        assert_array_equal(video.frame_at(clip, i).rgb(), kept[i])


def test_a_stretch_and_a_lower_rate_keep_the_files_times(tmp_path):
    path = clips.write(tmp_path / "a.mp4", 60, options={"g": "15"})
    clip = video.open_clip(path, start_s=0.99, stop_s=2.0, every=3)
    assert numbers(clip) == list(range(25, 51, 3))
    assert_array_equal(clip.frame_numbers, range(25, 51, 3))
    assert_allclose(clip.times_s, np.arange(25, 51, 3) / 25, atol=1e-4)
    assert clips.number_of(video.frame_at(clip, 2).rgb()) == 31


@pytest.mark.parametrize("angle", MATRICES)
def test_rotation_is_applied_once(tmp_path, angle):
    clip = video.open_clip(clips.turned(clips.write(tmp_path / "a.mp4", 6), MATRICES[angle]))
    assert clip.rotation_deg == angle
    assert (clip.width, clip.height) == ((160, 96) if angle % 180 == 0 else (96, 160))
    for frame in video.frames(clip):
        assert frame.rgb().shape == (clip.height, clip.width, 3)
        # Turned back by hand, the picture carries its number again.
        assert clips.number_of(np.rot90(frame.rgb(), angle // 90)) == frame.index


@pytest.mark.parametrize("angle", MATRICES)
@pytest.mark.parametrize("form", ["yuv420p", "yuvj420p", "yuv444p"])
def test_a_patch_shows_what_the_whole_picture_shows(tmp_path, angle, form):
    path = clips.write(tmp_path / "a.mp4", 3, pixel_format=form)
    clip = video.open_clip(clips.turned(path, MATRICES[angle]))
    matrix = cv2.getRotationMatrix2D((20, 20), 25, 0.9)
    matrix[:, 2] += (20, 40)
    frame = video.frame_at(clip, 2)
    patch = frame.warp(matrix, (48, 40)).astype(float)
    whole = cv2.warpAffine(frame.rgb(), matrix, (48, 40), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP).astype(float)
    assert patch.shape == (40, 48, 3)
    assert np.abs(patch - whole).mean() < 2.5


def test_a_patch_beyond_the_picture_is_black(tmp_path):
    frame = video.frame_at(video.open_clip(clips.write(tmp_path / "a.mp4", 3)), 0)
    patch = frame.warp(np.array([[1.0, 0, 1000], [0, 1, 0]]), (16, 16))
    assert patch.max() <= 1


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    clip = video.open_clip(clips.write(tmp_path / "a.mp4", 5, ratio=Fraction(3, 2)))
    assert (clip.width, clip.height) == (240, 96)
    frame = video.frame_at(clip, 4)
    assert frame.rgb().shape == (96, 240, 3)
    assert clips.number_of(cv2.resize(frame.rgb(), (160, 96))) == 4


@pytest.mark.parametrize(
    ("codec", "form"), [("libx264", "yuv420p10le"), ("libx264", "yuv422p10le"), ("libx265", "yuv420p10le")]
)
def test_ten_bits_come_as_eight(tmp_path, codec, form):
    plain = video.open_clip(clips.write(tmp_path / "a.mp4", 4))
    deep = video.open_clip(clips.write(tmp_path / "b.mp4", 4, codec=codec, pixel_format=form))
    assert numbers(deep) == list(range(4))
    difference = video.frame_at(deep, 2).rgb().astype(float) - video.frame_at(plain, 2).rgb()
    assert video.frame_at(deep, 2).rgb().dtype == np.uint8
    assert np.abs(difference).mean() < 4


def test_odd_sizes_are_read_as_they_are(tmp_path):
    clip = video.open_clip(clips.write(tmp_path / "a.avi", 4, codec="mpeg4", size=(161, 97)))
    assert (clip.width, clip.height) == (161, 97)
    assert numbers(clip) == list(range(4))


def test_memory_stays_constant_however_many_frames_pass(tmp_path):
    import weakref

    clip = video.open_clip(clips.write(tmp_path / "a.mp4", 80))
    alive: weakref.WeakSet = weakref.WeakSet()
    most = 0
    for frame in video.frames(clip):
        alive.add(frame)
        del frame
        most = max(most, len(alive))
    assert most <= 2


def test_a_cut_file_is_read_as_far_as_it_goes_and_the_loss_is_said(tmp_path):
    whole = clips.write(tmp_path / "whole.mp4", 100, options={"g": "10"}, container_options={"movflags": "+faststart"})
    cut = tmp_path / "cut.mp4"
    content = whole.read_bytes()
    cut.write_bytes(content[: int(len(content) * 0.7)])
    clip = video.open_clip(cut)
    seen = numbers(clip)
    assert seen == list(range(len(seen)))
    assert 30 < len(seen) < 100
    assert clip.lost_s == pytest.approx(4.0 - len(seen) / 25, abs=0.13)
    assert "s could not be read" in clip.damage
    assert video.open_clip(whole).lost_s == 0
    assert video.open_clip(whole).damage == ""


def test_a_cut_file_without_its_index_is_refused(tmp_path):
    whole = clips.write(tmp_path / "whole.mp4", 60)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:-2000])
    with pytest.raises(KinebenchError, match=r"cut\.mp4 breaks off before its index"):
        video.open_clip(cut)


def test_a_stretch_without_frames_is_refused_with_the_clips_length(tmp_path):
    path = clips.write(tmp_path / "a.mp4", 25)
    with pytest.raises(KinebenchError, match=r"lasts 1\.00 s"):
        video.open_clip(path, start_s=5.0)
    with pytest.raises(KinebenchError, match="stop_s must be later"):
        video.open_clip(path, start_s=0.5, stop_s=0.2)
    with pytest.raises(KinebenchError, match="every must be at least 1"):
        video.open_clip(path, every=0)


@pytest.mark.parametrize("size", [(160, 96), (161, 97)])
def test_what_is_written_has_the_times_and_the_frames_of_its_source(tmp_path, size):
    stamps = [0, 33, 67, 130, 140, 300, 333, 366, 500, 533]
    source = video.open_clip(clips.write(tmp_path / "a.mkv", stamps_ms=stamps, codec="mpeg4", size=size))
    with video.Writer(tmp_path / "out.mp4", like=source) as writer:
        for frame in video.frames(source):
            writer.write(frame.rgb(), frame.index)
    written = video.open_clip(tmp_path / "out.mp4")
    assert_allclose(written.times_s, source.times_s, atol=1e-4)
    assert numbers(written) == list(range(10))
    assert (written.width, written.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    assert (written.codec, written.pixel_format) == ("h264", "yuv420p")
    assert written.duration_s == pytest.approx(source.duration_s, abs=0.041)


def test_what_is_written_starts_to_play_before_it_is_loaded_and_says_nothing_of_its_source(tmp_path):
    source = video.open_clip(clips.write(tmp_path / "a.mp4", 10))
    with video.Writer(tmp_path / "out.mp4", like=source) as writer:
        for frame in video.frames(source):
            writer.write(frame.rgb(), frame.index)
    content = (tmp_path / "out.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands", "encoder"}
        assert len(container.streams) == 1


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    source = video.open_clip(clips.write(tmp_path / "a.mp4", 10))

    def fail() -> None:
        with video.Writer(tmp_path / "out.mp4", like=source) as writer:
            writer.write(video.frame_at(source, 0).rgb(), 0)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4"}


@pytest.mark.parametrize("picture", [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((0, 0, 3), np.uint8), None])
def test_a_plain_picture_must_be_rgb(picture):
    with pytest.raises(KinebenchError, match="uint8 RGB"):
        video.Frame.of(picture)
