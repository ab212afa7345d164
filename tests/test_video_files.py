"""Files as they come: hidden packets, open groups, raw streams, trimmed and cut. Each frame carries its number."""

import random
import struct
import threading

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import places, video
from kinebench.errors import KinebenchError
from kinebench.video import scanning
from tests import clips

RATE = 25


def seen(clip: video.Clip) -> dict[int, int]:
    """Index -> the number that the frame carries."""
    return {frame.index: clips.number_of(frame.rgb()) for frame in video.frames(clip)}


def assert_stream_and_jumps_agree(clip: video.Clip, jumps: int = 12, *, half_last: bool = False) -> dict[int, int]:
    """half_last: of the last packet there may be too little to be a picture."""
    numbers = seen(clip)
    assert list(numbers) == list(range(len(numbers)))
    assert len(clip) - half_last <= len(numbers) <= len(clip)
    for i in random.Random(3).choices(range(len(numbers)), k=jumps):
        assert clips.number_of(video.frame_at(clip, i).rgb()) == numbers[i]
    return numbers


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16", "g": "100", "deadline": "realtime"}),
        ("a.webm", "libvpx-vp9", {"auto-alt-ref": "1", "lag-in-frames": "16", "g": "100", "deadline": "realtime"}),
        ("a.mp4", "libx265", {"x265-params": "keyint=15:min-keyint=15:open-gop=1:bframes=4:scenecut=0:log-level=none"}),
        ("a.mkv", "libx264", {"x264-params": "open-gop=1:keyint=15:bframes=3:b-pyramid=normal"}),
        ("a.ts", "libx264", {"x264-params": "keyint=15:interlaced=1:tff=1"}),
        ("a.mp4", "libx264", {"movflags": "frag_keyframe+empty_moov", "g": "12", "bf": "2"}),
    ],
)
def test_what_packets_say_is_what_the_decoder_gives(tmp_path, name, codec, options):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    fragments = {key: options.pop(key) for key in list(options) if key == "movflags"}
    path = clips.write(tmp_path / name, 60, codec=codec, options=options, container_options=fragments)
    clip = video.open_clip(path)
    assert len(clip) == 60
    assert list(assert_stream_and_jumps_agree(clip).values()) == list(range(60))
    assert_allclose(clip.times_s, np.arange(60) / RATE, atol=1.1e-3)
    assert clip.lost_s == 0


def test_packets_that_disagree_with_the_pictures_are_not_believed(tmp_path, monkeypatch):
    path = clips.write(tmp_path / "a.mp4", 30)
    whole = video.open_clip(path)

    def doubled(self, step):
        return np.sort(np.concatenate([whole.timestamps, whole.timestamps + 1]))

    monkeypatch.setattr(scanning._Packets, "timestamps", doubled)
    assert_array_equal(video.open_clip(path).timestamps, whole.timestamps)


def test_a_raw_stream_is_counted_in_its_rhythm(tmp_path):
    source = clips.write(tmp_path / "a.mp4", 40, options={"bf": "2", "g": "12"})
    raw = tmp_path / "a.h264"
    with av.open(str(source)) as container, av.open(str(raw), "w", format="h264") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    clip = video.open_clip(raw)
    assert clip.counted
    assert list(assert_stream_and_jumps_agree(clip, 6).values()) == list(range(40))
    assert_allclose(np.diff(clip.times_s), 1 / clip.frame_rate_hz, atol=1e-6)


def trimmed(path, hidden: int):
    """Hide the first frames of an mp4 by its edit list, as trimming on a phone does."""
    content = bytearray(path.read_bytes())
    at, clock = content.index(b"elst") + 16, content.index(b"mdhd") + 16
    timescale = struct.unpack(">I", content[clock : clock + 4])[0]
    start = struct.unpack(">i", content[at : at + 4])[0]
    content[at : at + 4] = struct.pack(">i", start + round(timescale * hidden / RATE))
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("hidden", [1, 7, 20])
def test_frames_that_were_trimmed_away_are_not_there_and_not_lost(tmp_path, hidden):
    clip = video.open_clip(trimmed(clips.write(tmp_path / "a.mp4", 60, options={"bf": "2", "g": "12"}), hidden))
    assert list(assert_stream_and_jumps_agree(clip).values()) == list(range(hidden, 60))
    assert clip.times_s[0] == 0
    assert (clip.lost_s, clip.damage) == (0, "")


def test_sound_that_lasts_longer_is_no_loss(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        pictures, sound = container.add_stream("libx264", rate=RATE), container.add_stream("pcm_s16le", rate=8000)
        pictures.width, pictures.height, pictures.pix_fmt = 160, 96, "yuv420p"
        for number in range(20):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(clips.numbered(number), format="rgb24")))
        container.mux(pictures.encode())
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 24000), np.int16), format="s16", layout="mono")
        samples.sample_rate = 8000
        container.mux([*sound.encode(samples), *sound.encode()])
    clip = video.open_clip(path)
    assert (clip.lost_s, clip.damage) == (0, "")
    assert clip.duration_s == pytest.approx(0.8, abs=0.01)


ONE, THIRD = 1 << 16, 1 << 30


@pytest.mark.parametrize(
    ("matrix", "back"),
    [
        ((-ONE, 0, 0, 0, ONE, 0, 160 * ONE, 0, THIRD), lambda rgb: rgb[:, ::-1]),
        ((ONE, 0, 0, 0, -ONE, 0, 0, 96 * ONE, THIRD), lambda rgb: rgb[::-1]),
        ((0, ONE, 0, ONE, 0, 0, 0, 0, THIRD), lambda rgb: rgb.transpose(1, 0, 2)),
    ],
)
def test_mirrored_pictures_are_put_right(tmp_path, matrix, back):
    clip = video.open_clip(clips.turned(clips.write(tmp_path / "a.mp4", 4), matrix))
    for frame in video.frames(clip):
        assert clips.number_of(back(frame.rgb())) == frame.index
        whole = np.array([[1.0, 0, 0], [0, 1, 0]])
        patch = frame.warp(whole, (frame.width, frame.height))
        assert np.abs(patch.astype(float) - frame.rgb()).mean() < 2.5


# Cut and damaged

KINDS = {
    "mp4": ("libx264", {"movflags": "+faststart"}),
    "fragmented.mp4": ("libx264", {"movflags": "frag_keyframe+empty_moov"}),
    "mkv": ("libx264", {}),
    "avi": ("mpeg4", {}),
    "ts": ("libx264", {}),
}


@pytest.fixture(scope="module")
def wholes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return {
        kind: clips.write(
            folder / f"whole.{kind}", 60, codec=codec, options={"g": "12"}, container_options=options
        ).read_bytes()
        for kind, (codec, options) in KINDS.items()
    }


@pytest.mark.parametrize("kind", KINDS)
@given(share=st.floats(0.02, 0.999))
@settings(max_examples=12, deadline=None)
def test_a_cut_file_gives_what_it_holds_each_frame_at_its_time_or_is_refused(tmp_path_factory, wholes, kind, share):
    path = tmp_path_factory.mktemp("cut") / f"cut.{kind}"
    content = wholes[kind]
    path.write_bytes(content[: int(len(content) * share)])
    try:
        clip = video.open_clip(path)
    except KinebenchError:
        return
    # A transport stream does not say where a packet ends: the last picture may be half of one.
    numbers = assert_stream_and_jumps_agree(clip, 3, half_last=kind == "ts")
    sure = len(clip) - (kind == "ts")
    assert_allclose(clip.times_s[:sure], np.array(list(numbers.values()))[:sure] / RATE, atol=1.5e-3)
    lost = 60 - 1 - max(numbers.values())
    if kind in ("mp4", "mkv") and lost > 4:
        assert clip.lost_s == pytest.approx(lost / RATE, abs=0.1)
        assert "breaks off" in clip.damage


@given(at=st.floats(0.3, 0.8), seed=st.integers(0, 99))
@settings(max_examples=12, deadline=None)
def test_damage_in_the_middle_never_puts_frames_out_of_order(tmp_path_factory, wholes, at, seed):
    content = bytearray(wholes["mp4"])
    start = int(at * len(content))
    content[start : start + 300] = random.Random(seed).randbytes(300)
    path = tmp_path_factory.mktemp("damaged") / "damaged.mp4"
    path.write_bytes(content)
    clip = video.open_clip(path)
    indices = [frame.index for frame in video.frames(clip)]
    assert indices == sorted(set(indices))
    assert len(indices) > 20
    assert (np.diff(clip.times_s) > 0).all()


@pytest.mark.parametrize(("share", "seed"), [(0.3, 0), (0.37, 1), (0.51, 3), (0.58, 4)])
def test_what_the_decoder_makes_up_over_damage_is_not_a_picture(tmp_path, share, seed):
    whole = tmp_path / "whole.mp4"
    whole.write_bytes((places.SAMPLES / "rowing.mp4").read_bytes())
    content = bytearray(whole.read_bytes())
    at = int(share * len(content))
    content[at : at + 300] = random.Random(seed).randbytes(300)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(content)
    true, clip = video.open_clip(whole), video.open_clip(damaged)
    pictures = {frame.index: frame.rgb() for frame in video.frames(clip)}
    wrong = {
        frame.index
        for frame in video.frames(true)
        if frame.index in pictures and (np.abs(frame.rgb().astype(int) - pictures[frame.index]) > 60).any()
    }
    lost = set(range(len(clip))) - set(pictures)
    assert 20 < len(lost) < 250  # up to the next key frame
    assert wrong <= set(range(min(lost) - 3, min(lost)))  # pictures between two others that lean on the lost one
    after = max(lost) + 1
    assert_array_equal(video.frame_at(clip, after).rgb(), pictures[after])


def test_threads_may_ask_for_the_same_picture(tmp_path):
    frame = video.frame_at(video.open_clip(clips.write(tmp_path / "a.mp4", 3, size=(640, 480))), 1)
    expected, wrong = frame.rgb(), []

    def ask():
        for _ in range(40):
            if not np.array_equal(frame.rgb(), expected):
                wrong.append(1)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert not wrong
