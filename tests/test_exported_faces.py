"""No face can be seen in what is really exported: annotated video, stretch, GIF, single frame and thumbnail."""

from dataclasses import dataclass

import cv2
import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest

from kinebench import bystanders, extraction, outputs, overlay, parameters, subject, tasks, video
from kinebench.overlay.drawing import Painter
from tests.conftest import SAMPLES
from tests.test_faces import seen_in, shown

# Somebody with a bystander, and somebody alone; so much of the clip as holds a repetition.
CLIPS = {"crossing": ("walking", None), "sit_to_stand": ("sit-to-stand", 4.0)}
PLAIN = {"show_angles": False, "show_panel": False, "trail_s": 0.0}


@dataclass(frozen=True)
class Measured:
    """A sample clip measured with default settings, and its truth."""

    clip: video.Clip
    detections: pd.DataFrame
    analysis: tasks.Analysis
    truth: pd.DataFrame

    @property
    def people(self) -> int:
        return self.truth["person"].nunique() if "person" in self.truth else 1

    def at(self, index: int) -> tuple[np.ndarray, pd.DataFrame]:
        """A frame's picture, and the truth of everybody in it."""
        frame = video.frame_at(self.clip, index)
        return frame.rgb(), self.truth[self.truth["frame"] == frame.number]


@pytest.fixture(autouse=True)
def _nothing_is_drawn_over_faces(monkeypatch):
    """Lines over somebody's covered face would be taken for something to be seen in it."""
    for drawn in ("_draw_skeleton", "_draw_feet"):
        monkeypatch.setattr(Painter, drawn, lambda *_: None)


@pytest.fixture(scope="module", params=CLIPS, name="measured")
def _measured(request) -> Measured:
    task_name, stop_s = CLIPS[request.param]
    task = tasks.get(task_name)
    settings = parameters.build(task.settings, PLAIN)
    clip = video.open_clip(SAMPLES / f"{request.param}.mp4", stop_s=stop_s)
    found = extraction.detect(clip, settings.extraction, progress=False)
    assert set(found["person"]) == {0}
    followed = subject.follow(found, clip.times_s, clip.width, clip.height, extraction.joints(found), settings.subject)
    analysis = task.analyse(followed, tasks.Recording.of(clip, found, followed), settings)
    return Measured(clip, found, analysis, pd.read_csv(SAMPLES / f"{request.param}.truth.csv"))


def smaller(picture: np.ndarray, like: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, like.shape[1::-1], interpolation=cv2.INTER_AREA)


def test_no_face_can_be_seen_in_the_annotated_video_and_its_thumbnail(measured, tmp_path):
    clip = measured.clip
    path, thumbnail = outputs.save_overlay(clip, measured.analysis, measured.detections, tmp_path)
    bad, looked_at = shown(clip, measured.truth, video.open_clip(path))
    assert bad == []
    assert looked_at > 0.7 * measured.people * len(clip)
    small = iio.imread(thumbnail)
    # The frame that it shows is the one that it is most like.
    pictures = [smaller(frame.rgb(), small) for frame in video.frames(clip)]
    index = int(np.argmin([np.abs(picture.astype(int) - small).mean() for picture in pictures]))
    _, people = measured.at(index)
    assert seen_in(pictures[index], small, people, small.shape[1] / clip.width) == (0, measured.people)


def test_no_face_can_be_seen_in_a_stretch(measured, tmp_path):
    span_s = (0.5, 1.5)
    path = outputs.save_stretch(measured.clip, measured.analysis, measured.detections, span_s, tmp_path / "part.mp4")
    part = video.open_clip(measured.clip.path, start_s=span_s[0], stop_s=span_s[1])
    bad, looked_at = shown(part, measured.truth, video.open_clip(path))
    assert bad == []
    assert looked_at == measured.people * len(part)


def test_no_face_can_be_seen_in_a_gif(measured, tmp_path):
    span_s = (0.5, 1.0)
    path = outputs.save_stretch(measured.clip, measured.analysis, measured.detections, span_s, tmp_path / "part.gif")
    pictures = iio.imread(path)
    part = video.open_clip(measured.clip.path, start_s=span_s[0], stop_s=span_s[1])
    step = round(len(part) / len(pictures))
    assert len(pictures) > 5
    for picture, number in zip(pictures, part.frame_numbers[::step], strict=True):
        before, people = measured.at(int(number))
        scale = picture.shape[1] / part.width
        assert seen_in(smaller(before, picture), picture[..., :3], people, scale) == (0, measured.people)


def test_no_face_can_be_seen_in_a_single_frame(measured, tmp_path):
    for index in (10, 40):
        path = outputs.save_frame(
            measured.clip, measured.analysis, measured.detections, index, tmp_path / f"{index}.png"
        )
        before, people = measured.at(index)
        assert seen_in(before, iio.imread(path), people) == (0, measured.people)


def test_where_everybody_is_lost_for_a_second_and_a_half_no_face_can_be_seen_in_any_frame(tmp_path):
    clip = video.open_clip(SAMPLES / "crossing.mp4")
    found = extraction.detect(clip, extraction.Extraction(), progress=False)
    lost = bystanders.with_all(clip, found)
    lost, own = (table[~table["time_s"].between(0.6, 2.1)] for table in (lost, found))
    table = subject.follow(
        own, clip.times_s, clip.width, clip.height, extraction.joints(found), subject.Subject()
    ).keypoints
    part = video.open_clip(clip.path, start_s=0.3, stop_s=2.4)
    scene = overlay.prepare(
        (part.width, part.height), part.times_s, part.frame_numbers, raw=table, smoothed=table, detections=lost
    )
    written = overlay.write_scene(part, scene, tmp_path / "part.mp4", options=overlay.OverlayOptions(**PLAIN))
    bad, looked_at = shown(part, pd.read_csv(SAMPLES / "crossing.truth.csv"), video.open_clip(written))
    assert bad == []
    assert looked_at == 2 * len(part)
