"""Keypoints of other tools on their way into a run: times, sizes, a plain video where there is none; and out again."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import (
    company,
    conversion,
    extraction,
    formats,
    keypoints,
    kinematics,
    recordings,
    reps,
    scale,
    skeleton,
    smoothing,
    subject,
    video,
)
from kinebench.errors import KinebenchError
from kinebench.recordings import placing
from tests.conftest import SAMPLES, shared_file

CLIP = SAMPLES / "sit_to_stand.mp4"
BODY = skeleton.BODY25.joints


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))


def person(x: float, y: float) -> list[float]:
    """BODY_25 numbers of somebody standing at x, y, 200 px tall: a plausible body, confidence 0.8."""
    heights = {"nose": -95, "neck": -75, "shoulder": -75, "elbow": -40, "wrist": -5, "hip": 0, "mid_hip": 0, "knee": 50}
    heights |= {"ankle": 95, "eye": -98, "ear": -97, "heel": 103, "foot_index": 104, "small_toe": 104}
    ahead = {"nose": 12, "eye": 10, "heel": -8, "foot_index": 22, "small_toe": 18}
    numbers = []
    for joint in BODY:
        part = joint.removeprefix("left_").removeprefix("right_")
        side = {"left": 3, "right": -3}.get(joint.split("_")[0], 0)
        numbers += [x + ahead.get(part, 0) + side, y + heights[part], 0.8]
    return numbers


def openpose_folder(folder, frames: dict[int, list[tuple[float, float]]]):
    """A folder as OpenPose writes it: frame number -> where people stand."""
    folder.mkdir()
    for number, places in frames.items():
        people = [{"person_id": [-1], "pose_keypoints_2d": person(*place)} for place in places]
        text = json.dumps({"version": 1.3, "people": people})
        (folder / f"clip_{number:012d}_keypoints.json").write_text(text)
    return folder


def detections(ready: recordings.Ready, **settings) -> tuple[video.Clip, pd.DataFrame]:
    """What a run finds: the extraction's own table on the ready video."""
    clip = video.open_clip(ready.video)
    chosen = extraction.Extraction(estimator="recorded", recording=str(ready.recording), **settings)
    return clip, extraction.detect(clip, chosen, progress=False)


def test_with_a_video_each_frame_has_the_videos_own_time(tmp_path):
    folder = openpose_folder(tmp_path / "json", {frame: [(100 + frame, 200)] for frame in range(0, 566, 7)})
    ready = recordings.ready(folder, clip=CLIP)
    _, found = detections(ready)
    assert ready.video == CLIP
    own = video.open_clip(CLIP)
    seen = found[found["joint"] == "mid_hip"]
    assert_array_equal(seen["frame"], np.arange(0, 566, 7))
    assert_allclose(seen["time_s"], own.times_s[::7])
    assert_allclose(seen["x"], 100 + np.arange(0, 566, 7))


def test_without_a_video_a_plain_one_has_the_recordings_times_and_holds_everyone(tmp_path):
    frames = {0: [(100, 150)], 1: [(110, 150)], 2: [], 4: [(140, 150), (300, 150)], 9: [(190, 150)]}
    ready = recordings.ready(openpose_folder(tmp_path / "json", frames), rate_hz=25.0)
    clip, found = detections(ready)
    assert_allclose(clip.times_s, np.arange(10) / 25, atol=1e-4)
    assert clip.width > found["x"].max()
    assert clip.height > found["y"].max()
    assert sorted(set(found["frame"])) == [0, 1, 4, 9]
    assert (found[found["frame"] == 4]["person"].nunique(), any("plain ground" in note for note in ready.notes)) == (
        2,
        True,
    )
    picture = video.frame_at(clip, 3).rgb()
    assert np.abs(picture.astype(int) - recordings.GROUND).max() <= 3


def test_the_size_that_is_given_is_kept(tmp_path):
    folder = openpose_folder(tmp_path / "json", {0: [(100, 150)], 1: [(110, 150)]})
    clip = video.open_clip(recordings.ready(folder, rate_hz=30.0, size=(640, 360)).video)
    assert (clip.width, clip.height) == (640, 360)


def test_the_same_recording_is_made_ready_once_and_has_its_source_written_down(tmp_path):
    folder = openpose_folder(tmp_path / "json", {0: [(100, 150)], 1: [(110, 150)]})
    one, two = (recordings.ready(folder, rate_hz=30.0) for _ in range(2))
    assert one == two
    source = pd.read_parquet(one.recording).attrs["source"]
    assert (source["format"], source["sha256"]) == ("openpose", recordings.digest(folder))
    (folder / "clip_000000000002_keypoints.json").write_text('{"version": 1.3, "people": []}')
    assert recordings.digest(folder) != source["sha256"]


@pytest.mark.parametrize(
    ("frames", "given", "said"),
    [
        ({0: [(1, 200)], 1: [(1, 200)]}, {}, "--rate"),
        ({0: [], 1: []}, {"rate_hz": 30.0}, "nobody"),
        ({0: [(100, 200)]}, {"rate_hz": 30.0}, "at least two frames"),
        ({0: [(90_000, 200)], 1: [(90_000, 200)]}, {"rate_hz": 30.0}, "16000 px"),
        ({0: [(100, 200)], 1: [(100, 200)]}, {"rate_hz": -1.0}, "frame_rate_hz must be above 0"),
    ],
)
def test_what_a_run_cannot_be_made_of_is_told_in_one_line(tmp_path, frames, given, said):
    with pytest.raises(KinebenchError, match=said) as error:
        recordings.ready(openpose_folder(tmp_path / "json", frames), **given)
    assert "\n" not in str(error.value)


def test_keypoints_and_a_network_exclude_each_other(tmp_path):
    folder = openpose_folder(tmp_path / "json", {0: [(100, 150)], 1: [(110, 150)]})
    with pytest.raises(KinebenchError, match="estimator must be left out"):
        company.source(folder, {"estimator": "blazepose-full"}, rate_hz=30.0)


def test_a_video_is_passed_on_as_it_is():
    assert company.source(CLIP, {"every": 2}) == (CLIP, {"every": 2}, ())


def test_what_kinebench_saved_itself_comes_back_through_the_same_door(tmp_path):
    truth = pd.read_csv(SAMPLES / "sit_to_stand.truth.csv", index_col=None).head(30)
    times = truth["time_s"].to_numpy()
    joints = ("left_hip", "left_knee", "left_ankle")
    values = np.stack([truth[[f"{joint}_x", f"{joint}_y"]].to_numpy() for joint in joints], axis=1)
    saved = keypoints.make(times, joints, np.concatenate([values, np.full((30, 3, 1), 0.9)], axis=2))
    keypoints.save(saved, tmp_path / "k.csv")
    clip, found = detections(recordings.ready(tmp_path / "k.csv", size=(854, 480)))
    assert_allclose(clip.times_s, times, atol=1e-4)
    followed = subject.follow(found, clip.times_s, clip.width, clip.height, joints, subject.Subject())
    assert_allclose(keypoints.positions(followed.keypoints), keypoints.positions(saved), atol=1e-3)


# --- everybody --------------------------------------------------------------------------------------------------------


def test_everyone_who_stays_is_a_run_of_their_own_and_a_passer_by_is_none(tmp_path):
    from kinebench.tasks.first_steps import Settings

    frames = {frame: [(150, 150), (400 + frame, 160)] for frame in range(60)}
    for frame in range(20, 26):
        frames[frame].append((700, 150))
    source, values, _ = company.source(openpose_folder(tmp_path / "json", frames), {}, rate_hz=30.0)
    from kinebench import parameters

    settings = parameters.build(Settings, values)
    assert company.listed(source, settings)["passing"].tolist() == [False, False, True]
    assert [number for number, _ in company.each(source, settings)] == [0, 1]
    for number, chosen in company.each(source, settings):
        assert chosen == {"follow": "person", "follow_person": number}


def test_everyone_is_looked_for_where_the_network_would_look_for_one():
    assert company.with_everyone({})["max_people"] == company.MOST
    assert company.with_everyone({"max_people": 2})["max_people"] == 2
    assert "max_people" not in company.with_everyone({"estimator": "movenet-thunder"})


# --- out again --------------------------------------------------------------------------------------------------------


def test_a_recording_becomes_our_own_table_with_everybody_in_it(tmp_path):
    folder = openpose_folder(tmp_path / "json", {0: [(100, 150), (300, 150)], 1: [(110, 150), (300, 150)]})
    written, _ = conversion.convert(folder, tmp_path / "all.csv", rate_hz=30.0)
    table = pd.read_csv(written[0])
    assert table.groupby("frame")["person"].nunique().tolist() == [2, 2]
    assert formats.recognised(written[0]) == "table"
    again = formats.read(written[0]).detections
    assert_allclose(again["x"], formats.read(folder, formats.Given(frame_rate_hz=30.0)).detections["x"])


def test_one_person_of_a_recording_goes_where_the_ending_says(tmp_path):
    frames = {frame: [(100 + frame, 150), (600, 150)] for frame in range(40)}
    folder = openpose_folder(tmp_path / "json", frames)
    written, _ = conversion.convert(folder, tmp_path / "second.json", rate_hz=30.0, person=1)
    described = json.loads(written[0].read_text())
    assert len(described["annotations"]) == 40
    names = described["categories"][0]["keypoints"]
    hip = 3 * names.index("mid_hip")
    assert {one["keypoints"][hip] for one in described["annotations"]} == {600}


@pytest.mark.parametrize(
    ("name", "said"),
    [("out.docx", "must end in one of"), ("none/out.trc", "folder that exists"), ("out.mot", "angles|signals")],
)
def test_what_cannot_be_written_is_told_in_one_line(tmp_path, name, said):
    folder = openpose_folder(tmp_path / "json", {0: [(100, 150)], 1: [(110, 150)]})
    with pytest.raises(KinebenchError, match=said) as error:
        conversion.convert(folder, tmp_path / name, rate_hz=30.0)
    assert "\n" not in str(error.value)
    assert not (tmp_path / name).exists()


def test_frames_without_anybody_are_frames_of_what_is_written(tmp_path):
    frames = {frame: [] if frame < 60 or 100 <= frame < 103 else [(100 + frame, 150)] for frame in range(200)}
    written, notes = conversion.convert(openpose_folder(tmp_path / "json", frames), tmp_path / "o.json", rate_hz=30.0)
    described = json.loads(written[0].read_text())
    assert len(described["images"]) == 200
    assert len(described["annotations"]) == 137
    assert any("missing in 63 of 200 frames" in note for note in notes)


def test_a_source_is_never_written_over(tmp_path):
    frames = {frame: [(100 + frame, 150)] for frame in range(3)}
    written, _ = conversion.convert(openpose_folder(tmp_path / "json", frames), tmp_path / "o.csv", rate_hz=30.0)
    before = written[0].read_bytes()
    with pytest.raises(KinebenchError, match="TARGET must be a new file"):
        conversion.convert(written[0], written[0])
    assert written[0].read_bytes() == before


def test_identities_that_a_file_knows_are_kept_through_a_crossing(tmp_path):
    """Somebody proofread these: A and B cross, look alike, and stay who they are."""
    rows = []
    for frame in range(90):
        for track, x in (("A", 100 + 4 * frame), ("B", 460 - 4 * frame)):
            if track == "A" or not 40 <= frame < 50:
                points = np.reshape(person(x, 200), (-1, 3))
                rows.append({"track": track, "frame_idx": frame, "instance.score": 0.9})
                for joint, point in zip(BODY, points.tolist(), strict=True):
                    rows[-1] |= dict(zip((f"{joint}.x", f"{joint}.y", f"{joint}.score"), point, strict=True))
    pd.DataFrame(rows).to_csv(tmp_path / "clip.analysis.csv", index=False)
    clip, found = detections(recordings.ready(tmp_path / "clip.analysis.csv", rate_hz=30.0, size=(640, 400)))
    for number, (first, last) in enumerate([(100, 456), (460, 104)]):
        chosen = subject.Subject(follow="person", follow_person=number)
        followed = subject.follow(found, clip.times_s, 640, 400, extraction.joints(found), chosen)
        x = keypoints.points(followed.keypoints, "mid_hip")[:, 0]
        assert_allclose([x[0], x[-1]], [first, last], atol=1)


# --- a real recording -------------------------------------------------------------------------------------------------


# The person walks to the left, turns round, and walks to the right: a direction is a clip's, so each way is one.
@pytest.fixture(scope="module", name="walk", params=[(0.0, 4.8), (6.6, 11.5)], ids=["there", "back"])
def _walk(request) -> pd.DataFrame:
    """Signals of OpenPose's recording of somebody who walks, by the usual way and with the usual settings."""
    recording = formats.read(shared_file("reference/openpose_body25_gait"), formats.Given(frame_rate_hz=30.0))
    times = np.unique(recording.detections["time_s"])
    times = times[(times >= request.param[0]) & (times <= request.param[1])]
    followed = subject.follow(recording.detections, times, 320, 480, recording.joints, subject.Subject())
    corrected, _ = followed.unswapped
    smoothed = smoothing.smooth(corrected, smoothing.Smoothing())
    calibration = scale.calibrate(corrected, smoothed.keypoints, scale.Scaling())
    assert (followed.person_changes, followed.frames_without_person) == (0, 0)
    return kinematics.signals(smoothed.keypoints, calibration).assign(
        apart_px=keypoints.points(smoothed.keypoints, "left_ankle")[:, 0]
        - keypoints.points(smoothed.keypoints, "right_ankle")[:, 0]
    )


def highs(signal: pd.Series, excursion: float) -> np.ndarray:
    """Positions of the highs, one a stride."""
    points = reps.turning_points(signal.to_numpy(), excursion)
    return points.index[points.high]


def test_openposes_walk_gives_a_cadence_that_legs_and_knees_agree_on_without_an_edit_by_hand(walk):
    def cadence(signal: pd.Series, excursion: float) -> float:
        return 2 * 60 / float(np.median(np.diff(signal.index.to_numpy()[highs(signal, excursion)])))

    by_feet = cadence(walk["apart_px"], 40.0)
    by_knees = [cadence(walk[f"{side}_knee_flexion_deg"], 30.0) for side in skeleton.SIDES]
    # Comfortable walking of adults lies between 90 and 130 steps a minute (Perry and Burnfield 2010).
    assert 90 < by_feet < 130
    assert_allclose(by_knees, by_feet, rtol=0.05)


@pytest.mark.parametrize("side", skeleton.SIDES)
def test_openposes_walk_gives_knee_curves_that_repeat_from_stride_to_stride(walk, side):
    knee = walk[f"{side}_knee_flexion_deg"].to_numpy()
    found = highs(walk[f"{side}_knee_flexion_deg"], 30.0)
    phase = np.linspace(0, 1, 51)
    strides = itertools.pairwise(found)
    curves = np.array([np.interp(a + phase * (b - a), np.arange(len(knee)), knee) for a, b in strides])
    alike = np.corrcoef(curves)[np.triu_indices(len(curves), 1)]
    assert len(curves) >= 3
    assert np.median(alike) > 0.9
    # Swing flexion near 60 to 70 deg and a nearly straight knee in stance (Perry and Burnfield 2010).
    assert 50 < np.median(curves.max(axis=1)) < 80
    assert -10 < np.median(curves.min(axis=1)) < 20


def test_moments_far_from_every_frame_are_dropped_and_told():
    """Half a second of the video, and what was recorded after its last frame."""
    clip = video.open_clip(CLIP, start_s=0.0, stop_s=1.0)
    own = clip.times_s[clip.times_s < 0.5]
    placed = placing.on_video(_standing(np.concatenate([own, 1.2 + own])), clip, None)
    assert sorted(set(placed.detections["time_s"])) == pytest.approx(own)
    assert any("outside the video" in note for note in placed.notes)


def test_a_moment_nearly_half_way_between_two_frames_still_belongs_to_one():
    clip = video.open_clip(CLIP, start_s=0.0, stop_s=1.0)
    nearly_half = clip.times_s[:-1] + 0.49 * np.diff(clip.times_s)
    assert len(set(placing.on_video(_standing(nearly_half), clip, None).detections["time_s"])) == len(nearly_half)


def _standing(moments: np.ndarray) -> formats.Recording:
    """Somebody who stands at one place, at each of the moments."""
    names = ("left_hip", "right_hip")
    values = np.tile([[200.0, 200.0, 0.9], [210.0, 200.0, 0.9]], (len(moments), 1, 1))
    table = formats.long(np.arange(len(moments)), moments, np.zeros(len(moments)), names, values)
    return formats.Recording(table, names)
