"""The rendered pictures and files: they show what the truth says, at the times it says, the same every time."""

import json

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kinebench.errors import KinebenchError
from kinebench.synthetic import Scene, events, generate, truth_table
from kinebench.synthetic.__main__ import SAMPLE_SCENES, main
from kinebench.synthetic.files import beside
from kinebench.synthetic.solids import linear
from kinebench.video import frame_at, open_clip
from tests.conftest import SAMPLES

pytest.importorskip("numba", reason="needs kinebench[synthetic]: pip install 'kinebench[synthetic]'")
# One worker compiles the renderer, the others needn't.
pytestmark = pytest.mark.xdist_group("synthetic")

SMALL = {"width": 240, "height": 136, "repetitions": 1}
NEAR = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index")


def renderer(**choices):
    from kinebench.synthetic.render import Renderer

    return Renderer(Scene(**{**SMALL, **choices}))


@pytest.mark.parametrize("task", ["sit-to-stand", "rowing"])
@pytest.mark.parametrize("facing", ["left", "right"])
def test_the_silhouette_covers_the_true_joints(task, facing):
    draw = renderer(task=task, facing=facing)
    truth = truth_table(draw.scene)
    for number in (0, len(draw) // 3, len(draw) // 2, len(draw) - 1):
        seen = cv2.dilate(draw.covered(number).astype(np.uint8), np.ones((3, 3), np.uint8))
        for joint in ("nose", *(f"{facing}_{name}" for name in NEAR)):
            x, y = truth.loc[number, [f"{joint}_x", f"{joint}_y"]].round().astype(int)
            assert seen[y, x], f"{joint} of frame {number} lies outside the body"


def test_the_silhouette_stays_near_the_joints():
    draw = renderer()
    truth = truth_table(draw.scene)
    for number in (0, len(draw) // 2):
        lines, columns = np.nonzero(draw.covered(number))
        row = truth.loc[number]
        x, y = row.filter(regex="_x$"), row.filter(regex="_y$")
        tenth = 0.12 * draw.scene.height_m * draw.scene.camera.focal_px / draw.scene.distance_m
        assert x.min() - tenth < columns.min() < x.min() + tenth
        assert x.max() - tenth < columns.max() < x.max() + tenth
        assert y.max() - tenth < lines.max() < y.max() + tenth


def test_same_seed_same_frames_bit_for_bit():
    one, again, other = renderer(seed=3), renderer(seed=3), renderer(seed=4)
    for number in (0, 40):
        assert_array_equal(one.frame(number), again.frame(number))
        assert (one.frame(number) != other.frame(number)).mean() > 0.3
    assert_array_equal(one.frame(0), again.frame(0), err_msg="a frame must not depend on those drawn before")


def test_mirrored_facing_mirrors_the_picture():
    right, left = (renderer(facing=facing, noise=0.0) for facing in ("right", "left"))
    assert_array_equal(left.frame(25), right.frame(25)[:, ::-1])


def test_clothes_light_and_a_bystander_are_seen():
    plain, other = renderer(noise=0.0), renderer(noise=0.0, shirt="#2060c0")
    there = plain.covered(20)
    red = plain.frame(20)[there].mean(axis=0)
    blue = other.frame(20)[there].mean(axis=0)
    assert red[0] > blue[0] + 10
    assert red[2] < blue[2] - 10
    assert renderer(noise=0.0, light=0.6).frame(20).mean() < 0.9 * plain.frame(20).mean()
    assert (
        np.abs(renderer(noise=0.0, bystander=True).frame(20).astype(int) - plain.frame(20)).max(axis=2) > 25
    ).sum() > 150


def test_noise_has_the_size_asked_for():
    quiet, loud = renderer(noise=0.0).frame(0).astype(float), renderer(noise=6.0).frame(0)
    assert np.std(loud - quiet) == pytest.approx(6.0, rel=0.05)


def test_a_colour_that_is_none_is_refused():
    with pytest.raises(KinebenchError, match="must be written #rrggbb, but got 'red'"):
        linear("red")
    assert_allclose(linear("#ffffff"), 1)
    assert_allclose(linear("#bcbcbc"), 0.5029, atol=1e-3)  # the sRGB standard's middle grey


def presentation_times(path) -> np.ndarray:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        base = stream.time_base
        return np.array([float(frame.pts * base) for frame in file.decode(video=0)])


@pytest.mark.parametrize(
    "choices", [{}, {"variable_frame_rate": True}, {"frame_rate_hz": 29.97}, {"frame_rate_hz": 60.0}]
)
def test_the_file_holds_exactly_the_truths_times(tmp_path, choices):
    scene = Scene(**SMALL, **choices)
    path = generate(scene, tmp_path / "clip.mp4", frames=24)
    truth = pd.read_csv(beside(path)[0])
    assert_allclose(presentation_times(path), truth["time_s"], atol=1e-5)
    assert len(truth) == 24
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.events.json", "clip.mp4", "clip.truth.csv"]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_clip_is_upright_once_its_metadata_is_applied(tmp_path, rotation):
    scene = Scene(**SMALL, rotation_deg=rotation, noise=0.0)
    path = generate(scene, tmp_path / "clip.mp4", frames=3, quality=10)
    with av.open(str(path)) as file:
        stored = next(file.decode(video=0))
        assert (stored.width, stored.height) == ((240, 136) if rotation == 180 else (136, 240))
    clip = open_clip(path)
    assert (clip.width, clip.height, clip.rotation_deg) == (240, 136, rotation)
    upright = renderer(noise=0.0).frame(2)
    assert np.abs(frame_at(clip, 2).rgb().astype(int) - upright).mean() < 3


def test_a_clip_that_fails_leaves_nothing(tmp_path, monkeypatch):
    from kinebench.synthetic import render

    def fail(self, number):
        raise RuntimeError("no light")

    monkeypatch.setattr(render.Renderer, "frame", fail)
    with pytest.raises(RuntimeError, match="no light"):
        generate(Scene(**SMALL), tmp_path / "clip.mp4", frames=2)
    assert list(tmp_path.iterdir()) == []


def test_command_line_renders_a_scene(tmp_path, capsys):
    path = tmp_path / "clip.mp4"
    words = "render --task rowing --facing left --height-m 1.9 --width 160 --height 90 --shirt #206040 --frames 2"
    assert main([*words.split(), "--out", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    found = json.loads(beside(path)[1].read_text())
    assert (found["task"], found["near_side"], found["height_m"]) == ("rowing", "left", 1.9)


def test_command_line_says_what_is_wrong_in_one_line(tmp_path, capsys):
    assert main(["render", "--height-m", "180", "--out", str(tmp_path / "clip.mp4")]) == 2
    said = capsys.readouterr().err.strip()
    assert "height_m must be between 1.3 and 2.2" in said
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SAMPLE_SCENES)
class TestSampleClips:
    """The committed clips are what the generator makes."""

    def test_format(self, name):
        path = SAMPLES / name
        assert path.stat().st_size < 3_000_000
        with av.open(str(path)) as file:
            stream = file.streams.video[0]
            assert len(file.streams) == 1
            assert stream.codec_context.name == "h264"
            assert stream.codec_context.pix_fmt == "yuv420p"
            assert max(stream.width, stream.height) >= 640
            assert min(stream.width, stream.height) >= 360
            assert stream.average_rate == 30
            assert 7 <= stream.frames / 30 <= 21

    def test_truth_beside_it(self, name):
        scene, path = SAMPLE_SCENES[name], SAMPLES / name
        truth_path, events_path = beside(path)
        committed, made = pd.read_csv(truth_path, index_col="frame"), truth_table(scene)
        assert list(committed.columns) == list(made.columns)
        assert_allclose(committed, made, atol=0.0051)
        assert_allclose(presentation_times(path), committed["time_s"], atol=1e-5)
        found, expected = json.loads(events_path.read_text()), events(scene)
        assert found.keys() == expected.keys()
        assert found["metrics"] == pytest.approx(expected["metrics"])
        for one, other in zip(found["repetitions"], expected["repetitions"], strict=True):
            assert one == pytest.approx(other)

    def test_pictures(self, name):
        from kinebench.synthetic.render import Renderer

        clip = open_clip(SAMPLES / name)
        draw = Renderer(SAMPLE_SCENES[name])
        assert len(clip.times_s) == len(draw)
        difference = frame_at(clip, 100).rgb().astype(int) - draw.frame(100)
        assert np.abs(difference).mean() < 3
