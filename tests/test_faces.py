"""No face can be recognised: on rendered clips, whose truth is known, every face in view is covered in every frame."""

import dataclasses
from functools import cache

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import bystanders, extraction, overlay, skeleton, subject, video
from kinebench.extraction import Extraction
from kinebench.overlay import covering, faces, holding
from kinebench.overlay.canvas import Canvas
from kinebench.overlay.planes import Planes
from tests.conftest import SAMPLES

CLIPS = ("crossing", "punch_good", "rowing", "sit_to_stand", "squat_front", "walking_back", "walking_past")
SEEN = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
# Places in the head's middle plane, metres ahead of and above its middle (between the ears) in a person of 1.72 m,
# from `synthetic.figure`: tip of the nose, chin, throat, forehead, hairline.
PROFILE_M = ((0.118, -0.010), (0.095, -0.114), (0.064, -0.114), (0.096, 0.050), (0.070, 0.090))
# Cheek and temple, and how far to either side; half the distance between the ears is 0.044 of the stature.
BESIDE_M = ((0.050, -0.090, 0.045), (0.070, 0.030, 0.055))
STATURE_M, HALF_EARS = 1.72, 0.044
# The same of nose and eyes in `synthetic.body`, as fractions of stature, from between the ears.
NOSE, EYES = np.array([0.068, -0.008]), np.array([0.052, 0.012])


@cache
def found_in(name: str) -> tuple[video.Clip, pd.DataFrame, pd.DataFrame]:
    """A sample clip, everybody whom the default network finds in it, and the truth."""
    clip = video.open_clip(SAMPLES / f"{name}.mp4")
    detections = extraction.detect(clip, Extraction(max_people=3), progress=False)
    return clip, detections, pd.read_csv(SAMPLES / f"{name}.truth.csv")


def face_points(truth: pd.DataFrame) -> np.ndarray:
    """True places all over the face, pixels, shape (frames, points, 2).

    What lies in the head's middle plane is a combination of three points of it, in space as in the picture.
    """
    at = {joint: truth[[f"{joint}_x", f"{joint}_y"]].to_numpy(float) for joint in SEEN}
    ears, eyes = (0.5 * (at[f"left_{part}"] + at[f"right_{part}"]) for part in ("ear", "eye"))
    aside = (at["left_ear"] - at["right_ear"]) / (2 * HALF_EARS * STATURE_M)

    def middle(ahead_m: float, above_m: float) -> np.ndarray:
        wanted = np.array([ahead_m / STATURE_M + 0.004, above_m / STATURE_M - 0.002])
        to_nose, to_eyes = np.linalg.solve(np.column_stack([NOSE, EYES]), wanted)
        return ears + to_nose * (at["nose"] - ears) + to_eyes * (eyes - ears)

    points = [*at.values(), *(middle(*place) for place in PROFILE_M)]
    points += [middle(x, z) + side * out * aside for x, z, out in BESIDE_M for side in (-1, 1)]
    return np.stack(points, axis=1)


def uncovered(clip: video.Clip, truth: pd.DataFrame, discs: list[np.ndarray]) -> list[int]:
    """The frames in which a part of a face that is in view lies in no disc."""
    bad = []
    people = [part for _, part in truth.groupby("person")] if "person" in truth else [truth]
    for person in people:
        points, numbers = face_points(person), person["frame"].to_numpy()
        visible = [f"{joint}_visible" for joint in SEEN if f"{joint}_visible" in person]
        shown = person[visible].to_numpy().max(axis=1) > 0 if visible else np.ones(len(person), bool)
        for number, there, in_view in zip(numbers, points, shown, strict=True):
            inside = ((there >= 0) & (there <= [clip.width - 1, clip.height - 1])).all(axis=1) & in_view
            here = discs[number]
            away = np.hypot(*(there[:, None] - here[None, :, :2]).transpose(2, 0, 1))
            bad += [int(number)] * bool((~(away <= here[None, :, 2]).any(axis=1) & inside).any())
    return bad


def share_covered(clip: video.Clip, discs: list[np.ndarray]) -> float:
    """Which part of the picture is covered, mean over the frames."""
    y, x = np.mgrid[: clip.height : 8, : clip.width : 8]
    return float(np.mean([(np.hypot(x - here[:, 0, None, None], y - here[:, 1, None, None])
                           < here[:, 2, None, None]).any(axis=0).mean() for here in discs]))  # fmt: skip


@pytest.mark.parametrize("name", CLIPS)
def test_every_face_in_view_is_covered_in_every_frame(name):
    clip, detections, truth = found_in(name)
    discs = faces.others(detections, clip.times_s)
    assert len(truth["frame"].unique()) == len(clip)
    assert uncovered(clip, truth, discs) == []
    assert share_covered(clip, discs) < 0.05


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("gap_s", [(0.0, 1.5), (-1.5, 0.0), (0.9, 2.9), (1.7, 3.7)], ids=str)
def test_a_person_lost_for_a_while_stays_covered(name, gap_s):
    clip, detections, truth = found_in(name)
    start, stop = (edge if edge > 0 or gap_s[1] > edge >= 0 else clip.times_s[-1] + edge for edge in gap_s)
    lost = detections[(detections["time_s"] < start) | (detections["time_s"] > stop)]
    assert len(lost) < len(detections)
    assert uncovered(clip, truth, faces.others(lost, clip.times_s)) == []


@pytest.mark.parametrize("name", CLIPS)
def test_who_is_found_in_every_third_frame_stays_covered(name):
    clip, detections, truth = found_in(name)
    kept = np.random.default_rng(3).choice(len(clip), len(clip) // 3, replace=False)
    discs = faces.others(detections[detections["frame"].isin(kept)], clip.times_s)
    assert uncovered(clip, truth, discs) == []


@pytest.mark.parametrize("name", CLIPS)
def test_a_face_of_which_single_points_are_found_is_covered(name):
    clip, detections, truth = found_in(name)
    face = detections["joint"].isin(skeleton.FACE)
    kept = ~face | (np.random.default_rng(5).random(len(detections)) < 0.3)
    assert uncovered(clip, truth, faces.others(detections[kept], clip.times_s)) == []


@pytest.mark.parametrize("name", CLIPS)
def test_where_no_face_is_found_for_a_third_of_the_clip_the_shoulders_tell(name):
    clip, detections, truth = found_in(name)
    end = clip.times_s[-1]
    hidden = detections["joint"].isin(skeleton.FACE) & detections["time_s"].between(end / 3, 2 * end / 3)
    assert uncovered(clip, truth, faces.others(detections[~hidden], clip.times_s)) == []


# What is written

SUBJECT = subject.Subject()
NOSE_AND_EYES = ("nose", "left_eye", "right_eye")


def detail(picture: np.ndarray, x: float, y: float, half: int) -> float:
    """How much there is to see in a square: standard deviation of the brightness' second derivative."""
    part = cv2.cvtColor(picture[int(y) - half : int(y) + half, int(x) - half : int(x) + half], cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(part, cv2.CV_64F).std())


def shown_faces(name: str, written: video.Clip, every: int = 1) -> tuple[list[int], int]:
    """`shown` of what was made of a sample clip."""
    clip, truth = video.open_clip(SAMPLES / f"{name}.mp4", every=every), pd.read_csv(SAMPLES / f"{name}.truth.csv")
    return shown(clip, truth, written)


def shown(clip: video.Clip, truth: pd.DataFrame, written: video.Clip) -> tuple[list[int], int]:
    """The frames of what was made of a clip in which a true face can be seen, and how many there were to see."""
    rows = dict(list(truth.groupby("frame")))
    bad, looked_at = [], 0
    for before, after in zip(video.frames(clip), video.frames(written), strict=True):
        seen, there = seen_in(before.rgb(), after.rgb(), rows[before.number])
        bad += [before.number] * seen
        looked_at += there
    return bad, looked_at


def seen_in(before: np.ndarray, after: np.ndarray, people: pd.DataFrame, scale: float = 1.0) -> tuple[int, int]:
    """How many true faces can be seen in what was made of a picture, and how many there were to see.

    people: a row of the truth for each; scale: by which both pictures are smaller than the clip's.
    """
    height, width = before.shape[:2]
    bad = looked_at = 0
    for _, person in people.iterrows():
        places = scale * np.array([[person[f"{joint}_x"], person[f"{joint}_y"]] for joint in NOSE_AND_EYES])
        half = max(int(np.hypot(*(places[0] - places[1]))), 5)
        x, y = places.mean(axis=0)
        inside = half < x < width - half and half < y < height - half
        hidden = max(person.get(f"{joint}_visible", 1.0) for joint in NOSE_AND_EYES) == 0
        if inside and not hidden and (there := detail(before, x, y, half)) > 4.0:
            looked_at += 1
            bad += detail(after, x, y, half) > max(0.3 * there, 2.0)
    return bad, looked_at


@pytest.mark.parametrize("name", ["crossing", "crossing_back", "sit_to_stand"])
def test_with_default_settings_no_face_can_be_seen_in_the_annotated_video_bystanders_included(name, tmp_path):
    clip = video.open_clip(SAMPLES / f"{name}.mp4")
    detections = extraction.detect(clip, Extraction(), progress=False)
    assert set(detections["person"]) == {0}
    followed = subject.follow(detections, clip.times_s, clip.width, clip.height, extraction.joints(detections), SUBJECT)
    seen = bystanders.with_all(clip, detections)
    table = followed.keypoints
    scene = overlay.prepare(
        (clip.width, clip.height), clip.times_s, clip.frame_numbers, raw=table, smoothed=table, detections=seen
    )
    # Lines and letters over somebody's covered face would be taken for something to be seen in it.
    scene = dataclasses.replace(scene, points=np.full_like(scene.points, np.nan))
    written = overlay.write_scene(
        clip, scene, tmp_path / "overlay.mp4", options=overlay.OverlayOptions(show_panel=False, trail_s=0.0)
    )
    bad, looked_at = shown_faces(name, video.open_clip(written))
    assert bad == []
    assert looked_at > len(clip) / 2
    # The covering hides faces, not the movement.
    assert share_covered(clip, list(scene.faces)) < 0.1


@pytest.fixture(scope="module", name="small")
def _small(tmp_path_factory) -> tuple[video.Clip, pd.DataFrame]:
    """Somebody in front, and in a corner two who are a third and a seventh of the picture high; the truth of these."""
    front, behind = (video.open_clip(SAMPLES / f"{name}.mp4", stop_s=4.5) for name in ("sit_to_stand", "crossing"))
    scale = 0.5
    path = tmp_path_factory.mktemp("small") / "small.mp4"
    with video.Writer(path, like=behind, size=(1280, 720)) as writer:
        for one, other in zip(video.frames(front), video.frames(behind), strict=True):
            picture = cv2.resize(one.rgb(), (1280, 720), interpolation=cv2.INTER_CUBIC)
            inset = cv2.resize(other.rgb(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            picture[: inset.shape[0], -inset.shape[1] :] = inset
            writer.write(picture, one.index)
    truth = pd.read_csv(SAMPLES / "crossing.truth.csv")
    for column in truth.filter(regex="_[xy]$"):
        truth[column] = scale * truth[column] + (1280 - inset.shape[1]) * column.endswith("_x")
    return video.open_clip(path), truth


def test_the_faces_of_people_who_are_small_in_the_picture_are_covered(small, tmp_path):
    clip, truth = small
    detections = extraction.detect(clip, Extraction(), progress=False)
    scene = overlay.prepare(
        (clip.width, clip.height),
        clip.times_s,
        clip.frame_numbers,
        raw=(
            table := subject.follow(
                detections, clip.times_s, clip.width, clip.height, extraction.joints(detections), SUBJECT
            ).keypoints
        ),
        smoothed=table,
        detections=bystanders.with_all(clip, detections),
    )
    scene = dataclasses.replace(scene, points=np.full_like(scene.points, np.nan))
    written = overlay.write_scene(
        clip, scene, tmp_path / "overlay.mp4", options=overlay.OverlayOptions(show_panel=False, trail_s=0.0)
    )
    bad, looked_at = shown(clip, truth, video.open_clip(written))
    assert bad == []
    assert looked_at > len(clip) / 2


def test_the_measured_person_of_a_second_look_is_covered_once():
    clip, detections, _ = found_in("sit_to_stand")
    followed = subject.follow(detections, clip.times_s, clip.width, clip.height, extraction.joints(detections), SUBJECT)
    own = faces.discs(followed.keypoints)
    rest = faces.others(detections[detections["frame"] % 3 == 0], clip.times_s, own=own)
    assert all(len(each) == 0 for each in rest)


# What is left of a face


@pytest.fixture(scope="module", name="twins")
def _twins() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Frames of two people who differ in the head alone, and the disc around the true head."""
    made = []
    for name, other, number in (("sit_to_stand", "punch_good", 60), ("rowing", "squat_front", 100)):
        picture, disc = _head(name, number)
        stranger, strange = _head(other, 40)
        # The stranger's head, as large, in the same place.
        zoom = strange[2] / disc[2]
        matrix = np.array([[zoom, 0, strange[0] - zoom * disc[0]], [0, zoom, strange[1] - zoom * disc[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(stranger, matrix, picture.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
        y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
        face = np.hypot(x - disc[0], y - disc[1]) < disc[2] - 2
        made.append((picture, np.where(face[..., None], moved, picture), disc))
    return made


def _head(name: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """A sample clip's frame, and the disc around the true head in it."""
    clip, _, truth = found_in(name)
    row = truth.iloc[number]
    centre = [0.5 * (row[f"left_ear_{axis}"] + row[f"right_ear_{axis}"]) for axis in "xy"]
    trunk = np.hypot(row["left_shoulder_x"] - row["left_hip_x"], row["left_shoulder_y"] - row["left_hip_y"])
    return video.frame_at(clip, number).rgb(), np.array([*centre, faces.OF_TRUNK * trunk])


def covered(picture: np.ndarray, disc: np.ndarray) -> np.ndarray:
    copy = picture.copy()
    covering.cover(Canvas.rgb(copy), disc[None])
    return copy


def test_twins_who_differ_in_the_face_differ_in_one_colour_once_it_is_covered(twins):
    for one, two, disc in twins:
        assert np.abs(one.astype(int) - two).max() > 40
        change = covered(one, disc).astype(int) - covered(two, disc)
        y, x = np.mgrid[: one.shape[0], : one.shape[1]]
        inner = np.hypot(x - disc[0], y - disc[1]) < covering.PLAIN * disc[2] - 2
        # In the middle the two pictures are plain; outward the difference of their means fades.
        for picture in (covered(one, disc), covered(two, disc)):
            assert (np.ptp(picture[inner], axis=0) <= 1).all()
        whole = change[inner].mean(axis=0)
        share = change[..., np.abs(whole).argmax()] / whole[np.abs(whole).argmax()]
        assert share.min() > -0.15
        assert share.max() < 1.15


def shuffled(picture: np.ndarray, disc: np.ndarray, seed: int) -> np.ndarray:
    """The same colours inside the disc, every pixel at another place."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    inside = np.hypot(x - disc[0], y - disc[1]) < disc[2] - 1
    mixed = picture.copy()
    mixed[inside] = np.random.default_rng(seed).permutation(picture[inside], axis=0)
    return mixed


def test_a_face_whose_pixels_are_all_mixed_up_looks_the_same_once_it_is_covered(twins):
    for number, (one, _, disc) in enumerate(twins):
        mixed = shuffled(one, disc, number)
        assert (mixed != one).any()
        assert_array_equal(covered(mixed, disc), covered(one, disc))


def test_the_planes_of_a_codec_keep_no_detail_either(twins):
    one, _, disc = twins[0]
    for picture in (one, shuffled(one, disc, 7)):
        planes = Planes.of_rgb(picture)
        covering.cover(Canvas.nv12(planes.luma, planes.chroma, bt709=planes.bt709), disc[None])
        for plane, scale in ((planes.luma, 1.0), (planes.chroma, 0.5)):
            y, x = np.mgrid[: plane.shape[0], : plane.shape[1]]
            inner = np.hypot(x - disc[0] * scale, y - disc[1] * scale) < (covering.PLAIN * disc[2] - 3) * scale
            assert (np.ptp(plane[inner].reshape(inner.sum(), -1).astype(int), axis=0) <= 1).all()


@given(
    st.lists(st.tuples(st.floats(-60, 260), st.floats(-60, 220), st.floats(2, 120)), min_size=1, max_size=4),
    st.integers(0, 2**16),
)
@settings(max_examples=30)
def test_covered_discs_show_nothing_of_what_another_disc_covers(discs, seed):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (160, 200, 3), dtype=np.uint8)
    y, x = np.mgrid[:160, :200]
    placed = np.array(discs)
    inside = (np.hypot(x - placed[:, 0, None, None], y - placed[:, 1, None, None]) < placed[:, 2, None, None] - 1).any(
        0
    )
    shown = picture.copy()
    covering.cover(Canvas.rgb(shown), placed)
    away = np.hypot(x - placed[:, 0, None, None], y - placed[:, 1, None, None]) > placed[:, 2, None, None] + 2
    assert_array_equal(shown[away.all(0)], picture[away.all(0)])
    # A single pixel, wherever it lies in a disc, moves no other by more than its share of a mean and a rounding.
    if inside.any():
        at = tuple(rng.choice(np.argwhere(inside)))
        other = picture.copy()
        other[at] = 255 - other[at]
        covering.cover(Canvas.rgb(other), placed)
        smallest = min(max(((np.hypot(x - a, y - b) < r).sum()), 1) for a, b, r in discs)
        assert np.abs(shown.astype(int) - other).max() <= len(discs) * 255 / smallest + 2


def test_the_rim_of_a_disc_shows_nothing_of_the_face_that_another_disc_covers():
    rng = np.random.default_rng(4)
    picture = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    discs = np.array([[60.0, 60.0, 30.0], [95.0, 60.0, 30.0]])
    y, x = np.mgrid[:120, :160]
    one, two = (np.hypot(x - a, y - b) < radius + 3 for a, b, radius in discs)
    # Of the second face, only what lies at the first one's rim or beyond: mixed up, no mean changes.
    beside = (np.hypot(x - 95, y - 60) < 28) & ~one
    mixed = picture.copy()
    mixed[beside] = rng.permutation(picture[beside], axis=0)
    shown = [picture, mixed]
    for each in shown:
        covering.cover(Canvas.rgb(each), discs)
    assert_array_equal(shown[0][one | two], shown[1][one | two])


def test_a_covered_picture_is_one_colour():
    picture = np.random.default_rng(2).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    covering.cover_whole(Canvas.rgb(picture))
    assert (np.ptp(picture.reshape(-1, 3).astype(int), axis=0) <= 1).all()


# Holding


TIMES = np.arange(90) / 30


@given(speed=st.floats(-300, 300), first=st.integers(12, 40), length=st.integers(1, 45))
def test_who_goes_evenly_is_covered_in_a_gap_by_little_more_than_the_least(speed, first, length):
    track = np.column_stack([100 + speed * TIMES, np.full(90, 50.0), np.full(90, 20.0)])
    gappy = track.copy()
    gappy[first : first + length] = np.nan
    filled = faces.held(gappy, TIMES)
    assert_allclose(filled[first : first + length, :2], track[first : first + length, :2], atol=1e-6)
    assert (filled[:, 2] <= 20 * (1 + holding.LEAST_AT_MOST) + 1e-6).all()
    assert (filled[first : first + length, 2] > 20).all()


@given(period_s=st.floats(0.8, 2.5), swing=st.floats(10, 200), first=st.integers(60, 90), length=st.integers(1, 60))
@settings(max_examples=50)
def test_who_swings_to_and_fro_is_covered_in_a_gap_of_a_whole_swing(period_s, swing, first, length):
    times = np.arange(240) / 30
    track = np.column_stack(
        [300 + swing * np.sin(2 * np.pi * times / period_s), np.full(240, 90.0), np.full(240, 20.0)]
    )
    gappy = track.copy()
    gappy[first : first + length] = np.nan
    filled = faces.held(gappy, times)
    # The head, half as large as its disc, lies in it.
    assert (np.hypot(*(filled[:, :2] - track[:, :2]).T) + 10 <= filled[:, 2]).all()


def test_faces_of_two_who_pass_each_other_stay_two_tracks():
    left = np.column_stack([50 + 100 * TIMES, np.full(90, 60.0), np.full(90, 15.0)])
    right = np.column_stack([350 - 100 * TIMES, np.full(90, 95.0), np.full(90, 15.0)])
    tracks = faces.tracked([np.array([a, b]) for a, b in zip(left, right, strict=True)], TIMES)
    assert len(tracks) == 2
    assert_array_equal(tracks[0], left)
    assert_array_equal(tracks[1], right)


def test_nobody_in_the_clip_is_no_disc_in_any_frame():
    nobody = pd.DataFrame(columns=["frame", "time_s", "person", "joint", "x", "y", "confidence"])
    assert [len(each) for each in faces.others(nobody, TIMES)] == [0] * 90
    assert [len(each) for each in faces.found(nobody, TIMES)] == [0] * 90


@pytest.mark.parametrize(
    ("settings", "here", "words"),
    [
        ({"max_people": 2}, True, "everybody"),
        ({}, True, "everybody"),
        ({"max_people": None}, False, "everybody"),
        # A third may be there who was not looked for.
        ({"max_people": 2}, False, "2 people at most"),
        ({"max_people": 1}, False, "measured person"),
        ({}, False, "measured person"),
    ],
)
def test_it_is_said_who_was_looked_for(settings, here, words, monkeypatch):
    monkeypatch.setattr(bystanders, "possible", lambda: here)
    assert bystanders.sought({"name": "some", "settings": settings}) == words
