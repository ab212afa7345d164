"""The annotated video: faces are covered, marks stand where the tables say, size and times are the source's."""

import threading
import time
from fractions import Fraction

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import keypoints, overlay, skeleton, video
from kinebench.overlay import bones, canvas, covering, faces, placing
from kinebench.overlay.canvas import Canvas
from kinebench.overlay.drawing import Painter
from kinebench.overlay.planes import Planes
from kinebench.tasks import AngleLabel
from tests import clips

FACE = {"nose": (0, 0), "left_eye": (-8, -8), "right_eye": (-4, -8), "left_ear": (-25, -3), "right_ear": (-20, -3)}
BODY = {
    "left_shoulder": (-30, 50),
    "right_shoulder": (-24, 50),
    "left_elbow": (-10, 90),
    "right_elbow": (-10, 92),
    "left_wrist": (30, 90),
    "right_wrist": (30, 92),
    "left_hip": (-40, 150),
    "right_hip": (-36, 150),
    "left_knee": (30, 150),
    "right_knee": (32, 150),
    "left_ankle": (30, 220),
    "right_ankle": (32, 220),
}
JOINTS = FACE | BODY


def body(times_s, *, at=(100.0, 60.0), scale=1.0, step=(0.0, 0.0), without=()) -> pd.DataFrame:
    """A seated person whose nose is at `at` in the first frame and moves by `step` each frame."""
    values = np.zeros((len(times_s), len(JOINTS), 3))
    for place, joint in enumerate(JOINTS):
        values[:, place, :2] = np.array(at) + scale * np.array(JOINTS[joint])
        values[:, place, 2] = 0.9
        if joint in without:
            values[:, place] = np.nan
    values[..., :2] += np.arange(len(times_s))[:, None, None] * np.array(step)
    return keypoints.make(times_s, list(JOINTS), values)


def long(table: pd.DataFrame, person: int) -> pd.DataFrame:
    """A keypoint table as detections."""
    rows = []
    for joint in keypoints.joints(table):
        part = table[joint][["x", "y", "confidence"]].reset_index()
        rows.append(part.assign(person=person, joint=joint, frame=np.arange(len(part))))
    return pd.concat(rows, ignore_index=True)


def scene_of(clip: video.Clip, table: pd.DataFrame, **more) -> overlay.Scene:
    more = {"raw": table, "smoothed": table} | more
    return overlay.prepare((clip.width, clip.height), clip.times_s, clip.frame_numbers, **more)


TIMES = np.arange(30) / 30

# Faces


@given(
    at=st.tuples(st.floats(0, 500), st.floats(0, 500)),
    scale=st.floats(0.2, 5),
    turn=st.floats(-180, 180),
)
@settings(max_examples=40, deadline=None)
def test_a_disc_covers_every_face_keypoint_and_moves_grows_and_turns_with_the_body(at, scale, turn):
    table = body(TIMES[:1])
    plain = faces.discs(table)[0]
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    matrix = scale * np.array([[cos, -sin], [sin, cos]])
    moved = keypoints.with_positions(table, keypoints.positions(table) @ matrix.T + np.array(at))
    disc = faces.discs(moved)[0]
    assert_allclose(disc[:2], matrix @ plain[:2] + at, atol=1e-6)
    assert_allclose(disc[2], scale * plain[2], rtol=1e-6)
    for joint in FACE:
        assert np.hypot(*(keypoints.points(moved, joint)[0] - disc[:2])) < disc[2] / 1.5


def test_a_face_that_is_not_found_is_covered_where_the_shoulders_say():
    table = body(TIMES)
    whole = faces.discs(table)
    hidden = table.copy()
    hidden.loc[hidden.index[10:20], (list(FACE), ["x", "y"])] = np.nan
    found = faces.discs(hidden)
    assert_allclose(found[10:20, :2], whole[10:20, :2], atol=1e-6)
    assert (found[10:20, 2] > whole[10:20, 2] * 1.2).all()


def test_a_face_that_was_never_found_is_covered_above_the_shoulders():
    found = faces.discs(body(TIMES[:2], without=tuple(FACE)))
    for joint in FACE:
        assert np.hypot(*(np.array([100, 60]) + FACE[joint] - found[0, :2])) < found[0, 2] * 1.1


def test_shoulders_alone_are_enough():
    found = faces.discs(body(TIMES[:2], without=(*FACE, *(set(BODY) - {"left_shoulder", "right_shoulder"}))))
    assert np.isfinite(found).all()
    assert (found[:, 1] < 60 + 50).all()


def test_where_nobody_is_no_disc_is():
    table = body(TIMES[:3], without=tuple(JOINTS))
    assert np.isnan(faces.discs(table)).all()
    assert np.isnan(faces.held(faces.discs(table), TIMES[:3])).all()


def test_a_lost_person_stays_covered_and_the_disc_grows():
    found = np.column_stack([np.linspace(0, 29, 30), np.full(30, 50.0), np.full(30, 10.0)])
    gappy = found.copy()
    gappy[:3] = gappy[10:20] = gappy[-3:] = np.nan
    filled = faces.held(gappy, TIMES)
    known = np.isfinite(gappy[:, 0])
    assert_array_equal(filled[known], found[known])
    assert_allclose(filled[10:20, :2], found[10:20, :2])
    assert (filled[~known, 2] > 10).all()
    assert_allclose(filled[0, :2], found[0, :2], atol=1e-9)  # it came from where it goes
    assert filled[15, 2] > filled[10, 2]
    assert filled[:, 2].max() < 10 * 2 + 0.25 * 11


def test_everybody_is_covered_and_held_for_three_seconds_both_ways():
    times = np.arange(300) / 30
    seen = long(body(times[140:150], at=(300.0, 60.0)), 1)
    rows = faces.others(seen, times)
    covered = np.array([len(row) > 0 for row in rows])
    assert covered[140:150].all()
    assert covered[51:239].all()
    assert not covered[:49].any()
    assert not covered[241:].any()
    assert rows[125][0, 2] > rows[145][0, 2]


def test_what_was_found_in_two_frames_only_is_held_for_a_second():
    times = np.arange(300) / 30
    rows = faces.others(long(body(times[140:142], at=(300.0, 60.0)), 1), times)
    covered = np.array([len(row) > 0 for row in rows])
    assert covered[111:170].all()
    assert not covered[:109].any()
    assert not covered[172:].any()


def test_a_stretch_knows_of_faces_that_were_found_before_it_and_of_none_that_were_elsewhere():
    times = np.arange(300) / 30
    seen = long(body(times[:150], at=(300.0, 60.0)), 1)
    whole = faces.others(seen, times)
    part = faces.others(seen, times[160:200])
    for one, other in zip(whole[160:200], part, strict=True):
        assert_allclose(one, other)
    assert max(len(row) for row in faces.others(seen, times[100:140])) == 1


def test_a_bystander_who_walks_is_not_covered_twice():
    seen = pd.concat([long(body(TIMES, step=(2.0, 0.0)), 0), long(body(TIMES, at=(400.0, 60.0), step=(-2.0, 0.0)), 1)])
    assert {len(row) for row in faces.others(seen, TIMES)} == {2}


def test_a_bystanders_face_is_in_the_scene_besides_the_persons():
    table = body(TIMES)
    seen = pd.concat([long(table, 0), long(body(TIMES, at=(400.0, 60.0)), 1)])
    scene = overlay.prepare((640, 480), TIMES, np.arange(30), raw=table, smoothed=table, detections=seen)
    assert {len(row) for row in scene.faces} == {2}
    assert {len(row) for row in overlay.prepare((640, 480), TIMES, np.arange(30), raw=table, smoothed=table).faces} == {
        1
    }


def test_a_stretchs_faces_are_those_of_the_whole_scene_also_where_the_person_was_found_before_it_only():
    times = np.arange(270) / 30
    table = body(times, step=(0.4, 0.0))
    table.loc[times[90:]] = np.nan
    seen = pd.concat([long(body(times[:90], step=(0.4, 0.0)), 0), long(body(times[150:], at=(400.0, 60.0)), 1)])
    whole, part = (
        overlay.prepare((640, 480), times[rows], np.arange(270)[rows], raw=table, smoothed=table, detections=seen).faces
        for rows in (slice(None), slice(210, 260))
    )
    assert {len(row) for row in part} == {2}
    for one, other in zip(whole[210:260], part, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("radius", [7, 30, 80])
def test_covering_leaves_no_detail_inside_and_everything_outside(radius):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (200, 220, 3), dtype=np.uint8)
    covered = picture.copy()
    covering.cover(Canvas.rgb(covered), np.array([[100.4, 90.6, radius]]))
    y, x = np.mgrid[:200, :220]
    away = np.hypot(x - 100.4, y - 90.6)
    assert_array_equal(covered[away > radius + 1.5], picture[away > radius + 1.5])
    inside = covered[away < radius - 1.5].astype(float)
    assert np.abs(inside - picture[away < radius - 1.5]).mean() > 40
    row = covered[90, int(100 - radius / 2) : int(100 + radius / 2)].astype(int)
    assert (np.ptp(row, axis=0) <= 1).all()


@pytest.mark.parametrize("centre", [(-5, 30), (119, 99), (60, -20), (500, 500)])
def test_a_face_partly_or_wholly_outside_the_picture(centre):
    picture = np.full((100, 120, 3), 90, np.uint8)
    covering.cover(Canvas.rgb(picture), np.array([[*centre, 25.0]]))
    assert_array_equal(picture, 90)


def test_faces_are_covered_unless_told_otherwise():
    table = body(TIMES[:1], at=(160.0, 80.0))
    scene = overlay.prepare((320, 320), TIMES[:1], np.array([0]), raw=table, smoothed=table)
    picture = np.random.default_rng(0).integers(0, 255, (320, 320, 3), dtype=np.uint8)
    quiet = {"show_panel": False, "trail_s": 0.0}
    blurred = overlay.draw(picture, scene, 0, options=overlay.OverlayOptions(**quiet))
    shown = overlay.draw(picture, scene, 0, options=overlay.OverlayOptions(blur_faces=False, **quiet))
    face = (slice(60, 95), slice(140, 165))
    assert_array_equal(shown[face], picture[face])
    assert cv2.Laplacian(blurred[face], cv2.CV_64F).std() < cv2.Laplacian(picture[face], cv2.CV_64F).std() / 10


# The scene


def test_an_arc_spans_the_angle_that_is_written():
    table = body(TIMES[:2])
    labels = [
        AngleLabel("{near}_knee_flexion_deg", "{near}_knee", "knee"),
        AngleLabel("trunk_lean_deg", "{near}_hip", "t"),
    ]
    signals = pd.DataFrame({"left_knee_flexion_deg": 90.0, "trunk_lean_deg": 4.0}, index=table.index)
    scene = overlay.prepare(
        (640, 480), TIMES[:2], np.arange(2), raw=table, smoothed=table, signals=signals, near_side="left", angles=labels
    )
    knee, trunk = scene.angles
    assert_allclose(np.abs(knee.end - knee.start), 90.0)  # thigh level, shank upright
    assert_allclose(knee.start, 0.0)
    assert_allclose(trunk.start, -90.0)
    assert_allclose(trunk.end - trunk.start, np.degrees(np.arctan2(10, 100)))
    assert_allclose(knee.vertex[0], keypoints.points(table, "left_knee")[0])


def test_a_signal_that_is_missing_or_unknown_is_not_written():
    table = body(TIMES[:2])
    labels = [AngleLabel("{near}_wing_flexion_deg", "{near}_knee", "wing")]
    scene = overlay.prepare((640, 480), TIMES[:2], np.arange(2), raw=table, smoothed=table, angles=labels)
    assert np.isnan(scene.angles[0].value).all()
    overlay.draw(np.zeros((480, 640, 3), np.uint8), scene, 0)


def test_near_and_far_edges_share_nothing_and_the_trunk_is_near():
    table = body(TIMES[:1])
    scene = overlay.prepare((640, 480), TIMES[:1], np.array([0]), raw=table, smoothed=table, near_side="right")
    names = {
        side: {frozenset(scene.joints[i] for i in edge) for edge in getattr(scene, side)} for side in ("near", "far")
    }
    assert frozenset({"right_hip", "right_knee"}) in names["near"]
    assert frozenset({"left_hip", "left_knee"}) in names["far"]
    assert not names["near"] & names["far"]
    assert not any(joint in skeleton.FACE for joint in scene.joints)


def test_frames_without_a_row_show_nothing():
    table = body(TIMES[:10])
    scene = overlay.prepare((640, 480), TIMES, np.arange(30), raw=table, smoothed=table)
    assert np.isnan(scene.points[10:]).all()
    assert np.isfinite(scene.points[:10]).all()
    overlay.draw(np.zeros((480, 640, 3), np.uint8), scene, 20)


def test_speed_runs_from_slow_to_fast_and_metres_come_first():
    table = body(TIMES)
    signals = pd.DataFrame(
        {"left_wrist_speed_px_s": 9.0, "left_wrist_speed_m_s": np.linspace(0, 2, 30)}, index=table.index
    )
    scene = overlay.prepare(
        (640, 480), TIMES, np.arange(30), raw=table, smoothed=table, signals=signals, trail="left_wrist"
    )
    assert scene.speed[0] == 0
    assert scene.speed[-1] == 1
    assert (np.diff(scene.speed) >= 0).all()


def test_repetitions_are_counted_up_to_the_last():
    table = body(TIMES)
    labels = pd.DataFrame({"repetition": [0] * 10 + [1] * 10 + [2] * 10, "phase": "up"}, index=table.index)
    scene = overlay.prepare((640, 480), TIMES, np.arange(30), raw=table, smoothed=table, labels=labels)
    assert scene.total == 2
    assert scene.count[15] == 1


# Drawing


def grey(size=(240, 320)) -> np.ndarray:
    return np.full((*size, 3), 128, np.uint8)


@given(colour=st.tuples(*[st.integers(0, 255)] * 3), bt709=st.booleans())
@settings(max_examples=30, deadline=None)
def test_planes_and_rgb_show_the_same_colours(colour, bt709):
    plain, planes = grey(), Planes.of_rgb(grey())
    lines = np.array([[[40.0, 50.0], [200.0, 180.0]]])
    Canvas.rgb(plain).lines(lines, colour, 12)
    Canvas.nv12(planes.luma, planes.chroma, bt709=bt709).lines(lines, colour, 12)
    picture = planes.picture
    picture.colorspace = 1 if bt709 else 6
    shown = picture.reformat(
        format="rgb24", src_colorspace="ITU709" if bt709 else "ITU601", src_color_range="MPEG", dst_color_range="JPEG"
    ).to_ndarray()
    assert_allclose(shown[115, 120].astype(float), plain[115, 120], atol=6)


@pytest.mark.parametrize("kind", ["rgb", "nv12"])
def test_a_sprite_keeps_inside_the_picture(kind):
    picture = grey()
    planes = Planes.of_rgb(picture)
    drawn = Canvas.rgb(picture) if kind == "rgb" else Canvas.nv12(planes.luma, planes.chroma, bt709=True)
    sprite = canvas.Sprite(np.full((20, 40, 3), 255, np.uint8), np.full((20, 40), 255, np.uint8))
    drawn.lay(sprite, -500, 10_000)
    light = drawn.layers[0].array.reshape(240, 320, -1)[..., 0]
    assert (light[-20:, :40] > 230).all()
    assert (light > 200).sum() == 800


def test_a_sprite_larger_than_the_picture_is_cut():
    picture = grey((16, 20))
    sprite = canvas.Sprite(np.full((40, 60, 3), 255, np.uint8), np.full((40, 60), 255, np.uint8))
    Canvas.rgb(picture).lay(sprite, 0, 0)
    assert (picture == 255).all()


def test_drawing_leaves_the_given_picture_alone():
    table = body(TIMES[:1])
    scene = overlay.prepare((320, 320), TIMES[:1], np.array([0]), raw=table, smoothed=table)
    picture = grey((320, 320))
    drawn = overlay.draw(picture, scene, 0)
    assert_array_equal(picture, 128)
    assert (drawn != picture).any()


@pytest.mark.parametrize("size", [(64, 48), (90, 160), (640, 480), (1921, 1081)])
def test_any_size_of_picture_can_be_drawn_on(size):
    table = body(TIMES, at=(size[0] / 2, size[1] / 4), scale=size[1] / 400)
    labels = pd.DataFrame({"repetition": 1, "phase": "up", "count": 1}, index=table.index)
    signals = pd.DataFrame({"left_knee_flexion_deg": 90.0}, index=table.index)
    scene = overlay.prepare(
        size,
        TIMES,
        np.arange(30),
        raw=table,
        smoothed=table,
        signals=signals,
        labels=labels,
        trail="left_wrist",
        phases={"up": "up"},
        angles=[AngleLabel("{near}_knee_flexion_deg", "{near}_knee", "knee")],
    )
    options = overlay.OverlayOptions(show_raw=True)
    planes = Planes.of_rgb(np.full((size[1], size[0], 3), 90, np.uint8))
    Painter(scene, options).draw(Canvas.nv12(planes.luma, planes.chroma, bt709=True), 29)
    assert overlay.draw(np.full((size[1], size[0], 3), 90, np.uint8), scene, 29, options=options).shape == (
        *size[::-1],
        3,
    )


def test_raw_keypoints_have_a_colour_of_their_own():
    table = body(TIMES[:1], at=(160.0, 60.0))
    raw = keypoints.with_positions(table, keypoints.positions(table) + np.array([20.0, 0.0]))
    scene = overlay.prepare((320, 320), TIMES[:1], np.array([0]), raw=raw, smoothed=table)
    x, y = keypoints.points(raw, "left_knee")[0].astype(int)
    without = overlay.draw(grey((320, 320)), scene, 0)
    with_raw = overlay.draw(grey((320, 320)), scene, 0, options=overlay.OverlayOptions(show_raw=True))
    assert_allclose(with_raw[y, x], (204, 121, 167), atol=3)
    assert_array_equal(without[y, x], 128)


# Where labels stand


def test_labels_keep_off_the_body_the_panel_and_each_other():
    vertex = np.tile([[200.0, 200.0]], (50, 1))
    wall = np.stack(np.meshgrid(np.arange(205, 330, 5), np.arange(205, 300, 5)), axis=-1).reshape(1, -1, 2)
    panel = (80.0, 185.0, 195.0, 250.0)  # left of the joint; the wall is below and to the right
    offsets = placing.places(
        [vertex, vertex], [(60, 20), (60, 20)], np.tile(wall, (50, 1, 1)), (400, 400), gap=8, taken=[panel]
    )
    boxes = [np.concatenate([vertex[0] + offset, vertex[0] + offset + (60, 20)]) for offset in offsets]
    for left, top, right, bottom in boxes:
        hidden = ((wall[0] > (left, top)) & (wall[0] < (right, bottom))).all(axis=1).sum()
        assert hidden == 0
        assert right <= panel[0] or left >= panel[2] or bottom <= panel[1] or top >= panel[3]
    (a, b) = boxes
    assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_a_label_stays_inside_the_picture():
    vertex = np.tile([[395.0, 200.0]], (5, 1))
    (offset,) = placing.places([vertex], [(60, 20)], np.full((5, 1, 2), np.nan), (400, 400), gap=8)
    assert vertex[0, 0] + offset[0] + 60 <= 400


# Planes


@pytest.mark.parametrize(
    ("form", "size"),
    [(form, (160, 96)) for form in ("yuv420p", "yuvj420p", "yuv444p", "yuv420p10le")]
    + [("yuv444p", (161, 97)), ("yuv420p", (160, 98))],
)
def test_planes_show_the_frames_picture(tmp_path, form, size):
    options = {"qp": "0"} if form == "yuv444p" else {"crf": "2"}
    path = clips.write(tmp_path / "a.mp4", 3, pixel_format=form, options=options, size=size)
    frame = video.frame_at(video.open_clip(path), 1)
    planes = Planes.of(frame)
    assert planes.luma.shape == (size[1] + size[1] % 2, size[0] + size[0] % 2)
    space = "ITU709" if planes.space == 1 else "ITU601"
    shown = planes.picture.reformat(format="rgb24", src_colorspace=space, dst_color_range="JPEG").to_ndarray()
    difference = np.abs(shown[: size[1], : size[0]].astype(float) - frame.rgb())
    assert difference.mean() < 3


def test_planes_are_a_copy_that_the_decoder_does_not_look_at(tmp_path):
    clip = video.open_clip(clips.write(tmp_path / "a.mp4", 25, options={"g": "100", "bf": "2"}))
    seen = []
    for frame in video.frames(clip):
        Planes.of(frame).luma[:] = 0
        seen.append(clips.number_of(frame.rgb()))
    assert seen == list(range(25))


# The file


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    stamps = np.cumsum([0, 33, 34, 50, 20, 33, 70, 33, 33, 40, 25, 33, 33, 90, 33, 33, 33, 41, 33, 33]).tolist()
    path = clips.write(
        tmp_path_factory.mktemp("overlay") / "uneven.mp4", stamps_ms=stamps, size=(320, 240), options={"bf": "2"}
    )
    return video.open_clip(path)


def test_the_file_has_the_sources_size_and_times_no_sound_and_says_nothing(uneven, tmp_path):
    table = body(uneven.times_s)
    out = video.open_clip(overlay.write_scene(uneven, scene_of(uneven, table), tmp_path / "out.mp4"))
    assert (out.width, out.height) == (uneven.width, uneven.height)
    assert_allclose(out.times_s, uneven.times_s, atol=1e-9)
    assert out.duration_s == pytest.approx(uneven.duration_s, abs=1e-3)
    with av.open(str(out.path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        told = {**container.metadata, **container.streams.video[0].metadata}
        assert not {"location", "com.apple.quicktime.location.ISO6709", "creation_time", "title", "comment"} & set(told)
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_marks_stand_on_the_frame_that_they_belong_to(uneven, tmp_path):
    table = body(uneven.times_s, at=(60.0, 70.0), scale=0.5, step=(8.0, 0.0))
    quiet = overlay.OverlayOptions(show_panel=False, blur_faces=False, trail_s=0.0)
    out = video.open_clip(overlay.write_scene(uneven, scene_of(uneven, table), tmp_path / "out.mp4", options=quiet))
    knee = keypoints.points(table, "left_knee")
    for before, after in zip(video.frames(uneven), video.frames(out), strict=True):
        x, y = knee[after.index].round().astype(int)
        changed = np.abs(after.rgb().astype(float) - before.rgb()).max(axis=2)
        assert changed[y - 1 : y + 2, x - 1 : x + 2].mean() > 60
        assert clips.number_of(after.rgb()) == before.index


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_turned_source_is_written_upright(tmp_path, angle):
    one, third = 1 << 16, 1 << 30
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[angle]
    matrix = (cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, third)
    clip = video.open_clip(clips.turned(clips.write(tmp_path / "a.mp4", 6), matrix))
    table = body(clip.times_s, at=(48.0, 60.0), scale=0.1)
    quiet = overlay.OverlayOptions(show_panel=False, blur_faces=False, trail_s=0.0)
    out = video.open_clip(overlay.write_scene(clip, scene_of(clip, table), tmp_path / "o.mp4", options=quiet))
    assert (out.width, out.height) == (clip.width, clip.height)
    assert out.rotation_deg == 0
    for before, after in zip(video.frames(clip), video.frames(out), strict=True):
        assert clips.number_of(np.rot90(after.rgb(), angle // 90)) == before.index


def test_stretched_pixels_and_a_stretch_of_the_clip(tmp_path):
    path = clips.write(tmp_path / "a.mp4", 20, ratio=Fraction(3, 2))
    clip = video.open_clip(path, start_s=0.2, every=2)
    out = video.open_clip(overlay.write_scene(clip, scene_of(clip, body(clip.times_s)), tmp_path / "o.mp4"))
    assert (out.width, out.height) == (240, 96)
    assert_allclose(out.times_s, clip.times_s - clip.times_s[0], atol=1e-6)


def test_a_fault_in_any_thread_is_raised_and_leaves_no_file(uneven, tmp_path, monkeypatch):
    scene = scene_of(uneven, body(uneven.times_s))
    before = threading.active_count()

    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    for place in ("kinebench.video.Writer.write", "kinebench.overlay.drawing.Painter.draw"):
        with monkeypatch.context() as patch:
            patch.setattr(place, broken)
            with pytest.raises(OSError, match="No space"):
                overlay.write_scene(uneven, scene, tmp_path / "out.mp4")
        assert not list(tmp_path.iterdir())

    def broken_frames(clip):
        yield video.frame_at(clip, 0)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(video, "frames", broken_frames)
    with pytest.raises(OSError, match="No space"):
        overlay.write_scene(uneven, scene, tmp_path / "out.mp4")
    assert not list(tmp_path.iterdir())
    assert threading.active_count() == before


def test_few_pictures_are_in_memory_however_slow_the_encoder(tmp_path, monkeypatch):
    clip = video.open_clip(clips.write(tmp_path / "a.mp4", 60))
    alive = {"now": 0, "most": 0}
    decode, encode = video.frames, video.Writer.write

    def counted(clip):
        for frame in decode(clip):
            alive["now"] += 1
            alive["most"] = max(alive.values())
            yield frame

    def slow(self, *arguments):
        encode(self, *arguments)
        time.sleep(0.004)
        alive["now"] -= 1

    monkeypatch.setattr(video, "frames", counted)
    monkeypatch.setattr(video.Writer, "write", slow)
    overlay.write_scene(clip, scene_of(clip, body(clip.times_s)), tmp_path / "out.mp4")
    assert alive["now"] == 0
    assert 4 <= alive["most"] <= 14


def test_of_the_far_side_nothing_hangs_in_the_air():
    joints = ("left_hip", "left_knee", "left_ankle", "left_heel", "right_hip", "right_knee", "right_ankle")
    points = np.arange(2 * 7 * 2, dtype=float).reshape(2, 7, 2)
    points[1, 1] = np.nan
    points[1, 5] = np.nan
    joined = bones.joined(points, joints, "left")
    np.testing.assert_array_equal(joined[0], points[0])
    assert np.isnan(joined[1, [1, 2, 3]]).all()
    np.testing.assert_array_equal(joined[1, [0, 4, 6]], points[1, [0, 4, 6]])
